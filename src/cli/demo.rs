//! `khot demo`: real names and outlines, made-up townships, villages and counts; divided, checked and
//! published.

mod outlets;
mod pay;
mod people;

use std::time::Instant;

use rayon::prelude::*;

use super::open::{Ending, with_store_and_keys};
use super::{Stop, jobs as waiting, logins};
use crate::access::Scope;
use crate::clock;
use crate::config::Config;
use crate::demo::{self, DEMO_BANNERS, MadeBanner, Past, Sources};
use crate::domain::{Code, Policy};
use crate::jobs::{self, DivisionParams};
use crate::store::jobs::JobState;
use crate::store::{Store, areas, imports};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: khot demo --scale region --seed 7")]
pub struct Arguments {
    /// Four whole banners (one of each area type), or all 103 of the region.
    #[arg(long, value_enum, default_value = "banners")]
    scale: Scale,
    /// The same seed makes the same demo.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Scale {
    Banners,
    Region,
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<(), Stop> {
    with_store_and_keys(config, async |store, ending| {
        let worker = jobs::start(store).await?;
        let loaded = ending.or(load(store, arguments.scale, arguments.seed, ending)).await;
        worker.stop().await;
        loaded?;
        let drawn = logins::ensure(config, store).await?;
        if !drawn.is_empty() {
            let file = config.logins_file();
            println!("Logins 登录 (shown once; kept in {}):\n  {}", file.display(), logins::table(&drawn));
        }
        Ok(())
    })
    .await
}

/// Loads the four-banner demo where the database holds no areas yet. A worker must be running.
pub async fn load_if_empty(store: &Store, ending: &Ending) -> Result<(), Stop> {
    let mut tx = store.begin(&Scope::operator()).await?;
    let held = areas::region(&mut tx).await?;
    drop(tx);
    match held {
        Some(_) => {
            eprintln!("The database has data already: the demo is left as it is.");
            Ok(())
        }
        None => load(store, Scale::Banners, 1, ending).await,
    }
}

async fn load(store: &Store, scale: Scale, seed: u64, ending: &Ending) -> Result<(), Stop> {
    let begun = Instant::now();
    eprintln!(
        "Making the demo from real names and outlines. Townships, villages, units, counts, outlets and workers are synthetic 合成数据."
    );
    let sources = tokio::task::spawn_blocking(Sources::embedded).await??;
    let banners: Vec<Code> = match scale {
        Scale::Region => sources.banners(),
        Scale::Banners => DEMO_BANNERS.iter().map(|code| code.parse()).collect::<Result<_, _>>()?,
    };
    let mut fresh = Vec::new();
    for banner in banners.clone() {
        let mut tx = store.begin(&Scope::operator()).await?;
        match areas::get(&mut tx, &banner).await? {
            Some(held) if held.villages > 0 => {
                eprintln!("  {banner} {} is there already: left as it is", held.name)
            }
            _ => fresh.push(banner),
        }
    }
    put_upper(store, &sources).await?;
    let (villages, units) = put_banners(store, sources, &fresh, seed).await?;
    eprintln!(
        "  {} banners, {villages} villages, {units} units loaded in {:.1} s",
        fresh.len(),
        begun.elapsed().as_secs_f64()
    );
    let dividing = Instant::now();
    let grids = divide_and_publish(store, &fresh, seed, ending).await?;
    eprintln!("  {grids} grids divided, checked and published in {:.1} s", dividing.elapsed().as_secs_f64());
    let linking = Instant::now();
    let links = outlets::linked(store, &fresh, ending).await?;
    eprintln!(
        "  {links} links of grids to outlets made, the last in {:.1} s",
        linking.elapsed().as_secs_f64()
    );
    let staffing = Instant::now();
    let workers = people::load(store, &banners, seed).await?;
    eprintln!("  {workers} workers hired and assigned in {:.1} s", staffing.elapsed().as_secs_f64());
    let paid: Vec<Code> =
        banners.into_iter().filter(|banner| DEMO_BANNERS.contains(&banner.as_str())).collect();
    pay::load(store, &paid, ending).await
}

/// The region and its leagues, and every banner's real outline, so that the map is whole.
async fn put_upper(store: &Store, sources: &Sources) -> Result<(), Stop> {
    let mut tx = store.begin(&Scope::operator()).await?;
    let mut upper = demo::upper_areas(sources);
    upper.extend(demo::banner_areas(sources));
    let mut missing = Vec::new();
    for area in upper {
        if areas::get(&mut tx, &area.code).await?.is_none() {
            missing.push(area);
        }
    }
    if let Some(widest) = missing.iter().map(|area| &area.code).min() {
        let before = imports::holdings(&mut tx, widest).await?;
        imports::put_areas(&mut tx, &missing).await?;
        imports::note(&mut tx, "demo", "khot demo", widest, before, missing.len()).await?;
    }
    Ok(tx.commit().await?)
}

/// Makes banners on every core, a few ahead of those that are being stored, so that memory stays bounded.
async fn put_banners(
    store: &Store,
    sources: Sources,
    banners: &[Code],
    seed: u64,
) -> Result<(usize, usize), Stop> {
    let bar = waiting::bar(banners.len() as u64, "making banners");
    let policy = Policy::defaults()?;
    let (send, mut receive) = tokio::sync::mpsc::channel::<Result<(Code, MadeBanner), String>>(2);
    let list = banners.to_vec();
    let making = tokio::task::spawn_blocking(move || {
        for chunk in list.chunks(rayon::current_num_threads().max(1)) {
            let made: Vec<_> = chunk
                .par_iter()
                .map(|banner| {
                    demo::make_banner(&sources, banner, &policy, seed)
                        .map(|made| (banner.clone(), made))
                        .map_err(|error| error.to_string())
                })
                .collect();
            for one in made {
                if send.blocking_send(one).is_err() {
                    return;
                }
            }
        }
    });
    let (mut villages, mut units) = (0, 0);
    while let Some(made) = receive.recv().await {
        let (banner, made) = made.map_err(Stop::Failed)?;
        villages += made.areas.iter().filter(|area| area.kind.is_some()).count();
        units += made.units.len();
        let mut tx = store.begin(&Scope::operator()).await?;
        let before = imports::holdings(&mut tx, &banner).await?;
        imports::put_areas(&mut tx, &made.areas).await?;
        imports::put_units(&mut tx, &made.units).await?;
        imports::refresh_sums(&mut tx, &banner).await?;
        imports::note(&mut tx, "demo", "khot demo", &banner, before, made.units.len()).await?;
        let languages: Vec<(Code, Option<String>)> = made
            .areas
            .iter()
            .filter_map(|area| {
                let language = demo::language(&area.code, area.area_type?, area.kind);
                area.kind.map(|_| (area.code.clone(), Some(language.to_owned())))
            })
            .collect();
        areas::set_languages(&mut tx, &banner, &languages).await?;
        outlets::put(&mut tx, &banner, &made, seed).await?;
        tx.commit().await?;
        bar.inc(1);
    }
    making.await?;
    bar.finish_and_clear();
    Ok((villages, units))
}

/// Divides each banner as a job, side by side with the worker's other jobs, and publishes it from the day on which
/// the demo's past begins.
async fn divide_and_publish(
    store: &Store,
    banners: &[Code],
    seed: u64,
    ending: &Ending,
) -> Result<u64, Stop> {
    let begun = Past::before(clock::local_day(clock::now())).begun;
    let params =
        DivisionParams { seed: seed.cast_signed(), publish_from: Some(begun), ..DivisionParams::default() };
    let mut queued = Vec::new();
    for banner in banners {
        let mut tx = store.begin(&Scope::operator()).await?;
        let job = jobs::queue_division(&mut tx, banner, &params, clock::now()).await?;
        tx.commit().await?;
        queued.push((banner, job.id));
    }
    let mut grids = 0;
    for (banner, id) in queued {
        let job = waiting::wait(store, id, banner.as_str(), ending).await?;
        if job.state != JobState::Done {
            let error = job.error.unwrap_or_default();
            return Err(Stop::Failed(format!(
                "dividing {banner} failed: {}",
                error["en"].as_str().unwrap_or("cancelled")
            )));
        }
        grids += job.result.as_ref().and_then(|result| result["grids"].as_u64()).unwrap_or(0);
    }
    Ok(grids)
}
