//! Grids of a plan, or of all plans in force on a day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use geo::MultiPolygon;
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::tiles::GridsOf;
use super::{StoreError, Tx, geometry};
use crate::domain::{AreaType, Code, GridCode, GridKind, PlanStatus, Reason};

/// A grid as it is stored.
#[derive(Debug, Clone)]
pub struct GridRow {
    pub plan: Uuid,
    pub code: GridCode,
    pub village_name: String,
    pub area_type: AreaType,
    pub kind: GridKind,
    /// Of a dedicated grid.
    pub name: Option<String>,
    pub units: Vec<String>,
    pub households: u32,
    pub people: u32,
    pub area_m2: f64,
    pub compactness: f64,
    pub travel_min: Option<f64>,
    pub in_band: bool,
    pub reasons: Vec<Reason>,
    pub bbox: [f64; 4],
    pub synthetic: bool,
    pub plan_status: PlanStatus,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    /// Only where it was asked for.
    pub outline: Option<MultiPolygon<f64>>,
}

#[derive(FromRow)]
struct Raw {
    plan: Uuid,
    code: String,
    village_name: String,
    area_type: String,
    kind: String,
    name: Option<String>,
    units: Vec<String>,
    households: i32,
    people: i32,
    area_m2: f64,
    compactness: f64,
    travel_min: Option<f64>,
    in_band: bool,
    reasons: Json<Vec<Reason>>,
    bbox: Vec<f64>,
    synthetic: bool,
    status: String,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
    outline: Option<Vec<u8>>,
}

impl TryFrom<Raw> for GridRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        Ok(Self {
            plan: raw.plan,
            code: raw.code.parse().map_err(|error| StoreError::corrupt("grid code", error))?,
            village_name: raw.village_name,
            area_type: raw.area_type.parse().map_err(|error| StoreError::corrupt("area type", error))?,
            kind: if raw.kind == "dedicated" { GridKind::Dedicated } else { GridKind::General },
            name: raw.name,
            units: raw.units,
            households: u32::try_from(raw.households).unwrap_or(0),
            people: u32::try_from(raw.people).unwrap_or(0),
            area_m2: raw.area_m2,
            compactness: raw.compactness,
            travel_min: raw.travel_min,
            in_band: raw.in_band,
            reasons: raw.reasons.0,
            bbox: raw.bbox.try_into().map_err(|_| StoreError::corrupt("bounding box", "not four numbers"))?,
            synthetic: raw.synthetic,
            plan_status: super::plans::status(&raw.status)?,
            valid_from: raw.valid_from,
            valid_to: raw.valid_to,
            outline: raw.outline.map(geometry::read_multi_polygon).transpose()?,
        })
    }
}

fn select(outlines: bool) -> String {
    let outline = if outlines { "ST_AsBinary(grid.outline)" } else { "NULL::bytea" };
    format!(
        "SELECT grid.plan, grid.code, area.name AS village_name, grid.area_type, grid.kind, grid.name, grid.units, grid.households,
            grid.people, grid.area_m2, grid.compactness, grid.travel_min, grid.in_band, grid.reasons,
            ARRAY[ST_XMin(grid.outline), ST_YMin(grid.outline), ST_XMax(grid.outline), ST_YMax(grid.outline)] AS bbox,
            plan.synthetic, plan.status, lower(plan.during) AS valid_from, upper(plan.during) AS valid_to,
            {outline} AS outline
         FROM grid JOIN plan ON plan.id = grid.plan JOIN area ON area.code = grid.village"
    )
}

fn of(which: GridsOf) -> (Option<Uuid>, Option<NaiveDate>) {
    match which {
        GridsOf::Plan(id) => (Some(id), None),
        GridsOf::Day(day) => (None, Some(day)),
    }
}

/// A page of the grids below `area`, by code, after `cursor`.
pub async fn page(
    tx: &mut Tx,
    area: &Code,
    which: GridsOf,
    after: Option<&GridCode>,
    limit: i64,
    outlines: bool,
) -> Result<Vec<GridRow>, StoreError> {
    let (plan, day) = of(which);
    let sql = sqlx::AssertSqlSafe(format!(
        "{} WHERE (plan.id = $2 OR plan.during @> $3) AND plan.banner LIKE left($1, 6) || '%'
           AND grid.village LIKE $1 || '%' AND grid.code > $4
         ORDER BY grid.code LIMIT $5",
        select(outlines)
    ));
    let raws: Vec<Raw> = sqlx::query_as(sql)
        .bind(area.as_str())
        .bind(plan)
        .bind(day)
        .bind(after.map_or("", GridCode::as_str))
        .bind(limit)
        .fetch_all(tx.conn())
        .await?;
    raws.into_iter().map(GridRow::try_from).collect()
}

