//! What scope costs: the same requests to the same program on two copies of the demo, one of them with row-level
//! security turned off, in turns in one run. Fails where it costs more than 1.15 times.
//!
//! `make bench`, or `cargo bench --bench scope`. The demo is made once, below `target/bench-home`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use chrono::TimeDelta;
use khot::access::{Grant, Role, Scope};
use khot::api::{self, AppState};
use khot::clock;
use khot::config::Limits;
use khot::demo::DEMO_BANNERS;
use khot::store::accounts::{self, NewAccount};
use khot::store::{Cluster, Store};
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use tower::ServiceExt;

const MOST: f64 = 1.15;
const ROUNDS: usize = 150;
/// Not counted: connections, plans and caches settle.
const FIRST: usize = 15;
const OPEN: &str = "khot_open";

/// Where there is no database with the demo yet, it is made.
fn demo() -> Cluster {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-home");
    let made =
        Command::new(env!("CARGO_BIN_EXE_khot")).arg("--home").arg(&home).arg("demo").status().unwrap();
    assert!(made.success(), "the demo could not be made");
    Cluster::join(&home, || "only-for-benches".to_owned()).unwrap()
}

async fn run(connection: &mut PgConnection, sql: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(connection).await.unwrap();
}

/// A copy of the database where every policy is out of force.
async fn copy_without_scope(cluster: &Cluster) -> PgConnectOptions {
    let mut admin = cluster.options("postgres").connect().await.unwrap();
    run(&mut admin, format!("DROP DATABASE IF EXISTS {OPEN} WITH (FORCE)")).await;
    run(&mut admin, format!("CREATE DATABASE {OPEN} TEMPLATE khot")).await;
    admin.close().await.unwrap();
    let mut owner = cluster.options(OPEN).connect().await.unwrap();
    run(
        &mut owner,
        "DO $$ DECLARE name text; BEGIN
             FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'khot'::regnamespace AND relrowsecurity LOOP
                 EXECUTE format('ALTER TABLE khot.%I DISABLE ROW LEVEL SECURITY', name);
             END LOOP;
         END $$; VACUUM ANALYZE",
    )
    .await;
    owner.close().await.unwrap();
    cluster.options(OPEN)
}

/// An account with one role, signed in: its token.
async fn caller(store: &Store, owner: &mut PgConnection, role: Role, area: &str) -> String {
    let username = format!("bench-{}-{area}", role.as_str());
    let area = area.parse().unwrap();
    let now = clock::now();
    let known: Option<uuid::Uuid> = sqlx::query_scalar("SELECT id FROM khot.account WHERE username = $1")
        .bind(&username)
        .fetch_optional(&mut *owner)
        .await
        .unwrap();
    let id = match known {
        Some(id) => id,
        None => {
            let mut tx = store.begin(&Scope::operator()).await.unwrap();
            let new = NewAccount { username: &username, name: "bench", password_hash: "-", area: &area };
            let id = accounts::add(&mut tx, new, now).await.unwrap();
            let grant = Grant { role, area, from: clock::local_day(now), until: None };
            accounts::give(&mut tx, id, &grant, now).await.unwrap().unwrap();
            tx.commit().await.unwrap();
            id
        }
    };
    let token = format!("token-of-{username}");
    sqlx::query(
        "INSERT INTO khot.session (token_hash, account, created_at, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (token_hash) DO UPDATE SET created_at = excluded.created_at, expires_at = excluded.expires_at",
    )
    .bind(Sha256::digest(token.as_bytes()).to_vec())
    .bind(id)
    .bind(now)
    .bind(now + TimeDelta::hours(12))
    .execute(owner)
    .await
    .unwrap();
    token
}

/// The service on one connection, so that every request meets plans that are made already.
async fn service(options: PgConnectOptions) -> (Router, Store) {
    let store = Store::open_with(options, 1).await.unwrap();
    let most = std::num::NonZeroU32::MAX;
    let limits = Limits { queries: most, tiles: most, ..Limits::default() };
    (api::router(AppState::with_limits(store.clone(), clock::now, limits)), store)
}

