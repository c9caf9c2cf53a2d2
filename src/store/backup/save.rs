//! Making a backup.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::head::{Applied, HEAD_BYTES, Manifest, hex};
use super::{BackupError, SCHEMAS, Tools, file_error};

/// Writes everything that the database holds, as it is at one moment, to `path`, readable by its owner alone. The
/// program may go on running.
///
/// # Errors
/// When `path` is there already, and when any of it fails: then there is nothing at `path`.
pub async fn save(tools: &Tools, path: &Path, now: DateTime<Utc>) -> Result<Manifest, BackupError> {
    if path.exists() {
        return Err(BackupError::Exists(path.to_owned()));
    }
    let mut connection = tools.connect().await?;
    may_see_everything(&mut connection).await?;
    // What is counted here and what is dumped there are the same moment's.
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let snapshot: String =
        sqlx::query_scalar("SELECT pg_export_snapshot()").fetch_one(&mut connection).await?;
    let mut manifest = described(&mut connection, now).await?;
    let part = Part::beside(path);
    let mut file = part.create().await.map_err(file_error(&part.0))?;
    dump(tools, &snapshot, &mut file, &mut manifest, &part.0).await?;
    connection.execute("ROLLBACK").await?;
    connection.close().await?;
    let written = async {
        file.rewind().await?;
        file.write_all(&manifest.head()?).await?;
        file.flush().await?;
        file.sync_all().await?;
        // Fails where something has got the name meanwhile, as a rename would not; not every file system has links.
        match tokio::fs::hard_link(&part.0, path).await {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Err(error),
            Err(_) => tokio::fs::rename(&part.0, path).await?,
            Ok(()) => {}
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).await?.sync_all().await
    };
    written.await.map_err(file_error(path))?;
    Ok(manifest)
}

/// The file while it is being written; it goes when this does.
struct Part(PathBuf);

impl Part {
    fn beside(path: &Path) -> Self {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".part-{}", std::process::id()));
        Self(path.with_file_name(name))
    }

    async fn create(&self) -> std::io::Result<File> {
        File::options().write(true).create_new(true).mode(0o600).open(&self.0).await
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Row-level security is forced, so that it binds the tables' owner as well; `pg_dump` would stop at the first table.
async fn may_see_everything(connection: &mut PgConnection) -> Result<(), BackupError> {
    let (user, sees): (String, bool) = sqlx::query_as(
        "SELECT current_user::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user",
    )
    .fetch_one(connection)
    .await?;
    if sees { Ok(()) } else { Err(BackupError::HalfBlind(user)) }
}

async fn described(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<Manifest, BackupError> {
    let set_up: bool = sqlx::query_scalar(
        "SELECT to_regclass('public._sqlx_migrations') IS NOT NULL AND to_regnamespace('khot') IS NOT NULL",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !set_up {
        return Err(BackupError::NothingHeld);
    }
    let migrations: Vec<Applied> = sqlx::query_as(
        "SELECT version, description, installed_on, encode(checksum, 'hex') AS checksum, execution_time
         FROM public._sqlx_migrations WHERE success ORDER BY version",
    )
    .fetch_all(&mut *connection)
    .await?;
    let postgres: String =
        sqlx::query_scalar("SELECT current_setting('server_version')").fetch_one(&mut *connection).await?;
    let mut rows = BTreeMap::new();
    for (name, quoted) in tables(connection).await? {
        let sql = format!("SELECT count(*) FROM {quoted}");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *connection).await?;
        rows.insert(name, count);
    }
    Ok(Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: now,
        postgres,
        schema: migrations.iter().map(|applied| applied.version).max().unwrap_or(0),
        migrations,
        rows,
        payload_bytes: 0,
        payload_sha256: String::new(),
    })
}

/// Every table of a backup: `schema.name`, and the same as SQL wants it.
async fn tables(connection: &mut PgConnection) -> Result<Vec<(String, String)>, BackupError> {
    Ok(sqlx::query_as(
        "SELECT schemaname || '.' || tablename, format('%I.%I', schemaname, tablename) FROM pg_tables
         WHERE schemaname = ANY ($1) ORDER BY 1",
    )
    .bind(SCHEMAS.map(str::to_owned).to_vec())
    .fetch_all(connection)
    .await?)
}

/// Lets `pg_dump` write behind the place of the head.
async fn dump(
    tools: &Tools,
    snapshot: &str,
    file: &mut File,
    manifest: &mut Manifest,
    path: &Path,
) -> Result<(), BackupError> {
    const PROGRAM: &str = "pg_dump";
    file.write_all(&vec![b' '; HEAD_BYTES]).await.map_err(file_error(path))?;
    let mut child = tools
        .command(PROGRAM)
        .args(["--format=custom", "--no-password", "--snapshot", snapshot])
        .args(SCHEMAS.map(|schema| format!("--schema={schema}")))
        .spawn()
        .map_err(|_| BackupError::NoTool { program: PROGRAM })?;
    let failed = |said: String| BackupError::Tool { program: PROGRAM, said };
    let (Some(mut output), Some(mut errors)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(failed("no output".to_owned()));
    };
    let copying = async {
        let mut hasher = Sha256::new();
        let (mut bytes, mut buffer) = (0, vec![0; 1 << 18]);
        loop {
            let read = output.read(&mut buffer).await?;
            if read == 0 {
                return Ok::<_, std::io::Error>((bytes, hex(&hasher.finalize())));
            }
            hasher.update(&buffer[..read]);
            file.write_all(&buffer[..read]).await?;
            bytes += read as u64;
        }
    };
    let mut said = String::new();
    let (copied, _) = tokio::join!(copying, errors.read_to_string(&mut said));
    (manifest.payload_bytes, manifest.payload_sha256) = copied.map_err(file_error(path))?;
    let status = child.wait().await.map_err(|error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(super::restore::short(&said))) }
}
