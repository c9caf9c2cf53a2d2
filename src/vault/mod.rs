//! Sealing: personal data is encrypted before it reaches the database, with keys that the database never sees.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03). A sealed value is
//!
//! ```text
//! 1 byte: 1 | 8 bytes: the key's id | 24 bytes: a random nonce | ciphertext with its 16-byte tag
//! ```
//!
//! and is bound to its place: table, column, row and key id are authenticated with it, so that a value that
//! was moved to another row or column, or whose bytes were touched, doesn't open.
//!
//! Keys live in a file of its owner's ([`Keyring`]). This room reads it and never writes it; it draws no
//! randomness of its own. No type here shows a secret when printed.

mod keyring;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use uuid::Uuid;

pub use keyring::{Key, KeyId, Keyring};

const VERSION: u8 = 1;
const NONCE: usize = 24;
/// Version and key id: what stands before the nonce.
const HEAD: usize = 1 + keyring::ID;

/// Why something can't be sealed or opened, each with what to do.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("there is no key file {0}: put the file with the keys there, or name it in KHOT_KEYS_FILE")]
    NoFile(PathBuf),
    #[error("others may read the key file {0}: run chmod 600 on it")]
    OpenToOthers(PathBuf),
    #[error("can't read the key file {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    /// Never quotes the file.
    #[error("the key file {path} can't be used: {why}. Put its backup in place")]
    Broken { path: PathBuf, why: &'static str },
    #[error("key {key} is not in the key file {path}: put the key file of this database there")]
    UnknownKey { key: KeyId, path: PathBuf },
    #[error("{0} doesn't open: it was changed, or moved here from another place")]
    Tampered(Place),
    #[error("encrypting failed")]
    Sealing,
}

/// Where a sealed value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub table: &'static str,
    pub column: &'static str,
    pub row: Uuid,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} of row {}", self.table, self.column, self.row)
    }
}

impl Place {
    /// What is authenticated with the value. Names hold no 0, and the row's id has one length.
    fn bytes(&self, key: KeyId) -> Vec<u8> {
        [
            b"khot\0",
            self.table.as_bytes(),
            b"\0",
            self.column.as_bytes(),
            b"\0",
            self.row.as_bytes(),
            &key.bytes(),
        ]
        .concat()
    }
}

/// The keys in use by this process, read again from their file when one is asked for that it doesn't know:
/// another process may have made a new one since.
pub struct Vault {
    path: PathBuf,
    keys: RwLock<Keyring>,
    draw: fn() -> [u8; 32],
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Vault {
    /// Reads the keys at `path`; `draw` gives 32 random bytes.
    ///
    /// # Errors
    /// When the file isn't there, is open to others, or holds no whole keys.
    pub fn open(path: &Path, draw: fn() -> [u8; 32]) -> Result<Self, VaultError> {
        let keys = Keyring::read(path)?;
        Ok(Self { path: path.to_owned(), keys: RwLock::new(keys), draw })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key that the file names as current.
    pub fn current(&self) -> KeyId {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).current()
    }

    /// Whether the key is in the file, as it is now.
    pub fn knows(&self, id: KeyId) -> bool {
        self.key(id).is_ok()
    }

    fn key(&self, id: KeyId) -> Result<Key, VaultError> {
        let held =
            |keys: &RwLock<Keyring>| keys.read().unwrap_or_else(PoisonError::into_inner).key(id).cloned();
        if let Some(key) = held(&self.keys) {
            return Ok(key);
        }
        let fresh = Keyring::read(&self.path)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        held(&self.keys).ok_or_else(|| VaultError::UnknownKey { key: id, path: self.path.clone() })
    }

    /// Seals `text` with the key `id` for one place.
    ///
    /// # Errors
    /// When the key isn't in the file.
    pub fn seal(&self, id: KeyId, place: Place, text: &str) -> Result<Vec<u8>, VaultError> {
        self.seal_bytes(id, place, text.as_bytes())
    }

    /// The same of any bytes, such as a file's.
    ///
    /// # Errors
    /// When the key isn't in the file.
    pub fn seal_bytes(&self, id: KeyId, place: Place, bytes: &[u8]) -> Result<Vec<u8>, VaultError> {
        let key = self.key(id)?;
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&(self.draw)()[..NONCE]);
        let payload = Payload { msg: bytes, aad: &place.bytes(id) };
        let sealed = XChaCha20Poly1305::new(&(*key.secret()).into())
            .encrypt(&nonce.into(), payload)
            .map_err(|_| VaultError::Sealing)?;
        Ok([&[VERSION][..], &id.bytes(), &nonce, &sealed].concat())
    }

    /// Opens what stands at `place`.
    ///
    /// # Errors
    /// When the key isn't in the file, or the value isn't the one that was sealed for this place.
    pub fn open_sealed(&self, place: Place, sealed: &[u8]) -> Result<String, VaultError> {
        String::from_utf8(self.open_bytes(place, sealed)?).map_err(|_| VaultError::Tampered(place))
    }

    /// Opens the bytes that stand at `place`.
    ///
    /// # Errors
    /// As [`Vault::open_sealed`].
    pub fn open_bytes(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let tampered = || VaultError::Tampered(place);
        let id = key_of(sealed).ok_or_else(tampered)?;
        let key = self.key(id)?;
        let (nonce, text) = sealed[HEAD..].split_at_checked(NONCE).ok_or_else(tampered)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| tampered())?;
        let payload = Payload { msg: text, aad: &place.bytes(id) };
        XChaCha20Poly1305::new(&(*key.secret()).into())
            .decrypt(&nonce.into(), payload)
            .map_err(|_| tampered())
    }
}

/// The key that a value was sealed with; none for bytes that are no sealed value.
pub fn key_of(sealed: &[u8]) -> Option<KeyId> {
    match sealed.split_first() {
        Some((&VERSION, rest)) => rest.first_chunk().map(|id| KeyId::from_bytes(*id)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
