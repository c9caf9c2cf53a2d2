//! Roads and barriers of banners, and the H3 cells that they lie in.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use geo::MultiLineString;
use h3o::CellIndex;
use serde_json::{Value, json};

use super::imports::CopyIn;
use super::{StoreError, Tx, audit, geometry, tiles};
use crate::domain::{Code, RoadCell, RoadClass, RoadKind};

/// A line of a banner's network.
#[derive(Debug, Clone)]
pub struct NewRoad {
    pub kind: RoadKind,
    pub name: Option<String>,
    pub source: String,
    pub course: MultiLineString<f64>,
    pub synthetic: bool,
}

/// Cells of one resolution.
pub type Laid = (u8, Vec<RoadCell>);

/// What roads a banner has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoadsOf {
    /// Lines by kind.
    pub lines: BTreeMap<&'static str, u64>,
    /// Where they are known from: the first of several.
    pub source: String,
    pub synthetic: bool,
    pub imported_at: DateTime<Utc>,
}

/// Puts a network in the place of the one that the banner had. `name` is the file's.
pub async fn replace(
    tx: &mut Tx,
    banner: &Code,
    name: &str,
    (roads, laid): (&[NewRoad], &[Laid]),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let before = summary(tx, banner).await?;
    for sql in ["DELETE FROM road WHERE banner = $1", "DELETE FROM road_cells WHERE banner = $1"] {
        sqlx::query(sql).bind(banner.as_str()).execute(tx.conn()).await?;
    }
    sqlx::query(
        "CREATE TEMPORARY TABLE new_road (number integer, kind text, name text, source text, course public.geometry,
            synthetic boolean) ON COMMIT DROP",
    )
    .execute(tx.conn())
    .await?;
    let mut copy = CopyIn::start(tx, "new_road").await?;
    for (number, road) in (1u32..).zip(roads) {
        copy.row(&[
            Some(&number.to_string()),
            Some(road.kind.as_str()),
            road.name.as_deref(),
            Some(&road.source),
            Some(&geometry::hex_ewkb(&road.course.clone().into())?),
            Some(&road.synthetic.to_string()),
        ])
        .await?;
    }
    copy.finish().await?;
    sqlx::query(
        "INSERT INTO road (banner, number, kind, name, source, course, synthetic, imported_at)
         SELECT $1, number, kind, name, source, course, synthetic, $2 FROM new_road",
    )
    .bind(banner.as_str())
    .bind(now)
    .execute(tx.conn())
    .await?;
    sqlx::query("DROP TABLE pg_temp.new_road").execute(tx.conn()).await?;
    for (resolution, cells) in laid {
        sqlx::query("INSERT INTO road_cells (banner, resolution, cells, roads) VALUES ($1, $2, $3, $4)")
            .bind(banner.as_str())
            .bind(i16::from(*resolution))
            .bind(cells.iter().map(|held| u64::from(held.cell).cast_signed()).collect::<Vec<i64>>())
            .bind(cells.iter().map(packed).collect::<Vec<i16>>())
            .execute(tx.conn())
            .await?;
    }
    tiles::next_edition(tx, "roads").await?;
    let after = summary(tx, banner).await?;
    let told = |held: Option<RoadsOf>| held.map(|held| held.wire());
    let entry = audit::Entry {
        action: "roads.replace",
        subject: name,
        area: banner,
        before: told(before),
        after: told(after),
    };
    audit::write(tx, entry).await
}

impl RoadsOf {
    fn wire(&self) -> Value {
        json!({"lines": self.lines, "source": self.source, "synthetic": self.synthetic})
    }

    /// Whether a road is among them, and not barriers alone.
    pub fn any_road(&self) -> bool {
        self.lines.keys().any(|kind| *kind != RoadKind::Barrier.as_str())
    }
}

/// What roads a banner has; none where none were imported.
pub async fn summary(tx: &mut Tx, banner: &Code) -> Result<Option<RoadsOf>, StoreError> {
    type Row = (String, i64, bool, String, DateTime<Utc>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT kind, count(*), bool_or(synthetic), min(source), max(imported_at) FROM road
         WHERE banner = $1 GROUP BY kind ORDER BY kind",
    )
    .bind(banner.as_str())
    .fetch_all(tx.conn())
    .await?;
    let mut found: Option<RoadsOf> = None;
    for (kind, count, synthetic, source, imported_at) in rows {
        let kind = RoadKind::parse(&kind).ok_or_else(|| StoreError::corrupt("kind of road", &kind))?;
        let held = found.get_or_insert_with(|| RoadsOf {
            lines: BTreeMap::new(),
            source: source.clone(),
            synthetic,
            imported_at,
        });
        held.lines.insert(kind.as_str(), u64::try_from(count).unwrap_or(0));
        held.synthetic |= synthetic;
        if source < held.source {
            held.source = source;
        }
    }
    Ok(found)
}

/// Whether a banner has a road, and not barriers alone.
pub async fn any(tx: &mut Tx, banner: &Code) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM road WHERE banner = $1 AND kind <> 'barrier')")
        .bind(banner.as_str())
        .fetch_one(tx.conn())
        .await?)
}

/// The cells of a banner's roads, sorted; none where none were imported.
pub async fn cells(tx: &mut Tx, banner: &Code, resolution: u8) -> Result<Vec<RoadCell>, StoreError> {
    let held: Option<(Vec<i64>, Vec<i16>)> =
        sqlx::query_as("SELECT cells, roads FROM road_cells WHERE banner = $1 AND resolution = $2")
            .bind(banner.as_str())
            .bind(i16::from(resolution))
            .fetch_optional(tx.conn())
            .await?;
    let Some((cells, roads)) = held else { return Ok(Vec::new()) };
    let cell = |(cell, road): (i64, i16)| {
        let cell = CellIndex::try_from(cell.cast_unsigned())
            .map_err(|error| StoreError::corrupt("cell of a road", error))?;
        let class = usize::try_from(road & !BARRIER).unwrap_or(0);
        let road_class = class.checked_sub(1).and_then(|at| RoadClass::ALL.get(at)).copied();
        Ok(RoadCell { cell, road: road_class, barrier: road & BARRIER != 0 })
    };
    cells.into_iter().zip(roads).map(cell).collect()
}

const BARRIER: i16 = 8;

fn packed(held: &RoadCell) -> i16 {
    let class = held.road.and_then(|road| RoadClass::ALL.iter().position(|class| *class == road));
    let class = class.map_or(0, |at| at as i16 + 1);
    if held.barrier { class | BARRIER } else { class }
}
