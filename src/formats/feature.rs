use geo::Geometry;
use geozero::{
    ColumnValue, FeatureProcessor, GeomProcessor, GeozeroGeometry, PropertyProcessor,
    error::{GeozeroError, Result},
    geo_types::GeoWriter,
};

use super::{MAX_VERTICES, Value, guard::guarded};
use crate::domain::{FindingKind, Text};

/// Deepest nesting of geometry collections.
const MAX_DEPTH: u32 = 4;
/// Most columns of a feature.
const MAX_COLUMNS: usize = 2_000;
/// A declared count is believed up to here; beyond, memory is taken as values really come.
const BELIEVED: usize = 4_096;

/// Receives one feature from a geozero reader. It passes geometry on to geozero's writer for `geo`
/// types and stands guard before it: declared sizes are not believed, corners and nesting are bounded,
/// and curved geometry is refused.
#[derive(Default)]
pub(super) struct Feature {
    geometry: GeoWriter,
    pub(super) columns: Vec<(String, Value)>,
    vertices: u64,
    depth: u32,
    features: u32,
    refused: Option<FindingKind>,
}

impl Feature {
    pub(super) fn geometry(&mut self) -> Option<Geometry<f64>> {
        self.geometry.take_geometry()
    }

    /// What to tell about an error that a reader came back with.
    pub(super) fn finding(self, error: &dyn std::fmt::Display) -> FindingKind {
        let said = error.to_string();
        self.refused.unwrap_or_else(|| match said.contains("number out of range") {
            true => FindingKind::BadCoordinate,
            false => FindingKind::Unreadable {
                why: super::because("本行图形或属性有误", "this row is damaged", &said),
            },
        })
    }

    fn refuse(&mut self, kind: FindingKind) -> GeozeroError {
        self.refused = Some(kind);
        GeozeroError::Geometry("refused".into())
    }

    fn curve(&mut self, found: &str) -> Result<()> {
        Err(self.refuse(FindingKind::WrongGeometry { found: found.into() }))
    }
}

/// Reads one geometry (WKB, WKT) by its geozero reader; none for an empty one.
pub(super) fn read_geometry(
    source: &impl GeozeroGeometry,
) -> std::result::Result<Option<Geometry<f64>>, FindingKind> {
    let read = guarded(|| {
        let mut feature = Feature::default();
        match source.process_geom(&mut feature) {
            Ok(()) => Ok(feature.geometry()),
            Err(error) => Err(feature.finding(&error)),
        }
    });
    read.unwrap_or_else(|why| Err(FindingKind::Unreadable { why }))
}

impl FeatureProcessor for Feature {
    fn feature_begin(&mut self, _idx: u64) -> Result<()> {
        self.features += 1;
        if self.features > 1 {
            let why = Text::new("要素套要素", "a feature holds features");
            return Err(self.refuse(FindingKind::Unreadable { why }));
        }
        Ok(())
    }
}

impl PropertyProcessor for Feature {
    fn property(&mut self, _idx: usize, name: &str, value: &ColumnValue) -> Result<bool> {
        if self.columns.len() >= MAX_COLUMNS {
            let what = Text::new("列数", "columns");
            return Err(self.refuse(FindingKind::OverLimit { what, max: MAX_COLUMNS as u64 }));
        }
        let number = |n: f64| Value::Number(n);
        let value = match value {
            ColumnValue::Byte(n) => Value::Integer((*n).into()),
            ColumnValue::UByte(n) => Value::Integer((*n).into()),
            ColumnValue::Bool(flag) => Value::Flag(*flag),
            ColumnValue::Short(n) => Value::Integer((*n).into()),
            ColumnValue::UShort(n) => Value::Integer((*n).into()),
            ColumnValue::Int(n) => Value::Integer((*n).into()),
            ColumnValue::UInt(n) => Value::Integer((*n).into()),
            ColumnValue::Long(n) => Value::Integer(*n),
            ColumnValue::ULong(n) => i64::try_from(*n).map_or_else(|_| number(*n as f64), Value::Integer),
            ColumnValue::Float(n) => number((*n).into()),
            ColumnValue::Double(n) => number(*n),
            ColumnValue::String(text) | ColumnValue::Json(text) | ColumnValue::DateTime(text) => {
                Value::Text((*text).to_owned())
            }
            ColumnValue::Binary(_) => Value::Empty,
        };
        self.columns.push((name.chars().take(200).collect(), value));
        Ok(false)
    }
}

