//! Waiting for a job with a progress bar.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use uuid::Uuid;

use super::Stop;
use super::open::Ending;
use crate::access::Scope;
use crate::clock;
use crate::jobs::Running;
use crate::store::Store;
use crate::store::jobs::{self, JobRow, JobState};

/// A bar on standard error, when that is a terminal.
pub fn bar(total: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg:16} {bar:32} {pos}/{len}  {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}

/// How long a job may take to stop that was asked to.
const STOPPING: Duration = Duration::from_secs(10);

/// Waits until the job is over. Asked to end, it asks the job to stop, and goes on waiting for that, but not for
/// long: the next worker finds that it was to be cancelled.
pub async fn wait(store: &Store, id: Uuid, what: &str, ending: &Ending) -> Result<JobRow, Stop> {
    let bar = bar(0, what);
    let mut asked = None;
    loop {
        let job = {
            let mut tx = store.begin(&Scope::operator()).await?;
            jobs::get(&mut tx, id).await?.ok_or_else(|| Stop::Failed("the job has disappeared".to_owned()))?
        };
        bar.set_length(u64::from(job.total));
        bar.set_position(u64::from(job.done));
        if job.state.is_over() {
            bar.finish_and_clear();
            // What was done before it could be stopped is done.
            return match asked {
                Some((code, _)) if job.state == JobState::Cancelled => Err(Stop::Asked(code)),
                _ => Ok(job),
            };
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(150)) => {}
            code = overdue(asked) => return Err(Stop::Asked(code)),
            code = ending.clone().asked(), if asked.is_none() => {
                asked = Some((code, Instant::now() + STOPPING));
                let mut tx = store.begin(&Scope::operator()).await?;
                jobs::cancel(&mut tx, id, clock::now()).await?;
                tx.commit().await?;
                eprintln!("khot: cancelling …");
            }
        }
    }
}

/// Completes when a job that was asked to stop should have done so.
async fn overdue(asked: Option<(u8, Instant)>) -> u8 {
    match asked {
        Some((code, until)) => {
            tokio::time::sleep_until(until.into()).await;
            code
        }
        None => std::future::pending().await,
    }
}

/// Waits for the job, with a worker of this process, and gives what came of it.
pub async fn done(
    store: &Store,
    worker: Running,
    id: Uuid,
    what: &str,
    ending: &Ending,
) -> Result<serde_json::Value, Stop> {
    let waited = wait(store, id, what, ending).await;
    worker.stop().await;
    let job = waited?;
    match job.state {
        JobState::Done => Ok(job.result.unwrap_or_default()),
        JobState::Cancelled => Err(Stop::Failed("cancelled; nothing was changed".to_owned())),
        _ => {
            let error = job.error.unwrap_or_default();
            Err(Stop::Unusable(error["en"].as_str().unwrap_or("the job failed").to_owned()))
        }
    }
}
