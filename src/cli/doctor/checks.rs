//! What is looked at, one function a thing.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use super::{Anchor, Check};
use crate::access::Scope;
use crate::clock;
use crate::config::Config;
use crate::store::health::Server;
use crate::store::{Store, StoreError, audit};
use crate::vault::{Keyring, Vault, VaultError};

/// Seconds by which this machine's clock and the database's may differ.
const CLOCK_SECONDS: i64 = 5;
const GIB: u64 = 1 << 30;

/// Everything, in the order in which one thing stands on another.
pub async fn all(config: &Config, store: &Store, anchor: Option<&Anchor>) -> Vec<Check> {
    let mut checks = Vec::new();
    let server = match store.server().await {
        Ok(server) => server,
        Err(error) => {
            checks.push(Check::fail(
                "database",
                error.to_string(),
                "start the database, or correct DATABASE_URL",
            ));
            checks.extend(of_this_machine(config, None));
            return checks;
        }
    };
    checks.push(Check::ok("database", format!("PostgreSQL {} answers", server.version)));
    checks.push(match &server.postgis {
        Some(version) => Check::ok("postgis", format!("PostGIS {version}")),
        None => Check::fail(
            "postgis",
            "not set up in this database",
            "run khot serve once: it sets the database up",
        ),
    });
    let schema = schema(store).await;
    let usable = schema.state == super::State::Ok;
    checks.push(schema);
    if usable {
        checks.push(role(store, &server).await);
        checks.push(row_security(store).await);
        checks.push(triggers(store).await);
        checks.push(keys(config, store).await);
        checks.extend(chain(store, anchor).await);
        checks.push(queue(store).await);
    }
    checks.push(time(&server));
    checks.extend(of_this_machine(config, server.folder.as_deref().map(Path::new)));
    checks
}

fn broken(name: &'static str, error: &StoreError) -> Check {
    Check::fail(name, format!("can't be looked at: {error}"), "see the database's own log")
}

async fn schema(store: &Store) -> Check {
    const NAME: &str = "schema";
    let schema = match store.schema().await {
        Ok(schema) => schema,
        Err(error) => return broken(NAME, &error),
    };
    let known = schema.known;
    match schema.applied {
        _ if !schema.odd.is_empty() => Check::fail(
            NAME,
            format!("version {:?} differs from this program's, or was not finished", schema.odd),
            "use the program that set this database up, or restore a backup",
        ),
        Some(applied) if applied == known => Check::ok(NAME, format!("version {applied}")),
        Some(applied) if applied > known => Check::fail(
            NAME,
            format!("version {applied}, newer than this program's {known}"),
            "use the newer program",
        ),
        other => Check::fail(
            NAME,
            format!("version {} of {known}", other.unwrap_or(0)),
            "run khot serve once: it brings the schema up to date",
        ),
    }
}

async fn role(store: &Store, server: &Server) -> Check {
    const NAME: &str = "role";
    match store.role_faults().await {
        Err(error) => broken(NAME, &error),
        Ok(faults) if !faults.is_empty() => Check::fail(
            NAME,
            faults.join("; "),
            "take that from khot_app: REVOKE, ALTER ROLE or ALTER … OWNER",
        ),
        Ok(_) => {
            let login = if server.login_is_superuser { ", a superuser" } else { "" };
            let found = format!(
                "works as khot_app, which owns nothing and can't bypass; owner {}{login}",
                server.login
            );
            Check::ok(NAME, found)
        }
    }
}

async fn row_security(store: &Store) -> Check {
    const NAME: &str = "row security";
    match store.open_tables().await {
        Err(error) => broken(NAME, &error),
        Ok((_, open)) if !open.is_empty() => Check::fail(
            NAME,
            open.join("; "),
            "ALTER TABLE … ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, and restore its policies",
        ),
        Ok((tables, _)) => {
            Check::ok(NAME, format!("forced on {tables} tables; each is empty without a scope"))
        }
    }
}

async fn triggers(store: &Store) -> Check {
    const NAME: &str = "triggers";
    match store.idle_triggers().await {
        Err(error) => broken(NAME, &error),
        Ok(idle) if !idle.is_empty() => {
            Check::fail(NAME, idle.join("; "), "ALTER TABLE … ENABLE TRIGGER, and find out who turned it off")
        }
        Ok(_) => Check::ok(NAME, "every guard is there and turned on"),
    }
}

async fn keys(config: &Config, store: &Store) -> Check {
    const NAME: &str = "keys";
    let path = config.keys_file();
    let none_needed = match store.missing_key(|_| false).await {
        Ok(missing) => missing.is_none(),
        Err(error) => return broken(NAME, &error),
    };
    let vault = match Vault::open(&path, clock::random_bytes) {
        Ok(vault) => Arc::new(vault),
        Err(VaultError::NoFile(_)) if none_needed => {
            return Check::ok(NAME, "none yet: they are made at the first start of khot serve");
        }
        Err(error) => return Check::fail(NAME, error.to_string(), "put this database's key file in place"),
    };
    match store.missing_key(|key| vault.knows(key)).await {
        Ok(None) => {}
        Ok(Some((key, values))) => {
            let error = StoreError::KeyMissing { key, values, path };
            return Check::fail(NAME, error.to_string(), "without that key those values can't be read");
        }
        Err(error) => return broken(NAME, &error),
    }
    match store.clone().with_vault(vault).open_all().await {
        Err(error) => broken(NAME, &error),
        Ok((values, Some(unopened))) => Check::fail(
            NAME,
            format!("{} of {values} encrypted values don't open, first {}", unopened.values, unopened.first),
            "restore those records from a backup, and find out who changed them",
        ),
        Ok((values, None)) => {
            let waiting = Keyring::read(&path)
                .map(|ring| ring.keys().iter().filter(|key| key.retired_at.is_none()).count())
                .unwrap_or(1);
            let found = format!("{values} encrypted values, all of them open");
            match waiting {
                0 | 1 => Check::ok(NAME, found),
                _ => Check::warn(
                    NAME,
                    format!("{found}; a rotation isn't finished"),
                    "run khot keys rotate again",
                ),
            }
        }
    }
}

