//! The files that `khot divide` reads without a database: units with weights, and edges.

use std::{collections::HashMap, ops::ControlFlow, path::Path};

use geo::{Centroid, Geometry, MultiPolygon};

use super::{Findings, Format, RawRow, ReadOptions, areas, columns, each_row, rows::Converter};
use crate::domain::{Finding, FindingKind};

/// Units with the weights that are to be balanced. All lists have one entry a unit, in the file's order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WeightedUnits {
    pub ids: Vec<String>,
    pub weights: Vec<u64>,
    /// The value of the column that parts must stay within, when one was named.
    pub within: Option<Vec<String>>,
    /// EPSG:4326; none for a file without polygons.
    pub outlines: Option<Vec<MultiPolygon<f64>>>,
    /// Longitude and latitude of a middle for polygons; `x` and `y` as they stand in a CSV.
    pub xy: Option<Vec<(f64, f64)>>,
}

/// An edge between two units, by their places in [`WeightedUnits::ids`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    pub a: usize,
    pub b: usize,
    /// Length of the common border, when the file has one.
    pub length: Option<f64>,
    /// How much of a barrier (a river, main road or railway) runs along that border: from 0, none and where the
    /// file doesn't say, to 1, all of it.
    pub barrier: f64,
}

/// Reads units for a division: `id` (or `code`; the row's number where a file of polygons has neither),
/// the weight from the column that is named, and geometry or `x`, `y`.
///
/// A file with any error gives no unit: half of a file can't be divided.
pub fn read_weighted_units(
    path: &Path,
    weight_column: &str,
    within_column: Option<&str>,
    options: &ReadOptions,
) -> (WeightedUnits, Vec<Finding>) {
    let csv = matches!(Format::of(path), Ok(Format::Csv));
    let mut findings = Findings::default();
    let mut units = Gathered::default();
    let mut seen = HashMap::new();
    let mut columns_seen = (false, false);
    each_row(path, options, &mut findings, &mut |row, findings| {
        let has = |name: &str| row.columns.iter().any(|(column, _)| same(column, name));
        columns_seen.0 |= has(weight_column);
        columns_seen.1 |= within_column.is_none_or(has);
        // A table has the same columns in every row; other formats may leave them out here and there.
        if csv && (!columns_seen.0 || !columns_seen.1) {
            return ControlFlow::Break(());
        }
        if let Err((subject, kind)) = units.take(&row, csv, weight_column, within_column, &mut seen) {
            findings.row(row.row, subject.as_deref(), kind);
        }
        ControlFlow::Continue(())
    });
    let read_any = !units.ids.is_empty() || findings.has_errors();
    for (missing, column) in [(!columns_seen.0, Some(weight_column)), (!columns_seen.1, within_column)] {
        if let (true, Some(column)) = (missing && (read_any || csv) && !findings.has_errors(), column) {
            findings.push(Finding::file(FindingKind::MissingColumn { column: column.to_owned() }));
        }
    }
    if findings.has_errors() {
        return (WeightedUnits::default(), findings.into_vec());
    }
    (units.finish(within_column.is_some()), findings.into_vec())
}

/// Reads edges from a CSV with columns `a`, `b` and perhaps `length`. `ids` are the units' own.
pub fn read_edges(path: &Path, ids: &[String], options: &ReadOptions) -> (Vec<Edge>, Vec<Finding>) {
    let places: HashMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    let mut findings = Findings::default();
    let mut edges = Vec::new();
    each_row(path, options, &mut findings, &mut |row, findings| {
        let absent = ["a", "b"].into_iter().filter(|name| !row.columns.iter().any(|(c, _)| same(c, name)));
        let absent: Vec<Finding> = absent
            .map(|column| Finding::file(FindingKind::MissingColumn { column: column.to_owned() }))
            .collect();
        if !absent.is_empty() {
            findings.extend(absent);
            return ControlFlow::Break(());
        }
        match edge(&row, &places) {
            Ok(edge) => edges.push(edge),
            Err(kind) => findings.row(row.row, None, kind),
        }
        ControlFlow::Continue(())
    });
    if findings.has_errors() {
        edges.clear();
    }
    (edges, findings.into_vec())
}

/// Reads an answer to be checked, from a CSV with columns `id` and `part`. Whether its units are known, and
/// each stands in it once, is for the check to say.
pub fn read_parts(path: &Path, options: &ReadOptions) -> (Vec<(String, u32)>, Vec<Finding>) {
    let mut findings = Findings::default();
    let mut parts = Vec::new();
    each_row(path, options, &mut findings, &mut |row, findings| {
        let absent = ["id", "part"].into_iter().find(|name| !row.columns.iter().any(|(c, _)| same(c, name)));
        if let Some(column) = absent {
            findings.push(Finding::file(FindingKind::MissingColumn { column: column.to_owned() }));
            return ControlFlow::Break(());
        }
        let needed = |name: &str| {
            text(&row, name).ok_or_else(|| FindingKind::MissingValue { column: name.to_owned() })
        };
        let part = |said: String| {
            let number = said.parse().ok();
            number.ok_or_else(|| columns::bad("part", &said, "从 0 起的整数", "a whole number from 0"))
        };
        match needed("id").and_then(|id| Ok((id, part(needed("part")?)?))) {
            Ok(one) => parts.push(one),
            Err(kind) => findings.row(row.row, text(&row, "id").as_deref(), kind),
        }
        ControlFlow::Continue(())
    });
    if findings.has_errors() {
        parts.clear();
    }
    (parts, findings.into_vec())
}

