//! Jobs as people see them. Claiming, retrying and heartbeats are the queue library's.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::{Store, StoreError, Tx, audit};
use crate::access::Scope;
use crate::domain::{Code, Text};

/// The queue library's schema and the one task that it knows: run the job of this id.
pub const QUEUE_SCHEMA: &str = "graphile_worker";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl JobState {
    pub fn as_str(self) -> &'static str {
        match self {
            JobState::Queued => "queued",
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
        }
    }

    pub fn is_over(self) -> bool {
        matches!(self, JobState::Done | JobState::Failed | JobState::Cancelled)
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| StoreError::corrupt("job state", text))
    }
}

#[derive(Debug, Clone)]
pub struct JobRow {
    pub id: Uuid,
    pub kind: String,
    pub area: Code,
    pub params: Value,
    pub state: JobState,
    pub done: u32,
    pub total: u32,
    pub note: Option<Text>,
    pub result: Option<Value>,
    pub error: Option<Value>,
    pub attempt: i32,
    pub cancel_requested: bool,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct Raw {
    id: Uuid,
    kind: String,
    area: String,
    params: Value,
    state: String,
    done: i32,
    total: i32,
    note: Option<Value>,
    result: Option<Value>,
    error: Option<Value>,
    attempt: i32,
    cancel_requested: bool,
    created_by: String,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
}

impl TryFrom<Raw> for JobRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        Ok(Self {
            id: raw.id,
            kind: raw.kind,
            area: raw.area.parse().map_err(|error| StoreError::corrupt("code", error))?,
            params: raw.params,
            state: JobState::parse(&raw.state)?,
            done: u32::try_from(raw.done).unwrap_or(0),
            total: u32::try_from(raw.total).unwrap_or(0),
            note: raw.note.and_then(|note| serde_json::from_value(note).ok()),
            result: raw.result,
            error: raw.error,
            attempt: raw.attempt,
            cancel_requested: raw.cancel_requested,
            created_by: raw.created_by,
            created_at: raw.created_at,
            started_at: raw.started_at,
            finished_at: raw.finished_at,
        })
    }
}

/// Sets up the queue library's own schema, which it migrates itself.
pub(super) async fn prepare_queue(owner: &PgPool) -> Result<(), StoreError> {
    graphile_worker::WorkerUtils::new(graphile_worker::Database::from(owner.clone()), QUEUE_SCHEMA)
        .migrate()
        .await
        .map_err(|error| StoreError::Queue(error.to_string()))
}

/// The job of that kind, area and parameters that waits to be taken up, if there is one.
pub async fn waiting(
    tx: &mut Tx,
    kind: &str,
    area: &Code,
    params: &Value,
) -> Result<Option<JobRow>, StoreError> {
    let id: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM job WHERE kind = $1 AND area = $2 AND params = $3 AND state = 'queued' AND NOT cancel_requested
         ORDER BY created_at LIMIT 1",
    )
    .bind(kind)
    .bind(area.as_str())
    .bind(params)
    .fetch_optional(tx.conn())
    .await?;
    match id {
        Some(id) => get(tx, id).await,
        None => Ok(None),
    }
}

/// Writes a job and hands it to the queue, in the caller's transaction.
pub async fn add(
    tx: &mut Tx,
    id: Uuid,
    kind: &str,
    area: &Code,
    params: &Value,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    add_due(tx, id, (kind, area), params, None, now).await
}

/// The same for a moment to come.
pub async fn add_due(
    tx: &mut Tx,
    id: Uuid,
    (kind, area): (&str, &Code),
    params: &Value,
    due: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let actor = tx.scope.actor().to_owned();
    sqlx::query(
        "INSERT INTO job (id, kind, area, params, state, created_by, created_at, due)
         VALUES ($1, $2, $3, $4, 'queued', $5, $6, $7)",
    )
    .bind(id)
    .bind(kind)
    .bind(area.as_str())
    .bind(storable(params))
    .bind(actor)
    .bind(now)
    .bind(due)
    .execute(tx.conn())
    .await?;
    // Jobs of one league wait for each other, so that two divisions of a banner never race.
    let queue = format!("league-{}", area.at(crate::domain::Level::League));
    match due {
        None => sqlx::query("SELECT khot.enqueue($1, $2)").bind(id).bind(queue).execute(tx.conn()).await?,
        Some(due) => {
            sqlx::query("SELECT khot.enqueue_at($1, $2, $3)")
                .bind(id)
                .bind(queue)
                .bind(due)
                .execute(tx.conn())
                .await?
        }
    };
    let after = json!({"kind": kind, "params": told(params)});
    let entry = audit::Entry {
        action: "job.queue",
        subject: &id.to_string(),
        area,
        before: None,
        after: Some(after),
    };
    audit::write(tx, entry).await
}

/// What the trail says of a job's parameters: a document in them stays with the job and with what it makes.
fn told(params: &Value) -> Value {
    let mut told = storable(params);
    let documents = ["/policy", "/before/text", "/after/text"];
    for place in documents {
        if let Some(document) = told.pointer_mut(place).filter(|document| document.is_string()) {
            *document = json!({"bytes": document.as_str().map_or(0, str::len)});
        }
    }
    told
}

pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<JobRow>, StoreError> {
    let raw: Option<Raw> =
        sqlx::query_as("SELECT * FROM job WHERE id = $1").bind(id).fetch_optional(tx.conn()).await?;
    raw.map(JobRow::try_from).transpose()
}

/// The newest jobs below `area`, or everywhere in scope.
pub async fn recent(tx: &mut Tx, area: Option<&Code>, limit: i64) -> Result<Vec<JobRow>, StoreError> {
    let raws: Vec<Raw> = sqlx::query_as(
        "SELECT * FROM job WHERE area LIKE $1 || '%' ORDER BY created_at DESC, id DESC LIMIT $2",
    )
    .bind(area.map_or("", Code::as_str))
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    raws.into_iter().map(JobRow::try_from).collect()
}

