//! `khot assign` on files, as a process.

use std::process::Command;

use serde_json::Value;

use crate::harness::{file, folder, khot};
use crate::process::ran;

const WORKERS: &str = "id,lon,lat,capacity,languages\n\
    near,116.0,45.0,1,zh\nfar,116.0,46.0,2,mn;zh\nfull,116.0,45.01,0,mn;zh\n";

fn assign(folder: &tempfile::TempDir, workers: &str, grids: &str) -> Command {
    let mut command = khot();
    command.arg("assign").arg("--workers").arg(file(folder.path(), "workers.csv", workers));
    command.arg("--grids").arg(file(folder.path(), "grids.csv", grids));
    command.arg("--out").arg(folder.path().join("out.csv"));
    command
}

#[test]
fn the_nearest_hold_what_they_may() {
    let folder = folder();
    let grids = "id,lon,lat,language\na,116.0,45.0,mn\nb,116.0,45.0,\nc,116.0,45.5,\nd,116.0,48.0,\n";
    let told = ran(assign(&folder, WORKERS, grids).arg("--json")).fine();
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!((told["filled"].as_u64(), told["empty"].as_u64()), (Some(3), Some(1)));
    let out = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("grid,worker,km"));
    // Three have room; d is the farthest from everybody, and a needs the one who speaks mn.
    let rows: Vec<(String, String, f64)> = lines
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|row| (row[0].to_owned(), row[1].to_owned(), row[2].parse().unwrap()))
        .collect();
    let who: Vec<(&str, &str)> = rows.iter().map(|row| (row.0.as_str(), row.1.as_str())).collect();
    assert_eq!(who, [("a", "far"), ("b", "near"), ("c", "far")]);
    // A degree of latitude on a sphere of 6371.0088 km.
    assert!((rows[0].2 - 111.195_080).abs() < 1e-5, "{rows:?}");
}

#[test]
fn what_cannot_be_used_is_told_and_writes_nothing() {
    let folder = folder();
    let good = "id,lon,lat\na,116.0,45.0\n";
    for (workers, grids, said) in [
        ("id,lon,lat,capacity\nw,116,45,-1\n", good, "row 1"),
        (WORKERS, "id,lon,lat\na,116,45\na,116,45\n", "row 2"),
        (WORKERS, "", "can't be used"),
        ("id,lon,lat\nw,116,45\n", good, "capacity"),
    ] {
        let told = ran(&mut assign(&folder, workers, grids));
        assert_eq!(told.code, Some(2), "{told:?}");
        assert!(told.stderr.contains(said), "{told:?}");
        assert!(!folder.path().join("out.csv").exists());
    }
    let empty = ran(&mut assign(&folder, "id,lon,lat,capacity\nw,116,45,0\n", good)).fine();
    assert!(empty.stdout.contains("1 grids stay empty: the workers have no more room"), "{empty:?}");
    let out = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    assert_eq!(out, "grid,worker,km\n");
}
