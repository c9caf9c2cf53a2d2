//! `khot divide` and `khot verify` on files, as processes without any database, and every `--help`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use geozero::{CoordDimensions, ToWkb};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{file, folder, khot, square};
use crate::process::{Ran, ran};
use crate::samples;

/// Units stand in a square of so many a side.
const SIDE: usize = 16;

fn weight(at: usize) -> usize {
    [7, 0, 3, 12, 5][(at * 7 + at / SIDE) % 5]
}

fn village(at: usize) -> &'static str {
    if at % SIDE < 6 { "西村" } else { "东村" }
}

fn cells_csv() -> String {
    let rows = (0..SIDE * SIDE)
        .map(|at| format!("u{at},{},{},{},{}\n", weight(at), village(at), at % SIDE, at / SIDE));
    format!("id,weight,village,x,y\n{}", rows.collect::<String>())
}

fn edges_csv() -> String {
    let mut text = "a,b,length\n".to_owned();
    for at in 0..SIDE * SIDE {
        if at % SIDE + 1 < SIDE {
            writeln!(text, "u{at},u{},100", at + 1).unwrap();
        }
        if at + SIDE < SIDE * SIDE {
            writeln!(text, "u{at},u{},80.5", at + SIDE).unwrap();
        }
    }
    text
}

fn outline(at: usize) -> geo::Polygon<f64> {
    square(108.0 + (at % SIDE) as f64 / 128.0, 41.0 + (at / SIDE) as f64 / 128.0, 1.0 / 128.0)
}

fn cells_geojson() -> String {
    let features = (0..SIDE * SIDE).map(|at| {
        let ring: Vec<[f64; 2]> = outline(at).exterior().coords().map(|c| [c.x, c.y]).collect();
        json!({"type": "Feature", "properties": {"id": format!("u{at}"), "weight": weight(at), "village": village(at)},
               "geometry": {"type": "Polygon", "coordinates": [ring]}})
    });
    json!({"type": "FeatureCollection", "features": features.collect::<Vec<_>>()}).to_string()
}

fn cells_shapefile(folder: &Path) -> PathBuf {
    let rings: Vec<Vec<(f64, f64)>> =
        (0..SIDE * SIDE).map(|at| outline(at).exterior().coords().map(|c| (c.x, c.y)).collect()).collect();
    let texts: Vec<(String, String)> =
        (0..SIDE * SIDE).map(|at| (format!("u{at}"), weight(at).to_string())).collect();
    let rows: Vec<Vec<&str>> =
        texts.iter().enumerate().map(|(at, (id, weight))| vec![id.as_str(), weight, village(at)]).collect();
    samples::save(folder, "cells.dbf", samples::dbf(&[("id", 8), ("weight", 8), ("village", 20)], &rows));
    samples::save(folder, "cells.prj", samples::PRJ_4490);
    samples::save(folder, "cells.cpg", "GBK");
    samples::save(folder, "cells.shp", samples::shp(&rings))
}

fn cells_geopackage(folder: &Path) -> PathBuf {
    let path = folder.join("cells.gpkg");
    let base = rusqlite::Connection::open(&path).unwrap();
    base.execute_batch(
        "PRAGMA application_id = 0x47504B47;
         CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
             organization_coordsys_id INTEGER, definition TEXT);
         INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, '');
         CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, srs_id INTEGER);
         INSERT INTO gpkg_contents VALUES ('cells', 'features', 4326);
         CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT,
             srs_id INTEGER, z TINYINT, m TINYINT);
         INSERT INTO gpkg_geometry_columns VALUES ('cells', 'geom', 'POLYGON', 4326, 0, 0);
         CREATE TABLE cells (fid INTEGER PRIMARY KEY, geom BLOB, id TEXT, weight INTEGER, village TEXT);",
    )
    .unwrap();
    for at in 0..SIDE * SIDE {
        let blob =
            geo::Geometry::from(outline(at)).to_gpkg_wkb(CoordDimensions::xy(), Some(4326), vec![]).unwrap();
        base.execute(
            "INSERT INTO cells (geom, id, weight, village) VALUES (?1, ?2, ?3, ?4)",
            (blob, format!("u{at}"), weight(at), village(at)),
        )
        .unwrap();
    }
    path
}

