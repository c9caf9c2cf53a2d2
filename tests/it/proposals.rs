//! Proposals of who looks after which grid, and what a change would do.

use khot::access::{Role, Scope};
use khot::domain::Home;
use khot::store::proposals::{self, NewLine, NewProposal};
use khot::store::{Store, workers};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::*;

/// A proposal of one line.
pub async fn put_proposal(store: &Store, grid: &str, worker: Uuid) -> Uuid {
    let new = NewProposal {
        id: Uuid::now_v7(),
        area: code("150821"),
        on: day("2026-11-23"),
        params: json!({}),
        totals: json!({}),
        costs: json!([]),
        lines: vec![NewLine { grid: grid.parse().unwrap(), worker, km: 1.0, change: "new", grids_max: 1 }],
    };
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    proposals::save(&mut tx, &new, noon()).await.unwrap();
    tx.commit().await.unwrap();
    new.id
}

const GRIDS: [&str; 4] = ["150821100200001", "150821100201001", "150821101200001", "150821101201001"];
/// The middles of the four villages.
const PLACES: [(f64, f64); 4] = [(108.015, 41.015), (108.045, 41.015), (108.015, 41.045), (108.045, 41.045)];

/// Four grids of a village each, and a worker who lives in the middle of each of the villages said.
async fn with_homes(homes: &[usize]) -> (TestApp, TestApp, Vec<Uuid>) {
    let app = TestApp::start().await;
    put_published(&app.store, 1, "2026-01-01").await;
    let ids = put_workers(&app.store, "150821100", homes.len() as u32).await;
    let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
    for (id, home) in ids.iter().zip(homes) {
        let change = workers::WorkerChange {
            home: Some(Home::around(PLACES[*home].0, PLACES[*home].1)),
            ..workers::WorkerChange::default()
        };
        workers::change(&mut tx, *id, &change, day("2026-11-23"), noon()).await.unwrap().unwrap();
    }
    tx.commit().await.unwrap();
    let officer = app.with_token(&app.token_of("people-0821", Role::PeopleOfficer, "150821").await);
    (app, officer, ids)
}

async fn propose(officer: &TestApp, body: Value) -> Value {
    let (status, job) = officer.post("/api/v1/areas/150821/proposals", body).await;
    assert_eq!(status, 202, "{job}");
    officer.run_pending_jobs().await;
    let job = officer.job(job["id"].as_str().unwrap()).await;
    assert_eq!(job["state"], "done", "{job}");
    officer.get(&format!("/api/v1/proposals/{}", job["result"]["proposal"].as_str().unwrap())).await
}

fn held(proposal: &Value) -> Vec<(String, String, String)> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let lines = proposal["lines"].as_array().unwrap().iter();
    lines.map(|line| (text(line, "grid"), text(line, "worker"), text(line, "change"))).collect()
}

