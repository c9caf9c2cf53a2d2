//! The demo's subsidies: rules whose amounts are demo values, made-up days on duty, a locked run and a draft.

use super::open::Ending;
use super::{Stop, jobs as waiting};
use crate::access::Scope;
use crate::clock;
use crate::demo;
use crate::domain::{Code, Month};
use crate::jobs::{self, PayRunParams};
use crate::store::jobs::JobState;
use crate::store::pay::{self, Attested, NewRules, Step};
use crate::store::workers::{self, WorkerFilter};
use crate::store::{Store, Tx, areas};
use crate::subsidy::Rules;

/// Whose runs the demo has, and in whose names they are made and approved.
const PAID: &str = "150102";
const MAKER: &str = "finance-150102";
const SECOND: &str = "finance2-150102";

/// The two months before today's, the earlier one first.
pub fn months() -> [Month; 2] {
    let this = Month::of(clock::local_day(clock::now()));
    let before = |month: Month| month.first_day().pred_opt().map_or(month, Month::of);
    let last = before(this);
    [before(last), last]
}

/// Loads rules, days on duty of the last two months in these banners, and the runs of one of them. A worker of the
/// queue must be running.
pub async fn load(store: &Store, banners: &[Code], ending: &Ending) -> Result<(), Stop> {
    put_rules(store).await?;
    for banner in banners {
        let mut tx = store.begin(&Scope::operator()).await?;
        for month in months() {
            attest(&mut tx, banner, month).await?;
        }
        tx.commit().await?;
    }
    if !banners.iter().any(|banner| banner.as_str() == PAID) {
        return Ok(());
    }
    let [earlier, last] = months();
    let area: Code = PAID.parse()?;
    let run = draft(store, &area, earlier, ending).await?;
    lock(store, run).await?;
    draft(store, &area, last, ending).await?;
    eprintln!("  subsidies of {area}: {earlier} locked, {last} a draft (demo rates 演示标准)");
    Ok(())
}

/// The shipped document, for the whole region.
async fn put_rules(store: &Store) -> Result<(), Stop> {
    let mut tx = store.begin(&Scope::operator()).await?;
    let Some(region) = areas::region(&mut tx).await? else { return Ok(()) };
    let rules = Rules::defaults()?;
    let held = pay::rules_of(&mut tx, &region.code).await?;
    if held.iter().any(|held| held.area == region.code && held.version == rules.version) {
        return Ok(());
    }
    let new = NewRules {
        id: uuid::Uuid::now_v7(),
        area: region.code,
        title: rules.title,
        version: rules.version,
        valid_from: rules.valid_from,
        paper: rules.paper,
        demo: rules.demo,
        text: Rules::default_text().to_owned(),
    };
    pay::add_rules(&mut tx, &new, clock::now()).await?;
    Ok(tx.commit().await?)
}

async fn attest(tx: &mut Tx, banner: &Code, month: Month) -> Result<(), Stop> {
    let staff = workers::page(tx, banner, WorkerFilter::default(), None, i64::MAX).await?;
    let rows: Vec<Attested> = staff
        .iter()
        .filter(|worker| worker.synthetic)
        .map(|worker| {
            let made = demo::duty(worker.id, month);
            Attested {
                worker: worker.id,
                duty_days: made.duty_days,
                expected_days: made.expected_days,
                score: Some(made.score),
            }
        })
        .collect();
    pay::attest(tx, banner, month, &rows, clock::now()).await?;
    Ok(())
}

async fn draft(store: &Store, area: &Code, month: Month, ending: &Ending) -> Result<uuid::Uuid, Stop> {
    let mut tx = store.begin(&Scope::operator().named(MAKER)).await?;
    let job = jobs::queue_pay_run(&mut tx, area, &PayRunParams { month }, clock::now()).await?;
    tx.commit().await?;
    let job = waiting::wait(store, job.id, "subsidies", ending).await?;
    if job.state != JobState::Done {
        let error = job.error.unwrap_or_default();
        return Err(Stop::Failed(format!(
            "working out {month} of {area} failed: {}",
            error["en"].as_str().unwrap_or("cancelled")
        )));
    }
    Ok(serde_json::from_value(job.result.unwrap_or_default()["run"].clone())?)
}

async fn lock(store: &Store, run: uuid::Uuid) -> Result<(), Stop> {
    let mut tx = store.begin(&Scope::operator().named(SECOND)).await?;
    let steps = [pay::approve(&mut tx, run, clock::now()).await?, pay::lock(&mut tx, run, clock::now()).await?];
    if steps.iter().any(|step| !matches!(step, Step::Done(_))) {
        return Err(Stop::Failed(format!("run {run} can't be approved and locked")));
    }
    Ok(tx.commit().await?)
}