/// A folder with `cells.csv`, `edges.csv` and `cells.geojson`; the program runs in it.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let folder = folder();
        file(folder.path(), "cells.csv", &cells_csv());
        file(folder.path(), "edges.csv", &edges_csv());
        file(folder.path(), "cells.geojson", &cells_geojson());
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, line: &str) -> Ran {
        ran(self.command(line))
    }

    fn command(&self, line: &str) -> &mut Command {
        // One command a call: leaked, it can be built up in one expression.
        let command = Box::leak(Box::new(khot()));
        command.current_dir(self.0.path()).args(line.split(' '))
    }

    fn parts(&self, name: &str) -> BTreeMap<String, u32> {
        let mut table = csv::Reader::from_path(self.path(name)).unwrap();
        assert_eq!(table.headers().unwrap(), vec!["id", "part"]);
        table
            .records()
            .map(|row| row.unwrap())
            .map(|row| (row[0].to_owned(), row[1].parse().unwrap()))
            .collect()
    }

    fn is_whole(&self, name: &str) {
        let told = self.run(&format!("verify --units cells.csv --edges edges.csv --parts {name}")).fine();
        assert!(told.stdout.ends_with(&format!("checked {} units: 0 breaches\n", SIDE * SIDE)), "{told:?}");
    }
}

const DIVIDE: &str = "divide --units cells.csv --edges edges.csv --weight weight --effort quick";

#[test]
fn every_subcommand_has_an_example_in_its_help() {
    let all = ran(khot().arg("--help")).fine().stdout;
    let names: Vec<&str> = all
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        let help = ran(khot().args([name, "--help"])).fine().stdout;
        assert!(
            help.contains("Example") && help.contains(&format!("khot {name}")),
            "khot {name} --help: {help}"
        );
    }
    let misspelt = ran(khot().arg("divied"));
    assert_eq!(misspelt.code, Some(2));
    assert!(misspelt.stderr.contains("divide"), "{misspelt:?}");
}

#[test]
fn divides_a_table_and_its_answer_passes_the_check() {
    let files = Files::new();
    let told = files.run(&format!("{DIVIDE} --parts 9 --out parts.csv --seed 4")).fine();
    assert!(told.stdout.contains("256 units in 9 parts"), "{told:?}");
    let parts = files.parts("parts.csv");
    assert_eq!(parts.len(), SIDE * SIDE);
    assert_eq!(parts.values().copied().collect::<BTreeSet<_>>(), (0..9).collect());
    files.is_whole("parts.csv");

    // The same seed gives the same answer, whatever the number of threads; another seed gives another.
    let again = |name: &str, more: &str| {
        files.run(&format!("{DIVIDE} --parts 9 --out {name} {more}")).fine();
        std::fs::read(files.path(name)).unwrap()
    };
    let first = std::fs::read(files.path("parts.csv")).unwrap();
    assert_eq!(again("one.csv", "--seed 4 --threads 1"), first);
    assert_eq!(again("two.csv", "--seed 4 --threads 2"), first);
    assert_ne!(again("other.csv", "--seed 5"), first);

    // By target: as many parts as fit, each within the tolerance.
    let told = files.run(&format!("{DIVIDE} --target 100 --tolerance 0.1 --json --out target.csv")).fine();
    let answer: Value = serde_json::from_str(&told.stdout).unwrap();
    let total: usize = (0..SIDE * SIDE).map(weight).sum();
    assert_eq!(answer["parts"], json!((total + 50) / 100), "{answer}");
    assert_eq!(answer["within_tolerance"], answer["parts"], "{answer}");
    assert!(answer["worst"].as_f64().unwrap() <= 0.1, "{answer}");
    files.is_whole("target.csv");
}

