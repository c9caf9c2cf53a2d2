use geo::{CoordsIter, Geometry};

use super::{samples::*, *};
use crate::{
    domain::{AreaType, VillageKind},
    geo::crs::Crs,
};

fn check(path: &Path, options: ReadOptions, tolerance: f64) {
    let (areas, findings) = areas(path, options);
    let errors: Vec<_> = findings.iter().filter(|finding| finding.kind.is_error()).collect();
    // The banner's league is not there: all else must be well.
    assert_eq!(errors.len(), 1, "{path:?}: {errors:?}");
    assert_eq!(errors[0].kind, FindingKind::NoParent { parent: "1508".into() });
    let samples = samples();
    assert_eq!(areas.len(), samples.len(), "{path:?}");
    for ((row, area), (sample, expected)) in areas.iter().zip(samples.iter().zip(1..)) {
        assert_eq!((*row, area.code.as_str(), area.name.as_str()), (expected, sample.code, sample.name));
        let Geometry::Polygon(polygon) = polygon(sample) else { panic!() };
        assert_eq!(area.outline.0.len(), 1);
        for corner in area.outline.coords_iter() {
            let near = polygon.coords_iter().any(|c| (c.x - corner.x).hypot(c.y - corner.y) <= tolerance);
            assert!(near, "{path:?}: {corner:?}");
        }
    }
    assert_eq!(areas[2].1.kind, Some(VillageKind::Gacha));
    assert_eq!(areas[2].1.area_type, Some(AreaType::Pastoral));
    assert_eq!((areas[1].1.kind, areas[1].1.area_type), (None, None));
    assert_eq!(areas[3].1.kind, Some(VillageKind::Village));
}

#[test]
fn every_format_gives_the_same_areas() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    check(&save(folder, "a.geojson", geojson()), ReadOptions::default(), 0.0);
    check(&save(folder, "a.csv", csv()), ReadOptions::default(), 0.0);
    check(&save(folder, "bom.csv", format!("\u{FEFF}{}", csv())), ReadOptions::default(), 0.0);
    check(&shapefile(folder, "a"), ReadOptions::default(), 0.0);
    check(&gpkg(folder, "a b%.gpkg"), ReadOptions::default(), 1e-9);
    let gbk = save(folder, "gbk.csv", encoding_rs::GBK.encode(&csv()).0);
    let options = ReadOptions { encoding: Some("GBK".into()), ..ReadOptions::default() };
    check(&gbk, options.clone(), 0.0);
    check(&save(folder, "gbk.geojson", encoding_rs::GBK.encode(&geojson()).0), options, 0.0);
    let semicolons = csv().replace("区划代码,名称,区域类型,wkt", "区划代码;名称;区域类型;wkt");
    let semicolons: String = semicolons
        .lines()
        .map(|line| match line.split_once('"') {
            Some((head, wkt)) => format!("{}\"{wkt}\r\n", head.replace(',', ";")),
            None => format!("{line}\r\n"),
        })
        .collect();
    check(&save(folder, "semicolons.csv", semicolons), ReadOptions::default(), 0.0);
}

#[test]
fn features_may_stand_line_by_line_and_alone() {
    let folder = tempfile::tempdir().unwrap();
    let whole: serde_json::Value = serde_json::from_str(&geojson()).unwrap();
    let lines: Vec<String> = whole["features"].as_array().unwrap().iter().map(|f| f.to_string()).collect();
    check(&save(folder.path(), "a.geojsonl", lines.join("\n")), ReadOptions::default(), 0.0);
    let marked: String = lines.iter().map(|line| format!("\u{1E}{line}\n")).collect();
    check(&save(folder.path(), "seq.geojsonl", marked), ReadOptions::default(), 0.0);
    let (one, findings) = rows(&save(folder.path(), "one.geojson", &lines[0]), ReadOptions::default());
    assert_eq!((one.len(), findings), (1, vec![]));
}

