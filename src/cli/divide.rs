//! `khot divide`: an area of the database, or files without one.

use std::path::PathBuf;

use chrono::NaiveDate;
use serde_json::json;

use super::open::{Ending, with_store};
use super::{Stop, divide_files, jobs as waiting};
use crate::access::Scope;
use crate::clock;
use crate::config::Config;
use crate::domain::{Code, Policy};
use crate::jobs::{self, DivisionParams};
use crate::store::plans::{self, PlanRow};
use crate::store::{Store, areas};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  khot divide --area 150821 --publish 2026-12-01\n  \
    khot divide --units cells.geojson --weight households --target 250 --out grids.geojson\n  \
    khot divide --units cells.csv --edges edges.csv --weight weight --parts 40 --out parts.csv")]
pub struct Arguments {
    /// Divide this area of the database: a banner, or a league or region banner by banner.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["units", "out"], required_unless_present = "units")]
    area: Option<Code>,
    /// A policy document (TOML); the shipped default when left out.
    #[arg(long, value_name = "FILE", requires = "area")]
    policy: Option<PathBuf>,
    /// Publish from this day.
    #[arg(long, value_name = "DATE", requires = "area")]
    publish: Option<NaiveDate>,
    /// The same seed gives the same answer.
    #[arg(long, default_value_t = 1)]
    seed: i64,
    #[command(flatten)]
    files: divide_files::Arguments,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<(), Stop> {
    let Some(area) = arguments.area.clone() else {
        let (files, seed, json) = (arguments.files, arguments.seed.cast_unsigned(), arguments.json);
        return tokio::task::spawn_blocking(move || divide_files::run(&files, seed, json)).await?;
    };
    let policy = match &arguments.policy {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Stop::Unusable(format!("can't read {}: {error}", path.display())))?;
            Policy::parse(&text).map_err(|error| Stop::Unusable(format!("{}: {error}", path.display())))?;
            Some(text)
        }
        None => None,
    };
    let params = DivisionParams {
        seed: arguments.seed,
        title: None,
        policy,
        publish_from: arguments.publish,
        only: None,
    };
    let rows = with_store(config, async |store, ending| divide(store, &area, &params, ending).await).await?;
    if arguments.json {
        let rows: Vec<_> = rows.iter().map(|row| json!({"plan": row.id, "area": row.banner, "status": row.status, "valid_from": row.valid_from, "scores": row.scores})).collect();
        println!("{}", json!(rows));
    } else {
        rows.iter().for_each(print);
    }
    Ok(())
}

async fn divide(
    store: &Store,
    area: &Code,
    params: &DivisionParams,
    ending: &Ending,
) -> Result<Vec<PlanRow>, Stop> {
    let mut tx = store.begin(&Scope::operator()).await?;
    if areas::get(&mut tx, area).await?.is_none() {
        return Err(Stop::Unusable(format!(
            "there is no area {area} in the database: import it, or run khot demo"
        )));
    }
    let job = jobs::queue_division(&mut tx, area, params, clock::now()).await?;
    tx.commit().await?;
    let worker = jobs::start(store).await?;
    let result = waiting::done(store, worker, job.id, "dividing", ending).await?;
    read_plans(store, &result).await
}

async fn read_plans(store: &Store, result: &serde_json::Value) -> Result<Vec<PlanRow>, Stop> {
    let mut tx = store.begin(&Scope::operator()).await?;
    let mut rows = Vec::new();
    for id in result["plans"].as_array().into_iter().flatten() {
        if let Some(row) = plans::get(&mut tx, serde_json::from_value(id.clone())?).await? {
            rows.push(row);
        }
    }
    Ok(rows)
}

fn print(row: &PlanRow) {
    let percent =
        |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{:.1}%", share * 100.0));
    let state = row.valid_from.map_or("draft".to_owned(), |day| format!("published from {day}"));
    println!(
        "{} {}: {} grids in {} villages, {} in the band; {state}",
        row.banner,
        row.banner_name,
        row.scores.grids,
        row.scores.villages,
        percent(row.scores.in_band_share)
    );
    for figures in &row.scores.by_area_type {
        println!(
            "  {:13} {:5} grids  {:8} households  {:>6} in the band  compactness {:.2}",
            figures.area_type.as_str(),
            figures.grids,
            figures.households,
            percent(figures.in_band_share),
            figures.compactness_mean.unwrap_or(0.0)
        );
    }
    let mut causes: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for reason in &row.reasons {
        *causes.entry(reason.kind.code()).or_default() += 1;
    }
    for (cause, count) in causes {
        println!("  reason {cause}: {count}");
    }
    println!("  plan {}{}", row.id, if row.synthetic { "  (synthetic data 合成数据)" } else { "" });
}
