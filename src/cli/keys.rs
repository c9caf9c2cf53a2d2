//! `khot keys`: the keys that personal data is encrypted with.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::open::{Opened, open};
use super::{Stop, jobs};
use crate::clock;
use crate::config::Config;
use crate::store::{Store, StoreError, private_file};
use crate::vault::{KeyId, Keyring, Vault, VaultError};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  khot keys list\n  khot keys rotate")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Names and dates of the keys, and how many values each seals; never the keys themselves.
    List {
        /// Print the list as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a new key, encrypt everything anew with it, and retire the old one. Ended halfway, run it again:
    /// it goes on where it was. The service may run meanwhile, and must see the same key file.
    Rotate {
        /// Records encrypted in one transaction.
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(i64).range(1..=10_000), value_name = "N")]
        batch: i64,
    },
    /// Take a retired key out of the key file for good. Backups made while it was in use can't be read any more.
    Forget {
        /// Its name, as `khot keys list` says it.
        #[arg(value_name = "KEY")]
        id: KeyId,
    },
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<(), Stop> {
    let opened = open(config).await?;
    let done = match arguments.command {
        Command::List { json } => list(config, &opened, json).await,
        Command::Rotate { batch } => rotate(config, &opened, batch).await,
        Command::Forget { id } => forget(config, &opened, id).await,
    };
    opened.close().await;
    done
}

/// The store with the keys of the key file, which is made where the database has no key yet.
///
/// # Errors
/// Where the file is missing or isn't this database's.
pub async fn attached(config: &Config, store: Store) -> Result<Store, Stop> {
    let path = config.keys_file();
    if !path.exists() {
        let _turn = locked(&path).await?;
        if !path.exists() {
            if let Some((key, values)) = store.missing_key(|_| false).await? {
                return Err(StoreError::KeyMissing { key, values, path }.into());
            }
            written(&path, &Keyring::new(clock::random_bytes(), clock::now()))?;
        }
    }
    let store = store.with_vault(Arc::new(Vault::open(&path, clock::random_bytes)?));
    store.adopt_keys(clock::now()).await?;
    Ok(store)
}

/// One process at a time changes the key file.
async fn locked(path: &Path) -> Result<File, Stop> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let file = File::create(path.with_extension("lock"))?;
    let lock = file.try_clone()?;
    tokio::task::spawn_blocking(move || lock.lock()).await??;
    Ok(file)
}

fn written(path: &Path, ring: &Keyring) -> Result<(), Stop> {
    private_file::write(path, &ring.to_bytes()?)
        .map_err(|error| Stop::Failed(format!("can't write {}: {error}", path.display())))
}

