//! Assignments as they are read.

use chrono::NaiveDate;
use sqlx::FromRow;
use uuid::Uuid;

use super::super::workers;
use super::super::{StoreError, Tx};
use crate::domain::{Code, GridCode, GridRole, PersonalField};
use crate::vault::Place;

/// An assignment.
#[derive(Debug, Clone)]
pub struct AssignmentRow {
    pub id: Uuid,
    pub grid: GridCode,
    pub village_name: String,
    pub worker: Uuid,
    /// Masked; none where the key isn't at hand, or the worker isn't in sight.
    pub worker_name: Option<String>,
    pub role: GridRole,
    pub from: NaiveDate,
    /// The first day on which it no longer holds.
    pub until: Option<NaiveDate>,
}

#[derive(FromRow)]
struct Raw {
    id: Uuid,
    grid: String,
    village_name: Option<String>,
    worker: Uuid,
    role: String,
    begins: NaiveDate,
    ends: Option<NaiveDate>,
}

const SELECT: &str =
    "SELECT a.id, a.grid, v.name AS village_name, a.worker, a.role, lower(a.during) AS begins,
    upper(a.during) AS ends FROM assignment a LEFT JOIN area v ON v.code = a.village";

/// With the names of their workers, masked.
async fn named(tx: &mut Tx, raws: Vec<Raw>) -> Result<Vec<AssignmentRow>, StoreError> {
    let mut ids: Vec<Uuid> = raws.iter().map(|raw| raw.worker).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut names = workers::names(tx, &ids).await?;
    raws.into_iter()
        .map(|raw| {
            Ok(AssignmentRow {
                id: raw.id,
                grid: raw.grid.parse().map_err(|error| StoreError::corrupt("grid code", error))?,
                village_name: raw.village_name.unwrap_or_default(),
                worker: raw.worker,
                worker_name: names.get_mut(&raw.worker).and_then(|name| name.clone()),
                role: GridRole::parse(&raw.role).ok_or_else(|| StoreError::corrupt("role", &raw.role))?,
                from: raw.begins,
                until: raw.ends,
            })
        })
        .collect()
}

/// One.
pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<AssignmentRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE a.id = $1"));
    let raws: Vec<Raw> = sqlx::query_as(sql).bind(id).fetch_all(tx.conn()).await?;
    Ok(named(tx, raws).await?.pop())
}

/// Those in `area` on a day, of one worker or of all, by grid.
pub async fn list(
    tx: &mut Tx,
    area: &Code,
    day: NaiveDate,
    worker: Option<Uuid>,
) -> Result<Vec<AssignmentRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE a.village LIKE $1 || '%' AND a.during @> $2 AND ($3::uuid IS NULL OR a.worker = $3)
         ORDER BY a.grid, a.role DESC, a.id"
    ));
    let raws: Vec<Raw> =
        sqlx::query_as(sql).bind(area.as_str()).bind(day).bind(worker).fetch_all(tx.conn()).await?;
    named(tx, raws).await
}

/// Those of a grid on a day.
pub async fn of_grid(tx: &mut Tx, grid: &GridCode, day: NaiveDate) -> Result<Vec<AssignmentRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE a.grid = $1 AND a.during @> $2 ORDER BY a.role DESC, a.id"
    ));
    let raws: Vec<Raw> = sqlx::query_as(sql).bind(grid.as_str()).bind(day).fetch_all(tx.conn()).await?;
    named(tx, raws).await
}

/// Its main workers on any day from `from` until before `until`, kept from changing until this transaction ends.
pub(super) async fn main_workers(
    tx: &mut Tx,
    grid: &GridCode,
    from: NaiveDate,
    until: Option<NaiveDate>,
) -> Result<Vec<AssignmentRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE a.grid = $1 AND a.role = 'worker' AND a.during && daterange($2, $3)
         ORDER BY a.during FOR UPDATE OF a"
    ));
    let raws: Vec<Raw> =
        sqlx::query_as(sql).bind(grid.as_str()).bind(from).bind(until).fetch_all(tx.conn()).await?;
    named(tx, raws).await
}

/// Whether somebody who is on the post looks after a grid on a day, never who; none where the scope doesn't see the
/// grid's outline.
pub async fn post_is_filled(
    tx: &mut Tx,
    grid: &GridCode,
    day: NaiveDate,
) -> Result<Option<bool>, StoreError> {
    let found: Option<Option<bool>> = sqlx::query_scalar("SELECT khot.post_is_filled($1, $2)")
        .bind(grid.as_str())
        .bind(day)
        .fetch_optional(tx.conn())
        .await?;
    Ok(found.flatten())
}

/// All of a worker's, the earliest first.
pub async fn history(tx: &mut Tx, worker: Uuid) -> Result<Vec<AssignmentRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE a.worker = $1 ORDER BY a.during, a.grid"));
    let raws: Vec<Raw> = sqlx::query_as(sql).bind(worker).fetch_all(tx.conn()).await?;
    named(tx, raws).await
}

/// The masked name of who leads a grid that the caller looks after.
pub async fn own_lead(
    tx: &mut Tx,
    grid: &GridCode,
    day: NaiveDate,
) -> Result<Option<Option<String>>, StoreError> {
    let found: Option<(Uuid, Vec<u8>)> = sqlx::query_as("SELECT id, name FROM khot.lead_of_own_grid($1, $2)")
        .bind(grid.as_str())
        .bind(day)
        .fetch_optional(tx.conn())
        .await?;
    let Some((id, sealed)) = found else { return Ok(None) };
    let place = Place { table: "worker", column: PersonalField::Name.as_str(), row: id };
    let opened = tx.vault.as_ref().and_then(|vault| vault.open_sealed(place, &sealed).ok());
    Ok(Some(opened.map(|name| PersonalField::Name.mask(&name))))
}
