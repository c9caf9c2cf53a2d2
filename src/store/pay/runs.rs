//! Runs: saved as drafts, read whole or piece by piece.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use sqlx::FromRow;
use uuid::Uuid;

use super::super::{StoreError, Tx, audit};
use super::{Levels, code, month};
use crate::domain::{Code, Month};

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    Draft,
    Approved,
    Locked,
}

impl RunStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Locked => "locked",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        [Self::Draft, Self::Approved, Self::Locked]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| StoreError::corrupt("run status", text))
    }
}

/// A draft to be saved.
#[derive(Debug)]
pub struct NewRun {
    pub id: Uuid,
    pub area: Code,
    pub month: Month,
    pub sums: Value,
    pub checks: Value,
    pub rules: Value,
    pub demo: bool,
    pub synthetic: bool,
    pub engine_version: String,
    /// Of what is attested and adjusted, as the database says it.
    pub inputs: String,
    pub snapshot: Vec<u8>,
    pub snapshot_hash: [u8; 32],
    pub lines_hash: [u8; 32],
    pub statements: Vec<NewStatement>,
}

/// What a worker is paid, line by line.
#[derive(Debug)]
pub struct NewStatement {
    pub worker: Uuid,
    pub area: Code,
    pub lines: Vec<NewLine>,
}

#[derive(Debug)]
pub struct NewLine {
    pub grid: Option<String>,
    pub component: &'static str,
    pub quantity: String,
    pub rate_fen: i64,
    pub amount_fen: i64,
    pub levels: Levels,
    pub clause: String,
}

/// A run without its lines.
#[derive(Debug, Clone)]
pub struct RunRow {
    pub id: Uuid,
    pub area: Code,
    pub month: Month,
    pub status: RunStatus,
    pub made_by: String,
    pub made_at: DateTime<Utc>,
    pub approved_by: Option<String>,
    pub approved_at: Option<DateTime<Utc>>,
    pub locked_at: Option<DateTime<Utc>>,
    pub workers: i32,
    pub lines: i32,
    pub total_fen: i64,
    pub levels: Levels,
    pub sums: Value,
    pub checks: Value,
    pub rules: Value,
    pub demo: bool,
    pub synthetic: bool,
    pub snapshot_hash: Vec<u8>,
    pub lines_hash: Vec<u8>,
}

#[derive(FromRow)]
struct Raw {
    id: Uuid,
    area: String,
    month: NaiveDate,
    status: String,
    made_by: String,
    made_at: DateTime<Utc>,
    approved_by: Option<String>,
    approved_at: Option<DateTime<Utc>>,
    locked_at: Option<DateTime<Utc>>,
    workers: i32,
    lines: i32,
    total_fen: i64,
    region_fen: i64,
    league_fen: i64,
    banner_fen: i64,
    township_fen: i64,
    sums: Value,
    checks: Value,
    rules: Value,
    demo: bool,
    synthetic: bool,
    snapshot_hash: Vec<u8>,
    lines_hash: Vec<u8>,
}

impl TryFrom<Raw> for RunRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        Ok(Self {
            id: raw.id,
            area: code(raw.area)?,
            month: month(raw.month),
            status: RunStatus::parse(&raw.status)?,
            made_by: raw.made_by,
            made_at: raw.made_at,
            approved_by: raw.approved_by,
            approved_at: raw.approved_at,
            locked_at: raw.locked_at,
            workers: raw.workers,
            lines: raw.lines,
            total_fen: raw.total_fen,
            levels: [raw.region_fen, raw.league_fen, raw.banner_fen, raw.township_fen],
            sums: raw.sums,
            checks: raw.checks,
            rules: raw.rules,
            demo: raw.demo,
            synthetic: raw.synthetic,
            snapshot_hash: raw.snapshot_hash,
            lines_hash: raw.lines_hash,
        })
    }
}

/// Lines that are sent to the database at a time.
const CHUNK: usize = 20_000;

/// Saves a draft whole: the caller commits.
pub async fn save_run(tx: &mut Tx, new: &NewRun, now: DateTime<Utc>) -> Result<(), StoreError> {
    let actor = tx.scope.actor().to_owned();
    let sums: Vec<(i64, Levels)> = new.statements.iter().map(of_statement).collect();
    let total: i64 = sums.iter().map(|sum| sum.0).sum();
    let level = |place: usize| sums.iter().map(|sum| sum.1[place]).sum::<i64>();
    let lines: usize = new.statements.iter().map(|statement| statement.lines.len()).sum();
    let count = |count: usize| i32::try_from(count).map_err(|error| StoreError::corrupt("run", error));
    sqlx::query(
        "INSERT INTO pay_run (id, area, month, status, made_by, made_at, workers, lines, total_fen, region_fen, league_fen,
            banner_fen, township_fen, sums, checks, rules, demo, synthetic, engine_version, inputs, snapshot_hash, lines_hash)
         VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
    )
    .bind(new.id)
    .bind(new.area.as_str())
    .bind(new.month.first_day())
    .bind(actor)
    .bind(now)
    .bind(count(new.statements.len())?)
    .bind(count(lines)?)
    .bind(total)
    .bind(level(0))
    .bind(level(1))
    .bind(level(2))
    .bind(level(3))
    .bind(&new.sums)
    .bind(&new.checks)
    .bind(&new.rules)
    .bind(new.demo)
    .bind(new.synthetic)
    .bind(&new.engine_version)
    .bind(&new.inputs)
    .bind(&new.snapshot_hash[..])
    .bind(&new.lines_hash[..])
    .execute(tx.conn())
    .await?;
    sqlx::query("INSERT INTO pay_input (run, area, snapshot) VALUES ($1, $2, $3)")
        .bind(new.id)
        .bind(new.area.as_str())
        .bind(&new.snapshot)
        .execute(tx.conn())
        .await?;
    for chunk in new.statements.chunks(CHUNK) {
        put_statements(tx, new, chunk).await?;
    }
    let mut begin = 0;
    while begin < new.statements.len() {
        // Whole statements, as many as make up a chunk of lines.
        let (mut end, mut held) = (begin, 0);
        while end < new.statements.len() && held < CHUNK {
            held += new.statements[end].lines.len();
            end += 1;
        }
        put_lines(tx, new.id, &new.statements[begin..end]).await?;
        begin = end;
    }
    let after =
        json!({"month": new.month, "workers": new.statements.len(), "lines": lines, "total_fen": total});
    let entry = audit::Entry {
        action: "pay.draft",
        subject: &new.id.to_string(),
        area: &new.area,
        before: None,
        after: Some(after),
    };
    audit::write(tx, entry).await
}

