use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8};

use crate::domain::FindingKind;

/// The text encoding of a file: the one named, or UTF-8.
pub(super) fn named(label: Option<&str>) -> Result<&'static Encoding, FindingKind> {
    let Some(label) = label else { return Ok(UTF_8) };
    let label = label.trim();
    // Names that `.cpg` files and people use beside the registered ones.
    let known = match label.to_ascii_uppercase().as_str() {
        "936" | "CP936" | "ANSI 936" | "MS936" | "WINDOWS-936" => Encoding::for_label(b"gbk"),
        "54936" | "CP54936" => Encoding::for_label(b"gb18030"),
        "65001" | "CP65001" | "UTF8" => Some(UTF_8),
        _ => Encoding::for_label(label.as_bytes()),
    };
    // A row is split before its fields are decoded, which only works where a comma is one byte.
    known
        .filter(|encoding| encoding.is_ascii_compatible())
        .ok_or_else(|| FindingKind::UnknownEncoding { encoding: label.chars().take(40).collect() })
}

/// The text of one field, or the finding that it is in another encoding.
pub(super) fn decode(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, FindingKind> {
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => Ok(text.into_owned()),
        None => Err(wrong(encoding)),
    }
}

pub(super) fn wrong(encoding: &'static Encoding) -> FindingKind {
    FindingKind::WrongEncoding { encoding: encoding.name().to_owned() }
}

/// A stream in any encoding, read as UTF-8. What can't be decoded becomes U+FFFD.
pub(super) struct Decoding<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    begin: usize,
    end: usize,
    over: bool,
}

impl<R: Read> Decoding<R> {
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { inner, decoder, raw: vec![0; 32 * 1024], begin: 0, end: 0, over: false }
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // The decoder writes whole characters only: it needs room for one.
        if out.len() < 8 {
            return Err(io::Error::other("buffer too small"));
        }
        loop {
            if self.begin == self.end && !self.over {
                self.begin = 0;
                self.end = self.inner.read(&mut self.raw)?;
                self.over = self.end == 0;
            }
            let last = self.over;
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(&self.raw[self.begin..self.end], out, last);
            self.begin += read;
            if written > 0 || (last && result == CoderResult::InputEmpty) {
                if last && result == CoderResult::InputEmpty {
                    // A finished decoder must not be called again.
                    self.decoder = UTF_8.new_decoder_without_bom_handling();
                }
                return Ok(written);
            }
        }
    }
}
