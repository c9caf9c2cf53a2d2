//! Bad rows: each gives its finding, with the row and in both languages.

use serde_json::json;

use super::{samples::*, *};
use crate::domain::Text;

fn one(folder: &Path, properties: serde_json::Value, geometry: serde_json::Value) -> std::path::PathBuf {
    let good = json!({"type": "Feature", "properties": {"code": "15", "name": "内蒙古自治区"},
        "geometry": {"type": "Polygon", "coordinates": [[[97,37],[127,37],[127,54],[97,54],[97,37]]]}});
    let feature = json!({"type": "Feature", "properties": properties, "geometry": geometry});
    save(folder, "one.geojson", json!({"type": "FeatureCollection", "features": [good, feature]}).to_string())
}

fn square() -> serde_json::Value {
    json!({"type": "Polygon", "coordinates": [rectangle(108.0, 41.0, 108.1, 41.2)]})
}

/// The only error of a file whose second row is bad.
fn found(properties: serde_json::Value, geometry: serde_json::Value) -> (FindingKind, Text) {
    let folder = tempfile::tempdir().unwrap();
    let path = one(folder.path(), properties, geometry);
    let (_, mut findings) = areas(&path, ReadOptions::default());
    findings.retain(|finding| finding.kind.is_error());
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].row, Some(2));
    let text = findings[0].kind.text();
    assert!(text.zh.chars().any(|c| ('\u{4E00}'..'\u{9FFF}').contains(&c)) && text.en.is_ascii(), "{text:?}");
    (findings[0].kind.clone(), text)
}

#[test]
fn values_of_an_area() {
    let mut codes = Vec::new();
    for (properties, en, zh) in [
        (json!({"name": "a"}), "'code' has no value", "“code”没有值"),
        (
            json!({"code": "1508x", "name": "a"}),
            "'code' is '1508x', but should be a division code",
            "应为2、4、6、9 或 12 位",
        ),
        (json!({"code": "1508"}), "'name' has no value", "“name”没有值"),
        (json!({"code": "1508", "name": "n".repeat(201)}), "at most 200 characters", "不超过 200 个字"),
        (json!({"code": "1508", "name": "a\nb"}), "without control characters", "控制字符"),
        (
            json!({"code": "1508", "name": "a", "level": "village"}),
            "the level of its code (league)",
            "与代码一致的级别",
        ),
    ] {
        let name = properties.to_string();
        let (kind, text) = found(
            properties,
            json!({"type": "Polygon", "coordinates": [rectangle(108.0, 41.0, 108.1, 41.2)]}),
        );
        assert!(text.en.contains(en), "{name}: {}", text.en);
        assert!(text.zh.contains(zh), "{name}: {}", text.zh);
        codes.push(kind.code());
    }
    assert_eq!(codes, ["missing_value", "bad_value", "missing_value", "bad_value", "bad_value", "bad_value"]);
}

#[test]
fn a_village_needs_its_area_type() {
    let folder = tempfile::tempdir().unwrap();
    let text = geojson().replace("牧区", "月球").replace("农区", "");
    let (_, findings) = areas(&save(folder.path(), "a.geojson", text), ReadOptions::default());
    let bad = findings.iter().find(|f| f.row == Some(3) && f.kind.code() == "bad_value").unwrap();
    assert_eq!(bad.subject.as_deref(), Some("150821100201"));
    assert_eq!(bad.kind.text().zh, "“area_type”的值“月球”不对，应为城区、农区、牧区或半农半牧区");
    let missing = findings.iter().find(|f| f.row == Some(4)).unwrap();
    assert_eq!(missing.kind, FindingKind::MissingValue { column: "area_type".into() });
}

#[test]
fn geometries_that_are_no_outline() {
    let properties = || json!({"code": "1508", "name": "巴彦淖尔市"});
    for (geometry, code, en) in [
        (json!(null), "missing_geometry", "no geometry"),
        (json!({"type": "Point", "coordinates": [108, 41]}), "wrong_geometry", "Point"),
        (
            json!({"type": "Polygon", "coordinates": [[[108,41],[109,42],[109,41],[108,42.5],[108,41]]]}),
            "invalid_ring",
            "crosses",
        ),
        (json!({"type": "Polygon", "coordinates": [[[108,41],[109,42]]]}), "invalid_ring", "fewer than 3"),
        (
            json!({"type": "Polygon", "coordinates": [[[108,41],[109,42],[110,43],[108,41]]]}),
            "invalid_ring",
            "encloses nothing",
        ),
        (
            json!({"type": "Polygon", "coordinates": [[[41,108],[41,109],[42,109],[41,108]]]}),
            "bad_coordinate",
            "lon, lat",
        ),
        (
            json!({"type": "Polygon", "coordinates": [[[1e200,41],[109,42],[110,43]]]}),
            "bad_coordinate",
            "out of range",
        ),
        (json!({"type": "Polygon", "coordinates": []}), "invalid_ring", "no polygon"),
        (json!({"type": "Polygon", "coordinates": [[[108],[109,42],[110,43]]]}), "unreadable", "damaged"),
        (json!({"type": "Circle", "coordinates": [1]}), "unreadable", "damaged"),
    ] {
        let (kind, text) = found(properties(), geometry);
        assert_eq!(kind.code(), code, "{}", text.en);
        assert!(text.en.contains(en), "{}", text.en);
    }
}

