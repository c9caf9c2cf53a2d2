//! Workbooks (.xlsx): the first sheet's first row with anything in it is the header, each row below it one thing, as
//! in a CSV. Cells come one at a time; what a packed file says that it holds is added up before it is opened.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;

use calamine::{DataRef, Reader, Xlsx};
use geo::Geometry;

use super::table::{Place, place, point, wkt};
use super::{Item, MAX_FEATURE_BYTES, MAX_ROWS, RawRow, ReadOptions, Sink, Value, unreadable};
use crate::domain::{Finding, FindingKind, Text};
use crate::geo::crs::Crs;

/// Most bytes that a workbook may have, packed and unpacked: shared texts are held in memory as a whole.
const MAX_PACKED: u64 = 64 * 1024 * 1024;
const MAX_UNPACKED: u64 = 512 * 1024 * 1024;
const MAX_COLUMNS: usize = 2_000;

pub(super) fn read(path: &Path, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), Finding> {
    let broken = |error: &dyn std::fmt::Display| unreadable("工作簿已损坏", "the workbook is damaged", error);
    let mut file =
        File::open(path).map_err(|error| unreadable("文件打不开", "it can't be opened", &error))?;
    unpacks_within_bounds(&mut file)?;
    let mut book = Xlsx::new(BufReader::new(file)).map_err(|error| broken(&error))?;
    let first = || book.sheet_names().first().cloned().ok_or_else(|| Finding::file(FindingKind::Empty));
    let sheet = options.table.clone().map_or_else(first, Ok)?;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(|error| broken(&error))?;
    let mut rows = Rows { crs: options.crs.unwrap_or(Crs::Wgs84), header: None, at: 0, values: Vec::new() };
    loop {
        let cell = match cells.next_cell() {
            Ok(Some(cell)) => cell,
            Ok(None) => break,
            Err(error) => {
                return Err(Finding {
                    row: Some(u64::from(rows.at)),
                    ..unreadable("读取中断", "reading broke off", &error)
                });
            }
        };
        let (row, column) = (cell.get_position().0, cell.get_position().1 as usize);
        let value = value(cell.get_value());
        if value.is_empty() || column >= MAX_COLUMNS {
            continue;
        }
        if row != rows.at && rows.end(sink)? == ControlFlow::Break(()) {
            return Ok(());
        }
        rows.at = row;
        if rows.values.len() <= column {
            rows.values.resize(column + 1, Value::Empty);
        }
        rows.values[column] = value;
    }
    // Whether the sink wants more no longer matters.
    rows.end(sink).map(|_| ())
}

struct Rows {
    crs: Crs,
    /// The header's row, its names and where a row's place stands.
    header: Option<(u32, Vec<String>, Place)>,
    /// The row that is being gathered.
    at: u32,
    values: Vec<Value>,
}

impl Rows {
    /// Hands the gathered row on.
    fn end(&mut self, sink: &mut Sink<'_>) -> Result<ControlFlow<()>, Finding> {
        let values = std::mem::take(&mut self.values);
        if values.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let Some((begin, names, place)) = &self.header else {
            let names: Vec<String> =
                values.iter().map(|value| value.text().chars().take(200).collect()).collect();
            let place = place(&names);
            self.header = Some((self.at, names, place));
            return Ok(ControlFlow::Continue(()));
        };
        let row = u64::from(self.at.saturating_sub(*begin));
        if row > MAX_ROWS {
            let what = Text::new("行数", "rows");
            return Err(Finding::file(FindingKind::OverLimit { what, max: MAX_ROWS }));
        }
        Ok(sink(match one(names, place, values) {
            Ok((columns, geometry)) => {
                Item::Row(RawRow { row, columns, geometry, crs: self.crs, synthetic: false })
            }
            Err(kind) => Item::Finding(Finding::row(row, None, kind)),
        }))
    }
}

type Made = (Vec<(String, Value)>, Option<Geometry<f64>>);

fn one(names: &[String], place: &Place, mut values: Vec<Value>) -> Result<Made, FindingKind> {
    if values.len() > names.len() {
        let why = Text::new(
            format!("有 {} 个值，表头有 {} 列", values.len(), names.len()),
            format!("it has {} values, the header {} columns", values.len(), names.len()),
        );
        return Err(FindingKind::Unreadable { why });
    }
    values.resize(names.len(), Value::Empty);
    let geometry = match place {
        Place::Nowhere => None,
        Place::Wkt(column) => wkt(&names[*column], &values[*column].text())?,
        Place::Columns { x, y } => point(names, (*x, &values[*x].text()), (*y, &values[*y].text()))?,
    };
    let columns = names
        .iter()
        .cloned()
        .zip(values)
        .enumerate()
        .filter(|(at, (name, _))| !place.takes(*at) && !name.is_empty())
        .map(|(_, column)| column);
    Ok((columns.collect(), geometry))
}

/// Spreadsheets keep every number as a fraction, and days as numbers.
fn value(cell: &DataRef<'_>) -> Value {
    const WHOLE: f64 = 9e15;
    match cell {
        DataRef::Empty | DataRef::Error(_) => Value::Empty,
        DataRef::Int(number) => Value::Integer(*number),
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < WHOLE => {
            Value::Integer(*number as i64)
        }
        DataRef::Float(number) => Value::Number(*number),
        DataRef::Bool(flag) => Value::Flag(*flag),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Value::Text(text.clone())
        }
        DataRef::SharedString(text) => Value::Text((*text).to_owned()),
        DataRef::DateTime(moment) => moment.as_datetime().map_or(Value::Empty, |moment| {
            let text = moment.format("%Y-%m-%dT%H:%M:%S").to_string();
            Value::Text(text.strip_suffix("T00:00:00").map(str::to_owned).unwrap_or(text))
        }),
    }
}

/// Adds up what the packed file's own list says that its parts unpack to.
fn unpacks_within_bounds(file: &mut File) -> Result<(), Finding> {
    let broken = || {
        let why = Text::new("不是 .xlsx 工作簿", "it is no .xlsx workbook");
        Finding::file(FindingKind::Unreadable { why })
    };
    let io = |error: std::io::Error| unreadable("读取中断", "reading broke off", &error);
    let over = || {
        let what = Text::new("工作簿字节数", "bytes in the workbook");
        Finding::file(FindingKind::OverLimit { what, max: MAX_UNPACKED })
    };
    let length = file.seek(SeekFrom::End(0)).map_err(io)?;
    if length > MAX_PACKED {
        return Err(over());
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.rewind().map_err(io)?;
    file.take(MAX_PACKED.min(MAX_FEATURE_BYTES)).read_to_end(&mut bytes).map_err(io)?;
    file.rewind().map_err(io)?;
    let word = |at: usize| -> Option<u64> {
        Some(u64::from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)))
    };
    let half = |at: usize| -> Option<usize> {
        Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
    };
    let end = bytes.windows(4).rposition(|four| four == b"PK\x05\x06").ok_or_else(broken)?;
    let (parts, mut at) = (half(end + 10).ok_or_else(broken)?, word(end + 16).ok_or_else(broken)? as usize);
    let mut unpacked = 0;
    for _ in 0..parts {
        if bytes.get(at..at + 4) != Some(b"PK\x01\x02") {
            return Err(broken());
        }
        unpacked += word(at + 24).ok_or_else(broken)?;
        let tail: Option<usize> = [28, 30, 32].into_iter().map(|field| half(at + field)).sum();
        at += 46 + tail.ok_or_else(broken)?;
    }
    if unpacked > MAX_UNPACKED { Err(over()) } else { Ok(()) }
}
