//! Roads of banners: files of them come in, travel times go by them, and the next file takes their place.

use khot::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;
use crate::imports::{import as import_file, with_villages};
use crate::process::number;
use crate::samples;

async fn import(app: &TestApp, body: impl Into<reqwest::Body>) -> Value {
    let path = "/api/v1/areas/150821/imports/roads?name=roads.geojson";
    let answer = app.request(Method::POST, path).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let job: Value = answer.json().await.unwrap();
    app.run_pending_jobs().await;
    app.job(job["id"].as_str().unwrap()).await
}

fn line(class: Value, points: &[[f64; 2]]) -> Value {
    json!({"type": "Feature", "properties": {"class": class, "name": "路"},
           "geometry": {"type": "LineString", "coordinates": points}})
}

fn file_of(features: &[Value]) -> String {
    json!({"type": "FeatureCollection", "synthetic": true, "features": features}).to_string()
}

async fn imported(app: &TestApp, features: &[Value]) {
    let job = import(app, file_of(features)).await;
    assert_eq!((&job["state"], &job["result"]["loaded"]), (&json!("done"), &json!(features.len())), "{job}");
}

/// The tiny place with a plan in force and a station in its south-western corner.
async fn app() -> TestApp {
    let app = TestApp::start().await.signed_in().await;
    put_published(&app.store, 1, "2026-01-01").await;
    put_outlet(&app.store, "150821100200", (108.001, 41.001)).await;
    app.post("/api/v1/areas/150821/links", json!({})).await;
    app.run_pending_jobs().await;
    app
}

const CORNER: &str = "/api/v1/at?lon=108.058&lat=41.058";

/// Minutes from the north-eastern corner to the station; none where there is no way.
async fn minutes(app: &TestApp) -> Option<f64> {
    app.get(CORNER).await["outlets"][0]["minutes"].as_f64()
}

async fn gacha_link(app: &TestApp) -> (f64, bool) {
    let held = app.get("/api/v1/areas/150821101201/links").await;
    let mut links = held["links"].as_array().unwrap().iter();
    let station = links.find(|link| link["kind"] == "station").unwrap();
    (station["minutes"].as_f64().unwrap(), held["estimated"].as_bool().unwrap())
}

#[tokio::test]
async fn a_road_shortens_the_way_until_it_is_taken_away() {
    let app = app().await;
    let estimated = async || {
        let mut told = Vec::new();
        for address in ["reach", "coverage", "links", "roads"] {
            told.push(app.get(&format!("/api/v1/areas/150821/{address}")).await["estimated"].clone());
        }
        told.push(app.get(CORNER).await["estimated"].clone());
        told
    };
    assert_eq!(estimated().await, vec![json!(true); 5]);
    let (before, (link_before, _)) = (minutes(&app).await.unwrap(), gacha_link(&app).await);
    let road = [[108.001, 41.001], [108.03, 41.03], [108.059, 41.059]];
    imported(&app, &[line(json!("second"), &road)]).await;
    assert_eq!(estimated().await, vec![json!(false); 5]);
    let (after, (link_after, of_links)) = (minutes(&app).await.unwrap(), gacha_link(&app).await);
    assert!(after < before / 2.0, "{after} {before}");
    assert!(link_after < link_before && !of_links, "{link_after} {link_before}");
    let tried = app.post("/api/v1/areas/150821/reach", json!({"add": []})).await.1;
    assert_eq!(tried["estimated"], json!(false));

    let held = app.get("/api/v1/areas/150821100/roads").await;
    assert_eq!(
        (&held["banner"], &held["lines"], &held["source"], &held["synthetic"]),
        (&json!("150821"), &json!({"second": 1}), &json!("roads.geojson"), &json!(true))
    );
    // A slower one takes its place.
    imported(&app, &[line(json!("等外路"), &road)]).await;
    assert_eq!(app.get("/api/v1/areas/150821/roads").await["lines"], json!({"track": 1}));
    let slower = minutes(&app).await.unwrap();
    assert!(after < slower && slower < before, "{after} {slower} {before}");
    let entries = app.get("/api/v1/audit?area=150821&action=roads.replace").await;
    let newest = &entries["items"][0];
    assert_eq!(
        (&newest["before"]["lines"], &newest["after"]["lines"]),
        (&json!({"second": 1}), &json!({"track": 1})),
        "{entries}"
    );

    assert_eq!(app.call(Method::DELETE, "/api/v1/areas/150821/roads", None).await.0, 204);
    app.run_pending_jobs().await;
    assert_eq!(estimated().await, vec![json!(true); 5]);
    assert_eq!((minutes(&app).await, gacha_link(&app).await), (Some(before), (link_before, true)));
    assert_eq!(problem(app.request(Method::DELETE, "/api/v1/areas/150821/roads")).await.0, 404);
    let refused = problem(app.request(Method::DELETE, "/api/v1/areas/150821100/roads")).await;
    assert_eq!(refused, (400, "bad_level".to_owned()));
}