#[test]
fn an_open_ring_is_closed_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let geometry = json!({"type": "Polygon", "coordinates": [[[108,41],[108,42],[109,42],[109,41]]]});
    let path = one(folder.path(), json!({"code": "1508", "name": "a"}), geometry);
    let (areas, findings) = areas(&path, ReadOptions::default());
    assert_eq!(findings, vec![]);
    assert_eq!(areas[1].1.outline.0[0].exterior().0.len(), 5);
}

#[test]
fn numbers_that_are_none_in_a_feature() {
    let folder = tempfile::tempdir().unwrap();
    for (text, code) in [("1e999", "bad_coordinate"), ("NaN", "unreadable"), ("1_0", "unreadable")] {
        let path = one(folder.path(), json!({"code": "1508", "name": "a"}), square());
        let whole = std::fs::read_to_string(&path).unwrap().replace("108.0,41.0", &format!("{text},41.0"));
        assert!(whole.contains(text));
        std::fs::write(&path, whole).unwrap();
        let (areas, findings) = areas(&path, ReadOptions::default());
        assert_eq!((areas.len(), findings.len()), (1, 1), "{findings:?}");
        assert_eq!((findings[0].row, findings[0].kind.code()), (Some(2), code));
    }
}

#[test]
fn areas_against_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut samples = samples();
    samples[2].ring = rectangle(107.99, 41.0, 108.1, 41.2);
    samples[3].ring = rectangle(108.09, 41.0, 108.2, 41.2);
    samples.push(Sample {
        code: "150821100201",
        name: "重复",
        area_type: "牧区",
        ring: samples[2].ring.clone(),
    });
    samples.push(Sample {
        code: "150821999001",
        name: "无主村",
        area_type: "牧区",
        ring: samples[2].ring.clone(),
    });
    let mut text = String::from("code,name,area_type,wkt,note\n");
    for sample in &samples {
        let ring: Vec<String> = sample.ring.iter().map(|(x, y)| format!("{x} {y}")).collect();
        let row = format!(
            "{},{},{},\"POLYGON(({}))\",\n",
            sample.code,
            sample.name,
            sample.area_type,
            ring.join(",")
        );
        text.push_str(&row);
    }
    let (_, findings) = areas(&save(folder.path(), "a.csv", text), ReadOptions::default());
    let about = |row: u64, code: &str| {
        findings
            .iter()
            .find(|f| f.row == Some(row) && f.kind.code() == code)
            .unwrap_or_else(|| panic!("{row} {code}"))
    };
    let FindingKind::OutsideParent { parent, outside_m2 } = &about(3, "outside_parent").kind else {
        panic!()
    };
    // 0.01° of longitude at 41.1° N is 840 m, 0.2° of latitude 22.2 km.
    assert_eq!(parent, "150821100");
    assert!((18_500_000..18_800_000).contains(outside_m2), "{outside_m2}");
    assert_eq!(
        about(3, "outside_parent").kind.text().zh,
        format!("有 {outside_m2} 平方米在上级区划 150821100 之外")
    );
    assert!(matches!(&about(4, "overlap").kind, FindingKind::Overlap { other, overlap_m2 }
        if other == "150821100201" && (18_500_000..18_800_000).contains(overlap_m2)));
    assert_eq!(about(5, "duplicate_code").kind.text().en, "this code already stands in row 3");
    assert_eq!(about(6, "no_parent").kind, FindingKind::NoParent { parent: "150821999".into() });
    assert_eq!(about(1, "no_parent").subject.as_deref(), Some("150821"));
    let remark = findings.iter().find(|f| f.kind.code() == "unknown_column").unwrap();
    assert_eq!((remark.row, remark.kind.text().zh.as_str()), (None, "列“note”未使用"));
    assert!(!remark.kind.is_error());
}

