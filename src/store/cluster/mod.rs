//! The private PostgreSQL cluster: nobody needs to have PostgreSQL configured.
//!
//! Without a `DATABASE_URL` the program runs a cluster of its own from the installed binaries: its own
//! folder, a unix socket and no TCP port. Any number of processes share it; the last one to leave stops
//! it. Both are decided with file locks, which the kernel drops when a process is killed, so that no
//! count of users can go stale:
//!
//! - `gate.lock` is held while a process decides whether to start or stop the server;
//! - `users.lock` is held shared for as long as a process uses the cluster. Whoever can take it alone is
//!   the last one.
//!
//! After `kill -9` of everything the next start removes a stale pid file and PostgreSQL replays its log.

mod server;

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use sqlx::ConnectOptions;

use self::server::Server;
pub(super) use self::server::find_binaries;

/// Why the private cluster can't run, each with what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error(
        "PostgreSQL is not installed: install the packages postgresql-15 and postgresql-15-postgis-3, or set DATABASE_URL"
    )]
    NotInstalled,
    #[error(
        "PostgreSQL refuses to run as root and the user 'postgres' does not exist: install the package postgresql-common, run as another user, or set DATABASE_URL"
    )]
    NoServiceUser,
    #[error(
        "the home folder's path {0:?} has one of the characters \" $ ` \\ or a control character, which PostgreSQL's tools can't take: choose another with --home"
    )]
    HomeName(PathBuf),
    #[error("{what} failed: {output}")]
    Command { what: &'static str, output: String },
    #[error("can't use {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the private database in {data} does not start; its log {log} ends with: {tail}")]
    NotStarting { data: PathBuf, log: PathBuf, tail: String },
}

/// A use of the private cluster. [`Cluster::leave`] ends it, and so does dropping it; when the process is killed
/// the kernel ends it, and the server runs on until the next one leaves.
#[derive(Debug)]
pub struct Cluster {
    server: Server,
    gate: PathBuf,
    users: File,
    password: String,
    left: bool,
}

impl Cluster {
    /// Joins the cluster below `home`, making and starting it where needed. Takes 1.5 to 2.5 s the first
    /// time, well under a second when it only has to start, and nothing when it runs already.
    pub fn join(home: &Path, new_password: impl FnOnce() -> String) -> Result<Self, ClusterError> {
        // `pg_ctl` hands paths to a shell between double quotes, as they stand.
        let odd = |c: char| c.is_control() || matches!(c, '"' | '$' | '`' | '\\');
        if home.to_string_lossy().contains(odd) {
            return Err(ClusterError::HomeName(home.to_owned()));
        }
        std::fs::create_dir_all(home).map_err(|source| file_error(home, source))?;
        // However the folder is named, it is one cluster.
        let home = &home.canonicalize().map_err(|source| file_error(home, source))?;
        let gate = home.join("gate.lock");
        let gate_file = locked(&gate)?;
        let users_path = home.join("users.lock");
        let users = open_lock(&users_path)?;
        users.lock_shared().map_err(|source| file_error(&users_path, source))?;
        let password = keep_password(&home.join("cluster-password"), new_password)?;
        let server = Server::locate(home, &short_name(home))?;
        server.ensure_made(&password)?;
        server.ensure_running()?;
        drop(gate_file);
        Ok(Self { server, gate, users, password, left: false })
    }

    /// Connection settings for `database`, as the cluster's owner.
    pub fn options(&self, database: &str) -> sqlx::postgres::PgConnectOptions {
        sqlx::postgres::PgConnectOptions::new_without_pgpass()
            .socket(self.server.socket_dir())
            .username(server::OWNER)
            .password(&self.password)
            .database(database)
    }

    /// For other programs (`khot postgres -- psql`): host, user, password and data folder by name.
    pub fn environment(&self, database: &str) -> Vec<(&'static str, String)> {
        let socket = self.server.socket_dir().display().to_string();
        vec![
            ("PGHOST", socket.clone()),
            ("PGUSER", server::OWNER.to_owned()),
            ("PGPASSWORD", self.password.clone()),
            ("PGDATABASE", database.to_owned()),
            ("DATABASE_URL", self.options(database).to_url_lossy().to_string()),
        ]
    }

    /// Where the server's own tools lie: `pg_dump`, `pg_restore`, `psql`.
    pub fn bin(&self) -> &Path {
        self.server.bin()
    }

    /// Ends this use and stops the server when nobody else uses it.
    pub fn leave(mut self) -> Result<(), ClusterError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), ClusterError> {
        self.left = true;
        let _gate = locked(&self.gate)?;
        self.users.unlock().map_err(|source| file_error(&self.gate, source))?;
        match self.users.try_lock() {
            Ok(()) => self.server.stop(),
            Err(TryLockError::WouldBlock) => Ok(()),
            Err(TryLockError::Error(source)) => Err(file_error(&self.gate, source)),
        }
    }
}

impl Drop for Cluster {
    /// For ways out that nobody thought of. It blocks for as long as the server takes to stop.
    fn drop(&mut self) {
        if !self.left
            && let Err(error) = self.end()
        {
            tracing::warn!(%error, "can't stop the private database");
        }
    }
}

fn file_error(path: &Path, source: std::io::Error) -> ClusterError {
    ClusterError::File { path: path.to_owned(), source }
}

fn open_lock(path: &Path) -> Result<File, ClusterError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|source| file_error(path, source))
}

fn locked(path: &Path) -> Result<File, ClusterError> {
    let file = open_lock(path)?;
    file.lock().map_err(|source| file_error(path, source))?;
    Ok(file)
}

/// Eight hexadecimal digits that stand for this home in names outside it.
fn short_name(home: &Path) -> String {
    let digest = Sha256::digest(home.as_os_str().as_encoded_bytes());
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn keep_password(path: &Path, draw: impl FnOnce() -> String) -> Result<String, ClusterError> {
    match std::fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        _ => {
            let password = draw();
            crate::store::private_file::write(path, password.as_bytes())
                .map_err(|source| file_error(path, source))?;
            Ok(password)
        }
    }
}
