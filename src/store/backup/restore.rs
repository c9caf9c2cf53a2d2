//! Restoring a backup.

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin};

use super::head::Manifest;
use super::{BackupError, SCHEMAS, Tools, check};
use crate::store::Store;

/// What may happen to what the database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// It must hold nothing.
    Never,
    /// It is dropped.
    Everything,
}

/// Puts back what the backup at `path` holds, and brings an older one's schema up to date. Sessions are left out:
/// whoever was signed in signs in again.
///
/// # Errors
/// When the backup can't be used, the database holds data or is in use, or a tool fails. Nothing was changed then.
pub async fn restore(tools: &Tools, path: &Path, replace: Replace) -> Result<Manifest, BackupError> {
    let checked = {
        let path = path.to_owned();
        tokio::task::spawn_blocking(move || check(&path)).await
    };
    let (manifest, payload) =
        checked.map_err(|error| BackupError::Tool { program: "check", said: error.to_string() })??;
    let mut connection = tools.connect().await?;
    if replace == Replace::Never && holds_data(&mut connection).await? {
        return Err(BackupError::NotEmpty);
    }
    let others: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'khot' AND pid <> pg_backend_pid()",
    )
    .fetch_one(&mut connection)
    .await?;
    if others > 0 {
        return Err(BackupError::InUse(others));
    }
    // The ledger's own table is the migration library's; empty, it says that nothing has been done yet.
    sqlx::migrate::Migrate::ensure_migrations_table(&mut connection, "_sqlx_migrations")
        .await
        .map_err(|error| crate::store::StoreError::Migration(error.to_string()))?;
    connection.close().await?;
    replay(tools, &manifest, tokio::fs::File::from_std(payload)).await?;
    Store::open(tools.options()).await?.close().await;
    Ok(manifest)
}

/// Whether anybody has put anything into the database. Its tables may have been set up.
async fn holds_data(connection: &mut PgConnection) -> Result<bool, BackupError> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
         WHERE schemaname = 'khot' AND tablename IN ('account', 'area', 'audit', 'job', 'plan', 'upload')",
    )
    .fetch_all(&mut *connection)
    .await?;
    // For a user that row-level security binds.
    sqlx::query("SELECT set_config('khot.scope', '*', false)").execute(&mut *connection).await?;
    for table in tables {
        let sql = format!("SELECT EXISTS (SELECT FROM {table})");
        if sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *connection).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `pg_restore` turns the payload into SQL, and `psql` runs it between our own beginning and end, in one
/// transaction that isn't committed unless all of it went well.
async fn replay(tools: &Tools, manifest: &Manifest, mut payload: tokio::fs::File) -> Result<(), BackupError> {
    let mut reader = spawn(
        tools,
        "pg_restore",
        &["--file=-", "--format=custom", "--no-owner", "--no-comments", "--exit-on-error"],
    )?;
    let mut writer = spawn(
        tools,
        "psql",
        &["--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--file=-"],
    )?;
    let (mut fed, mut sql) = (stream(reader.stdin.take())?, stream(reader.stdout.take())?);
    let (mut errors, mut script) = (stream(reader.stderr.take())?, stream(writer.stdin.take())?);
    let (mut told, mut refused) = (stream(writer.stdout.take())?, stream(writer.stderr.take())?);
    let (mut reader_said, mut writer_said, mut nothing) = (String::new(), String::new(), Vec::new());
    // Broken pipes are the echo of a program that has failed: what it said counts.
    let feeding = async {
        let _ = tokio::io::copy(&mut payload, &mut fed).await;
        drop(fed);
    };
    let piping = async {
        let _ = script.write_all(opening(manifest).as_bytes()).await;
        let _ = tokio::io::copy(&mut sql, &mut script).await;
        drop(sql);
        let read = reader.wait().await.is_ok_and(|status| status.success());
        if read {
            let _ = script.write_all(closing(manifest).as_bytes()).await;
        }
        finish(script).await;
        read
    };
    let ((), read, _, _, _) = tokio::join!(
        feeding,
        piping,
        errors.read_to_string(&mut reader_said),
        refused.read_to_string(&mut writer_said),
        told.read_to_end(&mut nothing)
    );
    let written = writer.wait().await.is_ok_and(|status| status.success());
    match (written, read) {
        (true, true) => Ok(()),
        (false, _) => Err(BackupError::Tool { program: "psql", said: short(&writer_said) }),
        (_, false) => Err(BackupError::Tool { program: "pg_restore", said: short(&reader_said) }),
    }
}

fn spawn(tools: &Tools, program: &'static str, arguments: &[&str]) -> Result<Child, BackupError> {
    let mut command = tools.command(program);
    command.args(arguments).stdin(std::process::Stdio::piped());
    command.spawn().map_err(|_| BackupError::NoTool { program })
}

fn stream<T>(stream: Option<T>) -> Result<T, BackupError> {
    stream.ok_or(BackupError::Tool { program: "psql", said: "no streams".to_owned() })
}

async fn finish(mut script: ChildStdin) {
    let _ = script.flush().await;
    let _ = script.shutdown().await;
}

/// The beginning: everything that is there goes, and what the dump leaves to whoever restores it is made.
fn opening(manifest: &Manifest) -> String {
    let mut sql =
        "BEGIN;\nSET client_min_messages = warning;\nSET standard_conforming_strings = on;\n".to_owned();
    for schema in SCHEMAS {
        sql.push_str(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE;\n"));
    }
    sql.push_str(
        "CREATE EXTENSION IF NOT EXISTS postgis;\nCREATE EXTENSION IF NOT EXISTS btree_gist;
DO $$ BEGIN CREATE ROLE khot_app NOLOGIN NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN IF NOT pg_has_role(current_user, 'khot_app', 'MEMBER') THEN
    EXECUTE format('GRANT khot_app TO %I', current_user); END IF; END $$;
DELETE FROM public._sqlx_migrations;\n",
    );
    for applied in &manifest.migrations {
        sql.push_str(&format!(
            "INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
             VALUES ({}, {}, {}, true, decode({}, 'hex'), {});\n",
            applied.version,
            literal(&applied.description),
            literal(&applied.installed_on.to_rfc3339()),
            literal(&applied.checksum),
            applied.execution_time
        ));
    }
    sql
}

/// The end: as many rows as there were, or nothing. The planner gets to know them at once.
fn closing(manifest: &Manifest) -> String {
    let mut sql = "\nSET search_path = pg_catalog;\nSET row_security = on;\nSELECT set_config('khot.scope', '*', true);\n"
        .to_owned();
    for (table, rows) in &manifest.rows {
        let quoted: Vec<String> =
            table.split('.').map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
        let quoted = quoted.join(".");
        let message = literal(&format!("{table} has not the {rows} rows that it had"));
        sql.push_str(&format!(
            "DO $check$ BEGIN IF (SELECT count(*) FROM {quoted}) <> {rows} THEN RAISE EXCEPTION USING MESSAGE = {message}; END IF; END $check$;\nANALYZE {quoted};\n"
        ));
    }
    sql.push_str("DELETE FROM khot.session;\nCOMMIT;\n");
    sql
}

fn literal(text: &str) -> String {
    // With standard strings nothing but the quote has a meaning.
    format!("'{}'", text.replace('\'', "''").replace('\0', ""))
}

/// The first lines of what a tool said.
pub(super) fn short(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).take(3).collect();
    if lines.is_empty() { "it said nothing".to_owned() } else { lines.join(" | ") }
}
