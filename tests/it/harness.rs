//! A test's own database on a real PostGIS, a tiny place to divide, and a client.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use geo::{Centroid, MultiPolygon, Polygon, polygon};
use khot::access::Scope;
use khot::domain::{
    Area, AreaType, Code, DrawnGrid, Grid, GridCode, GridKind, Reason, ReasonKind, Scores, Unit, VillageKind,
};
use khot::geo::measure::multi_area_m2;
use khot::store::plans::{self, NewPlan};
use khot::store::{Cluster, Store, imports};
use khot::{api, jobs};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

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

/// The template's name changes with the migrations, so that none of an older schema is used.
fn template_name() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut hasher = Sha256::new();
    for path in paths {
        hasher.update(std::fs::read(path).unwrap());
    }
    let digest: String = hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("khot_template_{digest}")
}

/// A fresh, migrated database: its settings.
pub async fn database() -> PgConnectOptions {
    let server = server();
    let template = template_name();
    let mut admin = admin(&server).await;
    // One test makes the template, the others wait.
    admin.execute("SELECT pg_advisory_lock(77001)").await.unwrap();
    forget_at_power_loss(&mut admin).await;
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
    let name = new_name("khot_test");
    run(&mut admin, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    drop_abandoned(&mut admin).await;
    admin.execute("SELECT pg_advisory_unlock(77001)").await.unwrap();
    admin.close().await.unwrap();
    server.database(&name)
}

/// An empty database without any schema.
pub async fn bare_database() -> PgConnectOptions {
    let server = server();
    let mut admin = admin(&server).await;
    let name = new_name("khot_bare");
    run(&mut admin, format!("CREATE DATABASE {name}")).await;
    server.database(&name)
}

async fn admin(server: &PgConnectOptions) -> PgConnection {
    server.clone().database("postgres").connect().await.unwrap()
}

/// The private cluster of the tests need not survive a power loss, and is twice as fast without.
async fn forget_at_power_loss(admin: &mut PgConnection) {
    let is_private = std::env::var_os("DATABASE_URL").is_none();
    let safe: bool =
        sqlx::query_scalar("SELECT current_setting('fsync')::bool").fetch_one(&mut *admin).await.unwrap();
    if is_private && safe {
        for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
            run(admin, format!("ALTER SYSTEM SET {setting} = off")).await;
        }
        admin.execute("SELECT pg_reload_conf()").await.unwrap();
    }
}

/// A name that tells when it was made, to the second.
fn new_name(kind: &str) -> String {
    format!("{kind}_{}_{}", khot::clock::now().timestamp(), uuid::Uuid::now_v7().simple())
}

/// Tests that ended leave their databases behind. Whoever makes one takes two old ones away, so that
/// there are never many.
async fn drop_abandoned(admin: &mut PgConnection) {
    const KEPT_SECONDS: i64 = 60;
    let abandoned: Vec<String> = sqlx::query_scalar(
        "SELECT datname FROM pg_database
         WHERE datname ~ '^khot_(test|bare)_[0-9]{10}_' AND split_part(datname, '_', 3)::bigint < $1
           AND NOT EXISTS (SELECT FROM pg_stat_activity busy WHERE busy.datname = pg_database.datname)
         ORDER BY datname LIMIT 2",
    )
    .bind(khot::clock::now().timestamp() - KEPT_SECONDS)
    .fetch_all(&mut *admin)
    .await
    .unwrap();
    for name in abandoned {
        run(admin, format!("DROP DATABASE IF EXISTS {name}")).await;
    }
}

/// A connection as the database's owner, whom row-level security doesn't bind.
pub async fn as_owner(database: &PgConnectOptions) -> PgConnection {
    database.clone().options([("search_path", "khot,public")]).connect().await.unwrap()
}

/// A connection as the role that the program works as, without any scope.
pub async fn as_program(database: &PgConnectOptions) -> PgConnection {
    let mut connection = as_owner(database).await;
    connection.execute("SET ROLE khot_app").await.unwrap();
    connection
}

pub async fn run(connection: &mut PgConnection, sql: String) {
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

/// A plan of the tiny banner in which each village is one grid, with code `sequence`. No engine, no job.
pub fn whole_villages(sequence: u16) -> NewPlan {
    let units = tiny_units();
    let grid = |area: Area| {
        let own: Vec<&Unit> = units.iter().filter(|unit| unit.village == area.code).collect();
        let code = GridCode::new(&area.code, sequence).unwrap();
        let households = own.iter().map(|unit| unit.households).sum();
        let kind = ReasonKind::NoWholeNumber { households, min: 1, max: 2 };
        let center = area.outline.centroid().unwrap();
        DrawnGrid {
            area_type: area.area_type.unwrap(),
            label_point: (center.x(), center.y()),
            area_m2: multi_area_m2(&area.outline),
            compactness: 0.7,
            travel_min: None,
            in_band: false,
            outline: area.outline,
            grid: Grid {
                village: area.code.clone(),
                kind: GridKind::General,
                units: own.iter().map(|unit| unit.code.clone()).collect(),
                households,
                people: own.iter().map(|unit| unit.people).sum(),
                reasons: vec![Reason { kind, village: area.code, grid: Some(code.clone()) }],
                code,
            },
        }
    };
    NewPlan {
        id: uuid::Uuid::now_v7(),
        banner: code("150821"),
        title: "每村一格".to_owned(),
        seed: 1,
        engine_version: "by hand".to_owned(),
        policy_version: "none".to_owned(),
        policy_text: String::new(),
        scores: Scores::default(),
        reasons: Vec::new(),
        synthetic: true,
        created_at: noon(),
        grids: tiny_areas().into_iter().filter(|area| area.kind.is_some()).map(grid).collect(),
    }
}

/// Saves such a plan as a draft.
pub async fn put_draft(store: &Store, sequence: u16) -> uuid::Uuid {
    let plan = whole_villages(sequence);
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    plans::save_draft(&mut tx, &plan).await.unwrap();
    tx.commit().await.unwrap();
    plan.id
}

/// Saves such a plan and publishes it from a day.
pub async fn put_published(store: &Store, sequence: u16, from: &str) -> uuid::Uuid {
    let id = put_draft(store, sequence).await;
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let outcome = plans::publish(&mut tx, id, day(from)).await.unwrap();
    assert_eq!(outcome, plans::Publication::Done { grids: 4 });
    tx.commit().await.unwrap();
    id
}

pub fn day(text: &str) -> NaiveDate {
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
        let database = database().await;
        let store = Store::open(database.clone()).await.unwrap();
        api::ensure_administrator(&store, PASSWORD, noon()).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let clock = Arc::new(Mutex::new(noon()));
        let shown = clock.clone();
        let state = api::AppState::new(store.clone(), move || *shown.lock().unwrap());
        tokio::spawn(api::serve(listener, state, std::future::pending()));
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
