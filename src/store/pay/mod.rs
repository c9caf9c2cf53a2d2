//! Subsidies: rules, days on duty, runs with what they pay, adjustments and comparisons. What is locked is never
//! changed: the database refuses by itself.

mod adjustments;
mod comparisons;
mod duty;
mod files;
mod inputs;
mod lock;
mod rules;
mod runs;
mod statements;

pub use adjustments::{AdjustmentRow, NewAdjustment, adjust, adjustments};
pub use comparisons::{ComparisonRow, comparison, save_comparison};
pub use duty::{Attested, DutyRow, attest, closed, duty};
pub use files::{AreaSums, PageOfLines, lines, lines_of_run, sums_by_area};
pub use inputs::{Correction, Held, Inputs, OnDuty, inputs, inputs_digest};
pub use lock::{Step, approve, discard, lock};
pub use rules::{NewRules, RulesRow, add_rules, rules_in_force, rules_of, rules_text};
pub use runs::{
    NewLine, NewRun, NewStatement, RunRow, RunStatus, previous_locked, run, runs, save_run, snapshot,
};
pub use statements::{LineRow, StatementRow, months_of, statement, statements_of, worker_of};

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{StoreError, Tx};
use crate::domain::{Code, Month, PersonalField};

/// What region, league, banner and township carry, in fen.
pub type Levels = [i64; 4];

fn code(text: String) -> Result<Code, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt("code", error))
}

fn month(day: chrono::NaiveDate) -> Month {
    Month::of(day)
}

/// The masked names of workers; one that can't be opened here, or isn't in sight, is left out.
pub async fn masked_names(tx: &mut Tx, workers: &[Uuid]) -> Result<BTreeMap<Uuid, String>, StoreError> {
    let rows: Vec<(Uuid, Vec<u8>)> = sqlx::query_as("SELECT id, name FROM worker WHERE id = ANY($1)")
        .bind(workers)
        .fetch_all(tx.conn())
        .await?;
    let Some(vault) = tx.vault.clone() else { return Ok(BTreeMap::new()) };
    Ok(rows
        .into_iter()
        .filter_map(|(id, sealed)| {
            let place =
                crate::vault::Place { table: "worker", column: PersonalField::Name.as_str(), row: id };
            let name = vault.open_sealed(place, &sealed).ok()?;
            Some((id, PersonalField::Name.mask(&name)))
        })
        .collect())
}
