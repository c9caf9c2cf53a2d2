//! Where to put the next outlets when each can serve only so many, what was asked before, and that a site becomes an
//! outlet once.

use khot::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

const PATH: &str = "/api/v1/areas/150821/placements";

async fn asked(app: &TestApp, question: Value) -> Value {
    let (status, job) = app.post(PATH, question).await;
    assert_eq!(status, 202, "{job}");
    app.run_pending_jobs().await;
    let job = app.job(job["id"].as_str().unwrap()).await;
    assert_eq!(job["state"], "done", "{job}");
    app.get(&format!("/api/v1/placements/{}", job["result"]["placement"].as_str().unwrap())).await
}

fn number(held: &Value, name: &str) -> u64 {
    held[name].as_u64().unwrap_or_else(|| panic!("{name} in {held}"))
}

fn sites(held: &Value) -> &Vec<Value> {
    held["sites"].as_array().unwrap()
}

/// The tiny place with a station that serves 3 people a day: 60 households a month.
async fn with_station() -> TestApp {
    let app = TestApp::start().await.signed_in().await;
    put_tiny(&app.store).await;
    let new = json!({"name": "联合村站", "kind": "station", "point": [108.01, 41.01], "from": "2026-01-01", "capacity": 3});
    assert_eq!(app.post("/api/v1/areas/150821100200/outlets", new).await.0, 201);
    app
}

#[tokio::test]
async fn no_outlet_is_taken_to_serve_more_than_it_can() {
    let app = with_station().await;
    let question = |capacity: Value| json!({"goal": "count", "count": 3, "kind": "station", "within_min": 30, "capacity": capacity});
    let free = asked(&app, question(json!(null))).await;
    let narrow = asked(&app, question(json!(100))).await;
    assert_eq!((&free["capacity"], &narrow["capacity"]), (&json!(null), &json!(100)));
    assert_eq!((&free["estimated"], &narrow["estimated"]), (&json!(true), &json!(true)));
    // Everybody is near somebody, but these have room for 60 and three times 100.
    assert_eq!((number(&narrow, "covered"), number(&narrow, "bound")), (360, 360), "{narrow}");
    assert_eq!(sites(&narrow).len(), 3);
    assert!(sites(&narrow).iter().all(|site| site["adds_households"] == 100), "{narrow}");
    assert!(number(&free, "covered") > 360, "{free}");
    // Room for all is as good as no limit, but for the station that is there.
    let wide = asked(&app, question(json!(1_000_000))).await;
    assert_eq!(number(&wide, "covered"), number(&free, "covered"));
    // Of outlets that are small it takes many more to serve all.
    let all =
        |capacity: Value| json!({"goal": "all", "kind": "station", "within_min": 30, "capacity": capacity});
    let (few, many) = (asked(&app, all(json!(null))).await, asked(&app, all(json!(400))).await);
    assert!(sites(&many).len() > sites(&few).len(), "{few} {many}");
    assert!(number(&many, "bound") <= sites(&many).len() as u64);
    let most = 60 + 400 * sites(&many).len() as u64;
    assert!(number(&many, "covered") <= most.min(number(&many, "households")), "{many}");
    for capacity in [json!(0), json!(1_000_001)] {
        let request = app.request(Method::POST, PATH).json(&question(capacity.clone()));
        assert_eq!(problem(request).await, (400, "bad_capacity".to_owned()), "{capacity}");
    }
}

#[tokio::test]
async fn what_was_asked_is_listed_the_newest_first() {
    let app = with_station().await;
    let first = asked(&app, json!({"goal": "count", "count": 1, "kind": "station", "within_min": 5})).await;
    let second =
        asked(&app, json!({"goal": "all", "kind": "agent_point", "within_min": 10, "capacity": 500})).await;
    let address = format!("/api/v1/placements/{}/acceptance", first["id"].as_str().unwrap());
    assert_eq!(app.post(&address, json!({"sites": [0]})).await.0, 201);
    let held = app.get(PATH).await;
    let all = held["placements"].as_array().unwrap();
    assert_eq!([&all[0]["id"], &all[1]["id"]], [&second["id"], &first["id"]]);
    assert_eq!((&all[0]["status"], &all[1]["status"]), (&json!("open"), &json!("accepted")));
    assert_eq!((&all[0]["goal"], &all[0]["capacity"]), (&json!("all"), &json!(500)));
    assert_eq!((&all[1]["sites"], &all[1]["covered"]), (&json!(1), &first["covered"]));
    assert_eq!(all[0]["synthetic"], true);
    assert_eq!(app.get("/api/v1/areas/150821100/placements").await["placements"], json!([]));
    let analyst = app.with_token(&app.token_of("reader", Role::Analyst, "150821").await);
    assert_eq!(problem(analyst.request(Method::GET, PATH)).await.0, 403);
}

#[tokio::test]
async fn a_site_becomes_an_outlet_once() {
    let app = with_station().await;
    let question = json!({"goal": "all", "kind": "mobile_stop", "within_min": 4});
    let held = asked(&app, question.clone()).await;
    let every: Vec<usize> = (0..sites(&held).len()).collect();
    let village = |site: &Value| site["village"].as_str().unwrap().to_owned();
    let villages: std::collections::BTreeSet<String> = sites(&held).iter().map(village).collect();
    assert!(every.len() > villages.len(), "some village has two: {held}");
    let address = format!("/api/v1/placements/{}/acceptance", held["id"].as_str().unwrap());
    // Both at once: one of them is late.
    let both = [0, 1].map(|_| app.post(&address, json!({"sites": every})));
    let answers = futures::future::join_all(both).await;
    let of = |status: u16| answers.iter().filter(|answer| answer.0 == status).collect::<Vec<_>>();
    assert_eq!((of(201).len(), of(409).len()), (1, 1), "{answers:?}");
    assert_eq!(of(409)[0].1["code"], "accepted_already");
    let mut names = Vec::new();
    for outlet in of(201)[0].1["outlets"].as_array().unwrap() {
        let held = app.get(&format!("/api/v1/outlets/{}", outlet.as_str().unwrap())).await;
        names.push(held["name"].as_str().unwrap().to_owned());
    }
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!((distinct.len(), names.len()), (every.len(), every.len()), "{names:?}");
    assert!(names.iter().any(|name| name.ends_with("流动服务点2")), "{names:?}");
    // Drafts serve nobody yet, so the same question has the same answer; its sites are taken.
    let again = asked(&app, question).await;
    assert_eq!(sites(&again), sites(&held));
    let address = format!("/api/v1/placements/{}/acceptance", again["id"].as_str().unwrap());
    let (status, answer) = app.post(&address, json!({"sites": [0]})).await;
    assert_eq!((status.as_u16(), &answer["code"]), (409, &json!("outlet_there")), "{answer}");
    // Nothing of a refusal stays.
    assert_eq!(
        app.get(&format!("/api/v1/placements/{}", again["id"].as_str().unwrap())).await["status"],
        "open"
    );
}
