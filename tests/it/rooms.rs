//! Who may import whom: reads every `crate::` path of the source and fails on a breach of `lib.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("geo", &["domain"]),
    ("divide", &["domain", "geo"]),
    ("assign", &["domain", "geo"]),
    ("coverage", &["domain", "geo"]),
    ("subsidy", &["domain"]),
    ("disclosure", &["domain"]),
    // Shares nothing with the engine that it checks, not even its geometry.
    ("verify", &["domain"]),
    ("planning", &["domain", "geo", "disclosure", "divide", "verify", "coverage"]),
    ("demo", &["domain", "geo"]),
    ("formats", &["domain", "geo"]),
    ("access", &["domain"]),
    ("vault", &[]),
    ("store", &["domain", "geo", "access", "disclosure", "vault"]),
    ("jobs", &["domain", "geo", "access", "store", "formats", "planning", "assign", "subsidy", "clock"]),
    // Of the engine of subsidies no more than reading, checking and explaining its rules; of planning the previews of
    // who is served.
    ("api", &["domain", "access", "store", "jobs", "clock", "config", "formats", "subsidy", "planning"]),
];
/// Crates that do IO: not for rooms that compute.
const IO_CRATES: &[&str] = &["tokio", "sqlx", "axum", "graphile_worker", "reqwest", "std::fs", "std::net"];
const PURE: &[&str] =
    &["domain", "geo", "divide", "assign", "coverage", "subsidy", "disclosure", "verify", "planning", "demo"];

pub fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn rooms() -> BTreeMap<String, Vec<(String, String)>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    files(&source, &mut paths);
    let mut rooms: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for path in paths {
        let inside = path.strip_prefix(&source).unwrap();
        let room = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        rooms
            .entry(room)
            .or_default()
            .push((inside.display().to_string(), std::fs::read_to_string(&path).unwrap()));
    }
    rooms
}

fn imports(text: &str) -> BTreeSet<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| {
        line.match_indices("crate::")
            .map(|(at, found)| {
                line[at + found.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
            })
            .collect::<Vec<String>>()
    })
    .filter(|name| !name.is_empty())
    .collect()
}

#[test]
fn rooms_import_only_what_the_house_allows() {
    let rooms = rooms();
    let known: BTreeSet<&str> =
        ROOMS.iter().map(|room| room.0).chain(["cli", "lib", "main", "clock", "config"]).collect();
    let mut breaches = Vec::new();
    for (room, files) in &rooms {
        if !known.contains(room.as_str()) {
            breaches.push(format!("src/{room} is no room of the house: describe it in lib.rs and here"));
        }
        let Some((_, allowed)) = ROOMS.iter().find(|entry| entry.0 == room) else { continue };
        for (name, text) in files {
            for import in imports(text) {
                if import != *room && !allowed.contains(&import.as_str()) {
                    breaches.push(format!("src/{name} uses crate::{import}, which {room} may not"));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
    for &(room, _) in ROOMS {
        assert!(rooms.contains_key(room), "room {room} is gone: take it out of this list");
    }
}

#[test]
fn rooms_that_compute_do_no_io() {
    let rooms = rooms();
    for &room in PURE {
        for (name, text) in &rooms[room] {
            for &banned in IO_CRATES {
                let used = text.lines().any(|line| {
                    !line.trim_start().starts_with("//") && line.contains(&format!("{banned}::"))
                });
                assert!(!used, "src/{name} uses {banned}");
            }
        }
    }
}

#[test]
fn sql_stands_in_the_store_alone() {
    for (room, files) in rooms() {
        for (name, text) in files {
            assert!(room == "store" || !text.contains("sqlx::query"), "src/{name} has SQL of its own");
        }
    }
}
