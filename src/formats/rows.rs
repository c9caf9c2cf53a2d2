use std::{borrow::Cow, ops::ControlFlow};

use geo::Geometry;

use crate::{
    domain::{Finding, FindingKind},
    geo::crs::{Crs, ToWgs84},
};

/// What the sender of a file knows and the file may not say.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Overrules what the file says of its own coordinate system.
    pub crs: Option<Crs>,
    /// Of text in CSV and shapefiles: "GBK", "UTF-8" … UTF-8 when nothing says otherwise.
    pub encoding: Option<String>,
    /// The table of a GeoPackage or sheet of a workbook; its first (with geometry) otherwise.
    pub table: Option<String>,
}

/// A value of a column, as the file has it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The column is there, without a value.
    Empty,
    Text(String),
    Integer(i64),
    Number(f64),
    Flag(bool),
}

impl Value {
    /// As a person would write it; empty for no value.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Value::Empty => Cow::Borrowed(""),
            Value::Text(text) => Cow::Borrowed(text.trim()),
            Value::Integer(number) => Cow::Owned(number.to_string()),
            Value::Number(number) => Cow::Owned(number.to_string()),
            Value::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Value::Empty => true,
            Value::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

/// One row of a file, before anything is made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct RawRow {
    /// From 1, a header not counted.
    pub row: u64,
    pub columns: Vec<(String, Value)>,
    /// In `crs`.
    pub geometry: Option<Geometry<f64>>,
    pub crs: Crs,
    /// The file as a whole is marked as made up.
    pub synthetic: bool,
}

/// What reading a file gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Row(RawRow),
    Finding(Finding),
}

/// Takes rows and findings; breaks off reading by its answer.
pub type Sink<'a> = dyn FnMut(Item) -> ControlFlow<()> + 'a;

/// Converts rows to EPSG:4326; the projection is made once a file.
#[derive(Default)]
pub(super) struct Converter {
    made: Option<(Crs, ToWgs84)>,
}

impl Converter {
    pub(super) fn convert(
        &mut self,
        crs: Crs,
        geometry: &Geometry<f64>,
    ) -> Result<Geometry<f64>, FindingKind> {
        if self.made.as_ref().is_none_or(|(made, _)| *made != crs) {
            let way = crs.to_wgs84().map_err(|error| FindingKind::UnknownCrs { crs: error.0 })?;
            self.made = Some((crs, way));
        }
        let way = self.made.as_ref().map(|(_, way)| way);
        way.and_then(|way| way.geometry(geometry)).ok_or(FindingKind::BadCoordinate)
    }
}
