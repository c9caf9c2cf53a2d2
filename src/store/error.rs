//! What can go wrong in the store, by the noun it is about.

use std::path::{Path, PathBuf};

use sqlx::error::DatabaseError;

use super::cluster::ClusterError;
use crate::vault::{KeyId, VaultError};

/// An error of the store. Its text is for the log; what a client may know is decided by the API from
/// the variant.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error("can't reach the database: {0}. Check DATABASE_URL and that the server runs")]
    Unreachable(String),
    #[error("the database server has no PostGIS: install the package postgresql-NN-postgis-3 on it")]
    NoPostgis,
    #[error(
        "the database user may not set up PostGIS or the tables ({0}): use its owner, or a superuser the first time"
    )]
    NotAllowed(String),
    #[error(
        "the database's schema (version {0}) is newer than this program: use the newer program, or another database"
    )]
    SchemaNewer(i64),
    #[error("setting up the database failed: {0}")]
    Migration(String),
    #[error("the queue: {0}")]
    Queue(String),
    /// A rule of the database refused the change.
    #[error("refused by {constraint}: {message}")]
    Refused { constraint: String, message: String },
    /// Row-level security refused a change that the program should not have tried.
    #[error("outside the scope: {0}")]
    OutOfScope(String),
    /// The character 0, say, which PostgreSQL's texts can't hold.
    #[error("the database can't hold this text: {0}")]
    Text(String),
    /// The file that was being sent broke off.
    #[error("an upload broke off: {0}")]
    Upload(std::io::Error),
    #[error("stored {what} can't be read: {why}")]
    Corrupt { what: &'static str, why: String },
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("this process has no keys for personal data: start it with their key file in place")]
    NoKeys,
    #[error("{}", missing(*key, *values, path))]
    KeyMissing { key: KeyId, values: i64, path: PathBuf },
    #[error("database: {0}")]
    Database(sqlx::Error),
}

fn missing(key: KeyId, values: i64, path: &Path) -> String {
    let path = path.display();
    match values {
        0 => format!(
            "this database's key {key} for personal data is not in {path}: put its key file there or name it in KHOT_KEYS_FILE; nothing is encrypted yet, so if it is lost, khot keys rotate begins with a new one"
        ),
        values => format!(
            "{values} values of personal data are encrypted with key {key}, which is not in {path}: put this database's key file there, or name it in KHOT_KEYS_FILE"
        ),
    }
}

impl StoreError {
    /// The constraint that refused, if one did.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            StoreError::Refused { constraint, .. } => Some(constraint),
            _ => None,
        }
    }

    /// Whether trying again would end the same way: the data itself is refused.
    pub fn lasts(&self) -> bool {
        let code = |error: &sqlx::Error| {
            error.as_database_error().and_then(|e| e.code().map(|code| code.into_owned()))
        };
        match self {
            StoreError::Refused { .. } | StoreError::Corrupt { .. } => true,
            // Class 22: data exceptions; class 23: integrity; XX000: a function of PostGIS gave up.
            StoreError::Database(error) => code(error)
                .is_some_and(|code| code.starts_with("22") || code.starts_with("23") || code == "XX000"),
            _ => false,
        }
    }

    pub(super) fn corrupt(what: &'static str, why: impl ToString) -> Self {
        StoreError::Corrupt { what, why: why.to_string() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => match constraint(database.as_ref()) {
                Some(constraint) => {
                    StoreError::Refused { constraint, message: database.message().to_owned() }
                }
                None if matches!(database.code().as_deref(), Some("22021" | "22P05")) => {
                    StoreError::Text(database.message().to_owned())
                }
                None if database.code().as_deref() == Some("42501")
                    && database.message().contains("row-level security") =>
                {
                    StoreError::OutOfScope(database.message().to_owned())
                }
                None => StoreError::Database(error),
            },
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => {
                StoreError::Unreachable(error.to_string())
            }
            _ => StoreError::Database(error),
        }
    }
}

fn constraint(error: &dyn DatabaseError) -> Option<String> {
    error.constraint().map(str::to_owned)
}
