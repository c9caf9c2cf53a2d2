//! One's own password, sessions and programs' tokens.

use chrono::TimeDelta;
use khot::access::Role;
use khot::api;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor;

use super::account_door::cookie_of;
use crate::harness::*;

const FRESH: &str = "a-fresh-word-for-tests";

async fn sign_in(app: &TestApp, password: &str) -> (u16, String) {
    let body = json!({"username": api::ADMINISTRATOR, "password": password});
    let answer = app.anonymous(Method::POST, "/api/v1/session").json(&body).send().await.unwrap();
    match answer.status().as_u16() {
        200 => (200, cookie_of(&answer)),
        status => (status, String::new()),
    }
}

async fn by_cookie(
    app: &TestApp,
    cookie: &str,
    method: Method,
    path: &str,
    body: Value,
) -> reqwest::Response {
    let request = app.anonymous(method, path).header("cookie", cookie).header("x-khot-request", "1");
    request.json(&body).send().await.unwrap()
}

#[tokio::test]
async fn changing_the_password_ends_every_other_session_and_replaces_this_ones_token() {
    let app = TestApp::start_empty().await.signed_in().await;
    let (_, here) = sign_in(&app, PASSWORD).await;
    let (_, there) = sign_in(&app, PASSWORD).await;
    let token = make_token(&app, "kept", 10).await;
    let change = json!({"current": PASSWORD, "new": FRESH});
    let answer = by_cookie(&app, &here, Method::PUT, "/api/v1/me/password", change).await;
    assert_eq!(answer.status(), 204);
    let renewed = cookie_of(&answer);
    assert_ne!(renewed, here);
    let ask = async |cookie: &str| {
        by_cookie(&app, cookie, Method::GET, "/api/v1/session", Value::Null).await.status().as_u16()
    };
    assert_eq!([ask(&renewed).await, ask(&here).await, ask(&there).await], [200, 401, 401]);
    assert_eq!(problem(app.request(Method::GET, "/api/v1/session")).await.0, 401, "the bearer's session");
    app.with_token(&token).get("/api/v1/session").await;
    assert_eq!((sign_in(&app, PASSWORD).await.0, sign_in(&app, FRESH).await.0), (401, 200));
}

#[tokio::test]
async fn a_bearers_session_keeps_its_token_when_the_password_changes() {
    let app = TestApp::start_empty().await.signed_in().await;
    let (status, _) =
        app.call(Method::PUT, "/api/v1/me/password", Some(json!({"current": PASSWORD, "new": FRESH}))).await;
    assert_eq!(status, 204);
    app.get("/api/v1/session").await;
}

#[tokio::test]
async fn a_weak_password_and_a_wrong_current_one_are_refused() {
    let app = TestApp::start_empty().await.signed_in().await;
    let change = async |current: &str, new: &str| {
        let body = json!({"current": current, "new": new});
        problem(app.request(Method::PUT, "/api/v1/me/password").json(&body)).await
    };
    for weak in ["short-one", "Password123456", "1234567890", "the-region-admin!", &"x".repeat(201), PASSWORD]
    {
        assert_eq!(change(PASSWORD, weak).await, (422, "weak_password".to_owned()), "{weak}");
    }
    // Guessing is counted as at the door, and locks both.
    for _ in 0..5 {
        assert_eq!(change("wrong", FRESH).await, (403, "wrong_password".to_owned()));
    }
    assert_eq!(change(PASSWORD, FRESH).await, (429, "locked_out".to_owned()));
    assert_eq!(sign_in(&app, PASSWORD).await.0, 429);
    app.pass(TimeDelta::minutes(1));
    let right = json!({"current": PASSWORD, "new": FRESH});
    assert_eq!(app.call(Method::PUT, "/api/v1/me/password", Some(right)).await.0, 204);
    assert_eq!(sign_in(&app, FRESH).await.0, 200);
}

