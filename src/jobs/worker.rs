//! The worker: takes jobs from the queue and runs them.

use std::time::Duration;

use graphile_worker::{
    IntoTaskHandlerResult, TaskHandler, WorkerContext, WorkerOptions, WorkerRecoveryConfig,
    WorkerShutdownConfig,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::failure::Failure;
use super::{ATTEMPTS_MAX, division, import, pay, progress::Progress, proposal, publication, serving};
use crate::access::Scope;
use crate::clock;
use crate::store::jobs::{self, Ending, JobRow, QUEUE_SCHEMA};
use crate::store::{Store, StoreError, Tx};

/// Jobs that one process runs side by side. A division uses every core by itself.
const CONCURRENCY: usize = 2;

/// The queue's only task: run the job of this id.
#[derive(Debug, Serialize, Deserialize)]
struct RunJob {
    job: Uuid,
}

#[derive(Debug, Clone)]
struct Shared {
    store: Store,
    stopping: watch::Receiver<bool>,
}

impl TaskHandler for RunJob {
    const IDENTIFIER: &'static str = "run_job";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let shared = context.get_ext::<Shared>().ok_or("the worker was started without a store")?.clone();
        // An error makes the queue try again later; a job that has ended, however, is over.
        run(&shared, self.job).await.map_err(|error| error.to_string())
    }
}

/// A worker at work in this process.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), String>>,
}

impl Running {
    /// Lets running jobs stop at their next step; they are taken up again by the next worker.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        if tokio::time::timeout(Duration::from_secs(15), self.task).await.is_err() {
            tracing::warn!("the worker took too long to stop");
        }
    }
}

/// Starts a worker on `store`.
///
/// # Errors
/// When the queue's schema can't be used.
pub async fn start(store: &Store) -> Result<Running, StoreError> {
    let (stop, stopping) = watch::channel(false);
    let mut ended = stopping.clone();
    let recovery = WorkerRecoveryConfig::default()
        .enabled(true)
        .heartbeat_interval(Duration::from_secs(3))
        .sweep_interval(Duration::from_secs(5))
        .sweep_threshold(Duration::from_secs(15))
        .recovery_delay(Duration::from_secs(0));
    let shutdown = WorkerShutdownConfig::default()
        .listen_os_shutdown_signals(false)
        .grace_period(Duration::from_secs(10))
        .interrupted_job_retry_delay(Duration::from_secs(0))
        .shutdown_signal(async move {
            let _ = ended.wait_for(|ended| *ended).await;
        });
    let worker = WorkerOptions::default()
        .schema(QUEUE_SCHEMA)
        .concurrency(CONCURRENCY)
        .poll_interval(Duration::from_millis(500))
        .worker_recovery(recovery)
        .worker_shutdown(shutdown)
        .pg_pool(store.queue_pool())
        .add_extension(Shared { store: store.clone(), stopping: stopping.clone() })
        .define_job::<RunJob>()
        .init()
        .await
        .map_err(|error| StoreError::Queue(error.to_string()))?;
    tokio::spawn(keep_house(store.clone(), stopping.clone()));
    let task = tokio::spawn(async move { worker.run().await.map_err(|error| error.to_string()) });
    Ok(Running { stop, task })
}

/// How often what nobody needs any more is looked for, and how old it has to be.
const HOUSEKEEPING: Duration = Duration::from_secs(3600);
const UPLOADS_KEPT: chrono::TimeDelta = chrono::TimeDelta::days(1);

