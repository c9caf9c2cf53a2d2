//! Vector tiles (MVT), made by PostGIS.
//!
//! Every query narrows down by code, plan or banner before it compares geometry: below row-level
//! security a spatial index is not used (see the room's doc), and 103 banners are compared in no time.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{StoreError, Tx};

/// A tile's place in the web-mercator pyramid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileId {
    pub z: u8,
    pub x: u32,
    pub y: u32,
}

impl TileId {
    /// None where no such tile exists. Zoom ends at 20.
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        (z <= 20 && x < 1 << z && y < 1 << z).then_some(Self { z, x, y })
    }
}

/// Outlines and label points of areas: down to banners below zoom 5, townships below 8, then villages.
pub async fn areas(tx: &mut Tx, tile: TileId) -> Result<Vec<u8>, StoreError> {
    let finest = match tile.z {
        0..=4 => 6,
        5..=7 => 9,
        _ => 12,
    };
    let sql = "
        WITH bounds AS (SELECT ST_TileEnvelope($1, $2, $3) AS box,
                               ST_Transform(ST_TileEnvelope($1, $2, $3, margin => 0.02), 4326) AS reach),
        banner AS MATERIALIZED (SELECT code FROM area, bounds WHERE level = 'banner' AND outline && reach),
        near AS MATERIALIZED (
            SELECT code, name, level, coalesce(area_type, main_type) AS area_type, outline, label_point FROM area, bounds
            WHERE length(code) <= 6 AND outline && reach
            UNION ALL
            SELECT a.code, a.name, a.level, coalesce(a.area_type, a.main_type), a.outline, a.label_point
            FROM banner JOIN area a ON a.code LIKE banner.code || '___%' CROSS JOIN bounds
            WHERE length(a.code) <= $4 AND $4 > 6 AND a.outline && reach)
        SELECT coalesce((SELECT ST_AsMVT(t, 'areas', 4096, 'geom') FROM (
                 SELECT code, name, level, area_type, ST_AsMVTGeom(ST_Transform(outline, 3857), box, 4096, 64) AS geom
                 FROM near, bounds) t WHERE geom IS NOT NULL), ''::bytea)
            || coalesce((SELECT ST_AsMVT(t, 'area_labels', 4096, 'geom') FROM (
                 SELECT code, name, level, ST_AsMVTGeom(ST_Transform(label_point, 3857), box, 4096, 0) AS geom
                 FROM near, bounds) t WHERE geom IS NOT NULL), ''::bytea)";
    one(
        sqlx::query_scalar(sql)
            .bind(i32::from(tile.z))
            .bind(tile.x.cast_signed())
            .bind(tile.y.cast_signed())
            .bind(finest),
        tx,
    )
    .await
}

/// Grids and their label points: of one plan, or of all plans in force on a day.
#[derive(Debug, Clone, Copy)]
pub enum GridsOf {
    Plan(Uuid),
    Day(NaiveDate),
}

/// Grids, from zoom 8 on; above that there would be thousands in a tile. Their figures only where the scope has them;
/// where the number of households isn't told, `households_under` stands in place of `households`.
pub async fn grids(tx: &mut Tx, tile: TileId, of: GridsOf) -> Result<Vec<u8>, StoreError> {
    if tile.z < 8 {
        return Ok(Vec::new());
    }
    let (plan, day) = match of {
        GridsOf::Plan(id) => (Some(id), None),
        GridsOf::Day(day) => (None, Some(day)),
    };
    let sql = "
        WITH bounds AS (SELECT ST_TileEnvelope($1, $2, $3) AS box,
                               ST_Transform(ST_TileEnvelope($1, $2, $3, margin => 0.02), 4326) AS reach),
        chosen AS MATERIALIZED (
            SELECT plan.id FROM plan JOIN area ON area.code = plan.banner CROSS JOIN bounds
            WHERE (plan.id = $4 OR plan.during @> $5) AND area.outline && reach),
        near AS MATERIALIZED (
            SELECT grid.code, village, area_type, kind, area_m2, outline, label_point,
                   CASE WHEN NOT told THEN NULL WHEN exact THEN households
                        WHEN households_few NOT BETWEEN 1 AND 4 THEN households_told END AS households,
                   CASE WHEN told AND NOT exact AND households_few BETWEEN 1 AND 4 THEN 4 * households_few + 1
                   END AS households_under,
                   CASE WHEN told AND exact THEN in_band WHEN told THEN in_band_told END AS in_band
            FROM chosen JOIN grid ON grid.plan = chosen.id CROSS JOIN bounds
            CROSS JOIN LATERAL (SELECT village ^@ ANY ((SELECT khot.may('figures'))::text[]) AS told,
                                       (SELECT khot.exact())::text[] && ARRAY['*', village] AS exact) figures
            WHERE grid.outline && reach)
        SELECT coalesce((SELECT ST_AsMVT(t, 'grids', 4096, 'geom') FROM (
                 SELECT code, village, area_type, kind, households, households_under, in_band, area_m2,
                        ST_AsMVTGeom(ST_Transform(outline, 3857), box, 4096, 64) AS geom
                 FROM near, bounds) t WHERE geom IS NOT NULL), ''::bytea)
            || coalesce((SELECT ST_AsMVT(t, 'grid_labels', 4096, 'geom') FROM (
                 SELECT code, right(code, 3) AS seq, households, households_under, area_type, area_m2,
                        ST_AsMVTGeom(ST_Transform(label_point, 3857), box, 4096, 0) AS geom
                 FROM near, bounds) t WHERE geom IS NOT NULL), ''::bytea)";
    let query = sqlx::query_scalar(sql)
        .bind(i32::from(tile.z))
        .bind(tile.x.cast_signed())
        .bind(tile.y.cast_signed())
        .bind(plan)
        .bind(day);
    one(query, tx).await
}

