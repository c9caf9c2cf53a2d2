//! What a month is worked out from: who was on duty, which grids were theirs on which days, what is corrected.

use chrono::NaiveDate;
use sqlx::FromRow;
use uuid::Uuid;

use super::super::{StoreError, Tx};
use super::{Levels, code, month};
use crate::domain::{AreaType, Code, Employment, GridCode, Month};

/// A worker whose days are attested.
#[derive(Debug, Clone)]
pub struct OnDuty {
    pub worker: Uuid,
    pub area: Code,
    pub employment: Employment,
    pub languages: Vec<String>,
    pub duty_days: u32,
    pub expected_days: u32,
    pub score: Option<u32>,
    /// The H3 cell of their home.
    pub home: Option<String>,
    pub synthetic: bool,
}

/// A grid that is somebody's for some days of the month.
#[derive(Debug, Clone)]
pub struct Held {
    pub worker: Uuid,
    pub grid: GridCode,
    pub lead: bool,
    pub from: NaiveDate,
    /// The first day on which it is no longer theirs; at most the month's end.
    pub until: NaiveDate,
    pub area_type: AreaType,
    pub households: u32,
    pub area_m2: f64,
    pub at: [f64; 2],
    /// What its village's people need.
    pub language: Option<String>,
    /// A plan with this grid was in force in the month; else it is measured by the nearest one that has it.
    pub in_force: bool,
}

/// A correction with what the levels carried of the month that it is about.
#[derive(Debug, Clone)]
pub struct Correction {
    pub worker: Uuid,
    pub area: Code,
    pub employment: Employment,
    pub about: Month,
    pub amount_fen: i64,
    pub carried: Levels,
    pub reason: String,
}

/// All of an area's month.
#[derive(Debug, Default)]
pub struct Inputs {
    /// Of what is attested and adjusted: a run is approved and locked only while this is the same.
    pub digest: String,
    /// In the order of their ids.
    pub on_duty: Vec<OnDuty>,
    /// In the order of workers and grids.
    pub held: Vec<Held>,
    /// In the order of workers.
    pub corrections: Vec<Correction>,
    /// Workers of a locked run of a smaller or wider area: they are left out.
    pub paid_already: i64,
}

#[derive(FromRow)]
struct RawDuty {
    worker: Uuid,
    area: String,
    employment: String,
    languages: Vec<String>,
    duty_days: i16,
    expected_days: i16,
    score: Option<i16>,
    home: Option<String>,
    synthetic: bool,
}

#[derive(FromRow)]
struct RawHeld {
    worker: Uuid,
    grid: String,
    role: String,
    begins: NaiveDate,
    ends: NaiveDate,
    area_type: String,
    households: i32,
    area_m2: f64,
    lon: f64,
    lat: f64,
    language: Option<String>,
    in_force: bool,
}

#[derive(FromRow)]
struct RawCorrection {
    worker: Uuid,
    area: String,
    employment: String,
    about_month: NaiveDate,
    amount_fen: i64,
    region_fen: i64,
    league_fen: i64,
    banner_fen: i64,
    township_fen: i64,
    reason: String,
}

/// Reads a month of `area`. Those whom a locked run has paid are left out, unless `paid` are asked for.
pub async fn inputs(tx: &mut Tx, area: &Code, of: Month, paid: bool) -> Result<Inputs, StoreError> {
    // True counts, whatever their village: for the program's own work.
    tx.must_see_exact()?;
    // First: what is attested while the rest is read makes the run stale, and not unnoticed.
    let digest = inputs_digest(tx, area, of).await?;
    let paid_already: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pay_paid WHERE month = $2 AND area LIKE $1 || '%'")
            .bind(area.as_str())
            .bind(of.first_day())
            .fetch_one(tx.conn())
            .await?;
    Ok(Inputs {
        digest,
        on_duty: on_duty(tx, area, of, paid).await?,
        held: held(tx, area, of).await?,
        corrections: corrections(tx, area, of, paid).await?,
        paid_already,
    })
}

/// What is attested and adjusted for a month of `area`, in one value.
pub async fn inputs_digest(tx: &mut Tx, area: &Code, of: Month) -> Result<String, StoreError> {
    Ok(sqlx::query_scalar("SELECT khot.pay_inputs($1, $2)")
        .bind(area.as_str())
        .bind(of.first_day())
        .fetch_one(tx.conn())
        .await?)
}

