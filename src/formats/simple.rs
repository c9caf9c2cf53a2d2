//! Tables of which every row is one thing: read whole, or not at all.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

use geo::Geometry;

use super::columns::{self, Watch};
use super::{Findings, Item, RawRow, ReadOptions, read_rows, rows::Converter};
use crate::domain::{Finding, FindingKind};

pub(super) const ID: &[&str] = &["id", "code"];
/// The columns of which the reader of tables makes a point.
pub(super) const PLACE: [&[&str]; 4] = [&["lon", "lng", "x"], &["lat", "y"], &["wkt"], &["geometry"]];

/// Makes one thing of each row. A file with any error gives none: a part of it would be a wrong answer.
/// `subject` names the column by which findings speak of a row.
pub(super) fn read<T>(
    path: &Path,
    options: &ReadOptions,
    mut watch: Watch,
    subject: &[&str],
    mut make: impl FnMut(&RawRow) -> Result<T, FindingKind>,
) -> (Vec<T>, Vec<Finding>) {
    let (mut findings, mut made) = (Findings::default(), Vec::new());
    read_rows(path, options, &mut |item| {
        let row = match item {
            Item::Finding(finding) => {
                findings.push(finding);
                return ControlFlow::Continue(());
            }
            Item::Row(row) => row,
        };
        watch.see(&row, &mut findings);
        watch.unknown(&row, &mut findings);
        match make(&row) {
            Ok(one) => made.push(one),
            Err(kind) => {
                let named = columns::text(&row, subject).ok().flatten();
                watch.lacking(&row, named.as_deref(), kind, &mut findings);
            }
        }
        ControlFlow::Continue(())
    });
    watch.finish(&mut findings);
    if findings.has_errors() {
        made.clear();
    }
    (made, findings.into_vec())
}

/// Names that may stand in a table once.
#[derive(Default)]
pub(super) struct Unique(HashMap<String, u64>);

impl Unique {
    pub(super) fn needed(&mut self, row: &RawRow, names: &[&str]) -> Result<String, FindingKind> {
        let id = columns::needed_text(row, names)?;
        match self.0.insert(id.clone(), row.row) {
            Some(first_row) => Err(FindingKind::DuplicateCode { first_row }),
            None => Ok(id),
        }
    }
}

/// Longitude and latitude of a row's point.
pub(super) fn point(row: &RawRow, converter: &mut Converter) -> Result<(f64, f64), FindingKind> {
    let held = row.geometry.as_ref().ok_or(FindingKind::MissingGeometry)?;
    match converter.convert(row.crs, held)? {
        Geometry::Point(point) => Ok((point.x(), point.y())),
        other => Err(FindingKind::WrongGeometry { found: super::areas::kind_of(&other).to_owned() }),
    }
}

/// A number from `least` to `most`.
pub(super) fn number(row: &RawRow, names: &[&str], least: f64, most: f64) -> Result<f64, FindingKind> {
    let said = columns::needed_text(row, names)?;
    let number = said.parse::<f64>().ok().filter(|number| (least..=most).contains(number));
    let (zh, en) = (format!("{least} 至 {most} 的数"), format!("a number from {least} to {most}"));
    number.ok_or_else(|| columns::refused(row, names, &said, &zh, &en))
}
