//! Posts with their ceilings, and who looks after which grid.

use khot::access::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::*;

async fn officer(app: &TestApp) -> TestApp {
    app.with_token(&app.token_of("people-0821", Role::PeopleOfficer, "150821").await)
}

/// Four grids from 2026-01-01 on, one a village.
async fn with_grids() -> (TestApp, TestApp) {
    let app = TestApp::start().await;
    put_published(&app.store, 1, "2026-01-01").await;
    let officer = officer(&app).await;
    (app, officer)
}

fn count(count: u32, from: &str) -> Value {
    json!({"count": count, "from": from, "reason": "编办核定"})
}

async fn put(officer: &TestApp, path: &str, count: Value) -> u16 {
    officer.call(Method::PUT, &format!("/api/v1/areas/{path}"), Some(count)).await.0.as_u16()
}

/// The row of an area and kind.
async fn posts(officer: &TestApp, area: &str, kind: &str, on: &str) -> Value {
    let all = officer.get(&format!("/api/v1/areas/150821/posts?on={on}")).await;
    let rows = all["areas"].as_array().unwrap();
    rows.iter().find(|row| row["area"] == area && row["kind"] == kind).unwrap().clone()
}

async fn assign(officer: &TestApp, grid: &str, worker: Uuid, role: &str, from: &str) -> (u16, Value) {
    let body = json!({"worker": worker, "role": role, "from": from});
    let (status, answer) = officer.post(&format!("/api/v1/grids/{grid}/assignments"), body).await;
    (status.as_u16(), answer)
}

const EAST: &str = "150821100200001";
const WEST: &str = "150821100201001";
const PASTURE: &str = "150821101201001";

#[tokio::test]
async fn posts_never_pass_a_ceiling_on_any_day() {
    let (_, officer) = with_grids().await;
    assert_eq!(put(&officer, "150821/ceilings/full_time", count(5, "2026-01-01")).await, 200);
    assert_eq!(put(&officer, "150821100/ceilings/full_time", count(4, "2026-01-01")).await, 200);
    assert_eq!(put(&officer, "150821100/posts/full_time", count(4, "2026-02-01")).await, 200);
    assert_eq!(
        put(&officer, "150821100/posts/full_time", count(5, "2026-03-01")).await,
        409,
        "the township's"
    );
    assert_eq!(put(&officer, "150821101/posts/full_time", count(2, "2026-02-01")).await, 409, "the banner's");
    assert_eq!(put(&officer, "150821101/posts/full_time", count(1, "2026-02-01")).await, 200);
    // A later day counts as well: the ceiling is known to go down.
    assert_eq!(put(&officer, "150821/ceilings/full_time", count(4, "2026-06-01")).await, 409);
    assert_eq!(put(&officer, "150821101/posts/full_time", count(0, "2026-06-01")).await, 200);
    assert_eq!(put(&officer, "150821/ceilings/full_time", count(4, "2026-06-01")).await, 200);
    assert_eq!(put(&officer, "150821101/posts/full_time", count(1, "2026-07-01")).await, 409);
    let row = posts(&officer, "150821", "full_time", "2026-05-31").await;
    assert_eq!((&row["ceiling"], &row["posts"], &row["own"]), (&json!(5), &json!(5), &json!(0)));
    let row = posts(&officer, "150821", "full_time", "2026-06-01").await;
    assert_eq!((&row["ceiling"], &row["posts"]), (&json!(4), &json!(4)));
    let early = posts(&officer, "150821100", "full_time", "2026-01-31").await;
    assert_eq!((&early["posts"], &early["vacant"]), (&json!(0), &json!(0)));
    for (path, body, code) in [
        ("15/posts/lead", count(1, "2026-01-01"), 403),
        ("150821100200/posts/lead", count(1, "2026-01-01"), 400),
        ("150821/posts/king", count(1, "2026-01-01"), 400),
        ("150821/posts/lead", json!({"count": 1, "from": "2026-01-01", "reason": "x"}), 400),
        ("150821/posts/lead", json!({"count": -1, "from": "2026-01-01", "reason": "a reason"}), 422),
    ] {
        assert_eq!(put(&officer, path, body).await, code, "{path}");
    }
}