async fn list(config: &Config, opened: &Opened, as_json: bool) -> Result<(), Stop> {
    let path = config.keys_file();
    let ring = match Keyring::read(&path) {
        Ok(ring) => Some(ring),
        Err(VaultError::NoFile(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let sealed = opened.store.sealed_by_key().await?;
    let known = opened.store.keys().await?;
    let current = known.iter().find(|key| key.current).map(|key| key.id);
    let held = ring.as_ref().map(Keyring::keys).unwrap_or_default();
    let mut ids: Vec<KeyId> = held.iter().map(|key| key.id).collect();
    for id in known.iter().map(|key| key.id).chain(sealed.keys().copied()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let rows: Vec<_> = ids
        .into_iter()
        .map(|id| {
            let key = held.iter().find(|key| key.id == id);
            let retired = key.and_then(|key| key.retired_at);
            let state = match key {
                _ if current == Some(id) => "current",
                None => "missing",
                Some(_) if retired.is_some() => "retired",
                Some(_) => "unused",
            };
            let made = key.map(|key| key.made_at);
            (id, state, key.is_some(), made, retired, sealed.get(&id).copied().unwrap_or(0))
        })
        .collect();
    if as_json {
        let keys: Vec<_> = rows
            .iter()
            .map(|(id, state, in_file, made, retired, values)| {
                json!({"id": id, "state": state, "in_file": in_file, "made_at": made, "retired_at": retired, "values": values})
            })
            .collect();
        println!("{}", json!({"file": path, "keys": keys}));
        return Ok(());
    }
    println!("{:16}  {:8}  {:16}  {:16}  {:>10}", "key", "state", "made", "retired", "values");
    for (id, state, in_file, made, retired, values) in rows {
        let day = |at: Option<chrono::DateTime<chrono::Utc>>| {
            at.map_or("–".to_owned(), |at| at.format("%Y-%m-%d %H:%M").to_string())
        };
        let note = if in_file { "" } else { "  not in the key file" };
        println!("{id}  {state:8}  {:16}  {:16}  {values:>10}{note}", day(made), day(retired));
    }
    Ok(())
}

async fn rotate(config: &Config, opened: &Opened, batch: i64) -> Result<(), Stop> {
    let path = config.keys_file();
    let _turn = locked(&path).await?;
    let store = &opened.store;
    let (mut ring, fresh) = match Keyring::read(&path) {
        Ok(ring) => (ring, false),
        Err(VaultError::NoFile(_)) => (Keyring::new(clock::random_bytes(), clock::now()), true),
        Err(error) => return Err(error.into()),
    };
    let unreadable = store.sealed_by_key().await?.into_iter().find(|(key, _)| ring.key(*key).is_none());
    if let Some((key, values)) = unreadable {
        return Err(StoreError::KeyMissing { key, values, path }.into());
    }
    let in_use = store.keys().await?.into_iter().find(|key| key.current).map(|key| key.id);
    let open = ring.keys().iter().filter(|key| key.retired_at.is_none()).count();
    // A key that the database doesn't use yet, or others that aren't retired: what an earlier run began.
    let begun = fresh || open > 1 || in_use != Some(ring.current());
    let key = if begun { ring.current() } else { ring.add(clock::random_bytes(), clock::now()) };
    // In the file before the database hears of it: nothing can be sealed with a key that could be lost.
    written(&path, &ring)?;
    let store = store.clone().with_vault(Arc::new(Vault::open(&path, clock::random_bytes)?));
    if in_use != Some(key) {
        store.switch_key(key, clock::now()).await?;
    }
    let others: i64 = store.sealed_by_key().await?.iter().filter(|(id, _)| **id != key).map(|(_, n)| n).sum();
    let bar = jobs::bar(others.cast_unsigned(), "encrypting");
    let mut rows = 0;
    loop {
        let done = store.seal_anew(key, batch).await?;
        if done == 0 {
            break;
        }
        rows += done;
        let left: i64 =
            store.sealed_by_key().await?.iter().filter(|(id, _)| **id != key).map(|(_, n)| n).sum();
        bar.set_position((others - left).max(0).cast_unsigned());
    }
    bar.finish_and_clear();
    store.retire_keys(key, rows, clock::now()).await?;
    ring.retire_others(clock::now());
    written(&path, &ring)?;
    println!(
        "{} key {key}: {rows} records encrypted anew. Back up {} apart from the database.",
        if begun && !fresh { "finished with" } else { "now in use:" },
        path.display()
    );
    Ok(())
}

async fn forget(config: &Config, opened: &Opened, id: KeyId) -> Result<(), Stop> {
    let path = config.keys_file();
    let _turn = locked(&path).await?;
    let mut ring = Keyring::read(&path)?;
    if let Some(values) = opened.store.sealed_by_key().await?.get(&id) {
        return Err(Stop::Unusable(format!(
            "{values} values are encrypted with key {id}: run khot keys rotate first"
        )));
    }
    if !ring.forget(id) {
        return Err(Stop::Unusable(format!("{id} is no retired key: khot keys list says which are")));
    }
    written(&path, &ring)?;
    println!("key {id} is forgotten");
    Ok(())
}
