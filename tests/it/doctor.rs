//! `khot doctor`: says that all is well where it is, and finds what was made wrong on purpose.

use std::path::Path;

use khot::store::Store;
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Executor};

use crate::harness::*;
use crate::process::{khot_on, ran};

async fn place() -> (PgConnectOptions, tempfile::TempDir) {
    let database = database().await;
    let store = with_keys(Store::open(database.clone()).await.unwrap()).await;
    put_tiny(&store).await;
    put_published(&store, 1, "2026-01-01").await;
    put_workers(&store, "150821100", 2).await;
    store.close().await;
    (database, folder())
}

/// What it says, as JSON, and its exit code.
fn doctor(database: &PgConnectOptions, home: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let mut command = khot_on(&url(database));
    command.env("KHOT_HOME", home).env("KHOT_KEYS_FILE", keys_file()).args(["doctor", "--json"]).args(more);
    let said = ran(&mut command);
    (said.code, serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{said:?}")))
}

/// Names and findings of what is not in order.
fn faults(report: &Value) -> Vec<(String, String)> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["state"] == "fail")
        .map(|check| {
            assert!(check["advice"].as_str().unwrap().len() > 8, "{check}");
            (check["name"].as_str().unwrap().to_owned(), check["found"].as_str().unwrap().to_owned())
        })
        .collect()
}

#[tokio::test]
async fn a_sound_installation_has_no_faults() {
    let (database, home) = place().await;
    let (code, report) = doctor(&database, home.path(), &[]);
    assert_eq!((code, faults(&report)), (Some(0), vec![]), "{report:#}");
    let names: Vec<_> =
        report["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    for expected in [
        "database",
        "postgis",
        "schema",
        "role",
        "row security",
        "triggers",
        "keys",
        "audit chain",
        "queue",
        "clock",
        "disk (home)",
    ] {
        assert!(names.contains(&expected), "{expected} in {names:?}");
    }
    let table = ran(khot_on(&url(&database))
        .env("KHOT_HOME", home.path())
        .env("KHOT_KEYS_FILE", keys_file())
        .arg("doctor"));
    let table = table.fine();
    assert!(
        table.stdout.contains("ok    audit chain") && table.stdout.contains("0 failures"),
        "{}",
        table.stdout
    );
}

#[tokio::test]
async fn what_was_made_wrong_is_found() {
    for (sql, name, found) in [
        (
            "SET session_replication_role = replica; UPDATE audit SET actor = 'x' WHERE action = 'plan.publish'",
            "audit chain",
            "was changed",
        ),
        (
            "ALTER TABLE audit DISABLE TRIGGER USER; DELETE FROM audit WHERE action = 'plan.publish'; ALTER TABLE audit ENABLE TRIGGER USER",
            "audit chain",
            "is missing",
        ),
        (
            "ALTER TABLE audit DISABLE TRIGGER audit_chained; INSERT INTO audit (actor, action, subject, area) VALUES ('x', 'x', 'x', '15'); ALTER TABLE audit ENABLE TRIGGER audit_chained",
            "audit chain",
            "inserted past the chain",
        ),
        ("ALTER TABLE audit DISABLE TRIGGER audit_chained", "triggers", "audit_chained"),
        ("DROP TRIGGER audit_append_only ON audit", "triggers", "audit_append_only is gone"),
        ("ALTER TABLE plan NO FORCE ROW LEVEL SECURITY", "row security", "khot.plan has no forced"),
        (
            "ALTER TABLE worker DISABLE ROW LEVEL SECURITY",
            "row security",
            "khot.worker shows rows without a scope",
        ),
        (
            "CREATE POLICY leak ON unit FOR SELECT USING (true)",
            "row security",
            "khot.unit shows rows without a scope",
        ),
        ("CREATE TABLE extra (area text)", "row security", "khot.extra has no forced"),
        ("ALTER TABLE edition OWNER TO khot_app", "role", "khot_app owns"),
        ("GRANT DELETE ON audit TO khot_app", "role", "khot_app may DELETE khot.audit"),
        (
            "UPDATE worker SET phone = set_byte(phone, 40, get_byte(phone, 40) # 1) WHERE id = (SELECT id FROM worker LIMIT 1)",
            "keys",
            "1 of 6 encrypted values don't open",
        ),
        ("UPDATE worker SET name = set_byte(name, 3, get_byte(name, 3) # 1)", "keys", "which is not in"),
        ("DELETE FROM public._sqlx_migrations WHERE version > 7", "schema", "brings the schema"),
        (
            "INSERT INTO public._sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9001, 'x', true, '\\x00', 1)",
            "schema",
            "newer",
        ),
    ] {
        let (database, home) = place().await;
        as_owner(&database).await.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
        let (code, report) = doctor(&database, home.path(), &[]);
        let faults = faults(&report);
        assert_eq!(code, Some(1), "{sql}");
        let text = report.to_string();
        assert!(faults.iter().any(|fault| fault.0 == name), "{sql}: {faults:?}");
        assert!(text.contains(found), "{sql}: {faults:?}");
    }
}

#[tokio::test]
async fn a_chain_that_was_written_anew_is_found_by_a_head_that_was_noted() {
    let (database, home) = place().await;
    let (_, report) = doctor(&database, home.path(), &[]);
    let chain =
        report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "audit chain").unwrap();
    let head = chain["found"].as_str().unwrap().split("head ").nth(1).unwrap().to_owned();
    let (code, _) = doctor(&database, home.path(), &["--anchor", &head]);
    assert_eq!(code, Some(0));
    // All of it again, without the first entry.
    as_owner(&database)
        .await
        .execute(
            "SET session_replication_role = replica;
             DELETE FROM audit WHERE id = (SELECT entry FROM audit_link WHERE seq = 1); DELETE FROM audit_link;
             DO $$ DECLARE e audit; n bigint := 0; held bytea := decode(repeat('00', 32), 'hex'); BEGIN
                FOR e IN SELECT * FROM audit ORDER BY id LOOP
                    n := n + 1;
                    INSERT INTO audit_link VALUES (n, e.id, held, audit_hash(held, n, e)) RETURNING hash INTO held;
                END LOOP;
                UPDATE audit_head SET seq = n, hash = held;
             END $$",
        )
        .await
        .unwrap();
    assert_eq!(doctor(&database, home.path(), &[]).0, Some(0), "by itself it holds");
    let (code, report) = doctor(&database, home.path(), &["--anchor", &head]);
    assert_eq!(code, Some(1));
    assert!(faults(&report)[0].1.contains("written anew"), "{report}");
}

#[tokio::test]
async fn without_a_database_it_says_so_and_looks_at_the_rest() {
    let home = folder();
    let nowhere = bare_database().await.socket("/nonexistent");
    let (code, report) = doctor(&nowhere, home.path(), &[]);
    assert_eq!(code, Some(1));
    assert_eq!(faults(&report)[0].0, "database");
    assert!(report["checks"].as_array().unwrap().iter().any(|check| check["name"] == "disk (home)"));
    // An empty database is there, but not set up; looking at it sets nothing up.
    let empty = bare_database().await;
    let (code, report) = doctor(&empty, home.path(), &[]);
    let names: Vec<_> = faults(&report).into_iter().map(|fault| fault.0).collect();
    assert_eq!((code, names.as_slice()), (Some(1), &["postgis".to_owned(), "schema".to_owned()][..]));
    let made: bool = sqlx::query_scalar("SELECT to_regnamespace('khot') IS NOT NULL")
        .fetch_one(&mut as_owner(&empty).await)
        .await
        .unwrap();
    assert!(!made);
}