fn of_statement(statement: &NewStatement) -> (i64, Levels) {
    let mut levels = [0; 4];
    for line in &statement.lines {
        levels.iter_mut().zip(line.levels).for_each(|(sum, fen)| *sum += fen);
    }
    (statement.lines.iter().map(|line| line.amount_fen).sum(), levels)
}

async fn put_statements(tx: &mut Tx, new: &NewRun, chunk: &[NewStatement]) -> Result<(), StoreError> {
    let sums: Vec<(i64, Levels)> = chunk.iter().map(of_statement).collect();
    let level = |place: usize| sums.iter().map(|sum| sum.1[place]).collect::<Vec<_>>();
    sqlx::query(
        "INSERT INTO pay_statement (run, month, worker, area, amount_fen, region_fen, league_fen, banner_fen, township_fen)
         SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])",
    )
    .bind(new.id)
    .bind(new.month.first_day())
    .bind(chunk.iter().map(|one| one.worker).collect::<Vec<_>>())
    .bind(chunk.iter().map(|one| one.area.as_str()).collect::<Vec<_>>())
    .bind(sums.iter().map(|sum| sum.0).collect::<Vec<_>>())
    .bind(level(0))
    .bind(level(1))
    .bind(level(2))
    .bind(level(3))
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn put_lines(tx: &mut Tx, run: Uuid, chunk: &[NewStatement]) -> Result<(), StoreError> {
    let each = || {
        chunk.iter().flat_map(|one| one.lines.iter().enumerate().map(move |(place, line)| (one, place, line)))
    };
    let level = |place: usize| each().map(|(_, _, line)| line.levels[place]).collect::<Vec<_>>();
    sqlx::query(
        "INSERT INTO pay_line (run, worker, line, area, grid, component, quantity, rate_fen, amount_fen, region_fen,
            league_fen, banner_fen, township_fen, clause)
         SELECT $1, * FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[])",
    )
    .bind(run)
    .bind(each().map(|(one, _, _)| one.worker).collect::<Vec<_>>())
    .bind(each().map(|(_, place, _)| i16::try_from(place + 1).unwrap_or(i16::MAX)).collect::<Vec<_>>())
    .bind(each().map(|(one, _, _)| one.area.as_str()).collect::<Vec<_>>())
    .bind(each().map(|(_, _, line)| line.grid.as_deref()).collect::<Vec<_>>())
    .bind(each().map(|(_, _, line)| line.component).collect::<Vec<_>>())
    .bind(each().map(|(_, _, line)| line.quantity.as_str()).collect::<Vec<_>>())
    .bind(each().map(|(_, _, line)| line.rate_fen).collect::<Vec<_>>())
    .bind(each().map(|(_, _, line)| line.amount_fen).collect::<Vec<_>>())
    .bind(level(0))
    .bind(level(1))
    .bind(level(2))
    .bind(level(3))
    .bind(each().map(|(_, _, line)| line.clause.as_str()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

const SELECT: &str = "SELECT id, area, month, status, made_by, made_at, approved_by, approved_at, locked_at, workers, lines,
    total_fen, region_fen, league_fen, banner_fen, township_fen, sums, checks, rules, demo, synthetic, snapshot_hash,
    lines_hash FROM pay_run";

pub async fn run(tx: &mut Tx, id: Uuid) -> Result<Option<RunRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE id = $1"));
    let raw: Option<Raw> = sqlx::query_as(sql).bind(id).fetch_optional(tx.conn()).await?;
    raw.map(RunRow::try_from).transpose()
}

/// The runs of `area` and below, of one month or of all, the latest month's and newest first.
pub async fn runs(tx: &mut Tx, area: &Code, month: Option<Month>) -> Result<Vec<RunRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE area LIKE $1 || '%' AND ($2::date IS NULL OR month = $2)
         ORDER BY month DESC, made_at DESC, id DESC LIMIT 500"
    ));
    let raws: Vec<Raw> = sqlx::query_as(sql)
        .bind(area.as_str())
        .bind(month.map(Month::first_day))
        .fetch_all(tx.conn())
        .await?;
    raws.into_iter().map(RunRow::try_from).collect()
}

/// The last locked run of `area` itself before a month.
pub async fn previous_locked(tx: &mut Tx, area: &Code, month: Month) -> Result<Option<RunRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE area = $1 AND month < $2 AND status = 'locked' ORDER BY month DESC LIMIT 1"
    ));
    let raw: Option<Raw> =
        sqlx::query_as(sql).bind(area.as_str()).bind(month.first_day()).fetch_optional(tx.conn()).await?;
    raw.map(RunRow::try_from).transpose()
}

/// What a run was worked out from, byte for byte.
pub async fn snapshot(tx: &mut Tx, run: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(sqlx::query_scalar("SELECT snapshot FROM pay_input WHERE run = $1")
        .bind(run)
        .fetch_optional(tx.conn())
        .await?)
}
