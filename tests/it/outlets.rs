//! Outlets and what they offer over the API: dated, public to see, kept by those who may.

use khot::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

fn station() -> Value {
    json!({"name": "联合村便民服务站", "kind": "station", "point": [108.01, 41.01], "opening_hours": "Mo-Fr 08:30-17:00",
           "windows": 2, "capacity": 40, "from": "2026-01-01"})
}

async fn added(app: &TestApp) -> String {
    let (status, outlet) = app.post("/api/v1/areas/150821100200/outlets", station()).await;
    assert_eq!(status, 201, "{outlet}");
    outlet["id"].as_str().unwrap().to_owned()
}

async fn change(app: &TestApp, id: &str, body: Value) -> Value {
    let (status, outlet) = app.call(Method::PATCH, &format!("/api/v1/outlets/{id}"), Some(body)).await;
    assert_eq!(status, 200, "{outlet}");
    outlet
}

#[tokio::test]
async fn an_outlet_tells_its_hours_now_and_changes_from_a_day_on() {
    let app = TestApp::start().await.signed_in().await;
    let id = added(&app).await;
    // Monday noon.
    let held = app.get(&format!("/api/v1/outlets/{id}")).await;
    assert_eq!((&held["open_now"], &held["next_change"]), (&json!(true), &json!("2026-11-23T09:00:00Z")));
    assert_eq!((&held["area_name"], &held["offers"]), (&json!("联合村"), &json!([])));
    let later = change(&app, &id, json!({"from": "2026-12-01", "windows": 5, "opening_hours": "24/7"})).await;
    assert_eq!(
        (&later["windows"], &later["from"], &later["next_change"]),
        (&json!(5), &json!("2026-12-01"), &json!(null))
    );
    let of =
        async |day: &str| app.get(&format!("/api/v1/areas/150821/outlets?on={day}")).await["outlets"].clone();
    assert_eq!(of("2025-12-31").await, json!([]));
    let before = of("2026-11-30").await;
    assert_eq!((&before[0]["windows"], &before[0]["until"]), (&json!(2), &json!("2026-12-01")));
    assert_eq!(of("2026-12-01").await[0]["windows"], 5);
    // It closes for good.
    change(&app, &id, json!({"from": "2027-01-01", "until": "2027-03-01"})).await;
    assert_eq!(of("2027-02-28").await[0]["windows"], 5);
    assert_eq!(of("2027-03-01").await, json!([]));
    let request = app.request(Method::PATCH, &format!("/api/v1/outlets/{id}"));
    let refused = problem(request.json(&json!({"from": "2026-06-01", "windows": 1, "until": null}))).await;
    assert_eq!(refused, (409, "later_change".to_owned()));
    let request = app.request(Method::PATCH, &format!("/api/v1/outlets/{id}"));
    let refused = problem(request.json(&json!({"from": "2025-06-01", "windows": 1}))).await;
    assert_eq!(refused, (400, "before_beginning".to_owned()));
}

#[tokio::test]
async fn what_can_not_be_an_outlet_is_refused() {
    let app = TestApp::start().await.signed_in().await;
    let with = |name: &str, value: Value| {
        let mut body = station();
        body[name] = value;
        body
    };
    for (body, code) in [
        (with("name", json!(" ")), "bad_name"),
        (with("point", json!([108.05, 41.01])), "outside_area"),
        (with("point", json!([200.0, 41.0])), "bad_point"),
        (with("opening_hours", json!("周一到周五")), "bad_hours"),
        (with("calendar", json!("We[1]")), "bad_calendar"),
        (with("kind", json!("mobile_stop")), "bad_calendar"),
        (with("windows", json!(1001)), "bad_windows"),
        (with("until", json!("2026-01-01")), "bad_days"),
    ] {
        let request = app.request(Method::POST, "/api/v1/areas/150821100200/outlets").json(&body);
        assert_eq!(problem(request).await, (400, code.to_owned()), "{body}");
    }
    let request = app.request(Method::POST, "/api/v1/areas/1508/outlets").json(&station());
    assert_eq!(problem(request).await, (400, "bad_level".to_owned()));
    assert_eq!(app.get("/api/v1/areas/150821/outlets").await["outlets"], json!([]));
}

