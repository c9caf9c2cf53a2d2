//! From what is attested and assigned to the engine's snapshot.
//!
//! - A month's days on duty are spread evenly over its calendar days: by the evening of day `i` of `n` the attested
//!   `d` are `round(i·d/n)`. A grid has those that fall on the days on which it is the worker's, so that a change
//!   in mid-month loses none and counts none twice, and days on which the worker has no grid at all (a vacancy) are
//!   not paid.
//! - A lead who also looks after a grid leads there; one who doesn't has the grid that they lead longest. Leading
//!   several grids is paid once. Contacts are not paid.
//! - The way to a grid is from the home's cell and back on each day on duty there, as the crow flies.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::domain::{Code, Month, Text};
use crate::geo::measure::distance_m;
use crate::store::pay::{self, Held, Inputs, OnDuty};
use crate::store::{StoreError, Tx};
use crate::subsidy::{Adjusted, Duty, PaidWorker, RulesText, Snapshot, WorkerMonth};

/// A month as the engine takes it.
#[derive(Debug)]
pub struct Gathered {
    pub snapshot: Snapshot,
    /// Of what is attested and adjusted.
    pub digest: String,
    pub warnings: Vec<Text>,
    pub synthetic: bool,
}

/// Reads a month of `area` under `rules`; with those whom a locked run has `paid`, or without them.
pub async fn gather(
    tx: &mut Tx,
    area: &Code,
    month: Month,
    rules: Vec<RulesText>,
    paid: bool,
) -> Result<Gathered, StoreError> {
    let inputs = pay::inputs(tx, area, month, paid).await?;
    let synthetic = inputs.on_duty.iter().any(|worker| worker.synthetic);
    let warnings = warnings(&inputs, paid);
    let digest = inputs.digest.clone();
    let snapshot = Snapshot { area: area.clone(), month, rules, workers: workers(inputs, month) };
    Ok(Gathered { snapshot, digest, warnings, synthetic })
}

fn warnings(inputs: &Inputs, paid: bool) -> Vec<Text> {
    let on_duty: BTreeSet<Uuid> = inputs.on_duty.iter().map(|worker| worker.worker).collect();
    let holders: BTreeSet<Uuid> = inputs.held.iter().map(|held| held.worker).collect();
    let mut said = Vec::new();
    let mut say = |count: usize, zh: &str, en: &str| {
        if count > 0 {
            said.push(Text::new(format!("{count} {zh}"), format!("{count} {en}")));
        }
    };
    // Those who are paid already are not on duty here either.
    let already = usize::try_from(inputs.paid_already).unwrap_or(0);
    let unattested = holders.difference(&on_duty).count();
    say(
        if paid { 0 } else { unattested.saturating_sub(already) },
        "名网格员有网格而未填报出勤，本月不发放",
        "workers have a grid and no attested days: they are not paid",
    );
    say(
        inputs
            .on_duty
            .iter()
            .filter(|worker| worker.duty_days > 0 && !holders.contains(&worker.worker))
            .count(),
        "名网格员有出勤而无网格，不计发",
        "workers have attested days and no grid: nothing is paid for them",
    );
    let elsewhere: BTreeSet<_> =
        inputs.held.iter().filter(|held| !held.in_force).map(|held| &held.grid).collect();
    say(
        elsewhere.len(),
        "个网格当月没有生效的方案，按最近的方案计量",
        "grids had no plan in force in the month: they are measured by the nearest plan",
    );
    say(
        if paid { 0 } else { already },
        "名网格员本月已由另一批次发放，不再列入",
        "workers are paid for this month by another run: they are left out",
    );
    said
}

fn workers(inputs: Inputs, month: Month) -> Vec<PaidWorker> {
    let mut held: BTreeMap<Uuid, Vec<Held>> = BTreeMap::new();
    for one in inputs.held {
        held.entry(one.worker).or_default().push(one);
    }
    let mut workers: BTreeMap<Uuid, PaidWorker> = inputs
        .on_duty
        .into_iter()
        .map(|worker| {
            (worker.worker, of_worker(&worker, held.remove(&worker.worker).unwrap_or_default(), month))
        })
        .collect();
    for correction in inputs.corrections {
        // Somebody who isn't on duty any more is paid the correction alone.
        let worker = workers.entry(correction.worker).or_insert_with(|| PaidWorker {
            area: correction.area.clone(),
            month: WorkerMonth {
                worker: correction.worker.to_string(),
                employment: correction.employment,
                languages: BTreeSet::new(),
                duty_days: 0,
                expected_days: 1,
                score: None,
                duties: Vec::new(),
            },
            adjustments: Vec::new(),
        });
        worker.adjustments.push(Adjusted {
            about: correction.about,
            amount: correction.amount_fen,
            carried: correction.carried.map(|fen| u64::try_from(fen).unwrap_or(0)),
            reason: correction.reason,
        });
    }
    workers.into_values().collect()
}