#[tokio::test]
async fn posts_move_with_their_future() {
    let (app, officer) = with_grids().await;
    put(&officer, "150821100/posts/part_time", count(3, "2026-01-01")).await;
    put(&officer, "150821100/posts/part_time", count(5, "2026-06-01")).await;
    put(&officer, "150821101/ceilings/part_time", count(2, "2026-01-01")).await;
    let shift = async |count: u32, from: &str| {
        let body = json!({"to": "150821101", "kind": "part_time", "count": count, "from": from, "reason": "按需调剂"});
        officer.post("/api/v1/areas/150821100/post-moves", body).await
    };
    assert_eq!(shift(4, "2026-03-01").await.1["code"], "too_few_posts");
    assert_eq!(shift(1, "2025-03-01").await.1["code"], "too_few_posts");
    assert_eq!(shift(3, "2026-03-01").await.1["code"], "above_ceiling");
    let (status, moves) = shift(2, "2026-03-01").await;
    assert_eq!((status.as_u16(), moves["moves"].as_array().unwrap().len()), (201, 1), "{moves}");
    for (day, from, to) in [("2026-02-28", 3, 0), ("2026-03-01", 1, 2), ("2026-06-01", 3, 2)] {
        let held = [
            posts(&officer, "150821100", "part_time", day).await["posts"].clone(),
            posts(&officer, "150821101", "part_time", day).await["posts"].clone(),
        ];
        assert_eq!(held, [json!(from), json!(to)], "{day}");
    }
    let told = officer.get("/api/v1/areas/150821101/post-moves").await;
    assert_eq!((&told["moves"][0]["count"], &told["moves"][0]["to"]), (&json!(2), &json!("150821101")));
    let noted: i64 =
        sqlx::query_scalar("SELECT count(*) FROM audit WHERE action = 'post.move' AND area = '150821100'")
            .fetch_one(&mut as_owner(&app.database).await)
            .await
            .unwrap();
    assert_eq!(noted, 1);
}

#[tokio::test]
async fn a_grid_has_one_worker_a_day_and_a_worker_no_more_grids_than_the_policy_allows() {
    let (app, officer) = with_grids().await;
    let workers = put_workers(&app.store, "150821100", 3).await;
    let (status, first) = assign(&officer, EAST, workers[0], "worker", "2026-02-01").await;
    assert_eq!(status, 201, "{first}");
    assert_eq!((&first["village_name"], &first["worker_name"]), (&json!("联合村"), &json!("王**")));
    let refused = |answer: (u16, Value)| (answer.0, answer.1["code"].as_str().unwrap_or("").to_owned());
    let conflict = |code: &str| (409, code.to_owned());
    assert_eq!(
        refused(assign(&officer, EAST, workers[1], "worker", "2026-05-01").await),
        conflict("grid_taken")
    );
    assert_eq!(
        refused(assign(&officer, EAST, workers[1], "worker", "2026-01-15").await),
        conflict("grid_taken")
    );
    // An agricultural grid is one worker's only one; a pastoral one may be the second.
    assert_eq!(
        refused(assign(&officer, WEST, workers[0], "worker", "2026-03-01").await),
        conflict("worker_elsewhere")
    );
    assert_eq!(assign(&officer, PASTURE, workers[0], "worker", "2026-03-01").await.0, 201);
    // Other roles are no such thing.
    assert_eq!(assign(&officer, EAST, workers[1], "helper", "2026-03-01").await.0, 201);
    assert_eq!(
        refused(assign(&officer, EAST, workers[1], "helper", "2026-04-01").await),
        conflict("already_assigned")
    );
    let detail = officer.get(&format!("/api/v1/grids/{EAST}")).await;
    assert_eq!(detail["workers"].as_array().unwrap().len(), 2, "{detail}");
    let planner = app.with_token(&app.token_of("analyst", Role::Analyst, "150821").await);
    assert!(planner.get(&format!("/api/v1/grids/{EAST}")).await.get("workers").is_none());
    // It ends, and another takes it up.
    let path = format!("/api/v1/assignments/{}", first["id"].as_str().unwrap());
    let (status, ended) = officer.call(Method::PATCH, &path, Some(json!({"until": "2026-05-01"}))).await;
    assert_eq!((status.as_u16(), &ended["until"]), (200, &json!("2026-05-01")));
    let (_, next) = assign(&officer, EAST, workers[2], "worker", "2026-12-01").await;
    assert_eq!(problem(officer.request(Method::DELETE, &path)).await, (409, "begun".to_owned()));
    let path = format!("/api/v1/assignments/{}", next["id"].as_str().unwrap());
    assert_eq!(officer.call(Method::DELETE, &path, None).await.0, 204);
    let held =
        officer.get(&format!("/api/v1/areas/150821/assignments?on=2026-04-01&worker={}", workers[0])).await;
    let grids: Vec<&str> =
        held["assignments"].as_array().unwrap().iter().map(|one| one["grid"].as_str().unwrap()).collect();
    assert_eq!(grids, [EAST, PASTURE]);
    let history = officer.get(&format!("/api/v1/workers/{}/history", workers[0])).await;
    assert_eq!(history["assignments"][0]["until"], "2026-05-01");
    for (grid, worker, from, status) in [
        ("150821100200009", workers[2], "2026-02-01", 404),
        (EAST, workers[2], "2025-02-01", 404),
        (WEST, Uuid::now_v7(), "2026-02-01", 404),
        ("1508", workers[2], "2026-02-01", 400),
    ] {
        assert_eq!(assign(&officer, grid, worker, "worker", from).await.0, status, "{grid} {from}");
    }
}

