//! Vector tiles: what is in them, and how long a client may keep them.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Method, Response, StatusCode};

use crate::harness::*;

/// A number as protobuf writes it, taken off the front.
fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (first, rest) = bytes.split_first().expect("a whole number");
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        shift += 7;
        if first & 0x80 == 0 {
            return value;
        }
    }
}

/// The fields of a protobuf message: numbers, and bytes with a length. Enough for vector tiles.
fn fields(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        match key & 7 {
            0 => {
                varint(&mut bytes);
            }
            1 => bytes = &bytes[8..],
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap();
                found.push((key >> 3, &bytes[..length]));
                bytes = &bytes[length..];
            }
            5 => bytes = &bytes[4..],
            other => panic!("wire type {other}"),
        }
    }
    found
}

pub struct Layer {
    /// Attributes of each feature; those that are no text have an empty one.
    pub features: Vec<BTreeMap<String, String>>,
}

impl Layer {
    /// Names of the attributes that are there.
    fn keys(&self) -> BTreeSet<&str> {
        self.features.iter().flat_map(|feature| feature.keys().map(String::as_str)).collect()
    }

    /// What an attribute is, feature by feature.
    pub fn texts(&self, key: &str) -> Vec<String> {
        self.features.iter().filter_map(|feature| feature.get(key).cloned()).collect()
    }
}

pub fn layers(tile: &[u8]) -> BTreeMap<String, Layer> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let layer = |bytes: &[u8]| {
        let fields = fields(bytes);
        let of = |number: u64| fields.iter().filter(move |field| field.0 == number).map(|field| field.1);
        let name = text(of(1).next().expect("a name"));
        let keys: Vec<String> = of(3).map(text).collect();
        let values: Vec<String> = of(4)
            .map(|value| {
                self::fields(value)
                    .into_iter()
                    .find(|field| field.0 == 1)
                    .map_or(String::new(), |field| text(field.1))
            })
            .collect();
        let feature = |bytes: &[u8]| {
            let mut tags =
                self::fields(bytes).into_iter().find(|field| field.0 == 2).map_or(&[][..], |field| field.1);
            let mut held = BTreeMap::new();
            while !tags.is_empty() {
                let (key, value) = (varint(&mut tags), varint(&mut tags));
                held.insert(keys[key as usize].clone(), values[value as usize].clone());
            }
            held
        };
        (name, Layer { features: of(2).map(feature).collect() })
    };
    fields(tile).into_iter().filter(|field| field.0 == 3).map(|field| layer(field.1)).collect()
}

/// The tile of zoom `z` that holds the middle of the tiny place.
pub fn place(z: u32) -> String {
    let (lon, lat): (f64, f64) = (108.031, 41.031);
    let side = f64::from(1 << z);
    let x = (lon + 180.0) / 360.0 * side;
    let y = (1.0 - (lat.to_radians().tan() + 1.0 / lat.to_radians().cos()).ln() / std::f64::consts::PI) / 2.0
        * side;
    format!("{z}/{}/{}", x as u32, y as u32)
}

async fn fetch(app: &TestApp, path: &str) -> Response {
    app.request(Method::GET, &format!("/api/v1/tiles/{path}")).send().await.unwrap()
}