fn edge(row: &RawRow, places: &HashMap<&str, usize>) -> Result<Edge, FindingKind> {
    let end = |name: &str| {
        let id = text(row, name).ok_or_else(|| FindingKind::MissingValue { column: name.to_owned() })?;
        let known = places.get(id.as_str()).copied();
        known.ok_or_else(|| columns::bad(name, &id, "单元文件中的 id", "an id of the units file"))
    };
    let (a, b) = (end("a")?, end("b")?);
    let length = match text(row, "length") {
        None => None,
        Some(said) => {
            let number = said.parse::<f64>().ok().filter(|length| length.is_finite() && *length >= 0.0);
            Some(number.ok_or_else(|| columns::bad("length", &said, "不小于 0 的数", "a number from 0"))?)
        }
    };
    let barrier = match text(row, "barrier") {
        None => 0.0,
        Some(said) => {
            let number = said.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
            number.ok_or_else(|| columns::bad("barrier", &said, "0 到 1 的数", "a number from 0 to 1"))?
        }
    };
    if a == b {
        let id = text(row, "b").unwrap_or_default();
        return Err(columns::bad("b", &id, "与 a 不同的单元", "another unit than a"));
    }
    Ok(Edge { a, b, length, barrier })
}

#[derive(Default)]
struct Gathered {
    ids: Vec<String>,
    weights: Vec<u64>,
    within: Vec<String>,
    outlines: Vec<MultiPolygon<f64>>,
    xy: Vec<(f64, f64)>,
    converter: Converter,
}

type Refused = (Option<String>, FindingKind);

impl Gathered {
    fn take(
        &mut self,
        row: &RawRow,
        csv: bool,
        weight_column: &str,
        within_column: Option<&str>,
        seen: &mut HashMap<String, u64>,
    ) -> Result<(), Refused> {
        let id = columns::text(row, columns::ID).map_err(|kind| (None, kind))?;
        let id = match (id, csv) {
            (Some(id), _) => id,
            (None, true) => return Err((None, FindingKind::MissingValue { column: "id".to_owned() })),
            (None, false) => row.row.to_string(),
        };
        let about = |kind| (Some(id.clone()), kind);
        if let Some(first_row) = seen.insert(id.clone(), row.row) {
            return Err(about(FindingKind::DuplicateCode { first_row }));
        }
        let weight = weight(row, weight_column).map_err(about)?;
        let within = within_column
            .map(|name| text(row, name).ok_or_else(|| FindingKind::MissingValue { column: name.to_owned() }))
            .transpose()
            .map_err(about)?;
        match &row.geometry {
            // A CSV's x and y may be of any plane: they are taken as they stand.
            Some(Geometry::Point(point)) if csv => {
                let taken = self.ids.len() == self.xy.len() && self.outlines.is_empty();
                if !taken {
                    return Err(about(FindingKind::WrongGeometry { found: "Point".to_owned() }));
                }
                self.xy.push((point.x(), point.y()));
            }
            Some(_) => {
                let outline = areas::outline(row, &mut self.converter).map_err(about)?;
                let middle = outline.centroid().ok_or_else(|| about(FindingKind::MissingGeometry))?;
                if self.outlines.len() != self.ids.len() {
                    return Err(about(FindingKind::WrongGeometry { found: "Polygon".to_owned() }));
                }
                self.outlines.push(outline);
                self.xy.push((middle.x(), middle.y()));
            }
            None if csv && self.xy.is_empty() => {}
            None => return Err(about(FindingKind::MissingGeometry)),
        }
        self.weights.push(weight);
        self.within.extend(within);
        self.ids.push(id);
        Ok(())
    }

    fn finish(self, within: bool) -> WeightedUnits {
        WeightedUnits {
            weights: self.weights,
            within: within.then_some(self.within),
            outlines: (!self.outlines.is_empty()).then_some(self.outlines),
            xy: (!self.xy.is_empty()).then_some(self.xy),
            ids: self.ids,
        }
    }
}

/// A weight is a whole number; a billion a unit leaves room for the sum of all.
fn weight(row: &RawRow, column: &str) -> Result<u64, FindingKind> {
    const MOST: f64 = 1e9;
    let said = text(row, column).ok_or_else(|| FindingKind::MissingValue { column: column.to_owned() })?;
    let whole = said.parse::<f64>().ok().filter(|number| number.is_finite() && number.fract() == 0.0);
    match whole {
        Some(number) if number < 0.0 => Err(FindingKind::NegativeCount {
            column: column.to_owned(),
            value: said.chars().take(60).collect(),
        }),
        Some(number) if number <= MOST => Ok(number as u64),
        _ => {
            Err(columns::bad(column, &said, "0 至 1000000000 的整数", "a whole number from 0 to 1000000000"))
        }
    }
}

fn text(row: &RawRow, name: &str) -> Option<String> {
    let found = row.columns.iter().find(|(column, value)| same(column, name) && !value.is_empty());
    found.map(|(_, value)| value.text().into_owned())
}

fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}
