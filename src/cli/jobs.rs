//! Waiting for a job with a progress bar.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use uuid::Uuid;

use super::Stop;
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

/// Waits until the job is over. Ctrl-C asks it to stop and goes on waiting.
pub async fn wait(store: &Store, id: Uuid, what: &str) -> Result<JobRow, Stop> {
    let bar = bar(0, what);
    let mut asked = false;
    loop {
        let job = {
            let mut tx = store.begin(&Scope::operator()).await?;
            jobs::get(&mut tx, id).await?.ok_or_else(|| Stop::Failed("the job has disappeared".to_owned()))?
        };
        bar.set_length(u64::from(job.total));
        bar.set_position(u64::from(job.done));
        if job.state.is_over() {
            bar.finish_and_clear();
            return Ok(job);
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(150)) => {}
            _ = tokio::signal::ctrl_c(), if !asked => {
                asked = true;
                let mut tx = store.begin(&Scope::operator()).await?;
                jobs::cancel(&mut tx, id, clock::now()).await?;
                tx.commit().await?;
                eprintln!("khot: cancelling …");
            }
        }
    }
}

/// Waits for the job, with a worker of this process, and gives what came of it.
pub async fn done(store: &Store, worker: Running, id: Uuid, what: &str) -> Result<serde_json::Value, Stop> {
    let waited = wait(store, id, what).await;
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