/// Asks a job to stop: one that waits is cancelled at once, one that runs when it next looks.
pub async fn cancel(tx: &mut Tx, id: Uuid, now: DateTime<Utc>) -> Result<Option<JobRow>, StoreError> {
    let held: Option<Raw> = sqlx::query_as("SELECT * FROM job WHERE id = $1 FOR UPDATE")
        .bind(id)
        .fetch_optional(tx.conn())
        .await?;
    let Some(held) = held.map(JobRow::try_from).transpose()? else { return Ok(None) };
    if held.state.is_over() || held.cancel_requested {
        return Ok(Some(held));
    }
    let raw: Raw = sqlx::query_as(
        "UPDATE job SET cancel_requested = true,
            finished_at = CASE WHEN state = 'queued' THEN $2 ELSE finished_at END,
            state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END
         WHERE id = $1 RETURNING *",
    )
    .bind(id)
    .bind(now)
    .fetch_one(tx.conn())
    .await?;
    let row = JobRow::try_from(raw)?;
    if row.state.is_over() {
        drop_upload(tx, id).await?;
    }
    let entry = audit::Entry {
        action: "job.cancel",
        subject: &id.to_string(),
        area: &row.area,
        before: Some(json!({"kind": held.kind, "state": held.state.as_str()})),
        after: Some(json!({"state": row.state.as_str(), "cancel_requested": true})),
    };
    audit::write(tx, entry).await?;
    Ok(Some(row))
}

/// The file that a job was to import isn't needed any more: it goes in the transaction that ends the job.
async fn drop_upload(tx: &mut Tx, id: Uuid) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM upload USING job WHERE job.id = $1 AND upload.id = (job.params ->> 'upload')::uuid",
    )
    .bind(id)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A worker takes the job up. None when it is over already; the attempt's number is its claim.
///
/// The queue's workers take up one job a signal, and look by themselves twice a second only: whoever takes a job up says
/// that there may be more, so that a hundred short ones don't wait for each other.
pub async fn claim(tx: &mut Tx, id: Uuid, now: DateTime<Utc>) -> Result<Option<JobRow>, StoreError> {
    let raw: Option<Raw> = sqlx::query_as(
        "UPDATE job SET state = 'running', attempt = attempt + 1, started_at = $2, done = 0, total = 0, note = NULL
         WHERE id = $1 AND state IN ('queued', 'running') RETURNING *",
    )
    .bind(id)
    .bind(now)
    .fetch_optional(tx.conn())
    .await?;
    sqlx::query("SELECT pg_notify('jobs:insert', '')").execute(tx.conn()).await?;
    raw.map(JobRow::try_from).transpose()
}

/// Tells how far it is; true when the job should stop: cancelled, or taken up by another worker since.
pub async fn progress(
    tx: &mut Tx,
    id: Uuid,
    attempt: i32,
    done: u32,
    total: u32,
) -> Result<bool, StoreError> {
    let cancelled: Option<bool> = sqlx::query_scalar(
        "UPDATE job SET done = $3, total = $4 WHERE id = $1 AND attempt = $2 AND state = 'running' RETURNING cancel_requested",
    )
    .bind(id)
    .bind(attempt)
    .bind(done.cast_signed())
    .bind(total.cast_signed())
    .fetch_optional(tx.conn())
    .await?;
    Ok(cancelled.unwrap_or(true))
}

/// How a job ended.
#[derive(Debug)]
pub enum Ending {
    Done(Value),
    Failed(Value),
    Cancelled,
}

/// Ends a job, in the transaction that saves its result. False when this attempt no longer counts (another
/// worker has taken the job up, or it was cancelled): the caller must not commit.
pub async fn finish(
    tx: &mut Tx,
    id: Uuid,
    attempt: i32,
    ending: &Ending,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (state, result, error) = match ending {
        Ending::Done(result) => (JobState::Done, Some(result), None),
        Ending::Failed(error) => (JobState::Failed, None, Some(error)),
        Ending::Cancelled => (JobState::Cancelled, None, None),
    };
    let rows = sqlx::query(
        "UPDATE job SET state = $3, result = $4, error = $5, finished_at = $6, note = NULL,
            done = CASE WHEN $3 = 'done' THEN total ELSE done END
         WHERE id = $1 AND attempt = $2 AND state = 'running' AND (NOT cancel_requested OR $3 <> 'done')",
    )
    .bind(id)
    .bind(attempt)
    .bind(state.as_str())
    .bind(result.map(storable))
    .bind(error.map(storable))
    .bind(now)
    .execute(tx.conn())
    .await?
    .rows_affected();
    if rows == 1 {
        drop_upload(tx, id).await?;
    }
    Ok(rows == 1)
}

/// Files are quoted in what is found in them, and PostgreSQL's jsonb can't hold the character 0.
fn storable(value: &Value) -> Value {
    let text = |text: &str| text.replace('\0', "\u{FFFD}");
    match value {
        Value::String(held) => Value::String(text(held)),
        Value::Array(values) => values.iter().map(storable).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (text(name), storable(value))).collect(),
        other => other.clone(),
    }
}

impl Store {
    /// Jobs by state, for the metrics.
    pub async fn job_counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let mut tx = self.begin(&Scope::operator()).await?;
        Ok(sqlx::query_as(
            "SELECT CASE WHEN state = 'queued' AND due > now() THEN 'later' ELSE state END, count(*) FROM job GROUP BY 1",
        )
        .fetch_all(tx.conn())
        .await?)
    }
}
