//! The only SQL of the product, on PostgreSQL with PostGIS.
//!
//! Three ways in, on purpose:
//!
//! - [`Store::begin`] opens a transaction for a [`Scope`]. The scope is set inside the transaction and
//!   ends with it; row-level security lets nothing else through. Every function that reads or writes
//!   rows of an area takes the [`Tx`] that only this gives.
//! - sign-in ([`accounts`]) reaches an account by its name or token, before any scope is known.
//! - backups ([`backup`]) hold whole schemas, and go through PostgreSQL's own tools as the owner.
//!
//! The program works as the role `khot_app`, which owns nothing and can't bypass row-level security.
//! Migrations, and the queue library on its own schema, run as the owner.
//!
//! Spatial indexes are no help below row-level security: PostgreSQL may not run `&&`, which isn't
//! leakproof, before the scope is checked. Queries therefore narrow down by code, plan or banner first; by the
//! beginning of a code with `^@`, which is leakproof, where `LIKE`, which isn't, would read the whole table.

pub mod accounts;
pub mod areas;
pub mod assignments;
pub mod audit;
pub mod backup;
pub mod bodies;
pub mod cluster;
pub mod comparison;
pub mod drafts;
mod error;
pub mod geometry;
pub mod grids;
pub mod health;
pub mod imports;
pub mod jobs;
pub mod keys;
pub mod leftovers;
pub mod links;
pub mod outlets;
pub mod pay;
pub mod placements;
pub mod plans;
pub mod posts;
pub mod private_file;
pub mod proposals;
pub mod roads;
pub mod search;
pub mod services;
pub mod tiles;
pub mod units;
pub mod workers;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgPool, Postgres, Transaction};

use crate::access::Scope;
use crate::vault::Vault;
pub use cluster::{Cluster, ClusterError};
pub use error::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The database that the private cluster holds the product in.
pub const DATABASE: &str = "khot";

/// Connections of the program, unless said otherwise.
const CONNECTIONS: u32 = 16;

/// The advisory lock that whoever makes the database or its tables holds.
const SETTING_UP: i64 = 0x6b68_6f74;

/// The product's store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    owner: PgPool,
    vault: Option<Arc<Vault>>,
}

/// A transaction that has set its scope. Dropped without [`Tx::commit`], it is rolled back.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    scope: Scope,
    vault: Option<Arc<Vault>>,
}

impl Tx {
    /// Who this transaction works for.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }

    fn conn(&mut self) -> &mut sqlx::PgConnection {
        &mut self.inner
    }

    fn vault(&self) -> Result<&Arc<Vault>, StoreError> {
        self.vault.as_ref().ok_or(StoreError::NoKeys)
    }

    /// Before true counts are read whatever their village: for jobs and the command line, never for a caller.
    fn must_see_exact(&self) -> Result<(), StoreError> {
        if self.scope.sees_exact_everywhere() {
            return Ok(());
        }
        Err(StoreError::corrupt("scope", "true counts are for the program's own work"))
    }
}

impl Store {
    /// Connects to the server at `url`, and brings its schema up to date.
    pub async fn open_url(url: &str) -> Result<Self, StoreError> {
        Self::open(options_of(url)?).await
    }

    /// Connects to the private cluster, makes the database where it is missing, and brings its schema up
    /// to date.
    pub async fn open_cluster(cluster: &Cluster) -> Result<Self, StoreError> {
        Self::make_database(cluster).await?;
        Self::open(cluster.options(DATABASE)).await
    }

    /// Makes the product's database in the private cluster, without any table, where it is missing; whether it
    /// was.
    pub async fn make_database(cluster: &Cluster) -> Result<bool, StoreError> {
        let mut admin = cluster.options("postgres").connect().await?;
        // Two processes may start at once; the lock ends with the connection.
        sqlx::query("SELECT pg_advisory_lock($1)").bind(SETTING_UP).execute(&mut admin).await?;
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(DATABASE)
            .fetch_one(&mut admin)
            .await?;
        if !exists {
            sqlx::query("CREATE DATABASE khot").execute(&mut admin).await?;
        }
        admin.close().await?;
        Ok(!exists)
    }

    /// Connects with `options` (the owner's) and brings the schema up to date.
    pub async fn open(options: PgConnectOptions) -> Result<Self, StoreError> {
        Self::open_with(options, CONNECTIONS).await
    }

    /// The same with so many connections at most for the program's own work.
    pub async fn open_with(options: PgConnectOptions, connections: u32) -> Result<Self, StoreError> {
        let (options, owner) = as_owner(options).await?;
        let mut setting_up = owner.acquire().await?;
        sqlx::query("SELECT pg_advisory_lock($1)").bind(SETTING_UP).execute(&mut *setting_up).await?;
        let migrated = migrate(&owner).await;
        sqlx::query("SELECT pg_advisory_unlock($1)").bind(SETTING_UP).execute(&mut *setting_up).await?;
        drop(setting_up);
        migrated?;
        let pool = as_program(connections).connect_with(options).await?;
        Ok(Self { pool, owner, vault: None })
    }

