//! Figures of an area, and its area types side by side.

use sqlx::FromRow;

use super::areas::count as seen;
use super::tiles::GridsOf;
use super::{StoreError, Tx};
use crate::domain::{AreaType, Code, Count};

/// The spread of a figure over grids: smallest, quartiles (interpolated), largest and mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub min: f64,
    pub q1: f64,
    pub median: f64,
    pub q3: f64,
    pub max: f64,
    pub mean: f64,
}

/// One area type's grids in an area.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeFigures {
    pub area_type: AreaType,
    pub villages: u32,
    pub grids: u32,
    pub households: Count,
    pub people: Count,
    pub area_m2: f64,
    pub in_band: u32,
    pub households_per_grid: Spread,
    pub area_km2_per_grid: Spread,
    pub compactness: Spread,
}

#[derive(FromRow)]
struct Raw {
    area_type: String,
    villages: i64,
    grids: i64,
    households: i64,
    households_few: i64,
    people: i64,
    people_few: i64,
    area_m2: f64,
    in_band: i64,
    households_spread: Vec<f64>,
    area_spread: Vec<f64>,
    compactness_spread: Vec<f64>,
}

fn spread(values: &[f64]) -> Result<Spread, StoreError> {
    match *values {
        [min, q1, median, q3, max, mean] => Ok(Spread { min, q1, median, q3, max, mean }),
        _ => Err(StoreError::corrupt("figures", "not six numbers")),
    }
}

/// How many small units a group is made of, where none of its members holds a larger one; else 0.
const FEW_HOUSEHOLDS: &str =
    "CASE WHEN bool_or(households > 0 AND households_few = 0) THEN 0 ELSE sum(households_few) END";
const FEW_PEOPLE: &str = "CASE WHEN bool_or(people > 0 AND people_few = 0) THEN 0 ELSE sum(people_few) END";

/// Area types of the grids below `area`: of one plan, or in force on a day. Types without grids are left out.
pub async fn by_area_type(tx: &mut Tx, area: &Code, which: GridsOf) -> Result<Vec<TypeFigures>, StoreError> {
    let (plan, day) = match which {
        GridsOf::Plan(id) => (Some(id), None),
        GridsOf::Day(day) => (None, Some(day)),
    };
    let counts = if tx.scope().sees_exact(area) {
        "grid.households::double precision AS households, 0 AS households_few, grid.people, 0 AS people_few, grid.in_band"
    } else {
        "grid.households_told::double precision AS households, grid.households_few, grid.people_told AS people,
         grid.people_few, grid.in_band_told AS in_band"
    };
    let raws: Vec<Raw> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "WITH chosen AS (
            SELECT grid.area_type, grid.village, grid.area_m2, grid.compactness, {counts},
                   grid.area_m2 / 1e6 AS area_km2
            FROM plan JOIN grid ON grid.plan = plan.id
            WHERE (plan.id = $2 OR plan.during @> $3) AND plan.banner LIKE left($1, 6) || '%'
              AND grid.village LIKE $1 || '%')
         SELECT area_type, count(DISTINCT village) AS villages, count(*) AS grids, sum(households)::bigint AS households,
            sum(people)::bigint AS people, {FEW_HOUSEHOLDS} AS households_few, {FEW_PEOPLE} AS people_few, sum(area_m2) AS area_m2, count(*) FILTER (WHERE in_band) AS in_band,
            percentile_cont(ARRAY[0, 0.25, 0.5, 0.75, 1]) WITHIN GROUP (ORDER BY households) || avg(households) AS households_spread,
            percentile_cont(ARRAY[0, 0.25, 0.5, 0.75, 1]) WITHIN GROUP (ORDER BY area_km2) || avg(area_km2) AS area_spread,
            percentile_cont(ARRAY[0, 0.25, 0.5, 0.75, 1]) WITHIN GROUP (ORDER BY compactness) || avg(compactness) AS compactness_spread
         FROM chosen GROUP BY area_type ORDER BY array_position(ARRAY['urban', 'agricultural', 'pastoral', 'mixed'], area_type)"
    )))
    .bind(area.as_str())
    .bind(plan)
    .bind(day)
    .fetch_all(tx.conn())
    .await?;
    let exact = tx.scope().sees_exact(area);
    let count = |value: i64| u32::try_from(value).unwrap_or(0);
    raws.into_iter()
        .map(|raw| {
            Ok(TypeFigures {
                area_type: raw.area_type.parse().map_err(|error| StoreError::corrupt("area type", error))?,
                villages: count(raw.villages),
                grids: count(raw.grids),
                households: seen(exact, raw.households, raw.households, raw.households_few),
                people: seen(exact, raw.people, raw.people, raw.people_few),
                area_m2: raw.area_m2,
                in_band: count(raw.in_band),
                households_per_grid: spread(&raw.households_spread)?,
                area_km2_per_grid: spread(&raw.area_spread)?,
                compactness: spread(&raw.compactness_spread)?,
            })
        })
        .collect()
}

/// Villages, households, people and area by area type, from the areas themselves: for places without a plan.
pub async fn villages_by_type(
    tx: &mut Tx,
    area: &Code,
) -> Result<Vec<(AreaType, u32, Count, Count, f64)>, StoreError> {
    let exact = tx.scope().sees_exact(area);
    let counts = if exact {
        "households, 0 AS households_few, people, 0 AS people_few"
    } else {
        "households_told AS households, households_few, people_told AS people, people_few"
    };
    let rows: Vec<(String, i64, i64, i64, i64, i64, f64)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT area_type, count(*), sum(households)::bigint, {FEW_HOUSEHOLDS}, sum(people)::bigint, {FEW_PEOPLE},
                sum(area_m2)
         FROM (SELECT area_type, area_m2, {counts} FROM area WHERE level = 'village' AND code LIKE $1 || '%') village
         GROUP BY area_type
         ORDER BY array_position(ARRAY['urban', 'agricultural', 'pastoral', 'mixed'], area_type)"
    )))
    .bind(area.as_str())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|(area_type, villages, households, few, people, few_people, area_m2)| {
            let area_type = area_type.parse().map_err(|error| StoreError::corrupt("area type", error))?;
            let households = seen(exact, households, households, few);
            let people = seen(exact, people, people, few_people);
            Ok((area_type, u32::try_from(villages).unwrap_or(0), households, people, area_m2))
        })
        .collect()
}