async fn keep_house(store: Store, mut stopping: watch::Receiver<bool>) {
    loop {
        match store.clear_uploads(clock::now() - UPLOADS_KEPT).await {
            Ok(0) => {}
            Ok(pieces) => tracing::info!(pieces, "uploads without a job were cleared away"),
            Err(error) => tracing::warn!(%error, "can't clear old uploads away"),
        }
        tokio::select! {
            () = tokio::time::sleep(HOUSEKEEPING) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

async fn run(shared: &Shared, id: Uuid) -> Result<(), StoreError> {
    let store = &shared.store;
    // Found out in whose name and for which area, then never more than that.
    let found = {
        let mut tx = store.begin(&Scope::operator()).await?;
        jobs::get(&mut tx, id).await?
    };
    let Some(found) = found else { return Ok(()) };
    // The trail's entries of what it does name the job, whose own entry names the request that queued it.
    let scope = Scope::job(&found.created_by, &found.area).with_request(Some(format!("job {id}")));
    let mut tx = store.begin(&scope).await?;
    let Some(job) = jobs::claim(&mut tx, id, clock::now()).await? else { return Ok(()) };
    tx.commit().await?;
    tracing::info!(job = %id, kind = job.kind, area = %job.area, attempt = job.attempt, "job taken up");
    if job.attempt > ATTEMPTS_MAX {
        let failure = Failure::refused(
            "died",
            format!("任务运行中断 {ATTEMPTS_MAX} 次，已放弃：没有留下任何更改"),
            format!("its process died {ATTEMPTS_MAX} times; given up, nothing was changed"),
        );
        return end(store, &scope, &job, Err(failure)).await;
    }
    if job.cancel_requested {
        return end(store, &scope, &job, Err(Failure::Cancelled)).await;
    }
    let progress = Progress::default();
    let watching = {
        let (progress, mut stopping) = (progress.clone(), shared.stopping.clone());
        tokio::spawn(async move {
            let _ = stopping.wait_for(|stopping| *stopping).await;
            progress.stop();
        })
    };
    let outcome = {
        let _reporting = progress.report(store, &scope, &job);
        work(store, &scope, &job, &progress).await
    };
    watching.abort();
    if *shared.stopping.borrow() && !matches!(outcome, Ok(Some(_))) {
        return Err(StoreError::Queue("this process is stopping; the job goes on elsewhere".to_owned()));
    }
    match outcome {
        Ok(Some((tx, result))) => commit(store, &scope, tx, &job, &progress, result).await,
        Ok(None) => Ok(()),
        Err(Failure::Store(error)) if job.attempt < ATTEMPTS_MAX && !error.lasts() => {
            tracing::warn!(job = %id, %error, "a job failed in the store and will be tried again");
            Err(error)
        }
        Err(failure) => end(store, &scope, &job, Err(failure)).await,
    }
}

/// Does the work of `job`: what it saves lies in the transaction that is given back, not yet committed.
/// None: it has ended itself.
async fn work(
    store: &Store,
    scope: &Scope,
    job: &JobRow,
    progress: &Progress,
) -> Result<Option<(Tx, Value)>, Failure> {
    let unreadable = |error: serde_json::Error| {
        Failure::Store(StoreError::Corrupt { what: "job", why: error.to_string() })
    };
    let params = job.params.clone();
    match job.kind.as_str() {
        "division" => {
            let params = serde_json::from_value(params).map_err(unreadable)?;
            division::run(store, scope, job, &params, progress).await.map(Some)
        }
        "publication" => {
            let params = serde_json::from_value(params).map_err(unreadable)?;
            progress.expect(1);
            let mut tx = store.begin(scope).await?;
            let result = publication::run(&mut tx, &job.area, &params).await?;
            progress.step();
            Ok(Some((tx, result)))
        }
        "proposal" => {
            let params = serde_json::from_value(params).map_err(unreadable)?;
            proposal::run(store, scope, job, &params, progress).await.map(Some)
        }
        "import" | "roster" => {
            let params = serde_json::from_value(params).map_err(unreadable)?;
            import::run(store, scope, job, &params, progress).await.map(Some)
        }
        "pay_run" => {
            let params = serde_json::from_value(params).map_err(unreadable)?;
            pay::run(store, scope, job, &params, progress).await.map(Some)
        }
        "pay_comparison" => {
            let params = serde_json::from_value(params).map_err(unreadable)?;
            pay::compare(store, scope, job, &params, progress).await.map(Some)
        }
        "links" => serving::link(store, scope, job, progress).await.map(Some),
        "placement" => {
            let params = serde_json::from_value(params).map_err(unreadable)?;
            serving::place(store, scope, job, &params, progress).await.map(Some)
        }
        other => Err(Failure::Store(StoreError::Corrupt { what: "job kind", why: other.to_owned() })),
    }
}

/// Ends the job in the transaction that holds its result, if this claim still counts.
async fn commit(
    store: &Store,
    scope: &Scope,
    mut tx: Tx,
    job: &JobRow,
    progress: &Progress,
    result: Value,
) -> Result<(), StoreError> {
    // A short job ends before it has told anything.
    let (done, total) = progress.counts();
    jobs::progress(&mut tx, job.id, job.attempt, done, total).await?;
    if jobs::finish(&mut tx, job.id, job.attempt, &Ending::Done(result), clock::now()).await? {
        tx.commit().await?;
        tracing::info!(job = %job.id, "job done");
        return Ok(());
    }
    // Cancelled in the last moment, or taken up by another: nothing of it stays.
    drop(tx);
    end(store, scope, job, Err(Failure::Cancelled)).await
}

async fn end(
    store: &Store,
    scope: &Scope,
    job: &JobRow,
    outcome: Result<(), Failure>,
) -> Result<(), StoreError> {
    let Err(failure) = outcome else { return Ok(()) };
    tracing::info!(job = %job.id, %failure, "job ended without a result");
    let ending = match failure {
        Failure::Cancelled => Ending::Cancelled,
        other => Ending::Failed(other.wire()),
    };
    let mut tx = store.begin(scope).await?;
    if jobs::finish(&mut tx, job.id, job.attempt, &ending, clock::now()).await? {
        return tx.commit().await;
    }
    // Another worker has taken it up. The queue's own row is that worker's: an error here leaves it alone.
    tracing::info!(job = %job.id, "another worker has taken the job up");
    Err(StoreError::Queue("the claim no longer counts".to_owned()))
}
