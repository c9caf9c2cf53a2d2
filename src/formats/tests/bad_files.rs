//! Files that are bad as a whole.

use super::{samples::*, *};
use crate::geo::crs::Crs;

fn codes(findings: &[Finding]) -> Vec<(Option<u64>, &'static str)> {
    findings.iter().map(|finding| (finding.row, finding.kind.code())).collect()
}

fn of(path: &Path) -> Vec<(Option<u64>, &'static str)> {
    codes(&rows(path, ReadOptions::default()).1)
}

#[test]
fn empty_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, text) in [
        ("a.geojson", ""),
        ("b.geojson", "  \n"),
        ("c.geojson", r#"{"type":"FeatureCollection","features":[]}"#),
        ("a.csv", ""),
        ("b.csv", "\n\n"),
        ("c.csv", "code,name\n"),
        ("a.shp", ""),
        ("a.gpkg", ""),
    ] {
        let (_, findings) =
            rows(&save(folder, name, text), ReadOptions { crs: Some(Crs::Wgs84), ..Default::default() });
        assert_eq!(codes(&findings), [(None, "empty")], "{name}");
        assert_eq!(findings[0].kind.text().zh, "文件是空的，没有可导入的内容");
    }
    assert_eq!(of(&folder.join("nowhere.csv")), [(None, "unreadable")]);
    assert_eq!(of(&save(folder, "a.xls", "PK")), [(None, "unknown_format")]);
    assert_eq!(of(&save(folder, "a.xlsx", "PK")), [(None, "unreadable")]);
    assert_eq!(of(&save(folder, "noending", "x")), [(None, "unknown_format")]);
}

#[test]
fn truncated_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = geojson();
    let third = text.match_indices("\"type\": \"Feature\"").nth(2).unwrap().0;
    let cut = save(folder, "a.geojson", &text.as_bytes()[..third]);
    let (read, findings) = rows(&cut, ReadOptions::default());
    assert_eq!((read.len(), codes(&findings)), (2, vec![(Some(3), "unreadable")]));
    assert!(findings[0].kind.text().en.contains("ends in the middle"));
    assert!(findings[0].kind.text().zh.contains("文件在中途结束"));

    let path = shapefile(folder, "s");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    assert_eq!(of(&path), [(Some(4), "unreadable")]);
    let record = 8 + 48 + 5 * 16;
    std::fs::write(&path, &whole[..whole.len() - record]).unwrap();
    assert_eq!(of(&path), [(Some(4), "unreadable")]);
    std::fs::write(&path, &whole[..60]).unwrap();
    assert_eq!(of(&path), [(None, "unreadable")]);
    std::fs::write(&path, whole).unwrap();
    let table = std::fs::read(folder.join("s.dbf")).unwrap();
    std::fs::write(folder.join("s.dbf"), &table[..table.len() - 80]).unwrap();
    assert_eq!(of(&path), [(Some(3), "unreadable")]);

    let path = gpkg(folder, "g.gpkg");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let findings = of(&path);
    assert!(matches!(findings.last(), Some((_, "unreadable"))), "{findings:?}");

    let text = csv();
    let cut = save(folder, "a.csv", &text.as_bytes()[..text.len() - 20]);
    assert_eq!(of(&cut), [(Some(4), "bad_value")]);
}