#[tokio::test]
async fn whoever_is_not_on_the_post_is_the_vacancy_that_it_is() {
    let (app, officer) = with_grids().await;
    let workers = put_workers(&app.store, "150821100", 4).await;
    put(&officer, "150821100/posts/full_time", count(4, "2026-01-01")).await;
    for (grid, worker) in [(EAST, workers[0]), (WEST, workers[1]), ("150821101200001", workers[2])] {
        assert_eq!(assign(&officer, grid, worker, "worker", "2026-02-01").await.0, 201);
    }
    for (worker, status) in [(workers[0], "seconded"), (workers[1], "left"), (workers[3], "on_leave")] {
        let change = json!({"status": status, "status_from": "2026-11-01"});
        let path = format!("/api/v1/workers/{worker}");
        assert_eq!(officer.call(Method::PATCH, &path, Some(change)).await.0, 200);
    }
    let row = posts(&officer, "150821100", "full_time", "2026-11-23").await;
    let told = ["posts", "on_books", "on_post", "vacant"].map(|name| row[name].as_i64().unwrap());
    assert_eq!(told, [4, 3, 1, 3], "{row}");
    let all = officer.get("/api/v1/areas/150821/vacancies").await;
    let vacancies: Vec<(Value, Value, Value)> = all["vacancies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["grid"].clone(), one["why"].clone(), one["worker"].clone()))
        .collect();
    assert_eq!(
        vacancies,
        [
            (json!(EAST), json!("seconded"), json!(workers[0])),
            (json!(WEST), json!("left"), json!(workers[1])),
            (json!(PASTURE), json!("never_filled"), json!(null)),
        ]
    );
    assert!(all["vacancies"][0]["households"].is_number() && all["synthetic"] == true, "{all}");
    // Before that, all were there.
    let before = officer.get("/api/v1/areas/150821/vacancies?on=2026-10-31").await;
    assert_eq!(before["vacancies"].as_array().unwrap().len(), 1);
    let refused = assign(&officer, PASTURE, workers[3], "worker", "2026-11-23").await;
    assert_eq!((refused.0, &refused.1["code"]), (409, &json!("not_on_post")));
}

#[tokio::test]
async fn two_at_once_do_not_pass_a_ceiling() {
    let (app, officer) = with_grids().await;
    put(&officer, "150821100/posts/full_time", count(1, "2026-01-01")).await;
    let workers = put_workers(&app.store, "150821100", 4).await;
    let grids = [EAST, WEST, "150821101200001", PASTURE];
    let all = (0..4).map(|index| assign(&officer, grids[index], workers[index], "worker", "2026-02-01"));
    let answers = futures::future::join_all(all).await;
    let made = answers.iter().filter(|answer| answer.0 == 201).count();
    let refused =
        answers.iter().filter(|answer| answer.0 == 409 && answer.1["code"] == "above_ceiling").count();
    assert_eq!((made, refused), (1, 3), "{answers:?}");
    // Nor can the posts go below who holds them.
    let (status, answer) = officer
        .call(Method::PUT, "/api/v1/areas/150821100/posts/full_time", Some(count(0, "2026-03-01")))
        .await;
    assert_eq!((status.as_u16(), &answer["code"]), (409, &json!("above_ceiling")));
}

#[tokio::test]
async fn one_worker_given_many_grids_at_once_gets_no_more_than_allowed() {
    let (app, officer) = with_grids().await;
    let worker = put_workers(&app.store, "150821100", 1).await[0];
    let all =
        [EAST, WEST, "150821101200001"].map(|grid| assign(&officer, grid, worker, "worker", "2026-02-01"));
    let answers = futures::future::join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.0 == 201).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn when_a_plan_is_published_assignments_follow_their_grids() {
    let (app, officer) = with_grids().await;
    let workers = put_workers(&app.store, "150821100", 4).await;
    for (grid, worker, from) in [
        (EAST, workers[0], "2026-02-01"),
        (WEST, workers[1], "2026-02-01"),
        (PASTURE, workers[2], "2026-12-15"),
    ] {
        assert_eq!(assign(&officer, grid, worker, "worker", from).await.0, 201);
    }
    // The next plan keeps the grid of one village under its code and has new ones elsewhere.
    let mut next = whole_villages(2);
    for drawn in &mut next.grids {
        if drawn.grid.village == code("150821100200") {
            drawn.grid.code = EAST.parse().unwrap();
        }
    }
    let mut tx = app.store.begin(&khot::access::Scope::operator()).await.unwrap();
    khot::store::plans::save_draft(&mut tx, &next).await.unwrap();
    tx.commit().await.unwrap();
    let planner = app.with_token(&app.token_of("planner-0821", Role::Planner, "150821").await);
    assert_eq!(planner.publish(&next.id.to_string(), "2026-12-01").await["state"], "done");
    let after = officer.get("/api/v1/areas/150821/assignments?on=2026-12-20").await;
    let held: Vec<&str> =
        after["assignments"].as_array().unwrap().iter().map(|one| one["grid"].as_str().unwrap()).collect();
    assert_eq!(held, [EAST]);
    let before = officer.get("/api/v1/areas/150821/assignments?on=2026-11-30").await;
    assert_eq!(before["assignments"].as_array().unwrap().len(), 2, "{before}");
    assert_eq!(before["assignments"][1]["until"], "2026-12-01");
    let noted: Value =
        sqlx::query_scalar("SELECT after FROM audit WHERE action = 'plan.publish' ORDER BY id DESC LIMIT 1")
            .fetch_one(&mut as_owner(&app.database).await)
            .await
            .unwrap();
    assert_eq!(noted["assignments_ended"], 2);
}

#[tokio::test]
async fn a_worker_sees_their_own_grids_and_no_others() {
    let (app, officer) = with_grids().await;
    let own = app.with_token(&app.token_of("worker-1", Role::Worker, "150821100200").await);
    assert_eq!(problem(own.request(Method::GET, "/api/v1/me/territory")).await.0, 404);
    let workers = put_workers(&app.store, "150821100", 3).await;
    let path = format!("/api/v1/workers/{}", workers[0]);
    assert_eq!(officer.call(Method::PATCH, &path, Some(json!({"username": "worker-1"}))).await.0, 200);
    for (grid, worker, role) in [
        (EAST, workers[0], "worker"),
        (EAST, workers[1], "lead"),
        (WEST, workers[2], "worker"),
        (WEST, workers[1], "lead"),
    ] {
        assert_eq!(assign(&officer, grid, worker, role, "2026-02-01").await.0, 201);
    }
    let territory = own.get("/api/v1/me/territory").await;
    assert_eq!(territory["worker"]["name"], "王**");
    let grids = territory["grids"].as_array().unwrap();
    assert_eq!((grids.len(), &grids[0]["code"], &grids[0]["role"]), (1, &json!(EAST), &json!("worker")));
    assert_eq!((&grids[0]["lead"]["name"], &grids[0]["village_name"]), (&json!("王**"), &json!("联合村")));
    assert!(grids[0]["geometry"]["coordinates"].is_array() && territory["synthetic"] == true);
    assert!(grids[0]["outlets"].is_array() && territory["statement"].is_null(), "{territory}");
    let text = territory.to_string();
    assert!(text.len() < 20_000 && !text.contains(&workers[1].to_string()), "{text}");
    // Of the others' they see nothing by any road.
    for path in ["areas/150821100200/assignments", "areas/150821100200/vacancies", "areas/150821100/posts"] {
        assert_eq!(problem(own.request(Method::GET, &format!("/api/v1/{path}"))).await.0, 403, "{path}");
    }
    let history = own.get(&format!("{path}/history")).await;
    assert_eq!(history["assignments"].as_array().unwrap().len(), 1);
    let mut tx = app
        .store
        .begin(&khot::access::Scope::of(
            &khot::access::Actor {
                username: "worker-1".to_owned(),
                name: String::new(),
                grants: vec![khot::access::Grant {
                    role: Role::Worker,
                    area: code("150821100200"),
                    from: day("2026-01-01"),
                    until: None,
                }],
            },
            day("2026-11-23"),
        ))
        .await
        .unwrap();
    let seen = khot::store::assignments::list(&mut tx, &code("15"), day("2026-11-23"), None).await.unwrap();
    assert_eq!(seen.iter().map(|one| one.grid.as_str()).collect::<Vec<_>>(), [EAST]);
    let lead =
        khot::store::assignments::own_lead(&mut tx, &WEST.parse().unwrap(), day("2026-11-23")).await.unwrap();
    assert_eq!(lead, None, "the lead of another's grid");
}
