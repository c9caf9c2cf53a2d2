//! The door: wrong passwords in a row, and what a cookie is good for.

use chrono::TimeDelta;
use khot::api;
use khot::config::{Limits, SignIn};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::*;

async fn try_in(app: &TestApp, username: &str, password: &str) -> Response {
    let body = json!({"username": username, "password": password});
    app.anonymous(Method::POST, "/api/v1/session").json(&body).send().await.unwrap()
}

/// Status, `Retry-After` and the body.
async fn told(app: &TestApp, username: &str, password: &str) -> (u16, Option<i64>, Value) {
    let answer = try_in(app, username, password).await;
    let wait = answer.headers().get("retry-after").map(|wait| wait.to_str().unwrap().parse().unwrap());
    (answer.status().as_u16(), wait, answer.json().await.unwrap())
}

pub fn cookie_of(answer: &Response) -> String {
    let set = answer.headers()["set-cookie"].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn wrong_passwords_in_a_row_lock_for_longer_and_longer_whether_there_is_such_an_account_or_not() {
    let app = TestApp::start_empty().await;
    let mut seen = Vec::new();
    for name in [api::ADMINISTRATOR, "nobody-of-that-name"] {
        let mut waits = Vec::new();
        for _ in 0..5 {
            let (status, wait, body) = told(&app, name, "wrong").await;
            assert_eq!((status, wait, body["code"].as_str()), (401, None, Some("wrong_credentials")));
        }
        // 1, 2, 4 … minutes, up to an hour.
        for _ in 0..8 {
            let (status, wait, body) = told(&app, name, PASSWORD).await;
            assert_eq!((status, body["code"].as_str()), (429, Some("locked_out")), "{name}");
            let wait = wait.unwrap();
            waits.push((wait, body));
            app.pass(TimeDelta::seconds(wait - 1));
            assert_eq!(told(&app, name, PASSWORD).await.0, 429, "a second too early");
            app.pass(TimeDelta::seconds(1));
            assert_eq!(told(&app, name, "wrong").await.0, 401);
        }
        seen.push(waits);
    }
    let minutes: Vec<i64> = seen[0].iter().map(|(wait, _)| wait / 60).collect();
    assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(seen[0], seen[1], "an unknown name is told from a known one");
}

#[tokio::test]
async fn the_right_password_after_the_lock_forgets_the_wrong_ones() {
    let app = TestApp::start_empty().await;
    for _ in 0..5 {
        try_in(&app, api::ADMINISTRATOR, "wrong").await;
    }
    // However the name is written.
    assert_eq!(try_in(&app, " Region-Admin", PASSWORD).await.status(), 429);
    app.pass(TimeDelta::minutes(1));
    assert_eq!(try_in(&app, " Region-Admin", PASSWORD).await.status(), 200);
    for _ in 0..4 {
        assert_eq!(try_in(&app, api::ADMINISTRATOR, "wrong").await.status(), 401);
    }
    assert_eq!(try_in(&app, api::ADMINISTRATOR, PASSWORD).await.status(), 200);
    // A day without any is as good.
    for _ in 0..4 {
        try_in(&app, api::ADMINISTRATOR, "wrong").await;
    }
    app.pass(TimeDelta::hours(24) + TimeDelta::seconds(1));
    for _ in 0..4 {
        assert_eq!(try_in(&app, api::ADMINISTRATOR, "wrong").await.status(), 401);
    }
    assert_eq!(try_in(&app, api::ADMINISTRATOR, PASSWORD).await.status(), 200);
}

#[tokio::test]
async fn many_at_once_get_no_more_tries_than_one_after_the_other() {
    let app = TestApp::start_empty().await;
    let tries = (0..20).map(|_| try_in(&app, api::ADMINISTRATOR, "wrong"));
    let answers = futures::future::join_all(tries).await;
    let tried = answers.iter().filter(|answer| answer.status() == 401).count();
    assert_eq!(tried, 5);
    assert!(answers.iter().all(|answer| [401, 429].contains(&answer.status().as_u16())));
}

#[tokio::test]
async fn names_that_were_tried_are_forgotten_in_the_end() {
    let app = TestApp::start_empty().await;
    sqlx::query(
        "INSERT INTO sign_in_failure (name_hash, wrong, last_at)
         SELECT sha256(convert_to(number::text, 'UTF8')), 1, $1 - interval '1 minute' FROM generate_series(1, 25000) AS number",
    )
    .bind(noon())
    .execute(&mut as_owner(&app.database).await)
    .await
    .unwrap();
    try_in(&app, "somebody", "wrong").await;
    let held = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM sign_in_failure")
            .fetch_one(&mut as_owner(&app.database).await)
            .await
            .unwrap()
    };
    assert_eq!(held().await, 20_001);
    app.pass(TimeDelta::hours(25));
    try_in(&app, "somebody-else", "wrong").await;
    assert_eq!(held().await, 1);
    // What can't be a name isn't kept: it might be a password in the wrong field.
    try_in(&app, "Pa$$word in the wrong field", "x").await;
    assert_eq!(held().await, 1);
}