#[test]
fn wrong_encodings() {
    let folder = tempfile::tempdir().unwrap();
    let gbk = save(folder.path(), "a.csv", encoding_rs::GBK.encode(&csv()).0);
    assert_eq!(of(&gbk), [(None, "wrong_encoding")]);
    let plain = csv().replace("区划代码,名称,区域类型", "code,name,area_type");
    let gbk = save(folder.path(), "b.csv", encoding_rs::GBK.encode(&plain).0);
    let findings = rows(&gbk, ReadOptions::default()).1;
    assert_eq!(findings.len(), 4);
    assert_eq!(findings[0].row, Some(1));
    assert_eq!(
        findings[0].kind.text().en,
        "the text is not in UTF-8: name its encoding, for example with --encoding GBK"
    );
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(plain.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(of(&save(folder.path(), "c.csv", utf16)), [(None, "wrong_encoding")]);
    let json = save(folder.path(), "a.geojson", encoding_rs::GBK.encode(&geojson()).0);
    assert_eq!(of(&json)[0], (Some(1), "wrong_encoding"));
    let options = ReadOptions { encoding: Some("Klingon".into()), ..ReadOptions::default() };
    let (_, findings) = rows(&gbk, options);
    assert_eq!(codes(&findings), [(None, "unknown_encoding")]);
    let shp = shapefile(folder.path(), "s");
    std::fs::remove_file(folder.path().join("s.cpg")).unwrap();
    assert_eq!(of(&shp)[0], (Some(1), "wrong_encoding"));
}

#[test]
fn coordinate_systems_that_are_missing_or_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let shp = shapefile(folder, "s");
    std::fs::remove_file(folder.join("s.prj")).unwrap();
    let findings = rows(&shp, ReadOptions::default()).1;
    assert_eq!(codes(&findings), [(None, "missing_crs")]);
    assert!(findings[0].kind.text().en.contains("--crs EPSG:4490"));
    let given = ReadOptions { crs: Some(Crs::Cgcs2000), ..ReadOptions::default() };
    assert_eq!(rows(&shp, given).0.len(), 4);
    save(folder, "s.prj", PRJ_4490.replace("China", "Xian").replace("2000", "1980"));
    assert_eq!(of(&shp), [(None, "unknown_crs")]);
    std::fs::remove_file(folder.join("s.dbf")).unwrap();
    save(folder, "s.prj", PRJ_4490);
    assert_eq!(of(&shp), [(None, "unreadable")]);

    let crs = r#"{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2383"}},"#;
    let json = save(folder, "a.geojson", geojson().replacen('{', crs, 1));
    let findings = rows(&json, ReadOptions::default()).1;
    assert_eq!(
        findings,
        vec![Finding::file(FindingKind::UnknownCrs { crs: "urn:ogc:def:crs:EPSG::2383".into() })]
    );

    let path = gpkg(folder, "g.gpkg");
    for (change, code) in [
        ("UPDATE gpkg_spatial_ref_sys SET organization_coordsys_id = 2383", "unknown_crs"),
        ("UPDATE gpkg_geometry_columns SET srs_id = -1", "missing_crs"),
        ("UPDATE gpkg_geometry_columns SET srs_id = 7", "unknown_crs"),
    ] {
        rusqlite::Connection::open(&path).unwrap().execute_batch(change).unwrap();
        assert_eq!(of(&path), [(None, code)], "{change}");
    }
}

#[test]
fn hostile_geopackages_run_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = gpkg(folder.path(), "g.gpkg");
    let base = rusqlite::Connection::open(&path).unwrap();
    // A view that never ends, in the place of the table.
    base.execute_batch(
        "ALTER TABLE areas RENAME TO real_areas;
         CREATE VIEW areas AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
             SELECT i AS fid, NULL AS geom, 'x' AS code, 'x' AS name, '' AS area_type FROM n;",
    )
    .unwrap();
    drop(base);
    let begun = std::time::Instant::now();
    assert_eq!(of(&path), [(None, "unreadable")]);
    let base = rusqlite::Connection::open(&path).unwrap();
    base.execute_batch(
        "DROP VIEW areas; ALTER TABLE real_areas RENAME TO areas;
         ALTER TABLE gpkg_geometry_columns RENAME TO held;
         CREATE VIEW gpkg_geometry_columns AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
             SELECT i AS table_name, i AS column_name, 1 AS srs_id FROM n;",
    )
    .unwrap();
    drop(base);
    assert_eq!(of(&path), [(None, "unreadable")]);
    let base = rusqlite::Connection::open(&path).unwrap();
    // A generated column is the file's own expression: it is not read.
    base.execute_batch(
        "DROP VIEW gpkg_geometry_columns; ALTER TABLE held RENAME TO gpkg_geometry_columns;
         ALTER TABLE areas ADD COLUMN bomb BLOB AS (hex(zeroblob(50000000)));",
    )
    .unwrap();
    drop(base);
    let (read, findings) = rows(&path, ReadOptions::default());
    assert_eq!((read.len(), findings), (4, vec![]));
    assert!(read[0].columns.iter().all(|(name, _)| name != "bomb"));
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    let file: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(file.len(), 1, "nothing is left beside the file");
}

