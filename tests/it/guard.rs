//! What stands between the network and the handlers: headers, limits, and errors that tell nothing of the inside.

use std::num::NonZeroU32;
use std::time::Duration;

use khot::access::Scope;
use khot::config::Limits;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::Executor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::*;
use crate::samples;

fn some(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

async fn app(limits: Limits) -> TestApp {
    let app = TestApp::start_with(limits).await.signed_in().await;
    put_tiny(&app.store).await;
    app
}

fn header<'r>(answer: &'r Response, name: &str) -> &'r str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let app = app(Limits { trusted_proxy: true, ..unhindered() }).await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/healthz"),
        (Method::GET, "/openapi.json"),
        (Method::GET, "/api/v1/meta"),
        (Method::GET, "/api/v1/areas/150821"),
        (Method::GET, "/api/v1/tiles/areas/8/204/95"),
        (Method::GET, "/api/v1/nothing"),
        (Method::GET, "/basemap/lakes.geojson"),
        (Method::DELETE, "/api/v1/meta"),
        (Method::POST, "/api/v1/areas/150821/plans"),
    ] {
        let answer = app.request(method.clone(), path).send().await.unwrap();
        let policy = header(&answer, "content-security-policy");
        for directive in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "worker-src 'self'",
        ] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        let loose = policy.split(';').any(|part| {
            let part = part.trim();
            part.contains("unsafe") && !part.starts_with("style-src-attr ")
                || part.contains("http")
                || part.contains('*')
        });
        assert!(!loose, "{path}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("strict-transport-security", ""),
        ] {
            assert_eq!(header(&answer, name), value, "{method} {path}: {name}");
        }
        assert!(header(&answer, "permissions-policy").contains("camera=()"), "{path}");
        if path.starts_with("/api/") {
            assert!(!header(&answer, "cache-control").contains("public"), "{path}");
            assert!(!header(&answer, "cache-control").is_empty(), "{path}");
        }
        let by_tls = app.request(method, path).header("x-forwarded-proto", "https").send().await.unwrap();
        assert!(header(&by_tls, "strict-transport-security").starts_with("max-age=31536000"), "{path}");
    }
}

#[tokio::test]
async fn without_a_proxy_nobody_is_believed() {
    let app = app(Limits { sign_in_address: some(3), ..unhindered() }).await;
    let answer = app.request(Method::GET, "/").header("x-forwarded-proto", "https").send().await.unwrap();
    assert_eq!(header(&answer, "strict-transport-security"), "");
    // One attempt was the sign-in itself. Another name and another claimed address each time.
    let attempts =
        attempts(&app, 4, |number| (format!("somebody-{number}"), format!("10.0.0.{number}"))).await;
    assert_eq!(attempts, [401, 401, 429, 429]);
}

async fn attempts(app: &TestApp, count: u32, of: impl Fn(u32) -> (String, String)) -> Vec<u16> {
    let mut codes = Vec::new();
    for number in 0..count {
        let (name, address) = of(number);
        let request = app
            .anonymous(Method::POST, "/api/v1/session")
            .header("x-forwarded-for", address)
            .json(&json!({"username": name, "password": "wrong"}));
        codes.push(request.send().await.unwrap().status().as_u16());
    }
    codes
}

