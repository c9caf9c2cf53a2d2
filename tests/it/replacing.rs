//! Who takes over a grid from whom, and what can be taken back. Today is 23 November 2026.

use khot::access::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::*;

const EAST: &str = "150821100200001";
const WEST: &str = "150821100201001";

/// Grids from 2026-01-01 on, an officer, and four workers of a township.
async fn staffed() -> (TestApp, TestApp, Vec<Uuid>) {
    let app = TestApp::start().await;
    put_published(&app.store, 1, "2026-01-01").await;
    let officer = app.with_token(&app.token_of("people-0821", Role::PeopleOfficer, "150821").await);
    let workers = put_workers(&app.store, "150821100", 4).await;
    (app, officer, workers)
}

async fn post(officer: &TestApp, grid: &str, body: Value) -> (u16, Value) {
    let (status, answer) = officer.post(&format!("/api/v1/grids/{grid}/assignments"), body).await;
    (status.as_u16(), answer)
}

async fn begin(officer: &TestApp, grid: &str, worker: Uuid, from: &str) -> Value {
    let (status, answer) =
        post(officer, grid, json!({"worker": worker, "role": "worker", "from": from})).await;
    assert_eq!((status, &answer["replaced"]), (201, &json!([])), "{answer}");
    answer
}

async fn replace(officer: &TestApp, grid: &str, worker: Uuid, from: &str) -> (u16, Value) {
    post(officer, grid, json!({"worker": worker, "role": "worker", "from": from, "replace": true})).await
}

/// Who has what when, as the database holds it.
async fn held(app: &TestApp, grid: &str) -> Vec<(Uuid, String, Option<String>)> {
    sqlx::query_as(
        "SELECT worker, lower(during)::text, upper(during)::text FROM assignment WHERE grid = $1 ORDER BY during",
    )
    .bind(grid)
    .fetch_all(&mut as_owner(&app.database).await)
    .await
    .unwrap()
}

fn spell(worker: Uuid, from: &str, until: Option<&str>) -> (Uuid, String, Option<String>) {
    (worker, from.to_owned(), until.map(str::to_owned))
}

#[tokio::test]
async fn one_request_ends_the_old_and_begins_the_new() {
    let (app, officer, workers) = staffed().await;
    let old = begin(&officer, EAST, workers[0], "2026-02-01").await;
    let path = format!("/api/v1/grids/{EAST}/assignments");
    let body = json!({"worker": workers[1], "role": "worker", "from": "2026-11-23", "replace": true});
    let request = officer.request(Method::POST, &path).header("x-request-id", "one-step").json(&body);
    let made: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!((&made["worker"], &made["from"]), (&json!(workers[1]), &json!("2026-11-23")), "{made}");
    let replaced = json!({"id": old["id"], "worker": workers[0], "worker_name": "王**", "from": "2026-02-01",
                          "until": "2026-11-23"});
    assert_eq!(made["replaced"], json!([replaced]));
    let expected =
        [spell(workers[0], "2026-02-01", Some("2026-11-23")), spell(workers[1], "2026-11-23", None)];
    assert_eq!(held(&app, EAST).await, expected);
    let noted: Vec<(String, String)> =
        sqlx::query_as("SELECT action, subject FROM audit WHERE request_id = 'one-step' ORDER BY id")
            .fetch_all(&mut as_owner(&app.database).await)
            .await
            .unwrap();
    let subject = |answer: &Value| answer["id"].as_str().unwrap().to_owned();
    assert_eq!(
        noted,
        [("assignment.end".to_owned(), subject(&old)), ("assignment.add".to_owned(), subject(&made))]
    );
}

