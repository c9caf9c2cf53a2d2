//! What may happen to a draft: it is approved by a second person and locked, or discarded.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::super::{StoreError, Tx, audit};
use super::{RunRow, RunStatus, run};

/// How a step ended.
#[derive(Debug)]
pub enum Step {
    Done(Box<RunRow>),
    NotFound,
    /// It is no longer, or not yet, in the state that the step begins in.
    Wrong(RunStatus),
    /// Whoever made it doesn't approve it.
    Own,
}

async fn held(tx: &mut Tx, id: Uuid) -> Result<Option<RunRow>, StoreError> {
    sqlx::query("SELECT FROM pay_run WHERE id = $1 FOR UPDATE").bind(id).execute(tx.conn()).await?;
    run(tx, id).await
}

async fn note(tx: &mut Tx, action: &str, before: &RunRow, after: Option<&str>) -> Result<(), StoreError> {
    let entry = audit::Entry {
        action,
        subject: &before.id.to_string(),
        area: &before.area,
        before: Some(
            json!({"status": before.status.as_str(), "month": before.month, "total_fen": before.total_fen}),
        ),
        after: after.map(|status| json!({"status": status})),
    };
    audit::write(tx, entry).await
}

/// Approves a draft of somebody else's. One whose inputs have changed since is refused by `pay_run_stale`.
pub async fn approve(tx: &mut Tx, id: Uuid, now: DateTime<Utc>) -> Result<Step, StoreError> {
    let Some(before) = held(tx, id).await? else { return Ok(Step::NotFound) };
    if before.status != RunStatus::Draft {
        return Ok(Step::Wrong(before.status));
    }
    let actor = tx.scope.actor().to_owned();
    if before.made_by == actor {
        return Ok(Step::Own);
    }
    sqlx::query("UPDATE pay_run SET status = 'approved', approved_by = $2, approved_at = $3 WHERE id = $1")
        .bind(id)
        .bind(actor)
        .bind(now)
        .execute(tx.conn())
        .await?;
    note(tx, "pay.approve", &before, Some("approved")).await?;
    Ok(run(tx, id).await?.map_or(Step::NotFound, |row| Step::Done(Box::new(row))))
}

/// Locks an approved run: from then on nothing of it is ever changed, and each of its workers is paid for the month.
/// Refused by `pay_paid_once` where another locked run has paid one of them, by `pay_run_one_locked` where one of the
/// same area and month is locked, by `pay_run_stale` where its inputs have changed.
pub async fn lock(tx: &mut Tx, id: Uuid, now: DateTime<Utc>) -> Result<Step, StoreError> {
    let Some(before) = held(tx, id).await? else { return Ok(Step::NotFound) };
    if before.status != RunStatus::Approved {
        return Ok(Step::Wrong(before.status));
    }
    let actor = tx.scope.actor().to_owned();
    sqlx::query("UPDATE pay_run SET status = 'locked', locked_by = $2, locked_at = $3 WHERE id = $1")
        .bind(id)
        .bind(actor)
        .bind(now)
        .execute(tx.conn())
        .await?;
    note(tx, "pay.lock", &before, Some("locked")).await?;
    Ok(run(tx, id).await?.map_or(Step::NotFound, |row| Step::Done(Box::new(row))))
}

/// Discards a run that isn't locked, with all its lines.
pub async fn discard(tx: &mut Tx, id: Uuid) -> Result<Step, StoreError> {
    let Some(before) = held(tx, id).await? else { return Ok(Step::NotFound) };
    if before.status == RunStatus::Locked {
        return Ok(Step::Wrong(before.status));
    }
    for sql in [
        "DELETE FROM pay_line WHERE run = $1",
        "DELETE FROM pay_statement WHERE run = $1",
        "DELETE FROM pay_input WHERE run = $1",
        "DELETE FROM pay_run WHERE id = $1",
    ] {
        sqlx::query(sql).bind(id).execute(tx.conn()).await?;
    }
    note(tx, "pay.discard", &before, None).await?;
    Ok(Step::Done(Box::new(before)))
}
