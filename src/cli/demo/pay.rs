//! The demo's subsidies: rules whose amounts are demo values, the month before last locked, last month approved.

use uuid::Uuid;

use super::super::open::Ending;
use super::super::{Stop, jobs as waiting};
use super::people::months_attested;
use crate::access::Scope;
use crate::clock;
use crate::domain::{Code, Month};
use crate::jobs::{self, PayRunParams};
use crate::store::jobs::JobState;
use crate::store::pay::{self, NewRules, Step};
use crate::store::{Store, areas};
use crate::subsidy::Rules;

/// Loads the shipped rules, and runs of those of the banners that have none. A worker of the queue must be running.
pub async fn load(store: &Store, banners: &[Code], ending: &Ending) -> Result<(), Stop> {
    put_rules(store).await?;
    let mut fresh = Vec::new();
    for banner in banners {
        let mut tx = store.begin(&Scope::operator()).await?;
        if pay::runs(&mut tx, banner, None).await?.is_empty() {
            fresh.push(banner);
        }
    }
    let [earlier, last, _] = months_attested();
    for (month, locked) in [(earlier, true), (last, false)] {
        let mut queued = Vec::new();
        for banner in &fresh {
            let mut tx = store.begin(&Scope::operator().named(&format!("finance-{banner}"))).await?;
            let job = jobs::queue_pay_run(&mut tx, banner, &PayRunParams { month }, clock::now()).await?;
            tx.commit().await?;
            queued.push((*banner, job.id));
        }
        for (banner, job) in queued {
            let run = drafted(store, banner, month, job, ending).await?;
            sign(store, banner, run, locked).await?;
        }
    }
    if !fresh.is_empty() {
        eprintln!("  subsidies: {earlier} locked, {last} approved; amounts are demo values 演示标准");
    }
    Ok(())
}

/// The shipped document, for the whole region.
async fn put_rules(store: &Store) -> Result<(), Stop> {
    let mut tx = store.begin(&Scope::operator()).await?;
    let Some(region) = areas::region(&mut tx).await? else { return Ok(()) };
    let rules = Rules::defaults()?;
    let held = pay::rules_of(&mut tx, &region.code).await?;
    if held.iter().any(|held| held.area == region.code) {
        return Ok(());
    }
    // Early in a year the demo reaches back into the one before.
    let valid_from = rules.valid_from.min(months_attested()[0].first_day());
    let text = Rules::default_text()
        .replace(&format!("valid_from = {}", rules.valid_from), &format!("valid_from = {valid_from}"));
    let new = NewRules {
        id: Uuid::now_v7(),
        area: region.code,
        title: rules.title,
        version: rules.version,
        valid_from,
        paper: rules.paper,
        demo: rules.demo,
        text,
    };
    pay::add_rules(&mut tx, &new, clock::now()).await?;
    Ok(tx.commit().await?)
}

async fn drafted(
    store: &Store,
    banner: &Code,
    month: Month,
    job: Uuid,
    ending: &Ending,
) -> Result<Uuid, Stop> {
    let job = waiting::wait(store, job, "subsidies", ending).await?;
    if job.state != JobState::Done {
        let error = job.error.unwrap_or_default();
        let why = error["en"].as_str().unwrap_or("cancelled");
        return Err(Stop::Failed(format!("working out {month} of {banner} failed: {why}")));
    }
    Ok(serde_json::from_value(job.result.unwrap_or_default()["run"].clone())?)
}

/// A second person approves it, and may lock it.
async fn sign(store: &Store, banner: &Code, run: Uuid, locked: bool) -> Result<(), Stop> {
    let mut tx = store.begin(&Scope::operator().named(&format!("finance2-{banner}"))).await?;
    let mut step = pay::approve(&mut tx, run, clock::now()).await?;
    if locked && matches!(step, Step::Done(_)) {
        step = pay::lock(&mut tx, run, clock::now()).await?;
    }
    if !matches!(step, Step::Done(_)) {
        return Err(Stop::Failed(format!("run {run} can't be approved and locked")));
    }
    Ok(tx.commit().await?)
}
