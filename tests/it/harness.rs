//! A test's own database on a real PostGIS, a tiny place to divide, and a client.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::{DateTime, TimeZone, Utc};
use geo::{MultiPolygon, Polygon, polygon};
use khot::access::Scope;
use khot::domain::{Area, AreaType, Code, Unit, VillageKind};
use khot::store::{Cluster, Store, imports};
use khot::{api, jobs};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};

/// The instant at which tests happen: 2026-11-23, noon in Inner Mongolia.
pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 4, 0, 0).unwrap()
}

pub fn code(text: &str) -> Code {
    text.parse().unwrap()
}

/// A private cluster for all tests, kept running between them (`make test` stops it at the end).
fn server() -> PgConnectOptions {
    if let Ok(url) = std::env::var("DATABASE_URL") {
        return PgConnectOptions::from_str(&url).unwrap();
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-home");
    let cluster = Cluster::join(&home, || "only-for-tests".to_owned()).unwrap();
    let options = cluster.options("postgres");
    std::mem::forget(cluster);
    options
}

/// A fresh, migrated database: its settings.
pub async fn database() -> PgConnectOptions {
    let server = server();
    let template = format!("khot_template_{}", env!("CARGO_PKG_VERSION").replace('.', "_"));
    let mut admin = server.clone().database("postgres").connect().await.unwrap();
    // One test makes the template, the others wait.
    admin.execute("SELECT pg_advisory_lock(77001)").await.unwrap();
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&template)
        .fetch_one(&mut admin)
        .await
        .unwrap();
    if !exists {
        let making = format!("{template}_making");
        run(&mut admin, format!("DROP DATABASE IF EXISTS {making} WITH (FORCE)")).await;
        run(&mut admin, format!("CREATE DATABASE {making}")).await;
        Store::open(server.clone().database(&making)).await.unwrap().close().await;
        run(&mut admin, format!("ALTER DATABASE {making} RENAME TO {template}")).await;
    }
    let name = format!("khot_test_{}", uuid::Uuid::now_v7().simple());
    run(&mut admin, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    admin.execute("SELECT pg_advisory_unlock(77001)").await.unwrap();
    admin.close().await.unwrap();
    server.database(&name)
}

/// An empty database without any schema.
pub async fn bare_database() -> PgConnectOptions {
    let server = server();
    let mut admin = server.clone().database("postgres").connect().await.unwrap();
    let name = format!("khot_bare_{}", uuid::Uuid::now_v7().simple());
    run(&mut admin, format!("CREATE DATABASE {name}")).await;
    server.database(&name)
}

pub async fn run(connection: &mut sqlx::PgConnection, sql: String) {
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

/// The settings as a URL, for processes.
pub fn url(options: &PgConnectOptions) -> String {
    options.to_url_lossy().to_string()
}

/// A store on a database of its own.
pub async fn store() -> Store {
    Store::open(database().await).await.unwrap()
}

const LON: f64 = 108.0;
const LAT: f64 = 41.0;
/// Side of a village of the tiny place, in degrees: about 2.5 by 3.3 km.
const SIDE: f64 = 0.03;

fn rectangle(column: usize, row: usize, columns: usize, rows: usize) -> Polygon<f64> {
    // Every corner of the raster stands in the ring, so that neighbours share their borders exactly.
    let x = |steps: usize| LON + SIDE * steps as f64;
    let y = |steps: usize| LAT + SIDE * steps as f64;
    let mut ring: Vec<(f64, f64)> = Vec::new();
    ring.extend((column..column + columns).map(|c| (x(c), y(row))));
    ring.extend((row..row + rows).map(|r| (x(column + columns), y(r))));
    ring.extend((column + 1..=column + columns).rev().map(|c| (x(c), y(row + rows))));
    ring.extend((row + 1..=row + rows).rev().map(|r| (x(column), y(r))));
    ring.push(ring[0]);
    Polygon::new(ring.into(), vec![])
}

/// A made-up banner 150821 of two townships with two villages each, agricultural and pastoral, in a
/// league and region of the same outline.
pub fn tiny_areas() -> Vec<Area> {
    let area = |text: &str, name: &str, outline: Polygon<f64>, types: Option<(AreaType, VillageKind)>| Area {
        code: code(text),
        name: name.to_owned(),
        area_type: types.map(|types| types.0),
        kind: types.map(|types| types.1),
        outline: MultiPolygon::new(vec![outline]),
        synthetic: true,
    };
    let village = Some((AreaType::Agricultural, VillageKind::Village));
    let gacha = Some((AreaType::Pastoral, VillageKind::Gacha));
    vec![
        area("15", "内蒙古自治区", rectangle(0, 0, 2, 2), None),
        area("1508", "巴彦淖尔市", rectangle(0, 0, 2, 2), None),
        area("150821", "五原县", rectangle(0, 0, 2, 2), None),
        area("150821100", "隆兴昌镇", rectangle(0, 0, 2, 1), None),
        area("150821100200", "联合村", rectangle(0, 0, 1, 1), village),
        area("150821100201", "义丰村", rectangle(1, 0, 1, 1), village),
        area("150821101", "塔尔湖镇", rectangle(0, 1, 2, 1), None),
        area("150821101200", "春光村", rectangle(0, 1, 1, 1), village),
        area("150821101201", "巴彦嘎查", rectangle(1, 1, 1, 1), gacha),
    ]
}

/// Units of the tiny place: cells with households in a pattern that repeats.
pub fn tiny_units() -> Vec<Unit> {
    let mut units = Vec::new();
    for area in tiny_areas().into_iter().filter(|area| area.kind.is_some()) {
        let (resolution, scale) = if area.area_type == Some(AreaType::Pastoral) { (8, 4) } else { (9, 9) };
        for (index, piece) in
            khot::geo::cells::cut(&area.outline, resolution).unwrap().into_iter().enumerate()
        {
            let households = [0, 3, 0, 1, 2][index % 5] * scale;
            units.push(Unit {
                code: piece.code(),
                village: area.code.clone(),
                outline: piece.outline,
                households,
                people: households * 5 / 2,
            });
        }
    }
    units
}

/// Puts the tiny place into the store.
pub async fn put_tiny(store: &Store) {
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    imports::put_areas(&mut tx, &tiny_areas()).await.unwrap();
    imports::put_units(&mut tx, &tiny_units()).await.unwrap();
    imports::refresh_sums(&mut tx, &code("15")).await.unwrap();
    tx.commit().await.unwrap();
}

/// The service on a database of its own, with a client that is signed in or not.
pub struct TestApp {
    pub store: Store,
    address: SocketAddr,
    client: Client,
    token: Option<String>,
}

pub const PASSWORD: &str = "a-password-for-tests";

impl TestApp {
    /// Starts it with the tiny place; nobody is signed in.
    pub async fn start() -> Self {
        let store = store().await;
        put_tiny(&store).await;
        Self::on(store).await
    }

    pub async fn on(store: Store) -> Self {
        api::ensure_administrator(&store, PASSWORD, noon()).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = api::AppState::new(store.clone(), noon);
        tokio::spawn(api::serve(listener, state, std::future::pending()));
        Self { store, address, client: Client::new(), token: None }
    }

    /// Signs the administrator in.
    pub async fn as_admin(mut self) -> Self {
        let credentials = serde_json::json!({"username": api::ADMINISTRATOR, "password": PASSWORD});
        let answer = self.request(Method::POST, "/api/v1/session").json(&credentials).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let body: Value = answer.json().await.unwrap();
        self.token = Some(body["token"].as_str().unwrap().to_owned());
        self
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("http://{}{path}", self.address));
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

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Runs a worker until every job is over.
    pub async fn run_pending_jobs(&self) {
        run_pending_jobs(&self.store).await;
    }

    /// Divides the tiny banner; gives the plan's id.
    pub async fn divide(&self) -> String {
        let (status, job) = self.post("/api/v1/areas/150821/plans", serde_json::json!({"seed": 7})).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{job}");
        self.run_pending_jobs().await;
        let job = self.get(&format!("/api/v1/jobs/{}", job["id"].as_str().unwrap())).await;
        assert_eq!(job["state"], "done", "{job}");
        job["result"]["plans"][0].as_str().unwrap().to_owned()
    }

    /// Publishes a plan from a day; gives the job.
    pub async fn publish(&self, plan: &str, day: &str) -> Value {
        let path = format!("/api/v1/plans/{plan}/publication");
        let (status, job) = self.post(&path, serde_json::json!({"valid_from": day})).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{job}");
        self.run_pending_jobs().await;
        self.get(&format!("/api/v1/jobs/{}", job["id"].as_str().unwrap())).await
    }
}

pub async fn run_pending_jobs(store: &Store) {
    let worker = jobs::start(store).await.unwrap();
    for _ in 0..600 {
        let open: i64 = store
            .job_counts()
            .await
            .unwrap()
            .iter()
            .filter(|(state, _)| state == "queued" || state == "running")
            .map(|(_, count)| count)
            .sum();
        if open == 0 {
            worker.stop().await;
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("jobs are still open after 30 s");
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
