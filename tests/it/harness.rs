//! A test's own database on a real PostGIS, a tiny place to divide, and a client.

mod database;
mod place;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use geo::{Polygon, polygon};
use khot::access::{Grant, Role, Scope};
use khot::config::{Limits, SignIn};
use khot::domain::Code;
use khot::store::Store;
use khot::store::accounts::{self, NewAccount};
use khot::{api, api::AppState, jobs};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;

pub use database::*;
pub use place::*;

/// The instant at which tests happen: 2026-11-23, noon in Inner Mongolia.
pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 4, 0, 0).unwrap()
}

pub fn code(text: &str) -> Code {
    text.parse().unwrap()
}

/// The service on a database of its own, with a client that is signed in or not.
pub struct TestApp {
    pub store: Store,
    pub database: PgConnectOptions,
    address: SocketAddr,
    client: Client,
    token: Option<String>,
    clock: Arc<Mutex<DateTime<Utc>>>,
}

/// Limits that no test meets by chance.
pub fn unhindered() -> Limits {
    let most = std::num::NonZeroU32::MAX;
    Limits {
        sign_in_address: most,
        sign_in_name: most,
        work: most,
        queries: most,
        tiles: most,
        visits: most,
        ..Limits::default()
    }
}

pub const PASSWORD: &str = "a-password-for-tests";

impl TestApp {
    /// Starts it with the tiny place; nobody is signed in.
    pub async fn start() -> Self {
        let app = Self::start_empty().await;
        put_tiny(&app.store).await;
        app
    }

    /// Starts it without any area.
    pub async fn start_empty() -> Self {
        Self::start_with(unhindered()).await
    }

    /// Starts it without any area, with these limits.
    pub async fn start_with(limits: Limits) -> Self {
        Self::start_shaped(limits, |state| state).await
    }

    /// The same with other ways of signing in.
    pub async fn start_signing_in(limits: Limits, sign_in: SignIn) -> Self {
        Self::start_shaped(limits, |state| state.with_sign_in(sign_in)).await
    }

    /// The same with a state of another kind.
    pub async fn start_shaped(limits: Limits, shape: impl FnOnce(AppState) -> AppState) -> Self {
        let database = database().await;
        let store = with_keys(Store::open(database.clone()).await.unwrap()).await;
        put_administrator(&store).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let clock = Arc::new(Mutex::new(noon()));
        let shown = clock.clone();
        let state = AppState::with_limits(store.clone(), move || *shown.lock().unwrap(), limits);
        tokio::spawn(api::serve(listener, shape(state), std::future::pending()));
        Self { store, database, address, client: Client::new(), token: None, clock }
    }

    /// Lets time pass for the service.
    pub fn pass(&self, time: TimeDelta) {
        *self.clock.lock().unwrap() += time;
    }

    /// The signed-in caller's token.
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("nobody is signed in")
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Signs the administrator in.
    pub async fn signed_in(mut self) -> Self {
        let credentials = serde_json::json!({"username": api::ADMINISTRATOR, "password": PASSWORD});
        let answer = self.request(Method::POST, "/api/v1/session").json(&credentials).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let body: Value = answer.json().await.unwrap();
        self.token = Some(body["token"].as_str().unwrap().to_owned());
        self
    }

    /// An account of that name with one role in one area, signed in: its token.
    pub async fn token_of(&self, username: &str, role: Role, area: &str) -> String {
        let grant = Grant { role, area: code(area), from: day("2026-01-01"), until: None };
        put_account(&self.store, &mut as_owner(&self.database).await, username, area, &[grant]).await
    }