#[tokio::test]
async fn who_must_change_the_password_can_do_nothing_before() {
    let app = TestApp::start().await.signed_in().await;
    let token = make_token(&app, "a program", 10).await;
    as_owner(&app.database).await.execute("UPDATE account SET must_change_password = true").await.unwrap();
    for caller in [&app, &app.with_token(&token)] {
        for (method, path) in [
            (Method::GET, "/api/v1/areas/150821"),
            (Method::GET, "/api/v1/meta"),
            (Method::GET, "/api/v1/me/sessions"),
            (Method::POST, "/api/v1/me/tokens"),
            (Method::POST, "/api/v1/areas/150821/plans"),
        ] {
            let answer = problem(caller.request(method.clone(), path).json(&json!({}))).await;
            assert_eq!(answer, (403, "password_must_change".to_owned()), "{method} {path}");
        }
        assert_eq!(caller.get("/api/v1/session").await["account"]["must_change_password"], true);
    }
    let change = json!({"current": PASSWORD, "new": FRESH});
    assert_eq!(app.call(Method::PUT, "/api/v1/me/password", Some(change)).await.0, 204);
    app.get("/api/v1/areas/150821").await;
    app.with_token(&token).get("/api/v1/areas/150821").await;
    assert_eq!(app.get("/api/v1/session").await["account"]["must_change_password"], false);
}

#[tokio::test]
async fn one_sees_ones_own_sessions_and_ends_them() {
    let app = TestApp::start_empty().await.signed_in().await;
    let other = app.with_token(&app.token_of("planner", Role::Planner, "150821").await);
    app.pass(TimeDelta::minutes(5));
    let (_, cookie) = sign_in(&app, PASSWORD).await;
    let sessions = app.get("/api/v1/me/sessions").await["sessions"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 2);
    assert_eq!((&sessions[0]["current"], &sessions[1]["current"]), (&json!(false), &json!(true)));
    assert_eq!(sessions[0]["created_at"], "2026-11-23T04:05:00Z");
    assert_eq!(sessions[0]["expires_at"], "2026-11-23T16:05:00Z");
    assert_eq!(sessions[1]["last_used_at"], "2026-11-23T04:05:00Z");
    let end = |caller: &TestApp, id: &Value| {
        caller.request(Method::DELETE, &format!("/api/v1/me/sessions/{}", id.as_str().unwrap()))
    };
    // Another's is not there.
    assert_eq!(problem(end(&other, &sessions[0]["id"])).await, (404, "not_found".to_owned()));
    assert_eq!(end(&app, &sessions[0]["id"]).send().await.unwrap().status(), 204);
    let ended = by_cookie(&app, &cookie, Method::GET, "/api/v1/session", Value::Null).await;
    assert_eq!(ended.status(), 401);
    assert_eq!(end(&app, &sessions[1]["id"]).send().await.unwrap().status(), 204);
    assert_eq!(problem(app.request(Method::GET, "/api/v1/session")).await.0, 401);
    other.get("/api/v1/session").await;
}

