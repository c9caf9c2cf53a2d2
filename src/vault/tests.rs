use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU8, Ordering};

use chrono::DateTime;

use super::*;

const NOW: DateTime<chrono::Utc> = DateTime::UNIX_EPOCH;

/// Not random, but never the same.
fn draw() -> [u8; 32] {
    static DRAWN: AtomicU8 = AtomicU8::new(0);
    [DRAWN.fetch_add(1, Ordering::Relaxed); 32]
}

fn place(column: &'static str, row: u128) -> Place {
    Place { table: "worker", column, row: Uuid::from_u128(row) }
}

fn kept(folder: &tempfile::TempDir, ring: &Keyring) -> PathBuf {
    let path = folder.path().join("keys.json");
    std::fs::write(&path, ring.to_bytes().unwrap()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[test]
fn a_sealed_value_opens_where_it_was_sealed_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(&kept(&folder, &Keyring::new([7; 32], NOW)), draw).unwrap();
    let sealed = vault.seal(vault.current(), place("phone", 1), "13800001234").unwrap();
    assert_eq!(vault.open_sealed(place("phone", 1), &sealed).unwrap(), "13800001234");
    assert_eq!(key_of(&sealed), Some(vault.current()));
    let again = vault.seal(vault.current(), place("phone", 1), "13800001234").unwrap();
    assert_ne!(sealed, again, "the same text is never sealed the same way twice");
    for elsewhere in [place("phone", 2), place("bank", 1), Place { table: "account", ..place("phone", 1) }] {
        assert!(matches!(vault.open_sealed(elsewhere, &sealed), Err(VaultError::Tampered(_))), "{elsewhere}");
    }
}

#[test]
fn no_byte_of_a_sealed_value_can_be_changed_or_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut ring = Keyring::new([7; 32], NOW);
    ring.add([8; 32], NOW);
    let vault = Vault::open(&kept(&folder, &ring), draw).unwrap();
    let sealed = vault.seal(vault.current(), place("name", 1), "示例001").unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        vault.open_sealed(place("name", 1), &changed).unwrap_err();
        vault.open_sealed(place("name", 1), &sealed[..at]).unwrap_err();
    }
    // The name of another key that is there.
    let mut renamed = sealed.clone();
    renamed[1..HEAD].copy_from_slice(&ring.keys()[0].id.bytes());
    assert!(matches!(vault.open_sealed(place("name", 1), &renamed), Err(VaultError::Tampered(_))));
}

#[test]
fn a_key_made_since_is_found_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut ring = Keyring::new([7; 32], NOW);
    let vault = Vault::open(&kept(&folder, &ring), draw).unwrap();
    let newer = ring.add([8; 32], NOW);
    assert!(matches!(vault.seal(newer, place("name", 1), "x"), Err(VaultError::UnknownKey { .. })));
    kept(&folder, &ring);
    let sealed = vault.seal(newer, place("name", 1), "x").unwrap();
    assert_eq!(vault.open_sealed(place("name", 1), &sealed).unwrap(), "x");
}

#[test]
fn a_damaged_or_open_file_is_refused_without_quoting_it() {
    let folder = tempfile::tempdir().unwrap();
    let ring = Keyring::new([0xab; 32], NOW);
    let path = kept(&folder, &ring);
    let whole = std::fs::read_to_string(&path).unwrap();
    assert!(whole.contains(&"ab".repeat(32)));
    for damaged in [
        String::new(),
        whole[..whole.len() / 2].to_owned(),
        whole.replacen("abab", "abac", 1),
        whole.replacen("\"secret\": \"abab", "\"secret\": \"xyz", 1),
        whole.replace(&ring.current().to_string(), "0011223344556677"),
        whole.replacen(&ring.current().to_string(), "0011223344556677", 1),
    ] {
        std::fs::write(&path, &damaged).unwrap();
        let error = Vault::open(&path, draw).unwrap_err();
        assert!(matches!(error, VaultError::Broken { .. }), "{damaged}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("abab"), "{error:?}");
    }
    std::fs::write(&path, &whole).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Vault::open(&path, draw), Err(VaultError::OpenToOthers(_))));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Vault::open(&path, draw), Err(VaultError::NoFile(_))));
}

#[test]
fn nothing_that_prints_shows_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let ring = Keyring::new([0xab; 32], NOW);
    let vault = Vault::open(&kept(&folder, &ring), draw).unwrap();
    let shown = format!("{ring:?} {vault:?} {:?}", ring.keys());
    assert!(!shown.contains("abab") && !shown.contains("171, 171"), "{shown}");
}

#[test]
fn only_a_retired_key_can_be_forgotten() {
    let mut ring = Keyring::new([7; 32], NOW);
    let old = ring.current();
    let new = ring.add([8; 32], NOW);
    assert!(!ring.forget(old) && !ring.forget(new));
    ring.retire_others(NOW);
    assert!(!ring.forget(new) && ring.forget(old));
    assert_eq!(ring.keys().len(), 1);
}
