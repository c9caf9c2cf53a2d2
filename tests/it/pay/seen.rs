//! Who sees what is paid: their own statement, and jobs.

use khot::access::{Role, Scope};
use khot::store::pay;
use reqwest::Method;
use serde_json::json;

use super::office::*;
use super::*;

#[tokio::test]
async fn a_worker_sees_their_own_statement_once_it_is_locked_and_nobody_elses() {
    let office = Office::open().await;
    let workers = put_workers(&office.app.store, "150821100", 2).await;
    let own = office.app.with_token(&office.app.token_of("grid-worker", Role::Worker, "150821100").await);
    let mut owner = as_owner(&office.app.database).await;
    sqlx::query("UPDATE worker SET username = 'grid-worker' WHERE id = $1")
        .bind(workers[0])
        .execute(&mut owner)
        .await
        .unwrap();
    for worker in &workers {
        assign(&office.app, *worker, FIELD, "helper", "2026-01-01", None).await;
    }
    let rows: Vec<_> = workers.iter().map(|worker| (*worker, 22, None)).collect();
    attested(&office.officer, "2026-09", &rows).await;
    attested(&office.officer, "2026-10", &rows).await;
    let locked = office.locked("150821", "2026-09").await;
    let draft = office.draft("150821", "2026-10").await;
    let mine = own.get("/api/v1/me/statement?month=2026-09").await;
    assert_eq!(
        (&mine["status"], &mine["months"], &mine["demo"]),
        (&json!("locked"), &json!(["2026-09"]), &json!(true))
    );
    let lines = mine["lines"].as_array().unwrap();
    assert!(!lines.is_empty() && lines.iter().all(|line| line["worker"] == json!(workers[0])));
    assert_eq!(fen(&mine, "total_fen"), lines.iter().map(|line| fen(line, "amount_fen")).sum::<i64>());
    assert_eq!(own.get("/api/v1/me/statement").await["month"], "2026-09");
    let told = &own.get("/api/v1/me/territory").await["statement"];
    assert_eq!((&told["month"], &told["total_fen"]), (&json!("2026-09"), &mine["total_fen"]));
    let unpaid = own.get("/api/v1/me/statement?month=2026-10").await;
    assert_eq!(
        (&unpaid["status"], &unpaid["lines"], &unpaid["total_fen"]),
        (&json!(null), &json!([]), &json!(0))
    );
    let same = own.get(&format!("/api/v1/workers/{}/statement?month=2026-09", workers[0])).await;
    assert_eq!(same["lines"], mine["lines"]);
    for path in [
        format!("/api/v1/workers/{}/statement?month=2026-09", workers[1]),
        format!("/api/v1/pay-runs/{locked}"),
        format!("/api/v1/pay-runs/{draft}/lines"),
        format!("/api/v1/pay-runs/{locked}/payroll.csv"),
    ] {
        assert_eq!(own.call(Method::GET, &path, None).await.0, 404, "{path}");
    }
    // Finance sees the draft too.
    let seen = office.maker.get(&format!("/api/v1/workers/{}/statement?month=2026-10", workers[0])).await;
    assert_eq!(seen["status"], "draft");
    // Past the handlers: the database shows the worker two statements' worth of nothing but their own.
    let scope = Scope::of(
        &khot::access::Actor { username: "grid-worker".to_owned(), name: String::new(), grants: Vec::new() },
        day("2026-11-23"),
    );
    let mut tx = office.app.store.begin(&scope).await.unwrap();
    assert!(pay::lines_of_run(&mut tx, draft.parse().unwrap()).await.unwrap().is_empty());
    let seen = pay::lines_of_run(&mut tx, locked.parse().unwrap()).await.unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|line| line.worker == workers[0]));
}

#[tokio::test]
async fn jobs_of_pay_are_for_those_who_have_the_pay() {
    let office = Office::open().await;
    let job = office.job("150821", "2026-09").await;
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    for role in [Role::Administrator, Role::Planner, Role::Analyst, Role::PeopleOfficer, Role::Auditor] {
        let other = person(&office.app, &format!("x-{}", role.as_str().replace('_', "-")), role).await;
        assert_eq!(other.call(Method::GET, &path, None).await.0, 404, "{role:?}");
    }
    assert_eq!(office.second.call(Method::GET, &path, None).await.0, 200);
}
