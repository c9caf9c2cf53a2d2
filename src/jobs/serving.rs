//! Links of grids to outlets, and where to put the next ones: a banner's land is made from its outlines, the engines run off
//! the async threads, what they find is saved in the transaction that ends the job.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::failure::Failure;
use super::import::broken_off;
use super::progress::Progress;
use crate::access::Scope;
use crate::clock;
use crate::domain::{Code, Count, Level, OutletKind, Season};
use crate::planning::serving::{
    Crowding, Goal, GridOf, Land, LandParts, LandVillage, SERVING, Siting, Spot, SurfaceError, UnitPlace,
    links, resolution, site, site_crowded,
};
use crate::store::jobs::JobRow;
use crate::store::links::NewLink;
use crate::store::outlets::OutletRow;
use crate::store::{Store, StoreError, Tx, areas, links as kept, outlets, placements, roads, units};

/// How the work is counted for the progress bar: read, worked out, saved.
const STEPS: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlacementGoal {
    Count,
    All,
}

/// What a placement needs to be repeated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacementParams {
    pub goal: PlacementGoal,
    /// With the goal `count`.
    pub count: Option<u32>,
    pub kind: OutletKind,
    pub within_min: f64,
    pub season: Season,
    pub item: Option<String>,
    /// Households that each new outlet can serve; none: as many as come, and those that are there as well.
    #[serde(default)]
    pub capacity: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacementSite {
    pub point: [f64; 2],
    pub village: Code,
    pub village_name: String,
    pub adds_households: Count,
}

/// What is kept of a placement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacementResult {
    pub sites: Vec<PlacementSite>,
    pub covered: Count,
    pub bound: u64,
    pub households: Count,
    pub candidates: usize,
}

impl From<Siting> for PlacementResult {
    fn from(siting: Siting) -> Self {
        let sites = siting.sites.into_iter().map(|site| PlacementSite {
            point: [site.at.0, site.at.1],
            village: site.village,
            village_name: site.village_name,
            adds_households: site.adds.count(),
        });
        Self {
            sites: sites.collect(),
            covered: siting.covered.count(),
            bound: siting.bound,
            households: siting.households.count(),
            candidates: siting.candidates,
        }
    }
}

/// What a banner's land is made of: its villages and its roads.
pub async fn land(tx: &mut Tx, banner: &Code) -> Result<LandParts, StoreError> {
    let village = |row: areas::VillageRow| LandVillage {
        code: row.code,
        name: row.name,
        area_type: row.area_type,
        area_m2: row.area_m2,
        outline: row.outline,
    };
    let villages: Vec<LandVillage> = areas::villages(tx, banner).await?.into_iter().map(village).collect();
    let roads = roads::cells(tx, banner, resolution(&villages).into()).await?;
    Ok(LandParts { villages, roads })
}

/// The outlets of a banner that are in use on a day, all or those that offer an item, each as the land knows it.
pub async fn spots(
    tx: &mut Tx,
    banner: &Code,
    item: Option<&str>,
    on: NaiveDate,
) -> Result<Vec<(OutletRow, Spot)>, StoreError> {
    let offering = match item {
        Some(item) => Some(outlets::offering(tx, banner, item, on).await?),
        None => None,
    };
    let mut rows = outlets::of_area(tx, banner, None, on).await?;
    rows.retain(|row| !row.draft && offering.as_ref().is_none_or(|offering| offering.contains(&row.id)));
    // Many stops share a calendar, and a year of it takes a while to count.
    let mut counted: HashMap<String, Option<f64>> = HashMap::new();
    let spot = |row: OutletRow| {
        let calendar = row.calendar.as_ref().filter(|_| row.kind == OutletKind::MobileStop);
        let days_between = calendar.and_then(|calendar| {
            let count = || Spot::days_between(Some(calendar), on);
            *counted.entry(calendar.to_string()).or_insert_with(count)
        });
        let spot = Spot {
            id: row.id,
            kind: row.kind,
            at: row.at,
            windows: row.windows,
            capacity: row.capacity,
            days_between,
            area: row.area.clone(),
        };
        (row, spot)
    };
    Ok(rows.into_iter().map(spot).collect())
}

/// Where the households of `area` live, as they are told.
pub async fn places(tx: &mut Tx, area: &Code) -> Result<Vec<UnitPlace>, StoreError> {
    let unit = |unit: units::ToldUnit| UnitPlace {
        village: unit.village,
        code: unit.code,
        at: unit.at,
        households: unit.households,
    };
    Ok(units::told(tx, area).await?.into_iter().map(unit).collect())
}

fn failed(error: SurfaceError) -> Failure {
    match error {
        SurfaceError::Cancelled => Failure::Cancelled,
        other => Failure::refused("no_surface", "无法为这个旗县建立行程面", other.to_string()),
    }
}

