//! Long work: division, import, publication, proposals of who looks after which grid, runs of subsidies,
//! links of grids to outlets, placement.
//!
//! A job is written, with its audit, in one transaction that also hands it to the queue
//! (`graphile_worker` on PostgreSQL, chosen for its transactional hand-over, heartbeats and recovery of
//! jobs whose process died; any number of `khot work` processes on any number of machines share it).
//! A worker claims it, runs an engine off the async threads, tells its progress twice a second, and
//! saves everything in one transaction that also ends the job. That transaction only commits while the
//! worker's claim (the attempt's number) still holds, so a job that was taken up twice is saved once.
//!
//! After `kill -9` of the process the queue gives the job to the next worker; a job that has died with
//! its process [`ATTEMPTS_MAX`] times ends as failed, with that reason.

mod division;
pub mod drafting;
mod failure;
mod import;
mod import_outlets;
mod import_roads;
mod import_workers;
pub mod pay;
mod progress;
mod proposal;
mod publication;
mod serving;
mod wishes;
mod worker;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub use failure::Failure;
pub use import::load_file;
pub use import_roads::lay_roads;
pub use pay::{PayComparisonParams, PayRunParams, Side};
pub use progress::Progress;
pub use serving::{PlacementGoal, PlacementParams, PlacementResult, PlacementSite, land, places, spots};
pub use wishes::check_wishes;
pub use worker::{Running, start};

use crate::clock;
use crate::domain::{Code, Givens, GridNumbers, Level};
use crate::store::jobs::{self, JobRow};
use crate::store::{StoreError, Tx, plans};

/// How often a job may die with its process before it is given up.
pub const ATTEMPTS_MAX: i32 = 5;

/// What a division needs to be repeated: with the same areas, units and past, the same answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DivisionParams {
    pub seed: i64,
    pub title: Option<String>,
    /// A policy document; none for the default.
    pub policy: Option<String>,
    /// Publish from that day as soon as it is made and checked.
    pub publish_from: Option<NaiveDate>,
    /// Ceilings and numbers laid over the policy's; none to take over those of the plan started from.
    #[serde(default)]
    pub numbers: Option<GridNumbers>,
    /// None to take over those of the plan started from.
    #[serde(default)]
    pub givens: Option<Givens>,
    /// The plan to start from; none for the one in force.
    #[serde(default)]
    pub from: Option<Uuid>,
    /// Set by [`queue_division`]: divide this township or village only, and take the rest of its banner
    /// over from the plan in force.
    #[serde(default)]
    pub only: Option<Code>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublicationParams {
    pub plan: Uuid,
    pub valid_from: NaiveDate,
}

