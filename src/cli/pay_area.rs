//! `khot pay --area` and `khot pay --replay`: a month of the database.

use serde_json::json;
use uuid::Uuid;

use super::open::{Ending, with_store};
use super::{Stop, jobs as waiting};
use crate::access::Scope;
use crate::clock;
use crate::config::Config;
use crate::domain::{Code, Fen, Month};
use crate::jobs::{self, PayRunParams};
use crate::store::pay::{self, RunRow};
use crate::store::{Store, areas};

/// Works a month of an area out as a draft, and prints its totals.
pub async fn draft(config: &Config, area: &Code, month: Month, as_json: bool) -> Result<(), Stop> {
    let row = with_store(config, async |store, ending| make(store, area, month, ending).await).await?;
    if as_json {
        println!("{}", told(&row));
    } else {
        print(&row);
    }
    Ok(())
}

async fn make(store: &Store, area: &Code, month: Month, ending: &Ending) -> Result<RunRow, Stop> {
    let mut tx = store.begin(&Scope::operator()).await?;
    if areas::get(&mut tx, area).await?.is_none() {
        return Err(Stop::Unusable(format!("there is no area {area} in the database")));
    }
    let job = jobs::queue_pay_run(&mut tx, area, &PayRunParams { month }, clock::now()).await?;
    tx.commit().await?;
    let worker = jobs::start(store).await?;
    let result = waiting::done(store, worker, job.id, "working out", ending).await?;
    let id: Uuid = serde_json::from_value(result["run"].clone())?;
    let mut tx = store.begin(&Scope::operator()).await?;
    pay::run(&mut tx, id).await?.ok_or_else(|| Stop::Failed("the run has disappeared".to_owned()))
}

const LEVELS: [&str; 4] = ["region", "league", "banner", "township"];

fn told(row: &RunRow) -> serde_json::Value {
    let [region, league, banner, township] = row.levels;
    json!({"run": row.id, "area": row.area, "month": row.month, "status": row.status, "workers": row.workers,
           "lines": row.lines, "amount_fen": row.total_fen, "currency": "CNY", "demo": row.demo,
           "carried_fen": {"region": region, "league": league, "banner": banner, "township": township},
           "warnings": row.checks["warnings"]})
}

fn print(row: &RunRow) {
    let shares: Vec<String> =
        LEVELS.iter().zip(row.levels).map(|(level, fen)| format!("{level} {}", Fen(fen))).collect();
    println!(
        "{} {}: {} workers, {} lines, {} yuan ({}); {}",
        row.area,
        row.month,
        row.workers,
        row.lines,
        Fen(row.total_fen),
        shares.join(", "),
        row.status.as_str()
    );
    for component in row.sums["by_component"].as_array().into_iter().flatten() {
        let fen = Fen(component["amount_fen"].as_i64().unwrap_or(0)).to_string();
        println!("  {:14}{fen:>18}", component["component"].as_str().unwrap_or_default());
    }
    for warning in row.checks["warnings"].as_array().into_iter().flatten() {
        println!("  note: {}", warning["en"].as_str().unwrap_or_default());
    }
    if row.demo {
        println!("the rates are demo values and nobody's actual pay");
    }
    println!("run {}: a second person approves it, then it is locked", row.id);
}

/// Works a run out again from what it was worked out from, and compares with what is kept.
pub async fn replay(config: &Config, id: Uuid, as_json: bool) -> Result<(), Stop> {
    let (row, wrong) = with_store(config, async |store, ending| {
        let work = async {
            let mut tx = store.begin(&Scope::operator()).await?;
            let row = pay::run(&mut tx, id).await?;
            let row = row.ok_or_else(|| Stop::Unusable(format!("there is no run {id} in the database")))?;
            let wrong = jobs::pay::replay(&mut tx, &row).await?;
            Ok((row, wrong))
        };
        ending.or(work).await
    })
    .await?;
    if as_json {
        println!(
            "{}",
            json!({"run": id, "lines": row.lines, "amount_fen": row.total_fen, "breaches": wrong})
        );
    } else {
        wrong.iter().for_each(|wrong| println!("{wrong}"));
        let (lines, yuan) = (row.lines, Fen(row.total_fen));
        println!("replayed {} {}: {lines} lines, {yuan} yuan; {} breaches", row.area, row.month, wrong.len());
    }
    if wrong.is_empty() { Ok(()) } else { Err(Stop::Breaches) }
}
