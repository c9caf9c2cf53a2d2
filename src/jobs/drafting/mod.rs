//! Changing a draft while a person waits: moving units, dividing one village again, locking, undoing.
//!
//! Each change is one transaction that holds the plan, says which version it was made on, writes the grids
//! that are different, and leaves in the trail and in `plan_step` how they were before. It is the program's own work
//! and needs true counts ([`crate::access::Scope::at_work`]); what it answers tells none. Engines run off the async threads
//! and stop when the caller goes away.

mod refusals;
mod saving;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use self::refusals::{divide_failed, locked, no_plan, no_unit, unknown_grid};
use self::saving::{save, settle};
use super::division::refusal;
use super::{Failure, wishes};
use crate::domain::{Code, DrawnGrid, GivenFault, Givens, GridCode, Lock, PlanStatus, Policy, Profile, Unit};
use crate::planning::{self, Past, Wishes};
use crate::store::areas::VillageRow;
use crate::store::drafts::{self, Placed};
use crate::store::plans::{self, PlanRow};
use crate::store::{StoreError, Tx, areas, grids, units};

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub village: Code,
    /// The grids that are new or different in what is told of them.
    pub grids: BTreeSet<GridCode>,
    /// Grids that are no longer there.
    pub removed: Vec<GridCode>,
}

/// Units that go to another grid.
#[derive(Debug, Clone)]
pub struct Move {
    pub units: Vec<String>,
    /// None for a new grid.
    pub to: Option<GridCode>,
}

/// How one village is divided again.
#[derive(Debug, Clone, Default)]
pub struct Redivision {
    pub seed: i64,
    /// The grids that stay as they are; none for those that are locked already.
    pub locks: Option<Vec<GridCode>>,
    /// The number of grids, the locked ones included.
    pub count: Option<u32>,
    /// Start from the grids that there are and change as little as possible.
    pub stable: bool,
}

/// One village of a draft that is held.
struct Open {
    plan: PlanRow,
    village: VillageRow,
    units: Vec<Unit>,
    profile: Profile,
    policy: Policy,
    /// Its grids, by code.
    grids: Vec<Placed>,
    drawn: Vec<DrawnGrid>,
}

/// Moves units of one village between its grids, or into new ones.
///
/// # Errors
/// When the draft has changed since `version`; when a unit isn't there; when a grid is locked, or would be
/// empty or in pieces.
pub async fn move_units(
    tx: &mut Tx,
    plan: Uuid,
    version: i32,
    village: &Code,
    moves: &[Move],
    now: DateTime<Utc>,
) -> Result<Changed, Failure> {
    let open = open(tx, plan, version, village).await?;
    let (mut after, mut hands) = (open.grids.clone(), BTreeSet::new());
    let mut taken: BTreeSet<GridCode> = open.grids.iter().map(|grid| grid.code.clone()).collect();
    taken.extend(grids::used(tx, village).await?);
    let is_locked = |grid: &GridCode| open.plan.givens.locks.iter().any(|lock| lock.grid == *grid);
    for step in moves {
        let target = match &step.to {
            Some(to) => after.iter().position(|grid| grid.code == *to).ok_or_else(|| unknown_grid(to))?,
            None => {
                let code = (1..=999)
                    .filter_map(|sequence| GridCode::new(village, sequence).ok())
                    .find(|code| !taken.contains(code))
                    .ok_or_else(|| divide_failed(village, planning::DivideError::TooManyGrids))?;
                taken.insert(code.clone());
                after.push(Placed { code, units: Vec::new(), name: None });
                after.len() - 1
            }
        };
        for unit in &step.units {
            let from =
                after.iter().position(|grid| grid.units.contains(unit)).ok_or_else(|| no_unit(unit))?;
            for grid in [from, target] {
                if from != target && is_locked(&after[grid].code) {
                    return Err(locked(&after[grid].code));
                }
                hands.insert(after[grid].code.clone());
            }
            after[from].units.retain(|other| other != unit);
            after[target].units.push(unit.clone());
        }
    }
    let givens = open.plan.givens.clone();
    settle(tx, open, "plan.move", after, &hands, givens, now).await
}

/// Takes the last change back.
///
/// # Errors
/// As for [`move_units`], and when nothing is left to undo.
pub async fn undo(tx: &mut Tx, plan: Uuid, version: i32, now: DateTime<Utc>) -> Result<Changed, Failure> {
    let Some((village, before)) = drafts::last_step(tx, plan).await? else {
        // Whose plan it is, and whether it is there at all, is said first.
        hold(tx, plan, version).await?;
        return Err(Failure::refused(
            "nothing_to_undo",
            "没有可撤销的更改",
            "there is no change left to undo",
        ));
    };
    let open = open(tx, plan, version, &village).await?;
    let same = |grid: &Placed| open.grids.iter().any(|held| held == grid);
    let hands = before.iter().filter(|grid| !same(grid)).map(|grid| grid.code.clone()).collect();
    let givens = open.plan.givens.clone();
    settle(tx, open, "plan.undo", before, &hands, givens, now).await
}