/// Makes the links of a banner again: over its summer, since what a grid is linked to shouldn't change with the weather.
pub async fn link(
    store: &Store,
    scope: &Scope,
    job: &JobRow,
    progress: &Progress,
) -> Result<(Tx, Value), Failure> {
    progress.expect(STEPS);
    let mut watch = Watch::start();
    let now = clock::now();
    let today = clock::local_day(now);
    let mut tx = store.begin(scope).await?;
    let parts = land(&mut tx, &job.area).await?;
    let spot =
        |(id, area, kind, at)| Spot { id, area, kind, at, windows: 0, days_between: None, capacity: None };
    let spots: Vec<Spot> = outlets::places(&mut tx, &job.area, today).await?.into_iter().map(spot).collect();
    let units = places(&mut tx, &job.area).await?;
    let grids: Vec<GridOf> = kept::grids(&mut tx, &job.area, today)
        .await?
        .into_iter()
        .map(|(code, area_type, units)| GridOf { code, area_type, units })
        .collect();
    progress.step();
    let read_ms = watch.lap();
    let counts = (units.len(), grids.len());
    let stopped = progress.clone();
    let (made, spots, cells) = tokio::task::spawn_blocking(move || {
        let ready = Arc::new(Land::of(&parts)).ready(Season::Summer)?;
        let made = links(&ready, &spots, &grids, &units, &|| stopped.stopped())?;
        Ok::<_, SurfaceError>((made, spots, ready.cells().len()))
    })
    .await
    .map_err(broken_off)?
    .map_err(failed)?;
    progress.step();
    let made_ms = watch.lap();
    let id = |index: usize| spots[index].id;
    let new: Vec<NewLink> = made
        .into_iter()
        .map(|link| NewLink {
            grid: link.grid,
            kind: link.kind,
            nearest: link.nearest.map(id),
            responsible: link.responsible.map(id),
            minutes: link.minutes,
            share_within: Some(link.share_within),
        })
        .collect();
    let changed = kept::replace(&mut tx, &job.area, &new, now).await?;
    progress.step();
    let saved_ms = watch.lap();
    let (units, grids) = counts;
    tracing::info!(job = %job.id, cells, units, grids, changed, read_ms, made_ms, saved_ms, "links made");
    Ok((tx, json!({"links": new.len(), "changed": changed})))
}

/// Tells where the time of a job goes.
struct Watch(Instant);

impl Watch {
    fn start() -> Self {
        Self(Instant::now())
    }

    /// Milliseconds since it was last asked.
    fn lap(&mut self) -> u64 {
        let took = std::mem::replace(&mut self.0, Instant::now()).elapsed();
        u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
    }
}

/// Works out where the next outlets would do most.
pub async fn place(
    store: &Store,
    scope: &Scope,
    job: &JobRow,
    params: &PlacementParams,
    progress: &Progress,
) -> Result<(Tx, Value), Failure> {
    progress.expect(STEPS);
    let now: DateTime<Utc> = clock::now();
    let banner = job.area.at(Level::Banner);
    // A township's households may be served from beyond it.
    let wider = Scope::job(scope.actor(), &banner);
    let mut tx = store.begin(&wider).await?;
    let villages = land(&mut tx, &banner).await?;
    let spots = spots(&mut tx, &banner, params.item.as_deref(), clock::local_day(now)).await?;
    let units = places(&mut tx, &job.area).await?;
    drop(tx);
    progress.step();
    let (stopped, asked) = (progress.clone(), params.clone());
    let goal = match (params.goal, params.count) {
        (PlacementGoal::Count, count) => Goal::Count(count.unwrap_or(1) as usize),
        (PlacementGoal::All, _) => Goal::All,
    };
    let siting = tokio::task::spawn_blocking(move || {
        let ready = Arc::new(Land::of(&villages)).ready(asked.season)?;
        let there = spots.iter().map(|held| &held.1).filter(|spot| SERVING.contains(&spot.kind));
        let (places, within_min, cancel) = (ready.places(&units), asked.within_min, || stopped.stopped());
        let Some(capacity) = asked.capacity.map(u64::from) else {
            let there: Vec<(f64, f64)> = there.map(|spot| spot.at).collect();
            return site(&ready, &there, &places, within_min, goal, &cancel);
        };
        let there: Vec<_> = there.map(|spot| (spot.at, spot.households())).collect();
        site_crowded(&ready, &there, &places, Crowding { goal, within_min, capacity }, &cancel)
    })
    .await
    .map_err(broken_off)?
    .map_err(failed)?;
    progress.step();
    let kept = |error: serde_json::Error| StoreError::Corrupt { what: "placement", why: error.to_string() };
    let params = serde_json::to_value(params).map_err(kept)?;
    let result = serde_json::to_value(PlacementResult::from(siting)).map_err(kept)?;
    let id = Uuid::now_v7();
    let mut tx = store.begin(scope).await?;
    placements::add(&mut tx, id, &job.area, (&params, &result), now).await?;
    progress.step();
    Ok((tx, json!({"placement": id})))
}
