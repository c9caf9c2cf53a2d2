//! Keys of personal data: values that were moved or touched don't open, a missing key file stops the start,
//! and changing the key survives `kill -9`.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use khot::access::Scope;
use khot::domain::PersonalField;
use khot::store::{Store, workers};
use khot::vault::{KeyId, Keyring, Vault};
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Executor};
use std::sync::Arc;
use uuid::Uuid;

use crate::harness::*;
use crate::process::{Process, khot_on, number, ran, until};

/// The program on a database with a home of its own, where its keys are.
fn khot_in(database: &PgConnectOptions, home: &Path) -> Command {
    let mut command = khot_on(&url(database));
    command.env("KHOT_HOME", home).env_remove("KHOT_KEYS_FILE");
    command
}

/// A database with workers, and a home with its keys.
async fn place(workers: u32) -> (PgConnectOptions, tempfile::TempDir, Vec<Uuid>) {
    let (database, home) = (database().await, folder());
    let path = home.path().join("keys.json");
    let ring = Keyring::new(khot::clock::random_bytes(), noon());
    khot::store::private_file::write(&path, &ring.to_bytes().unwrap()).unwrap();
    let store = with_own_keys(&database, home.path()).await;
    put_tiny(&store).await;
    let ids = put_workers(&store, "150821100", workers).await;
    store.close().await;
    (database, home, ids)
}

async fn with_own_keys(database: &PgConnectOptions, home: &Path) -> Store {
    let vault = Vault::open(&home.join("keys.json"), khot::clock::random_bytes).unwrap();
    let store = Store::open(database.clone()).await.unwrap().with_vault(Arc::new(vault));
    store.adopt_keys(noon()).await.unwrap();
    store
}

async fn masked(store: &Store, id: Uuid) -> Vec<Option<String>> {
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    workers::get(&mut tx, id, day("2026-11-23")).await.unwrap().unwrap().masked.into_values().collect()
}

fn listed(database: &PgConnectOptions, home: &Path) -> Vec<Value> {
    let said = ran(khot_in(database, home).args(["keys", "list", "--json"])).fine();
    let list: Value = serde_json::from_str(&said.stdout).unwrap();
    list["keys"].as_array().unwrap().clone()
}