#[tokio::test]
async fn signing_in_is_limited_by_address_and_by_name() {
    let limits =
        Limits { sign_in_address: some(4), sign_in_name: some(3), trusted_proxy: true, ..unhindered() };
    let app = app(limits).await;
    // The same name from everywhere, however it is written; one attempt was the sign-in itself.
    let name =
        |number: u32| if number.is_multiple_of(2) { "region-admin" } else { "Region-Admin" }.to_owned();
    let codes = attempts(&app, 4, |number| (name(number), format!("10.1.{number}.1"))).await;
    assert_eq!(codes, [401, 401, 429, 429]);
    // Others are not held up by it, nor by another address.
    let codes = attempts(&app, 6, |number| (format!("name-{number}"), "10.2.0.1".to_owned())).await;
    assert_eq!(codes, [401, 401, 401, 401, 429, 429]);
    assert_eq!(attempts(&app, 1, |_| ("name".to_owned(), "10.3.0.1".to_owned())).await, [401]);

    // The right password is no way around it, and the answer says when to come again, in both languages.
    let credentials = json!({"username": "region-admin", "password": PASSWORD});
    for (language, word) in [("zh", "秒后再试"), ("en", "try again in")] {
        let request = app
            .anonymous(Method::POST, "/api/v1/session")
            .json(&credentials)
            .header("accept-language", language);
        let answer = request.send().await.unwrap();
        let wait: u64 = header(&answer, "retry-after").parse().unwrap();
        assert!((1..=20).contains(&wait), "{wait}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!((&body["status"], &body["code"]), (&json!(429), &json!("too_many_requests")));
        assert!(body["detail"].as_str().unwrap().contains(word), "{body}");
    }
}

#[tokio::test]
async fn what_costs_something_is_limited_and_comes_back() {
    let limits = Limits { work: some(2), queries: some(60), tiles: some(3), ..unhindered() };
    let app = app(limits).await;
    let status = async |request: RequestBuilder| request.send().await.unwrap().status().as_u16();
    let divide = || app.request(Method::POST, "/api/v1/areas/150821/plans").json(&json!({"seed": 1}));
    assert_eq!([status(divide()).await, status(divide()).await, status(divide()).await], [202, 202, 429]);
    let tile = || app.request(Method::GET, "/api/v1/tiles/areas/8/204/95");
    assert_eq!(
        [status(tile()).await, status(tile()).await, status(tile()).await, status(tile()).await][3],
        429
    );
    // What is cheap isn't counted.
    for _ in 0..80 {
        assert_eq!(status(app.request(Method::GET, "/api/v1/session")).await, 200);
    }
    let search = || app.request(Method::GET, "/api/v1/search?q=x");
    let mut refused = None;
    for _ in 0..200 {
        let answer = search().send().await.unwrap();
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(header(&answer, "retry-after").parse::<u64>().unwrap());
            break;
        }
    }
    assert_eq!(refused, Some(1), "one a second comes back");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(status(search()).await, 200);
}

