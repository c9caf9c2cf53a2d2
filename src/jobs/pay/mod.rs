//! A month of an area, worked out and saved as a draft; and the same months under two rules.

mod compare;
mod file;
mod gather;
mod replay;
mod saved;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use compare::run as compare;
pub use file::{heading, stored_row};
pub use gather::{Gathered, gather};
pub use replay::replay;

use super::failure::Failure;
use super::progress::Progress;
use crate::access::Scope;
use crate::clock;
use crate::domain::{Month, Text};
use crate::formats::{self, PayrollRow};
use crate::store::jobs::JobRow;
use crate::store::pay::{self, NewRun};
use crate::store::{Store, StoreError, Tx};
use crate::subsidy::{self, Difference, Line, Paid, RulesText, Snapshot};

/// The engine's version as a run keeps it: changed with what it works out.
pub const ENGINE: &str = "subsidy 1";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayRunParams {
    pub month: Month,
}

/// A rules document to compare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayComparisonParams {
    pub from: Month,
    /// The last month, itself included.
    pub to: Month,
    pub before: Side,
    pub after: Side,
}

/// Differences from the month before that a run keeps, the largest first.
const DIFFERENCES: usize = 500;

/// Saves a draft in a transaction that the caller commits together with the job's end.
pub async fn run(
    store: &Store,
    scope: &Scope,
    job: &JobRow,
    params: &PayRunParams,
    progress: &Progress,
) -> Result<(Tx, Value), Failure> {
    progress.expect(3);
    let mut tx = store.begin(scope).await?;
    let (area, month) = (&job.area, params.month);
    if pay::closed(&mut tx, area, month).await? {
        return Err(Failure::refused(
            "month_locked",
            format!("{area} {month} 的补贴已锁定：更正请在以后的月份做调整"),
            format!("{month} of {area} is paid and locked: correct it by an adjustment in a later month"),
        ));
    }
    let rules = rules(&mut tx, job, month).await?;
    let Gathered { mut snapshot, digest, warnings, synthetic } =
        gather(&mut tx, area, month, rules.iter().map(|(_, text)| text.clone()).collect(), false).await?;
    if snapshot.workers.is_empty() {
        return Err(Failure::refused(
            "no_duty",
            format!("{area} {month} 没有待发放的出勤记录：请先由苏木乡镇填报"),
            format!(
                "{area} has no attested days of {month} that aren't paid: the townships attest them first"
            ),
        ));
    }
    let previous = match pay::previous_locked(&mut tx, area, month).await? {
        Some(row) => pay::snapshot(&mut tx, row.id).await?.map(|bytes| (row, bytes)),
        None => None,
    };
    progress.step();
    let before = previous.as_ref().map(|(_, bytes)| bytes.clone());
    let worked = tokio::task::spawn_blocking(move || -> Result<Worked, Failure> {
        let bytes = snapshot.bytes().map_err(unreadable)?;
        let paid = subsidy::pay(&snapshot).map_err(|error| refusal(&error))?;
        let differences = match before {
            Some(bytes) => {
                let old = Snapshot::read(&bytes).map_err(unreadable)?;
                let was = subsidy::pay(&old).map_err(|error| refusal(&error))?;
                subsidy::differences((&old, &was), (&snapshot, &paid))
            }
            None => Vec::new(),
        };
        let hash = lines_hash(&paid);
        Ok(Worked { bytes, paid, differences, hash })
    })
    .await
    .map_err(|error| StoreError::Queue(format!("a run broke off: {error}")))??;
    progress.step();
    let shown =
        previous.map(|(row, _)| json!({"id": row.id, "month": row.month, "total_fen": row.total_fen}));
    let documents: Vec<Value> = rules
        .iter()
        .map(|(row, _)| json!({"id": row.id, "title": row.title, "version": row.version, "demo": row.demo}))
        .collect();
    let new = NewRun {
        id: Uuid::now_v7(),
        area: area.clone(),
        month,
        sums: saved::sums(&worked.paid),
        checks: checks(shown, &worked, warnings),
        rules: json!(documents),
        demo: rules.iter().any(|(row, _)| row.demo),
        synthetic,
        engine_version: ENGINE.to_owned(),
        inputs: digest,
        snapshot_hash: Sha256::digest(&worked.bytes).into(),
        snapshot: worked.bytes,
        lines_hash: worked.hash,
        statements: saved::statements(worked.paid)?,
    };
    pay::save_run(&mut tx, &new, clock::now()).await?;
    progress.step();
    Ok((tx, json!({"run": new.id})))
}

/// What a month gives.
struct Worked {
    bytes: Vec<u8>,
    paid: Vec<Paid>,
    differences: Vec<Difference>,
    hash: [u8; 32],
}

/// The documents in force with their texts, the widest area's first.
async fn rules(tx: &mut Tx, job: &JobRow, month: Month) -> Result<Vec<(pay::RulesRow, RulesText)>, Failure> {
    let mut rules = Vec::new();
    for row in pay::rules_in_force(tx, &job.area, month).await? {
        if let Some((row, text)) = pay::rules_text(tx, row.id).await? {
            let document = RulesText { id: row.id.to_string(), area: row.area.clone(), text };
            rules.push((row, document));
        }
    }
    if !rules.is_empty() {
        return Ok(rules);
    }
    Err(Failure::refused(
        "no_rules",
        format!("{month} 在 {} 没有生效的补贴规则：请先添加", job.area),
        format!("no rules hold in {} in {month}: add a document first", job.area),
    ))
}

fn checks(previous: Option<Value>, worked: &Worked, mut warnings: Vec<Text>) -> Value {
    let below: usize = worked.paid.iter().filter(|paid| paid.total().0 < 0).count();
    if below > 0 {
        warnings.push(Text::new(
            format!("{below} 名网格员合计为负：请核对调整"),
            format!("{below} workers come to less than nothing: check their adjustments"),
        ));
    }
    let text = |text: &Text| json!({"zh": text.zh, "en": text.en});
    let differences: Vec<Value> = worked
        .differences
        .iter()
        .take(DIFFERENCES)
        .map(|one| {
            json!({"worker": one.worker, "before_fen": one.before.unwrap_or_default().0,
                   "after_fen": one.after.unwrap_or_default().0,
                   "reasons": one.reasons.iter().map(text).collect::<Vec<_>>()})
        })
        .collect();
    json!({"previous": previous, "differences": differences, "differences_total": worked.differences.len(),
           "warnings": warnings.iter().map(text).collect::<Vec<_>>()})
}

/// SHA-256 of the lines as a payroll with their clauses: a run that is worked out again must give the same.
pub fn lines_hash(paid: &[Paid]) -> [u8; 32] {
    let rows = paid.iter().flat_map(|paid| paid.lines.iter()).map(payroll_row);
    Sha256::digest(formats::payroll_csv(rows, true)).into()
}

/// A line as it stands in a payroll.
pub fn payroll_row(line: &Line) -> PayrollRow {
    PayrollRow {
        worker: line.worker.clone(),
        grid: line.grid.as_ref().map(ToString::to_string),
        component: line.component.as_str().to_owned(),
        quantity: line.quantity.decimal(),
        rate_fen: line.rate.0,
        amount_fen: line.amount.0,
        levels: line.shares.levels().map(|fen| fen.0),
        clause: line.clause.clone(),
    }
}

fn unreadable(error: subsidy::SnapshotError) -> Failure {
    StoreError::Corrupt { what: "snapshot", why: error.to_string() }.into()
}

fn refusal(error: &subsidy::PayError) -> Failure {
    Failure::refused("cannot_pay", format!("无法核算：{error}"), error.to_string())
}
