//! Two ways to spoil a file, repeatably.

use rand::{Rng, RngExt};
use rand_pcg::Pcg64Mcg;

const TOKENS: &[&[u8]] = &[
    b"1e999",
    b"NaN",
    b"-",
    b"[[[[[[",
    b"]",
    b"{",
    b"}",
    b"\"",
    b"\\u0000",
    b",",
    b"\n",
    b"null",
    b"999999999999999999999",
    b"0",
    b"-1",
    b"\xFF\xFF\xFF\xFF",
    b"\x7F\xFF\xFF\xFF",
    b"\xFF\xFF\xFF\x7F",
    b"\0\0\0\x80",
    b"\0\0\0\0\0\0\xF0\x7F",
    b"\0\0\0\0\0\0\xF8\x7F",
    b"POINT",
    b"EMPTY",
    b"(((((((((",
    b"\xEF\xBB\xBF",
    b"\xB4",
    b"88318c4ca7fffff",
];

/// Anything may happen to it.
pub fn harsh(random: &mut Pcg64Mcg, bytes: &mut Vec<u8>) {
    for _ in 0..random.random_range(1..=4) {
        if bytes.is_empty() {
            return;
        }
        let at = random.random_range(0..bytes.len());
        let end = (at + random.random_range(1..64)).min(bytes.len());
        match random.random_range(0..9) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes[at] = random.random_range(0..=255),
            2 if random.random_range(0..4) == 0 => bytes.truncate(at),
            2 | 3 => {
                let mut inserted = vec![0; random.random_range(1..16)];
                random.fill_bytes(&mut inserted);
                bytes.splice(at..at, inserted);
            }
            4 => {
                bytes.drain(at..end);
            }
            5 => {
                let from = random.random_range(0..bytes.len());
                let length = (end - at).min(bytes.len() - from);
                (0..length).for_each(|i| bytes.swap(at + i, from + i));
            }
            6 => {
                let copied = bytes[at..end].to_vec();
                bytes.splice(at..at, copied);
            }
            _ => {
                let token = TOKENS[random.random_range(0..TOKENS.len())];
                let replaced = if random.random_range(0..2) == 0 {
                    at..at
                } else {
                    at..(at + token.len()).min(bytes.len())
                };
                bytes.splice(replaced, token.iter().copied());
            }
        }
    }
}

const TEXTS: [&[u8]; 16] = [
    b"1e999",
    b"NaN",
    b"-",
    b"]",
    b"{",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b",",
    b"\n",
    b"null",
    b"99999999999999999999",
    b"\0\0\0\0\0\0\xF0\x7F",
    b"\\N",
    b"\t",
    b"\xB4\xCE",
];

/// Most change a digit or a letter, so that many files come through the reading and reach the store.
pub fn gentle(random: &mut Pcg64Mcg, bytes: &mut Vec<u8>) {
    for _ in 0..random.random_range(1..=3) {
        let at = random.random_range(0..bytes.len());
        let end = (at + random.random_range(1..40)).min(bytes.len());
        match random.random_range(0..10) {
            // A corner moves by a hair: where rings that are fine to one library are not to the other.
            0..=2 => {
                let point = (at..bytes.len()).chain(0..at).find(|at| bytes[*at] == b'.');
                if let Some(point) = point {
                    let digits = bytes[point + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                    let hair =
                        format!("{}{}", "0".repeat(random.random_range(4..9)), random.random_range(1..10));
                    bytes.splice(point + 1 + digits..point + 1 + digits, hair.into_bytes());
                }
            }
            3..=4 => {
                let digits: Vec<usize> =
                    (at..bytes.len()).chain(0..at).filter(|at| bytes[*at].is_ascii_digit()).collect();
                if let Some(digit) = digits.first() {
                    bytes[*digit] = b'0' + random.random_range(0..10_u8);
                }
            }
            5 => bytes[at] ^= 1 << random.random_range(0..8),
            6 => {
                let token = TEXTS[random.random_range(0..TEXTS.len())];
                bytes.splice(at..at, token.iter().copied());
            }
            7 => {
                let copied = bytes[at..end].to_vec();
                bytes.splice(at..at, copied);
            }
            8 if random.random_range(0..3) == 0 => bytes.truncate(at.max(1)),
            8 => drop(bytes.drain(at..end)),
            _ => random.fill_bytes(&mut bytes[at..end]),
        }
        if bytes.is_empty() {
            return;
        }
    }
}
