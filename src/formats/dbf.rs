//! The table beside a shapefile. geozero reads it through `dbase`, which knows no GBK and passes over
//! deleted rows without their shapes; the format is simple enough to be read here.

use std::io::{self, Read};

use encoding_rs::Encoding;

use super::{Value, encoding};
use crate::domain::{FindingKind, Text};

struct Field {
    name: String,
    kind: u8,
    length: usize,
}

pub(super) struct Dbf<R> {
    input: R,
    fields: Vec<Field>,
    record: Vec<u8>,
    left: u32,
    encoding: &'static Encoding,
    /// Nothing beyond the last row that came can be read.
    pub(super) broken: bool,
}

/// A row of the table. A deleted one still stands for its shape.
pub(super) enum Record {
    Deleted,
    Row(Vec<(String, Value)>),
}

impl<R: Read> Dbf<R> {
    /// `encoding` is what the sender or the `.cpg` file says; otherwise the table's own mark counts.
    pub(super) fn open(mut input: R, label: Option<&str>) -> Result<Self, FindingKind> {
        let mut head = [0; 32];
        input.read_exact(&mut head).map_err(|_| damaged())?;
        let left = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let head_length = usize::from(u16::from_le_bytes([head[8], head[9]]));
        let record_length = usize::from(u16::from_le_bytes([head[10], head[11]]));
        let mark = match head[29] {
            0x4D | 0x7A => Some("GBK"),
            0x4F | 0x78 => Some("Big5"),
            0x03 | 0x57 => Some("windows-1252"),
            _ => None,
        };
        let encoding = encoding::named(label.or(mark))?;
        let mut rest = vec![0; head_length.checked_sub(32).ok_or_else(damaged)?];
        input.read_exact(&mut rest).map_err(|_| damaged())?;
        let mut fields = Vec::new();
        for field in rest.chunks_exact(32).take_while(|field| field[0] != 0x0D) {
            let name = field[..11].split(|byte| *byte == 0).next().unwrap_or_default();
            // C may use the place of the decimals for a longer length.
            let high = if field[11] == b'C' { usize::from(field[17]) << 8 } else { 0 };
            let name = encoding::decode(encoding, name)
                .unwrap_or_else(|_| name.iter().map(|byte| char::from(*byte)).collect());
            fields.push(Field {
                name: name.trim().to_owned(),
                kind: field[11],
                length: usize::from(field[16]) + high,
            });
        }
        let sum: usize = fields.iter().map(|field| field.length).sum();
        if sum + 1 > record_length {
            return Err(damaged());
        }
        Ok(Self { input, fields, record: vec![0; record_length], left, encoding, broken: false })
    }

    /// The next row; none at the table's end.
    pub(super) fn next(&mut self) -> Option<Result<Record, FindingKind>> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        match self.input.read_exact(&mut self.record) {
            Ok(()) => {}
            Err(error) => {
                self.left = 0;
                self.broken = true;
                let end = error.kind() == io::ErrorKind::UnexpectedEof;
                let why = Text::new(".dbf 文件在中途结束", "the .dbf ends in the middle");
                let why = if end { why } else { super::because("读取中断", "reading broke off", &error) };
                return Some(Err(FindingKind::Unreadable { why }));
            }
        }
        if self.record[0] == b'*' {
            return Some(Ok(Record::Deleted));
        }
        let mut columns = Vec::with_capacity(self.fields.len());
        let mut begin = 1;
        for field in &self.fields {
            let raw = &self.record[begin..begin + field.length];
            begin += field.length;
            match value(field, raw, self.encoding) {
                Ok(value) => columns.push((field.name.clone(), value)),
                Err(kind) => return Some(Err(kind)),
            }
        }
        Some(Ok(Record::Row(columns)))
    }
}

fn value(field: &Field, raw: &[u8], encoding: &'static Encoding) -> Result<Value, FindingKind> {
    match field.kind {
        b'I' if raw.len() == 4 => {
            Ok(Value::Integer(i32::from_le_bytes([raw[0], raw[1], raw[2], raw[3]]).into()))
        }
        b'O' if raw.len() == 8 => {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(raw);
            Ok(Value::Number(f64::from_le_bytes(bytes)))
        }
        b'N' | b'F' => {
            let text = String::from_utf8_lossy(raw);
            let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
            // Asterisks stand for a number that didn't fit.
            if text.is_empty() || text.bytes().all(|byte| byte == b'*') {
                return Ok(Value::Empty);
            }
            let whole = text.parse().map(Value::Integer);
            let number = || text.parse().map(Value::Number);
            Ok(whole.or_else(|_| number()).unwrap_or_else(|_| Value::Text(text.to_owned())))
        }
        b'L' => Ok(match raw.first() {
            Some(b'T' | b't' | b'Y' | b'y') => Value::Flag(true),
            Some(b'F' | b'f' | b'N' | b'n') => Value::Flag(false),
            _ => Value::Empty,
        }),
        _ => {
            let end = raw.iter().rposition(|byte| *byte != b' ' && *byte != 0).map_or(0, |last| last + 1);
            let used = &raw[..end];
            // A full field may end in the middle of a character.
            let cuts = if end == raw.len() { 0..4_usize.min(end + 1) } else { 0..1 };
            let mut tries = cuts.map(|cut| encoding::decode(encoding, &used[..end - cut]));
            let text = tries.find(Result::is_ok).unwrap_or_else(|| Err(encoding::wrong(encoding)))?;
            Ok(if text.is_empty() { Value::Empty } else { Value::Text(text) })
        }
    }
}

fn damaged() -> FindingKind {
    FindingKind::Unreadable { why: Text::new(".dbf 文件头有误", "the head of the .dbf is damaged") }
}
