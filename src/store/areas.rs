//! Areas: one, its children, its outline.

use geo::MultiPolygon;
use serde_json::json;
use sqlx::FromRow;

use super::{StoreError, Tx, audit, geometry};
use crate::access::Scope;
use crate::domain::{AreaType, Code, Count, Level, Tally, VillageKind};

/// An area without its outline, as lists and panels need it.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaRow {
    pub code: Code,
    pub name: String,
    /// Above villages: what most of its villages are.
    pub area_type: Option<AreaType>,
    pub kind: Option<VillageKind>,
    /// Of a village: what its people need to be spoken to in.
    pub language: Option<String>,
    /// West, south, east, north.
    pub bbox: [f64; 4],
    pub area_m2: f64,
    pub villages: u32,
    /// As the scope may see them.
    pub households: Count,
    pub people: Count,
    pub synthetic: bool,
}

#[derive(FromRow)]
struct Raw {
    code: String,
    name: String,
    area_type: Option<String>,
    kind: Option<String>,
    language: Option<String>,
    bbox: Vec<f64>,
    area_m2: f64,
    villages: i32,
    households: i64,
    households_told: i64,
    households_few: i32,
    people: i64,
    people_told: i64,
    people_few: i32,
    synthetic: bool,
}

/// A count as it is where `exact`, else as it is told.
pub(super) fn count(exact: bool, count: i64, told: i64, few: i64) -> Count {
    let whole = |count: i64| u64::try_from(count).unwrap_or(0);
    if exact {
        return Count::Number(whole(count));
    }
    Tally { told: whole(told), few: u32::try_from(few).unwrap_or(0) }.count()
}

impl Raw {
    fn seen_by(self, scope: &Scope) -> Result<AreaRow, StoreError> {
        let raw = self;
        let parse_type = |text: String| text.parse().map_err(|error| StoreError::corrupt("area type", error));
        let parse_kind =
            |text: String| text.parse().map_err(|error| StoreError::corrupt("village kind", error));
        let code: Code = raw.code.parse().map_err(|error| StoreError::corrupt("code", error))?;
        let exact = scope.sees_exact(&code);
        Ok(AreaRow {
            code,
            name: raw.name,
            area_type: raw.area_type.map(parse_type).transpose()?,
            kind: raw.kind.map(parse_kind).transpose()?,
            language: raw.language,
            bbox: raw.bbox.try_into().map_err(|_| StoreError::corrupt("bounding box", "not four numbers"))?,
            area_m2: raw.area_m2,
            villages: u32::try_from(raw.villages).unwrap_or(0),
            households: count(exact, raw.households, raw.households_told, raw.households_few.into()),
            people: count(exact, raw.people, raw.people_told, raw.people_few.into()),
            synthetic: raw.synthetic,
        })
    }
}

const COLUMNS: &str = "code, name, coalesce(area_type, main_type) AS area_type, kind, language,
    ARRAY[ST_XMin(outline), ST_YMin(outline), ST_XMax(outline), ST_YMax(outline)] AS bbox,
    area_m2, villages, households, households_told, households_few, people, people_told, people_few, synthetic";

/// One area; none where it doesn't exist or lies outside the scope.
pub async fn get(tx: &mut Tx, code: &Code) -> Result<Option<AreaRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM area WHERE code = $1"));
    let raw: Option<Raw> = sqlx::query_as(sql).bind(code.as_str()).fetch_optional(tx.conn()).await?;
    raw.map(|raw| raw.seen_by(tx.scope())).transpose()
}

/// Areas by code, from the widest to the narrowest.
pub async fn named(tx: &mut Tx, codes: &[Code]) -> Result<Vec<(Code, String)>, StoreError> {
    let codes: Vec<&str> = codes.iter().map(Code::as_str).collect();
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT code, name FROM area WHERE code = ANY($1) ORDER BY length(code), code")
            .bind(codes)
            .fetch_all(tx.conn())
            .await?;
    rows.into_iter()
        .map(|(code, name)| Ok((code.parse().map_err(|error| StoreError::corrupt("code", error))?, name)))
        .collect()
}