async fn on_duty(tx: &mut Tx, area: &Code, of: Month, paid: bool) -> Result<Vec<OnDuty>, StoreError> {
    let raws: Vec<RawDuty> = sqlx::query_as(
        "SELECT d.worker, d.area, w.employment, w.languages, d.duty_days, d.expected_days, d.score, w.home, w.synthetic
         FROM duty d JOIN worker w ON w.id = d.worker
              LEFT JOIN pay_paid p ON p.worker = d.worker AND p.month = d.month
         WHERE d.month = $2 AND d.area LIKE $1 || '%' AND ($3 OR p.worker IS NULL) ORDER BY d.worker",
    )
    .bind(area.as_str())
    .bind(of.first_day())
    .bind(paid)
    .fetch_all(tx.conn())
    .await?;
    raws.into_iter()
        .map(|raw| {
            Ok(OnDuty {
                worker: raw.worker,
                area: code(raw.area)?,
                employment: employment(&raw.employment)?,
                languages: raw.languages,
                duty_days: u32::try_from(raw.duty_days).unwrap_or(0),
                expected_days: u32::try_from(raw.expected_days).unwrap_or(0),
                score: raw.score.and_then(|score| u32::try_from(score).ok()),
                home: raw.home,
                synthetic: raw.synthetic,
            })
        })
        .collect()
}

fn employment(text: &str) -> Result<Employment, StoreError> {
    Employment::parse(text).ok_or_else(|| StoreError::corrupt("employment", text))
}

/// Contacts look after no grid. Of several plans that have a grid the latest of the month counts; where none was in
/// force, the nearest.
async fn held(tx: &mut Tx, area: &Code, of: Month) -> Result<Vec<Held>, StoreError> {
    let raws: Vec<RawHeld> = sqlx::query_as(
        "WITH theirs AS (
             SELECT worker, grid, village, role, during * daterange($2, $3) AS during FROM assignment
             WHERE village LIKE $1 || '%' AND during && daterange($2, $3) AND role <> 'contact'),
         measured AS (
             SELECT DISTINCT ON (g.code) g.code, g.area_type, g.households, g.area_m2, ST_X(g.label_point) AS lon,
                    ST_Y(g.label_point) AS lat, p.during && daterange($2, $3) AS in_force
             FROM grid g JOIN plan p ON p.id = g.plan
             WHERE p.status <> 'draft' AND g.village LIKE $1 || '%' AND g.code IN (SELECT grid FROM theirs)
             ORDER BY g.code, p.during && daterange($2, $3) DESC,
                      CASE WHEN p.during && daterange($2, $3) THEN $3 - lower(p.during) ELSE abs(lower(p.during) - $2) END)
         SELECT t.worker, t.grid, t.role, lower(t.during) AS begins, upper(t.during) AS ends, m.area_type, m.households, m.area_m2,
                m.lon, m.lat, a.language, m.in_force
         FROM theirs t JOIN measured m ON m.code = t.grid LEFT JOIN area a ON a.code = t.village
         ORDER BY t.worker, t.grid, t.role, t.during",
    )
    .bind(area.as_str())
    .bind(of.first_day())
    .bind(of.end())
    .fetch_all(tx.conn())
    .await?;
    raws.into_iter()
        .map(|raw| {
            Ok(Held {
                worker: raw.worker,
                grid: raw.grid.parse().map_err(|error| StoreError::corrupt("grid", error))?,
                lead: raw.role == "lead",
                from: raw.begins,
                until: raw.ends,
                area_type: AreaType::ALL
                    .into_iter()
                    .find(|kind| kind.as_str() == raw.area_type)
                    .ok_or_else(|| StoreError::corrupt("area type", &raw.area_type))?,
                households: u32::try_from(raw.households).unwrap_or(0),
                area_m2: raw.area_m2,
                at: [raw.lon, raw.lat],
                language: raw.language,
                in_force: raw.in_force,
            })
        })
        .collect()
}

async fn corrections(tx: &mut Tx, area: &Code, of: Month, paid: bool) -> Result<Vec<Correction>, StoreError> {
    let raws: Vec<RawCorrection> = sqlx::query_as(
        "SELECT c.worker, c.area, w.employment, c.about_month, c.amount_fen, coalesce(s.region_fen, 0) AS region_fen,
                coalesce(s.league_fen, 0) AS league_fen, coalesce(s.banner_fen, 0) AS banner_fen,
                coalesce(s.township_fen, 0) AS township_fen, c.reason
         FROM pay_adjustment c JOIN worker w ON w.id = c.worker
              LEFT JOIN pay_paid done ON done.worker = c.worker AND done.month = c.pay_month
              LEFT JOIN pay_paid p ON p.worker = c.worker AND p.month = c.about_month
              LEFT JOIN pay_statement s ON s.run = p.run AND s.worker = p.worker
         WHERE c.pay_month = $2 AND c.area LIKE $1 || '%' AND ($3 OR done.worker IS NULL) ORDER BY c.worker, c.id",
    )
    .bind(area.as_str())
    .bind(of.first_day())
    .bind(paid)
    .fetch_all(tx.conn())
    .await?;
    raws.into_iter()
        .map(|raw| {
            Ok(Correction {
                worker: raw.worker,
                area: code(raw.area)?,
                employment: employment(&raw.employment)?,
                about: month(raw.about_month),
                amount_fen: raw.amount_fen,
                carried: [raw.region_fen, raw.league_fen, raw.banner_fen, raw.township_fen],
                reason: raw.reason,
            })
        })
        .collect()
}
