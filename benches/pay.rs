//! A month's subsidies of 60,000 workers, the whole job: read from the database, worked out, saved as a draft with every
//! line; then approved and locked. Fails above 5 s for the draft, or where the program's memory passes 500 MB.
//!
//! `make bench`, or `cargo bench --bench pay`. The workers, their grids and days are strewn by SQL into a database of
//! its own below `target/bench-home`; each looks after one grid, one in ten leads, one in twenty changes grids in mid-month.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::time::{Duration, Instant};

use khot::access::Scope;
use khot::clock;
use khot::jobs::{self, PayRunParams};
use khot::store::jobs::JobState;
use khot::store::pay::{self, NewRules, Step};
use khot::store::{Cluster, Store, jobs as queue};
use khot::subsidy::Rules;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use uuid::Uuid;

const WORKERS: u32 = 60_000;
const MOST: Duration = Duration::from_secs(5);
const MOST_MB: u64 = 500;
const NAME: &str = "khot_pay";

async fn run(connection: &mut PgConnection, sql: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(connection).await.unwrap();
}

/// An empty database with the program's tables.
async fn database() -> (Cluster, PgConnectOptions) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-home");
    std::fs::create_dir_all(&home).unwrap();
    let cluster = Cluster::join(&home, || "only-for-benches".to_owned()).unwrap();
    let mut admin = cluster.options("postgres").connect().await.unwrap();
    run(&mut admin, format!("DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")).await;
    run(&mut admin, format!("CREATE DATABASE {NAME}")).await;
    admin.close().await.unwrap();
    let options = cluster.options(NAME);
    (cluster, options)
}

/// 100 banners of 600 grids and workers. What the triggers would look at one by one is right by the way it is made.
async fn strew(owner: &mut PgConnection) {
    run(
        owner,
        format!(
            "SET search_path = khot, public;
             SET session_replication_role = replica;
             CREATE TEMPORARY TABLE banner AS
                 SELECT '15' || lpad((21 + b / 10)::text, 2, '0') || lpad((20 + b % 10)::text, 2, '0') AS code,
                        (ARRAY['urban', 'agricultural', 'pastoral', 'mixed'])[1 + b % 4] AS area_type,
                        106 + (b % 10) * 1.2 AS lon, 40 + (b / 10) * 0.9 AS lat, gen_random_uuid() AS plan
                 FROM generate_series(0, 99) AS b;
             CREATE TEMPORARY TABLE place AS
                 SELECT banner.*, banner.code || lpad((100 + g / 60)::text, 3, '0') || lpad((200 + g % 60 / 6)::text, 3, '0') AS village,
                        g % 6 + 1 AS number, g, lon + (g % 25) * 0.02 AS x, lat + (g / 25) * 0.02 AS y
                 FROM banner, generate_series(0, {WORKERS} / 100 - 1) AS g;
             INSERT INTO area (code, name, area_type, kind, outline, label_point, area_m2, synthetic, language)
                 SELECT code, code, CASE WHEN length(code) = 12 THEN area_type END, CASE WHEN length(code) = 12 THEN 'village' END,
                        ST_Multi(ST_MakeEnvelope(x, y, x + 0.5, y + 0.5, 4326)), ST_SetSRID(ST_MakePoint(x, y), 4326), 1, true,
                        CASE WHEN length(code) = 12 AND area_type = 'pastoral' THEN 'mn' END
                 FROM (SELECT DISTINCT ON (left(village, digits)) left(village, digits) AS code, area_type, x, y
                       FROM place, unnest(ARRAY[2, 4, 6, 9, 12]) AS digits ORDER BY left(village, digits)) AS areas;
             INSERT INTO plan (id, banner, title, status, during, seed, engine_version, policy_version, policy_text, scores, reasons,
                               synthetic, created_at, created_by)
                 SELECT plan, code, code, 'published', daterange('2026-01-01', NULL), 1, 'bench', 'bench', '', '{{}}', '[]', true, now(), 'bench'
                 FROM banner;
             INSERT INTO grid (plan, code, area_type, kind, units, outline, label_point, area_m2, compactness, households, people,
                               in_band, reasons)
                 SELECT plan, village || lpad(number::text, 3, '0'), area_type, 'general', ARRAY['u'],
                        ST_Multi(ST_MakeEnvelope(x, y, x + 0.01, y + 0.01, 4326)), ST_SetSRID(ST_MakePoint(x, y), 4326),
                        12e6, 0.8, 20 + g % 400, 60, true, '[]' FROM place;
             INSERT INTO grid_code (code, first_plan) SELECT code, plan FROM grid;
             INSERT INTO worker (id, area, employment, name, synthetic, created_at, updated_at, home, languages)
                 SELECT gen_random_uuid(), left(code, 9), CASE WHEN number % 3 = 0 THEN 'part_time' ELSE 'full_time' END,
                        decode('01' || repeat('00', 60), 'hex'), true, now(), now(), '88283082b9fffff', ARRAY['mn', 'zh']
                 FROM (SELECT code, row_number() OVER (ORDER BY code) AS number FROM grid) AS g;
             CREATE TEMPORARY TABLE pair AS
                 SELECT w.id AS worker, w.area, g.code AS grid, w.number
                 FROM (SELECT id, area, row_number() OVER (ORDER BY area, id) AS number FROM worker) AS w
                 JOIN (SELECT code, row_number() OVER (ORDER BY code) AS number FROM grid) AS g USING (number);
             INSERT INTO worker_status (worker, status, during, set_by)
                 SELECT worker, 'on_post', daterange('2026-01-01', NULL), 'bench' FROM pair;
             INSERT INTO assignment (id, grid, worker, role, during, grids_max, post_area, created_by, created_at)
                 SELECT gen_random_uuid(), p.grid, p.worker, 'worker',
                        daterange('2026-01-01', CASE WHEN number % 20 = 0 THEN '2026-10-16'::date END), 3, area, 'bench', now() FROM pair p
                 UNION ALL
                 SELECT gen_random_uuid(), next.grid, p.worker, 'helper', daterange('2026-10-16', NULL), 3, p.area, 'bench', now()
                 FROM pair p JOIN pair next ON next.number = p.number - 1 WHERE p.number % 20 = 0
                 UNION ALL
                 SELECT gen_random_uuid(), p.grid, p.worker, 'lead', daterange('2026-01-01', NULL), 3, area, 'bench', now()
                 FROM pair p WHERE number % 10 = 1;
             INSERT INTO duty (worker, month, area, duty_days, expected_days, score, attested_by, attested_at)
                 SELECT worker, '2026-10-01', area, 22 - (number % 10 = 3)::int * 4, 22, 60 + number % 41, 'bench', now() FROM pair;
             SET session_replication_role = origin"
        ),
    )
    .await;
    run(owner, "VACUUM ANALYZE").await;
}

