use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use geo::Geometry;
use geozero::{GeozeroGeometry, ToWkt, geojson::GeoJsonWriter};

use super::Value;

/// A row to be written. Every row of a file has the same columns in the same order.
#[derive(Debug, Clone, PartialEq)]
pub struct OutRow {
    pub columns: Vec<(String, Value)>,
    /// EPSG:4326. In a CSV it stands in a column `wkt` when the first row has one.
    pub geometry: Option<Geometry<f64>>,
}

/// What a file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteOptions {
    /// Marks it as made up: a member `synthetic` of a GeoJSON collection, a column of a CSV.
    pub synthetic: bool,
}

/// Writes a file row by row: GeoJSON (`.geojson`, `.json`) or CSV, by the path's ending.
///
/// It is written beside its place and moved there by [`GeoWriter::finish`], so that what breaks off
/// leaves no half of a file behind.
pub struct GeoWriter {
    path: PathBuf,
    part: PathBuf,
    kind: Option<Kind>,
    rows: u64,
    synthetic: bool,
}

enum Kind {
    GeoJson(BufWriter<File>),
    Csv { table: Box<::csv::Writer<BufWriter<File>>>, wkt: bool },
}

/// Writes all of `rows`.
///
/// # Errors
/// When the ending is unknown or the disk refuses.
pub fn write_geo(
    path: &Path,
    options: WriteOptions,
    rows: impl IntoIterator<Item = OutRow>,
) -> io::Result<()> {
    let mut writer = GeoWriter::create(path, options)?;
    rows.into_iter().try_for_each(|row| writer.write(&row))?;
    writer.finish()
}

impl GeoWriter {
    /// # Errors
    /// When the ending is unknown or the file can't be made.
    pub fn create(path: &Path, options: WriteOptions) -> io::Result<Self> {
        let WriteOptions { synthetic } = options;
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(name);
        let file = || File::create(&part).map(BufWriter::new);
        let kind = match ending.as_deref() {
            Some("geojson" | "json") => {
                let mut out = file()?;
                out.write_all(b"{\"type\": \"FeatureCollection\"")?;
                if synthetic {
                    out.write_all(b", \"synthetic\": true")?;
                }
                out.write_all(b", \"features\": [")?;
                Kind::GeoJson(out)
            }
            Some("csv") => Kind::Csv { table: Box::new(::csv::Writer::from_writer(file()?)), wkt: false },
            _ => {
                let message = "can't write that format: let the name end in .geojson or .csv";
                return Err(io::Error::new(io::ErrorKind::Unsupported, message));
            }
        };
        Ok(Self { path: path.to_owned(), part, kind: Some(kind), rows: 0, synthetic })
    }

    /// # Errors
    /// When the disk refuses.
    pub fn write(&mut self, row: &OutRow) -> io::Result<()> {
        let first = self.rows == 0;
        self.rows += 1;
        match &mut self.kind {
            Some(Kind::GeoJson(out)) => feature(out, row, first),
            Some(Kind::Csv { table, wkt }) => {
                if first {
                    *wkt = row.geometry.is_some();
                    let names = row.columns.iter().map(|(name, _)| name.as_str());
                    let more = [(*wkt, "wkt"), (self.synthetic, "synthetic")];
                    table.write_record(
                        names.chain(more.iter().filter(|(on, _)| *on).map(|(_, name)| *name)),
                    )?;
                }
                let mut fields: Vec<String> =
                    row.columns.iter().map(|(_, value)| value.text().into_owned()).collect();
                if *wkt {
                    let text = row.geometry.as_ref().map(|geometry| geometry.to_wkt()).transpose();
                    fields.push(text.map_err(io::Error::other)?.unwrap_or_default());
                }
                fields.extend(self.synthetic.then(|| "true".to_owned()));
                Ok(table.write_record(fields)?)
            }
            None => Ok(()),
        }
    }

    /// Ends the file and puts it in its place.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(mut self) -> io::Result<()> {
        let file = match self.kind.take() {
            Some(Kind::GeoJson(mut out)) => {
                out.write_all(b"\n]}\n")?;
                out.into_inner().map_err(|error| error.into_error())?
            }
            Some(Kind::Csv { table, .. }) => {
                let out = table.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
                out.into_inner().map_err(|error| error.into_error())?
            }
            None => return Ok(()),
        };
        file.sync_all()?;
        std::fs::rename(&self.part, &self.path)
    }
}

impl Drop for GeoWriter {
    fn drop(&mut self) {
        if self.kind.take().is_some() {
            // Broken off: nothing more can be done about a file that won't go away.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

fn feature(out: &mut BufWriter<File>, row: &OutRow, first: bool) -> io::Result<()> {
    out.write_all(if first { b"\n" } else { b",\n" })?;
    let properties: serde_json::Map<String, serde_json::Value> =
        row.columns.iter().map(|(name, value)| (name.clone(), json(value))).collect();
    out.write_all(b"{\"type\": \"Feature\", \"properties\": ")?;
    serde_json::to_writer(&mut *out, &properties)?;
    out.write_all(b", \"geometry\": ")?;
    match &row.geometry {
        Some(geometry) => {
            geometry.process_geom(&mut GeoJsonWriter::new(&mut *out)).map_err(io::Error::other)?;
        }
        None => out.write_all(b"null")?,
    }
    out.write_all(b"}")
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Empty => serde_json::Value::Null,
        Value::Text(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Number(number) => (*number).into(),
        Value::Flag(flag) => (*flag).into(),
    }
}
