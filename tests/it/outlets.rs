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

/// Imports a file over the API; gives the job's end.
async fn import(app: &TestApp, what: &str, name: &str, body: Vec<u8>) -> Value {
    let path = format!("/api/v1/areas/150821/imports/{what}?name={name}");
    let answer = app.request(Method::POST, &path).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let job: Value = answer.json().await.unwrap();
    app.run_pending_jobs().await;
    app.job(job["id"].as_str().unwrap()).await
}

const SERVICES: &str = "代码,名称,类型,四办,下放,公用事业类别\n\
    D001,示例下放事项,审批,马上办;网上办,是,\nU001,供水报装,公用事业,一次办,否,水\n";

#[tokio::test]
async fn a_file_of_outlets_comes_in_with_what_they_offer_and_goes_out_again() {
    let app = TestApp::start().await.signed_in().await;
    let job = import(&app, "services", "items.csv", SERVICES.into()).await;
    assert_eq!((&job["state"], &job["result"]["loaded"]), (&json!("done"), &json!(2)), "{job}");
    let found = app.get("/api/v1/services?search=D001").await["services"][0].clone();
    assert_eq!((&found["modes"], &found["online"]), (&json!(["immediate", "online"]), &json!(true)));

    // GCJ-02 is some hundred metres off; the table leaves the areas to the places.
    let table = "名称,类型,经度,纬度,开放时间,窗口数,事项,授权依据,启用日期,服务日历\n\
        联合村站,便民服务站,108.01,41.01,Mo-Fr 08:30-17:00,2,D001;U001,旗政府第 3 号,2026-03-01,\n\
        中心,服务中心,108.012,41.012,,5,,,,\n\
        流动点,流动服务点,108.04,41.04,,1,,,,\"May-Sep We[1,3] 10:00-15:00\"\n";
    let job = import(&app, "outlets", "outlets.csv&crs=GCJ-02", table.into()).await;
    assert_eq!((&job["state"], &job["result"]["loaded"]), (&json!("done"), &json!(3)), "{job}");
    let held = app.get("/api/v1/areas/150821/outlets").await["outlets"].clone();
    let areas: Vec<&str> = held.as_array().unwrap().iter().map(|one| one["area"].as_str().unwrap()).collect();
    assert_eq!(areas, ["150821100", "150821100200", "150821101201"]);
    let moved = held[1]["point"][0].as_f64().unwrap();
    assert!((0.001..0.01).contains(&(108.01 - moved)), "{moved}");
    assert_eq!((&held[1]["items"], &held[1]["from"]), (&json!(2), &json!("2026-03-01")));

    // Out as a workbook, in again: nothing new.
    let bytes = app
        .request(Method::GET, "/api/v1/areas/150821/outlets.xlsx")
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    let job = import(&app, "outlets", "again.xlsx", bytes.to_vec()).await;
    assert_eq!((&job["state"], &job["result"]["loaded"]), (&json!("done"), &json!(3)), "{job}");
    assert_eq!(app.get("/api/v1/areas/150821/outlets").await["outlets"], held);
    let text = app
        .request(Method::GET, "/api/v1/areas/150821100200/outlets.csv")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(text.contains("联合村站,station,150821100200,联合村,") && text.lines().count() == 2, "{text}");
    let map = app.get_geojson("/api/v1/areas/150821/outlets.geojson").await;
    assert_eq!(
        (&map["features"][2]["properties"]["kind"], map["features"].as_array().unwrap().len()),
        (&json!("mobile_stop"), 3)
    );
}

#[tokio::test]
async fn a_bad_file_of_outlets_changes_nothing_and_says_each_row() {
    let app = TestApp::start().await.signed_in().await;
    let table = "name,kind,lon,lat,area,items,authority,calendar\n\
        a,station,108.01,41.01,150821100200,,,\n\
        a,station,108.01,41.01,150821100200,,,\n\
        b,shop,108.01,41.01,,,,\n\
        c,station,109.5,41.01,,,,\n\
        d,station,108.01,41.01,150821101,,,\n\
        e,station,108.01,41.01,,X1,some,\n\
        f,station,108.01,41.01,,X1,,\n\
        g,station,108.01,41.01,,,,We\n";
    let job = import(&app, "outlets", "outlets.csv", table.into()).await;
    assert_eq!(job["state"], "failed", "{job}");
    // A file with rows that can't be read is not looked at further.
    let found = |job: &Value| -> Vec<(u64, String)> {
        let findings = job["error"]["findings"].as_array().unwrap().iter();
        findings.map(|one| (one["row"].as_u64().unwrap(), one["code"].as_str().unwrap().to_owned())).collect()
    };
    let said = |row: u64, code: &str| (row, code.to_owned());
    assert_eq!(found(&job), [said(3, "bad_value"), said(7, "missing_value"), said(8, "bad_value")]);
    let readable: Vec<&str> =
        table.lines().filter(|line| !["b,", "f,", "g,"].iter().any(|row| line.starts_with(row))).collect();
    let job = import(&app, "outlets", "outlets.csv", readable.join("\n").into()).await;
    let codes =
        [said(2, "duplicate_code"), said(3, "outside_village"), said(4, "bad_value"), said(5, "bad_value")];
    assert_eq!(found(&job), codes);
    assert_eq!(app.get("/api/v1/areas/150821/outlets").await["outlets"], json!([]));
    let auditor = app.with_token(&app.token_of("analyst-2", Role::Analyst, "150821").await);
    let request = auditor.request(Method::POST, "/api/v1/areas/150821/imports/outlets?name=a.csv").body("x");
    assert_eq!(problem(request).await, (403, "forbidden".to_owned()));
}
