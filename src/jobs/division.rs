//! Dividing an area: one draft for each of its banners, all in one transaction.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rayon::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::DivisionParams;
use super::failure::Failure;
use super::progress::Progress;
use super::wishes::{self, Base};
use crate::access::Scope;
use crate::clock;
use crate::domain::{Code, DrawnGrid, Givens, GridNumbers, Level, Policy, Profile, Reason, Unit};
use crate::planning::{self, Drawn, ENGINE_VERSION, Past, PlanningError, Seen, Shares, Wishes};
use crate::store::areas::VillageRow;
use crate::store::jobs::JobRow;
use crate::store::plans::{self, NewPlan, Publication};
use crate::store::{Store, StoreError, Tx, areas, grids, units};

/// Makes the drafts in a transaction that the caller commits together with the job's end.
pub async fn run(
    store: &Store,
    scope: &Scope,
    job: &JobRow,
    params: &DivisionParams,
    progress: &Progress,
) -> Result<(Tx, Value), Failure> {
    let policy = match &params.policy {
        Some(text) => Policy::parse(text).map_err(|error| {
            Failure::refused("bad_policy", format!("政策文件有误：{error}"), error.to_string())
        })?,
        None => Policy::defaults()
            .map_err(|error| StoreError::Corrupt { what: "policy", why: error.to_string() })?,
    };
    let mut tx = store.begin(scope).await?;
    let banners = match job.area.level() {
        Level::Region | Level::League => areas::below(&mut tx, &job.area, Level::Banner).await?,
        _ => areas::get(&mut tx, &job.area).await?.into_iter().collect(),
    };
    // A region may hold banners that have no villages yet.
    let banners: Vec<_> = banners.into_iter().filter(|banner| banner.villages > 0).collect();
    if banners.is_empty() {
        return Err(Failure::refused(
            "no_villages",
            format!("{} 没有可划分的嘎查村社区：请先导入", job.area),
            format!("{} has no villages to divide: import them first", job.area),
        ));
    }
    let below = match &params.only {
        Some(only) => areas::get(&mut tx, only).await?.map_or(0, |area| area.villages),
        None => banners.iter().map(|banner| banner.villages).sum(),
    };
    progress.expect(below);
    wishes::all_known(&mut tx, params.only.as_ref().unwrap_or(&job.area), params).await?;
    let today = clock::local_day(clock::now());
    let mut made = Vec::with_capacity(banners.len());
    let mut grids = 0;
    for banner in banners {
        let task = load(&mut tx, &banner.code, &policy, params, today).await?;
        let plan = divide(task, banner.name, params, &policy, progress).await?;
        plans::save_draft(&mut tx, &plan).await?;
        if let Some(day) = params.publish_from {
            publish(&mut tx, &plan, day).await?;
        }
        made.push(plan.id);
        grids += plan.grids.len();
    }
    Ok((tx, json!({"plans": made, "grids": grids})))
}

/// By the true counts, and by those that are told.
type Reasons = (Vec<Reason>, Vec<Reason>);

/// All that the engine needs of one banner.
struct Task {
    banner: Code,
    villages: Vec<(VillageRow, Profile)>,
    units: BTreeMap<Code, Vec<Unit>>,
    past: BTreeMap<Code, Past>,
    /// Of the villages to be divided; locks list their units.
    givens: Givens,
    /// Of the whole banner.
    numbers: GridNumbers,
    /// What the plan started from says of the villages that are not divided anew.
    kept_givens: Givens,
    /// Of villages that are not divided anew.
    kept: Vec<DrawnGrid>,
    kept_reasons: Reasons,
    synthetic: bool,
}