/// Days of the month as bits, the first the lowest.
type Days = u32;

fn days_of(held: &Held, month: Month) -> Days {
    let place =
        |day: NaiveDate| u32::try_from((day - month.first_day()).num_days().clamp(0, 31)).unwrap_or(0);
    let below = |place: u32| 1u32.checked_shl(place).map_or(u32::MAX, |bit| bit - 1);
    below(place(held.until)) & !below(place(held.from))
}

/// How many of `duty` days on duty fall on these calendar days of a month of `whole`.
fn on_these(days: Days, duty: u32, whole: u32) -> u32 {
    let until = |day: u32| (2 * day * duty + whole) / (2 * whole);
    (0..whole).filter(|day| days >> day & 1 == 1).map(|day| until(day + 1) - until(day)).sum()
}

fn of_worker(worker: &OnDuty, held: Vec<Held>, month: Month) -> PaidWorker {
    let whole = month.days();
    let (led, own): (Vec<Held>, Vec<Held>) = held.into_iter().partition(|held| held.lead);
    let leading = merged(&led, month);
    let mut grids = merged(&own, month);
    let mut lead_days: Days = leading.values().fold(0, |days, (one, _)| days | one);
    if grids.is_empty() {
        // They have the grid that they lead longest.
        if let Some((grid, one)) = leading.iter().rev().max_by_key(|(_, (days, _))| days.count_ones()) {
            grids.insert(grid, *one);
            lead_days = one.0;
        }
    }
    let covered = grids.values().fold(0, |days, (one, _)| days | one);
    let home = worker.home.as_deref().and_then(home);
    let main =
        grids.iter().rev().max_by_key(|(_, (days, _))| days.count_ones()).map(|(grid, _)| (*grid).to_owned());
    let duties = grids
        .iter()
        .map(|(grid, (days, held))| {
            let on_duty = on_these(*days, worker.duty_days, whole);
            Duty {
                grid: held.grid.clone(),
                area_type: held.area_type,
                households: held.households,
                area_milli_km2: milli(held.area_m2 / 1e6),
                language: held.language.clone(),
                days: on_duty,
                travel_milli_km: home.map_or(0, |home| milli(way_km(home, held.at))) * u64::from(on_duty),
                lead: lead_days != 0 && main.as_deref() == Some(*grid),
            }
        })
        .collect();
    PaidWorker {
        area: worker.area.clone(),
        month: WorkerMonth {
            worker: worker.worker.to_string(),
            employment: worker.employment,
            languages: worker.languages.iter().cloned().collect(),
            duty_days: on_these(covered, worker.duty_days, whole),
            expected_days: worker.expected_days,
            score: worker.score,
            duties,
        },
        adjustments: Vec::new(),
    }
}

/// A worker's grids by code with the days on which each is theirs.
fn merged(held: &[Held], month: Month) -> BTreeMap<&str, (Days, &Held)> {
    let mut grids: BTreeMap<&str, (Days, &Held)> = BTreeMap::new();
    for one in held {
        let entry = grids.entry(one.grid.as_str()).or_insert((0, one));
        entry.0 |= days_of(one, month);
    }
    grids
}

/// The middle of an H3 cell.
fn home(cell: &str) -> Option<[f64; 2]> {
    let middle = h3o::LatLng::from(h3o::CellIndex::from_str(cell).ok()?);
    Some([middle.lng(), middle.lat()])
}

/// There and back.
fn way_km(home: [f64; 2], grid: [f64; 2]) -> f64 {
    let coord = |[x, y]: [f64; 2]| geo::Coord { x, y };
    2.0 * distance_m(coord(home), coord(grid)) / 1000.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "no area or way on earth is larger"
)]
fn milli(value: f64) -> u64 {
    (value.max(0.0) * 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_whole_month_has_all_days_and_a_part_of_it_its_part() {
        assert_eq!(on_these(u32::MAX, 22, 31), 22);
        assert_eq!(on_these(0, 22, 31), 0);
        assert_eq!(on_these(0b111, 30, 30), 3);
    }

    proptest! {
        #[test]
        fn no_day_is_lost_or_counted_twice(duty in 0u32..=31, whole in 28u32..=31, cut in any::<u32>()) {
            let parts = on_these(cut, duty, whole) + on_these(!cut, duty, whole);
            prop_assert_eq!(parts, duty);
        }
    }
}