async fn make_token(app: &TestApp, name: &str, days: i64) -> String {
    let (status, made) = app.post("/api/v1/me/tokens", json!({"name": name, "days": days})).await;
    assert_eq!(status, 201, "{made}");
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_programs_token_works_until_it_is_revoked_or_its_days_are_over() {
    let app = TestApp::start().await.signed_in().await;
    let (short, long) = (make_token(&app, "short", 1).await, make_token(&app, " long ", 365).await);
    assert!(short.starts_with("khot_") && short.len() == 5 + 64, "{short}");
    let program = app.with_token(&long);
    program.get("/api/v1/areas/150821").await;
    let listed = app.get("/api/v1/me/tokens").await;
    let tokens = listed["tokens"].as_array().unwrap();
    assert_eq!((&tokens[0]["name"], &tokens[1]["name"]), (&json!("long"), &json!("short")));
    assert_eq!(tokens[0]["expires_at"], "2027-11-23T04:00:00Z");
    assert_eq!(
        (&tokens[0]["last_used_at"], &tokens[1]["last_used_at"]),
        (&json!("2026-11-23T04:00:00Z"), &Value::Null)
    );
    assert!(!listed.to_string().contains("khot_"), "a token is shown again: {listed}");

    let by_cookie =
        app.anonymous(Method::GET, "/api/v1/session").header("cookie", format!("khot_session={long}"));
    assert_eq!(problem(by_cookie).await.0, 401, "a token is no cookie");
    app.pass(TimeDelta::days(1));
    assert_eq!(problem(app.with_token(&short).request(Method::GET, "/api/v1/session")).await.0, 401);
    program.get("/api/v1/session").await;

    let app = app.signed_in().await;
    let path = format!("/api/v1/me/tokens/{}", tokens[0]["id"].as_str().unwrap());
    let other = app.with_token(&app.token_of("planner", Role::Planner, "15").await);
    // Their session began at noon of the day before: another one.
    assert_eq!(problem(other.request(Method::DELETE, &path)).await.0, 401);
    assert_eq!(app.request(Method::DELETE, &path).send().await.unwrap().status(), 204);
    assert_eq!(problem(program.request(Method::GET, "/api/v1/session")).await.0, 401);
    assert_eq!(app.get("/api/v1/me/tokens").await["tokens"], json!([]));
}

#[tokio::test]
async fn anothers_token_is_not_there() {
    let app = TestApp::start_empty().await.signed_in().await;
    let other = app.with_token(&app.token_of("administrator", Role::Administrator, "15").await);
    make_token(&app, "mine", 3).await;
    let id = app.get("/api/v1/me/tokens").await["tokens"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(other.get("/api/v1/me/tokens").await["tokens"], json!([]));
    let revoke = other.request(Method::DELETE, &format!("/api/v1/me/tokens/{id}"));
    assert_eq!(problem(revoke).await, (404, "not_found".to_owned()));
}

#[tokio::test]
async fn a_program_makes_no_tokens_and_changes_no_passwords() {
    let app = TestApp::start_empty().await.signed_in().await;
    let program = app.with_token(&make_token(&app, "a program", 3).await);
    let tokens = app.get("/api/v1/me/tokens").await;
    let token = format!("/api/v1/me/tokens/{}", tokens["tokens"][0]["id"].as_str().unwrap());
    let sessions = app.get("/api/v1/me/sessions").await;
    let session = format!("/api/v1/me/sessions/{}", sessions["sessions"][0]["id"].as_str().unwrap());
    for (method, path, body) in [
        (Method::POST, "/api/v1/me/tokens", json!({"name": "another", "days": 3})),
        (Method::PUT, "/api/v1/me/password", json!({"current": PASSWORD, "new": FRESH})),
        (Method::DELETE, token.as_str(), Value::Null),
        (Method::DELETE, session.as_str(), Value::Null),
        (Method::DELETE, "/api/v1/session", Value::Null),
    ] {
        let answer = problem(program.request(method.clone(), path).json(&body)).await;
        assert_eq!(answer, (403, "person_needed".to_owned()), "{method} {path}");
    }
}

#[tokio::test]
async fn a_token_has_a_name_and_its_days_and_there_are_not_too_many() {
    let app = TestApp::start_empty().await.signed_in().await;
    for (body, code) in [
        (json!({"name": "x", "days": 0}), "bad_days"),
        (json!({"name": "x", "days": 366}), "bad_days"),
        (json!({"name": "  ", "days": 1}), "bad_name"),
        (json!({"name": "a\nb", "days": 1}), "bad_name"),
        (json!({"name": "x".repeat(101), "days": 1}), "bad_name"),
    ] {
        let (status, answer) = app.post("/api/v1/me/tokens", body.clone()).await;
        assert_eq!((status.as_u16(), answer["code"].as_str()), (400, Some(code)), "{body}");
    }
    for number in 0..50 {
        make_token(&app, &format!("program {number}"), 1).await;
    }
    let (status, answer) = app.post("/api/v1/me/tokens", json!({"name": "x", "days": 1})).await;
    assert_eq!((status.as_u16(), answer["code"].as_str()), (409, Some("too_many_tokens")));
}
