//! `khot postgres`: the private database for other programs.

use std::ffi::OsString;

use super::Stop;
use super::open::{join, leave};
use crate::config::Config;
use crate::store::DATABASE;

/// Example: `khot postgres -- psql -c 'SELECT count(*) FROM khot.grid'`
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: khot postgres -- psql -c 'SELECT count(*) FROM khot.grid'")]
pub struct Arguments {
    /// The database; the product's own when left out.
    #[arg(long, default_value = DATABASE)]
    database: String,
    /// The program and its arguments. PGHOST, PGUSER, PGPASSWORD, PGDATABASE and DATABASE_URL are set.
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<(), Stop> {
    let cluster = join(config).await?;
    let Some((program, rest)) = arguments.program.split_first() else {
        return Err(Stop::Failed("name a program to run, for example: khot postgres -- psql".to_owned()));
    };
    let status = tokio::process::Command::new(program)
        .args(rest)
        .envs(cluster.environment(&arguments.database))
        .status()
        .await
        .map_err(|error| Stop::Failed(format!("can't run {}: {error}", program.display())));
    leave(cluster).await;
    match status? {
        status if status.success() => Ok(()),
        status => Err(Stop::Failed(format!("{} ended with {status}", program.display()))),
    }
}
