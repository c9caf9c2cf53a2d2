//! Signing in and out, and what is closed to whoever hasn't.

use chrono::TimeDelta;
use khot::api;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;
use crate::openapi::operations;

fn credentials(username: &str, password: &str) -> Value {
    json!({"username": username, "password": password})
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_look_alike() {
    let app = TestApp::start_empty().await;
    let mut answers = Vec::new();
    for (name, password) in [
        (api::ADMINISTRATOR, "wrong"),
        ("nobody-of-that-name", PASSWORD),
        (api::ADMINISTRATOR, ""),
        ("", &"x".repeat(2000)),
    ] {
        let (status, body) = app.post("/api/v1/session", credentials(name, password)).await;
        assert_eq!(status, 401, "{name}");
        answers.push(body);
    }
    assert_eq!(answers[0]["code"], "wrong_credentials");
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
}

#[tokio::test]
async fn a_token_opens_the_api_until_its_session_ends() {
    let app = TestApp::start_empty().await.signed_in().await;
    let held = app.get("/api/v1/session").await;
    assert_eq!(held["account"]["username"], api::ADMINISTRATOR);
    assert_eq!(held["account"]["grants"][0]["role"], "administrator");
    assert_eq!(held["account"]["grants"][0]["area"], "15");
    let signed_out = app.request(Method::DELETE, "/api/v1/session").send().await.unwrap();
    assert_eq!(signed_out.status(), 204);
    assert_eq!(problem(app.request(Method::GET, "/api/v1/session")).await, (401, "unauthorized".to_owned()));
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours() {
    let app = TestApp::start_empty().await.signed_in().await;
    app.pass(TimeDelta::hours(12) - TimeDelta::seconds(1));
    app.get("/api/v1/session").await;
    app.pass(TimeDelta::seconds(1));
    assert_eq!(problem(app.request(Method::GET, "/api/v1/session")).await, (401, "unauthorized".to_owned()));
}

#[tokio::test]
async fn a_cookie_reads_but_changes_nothing_without_the_header() {
    let app = TestApp::start().await;
    let answer = app
        .anonymous(Method::POST, "/api/v1/session")
        .json(&credentials(api::ADMINISTRATOR, PASSWORD))
        .send()
        .await
        .unwrap();
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict") && set.contains("Path=/"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();
    let with_cookie = |method: Method, path: &str| app.anonymous(method, path).header("cookie", &cookie);

    let read = with_cookie(Method::GET, "/api/v1/areas/150821").send().await.unwrap();
    assert_eq!(read.status(), 200);
    let divide = || with_cookie(Method::POST, "/api/v1/areas/150821/plans").json(&json!({}));
    assert_eq!(problem(divide()).await, (403, "csrf".to_owned()));
    assert_eq!(problem(with_cookie(Method::DELETE, "/api/v1/session")).await, (403, "csrf".to_owned()));
    assert_eq!(divide().header("x-khot-request", "1").send().await.unwrap().status(), 202);

    let signed_out =
        with_cookie(Method::DELETE, "/api/v1/session").header("x-khot-request", "1").send().await.unwrap();
    assert_eq!(signed_out.status(), 204);
    assert!(signed_out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(problem(with_cookie(Method::GET, "/api/v1/areas/150821")).await.0, 401);
}

#[tokio::test]
async fn every_address_but_signing_in_is_closed_without_a_session() {
    let app = TestApp::start().await;
    let mut closed = 0;
    for (method, path, _) in operations(&api::document()) {
        if !path.starts_with("/api/v1")
            || path.starts_with("/api/v1/sign-in")
            || (method == "POST" && path == "/api/v1/session")
        {
            continue;
        }
        let address = path
            .replace("{code}", "150821")
            .replace("{id}", "01a20a62-0000-7000-8000-000000000000")
            .replace("{username}", "zhao")
            .replace("{what}", "areas")
            .replace("{kind}", "lead")
            .replace("{item}", "D001")
            .replace("{z}/{x}/{y}", "0/0/0");
        assert!(!address.contains('{'), "{path}: say here what stands for its parts");
        let method: Method = method.parse().unwrap();
        // Whether or not the rest of the request makes sense, and whatever token is made up.
        let bare = problem(app.anonymous(method.clone(), &address)).await;
        let made_up = problem(app.anonymous(method.clone(), &address).bearer_auth("0".repeat(64))).await;
        let cookie = format!("khot_session={}", "0".repeat(64));
        let with_cookie =
            app.anonymous(method.clone(), &address).header("cookie", cookie).header("x-khot-request", "1");
        for answer in [bare, made_up, problem(with_cookie).await] {
            assert_eq!(answer, (401, "unauthorized".to_owned()), "{method} {path}");
        }
        closed += 1;
    }
    assert!(closed > 20, "{closed}");
}
