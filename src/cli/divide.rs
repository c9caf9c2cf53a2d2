//! `khot divide`: an area of the database, or files without one.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde_json::json;

use super::open::{Ending, with_store};
use super::{Stop, divide_files, jobs as waiting};
use crate::access::Scope;
use crate::clock;
use crate::config::Config;
use crate::domain::{Code, Givens, GridNumbers, Policy};
use crate::jobs::{self, DivisionParams};
use crate::store::plans::{self, PlanRow};
use crate::store::{Store, areas};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  khot divide --area 150821 --publish 2026-12-01\n  \
    khot divide --area 150821 --ceiling 150821100=40 --count 150821100200=3 --givens givens.toml\n  \
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
    /// Posts of a township or banner, shared out fairly between its villages: 150821100=40.
    #[arg(long, value_name = "CODE=N", value_parser = numbered, requires = "area")]
    ceiling: Vec<(Code, u32)>,
    /// The number of grids of a village: 150821100200=3.
    #[arg(long, value_name = "VILLAGE=N", value_parser = numbered, requires = "area")]
    count: Vec<(Code, u32)>,
    /// Locks, dedicated grids, units tied together or kept apart, barriers (TOML or JSON); those of the plan
    /// started from when left out.
    #[arg(long, value_name = "FILE", requires = "area")]
    givens: Option<PathBuf>,
    /// Start from this plan, a draft say; from the one in force when left out.
    #[arg(long, value_name = "PLAN", requires = "area")]
    from: Option<uuid::Uuid>,
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
    let numbers = (!arguments.ceiling.is_empty() || !arguments.count.is_empty()).then(|| GridNumbers {
        ceilings: arguments.ceiling.iter().cloned().collect(),
        counts: arguments.count.iter().cloned().collect(),
    });
    let params = DivisionParams {
        seed: arguments.seed,
        policy,
        publish_from: arguments.publish,
        numbers,
        givens: arguments.givens.as_deref().map(read_givens).transpose()?,
        from: arguments.from,
        ..DivisionParams::default()
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

/// `CODE=N`.
fn numbered(text: &str) -> Result<(Code, u32), String> {
    let (code, number) = text.split_once('=').ok_or("write CODE=N, such as 150821100=40")?;
    let code = code.trim().parse::<Code>().map_err(|error| error.to_string())?;
    let number = number.trim().parse().map_err(|_| format!("'{number}' is not a number of grids"))?;
    Ok((code, number))
}

fn read_givens(path: &Path) -> Result<Givens, Stop> {
    let told = |why: String| Stop::Unusable(format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| told(format!("can't be read: {error}")))?;
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
        serde_json::from_str(&text).map_err(|error| told(error.to_string()))
    } else {
        toml::from_str(&text).map_err(|error| told(error.to_string().trim().to_owned()))
    }
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
