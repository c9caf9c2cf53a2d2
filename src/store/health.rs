//! What `khot doctor` looks at in the database. Nothing here changes anything.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{MIGRATIONS, Store, StoreError};
use crate::access::Scope;

/// The server and the session that the program has with it.
#[derive(Debug)]
pub struct Server {
    pub version: String,
    /// None: not set up in this database.
    pub postgis: Option<String>,
    /// The role that the program signs in as, which owns the tables.
    pub login: String,
    pub login_is_superuser: bool,
    pub clock: DateTime<Utc>,
    pub timezone: String,
    /// Where the server keeps its files, if it tells.
    pub folder: Option<String>,
}

/// How far the schema is.
#[derive(Debug)]
pub struct Schema {
    pub applied: Option<i64>,
    pub known: i64,
    /// Applied with another content than this program's, or not to the end.
    pub odd: Vec<i64>,
}

/// A job that doesn't get on.
#[derive(Debug)]
pub struct StuckJob {
    pub id: Uuid,
    pub why: &'static str,
}

/// Triggers without which the database doesn't keep its promises.
const TRIGGERS: [&str; 9] = [
    "audit_append_only",
    "audit_chained",
    "audit_head_kept",
    "audit_link_append_only",
    "grid_code_kept",
    "grid_frozen",
    "grid_not_truncated",
    "plan_frozen",
    "plan_not_truncated",
];

/// Columns by which a table's rows belong to areas.
const AREA_COLUMNS: [&str; 5] = ["area", "account_area", "banner", "village", "code"];

impl Store {
    pub async fn server(&self) -> Result<Server, StoreError> {
        let (version, login, login_is_superuser, clock, timezone): (
            String,
            String,
            bool,
            DateTime<Utc>,
            String,
        ) = sqlx::query_as(
            "SELECT current_setting('server_version'), current_user::text,
                        (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), clock_timestamp(),
                        current_setting('TimeZone')",
        )
        .fetch_one(&self.owner)
        .await?;
        let postgis: Option<String> =
            sqlx::query_scalar("SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
                .fetch_optional(&self.owner)
                .await?;
        // Only told to superusers and to whoever reads all settings.
        let folder =
            sqlx::query_scalar("SELECT current_setting('data_directory')").fetch_one(&self.owner).await.ok();
        Ok(Server { version, postgis, login, login_is_superuser, clock, timezone, folder })
    }

    pub async fn schema(&self) -> Result<Schema, StoreError> {
        let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
        let there: bool = sqlx::query_scalar("SELECT to_regclass('public._sqlx_migrations') IS NOT NULL")
            .fetch_one(&self.owner)
            .await?;
        if !there {
            return Ok(Schema { applied: None, known, odd: Vec::new() });
        }
        let rows: Vec<(i64, bool, Vec<u8>)> =
            sqlx::query_as("SELECT version, success, checksum FROM public._sqlx_migrations ORDER BY version")
                .fetch_all(&self.owner)
                .await?;
        let differs = |version: i64, checksum: &[u8]| {
            MIGRATIONS.iter().any(|known| known.version == version && known.checksum.as_ref() != checksum)
        };
        let odd = rows
            .iter()
            .filter(|(version, success, checksum)| !success || differs(*version, checksum))
            .map(|row| row.0)
            .collect();
        Ok(Schema { applied: rows.last().map(|row| row.0), known, odd })
    }

    /// What the role that the program works as should not be or have; empty when all is well.
    pub async fn role_faults(&self) -> Result<Vec<String>, StoreError> {
        let works_as: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(&self.pool).await?;
        let mut faults: Vec<String> = sqlx::query_scalar(
            "SELECT 'khot_app is a superuser' FROM pg_roles WHERE rolname = 'khot_app' AND rolsuper
             UNION ALL SELECT 'khot_app may bypass row-level security' FROM pg_roles WHERE rolname = 'khot_app' AND rolbypassrls
             UNION ALL SELECT 'khot_app may make roles' FROM pg_roles WHERE rolname = 'khot_app' AND rolcreaterole
             UNION ALL SELECT 'khot_app may make databases' FROM pg_roles WHERE rolname = 'khot_app' AND rolcreatedb
             UNION ALL SELECT 'khot_app may sign in by itself' FROM pg_roles WHERE rolname = 'khot_app' AND rolcanlogin
             UNION ALL SELECT format('khot_app is a member of %s', roleid::regrole) FROM pg_auth_members WHERE member = 'khot_app'::regrole
             UNION ALL SELECT format('khot_app owns %s', oid::regclass) FROM pg_class WHERE relowner = 'khot_app'::regrole
             UNION ALL SELECT format('khot_app owns the function %s', oid::regprocedure) FROM pg_proc WHERE proowner = 'khot_app'::regrole
             UNION ALL SELECT format('khot_app owns the schema %s', nspname) FROM pg_namespace WHERE nspowner = 'khot_app'::regrole
             UNION ALL SELECT format('khot_app may %s %s', privilege, target)
                FROM (VALUES ('UPDATE', 'khot.audit'), ('DELETE', 'khot.audit'), ('TRUNCATE', 'khot.audit'), ('INSERT', 'khot.audit_link'),
                             ('UPDATE', 'khot.audit_link'), ('DELETE', 'khot.audit_link'), ('UPDATE', 'khot.audit_head'),
                             ('INSERT', 'khot.sealing_key'), ('UPDATE', 'khot.sealing_key'), ('DELETE', 'khot.worker')) AS t (privilege, target)
                WHERE has_table_privilege('khot_app', target, privilege)",
        )
        .fetch_all(&self.owner)
        .await?;
        if works_as != "khot_app" {
            faults.insert(0, format!("the program works as {works_as} and not as khot_app"));
        }
        Ok(faults)
    }

    /// How many tables have rows of areas, and which of them lack forced row-level security or a policy, or
    /// show rows to a session that has set no scope.
    pub async fn open_tables(&self) -> Result<(usize, Vec<String>), StoreError> {
        let tables: Vec<(String, bool, bool)> = sqlx::query_as(
            "SELECT relname::text, relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid),
                    has_table_privilege('khot_app', oid, 'SELECT')
             FROM pg_class WHERE relnamespace = 'khot'::regnamespace AND relkind IN ('r', 'p')
               AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
                           AND attname = ANY ($1))
             ORDER BY 1",
        )
        .bind(AREA_COLUMNS.to_vec())
        .fetch_all(&self.owner)
        .await?;
        let mut open = Vec::new();
        let mut lone = self.pool.acquire().await?;
        for (table, guarded, readable) in &tables {
            if !guarded {
                open.push(format!("khot.{table} has no forced row-level security"));
            }
            if !readable {
                continue;
            }
            let sql = sqlx::AssertSqlSafe(format!("SELECT EXISTS (SELECT FROM khot.\"{table}\")"));
            let shows: bool = sqlx::query_scalar(sql).fetch_one(&mut *lone).await?;
            if shows {
                open.push(format!("khot.{table} shows rows without a scope"));
            }
        }
        Ok((tables.len(), open))
    }