/// Divides one village again around its locks.
///
/// # Errors
/// As for [`move_units`]; when the engine has no answer; `Cancelled` when the caller has gone.
pub async fn redivide(
    tx: &mut Tx,
    plan: Uuid,
    version: i32,
    village: &Code,
    wanted: Redivision,
    now: DateTime<Utc>,
) -> Result<Changed, Failure> {
    let mut open = open(tx, plan, version, village).await?;
    let mut givens = open.plan.givens.clone();
    if let Some(locks) = &wanted.locks {
        givens.locks.retain(|lock| lock.grid.village() != *village);
        for grid in locks {
            let held = open.grids.iter().find(|held| held.code == *grid).ok_or_else(|| unknown_grid(grid))?;
            givens.locks.push(Lock { grid: grid.clone(), units: held.units.clone() });
        }
    }
    let numbers = &open.plan.numbers;
    let under_ceiling = numbers.ceilings.keys().any(|area| area.covers(village));
    let held = u32::try_from(open.grids.len()).unwrap_or(u32::MAX);
    // A ceiling was shared out for the whole township: the village's share stays what it is.
    let count = wanted
        .count
        .or_else(|| numbers.counts.get(village).copied())
        .or_else(|| under_ceiling.then_some(held));
    if wanted.count.is_some_and(|count| under_ceiling && count > held) {
        return Err(Failure::refused(
            "ceiling_passed",
            format!("{village} 受岗位上限约束，现有 {held} 个网格，不能增加：请先提高上限"),
            format!("{village} is under a ceiling of posts and has {held} grids: raise the ceiling first"),
        ));
    }
    if !wanted.stable {
        open.profile.weights.stability = 0.0;
    }
    let past = Past {
        in_force: open.grids.iter().map(|grid| (grid.code.clone(), grid.units.clone())).collect(),
        used: grids::used(tx, village).await?,
    };
    let (row, own, profile, list) =
        (open.village.clone(), givens.clone(), open.profile.clone(), open.units.clone());
    let seed = wanted.seed.cast_unsigned();
    let drawn = aside(move |stop| {
        let wishes = Wishes { givens: Some(&own), count };
        planning::draw_village(&of(&row, &list, &profile), wishes, &past, seed, stop)
    })
    .await?
    .map_err(|error| refusal(&error, &open.village.name))?;
    save(tx, open, "plan.redivide", drawn, givens, now).await
}

/// Replaces a draft's givens, all villages' at once.
///
/// # Errors
/// When the draft has changed since `version`, and when the givens can't be.
pub async fn give(tx: &mut Tx, plan: Uuid, version: i32, givens: Givens) -> Result<(), Failure> {
    let held = hold(tx, plan, version).await?;
    let mut whole = Givens::default();
    for village in givens.villages() {
        if !held.banner.covers(&village) {
            return Err(wishes::refused(
                held.banner.as_str(),
                &[GivenFault::UnknownVillage { village: village.to_string() }],
            ));
        }
        let in_force = grids::units_of_plan(tx, plan, &village).await?.remove(&village).unwrap_or_default();
        let past = [(village.clone(), Past { in_force, ..Past::default() })].into();
        let units = units::of_area(tx, &village).await?;
        let own = wishes::with_units(givens.of_village(&village), &past, &units)
            .map_err(|faults| wishes::refused(village.as_str(), &faults))?;
        wishes::faults_of(tx, &village, own.clone(), units).await?;
        whole = whole.with(own);
    }
    drafts::give(tx, &held, &whole).await?;
    Ok(())
}

async fn hold(tx: &mut Tx, plan: Uuid, version: i32) -> Result<PlanRow, Failure> {
    let held = drafts::hold(tx, plan).await?.ok_or_else(no_plan)?;
    if held.status != PlanStatus::Draft {
        return Err(Failure::refused(
            "not_a_draft",
            "该方案已发布，不可更改",
            "this plan is published and never changed",
        ));
    }
    if held.version != version {
        return Err(Failure::refused(
            "version_conflict",
            format!("方案已被更改，现为第 {} 版：请刷新后再改", held.version),
            format!(
                "the draft was changed meanwhile and is at version {}: look at it again first",
                held.version
            ),
        ));
    }
    Ok(held)
}

async fn open(tx: &mut Tx, plan: Uuid, version: i32, village: &Code) -> Result<Open, Failure> {
    let plan = hold(tx, plan, version).await?;
    let row = areas::villages(tx, village).await?.into_iter().find(|row| row.code == *village);
    let Some(row) = row.filter(|_| plan.banner.covers(village)) else {
        return Err(Failure::refused(
            "not_found",
            format!("方案中没有村 {village}：请核对代码"),
            format!("the plan has no village {village}: check its code"),
        ));
    };
    let units = units::of_area(tx, village).await?.remove(village).unwrap_or_default();
    let text = plans::policy_text(tx, plan.id).await?;
    let policy = if text.is_empty() { Policy::defaults() } else { Policy::parse(&text) };
    let policy = policy.map_err(|error| StoreError::Corrupt { what: "policy", why: error.to_string() })?;
    let profile = policy.profile(village, row.area_type);
    let drawn = grids::drawn(tx, village, plan.id, false).await?;
    let grids = drawn
        .iter()
        .map(|DrawnGrid { grid, .. }| Placed {
            code: grid.code.clone(),
            units: grid.units.clone(),
            name: grid.name.clone(),
        })
        .collect();
    Ok(Open { plan, village: row, units, profile, policy, grids, drawn })
}

fn of<'a>(row: &'a VillageRow, units: &'a [Unit], profile: &'a Profile) -> planning::Village<'a> {
    planning::Village { code: &row.code, area_type: row.area_type, outline: &row.outline, units, profile }
}

/// Runs `work` off the async threads. It is told to stop when this future is dropped: when the caller has
/// gone away, or the time that the request may take is over.
async fn aside<T: Send + 'static>(
    work: impl FnOnce(&dyn Fn() -> bool) -> T + Send + 'static,
) -> Result<T, Failure> {
    struct Stop(Arc<AtomicBool>);
    impl Drop for Stop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let stop = Stop(Arc::new(AtomicBool::new(false)));
    let told = stop.0.clone();
    tokio::task::spawn_blocking(move || work(&|| told.load(Ordering::Relaxed)))
        .await
        .map_err(|error| StoreError::Queue(format!("a division broke off: {error}")).into())
}
