//! Whether a file is a whole backup that this program can restore.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::head::{Format, HEAD_BYTES, Manifest, hex};
use super::{BackupError, file_error};
use crate::store::MIGRATIONS;

/// Reads the whole file; gives its manifest, and the file at where the payload begins. Blocks.
///
/// # Errors
/// When it is none, isn't whole, or needs a newer program.
pub fn check(path: &Path) -> Result<(Manifest, File), BackupError> {
    let mut file = File::open(path).map_err(file_error(path))?;
    let mut head = Vec::with_capacity(HEAD_BYTES);
    (&mut file).take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(file_error(path))?;
    let newer = |version: &str| BackupError::Newer { path: path.to_owned(), version: version.to_owned() };
    let manifest = match Manifest::of_head(&head) {
        None => return Err(BackupError::NotABackup(path.to_owned())),
        Some(Err(Format::Newer)) => return Err(newer("another format")),
        Some(Err(Format::Damaged)) => return Err(BackupError::Damaged(path.to_owned())),
        Some(Ok(manifest)) => manifest,
    };
    let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut buffer).map_err(file_error(path))?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
    let whole = head.len() == HEAD_BYTES
        && bytes == manifest.payload_bytes
        && hex(&hasher.finalize()) == manifest.payload_sha256;
    if !whole {
        return Err(BackupError::Damaged(path.to_owned()));
    }
    for applied in &manifest.migrations {
        let known = MIGRATIONS.iter().find(|known| known.version == applied.version);
        match known {
            None => return Err(newer(&manifest.version)),
            Some(known) if hex(&known.checksum) != applied.checksum => {
                return Err(BackupError::OtherBuild { path: path.to_owned(), migration: applied.version });
            }
            Some(_) => {}
        }
    }
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(HEAD_BYTES as u64)).map_err(file_error(path))?;
    Ok((manifest, file))
}
