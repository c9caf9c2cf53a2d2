//! `khot postgres`: the private database for other programs.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::Stop;
use super::open::{Ending, join, leave};
use crate::config::Config;
use crate::store::{DATABASE, Store};

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
    let Some((program, rest)) = arguments.program.split_first() else {
        return Err(Stop::Failed("name a program to run, for example: khot postgres -- psql".to_owned()));
    };
    let ending = Ending::listen()?;
    let cluster = join(config).await?;
    let status = async {
        // On a home that nobody has served from yet it isn't there.
        if arguments.database == DATABASE && Store::make_database(&cluster).await? {
            Store::open_cluster(&cluster).await?.close().await;
        }
        let child = Command::new(program)
            .args(rest)
            .envs(cluster.environment(&arguments.database))
            .spawn()
            .map_err(|error| Stop::Failed(format!("can't run {}: {error}", program.display())))?;
        until_done(child, &ending).await
    };
    let status = status.await;
    leave(cluster).await;
    let status = status?;
    if status.success() {
        return Ok(());
    }
    match (status.signal(), ending.code()) {
        // Ended by the same wish as this program.
        (Some(_), Some(code)) => Err(Stop::Asked(code)),
        _ => Err(Stop::Failed(format!("{} ended with {status}", program.display()))),
    }
}

/// How long a program may take that is asked to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits for the program. Ctrl-C at a terminal reaches it as well, and what it means is for it to say (psql drops the
/// line or the query): this program goes on waiting. The service manager's wish to end reaches this program
/// alone, and is passed on.
async fn until_done(mut child: Child, ending: &Ending) -> Result<ExitStatus, Stop> {
    let code = tokio::select! {
        status = child.wait() => return Ok(status?),
        code = ending.clone().asked_to_terminate() => code,
    };
    if let Some(pid) = child.id() {
        // The shell's own `kill`: a program of that name need not be installed.
        let told =
            Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh", &pid.to_string()]).status().await;
        if let Err(error) = told {
            tracing::warn!(%error, "can't ask a program to end");
        }
    }
    match tokio::time::timeout(PATIENCE, child.wait()).await {
        Ok(status) => Ok(status?),
        Err(_) => {
            child.kill().await?;
            Err(Stop::Asked(code))
        }
    }
}