    /// Connects with `options` and changes nothing, whatever is there: for looking at what is wrong.
    pub async fn open_as_it_is(options: PgConnectOptions) -> Result<Self, StoreError> {
        let (options, owner) = as_owner(options).await?;
        Ok(Self { pool: as_program(CONNECTIONS).connect_lazy_with(options), owner, vault: None })
    }

    /// The same store with the keys of personal data.
    pub fn with_vault(mut self, vault: Arc<Vault>) -> Self {
        self.vault = Some(vault);
        self
    }

    fn vault(&self) -> Result<&Arc<Vault>, StoreError> {
        self.vault.as_ref().ok_or(StoreError::NoKeys)
    }

    /// Opens a transaction that can touch what `scope` allows, and nothing else.
    pub async fn begin(&self, scope: &Scope) -> Result<Tx, StoreError> {
        let mut inner = self.pool.begin().await?;
        set_scope(&mut inner, scope).await?;
        Ok(Tx { inner, scope: scope.clone(), vault: self.vault.clone() })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// For the queue library, on its own schema and nothing else.
    pub fn queue_pool(&self) -> PgPool {
        self.owner.clone()
    }

    /// Connections in use and open, for the metrics.
    pub fn connections(&self) -> (u32, u32) {
        let open = self.pool.size();
        (open.saturating_sub(u32::try_from(self.pool.num_idle()).unwrap_or(0)), open)
    }

    /// Closes every connection in order.
    pub async fn close(&self) {
        self.pool.close().await;
        self.owner.close().await;
    }
}

/// The connection settings that a URL names.
///
/// # Errors
/// For what is no address of a PostgreSQL server.
pub fn options_of(url: &str) -> Result<PgConnectOptions, StoreError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(StoreError::Unreachable(
            "DATABASE_URL is not a PostgreSQL address: write postgres://user@host/database".to_owned(),
        ));
    }
    PgConnectOptions::from_str(url).map_err(|error| {
        StoreError::Unreachable(format!("DATABASE_URL is not a PostgreSQL address ({error})"))
    })
}

/// The owner's connections, and the settings for the program's.
async fn as_owner(options: PgConnectOptions) -> Result<(PgConnectOptions, PgPool), StoreError> {
    let options = options.options([("timezone", "UTC")]).application_name("khot");
    // A pool would ask a server that isn't there again and again, and not say why it gave up.
    options.connect().await?.close().await?;
    let owner = PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options.clone().options([("search_path", "public")]))
        .await?;
    Ok((options.options([("search_path", "khot,public")]), owner))
}

/// Connections as the role that the program works as.
fn as_program(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(10)).after_connect(
        |connection, _| {
            Box::pin(async move {
                sqlx::query("SET ROLE khot_app").execute(connection).await?;
                Ok(())
            })
        },
    )
}

/// Tells the database the scope, until the transaction ends.
async fn set_scope(connection: &mut sqlx::PgConnection, scope: &Scope) -> Result<(), StoreError> {
    let (names, values): (Vec<String>, Vec<String>) = scope.settings().into_iter().unzip();
    sqlx::query(
        "SELECT count(set_config(name, value, true)) FROM unnest($1::text[], $2::text[]) AS s (name, value)",
    )
    .bind(names)
    .bind(values)
    .execute(connection)
    .await?;
    Ok(())
}

async fn migrate(owner: &PgPool) -> Result<(), StoreError> {
    let available: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'postgis')")
            .fetch_one(owner)
            .await?;
    if !available {
        return Err(StoreError::NoPostgis);
    }
    // Looked at before anything is changed: a newer program's database is left alone.
    let has_ledger: bool = sqlx::query_scalar("SELECT to_regclass('public._sqlx_migrations') IS NOT NULL")
        .fetch_one(owner)
        .await?;
    if has_ledger {
        let newest: Option<i64> =
            sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(owner).await?;
        let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
        if let Some(newest) = newest.filter(|newest| *newest > known) {
            return Err(StoreError::SchemaNewer(newest));
        }
    }
    if !has_ledger {
        let may: bool = sqlx::query_scalar("SELECT has_database_privilege(current_database(), 'CREATE')")
            .fetch_one(owner)
            .await?;
        if !may {
            return Err(StoreError::NotAllowed("it may not make schemas in this database".to_owned()));
        }
    }
    crate::store::jobs::prepare_queue(owner).await?;
    MIGRATIONS.run(owner).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => StoreError::SchemaNewer(version),
        MigrateError::Execute(sqlx::Error::Database(database))
        | MigrateError::ExecuteMigration(sqlx::Error::Database(database), _)
            if database.code().as_deref() == Some("42501") =>
        {
            StoreError::NotAllowed(database.message().to_owned())
        }
        other => StoreError::Migration(other.to_string()),
    })
}
