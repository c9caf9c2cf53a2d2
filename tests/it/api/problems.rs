//! Errors in one form, the framework's own included, and what every answer carries.

use reqwest::{Method, RequestBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::*;

#[tokio::test]
async fn every_error_is_a_problem_with_a_stable_code() {
    let app = TestApp::start().await.signed_in().await;
    let get = |path: &str| app.request(Method::GET, path);
    let post = |body: &str| -> RequestBuilder {
        let request = app.request(Method::POST, "/api/v1/areas/150821/plans").body(body.to_owned());
        request.header("content-type", "application/json")
    };
    let large = format!("{{\"title\": \"{}\"}}", "x".repeat(2 << 20));
    for (request, status, code) in [
        (get("/api/v1/nothing"), 404, "not_found"),
        (get("/api/v1/"), 404, "not_found"),
        (get("/basemap/nothing.geojson"), 404, "not_found"),
        (get("/no-such-file.js"), 404, "not_found"),
        (app.request(Method::PUT, "/no-page"), 404, "not_found"),
        (app.request(Method::DELETE, "/api/v1/meta"), 405, "method_not_allowed"),
        (app.request(Method::PATCH, "/healthz"), 405, "method_not_allowed"),
        (post("{"), 400, "bad_body"),
        (post("[]"), 422, "bad_body"),
        (post("{\"seed\": \"seven\"}"), 422, "bad_body"),
        (post("{\"sede\": 7}"), 422, "bad_body"),
        (app.request(Method::POST, "/api/v1/areas/150821/plans").body("{}"), 415, "unsupported_media_type"),
        (post(&large), 413, "too_large"),
        (post("{\"title\": \" \"}"), 400, "bad_title"),
        (post("{\"title\": \"a\\u0000b\"}"), 400, "bad_text"),
        (post("{\"policy\": \"title =\"}"), 400, "bad_policy"),
        (get("/api/v1/areas/15082"), 400, "bad_code"),
        (get("/api/v1/areas/%00"), 400, "bad_code"),
        (get("/api/v1/areas/%ff"), 400, "bad_path"),
        (get("/api/v1/areas/150822"), 404, "not_found"),
        (get("/api/v1/areas/150821?geometry=perhaps"), 400, "bad_parameter"),
        (get("/api/v1/areas/150821/children?level=street"), 400, "bad_parameter"),
        (get("/api/v1/areas/150821/children?level=region"), 400, "bad_level"),
        (get("/api/v1/areas/150822/children"), 404, "not_found"),
        (get("/api/v1/areas/150822/figures"), 404, "not_found"),
        (get("/api/v1/areas/150822/grids"), 404, "not_found"),
        (get("/api/v1/areas/150822/plans"), 404, "not_found"),
        (get("/api/v1/areas/150821/grids?limit=0"), 400, "bad_limit"),
        (get("/api/v1/areas/150821/grids?limit=10001"), 400, "bad_limit"),
        (get("/api/v1/areas/150821/grids?limit=ten"), 400, "bad_parameter"),
        (get("/api/v1/areas/150821/grids?cursor=x"), 400, "bad_grid_code"),
        (get("/api/v1/areas/150821/grids?on=2026-02-30"), 400, "bad_parameter"),
        (get("/api/v1/grids/150821100200"), 400, "bad_grid_code"),
        (get("/api/v1/grids/150821100200000"), 400, "bad_grid_code"),
        (get("/api/v1/grids/150821100200001"), 404, "not_found"),
        (get("/api/v1/jobs/7"), 400, "bad_path"),
        (get("/api/v1/jobs/01a20a62-0000-7000-8000-000000000000"), 404, "not_found"),
        (get("/api/v1/plans/01a20a62-0000-7000-8000-000000000000"), 404, "not_found"),
        (get("/api/v1/comparison?area=150821"), 400, "bad_parameter"),
        (get("/api/v1/comparison?area=150821&by=weather"), 400, "bad_parameter"),
        (get("/api/v1/comparison?area=150822&by=area_type"), 404, "not_found"),
        (get("/api/v1/policy?area=150822"), 404, "not_found"),
        (get("/api/v1/policy?area=x"), 400, "bad_code"),
        (get("/api/v1/search"), 400, "bad_parameter"),
        (get("/api/v1/search?q=%00"), 400, "bad_text"),
    ] {
        let shown = request.try_clone().unwrap().build().unwrap().url().to_string();
        assert_eq!(problem(request).await, (status, code.to_owned()), "{shown}");
    }
}

#[tokio::test]
async fn an_upload_above_the_limit_is_refused_before_it_is_sent() {
    let app = TestApp::start().await.signed_in().await;
    let token = app.token();
    let mut stream = tokio::net::TcpStream::connect(app.address()).await.unwrap();
    let head = format!(
        "POST /api/v1/areas/15/imports/areas?name=a.geojson HTTP/1.1\r\nHost: khot\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: 900000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer[..read]);
    assert!(text.starts_with("HTTP/1.1 413 ") && text.contains("application/problem+json"), "{text}");
}

#[tokio::test]
async fn problems_speak_chinese_unless_english_is_asked_for() {
    let app = TestApp::start_empty().await;
    for (accepted, tag, detail) in [
        (None, "zh-CN", "请先登录"),
        (Some("en"), "en", "sign in first"),
        (Some("en-GB,zh;q=0.5"), "en", "sign in first"),
        (Some("fr, zh-CN;q=0.8, en;q=0.5"), "zh-CN", "请先登录"),
        (Some("mn"), "zh-CN", "请先登录"),
    ] {
        let mut request = app.anonymous(Method::GET, "/api/v1/meta");
        if let Some(accepted) = accepted {
            request = request.header("accept-language", accepted);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-language"], tag, "{accepted:?}");
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(body["detail"], detail, "{accepted:?}");
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id_and_security_headers() {
    let app = TestApp::start_empty().await;
    for path in [
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/basemap/lakes.geojson",
        "/api/v1/meta",
        "/api/v1/nothing",
        "/",
    ] {
        let answer =
            app.anonymous(Method::GET, path).header("x-request-id", "from-the-client").send().await.unwrap();
        let headers = answer.headers();
        assert_eq!(headers["x-request-id"], "from-the-client", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe-eval"));
    }
    let mut drawn = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let answer = app.anonymous(Method::GET, "/healthz").send().await.unwrap();
        drawn.insert(answer.headers()["x-request-id"].to_str().unwrap().to_owned());
    }
    assert_eq!(drawn.len(), 3, "each request has an id of its own: {drawn:?}");
}

#[tokio::test]
async fn the_operator_sees_health_readiness_and_metrics() {
    let app = TestApp::start().await.signed_in().await;
    app.queue_division(7).await;
    let text = async |path: &str| {
        let answer = app.anonymous(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    };
    assert_eq!(text("/healthz").await, "ok\n");
    assert_eq!(text("/readyz").await, "ready\n");
    app.get("/api/v1/areas/150821").await;
    let metrics = text("/metrics").await;
    assert!(metrics.contains("khot_jobs{state=\"queued\"} 1"), "{metrics}");
    assert!(metrics.contains("route=\"/api/v1/areas/{code}\",status=\"200\""), "{metrics}");
    assert!(!metrics.contains("150821"), "codes would make endless series");
    app.store.close().await;
    let answer = app.anonymous(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(answer.status(), 503);
}
