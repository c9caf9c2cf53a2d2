//! Backups: everything comes back, to the row; what isn't whole is refused before anything is changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use khot::access::Scope;
use khot::jobs::{self, DivisionParams};
use khot::store::backup::HEAD_BYTES;
use khot::store::{Cluster, DATABASE, Store};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::harness::*;
use crate::process::{Home, Process, khot_at, khot_on, ran, until};

/// Every table of the product and of its queue: how many rows, and a digest of them.
async fn tables(database: &PgConnectOptions) -> BTreeMap<String, (i64, String)> {
    let mut connection = database.connect().await.unwrap();
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
         WHERE schemaname IN ('khot', 'graphile_worker') OR tablename = '_sqlx_migrations' ORDER BY 1",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut tables = BTreeMap::new();
    for name in names {
        let sql = format!(
            "SELECT count(*), md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM {name} t"
        );
        let row = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap();
        tables.insert(name, row);
    }
    connection.close().await.unwrap();
    tables
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same backup with another manifest, as if it had been made so.
fn with_manifest(backup: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut lines = backup.splitn(3, |byte| *byte == b'\n').skip(1);
    let mut manifest: Value = serde_json::from_slice(lines.next().unwrap()).unwrap();
    change(&mut manifest);
    let manifest = manifest.to_string();
    let mut head = format!("khot-backup 1 {}\n{manifest}\n", hex(&Sha256::digest(&manifest))).into_bytes();
    head.resize(HEAD_BYTES - 1, b' ');
    head.push(b'\n');
    [&head, &backup[HEAD_BYTES..]].concat()
}

fn backup(home: &Path, file: &Path) {
    let told = ran(khot_at(home).arg("backup").arg(file)).fine();
    assert!(told.stdout.contains("rows of"), "{told:?}");
}

/// A home with a bit of everything: areas, units, two plans, accounts, a session, an upload, and a job that a worker
/// is at when the backup is made.
struct Place {
    home: Home,
    cluster: Cluster,
    database: PgConnectOptions,
    folder: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let home = Home::new();
        let cluster = Cluster::join(&home.path, || "only-for-tests".to_owned()).unwrap();
        let store = Store::open_cluster(&cluster).await.unwrap();
        put_tiny(&store).await;
        put_published(&store, 1, "2026-01-01").await;
        put_draft(&store, 2).await;
        put_administrator(&store).await;
        store
            .keep_upload(&Scope::operator(), uuid::Uuid::now_v7(), &code("15"), "a.csv", &b"a,b\0"[..])
            .await
            .unwrap();
        store.close().await;
        let database = cluster.options(DATABASE);
        let mut owner = as_owner(&database).await;
        owner
            .execute("INSERT INTO session (token_hash, account, created_at, expires_at) SELECT '\\x01', id, now(), now() + '1 day' FROM account")
            .await
            .unwrap();
        owner.close().await.unwrap();
        Self { home, cluster, database, folder: folder() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[tokio::test]
async fn everything_comes_back_and_a_running_job_is_taken_up() {
    let place = Place::new().await;
    // A worker in the middle of a division: it has all but saved its plan.
    let mut lock = place.database.connect().await.unwrap();
    lock.execute("BEGIN").await.unwrap();
    lock.execute("LOCK TABLE khot.grid IN SHARE MODE").await.unwrap();
    let mut worker = Process::start(khot_at(&place.home.path).arg("work"));
    worker.line("taking queued jobs");
    let store = Store::open_cluster(&place.cluster).await.unwrap();
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let params = DivisionParams { seed: 3, ..DivisionParams::default() };
    jobs::queue_division(&mut tx, &code("150821"), &params, noon()).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    until("the division to save", async || {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'khot.grid'::regclass",
        )
        .fetch_one(&mut lock)
        .await
        .unwrap();
        waiting > 0
    })
    .await;
    let file = place.file("all.backup");
    backup(&place.home.path, &file);
    worker.kill();
    lock.close().await.unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let head = String::from_utf8(std::fs::read(&file).unwrap()[..HEAD_BYTES].to_vec()).unwrap();
    let manifest: Value = serde_json::from_str(head.lines().nth(1).unwrap()).unwrap();
    assert_eq!(manifest["rows"]["khot.area"], json!(9), "{manifest}");
    assert_eq!(manifest["rows"]["khot.plan"], json!(2), "{manifest}");
    let told = ran(khot_at(&place.home.path).arg("backup").arg(&file)).refused();
    assert!(told.sentence().contains("there already"), "{told:?}");

    let fresh = Home::new();
    let told = ran(khot_at(&fresh.path).arg("restore").arg(&file)).fine();
    assert!(told.stdout.contains("restored"), "{told:?}");
    assert_eq!(fresh.postmaster(), None);
    let cluster = Cluster::join(&fresh.path, || unreachable!()).unwrap();
    let restored = cluster.options(DATABASE);
    let after = tables(&restored).await;
    for (name, rows) in manifest["rows"].as_object().unwrap() {
        let rows = if name == "khot.session" { &json!(0) } else { rows };
        assert_eq!(&json!(after[name].0), rows, "{name}");
    }
    // The killed worker's own traces went on changing after the backup; all else is the same to the byte.
    let before = tables(&place.database).await;
    assert!(before.len() > 12 && before.keys().eq(after.keys()), "{:?}", after.keys());
    for (name, held) in &before {
        let moved = name.starts_with("graphile_worker.") || name == "khot.session" || name == "khot.job";
        assert!(moved || after[name] == *held, "{name}: {held:?}, restored {:?}", after[name]);
    }
    // Still bound, still frozen, still in order.
    let mut program = as_program(&restored).await;
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM area").fetch_one(&mut program).await.unwrap();
    assert_eq!(seen, 0, "without a scope nothing is seen");
    program.close().await.unwrap();
    let mut owner = as_owner(&restored).await;
    assert!(
        owner.execute("UPDATE plan SET title = 'x' WHERE status <> 'draft'").await.is_err(),
        "a published plan changed"
    );
    let state: String = sqlx::query_scalar("SELECT state FROM job").fetch_one(&mut owner).await.unwrap();
    assert_eq!(state, "running");
    let mut worker = Process::start(khot_at(&fresh.path).arg("work"));
    until("the job to be done", async || {
        let state: String = sqlx::query_scalar("SELECT state FROM job").fetch_one(&mut owner).await.unwrap();
        assert_ne!(state, "failed");
        state == "done"
    })
    .await;
    let plans: i64 = sqlx::query_scalar("SELECT count(*) FROM plan").fetch_one(&mut owner).await.unwrap();
    assert_eq!(plans, 3);
    // While somebody works on it, it isn't replaced.
    let told = ran(khot_at(&fresh.path).args(["restore", "--replace"]).arg(&file)).refused();
    assert!(told.sentence().contains("stop it first"), "{told:?}");
    owner.close().await.unwrap();
    worker.terminate();
    worker.end(Duration::from_secs(20)).await;

    let told = ran(khot_at(&fresh.path).arg("restore").arg(&file)).refused();
    assert!(told.sentence().contains("--replace"), "{told:?}");
    ran(khot_at(&fresh.path).args(["restore", "--replace"]).arg(&file)).fine();
    let again = tables(&restored).await;
    assert_eq!(again["khot.plan"].0, 2, "what was there is gone");
    for (name, held) in &after {
        assert_eq!(&again[name], held, "{name}");
    }
}

#[tokio::test]
async fn what_is_not_whole_is_refused_before_anything_is_made() {
    let place = Place::new().await;
    let file = place.file("whole.backup");
    backup(&place.home.path, &file);
    let whole = std::fs::read(&file).unwrap();
    let fresh = Home::new();
    let refused = |name: &str, bytes: &[u8], why: &str| {
        let bad = place.file(name);
        std::fs::write(&bad, bytes).unwrap();
        let told = ran(khot_at(&fresh.path).args(["restore", "--replace"]).arg(&bad)).refused();
        assert!(told.sentence().contains(why), "{name}: {told:?}");
        assert!(!fresh.path.exists(), "{name}: a home was made for it");
    };
    for length in [1, 200, HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 10, whole.len() / 2, whole.len() - 1] {
        let why = if length < 20 { "not a backup" } else { "cut short" };
        refused("cut.backup", &whole[..length], why);
    }
    let mut longer = whole.clone();
    longer.push(0);
    refused("longer.backup", &longer, "changed since");
    for at in [30, 100, 300, HEAD_BYTES, HEAD_BYTES + 1000, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        refused("changed.backup", &changed, "changed since");
    }
    refused("empty.backup", b"", "not a backup");
    refused("other.backup", &whole[HEAD_BYTES..], "not a backup");
    refused("format.backup", &[b"khot-backup 2", &whole[13..]].concat(), "newer");
    let newer = with_manifest(&whole, |manifest| {
        manifest["version"] = json!("9.0.0");
        let mut migration = manifest["migrations"][0].clone();
        migration["version"] = json!(9999);
        manifest["migrations"].as_array_mut().unwrap().push(migration);
    });
    refused("newer.backup", &newer, "newer program (9.0.0)");
    let other = with_manifest(&whole, |manifest| manifest["migrations"][0]["checksum"] = json!("00"));
    refused("build.backup", &other, "different build");

    // Whole by its digests, but not what it says: found when the rows are counted, before the commit.
    let before = tables(&place.database).await;
    let lying = place.file("lying.backup");
    std::fs::write(&lying, with_manifest(&whole, |manifest| manifest["rows"]["khot.area"] = json!(10)))
        .unwrap();
    let told = ran(khot_at(&place.home.path).args(["restore", "--replace"]).arg(&lying)).failed();
    assert!(told.sentence().contains("khot.area has not the 10 rows"), "{told:?}");
    assert_eq!(tables(&place.database).await, before);
}

#[tokio::test]
async fn a_backup_that_was_killed_is_not_there() {
    let place = Place::new().await;
    let file = place.file("killed.backup");
    let mut lock = place.database.connect().await.unwrap();
    lock.execute("BEGIN").await.unwrap();
    lock.execute("LOCK TABLE khot.unit IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let mut process = Process::start(khot_at(&place.home.path).arg("backup").arg(&file));
    until("the backup to wait", async || {
        let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_locks WHERE NOT granted")
            .fetch_one(&mut lock)
            .await
            .unwrap();
        waiting > 0
    })
    .await;
    process.kill();
    assert!(!file.exists());
    let mut asked = Process::start(khot_at(&place.home.path).arg("backup").arg(&file));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    asked.terminate();
    assert_eq!(asked.end(Duration::from_secs(20)).await.code(), Some(143));
    assert!(!file.exists());
    lock.execute("ROLLBACK").await.unwrap();
    backup(&place.home.path, &file);
    // What was killed may leave its unfinished file, under a name that says so; what was asked to end leaves none.
    let mut left: Vec<String> = std::fs::read_dir(place.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.retain(|name| name != "killed.backup");
    assert!(left.iter().all(|name| name.starts_with("killed.backup.part-")) && left.len() <= 1, "{left:?}");
}

#[tokio::test]
async fn an_older_backup_is_brought_up_to_date() {
    let old = bare_database().await;
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(migrations).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.pop();
    let folder = folder();
    for file in &files {
        std::fs::copy(file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    let pool = sqlx::PgPool::connect_with(old.clone()).await.unwrap();
    graphile_worker::WorkerUtils::new(graphile_worker::Database::from(pool.clone()), "graphile_worker")
        .migrate()
        .await
        .unwrap();
    sqlx::migrate::Migrator::new(folder.path()).await.unwrap().run(&pool).await.unwrap();
    pool.close().await;
    let file = folder.path().join("old.backup");
    ran(khot_on(&url(&old)).arg("backup").arg(&file)).fine();
    let new = bare_database().await;
    ran(khot_on(&url(&new)).arg("restore").arg(&file)).fine();
    let (old, new) = (tables(&old).await, tables(&new).await);
    assert_eq!(old["public._sqlx_migrations"].0 + 1, new["public._sqlx_migrations"].0);
    assert!(new.contains_key("khot.upload") && new.len() >= old.len());
}

#[tokio::test]
async fn a_database_that_can_not_be_backed_up_says_why() {
    let database = bare_database().await;
    let file = folder().path().join("never.backup");
    let told = ran(khot_on(&url(&database)).arg("backup").arg(&file)).refused();
    assert!(told.sentence().contains("nothing to back up"), "{told:?}");
    let told = ran(khot_on("postgres://nobody@127.0.0.1:9/none").arg("backup").arg(&file)).failed();
    assert!(told.sentence().contains("can't reach the database"), "{told:?}");

    // A user that row-level security binds would leave rows out.
    let database = crate::harness::database().await;
    let mut owner = as_owner(&database).await;
    let name = format!("plain_{}", uuid::Uuid::now_v7().simple());
    crate::harness::run(&mut owner, format!("CREATE ROLE {name} LOGIN PASSWORD 'p@ss:word'")).await;
    let plain = database.username(&name).password("p@ss:word");
    let told = ran(khot_on(&url(&plain)).arg("backup").arg(&file)).refused();
    assert!(told.sentence().contains("BYPASSRLS") && !told.stderr.contains("p@ss"), "{told:?}");
    crate::harness::run(&mut owner, format!("DROP ROLE {name}")).await;
    assert!(!file.exists());
}