#[test]
fn rounding_is_no_finding_and_a_metre_is() {
    use geo::{LineString, MultiPolygon, Polygon};
    let outline = |ring: Vec<(f64, f64)>| MultiPolygon(vec![Polygon::new(LineString::from(ring), vec![])]);
    let area = |code: &str, ring: Vec<(f64, f64)>| Area {
        code: code.parse().unwrap(),
        name: code.into(),
        area_type: None,
        kind: None,
        outline: outline(ring),
        synthetic: false,
    };
    // The township's slanting border has one side; the villages' own corners on it are rounded to 1 cm.
    let township = outline(vec![(108.0, 41.0), (108.7, 41.1), (108.6, 41.9), (108.0, 41.8)]);
    let on_border = |share: f64| {
        (((108.0 + 0.7 * share) * 1e7_f64).round() / 1e7, ((41.0 + 0.1 * share) * 1e7_f64).round() / 1e7)
    };
    let middle = on_border(0.37);
    let villages = vec![
        (1, area("150821100201", vec![(108.0, 41.0), middle, (108.2, 41.3)])),
        (2, area("150821100202", vec![middle, (108.7, 41.1), (108.6, 41.9), (108.2, 41.3)])),
    ];
    assert_eq!(check_areas(&villages, &|_| Some(township.clone())), vec![]);
    // Half a metre over a length of 30 km.
    let mut moved = villages;
    let by = 0.5 / 111_000.0;
    moved[0].1.outline = outline(vec![(108.0, 41.0 - by), (middle.0, middle.1 - by), (108.2, 41.3)]);
    let findings = check_areas(&moved, &|_| Some(township.clone()));
    assert!(
        matches!(findings[0].kind, FindingKind::OutsideParent { outside_m2: 9_000..=12_000, .. }),
        "{findings:?}"
    );
    assert_eq!(findings.len(), 1);
}

#[test]
fn a_parent_in_the_database_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (areas, _) = areas(&save(folder.path(), "a.geojson", geojson()), ReadOptions::default());
    let villages: Vec<_> = areas.iter().filter(|(row, _)| *row > 2).cloned().collect();
    let township = areas[1].1.clone();
    assert_eq!(
        check_areas(&villages, &|code| (*code == township.code).then(|| township.outline.clone())),
        vec![]
    );
    let findings = check_areas(&villages, &|_| None);
    assert_eq!(findings.iter().map(|f| f.row).collect::<Vec<_>>(), [Some(3), Some(4)]);
}

#[test]
fn counts_of_units() {
    let folder = tempfile::tempdir().unwrap();
    let bad = [
        ("-3", "negative_count"),
        ("3.5", "bad_value"),
        ("1e99", "bad_value"),
        ("NaN", "bad_value"),
        ("inf", "bad_value"),
        ("十", "bad_value"),
        ("1000001", "bad_value"),
        ("99999999999999999999999", "bad_value"),
        ("", "missing_value"),
    ];
    let mut text = String::from("lon,lat,户数,人口\n108.05,41.1,3,\n");
    bad.iter().for_each(|(value, _)| text.push_str(&format!("108.05,41.1,{value},9\n")));
    text.push_str("108.05,41.1,12.0,5\n108.05,91,1,\n,41,1,\nx,41,1,\n,,1,\n");
    let (units, findings) = units(&save(folder.path(), "a.csv", text), ReadOptions::default());
    for ((value, code), row) in bad.iter().zip(2..) {
        let found: Vec<_> = findings.iter().filter(|f| f.row == Some(row)).collect();
        assert_eq!(found.len(), 1, "{value}: {findings:?}");
        assert_eq!(found[0].kind.code(), *code, "{value}");
    }
    let rest: Vec<_> = findings.iter().filter(|f| f.row > Some(10)).map(|f| (f.row, f.kind.code())).collect();
    assert_eq!(
        rest,
        [
            (Some(11), "fewer_people_than_households"),
            (Some(12), "bad_coordinate"),
            (Some(13), "bad_value"),
            (Some(14), "bad_value"),
            (Some(15), "missing_geometry"),
        ]
    );
    assert_eq!(units.len(), 2);
    let negative = findings.iter().find(|f| f.row == Some(2)).unwrap().kind.text();
    assert_eq!(negative, Text::new("“户数”不能为负数：-3", "'户数' can't be negative: -3"));
}

#[test]
fn units_without_their_columns() {
    let folder = tempfile::tempdir().unwrap();
    let (_, findings) =
        units(&save(folder.path(), "a.csv", "lon,lat\n108,41\n108,41\n"), ReadOptions::default());
    assert_eq!(findings, vec![Finding::file(FindingKind::MissingColumn { column: "households".into() })]);
    let (_, findings) = units(
        &save(folder.path(), "b.csv", "h3,households\n88zz,4\n8001fffffffffff,1\n"),
        ReadOptions::default(),
    );
    assert_eq!(findings, vec![Finding::row(1, Some("88zz"), FindingKind::BadCell { cell: "88zz".into() })]);
    let wkt = "code,households,wkt\n,4,\"POLYGON((108 41,109 41,109 42,108 41))\"\na,1,POLYGON((\nb,1,POINT EMPTY\nc,1,\"GEOMETRYCOLLECTION(POINT(1 1))\"\n";
    let (_, findings) = units(&save(folder.path(), "c.csv", wkt), ReadOptions::default());
    let found: Vec<_> = findings.iter().map(|f| (f.row, f.kind.code())).collect();
    assert_eq!(
        found,
        [
            (Some(1), "missing_value"),
            (Some(2), "bad_value"),
            (Some(3), "missing_geometry"),
            (Some(4), "wrong_geometry")
        ]
    );
}
