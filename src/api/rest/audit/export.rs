//! The trail as a file, written piece by piece while it is read: it may be longer than memory.

use axum::body::Bytes;
use serde_json::Value;

use super::Format;
use crate::store::audit::{self, AuditRow, Filter};
use crate::store::{StoreError, Tx};

/// Entries that an export reads at a time.
const CHUNK: i64 = 2000;

/// How far an export has come.
pub struct Export {
    tx: Tx,
    filter: Filter,
    format: Format,
    /// The last entry's place in the chain, then the last id of those past the chain.
    after: i64,
    part: Part,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Head,
    Chained,
    Loose,
    Done,
}

impl Export {
    pub fn new(tx: Tx, filter: Filter, format: Format) -> Self {
        Self { tx, filter, format, after: 0, part: Part::Head }
    }

    /// The next piece; none at the end.
    pub async fn piece(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        loop {
            let rows = match self.part {
                Part::Done => return Ok(None),
                Part::Head => {
                    self.part = Part::Chained;
                    if self.format == Format::Csv {
                        // Spreadsheets take a file for what it is by its first three bytes.
                        return Ok(Some((Bytes::from(format!("\u{FEFF}{}\r\n", COLUMNS.join(","))), self)));
                    }
                    continue;
                }
                Part::Chained => audit::chained(&mut self.tx, &self.filter, self.after, CHUNK).await?,
                Part::Loose => audit::loose(&mut self.tx, &self.filter, self.after, CHUNK).await?,
            };
            let full = i64::try_from(rows.len()).unwrap_or(0) == CHUNK;
            self.after = rows.last().map_or(0, |row| row.seq.unwrap_or(row.id));
            if !full {
                self.after = 0;
                self.part = if self.part == Part::Chained { Part::Loose } else { Part::Done };
            }
            if !rows.is_empty() {
                return Ok(Some((Bytes::from(written(self.format, &rows)?), self)));
            }
        }
    }
}

const COLUMNS: [&str; 12] = [
    "seq",
    "id",
    "at",
    "actor",
    "action",
    "subject",
    "area",
    "before",
    "after",
    "request_id",
    "prev_hash",
    "hash",
];

fn values(row: &AuditRow) -> [Option<String>; 12] {
    let hex = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(audit::hex);
    [
        row.seq.map(|seq| seq.to_string()),
        Some(row.id.to_string()),
        Some(row.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()),
        Some(row.actor.clone()),
        Some(row.action.clone()),
        Some(row.subject.clone()),
        Some(row.area.clone()),
        row.before.clone(),
        row.after.clone(),
        row.request_id.clone(),
        hex(&row.prev),
        hex(&row.hash),
    ]
}

fn written(format: Format, rows: &[AuditRow]) -> Result<Vec<u8>, StoreError> {
    let failed = |error: String| StoreError::Corrupt { what: "audit entry", why: error };
    match format {
        Format::Ndjson => {
            let mut text = Vec::new();
            for row in rows {
                let object: serde_json::Map<String, Value> = COLUMNS
                    .iter()
                    .zip(values(row))
                    .map(|(name, value)| {
                        let number = matches!(*name, "seq" | "id");
                        let value = match value {
                            Some(value) if number => value.parse::<i64>().map_or(Value::Null, Value::from),
                            other => other.map_or(Value::Null, Value::from),
                        };
                        ((*name).to_owned(), value)
                    })
                    .collect();
                serde_json::to_writer(&mut text, &object).map_err(|error| failed(error.to_string()))?;
                text.push(b'\n');
            }
            Ok(text)
        }
        Format::Csv => {
            let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
            for row in rows {
                let cells = values(row).map(|value| tame(value.unwrap_or_default()));
                csv.write_record(cells).map_err(|error| failed(error.to_string()))?;
            }
            csv.into_inner().map_err(|error| failed(error.to_string()))
        }
    }
}

/// A spreadsheet would run what begins like a formula; an apostrophe keeps it a text. Such values come from
/// outside (a file's name, say); the NDJSON has them as they are.
fn tame(value: String) -> String {
    if value.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{value}") } else { value }
}
