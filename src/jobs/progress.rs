//! How far a job is, told to the store twice a second while an engine runs on other threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use crate::access::Scope;
use crate::store::Store;
use crate::store::jobs::{self, JobRow};

const EVERY: Duration = Duration::from_millis(500);

/// Shared between an engine's threads and the task that reports. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    done: AtomicU32,
    total: AtomicU32,
    stop: AtomicBool,
}

impl Progress {
    pub fn expect(&self, total: u32) {
        self.inner.total.store(total, Ordering::Relaxed);
    }

    pub fn step(&self) {
        self.inner.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Steps done and in all.
    pub fn counts(&self) -> (u32, u32) {
        (self.inner.done.load(Ordering::Relaxed), self.inner.total.load(Ordering::Relaxed))
    }

    /// Whether the work should stop: it was cancelled, or another worker has taken it up.
    pub fn stopped(&self) -> bool {
        self.inner.stop.load(Ordering::Relaxed)
    }

    pub fn stop(&self) {
        self.inner.stop.store(true, Ordering::Relaxed);
    }

    /// Reports until the returned guard is dropped.
    pub fn report(&self, store: &Store, scope: &Scope, job: &JobRow) -> Reporting {
        let (progress, store, scope, id, attempt) =
            (self.clone(), store.clone(), scope.clone(), job.id, job.attempt);
        Reporting(tokio::spawn(async move {
            loop {
                let (done, total) = progress.counts();
                let told = async {
                    let mut tx = store.begin(&scope).await?;
                    let stop = jobs::progress(&mut tx, id, attempt, done, total).await?;
                    tx.commit().await?;
                    Ok::<bool, crate::store::StoreError>(stop)
                };
                match told.await {
                    Ok(true) => progress.stop(),
                    Ok(false) => {}
                    Err(error) => tracing::warn!(job = %id, %error, "can't tell a job's progress"),
                }
                tokio::time::sleep(EVERY).await;
            }
        }))
    }
}

/// Ends the reporting when dropped.
#[derive(Debug)]
pub struct Reporting(tokio::task::JoinHandle<()>);

impl Drop for Reporting {
    fn drop(&mut self) {
        self.0.abort();
    }
}
