//! Everything that a run of a month depends on, in one written form: a line for the head with the rules' own
//! text, then a line for each worker in the order of their ids, each a JSON object with its members in a fixed
//! order. The same snapshot is always the same bytes.

use serde::{Deserialize, Serialize};

use super::WorkerMonth;
use crate::domain::{Code, Fen, Month};

/// The written form's number: a program that writes another reads this one still.
const FORMAT: u32 = 1;

/// What a month is worked out from.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub area: Code,
    pub month: Month,
    /// Those that hold in the area that month, the widest area's first.
    pub rules: Vec<RulesText>,
    pub workers: Vec<PaidWorker>,
}

/// A rules document with the area that it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RulesText {
    pub id: String,
    pub area: Code,
    pub text: String,
}

/// A worker's month with where they belong and what of earlier months is corrected in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaidWorker {
    /// A township or village: its nearest rules hold.
    pub area: Code,
    pub month: WorkerMonth,
    pub adjustments: Vec<Adjusted>,
}

/// A correction of an earlier month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adjusted {
    pub about: Month,
    pub amount: i64,
    /// What the levels carried of that month, as weights; none of it known: all zero.
    pub carried: [u64; 4],
    pub reason: String,
}

impl Adjusted {
    pub fn fen(&self) -> Fen {
        Fen(self.amount)
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    area: Code,
    month: Month,
    rules: Vec<RulesText>,
    workers: usize,
}

/// Bytes that are no snapshot of this program's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the snapshot can't be read: {why}")]
pub struct SnapshotError {
    pub line: usize,
    pub why: String,
}

impl Snapshot {
    /// The written form. Workers are put in the order of their ids first.
    ///
    /// # Errors
    /// Never for what is made of these nouns.
    pub fn bytes(&mut self) -> Result<Vec<u8>, SnapshotError> {
        self.workers.sort_by(|one, other| one.month.worker.cmp(&other.month.worker));
        let head = Head {
            format: FORMAT,
            area: self.area.clone(),
            month: self.month,
            rules: self.rules.clone(),
            workers: self.workers.len(),
        };
        let mut bytes = Vec::with_capacity(self.workers.len() * 320 + 16_384);
        write(&mut bytes, 1, &head)?;
        for (place, worker) in self.workers.iter().enumerate() {
            write(&mut bytes, place + 2, worker)?;
        }
        Ok(bytes)
    }

    /// # Errors
    /// Names the line that isn't as [`Self::bytes`] writes it.
    pub fn read(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut lines = bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
        let bad = |line: usize, why: String| SnapshotError { line: line + 1, why };
        let (_, first) = lines.next().ok_or_else(|| bad(0, "it is empty".to_owned()))?;
        let head: Head = serde_json::from_slice(first).map_err(|error| bad(0, error.to_string()))?;
        if head.format != FORMAT {
            return Err(bad(0, format!("its form is {}, not {FORMAT}", head.format)));
        }
        let mut workers = Vec::with_capacity(head.workers);
        for (place, line) in lines {
            workers.push(serde_json::from_slice(line).map_err(|error| bad(place, error.to_string()))?);
        }
        if workers.len() != head.workers {
            return Err(bad(workers.len() + 1, format!("{} workers were written", head.workers)));
        }
        Ok(Self { area: head.area, month: head.month, rules: head.rules, workers })
    }
}

fn write(bytes: &mut Vec<u8>, line: usize, value: &impl Serialize) -> Result<(), SnapshotError> {
    serde_json::to_writer(&mut *bytes, value)
        .map_err(|error| SnapshotError { line, why: error.to_string() })?;
    bytes.push(b'\n');
    Ok(())
}
