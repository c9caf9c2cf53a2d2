//! Grids: lists in pages, one, and where a point lies.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::*;

/// The items of every page from `path` on.
async fn all_pages(app: &TestApp, path: &str, geojson: bool) -> (Vec<Value>, usize) {
    let (mut items, mut pages, mut next) = (Vec::new(), 0, Some(path.to_owned()));
    while let Some(path) = next {
        let page = if geojson { app.get_geojson(&path).await } else { app.get(&path).await };
        items.extend(page[if geojson { "features" } else { "items" }].as_array().unwrap().clone());
        next = page["next"].as_str().map(str::to_owned);
        if geojson {
            let link = page["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next");
            assert_eq!(link.map(|link| link["href"].as_str().unwrap()), next.as_deref());
        }
        pages += 1;
        assert!(pages < 100, "pages without end");
    }
    (items, pages)
}

async fn divided() -> TestApp {
    let app = TestApp::start().await.signed_in().await;
    let plan = app.divide(7).await;
    assert_eq!(app.publish(&plan, "2026-06-01").await["state"], "done");
    app
}

#[tokio::test]
async fn pages_together_are_the_whole() {
    let app = divided().await;
    let (whole, pages) = all_pages(&app, "/api/v1/areas/150821/grids", false).await;
    assert_eq!(pages, 1);
    assert!(whole.len() > 6, "{}", whole.len());
    for limit in [1, 2, whole.len() - 1, whole.len()] {
        let (paged, pages) =
            all_pages(&app, &format!("/api/v1/areas/150821/grids?limit={limit}"), false).await;
        assert_eq!((paged.len(), pages), (whole.len(), whole.len().div_ceil(limit)), "limit {limit}");
        assert_eq!(paged, whole);
    }
    let sum =
        |items: &[Value], figure: &str| items.iter().map(|grid| grid[figure].as_u64().unwrap()).sum::<u64>();
    let units = tiny_units();
    let (households, people) = told(units.iter());
    assert_eq!((sum(&whole, "households"), sum(&whole, "people")), (households.told, people.told));
    assert_eq!(sum(&whole, "units"), units.len() as u64);
    let banner = app.get("/api/v1/areas/150821").await;
    let area: f64 = whole.iter().map(|grid| grid["area_m2"].as_f64().unwrap()).sum();
    assert!((area / banner["area_m2"].as_f64().unwrap() - 1.0).abs() < 1e-6, "{area}");
    // Below a township and a village, the same grids.
    for below in ["150821100", "150821101201"] {
        let (part, _) = all_pages(&app, &format!("/api/v1/areas/{below}/grids"), false).await;
        let expected: Vec<&Value> =
            whole.iter().filter(|grid| grid["code"].as_str().unwrap().starts_with(below)).collect();
        assert!(!part.is_empty() && part.iter().eq(expected), "{below}");
    }
}

#[tokio::test]
async fn geojson_has_outlines_and_the_properties_that_others_read() {
    let app = divided().await;
    let (plain, _) = all_pages(&app, "/api/v1/areas/150821/grids", false).await;
    let (features, pages) = all_pages(&app, "/api/v1/areas/150821/grids?limit=3", true).await;
    assert_eq!(pages, plain.len().div_ceil(3));
    assert_eq!(features.len(), plain.len());
    for (feature, grid) in features.iter().zip(&plain) {
        assert_eq!(feature["type"], "Feature");
        assert_eq!(&feature["properties"], grid);
        for name in ["code", "village", "area_type", "kind", "households", "people", "area_m2", "units"] {
            assert!(!grid[name].is_null(), "{name}");
        }
        let kind = feature["geometry"]["type"].as_str().unwrap();
        assert!(kind == "Polygon" || kind == "MultiPolygon", "{kind}");
    }
    let empty = app.get_geojson("/api/v1/areas/150821/grids?on=2026-05-31").await;
    assert_eq!(
        (&empty["type"], &empty["features"], &empty["next"]),
        (&json!("FeatureCollection"), &json!([]), &Value::Null)
    );
}

