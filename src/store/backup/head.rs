//! The head of a backup: a line that names the format, and the manifest.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The head's length; the manifest is padded to it. What follows is `pg_restore`'s: `tail -c +65537 FILE`.
pub const HEAD_BYTES: usize = 64 << 10;
/// Changes when a program of today couldn't read it.
const FORMAT: &str = "khot-backup 1";

/// What a backup holds, and what it must be to be whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The program's version that made it.
    pub version: String,
    pub created_at: DateTime<Utc>,
    /// The server's, as it says it.
    pub postgres: String,
    /// The newest migration.
    pub schema: i64,
    pub migrations: Vec<Applied>,
    /// Rows by table, `schema.name`.
    pub rows: BTreeMap<String, i64>,
    pub payload_bytes: u64,
    /// Of the payload, in hexadecimal.
    pub payload_sha256: String,
}

/// A line of the migrations' ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Applied {
    pub version: i64,
    pub description: String,
    pub installed_on: DateTime<Utc>,
    /// SHA-384 of its text, in hexadecimal.
    pub checksum: String,
    pub execution_time: i64,
}

impl Manifest {
    /// The head's bytes: the format, the manifest's own digest, the manifest, and blanks.
    ///
    /// # Errors
    /// When it doesn't fit, which takes hundreds of tables.
    pub(super) fn head(&self) -> std::io::Result<Vec<u8>> {
        let manifest = serde_json::to_string(self)?;
        let mut head = format!("{FORMAT} {}\n{manifest}\n", hex(&Sha256::digest(&manifest))).into_bytes();
        if head.len() > HEAD_BYTES {
            return Err(std::io::Error::other("the manifest is too long"));
        }
        head.resize(HEAD_BYTES - 1, b' ');
        head.push(b'\n');
        Ok(head)
    }

    /// Reads a head. None when it isn't one.
    pub(super) fn of_head(head: &[u8]) -> Option<Result<Self, Format>> {
        let mut lines = head.splitn(3, |byte| *byte == b'\n');
        let first = std::str::from_utf8(lines.next()?).ok()?;
        let mut words = first.splitn(3, ' ');
        // Up to the second blank: a damaged digest may itself hold one.
        let (name, format, digest) = (words.next()?, words.next()?, words.next()?);
        if format!("{name} {format}") != FORMAT {
            return (name == "khot-backup").then_some(Err(Format::Newer));
        }
        let manifest = lines.next()?;
        if hex(&Sha256::digest(manifest)) != digest {
            return Some(Err(Format::Damaged));
        }
        Some(serde_json::from_slice(manifest).map_err(|_| Format::Damaged))
    }
}

/// Why a head can't be read.
#[derive(Debug, PartialEq)]
pub(super) enum Format {
    Newer,
    Damaged,
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_what_was_put_into_it_and_shows_every_change() {
        let manifest = Manifest {
            version: "0.1.0".to_owned(),
            created_at: "2026-11-24T05:00:00Z".parse().unwrap(),
            postgres: "15.1".to_owned(),
            schema: 4,
            migrations: Vec::new(),
            rows: [("khot.area".to_owned(), 9)].into(),
            payload_bytes: 5,
            payload_sha256: "00".to_owned(),
        };
        let head = manifest.head().unwrap();
        assert_eq!(head.len(), HEAD_BYTES);
        assert_eq!(Manifest::of_head(&head), Some(Ok(manifest)));
        let used = head.iter().rposition(|byte| *byte == b'}').unwrap();
        for at in 0..=used {
            let mut changed = head.clone();
            changed[at] ^= 1;
            assert!(!matches!(Manifest::of_head(&changed), Some(Ok(_))), "byte {at}");
        }
        let mut blank = head.clone();
        blank[30] = b' ';
        assert_eq!(Manifest::of_head(&blank), Some(Err(Format::Damaged)));
        assert_eq!(Manifest::of_head(b"PGDMP and so on"), None);
        assert_eq!(Manifest::of_head(b"khot-backup 2 00\n{}\n"), Some(Err(Format::Newer)));
    }
}