#[test]
fn the_files_own_coordinate_system_is_kept_and_the_senders_rules() {
    let folder = tempfile::tempdir().unwrap();
    // The member may stand behind the features, and a bbox before them.
    let text = geojson().replacen('{', r#"{"bbox": [1, [2], "]["],"#, 1);
    let end = text.rfind('}').unwrap();
    let crs =
        r#","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}},"synthetic":true}"#;
    let path = save(folder.path(), "crs.geojson", format!("{}{crs}", &text[..end]));
    let (read, findings) = rows(&path, ReadOptions::default());
    assert_eq!(findings, vec![]);
    assert_eq!(read.len(), 4);
    assert!(read.iter().all(|row| row.crs == Crs::Cgcs2000 && row.synthetic));
    let (areas, _) = areas(&path, ReadOptions { crs: Some(Crs::Gcj02), ..ReadOptions::default() });
    assert!(areas.iter().all(|(_, area)| area.synthetic));
    let moved = areas[0].1.outline.0[0].exterior().0[0];
    let shift = (moved.x - 107.9).hypot(moved.y - 40.9);
    assert!((0.001..0.01).contains(&shift), "{shift}");
}

#[test]
fn deleted_rows_and_cut_characters_of_a_table_are_understood() {
    let folder = tempfile::tempdir().unwrap();
    let path = shapefile(folder.path(), "a");
    let table = folder.path().join("a.dbf");
    let mut bytes = std::fs::read(&table).unwrap();
    let (head, record) = (32 + 3 * 32 + 1, 1 + 12 + 40 + 20);
    bytes[head + record] = b'*';
    // The name's field, filled to its last byte with half a character at the end.
    let name = head + 2 * record + 1 + 12;
    bytes[name..name + 40].fill(b'a');
    bytes[name + 39] = 0xB4;
    std::fs::write(&table, bytes).unwrap();
    let (read, findings) = rows(&path, ReadOptions::default());
    assert_eq!(findings, vec![]);
    assert_eq!(read.iter().map(|row| row.row).collect::<Vec<_>>(), [1, 3, 4]);
    assert_eq!(read[1].columns[1].1, Value::Text("a".repeat(39)));
}

#[test]
fn a_table_of_a_geopackage_can_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = gpkg(folder.path(), "a.gpkg");
    let base = rusqlite::Connection::open(&path).unwrap();
    base.execute_batch(
        "CREATE TABLE counts (h3 TEXT, households INTEGER);
         INSERT INTO counts VALUES ('88318c4ca7fffff', 12);
         INSERT INTO gpkg_contents VALUES ('counts', 'attributes', 0);",
    )
    .unwrap();
    drop(base);
    let options = ReadOptions { table: Some("COUNTS".into()), ..ReadOptions::default() };
    let (read, findings) = rows(&path, options);
    assert_eq!(findings, vec![]);
    assert_eq!(read[0].columns[1], ("households".into(), Value::Integer(12)));
    let (_, findings) = rows(&path, ReadOptions { table: Some("none".into()), ..ReadOptions::default() });
    assert!(findings[0].kind.text().en.contains("no table 'none'"));
}

#[test]
fn rings_of_a_shapefile_may_stand_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = shapefile(folder.path(), "a");
    let turned = |ring: Vec<(f64, f64)>| ring.into_iter().rev().collect::<Vec<_>>();
    let (west, east) = (rectangle(108.0, 41.0, 108.1, 41.1), rectangle(108.2, 41.0, 108.3, 41.1));
    let (hole, island) = (rectangle(108.01, 41.01, 108.09, 41.09), rectangle(108.04, 41.04, 108.06, 41.06));
    let shapes = [
        // Outer rings first, then the hole of the first of them.
        vec![turned(west.clone()), turned(east.clone()), hole.clone()],
        // All turned the wrong way.
        vec![west.clone(), hole.clone(), east.clone()],
        vec![hole.clone(), turned(west.clone()), turned(east.clone())],
        vec![turned(west), hole, turned(island), turned(east)],
    ];
    std::fs::write(&path, shp_of_parts(&shapes)).unwrap();
    let (read, _) = areas(&path, ReadOptions::default());
    let shape: Vec<Vec<usize>> = read
        .iter()
        .map(|(_, area)| area.outline.iter().map(|polygon| polygon.interiors().len()).collect())
        .collect();
    assert_eq!(shape, [vec![1, 0], vec![1, 0], vec![1, 0], vec![1, 0, 0]]);
}