#[tokio::test]
async fn too_many_at_once_are_sent_away() {
    let app = app(Limits { requests: some(2), ..unhindered() }).await;
    let mut lock = as_owner(&app.database).await;
    lock.execute("BEGIN").await.unwrap();
    lock.execute("LOCK TABLE area IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let held: Vec<_> =
        (0..2).map(|_| tokio::spawn(app.request(Method::GET, "/api/v1/areas/150821").send())).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    for (language, word) in [("zh", "服务繁忙"), ("en", "too much is going on")] {
        let request = app.request(Method::GET, "/api/v1/session").header("accept-language", language);
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (503, "2"));
        assert!(!header(&answer, "content-security-policy").is_empty());
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["code"], "busy");
        assert!(body["detail"].as_str().unwrap().contains(word), "{body}");
    }
    assert_eq!(app.anonymous(Method::GET, "/healthz").send().await.unwrap().status(), 200);
    lock.execute("ROLLBACK").await.unwrap();
    for one in held {
        assert_eq!(one.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(app.request(Method::GET, "/api/v1/session").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn compressed_bodies_are_not_unpacked() {
    let app = app(unhindered()).await;
    for path in
        ["/api/v1/areas/150821/plans", "/api/v1/areas/15/imports/units?name=units.csv", "/api/v1/session"]
    {
        for encoding in ["gzip", "br", "deflate, gzip", "zstd"] {
            let request = app
                .request(Method::POST, path)
                .header("content-encoding", encoding)
                .body(vec![0x1f, 0x8b, 8]);
            assert_eq!(problem(request).await, (415, "compressed_body".to_owned()), "{path} {encoding}");
        }
        let plain = app.request(Method::POST, path).header("content-encoding", "identity").body("x");
        assert_ne!(plain.send().await.unwrap().status(), 200);
    }
}

/// What the service answers to bytes that no well-behaved client would send.
async fn raw(app: &TestApp, body: &[u8]) -> String {
    let mut stream = tokio::net::TcpStream::connect(app.address()).await.unwrap();
    let head = format!(
        "POST /api/v1/areas/15/imports/units?name=a.csv HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         transfer-encoding: chunked\r\nconnection: close\r\n\r\n",
        app.token()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn an_upload_in_pieces_has_the_same_limit_and_may_break_off() {
    let app = app(Limits { upload_max_bytes: 3000, ..unhindered() }).await;
    let chunk = |length: usize| format!("{length:x}\r\n{}\r\n", "x".repeat(length));
    let answer = raw(&app, format!("{}{}{}0\r\n\r\n", chunk(1500), chunk(1500), chunk(1)).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("too_large"), "{answer}");
    let answer = raw(&app, format!("{}no chunk\r\n", chunk(1000)).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("broken_off"), "{answer}");
    let answer = raw(&app, format!("{}{}0\r\n\r\n", chunk(1500), chunk(1500)).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    let request =
        app.request(Method::POST, "/api/v1/areas/15/imports/units?name=a.csv").body("x".repeat(3001));
    assert_eq!(problem(request).await, (413, "too_large".to_owned()));
    // Of what was refused nothing is kept.
    let kept: i64 = sqlx::query_scalar("SELECT count(DISTINCT id) FROM upload")
        .fetch_one(&mut as_owner(&app.database).await)
        .await
        .unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn uploads_that_no_job_waits_for_are_cleared_away_after_a_day() {
    let app = app(unhindered()).await;
    let day = chrono::TimeDelta::days(1);
    let id = |at: chrono::DateTime<chrono::Utc>, last: u128| {
        uuid::Uuid::from_u128(u128::try_from(at.timestamp_millis()).unwrap() << 80 | 0x7000 << 64 | last)
    };
    let (old, young, waited_for) = (id(noon() - day * 2, 1), id(noon(), 2), id(noon() - day * 3, 3));
    for upload in [old, young, waited_for] {
        app.store.keep_upload(&Scope::operator(), upload, &code("15"), "a.csv", &b"a,b\n"[..]).await.unwrap();
    }
    let params = khot::jobs::ImportParams {
        what: khot::jobs::ImportWhat::Units,
        upload: waited_for,
        name: "a.csv".to_owned(),
        crs: None,
        encoding: None,
        dry_run: false,
    };
    let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
    khot::jobs::queue_import(&mut tx, &code("15"), &params, noon()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(app.store.clear_uploads(noon() - day).await.unwrap(), 1);
    let mut left: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT id FROM upload")
        .fetch_all(&mut as_owner(&app.database).await)
        .await
        .unwrap();
    left.sort();
    assert_eq!(left, [waited_for, young]);
}

/// Words of the inside: none of them is for whoever asks.
const INSIDE: [&str; 12] = [
    "/tmp",
    "/work",
    "/home",
    "khot-import",
    "SELECT",
    "INSERT",
    "khot.",
    "relation",
    "permission denied",
    "sqlx",
    ".rs",
    "panicked",
];

fn tells_nothing(shown: &str, text: &str) {
    for word in INSIDE {
        assert!(!text.contains(word), "{shown} says {word:?}: {text}");
    }
}

/// Every way to read, with something in the place of each parameter.
fn addresses() -> Vec<String> {
    let document = khot::api::document();
    let paths = document["paths"].as_object().unwrap();
    let id = "01a20a62-0000-7000-8000-000000000000";
    let readable = paths.iter().filter(|(_, item)| item["get"].is_object());
    let addresses: Vec<String> = readable
        .map(|(path, _)| {
            let code = if path.contains("/grids/{code}") { "150821100200001" } else { "150821" };
            let query = match path.as_str() {
                path if path.ends_with("search") => "?q=x",
                path if path.ends_with("comparison") => "?area=150821&by=area_type",
                path if path.ends_with("policy") => "?area=150821",
                _ => "",
            };
            let filled =
                path.replace("{code}", code).replace("{z}", "8").replace("{x}", "204").replace("{y}", "95");
            filled.replace("{id}", id) + query
        })
        .collect();
    assert!(addresses.len() > 12, "{addresses:?}");
    addresses
}

#[tokio::test]
async fn errors_tell_nothing_of_the_inside() {
    let app = app(unhindered()).await;
    let mut owner = as_owner(&app.database).await;
    let mut failed = 0;
    for breakage in [
        "REVOKE ALL ON ALL TABLES IN SCHEMA khot FROM khot_app; GRANT SELECT ON khot.account, khot.session TO khot_app",
        "GRANT ALL ON ALL TABLES IN SCHEMA khot TO khot_app; ALTER TABLE khot.area RENAME COLUMN outline TO shape; ALTER TABLE khot.plan RENAME COLUMN title TO heading; ALTER TABLE khot.job RENAME COLUMN kind TO sort",
        "DROP SCHEMA khot CASCADE",
    ] {
        sqlx::raw_sql(breakage).execute(&mut owner).await.unwrap();
        for address in addresses() {
            let answer = app.request(Method::GET, &address).send().await.unwrap();
            let status = answer.status();
            let shown = format!("{address} after {breakage}");
            if status.is_server_error() {
                failed += 1;
                assert_eq!(header(&answer, "content-type"), "application/problem+json", "{shown}");
            }
            let text = format!("{:?}", answer.headers()) + &answer.text().await.unwrap();
            if status.is_client_error() || status.is_server_error() {
                tells_nothing(&shown, &text);
            }
        }
        let divide = app.request(Method::POST, "/api/v1/areas/150821/plans").json(&json!({"seed": 1}));
        let answer = divide.send().await.unwrap();
        assert!(answer.status().is_server_error(), "{breakage}: {}", answer.status());
        tells_nothing(breakage, &answer.text().await.unwrap());
    }
    assert!(failed > 15, "only {failed} failed: what is tested here?");
    app.store.close().await;
    let answer = app.request(Method::GET, "/api/v1/meta").send().await.unwrap();
    assert_eq!(answer.status(), 503);
    tells_nothing("a closed store", &answer.text().await.unwrap());
}

#[tokio::test]
async fn jobs_tell_nothing_of_the_inside_either() {
    let app = app(unhindered()).await;
    let folder = folder();
    let cut = |path: &std::path::Path, keep: f64| {
        let bytes = std::fs::read(path).unwrap();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a small file"
        )]
        let length = (bytes.len() as f64 * keep) as usize;
        bytes[..length].to_vec()
    };
    let gpkg = samples::gpkg(folder.path(), "a.gpkg");
    let shp = samples::shapefile(folder.path(), "a");
    let json = file(folder.path(), "a.geojson", &samples::geojson());
    let mut files: Vec<(&str, Vec<u8>)> = Vec::new();
    for keep in [0.0, 0.001, 0.3, 0.9] {
        files.push(("a.gpkg", cut(&gpkg, keep)));
        files.push(("a.shp", cut(&shp, keep)));
        files.push(("a.geojson", cut(&json, keep)));
        files.push(("a.csv", cut(&json, keep)));
    }
    files.push(("a.gpkg", b"SQLite format 3\0".to_vec()));
    files.push(("a.zip", b"PK\x03\x04".to_vec()));
    files.push(("a.geojson", [0x1f, 0x8b, 8, 0].to_vec()));
    for (name, bytes) in files {
        for what in ["areas", "units"] {
            let answer = app.request(Method::POST, &format!("/api/v1/areas/15/imports/{what}?name={name}"));
            let answer = answer.body(bytes.clone()).send().await.unwrap();
            assert_eq!(answer.status(), 202);
        }
    }
    app.run_pending_jobs().await;
    let jobs = app.get("/api/v1/jobs?limit=100").await;
    let jobs = jobs["items"].as_array().unwrap();
    assert!(jobs.len() >= 38, "{}", jobs.len());
    for job in jobs {
        assert_eq!(job["state"], "failed", "{job}");
        tells_nothing("a job", &job.to_string());
    }
}
