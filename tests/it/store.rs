//! What the database itself guards: scopes, constraints, what is never changed; and what comes back
//! from it is what was put in.

mod kept;
mod rules;
mod scopes;

use std::collections::{BTreeMap, BTreeSet};

use geo::{LineString, MultiPolygon, Polygon};
use khot::access::{Capability, Grant, Role, Scope};
use khot::domain::{Area, Level, Unit};
use khot::store::accounts::{self, NewAccount};
use khot::store::tiles::GridsOf;
use khot::store::{Store, StoreError, areas, audit, grids, imports, jobs, plans, units};
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::harness::*;

/// Tables that belong to no area.
const OF_NO_AREA: [&str; 7] =
    ["audit_head", "audit_link", "edition", "oidc_attempt", "sealing_key", "session", "sign_in_failure"];

/// A database with at least one row in every table of an area.
async fn full() -> (PgConnectOptions, Store) {
    let database = database().await;
    let store = with_keys(Store::open(database.clone()).await.unwrap()).await;
    put_tiny(&store).await;
    put_published(&store, 1, "2026-01-01").await;
    let worker = put_workers(&store, "150821100", 1).await[0];
    let scope = Scope::operator();
    store.keep_upload(&scope, uuid::Uuid::now_v7(), &code("150821"), "a.csv", &b"x"[..]).await.unwrap();
    let mut tx = store.begin(&scope).await.unwrap();
    jobs::add(&mut tx, uuid::Uuid::now_v7(), "import", &code("150821"), &json!({}), noon()).await.unwrap();
    let new =
        NewAccount { username: "planner", name: "规划员", password_hash: "-", area: &code("150821") };
    let account = accounts::add(&mut tx, new, noon()).await.unwrap();
    let grant = Grant { role: Role::Planner, area: code("150821"), from: day("2026-01-01"), until: None };
    accounts::give(&mut tx, account, &grant, noon()).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let outlet = put_outlet(&store, "150821100200", (108.01, 41.01)).await;
    put_road(&store, "150821", khot::domain::RoadKind::Barrier, &[(108.01, 41.01), (108.05, 41.05)]).await;
    let mut owner = as_owner(&database).await;
    for sql in [
        "UPDATE service_item SET area = '150821'".to_owned(),
        "INSERT INTO township_body VALUES ('150821100', '2026-01-01', 5, 2, true)".to_owned(),
        format!(
            "INSERT INTO service_link (grid, kind, nearest, made_at) VALUES ('150821100200001', 'station', '{outlet}', now())"
        ),
        format!(
            "INSERT INTO service_link_choice (grid, kind, outlet, reason, made_by, made_at)
             VALUES ('150821100200001', 'station', '{outlet}', 'x', 'x', now())"
        ),
        "INSERT INTO placement VALUES (gen_random_uuid(), '150821', 'open', '{}', '{}', true, 'x', now())"
            .to_owned(),
    ] {
        owner.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    owner
        .execute(
            "INSERT INTO khot.plan_step SELECT id, 2, '150821100200', '[]', 'x', created_at FROM khot.plan",
        )
        .await
        .unwrap();
    owner
        .execute(
            "INSERT INTO access_token (id, account, account_area, name, token_hash, created_at, expires_at)
             SELECT gen_random_uuid(), id, area, 'a program', sha256('x'), now(), now() + '1 day' FROM account",
        )
        .await
        .unwrap();
    put_people(&mut owner, worker).await;
    put_pay(&mut owner).await;
    (database, store)
}

/// A row in each table of posts and assignments.
async fn put_people(owner: &mut PgConnection, worker: uuid::Uuid) {
    let sql = format!(
        "INSERT INTO ceiling VALUES ('150821', 'full_time', '[2026-01-01,)', 5, 'a test');
         INSERT INTO post VALUES ('150821100', 'full_time', '[2026-01-01,)', 3, 'a test');
         INSERT INTO post_move VALUES (gen_random_uuid(), '150821', '150821100', 'lead', 1, '2026-01-01', 'a test', 'x', now());
         INSERT INTO assignment (id, grid, worker, role, during, grids_max, created_by, created_at)
         VALUES (gen_random_uuid(), '150821100200001', '{worker}', 'worker', '[2026-01-01,)', 1, 'x', now());
         INSERT INTO proposal VALUES ('01a20a62-0000-7000-8000-000000000001', '150821', '2026-11-23', '{{}}', 'open', '{{}}', '[]', 'x', now());
         INSERT INTO proposal_line (proposal, grid, worker, km, change, grids_max)
         VALUES ('01a20a62-0000-7000-8000-000000000001', '150821100200001', '{worker}', 1, 'new', 1)"
    );
    owner.execute(AssertSqlSafe(sql)).await.unwrap();
}

/// A row of everything of a month's pay.
async fn put_pay(owner: &mut PgConnection) {
    owner
        .execute(
            "INSERT INTO pay_rules VALUES (gen_random_uuid(), '150821', 'x', '1', '2026-01-01', 'x', true, 'x', now(), 'x');
             INSERT INTO duty SELECT id, '2026-10-01', area, 20, 22, 80, 'x', now() FROM worker;
             INSERT INTO pay_adjustment SELECT gen_random_uuid(), id, area, '2026-08-01', '2026-09-01', 100, 'a reason', 'x', now() FROM worker;
             INSERT INTO pay_run SELECT gen_random_uuid(), '150821', '2026-10-01', 'draft', 'x', now(), NULL, NULL, NULL, NULL, 1, 1,
                100, 100, 0, 0, 0, '{}', '{}', '[]', true, true, 'x', '', sha256('x'), sha256('x');
             INSERT INTO pay_input SELECT id, area, 'x' FROM pay_run;
             INSERT INTO pay_statement SELECT r.id, w.id, w.area, month, 100, 100, 0, 0, 0 FROM pay_run r, worker w;
             INSERT INTO pay_line SELECT r.id, w.id, 1, w.area, NULL, 'base', '1', 100, 100, 100, 0, 0, 0, 'x' FROM pay_run r, worker w;
             INSERT INTO pay_paid SELECT worker, month, area, run FROM pay_statement;
             INSERT INTO pay_comparison VALUES (gen_random_uuid(), '150821', '{}', 'x', now());",
        )
        .await
        .unwrap();
}

async fn tables(owner: &mut PgConnection) -> Vec<(String, bool, bool)> {
    sqlx::query_as(
        "SELECT relname::text, relrowsecurity, relforcerowsecurity FROM pg_class
         WHERE relnamespace = 'khot'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname",
    )
    .fetch_all(owner)
    .await
    .unwrap()
}

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM khot.{table}"));
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

/// How many rows of each area's table this connection sees.
async fn counts(owner: &mut PgConnection, reader: &mut PgConnection) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for (table, _, _) in tables(owner).await {
        if !OF_NO_AREA.contains(&table.as_str()) {
            let seen = count(reader, &table).await;
            counts.insert(table, seen);
        }
    }
    counts
}