async fn load(
    tx: &mut Tx,
    banner: &Code,
    policy: &Policy,
    params: &DivisionParams,
    today: NaiveDate,
) -> Result<Task, Failure> {
    let within = params.only.as_ref().unwrap_or(banner);
    let villages = areas::villages(tx, within).await?;
    let units = units::of_area(tx, within).await?;
    let empty: Vec<&VillageRow> =
        villages.iter().filter(|village| !units.contains_key(&village.code)).collect();
    if let Some(first) = empty.first() {
        return Err(Failure::refused(
            "no_units",
            format!(
                "{} 个嘎查村社区没有单元（例如 {} {}）：请先导入单元",
                empty.len(),
                first.code,
                first.name
            ),
            format!(
                "{} villages have no units ({} {}, say): import units first",
                empty.len(),
                first.code,
                first.name
            ),
        ));
    }
    let day = params.publish_from.unwrap_or(today);
    let (kept, kept_reasons) = match &params.only {
        Some(only) => rest_of_banner(tx, banner, only, day).await?,
        None => Default::default(),
    };
    let mut stored = grids::past(tx, banner, day).await?;
    let base = wishes::base(tx, banner, day, params).await?;
    if let Some(Base { id, in_force: false, .. }) = &base {
        stored.in_force = grids::units_of_plan(tx, *id, within).await?;
    }
    let past: BTreeMap<Code, Past> = villages
        .iter()
        .map(|village| {
            let in_force = stored.in_force.remove(&village.code).unwrap_or_default();
            let used = stored.used.remove(&village.code).unwrap_or_default();
            (village.code.clone(), Past { in_force, used })
        })
        .collect();
    let wished = wishes::of_banner(banner, within, base, policy, params, &past, &units)?;
    let synthetic = areas::any_synthetic(tx).await?;
    let villages = villages
        .into_iter()
        .map(|village| {
            let profile = policy.profile(&village.code, village.area_type);
            (village, profile)
        })
        .collect();
    Ok(Task {
        banner: banner.clone(),
        villages,
        units,
        past,
        givens: wished.givens,
        numbers: wished.numbers,
        kept_givens: wished.kept,
        kept,
        kept_reasons,
        synthetic,
    })
}

/// What the plan in force says of the villages outside `only`.
async fn rest_of_banner(
    tx: &mut Tx,
    banner: &Code,
    only: &Code,
    day: NaiveDate,
) -> Result<(Vec<DrawnGrid>, Reasons), Failure> {
    let Some(plan) = plans::in_force(tx, banner, day).await? else {
        return Err(Failure::refused(
            "no_plan_in_force",
            format!("{banner} 在 {day} 没有生效的方案可供沿用：请先划分整个旗县"),
            format!(
                "{banner} has no plan in force on {day} to take the rest over from: divide the whole banner first"
            ),
        ));
    };
    let mut kept = grids::drawn(tx, banner, plan.id, true).await?;
    kept.retain(|drawn| !only.covers(&drawn.grid.village));
    let (mut reasons, mut told) = plans::reasons(tx, plan.id).await?;
    for reasons in [&mut reasons, &mut told] {
        reasons.retain(|reason| !only.covers(&reason.village));
    }
    Ok((kept, (reasons, told)))
}

/// Runs the engine on every core, off the async threads.
async fn divide(
    task: Task,
    name: String,
    params: &DivisionParams,
    policy: &Policy,
    progress: &Progress,
) -> Result<NewPlan, Failure> {
    let mut task = task;
    let banner = task.banner.clone();
    let givens = task.givens.clone().with(std::mem::take(&mut task.kept_givens));
    let numbers = task.numbers.clone();
    let mut held: BTreeMap<Code, u32> = BTreeMap::new();
    for drawn in &task.kept {
        *held.entry(drawn.grid.village.clone()).or_default() += 1;
    }
    let mut grids: Vec<DrawnGrid> = std::mem::take(&mut task.kept);
    let (mut reasons, mut told_reasons) = std::mem::take(&mut task.kept_reasons);
    let (seed, steps) = (params.seed.cast_unsigned(), progress.clone());
    let profiles: BTreeMap<Code, Profile> =
        task.villages.iter().map(|(village, profile)| (village.code.clone(), profile.clone())).collect();
    let synthetic = task.synthetic;
    let drawn: Vec<Drawn> = tokio::task::spawn_blocking(move || draw(&task, &held, seed, &steps))
        .await
        .map_err(|error| StoreError::Queue(format!("a division broke off: {error}")))??;
    for village in drawn {
        grids.extend(village.grids);
        reasons.extend(village.reasons);
        told_reasons.extend(village.told_reasons);
    }
    grids.sort_by(|a, b| a.grid.code.cmp(&b.grid.code));
    for reasons in [&mut reasons, &mut told_reasons] {
        reasons.sort_by(|a, b| (&a.village, &a.grid).cmp(&(&b.village, &b.grid)));
    }
    let scores = |seen| {
        planning::scores(&grids, seen, |village, area_type| {
            profiles.get(village).cloned().unwrap_or_else(|| policy.profile(village, area_type))
        })
    };
    let (scores, told_scores) = (scores(Seen::Exact), scores(Seen::Told));
    let now = clock::now();
    Ok(NewPlan {
        id: Uuid::now_v7(),
        title: params.title.clone().unwrap_or_else(|| format!("{name} {}", clock::local_day(now))),
        banner,
        seed: params.seed,
        engine_version: ENGINE_VERSION.to_owned(),
        policy_version: policy.version.clone(),
        policy_text: policy.source_text().to_owned(),
        scores,
        told_scores,
        reasons,
        told_reasons,
        givens,
        numbers,
        synthetic,
        created_at: now,
        grids,
    })
}

