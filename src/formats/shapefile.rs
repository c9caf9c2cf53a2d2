use std::{
    fs::File,
    io::{BufReader, Cursor, Read},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use geo::Geometry;
use geozero::shp::ShpReader;

use super::{
    Item, MAX_FEATURE_BYTES, MAX_ROWS, RawRow, ReadOptions, Sink,
    dbf::{Dbf, Record},
    feature::Feature,
    guard::guarded,
    part_rings::regroup,
    unreadable,
};
use crate::{
    domain::{Finding, FindingKind, Text},
    geo::crs::Crs,
};

const HEAD: u64 = 100;

pub(super) fn read(path: &Path, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), Finding> {
    let crs = match options.crs {
        Some(crs) => crs,
        None => {
            let text = small_text(path, "prj").ok_or_else(|| Finding::file(FindingKind::MissingCrs))?;
            Crs::from_wkt(&text).map_err(|error| Finding::file(FindingKind::UnknownCrs { crs: error.0 }))?
        }
    };
    let cpg = small_text(path, "cpg");
    let table = companion(path, "dbf")
        .and_then(|path| File::open(path).ok())
        .ok_or_else(|| damaged("旁边没有 .dbf 文件", "the .dbf that belongs beside it is missing"))?;
    let label = options.encoding.as_deref().or(cpg.as_deref());
    let mut table = Dbf::open(BufReader::new(table), label).map_err(Finding::file)?;
    let mut shapes = Shapes::open(path)?;
    let mut row = 0;
    loop {
        let (shape, record) = (shapes.next(), table.next());
        let (shape, record) = match (shape, record) {
            (None, None) => return Ok(()),
            (Some(shape), Some(record)) => (shape, record),
            (Some(_), None) => {
                return Err(damaged(
                    ".dbf 的行数少于 .shp 的图形数",
                    "the .dbf has fewer rows than the .shp shapes",
                ));
            }
            (None, Some(_)) => {
                return Err(damaged(
                    ".shp 的图形数少于 .dbf 的行数",
                    "the .shp has fewer shapes than the .dbf rows",
                ));
            }
        };
        if row >= MAX_ROWS {
            let what = Text::new("行数", "rows");
            return Err(Finding::file(FindingKind::OverLimit { what, max: MAX_ROWS }));
        }
        row += 1;
        let item = match (shape, record) {
            (Err(Broken::File(finding)), _) => return Err(Finding { row: Some(row), ..finding }),
            (_, Err(kind)) if table.broken => return Err(Finding::row(row, None, kind)),
            (_, Ok(Record::Deleted)) => continue,
            (Err(Broken::Row(kind)), _) | (_, Err(kind)) => Item::Finding(Finding::row(row, None, kind)),
            (Ok(geometry), Ok(Record::Row(columns))) => {
                Item::Row(RawRow { row, columns, geometry, crs, synthetic: false })
            }
        };
        if sink(item) == ControlFlow::Break(()) {
            return Ok(());
        }
    }
}

enum Broken {
    /// This shape can't be read; the next one can.
    Row(FindingKind),
    /// Nothing beyond this place can be read.
    File(Finding),
}

/// The shapes of a `.shp`, one record at a time. Each is checked against the file's real length and
/// against itself, then given to geozero as a shapefile of one shape.
struct Shapes {
    input: BufReader<File>,
    head: [u8; HEAD as usize],
    left: u64,
    cut: bool,
}

impl Shapes {
    fn open(path: &Path) -> Result<Self, Finding> {
        let open = |error: &std::io::Error| unreadable("文件打不开", "it can't be opened", error);
        let file = File::open(path).map_err(|error| open(&error))?;
        let size = file.metadata().map_err(|error| open(&error))?.len();
        let mut input = BufReader::new(file);
        let mut head = [0; HEAD as usize];
        input.read_exact(&mut head).map_err(|_| damaged("文件过短", "it is too short"))?;
        if head[..4] != 9994_i32.to_be_bytes() {
            return Err(damaged("不是 Shapefile", "it isn't a shapefile"));
        }
        // Counted in 16-bit words; geozero's own reading multiplies it without a check.
        let words = i32::from_be_bytes([head[24], head[25], head[26], head[27]]);
        let declared = u64::try_from(words).unwrap_or_default() * 2;
        if declared < HEAD {
            return Err(damaged("文件头中的长度有误", "the length in its head is wrong"));
        }
        Ok(Self { input, head, left: declared.min(size) - HEAD, cut: declared > size })
    }

    fn next(&mut self) -> Option<Result<Option<Geometry<f64>>, Broken>> {
        if self.left == 0 {
            let cut = std::mem::take(&mut self.cut);
            return cut.then(|| Err(truncated()));
        }
        let mut head = [0; 8];
        if self.left < 8 || self.input.read_exact(&mut head).is_err() {
            self.left = 0;
            return Some(Err(truncated()));
        }
        self.left -= 8;
        let words = i32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        let length = u64::try_from(words).unwrap_or(u64::MAX / 4) * 2;
        if length > self.left {
            self.left = 0;
            return Some(Err(truncated()));
        }
        if length > MAX_FEATURE_BYTES {
            let what = Text::new("一个图形的字节数", "bytes in one shape");
            let kind = FindingKind::OverLimit { what, max: MAX_FEATURE_BYTES };
            return Some(Err(Broken::File(Finding::file(kind))));
        }
        let mut content = vec![0; length as usize];
        if self.input.read_exact(&mut content).is_err() {
            self.left = 0;
            return Some(Err(truncated()));
        }
        self.left -= length;
        Some(self.shape(head, &content).map_err(Broken::Row))
    }

    fn shape(&self, record_head: [u8; 8], content: &[u8]) -> Result<Option<Geometry<f64>>, FindingKind> {
        if !plausible(content).ok_or_else(wrong_shape)? {
            return Ok(None);
        }
        let mut alone = Vec::with_capacity(HEAD as usize + 8 + content.len());
        alone.extend_from_slice(&self.head);
        alone.extend_from_slice(&record_head);
        alone.extend_from_slice(content);
        let words = i32::try_from(alone.len() / 2).map_err(|_| wrong_shape())?;
        alone[24..28].copy_from_slice(&words.to_be_bytes());
        // The type in the file's head plays no part in reading a shape; 5 is one that is known.
        alone[32..36].copy_from_slice(&5_i32.to_le_bytes());
        let read = guarded(|| {
            let mut feature = Feature::default();
            let first =
                ShpReader::new(Cursor::new(alone)).map(|file| file.iter_geometries(&mut feature).next());
            match first {
                Ok(None | Some(Ok(()))) => Ok(feature.geometry().map(|geometry| match geometry {
                    Geometry::MultiPolygon(polygons) => regroup(polygons).into(),
                    other => other,
                })),
                Ok(Some(Err(error))) | Err(error) => Err(feature.finding(&error)),
            }
        });
        read.unwrap_or_else(|why| Err(FindingKind::Unreadable { why }))
    }
}

/// Whether a record's own counts fit its length: `Some(false)` for a null shape, none when they don't.
fn plausible(content: &[u8]) -> Option<bool> {
    let number = |at: usize| {
        let bytes = content.get(at..at + 4)?;
        Some(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    };
    let count = |at: usize| number(at).and_then(|count| usize::try_from(count).ok());
    match number(0)? {
        0 => Some(false),
        1 | 11 | 21 => Some(true),
        8 | 18 | 28 => (count(36)?.checked_mul(16)?.checked_add(40)? <= content.len()).then_some(true),
        3 | 5 | 13 | 15 | 23 | 25 => {
            let (parts, points) = (count(36)?, count(40)?);
            let length = parts.checked_mul(4)?.checked_add(points.checked_mul(16)?)?.checked_add(44)?;
            if length > content.len() || parts == 0 || points == 0 {
                return None;
            }
            let begins: Option<Vec<usize>> = (0..parts).map(|part| count(44 + 4 * part)).collect();
            let begins = begins?;
            let ordered = begins.windows(2).all(|pair| pair[0] <= pair[1]);
            (begins[0] == 0 && ordered && *begins.last()? <= points).then_some(true)
        }
        _ => None,
    }
}

fn wrong_shape() -> FindingKind {
    let why = Text::new(
        "图形的点数与长度不符，或图形类型未知",
        "a shape's counts don't fit its length, or its type is unknown",
    );
    FindingKind::Unreadable { why }
}

fn damaged(zh: &str, en: &str) -> Finding {
    Finding::file(FindingKind::Unreadable { why: Text::new(zh, en) })
}

fn truncated() -> Broken {
    Broken::File(damaged(".shp 文件在中途结束", "the .shp ends in the middle"))
}

fn companion(path: &Path, ending: &str) -> Option<PathBuf> {
    let both = [path.with_extension(ending), path.with_extension(ending.to_uppercase())];
    both.into_iter().find(|path| path.is_file())
}

fn small_text(path: &Path, ending: &str) -> Option<String> {
    let file = File::open(companion(path, ending)?).ok()?;
    let mut bytes = Vec::new();
    file.take(64 * 1024).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).trim_start_matches('\u{FEFF}').trim().to_owned();
    (!text.is_empty()).then_some(text)
}