impl GeomProcessor for Feature {
    fn xy(&mut self, x: f64, y: f64, idx: usize) -> Result<()> {
        self.vertices += 1;
        if self.vertices > MAX_VERTICES {
            let what = Text::new("一个图形的顶点数", "corners in one geometry");
            return Err(self.refuse(FindingKind::OverLimit { what, max: MAX_VERTICES }));
        }
        self.geometry.xy(x, y, idx)
    }

    fn empty_point(&mut self, _idx: usize) -> Result<()> {
        Ok(())
    }
    fn point_begin(&mut self, idx: usize) -> Result<()> {
        self.geometry.point_begin(idx)
    }
    fn point_end(&mut self, idx: usize) -> Result<()> {
        self.geometry.point_end(idx)
    }
    fn multipoint_begin(&mut self, size: usize, idx: usize) -> Result<()> {
        self.geometry.multipoint_begin(size.min(BELIEVED), idx)
    }
    fn multipoint_end(&mut self, idx: usize) -> Result<()> {
        self.geometry.multipoint_end(idx)
    }
    fn linestring_begin(&mut self, tagged: bool, size: usize, idx: usize) -> Result<()> {
        // An empty ring costs no corner, yet takes room: it counts as one.
        self.vertices += 1;
        self.geometry.linestring_begin(tagged, size.min(BELIEVED), idx)
    }
    fn linestring_end(&mut self, tagged: bool, idx: usize) -> Result<()> {
        self.geometry.linestring_end(tagged, idx)
    }
    fn multilinestring_begin(&mut self, size: usize, idx: usize) -> Result<()> {
        self.geometry.multilinestring_begin(size.min(BELIEVED), idx)
    }
    fn multilinestring_end(&mut self, idx: usize) -> Result<()> {
        self.geometry.multilinestring_end(idx)
    }
    fn polygon_begin(&mut self, tagged: bool, size: usize, idx: usize) -> Result<()> {
        self.geometry.polygon_begin(tagged, size.min(BELIEVED), idx)
    }
    fn polygon_end(&mut self, tagged: bool, idx: usize) -> Result<()> {
        self.geometry.polygon_end(tagged, idx)
    }
    fn multipolygon_begin(&mut self, size: usize, idx: usize) -> Result<()> {
        self.geometry.multipolygon_begin(size.min(BELIEVED), idx)
    }
    fn multipolygon_end(&mut self, idx: usize) -> Result<()> {
        self.geometry.multipolygon_end(idx)
    }
    fn geometrycollection_begin(&mut self, size: usize, idx: usize) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let what = Text::new("图形嵌套层数", "levels of nested geometry");
            return Err(self.refuse(FindingKind::OverLimit { what, max: MAX_DEPTH.into() }));
        }
        self.geometry.geometrycollection_begin(size.min(BELIEVED), idx)
    }
    fn geometrycollection_end(&mut self, idx: usize) -> Result<()> {
        self.depth = self.depth.saturating_sub(1);
        self.geometry.geometrycollection_end(idx)
    }
    fn circularstring_begin(&mut self, _size: usize, _idx: usize) -> Result<()> {
        self.curve("CircularString")
    }
    fn compoundcurve_begin(&mut self, _size: usize, _idx: usize) -> Result<()> {
        self.curve("CompoundCurve")
    }
    fn curvepolygon_begin(&mut self, _size: usize, _idx: usize) -> Result<()> {
        self.curve("CurvePolygon")
    }
    fn multicurve_begin(&mut self, _size: usize, _idx: usize) -> Result<()> {
        self.curve("MultiCurve")
    }
    fn multisurface_begin(&mut self, _size: usize, _idx: usize) -> Result<()> {
        self.curve("MultiSurface")
    }
    fn triangle_begin(&mut self, _tagged: bool, _size: usize, _idx: usize) -> Result<()> {
        self.curve("Triangle")
    }
    fn polyhedralsurface_begin(&mut self, _size: usize, _idx: usize) -> Result<()> {
        self.curve("PolyhedralSurface")
    }
    fn tin_begin(&mut self, _size: usize, _idx: usize) -> Result<()> {
        self.curve("Tin")
    }
}
