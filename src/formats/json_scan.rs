//! Finds the features in a GeoJSON text without holding more than one of them.
//!
//! Only the skeleton is read here: strings, brackets, members. Each feature's own text goes to geozero.

use std::io::{self, Read};

use super::MAX_FEATURE_BYTES;

/// Deepest nesting of arrays and objects.
const MAX_DEPTH: u32 = 64;
/// Longest top-level member that is kept ("crs", "type").
const MAX_MEMBER: usize = 64 * 1024;

/// Why the skeleton can't be followed any further.
#[derive(Debug)]
pub(super) enum ScanError {
    Io(io::Error),
    /// The text ends in the middle.
    Truncated,
    /// Not JSON at this byte.
    Syntax {
        offset: u64,
    },
    TooDeep,
    TooLong,
}

/// What a scan hands over.
pub(super) enum Part<'a> {
    /// The text of a feature (or of whatever stands in its place).
    Feature(&'a [u8]),
    /// A member of the collection itself, beside its features.
    Member(&'a str, &'a [u8]),
}

pub(super) struct Scanner<R> {
    input: R,
    buffer: Vec<u8>,
    begin: usize,
    end: usize,
    offset: u64,
    /// Bytes since the last `keep`, while they are kept.
    kept: Option<Vec<u8>>,
}

type Scan<T> = Result<T, ScanError>;

impl<R: Read> Scanner<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, buffer: vec![0; 64 * 1024], begin: 0, end: 0, offset: 0, kept: None }
    }

    /// Walks over the whole text. `take` answers whether to go on.
    pub(super) fn run(&mut self, take: &mut dyn FnMut(Part<'_>) -> bool) -> Scan<()> {
        if self.peek()? == Some(0xEF) {
            for _ in 0..3 {
                self.next()?;
            }
        }
        loop {
            self.space()?;
            match self.peek()? {
                None => return Ok(()),
                // The record mark of GeoJSON text sequences.
                Some(0x1E) => {
                    self.next()?;
                }
                Some(b'{') => {
                    if !self.top(take)? {
                        return Ok(());
                    }
                }
                Some(_) => return Err(self.syntax()),
            }
        }
    }

    /// One top-level object: a collection, whose features are handed over one by one, or a feature.
    fn top(&mut self, take: &mut dyn FnMut(Part<'_>) -> bool) -> Scan<bool> {
        self.kept = Some(Vec::new());
        self.next()?;
        let mut collection = false;
        self.space()?;
        while self.peek()? != Some(b'}') {
            let begun = self.kept_len();
            self.string()?;
            let key = self.kept_from(begun);
            self.space()?;
            if self.next()? != b':' {
                return Err(self.syntax());
            }
            self.space()?;
            if key == b"\"features\"" && self.peek()? == Some(b'[') {
                collection = true;
                self.kept = None;
                if !self.features(take)? {
                    return Ok(false);
                }
                self.kept = Some(Vec::new());
            } else {
                let begun = self.kept_len();
                self.value()?;
                let value = self.kept_from(begun);
                let name = std::str::from_utf8(&key).unwrap_or_default().trim_matches('"');
                if !name.is_empty() && value.len() <= MAX_MEMBER && !take(Part::Member(name, &value)) {
                    return Ok(false);
                }
            }
            self.space()?;
            match self.peek()? {
                Some(b',') => {
                    self.next()?;
                    self.space()?;
                }
                Some(b'}') => {}
                _ => return Err(self.syntax()),
            }
        }
        self.next()?;
        let whole = self.kept.take().unwrap_or_default();
        Ok(collection || take(Part::Feature(&whole)))
    }

    fn features(&mut self, take: &mut dyn FnMut(Part<'_>) -> bool) -> Scan<bool> {
        self.next()?;
        self.space()?;
        if self.peek()? == Some(b']') {
            self.next()?;
            return Ok(true);
        }
        loop {
            self.space()?;
            self.kept = Some(Vec::new());
            self.value()?;
            let feature = self.kept.take().unwrap_or_default();
            if !take(Part::Feature(&feature)) {
                return Ok(false);
            }
            self.space()?;
            match self.next()? {
                b',' => {}
                b']' => return Ok(true),
                _ => return Err(self.syntax()),
            }
        }
    }

    /// Passes over one value, whatever it is.
    fn value(&mut self) -> Scan<()> {
        let mut depth = 0_u32;
        loop {
            match self.peek()? {
                None => return Err(ScanError::Truncated),
                Some(b'"') => self.string()?,
                Some(b'{' | b'[') => {
                    self.next()?;
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return Err(ScanError::TooDeep);
                    }
                    continue;
                }
                Some(b'}' | b']') if depth > 0 => {
                    self.next()?;
                    depth -= 1;
                }
                Some(byte) if depth > 0 && (byte == b',' || byte == b':' || byte.is_ascii_whitespace()) => {
                    self.next()?;
                    continue;
                }
                Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => self.word()?,
                Some(_) => return Err(self.syntax()),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn word(&mut self) -> Scan<()> {
        while let Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') = self.peek()? {
            self.next()?;
        }
        Ok(())
    }

    fn string(&mut self) -> Scan<()> {
        if self.next()? != b'"' {
            return Err(self.syntax());
        }
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => {
                    self.next()?;
                }
                _ => {}
            }
        }
    }

    fn space(&mut self) -> Scan<()> {
        while self.peek()?.is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.next()?;
        }
        Ok(())
    }

    #[inline]
    fn peek(&mut self) -> Scan<Option<u8>> {
        if self.begin == self.end {
            self.begin = 0;
            self.end = self.input.read(&mut self.buffer).map_err(ScanError::Io)?;
        }
        Ok(self.buffer[self.begin..self.end].first().copied())
    }

    #[inline]
    fn next(&mut self) -> Scan<u8> {
        let byte = self.peek()?.ok_or(ScanError::Truncated)?;
        self.begin += 1;
        self.offset += 1;
        if let Some(kept) = &mut self.kept {
            if kept.len() as u64 >= MAX_FEATURE_BYTES {
                return Err(ScanError::TooLong);
            }
            kept.push(byte);
        }
        Ok(byte)
    }

    fn kept_len(&self) -> usize {
        self.kept.as_ref().map_or(0, Vec::len)
    }

    fn kept_from(&self, begun: usize) -> Vec<u8> {
        let kept = self.kept.as_deref().unwrap_or_default();
        kept.get(begun..).filter(|part| part.len() <= MAX_MEMBER).map(<[u8]>::to_vec).unwrap_or_default()
    }

    fn syntax(&self) -> ScanError {
        ScanError::Syntax { offset: self.offset }
    }
}
