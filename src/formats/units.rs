use std::{ops::ControlFlow, path::Path};

use geo::{Geometry, Point, Polygon};
use h3o::CellIndex;

use super::{Findings, RawRow, ReadOptions, areas, columns, columns::Watch, each_row, rows::Converter};
use crate::domain::{Code, Finding, FindingKind};

/// One row of a file of units, before it is set into its village by [`super::Gatherer`].
#[derive(Debug, Clone, PartialEq)]
pub enum UnitInput {
    /// A compound, a block, a pasture: a unit as it stands.
    Polygon { code: String, village: Option<Code>, outline: Polygon<f64>, households: u32, people: u32 },
    /// Counts for an H3 cell.
    Cell { cell: CellIndex, village: Option<Code>, households: u32, people: u32 },
    /// A place where people live, in EPSG:4326.
    Point { at: Point<f64>, village: Option<Code>, households: u32, people: u32 },
}

/// Reads units: a row with polygons and a `code` (or `unit`), with an H3 cell in `h3`, or with a point.
/// Each needs `households`; `people` and `village` (12 digits) are optional.
pub fn read_units(
    path: &Path,
    options: &ReadOptions,
    sink: &mut dyn FnMut(u64, UnitInput) -> ControlFlow<()>,
) -> Vec<Finding> {
    use columns::{H3, HOUSEHOLDS, PEOPLE, SYNTHETIC, UNIT, VILLAGE};
    let mut findings = Findings::default();
    let mut watch = Watch::new(&[H3, HOUSEHOLDS, PEOPLE, SYNTHETIC, UNIT, VILLAGE], &[HOUSEHOLDS, UNIT]);
    let mut converter = Converter::default();
    each_row(path, options, &mut findings, &mut |row, findings| {
        watch.unknown(&row, findings);
        watch.see(&row, findings);
        match unit(&row, &mut converter) {
            Ok((unit, remark)) => {
                if let Some(remark) = remark {
                    findings.row(row.row, subject(&row).as_deref(), remark);
                }
                sink(row.row, unit)
            }
            Err(kinds) => {
                for kind in kinds {
                    watch.lacking(&row, subject(&row).as_deref(), kind, findings);
                }
                ControlFlow::Continue(())
            }
        }
    });
    watch.finish(&mut findings);
    findings.into_vec()
}

fn subject(row: &RawRow) -> Option<String> {
    let named = columns::value(row, columns::H3).or_else(|| columns::value(row, columns::UNIT));
    named.map(|(_, value)| value.text().chars().take(60).collect())
}

/// Where a row's counts belong.
enum Place {
    Polygon(String, Polygon<f64>),
    Cell(CellIndex),
    Point(Point<f64>),
}

type Read = (UnitInput, Option<FindingKind>);

fn unit(row: &RawRow, converter: &mut Converter) -> Result<Read, Vec<FindingKind>> {
    let place = place(row, converter);
    let village = columns::village(row);
    let households = columns::count(row, columns::HOUSEHOLDS).and_then(|count| {
        count.ok_or_else(|| FindingKind::MissingValue { column: columns::HOUSEHOLDS[0].to_owned() })
    });
    let people = columns::count(row, columns::PEOPLE);
    match (place, village, households, people) {
        (Ok(place), Ok(village), Ok(households), Ok(given)) => {
            let people = given.unwrap_or(0);
            let few = given.is_some() && people < households;
            let remark = few.then_some(FindingKind::FewerPeopleThanHouseholds);
            let unit = match place {
                Place::Polygon(code, outline) => {
                    UnitInput::Polygon { code, village, outline, households, people }
                }
                Place::Cell(cell) => UnitInput::Cell { cell, village, households, people },
                Place::Point(at) => UnitInput::Point { at, village, households, people },
            };
            Ok((unit, remark))
        }
        (place, village, households, people) => {
            let all = [place.err(), village.err(), households.err(), people.err()];
            Err(all.into_iter().flatten().collect())
        }
    }
}

fn place(row: &RawRow, converter: &mut Converter) -> Result<Place, FindingKind> {
    if let Some((_, value)) = columns::value(row, columns::H3) {
        let text = value.text();
        let cell = text.to_lowercase().parse::<CellIndex>();
        let shown = || FindingKind::BadCell { cell: text.chars().take(60).collect() };
        return cell.map(Place::Cell).map_err(|_| shown());
    }
    let geometry = row.geometry.as_ref().ok_or(FindingKind::MissingGeometry)?;
    let single = match geometry {
        Geometry::MultiPoint(points) if points.0.len() == 1 => points.0.first().copied(),
        Geometry::Point(point) => Some(*point),
        _ => None,
    };
    if let Some(point) = single {
        return match converter.convert(row.crs, &Geometry::Point(point))? {
            Geometry::Point(at) => Ok(Place::Point(at)),
            _ => Err(FindingKind::BadCoordinate),
        };
    }
    let mut outline = areas::outline(row, converter)?;
    let code = columns::needed_text(row, columns::UNIT)?;
    if code.chars().count() > 60 {
        return Err(columns::bad(columns::UNIT[0], &code, "不超过 60 个字", "at most 60 characters"));
    }
    match (outline.0.pop(), outline.0.len()) {
        (Some(polygon), 0) => Ok(Place::Polygon(code, polygon)),
        // A unit is the smallest piece that is never cut: it must be one piece itself.
        _ => Err(FindingKind::WrongGeometry { found: "MultiPolygon".to_owned() }),
    }
}