async fn ask(router: &Router, token: &str, address: &str) -> (Duration, Vec<u8>) {
    let request = Request::get(address).header("authorization", format!("Bearer {token}"));
    let request = request.body(Body::empty()).unwrap();
    let begun = Instant::now();
    let answer = router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let took = begun.elapsed();
    assert!(status.is_success(), "{address}: {status}");
    (took, body.to_vec())
}

/// The tile of zoom `z` in the middle of a banner.
async fn tile(router: &Router, token: &str, banner: &str, z: u32) -> String {
    let (_, body) = ask(router, token, &format!("/api/v1/areas/{banner}")).await;
    let area: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let at = |index: usize| area["bbox"][index].as_f64().unwrap();
    let (lon, lat) = ((at(0) + at(2)) / 2.0, ((at(1) + at(3)) / 2.0).to_radians());
    let side = f64::from(1 << z);
    let x = (lon + 180.0) / 360.0 * side;
    let y = (1.0 - (lat.tan() + 1.0 / lat.cos()).ln() / std::f64::consts::PI) / 2.0 * side;
    format!("/api/v1/tiles/grids/{z}/{}/{}", x as u32, y as u32)
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// Asks both in turns; medians in milliseconds, with scope and without.
async fn compare(with: &Router, without: &Router, token: &str, address: &str) -> (f64, f64) {
    let (mut scoped, mut open) = (Vec::new(), Vec::new());
    for round in 0..FIRST + ROUNDS {
        let (first, second) = if round % 2 == 0 { (with, without) } else { (without, with) };
        let (one, other) = (ask(first, token, address).await, ask(second, token, address).await);
        assert_eq!(one.1, other.1, "{address} answers differently without scope");
        if round >= FIRST {
            let (of_with, of_without) = if round % 2 == 0 { (one.0, other.0) } else { (other.0, one.0) };
            scoped.push(of_with);
            open.push(of_without);
        }
    }
    (median(&mut scoped), median(&mut open))
}

async fn measure() -> bool {
    let cluster = demo();
    let (scoped, store) = service(cluster.options("khot")).await;
    let mut owner = cluster.options("khot").connect().await.unwrap();
    let mut callers = Vec::new();
    for banner in DEMO_BANNERS {
        callers.push((
            banner,
            "planner of the banner",
            caller(&store, &mut owner, Role::Planner, banner).await,
        ));
        callers.push((
            banner,
            "analyst of the region",
            caller(&store, &mut owner, Role::Analyst, "15").await,
        ));
    }
    owner.execute("VACUUM ANALYZE").await.unwrap();
    owner.close().await.unwrap();
    store.close().await;
    let (open, _) = service(copy_without_scope(&cluster).await).await;
    let (scoped, _) = {
        drop(scoped);
        service(cluster.options("khot")).await
    };
    println!(
        "{:<8} {:<22} {:<28} {:>9} {:>9} {:>6}",
        "banner", "caller", "request", "with ms", "without", "ratio"
    );
    let mut ratios: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for (banner, who, token) in &callers {
        let list = format!("/api/v1/areas/{banner}/grids");
        let tiles = [tile(&scoped, token, banner, 9).await, tile(&scoped, token, banner, 11).await];
        for (kind, address) in [(0, list), (1, tiles[0].clone()), (1, tiles[1].clone())] {
            let (with, without) = compare(&scoped, &open, token, &address).await;
            let shown = address.trim_start_matches("/api/v1/");
            println!("{banner:<8} {who:<22} {shown:<28} {with:>9.2} {without:>9.2} {:>6.3}", with / without);
            ratios[kind].push(with / without);
        }
    }
    let mut within = true;
    for (name, ratios) in ["lists of grids", "grid tiles"].into_iter().zip(&mut ratios) {
        ratios.sort_by(f64::total_cmp);
        let (middle, worst) = (ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
        println!("{name}: scope costs {middle:.3} times in the median, {worst:.3} at worst (at most {MOST})");
        within &= middle <= MOST;
    }
    cluster.leave().unwrap();
    within
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if !runtime.block_on(measure()) {
        eprintln!("scope costs too much");
        std::process::exit(1);
    }
}
