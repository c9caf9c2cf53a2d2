use std::collections::BTreeMap;

use super::apply::main_duty;
use super::{Line, Rules, SubsidyError, WorkerMonth, lines};
use crate::domain::{AreaType, Fen};

/// The same months under two rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// By the area type of a worker's main grid: before and after.
    pub by_area_type: BTreeMap<AreaType, (Fen, Fen)>,
    /// What region, league, banner and township carry: before and after.
    pub by_level: [(Fen, Fen); 4],
    /// One for each worker, in the order of the input.
    pub workers: Vec<Change>,
}

/// What a worker is paid for the month, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub worker: String,
    pub before: Fen,
    pub after: Fen,
}

impl Comparison {
    pub fn total(&self) -> (Fen, Fen) {
        let sum = |side: fn(&Change) -> Fen| self.workers.iter().map(side).sum();
        (sum(|change| change.before), sum(|change| change.after))
    }

    /// How many gain, and how many lose.
    pub fn gain_and_lose(&self) -> (usize, usize) {
        let count = |is: fn(&&Change) -> bool| self.workers.iter().filter(is).count();
        (count(|change| change.after > change.before), count(|change| change.after < change.before))
    }
}

/// Works the months out under both rules.
///
/// # Errors
/// As [`lines`].
pub fn compare(before: &Rules, after: &Rules, months: &[WorkerMonth]) -> Result<Comparison, SubsidyError> {
    let mut found =
        Comparison { by_area_type: BTreeMap::new(), by_level: Default::default(), workers: Vec::new() };
    for month in months {
        let month = std::slice::from_ref(month);
        let (old, new) = (lines(before, month)?, lines(after, month)?);
        for (level, sums) in found.by_level.iter_mut().enumerate() {
            let carried = |lines: &[Line]| lines.iter().map(|line| line.shares.levels()[level]).sum::<Fen>();
            sums.0 += carried(&old);
            sums.1 += carried(&new);
        }
        let paid = |lines: &[Line]| lines.iter().map(|line| line.amount).sum::<Fen>();
        let change = Change { worker: month[0].worker.clone(), before: paid(&old), after: paid(&new) };
        if let Some(duty) = main_duty(&month[0]) {
            let sums = found.by_area_type.entry(duty.area_type).or_default();
            sums.0 += change.before;
            sums.1 += change.after;
        }
        found.workers.push(change);
    }
    Ok(found)
}