fn secrets(home: &Path) -> Vec<String> {
    let ring: Value = serde_json::from_slice(&std::fs::read(home.join("keys.json")).unwrap()).unwrap();
    ring["keys"].as_array().unwrap().iter().map(|key| key["secret"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_value_that_was_moved_to_another_row_or_column_does_not_open() {
    let (database, home, ids) = place(2).await;
    let store = with_own_keys(&database, home.path()).await;
    let mut owner = as_owner(&database).await;
    let change =
        |sql: &str| AssertSqlSafe(sql.replace("$A", &ids[0].to_string()).replace("$B", &ids[1].to_string()));
    owner
        .execute(change("UPDATE worker SET bank = (SELECT bank FROM worker WHERE id = '$B') WHERE id = '$A'"))
        .await
        .unwrap();
    owner.execute(change("UPDATE worker SET phone = name WHERE id = '$B'")).await.unwrap();
    assert_eq!(masked(&store, ids[0]).await, [Some("王**".to_owned()), Some("138****0000".to_owned()), None]);
    assert_eq!(masked(&store, ids[1]).await[1], None);
    let error = store
        .reveal(&Scope::operator(), ids[0], &[PersonalField::Bank], "a good reason")
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("moved here from another place"), "{error}");
    let (values, unopened) = store.open_all().await.unwrap();
    assert_eq!((values, unopened.unwrap().values), (6, 2));
    // Nor does the change of a key hide it.
    let said = ran(khot_in(&database, home.path()).args(["keys", "rotate"])).failed();
    assert!(said.sentence().contains("doesn't open"), "{said:?}");
}

#[tokio::test]
async fn the_first_start_makes_keys_and_a_start_without_them_is_refused() {
    let (database, home) = (database().await, folder());
    // Nothing yet: keys are made, for their owner alone.
    let mut serving =
        Process::start(khot_in(&database, home.path()).args(["serve", "--listen", "127.0.0.1:0"]));
    serving.line("is ready");
    serving.terminate();
    serving.end(std::time::Duration::from_secs(15)).await;
    let path = home.path().join("keys.json");
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let store = with_own_keys(&database, home.path()).await;
    put_tiny(&store).await;
    put_workers(&store, "150821100", 2).await;
    store.close().await;

    let kept = std::fs::read(&path).unwrap();
    let serve =
        |home: &Path| ran(khot_in(&database, home).args(["serve", "--listen", "127.0.0.1:0"])).failed();
    std::fs::remove_file(&path).unwrap();
    let missing = serve(home.path());
    assert!(
        missing.sentence().starts_with("6 values of personal data are encrypted with key "),
        "{missing:?}"
    );
    assert!(!path.exists(), "no other key is made in its place");
    // Another database's keys, and a damaged file.
    let other = Keyring::new(khot::clock::random_bytes(), noon());
    khot::store::private_file::write(&path, &other.to_bytes().unwrap()).unwrap();
    assert!(serve(home.path()).sentence().contains("which is not in"));
    khot::store::private_file::write(&path, &kept[..kept.len() / 2]).unwrap();
    assert!(serve(home.path()).sentence().contains("Put its backup in place"));
    khot::store::private_file::write(&path, &kept).unwrap();
    let doctor = ran(khot_in(&database, home.path()).arg("doctor")).fine();
    assert!(doctor.stdout.contains("6 encrypted values, all of them open"), "{}", doctor.stdout);
    // Commands that touch no personal data don't ask for it.
    std::fs::remove_file(&path).unwrap();
    ran(khot_in(&database, home.path()).args(["keys", "list"])).fine();
}

#[tokio::test]
async fn a_change_of_keys_that_is_killed_halfway_goes_on_where_it_was() {
    const WORKERS: u32 = 3000;
    let (database, home, ids) = place(WORKERS).await;
    let old: KeyId = listed(&database, home.path())[0]["id"].as_str().unwrap().parse().unwrap();
    let left = async || {
        let sql = "SELECT count(*) FROM khot.worker WHERE encode(substring(name FROM 2 FOR 8), 'hex') = (
                       SELECT id FROM khot.sealing_key ORDER BY known_since LIMIT 1)";
        number(&database, sql).await
    };
    let serving = with_own_keys(&database, home.path()).await;
    let mut killed = 0;
    for _ in 0..2 {
        let before = left().await;
        let mut rotating =
            Process::start(khot_in(&database, home.path()).args(["keys", "rotate", "--batch", "20"]));
        until("some to be encrypted anew", async || left().await < before - 100).await;
        rotating.kill();
        let halfway = left().await;
        assert!(halfway > 0 && halfway < i64::from(WORKERS), "{halfway} left");
        killed += 1;
        // Meanwhile everything is read, and what is added is of the new key.
        assert_eq!(masked(&serving, ids[0]).await[0].as_deref(), Some("王**"));
        assert_eq!(masked(&serving, ids[ids.len() - 1]).await[0].as_deref(), Some("王**"));
        put_workers(&serving, "150821100", 1).await;
        assert_eq!(left().await, halfway);
        assert_eq!(secrets(home.path()).len(), 2, "no third key is made");
    }
    let said = ran(khot_in(&database, home.path()).args(["keys", "rotate"])).fine();
    assert!(said.stdout.starts_with("finished with key"), "{}", said.stdout);
    assert_eq!((killed, left().await), (2, 0));
    let keys = listed(&database, home.path());
    let states: Vec<_> = keys.iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["retired", "current"]);
    assert_eq!((keys[0]["values"].as_i64(), keys[1]["values"].as_i64()), (Some(0), Some(3 * 3002)));
    let (values, unopened) = serving.open_all().await.unwrap();
    assert_eq!((values, unopened), (9006, None));
    // Noted once, by name.
    let entries: Vec<(String, Value, Value)> =
        sqlx::query_as("SELECT subject, before, after FROM khot.audit WHERE action = 'keys.rotate'")
            .fetch_all(&mut as_owner(&database).await)
            .await
            .unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (&entries[0].0, &entries[0].1["keys"][0]),
        (&keys[1]["id"].as_str().unwrap().to_owned(), &keys[0]["id"])
    );

    // A second time it is a new key; a retired one can be forgotten, the current one not.
    let again = ran(khot_in(&database, home.path()).args(["keys", "rotate"])).fine();
    assert!(again.stdout.starts_with("now in use: key"), "{}", again.stdout);
    let current = listed(&database, home.path())[2]["id"].as_str().unwrap().to_owned();
    let forget = |key: &str| ran(khot_in(&database, home.path()).args(["keys", "forget", key]));
    assert!(forget(&current).refused().sentence().contains("run khot keys rotate first"));
    forget(&old.to_string()).fine();
    forget(&old.to_string()).refused();
    assert_eq!(secrets(home.path()).len(), 2);
    assert_eq!(serving.open_all().await.unwrap().1, None);
}

#[tokio::test]
async fn no_command_says_a_secret() {
    let (database, home, _) = place(3).await;
    let mut said = String::new();
    let mut all = secrets(home.path());
    for arguments in [
        &["keys", "list"][..],
        &["keys", "list", "--json"],
        &["keys", "rotate"],
        &["doctor"],
        &["doctor", "--json"],
    ] {
        let ran = ran(khot_in(&database, home.path()).args(arguments).env("KHOT_LOG", "trace"));
        said += &format!("{}{}", ran.stdout, ran.stderr);
    }
    all.extend(secrets(home.path()));
    assert!(said.len() > 1000);
    assert!(all.iter().all(|secret| secret.len() == 64 && !said.contains(secret.as_str())));
    for value in ["王示例0001", "13800000001", "6222020200110001"] {
        assert!(!said.contains(value), "{value}");
    }
}