#[tokio::test]
async fn grids_hold_from_the_day_of_their_plan_on() {
    let app = TestApp::start().await.signed_in().await;
    let first = put_published(&app.store, 1, "2026-06-01").await.to_string();
    let second = put_published(&app.store, 2, "2026-12-01").await.to_string();
    let codes = async |query: &str| {
        let (grids, _) = all_pages(&app, &format!("/api/v1/areas/150821/grids?limit=3{query}"), false).await;
        grids.iter().map(|grid| grid["code"].as_str().unwrap()[12..].to_owned()).collect::<BTreeSet<_>>()
    };
    let of = |sequences: &[&str]| sequences.iter().map(|text| (*text).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(codes("&on=2026-05-31").await, of(&[]));
    assert_eq!(codes("&on=2026-06-01").await, of(&["001"]));
    assert_eq!(codes("").await, of(&["001"]), "today");
    assert_eq!(codes("&on=2026-11-30").await, of(&["001"]));
    assert_eq!(codes("&on=2026-12-01").await, of(&["002"]));
    assert_eq!(codes(&format!("&plan={first}")).await, of(&["001"]));
    assert_eq!(codes(&format!("&plan={second}")).await, of(&["002"]));
}

#[tokio::test]
async fn one_grid_tells_where_it_lies_and_since_when() {
    let app = TestApp::start().await.signed_in().await;
    let plan = put_published(&app.store, 1, "2026-06-01").await.to_string();
    let grid = app.get("/api/v1/grids/150821101201001").await;
    assert_eq!((&grid["village"], &grid["village_name"]), (&json!("150821101201"), &json!("巴彦嘎查")));
    assert_eq!(
        grid["plan"],
        json!({"id": plan, "status": "published", "valid_from": "2026-06-01", "valid_to": null})
    );
    let line: Vec<&str> =
        grid["ancestors"].as_array().unwrap().iter().map(|area| area["name"].as_str().unwrap()).collect();
    assert_eq!(line, ["内蒙古自治区", "巴彦淖尔市", "五原县", "塔尔湖镇", "巴彦嘎查"]);
    assert_eq!(grid["geometry"]["type"], "Polygon");
    assert_eq!(grid["reasons"][0]["code"], "no_whole_number");
    assert!(grid["reasons"][0]["zh"].as_str().unwrap().contains('户'));
    let before = app.request(reqwest::Method::GET, "/api/v1/grids/150821101201001?on=2026-05-31");
    assert_eq!(problem(before).await, (404, "not_found".to_owned()));
    put_published(&app.store, 2, "2026-12-01").await;
    let ended = app.get("/api/v1/grids/150821101201001").await;
    assert_eq!(
        (&ended["plan"]["status"], &ended["plan"]["valid_to"]),
        (&json!("superseded"), &json!("2026-12-01"))
    );
}

#[tokio::test]
async fn a_point_lies_in_one_grid_or_outside_all() {
    let app = divided().await;
    let (grids, _) = all_pages(&app, "/api/v1/areas/150821/grids", true).await;
    for feature in &grids {
        // A corner of the outline lies in this grid, and in its neighbours: one of them is told.
        let mut ring = &feature["geometry"]["coordinates"][0];
        if feature["geometry"]["type"] == "MultiPolygon" {
            ring = &ring[0];
        }
        let found = app.get(&format!("/api/v1/locate?lon={}&lat={}", ring[0][0], ring[0][1])).await;
        assert!(found["grid"]["code"].is_string(), "{}: {found}", feature["id"]);
    }
    let (lon, lat) = (108.045, 41.047);
    let found = app.get(&format!("/api/v1/locate?lon={lon}&lat={lat}")).await;
    let line: Vec<&str> =
        found["ancestors"].as_array().unwrap().iter().map(|area| area["code"].as_str().unwrap()).collect();
    assert_eq!(line, ["15", "1508", "150821", "150821101", "150821101201"]);
    assert_eq!(found["grid"]["village"], "150821101201");
    let early = app.get(&format!("/api/v1/locate?lon={lon}&lat={lat}&on=2026-05-31")).await;
    assert_eq!((early["ancestors"].as_array().unwrap().len(), &early["grid"]), (5, &Value::Null));
    assert_eq!(app.get("/api/v1/locate?lon=0&lat=0").await, json!({"ancestors": [], "grid": null}));
    for query in ["lon=NaN&lat=41", "lon=108&lat=inf", "lon=181&lat=41", "lon=108&lat=-90.1"] {
        let request = app.request(reqwest::Method::GET, &format!("/api/v1/locate?{query}"));
        assert_eq!(problem(request).await, (400, "bad_point".to_owned()), "{query}");
    }
    for query in ["lon=108", "lon=east&lat=41", "lon=&lat="] {
        let request = app.request(reqwest::Method::GET, &format!("/api/v1/locate?{query}"));
        assert_eq!(problem(request).await, (400, "bad_parameter".to_owned()), "{query}");
    }
}
