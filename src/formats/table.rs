use std::{
    cell::Cell,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    ops::ControlFlow,
    path::Path,
    rc::Rc,
};

use ::csv::{ByteRecord, Reader, ReaderBuilder};
use encoding_rs::Encoding;
use geo::{Geometry, Point};
use geozero::wkt::Wkt;

use super::{
    Item, MAX_FEATURE_BYTES, MAX_ROWS, MAX_VERTICES, RawRow, ReadOptions, Sink, Value, columns, encoding,
    feature, unreadable,
};
use crate::{
    domain::{Finding, FindingKind, Text},
    geo::crs::Crs,
};

/// Where a row's place stands.
pub(super) enum Place {
    Nowhere,
    Columns { x: usize, y: usize },
    Wkt(usize),
}

impl Place {
    /// Whether the column went into the place.
    pub(super) fn takes(&self, at: usize) -> bool {
        match self {
            Place::Nowhere => false,
            Place::Wkt(column) => at == *column,
            Place::Columns { x, y } => at == *x || at == *y,
        }
    }
}

pub(super) fn read(path: &Path, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), Finding> {
    let encoding = encoding::named(options.encoding.as_deref()).map_err(Finding::file)?;
    let crs = options.crs.unwrap_or(Crs::Wgs84);
    let file = File::open(path).map_err(|error| unreadable("文件打不开", "it can't be opened", &error))?;
    let budget = Rc::new(Cell::new(MAX_FEATURE_BYTES));
    let mut bounded = BufReader::new(Bounded { inner: file, left: Rc::clone(&budget) });
    let delimiter = begin(&mut bounded)?;
    let mut table = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(bounded);
    let header = header(&mut table, encoding)?;
    let place = place(&header);
    let mut record = ByteRecord::new();
    let mut row = 0;
    loop {
        budget.set(MAX_FEATURE_BYTES);
        match table.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                return Err(Finding {
                    row: Some(row + 1),
                    ..unreadable("读取中断", "reading broke off", &error)
                });
            }
        }
        if row >= MAX_ROWS {
            let what = Text::new("行数", "rows");
            return Err(Finding::file(FindingKind::OverLimit { what, max: MAX_ROWS }));
        }
        row += 1;
        let item = match one(&record, &header, &place, encoding) {
            Ok((columns, geometry)) => Item::Row(RawRow { row, columns, geometry, crs, synthetic: false }),
            Err(kind) => Item::Finding(Finding::row(row, None, kind)),
        };
        if sink(item) == ControlFlow::Break(()) {
            return Ok(());
        }
    }
}

/// Passes over a byte order mark and tells the separator by the first line.
fn begin(input: &mut BufReader<Bounded>) -> Result<u8, Finding> {
    let start = input.fill_buf().map_err(|error| unreadable("读取中断", "reading broke off", &error))?;
    if start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]) {
        return Err(Finding::file(FindingKind::WrongEncoding { encoding: "UTF-8".into() }));
    }
    let mark = if start.starts_with(&[0xEF, 0xBB, 0xBF]) { 3 } else { 0 };
    let line = start[mark..].split(|byte| *byte == b'\n').next().unwrap_or_default();
    let times = |sought: u8| line.iter().filter(|byte| **byte == sought).count();
    let delimiter = [b',', b';', b'\t'].into_iter().rev().max_by_key(|byte| times(*byte)).unwrap_or(b',');
    input.consume(mark);
    Ok(delimiter)
}

fn header(
    table: &mut Reader<BufReader<Bounded>>,
    encoding: &'static Encoding,
) -> Result<Vec<String>, Finding> {
    let names =
        table.byte_headers().map_err(|error| unreadable("表头有误", "its header is damaged", &error))?;
    let names: Result<Vec<String>, FindingKind> = names
        .iter()
        .map(|name| encoding::decode(encoding, name).map(|name| name.trim().chars().take(200).collect()))
        .collect();
    let names = names.map_err(Finding::file)?;
    match names.iter().all(String::is_empty) {
        true => Err(Finding::file(FindingKind::Empty)),
        false => Ok(names),
    }
}

pub(super) fn place(header: &[String]) -> Place {
    let find = |names: &[&str]| header.iter().position(|name| columns::is_one_of(name, names));
    if let Some(column) = find(columns::WKT) {
        return Place::Wkt(column);
    }
    match (find(columns::LON), find(columns::LAT)) {
        (Some(x), Some(y)) => Place::Columns { x, y },
        _ => Place::Nowhere,
    }
}

type Columns = Vec<(String, Value)>;

fn one(
    record: &ByteRecord,
    header: &[String],
    place: &Place,
    encoding: &'static Encoding,
) -> Result<(Columns, Option<Geometry<f64>>), FindingKind> {
    if record.len() != header.len() {
        let why = Text::new(
            format!("有 {} 个值，表头有 {} 列", record.len(), header.len()),
            format!("it has {} values, the header {} columns", record.len(), header.len()),
        );
        return Err(FindingKind::Unreadable { why });
    }
    let field = |at: usize| encoding::decode(encoding, record.get(at).unwrap_or_default());
    let geometry = match place {
        Place::Nowhere => None,
        Place::Wkt(column) => wkt(&header[*column], field(*column)?.trim())?,
        Place::Columns { x, y } => point(header, (*x, field(*x)?.trim()), (*y, field(*y)?.trim()))?,
    };
    let mut columns = Vec::with_capacity(header.len());
    for (at, name) in header.iter().enumerate().filter(|(at, _)| !place.takes(*at)) {
        let text = field(at)?;
        let value = if text.trim().is_empty() { Value::Empty } else { Value::Text(text) };
        columns.push((name.clone(), value));
    }
    Ok((columns, geometry))
}

pub(super) fn point(
    header: &[String],
    (x_at, x): (usize, &str),
    (y_at, y): (usize, &str),
) -> Result<Option<Geometry<f64>>, FindingKind> {
    if x.is_empty() && y.is_empty() {
        return Ok(None);
    }
    let number = |at: usize, text: &str| {
        let parsed = text.parse::<f64>().ok().filter(|number| number.is_finite());
        parsed.ok_or_else(|| columns::bad(&header[at], text, "数字", "a number"))
    };
    Ok(Some(Point::new(number(x_at, x)?, number(y_at, y)?).into()))
}

pub(super) fn wkt(column: &str, text: &str) -> Result<Option<Geometry<f64>>, FindingKind> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.bytes().filter(|byte| *byte == b',').count() as u64 > MAX_VERTICES {
        let what = Text::new("一个图形的顶点数", "corners in one geometry");
        return Err(FindingKind::OverLimit { what, max: MAX_VERTICES });
    }
    // The parser calls itself for each bracket of a collection.
    let mut depth = 0_u32;
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > 8 {
            return Err(columns::bad(column, text, "WKT 图形", "a WKT geometry"));
        }
    }
    feature::read_geometry(&Wkt(text)).map_err(|kind| match kind {
        FindingKind::Unreadable { .. } => columns::bad(column, text, "WKT 图形", "a WKT geometry"),
        other => other,
    })
}

/// Ends reading when one row takes more bytes than a row may: a quote that never closes would
/// otherwise draw the whole file into memory.
struct Bounded {
    inner: File,
    left: Rc<Cell<u64>>,
}

impl Read for Bounded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => return Err(io::Error::other(format!("a row of more than {MAX_FEATURE_BYTES} bytes"))),
        }
        Ok(read)
    }
}