#[tokio::test]
async fn whoever_would_begin_that_day_or_later_never_does() {
    let (app, officer, workers) = staffed().await;
    begin(&officer, EAST, workers[0], "2026-11-23").await;
    // Chosen by mistake today, set right today.
    let (status, made) = replace(&officer, EAST, workers[1], "2026-11-23").await;
    assert_eq!((status, &made["replaced"][0]["until"]), (201, &json!(null)), "{made}");
    assert_eq!(held(&app, EAST).await, [spell(workers[1], "2026-11-23", None)]);
    // Planned for the new year, and now wanted sooner: the same worker, or another.
    let (_, later) = replace(&officer, EAST, workers[2], "2027-01-01").await;
    assert_eq!(later["replaced"][0]["until"], "2027-01-01", "{later}");
    let (status, sooner) = replace(&officer, EAST, workers[2], "2026-12-01").await;
    assert_eq!((status, sooner["replaced"].as_array().unwrap().len()), (201, 2), "{sooner}");
    let expected =
        [spell(workers[1], "2026-11-23", Some("2026-12-01")), spell(workers[2], "2026-12-01", None)];
    assert_eq!(held(&app, EAST).await, expected);
    let removed: i64 = sqlx::query_scalar("SELECT count(*) FROM audit WHERE action = 'assignment.remove'")
        .fetch_one(&mut as_owner(&app.database).await)
        .await
        .unwrap();
    assert_eq!(removed, 2);
    // For some days only: whoever has it afterwards keeps it.
    let body = json!({"worker": workers[3], "role": "worker", "from": "2026-11-24", "until": "2026-12-01",
                      "replace": true});
    let (status, some) = post(&officer, EAST, body).await;
    assert_eq!((status, some["replaced"].as_array().unwrap().len()), (201, 1), "{some}");
    assert_eq!(held(&app, EAST).await[2], spell(workers[2], "2026-12-01", None));
    // On an empty grid there is nobody to end.
    let (status, alone) = replace(&officer, WEST, workers[0], "2026-11-23").await;
    assert_eq!((status, &alone["replaced"]), (201, &json!([])));
}

#[tokio::test]
async fn where_the_new_one_is_refused_the_old_one_goes_on() {
    let (app, officer, workers) = staffed().await;
    begin(&officer, EAST, workers[0], "2026-02-01").await;
    begin(&officer, WEST, workers[1], "2026-02-01").await;
    // An agricultural grid is one worker's only one.
    let (status, answer) = replace(&officer, EAST, workers[1], "2026-11-23").await;
    assert_eq!((status, &answer["code"]), (409, &json!("worker_elsewhere")));
    let (status, answer) = replace(&officer, EAST, workers[0], "2026-11-23").await;
    assert_eq!((status, &answer["code"]), (409, &json!("already_assigned")));
    let body = json!({"worker": workers[2], "role": "lead", "from": "2026-11-23", "replace": true});
    let (status, answer) = post(&officer, EAST, body).await;
    assert_eq!((status, &answer["code"]), (400, &json!("replace_main_only")));
    assert_eq!(held(&app, EAST).await, [spell(workers[0], "2026-02-01", None)]);
    let ended: i64 = sqlx::query_scalar("SELECT count(*) FROM audit WHERE action = 'assignment.end'")
        .fetch_one(&mut as_owner(&app.database).await)
        .await
        .unwrap();
    assert_eq!(ended, 0);
}

#[tokio::test]
async fn two_who_replace_at_once_leave_one_worker() {
    let (app, officer, workers) = staffed().await;
    begin(&officer, EAST, workers[0], "2026-02-01").await;
    let all = (1..4).map(|index| replace(&officer, EAST, workers[index], "2026-11-23"));
    let answers = futures::future::join_all(all).await;
    assert!(answers.iter().any(|answer| answer.0 == 201), "{answers:?}");
    assert!(answers.iter().all(|answer| [201, 409].contains(&answer.0)), "{answers:?}");
    let now = held(&app, EAST).await;
    assert_eq!((now.len(), &now[0].2, &now[1].2), (2, &Some("2026-11-23".to_owned()), &None), "{now:?}");
}

#[tokio::test]
async fn what_begins_today_can_be_taken_back_and_what_began_before_ends() {
    let (_, officer, workers) = staffed().await;
    let today = begin(&officer, EAST, workers[0], "2026-11-23").await;
    let before = begin(&officer, WEST, workers[1], "2026-11-22").await;
    let path = |made: &Value| format!("/api/v1/assignments/{}", made["id"].as_str().unwrap());
    // A day that it never held is no end; the answer tells the way.
    let until = Some(json!({"until": "2026-11-23"}));
    let (status, answer) = officer.call(Method::PATCH, &path(&today), until.clone()).await;
    assert_eq!((status.as_u16(), &answer["code"]), (400, &json!("bad_days")));
    assert!(answer["detail"].as_str().unwrap().contains("DELETE"), "{answer}");
    assert_eq!(officer.call(Method::DELETE, &path(&today), None).await.0, 204);
    begin(&officer, EAST, workers[2], "2026-11-23").await;
    let (status, answer) = officer.call(Method::DELETE, &path(&before), None).await;
    assert_eq!((status.as_u16(), &answer["code"]), (409, &json!("begun")));
    assert!(answer["detail"].as_str().unwrap().contains("2026-11-22"), "{answer}");
    // It held yesterday, and no longer today.
    assert_eq!(officer.call(Method::PATCH, &path(&before), until).await.0, 200);
    begin(&officer, WEST, workers[3], "2026-11-23").await;
}
