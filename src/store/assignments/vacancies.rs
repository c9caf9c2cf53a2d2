//! Grids as places to be looked after, and those that nobody looks after in fact.

use chrono::NaiveDate;
use sqlx::FromRow;
use uuid::Uuid;

use super::super::areas::count;
use super::super::{StoreError, Tx};
use crate::access::Scope;
use crate::domain::{AreaType, Code, Count, GridCode, WorkerStatus};

/// A grid in force, as a place to be looked after.
#[derive(Debug, Clone)]
pub struct PlaceRow {
    pub grid: GridCode,
    pub village_name: String,
    pub area_type: AreaType,
    /// As the scope may see them.
    pub households: Count,
    /// What its worker should speak.
    pub language: Option<String>,
    /// Longitude and latitude of its label.
    pub at: (f64, f64),
    /// Its main worker on that day, where there is one, and their status then.
    pub worker: Option<(Uuid, WorkerStatus)>,
    /// Who was it last before that day, where there is none.
    last: Option<(Uuid, WorkerStatus)>,
    pub synthetic: bool,
}

/// Why nobody looks after a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    NeverFilled,
    /// The last one's time ended.
    Ended,
    /// Somebody is on the books for it, and isn't on the post.
    Seconded,
    OnLeave,
    Left,
}

/// A grid without a worker on the post.
#[derive(Debug, Clone)]
pub struct VacancyRow {
    pub place: PlaceRow,
    pub why: Why,
    /// Who is on the books for it, or has left it.
    pub worker: Option<Uuid>,
}

#[derive(FromRow)]
struct Raw {
    code: String,
    village_name: String,
    area_type: String,
    households: i32,
    households_told: i32,
    households_few: i32,
    language: Option<String>,
    lon: f64,
    lat: f64,
    worker: Option<Uuid>,
    status: Option<String>,
    last_worker: Option<Uuid>,
    last_status: Option<String>,
    synthetic: bool,
}

const SELECT: &str = "SELECT g.code, v.name AS village_name, g.area_type, g.households, g.households_told, g.households_few,
    v.language, ST_X(g.label_point) AS lon, ST_Y(g.label_point) AS lat, a.worker, s.status,
    last.worker AS last_worker, ls.status AS last_status, p.synthetic
    FROM plan p JOIN grid g ON g.plan = p.id JOIN area v ON v.code = g.village
         LEFT JOIN assignment a ON a.grid = g.code AND a.role = 'worker' AND a.during @> $1
         LEFT JOIN worker_status s ON s.worker = a.worker AND s.during @> $1
         LEFT JOIN LATERAL (SELECT worker FROM assignment b WHERE a.id IS NULL AND b.grid = g.code AND b.role = 'worker'
                            AND upper(b.during) <= $1 ORDER BY upper(b.during) DESC LIMIT 1) AS last ON true
         LEFT JOIN worker_status ls ON ls.worker = last.worker AND ls.during @> $1
    WHERE p.during @> $1";

impl Raw {
    fn seen_by(self, scope: &Scope) -> Result<PlaceRow, StoreError> {
        let grid: GridCode = self.code.parse().map_err(|error| StoreError::corrupt("grid code", error))?;
        let exact = scope.sees_exact(&grid.village());
        let with_status = |worker: Option<Uuid>, status: Option<String>| {
            let status = status.as_deref().and_then(WorkerStatus::parse).unwrap_or(WorkerStatus::Left);
            worker.map(|worker| (worker, status))
        };
        Ok(PlaceRow {
            grid,
            village_name: self.village_name,
            area_type: self.area_type.parse().map_err(|error| StoreError::corrupt("area type", error))?,
            households: count(
                exact,
                self.households.into(),
                self.households_told.into(),
                self.households_few.into(),
            ),
            language: self.language,
            at: (self.lon, self.lat),
            worker: with_status(self.worker, self.status),
            last: with_status(self.last_worker, self.last_status),
            synthetic: self.synthetic,
        })
    }
}

impl PlaceRow {
    /// Why nobody on the post looks after it, and whom that is about; none where somebody does.
    pub fn vacant(&self) -> Option<(Why, Option<Uuid>)> {
        match (self.worker, self.last) {
            (Some((_, WorkerStatus::OnPost)), _) => None,
            (Some((worker, WorkerStatus::Seconded)), _) => Some((Why::Seconded, Some(worker))),
            (Some((worker, WorkerStatus::OnLeave)), _) => Some((Why::OnLeave, Some(worker))),
            (Some((worker, WorkerStatus::Left)), _) => Some((Why::Left, Some(worker))),
            (None, Some((worker, WorkerStatus::Left))) => Some((Why::Left, Some(worker))),
            (None, Some(_)) => Some((Why::Ended, None)),
            (None, None) => Some((Why::NeverFilled, None)),
        }
    }
}

/// The grids of `area` that hold on a day, by code.
pub async fn places(tx: &mut Tx, area: &Code, day: NaiveDate) -> Result<Vec<PlaceRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} AND p.banner LIKE left($2, 6) || '%' AND g.village LIKE $2 || '%' ORDER BY g.code"
    ));
    let raws: Vec<Raw> = sqlx::query_as(sql).bind(day).bind(area.as_str()).fetch_all(tx.conn()).await?;
    raws.into_iter().map(|raw| raw.seen_by(tx.scope())).collect()
}

/// One grid that holds on a day.
pub async fn place(tx: &mut Tx, grid: &GridCode, day: NaiveDate) -> Result<Option<PlaceRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} AND p.banner = left($2, 6) AND g.code = $2"));
    let raw: Option<Raw> =
        sqlx::query_as(sql).bind(day).bind(grid.as_str()).fetch_optional(tx.conn()).await?;
    raw.map(|raw| raw.seen_by(tx.scope())).transpose()
}

/// The grids of `area` that nobody on the post looks after on a day, by code.
pub async fn vacancies(tx: &mut Tx, area: &Code, day: NaiveDate) -> Result<Vec<VacancyRow>, StoreError> {
    let all = places(tx, area, day).await?;
    let vacant = |place: PlaceRow| {
        let (why, worker) = place.vacant()?;
        Some(VacancyRow { place, why, worker })
    };
    Ok(all.into_iter().filter_map(vacant).collect())
}
