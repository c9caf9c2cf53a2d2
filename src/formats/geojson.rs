use std::{fs::File, io::Read, ops::ControlFlow, path::Path};

use encoding_rs::{Encoding, UTF_8};
use geozero::{GeozeroDatasource, geojson::GeoJson};
use serde::Deserialize;

use super::{
    Item, MAX_FEATURE_BYTES, MAX_ROWS, MAX_VERTICES, RawRow, ReadOptions, Sink, Value,
    encoding::{self, Decoding},
    feature::Feature,
    guard::guarded,
    json_scan::{Part, ScanError, Scanner},
    unreadable,
};
use crate::{
    domain::{Finding, FindingKind, Text},
    geo::crs::Crs,
};

/// What the collection says about itself. Its members may stand behind the features, so the text is
/// walked over twice.
#[derive(Default)]
struct Head {
    crs: Option<String>,
    synthetic: bool,
}

#[derive(Deserialize)]
struct NamedCrs {
    properties: NamedCrsProperties,
}

#[derive(Deserialize)]
struct NamedCrsProperties {
    name: String,
}

/// The id beside a feature's properties; geozero passes it over.
#[derive(Deserialize)]
struct FeatureId {
    id: Option<serde_json::Value>,
}

pub(super) fn read(path: &Path, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), Finding> {
    let encoding = encoding::named(options.encoding.as_deref()).map_err(Finding::file)?;
    let head = head(path, encoding)?;
    let crs = match (options.crs, &head.crs) {
        (Some(crs), _) => crs,
        (None, Some(name)) => {
            name.parse().map_err(|_| Finding::file(FindingKind::UnknownCrs { crs: name.clone() }))?
        }
        (None, None) => Crs::Wgs84,
    };
    let mut row = 0;
    let mut over = false;
    let scanned = Scanner::new(open(path, encoding)?).run(&mut |part| {
        let Part::Feature(text) = part else { return true };
        if row >= MAX_ROWS {
            over = true;
            return false;
        }
        row += 1;
        let item = match feature(text, encoding) {
            Ok((columns, geometry)) => {
                Item::Row(RawRow { row, columns, geometry, crs, synthetic: head.synthetic })
            }
            Err(kind) => Item::Finding(Finding::row(row, None, kind)),
        };
        sink(item) == ControlFlow::Continue(())
    });
    if over {
        return Err(Finding::file(FindingKind::OverLimit {
            what: Text::new("行数", "rows"), max: MAX_ROWS
        }));
    }
    scanned.map_err(|error| Finding { row: Some(row + 1), ..broken(error) })
}

fn open(path: &Path, encoding: &'static Encoding) -> Result<Box<dyn Read>, Finding> {
    let file = File::open(path).map_err(|error| unreadable("文件打不开", "it can't be opened", &error))?;
    Ok(if encoding == UTF_8 { Box::new(file) } else { Box::new(Decoding::new(file, encoding)) })
}

/// Reads the head alone. A text that breaks off is reported by the second walk, which knows the row.
fn head(path: &Path, encoding: &'static Encoding) -> Result<Head, Finding> {
    let mut head = Head::default();
    let mut depth = 0;
    let _ = Scanner::new(open(path, encoding)?).run(&mut |part| {
        match part {
            Part::Feature(_) => depth += 1,
            Part::Member("crs", text) => {
                // `"crs": null` says nothing; anything else that isn't a named system can't be honoured.
                head.crs = match serde_json::from_slice::<Option<NamedCrs>>(text) {
                    Ok(named) => named.map(|crs| crs.properties.name),
                    Err(_) => Some(String::from_utf8_lossy(text).chars().take(60).collect()),
                };
            }
            Part::Member("synthetic", text) => head.synthetic = text == b"true",
            Part::Member(..) => {}
        }
        true
    });
    Ok(head)
}

type Columns = Vec<(String, Value)>;

fn feature(
    text: &[u8],
    encoding: &'static Encoding,
) -> Result<(Columns, Option<geo::Geometry<f64>>), FindingKind> {
    // Parsed, a number takes many times the room that it takes in the text.
    let times = |sought: u8| text.iter().filter(|byte| **byte == sought).count() as u64;
    if times(b'[') + times(b'{') > MAX_VERTICES + 10_000 || times(b',') > 4 * MAX_VERTICES {
        let what = Text::new("一个要素的顶点数", "corners in one feature");
        return Err(FindingKind::OverLimit { what, max: MAX_VERTICES });
    }
    let text = std::str::from_utf8(text).map_err(|_| encoding::wrong(encoding))?;
    if encoding != UTF_8 && text.contains('\u{FFFD}') {
        return Err(encoding::wrong(encoding));
    }
    let read = guarded(|| {
        let mut feature = Feature::default();
        match GeoJson(text).process(&mut feature) {
            Ok(()) => Ok((feature.geometry(), feature.columns)),
            Err(error) => Err(feature.finding(&error)),
        }
    });
    let (geometry, mut columns) = read.unwrap_or_else(|why| Err(FindingKind::Unreadable { why }))?;
    if !columns.iter().any(|(name, _)| name == "id") {
        let id = serde_json::from_str::<FeatureId>(text).ok().and_then(|feature| feature.id);
        match id {
            Some(serde_json::Value::String(id)) => columns.push(("id".into(), Value::Text(id))),
            Some(serde_json::Value::Number(id)) => columns.push(("id".into(), Value::Text(id.to_string()))),
            _ => {}
        }
    }
    Ok((columns, geometry))
}

fn broken(error: ScanError) -> Finding {
    let why = match error {
        ScanError::Io(error) => return unreadable("读取中断", "reading broke off", &error),
        ScanError::Truncated => Text::new("文件在中途结束", "it ends in the middle"),
        ScanError::Syntax { offset } => {
            Text::new(format!("第 {offset} 字节处不是 JSON"), format!("it isn't JSON at byte {offset}"))
        }
        ScanError::TooDeep => Text::new("JSON 嵌套过深", "its JSON is nested too deeply"),
        ScanError::TooLong => {
            let what = Text::new("一个要素的字节数", "bytes in one feature");
            return Finding::file(FindingKind::OverLimit { what, max: MAX_FEATURE_BYTES });
        }
    };
    Finding::file(FindingKind::Unreadable { why })
}
