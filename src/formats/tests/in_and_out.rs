use geo::{Geometry, LineString, Point, Polygon};

use super::{samples::*, *};

fn row(id: &str, weight: i64, geometry: Option<Geometry<f64>>) -> OutRow {
    let columns = vec![
        ("id".to_owned(), Value::Text(id.to_owned())),
        ("weight".to_owned(), Value::Integer(weight)),
        ("village".to_owned(), Value::Text("嘎查 \"甲\"\\,\n".to_owned())),
    ];
    OutRow { columns, geometry }
}

fn square(west: f64) -> Option<Geometry<f64>> {
    Some(Polygon::new(LineString::from(rectangle(west, 41.0, west + 0.1, 41.1)), vec![]).into())
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.geojson", "a.csv"] {
        let path = folder.path().join(name);
        let out = vec![row("甲", 3, square(108.0)), row("乙", 5, square(108.1))];
        write_geo(&path, WriteOptions { synthetic: true }, out.clone()).unwrap();
        let (read, findings) = rows(&path, ReadOptions::default());
        assert_eq!(findings, vec![]);
        for (read, out) in read.iter().zip(&out) {
            assert_eq!(read.geometry, out.geometry);
            let text = |columns: &[(String, Value)], name: &str| {
                columns.iter().find(|(column, _)| column == name).unwrap().1.text().into_owned()
            };
            for name in ["id", "weight", "village"] {
                assert_eq!(text(&read.columns, name), text(&out.columns, name));
            }
        }
        assert_eq!(read.len(), 2);
        let marked = read[0].synthetic || read[0].columns.iter().any(|(name, _)| name == "synthetic");
        assert!(marked, "{name}");
    }
    let text = std::fs::read_to_string(folder.path().join("a.geojson")).unwrap();
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(whole["synthetic"], true);
    assert_eq!(whole["features"][1]["properties"]["weight"], 5);
}

#[test]
fn a_table_of_parts_has_no_geometry() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parts.csv");
    let part = |id: &str, part| OutRow {
        columns: vec![("id".into(), Value::Text(id.into())), ("part".into(), Value::Integer(part))],
        geometry: None,
    };
    write_geo(&path, WriteOptions { synthetic: false }, [part("a", 0), part("b", 1)]).unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "id,part\na,0\nb,1\n");
}

#[test]
fn what_breaks_off_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.geojson");
    let mut writer = GeoWriter::create(&path, WriteOptions { synthetic: false }).unwrap();
    writer.write(&row("a", 1, None)).unwrap();
    drop(writer);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let refused = GeoWriter::create(&folder.path().join("a.shp"), WriteOptions { synthetic: false });
    assert!(refused.err().unwrap().to_string().contains(".geojson or .csv"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn weighted_units_of_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = save(folder.path(), "a.csv", "id,Weight,x,y,v\na,3,500000,4000000,p\nb,0,500010,4000000,q\n");
    let (units, findings) = read_weighted_units(&path, "weight", Some("v"), &ReadOptions::default());
    assert_eq!(findings, vec![]);
    assert_eq!(units.ids, ["a", "b"]);
    assert_eq!(units.weights, [3, 0]);
    assert_eq!(units.within, Some(vec!["p".into(), "q".into()]));
    assert_eq!(units.xy, Some(vec![(500_000.0, 4e6), (500_010.0, 4e6)]));
    assert_eq!(units.outlines, None);
    let bare = save(folder.path(), "b.csv", "id,weight\na,3\nb,4\n");
    let (units, findings) = read_weighted_units(&bare, "weight", None, &ReadOptions::default());
    assert_eq!((units.weights, units.xy, findings), (vec![3, 4], None, vec![]));

    let bad = save(folder.path(), "c.csv", "id,weight\na,3\na,4\nb,-1\nc,1e99\nd,\n,4\ne,2.5\n");
    let (units, findings) = read_weighted_units(&bad, "weight", None, &ReadOptions::default());
    assert_eq!(units, WeightedUnits::default());
    let found: Vec<_> = findings.iter().map(|f| (f.row.unwrap(), f.kind.code())).collect();
    let expected = [
        (2, "duplicate_code"),
        (3, "negative_count"),
        (4, "bad_value"),
        (5, "missing_value"),
        (6, "missing_value"),
        (7, "bad_value"),
    ];
    assert_eq!(found, expected);
    for (weight, within) in [("households", None), ("weight", Some("village"))] {
        let (_, findings) = read_weighted_units(&bare, weight, within, &ReadOptions::default());
        let column = within.unwrap_or(weight).to_owned();
        assert_eq!(findings, vec![Finding::file(FindingKind::MissingColumn { column })]);
    }
    let (_, findings) =
        read_weighted_units(&folder.path().join("no.csv"), "w", None, &ReadOptions::default());
    assert_eq!((findings.len(), findings[0].kind.code()), (1, "unreadable"));
}

#[test]
fn weighted_units_of_polygons() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.geojson");
    write_geo(
        &path,
        WriteOptions { synthetic: false },
        [row("a", 3, square(108.0)), row("b", 5, square(108.1))],
    )
    .unwrap();
    let (units, findings) = read_weighted_units(&path, "weight", Some("village"), &ReadOptions::default());
    assert_eq!(findings, vec![]);
    let (outlines, xy) = (units.outlines.unwrap(), units.xy.unwrap());
    assert_eq!((outlines.len(), units.weights), (2, vec![3, 5]));
    assert!((xy[0].0 - 108.05).abs() < 1e-9);
    write_geo(
        &path,
        WriteOptions { synthetic: false },
        [row("a", 3, square(108.0)), row("b", 5, Some(Point::new(108.0, 41.0).into()))],
    )
    .unwrap();
    let (units, findings) = read_weighted_units(&path, "weight", None, &ReadOptions::default());
    assert_eq!(units, WeightedUnits::default());
    assert_eq!(
        findings,
        vec![Finding::row(2, Some("b"), FindingKind::WrongGeometry { found: "Point".into() })]
    );
    let (_, findings) =
        read_weighted_units(&shapefile(folder.path(), "s"), "households", None, &ReadOptions::default());
    assert!(!findings.is_empty());
}

#[test]
fn edges_between_units() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ["x", "y", "z"].map(str::to_owned);
    let path = save(folder.path(), "e.csv", "a,b,length\nx,y,2.5\ny,z,\n");
    let (edges, findings) = read_edges(&path, &ids, &ReadOptions::default());
    assert_eq!(findings, vec![]);
    assert_eq!(
        edges,
        [
            Edge { a: 0, b: 1, length: Some(2.5), barrier: 0.0 },
            Edge { a: 1, b: 2, length: None, barrier: 0.0 }
        ]
    );
    let path = save(folder.path(), "f.csv", "a,b,length\nx,q,1\nx,x,1\nx,y,-1\nx,y,inf\n,y,1\n");
    let (edges, findings) = read_edges(&path, &ids, &ReadOptions::default());
    assert_eq!(edges, []);
    assert_eq!(findings.iter().map(|f| f.row.unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let path = save(folder.path(), "g.csv", "from,to\nx,y\n");
    let (_, findings) = read_edges(&path, &ids, &ReadOptions::default());
    assert_eq!(
        findings.iter().map(|f| f.kind.code()).collect::<Vec<_>>(),
        ["missing_column", "missing_column"]
    );
}
