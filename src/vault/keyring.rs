use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::VaultError;

/// Length of a key's id in bytes.
pub(super) const ID: usize = 8;

/// A key's name, worked out from its secret, which can't be worked out from it: a secret that was damaged in
/// the file no longer has its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId([u8; ID]);

impl KeyId {
    fn of(secret: &[u8; 32]) -> Self {
        let digest = Sha256::new().chain_update(b"khot key id\0").chain_update(secret).finalize();
        let mut id = [0; ID];
        id.copy_from_slice(&digest[..ID]);
        Self(id)
    }

    pub fn bytes(self) -> [u8; ID] {
        self.0
    }

    pub fn from_bytes(bytes: [u8; ID]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for KeyId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl std::str::FromStr for KeyId {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        bytes(text).map(Self).ok_or("a key's id is 16 hexadecimal digits")
    }
}

/// `N` bytes from hexadecimal digits.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// 32 bytes that are written to the key file and nowhere else.
#[derive(Clone)]
struct Secret([u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Without serde's own words, which would quote it.
        let wrong = || serde::de::Error::custom("a secret is not 64 hexadecimal digits");
        let text = String::deserialize(deserializer).map_err(|_| wrong())?;
        bytes(&text).map(Self).ok_or_else(wrong)
    }
}

/// One key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    pub id: KeyId,
    pub made_at: DateTime<Utc>,
    /// Set when no value is sealed with it any more. Kept for backups that were made before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<DateTime<Utc>>,
    secret: Secret,
}

impl Key {
    pub(super) fn secret(&self) -> &[u8; 32] {
        &self.secret.0
    }
}

/// The keys of a database: several, one of them current.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keyring {
    current: KeyId,
    keys: Vec<Key>,
}

impl Keyring {
    /// A first key, made of 32 random bytes.
    pub fn new(random: [u8; 32], now: DateTime<Utc>) -> Self {
        let current = KeyId::of(&random);
        Self {
            current,
            keys: vec![Key { id: current, made_at: now, retired_at: None, secret: Secret(random) }],
        }
    }

    /// Adds a key and makes it the current one.
    pub fn add(&mut self, random: [u8; 32], now: DateTime<Utc>) -> KeyId {
        let mut fresh = Self::new(random, now);
        self.current = fresh.current;
        self.keys.append(&mut fresh.keys);
        self.current
    }

    /// Marks every key but the current one as retired.
    pub fn retire_others(&mut self, now: DateTime<Utc>) {
        let current = self.current;
        for key in self.keys.iter_mut().filter(|key| key.id != current) {
            key.retired_at.get_or_insert(now);
        }
    }

    /// Takes a retired key out for good; false where there is none of that id.
    pub fn forget(&mut self, id: KeyId) -> bool {
        let before = self.keys.len();
        self.keys.retain(|key| key.id != id || key.retired_at.is_none());
        self.keys.len() < before
    }

    pub fn current(&self) -> KeyId {
        self.current
    }

    pub fn key(&self, id: KeyId) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Oldest first.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Reads the key file.
    pub fn read(path: &Path) -> Result<Self, VaultError> {
        let failed = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => VaultError::NoFile(path.to_owned()),
            _ => VaultError::Read { path: path.to_owned(), source },
        };
        let mode = std::fs::metadata(path).map_err(failed)?.mode();
        if mode & 0o077 != 0 {
            return Err(VaultError::OpenToOthers(path.to_owned()));
        }
        let text = std::fs::read(path).map_err(failed)?;
        Self::parse(&text).map_err(|why| VaultError::Broken { path: path.to_owned(), why })
    }

    fn parse(text: &[u8]) -> Result<Self, &'static str> {
        let ring: Self = serde_json::from_slice(text).map_err(|_| "it is not a whole list of keys")?;
        if ring.keys.iter().any(|key| KeyId::of(key.secret()) != key.id) {
            return Err("a key in it is damaged");
        }
        if ring.key(ring.current).is_none_or(|key| key.retired_at.is_some()) {
            return Err("its current key is missing or retired");
        }
        Ok(ring)
    }

    /// The key file's content: secret.
    ///
    /// # Errors
    /// Never in practice; serde's signature.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }
}
