//! Importing roads and what can't be crossed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use geo::{BoundingRect, Coord, Intersects, MultiLineString, MultiPolygon, Rect};
use h3o::{CellIndex, LatLng, Resolution};

use super::failure::Failure;
use super::import::broken_off;
use crate::domain::{Code, Finding, FindingKind, Level, RoadCell, RoadKind};
use crate::formats::{self, ReadOptions, RoadInput};
use crate::geo::cells::centres;
use crate::planning::serving::{RESOLUTIONS, lay};
use crate::store::roads::{self, Laid, NewRoad};
use crate::store::{Tx, areas};

/// The networks of a file's banners.
pub type Networks = BTreeMap<Code, (Vec<NewRoad>, Vec<Laid>)>;

/// By cells of this size it is found out in which banners a line lies.
const COARSE: Resolution = Resolution::Eight;

/// Reads the file, finds out through which banners each line leads, and lays the lines of each over cells.
///
/// # Errors
/// For a township or village: roads are a banner's.
pub async fn read(
    tx: &mut Tx,
    within: &Code,
    path: PathBuf,
    options: ReadOptions,
    name: &str,
) -> Result<(Networks, Vec<Finding>), Failure> {
    if within.level() > Level::Banner {
        return Err(Failure::refused(
            "bad_level",
            "道路按旗县区导入：请选择旗县区或其上级区划",
            "roads are imported by banner: choose a banner, or an area above it",
        ));
    }
    let codes: Vec<Code> = match within.level() {
        Level::Banner => vec![within.clone()],
        _ => areas::below(tx, within, Level::Banner).await?.into_iter().map(|row| row.code).collect(),
    };
    let mut banners: Vec<(Code, MultiPolygon<f64>)> = Vec::new();
    for code in codes {
        if let Some(outline) = areas::outline(tx, &code).await? {
            banners.push((code, outline));
        }
    }
    let (within, name) = (within.clone(), name.to_owned());
    tokio::task::spawn_blocking(move || {
        let (rows, mut findings) = formats::read_roads(&path, &options);
        let (networks, more) = part(rows, &within, &banners, &name);
        findings.extend(more);
        findings.sort_by_key(|finding| finding.row);
        (networks, findings)
    })
    .await
    .map_err(broken_off)
}

fn part(
    rows: Vec<(u64, RoadInput)>,
    within: &Code,
    banners: &[(Code, MultiPolygon<f64>)],
    name: &str,
) -> (Networks, Vec<Finding>) {
    let mut cells: HashMap<CellIndex, usize> = HashMap::new();
    for (index, (_, outline)) in banners.iter().enumerate() {
        cells.extend(centres(outline, COARSE).into_iter().map(|cell| (cell, index)));
    }
    let (mut findings, mut of_banner) = (Vec::new(), BTreeMap::<usize, Vec<NewRoad>>::new());
    for (row, input) in rows {
        let through = through(&input.course, &cells);
        if through.is_empty() {
            let kind = FindingKind::OutsideScope { area: within.to_string() };
            findings.push(Finding::row(row, input.name.as_deref(), kind));
        }
        for banner in through {
            of_banner.entry(banner).or_default().push(NewRoad {
                kind: input.kind,
                name: input.name.clone(),
                source: input.source.clone().unwrap_or_else(|| name.to_owned()),
                course: input.course.clone(),
                synthetic: input.synthetic,
            });
        }
    }
    let networks = of_banner.into_iter().map(|(index, roads)| {
        let (code, outline) = &banners[index];
        let laid = lay_roads(&roads, outline);
        (code.clone(), (roads, laid))
    });
    (networks.collect(), findings)
}

/// The banners whose cells a line meets; where it meets none, those of the cells around.
fn through(course: &MultiLineString<f64>, cells: &HashMap<CellIndex, usize>) -> BTreeSet<usize> {
    let line = [(RoadKind::Barrier, course.clone())];
    let path: Vec<CellIndex> = lay(&line, COARSE).into_iter().map(|held| held.cell).collect();
    let met: BTreeSet<usize> = path.iter().filter_map(|cell| cells.get(cell)).copied().collect();
    if !met.is_empty() {
        return met;
    }
    let around = path.iter().flat_map(|cell| cell.grid_disk::<Vec<_>>(1));
    around.filter_map(|cell| cells.get(&cell)).copied().collect()
}

/// The cells of a banner's roads in every size that a land may have, those far from the banner left out.
pub fn lay_roads(roads: &[NewRoad], outline: &MultiPolygon<f64>) -> Vec<Laid> {
    /// What the largest cell reaches beyond its centre, and some more.
    const MARGIN_DEG: f64 = 0.05;
    let lines: Vec<(RoadKind, MultiLineString<f64>)> =
        roads.iter().map(|road| (road.kind, road.course.clone())).collect();
    let Some(bounds) = outline.bounding_rect() else { return Vec::new() };
    let near = Rect::new(
        Coord { x: bounds.min().x - MARGIN_DEG, y: bounds.min().y - MARGIN_DEG },
        Coord { x: bounds.max().x + MARGIN_DEG, y: bounds.max().y + MARGIN_DEG },
    );
    let of = |resolution: Resolution| {
        let mut cells: Vec<RoadCell> = lay(&lines, resolution);
        cells.retain(|held| near.intersects(&Coord::from(LatLng::from(held.cell))));
        (resolution.into(), cells)
    };
    RESOLUTIONS.map(of).into()
}

/// Replaces the roads of every banner of the file, and has their links made again. Gives how many lines there are.
pub async fn put(tx: &mut Tx, networks: Networks, name: &str, now: DateTime<Utc>) -> Result<usize, Failure> {
    let mut loaded = 0;
    for (banner, (lines, laid)) in networks {
        roads::replace(tx, &banner, name, (&lines, &laid), now).await?;
        super::queue_links(tx, &banner, crate::clock::local_day(now), now).await?;
        loaded += lines.len();
    }
    Ok(loaded)
}