async fn chain(store: &Store, anchor: Option<&Anchor>) -> Vec<Check> {
    const NAME: &str = "audit chain";
    let verified = async {
        let mut tx = store.begin(&Scope::operator()).await?;
        let report = audit::verify(&mut tx, None).await?;
        let noted = match anchor {
            Some(anchor) => audit::hash_at(&mut tx, anchor.seq).await?,
            None => None,
        };
        Ok::<_, StoreError>((report, noted))
    };
    let (report, noted) = match verified.await {
        Ok(verified) => verified,
        Err(error) => return vec![broken(NAME, &error)],
    };
    let mut checks = Vec::new();
    if report.breaks.is_empty() {
        let found = format!("{} entries, unbroken; head {}:{}", report.entries, report.entries, report.head);
        checks.push(Check::ok(NAME, found));
    }
    for broken in &report.breaks {
        checks.push(Check::fail(
            NAME,
            broken.text().en,
            "compare with a backup or an earlier export, and find out who could write to the database",
        ));
    }
    if let Some(anchor) = anchor {
        checks.push(if noted.as_deref() == Some(anchor.hash.as_str()) {
            Check::ok("audit anchor", format!("entry {} is the one that was noted", anchor.seq))
        } else {
            Check::fail(
                "audit anchor",
                format!("entry {} is not the one that was noted: the chain was written anew", anchor.seq),
                "compare with a backup or an earlier export",
            )
        });
    }
    checks
}

async fn queue(store: &Store) -> Check {
    const NAME: &str = "queue";
    match store.stuck_jobs(clock::now()).await {
        Err(error) => broken(NAME, &error),
        Ok(stuck) => match stuck.first() {
            None => Check::ok(NAME, "no job is stuck"),
            Some(first) => Check::warn(
                NAME,
                format!("{} jobs are stuck: {}, say: {}", stuck.len(), first.id, first.why),
                "see that khot serve or khot work runs, or cancel them (POST /api/v1/jobs/{id}/cancellation)",
            ),
        },
    }
}

fn time(server: &Server) -> Check {
    const NAME: &str = "clock";
    let apart = (server.clock - clock::now()).num_seconds().abs();
    if apart > CLOCK_SECONDS {
        return Check::warn(
            NAME,
            format!("this machine and the database are {apart} s apart"),
            "let both machines keep time (timedatectl set-ntp true)",
        );
    }
    if server.timezone != "UTC" {
        return Check::warn(NAME, format!("the session's time zone is {}", server.timezone), "let it be UTC");
    }
    Check::ok(NAME, format!("agrees with the database; local day {}", clock::local_day(clock::now())))
}

/// What doesn't need a database.
pub fn of_this_machine(config: &Config, data: Option<&Path>) -> Vec<Check> {
    let mut checks = vec![disk("disk (home)", &config.home)];
    if let Some(data) = data.filter(|data| data.exists() && !data.starts_with(&config.home)) {
        checks.push(disk("disk (database)", data));
    }
    checks.extend(open_files(config));
    checks
}

/// Files of ours that others can read.
fn open_files(config: &Config) -> Option<Check> {
    let logins = config.logins_file();
    let mode = std::fs::metadata(&logins).ok()?.mode();
    (mode & 0o077 != 0).then(|| {
        Check::fail(
            "files",
            format!("others may read {}", logins.display()),
            format!("chmod 600 {}", logins.display()),
        )
    })
}

fn disk(name: &'static str, folder: &Path) -> Check {
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let Some((free, total)) = space(there) else {
        return Check::warn(name, format!("can't tell the space of {}", there.display()), "look with df -h");
    };
    let gib = |bytes: u64| bytes as f64 / GIB as f64;
    let found = format!("{:.1} of {:.1} GiB free at {}", gib(free), gib(total), there.display());
    match free {
        free if free < GIB / 2 => {
            Check::fail(name, found, "make room now: PostgreSQL stops when the disk is full")
        }
        free if free < 5 * GIB => Check::warn(name, found, "make room soon"),
        _ => Check::ok(name, found),
    }
}

/// Free and all bytes of the file system that holds `folder`, as `df` says.
fn space(folder: &Path) -> Option<(u64, u64)> {
    let output = Command::new("df").arg("-Pk").arg(folder).env("LC_ALL", "C").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut fields = text.lines().nth(1)?.split_whitespace().skip(1);
    let total: u64 = fields.next()?.parse().ok()?;
    let free: u64 = fields.nth(1)?.parse().ok()?;
    Some((free * 1024, total * 1024))
}
