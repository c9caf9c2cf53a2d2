//! Files that can't be used: exit 2, a finding with its row and reason in both languages, and not a row of
//! the database changed.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;

use crate::harness::{database, file, folder};
use crate::imports::{import, with_villages};
use crate::process::{digest, number};
use crate::samples;

/// A file, how to import it, and the finding that must come of it.
struct Bad {
    what: &'static str,
    file: PathBuf,
    more: &'static [&'static str],
    row: Option<u64>,
    code: &'static str,
    /// Words of the reason.
    en: &'static str,
    zh: &'static str,
}

fn geojson(change: impl FnOnce(&mut Value)) -> String {
    let mut areas: Value = serde_json::from_str(&samples::geojson()).unwrap();
    change(&mut areas);
    areas.to_string()
}

fn truncated(path: &Path) -> PathBuf {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..bytes.len() * 6 / 10]).unwrap();
    path.to_owned()
}

async fn all_are_refused(database: &PgConnectOptions, files: Vec<Bad>) {
    let before = digest(database).await;
    for bad in files {
        let mut more = vec!["--json"];
        more.extend(bad.more);
        let told = import(database, bad.what, &bad.file, &more).refused();
        let name = bad.file.file_name().unwrap().to_string_lossy();
        let answer: Value =
            serde_json::from_str(&told.stdout).unwrap_or_else(|error| panic!("{name}: {error}: {told:?}"));
        assert_eq!(answer["code"], "unusable", "{name}: {answer}");
        let found = answer["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == bad.code);
        let found = found.unwrap_or_else(|| panic!("{name}: no {} in {answer}", bad.code));
        assert_eq!(found["error"], true, "{name}: {found}");
        assert_eq!(found["row"], json!(bad.row), "{name}: {found}");
        assert!(found["en"].as_str().unwrap().contains(bad.en), "{name}: {found}");
        assert!(found["zh"].as_str().unwrap().contains(bad.zh), "{name}: {found}");
        assert_eq!(digest(database).await, before, "{name} changed the database");
    }
    let odd = number(
        database,
        "SELECT count(*) FROM khot.job WHERE state NOT IN ('done', 'failed') OR attempt <> 1",
    );
    assert_eq!(odd.await, 0, "jobs that were tried again or left open");
}

#[tokio::test]
async fn bad_areas_are_refused() {
    let database = with_villages().await;
    let folder = folder();
    let path = folder.path();
    let area = |name: &str, text: String, row, code, en, zh| Bad {
        what: "areas",
        file: file(path, name, &text),
        more: &[],
        row,
        code,
        en,
        zh,
    };
    let bowtie = geojson(|areas| {
        areas["features"][2]["geometry"]["coordinates"][0] =
            json!([[108.0, 41.0], [108.1, 41.2], [108.1, 41.0], [108.0, 41.2], [108.0, 41.0]]);
    });
    let strayed = geojson(|areas| {
        areas["features"][3]["geometry"]["coordinates"][0] =
            json!([[108.1, 41.0], [108.25, 41.0], [108.25, 41.2], [108.1, 41.2], [108.1, 41.0]]);
    });
    let doubled = geojson(|areas| areas["features"][3]["properties"]["code"] = json!("150821100201"));
    let orphan = geojson(|areas| areas["features"][3]["properties"]["code"] = json!("150821105202"));
    let no_name = geojson(|areas| areas["features"][1]["properties"]["name"] = json!(""));
    let odd_type = geojson(|areas| areas["features"][2]["properties"]["area_type"] = json!("沙漠"));
    let zero = geojson(|areas| areas["features"][1]["properties"]["area_type"] = json!("牧区\u{0}"));
    let zero_code = geojson(|areas| areas["features"][1]["properties"]["code"] = json!("15082\u{0}"));
    let far = geojson(|areas| areas["features"][2]["geometry"]["coordinates"][0][1] = json!([1080.0, 41.0]));
    let point = geojson(|areas| {
        areas["features"][2]["geometry"] = json!({"type": "Point", "coordinates": [108.0, 41.0]})
    });
    let mut files = vec![
        area("bowtie.geojson", bowtie, Some(3), "invalid_ring", "ring", "环"),
        area("strayed.geojson", strayed, Some(4), "outside_parent", "outside 150821100", "150821100 之外"),
        area("doubled.geojson", doubled, Some(4), "duplicate_code", "row 3", "第 3 行"),
        area("orphan.geojson", orphan, Some(4), "no_parent", "150821105", "150821105"),
        area("no-name.geojson", no_name, Some(2), "missing_value", "'name'", "name"),
        area("odd-type.geojson", odd_type, Some(3), "bad_value", "pastoral", "牧区"),
        area("zero.geojson", zero, Some(2), "bad_value", "pastoral", "牧区"),
        area("zero-code.geojson", zero_code, Some(2), "bad_value", "digits", "区划代码"),
        area("far.geojson", far, Some(3), "bad_coordinate", "lon, lat", "经纬度"),
        area("point.geojson", point, Some(3), "wrong_geometry", "Point", "Point"),
        area(
            "cut.geojson",
            samples::geojson().chars().take(1100).collect(),
            Some(2),
            "unreadable",
            "can't be read",
            "截断",
        ),
        area("empty.geojson", String::new(), None, "empty", "empty", "空"),
        area(
            "no-features.geojson",
            json!({"type": "FeatureCollection", "features": []}).to_string(),
            None,
            "empty",
            "empty",
            "空",
        ),
        area("areas.dwg", samples::geojson(), None, "unknown_format", ".dwg", ".dwg"),
    ];
    let mut add = |file: PathBuf, more: &'static [&'static str], code, en, zh| {
        files.push(Bad { what: "areas", file, more, row: None, code, en, zh });
    };
    let without_prj = samples::shapefile(path, "nowhere");
    std::fs::remove_file(path.join("nowhere.prj")).unwrap();
    add(without_prj, &[], "missing_crs", "--crs EPSG:4490", "坐标系");
    add(
        file(path, "crs.geojson", &samples::geojson()),
        &["--crs", "EPSG:9999"],
        "unknown_crs",
        "EPSG:9999",
        "EPSG:9999",
    );
    add(
        file(path, "columns.csv", &samples::csv().replacen("区划代码", "甲", 1)),
        &[],
        "missing_column",
        "'code' is missing",
        "缺少列",
    );
    add(truncated(&samples::gpkg(path, "cut.gpkg")), &[], "unreadable", "can't be read", "截断");
    all_are_refused(&database, files).await;

    // Found by what each format says of itself; which row, depends on where it was cut.
    let before = digest(&database).await;
    let cut = truncated(&samples::shapefile(path, "cut"));
    let told = import(&database, "areas", &cut, &[]).refused();
    assert!(told.stdout.contains("can't be read") && told.stdout.contains("截断"), "{told:?}");
    let gbk = samples::save(path, "gbk.csv", encoding_rs::GBK.encode(&samples::csv()).0);
    let told = import(&database, "areas", &gbk, &[]).refused();
    assert!(told.stdout.contains("--encoding GBK"), "{told:?}");
    let elsewhere = file(path, "elsewhere.geojson", &samples::geojson());
    let told = import(&database, "areas", &elsewhere, &["--area", "150822"]).refused();
    assert!(told.stdout.contains("row 1 150821: it lies outside 150822"), "{told:?}");
    let told = import(&database, "areas", &path.join("not-there.geojson"), &[]).refused();
    assert!(told.sentence().contains("not-there.geojson"), "{told:?}");
    assert_eq!(digest(&database).await, before);
}

