//! Uploading a file; what becomes of it is a job.

use geozero::ToJson;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::*;

/// The tiny place's areas as a file.
fn areas_file(change: impl Fn(&mut Value)) -> String {
    let features: Vec<Value> = tiny_areas()
        .into_iter()
        .map(|area| {
            let geometry: Value =
                serde_json::from_str(&geo::Geometry::from(area.outline.clone()).to_json().unwrap()).unwrap();
            let mut feature = json!({"type": "Feature", "geometry": geometry, "properties": {
                "code": area.code, "name": area.name, "area_type": area.area_type, "kind": area.kind}});
            change(&mut feature);
            feature
        })
        .collect();
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

/// Three places where people live, in two villages.
const UNITS: &str = "lon,lat,households,people\n108.01,41.01,12,30\n108.02,41.02,8,20\n108.05,41.05,5,11\n";

/// Uploads a file and lets it be imported; gives the job.
async fn import(app: &TestApp, address: &str, content: impl Into<reqwest::Body>) -> Value {
    let answer =
        app.request(Method::POST, &format!("/api/v1/areas/{address}")).body(content).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let place = answer.headers()["location"].to_str().unwrap().to_owned();
    app.run_pending_jobs().await;
    app.get(&place).await
}

/// Everything that an import could change.
async fn contents(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT area::text FROM area UNION ALL SELECT unit::text FROM unit UNION ALL SELECT edition::text FROM edition
         UNION ALL SELECT audit::text FROM audit WHERE action NOT LIKE 'job.%' UNION ALL SELECT upload::text FROM upload ORDER BY 1",
    )
    .fetch_all(&mut as_owner(&app.database).await)
    .await
    .unwrap()
}

#[tokio::test]
async fn areas_and_then_units_are_loaded() {
    let app = TestApp::start_empty().await.signed_in().await;
    let job = import(&app, "15/imports/areas?name=areas.geojson", areas_file(|_| ())).await;
    assert_eq!((&job["state"], &job["result"]["loaded"]), (&json!("done"), &json!(9)), "{job}");
    let banner = app.get("/api/v1/areas/150821").await;
    assert_eq!(
        (&banner["name"], &banner["villages"], &banner["households"]),
        (&json!("五原县"), &json!(4), &json!(0))
    );
    assert_eq!(banner["synthetic"], false);

    let job = import(&app, "150821/imports/units?name=units.csv", UNITS).await;
    assert_eq!(job["state"], "done", "{job}");
    assert!(job["result"]["loaded"].as_u64() > Some(3), "cells without households are units too: {job}");
    for (area, households, people) in
        [("150821100200", 20, 50), ("150821100", 20, 50), ("150821101201", 5, 11), ("150821", 25, 61)]
    {
        let area = app.get(&format!("/api/v1/areas/{area}")).await;
        assert_eq!(
            (&area["households"], &area["people"]),
            (&json!(households), &json!(people)),
            "{}",
            area["code"]
        );
    }
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM upload")
        .fetch_one(&mut as_owner(&app.database).await)
        .await
        .unwrap();
    assert_eq!(kept, 0, "the upload goes with its job");
}

#[tokio::test]
async fn a_dry_run_tells_and_changes_nothing() {
    let app = TestApp::start().await.signed_in().await;
    let before = contents(&app).await;
    let job = import(&app, "150821/imports/units?name=units.csv&dry_run=true", UNITS).await;
    assert_eq!((&job["state"], &job["result"]["dry_run"]), (&json!("done"), &json!(true)), "{job}");
    assert_eq!(contents(&app).await, before);
    let wrong = format!("{UNITS}108.01,41.01,-3,1\n");
    let job = import(&app, "150821/imports/units?name=units.csv&dry_run=true", wrong).await;
    assert_eq!(job["state"], "done", "{job}");
    let finding = &job["result"]["findings"][0];
    assert_eq!((&finding["row"], &finding["error"]), (&json!(4), &json!(true)), "{finding}");
    assert!(finding["zh"].is_string() && finding["en"].is_string());
    assert_eq!(contents(&app).await, before);
}

#[tokio::test]
async fn a_file_that_can_not_be_used_changes_nothing() {
    let app = TestApp::start().await.signed_in().await;
    let before = contents(&app).await;
    let bow_tie = areas_file(|feature| {
        if feature["properties"]["code"] == "150821100200" {
            feature["geometry"] = json!({"type": "Polygon", "coordinates": [[[108.0, 41.0], [108.03, 41.03], [108.03, 41.0], [108.0, 41.03], [108.0, 41.0]]]});
        }
    });
    for (address, content) in [
        ("15/imports/areas?name=areas.geojson", bow_tie),
        ("15/imports/areas?name=areas.geojson", "no GeoJSON".to_owned()),
        ("15/imports/areas?name=areas.geojson", String::new()),
        ("150822/imports/areas?name=areas.geojson", areas_file(|_| ())),
        ("150821/imports/units?name=units.csv", format!("{UNITS}108.01,41.01,-3,1\n")),
        ("150821/imports/units?name=units.csv", format!("{UNITS}0,0,3,1\n")),
        ("150821/imports/units?name=units.doc", UNITS.to_owned()),
        ("150821/imports/units?name=units.csv&crs=EPSG:99999", UNITS.to_owned()),
    ] {
        let job = import(&app, address, content).await;
        assert_eq!(
            (&job["state"], &job["error"]["code"]),
            (&json!("failed"), &json!("unusable")),
            "{address}: {job}"
        );
        let findings = job["error"]["findings"].as_array().unwrap();
        assert!(
            findings.iter().any(|finding| finding["error"] == true && finding["zh"].is_string()),
            "{address}: {job}"
        );
        assert_eq!(contents(&app).await, before, "{address}");
    }
}

#[tokio::test]
async fn what_is_no_file_is_refused_at_once() {
    let app = TestApp::start().await.signed_in().await;
    let long = "x".repeat(300);
    for (address, code) in [
        ("150821/imports/units?name=..", "bad_name"),
        ("150821/imports/units?name=", "bad_name"),
        (&format!("150821/imports/units?name={long}.csv"), "bad_name"),
        ("150821/imports/units?name=a%00.csv", "bad_text"),
        ("150821/imports/units", "bad_parameter"),
        ("150821/imports/pastures?name=a.csv", "bad_path"),
        ("15082/imports/units?name=a.csv", "bad_code"),
    ] {
        let request = app.request(Method::POST, &format!("/api/v1/areas/{address}")).body(UNITS);
        assert_eq!(problem(request).await, (400, code.to_owned()), "{address}");
    }
    assert_eq!(app.get("/api/v1/jobs").await["items"], json!([]));
}
