//! Files of roads and of what can't be crossed.

use std::path::Path;

use geo::{Geometry, LineString, MultiLineString};

use super::ReadOptions;
use super::columns::{self, NAME, SYNTHETIC, Watch};
use super::rows::{Converter, RawRow};
use super::simple::{self, PLACE};
use crate::domain::{Finding, FindingKind, RoadKind, Text};

const CLASS: &[&str] = &["class", "road_class", "道路等级", "公路等级", "技术等级"];
const SOURCE: &[&str] = &["source", "来源", "数据来源"];
/// Kilometres of one file: some four times the roads of the whole region.
const MAX_KM: f64 = 1_000_000.0;

/// A road, or a barrier, as a file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct RoadInput {
    pub kind: RoadKind,
    pub name: Option<String>,
    /// Where it is known from, if the row says.
    pub source: Option<String>,
    /// EPSG:4326.
    pub course: MultiLineString<f64>,
    pub synthetic: bool,
}

/// Reads roads and barriers, a line or several each: `class` is needed, `name,source` where they are known. A file with
/// any error gives none.
pub fn read_roads(path: &Path, options: &ReadOptions) -> (Vec<(u64, RoadInput)>, Vec<Finding>) {
    let known = [CLASS, NAME, SOURCE, SYNTHETIC, PLACE[2], PLACE[3]];
    let (mut converter, mut km) = (Converter::default(), 0.0);
    simple::read(path, options, Watch::new(&known, &[CLASS]), NAME, |row| {
        let road = road(row, &mut converter)?;
        let before = km;
        km += length_km(&road.course);
        if km > MAX_KM && before <= MAX_KM {
            let what = Text::new("道路总里程（公里）", "kilometres of road");
            return Err(FindingKind::OverLimit { what, max: MAX_KM as u64 });
        }
        Ok((row.row, road))
    })
}

fn road(row: &RawRow, converter: &mut Converter) -> Result<RoadInput, FindingKind> {
    let said = columns::needed_text(row, CLASS)?;
    let kind = RoadKind::parse(&said).ok_or_else(|| {
        columns::bad(
            CLASS[0],
            &said,
            "高速公路、一级公路、二级公路、三级公路、四级公路、等外路或障碍",
            "expressway, first, second, third, fourth, track or barrier",
        )
    })?;
    Ok(RoadInput {
        kind,
        name: columns::text(row, NAME)?,
        source: columns::text(row, SOURCE)?,
        course: course(row, converter)?,
        synthetic: columns::synthetic(row),
    })
}

fn course(row: &RawRow, converter: &mut Converter) -> Result<MultiLineString<f64>, FindingKind> {
    let held = row.geometry.as_ref().ok_or(FindingKind::MissingGeometry)?;
    let lines = match converter.convert(row.crs, held)? {
        Geometry::LineString(line) => vec![line],
        Geometry::MultiLineString(lines) => lines.0,
        other => return Err(FindingKind::WrongGeometry { found: super::areas::kind_of(&other).to_owned() }),
    };
    // A line that goes nowhere is none.
    let goes = |line: &LineString<f64>| line.lines().any(|piece| piece.start != piece.end);
    let lines: Vec<LineString<f64>> = lines.into_iter().filter(goes).collect();
    if lines.is_empty() { Err(FindingKind::MissingGeometry) } else { Ok(MultiLineString(lines)) }
}

/// Straight in degrees, as the lines are walked.
fn length_km(course: &MultiLineString<f64>) -> f64 {
    const KM_PER_DEG: f64 = 111.2;
    let pieces = course.iter().flat_map(LineString::lines);
    pieces.map(|piece| piece.dx().hypot(piece.dy())).sum::<f64>() * KM_PER_DEG
}