#[tokio::test]
async fn vacancies_are_filled_from_the_nearest_homes_and_taken_one_by_one_or_all() {
    let (app, officer, ids) = with_homes(&[3, 2, 1, 0]).await;
    let proposal = propose(&officer, json!({})).await;
    let told: Vec<(String, String, String)> = [3, 2, 1, 0]
        .into_iter()
        .zip(GRIDS)
        .map(|(who, grid)| (grid.to_owned(), ids[who].to_string(), "new".to_owned()))
        .collect();
    assert_eq!(held(&proposal), told, "{proposal}");
    let totals = &proposal["totals"];
    assert_eq!((&totals["grids"], &totals["filled"], &totals["vacant"]), (&json!(4), &json!(4), &json!(0)));
    assert!(totals["km_month_after"].as_f64().unwrap() < 4.0 * 44.0, "{totals}");
    let line = &proposal["lines"][0];
    assert_eq!((&line["worker_name"], &line["village_name"]), (&json!("王**"), &json!("联合村")));
    assert!(line["home"].is_array() && line["km"].as_f64().unwrap() < 1.0, "{line}");
    let constraints: Vec<&str> =
        proposal["costs"].as_array().unwrap().iter().map(|one| one["constraint"].as_str().unwrap()).collect();
    assert_eq!(constraints, ["language", "continuity", "capacity", "ceiling", "load"]);
    // One by one, then the rest.
    let path = format!("/api/v1/proposals/{}", proposal["id"].as_str().unwrap());
    let accept = async |body: Value| officer.post(&format!("{path}/acceptance"), body).await;
    assert_eq!(accept(json!({"from": "2026-01-01"})).await.0, 400);
    let (status, taken) = accept(json!({"grids": [GRIDS[2]], "from": "2026-12-01"})).await;
    assert_eq!((status.as_u16(), &taken["accepted"]), (200, &json!(1)), "{taken}");
    assert_eq!(officer.get(&path).await["status"], "open");
    let (_, taken) = accept(json!({"from": "2026-12-01"})).await;
    assert_eq!((&taken["accepted"], &officer.get(&path).await["status"]), (&json!(3), &json!("accepted")));
    assert_eq!(accept(json!({"from": "2026-12-01"})).await.1["accepted"], 0, "nothing twice");
    let after = officer.get("/api/v1/areas/150821/assignments?on=2026-12-01").await;
    assert_eq!(after["assignments"].as_array().unwrap().len(), 4);
    let listed = officer.get("/api/v1/areas/150821/proposals").await;
    assert_eq!(listed["proposals"].as_array().unwrap().len(), 1);
    let analyst = app.with_token(&app.token_of("analyst", Role::Analyst, "150821").await);
    assert_eq!(problem(analyst.request(Method::GET, &path)).await.0, 404);
}

#[tokio::test]
async fn nobody_is_moved_for_little_and_the_moved_leave_what_they_held() {
    // The second of them lives where the first grid is, and looks after the second one, 2.5 km away.
    let (_, officer, ids) = with_homes(&[1, 0]).await;
    for (grid, worker) in [(GRIDS[0], ids[0]), (GRIDS[1], ids[1])] {
        let body = json!({"worker": worker, "role": "worker", "from": "2026-02-01"});
        assert_eq!(officer.post(&format!("/api/v1/grids/{grid}/assignments"), body).await.0, 201);
    }
    let still = propose(&officer, json!({"max_grids": 1})).await;
    let told: Vec<_> = held(&still).into_iter().map(|line| line.2).collect();
    assert_eq!((told, &still["totals"]["moved"]), (vec!["kept".to_owned(); 2], &json!(0)), "{still}");
    let cost = |proposal: &Value, constraint: &str| {
        let costs = proposal["costs"].as_array().unwrap().clone();
        costs.iter().find(|one| one["constraint"] == constraint).unwrap()["km_month"].as_f64().unwrap()
    };
    // 2 × 2.5 km, there and back, 22 days a month.
    assert!((180.0..240.0).contains(&cost(&still, "continuity")), "{}", still["costs"]);
    let moved = propose(&officer, json!({"max_grids": 1, "threshold_km": 0.5})).await;
    assert_eq!(moved["totals"]["moved"], 2, "{moved}");
    let path = format!("/api/v1/proposals/{}/acceptance", moved["id"].as_str().unwrap());
    assert_eq!(officer.post(&path, json!({"from": "2026-12-01"})).await.1["accepted"], 2);
    let after = officer.get("/api/v1/areas/150821/assignments?on=2026-12-01").await;
    let now: Vec<_> =
        after["assignments"].as_array().unwrap().iter().map(|one| one["worker"].clone()).collect();
    assert_eq!(now, [json!(ids[1]), json!(ids[0])]);
    let discarded = propose(&officer, json!({})).await;
    let path = format!("/api/v1/proposals/{}", discarded["id"].as_str().unwrap());
    assert_eq!(officer.call(Method::DELETE, &path, None).await.0, 204);
    let refused = officer.post(&format!("{path}/acceptance"), json!({"from": "2026-12-01"})).await;
    assert_eq!((refused.0.as_u16(), &refused.1["code"]), (409, &json!("discarded")));
}

