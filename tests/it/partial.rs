//! Dividing one township: the rest of its banner is taken over from the plan in force.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::TestApp;

async fn grids(app: &TestApp, plan: &str) -> BTreeMap<String, Value> {
    let page = app.get(&format!("/api/v1/areas/150821/grids?plan={plan}")).await;
    let items = page["items"].as_array().unwrap().clone();
    items.into_iter().map(|grid| (grid["code"].as_str().unwrap().to_owned(), grid)).collect()
}

async fn divide(app: &TestApp, area: &str, seed: i64) -> Value {
    let (_, job) = app.post(&format!("/api/v1/areas/{area}/plans"), json!({"seed": seed})).await;
    app.run_pending_jobs().await;
    app.get(&format!("/api/v1/jobs/{}", job["id"].as_str().unwrap())).await
}

#[tokio::test]
async fn a_township_is_divided_and_the_rest_of_its_banner_stays() {
    let app = TestApp::start().await.signed_in().await;
    let before = divide(&app, "150821100", 1).await;
    assert_eq!(before["error"]["code"], "no_plan_in_force", "{before}");

    let first = app.divide(1).await;
    assert_eq!(app.publish(&first, "2026-11-01").await["state"], "done");
    let job = divide(&app, "150821100", 5).await;
    assert_eq!(job["state"], "done", "{job}");
    assert_eq!(job["area"], "150821", "a plan is a whole banner's");
    assert_eq!(job["total"], 2, "two villages are divided anew");
    let second = job["result"]["plans"][0].as_str().unwrap();

    let (old, new) = (grids(&app, &first).await, grids(&app, second).await);
    let outside = |grids: &BTreeMap<String, Value>| -> BTreeMap<String, Value> {
        grids
            .iter()
            .filter(|(code, _)| !code.starts_with("150821100"))
            .map(|(c, g)| (c.clone(), g.clone()))
            .collect()
    };
    assert_eq!(outside(&old), outside(&new));
    let households = |grids: &BTreeMap<String, Value>| {
        grids.values().map(|grid| grid["households"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(households(&old), households(&new));
    assert!(new.keys().any(|code| code.starts_with("150821100")));
}
