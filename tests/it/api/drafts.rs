//! Divisions around givens, and drafts that are changed by hand.

use std::collections::{BTreeMap, BTreeSet};

use khot::access::{Role, Scope};
use khot::store::{grids, plans};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::*;

const VILLAGE: &str = "150821100200";

/// Grids of a village in a plan, by code, each with its units.
async fn held(app: &TestApp, plan: &str, village: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
    let plan: Uuid = plan.parse().unwrap();
    let found = grids::units_of_plan(&mut tx, plan, &code(village)).await.unwrap();
    let of = found.get(&code(village)).cloned().unwrap_or_default();
    of.into_iter().map(|(code, units)| (code.to_string(), units.into_iter().collect())).collect()
}

async fn divide(app: &TestApp, body: Value) -> String {
    let (status, job) = app.post("/api/v1/areas/150821/plans", body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{job}");
    app.run_pending_jobs().await;
    let job = app.job(job["id"].as_str().unwrap()).await;
    assert_eq!(job["state"], "done", "{job}");
    job["result"]["plans"][0].as_str().unwrap().to_owned()
}

/// A policy under which the tiny villages have several grids each.
async fn small_grids(app: &TestApp) -> String {
    let policy = app.get("/api/v1/policy?area=15").await["toml"].as_str().unwrap().to_owned();
    policy
        .replace("min = 200, target = 250, max = 300", "min = 40, target = 60, max = 80")
        .replace("min = 10, target = 20, max = 40", "min = 10, target = 15, max = 25")
}

/// Two units of a village that touch, and two that don't: from the grids of a plan, whose units hang together.
async fn neighbours(app: &TestApp, village: &str) -> Vec<(String, String)> {
    let pairs: Vec<(String, String)> = sqlx::query_as(
        "SELECT a.code, b.code FROM unit a JOIN unit b ON a.village = b.village AND a.code < b.code
           AND ST_Length(ST_Intersection(a.outline, b.outline)::geography) > 50
         WHERE a.village = $1 ORDER BY a.code, b.code",
    )
    .bind(village)
    .fetch_all(&mut as_owner(&app.database).await)
    .await
    .unwrap();
    assert!(!pairs.is_empty());
    pairs
}

#[tokio::test]
async fn a_ceiling_of_posts_is_shared_out_and_never_passed() {
    let app = TestApp::start().await.signed_in().await;
    let body = json!({"policy": small_grids(&app).await, "ceilings": {"150821100": 7, "150821": 12}, "counts": {"150821101200": 2}});
    let plan = divide(&app, body).await;
    let count = async |village: &str| held(&app, &plan, village).await.len();
    let town = count(VILLAGE).await + count("150821100201").await;
    assert_eq!(town, 7);
    assert_eq!((count("150821101200").await, count("150821101201").await), (2, 3));
    let detail = app.get(&format!("/api/v1/plans/{plan}")).await;
    assert_eq!(detail["numbers"]["ceilings"]["150821100"], 7);
    for reason in detail["reasons"].as_array().unwrap() {
        assert!(!reason["zh"].as_str().unwrap().is_empty());
    }
    // The next division takes them over, and starts from the draft.
    let again = divide(&app, json!({"policy": small_grids(&app).await, "from": plan})).await;
    assert_eq!(held(&app, &again, VILLAGE).await, held(&app, &plan, VILLAGE).await);

    let low =
        app.request(Method::POST, "/api/v1/areas/150821/plans").json(&json!({"ceilings": {"150821100": 1}}));
    assert_eq!(low.send().await.unwrap().status(), StatusCode::ACCEPTED);
    app.run_pending_jobs().await;
    let failed = &app.get("/api/v1/jobs").await["items"][0];
    assert_eq!(
        (&failed["state"], &failed["error"]["code"]),
        (&json!("failed"), &json!("bad_givens")),
        "{failed}"
    );
    assert!(failed["error"]["en"].as_str().unwrap().contains("ceiling of 1 posts"), "{failed}");
}

#[tokio::test]
async fn givens_are_kept_stored_and_taken_over() {
    let app = TestApp::start().await.signed_in().await;
    let policy = small_grids(&app).await;
    let first = divide(&app, json!({"policy": policy})).await;
    let before = held(&app, &first, VILLAGE).await;
    assert!(before.len() >= 3, "{}", before.len());
    let (locked, units) = before.iter().next().map(|(code, units)| (code.clone(), units.clone())).unwrap();
    let pairs = neighbours(&app, VILLAGE).await;
    let free = |pair: &&(String, String)| !units.contains(&pair.0) && !units.contains(&pair.1);
    let mut open = pairs.iter().filter(free);
    let market = open.next().unwrap().clone();
    let aside = |pair: &&(String, String)| {
        [&pair.0, &pair.1].iter().all(|unit| ![&market.0, &market.1].contains(unit))
    };
    let mut open = pairs.iter().filter(free).filter(aside);
    let tied = open.next().unwrap();
    let apart =
        open.find(|pair| [&pair.0, &pair.1].iter().all(|unit| ![&tied.0, &tied.1].contains(unit))).unwrap();
    let givens = json!({
        "locks": [{"grid": locked}],
        "dedicated": [{"village": VILLAGE, "name": "农贸市场", "units": [market.0, market.1]}],
        "together": [{"village": VILLAGE, "units": [tied.0, tied.1]}],
        "apart": [{"village": VILLAGE, "units": [apart.0, apart.1]}],
    });
    let second = divide(&app, json!({"policy": policy, "givens": givens, "from": first, "seed": 9})).await;
    let third = divide(&app, json!({"policy": policy, "from": second, "seed": 10})).await;
    for plan in [&second, &third] {
        let found = held(&app, plan, VILLAGE).await;
        assert_eq!(found[&locked], units, "unit for unit, code and all");
        let home = |unit: &String| found.iter().find(|(_, units)| units.contains(unit)).unwrap().0.clone();
        assert_eq!(found[&home(&market.0)], BTreeSet::from([market.0.clone(), market.1.clone()]));
        assert_eq!(home(&tied.0), home(&tied.1));
        assert_ne!(home(&apart.0), home(&apart.1));
        let grid = app.get(&format!("/api/v1/grids/{}?plan={plan}", home(&market.0))).await;
        assert_eq!((&grid["kind"], &grid["name"]), (&json!("dedicated"), &json!("农贸市场")), "{grid}");
    }
    assert_eq!(app.publish(&third, "2026-06-01").await["state"], "done");
    let fourth = divide(&app, json!({"policy": policy})).await;
    assert_eq!(held(&app, &fourth, VILLAGE).await[&locked], units, "from the plan in force");
    let none = app
        .get(&format!("/api/v1/plans/{}", divide(&app, json!({"policy": policy, "givens": {}})).await))
        .await;
    assert_eq!(none["givens"]["locks"], json!([]));
}

#[tokio::test]
async fn givens_that_can_not_be_are_said_before_anything_is_queued() {
    let app = TestApp::start().await.signed_in().await;
    let pair = neighbours(&app, VILLAGE).await[0].clone();
    let elsewhere = neighbours(&app, "150821100201").await[0].0.clone();
    let dedicated =
        |units: &[&str]| json!({"dedicated": [{"village": VILLAGE, "name": "公园", "units": units}]});
    for (body, says) in [
        (json!({"givens": dedicated(&["nothing"])}), "isn't there"),
        (json!({"givens": dedicated(&[])}), "lists no units"),
        (json!({"givens": dedicated(&[elsewhere.as_str()])}), "isn't there"),
        (json!({"givens": {"locks": [{"grid": format!("{VILLAGE}001")}]}}), "not in the plan started from"),
        (
            json!({"givens": {"together": [{"village": VILLAGE, "units": [pair.0, pair.1]}], "apart": [{"village": VILLAGE, "units": [pair.1, pair.0]}]}}),
            "tied together and kept apart",
        ),
        (json!({"givens": {"apart": [{"village": "150822100200", "units": ["a", "b"]}]}}), "not in the area"),
        (json!({"ceilings": {"1508": 4}}), "ceiling is for"),
        (json!({"counts": {"150821100": 4}}), "count for a village"),
    ] {
        let request = app
            .request(Method::POST, "/api/v1/areas/150821/plans")
            .header("accept-language", "en")
            .json(&body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 422, "{body}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "bad_givens");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{body}: {problem}");
    }
    assert_eq!(app.get("/api/v1/jobs").await["items"], json!([]), "nothing was queued");
}

/// A unit that can go from one grid to another without breaking either, by trying.
async fn movable(app: &TestApp, plan: &str, version: i64) -> (Value, String, String, String) {
    let found = held(app, plan, VILLAGE).await;
    let home = |unit: &String| found.iter().find(|(_, units)| units.contains(unit)).unwrap().0.clone();
    for (a, b) in neighbours(app, VILLAGE).await {
        let (from, to) = (home(&a), home(&b));
        if from == to || found[&from].len() < 2 {
            continue;
        }
        let body = json!({"version": version, "village": VILLAGE, "moves": [{"units": [a], "to": to}]});
        let (status, changed) = app.post(&format!("/api/v1/plans/{plan}/moves"), body).await;
        match status.as_u16() {
            200 => return (changed, a, from, to),
            409 => assert_eq!(changed["code"], "grid_in_pieces", "{changed}"),
            _ => panic!("{status} {changed}"),
        }
    }
    panic!("nothing could be moved");
}

#[tokio::test]
async fn units_are_moved_and_moved_back() {
    let app = TestApp::start().await.signed_in().await;
    let plan = divide(&app, json!({"policy": small_grids(&app).await})).await;
    let path = format!("/api/v1/plans/{plan}/moves");
    let before = held(&app, &plan, VILLAGE).await;
    let (changed, unit, from, to) = movable(&app, &plan, 1).await;
    assert_eq!((&changed["version"], &changed["removed"]), (&json!(2), &json!([])));
    let codes: BTreeSet<&str> =
        changed["grids"].as_array().unwrap().iter().map(|grid| grid["code"].as_str().unwrap()).collect();
    assert!(codes.contains(from.as_str()) && codes.contains(to.as_str()), "{codes:?}");
    let after = held(&app, &plan, VILLAGE).await;
    assert!(after[&to].contains(&unit) && !after[&from].contains(&unit));
    for grid in changed["grids"].as_array().unwrap() {
        let in_band = grid["in_band"].as_bool().unwrap();
        assert_eq!(in_band, grid["reasons"].as_array().unwrap().is_empty(), "{grid}");
        assert!(grid["geometry"]["coordinates"].is_array());
    }
    let detail = app.get(&format!("/api/v1/plans/{plan}")).await;
    assert_eq!((&detail["version"], &detail["scores"]), (&json!(2), &changed["plan"]["scores"]));

    // A new grid, and nothing more of the version that was.
    let single = after.values().flatten().next().unwrap().clone();
    let new = json!({"version": 1, "village": VILLAGE, "moves": [{"units": [single]}]});
    assert_eq!(
        problem(app.request(Method::POST, &path).json(&new)).await,
        (409, "version_conflict".to_owned())
    );
    let (status, grown) =
        app.post(&path, json!({"version": 2, "village": VILLAGE, "moves": [{"units": [unit]}]})).await;
    assert_eq!((status, &grown["version"]), (StatusCode::OK, &json!(3)), "{grown}");
    let now = held(&app, &plan, VILLAGE).await;
    let added: Vec<&String> = now.keys().filter(|code| !after.contains_key(*code)).collect();
    assert_eq!((added.len(), &now[added[0]]), (1, &BTreeSet::from([unit.clone()])));

    // Its only unit can't leave it; undone, it is gone, and so on back to the beginning.
    let empties = json!({"version": 3, "village": VILLAGE, "moves": [{"units": [unit], "to": from}]});
    assert_eq!(
        problem(app.request(Method::POST, &path).json(&empties)).await,
        (409, "grid_empty".to_owned())
    );
    let undo = format!("/api/v1/plans/{plan}/undo");
    let (status, undone) = app.post(&undo, json!({"version": 3})).await;
    assert_eq!((status, &undone["removed"]), (StatusCode::OK, &json!([added[0]])), "{undone}");
    assert_eq!(held(&app, &plan, VILLAGE).await, after);
    assert_eq!(app.post(&undo, json!({"version": 4})).await.0, StatusCode::OK);
    assert_eq!(held(&app, &plan, VILLAGE).await, before);
    assert_eq!(
        problem(app.request(Method::POST, &undo).json(&json!({"version": 5}))).await,
        (409, "nothing_to_undo".to_owned())
    );

    let trail: Vec<(String, Value, Value)> = sqlx::query_as(
        "SELECT action, before, after FROM audit WHERE subject = $1 AND action <> 'plan.draft' ORDER BY id",
    )
    .bind(&plan)
    .fetch_all(&mut as_owner(&app.database).await)
    .await
    .unwrap();
    let actions: Vec<&str> = trail.iter().map(|entry| entry.0.as_str()).collect();
    assert_eq!(actions, ["plan.move", "plan.move", "plan.undo", "plan.undo"]);
    let units = |value: &Value, grid: &str| {
        let grids = value["grids"].as_array().unwrap();
        grids.iter().find(|entry| entry["grid"] == grid).unwrap()["units"].as_array().unwrap().len()
    };
    assert_eq!(units(&trail[0].1, &to) + 1, units(&trail[0].2, &to));
    assert_eq!(app.publish(&plan, "2026-06-01").await["state"], "done");
    let late = json!({"version": 5, "village": VILLAGE, "moves": [{"units": [unit]}]});
    assert_eq!(problem(app.request(Method::POST, &path).json(&late)).await, (409, "not_a_draft".to_owned()));
}

#[tokio::test]
async fn what_is_locked_stays_when_its_village_is_divided_again() {
    let app = TestApp::start().await.signed_in().await;
    let plan = divide(&app, json!({"policy": small_grids(&app).await})).await;
    let before = held(&app, &plan, VILLAGE).await;
    let elsewhere = held(&app, &plan, "150821100201").await;
    let mut codes = before.keys().cloned();
    let (one, two) = (codes.next().unwrap(), codes.next().unwrap());
    let path = format!("/api/v1/plans/{plan}/redivision");
    let body = json!({"version": 1, "village": VILLAGE, "locks": [one, two], "seed": 77});
    let (status, changed) = app.post(&path, body).await;
    assert_eq!((status, &changed["version"]), (StatusCode::OK, &json!(2)), "{changed}");
    let after = held(&app, &plan, VILLAGE).await;
    assert_eq!((&after[&one], &after[&two]), (&before[&one], &before[&two]));
    assert_eq!(held(&app, &plan, "150821100201").await, elsewhere);
    assert_eq!(changed["givens"]["locks"].as_array().unwrap().len(), 2);
    // The locks hold on: nothing is moved out of such a grid.
    let unit = before[&one].iter().next().unwrap();
    let moves = json!({"version": 2, "village": VILLAGE, "moves": [{"units": [unit], "to": two}]});
    let request = app.request(Method::POST, &format!("/api/v1/plans/{plan}/moves")).json(&moves);
    assert_eq!(problem(request).await, (409, "grid_locked".to_owned()));
    // Unlocked by other givens, and fixed to a number.
    let (status, given) = app
        .call(Method::PUT, &format!("/api/v1/plans/{plan}/givens"), Some(json!({"version": 2, "givens": {}})))
        .await;
    assert_eq!((status, &given["version"]), (StatusCode::OK, &json!(3)), "{given}");
    let (status, fixed) = app.post(&path, json!({"version": 3, "village": VILLAGE, "count": 2})).await;
    assert_eq!(status, StatusCode::OK, "{fixed}");
    assert_eq!(held(&app, &plan, VILLAGE).await.len(), 2);
    let request =
        app.request(Method::POST, &path).json(&json!({"version": 4, "village": VILLAGE, "count": 900}));
    assert_eq!(problem(request).await, (422, "cannot_divide".to_owned()));
    let request = app.request(Method::POST, &path).json(&json!({"version": 4, "village": "150821100999"}));
    assert_eq!(problem(request).await, (404, "not_found".to_owned()));
}

#[tokio::test]
async fn only_who_makes_plans_there_changes_a_draft() {
    let app = TestApp::start().await.signed_in().await;
    let plan = divide(&app, json!({})).await;
    let unit = held(&app, &plan, VILLAGE).await.into_values().flatten().next().unwrap();
    let body = json!({"version": 1, "village": VILLAGE, "moves": [{"units": [unit]}]});
    for (name, role, area) in [("analyst", Role::Analyst, "15"), ("neighbour", Role::Planner, "150822")] {
        let other = app.with_token(&app.token_of(name, role, area).await);
        for (method, end, body) in [
            (Method::POST, "moves", body.clone()),
            (Method::POST, "redivision", json!({"version": 1, "village": VILLAGE})),
            (Method::POST, "undo", json!({"version": 1})),
            (Method::PUT, "givens", json!({"version": 1, "givens": {}})),
        ] {
            let (status, answer) =
                other.call(method, &format!("/api/v1/plans/{plan}/{end}"), Some(body)).await;
            // A draft isn't there for whoever makes none.
            assert!([403, 404].contains(&status.as_u16()), "{name} {end}: {status} {answer}");
        }
    }
    // A planner of one township sees the banner's draft, and doesn't change it.
    let town = app.with_token(&app.token_of("town", Role::Planner, "150821100").await);
    let (status, _) = town.post(&format!("/api/v1/plans/{plan}/moves"), body).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_made() {
    let app = TestApp::start().await.signed_in().await;
    let plan = divide(&app, json!({"policy": small_grids(&app).await})).await;
    let path = format!("/api/v1/plans/{plan}/redivision");
    let body = |seed: i64| json!({"version": 1, "village": VILLAGE, "seed": seed});
    let (one, two) = tokio::join!(app.post(&path, body(1)), app.post(&path, body(2)));
    let mut answers = [one.0.as_u16(), two.0.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [200, 409]);
    let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
    let row = plans::get(&mut tx, plan.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(row.version, 2);
}
