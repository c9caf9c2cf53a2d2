//! Opening the store that the settings name, and closing it in order.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::Stop;
use crate::config::Config;
use crate::store::{Cluster, Store};

/// An open store, with the private cluster that it runs on, if it does.
pub struct Opened {
    pub store: Store,
    cluster: Option<Cluster>,
}

/// Opens `DATABASE_URL`'s server, or the private cluster.
pub async fn open(config: &Config) -> Result<Opened, Stop> {
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

impl Opened {
    pub async fn close(self) {
        self.store.close().await;
        if let Some(cluster) = self.cluster {
            leave(cluster).await;
        }
    }
}

/// Ctrl-C, or the service manager's wish to end. Asked for before anything is started: from then on neither
/// ends the process by itself, so that what was started is stopped in order.
#[derive(Debug, Clone)]
pub struct Ending(watch::Receiver<bool>);

impl Ending {
    pub fn listen() -> std::io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (asked, ending) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            let _ = asked.send(true);
        });
        Ok(Self(ending))
    }

    /// Completes when the end was asked for.
    pub async fn asked(mut self) {
        let _ = self.0.wait_for(|asked| *asked).await;
    }
}