#[tokio::test]
async fn a_proposal_minds_language_and_posts_and_says_what_they_cost() {
    let (app, officer, ids) = with_homes(&[0, 1, 2]).await;
    sqlx::query("UPDATE area SET language = 'mn' WHERE code = '150821100200'")
        .execute(&mut as_owner(&app.database).await)
        .await
        .unwrap();
    let path = format!("/api/v1/workers/{}", ids[1]);
    officer.call(Method::PATCH, &path, Some(json!({"languages": ["mn"]}))).await;
    let posts = json!({"count": 2, "from": "2026-01-01", "reason": "编办核定"});
    officer.call(Method::PUT, "/api/v1/areas/150821100/posts/full_time", Some(posts)).await;
    let proposal = propose(&officer, json!({})).await;
    let lines = held(&proposal);
    let whose = |grid: &str| lines.iter().find(|line| line.0 == grid).map(|line| line.1.clone());
    assert!(whose(GRIDS[0]).is_none_or(|who| who == ids[1].to_string()), "who speaks it: {proposal}");
    let people: std::collections::BTreeSet<_> = lines.iter().map(|line| &line.1).collect();
    assert_eq!(people.len(), 2, "no more people than posts: {proposal}");
    let without = propose(&officer, json!({"language": false})).await;
    assert_eq!(without["costs"][0]["km_month"], 0.0);
    for (body, code) in
        [(json!({"threshold_km": -1}), "bad_parameter"), (json!({"max_grids": 0}), "bad_parameter")]
    {
        let request = officer.request(Method::POST, "/api/v1/areas/150821/proposals").json(&body);
        assert_eq!(problem(request).await, (400, code.to_owned()));
    }
}

#[tokio::test]
async fn what_a_change_would_do_is_told_before_it_is_done() {
    let (app, officer, ids) = with_homes(&[0, 1]).await;
    sqlx::query("UPDATE area SET language = 'mn' WHERE code = '150821101201'")
        .execute(&mut as_owner(&app.database).await)
        .await
        .unwrap();
    let body = json!({"worker": ids[0], "role": "worker", "from": "2026-02-01"});
    assert_eq!(officer.post(&format!("/api/v1/grids/{}/assignments", GRIDS[0]), body).await.0, 201);
    let effect = async |grid: &str, worker: Uuid| {
        let body = json!({"grid": grid, "worker": worker, "on": "2026-11-23"});
        let (status, effect) = officer.post("/api/v1/areas/150821/assignments/effect", body).await;
        assert_eq!(status, 200, "{effect}");
        let codes: Vec<String> = effect["hindrances"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["code"].as_str().unwrap().to_owned())
            .collect();
        (effect, codes)
    };
    let (told, codes) = effect(GRIDS[1], ids[0]).await;
    assert_eq!(codes, ["worker_elsewhere"]);
    assert_eq!((&told["grids_before"], &told["grids_after"]), (&json!(1), &json!(2)));
    assert!(told["km_month_after"].as_f64() > told["km_month_before"].as_f64(), "{told}");
    assert!(told["households_after"].as_u64() > told["households_before"].as_u64(), "{told}");
    let (_, codes) = effect(GRIDS[3], ids[0]).await;
    assert_eq!(codes, ["language"], "a pastoral grid may be their second");
    let (told, codes) = effect(GRIDS[0], ids[1]).await;
    assert_eq!(codes, ["grid_taken"]);
    // The one who would go no longer travels; the one who would come does.
    assert!(told["km_month_after"].as_f64() > told["km_month_before"].as_f64(), "{told}");
    let posts = json!({"count": 1, "from": "2026-01-01", "reason": "编办核定"});
    officer.call(Method::PUT, "/api/v1/areas/150821100/posts/full_time", Some(posts)).await;
    assert_eq!(effect(GRIDS[1], ids[1]).await.1, ["above_ceiling"]);
    // Nothing of it was kept.
    let after = officer.get("/api/v1/areas/150821/assignments?on=2026-11-23").await;
    assert_eq!(after["assignments"].as_array().unwrap().len(), 1);
}
