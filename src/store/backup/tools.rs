//! PostgreSQL's programs, told by their environment which database is meant.

use std::path::PathBuf;
use std::process::Stdio;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::process::Command;

use super::BackupError;
use crate::store::cluster::{self, Cluster};
use crate::store::{DATABASE, StoreError};

/// The tools, and the database that they and this program work on.
#[derive(Debug)]
pub struct Tools {
    bin: Option<PathBuf>,
    environment: Vec<(&'static str, String)>,
    options: PgConnectOptions,
}

impl Tools {
    /// For the private cluster.
    pub fn of_cluster(cluster: &Cluster) -> Self {
        Self {
            bin: Some(cluster.bin().to_owned()),
            environment: cluster.environment(DATABASE),
            options: cluster.options(DATABASE),
        }
    }

    /// For the server at `url`, with the newest tools of this machine.
    pub fn of_url(url: &str) -> Result<Self, StoreError> {
        let unreachable = |error: sqlx::Error| {
            StoreError::Unreachable(format!("DATABASE_URL is not a PostgreSQL address ({error})"))
        };
        let options = PgConnectOptions::from_str(url).map_err(unreachable)?;
        let host = options
            .get_socket()
            .map_or_else(|| options.get_host().to_owned(), |socket| socket.display().to_string());
        let mut environment = vec![
            ("PGHOST", host),
            ("PGPORT", options.get_port().to_string()),
            ("PGUSER", options.get_username().to_owned()),
            ("PGDATABASE", options.get_database().unwrap_or(options.get_username()).to_owned()),
            (
                "PGSSLMODE",
                format!("{:?}", options.get_ssl_mode()).to_lowercase().replace("verify", "verify-"),
            ),
        ];
        // Where the address has none, PGPASSWORD and PGPASSFILE are the tools' own to read.
        environment.extend(password(url).map(|password| ("PGPASSWORD", password)));
        Ok(Self { bin: cluster::find_binaries(), environment, options })
    }

    pub(super) async fn connect(&self) -> Result<PgConnection, BackupError> {
        // Not called `khot`: that is what a running program is. The migrations' ledger lies in `public`, whatever schema
        // the user's name may stand for.
        let options =
            self.options.clone().application_name("khot backup").options([("search_path", "public")]);
        Ok(options.connect().await?)
    }

    pub(super) fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// A program with its standard streams to be had. It ends when it is no longer waited for.
    pub(super) fn command(&self, program: &'static str) -> Command {
        let path = self.bin.as_ref().map(|bin| bin.join(program)).filter(|path| path.exists());
        let mut command = Command::new(path.unwrap_or_else(|| program.into()));
        command
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env_remove("PGOPTIONS")
            .env("LC_MESSAGES", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            // Ctrl-C is for this program, which then ends them.
            .process_group(0);
        command
    }
}

/// The password in an address, with its escapes undone.
fn password(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let (_, escaped) = user.split_once(':')?;
    let mut bytes = Vec::new();
    let mut rest = escaped.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        bytes.push(match byte {
            b'%' => u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?,
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok().filter(|password| !password.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_read_as_it_was_meant() {
        assert_eq!(password("postgres://a:b%40%2Fc@host/d"), Some("b@/c".to_owned()));
        assert_eq!(password("postgres://a:%E5%AF%86@host"), Some("密".to_owned()));
        assert_eq!(password("postgres://a@host/d?x=y:z@w"), None);
        assert_eq!(password("postgres://host/d"), None);
    }

    #[test]
    fn tools_are_told_where_to_go_without_arguments() {
        let tools = Tools::of_url("postgres://me:secret@db.example:5433/place?sslmode=verify-full").unwrap();
        for pair in [
            ("PGHOST", "db.example"),
            ("PGPORT", "5433"),
            ("PGUSER", "me"),
            ("PGDATABASE", "place"),
            ("PGSSLMODE", "verify-full"),
            ("PGPASSWORD", "secret"),
        ] {
            assert!(
                tools.environment.contains(&(pair.0, pair.1.to_owned())),
                "{pair:?}: {:?}",
                tools.environment
            );
        }
    }
}