#[tokio::test]
async fn a_river_is_crossed_by_its_bridge_alone() {
    let app = app().await;
    let free = minutes(&app).await.unwrap();
    let river = line(json!("barrier"), &[[107.98, 41.028], [108.03, 41.031], [108.08, 41.028]]);
    imported(&app, std::slice::from_ref(&river)).await;
    assert_eq!(minutes(&app).await, None);
    // Nothing is known of roads yet.
    assert_eq!(app.get(CORNER).await["estimated"], true);
    // Its only bridge is at the other end.
    let bridge = line(json!("fourth"), &[[108.002, 41.02], [108.002, 41.04]]);
    imported(&app, &[river, bridge]).await;
    let around = minutes(&app).await.unwrap();
    assert!(around > free, "{around} {free}");
    assert_eq!(app.get(CORNER).await["estimated"], false);
}

#[tokio::test]
async fn a_bad_file_of_roads_changes_nothing_and_says_each_row() {
    let app = TestApp::start().await.signed_in().await;
    let good = [[108.01, 41.01], [108.05, 41.05]];
    imported(&app, &[line(json!("first"), &good)]).await;
    let held = app.get("/api/v1/areas/150821/roads").await;
    let polygon = json!({"type": "Feature", "properties": {"class": "first"}, "geometry": {"type": "Polygon",
        "coordinates": [[[108.0, 41.0], [108.01, 41.0], [108.01, 41.01], [108.0, 41.0]]]}});
    let mut nowhere = line(json!("first"), &good);
    nowhere["geometry"] = json!(null);
    let rows = [
        line(json!("motorway"), &good),
        polygon,
        nowhere,
        line(json!("track"), &[[108.01, 41.01], [108.01, 41.01]]),
        line(json!(null), &good),
        line(json!("track"), &[[108.01, 41.01], [208.01, 41.01]]),
    ];
    let found = |job: &Value| -> Vec<(Option<u64>, String)> {
        assert_eq!(job["state"], "failed", "{job}");
        let findings = job["error"]["findings"].as_array().unwrap().iter();
        findings.map(|one| (one["row"].as_u64(), one["code"].as_str().unwrap().to_owned())).collect()
    };
    let codes = [
        "bad_value",
        "wrong_geometry",
        "missing_geometry",
        "missing_geometry",
        "missing_value",
        "bad_coordinate",
    ];
    let expected: Vec<(Option<u64>, String)> =
        (1..).zip(codes).map(|(row, code)| (Some(row), code.to_owned())).collect();
    assert_eq!(found(&import(&app, file_of(&rows)).await), expected);
    let far = file_of(&[line(json!("first"), &good), line(json!("first"), &[[110.0, 41.0], [111.0, 41.0]])]);
    assert_eq!(found(&import(&app, far).await), [(Some(2), "outside_scope".to_owned())]);
    let mut classless = line(json!("first"), &good);
    classless["properties"] = json!({"name": "路"});
    assert_eq!(found(&import(&app, file_of(&[classless])).await), [(None, "missing_column".to_owned())]);
    // Round the world many times.
    let long: Vec<[f64; 2]> = (0..60).map(|at| [if at % 2 == 0 { -179.0 } else { 179.0 }, 41.0]).collect();
    let job = import(&app, file_of(&[line(json!("first"), &long)])).await;
    assert_eq!(found(&job), [(Some(1), "over_limit".to_owned())]);
    assert_eq!(app.get("/api/v1/areas/150821/roads").await, held);
}

#[tokio::test]
async fn places_for_outlets_are_found_by_roads() {
    let app = app().await;
    imported(&app, &[line(json!("first"), &[[108.01, 41.01], [108.05, 41.05]])]).await;
    let question = json!({"goal": "count", "count": 1, "kind": "station", "within_min": 30});
    let (status, job) = app.post("/api/v1/areas/150821/placements", question).await;
    assert_eq!(status, 202, "{job}");
    app.run_pending_jobs().await;
    let job = app.job(job["id"].as_str().unwrap()).await;
    let id = job["result"]["placement"].as_str().unwrap();
    assert_eq!(app.get(&format!("/api/v1/placements/{id}")).await["estimated"], false);
}