/// One grid with its outline.
pub async fn get(tx: &mut Tx, code: &GridCode, which: GridsOf) -> Result<Option<GridRow>, StoreError> {
    let (plan, day) = of(which);
    let sql = sqlx::AssertSqlSafe(format!(
        "{} WHERE grid.code = $1 AND (plan.id = $2 OR plan.during @> $3)",
        select(true)
    ));
    let raw: Option<Raw> =
        sqlx::query_as(sql).bind(code.as_str()).bind(plan).bind(day).fetch_optional(tx.conn()).await?;
    raw.map(GridRow::try_from).transpose()
}

/// Where a point lies: the narrowest area, and the grid in force on `day`.
pub async fn locate(
    tx: &mut Tx,
    lon: f64,
    lat: f64,
    day: NaiveDate,
) -> Result<(Option<Code>, Option<GridCode>), StoreError> {
    // Level by level, so that each step compares only the few areas below the one before.
    let mut found: Option<Code> = None;
    for level in crate::domain::Level::ALL {
        let code: Option<String> = sqlx::query_scalar(
            "SELECT code FROM area WHERE level = $1 AND code LIKE $2 || '%'
               AND ST_Intersects(outline, ST_SetSRID(ST_MakePoint($3, $4), 4326)) ORDER BY code LIMIT 1",
        )
        .bind(level.as_str())
        .bind(found.as_ref().map_or("", Code::as_str))
        .bind(lon)
        .bind(lat)
        .fetch_optional(tx.conn())
        .await?;
        if let Some(code) = code {
            found = Some(code.parse().map_err(|error| StoreError::corrupt("code", error))?);
        }
    }
    let Some(area) = found else { return Ok((None, None)) };
    let grid: Option<String> = sqlx::query_scalar(
        "SELECT grid.code FROM plan JOIN grid ON grid.plan = plan.id
         WHERE plan.banner = left($1, 6) AND plan.during @> $2 AND grid.village = $1
           AND ST_Intersects(grid.outline, ST_SetSRID(ST_MakePoint($3, $4), 4326)) ORDER BY grid.code LIMIT 1",
    )
    .bind(area.as_str())
    .bind(day)
    .bind(lon)
    .bind(lat)
    .fetch_optional(tx.conn())
    .await?;
    let grid =
        grid.map(|code| code.parse().map_err(|error| StoreError::corrupt("grid code", error))).transpose()?;
    Ok((Some(area), grid))
}

/// The units of the grids of a plan below `area`, by village.
pub async fn units_of_plan(
    tx: &mut Tx,
    plan: Uuid,
    area: &Code,
) -> Result<BTreeMap<Code, Vec<(GridCode, Vec<String>)>>, StoreError> {
    let rows: Vec<(String, Vec<String>)> = sqlx::query_as(
        "SELECT code, units FROM grid WHERE plan = $1 AND village LIKE $2 || '%' ORDER BY code",
    )
    .bind(plan)
    .bind(area.as_str())
    .fetch_all(tx.conn())
    .await?;
    let mut found: BTreeMap<Code, Vec<(GridCode, Vec<String>)>> = BTreeMap::new();
    for (code, units) in rows {
        let code: GridCode = code.parse().map_err(|error| StoreError::corrupt("grid code", error))?;
        found.entry(code.village()).or_default().push((code, units));
    }
    Ok(found)
}

/// Every code of a village that was ever published.
pub async fn used(tx: &mut Tx, village: &Code) -> Result<BTreeSet<GridCode>, StoreError> {
    let used: Vec<String> = sqlx::query_scalar("SELECT code FROM grid_code WHERE village = $1")
        .bind(village.as_str())
        .fetch_all(tx.conn())
        .await?;
    used.into_iter()
        .map(|code| code.parse().map_err(|error| StoreError::corrupt("grid code", error)))
        .collect()
}

/// What numbering needs of the past: the units of the grids in force, and every code ever published,
/// both by village.
#[derive(Debug, Default)]
pub struct Past {
    pub in_force: BTreeMap<Code, Vec<(GridCode, Vec<String>)>>,
    pub used: BTreeMap<Code, BTreeSet<GridCode>>,
}

pub async fn past(tx: &mut Tx, banner: &Code, day: NaiveDate) -> Result<Past, StoreError> {
    let mut past = Past::default();
    let code_of =
        |code: String| code.parse::<GridCode>().map_err(|error| StoreError::corrupt("grid code", error));
    let rows: Vec<(String, Vec<String>)> = sqlx::query_as(
        "SELECT grid.code, grid.units FROM plan JOIN grid ON grid.plan = plan.id
         WHERE plan.banner = $1 AND plan.during @> $2 ORDER BY grid.code",
    )
    .bind(banner.as_str())
    .bind(day)
    .fetch_all(tx.conn())
    .await?;
    for (code, units) in rows {
        let code = code_of(code)?;
        past.in_force.entry(code.village()).or_default().push((code, units));
    }
    let used: Vec<String> = sqlx::query_scalar("SELECT code FROM grid_code WHERE village LIKE $1 || '%'")
        .bind(banner.as_str())
        .fetch_all(tx.conn())
        .await?;
    for code in used {
        let code = code_of(code)?;
        past.used.entry(code.village()).or_default().insert(code);
    }
    Ok(past)
}
