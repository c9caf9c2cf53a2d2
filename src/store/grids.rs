//! Grids of a plan, or of all plans in force on a day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use geo::MultiPolygon;
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::areas::count;
use super::tiles::GridsOf;
use super::{StoreError, Tx, geometry};
use crate::access::Scope;
use crate::domain::{
    AreaType, Code, Count, DrawnGrid, Grid, GridCode, GridKind, PlanStatus, Reason, Tally, ToldGrid,
};

/// A grid as a scope sees it: its counts, and what follows from them, as they are for the village's own staff, else as
/// they are told.
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
    pub households: Count,
    pub people: Count,
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
    households_told: i32,
    households_few: i32,
    people: i32,
    people_told: i32,
    people_few: i32,
    area_m2: f64,
    compactness: f64,
    travel_min: Option<f64>,
    travel_min_told: Option<f64>,
    in_band: bool,
    in_band_told: bool,
    reasons: Json<Vec<Reason>>,
    reasons_told: Json<Vec<Reason>>,
    bbox: Vec<f64>,
    synthetic: bool,
    status: String,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
    outline: Option<Vec<u8>>,
    label: Vec<f64>,
}

impl Raw {
    fn seen_by(self, scope: &Scope) -> Result<GridRow, StoreError> {
        let raw = self;
        let code: GridCode = raw.code.parse().map_err(|error| StoreError::corrupt("grid code", error))?;
        let exact = scope.sees_exact(&code.village());
        Ok(GridRow {
            plan: raw.plan,
            code,
            village_name: raw.village_name,
            area_type: raw.area_type.parse().map_err(|error| StoreError::corrupt("area type", error))?,
            kind: kind(&raw.kind),
            name: raw.name,
            units: raw.units,
            households: count(
                exact,
                raw.households.into(),
                raw.households_told.into(),
                raw.households_few.into(),
            ),
            people: count(exact, raw.people.into(), raw.people_told.into(), raw.people_few.into()),
            area_m2: raw.area_m2,
            compactness: raw.compactness,
            travel_min: if exact { raw.travel_min } else { raw.travel_min_told },
            in_band: if exact { raw.in_band } else { raw.in_band_told },
            reasons: if exact { raw.reasons.0 } else { raw.reasons_told.0 },
            bbox: raw.bbox.try_into().map_err(|_| StoreError::corrupt("bounding box", "not four numbers"))?,
            synthetic: raw.synthetic,
            plan_status: super::plans::status(&raw.status)?,
            valid_from: raw.valid_from,
            valid_to: raw.valid_to,
            outline: raw.outline.map(geometry::read_multi_polygon).transpose()?,
        })
    }

    fn drawn(self) -> Result<DrawnGrid, StoreError> {
        let whole = |count: i32| u32::try_from(count).unwrap_or(0);
        let tally = |told: i32, few: i32| Tally { told: u64::from(whole(told)), few: whole(few) };
        let code: GridCode = self.code.parse().map_err(|error| StoreError::corrupt("grid code", error))?;
        let outline = self.outline.map(geometry::read_multi_polygon).transpose()?;
        let [lon, lat] = <[f64; 2]>::try_from(self.label)
            .map_err(|_| StoreError::corrupt("label point", "not two numbers"))?;
        Ok(DrawnGrid {
            area_type: self.area_type.parse().map_err(|error| StoreError::corrupt("area type", error))?,
            outline: outline.unwrap_or_else(|| MultiPolygon::new(Vec::new())),
            label_point: (lon, lat),
            area_m2: self.area_m2,
            compactness: self.compactness,
            travel_min: self.travel_min,
            in_band: self.in_band,
            told: ToldGrid {
                households: tally(self.households_told, self.households_few),
                people: tally(self.people_told, self.people_few),
                travel_min: self.travel_min_told,
                in_band: self.in_band_told,
                reasons: self.reasons_told.0,
            },
            grid: Grid {
                village: code.village(),
                code,
                kind: kind(&self.kind),
                name: self.name,
                units: self.units,
                households: whole(self.households),
                people: whole(self.people),
                reasons: self.reasons.0,
            },
        })
    }
}

fn kind(text: &str) -> GridKind {
    if text == "dedicated" { GridKind::Dedicated } else { GridKind::General }
}

fn select(outlines: bool) -> String {
    let outline = if outlines { "ST_AsBinary(grid.outline)" } else { "NULL::bytea" };
    format!(
        "SELECT grid.plan, grid.code, area.name AS village_name, grid.area_type, grid.kind, grid.name, grid.units,
            grid.households, grid.households_told, grid.households_few, grid.people, grid.people_told, grid.people_few,
            grid.area_m2, grid.compactness, grid.travel_min, grid.travel_min_told, grid.in_band, grid.in_band_told,
            grid.reasons, grid.reasons_told,
            ARRAY[ST_XMin(grid.outline), ST_YMin(grid.outline), ST_XMax(grid.outline), ST_YMax(grid.outline)] AS bbox,
            plan.synthetic, plan.status, lower(plan.during) AS valid_from, upper(plan.during) AS valid_to,
            {outline} AS outline, ARRAY[ST_X(grid.label_point), ST_Y(grid.label_point)] AS label
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
    raws.into_iter().map(|raw| raw.seen_by(tx.scope())).collect()
}

/// All grids of a plan below `area`, by code, with their true counts and those that are told; without `outlines`
/// those are empty.
///
/// # Errors
/// Also for a scope that sees counts under 5 only in some villages: this is for the program's own work.
pub async fn drawn(
    tx: &mut Tx,
    area: &Code,
    plan: Uuid,
    outlines: bool,
) -> Result<Vec<DrawnGrid>, StoreError> {
    tx.must_see_exact()?;
    let sql = sqlx::AssertSqlSafe(format!(
        "{} WHERE plan.id = $2 AND grid.village LIKE $1 || '%' ORDER BY grid.code",
        select(outlines)
    ));
    let raws: Vec<Raw> = sqlx::query_as(sql).bind(area.as_str()).bind(plan).fetch_all(tx.conn()).await?;
    raws.into_iter().map(Raw::drawn).collect()
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
    raw.map(|raw| raw.seen_by(tx.scope())).transpose()
}

/// The grids of the same village that border on one, by code.
pub async fn neighbours(tx: &mut Tx, grid: &GridCode, plan: Uuid) -> Result<Vec<GridCode>, StoreError> {
    let codes: Vec<String> = sqlx::query_scalar(
        "SELECT other.code FROM grid own JOIN grid other ON other.plan = own.plan AND other.village = own.village
         WHERE own.plan = $2 AND own.code = $1 AND other.code <> $1 AND ST_Intersects(own.outline, other.outline)
         ORDER BY other.code",
    )
    .bind(grid.as_str())
    .bind(plan)
    .fetch_all(tx.conn())
    .await?;
    codes
        .into_iter()
        .map(|code| code.parse().map_err(|error| StoreError::corrupt("grid code", error)))
        .collect()
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
