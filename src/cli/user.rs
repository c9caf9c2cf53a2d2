//! `khot user`: accounts from the command line of whoever runs the service, the first administrator among them.

use std::io::{IsTerminal, Read};

use chrono::NaiveDate;
use serde_json::json;

use super::Stop;
use super::open::with_store;
use crate::access::{Grant, Role, Scope, check_password, is_username};
use crate::config::Config;
use crate::domain::Code;
use crate::store::accounts::NewAccount;
use crate::store::accounts::manage::{self, AccountChange, AccountFilter, AccountRow};
use crate::store::{Store, Tx};
use crate::{api, clock};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  khot user add li-hua --name 李华 --area 15 --role administrator
  khot user add zhao --name 赵敏 --area 150821 --role planner --password-stdin < password.txt
  khot user grant zhao people_officer 150821100 --until 2027-01-01
  khot user reset zhao")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make an account. Without --password-stdin its password is drawn, printed once, and must be changed.
    Add {
        /// 2 to 63 small letters, digits or hyphens.
        username: String,
        /// Of the person.
        #[arg(long)]
        name: String,
        /// Home: its administrators manage the account, and all of its grants lie in it.
        #[arg(long, value_name = "CODE")]
        area: Code,
        /// From today in the whole home area; may be given several times.
        #[arg(long, value_parser = role)]
        role: Vec<Role>,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
        /// Print what was made as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Accounts with their roles.
    List {
        /// Whose home lies in this area.
        #[arg(long, value_name = "CODE")]
        area: Option<Code>,
        /// Print the list as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give an account another password and unlock it; its sessions end.
    Reset {
        username: String,
        /// Read the password from standard input; otherwise it is drawn, printed once, and must be changed.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give an account a role in an area of its home.
    Grant {
        username: String,
        #[arg(value_parser = role)]
        role: Role,
        #[arg(value_name = "CODE")]
        area: Code,
        /// The first day on which it holds; today when left out.
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
        /// The first day on which it no longer holds; open when left out.
        #[arg(long, value_name = "DATE")]
        until: Option<NaiveDate>,
    },
    /// Sign an account out everywhere and let it in no more; with --undo it may sign in again.
    Disable {
        username: String,
        #[arg(long)]
        undo: bool,
    },
}

fn role(text: &str) -> Result<Role, String> {
    let names = || Role::ALL.map(Role::as_str).join(", ");
    Role::parse(text).ok_or_else(|| format!("choose one of {}", names()))
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<(), Stop> {
    with_store(config, async |store, ending| ending.or(obey(store, arguments.command)).await).await
}

async fn obey(store: &Store, command: Command) -> Result<(), Stop> {
    let mut tx = store.begin(&Scope::operator()).await?;
    match command {
        Command::List { area, json } => list(&mut tx, area.as_ref(), json).await,
        Command::Add { username, name, area, role, password_stdin, json } => {
            let new = Person { username, name, area, roles: role };
            let (password, hash, drawn) = password(&new.username, password_stdin)?;
            add(&mut tx, &new, &hash, drawn).await?;
            tx.commit().await?;
            let shown = drawn.then_some(password);
            if json {
                println!("{}", json!({"username": new.username, "password": shown}));
                return Ok(());
            }
            println!("{} is made", new.username);
            shown.iter().for_each(|password| tell_once(password));
            Ok(())
        }
        Command::Reset { username, password_stdin } => {
            let held = account(&mut tx, &username).await?;
            let (password, hash, drawn) = password(&username, password_stdin)?;
            manage::reset_password(&mut tx, &held, &hash, drawn).await?;
            tx.commit().await?;
            println!("{username} has another password, and is signed out everywhere");
            if drawn {
                tell_once(&password);
            }
            Ok(())
        }
        Command::Grant { username, role, area, from, until } => {
            let held = account(&mut tx, &username).await?;
            let from = from.unwrap_or_else(|| clock::local_day(clock::now()));
            if !held.area.covers(&area) {
                return Err(Stop::Unusable(format!(
                    "{area} doesn't lie in {}, the home of {username}: choose an area in it",
                    held.area
                )));
            }
            if until.is_some_and(|until| until <= from) {
                return Err(Stop::Unusable("a grant ends after the day on which it begins".to_owned()));
            }
            manage::add_grant(&mut tx, &held, &Grant { role, area, from, until }, clock::now()).await?;
            Ok(tx.commit().await?)
        }
        Command::Disable { username, undo } => {
            let held = account(&mut tx, &username).await?;
            let change = AccountChange { disabled: Some(!undo), ..AccountChange::default() };
            manage::change(&mut tx, &held, &change, clock::now()).await?;
            Ok(tx.commit().await?)
        }
    }
}

fn tell_once(password: &str) {
    println!("password (shown once, to be changed at the first sign-in): {password}");
}

struct Person {
    username: String,
    name: String,
    area: Code,
    roles: Vec<Role>,
}

/// The password, its hash, and whether it was drawn. Never from the arguments: others see them.
fn password(username: &str, from_stdin: bool) -> Result<(String, String, bool), Stop> {
    if !is_username(username) {
        return Err(Stop::Unusable("a username has 2 to 63 small letters, digits or hyphens".to_owned()));
    }
    let password = if from_stdin { given()? } else { clock::draw_password() };
    check_password(&password, username).map_err(|why| Stop::Unusable(why.to_string()))?;
    let hash = api::hash_password(&password).map_err(Stop::Failed)?;
    Ok((password, hash, !from_stdin))
}

fn given() -> Result<String, Stop> {
    // More than any password; a file given by mistake isn't read whole.
    const MAX: u64 = 4096;
    if std::io::stdin().is_terminal() {
        return Err(Stop::Unusable(
            "a terminal would show the password: pipe it in, as in khot user add … --password-stdin < file"
                .to_owned(),
        ));
    }
    let mut text = String::new();
    std::io::stdin().take(MAX).read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

async fn account(tx: &mut Tx, username: &str) -> Result<AccountRow, Stop> {
    let held = manage::get_locked(tx, username, clock::now()).await?;
    held.ok_or_else(|| {
        Stop::Unusable(format!("there is no account {username}: khot user list says which there are"))
    })
}

async fn add(tx: &mut Tx, new: &Person, hash: &str, drawn: bool) -> Result<(), Stop> {
    let name = new.name.trim();
    if !(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Stop::Unusable("a name has 1 to 100 characters, no control characters".to_owned()));
    }
    let from = clock::local_day(clock::now());
    let grant = |role: &Role| Grant { role: *role, area: new.area.clone(), from, until: None };
    let grants: Vec<Grant> = new.roles.iter().map(grant).collect();
    let account = NewAccount { username: &new.username, name, password_hash: hash, area: &new.area };
    match manage::create(tx, account, drawn, &grants, clock::now()).await {
        Err(error) if error.constraint() == Some("account_username_key") => {
            Err(Stop::Unusable(format!("{} is taken: choose another username", new.username)))
        }
        made => Ok(made?),
    }
}

async fn list(tx: &mut Tx, area: Option<&Code>, as_json: bool) -> Result<(), Stop> {
    let (filter, now) = (AccountFilter { area, ..AccountFilter::default() }, clock::now());
    let rows = manage::page(tx, filter, i64::MAX, now).await?;
    if as_json {
        let shown = |row: &AccountRow| {
            json!({"username": row.username, "name": row.name, "area": row.area, "disabled": row.disabled,
                   "locked_until": row.locked_until, "must_change_password": row.must_change_password,
                   "last_sign_in_at": row.last_sign_in_at, "grants": row.grants})
        };
        println!("{}", json!({"accounts": rows.iter().map(shown).collect::<Vec<_>>()}));
        return Ok(());
    }
    println!("{:24}  {:12}  {:8}  roles", "username", "home", "state");
    for row in &rows {
        let state = match row {
            AccountRow { disabled: true, .. } => "disabled",
            AccountRow { locked_until: Some(_), .. } => "locked",
            _ => "",
        };
        let today = clock::local_day(now);
        let holding = row.grants.iter().filter(|grant| grant.grant.holds_on(today));
        let roles: Vec<String> =
            holding.map(|row| format!("{} {}", row.grant.role.as_str(), row.grant.area)).collect();
        println!("{:24}  {:12}  {state:8}  {}", row.username, row.area.as_str(), roles.join(", "));
    }
    Ok(())
}