/// What a proposal is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposalParams {
    pub on: NaiveDate,
    /// Whether whoever is new to a grid must speak its language.
    pub language: bool,
    /// Instead of the policy's.
    pub threshold_km: Option<f64>,
    /// No more grids a worker than this, whatever the policy allows.
    pub max_grids: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportWhat {
    Areas,
    Units,
    Outlets,
    /// Items of the service catalogue.
    Services,
    /// Worker records.
    Workers,
    /// Roads, and what can't be crossed.
    Roads,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportParams {
    pub what: ImportWhat,
    pub upload: Uuid,
    /// The file to open among the upload's.
    pub name: String,
    pub crs: Option<String>,
    pub encoding: Option<String>,
    /// Findings only; nothing is changed.
    pub dry_run: bool,
}

/// Queues the division of `area`, in the caller's transaction. A plan is always a whole banner's.
pub async fn queue_division(
    tx: &mut Tx,
    area: &Code,
    params: &DivisionParams,
    now: DateTime<Utc>,
) -> Result<JobRow, StoreError> {
    let only = (area.level() > Level::Banner).then(|| area.clone());
    let params = DivisionParams { only, ..params.clone() };
    queue(tx, "division", &area.at(Level::Banner), &params, now).await
}

/// Queues the publication of a plan of the banner `area`.
pub async fn queue_publication(
    tx: &mut Tx,
    area: &Code,
    params: &PublicationParams,
    now: DateTime<Utc>,
) -> Result<JobRow, StoreError> {
    queue(tx, "publication", area, params, now).await
}

/// Queues a proposal for the grids of `area`.
pub async fn queue_proposal(
    tx: &mut Tx,
    area: &Code,
    params: &ProposalParams,
    now: DateTime<Utc>,
) -> Result<JobRow, StoreError> {
    queue(tx, "proposal", area, params, now).await
}

/// Queues a draft of a month's subsidies of `area`.
pub async fn queue_pay_run(
    tx: &mut Tx,
    area: &Code,
    params: &PayRunParams,
    now: DateTime<Utc>,
) -> Result<JobRow, StoreError> {
    queue(tx, "pay_run", area, params, now).await
}

/// Queues the comparison of two rules over months of `area`.
pub async fn queue_pay_comparison(
    tx: &mut Tx,
    area: &Code,
    params: &PayComparisonParams,
    now: DateTime<Utc>,
) -> Result<JobRow, StoreError> {
    queue(tx, "pay_comparison", area, params, now).await
}

/// Queues the import of an upload below `area`.
pub async fn queue_import(
    tx: &mut Tx,
    area: &Code,
    params: &ImportParams,
    now: DateTime<Utc>,
) -> Result<JobRow, StoreError> {
    // Which jobs are whose goes by their kind: a roster's are for whoever changes worker records.
    let kind = if params.what == ImportWhat::Workers { "roster" } else { "import" };
    queue(tx, kind, area, params, now).await
}

/// Queues the making of a banner's links, unless that waits already; gives the job that will do it. What begins on a
/// later day is linked when that day begins.
pub async fn queue_links(
    tx: &mut Tx,
    banner: &Code,
    from: NaiveDate,
    now: DateTime<Utc>,
) -> Result<JobRow, StoreError> {
    let day = (from > clock::local_day(now)).then_some(from);
    let params = serde_json::json!({"on": day});
    if let Some(waiting) = jobs::waiting(tx, "links", banner, &params).await? {
        return Ok(waiting);
    }
    let id = Uuid::now_v7();
    jobs::add_due(tx, id, ("links", banner), &params, day.map(clock::local_midnight), now).await?;
    held(tx, id).await
}

/// The same for each day on which something of a banner's outlets changes, those that have passed by at once.
pub async fn queue_links_on(
    tx: &mut Tx,
    banner: &Code,
    days: impl IntoIterator<Item = NaiveDate>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let today = clock::local_day(now);
    let days: BTreeSet<NaiveDate> = days.into_iter().map(|day| day.max(today)).collect();
    for day in days {
        queue_links(tx, banner, day, now).await?;
    }
    Ok(())
}

/// The same at once for those of some banners that have grids to be linked: a plan is in force there. Gives their jobs.
pub async fn queue_links_of_planned(
    tx: &mut Tx,
    banners: &BTreeSet<Code>,
    now: DateTime<Utc>,
) -> Result<Vec<(Code, Uuid)>, StoreError> {
    let today = clock::local_day(now);
    let mut queued = Vec::new();
    for banner in plans::planned(tx, banners, today).await? {
        let job = queue_links(tx, &banner, today, now).await?;
        queued.push((banner, job.id));
    }
    Ok(queued)
}

/// Queues a placement for the households of `area`.
pub async fn queue_placement(
    tx: &mut Tx,
    area: &Code,
    params: &PlacementParams,
    now: DateTime<Utc>,
) -> Result<JobRow, StoreError> {
    queue(tx, "placement", area, params, now).await
}

async fn queue(
    tx: &mut Tx,
    kind: &str,
    area: &Code,
    params: &impl Serialize,
    now: DateTime<Utc>,
) -> Result<JobRow, StoreError> {
    let params: Value = serde_json::to_value(params)
        .map_err(|error| StoreError::Corrupt { what: "job", why: error.to_string() })?;
    let id = Uuid::now_v7();
    jobs::add(tx, id, kind, area, &params, now).await?;
    held(tx, id).await
}

/// A job that was just written.
async fn held(tx: &mut Tx, id: Uuid) -> Result<JobRow, StoreError> {
    jobs::get(tx, id)
        .await?
        .ok_or_else(|| StoreError::Corrupt { what: "job", why: "it is out of its own scope".to_owned() })
}