/// Units, from zoom 11 on. Household counts are told in classes only: 0, 1–4, 5–19, 20–49, 50–99, 100
/// and more, since counts under 5 are not shown.
pub async fn units(tx: &mut Tx, tile: TileId) -> Result<Vec<u8>, StoreError> {
    if tile.z < 11 {
        return Ok(Vec::new());
    }
    let sql = "
        WITH bounds AS (SELECT ST_TileEnvelope($1, $2, $3) AS box,
                               ST_Transform(ST_TileEnvelope($1, $2, $3, margin => 0.02), 4326) AS reach),
        banner AS MATERIALIZED (SELECT code FROM area, bounds WHERE level = 'banner' AND outline && reach),
        near AS MATERIALIZED (
            SELECT unit.code, village, unit.outline,
                   CASE WHEN unit.households = 0 THEN 0 WHEN unit.households < 5 THEN 1 WHEN unit.households < 20 THEN 2
                        WHEN unit.households < 50 THEN 3 WHEN unit.households < 100 THEN 4 ELSE 5 END AS households_class
            FROM banner
            JOIN area ON area.level = 'village' AND area.code LIKE banner.code || '%'
            JOIN unit ON unit.village = area.code CROSS JOIN bounds
            WHERE area.outline && reach AND unit.outline && reach)
        SELECT coalesce((SELECT ST_AsMVT(t, 'units', 4096, 'geom') FROM (
                 SELECT code, village, households_class, ST_AsMVTGeom(ST_Transform(outline, 3857), box, 4096, 16) AS geom
                 FROM near, bounds) t WHERE geom IS NOT NULL), ''::bytea)";
    one(
        sqlx::query_scalar(sql).bind(i32::from(tile.z)).bind(tile.x.cast_signed()).bind(tile.y.cast_signed()),
        tx,
    )
    .await
}

/// The numbers by which clients keep tiles: areas (with units) and published grids.
pub async fn editions(tx: &mut Tx) -> Result<(i64, i64), StoreError> {
    numbers(tx, ["areas", "grids"]).await
}

/// Those of what a banner's land is made of: areas and roads.
pub async fn land_editions(tx: &mut Tx) -> Result<(i64, i64), StoreError> {
    numbers(tx, ["areas", "roads"]).await
}

async fn numbers(tx: &mut Tx, [one, other]: [&str; 2]) -> Result<(i64, i64), StoreError> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT what, number FROM edition").fetch_all(tx.conn()).await?;
    let of = |what: &str| rows.iter().find(|row| row.0 == what).map_or(0, |row| row.1);
    Ok((of(one), of(other)))
}

/// Says that areas, published grids or roads have changed.
pub(super) async fn next_edition(tx: &mut Tx, what: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE edition SET number = number + 1 WHERE what = $1")
        .bind(what)
        .execute(tx.conn())
        .await?;
    Ok(())
}

type Scalar<'q> = sqlx::query::QueryScalar<'q, sqlx::Postgres, Vec<u8>, sqlx::postgres::PgArguments>;

async fn one(query: Scalar<'_>, tx: &mut Tx) -> Result<Vec<u8>, StoreError> {
    Ok(query.fetch_one(tx.conn()).await?)
}