#[test]
fn keeps_parts_inside_one_value_of_a_column() {
    let files = Files::new();
    for threads in [1, 2] {
        let out = format!("within{threads}.csv");
        files.run(&format!("{DIVIDE} --target 100 --within village --threads {threads} --out {out}")).fine();
        let mut villages: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
        for (id, part) in files.parts(&out) {
            villages.entry(part).or_default().insert(village(id[1..].parse().unwrap()));
        }
        assert!(villages.values().all(|of| of.len() == 1), "{villages:?}");
        assert_eq!(
            villages.keys().copied().collect::<Vec<_>>(),
            (0..villages.len() as u32).collect::<Vec<_>>()
        );
        files.is_whole(&out);
    }
    let read = |name: &str| std::fs::read(files.path(name)).unwrap();
    assert_eq!(read("within1.csv"), read("within2.csv"));
}

#[test]
fn finds_the_neighbours_of_polygons_in_every_format() {
    let files = Files::new();
    cells_shapefile(files.0.path());
    cells_geopackage(files.0.path());
    for units in ["cells.geojson", "cells.shp", "cells.gpkg"] {
        let told = files
            .run(&format!("divide --units {units} --weight weight --parts 6 --effort quick --out out.csv"))
            .fine();
        assert!(told.stdout.contains("256 units in 6 parts"), "{units}: {told:?}");
        files.is_whole("out.csv");
        files.run(&format!("verify --units {units} --parts out.csv")).fine();
        std::fs::remove_file(files.path("out.csv")).unwrap();
    }
    // A map as the answer: the units with their parts.
    files.run("divide --units cells.geojson --weight weight --parts 6 --out out.geojson").fine();
    let map: Value = serde_json::from_slice(&std::fs::read(files.path("out.geojson")).unwrap()).unwrap();
    let features = map["features"].as_array().unwrap();
    assert_eq!(features.len(), SIDE * SIDE);
    let parts: BTreeSet<u64> = features.iter().map(|f| f["properties"]["part"].as_u64().unwrap()).collect();
    assert_eq!(parts, (0..6).collect());
    assert!(
        features
            .iter()
            .all(|f| f["geometry"]["type"] == "MultiPolygon" || f["geometry"]["type"] == "Polygon")
    );
    assert_eq!(features[3]["properties"]["id"], "u3");
}

#[test]
fn a_tampered_answer_gets_a_line_for_each_breach() {
    let files = Files::new();
    files.run(&format!("{DIVIDE} --parts 9 --out parts.csv")).fine();
    let whole = std::fs::read_to_string(files.path("parts.csv")).unwrap();
    let verify = |text: &str| {
        file(files.0.path(), "tampered.csv", text);
        files.run("verify --units cells.csv --edges edges.csv --parts tampered.csv").failed()
    };
    let breaches = |told: &Ran, texts: &[&str]| {
        let lines: Vec<&str> = told.stdout.lines().collect();
        assert_eq!(lines.len(), texts.len() + 1, "{told:?}");
        for text in texts {
            assert!(lines.iter().any(|line| line.contains(text)), "no line has {text:?}: {told:?}");
        }
        assert!(lines[texts.len()].ends_with(&format!(": {} breaches", texts.len())), "{told:?}");
    };
    let moved = |id: &str, part: u32| {
        let line = whole.lines().find(|line| line.starts_with(&format!("{id},"))).unwrap();
        whole.replace(&format!("{line}\n"), &format!("{id},{part}\n"))
    };
    // A corner goes to the part of the opposite corner: that part is then in two pieces.
    let far = files.parts("parts.csv")["u255"];
    breaches(&verify(&moved("u0", far)), &[&format!("{far}")]);
    // One unit left out, one that doesn't exist, one that stands twice: three breaches.
    let line = whole.lines().find(|line| line.starts_with("u17,")).unwrap();
    let mut three = whole.replace(&format!("{line}\n"), "nobody,2\n");
    three.push_str(&format!("u0,{far}\n"));
    let told = verify(&three);
    assert!(["u17", "nobody", "u0"].iter().all(|unit| told.stdout.contains(unit)), "{told:?}");
    assert!(!told.stdout.contains("nothing was written"), "{told:?}");
    let json = files.run("verify --units cells.csv --edges edges.csv --parts tampered.csv --json").failed();
    let answer: Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(answer["breaches"].as_array().unwrap().len() >= 3, "{answer}");
}