async fn put_rules(store: &Store) {
    let rules = Rules::defaults().unwrap();
    let new = NewRules {
        id: Uuid::now_v7(),
        area: "15".parse().unwrap(),
        title: rules.title,
        version: rules.version,
        valid_from: rules.valid_from,
        paper: rules.paper,
        demo: rules.demo,
        text: Rules::default_text().to_owned(),
    };
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    pay::add_rules(&mut tx, &new, clock::now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// The most that this process has held since it began, in megabytes.
fn peak_mb() -> u64 {
    let told = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = told.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    // The cluster runs as long as somebody has joined it.
    let (cluster, options) = database().await;
    let store = Store::open(options.clone()).await.unwrap();
    let mut owner = options.connect().await.unwrap();
    strew(&mut owner).await;
    put_rules(&store).await;
    let before = peak_mb();

    let mut tx = store.begin(&Scope::operator().named("maker")).await.unwrap();
    let params = PayRunParams { month: "2026-10".parse().unwrap() };
    let job = jobs::queue_pay_run(&mut tx, &"15".parse().unwrap(), &params, clock::now()).await.unwrap();
    tx.commit().await.unwrap();
    let worker = jobs::start(&store).await.unwrap();
    let done = loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let mut tx = store.begin(&Scope::operator()).await.unwrap();
        let held = queue::get(&mut tx, job.id).await.unwrap().unwrap();
        if held.state.is_over() {
            break held;
        }
    };
    worker.stop().await;
    assert_eq!(done.state, JobState::Done, "{:?}", done.error);
    let took = (done.finished_at.unwrap() - done.started_at.unwrap()).to_std().unwrap();
    let id: Uuid = serde_json::from_value(done.result.unwrap()["run"].clone()).unwrap();

    let mut tx = store.begin(&Scope::operator().named("second")).await.unwrap();
    let held = pay::run(&mut tx, id).await.unwrap().unwrap();
    assert_eq!(held.workers, i32::try_from(WORKERS).unwrap());
    let begun = Instant::now();
    assert!(matches!(pay::approve(&mut tx, id, clock::now()).await.unwrap(), Step::Done(_)));
    assert!(matches!(pay::lock(&mut tx, id, clock::now()).await.unwrap(), Step::Done(_)));
    tx.commit().await.unwrap();
    let locked = begun.elapsed();
    let peak = peak_mb();
    println!(
        "pay: {} workers, {} lines, {}.{:02} CNY drafted in {:.2} s (read, worked out, saved), approved and locked in {:.2} s; \
         the program held {peak} MB at most ({before} MB before)",
        held.workers,
        held.lines,
        held.total_fen / 100,
        held.total_fen % 100,
        took.as_secs_f64(),
        locked.as_secs_f64()
    );
    drop(store);
    owner.close().await.unwrap();
    drop(cluster);
    assert!(peak < MOST_MB, "{peak} MB is above {MOST_MB}");
    assert!(took <= MOST, "{took:?} is above {MOST:?}");
}
