//! Backups by PostgreSQL's own tools: one file with a manifest, restored whole or not at all.
//!
//! A backup is a head of [`HEAD_BYTES`] and then what `pg_dump --format=custom` wrote of the schemas of the product
//! and of its queue. The head says what is in it: versions, when it was made, how many rows each table has, and
//! the payload's length and SHA-256. It is written beside its place and moved there when it is whole and on the
//! disk, so that nothing half-written ever has its name.
//!
//! Restoring checks the whole file first, and then runs in one transaction that drops what was there, puts back
//! what the file holds, counts every table's rows, and only then commits. Passwords reach the tools by their
//! environment, never by their arguments.

mod check;
mod head;
mod restore;
mod save;
mod tools;

use std::path::{Path, PathBuf};

pub use check::check;
pub use head::{HEAD_BYTES, Manifest};
pub use restore::{Replace, restore};
pub use save::save;
pub use tools::Tools;

/// The schemas that a backup holds.
const SCHEMAS: [&str; 2] = ["khot", super::jobs::QUEUE_SCHEMA];

/// Why there is no backup, or why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} is there already: choose another name")]
    Exists(PathBuf),
    #[error("can't use {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{0} is not a backup of this product")]
    NotABackup(PathBuf),
    #[error("{0} is cut short or was changed since it was made: it can't be used, and nothing was changed")]
    Damaged(PathBuf),
    #[error("{path} was made by a newer program ({version}): use that one, or a newer one")]
    Newer { path: PathBuf, version: String },
    #[error(
        "{path} was made by a different build of the program, whose database differs at migration {migration}"
    )]
    OtherBuild { path: PathBuf, migration: i64 },
    #[error("the database holds nothing to back up: it was never set up")]
    NothingHeld,
    #[error(
        "the database holds data already: restore into an empty one, or replace what it holds with --replace"
    )]
    NotEmpty,
    #[error("{0} connections of the program are open on the database: stop it first")]
    InUse(i64),
    #[error(
        "the database user {0} sees only what row-level security lets it: back up as a superuser, or as a user with BYPASSRLS"
    )]
    HalfBlind(String),
    #[error("PostgreSQL's {program} is not installed: install the package postgresql-client")]
    NoTool { program: &'static str },
    #[error("{program} failed; nothing was changed: {said}")]
    Tool { program: &'static str, said: String },
    #[error(transparent)]
    Store(#[from] super::StoreError),
}

impl BackupError {
    /// Whether what was given can't be used, rather than that something failed.
    pub fn is_unusable(&self) -> bool {
        !matches!(self, Self::File { .. } | Self::NoTool { .. } | Self::Tool { .. } | Self::Store(_))
    }
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError + use<> {
    let path = path.to_owned();
    move |source| BackupError::File { path, source }
}
