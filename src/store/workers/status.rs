//! A worker's status from day to day.

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::super::{StoreError, Tx, audit};
use super::NewWorker;
use crate::domain::{Code, WorkerStatus};

/// A status and its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRow {
    pub status: WorkerStatus,
    pub from: NaiveDate,
    /// The first day on which it no longer holds.
    pub until: Option<NaiveDate>,
}

fn read(status: &str) -> Result<WorkerStatus, StoreError> {
    WorkerStatus::parse(status).ok_or_else(|| StoreError::corrupt("worker status", status))
}

/// The first status of new records.
pub(super) async fn begin(tx: &mut Tx, new: &[NewWorker]) -> Result<(), StoreError> {
    let actor = tx.scope.actor().to_owned();
    sqlx::query(
        "INSERT INTO worker_status (worker, status, during, set_by)
         SELECT id, status, daterange(since, NULL), $4 FROM unnest($1::uuid[], $2::text[], $3::date[]) AS n (id, status, since)",
    )
    .bind(new.iter().map(|worker| worker.id).collect::<Vec<_>>())
    .bind(new.iter().map(|worker| worker.status.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|worker| worker.since).collect::<Vec<_>>())
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Sets the status from a day on, until the next that is known by then; whoever has left looks after nothing
/// more from that day. Gives the status before and how many assignments ended; none where nothing changes.
pub(super) async fn set(
    tx: &mut Tx,
    worker: Uuid,
    status: WorkerStatus,
    from: NaiveDate,
) -> Result<Option<(Option<WorkerStatus>, u64)>, StoreError> {
    let held: Option<(String, NaiveDate)> = sqlx::query_as(
        "SELECT status, lower(during) FROM worker_status WHERE worker = $1 AND during @> $2 FOR UPDATE",
    )
    .bind(worker)
    .bind(from)
    .fetch_optional(tx.conn())
    .await?;
    let old = held.as_ref().map(|(status, _)| read(status)).transpose()?;
    if old == Some(status) {
        return Ok(None);
    }
    let next: Option<NaiveDate> = sqlx::query_scalar(
        "SELECT min(lower(during)) FROM worker_status WHERE worker = $1 AND lower(during) > $2",
    )
    .bind(worker)
    .bind(from)
    .fetch_one(tx.conn())
    .await?;
    let sql = match &held {
        Some((_, begun)) if *begun == from => {
            "DELETE FROM worker_status WHERE worker = $1 AND lower(during) = $2"
        }
        _ => {
            "UPDATE worker_status SET during = daterange(lower(during), $2) WHERE worker = $1 AND during @> $2"
        }
    };
    sqlx::query(sql).bind(worker).bind(from).execute(tx.conn()).await?;
    let actor = tx.scope.actor().to_owned();
    sqlx::query(
        "INSERT INTO worker_status (worker, status, during, set_by) VALUES ($1, $2, daterange($3, $4), $5)",
    )
    .bind(worker)
    .bind(status.as_str())
    .bind(from)
    .bind(next)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    let mut ended = 0;
    if status == WorkerStatus::Left {
        for sql in [
            "DELETE FROM assignment WHERE worker = $1 AND lower(during) >= $2",
            "UPDATE assignment SET during = daterange(lower(during), $2) WHERE worker = $1 AND during @> $2",
        ] {
            ended += sqlx::query(sql).bind(worker).bind(from).execute(tx.conn()).await?.rows_affected();
        }
    }
    Ok(Some((old, ended)))
}

/// What new records in `area` are from a later day on, with one entry in the trail for all of them. Their assignments
/// stay as they are.
///
/// # Errors
/// `worker_status_days` for a day that isn't after the one on which the status before began.
pub async fn follow(
    tx: &mut Tx,
    area: &Code,
    later: &[(Uuid, WorkerStatus, NaiveDate)],
) -> Result<(), StoreError> {
    let actor = tx.scope.actor().to_owned();
    let workers: Vec<Uuid> = later.iter().map(|one| one.0).collect();
    let days: Vec<NaiveDate> = later.iter().map(|one| one.2).collect();
    sqlx::query(
        "UPDATE worker_status s SET during = daterange(lower(s.during), n.begins)
         FROM unnest($1::uuid[], $2::date[]) AS n (id, begins) WHERE s.worker = n.id AND upper_inf(s.during)",
    )
    .bind(&workers)
    .bind(&days)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "INSERT INTO worker_status (worker, status, during, set_by)
         SELECT id, status, daterange(begins, NULL), $4 FROM unnest($1::uuid[], $2::text[], $3::date[]) AS n (id, status, begins)",
    )
    .bind(&workers)
    .bind(later.iter().map(|one| one.1.as_str()).collect::<Vec<_>>())
    .bind(&days)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    let after = json!({"workers": later.len()});
    let entry = audit::Entry {
        action: "worker.status",
        subject: "khot.worker",
        area,
        before: None,
        after: Some(after),
    };
    audit::write(tx, entry).await
}

/// Every status of a worker, the earliest first.
pub async fn history(tx: &mut Tx, worker: Uuid) -> Result<Vec<StatusRow>, StoreError> {
    let rows: Vec<(String, NaiveDate, Option<NaiveDate>)> = sqlx::query_as(
        "SELECT status, lower(during), upper(during) FROM worker_status WHERE worker = $1 ORDER BY during",
    )
    .bind(worker)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|(status, from, until)| Ok(StatusRow { status: read(&status)?, from, until }))
        .collect()
}
