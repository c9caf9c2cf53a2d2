//! Areas, their children, figures, search and the policy.

use geo::Area as _;
use serde_json::{Value, json};

use crate::harness::*;

fn codes(items: &Value) -> Vec<&str> {
    items["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn meta_tells_a_client_what_to_begin_with() {
    let app = TestApp::start().await.signed_in().await;
    let meta = app.get("/api/v1/meta").await;
    assert_eq!(meta["today"], "2026-11-23");
    assert_eq!(meta["synthetic"], true);
    assert_eq!(meta["region"]["code"], "15");
    let empty = TestApp::start_empty().await.signed_in().await;
    let meta = empty.get("/api/v1/meta").await;
    assert_eq!((meta["region"].clone(), meta["synthetic"].clone()), (Value::Null, json!(false)));
}

#[tokio::test]
async fn an_area_stands_in_its_line_with_its_figures() {
    let app = TestApp::start().await.signed_in().await;
    let units = tiny_units();
    let own = units.iter().filter(|unit| unit.village.as_str() == "150821100201");
    let village = app.get("/api/v1/areas/150821100201").await;
    assert_eq!(village["name"], "义丰村");
    assert_eq!(village["level"], "village");
    assert_eq!(village["area_type"], "agricultural");
    assert_eq!(village["parent"], "150821100");
    assert_eq!(village["households"], own.map(|unit| unit.households).sum::<u32>());
    let line: Vec<&str> =
        village["ancestors"].as_array().unwrap().iter().map(|area| area["code"].as_str().unwrap()).collect();
    assert_eq!(line, ["15", "1508", "150821", "150821100"]);
    assert!(village.get("geometry").is_none());
    // The official list fills codes with zeros.
    assert_eq!(app.get("/api/v1/areas/150821000000").await["code"], "150821");
}

#[tokio::test]
async fn an_outline_comes_as_geojson_where_it_is_asked_for() {
    let app = TestApp::start().await.signed_in().await;
    let outline = tiny_areas().into_iter().find(|area| area.code.as_str() == "150821100").unwrap().outline;
    let with = app.get("/api/v1/areas/150821100?geometry=true").await;
    assert_eq!(with["geometry"]["type"], "Polygon");
    let ring: Vec<[f64; 2]> = serde_json::from_value(with["geometry"]["coordinates"][0].clone()).unwrap();
    let expected: Vec<[f64; 2]> = outline.0[0].exterior().coords().map(|point| [point.x, point.y]).collect();
    assert_eq!(ring, expected, "to the bit");
    let feature = app.get_geojson("/api/v1/areas/150821100").await;
    assert_eq!((&feature["type"], &feature["id"]), (&json!("Feature"), &json!("150821100")));
    assert_eq!(feature["geometry"], with["geometry"]);
    assert_eq!(feature["properties"]["name"], "隆兴昌镇");
    assert!(feature["properties"].get("geometry").is_none());
    let bbox: [f64; 4] = serde_json::from_value(with["bbox"].clone()).unwrap();
    assert!(((bbox[2] - bbox[0]) * (bbox[3] - bbox[1]) - outline.unsigned_area()).abs() < 1e-12, "{bbox:?}");
}

#[tokio::test]
async fn children_are_the_next_level_or_the_one_that_is_named() {
    let app = TestApp::start().await.signed_in().await;
    assert_eq!(codes(&app.get("/api/v1/areas/150821/children").await), ["150821100", "150821101"]);
    assert_eq!(
        codes(&app.get("/api/v1/areas/15/children?level=village").await),
        ["150821100200", "150821100201", "150821101200", "150821101201"]
    );
    assert_eq!(codes(&app.get("/api/v1/areas/150821101/children").await), ["150821101200", "150821101201"]);
    assert!(codes(&app.get("/api/v1/areas/150821101200/children").await).is_empty());
}

#[tokio::test]
async fn figures_add_up_and_follow_the_day() {
    let app = TestApp::start().await.signed_in().await;
    let plan = put_published(&app.store, 1, "2026-06-01").await.to_string();
    for (path, grids, in_force) in [
        ("/api/v1/areas/150821/figures", 4, true),
        ("/api/v1/areas/150821/figures?on=2026-06-01", 4, true),
        ("/api/v1/areas/150821/figures?on=2026-05-31", 0, false),
        ("/api/v1/areas/150821100/figures", 2, true),
        ("/api/v1/areas/150821100200/figures", 1, true),
        ("/api/v1/areas/15/figures", 4, false),
    ] {
        let figures = app.get(path).await;
        assert_eq!(figures["grids"], grids, "{path}");
        assert_eq!(figures["plan"]["id"] == plan.as_str(), in_force, "{path}: {}", figures["plan"]);
        assert_eq!(figures["in_band_share"].is_null(), grids == 0, "{path}");
        let types = figures["by_area_type"].as_array().unwrap();
        for figure in ["villages", "households", "people", "grids"] {
            let sum: u64 = types.iter().map(|of_type| of_type[figure].as_u64().unwrap()).sum();
            assert_eq!(figures[figure], sum, "{path}: {figure}");
        }
        assert_eq!(figures["synthetic"], true);
    }
    let draft = put_draft(&app.store, 2).await;
    let figures = app.get(&format!("/api/v1/areas/150821/figures?plan={draft}&on=2026-05-31")).await;
    assert_eq!((&figures["grids"], &figures["plan"]["status"]), (&json!(4), &json!("draft")));
}

#[tokio::test]
async fn search_finds_names_codes_grids_and_places() {
    let app = TestApp::start().await.signed_in().await;
    put_published(&app.store, 7, "2026-01-01").await;
    let find = async |query: &str| {
        let found = app.get(&format!("/api/v1/search?q={query}")).await;
        let items = found["items"].as_array().unwrap().clone();
        items
            .into_iter()
            .map(|hit| {
                (hit["kind"].as_str().unwrap().to_owned(), hit["code"].as_str().unwrap_or("").to_owned(), hit)
            })
            .collect::<Vec<_>>()
    };
    for (query, kind, code) in [
        ("五原", "area", "150821"),
        ("嘎查", "area", "150821101201"),
        ("150821", "area", "150821"),
        ("150821000000", "area", "150821"),
        ("150000000000", "area", "15"),
        ("150821100200", "area", "150821100200"),
        ("150821100200007", "grid", "150821100200007"),
    ] {
        let found = find(query).await;
        assert_eq!((found[0].0.as_str(), found[0].1.as_str()), (kind, code), "{query}: {found:?}");
    }
    let village = find("150821100200").await;
    assert_eq!(village[0].2["path"], "内蒙古自治区 › 巴彦淖尔市 › 五原县 › 隆兴昌镇");
    assert_eq!(village[0].2["level"], "village");
    assert_eq!(village[1].1, "150821100200007", "and its grids after it");
    let only = app.get("/api/v1/search?q=150821100200&limit=1").await;
    assert_eq!(only["items"][0]["kind"], "area");
    assert_eq!(find("15082110120").await.len(), 2, "villages below the beginning of a code");
    assert!(find("150821100200008").await.is_empty());
    // Signs that SQL's patterns would read mean themselves.
    assert!(
        find("%25").await.is_empty()
            && find("_").await.is_empty()
            && find("%27").await.iter().all(|hit| hit.0 == "place")
    );
    let place = find("hohhot").await;
    assert_eq!(place[0].0, "place");
    assert!(place[0].2["point"][0].as_f64().is_some_and(|lon| (111.0..112.5).contains(&lon)), "{place:?}");
    assert!(find("%20").await.is_empty());
}

#[tokio::test]
async fn the_policy_that_holds_names_its_figures_and_sources() {
    let app = TestApp::start().await.signed_in().await;
    let policy = app.get("/api/v1/policy?area=150821").await;
    assert_eq!(policy["code"], "150821");
    let urban = &policy["profiles"]["urban"];
    assert_eq!(
        (&urban["households_min"], &urban["households_target"], &urban["households_max"]),
        (&json!(300), &json!(400), &json!(500))
    );
    assert_eq!(policy["profiles"].as_object().unwrap().len(), 4);
    assert_eq!(policy["profiles"]["pastoral"]["demo"], true, "no public source was found for it");
    assert!(policy["toml"].as_str().unwrap().contains("[pastoral]"));
}