    /// The same service for another caller.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            store: self.store.clone(),
            database: self.database.clone(),
            address: self.address,
            client: self.client.clone(),
            token: Some(token.to_owned()),
            clock: self.clock.clone(),
        }
    }

    /// A request without a token, whoever is signed in.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.anonymous(method, path);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Status and JSON of a request.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let bytes = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// The same as GeoJSON.
    pub async fn get_geojson(&self, path: &str) -> Value {
        let answer =
            self.request(Method::GET, path).header("accept", "application/geo+json").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/geo+json");
        answer.json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Runs a worker until every job is over.
    pub async fn run_pending_jobs(&self) {
        run_pending_jobs(&self.store).await;
    }

    /// Queues the division of the tiny banner; gives the job's id.
    pub async fn queue_division(&self, seed: i64) -> String {
        let (status, job) = self.post("/api/v1/areas/150821/plans", serde_json::json!({"seed": seed})).await;
        assert_eq!((status, job["state"].as_str()), (StatusCode::ACCEPTED, Some("queued")), "{job}");
        job["id"].as_str().unwrap().to_owned()
    }

    pub async fn job(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/jobs/{id}")).await
    }

    /// Divides the tiny banner; gives the plan's id.
    pub async fn divide(&self, seed: i64) -> String {
        let job = self.queue_division(seed).await;
        self.run_pending_jobs().await;
        let job = self.job(&job).await;
        assert_eq!(job["state"], "done", "{job}");
        job["result"]["plans"][0].as_str().unwrap().to_owned()
    }

    /// Publishes a plan from a day; gives the job.
    pub async fn publish(&self, plan: &str, day: &str) -> Value {
        let path = format!("/api/v1/plans/{plan}/publication");
        let (status, job) = self.post(&path, serde_json::json!({"valid_from": day})).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{job}");
        self.run_pending_jobs().await;
        self.job(job["id"].as_str().unwrap()).await
    }
}

/// The region's administrator, whose password is [`PASSWORD`].
pub async fn put_administrator(store: &Store) {
    // Hashing is slow on purpose; each test's process does it once.
    static HASH: std::sync::LazyLock<String> =
        std::sync::LazyLock::new(|| api::hash_password(PASSWORD).unwrap());
    let region = code("15");
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let new = NewAccount {
        username: api::ADMINISTRATOR,
        name: "管理员 Administrator",
        password_hash: &HASH,
        area: &region,
    };
    let id = accounts::add(&mut tx, new, noon()).await.unwrap();
    let grant =
        Grant { role: Role::Administrator, area: region.clone(), from: day("2026-11-23"), until: None };
    accounts::give(&mut tx, id, &grant, noon()).await.unwrap().unwrap();
    tx.commit().await.unwrap();
}

/// An account of that name, home area and grants, signed in: its token.
pub async fn put_account(
    store: &Store,
    owner: &mut PgConnection,
    username: &str,
    home: &str,
    grants: &[Grant],
) -> String {
    let area = code(home);
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let new = NewAccount { username, name: username, password_hash: "-", area: &area };
    let id = accounts::add(&mut tx, new, noon()).await.unwrap();
    for grant in grants {
        accounts::give(&mut tx, id, grant, noon()).await.unwrap().unwrap();
    }
    tx.commit().await.unwrap();
    let token = format!("token-of-{username}");
    let hash = Sha256::digest(token.as_bytes()).to_vec();
    // Past the door, which would leave an entry in the trail.
    sqlx::query("INSERT INTO session (token_hash, account, created_at, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(hash)
        .bind(id)
        .bind(noon())
        .bind(noon() + TimeDelta::hours(12))
        .execute(owner)
        .await
        .unwrap();
    token
}

/// Sends a request that must fail with a problem of the usual form; gives its status and its code.
pub async fn problem(request: RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    assert_eq!(
        answer.headers().get("content-type").map(|kind| kind.as_bytes()),
        Some(&b"application/problem+json"[..]),
        "{status}"
    );
    let body: Value = answer.json().await.unwrap();
    let code = body["code"].as_str().unwrap().to_owned();
    assert_eq!(body["status"], status, "{body}");
    assert_eq!(body["type"], format!("/problems/{code}"));
    assert!(body["title"].as_str().is_some_and(|title| !title.is_empty()), "{body}");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.chars().count() > 3), "{body}");
    (status, code)
}

pub async fn run_pending_jobs(store: &Store) {
    let worker = jobs::start(store).await.unwrap();
    until("jobs are still open", async || {
        let counts = store.job_counts().await.unwrap();
        counts.iter().all(|(state, _)| state != "queued" && state != "running")
    })
    .await;
    worker.stop().await;
}

/// Waits until `holds`; fails with `otherwise` after 30 s.
pub async fn until(otherwise: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..1500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{otherwise} after 30 s");
}

/// The built program.
pub fn khot() -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_khot"));
    command.env_remove("DATABASE_URL").env_remove("KHOT_HOME");
    command
}

/// A folder that is removed at the end of the test, where the service user can reach it too.
pub fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

/// Writes a file into `folder`.
pub fn file(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// A square of `side` degrees with its lower left corner at (lon, lat).
pub fn square(lon: f64, lat: f64, side: f64) -> Polygon<f64> {
    polygon![(x: lon, y: lat), (x: lon + side, y: lat), (x: lon + side, y: lat + side), (x: lon, y: lat + side)]
}
