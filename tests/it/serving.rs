//! Who is served from where over the API: links, travel times, coverage, placement, the checklist.

use khot::access::Role;
use khot::store::{Store, placements};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::*;

/// A proposal of one site in a village.
pub async fn put_placement(store: &Store, banner: &str, village: &str, at: (f64, f64)) -> Uuid {
    let id = Uuid::now_v7();
    let params =
        json!({"goal": "count", "count": 1, "kind": "station", "within_min": 30.0, "season": "summer"});
    let site = json!({"point": at, "village": village, "village_name": "联合村", "adds_households": 30});
    let result = json!({"sites": [site], "covered": 30, "bound": 30, "households": 40, "candidates": 1});
    let mut tx = store.begin(&khot::access::Scope::operator()).await.unwrap();
    placements::add(&mut tx, id, &code(banner), (&params, &result), noon()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

const SOUTH_WEST: &str = "150821100200001";
const NORTH_EAST: &str = "150821101201001";

/// The tiny place with a plan in force.
async fn app() -> TestApp {
    let app = TestApp::start().await.signed_in().await;
    put_published(&app.store, 1, "2026-01-01").await;
    app
}

async fn linked(app: &TestApp) {
    let (status, job) = app.post("/api/v1/areas/150821/links", json!({})).await;
    assert_eq!(status, 202, "{job}");
    app.run_pending_jobs().await;
    let job = app.job(job["id"].as_str().unwrap()).await;
    assert_eq!(job["state"], "done", "{job}");
}

async fn link(app: &TestApp, grid: &str, kind: &str) -> Value {
    let held = app.get("/api/v1/areas/150821/links").await;
    let links = held["links"].as_array().unwrap();
    let found = links.iter().find(|link| link["grid"] == grid && link["kind"] == kind);
    found.unwrap_or_else(|| panic!("{grid} {kind} in {held}")).clone()
}

#[tokio::test]
async fn a_grid_is_linked_to_its_nearest_outlet_and_to_the_one_that_answers_for_it() {
    let app = app().await;
    let near = put_outlet(&app.store, "150821100200", (108.01, 41.01)).await.to_string();
    // It stands beside the village that it doesn't belong to.
    let own = put_outlet(&app.store, "150821101201", (108.031, 41.031)).await.to_string();
    linked(&app).await;
    let held = link(&app, SOUTH_WEST, "station").await;
    assert_eq!((&held["nearest"]["id"], &held["responsible"]["id"]), (&json!(near), &json!(near)));
    assert_eq!((&held["share_within"], &held["by_hand"]), (&json!(1.0), &json!(false)));
    let minutes = held["minutes"].as_f64().unwrap();
    assert!((1.0..15.0).contains(&minutes), "{minutes}");
    // 春光村 has none of its own: whoever is nearest answers.
    let held = link(&app, "150821101200001", "station").await;
    assert_eq!(held["responsible"], held["nearest"]);
    assert_eq!(link(&app, NORTH_EAST, "station").await["responsible"]["id"], own);
    assert_eq!(link(&app, NORTH_EAST, "centre").await["nearest"], json!(null));

    // A person knows better, until they say otherwise; links that are made again leave it.
    let address = format!("/api/v1/grids/{NORTH_EAST}/links/station");
    let choice = json!({"outlet": near, "reason": "该站设有蒙古语窗口"});
    assert_eq!(app.call(Method::PUT, &address, Some(choice)).await.0, 204);
    linked(&app).await;
    let held = link(&app, NORTH_EAST, "station").await;
    assert_eq!((&held["responsible"]["id"], &held["nearest"]["id"]), (&json!(near), &json!(own)));
    assert_eq!((&held["by_hand"], &held["reason"]), (&json!(true), &json!("该站设有蒙古语窗口")));
    let grid = app.get(&format!("/api/v1/grids/{NORTH_EAST}")).await;
    assert!(grid["outlets"].as_array().unwrap().iter().any(|outlet| outlet["responsible"]["id"] == near));
    assert_eq!(app.call(Method::DELETE, &address, None).await.0, 204);
    assert_eq!(link(&app, NORTH_EAST, "station").await["responsible"]["id"], own);
    assert_eq!(problem(app.request(Method::DELETE, &address)).await.0, 404);
}

#[tokio::test]
async fn a_choice_that_can_not_be_is_refused() {
    let app = app().await;
    let station = put_outlet(&app.store, "150821100200", (108.01, 41.01)).await;
    let put = |grid: &str, kind: &str, body: Value| {
        app.request(Method::PUT, &format!("/api/v1/grids/{grid}/links/{kind}")).json(&body)
    };
    let good = json!({"outlet": station, "reason": "x"});
    assert_eq!(problem(put(SOUTH_WEST, "centre", good.clone())).await.0, 404);
    assert_eq!(problem(put("150821100200009", "station", good.clone())).await.0, 404);
    assert_eq!(problem(put(SOUTH_WEST, "shop", good.clone())).await, (400, "bad_kind".to_owned()));
    let none = json!({"outlet": station, "reason": " "});
    assert_eq!(problem(put(SOUTH_WEST, "station", none)).await, (400, "bad_reason".to_owned()));
    let request = app.request(Method::GET, "/api/v1/areas/1508/links");
    assert_eq!(problem(request).await, (400, "bad_level".to_owned()));
}

#[tokio::test]
async fn links_are_made_again_when_outlets_or_grids_change() {
    let app = app().await;
    let station =
        json!({"name": "联合村站", "kind": "station", "point": [108.01, 41.01], "from": "2026-01-01"});
    let (status, outlet) = app.post("/api/v1/areas/150821100200/outlets", station).await;
    assert_eq!(status, 201);
    app.run_pending_jobs().await;
    assert_eq!(link(&app, SOUTH_WEST, "station").await["nearest"]["id"], outlet["id"]);

    // Whoever keeps one township's outlets has its banner's links made again too.
    let keeper = app.with_token(&app.token_of("keeper", Role::Planner, "150821100").await);
    let address = format!("/api/v1/outlets/{}", outlet["id"].as_str().unwrap());
    let (status, answer) = keeper.call(Method::PATCH, &address, Some(json!({"until": "2026-11-20"}))).await;
    assert_eq!(status, 200, "{answer}");
    app.run_pending_jobs().await;
    assert_eq!(link(&app, SOUTH_WEST, "station").await["nearest"], json!(null));
    assert_eq!(problem(keeper.request(Method::POST, "/api/v1/areas/150821/links")).await.0, 403);

    // Another plan has other grids.
    let draft = put_draft(&app.store, 2).await.to_string();
    app.publish(&draft, "2026-11-23").await;
    app.run_pending_jobs().await;
    let held = app.get("/api/v1/areas/150821/links").await;
    let grids = held["links"].as_array().unwrap().iter().map(|link| link["grid"].as_str().unwrap());
    assert!(grids.clone().count() > 0 && grids.clone().all(|grid| grid.ends_with("002")), "{held}");

    // What begins later is linked on its day.
    let later =
        json!({"name": "义丰村站", "kind": "station", "point": [108.04, 41.01], "from": "2099-01-01"});
    app.post("/api/v1/areas/150821100201/outlets", later).await;
    app.run_pending_jobs().await;
    let jobs = app.get("/api/v1/jobs?area=150821").await;
    let waiting = jobs["items"].as_array().unwrap().iter().filter(|job| job["state"] == "queued");
    assert_eq!(waiting.map(|job| &job["kind"]).collect::<Vec<_>>(), ["links"], "{jobs}");
}

#[tokio::test]
async fn links_are_made_again_when_units_or_areas_come_in_and_only_what_changed_is_written() {
    let app = app().await;
    put_outlet(&app.store, "150821100200", (108.001, 41.001)).await;
    linked(&app).await;
    let made = async || {
        let entries = app.get("/api/v1/audit?area=150821&action=links.make").await;
        let after = &entries["items"][0]["after"];
        (
            entries["items"].as_array().unwrap().len(),
            after["links"].as_u64().unwrap(),
            after["changed"].as_u64(),
        )
    };
    let (first, links, changed) = made().await;
    assert!(links > 0 && changed == Some(links), "{links} {changed:?}");
    linked(&app).await;
    assert_eq!(made().await, (first + 1, links, Some(0)));

    // Everybody of 联合村 lives in one place: other minutes, of this village alone.
    let before = link(&app, SOUTH_WEST, "station").await;
    let doors = "lon,lat,households,people\n108.002,41.002,900,2000\n";
    let path = "/api/v1/areas/150821100/imports/units?name=doors.csv";
    let answer = app.request(Method::POST, path).body(doors).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    app.run_pending_jobs().await;
    let (again, _, changed) = made().await;
    assert_eq!(
        (again, changed.is_some_and(|changed| (1..links).contains(&changed))),
        (first + 2, true),
        "{changed:?}"
    );
    let after = link(&app, SOUTH_WEST, "station").await;
    assert!(after["minutes"].as_f64() < before["minutes"].as_f64(), "{before} {after}");
    let banner = serde_json::to_string(&app.get_geojson("/api/v1/areas/150821?geometry=true").await).unwrap();
    let path = "/api/v1/areas/150821/imports/areas?name=areas.geojson";
    let answer = app.request(Method::POST, path).body(banner).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    app.run_pending_jobs().await;
    assert_eq!(made().await.0, first + 3);
}

fn minutes_of(reach: &Value) -> Vec<f64> {
    reach["minutes"].as_array().unwrap().iter().map(|minutes| minutes.as_f64().unwrap()).collect()
}

#[tokio::test]
async fn travel_times_grow_in_the_thaw_and_shrink_with_another_outlet() {
    let app = app().await;
    let station = put_outlet(&app.store, "150821100200", (108.001, 41.001)).await;
    let summer = app.get("/api/v1/areas/150821/reach").await;
    assert_eq!((&summer["season"], &summer["estimated"]), (&json!("summer"), &json!(true)));
    assert_eq!((&summer["outlets"], &summer["nearest"][0]), (&json!([station]), &json!(0)));
    let mud = app.get("/api/v1/areas/150821/reach?season=mud").await;
    assert_eq!(summer["cells"], mud["cells"]);
    let (dry, wet) = (minutes_of(&summer), minutes_of(&mud));
    assert!(dry.len() > 200 && dry.iter().zip(&wet).all(|(dry, wet)| dry <= wet));
    assert!(dry.iter().sum::<f64>() < wet.iter().sum::<f64>());
    // 5 by 6.7 km; the farthest corner is 8.4 km away, at 8 km/h or, in the pastoral village, 12.
    let farthest = wet.iter().copied().fold(0.0, f64::max);
    assert!((40.0..70.0).contains(&farthest), "{farthest}");
    let township = app.get("/api/v1/areas/150821101/reach?season=mud").await;
    let cells = township["cells"].as_array().unwrap().len();
    assert!(cells > 0 && cells < wet.len(), "{cells}");

    let asked = json!({"season": "mud", "add": [{"lon": 108.05, "lat": 41.05}]});
    let (status, tried) = app.post("/api/v1/areas/150821/reach", asked).await;
    assert_eq!((status.as_u16(), &tried["outlets"]), (200, &json!([station, "added-0"])));
    assert!(minutes_of(&tried).iter().zip(&wet).all(|(after, before)| after <= before));
    let (before, after) = (&tried["change"]["uncovered_before"], &tried["change"]["uncovered_after"]);
    assert!(before.as_u64().unwrap() > after.as_u64().unwrap(), "{before} {after}");
    // Nothing was kept.
    assert_eq!(app.get("/api/v1/areas/150821/outlets").await["outlets"].as_array().unwrap().len(), 1);

    let many = vec![json!({"lon": 108.0, "lat": 41.0}); 51];
    let request = app.request(Method::POST, "/api/v1/areas/150821/reach").json(&json!({"add": many}));
    assert_eq!(problem(request).await, (400, "too_many".to_owned()));
    let request = app.request(Method::POST, "/api/v1/areas/150821/reach");
    assert_eq!(
        problem(request.json(&json!({"add": [{"lon": 500.0, "lat": 41.0}]}))).await,
        (400, "bad_point".to_owned())
    );
    assert_eq!(problem(app.request(Method::GET, "/api/v1/areas/15/reach")).await.0, 400);
}

fn sum(coverage: &Value) -> f64 {
    let of = |class: &str| coverage["classes"][class]["share"].as_f64().unwrap();
    ["fixed", "outreach", "mobile", "uncovered"].into_iter().map(of).sum()
}

#[tokio::test]
async fn coverage_tells_classes_by_season_and_item_and_shares_out_the_windows() {
    let app = app().await;
    put_outlet(&app.store, "150821100200", (108.001, 41.001)).await;
    let summer = app.get("/api/v1/areas/150821/coverage").await;
    assert!((sum(&summer) - 1.0).abs() < 1e-9 && summer["classes"]["outreach"]["share"] == 0.0);
    let mud = app.get("/api/v1/areas/150821/coverage?season=mud").await;
    let fixed = |held: &Value| held["classes"]["fixed"]["share"].as_f64().unwrap();
    assert!(fixed(&mud) < fixed(&summer) && fixed(&mud) > 0.0, "{} {}", fixed(&mud), fixed(&summer));
    // Two windows are shared among all households that come to them.
    let of = |held: &Value, name: &str| -> Vec<f64> {
        let villages = held["villages"].as_array().unwrap().iter();
        villages.map(|village| village[name].as_f64().unwrap()).collect()
    };
    let windows: f64 = of(&summer, "access")
        .iter()
        .zip(of(&summer, "households"))
        .map(|(access, households)| access * households / 1000.0)
        .sum();
    assert!((windows - 2.0).abs() < 0.02, "{windows}");
    // A township's village has the same index as in its banner: its windows are shared with the others still.
    let township = app.get("/api/v1/areas/150821100/coverage").await;
    assert_eq!(of(&township, "access")[..], of(&summer, "access")[..2]);

    // A mobile stop covers those beyond.
    let stop = json!({"name": "流动点", "kind": "mobile_stop", "point": [108.05, 41.05],
                      "calendar": "We 10:00-15:00", "from": "2026-01-01", "windows": 7});
    assert_eq!(app.post("/api/v1/areas/150821101201/outlets", stop).await.0, 201);
    let mud = app.get("/api/v1/areas/150821/coverage?season=mud").await;
    assert!(mud["classes"]["mobile"]["share"].as_f64().unwrap() > 0.0);
    let gacha = mud["villages"].as_array().unwrap().iter().find(|one| one["code"] == "150821101201").unwrap();
    let days = gacha["days_between"].as_f64();
    assert!(gacha["class"] != "mobile" || days.is_some_and(|days| (6.9..7.2).contains(&days)), "{gacha}");

    let offered = app.get("/api/v1/areas/150821/coverage?item=D002&season=mud").await;
    assert_eq!(offered["classes"]["mobile"]["share"], 0.0);
    let unoffered = app.get("/api/v1/areas/150821/coverage?item=D001").await;
    assert_eq!(unoffered["classes"]["uncovered"]["share"], 1.0);
    let missing = offered["missing"].as_array().unwrap();
    let count = |kind: &str| missing.iter().filter(|one| one["kind"] == kind).count();
    assert_eq!((count("station"), count("seal"), count("bureau"), count("delegated_item")), (3, 2, 2, 3));
    assert_eq!(problem(app.request(Method::GET, "/api/v1/areas/150821/coverage?item=X")).await.0, 404);
}

#[tokio::test]
async fn the_checklist_of_a_township_is_dated() {
    let app = app().await;
    put_outlet(&app.store, "150821100200", (108.01, 41.01)).await;
    let of = async |day: &str| {
        let held = app.get(&format!("/api/v1/areas/150821/checklist?on={day}")).await;
        held["townships"][0].clone()
    };
    let before = of("2026-11-01").await;
    assert_eq!((&before["organs"], &before["seal"]), (&json!(null), &json!(false)));
    assert_eq!((&before["stations"], &before["villages"]), (&json!(1), &json!(2)));
    assert_eq!((&before["delegated_offered"], &before["delegated_all"]), (&json!(1), &json!(2)));
    assert_eq!(before["missing"].as_array().unwrap().len(), 6, "{before}");
    for (organs, institutions, from) in [(9, 2, "2026-11-10"), (6, 2, "2026-12-01")] {
        let body = json!({"organs": organs, "institutions": institutions, "from": from});
        let (status, answer) = app.call(Method::PUT, "/api/v1/areas/150821100/organs", Some(body)).await;
        assert_eq!(status, 204, "{answer}");
    }
    for (kind, windows) in [("centre", 4), ("approval_seal", 0), ("enforcement_bureau", 0)] {
        let new = json!({"name": kind, "kind": kind, "point": [108.01, 41.01], "windows": windows, "from": "2026-11-10"});
        assert_eq!(app.post("/api/v1/areas/150821100/outlets", new).await.0, 201);
    }
    assert_eq!(of("2026-11-01").await, before);
    let many = of("2026-11-10").await;
    assert_eq!((&many["organs"], &many["windows"], &many["seal"]), (&json!(9), &json!(4), &json!(true)));
    // Too many organs, an item that nobody offers, a village without a station.
    assert_eq!(many["missing"].as_array().unwrap().len(), 3, "{many}");
    assert_eq!(of("2026-12-01").await["missing"].as_array().unwrap().len(), 2);
    let request = app.request(Method::PUT, "/api/v1/areas/150821/organs");
    let refused = problem(request.json(&json!({"organs": 5, "institutions": 1}))).await;
    assert_eq!(refused, (400, "bad_level".to_owned()));
    let request = app.request(Method::PUT, "/api/v1/areas/150821100/organs");
    let refused = problem(request.json(&json!({"organs": 500, "institutions": 1}))).await;
    assert_eq!(refused, (400, "bad_count".to_owned()));
}

#[tokio::test]
async fn sites_are_found_and_accepted_as_drafts() {
    let app = app().await;
    put_outlet(&app.store, "150821100200", (108.001, 41.001)).await;
    let find = async |question: Value| {
        let (status, job) = app.post("/api/v1/areas/150821/placements", question).await;
        assert_eq!(status, 202, "{job}");
        app.run_pending_jobs().await;
        let job = app.job(job["id"].as_str().unwrap()).await;
        assert_eq!(job["state"], "done", "{job}");
        app.get(&format!("/api/v1/placements/{}", job["result"]["placement"].as_str().unwrap())).await
    };
    // Whole kilometres in a quarter of an hour: not everybody is near the one that is there.
    let one = find(json!({"goal": "count", "count": 1, "kind": "station", "within_min": 10})).await;
    let number = |held: &Value, name: &str| held[name].as_u64().unwrap();
    assert_eq!((&one["status"], one["sites"].as_array().unwrap().len()), (&json!("open"), 1), "{one}");
    assert!(
        number(&one, "covered") <= number(&one, "bound")
            && number(&one, "bound") <= number(&one, "households")
    );
    let all = find(json!({"goal": "all", "kind": "mobile_stop", "within_min": 10})).await;
    let sites = all["sites"].as_array().unwrap();
    assert!(sites.len() > 1 && number(&all, "bound") <= sites.len() as u64, "{all}");
    assert!(number(&all, "covered") > number(&one, "covered"));

    let address = format!("/api/v1/placements/{}/acceptance", all["id"].as_str().unwrap());
    let request = app.request(Method::POST, &address).json(&json!({"sites": [99]}));
    assert_eq!(problem(request).await, (400, "bad_sites".to_owned()));
    let (status, made) = app.post(&address, json!({"sites": [1, 0, 1]})).await;
    assert_eq!((status.as_u16(), made["outlets"].as_array().unwrap().len()), (201, 2), "{made}");
    let request = app.request(Method::POST, &address).json(&json!({"sites": [0]}));
    assert_eq!(problem(request).await, (409, "accepted_already".to_owned()));
    let outlet = format!("/api/v1/outlets/{}", made["outlets"][0].as_str().unwrap());
    let held = app.get(&outlet).await;
    assert_eq!((&held["draft"], &held["kind"]), (&json!(true), &json!("mobile_stop")));
    // A proposal serves nobody, and a stop without a calendar can't be taken into use.
    assert_eq!(app.get("/api/v1/areas/150821/reach").await["outlets"].as_array().unwrap().len(), 1);
    let request = app.request(Method::PATCH, &outlet).json(&json!({"draft": false}));
    assert_eq!(problem(request).await, (400, "bad_calendar".to_owned()));
    let accepted = json!({"draft": false, "calendar": "We[1,3] 10:00-15:00"});
    assert_eq!(app.call(Method::PATCH, &outlet, Some(accepted)).await.1["draft"], false);
    assert_eq!(app.get("/api/v1/areas/150821/reach").await["outlets"].as_array().unwrap().len(), 2);

    for (question, code) in [
        (json!({"goal": "count", "kind": "station", "within_min": 10}), "bad_count"),
        (json!({"goal": "all", "count": 2, "kind": "station", "within_min": 10}), "bad_count"),
        (json!({"goal": "all", "kind": "station", "within_min": 0}), "bad_minutes"),
        (json!({"goal": "all", "kind": "approval_seal", "within_min": 10}), "bad_kind"),
    ] {
        let request = app.request(Method::POST, "/api/v1/areas/150821/placements").json(&question);
        assert_eq!(problem(request).await, (400, code.to_owned()), "{question}");
    }
}

#[tokio::test]
async fn a_place_tells_the_public_what_serves_it_and_no_name() {
    let app = TestApp::start_shaped(unhindered(), |state| state.with_public_map(true)).await;
    put_tiny(&app.store).await;
    put_published(&app.store, 1, "2026-01-01").await;
    let outlet = put_outlet(&app.store, "150821100200", (108.01, 41.01)).await;
    let far = put_outlet(&app.store, "150821101201", (108.05, 41.05)).await;
    let place = "/api/v1/at?lon=108.012&lat=41.012&season=winter";
    let ask =
        async || -> Value { app.anonymous(Method::GET, place).send().await.unwrap().json().await.unwrap() };
    let held = ask().await;
    assert_eq!((&held["grid"], &held["village"]["name"]), (&json!(SOUTH_WEST), &json!("联合村")));
    let ids: Vec<&Value> = held["outlets"].as_array().unwrap().iter().map(|outlet| &outlet["id"]).collect();
    assert_eq!(ids, [&json!(outlet), &json!(far)]);
    assert_eq!(held["outlets"][0]["open_now"], true);
    assert!(held["outlets"][0]["minutes"].as_f64() < held["outlets"][1]["minutes"].as_f64());
    assert_eq!(held["worker_post"], json!({"filled": false, "role": "worker"}));

    let worker = put_workers(&app.store, "150821100", 1).await[0];
    let app = app.signed_in().await;
    let officer = app.with_token(&app.token_of("officer", Role::PeopleOfficer, "15").await);
    let given = json!({"worker": worker, "role": "worker", "from": "2026-11-01"});
    let (status, answer) = officer.post(&format!("/api/v1/grids/{SOUTH_WEST}/assignments"), given).await;
    assert_eq!(status, 201, "{answer}");
    let held: Value = app.anonymous(Method::GET, place).send().await.unwrap().json().await.unwrap();
    assert_eq!(held["worker_post"], json!({"filled": true, "role": "worker"}));
    let outside = app.get("/api/v1/at?lon=100&lat=30").await;
    assert_eq!((&outside["grid"], &outside["outlets"]), (&json!(null), &json!([])));
    assert_eq!(problem(app.request(Method::GET, "/api/v1/at?lon=300&lat=30")).await.0, 400);
}
