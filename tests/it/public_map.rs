//! The public map: what whoever hasn't signed in sees where the operator has opened it, and nothing where not.

use khot::access::Role;
use khot::config::Limits;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::harness::*;
use crate::tiles::{self, layers};

/// What the public map shows, on the tiny place; `{tile}` holds all of it.
const OPEN: [&str; 14] = [
    "/api/v1/meta",
    "/api/v1/areas/15",
    "/api/v1/areas/150821?geometry=true",
    "/api/v1/areas/150821100200",
    "/api/v1/areas/150821/children?level=village",
    "/api/v1/areas/150821/grids",
    "/api/v1/grids/150821100200001",
    "/api/v1/search?q=150821100200001",
    "/api/v1/areas/150821/outlets",
    "/api/v1/services",
    "/api/v1/at?lon=108.01&lat=41.01",
    "/api/v1/locate?lon=108.01&lat=41.01",
    "/api/v1/tiles/areas/{tile}",
    "/api/v1/tiles/grids/{tile}",
];

async fn app(limits: Limits, open: bool) -> TestApp {
    let app = TestApp::start_shaped(limits, |state| state.with_public_map(open)).await;
    put_tiny(&app.store).await;
    put_published(&app.store, 1, "2026-06-01").await;
    app
}

async fn status(app: &TestApp, path: &str) -> StatusCode {
    app.anonymous(Method::GET, &path.replace("{tile}", &tiles::place(10))).send().await.unwrap().status()
}

