//! The command line: one file a subcommand.
//!
//! Exit codes: 0 done, 1 breaches found or failed, 2 the input can't be used (nothing was changed), 130 and 143
//! ended by Ctrl-C or by the service manager.

mod assign;
mod backup;
mod demo;
mod divide;
mod divide_files;
mod doctor;
mod export;
mod import;
mod jobs;
mod keys;
mod links;
mod logins;
mod open;
mod pay;
mod pay_area;
mod place;
mod postgres;
mod reach;
mod serve;
mod user;
mod verify;
mod work;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// Khot 浩特网格: divides the areas of grassroots governance into grids, and serves them on a map.
#[derive(Debug, Parser)]
#[command(name = "khot", version, max_term_width = 100)]
struct Arguments {
    /// Where the program keeps its own things, the private database included.
    #[arg(long, global = true, env = "KHOT_HOME", default_value = ".khot", value_name = "FOLDER")]
    home: PathBuf,
    /// A PostgreSQL server with PostGIS; without it, a private one below the home folder.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// The keys of personal data; by default keys.json in the home folder.
    #[arg(long, global = true, env = "KHOT_KEYS_FILE", value_name = "FILE")]
    keys_file: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the map, the API and the tiles, with one worker inside.
    Serve(serve::Arguments),
    /// Run queued jobs in a process of their own.
    #[command(after_help = "Example: khot work --database-url postgres://khot@db/khot")]
    Work,
    /// Make, divide, check and publish the demo: four whole banners, or all 103.
    Demo(demo::Arguments),
    /// Import areas, units, outlets, the service catalogue, workers or roads from GeoJSON, Shapefile, GeoPackage, CSV or a workbook (.xlsx).
    Import(import::Arguments),
    /// Divide an area of the database, or files without a database, into grids.
    Divide(divide::Arguments),
    /// Assign workers to grids from files, without a database: as many as possible, at the least distance.
    Assign(assign::Arguments),
    /// Travel times to the nearest outlet over a surface of cells, from files, without a database.
    Reach(reach::Arguments),
    /// Make the links of grids to outlets again, of all banners of an area side by side.
    Links(links::Arguments),
    /// Where the next outlets cover the most households, from files, without a database.
    Place(place::Arguments),
    /// A month's subsidies by rule, to the fen: of an area of the database, or from files without one.
    Pay(pay::Arguments),
    /// Write what the database holds to files for others: payrolls.
    Export(export::Arguments),
    /// Check every rule that always holds, for an area or for files; exit 1 and a line for each breach.
    Verify(verify::Arguments),
    /// Accounts: make them, list them, reset passwords, give roles; the first administrator among them.
    User(user::Arguments),
    /// List or change the keys that personal data is encrypted with.
    Keys(keys::Arguments),
    /// Look at everything that must be in order, and say what to do; exit 1 where something isn't.
    Doctor(doctor::Arguments),
    /// Write everything that the database holds to one file.
    Backup(backup::Save),
    /// Put back what a backup holds: all of it, or nothing.
    Restore(backup::Restore),
    /// Run a program (psql, say) with the private database's settings in its environment.
    Postgres(postgres::Arguments),
}

/// Why a command ended without doing what it was asked.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Exit 1, with one sentence on standard error.
    Failed(String),
    /// Exit 1; what there is to say has been said.
    Breaches,
    /// Exit 2, with one sentence on standard error: the input can't be used.
    Unusable(String),
    /// Exit with this code: a signal has asked for the end.
    Asked(u8),
}

impl<E: std::error::Error> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failed(error.to_string())
    }
}

/// Parses the arguments, starts logging, and runs the command.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_logging(matches!(arguments.command, Command::Serve(_) | Command::Work));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return told(&Stop::Failed(format!("can't start: {error}"))),
    };
    let done = runtime.block_on(run(arguments));
    // Work on other threads that nobody waits for any more doesn't hold the process.
    runtime.shutdown_timeout(std::time::Duration::from_millis(100));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => told(&stop),
    }
}

async fn run(arguments: Arguments) -> Result<(), Stop> {
    let config =
        Config::new(Some(arguments.home), arguments.database_url)?.with_keys_file(arguments.keys_file)?;
    match arguments.command {
        Command::Serve(arguments) => serve::run(&config, arguments).await,
        Command::Work => work::run(&config).await,
        Command::Demo(arguments) => demo::run(&config, arguments).await,
        Command::Import(arguments) => import::run(&config, arguments).await,
        Command::Divide(arguments) => divide::run(&config, arguments).await,
        Command::Assign(arguments) => assign::run(&arguments),
        Command::Reach(arguments) => reach::run(&arguments),
        Command::Links(arguments) => links::run(&config, arguments).await,
        Command::Place(arguments) => place::run(&arguments),
        Command::Pay(arguments) => pay::run(&config, arguments).await,
        Command::Export(arguments) => export::run(&config, arguments).await,
        Command::Verify(arguments) => verify::run(&config, arguments).await,
        Command::User(arguments) => user::run(&config, arguments).await,
        Command::Keys(arguments) => keys::run(&config, arguments).await,
        Command::Doctor(arguments) => doctor::run(&config, arguments).await,
        Command::Backup(arguments) => backup::save(&config, arguments).await,
        Command::Restore(arguments) => backup::restore(&config, arguments).await,
        Command::Postgres(arguments) => postgres::run(&config, arguments).await,
    }
}

fn told(stop: &Stop) -> ExitCode {
    match stop {
        Stop::Failed(sentence) => eprintln!("khot: {sentence}"),
        Stop::Unusable(sentence) => {
            eprintln!("khot: {sentence}");
            return ExitCode::from(2);
        }
        Stop::Asked(code) => {
            eprintln!("khot: stopped before it was done");
            return ExitCode::from(*code);
        }
        Stop::Breaches => {}
    }
    ExitCode::FAILURE
}

/// Logs go to standard error: lines for a person at a terminal, JSON for a program. `KHOT_LOG` sets how
/// much, in the form of `RUST_LOG`.
fn start_logging(service: bool) {
    let default = if service { "khot=info,warn" } else { "warn" };
    let filter = EnvFilter::try_from_env("KHOT_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.with_target(false).compact().init();
    } else {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).init();
    }
}