#[tokio::test]
async fn an_offer_is_dated_and_ends() {
    let app = TestApp::start().await.signed_in().await;
    put_outlet(&app.store, "150821101200", (108.01, 41.04)).await;
    let id = added(&app).await;
    let offer = format!("/api/v1/outlets/{id}/offers/D001");
    let given = json!({"authority": "旗政府 2026 年第 3 号", "since": "2026-03-01"});
    let (status, held) = app.call(Method::PUT, &offer, Some(given)).await;
    assert_eq!((status.as_u16(), &held["items"]), (200, &json!(1)), "{held}");
    assert_eq!(held["offers"][0]["authority"], "旗政府 2026 年第 3 号");
    assert_eq!(held["offers"][0]["modes"], json!(["nearby"]));
    let (status, _) = app.call(Method::DELETE, &offer, None).await;
    assert_eq!(status, 204);
    let held = app.get(&format!("/api/v1/outlets/{id}")).await;
    assert_eq!((&held["items"], &held["offers"][0]["until"]), (&json!(0), &json!("2026-11-23")));
    assert_eq!(problem(app.request(Method::DELETE, &offer)).await.0, 404);
    // The time that has passed stays as it was.
    let again = json!({"authority": "旗政府", "since": "2026-10-01"});
    assert_eq!(
        problem(app.request(Method::PUT, &offer).json(&again)).await,
        (409, "offered_already".to_owned())
    );
    let none = json!({"authority": "旗政府", "since": "2026-10-01"});
    let request = app.request(Method::PUT, &format!("/api/v1/outlets/{id}/offers/X9")).json(&none);
    assert_eq!(problem(request).await.0, 404);
    let found = app.get("/api/v1/services?search=d00&delegated=true&kind=approval").await;
    assert_eq!(found["services"].as_array().unwrap().len(), 2);
    assert_eq!(app.get("/api/v1/services?delegated=false").await["services"], json!([]));
}

#[tokio::test]
async fn proposals_are_for_those_who_may_accept_them() {
    let app = TestApp::start().await.signed_in().await;
    let mut body = station();
    body["draft"] = json!(true);
    let (_, outlet) = app.post("/api/v1/areas/150821100200/outlets", body).await;
    let id = outlet["id"].as_str().unwrap();
    let analyst = app.with_token(&app.token_of("analyst-1", Role::Analyst, "150821").await);
    let seen =
        async || analyst.get("/api/v1/areas/150821/outlets").await["outlets"].as_array().unwrap().len();
    assert_eq!(seen().await, 0);
    assert_eq!(problem(analyst.request(Method::GET, &format!("/api/v1/outlets/{id}"))).await.0, 404);
    let accepted = change(&app, id, json!({"draft": false})).await;
    assert_eq!((&accepted["draft"], &accepted["from"]), (&json!(false), &json!("2026-01-01")));
    assert_eq!(seen().await, 1);
    // Whoever keeps a village sees what serves it from above, and changes nothing.
    let worker = app.with_token(&app.token_of("worker-1", Role::Worker, "150821100201").await);
    assert_eq!(problem(worker.request(Method::GET, &format!("/api/v1/outlets/{id}"))).await.0, 404);
    let mut centre = station();
    centre["kind"] = json!("centre");
    let (_, centre) = app.post("/api/v1/areas/150821100/outlets", centre).await;
    let address = format!("/api/v1/outlets/{}", centre["id"].as_str().unwrap());
    assert_eq!(worker.get(&address).await["kind"], "centre");
    let request = worker.request(Method::PATCH, &address).json(&json!({"windows": 1}));
    assert_eq!(problem(request).await, (403, "forbidden".to_owned()));
}