/// Names of members that tell figures, wherever they stand.
pub fn figures(value: &Value, found: &mut Vec<String>) {
    const FIGURES: [&str; 7] =
        ["households", "people", "units", "travel_min", "in_band", "in_band_share", "households_class"];
    match value {
        Value::Array(items) => items.iter().for_each(|item| figures(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                if FIGURES.contains(&name.as_str()) && !member.is_null() {
                    found.push(format!("{name}: {member}"));
                }
                if name == "reasons" && member.as_array().is_none_or(|reasons| !reasons.is_empty()) {
                    found.push(format!("{name}: {member}"));
                }
                figures(member, found);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn it_is_shut_unless_the_operator_opens_it() {
    let app = app(unhindered(), false).await;
    for path in OPEN {
        assert_eq!(status(&app, path).await, 401, "{path}");
    }
    let app = app.signed_in().await;
    assert_eq!(app.get("/api/v1/meta").await["public_map"], false);
}

#[tokio::test]
async fn open_it_shows_outlines_and_no_figures() {
    let app = app(unhindered(), true).await;
    for path in OPEN.iter().filter(|path| !path.contains("tiles")) {
        let body = app.get(path).await;
        let mut found = Vec::new();
        figures(&body, &mut found);
        assert!(found.is_empty(), "{path}: {found:?}");
    }
    assert_eq!(app.get("/api/v1/meta").await["public_map"], true);
    assert_eq!(app.get("/api/v1/areas/150821/children").await["items"].as_array().unwrap().len(), 2);
    let grids = app.get_geojson("/api/v1/areas/150821/grids").await;
    assert_eq!(grids["features"].as_array().unwrap().len(), 4);
    assert!(grids["features"][0]["geometry"]["coordinates"].is_array());
    let mut found = Vec::new();
    figures(&grids, &mut found);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(app.get("/api/v1/locate?lon=108.01&lat=41.01").await["grid"]["code"], "150821100200001");
    for (layer, count) in [("areas", 9), ("grids", 4)] {
        let path = format!("/api/v1/tiles/{layer}/{}", tiles::place(10));
        let bytes = app.anonymous(Method::GET, &path).send().await.unwrap().bytes().await.unwrap();
        let features = &layers(&bytes)[layer].features;
        assert_eq!(features.len(), count, "{path}");
        assert!(features.iter().all(|feature| !feature.contains_key("households")), "{features:?}");
        assert!(features.iter().all(|feature| !feature.contains_key("in_band")), "{features:?}");
    }
    // Whoever has signed in sees figures at the same addresses.
    let app = app.signed_in().await;
    assert!(app.get("/api/v1/grids/150821100200001").await["households"].is_u64());
}

#[tokio::test]
async fn open_it_shows_no_draft_and_nothing_else() {
    let app = app(unhindered(), true).await;
    let draft = put_draft(&app.store, 7).await;
    put_workers(&app.store, "150821100", 1).await;
    let (status_of, body) =
        app.call(Method::GET, &format!("/api/v1/areas/150821/grids?plan={draft}"), None).await;
    assert_eq!((status_of, body["items"].as_array().map(Vec::len)), (StatusCode::OK, Some(0)));
    assert_eq!(status(&app, &format!("/api/v1/grids/150821100200007?plan={draft}")).await, 404);
    let open: Vec<&str> = OPEN.iter().map(|path| path.split('?').next().unwrap()).collect();
    let document = khot::api::document();
    for (path, item) in document["paths"].as_object().unwrap() {
        let address = path
            .replace("{code}", if path.contains("/grids/{code}") { "150821100200001" } else { "150821" })
            .replace("{z}/{x}/{y}", "{tile}")
            .replace("{id}", &draft.to_string())
            .replace("{what}", "units")
            .replace("{item}", "D001");
        let is_open = open.contains(&address.as_str())
            || ["/healthz", "/readyz", "/metrics"].contains(&path.as_str())
            || path == "/api/v1/outlets/{id}"
            || path.starts_with("/api/v1/areas/{code}/outlets.")
            || path.starts_with("/api/v1/sign-in");
        for method in item.as_object().unwrap().keys().filter(|method| *method != "parameters") {
            if is_open && method == "get" || path == "/api/v1/session" && method == "post" {
                continue;
            }
            let address = match path.as_str() {
                "/api/v1/comparison" => format!("{address}?area=150821&by=area_type"),
                "/api/v1/policy" => format!("{address}?area=150821"),
                _ => address.replace("{tile}", &tiles::place(10)),
            };
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = app.anonymous(method.clone(), &address).send().await.unwrap();
            assert_eq!(answer.status(), 401, "{method} {address}");
        }
    }
}

#[tokio::test]
async fn a_session_that_has_ended_leaves_the_public_map_and_a_token_does_not() {
    let app = app(unhindered(), true).await;
    let with = async |name: &str, value: &str| {
        app.anonymous(Method::GET, "/api/v1/areas/150821").header(name, value).send().await.unwrap().status()
    };
    assert_eq!(with("cookie", "khot_session=long-gone").await, 200);
    assert_eq!(with("authorization", "Bearer long-gone").await, 401);
}

#[tokio::test]
async fn visitors_are_limited_by_address() {
    let some = |number| std::num::NonZeroU32::new(number).unwrap();
    let app =
        app(Limits { visits: some(3), tiles: some(2), trusted_proxy: true, ..unhindered() }, true).await;
    let from = async |address: &str, path: &str| {
        let path = path.replace("{tile}", &tiles::place(10));
        app.anonymous(Method::GET, &path)
            .header("x-forwarded-for", address)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    for path in ["/api/v1/areas/15", "/api/v1/meta", "/api/v1/search?q=x"] {
        assert_eq!(from("10.0.0.1", path).await, 200, "{path}");
    }
    assert_eq!(from("10.0.0.1", "/api/v1/areas/15").await, 429);
    assert_eq!(from("10.0.0.2", "/api/v1/areas/15").await, 200);
    let tile = "/api/v1/tiles/areas/{tile}";
    let tiles = [from("10.0.0.1", tile).await, from("10.0.0.1", tile).await, from("10.0.0.1", tile).await];
    assert_eq!(tiles, [200, 200, 429]);
    // Accounts are counted by themselves.
    let token = app.token_of("analyst", Role::Analyst, "150821").await;
    let app = app.with_token(&token);
    for _ in 0..5 {
        app.get("/api/v1/areas/150821").await;
    }
}