/// The areas of `level` below `code`, by code.
pub async fn below(tx: &mut Tx, code: &Code, level: Level) -> Result<Vec<AreaRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM area WHERE level = $2 AND code LIKE $1 || '%' ORDER BY code"
    ));
    let raws: Vec<Raw> =
        sqlx::query_as(sql).bind(code.as_str()).bind(level.as_str()).fetch_all(tx.conn()).await?;
    raws.into_iter().map(|raw| raw.seen_by(tx.scope())).collect()
}

/// The outline of one area.
pub async fn outline(tx: &mut Tx, code: &Code) -> Result<Option<MultiPolygon<f64>>, StoreError> {
    let bytes: Option<Vec<u8>> = sqlx::query_scalar("SELECT ST_AsBinary(outline) FROM area WHERE code = $1")
        .bind(code.as_str())
        .fetch_optional(tx.conn())
        .await?;
    bytes.map(geometry::read_multi_polygon).transpose()
}

/// A village with all that dividing it needs.
#[derive(Debug, Clone)]
pub struct VillageRow {
    pub code: Code,
    pub name: String,
    pub area_type: AreaType,
    pub area_m2: f64,
    pub outline: MultiPolygon<f64>,
    pub synthetic: bool,
}

/// The villages of `area` with their outlines, by code.
pub async fn villages(tx: &mut Tx, area: &Code) -> Result<Vec<VillageRow>, StoreError> {
    let rows: Vec<(String, String, String, f64, Vec<u8>, bool)> = sqlx::query_as(
        "SELECT code, name, area_type, area_m2, ST_AsBinary(outline), synthetic FROM area
         WHERE level = 'village' AND code ^@ $1 ORDER BY code",
    )
    .bind(area.as_str())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|(code, name, area_type, area_m2, outline, synthetic)| {
            Ok(VillageRow {
                area_m2,
                code: code.parse().map_err(|error| StoreError::corrupt("code", error))?,
                name,
                area_type: area_type.parse().map_err(|error| StoreError::corrupt("area type", error))?,
                outline: geometry::read_multi_polygon(outline)?,
                synthetic,
            })
        })
        .collect()
}

/// The region that the database holds, if any; with several, the first.
pub async fn region(tx: &mut Tx) -> Result<Option<AreaRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM area WHERE parent IS NULL OR level = 'region' ORDER BY length(code), code LIMIT 1"
    ));
    let raw: Option<Raw> = sqlx::query_as(sql).fetch_optional(tx.conn()).await?;
    raw.map(|raw| raw.seen_by(tx.scope())).transpose()
}

/// Whether anything below the scope is made up.
pub async fn any_synthetic(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM area WHERE synthetic)").fetch_one(tx.conn()).await?)
}

/// What the people of villages in `area` need to be spoken to in, for those of them in which the scope changes worker
/// records. Gives how many changed.
pub async fn set_languages(
    tx: &mut Tx,
    area: &Code,
    villages: &[(Code, Option<String>)],
) -> Result<u64, StoreError> {
    let (codes, languages): (Vec<&str>, Vec<Option<&str>>) =
        villages.iter().map(|(code, language)| (code.as_str(), language.as_deref())).unzip();
    let held: Vec<Option<String>> =
        sqlx::query_scalar("SELECT DISTINCT language FROM area WHERE code = ANY($1) ORDER BY language")
            .bind(&codes)
            .fetch_all(tx.conn())
            .await?;
    let changed: i64 = sqlx::query_scalar("SELECT khot.set_languages($1, $2)")
        .bind(&codes)
        .bind(&languages)
        .fetch_one(tx.conn())
        .await?;
    if changed > 0 {
        let mut set = languages;
        set.sort_unstable();
        set.dedup();
        let entry = audit::Entry {
            action: "area.language",
            subject: area.as_str(),
            area,
            before: Some(json!({"languages": held})),
            after: Some(json!({"languages": set, "villages": changed})),
        };
        audit::write(tx, entry).await?;
    }
    Ok(u64::try_from(changed).unwrap_or(0))
}
