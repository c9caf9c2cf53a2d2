//! Long work: cancelled, taken up again, repeated.

use khot::access::Scope;
use khot::jobs::ATTEMPTS_MAX;
use khot::store::jobs::{self, Ending, JobState};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor;

use crate::harness::*;

async fn app() -> TestApp {
    TestApp::start().await.signed_in().await
}

async fn cancel(app: &TestApp, job: &str) -> Value {
    let (status, job) = app.call(Method::POST, &format!("/api/v1/jobs/{job}/cancellation"), None).await;
    assert_eq!(status, 202, "{job}");
    job
}

/// A worker that takes the job up and is never heard of again. Gives the attempt's number.
async fn claim_and_die(app: &TestApp, job: &str) -> i32 {
    let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
    let job = jobs::claim(&mut tx, job.parse().unwrap(), noon()).await.unwrap().expect("it is not over");
    tx.commit().await.unwrap();
    assert_eq!(job.state, JobState::Running);
    job.attempt
}

async fn plans(app: &TestApp) -> usize {
    app.get("/api/v1/areas/150821/plans").await["items"].as_array().unwrap().len()
}

/// Code, units and outline of every grid of a plan.
async fn grids(app: &TestApp, plan: &str) -> Vec<(String, Vec<String>, Vec<u8>)> {
    sqlx::query_as("SELECT code, units, ST_AsBinary(outline) FROM grid WHERE plan = $1::uuid ORDER BY code")
        .bind(plan)
        .fetch_all(&mut as_owner(&app.database).await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_job_tells_who_asked_for_what_and_how_it_went() {
    let app = app().await;
    let id = app.queue_division(7).await;
    let queued = app.job(&id).await;
    assert_eq!(
        (&queued["kind"], &queued["area"], &queued["created_by"]),
        (&json!("division"), &json!("150821"), &json!("region-admin"))
    );
    assert_eq!((&queued["started_at"], &queued["finished_at"]), (&Value::Null, &Value::Null));
    app.run_pending_jobs().await;
    let done = app.job(&id).await;
    assert_eq!(
        (&done["state"], &done["done"], &done["total"]),
        (&json!("done"), &json!(4), &json!(4)),
        "one step a village"
    );
    assert!(done["started_at"].is_string() && done["finished_at"].is_string());
    assert_eq!(done["error"], Value::Null);
    assert!(done["result"]["grids"].as_u64() > Some(4));
    let second = app.queue_division(8).await;
    let recent = app.get("/api/v1/jobs?limit=1").await;
    assert_eq!(recent["items"][0]["id"], second);
    assert_eq!(app.get("/api/v1/jobs?area=150821").await["items"].as_array().unwrap().len(), 2);
    assert_eq!(app.get("/api/v1/jobs?area=150822").await["items"], json!([]));
}

#[tokio::test]
async fn a_queued_job_is_cancelled_at_once() {
    let app = app().await;
    let id = app.queue_division(7).await;
    let cancelled = cancel(&app, &id).await;
    assert_eq!(cancelled["state"], "cancelled");
    assert!(cancelled["finished_at"].is_string());
    let again = app.request(Method::POST, &format!("/api/v1/jobs/{id}/cancellation"));
    assert_eq!(problem(again).await, (409, "job_over".to_owned()));
    // The next one goes through the same queue, behind it.
    app.divide(8).await;
    assert_eq!(app.job(&id).await["state"], "cancelled");
    assert_eq!(plans(&app).await, 1);
}

#[tokio::test]
async fn a_running_job_is_cancelled_when_it_next_looks() {
    let app = app().await;
    let id = app.queue_division(7).await;
    claim_and_die(&app, &id).await;
    assert_eq!(cancel(&app, &id).await["state"], "running");
    app.run_pending_jobs().await;
    assert_eq!(app.job(&id).await["state"], "cancelled");
    assert_eq!(plans(&app).await, 0);
}

#[tokio::test]
async fn a_job_cancelled_while_it_saves_leaves_nothing() {
    let app = app().await;
    let id = app.queue_division(7).await;
    // Saving a plan has to wait for this lock.
    let mut holder = as_owner(&app.database).await;
    holder.execute("BEGIN; LOCK TABLE khot.grid IN SHARE MODE").await.unwrap();
    let worker = khot::jobs::start(&app.store).await.unwrap();
    until("nothing waits for the lock", async || {
        let sql =
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'khot.grid'::regclass)";
        sqlx::query_scalar(sql).fetch_one(&mut as_owner(&app.database).await).await.unwrap()
    })
    .await;
    assert_eq!(cancel(&app, &id).await["state"], "running");
    holder.execute("COMMIT").await.unwrap();
    until("the job is still open", async || app.job(&id).await["state"] == "cancelled").await;
    worker.stop().await;
    assert_eq!(plans(&app).await, 0);
}

#[tokio::test]
async fn a_job_whose_worker_died_is_done_once() {
    let app = app().await;
    let id = app.queue_division(7).await;
    let dead = claim_and_die(&app, &id).await;
    app.run_pending_jobs().await;
    assert_eq!(app.job(&id).await["state"], "done");
    assert_eq!(plans(&app).await, 1);
    // Should the dead come back, its result is not wanted.
    let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
    let ending = Ending::Done(json!({"plans": []}));
    assert!(!jobs::finish(&mut tx, id.parse().unwrap(), dead, &ending, noon()).await.unwrap());
    assert!(jobs::claim(&mut tx, id.parse().unwrap(), noon()).await.unwrap().is_none(), "it is over");
}

#[tokio::test]
async fn an_attempt_that_lost_its_claim_is_told_to_stop_and_can_not_end_the_job() {
    let app = app().await;
    let id = app.queue_division(7).await;
    let (lost, held) = (claim_and_die(&app, &id).await, claim_and_die(&app, &id).await);
    assert_eq!((lost, held), (1, 2));
    let job = id.parse().unwrap();
    let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
    assert!(jobs::progress(&mut tx, job, lost, 3, 4).await.unwrap(), "stop");
    assert!(!jobs::progress(&mut tx, job, held, 1, 4).await.unwrap(), "go on");
    for ending in [Ending::Done(json!({})), Ending::Failed(json!({})), Ending::Cancelled] {
        assert!(!jobs::finish(&mut tx, job, lost, &ending, noon()).await.unwrap());
    }
    assert_eq!(jobs::get(&mut tx, job).await.unwrap().unwrap().done, 1);
    assert!(jobs::finish(&mut tx, job, held, &Ending::Done(json!({})), noon()).await.unwrap());
    assert!(!jobs::finish(&mut tx, job, held, &Ending::Cancelled, noon()).await.unwrap(), "it is over");
}

#[tokio::test]
async fn a_job_that_was_cancelled_can_not_be_done_any_more() {
    let app = app().await;
    let id = app.queue_division(7).await;
    let attempt = claim_and_die(&app, &id).await;
    cancel(&app, &id).await;
    let job = id.parse().unwrap();
    let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
    assert!(jobs::progress(&mut tx, job, attempt, 1, 4).await.unwrap(), "stop");
    assert!(!jobs::finish(&mut tx, job, attempt, &Ending::Done(json!({})), noon()).await.unwrap());
    assert!(jobs::finish(&mut tx, job, attempt, &Ending::Cancelled, noon()).await.unwrap());
}

#[tokio::test]
async fn a_job_that_keeps_dying_is_given_up() {
    let app = app().await;
    let (given_up, last_chance) = (app.queue_division(7).await, app.queue_division(8).await);
    for _ in 0..ATTEMPTS_MAX {
        claim_and_die(&app, &given_up).await;
    }
    for _ in 1..ATTEMPTS_MAX {
        claim_and_die(&app, &last_chance).await;
    }
    app.run_pending_jobs().await;
    let job = app.job(&given_up).await;
    assert_eq!((&job["state"], &job["error"]["code"]), (&json!("failed"), &json!("died")), "{job}");
    assert_eq!(app.job(&last_chance).await["state"], "done");
    assert_eq!(plans(&app).await, 1);
}

#[tokio::test]
async fn two_divisions_at_once_with_two_workers_both_end() {
    let app = app().await;
    let (first, second) = (app.queue_division(7).await, app.queue_division(7).await);
    tokio::join!(app.run_pending_jobs(), app.run_pending_jobs());
    let mut made = std::collections::BTreeSet::new();
    for id in [&first, &second] {
        let job = app.job(id).await;
        assert_eq!(job["state"], "done", "{job}");
        made.insert(job["result"]["plans"][0].as_str().unwrap().to_owned());
    }
    assert_eq!(made.len(), 2);
    assert_eq!(plans(&app).await, 2);
    let attempts: Vec<i32> = sqlx::query_scalar("SELECT attempt FROM job")
        .fetch_all(&mut as_owner(&app.database).await)
        .await
        .unwrap();
    assert_eq!(attempts, [1, 1], "each was taken up once");
    let mut plans = made.iter();
    assert_eq!(
        grids(&app, plans.next().unwrap()).await,
        grids(&app, plans.next().unwrap()).await,
        "same seed, same answer"
    );
}

#[tokio::test]
async fn a_job_that_stops_with_its_process_goes_on_in_the_next() {
    let app = app().await;
    let id = app.queue_division(7).await;
    let mut holder = as_owner(&app.database).await;
    holder.execute("BEGIN; LOCK TABLE khot.area IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let worker = khot::jobs::start(&app.store).await.unwrap();
    let running = async || -> bool {
        let sql = "SELECT EXISTS (SELECT FROM khot.job WHERE state = 'running')";
        sqlx::query_scalar(sql).fetch_one(&mut as_owner(&app.database).await).await.unwrap()
    };
    until("nobody takes the job up", running).await;
    // The process is asked to stop while the job is at work.
    let (_, ()) = tokio::join!(worker.stop(), async { holder.execute("COMMIT").await.map(|_| ()).unwrap() });
    app.run_pending_jobs().await;
    assert_eq!(app.job(&id).await["state"], "done");
    assert_eq!(plans(&app).await, 1);
}

#[tokio::test]
async fn the_seed_decides_the_answer() {
    let app = app().await;
    let same = [app.divide(7).await, app.divide(7).await];
    assert_eq!(grids(&app, &same[0]).await, grids(&app, &same[1]).await);
    let mut others = 0;
    for seed in 8..12 {
        others += usize::from(grids(&app, &app.divide(seed).await).await != grids(&app, &same[0]).await);
    }
    assert!(others > 0, "four other seeds gave the same grids");
}

#[tokio::test]
async fn an_unchanged_grid_keeps_its_code_and_a_voided_code_is_not_used_again() {
    let app = app().await;
    let first = app.divide(7).await;
    assert_eq!(app.publish(&first, "2026-01-01").await["state"], "done");
    // From nothing: else a division would start from the grids of the plan in force.
    let policy = app.get("/api/v1/policy?area=15").await["toml"].as_str().unwrap().to_owned();
    let body = json!({"seed": 7, "policy": policy.replace("stability = 0.5", "stability = 0")});
    let anew = async || {
        let (_, job) = app.post("/api/v1/areas/150821/plans", body.clone()).await;
        app.run_pending_jobs().await;
        let job = app.job(job["id"].as_str().unwrap()).await;
        job["result"]["plans"][0].as_str().unwrap().to_owned()
    };
    let repeated = anew().await;
    assert_eq!(grids(&app, &repeated).await, grids(&app, &first).await);

    // A plan with codes of its own in between: the first one's codes are void from then on.
    put_published(&app.store, 77, "2026-02-01").await;
    let renumbered = anew().await;
    let (before, after) = (grids(&app, &first).await, grids(&app, &renumbered).await);
    assert_eq!(before.len(), after.len());
    for (code, units, _) in &after {
        let voided = before.iter().any(|(old, _, _)| old == code);
        assert!(!voided, "{code} was used before");
        assert!(before.iter().any(|(_, old, _)| old == units), "the same grids under other codes");
    }
}

#[tokio::test]
async fn a_division_of_a_place_without_units_says_what_to_import() {
    let app = app().await;
    let mut owner = as_owner(&app.database).await;
    owner.execute("DELETE FROM unit WHERE village = '150821101201'").await.unwrap();
    let id = app.queue_division(7).await;
    app.run_pending_jobs().await;
    let job = app.job(&id).await;
    assert_eq!((&job["state"], &job["error"]["code"]), (&json!("failed"), &json!("no_units")), "{job}");
    assert!(job["error"]["en"].as_str().unwrap().contains("150821101201"), "{job}");
    assert_eq!(plans(&app).await, 0);
}
