//! `khot doctor`: is everything in order, and what to do where it isn't.

mod checks;

use serde::Serialize;
use serde_json::json;

use super::Stop;
use super::open::open_as_it_is;
use crate::config::Config;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  khot doctor\n  khot doctor --json\n  khot doctor --anchor 1042:9f2c…  (a head noted earlier)"
)]
pub struct Arguments {
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
    /// A head of the audit chain as it was noted earlier: it must still stand in the chain.
    #[arg(long, value_name = "NUMBER:HASH", value_parser = anchor)]
    anchor: Option<Anchor>,
}

/// A link of the chain that somebody noted elsewhere.
#[derive(Debug, Clone)]
pub struct Anchor {
    seq: i64,
    hash: String,
}

fn anchor(text: &str) -> Result<Anchor, String> {
    let wrong = || "write a number, a colon and 64 hexadecimal digits".to_owned();
    let (seq, hash) = text.split_once(':').ok_or_else(wrong)?;
    let hash = hash.trim().to_ascii_lowercase();
    if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    Ok(Anchor { seq: seq.trim().parse().map_err(|_| wrong())?, hash })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    found: String,
    /// What to do; empty where all is well.
    advice: String,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), advice: String::new() }
    }

    fn warn(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Warn, found: found.into(), advice: advice.into() }
    }

    fn fail(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Fail, found: found.into(), advice: advice.into() }
    }
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<(), Stop> {
    let checks = match open_as_it_is(config).await {
        Ok(opened) => {
            let checks = checks::all(config, &opened.store, arguments.anchor.as_ref()).await;
            opened.close().await;
            checks
        }
        Err(Stop::Failed(why) | Stop::Unusable(why)) => {
            let mut checks =
                vec![Check::fail("database", why, "start the database, or correct DATABASE_URL")];
            checks.extend(checks::of_this_machine(config, None));
            checks
        }
        Err(other) => return Err(other),
    };
    let failed = checks.iter().any(|check| check.state == State::Fail);
    if arguments.json {
        println!("{}", json!({"ok": !failed, "checks": checks}));
    } else {
        told(&checks);
    }
    if failed { Err(Stop::Breaches) } else { Ok(()) }
}

fn told(checks: &[Check]) {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in checks {
        let state = match check.state {
            State::Ok => "ok  ",
            State::Warn => "warn",
            State::Fail => "FAIL",
        };
        println!("{state}  {:width$}  {}", check.name, check.found);
        if !check.advice.is_empty() {
            println!("      {:width$}  → {}", "", check.advice);
        }
    }
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    println!("\n{} ok, {} warnings, {} failures", count(State::Ok), count(State::Warn), count(State::Fail));
}
