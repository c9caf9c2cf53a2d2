//! `khot reach` and `khot place` on files, as processes.

use std::process::Command;

use h3o::{CellIndex, LatLng, Resolution};
use serde_json::Value;

use crate::harness::{file, folder, khot};
use crate::process::ran;

/// Forty cells to the north, each a neighbour of the next.
fn line() -> Vec<CellIndex> {
    let at = |lat: f64| LatLng::new(lat, 116.9).unwrap().to_cell(Resolution::Eight);
    let path = at(45.0).grid_path_cells(at(45.6)).unwrap();
    path.take(40).map(|cell| cell.unwrap()).collect()
}

fn reach(folder: &tempfile::TempDir, cells: &str, outlets: &str) -> Command {
    let mut command = khot();
    command.arg("reach").arg("--cells").arg(file(folder.path(), "cells.csv", cells));
    command.arg("--outlets").arg(file(folder.path(), "outlets.csv", outlets));
    command.arg("--out").arg(folder.path().join("out.csv"));
    command
}

#[test]
fn a_cell_beyond_a_lake_is_not_reached() {
    let (folder, cells) = (folder(), line());
    let speed = |at: usize| if at == 20 { 0 } else { 30 };
    let rows: String = cells.iter().enumerate().map(|(at, cell)| format!("{cell},{}\n", speed(at))).collect();
    let start = LatLng::from(cells[0]);
    let outlets = format!("id,lon,lat\nnorth,10,10\nsouth,{},{}\n", start.lng(), start.lat());
    let told = ran(reach(&folder, &format!("h3,kmh\n{rows}"), &outlets).arg("--json")).fine();
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["reached"], 20, "{told}");
    assert_eq!(told["outlets_off_the_surface"], serde_json::json!(["north"]));
    let out = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let mut minutes = 0.0;
    for (at, cell) in cells.iter().take(20).enumerate() {
        if at > 0 {
            let km = LatLng::from(cells[at - 1]).distance_km(LatLng::from(*cell));
            // Each step takes whole milliseconds.
            minutes += (km * 2.0 * 60_000.0).round() / 60_000.0;
        }
        let row = out.lines().find(|row| row.starts_with(&cell.to_string())).unwrap();
        let said: Vec<&str> = row.split(',').collect();
        assert_eq!(said[1], "south");
        assert!((said[2].parse::<f64>().unwrap() - minutes).abs() < 1e-9, "{row}: {minutes}");
    }
}

#[test]
fn a_surface_that_makes_no_sense_is_told() {
    let (folder, cell) = (folder(), line()[0]);
    let coarse = cell.parent(Resolution::Seven).unwrap();
    let outlets = "id,lon,lat\na,116.9,45\n";
    for (cells, said) in [
        (format!("h3,kmh\n{cell},-3\n"), "row 1"),
        ("h3,kmh\n8a2bnonsense,5\n".to_owned(), "row 1"),
        (format!("h3,kmh\n{cell},5\n{cell},6\n"), "stands there twice"),
        (format!("h3,kmh\n{cell},5\n{coarse},6\n"), "one resolution"),
        (format!("h3\n{cell}\n"), "kmh"),
    ] {
        let told = ran(&mut reach(&folder, &cells, outlets));
        assert_eq!(told.code, Some(2), "{told:?}");
        assert!(told.stderr.contains(said), "{told:?}");
        assert!(!folder.path().join("out.csv").exists());
    }
}

#[test]
fn the_next_station_goes_where_most_are_without() {
    let folder = folder();
    let path = |name: &str, text: &str| file(folder.path(), name, text);
    let demand = path("demand.csv", "id,households\na,10\nb,20\nc,30\nd,5\n");
    let times = path(
        "times.csv",
        "id,site,minutes\na,s1,10\nb,s1,50\nb,s2,59.5\nc,s2,61\nc,s3,60\nd,s3,5\na,s3,20\n",
    );
    let existing = path("existing.csv", "site\ns1\n");
    let out = folder.path().join("chosen.csv");
    let place = |existing: &std::path::Path, count: &str| {
        let mut command = khot();
        command.arg("place").arg("--demand").arg(&demand).arg("--times").arg(&times);
        command.arg("--existing").arg(existing).args(["--count", count, "--within", "60", "--json"]);
        let told = ran(command.arg("--out").arg(&out)).fine();
        let told: Value = serde_json::from_str(&told.stdout).unwrap();
        let chosen = std::fs::read_to_string(&out).unwrap();
        (told["covered"].as_u64().unwrap(), told["bound"].as_u64().unwrap(), chosen)
    };
    // s1 stands and covers a and b; s3 adds c and d; s2 would add nobody.
    assert_eq!(place(&existing, "1"), (65, 65, "site\ns3\n".to_owned()));
    assert_eq!(place(&existing, "2"), (65, 65, "site\ns3\n".to_owned()));
    assert_eq!(place(&existing, "0"), (30, 30, "site\n".to_owned()));
    let none = path("none.csv", "site\n");
    assert_eq!(place(&none, "1"), (45, 45, "site\ns3\n".to_owned()));
    // All of them: s1 for a and b, s3 for c and d; b alone would be s2's too.
    let mut command = khot();
    command.arg("place").arg("--demand").arg(&demand).arg("--times").arg(&times).arg("--existing").arg(&none);
    let told = ran(command.args(["--all", "--within", "60", "--json"]).arg("--out").arg(&out)).fine();
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(
        (told["sites"].as_u64(), told["least"].as_u64(), told["covered"].as_u64()),
        (Some(2), Some(2), Some(65))
    );
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "site\ns1\ns3\n");
    let stray = path("stray.csv", "id,site,minutes\nzz,s1,10\n");
    let mut command = khot();
    command.arg("place").arg("--demand").arg(&demand).arg("--times").arg(stray);
    command.arg("--existing").arg(&existing).args(["--count", "1", "--within", "60"]).arg("--out").arg(&out);
    let told = ran(&mut command);
    assert!(told.code == Some(2) && told.stderr.contains("row 1: 'zz'"), "{told:?}");
}
