//! What a division may not decide, gathered from the request, the policy and the plan started from.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{DivisionParams, Failure};
use crate::domain::{Code, GivenFault, Givens, GridNumbers, Level, Policy, Text, Unit};
use crate::planning::{self, Past};
use crate::store::{StoreError, Tx, areas, grids, plans, units};

/// The plan that a division starts from.
pub(super) struct Base {
    pub id: Uuid,
    pub in_force: bool,
    givens: Givens,
    numbers: GridNumbers,
}

/// The plan named, or the one in force.
pub(super) async fn base(
    tx: &mut Tx,
    banner: &Code,
    day: NaiveDate,
    params: &DivisionParams,
) -> Result<Option<Base>, Failure> {
    let row = match params.from {
        Some(id) => plans::get(tx, id).await?.filter(|row| row.banner == *banner),
        None => None,
    };
    let named = row.is_some();
    let row = match row {
        Some(row) => Some(row),
        None => plans::in_force(tx, banner, day).await?,
    };
    Ok(row.map(|row| Base { id: row.id, in_force: !named, givens: row.givens, numbers: row.numbers }))
}

/// Everything that the request names lies in the area that is divided.
pub(super) async fn all_known(tx: &mut Tx, area: &Code, params: &DivisionParams) -> Result<(), Failure> {
    let numbers = params.numbers.clone().unwrap_or_default();
    let mut named: Vec<Code> = params.givens.as_ref().map(Givens::villages).unwrap_or_default();
    named.extend(numbers.ceilings.keys().chain(numbers.counts.keys()).cloned());
    let known: Vec<Code> = areas::named(tx, &named).await?.into_iter().map(|(code, _)| code).collect();
    let mut faults: Vec<GivenFault> = Vec::new();
    if let Some(area) = numbers.misplaced() {
        faults.push(GivenFault::WrongLevel { area: area.to_string() });
    }
    for code in named {
        // The ceiling of a banner binds the division of one of its townships, too.
        let inside = area.covers(&code) || (code.covers(area) && code.level() >= Level::Banner);
        if !known.contains(&code) || !inside {
            faults.push(GivenFault::UnknownVillage { village: code.to_string() });
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(refused(area.as_str(), &faults)) }
}

/// Villages whose givens are looked at before a job is queued; the job itself looks at all.
const LOOKED_AT: usize = 50;

/// What can be said of a request before its job runs: everything named is there, and the givens of the
/// first villages that it names aren't contradictory.
///
/// # Errors
/// `bad_givens` with the first fault.
pub async fn check_wishes(
    tx: &mut Tx,
    area: &Code,
    params: &DivisionParams,
    today: NaiveDate,
) -> Result<(), Failure> {
    all_known(tx, area, params).await?;
    let Some(givens) = params.givens.clone().filter(|givens| !givens.is_empty()) else { return Ok(()) };
    let day = params.publish_from.unwrap_or(today);
    for village in givens.villages().into_iter().take(LOOKED_AT) {
        let banner = village.at(Level::Banner);
        let base = base(tx, &banner, day, params).await?;
        let mut past = Past::default();
        if let Some(base) = &base {
            let mut held = grids::units_of_plan(tx, base.id, &village).await?;
            past.in_force = held.remove(&village).unwrap_or_default();
        }
        let units = units::of_area(tx, &village).await?;
        let own = givens.of_village(&village);
        let past: BTreeMap<Code, Past> = [(village.clone(), past)].into();
        let found = with_units(own, &past, &units).map_err(|faults| refused(village.as_str(), &faults))?;
        faults_of(tx, &village, found, units).await?;
    }
    Ok(())
}

/// # Errors
/// `bad_givens` with the first fault of the village's givens, whose locks list their units.
pub(super) async fn faults_of(
    tx: &mut Tx,
    village: &Code,
    givens: Givens,
    mut units: BTreeMap<Code, Vec<Unit>>,
) -> Result<(), Failure> {
    let Some(row) = areas::villages(tx, village).await?.into_iter().next() else { return Ok(()) };
    let units = units.remove(village).unwrap_or_default();
    let profile = Policy::defaults()
        .map_err(|error| StoreError::Corrupt { what: "policy", why: error.to_string() })?
        .profile(village, row.area_type);
    let faults = tokio::task::spawn_blocking(move || {
        let village = planning::Village {
            code: &row.code,
            area_type: row.area_type,
            outline: &row.outline,
            units: &units,
            profile: &profile,
        };
        planning::faults(&village, &givens)
    })
    .await
    .map_err(|error| StoreError::Queue(format!("a check broke off: {error}")))?;
    if faults.is_empty() { Ok(()) } else { Err(refused(village.as_str(), &faults)) }
}

/// What is wished for one banner.
pub(super) struct Wished {
    pub givens: Givens,
    pub numbers: GridNumbers,
    /// Of villages that are not divided anew.
    pub kept: Givens,
}

pub(super) fn of_banner(
    banner: &Code,
    within: &Code,
    base: Option<Base>,
    policy: &Policy,
    params: &DivisionParams,
    past: &BTreeMap<Code, Past>,
    units: &BTreeMap<Code, Vec<Unit>>,
) -> Result<Wished, Failure> {
    let (held, held_numbers) = base.map(|base| (base.givens, base.numbers)).unwrap_or_default();
    let givens = params.givens.as_ref().unwrap_or(&held).below(within);
    let numbers = match &params.numbers {
        Some(numbers) => numbers.over(policy.numbers()),
        None => policy.numbers().over(&held_numbers),
    };
    let givens = with_units(givens, past, units).map_err(|faults| refused(within.as_str(), &faults))?;
    let kept = if within == banner { Givens::default() } else { held.below(banner).outside(within) };
    Ok(Wished { givens, numbers: numbers.below(banner), kept })
}

/// The same with the units of each lock: those that it lists, or those of its grid in the plan started from.
///
/// # Errors
/// For a grid that isn't in that plan, and for units that lie in another village.
pub(super) fn with_units(
    mut givens: Givens,
    past: &BTreeMap<Code, Past>,
    units: &BTreeMap<Code, Vec<Unit>>,
) -> Result<Givens, Vec<GivenFault>> {
    let mut faults = Vec::new();
    for lock in &mut givens.locks {
        let village = lock.grid.village();
        let grids = past.get(&village).map(|past| past.in_force.as_slice()).unwrap_or_default();
        let Some((_, held)) = grids.iter().find(|(code, _)| *code == lock.grid) else {
            faults.push(GivenFault::UnknownGrid { grid: lock.grid.to_string() });
            continue;
        };
        if lock.units.is_empty() {
            lock.units.clone_from(held);
        }
        let has = |village: &Code, code: &String| {
            units.get(village).is_some_and(|units| units.iter().any(|unit| unit.code == *code))
        };
        for unit in lock.units.iter().filter(|unit| !has(&village, unit)) {
            if let Some(other) = units.keys().find(|other| has(other, unit)) {
                let (grid, unit, village) = (lock.grid.to_string(), unit.clone(), other.to_string());
                faults.push(GivenFault::LockAcrossVillages { grid, unit, village });
            }
        }
    }
    if faults.is_empty() { Ok(givens) } else { Err(faults) }
}

/// The first fault in full, and how many more there are.
pub(super) fn refused(place: &str, faults: &[GivenFault]) -> Failure {
    let first = faults.first().map_or_else(|| Text::new("", ""), GivenFault::text);
    let (and_zh, and_en) = match faults.len() {
        0 | 1 => (String::new(), String::new()),
        several => (format!("（另有 {} 处）", several - 1), format!(" (and {} more)", several - 1)),
    };
    Failure::refused(
        "bad_givens",
        format!("{place}：{}{and_zh}", first.zh),
        format!("{place}: {}{and_en}", first.en),
    )
}