    /// Triggers that are gone or turned off.
    pub async fn idle_triggers(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT format('%s is gone', name) FROM unnest($1::text[]) AS name
             WHERE NOT EXISTS (SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                               WHERE t.tgname = name AND c.relnamespace = 'khot'::regnamespace)
             UNION SELECT format('%s of %s is turned off', tgname, tgrelid::regclass)
             FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
             WHERE relnamespace = 'khot'::regnamespace AND tgenabled NOT IN ('O', 'A') ORDER BY 1",
        )
        .bind(TRIGGERS.to_vec())
        .fetch_all(&self.owner)
        .await?)
    }

    /// Jobs that wait or run and will not end by themselves.
    pub async fn stuck_jobs(&self, now: DateTime<Utc>) -> Result<Vec<StuckJob>, StoreError> {
        let mut tx = self.begin(&Scope::operator()).await?;
        let open: Vec<(Uuid, String, DateTime<Utc>)> = sqlx::query_as(
            "SELECT id, state, coalesce(started_at, created_at) FROM job WHERE state IN ('queued', 'running') ORDER BY created_at",
        )
        .fetch_all(tx.conn())
        .await?;
        drop(tx);
        let queued: Vec<(Option<String>, bool, Option<DateTime<Utc>>)> = sqlx::query_as(
            "SELECT key, attempts >= max_attempts, locked_at FROM graphile_worker._private_jobs",
        )
        .fetch_all(&self.owner)
        .await?;
        let mut stuck = Vec::new();
        for (id, state, since) in open {
            let row = queued.iter().find(|row| row.0.as_deref() == Some(id.to_string().as_str()));
            // The queue forgets a job in the moment after the program has ended it.
            let aged = now - since > chrono::TimeDelta::minutes(1);
            let why = match row {
                None if aged => Some("it is no longer in the queue"),
                Some((_, true, None)) => Some("the queue has given it up"),
                Some((_, _, None)) if state == "queued" && now - since > chrono::TimeDelta::hours(1) => {
                    Some("no worker has taken it up for an hour")
                }
                Some((_, _, Some(locked))) if now - *locked > chrono::TimeDelta::hours(12) => {
                    Some("a worker has had it for more than 12 hours")
                }
                _ => None,
            };
            stuck.extend(why.map(|why| StuckJob { id, why }));
        }
        Ok(stuck)
    }
}