#[test]
fn hostile_sizes_are_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let path = shapefile(folder, "s");
    let whole = std::fs::read(&path).unwrap();
    // Of the first record: its length, its parts, its points.
    for (at, big_endian) in [(104, true), (144, false), (148, false), (24, true)] {
        for value in [i32::MAX, i32::MIN, -1, 0x0400_0000] {
            let mut bytes = whole.clone();
            let value = if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
            bytes[at..at + 4].copy_from_slice(&value);
            std::fs::write(&path, bytes).unwrap();
            assert!(!of(&path).is_empty(), "{at} {value:?}");
        }
    }
    let deep = "[".repeat(100_000);
    let text = geojson().replacen("\"features\": [", &format!("\"features\": [{deep}"), 1);
    let text = if text.contains(&deep) { text } else { format!("{{\"features\":[{deep}") };
    let findings = rows(&save(folder, "deep.geojson", text), ReadOptions::default()).1;
    assert!(findings[0].kind.text().en.contains("nested too deeply"), "{findings:?}");
    let nested = format!("{}POINT(1 1){}", "GEOMETRYCOLLECTION(".repeat(50_000), ")".repeat(50_000));
    assert_eq!(of(&save(folder, "deep.csv", format!("wkt\n\"{nested}\"\n"))), [(Some(1), "bad_value")]);
    // Collections in collections, 9 bytes each, would be 50,000 calls deep.
    let path = gpkg(folder, "g.gpkg");
    let mut blob = b"GP\0\x01\xC1\x11\0\0".to_vec();
    (0..50_000).for_each(|_| blob.extend([1, 7, 0, 0, 0, 1, 0, 0, 0]));
    let base = rusqlite::Connection::open(&path).unwrap();
    base.execute("UPDATE areas SET geom = ?1 WHERE fid = 1", [&blob]).unwrap();
    // And one that says it has four billion corners.
    let huge = b"GP\0\x01\xC1\x11\0\0\x01\x02\0\0\0\xFF\xFF\xFF\xFF".to_vec();
    base.execute("UPDATE areas SET geom = ?1 WHERE fid = 2", [&huge]).unwrap();
    let curve = b"GP\0\x01\xC1\x11\0\0\x01\x0A\0\0\0\x01\0\0\0".to_vec();
    base.execute("UPDATE areas SET geom = ?1 WHERE fid = 3", [&curve]).unwrap();
    drop(base);
    assert_eq!(of(&path), [(Some(1), "over_limit"), (Some(2), "unreadable"), (Some(3), "wrong_geometry")]);
}

#[test]
fn more_corners_than_a_feature_may_have() {
    let folder = tempfile::tempdir().unwrap();
    let many = MAX_VERTICES as usize + 20_000;
    let positions = "[1,1],".repeat(many);
    let text = format!(
        "{{\"type\":\"Feature\",\"properties\":{{}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[{positions}[1,1]]]}}}}"
    );
    assert_eq!(of(&save(folder.path(), "a.geojson", text)), [(Some(1), "over_limit")]);
    let text = format!("wkt\n\"LINESTRING({}1 1)\"\n", "1 1,".repeat(many));
    assert_eq!(of(&save(folder.path(), "a.csv", text)), [(Some(1), "over_limit")]);
    // A quote that never closes must not draw the whole file in.
    let text = format!("code,name\n1,\"{}", "x".repeat(MAX_FEATURE_BYTES as usize + 100_000));
    let findings = of(&save(folder.path(), "b.csv", text));
    assert_eq!(findings, [(Some(1), "unreadable")]);
}

#[test]
fn rows_that_dont_fit_their_header() {
    let folder = tempfile::tempdir().unwrap();
    let path = save(folder.path(), "a.csv", "code,name\n15,a\n15,a,b\n15\n");
    let findings = rows(&path, ReadOptions::default()).1;
    assert_eq!(codes(&findings), [(Some(2), "unreadable"), (Some(3), "unreadable")]);
    assert!(findings[0].kind.text().en.contains("it has 3 values, the header 2 columns"));
}

#[test]
fn many_findings_are_cut_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let bad: String = (0..7000).map(|_| "108,41,-1,\n").collect();
    let few: String = (0..2000).map(|_| "108,41,9,1\n").collect();
    let path = save(folder.path(), "a.csv", format!("lon,lat,households,people\n{few}{bad}"));
    let (_, findings) = units(&path, ReadOptions::default());
    assert_eq!(findings.len(), 1000 + 5000 + 1);
    assert_eq!(findings.last().unwrap().kind, FindingKind::MoreFindings { more: 3000 });
}
