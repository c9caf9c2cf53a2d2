//! `khot links`: makes the links of grids to outlets again, banner by banner.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::json;
use uuid::Uuid;

use super::open::{Ending, with_store};
use super::{Stop, jobs as waiting};
use crate::access::Scope;
use crate::clock;
use crate::config::Config;
use crate::domain::{Code, Level};
use crate::jobs;
use crate::store::jobs::JobState;
use crate::store::{Store, areas};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: khot links --area 15")]
pub struct Arguments {
    /// A banner, or a league or region with all of its banners; of a township or village the banner.
    #[arg(long, value_name = "CODE")]
    area: Code,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Default)]
struct Made {
    banners: usize,
    links: u64,
    changed: u64,
    seconds: f64,
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<(), Stop> {
    let made = with_store(config, async |store, ending| make(store, &arguments.area, ending).await).await?;
    let Made { banners, links, changed, seconds } = made;
    if arguments.json {
        println!(
            "{}",
            json!({"banners": banners, "links": links, "changed": changed, "seconds": (seconds * 10.0).round() / 10.0})
        );
    } else {
        println!(
            "{links} links of {banners} banners made again in {seconds:.1} s; {changed} of them are others than before"
        );
    }
    Ok(())
}

/// Queues every banner, and lets a worker of this process take them up side by side.
async fn make(store: &Store, area: &Code, ending: &Ending) -> Result<Made, Stop> {
    let worker = jobs::start(store).await?;
    let made = queue_and_wait(store, area, ending).await;
    worker.stop().await;
    made
}

async fn queue_and_wait(store: &Store, area: &Code, ending: &Ending) -> Result<Made, Stop> {
    let mut tx = store.begin(&Scope::operator()).await?;
    if areas::get(&mut tx, area).await?.is_none() {
        return Err(Stop::Unusable(format!("there is no area {area} in the database")));
    }
    let banners: BTreeSet<Code> = match area.level() {
        Level::Region | Level::League => {
            areas::below(&mut tx, area, Level::Banner).await?.into_iter().map(|row| row.code).collect()
        }
        _ => [area.at(Level::Banner)].into(),
    };
    let begun = Instant::now();
    let queued: Vec<(Code, Uuid)> = jobs::queue_links_of_planned(&mut tx, &banners, clock::now()).await?;
    tx.commit().await?;
    if queued.is_empty() {
        return Err(Stop::Unusable(format!(
            "no plan is in force in {area}: there are no grids to link; publish one first"
        )));
    }
    let mut made = Made { banners: queued.len(), ..Made::default() };
    for (banner, id) in queued {
        let job = waiting::wait(store, id, banner.as_str(), ending).await?;
        if job.state != JobState::Done {
            let error = job.error.unwrap_or_default();
            let why = error["en"].as_str().unwrap_or("cancelled");
            return Err(Stop::Failed(format!("linking the grids of {banner} to outlets failed: {why}")));
        }
        let number =
            |name: &str| job.result.as_ref().and_then(|result| result[name].as_u64()).unwrap_or_default();
        made.links += number("links");
        made.changed += number("changed");
    }
    made.seconds = begun.elapsed().as_secs_f64();
    Ok(made)
}