#[tokio::test]
async fn bad_units_are_refused() {
    let database = with_villages().await;
    let folder = folder();
    let path = folder.path();
    let good = file(path, "good.csv", "lon,lat,households\n108.05,41.1,3\n108.15,41.1,4\n");
    import(&database, "units", &good, &[]).fine();
    let unit = |name: &str, text: &str, row, code, en, zh| Bad {
        what: "units",
        file: file(path, name, text),
        more: &[],
        row,
        code,
        en,
        zh,
    };
    let compound = |code: &str, west: f64, households: i32| {
        let ring: Vec<[f64; 2]> =
            samples::rectangle(west, 41.0, west + 0.05, 41.2).into_iter().map(|(x, y)| [x, y]).collect();
        json!({"type": "Feature", "properties": {"unit": code, "households": households},
               "geometry": {"type": "Polygon", "coordinates": [ring]}})
    };
    let file_of =
        |features: Vec<Value>| json!({"type": "FeatureCollection", "features": features}).to_string();
    let long = "院".repeat(61);
    let files = vec![
        unit(
            "negative.csv",
            "lon,lat,households\n108.05,41.1,3\n108.05,41.1,-3\n",
            Some(2),
            "negative_count",
            "-3",
            "负数",
        ),
        unit(
            "many.csv",
            "lon,lat,households\n108.05,41.1,9999999\n",
            Some(1),
            "bad_value",
            "1000000",
            "整数",
        ),
        unit(
            "half.csv",
            "lon,lat,households\n108.05,41.1,2.5\n",
            Some(1),
            "bad_value",
            "whole number",
            "整数",
        ),
        unit(
            "away.csv",
            "lon,lat,households\n108.05,41.1,3\n111.0,41.1,3\n",
            Some(2),
            "outside_village",
            "no village",
            "不在任何",
        ),
        unit(
            "columns.csv",
            "lon,lat,doors\n108.05,41.1,3\n",
            None,
            "missing_column",
            "'households' is missing",
            "缺少列",
        ),
        unit("header.csv", "lon,lat,households\n", None, "empty", "empty", "空"),
        unit("cell.csv", "h3,households\n8f1d489,3\n", Some(1), "bad_cell", "8f1d489", "8f1d489"),
        unit("zero.csv", "h3,households\n88318\u{0}ca7fffff,3\n", Some(1), "bad_cell", "H3", "H3"),
        unit("gap.geojson", &file_of(vec![compound("甲", 108.0, 3)]), None, "gap", "leave out", "未覆盖"),
        unit(
            "overlap.geojson",
            &file_of(vec![compound("甲", 108.0, 3), compound("乙", 108.04, 3)]),
            Some(2),
            "overlap",
            "甲",
            "重叠",
        ),
        unit(
            "doubled.geojson",
            &file_of(vec![compound("甲", 108.0, 3), compound("甲", 108.05, 3)]),
            Some(2),
            "duplicate_code",
            "row 1",
            "第 1 行",
        ),
        unit(
            "strayed.geojson",
            &file_of(vec![compound("甲", 107.98, 3), compound("乙", 108.05, 3)]),
            Some(1),
            "outside_parent",
            "150821100201",
            "之外",
        ),
        unit(
            "long.geojson",
            &file_of(vec![compound(&long, 108.0, 3), compound("乙", 108.05, 3)]),
            Some(1),
            "bad_value",
            "characters",
            "字",
        ),
    ];
    all_are_refused(&database, files).await;
}