#[tokio::test]
async fn roads_are_a_banners_and_seen_by_whoever_sees_a_part_of_it() {
    let app = TestApp::start().await.signed_in().await;
    imported(&app, &[line(json!("first"), &[[108.01, 41.01], [108.05, 41.05]])]).await;
    let keeper = app.with_token(&app.token_of("keeper", Role::Planner, "150821100").await);
    assert_eq!(keeper.get("/api/v1/areas/150821100/roads").await["lines"], json!({"first": 1}));
    assert_eq!(keeper.get("/api/v1/areas/150821100/reach").await["estimated"], false);
    let send = |of: &TestApp, area: &str| {
        of.request(Method::POST, &format!("/api/v1/areas/{area}/imports/roads?name=a.geojson")).body("x")
    };
    assert_eq!(problem(send(&keeper, "150821100")).await, (400, "bad_level".to_owned()));
    assert_eq!(problem(send(&keeper, "150821")).await.0, 403);
    assert_eq!(problem(keeper.request(Method::DELETE, "/api/v1/areas/150821/roads")).await.0, 403);
    let other = app.with_token(&app.token_of("other", Role::Planner, "150822").await);
    assert_eq!(problem(other.request(Method::GET, "/api/v1/areas/150821/roads")).await.0, 404);
}

fn shapefile(folder: &std::path::Path) -> std::path::PathBuf {
    let lines = [
        vec![vec![(108.01, 41.1), (108.19, 41.12)]],
        vec![vec![(108.05, 41.02), (108.05, 41.1)], vec![(108.06, 41.1), (108.06, 41.18)]],
    ];
    let rows = [vec!["二级公路", "省道"], vec!["等外路", "便道"]];
    samples::save(folder, "roads.dbf", samples::dbf(&[("道路等级", 20), ("名称", 40)], &rows));
    samples::save(folder, "roads.prj", samples::PRJ_4490);
    samples::save(folder, "roads.cpg", "GBK");
    samples::save(folder, "roads.shp", samples::shp_of_kind(3, &lines))
}

fn geopackage(folder: &std::path::Path) -> std::path::PathBuf {
    use geozero::{CoordDimensions, ToWkb};
    let path = folder.join("roads.gpkg");
    let base = rusqlite::Connection::open(&path).unwrap();
    base.execute_batch(
        "PRAGMA application_id = 0x47504B47;
         CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, srs_id INTEGER);
         INSERT INTO gpkg_contents VALUES ('roads', 'features', 4326);
         CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
             organization_coordsys_id INTEGER, definition TEXT);
         INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, '');
         CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT,
             srs_id INTEGER, z TINYINT, m TINYINT);
         INSERT INTO gpkg_geometry_columns VALUES ('roads', 'geom', 'LINESTRING', 4326, 0, 0);
         CREATE TABLE roads (fid INTEGER PRIMARY KEY, geom BLOB, class TEXT, name TEXT, source TEXT);",
    )
    .unwrap();
    let course = geo::Geometry::LineString(vec![(108.01, 41.1), (108.19, 41.12)].into());
    let mut blob = vec![b'G', b'P', 0, 1];
    blob.extend(4326_i32.to_le_bytes());
    blob.extend(course.to_wkb(CoordDimensions::xy()).unwrap());
    base.execute("INSERT INTO roads VALUES (1, ?1, 'third', '县道', '交通局')", [blob]).unwrap();
    path
}

#[tokio::test]
async fn every_format_comes_in_by_the_command_line() {
    let (database, folder) = (with_villages().await, folder());
    let csv = "class,name,wkt\nbarrier,河,\"LINESTRING(108.0 41.05,108.2 41.06)\"\n";
    let files = [
        (file(folder.path(), "roads.geojson", &samples::roads()), 3),
        (shapefile(folder.path()), 2),
        (geopackage(folder.path()), 1),
        (file(folder.path(), "roads.csv", csv), 1),
    ];
    for (path, lines) in files {
        let said = import_file(&database, "roads", &path, &["--area", "150821"]).fine();
        assert!(said.stdout.contains(&format!("loaded {lines} rows into 150821")), "{}", said.stdout);
        let held = "SELECT count(*) FROM khot.road WHERE banner = '150821' AND ST_NPoints(course) >= 2";
        assert_eq!(number(&database, held).await, lines, "{}", path.display());
        let laid = "SELECT count(*) FROM khot.road_cells WHERE cardinality(cells) > 0";
        assert_eq!(number(&database, laid).await, 3);
    }
    let refused = import_file(&database, "roads", &folder.path().join("roads.csv"), &["--area", "150821100"]);
    assert!(refused.refused().sentence().contains("choose a banner"));
}
