//! A test's own database on a real PostGIS.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use khot::store::{Cluster, Store};
use khot::vault::Vault;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

use super::noon;

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

/// The store with keys for personal data: the same for every test, in a file below the tests' home.
pub async fn with_keys(store: Store) -> Store {
    let path = keys_file();
    let vault = Vault::open(&path, khot::clock::random_bytes).unwrap();
    let store = store.with_vault(Arc::new(vault));
    store.adopt_keys(noon()).await.unwrap();
    store
}

pub fn keys_file() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-home");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("keys-for-tests.json");
    if !path.exists() {
        // Several tests may be at it at once; all write the same.
        let own = folder.join(format!("keys-{}.json", std::process::id()));
        let ring = khot::vault::Keyring::new([7; 32], noon());
        khot::store::private_file::write(&own, &ring.to_bytes().unwrap()).unwrap();
        std::fs::rename(&own, &path).unwrap();
    }
    path
}

/// A store on a database of its own.
pub async fn store() -> Store {
    Store::open(database().await).await.unwrap()
}
