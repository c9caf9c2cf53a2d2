//! What a worker is paid for a month, line by line.

use chrono::NaiveDate;
use sqlx::FromRow;
use uuid::Uuid;

use super::super::{StoreError, Tx};
use super::{Levels, RunStatus, code, month, run};
use crate::domain::{Code, Month};

#[derive(Debug, Clone)]
pub struct LineRow {
    pub worker: Uuid,
    /// From 1, in the order of the statement.
    pub line: i16,
    pub grid: Option<String>,
    pub component: String,
    pub quantity: String,
    pub rate_fen: i64,
    pub amount_fen: i64,
    pub levels: Levels,
    pub clause: String,
}

#[derive(FromRow)]
pub(super) struct RawLine {
    worker: Uuid,
    line: i16,
    grid: Option<String>,
    component: String,
    quantity: String,
    rate_fen: i64,
    amount_fen: i64,
    region_fen: i64,
    league_fen: i64,
    banner_fen: i64,
    township_fen: i64,
    clause: String,
}

impl From<RawLine> for LineRow {
    fn from(raw: RawLine) -> Self {
        Self {
            worker: raw.worker,
            line: raw.line,
            grid: raw.grid,
            component: raw.component,
            quantity: raw.quantity,
            rate_fen: raw.rate_fen,
            amount_fen: raw.amount_fen,
            levels: [raw.region_fen, raw.league_fen, raw.banner_fen, raw.township_fen],
            clause: raw.clause,
        }
    }
}

pub(super) const SELECT_LINE: &str =
    "SELECT worker, line, grid, component, quantity, rate_fen, amount_fen, region_fen,
    league_fen, banner_fen, township_fen, clause FROM pay_line";

/// A worker's statement.
#[derive(Debug, Clone)]
pub struct StatementRow {
    pub run: Uuid,
    pub worker: Uuid,
    pub month: Month,
    pub status: RunStatus,
    pub demo: bool,
    pub total_fen: i64,
    pub lines: Vec<LineRow>,
}

/// The months of which there is a statement that this scope sees, the latest first; with those of drafts where asked for.
pub async fn months_of(tx: &mut Tx, worker: Uuid, drafts: bool) -> Result<Vec<Month>, StoreError> {
    let days: Vec<NaiveDate> = sqlx::query_scalar(
        "SELECT DISTINCT s.month FROM pay_statement s LEFT JOIN pay_paid p ON p.run = s.run AND p.worker = s.worker
         WHERE s.worker = $1 AND ($2 OR p.run IS NOT NULL) ORDER BY s.month DESC",
    )
    .bind(worker)
    .bind(drafts)
    .fetch_all(tx.conn())
    .await?;
    Ok(days.into_iter().map(month).collect())
}

/// The statement of the month's locked run; where there is none, and `drafts` are asked for, of the newest draft.
pub async fn statement(
    tx: &mut Tx,
    worker: Uuid,
    of: Month,
    drafts: bool,
) -> Result<Option<StatementRow>, StoreError> {
    let found: Option<(Uuid, i64, bool)> = sqlx::query_as(
        "SELECT s.run, s.amount_fen, p.run IS NOT NULL AS paid
         FROM pay_statement s LEFT JOIN pay_paid p ON p.run = s.run AND p.worker = s.worker
              LEFT JOIN pay_run r ON r.id = s.run
         WHERE s.worker = $1 AND s.month = $2 AND ($3 OR p.run IS NOT NULL)
         ORDER BY paid DESC, r.made_at DESC LIMIT 1",
    )
    .bind(worker)
    .bind(of.first_day())
    .bind(drafts)
    .fetch_optional(tx.conn())
    .await?;
    let Some((id, total_fen, paid)) = found else { return Ok(None) };
    // Whoever sees no more than their own statement doesn't see its run.
    let of_run = run(tx, id).await?;
    let sql = sqlx::AssertSqlSafe(format!("{SELECT_LINE} WHERE run = $1 AND worker = $2 ORDER BY line"));
    let lines: Vec<RawLine> = sqlx::query_as(sql).bind(id).bind(worker).fetch_all(tx.conn()).await?;
    let demo: bool = sqlx::query_scalar("SELECT khot.pay_is_demo($1)").bind(id).fetch_one(tx.conn()).await?;
    let status = match (paid, of_run) {
        (true, _) => RunStatus::Locked,
        (false, Some(held)) => held.status,
        (false, None) => RunStatus::Draft,
    };
    Ok(Some(StatementRow {
        run: id,
        worker,
        month: of,
        status,
        demo,
        total_fen,
        lines: lines.into_iter().map(Into::into).collect(),
    }))
}

/// What each worker of a run is paid, in the order of their ids.
pub async fn statements_of(tx: &mut Tx, run: Uuid) -> Result<Vec<(Uuid, Code, i64)>, StoreError> {
    let rows: Vec<(Uuid, String, i64)> =
        sqlx::query_as("SELECT worker, area, amount_fen FROM pay_statement WHERE run = $1 ORDER BY worker")
            .bind(run)
            .fetch_all(tx.conn())
            .await?;
    rows.into_iter().map(|(worker, area, fen)| Ok((worker, code(area)?, fen))).collect()
}

/// The worker whose account this is.
pub async fn worker_of(tx: &mut Tx, username: &str) -> Result<Option<Uuid>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM worker WHERE username = $1")
        .bind(username)
        .fetch_optional(tx.conn())
        .await?)
}
