//! The demo's logins: one for each role, with passwords that are drawn at random, printed once, and kept in a file
//! that only its owner can read.

use std::collections::BTreeMap;

use super::Stop;
use crate::access::{Grant, Role, Scope};
use crate::config::Config;
use crate::demo::DEMO_BANNERS;
use crate::domain::{Code, GridRole, Level, WorkerStatus};
use crate::store::accounts::NewAccount;
use crate::store::accounts::manage;
use crate::store::workers::{self, HeldGrid, WorkerChange, WorkerFilter, WorkerRow};
use crate::store::{Store, Tx, areas, private_file};
use crate::{api, clock};

/// Username to password.
pub type Logins = BTreeMap<String, String>;

const FIXED: [(&str, &str, Role, &str); 8] = [
    (api::ADMINISTRATOR, "管理员 Administrator", Role::Administrator, "15"),
    ("analyst", "分析员 Analyst", Role::Analyst, "15"),
    ("auditor", "审计员 Auditor", Role::Auditor, "15"),
    ("planner-150102", "新城区规划员 Planner", Role::Planner, "150102"),
    ("planner-152525", "东乌珠穆沁旗规划员 Planner", Role::Planner, "152525"),
    ("people-150102", "新城区人事员 People officer", Role::PeopleOfficer, "150102"),
    ("finance-150102", "新城区财务员 Finance", Role::Finance, "150102"),
    ("finance2-150102", "新城区财务复核员 Finance, second person", Role::Finance, "150102"),
];

struct Login {
    username: String,
    name: String,
    role: Role,
    area: Code,
}

/// Makes those of the demo's logins that are missing; gives what was drawn. A database with other accounts than the
/// demo's gets none.
pub async fn ensure(config: &Config, store: &Store) -> Result<Logins, Stop> {
    std::fs::create_dir_all(&config.home)?;
    // Another process on this home may be at it as well: what the file says must be what the accounts have.
    let turn = std::fs::File::create(config.home.join("logins.lock"))?;
    tokio::task::spawn_blocking({
        let turn = turn.try_clone()?;
        move || turn.lock()
    })
    .await??;
    let file = config.logins_file();
    let kept = read(config)?;
    if kept.is_none() && store.has_accounts().await? {
        return Ok(Logins::new());
    }
    let mut tx = store.begin(&Scope::operator()).await?;
    let mut missing = Vec::new();
    for login in wanted(&mut tx).await? {
        if manage::get(&mut tx, &login.username, clock::now()).await?.is_none() {
            missing.push(login);
        }
    }
    if missing.is_empty() {
        return Ok(Logins::new());
    }
    let drawn: Logins =
        missing.iter().map(|login| (login.username.clone(), clock::draw_password())).collect();
    let mut all = kept.clone().unwrap_or_default();
    all.extend(drawn.clone());
    // Written before the accounts exist, so that no password can be lost in between.
    write(config, &all)?;
    match make(&mut tx, &missing, &drawn).await {
        Ok(()) => tx.commit().await?,
        // A process with another home was first: these passwords are nobody's.
        Err(Stop::Unusable(_)) => {
            match &kept {
                Some(kept) => write(config, kept)?,
                None => std::fs::remove_file(&file)?,
            }
            return Ok(Logins::new());
        }
        Err(stop) => return Err(stop),
    }
    Ok(drawn)
}

fn read(config: &Config) -> Result<Option<Logins>, Stop> {
    let file = config.logins_file();
    match std::fs::read(&file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            Stop::Failed(format!("{} can't be read ({error}): mend it or move it away", file.display()))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Stop::Failed(format!("can't read {}: {error}", file.display()))),
    }
}

fn write(config: &Config, logins: &Logins) -> Result<(), Stop> {
    let file = config.logins_file();
    private_file::write(&file, serde_json::to_string_pretty(logins)?.as_bytes())
        .map_err(|error| Stop::Failed(format!("can't write {}: {error}", file.display())))
}

/// The fixed ones, and a worker in the first village of each of the demo's banners.
async fn wanted(tx: &mut Tx) -> Result<Vec<Login>, Stop> {
    let mut wanted = Vec::new();
    for (username, name, role, area) in FIXED {
        wanted.push(Login {
            username: username.to_owned(),
            name: name.to_owned(),
            role,
            area: area.parse()?,
        });
    }
    for banner in DEMO_BANNERS {
        let banner: Code = banner.parse()?;
        let Some(village) = areas::below(tx, &banner, Level::Village).await?.into_iter().next() else {
            continue;
        };
        wanted.push(Login {
            username: format!("worker-{}", village.code),
            name: format!("{}网格员 Worker", village.name),
            role: Role::Worker,
            area: village.code,
        });
    }
    Ok(wanted)
}

async fn make(tx: &mut Tx, logins: &[Login], passwords: &Logins) -> Result<(), Stop> {
    let now = clock::now();
    for login in logins {
        let password = passwords.get(&login.username).cloned().unwrap_or_default();
        let hash = tokio::task::spawn_blocking(move || api::hash_password(&password)).await?;
        let hash = hash.map_err(Stop::Failed)?;
        let from = clock::local_day(now);
        let grant = Grant { role: login.role, area: login.area.clone(), from, until: None };
        let new = NewAccount {
            username: &login.username,
            name: &login.name,
            password_hash: &hash,
            area: &login.area,
        };
        match manage::create(tx, new, false, &[grant], now).await {
            Err(error) if error.constraint() == Some("account_username_key") => {
                return Err(Stop::Unusable(format!("{} is taken", login.username)));
            }
            made => made?,
        }
        if login.role == Role::Worker {
            hand_over(tx, login).await?;
        }
    }
    Ok(())
}

/// Links a worker's account to a record, so that they see one of their own: of whoever looks after a grid of their
/// village, or else of their township.
async fn hand_over(tx: &mut Tx, login: &Login) -> Result<(), Stop> {
    let township = login.area.at(Level::Township);
    let on_post = WorkerFilter { status: Some(WorkerStatus::OnPost), ..WorkerFilter::default() };
    let today = clock::local_day(clock::now());
    let mut free = workers::page(tx, &township, &on_post, today, None, 500).await?;
    free.retain(|worker| worker.username.is_none());
    // Rather not somebody who leads: a worker's page shows who does.
    let last = |worker: &WorkerRow| {
        let here = |role: GridRole| {
            worker.grids.iter().any(|held: &HeldGrid| held.role == role && held.code.village() == login.area)
        };
        (!here(GridRole::Worker), here(GridRole::Lead))
    };
    free.sort_by_key(last);
    if let Some(worker) = free.first() {
        let change = WorkerChange { username: Some(Some(login.username.clone())), ..WorkerChange::default() };
        workers::change(tx, worker.id, &change, today, clock::now()).await?;
    }
    Ok(())
}

/// As they are shown, once.
pub fn table(logins: &Logins) -> String {
    logins.iter().map(|(name, password)| format!("{name:22}  {password}")).collect::<Vec<_>>().join("\n  ")
}
