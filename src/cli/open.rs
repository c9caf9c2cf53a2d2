//! Opening the store that the settings name, and closing it in order.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{Stop, keys};
use crate::config::Config;
use crate::store::{Cluster, DATABASE, Store, leftovers};

/// An open store, with the private cluster that it runs on, if it does.
pub struct Opened {
    pub store: Store,
    cluster: Option<Cluster>,
}

/// Opens `DATABASE_URL`'s server, or the private cluster.
pub async fn open(config: &Config) -> Result<Opened, Stop> {
    tokio::task::spawn_blocking(|| leftovers::clear(&std::env::temp_dir())).await?;
    if let Some(url) = &config.database_url {
        return Ok(Opened { store: Store::open_url(url).await?, cluster: None });
    }
    let cluster = join(config).await?;
    match Store::open_cluster(&cluster).await {
        Ok(store) => Ok(Opened { store, cluster: Some(cluster) }),
        Err(error) => {
            leave(cluster).await;
            Err(error.into())
        }
    }
}

/// The same with the keys of personal data; they are made at the very first start.
pub async fn open_with_keys(config: &Config) -> Result<Opened, Stop> {
    let Opened { store, cluster } = open(config).await?;
    match keys::attached(config, store.clone()).await {
        Ok(store) => Ok(Opened { store, cluster }),
        Err(stop) => {
            Opened { store, cluster }.close().await;
            Err(stop)
        }
    }
}

/// Opens the database without bringing anything up to date, for looking at what is wrong.
pub async fn open_as_it_is(config: &Config) -> Result<Opened, Stop> {
    if let Some(url) = &config.database_url {
        let store = Store::open_as_it_is(crate::store::options_of(url)?).await?;
        return Ok(Opened { store, cluster: None });
    }
    let cluster = join(config).await?;
    match Store::open_as_it_is(cluster.options(DATABASE)).await {
        Ok(store) => Ok(Opened { store, cluster: Some(cluster) }),
        Err(error) => {
            leave(cluster).await;
            Err(error.into())
        }
    }
}

/// Joins the private cluster, off the async threads: it starts processes and waits for locks.
pub async fn join(config: &Config) -> Result<Cluster, Stop> {
    let home = config.home.clone();
    let joined =
        tokio::task::spawn_blocking(move || Cluster::join(&home, crate::clock::draw_password)).await?;
    Ok(joined?)
}

/// Leaves the cluster; the last one stops it.
pub async fn leave(cluster: Cluster) {
    match tokio::task::spawn_blocking(move || cluster.leave()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "can't stop the private database"),
        Err(error) => tracing::warn!(%error, "can't stop the private database"),
    }
}

/// How long connections that are still in use may keep the store open.
const CLOSING: Duration = Duration::from_secs(10);

impl Opened {
    pub async fn close(self) {
        if tokio::time::timeout(CLOSING, self.store.close()).await.is_err() {
            tracing::warn!("connections to the database are still in use");
        }
        if let Some(cluster) = self.cluster {
            leave(cluster).await;
        }
    }
}

/// Opens the store, lets `work` use it, and closes it in order, whichever way the work ended. Asked to end before the
/// store is open, it doesn't begin.
pub async fn with_store<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Store, &Ending) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let ending = Ending::listen()?;
    closed_after(open(config).await?, ending, work).await
}

/// The same with the keys of personal data.
pub async fn with_store_and_keys<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Store, &Ending) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let ending = Ending::listen()?;
    closed_after(open_with_keys(config).await?, ending, work).await
}

async fn closed_after<T>(
    opened: Opened,
    ending: Ending,
    work: impl AsyncFnOnce(&Store, &Ending) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let done = match ending.code() {
        Some(code) => Err(Stop::Asked(code)),
        None => work(&opened.store, &ending).await,
    };
    opened.close().await;
    done
}

/// What a shell gives for a program that a signal has ended: 128 and the signal's number.
const INTERRUPTED: u8 = 128 + 2;
const TERMINATED: u8 = 128 + 15;

/// Ctrl-C, or the service manager's wish to end. Asked for before anything is started: from then on neither
/// ends the process by itself, so that what was started is stopped in order.
#[derive(Debug, Clone)]
pub struct Ending(watch::Receiver<Option<u8>>);

impl Ending {
    pub fn listen() -> std::io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (asked, ending) = watch::channel(None);
        tokio::spawn(async move {
            loop {
                let code = tokio::select! {
                    _ = terminate.recv() => TERMINATED,
                    _ = interrupt.recv() => INTERRUPTED,
                };
                asked.send_modify(|held| *held = (*held).max(Some(code)));
            }
        });
        Ok(Self(ending))
    }

    /// Completes when the end was asked for; gives the code to exit with.
    pub async fn asked(self) -> u8 {
        self.reached(INTERRUPTED).await
    }

    /// The same without Ctrl-C, which is for the program in the foreground.
    pub async fn asked_to_terminate(self) -> u8 {
        self.reached(TERMINATED).await
    }

    async fn reached(mut self, least: u8) -> u8 {
        match self.0.wait_for(|code| *code >= Some(least)).await.map(|code| *code) {
            Ok(Some(code)) => code,
            // Nobody listens any more: it won't be asked for.
            _ => std::future::pending().await,
        }
    }

    /// The code to exit with, where the end was asked for already.
    pub fn code(&self) -> Option<u8> {
        *self.0.borrow()
    }

    /// Does `work` unless the end is asked for: then it is dropped where it stands.
    pub async fn or<T>(&self, work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
        tokio::select! {
            done = work => done,
            code = self.clone().asked() => Err(Stop::Asked(code)),
        }
    }
}