#[test]
fn what_cannot_be_divided_is_refused_in_one_sentence_and_nothing_is_written() {
    let files = Files::new();
    let (cells, edges) = (cells_csv(), edges_csv());
    let bad = [
        // Units, edges, the command, and what must be said.
        (
            cells.replacen("id,weight", "id,households", 1),
            edges.clone(),
            DIVIDE.to_owned() + " --parts 9",
            "'weight' is missing",
        ),
        (
            cells.clone(),
            edges.replacen("u0,u1,", "u0,elsewhere,", 1),
            DIVIDE.to_owned() + " --parts 9",
            "elsewhere",
        ),
        (
            cells.clone(),
            edges.replacen("a,b,", "from,to,", 1),
            DIVIDE.to_owned() + " --parts 9",
            "'a' is missing",
        ),
        (cells.clone(), edges.replacen(",100", ",-100", 1), DIVIDE.to_owned() + " --parts 9", "-100"),
        (cells.replacen("u4,12", "u4,-12", 1), edges.clone(), DIVIDE.to_owned() + " --parts 9", "negative"),
        (cells.replacen("u4,12", "u4,", 1), edges.clone(), DIVIDE.to_owned() + " --parts 9", "row 5"),
        (cells.replacen("u4,12", "u4,many", 1), edges.clone(), DIVIDE.to_owned() + " --parts 9", "many"),
        (cells.replacen("u4,", "u3,", 1), edges.clone(), DIVIDE.to_owned() + " --parts 9", "row 5"),
        (String::new(), edges.clone(), DIVIDE.to_owned() + " --parts 9", "empty"),
        ("id,weight\n".to_owned(), edges.clone(), DIVIDE.to_owned() + " --parts 9", "empty"),
        (cells.clone(), String::new(), DIVIDE.to_owned() + " --parts 9", "empty"),
        (cells.clone(), edges.clone(), DIVIDE.to_owned() + " --parts 257", "256"),
        (cells.clone(), edges.clone(), DIVIDE.to_owned() + " --parts 0", "at least 1"),
        (cells.clone(), edges.clone(), DIVIDE.to_owned() + " --target 0", "above 0"),
        (cells.clone(), edges.clone(), DIVIDE.to_owned() + " --target NaN", "above 0"),
        (cells.clone(), edges.clone(), DIVIDE.to_owned() + " --parts 9 --tolerance=-1", "tolerance"),
        (
            cells.clone(),
            edges.clone(),
            DIVIDE.to_owned() + " --target 100 --within county",
            "'county' is missing",
        ),
        (
            cells.clone(),
            edges.clone(),
            "divide --units cells.csv --weight weight --parts 9".to_owned(),
            "--edges",
        ),
        (
            cells.clone(),
            edges.clone(),
            "divide --units none.csv --edges edges.csv --weight weight --parts 9".to_owned(),
            "none.csv",
        ),
    ];
    for (units, borders, line, said) in bad {
        file(files.0.path(), "cells.csv", &units);
        file(files.0.path(), "edges.csv", &borders);
        let told = files.run(&format!("{line} --out parts.csv"));
        assert_eq!(told.code, Some(2), "{line}, {said}: {told:?}");
        let told = told.refused();
        assert!(told.stderr.contains(said), "{line}: no {said:?} in {told:?}");
        assert_eq!(told.stdout, "", "{told:?}");
        let left: BTreeSet<String> = std::fs::read_dir(files.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(left, ["cells.csv", "cells.geojson", "edges.csv"].map(str::to_owned).into(), "{line}");
    }
    // An answer that was there stays as it was; an ending that can't be written is refused.
    file(files.0.path(), "cells.csv", &cells.replacen("u4,12", "u4,-12", 1));
    let kept = file(files.0.path(), "parts.csv", "kept");
    files.run(&format!("{DIVIDE} --parts 9 --out parts.csv")).refused();
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "kept");
    file(files.0.path(), "cells.csv", &cells);
    assert!(files.run(&format!("{DIVIDE} --parts 9 --out parts.xlsx")).refused().stderr.contains(".csv"));
    assert!(files.run(&format!("{DIVIDE} --parts 9 --out map.geojson")).refused().stderr.contains(".csv"));
    assert!(!files.path("map.geojson").exists() && !files.path("parts.xlsx").exists());
}
