use std::{ops::ControlFlow, path::Path};

use geo::{Geometry, MultiPolygon};

use super::{
    Findings, RawRow, ReadOptions, columns, columns::Watch, each_row, guard::guarded, rows::Converter,
};
use crate::{
    domain::{Area, Finding, FindingKind, Level, Text},
    geo::{measure, validity},
};

/// What isn't in a file of areas itself.
#[derive(Debug, Clone)]
pub struct AreaOptions {
    pub read: ReadOptions,
    /// Marks every area as made up. A file that says so of itself, or of a row, is believed.
    pub synthetic: bool,
}

/// Reads areas of any level: columns `code`, `name`, `area_type` (for villages), `kind`, `level`, under
/// these or their Chinese names, and polygons in any known coordinate system.
///
/// Areas come to the sink one by one with their row; rows that can't be used become findings.
/// [`super::check_areas`] then looks at them together.
pub fn read_areas(
    path: &Path,
    options: &AreaOptions,
    sink: &mut dyn FnMut(u64, Area) -> ControlFlow<()>,
) -> Vec<Finding> {
    use columns::{AREA_TYPE, CODE, KIND, LEVEL, NAME, SYNTHETIC};
    let mut findings = Findings::default();
    let mut watch = Watch::new(&[AREA_TYPE, CODE, KIND, LEVEL, NAME, SYNTHETIC], &[CODE, NAME, AREA_TYPE]);
    let mut converter = Converter::default();
    each_row(path, &options.read, &mut findings, &mut |row, findings| {
        watch.unknown(&row, findings);
        watch.see(&row, findings);
        match area(&row, options, &mut converter) {
            Ok(area) => sink(row.row, area),
            Err(kinds) => {
                let subject = columns::code(&row, CODE).ok().flatten();
                for kind in kinds {
                    watch.lacking(&row, subject.as_ref().map(|code| code.as_str()), kind, findings);
                }
                ControlFlow::Continue(())
            }
        }
    });
    watch.finish(&mut findings);
    findings.into_vec()
}

/// One row; every problem of it at once, so that a file needs mending only once.
fn area(row: &RawRow, options: &AreaOptions, converter: &mut Converter) -> Result<Area, Vec<FindingKind>> {
    let code = columns::needed_code(row, columns::CODE);
    let name = columns::needed_text(row, columns::NAME);
    let area_type = columns::area_type(row);
    let outline = outline(row, converter).and_then(with_ground);
    let mut kinds = Vec::new();
    let level = code.as_ref().ok().map(|code| columns::level(row, code));
    let village = matches!(level, Some(Ok(Level::Village)));
    let kind =
        name.as_ref().ok().filter(|_| village).map(|name| columns::village_kind(row, name)).transpose();
    if let Some(Err(kind)) = level {
        kinds.push(kind);
    }
    let lacks_type = village && matches!(area_type, Ok(None));
    if lacks_type {
        kinds.push(FindingKind::MissingValue { column: columns::AREA_TYPE[0].to_owned() });
    }
    match (code, name, area_type, kind, outline) {
        (Ok(code), Ok(name), Ok(area_type), Ok(kind), Ok(outline)) if kinds.is_empty() => Ok(Area {
            code,
            name,
            area_type: area_type.filter(|_| village),
            kind,
            outline,
            synthetic: options.synthetic || columns::synthetic(row),
        }),
        (code, name, area_type, kind, outline) => {
            kinds.extend(
                [code.err(), name.err(), area_type.err(), kind.err(), outline.err()].into_iter().flatten(),
            );
            Err(kinds)
        }
    }
}

/// The least that an area may enclose, in square metres.
const LEAST_M2: f64 = 1.0;

/// A ring may be in order to the last digit of its corners and still enclose nothing on the ground.
fn with_ground(outline: MultiPolygon<f64>) -> Result<MultiPolygon<f64>, FindingKind> {
    if measure::multi_area_m2(&outline) >= LEAST_M2 {
        return Ok(outline);
    }
    let why = Text::new("围成的面积不足 1 平方米", "it encloses less than a square metre");
    Err(FindingKind::InvalidRing { why })
}

/// The row's polygons in EPSG:4326, normalised and valid.
pub(super) fn outline(row: &RawRow, converter: &mut Converter) -> Result<MultiPolygon<f64>, FindingKind> {
    let geometry = row.geometry.as_ref().ok_or(FindingKind::MissingGeometry)?;
    let polygons = match geometry {
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) => converter.convert(row.crs, geometry)?,
        other => return Err(FindingKind::WrongGeometry { found: kind_of(other).to_owned() }),
    };
    let polygons = match polygons {
        Geometry::MultiPolygon(polygons) => polygons,
        Geometry::Polygon(polygon) => MultiPolygon(vec![polygon]),
        other => return Err(FindingKind::WrongGeometry { found: kind_of(&other).to_owned() }),
    };
    let checked = guarded(|| {
        let outline = validity::normalise(&polygons);
        match validity::problems(&outline) {
            Some(why) => Err(FindingKind::InvalidRing { why }),
            None => Ok(outline),
        }
    });
    checked.unwrap_or_else(|why| Err(FindingKind::InvalidRing { why }))
}

pub(super) fn kind_of(geometry: &Geometry<f64>) -> &'static str {
    match geometry {
        Geometry::Point(_) => "Point",
        Geometry::Line(_) | Geometry::LineString(_) => "LineString",
        Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => "Polygon",
        Geometry::MultiPoint(_) => "MultiPoint",
        Geometry::MultiLineString(_) => "MultiLineString",
        Geometry::MultiPolygon(_) => "MultiPolygon",
        Geometry::GeometryCollection(_) => "GeometryCollection",
    }
}