#[tokio::test]
async fn a_cookie_is_replaced_after_an_hour_and_the_one_before_ends() {
    let app = TestApp::start_empty().await;
    let first = cookie_of(&try_in(&app, api::ADMINISTRATOR, PASSWORD).await);
    let ask = async |cookie: &str| {
        let request = app.anonymous(Method::GET, "/api/v1/session").header("cookie", cookie);
        request.send().await.unwrap()
    };
    app.pass(TimeDelta::minutes(59));
    let answer = ask(&first).await;
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("set-cookie")), (200, false));
    app.pass(TimeDelta::minutes(1));
    let answer = ask(&first).await;
    assert_eq!(answer.status(), 200);
    let second = cookie_of(&answer);
    assert_ne!(first, second);
    let set = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict") && !set.contains("Secure"), "{set}");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    // What was on its way with the one before still arrives, and gets none of its own.
    let late = ask(&first).await;
    assert_eq!((late.status().as_u16(), late.headers().contains_key("set-cookie")), (200, false));
    app.pass(TimeDelta::seconds(30));
    assert_eq!(ask(&first).await.status(), 401);
    assert_eq!(ask(&second).await.status(), 200);
    // It is one session still.
    let sessions: Value = app
        .anonymous(Method::GET, "/api/v1/me/sessions")
        .header("cookie", &second)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1, "{sessions}");
}

#[tokio::test]
async fn a_cookie_ends_after_two_idle_hours_and_after_twelve_whatever_happens() {
    let app = TestApp::start_empty().await;
    let mut cookie = cookie_of(&try_in(&app, api::ADMINISTRATOR, PASSWORD).await);
    let ask = async |cookie: &str| {
        let request = app.anonymous(Method::GET, "/api/v1/session").header("cookie", cookie);
        request.send().await.unwrap()
    };
    for _ in 0..11 {
        app.pass(TimeDelta::minutes(65));
        let answer = ask(&cookie).await;
        assert_eq!(answer.status(), 200);
        cookie = cookie_of(&answer);
    }
    app.pass(TimeDelta::minutes(5));
    assert_eq!(ask(&cookie).await.status(), 401, "12 hours are over");

    let idle = cookie_of(&try_in(&app, api::ADMINISTRATOR, PASSWORD).await);
    app.pass(TimeDelta::hours(2));
    assert_eq!(ask(&idle).await.status(), 401);
    // It doesn't come back by being used as a bearer's.
    let token = idle.split_once('=').unwrap().1;
    let bearer = app.anonymous(Method::GET, "/api/v1/session").bearer_auth(token);
    assert_eq!(bearer.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn nobody_goes_on_with_a_token_that_was_there_before_the_sign_in() {
    let app = TestApp::start_empty().await;
    let planted = format!("khot_session={}", "a".repeat(64));
    let sign_in = async |cookie: &str| {
        let body = json!({"username": api::ADMINISTRATOR, "password": PASSWORD});
        let request = app.anonymous(Method::POST, "/api/v1/session").header("cookie", cookie).json(&body);
        cookie_of(&request.send().await.unwrap())
    };
    let ask = async |cookie: &str| {
        let request = app.anonymous(Method::GET, "/api/v1/session").header("cookie", cookie);
        request.send().await.unwrap().status().as_u16()
    };
    let first = sign_in(&planted).await;
    assert_ne!(first, planted);
    assert_eq!((ask(&planted).await, ask(&first).await), (401, 200));
    // Signing in anew ends the session that the browser had.
    let second = sign_in(&first).await;
    assert_eq!((ask(&first).await, ask(&second).await), (401, 200));
}

#[tokio::test]
async fn cookies_are_for_tls_alone_where_there_is_tls() {
    let secure = async |app: &TestApp, proto: &str| {
        let body = json!({"username": api::ADMINISTRATOR, "password": PASSWORD});
        let request = app.anonymous(Method::POST, "/api/v1/session").header("x-forwarded-proto", proto);
        let answer = request.json(&body).send().await.unwrap();
        answer.headers()["set-cookie"].to_str().unwrap().contains("; Secure")
    };
    let plain = TestApp::start_empty().await;
    assert!(!secure(&plain, "https").await, "without a proxy nobody is believed");
    let proxied = TestApp::start_with(Limits { trusted_proxy: true, ..unhindered() }).await;
    assert_eq!((secure(&proxied, "https").await, secure(&proxied, "http").await), (true, false));
    let always = SignIn { secure_cookies: true, ..SignIn::default() };
    let told = TestApp::start_signing_in(unhindered(), always).await;
    assert!(secure(&told, "http").await);
}

#[tokio::test]
async fn another_sites_page_changes_nothing_and_signs_nobody_in() {
    let app = TestApp::start().await;
    let cookie = cookie_of(&try_in(&app, api::ADMINISTRATOR, PASSWORD).await);
    let own = format!("http://{}", app.address());
    for (name, value, status) in [
        ("origin", own.as_str(), 202),
        ("origin", "https://elsewhere.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "same-origin", 202),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "cross-site", 403),
    ] {
        let divide = app
            .anonymous(Method::POST, "/api/v1/areas/150821/plans")
            .header("cookie", &cookie)
            .header("x-khot-request", "1")
            .header(name, value)
            .json(&json!({}));
        assert_eq!(divide.send().await.unwrap().status(), status, "{name}: {value}");
        let body = json!({"username": api::ADMINISTRATOR, "password": PASSWORD});
        let sign_in = app.anonymous(Method::POST, "/api/v1/session").header(name, value).json(&body);
        let expected = if status == 202 { 200 } else { 403 };
        assert_eq!(sign_in.send().await.unwrap().status(), expected, "{name}: {value}");
    }
}
