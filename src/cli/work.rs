//! `khot work`: a worker of its own.

use super::Stop;
use super::open::{Ending, open};
use crate::config::Config;
use crate::jobs;

pub async fn run(config: &Config) -> Result<(), Stop> {
    let ending = Ending::listen()?;
    let opened = open(config).await?;
    let worker = jobs::start(&opened.store).await?;
    eprintln!("khot work: taking queued jobs. Ctrl-C stops it; what it has begun goes on elsewhere.");
    ending.asked().await;
    worker.stop().await;
    opened.close().await;
    Ok(())
}