#[tokio::test]
async fn findings_go_to_a_file_for_people_and_for_programs() {
    let database = with_villages().await;
    let folder = folder();
    let rows: String =
        (0..120).map(|at| format!("108.05,41.1,{}\n", if at % 2 == 0 { 3 } else { -at })).collect();
    let units = file(folder.path(), "units.csv", &format!("lon,lat,households\n{rows}"));
    for name in ["findings.json", "findings.csv"] {
        let told =
            import(&database, "units", &units, &["--findings", folder.path().join(name).to_str().unwrap()])
                .refused();
        assert!(
            told.stdout
                .contains("error  row 2: 'households' can't be negative: -1 · “households”不能为负数：-1"),
            "{told:?}"
        );
        assert!(told.stdout.contains("and 10 more"), "{told:?}");
        assert_eq!(told.sentence(), "the file can't be used: 60 errors; nothing was changed");
    }
    let json: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("findings.json")).unwrap()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 60);
    assert_eq!((&json[59]["row"], &json[59]["code"]), (&json!(120), &json!("negative_count")));
    let mut table = csv::Reader::from_path(folder.path().join("findings.csv")).unwrap();
    assert_eq!(table.headers().unwrap(), vec!["row", "subject", "code", "error", "zh", "en"]);
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[0][0], &rows[0][2], &rows[0][3]), (60, "2", "negative_count", "true"));
}

#[tokio::test]
async fn units_before_their_villages_are_told_so() {
    let database = database().await;
    let before = digest(&database).await;
    let folder = folder();
    let units = file(folder.path(), "units.csv", "lon,lat,households\n108.05,41.1,3\n");
    let told = import(&database, "units", &units, &[]).refused();
    assert!(told.stdout.contains("it lies in no village"), "{told:?}");
    assert_eq!(digest(&database).await, before);
}