/// A given number is the whole banner's matter; then each village by itself, side by side.
fn draw(
    task: &Task,
    kept: &BTreeMap<Code, u32>,
    seed: u64,
    progress: &Progress,
) -> Result<Vec<Drawn>, Failure> {
    let none = Past::default();
    let villages: Vec<planning::Village<'_>> = task
        .villages
        .iter()
        .map(|(village, profile)| planning::Village {
            code: &village.code,
            area_type: village.area_type,
            outline: &village.outline,
            units: task.units.get(&village.code).map(Vec::as_slice).unwrap_or_default(),
            profile,
        })
        .collect();
    let shares = Shares { numbers: &task.numbers, givens: &task.givens, kept };
    let counts = planning::share_numbers(&villages, shares)
        .map_err(|faults| wishes::refused(task.banner.as_str(), &faults))?;
    villages
        .par_iter()
        .zip(&task.villages)
        .map(|(village, (row, _))| {
            if progress.stopped() {
                return Err(Failure::Cancelled);
            }
            let wishes = Wishes { givens: Some(&task.givens), count: counts.get(village.code).copied() };
            let past = task.past.get(village.code).unwrap_or(&none);
            let drawn = planning::draw_village(village, wishes, past, seed, &|| progress.stopped());
            progress.step();
            drawn.map_err(|error| refusal(&error, &row.name))
        })
        .collect()
}

pub(super) fn refusal(error: &PlanningError, name: &str) -> Failure {
    match error {
        PlanningError::Divide { source: crate::planning::DivideError::Cancelled, .. } => Failure::Cancelled,
        PlanningError::Divide { village, source } => Failure::refused(
            "cannot_divide",
            format!("{name}（{village}）无法划分：{source}"),
            format!("{name} ({village}) can't be divided: {source}"),
        ),
        PlanningError::Givens { village, faults } => wishes::refused(&format!("{name} ({village})"), faults),
        PlanningError::UnitLeftOut { unit, .. } => Failure::refused(
            "unit_left_out",
            format!("单元 {unit} 将不属于任何网格：请为它指定一个网格"),
            format!("unit {unit} would be in no grid: say which one it goes to"),
        ),
        PlanningError::EmptyGrid { grid } => Failure::refused(
            "grid_empty",
            format!("网格 {grid} 将没有单元：请至少留下一个，或重新划分本村"),
            format!("grid {grid} would have no units left: leave one in it, or divide the village again"),
        ),
        PlanningError::InPieces { grid, pieces } => Failure::refused(
            "grid_in_pieces",
            format!("网格 {grid} 将分成互不相连的 {pieces} 块：请把中间的单元一起移动"),
            format!("grid {grid} would fall into {pieces} pieces: move the units between them as well"),
        ),
        PlanningError::Check { village, first, breaches } => {
            tracing::error!(%village, breaches, first = first.text().en, "the check found the engine wrong");
            let text = first.text();
            Failure::refused(
                "check_failed",
                format!("{name}（{village}）未通过独立检查，未保存：{}", text.zh),
                format!("{name} ({village}) failed the independent check and was not saved: {}", text.en),
            )
        }
    }
}

async fn publish(tx: &mut Tx, plan: &NewPlan, day: NaiveDate) -> Result<(), Failure> {
    match plans::publish(tx, plan.id, day).await? {
        Publication::Done { .. } => {
            super::queue_links(tx, &plan.banner, day, clock::now()).await?;
            Ok(())
        }
        Publication::Later { begins } => Err(super::publication::later(begins)),
        Publication::NotFound | Publication::NotADraft => {
            Err(StoreError::Corrupt { what: "plan", why: "it was just saved as a draft".to_owned() }.into())
        }
    }
}
