//! A plan from draft to superseded.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::harness::*;

#[tokio::test]
async fn a_plan_is_drafted_published_and_superseded() {
    let app = TestApp::start().await.signed_in().await;
    let first = app.divide(7).await;
    let draft = app.get(&format!("/api/v1/plans/{first}")).await;
    assert_eq!(
        (&draft["status"], &draft["valid_from"], &draft["seed"]),
        (&json!("draft"), &Value::Null, &json!(7))
    );
    assert_eq!((&draft["area"], &draft["area_name"]), (&json!("150821"), &json!("五原县")));
    assert_eq!((&draft["created_by"], &draft["synthetic"]), (&json!("region-admin"), &json!(true)));
    assert_eq!(draft["scores"]["villages"], 4);
    assert!(draft["policy_version"].is_string() && draft["engine_version"].is_string());
    let out_of_band =
        draft["scores"]["grids"].as_u64().unwrap() - draft["scores"]["in_band"].as_u64().unwrap();
    assert_eq!(draft["scores"]["out_of_band_named"], out_of_band);
    for reason in draft["reasons"].as_array().unwrap() {
        assert!(
            reason["village_name"].is_string() && reason["zh"].is_string() && reason["en"].is_string(),
            "{reason}"
        );
    }
    assert_eq!(app.get("/api/v1/areas/150821/figures").await["grids"], 0, "a draft holds on no day");

    let done = app.publish(&first, "2026-06-01").await;
    assert_eq!((&done["state"], &done["result"]["plan"]), (&json!("done"), &json!(first)), "{done}");
    let second = app.divide(8).await;
    assert_eq!(app.publish(&second, "2026-12-01").await["state"], "done");

    let first = app.get(&format!("/api/v1/plans/{first}")).await;
    assert_eq!(
        (&first["status"], &first["valid_from"], &first["valid_to"]),
        (&json!("superseded"), &json!("2026-06-01"), &json!("2026-12-01"))
    );
    let held = app.get(&format!("/api/v1/plans/{second}")).await;
    assert_eq!(
        (&held["status"], &held["valid_from"], &held["valid_to"]),
        (&json!("published"), &json!("2026-12-01"), &Value::Null)
    );
    for (day, plan) in [
        ("2026-05-31", None),
        ("2026-06-01", Some(&first["id"])),
        ("2026-11-30", Some(&first["id"])),
        ("2026-12-01", Some(&held["id"])),
    ] {
        let figures = app.get(&format!("/api/v1/areas/150821100/figures?on={day}")).await;
        assert_eq!(figures["plan"].get("id"), plan, "{day}");
    }
    let list = app.get("/api/v1/areas/150821/plans").await;
    let ids: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|plan| plan["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [second.as_str(), first["id"].as_str().unwrap()], "newest first");
}

#[tokio::test]
async fn what_was_done_with_a_plan_is_in_the_audit_trail() {
    let app = TestApp::start().await.signed_in().await;
    let (kept, discarded) = (app.divide(7).await, put_draft(&app.store, 1).await.to_string());
    assert_eq!(app.publish(&kept, "2026-06-01").await["state"], "done");
    let request = app
        .request(Method::DELETE, &format!("/api/v1/plans/{discarded}"))
        .header("x-request-id", "request-9");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let trail: Vec<(String, String, String, Option<String>)> =
        sqlx::query_as("SELECT action, subject, actor, request_id FROM audit WHERE action LIKE 'plan.%' AND actor <> 'operator' ORDER BY id")
            .fetch_all(&mut as_owner(&app.database).await)
            .await
            .unwrap();
    let actions: Vec<_> =
        trail.iter().map(|entry| (entry.0.as_str(), entry.1.as_str(), entry.2.as_str())).collect();
    let by_admin = |action: &'static str, subject| (action, subject, "region-admin");
    assert_eq!(
        actions,
        [
            by_admin("plan.draft", kept.as_str()),
            by_admin("plan.publish", kept.as_str()),
            by_admin("plan.discard", discarded.as_str())
        ]
    );
    assert_eq!(trail[2].3.as_deref(), Some("request-9"));
    // What a job does names the job, whose own entry names the request that queued it.
    for entry in &trail[..2] {
        let job = entry.3.as_deref().and_then(|request| request.strip_prefix("job ")).unwrap();
        let queued: (String, Option<String>) =
            sqlx::query_as("SELECT action, request_id FROM audit WHERE subject = $1")
                .bind(job)
                .fetch_one(&mut as_owner(&app.database).await)
                .await
                .unwrap();
        assert_eq!(queued.0, "job.queue");
        assert!(queued.1.is_some_and(|request| request.len() > 10));
    }
}

#[tokio::test]
async fn a_draft_can_be_discarded_and_a_published_plan_can_not() {
    let app = TestApp::start().await.signed_in().await;
    let (draft, published) =
        (put_draft(&app.store, 1).await, put_published(&app.store, 2, "2026-06-01").await);
    let discard = |id: uuid::Uuid| app.request(Method::DELETE, &format!("/api/v1/plans/{id}"));
    assert_eq!(discard(draft).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(problem(discard(draft)).await, (404, "not_found".to_owned()));
    assert_eq!(problem(discard(published)).await, (409, "plan_frozen".to_owned()));
    let left: Vec<(uuid::Uuid, i64)> = sqlx::query_as("SELECT plan, count(*) FROM grid GROUP BY plan")
        .fetch_all(&mut as_owner(&app.database).await)
        .await
        .unwrap();
    assert_eq!(left, [(published, 4)]);
}

#[tokio::test]
async fn a_plan_is_published_once() {
    let app = TestApp::start().await.signed_in().await;
    let plan = put_draft(&app.store, 1).await.to_string();
    let publish = || {
        app.request(Method::POST, &format!("/api/v1/plans/{plan}/publication"))
            .json(&json!({"valid_from": "2026-06-01"}))
    };
    // Asked for twice before the first is done: the second job says so.
    let second: Value = {
        publish().send().await.unwrap();
        publish().send().await.unwrap().json().await.unwrap()
    };
    app.run_pending_jobs().await;
    let second = app.job(second["id"].as_str().unwrap()).await;
    assert_eq!((&second["state"], &second["error"]["code"]), (&json!("failed"), &json!("not_a_draft")));
    assert_eq!(problem(publish()).await, (409, "not_a_draft".to_owned()));
    assert_eq!(app.get(&format!("/api/v1/plans/{plan}")).await["status"], "published");
}

#[tokio::test]
async fn a_plan_can_not_begin_before_one_that_is_published() {
    let app = TestApp::start().await.signed_in().await;
    put_published(&app.store, 1, "2026-06-01").await;
    let draft = put_draft(&app.store, 2).await.to_string();
    let state = async || -> Vec<String> {
        let sql = AssertSqlSafe("SELECT plan::text FROM plan UNION ALL SELECT code FROM grid_code UNION ALL SELECT audit::text FROM audit WHERE action NOT LIKE 'job.%' UNION ALL SELECT edition::text FROM edition ORDER BY 1".to_owned());
        sqlx::query_scalar(sql).fetch_all(&mut as_owner(&app.database).await).await.unwrap()
    };
    let before = state().await;
    for day in ["2026-06-01", "2026-05-31", "2020-01-01"] {
        let job = app.publish(&draft, day).await;
        assert_eq!(
            (&job["state"], &job["error"]["code"]),
            (&json!("failed"), &json!("plan_overlap")),
            "{day}: {job}"
        );
        assert!(job["error"]["zh"].as_str().unwrap().contains("2026-06-01"), "{job}");
    }
    assert_eq!(state().await, before);
    assert_eq!(app.publish(&draft, "2026-06-02").await["state"], "done");
}

#[tokio::test]
async fn a_publication_far_away_or_of_nothing_is_refused() {
    let app = TestApp::start().await.signed_in().await;
    let draft = put_draft(&app.store, 1).await.to_string();
    let publish = |plan: &str, body: Value| {
        app.request(Method::POST, &format!("/api/v1/plans/{plan}/publication")).json(&body)
    };
    let nothing = "01a20a62-0000-7000-8000-000000000000";
    for (request, expected) in [
        (publish(nothing, json!({"valid_from": "2026-06-01"})), (404, "not_found")),
        (publish(&draft, json!({"valid_from": "2062-06-01"})), (400, "bad_day")),
        (publish(&draft, json!({"valid_from": "tomorrow"})), (422, "bad_body")),
        (publish(&draft, json!({})), (422, "bad_body")),
    ] {
        assert_eq!(problem(request).await, (expected.0, expected.1.to_owned()));
    }
    assert_eq!(app.get("/api/v1/jobs").await["items"], json!([]), "nothing was queued");
}

#[tokio::test]
async fn a_whole_region_can_be_divided_banner_by_banner() {
    let app = TestApp::start().await.signed_in().await;
    let unknown = app.request(Method::POST, "/api/v1/areas/150822/plans").json(&json!({}));
    assert_eq!(problem(unknown).await, (404, "not_found".to_owned()));
    let (status, job) = app.post("/api/v1/areas/15/plans", json!({"title": "全区"})).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    app.run_pending_jobs().await;
    let job = app.job(job["id"].as_str().unwrap()).await;
    assert_eq!(job["result"]["plans"].as_array().unwrap().len(), 1, "{job}");
    let plan = app.get(&format!("/api/v1/plans/{}", job["result"]["plans"][0].as_str().unwrap())).await;
    assert_eq!((&plan["area"], &plan["title"]), (&json!("150821"), &json!("全区")));
}

#[tokio::test]
async fn a_plans_own_policy_is_kept_with_it() {
    let app = TestApp::start().await.signed_in().await;
    let policy =
        app.get("/api/v1/policy?area=15").await["toml"].as_str().unwrap().replace("default-1", "trial-2");
    let policy = policy.replace("min = 200, target = 250, max = 300", "min = 100, target = 125, max = 150");
    let (_, job) = app.post("/api/v1/areas/150821/plans", json!({"policy": policy})).await;
    app.run_pending_jobs().await;
    let job = app.job(job["id"].as_str().unwrap()).await;
    let trial = app.get(&format!("/api/v1/plans/{}", job["result"]["plans"][0].as_str().unwrap())).await;
    let usual = app.get(&format!("/api/v1/plans/{}", app.divide(1).await)).await;
    assert_eq!(
        (&trial["policy_version"], &usual["policy_version"]),
        (&json!("trial-2"), &json!("default-1"))
    );
    assert!(
        trial["scores"]["grids"].as_u64() > usual["scores"]["grids"].as_u64(),
        "smaller grids are more grids"
    );
}