async fn tile(app: &TestApp, path: &str) -> BTreeMap<String, Layer> {
    let answer = fetch(app, path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    assert_eq!(answer.headers()["content-type"], "application/vnd.mapbox-vector-tile");
    layers(&answer.bytes().await.unwrap())
}

async fn keeps(app: &TestApp, path: &str) -> String {
    let answer = fetch(app, path).await;
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.headers()["cache-control"].to_str().unwrap().to_owned()
}

const FOR_LONG: &str = "private, max-age=31536000, immutable";
const ASK_FIRST: &str = "private, no-cache";

async fn app() -> TestApp {
    TestApp::start().await.signed_in().await
}

#[tokio::test]
async fn areas_are_as_fine_as_the_zoom() {
    let app = app().await;
    for (zoom, areas) in [(4, 3), (7, 5), (9, 9)] {
        let layers = tile(&app, &format!("areas/{}", place(zoom))).await;
        let (outlines, labels) = (&layers["areas"], &layers["area_labels"]);
        assert_eq!((outlines.features.len(), labels.features.len()), (areas, areas), "zoom {zoom}");
        for key in ["code", "name", "level"] {
            assert!(outlines.keys().contains(key), "{key} of {:?}", outlines.keys());
        }
        assert!(labels.texts("name").iter().any(|text| text == "五原县"), "{:?}", labels.texts("name"));
    }
}

#[tokio::test]
async fn units_show_households_in_classes_only() {
    let app = app().await;
    let layers = tile(&app, &format!("units/{}", place(11))).await;
    assert!(layers["units"].features.len() > 50, "{}", layers["units"].features.len());
    assert_eq!(layers["units"].keys(), ["code", "households_class", "village"].into());
    assert_eq!(fetch(&app, &format!("units/{}", place(10))).await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn grids_are_those_of_the_day_or_of_the_plan() {
    let app = app().await;
    put_published(&app.store, 1, "2026-06-01").await;
    let draft = put_draft(&app.store, 2).await;
    let of = |sequence: &str| {
        let mut codes = ["150821100200", "150821100201", "150821101200", "150821101201"]
            .map(|village| format!("{village}{sequence}"));
        codes.sort();
        codes.to_vec()
    };
    let codes = |layers: &BTreeMap<String, Layer>| {
        assert_eq!((layers["grids"].features.len(), layers["grid_labels"].features.len()), (4, 4));
        let mut codes = layers["grids"].texts("code");
        codes.sort();
        codes
    };
    let at = place(10);
    assert_eq!(codes(&tile(&app, &format!("grids/{at}")).await), of("001"));
    assert_eq!(codes(&tile(&app, &format!("grids/{at}?on=2026-06-01")).await), of("001"));
    assert_eq!(codes(&tile(&app, &format!("plans/{draft}/{at}")).await), of("002"));
    assert_eq!(fetch(&app, &format!("grids/{at}?on=2026-05-31")).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(fetch(&app, &format!("grids/{}", place(7))).await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn far_away_tiles_are_empty() {
    let app = app().await;
    let draft = put_published(&app.store, 1, "2026-06-01").await;
    for path in ["areas/9/0/0", "grids/9/0/0", "units/12/0/0", &format!("plans/{draft}/9/0/0")] {
        let answer = fetch(&app, path).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{path}");
        assert!(answer.headers().contains_key("etag"));
        assert!(answer.bytes().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn tiles_that_do_not_exist_are_problems() {
    let app = app().await;
    let plan = put_draft(&app.store, 1).await;
    for (path, status, code) in [
        ("areas/21/0/0", 400, "no_such_tile"),
        ("areas/3/8/0", 400, "no_such_tile"),
        ("units/3/0/8", 400, "no_such_tile"),
        ("grids/0/1/0", 400, "no_such_tile"),
        (&format!("plans/{plan}/3/8/0"), 400, "no_such_tile"),
        ("areas/256/0/0", 400, "bad_path"),
        ("areas/3/-1/0", 400, "bad_path"),
        ("areas/3/x/0", 400, "bad_path"),
        ("grids/3/0/0?on=yesterday", 400, "bad_parameter"),
        ("plans/7/3/0/0", 400, "bad_path"),
        ("plans/01a20a62-0000-7000-8000-000000000000/3/0/0", 404, "not_found"),
        ("areas/3/0", 404, "not_found"),
    ] {
        let request = app.request(Method::GET, &format!("/api/v1/tiles/{path}"));
        assert_eq!(problem(request).await, (status, code.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn an_unchanged_tile_is_not_sent_twice() {
    let app = app().await;
    put_published(&app.store, 1, "2026-06-01").await;
    let at = place(10);
    for path in [format!("areas/{at}"), format!("grids/{at}")] {
        let tag = fetch(&app, &path).await.headers()["etag"].to_str().unwrap().to_owned();
        let again = |known: String| {
            app.request(Method::GET, &format!("/api/v1/tiles/{path}")).header("if-none-match", known)
        };
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            let answer = again(known).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{path}");
            assert_eq!(answer.headers()["etag"], tag.as_str());
            assert!(answer.bytes().await.unwrap().is_empty());
        }
        assert_eq!(again("\"other\"".to_owned()).send().await.unwrap().status(), StatusCode::OK);
    }
    let before = fetch(&app, &format!("grids/{at}?on=2026-12-01")).await.headers()["etag"].clone();
    put_published(&app.store, 2, "2026-12-01").await;
    let after = fetch(&app, &format!("grids/{at}?on=2026-12-01")).await;
    assert_ne!(after.headers()["etag"], before, "other grids, another tag");
}

#[tokio::test]
async fn a_tile_is_kept_for_long_only_under_the_version_that_holds() {
    let app = app().await;
    let versions = async || {
        let meta = app.get("/api/v1/meta").await;
        (
            meta["areas_version"].as_str().unwrap().to_owned(),
            meta["grids_version"].as_str().unwrap().to_owned(),
        )
    };
    let at = place(11);
    let (areas, grids) = versions().await;
    for (path, expected) in [
        (format!("areas/{at}?v={areas}"), FOR_LONG),
        (format!("areas/{at}?v={areas}0"), ASK_FIRST),
        (format!("areas/{at}"), ASK_FIRST),
        (format!("units/{at}?v={areas}"), FOR_LONG),
        (format!("units/{at}?v=0"), ASK_FIRST),
        (format!("grids/{at}?v={grids}&on=2026-06-01"), FOR_LONG),
        (format!("grids/{at}?v={grids}"), ASK_FIRST),
        (format!("grids/{at}?on=2026-06-01"), ASK_FIRST),
    ] {
        assert_eq!(keeps(&app, &path).await, expected, "{path}");
    }
    // Publishing and importing end the old versions.
    put_published(&app.store, 1, "2026-06-01").await;
    let (same_areas, new_grids) = versions().await;
    assert_eq!(same_areas, areas);
    assert_ne!(new_grids, grids);
    assert_eq!(keeps(&app, &format!("grids/{at}?v={grids}&on=2026-06-01")).await, ASK_FIRST);
    assert_eq!(keeps(&app, &format!("grids/{at}?v={new_grids}&on=2026-06-01")).await, FOR_LONG);
    put_tiny(&app.store).await;
    let (new_areas, _) = versions().await;
    assert_eq!(keeps(&app, &format!("areas/{at}?v={areas}")).await, ASK_FIRST);
    assert_eq!(keeps(&app, &format!("areas/{at}?v={new_areas}")).await, FOR_LONG);
}

#[tokio::test]
async fn a_drafts_tile_is_asked_for_again_and_a_published_plans_is_kept() {
    let app = app().await;
    let plan = put_draft(&app.store, 1).await.to_string();
    let path = format!("plans/{plan}/{}", place(10));
    assert_eq!(keeps(&app, &path).await, ASK_FIRST);
    assert_eq!(app.publish(&plan, "2026-06-01").await["state"], "done");
    assert_eq!(keeps(&app, &path).await, FOR_LONG);
}
