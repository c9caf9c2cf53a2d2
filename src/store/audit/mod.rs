//! The audit trail: who did what, when, in which request, with what before and after. Append-only; the
//! database refuses the rest, and chains each entry to the one before when its transaction commits.
//!
//! Personal data never enters it: of a worker's name or phone it says that it was changed or revealed, not
//! what it is.

mod chain;
mod read;

pub use chain::{Break, BreakKind, ChainReport, hash_at, hex, verify};
pub use read::{AuditRow, Filter, chained, loose, page};

use serde_json::Value;

use super::{StoreError, Tx};
use crate::domain::Code;

/// One entry. `before` and `after` hold what changed, never a secret.
#[derive(Debug)]
pub struct Entry<'a> {
    /// A verb of the field: `plan.publish`, `import.areas`, …
    pub action: &'a str,
    /// What it happened to: a plan's id, a file's name, …
    pub subject: &'a str,
    pub area: &'a Code,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Writes `entry` in the transaction that makes the change, so that neither is there without the other.
pub async fn write(tx: &mut Tx, entry: Entry<'_>) -> Result<(), StoreError> {
    let (actor, request) = (tx.scope.actor().to_owned(), tx.scope.request_id().map(str::to_owned));
    sqlx::query(
        "INSERT INTO audit (actor, action, subject, area, before, after, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(actor)
    .bind(entry.action)
    .bind(entry.subject)
    .bind(entry.area.as_str())
    .bind(entry.before)
    .bind(entry.after)
    .bind(request)
    .execute(tx.conn())
    .await?;
    Ok(())
}
