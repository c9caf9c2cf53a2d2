//! `khot work`: a worker of its own.

use super::Stop;
use super::open::{open, stop_signal};
use crate::config::Config;
use crate::jobs;

pub async fn run(config: &Config) -> Result<(), Stop> {
    let opened = open(config).await?;
    let worker = jobs::start(&opened.store).await?;
    eprintln!("khot work: taking queued jobs. Ctrl-C stops it; what it has begun goes on elsewhere.");
    stop_signal().await;
    worker.stop().await;
    opened.close().await;
    Ok(())
}
