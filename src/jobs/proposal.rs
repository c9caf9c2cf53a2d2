//! Proposing who should look after an area's grids, and what each constraint costs.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::ProposalParams;
use super::failure::Failure;
use super::progress::Progress;
use crate::access::Scope;
use crate::assign::{self, AssignError, Person, Spot, Weighing};
use crate::clock;
use crate::domain::{StaffRules, WorkerStatus};
use crate::store::assignments::{self, PlaceRow};
use crate::store::jobs::JobRow;
use crate::store::proposals::{self, NewLine, NewProposal, StaffRow};
use crate::store::{Store, StoreError, Tx};

/// The constraints whose cost is told, each by solving without it.
const CONSTRAINTS: [&str; 5] = ["language", "continuity", "capacity", "ceiling", "load"];

/// An area's people and grids as the engine takes them.
struct Task {
    people: Vec<Person>,
    spots: Vec<Spot>,
    posts: Vec<Option<u32>>,
}

type Found = Vec<Option<(usize, u64)>>;
/// The answer without each constraint.
type Without = Vec<(&'static str, Found)>;
/// A township's posts of one employment.
type Post = (String, String);

/// Makes and saves a proposal in a transaction that the caller commits together with the job's end.
pub async fn run(
    store: &Store,
    scope: &Scope,
    job: &JobRow,
    params: &ProposalParams,
    progress: &Progress,
) -> Result<(Tx, Value), Failure> {
    progress.expect(2 + u32::try_from(CONSTRAINTS.len()).unwrap_or(0));
    let mut tx = store.begin(scope).await?;
    let policy = assignments::policy(&mut tx, &job.area, params.on).await?;
    let mut rules = policy.staff();
    rules.threshold_km = params.threshold_km.unwrap_or(rules.threshold_km);
    let staff = proposals::staff(&mut tx, &job.area, params.on).await?;
    let places = assignments::places(&mut tx, &job.area, params.on).await?;
    let limits = proposals::limits(&mut tx, &job.area, params.on).await?;
    let most = |place: &PlaceRow| {
        let allowed = policy.profile(&place.grid.village(), place.area_type).grids_max;
        allowed.min(params.max_grids.unwrap_or(allowed))
    };
    // Whoever looks after grids elsewhere as well keeps what they hold, and so do these grids.
    let on_post =
        |place: &PlaceRow| place.worker.filter(|held| held.1 == WorkerStatus::OnPost).map(|held| held.0);
    let (staff, away): (Vec<StaffRow>, Vec<StaffRow>) =
        staff.into_iter().partition(|one| !one.busy_elsewhere);
    let index: BTreeMap<Uuid, usize> = staff.iter().enumerate().map(|(at, one)| (one.worker, at)).collect();
    let places: Vec<PlaceRow> = places
        .into_iter()
        .filter(|place| on_post(place).is_none_or(|who| index.contains_key(&who)))
        .collect();
    let posts = groups(&staff, &away, &limits);
    let task = Task {
        people: staff
            .iter()
            .map(|one| Person { home: one.home, languages: one.languages.clone(), group: posts.0[&one.post] })
            .collect(),
        spots: places
            .iter()
            .map(|place| Spot {
                at: place.at,
                language: place.language.clone(),
                most: most(place),
                held_by: on_post(place).and_then(|who| index.get(&who).copied()),
            })
            .collect(),
        posts: posts.1,
    };
    progress.step();
    let weighing = Weighing {
        threshold_mm: mm(rules.threshold_km),
        load_mm: mm(rules.load_km),
        language: params.language,
        capacity: true,
        ceilings: true,
    };
    let steps = progress.clone();
    let solved = tokio::task::spawn_blocking(move || {
        solve(&task, weighing, &steps).map(|(found, without)| (task, found, without))
    });
    let (task, found, without) = solved
        .await
        .map_err(|error| StoreError::Queue(format!("a proposal broke off: {error}")))?
        .map_err(failed)?;
    let new = NewProposal {
        id: Uuid::now_v7(),
        area: job.area.clone(),
        on: params.on,
        params: json!({"language": params.language, "threshold_km": rules.threshold_km, "load_km": rules.load_km,
                       "days_a_month": rules.days_a_month, "max_grids": params.max_grids}),
        totals: totals(&task, &found, rules),
        costs: costs(&found, &without, rules),
        lines: lines(&task, &found, &staff, &places),
    };
    proposals::save(&mut tx, &new, clock::now()).await?;
    Ok((tx, json!({"proposal": new.id, "totals": new.totals})))
}

/// Numbers the posts' groups, and says how many may hold grids in each: those who hold some elsewhere count already.
fn groups(
    staff: &[StaffRow],
    away: &[StaffRow],
    limits: &BTreeMap<Post, u32>,
) -> (BTreeMap<Post, usize>, Vec<Option<u32>>) {
    let mut numbers: BTreeMap<Post, usize> = BTreeMap::new();
    let mut posts = Vec::new();
    for one in staff {
        if !numbers.contains_key(&one.post) {
            numbers.insert(one.post.clone(), posts.len());
            let taken = away.iter().filter(|other| other.post == one.post).count();
            let taken = u32::try_from(taken).unwrap_or(u32::MAX);
            posts.push(limits.get(&one.post).map(|most| most.saturating_sub(taken)));
        }
    }
    (numbers, posts)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1000 km")]
fn mm(km: f64) -> u32 {
    (km.clamp(0.0, 1000.0) * 1e6).round() as u32
}

/// The answer, and the answers without each constraint.
fn solve(task: &Task, by: Weighing, progress: &Progress) -> Result<(Found, Without), AssignError> {
    let cancel = || progress.stopped();
    let one = |by: Weighing| assign::propose(&task.people, &task.spots, &task.posts, by, &cancel);
    let found = one(by)?;
    progress.step();
    let mut without = Vec::new();
    for constraint in CONSTRAINTS {
        let less = match constraint {
            "language" => Weighing { language: false, ..by },
            "continuity" => Weighing { threshold_mm: 0, ..by },
            // Without it, load isn't shared either: each grid goes to its nearest.
            "capacity" => Weighing { capacity: false, load_mm: 0, ..by },
            "ceiling" => Weighing { ceilings: false, ..by },
            _ => Weighing { load_mm: 0, ..by },
        };
        let idle = less == by;
        without.push((constraint, if idle { found.clone() } else { one(less)? }));
        progress.step();
    }
    Ok((found, without))
}

fn failed(error: AssignError) -> Failure {
    match error {
        AssignError::Cancelled => Failure::Cancelled,
        AssignError::TooMany(_) => Failure::refused(
            "too_many",
            "范围过大，无法一次计算：请按旗县区或苏木乡镇提出建议",
            "too many grids and workers for one proposal: ask for a banner or a township",
        ),
        AssignError::NotOnEarth(..) => Failure::refused("bad_point", "有坐标不在地球上", error.to_string()),
        AssignError::Pair(_) => Failure::refused("bad_pair", "有网格与网格员的配对不成立", error.to_string()),
    }
}

/// Kilometres a month: to each grid and back, on each of the policy's days.
#[expect(clippy::cast_precision_loss, reason = "for a person to read")]
fn km_month(mm: u64, rules: StaffRules) -> f64 {
    let km = mm as f64 / 1e6 * 2.0 * f64::from(rules.days_a_month);
    (km * 10.0).round() / 10.0
}

/// Whether a grid's line changes something, and what.
fn change(task: &Task, found: &Found, spot: usize, who: usize) -> &'static str {
    let held_by = task.spots[spot].held_by;
    if held_by == Some(who) {
        return "kept";
    }
    let gives_up = task
        .spots
        .iter()
        .zip(found)
        .any(|(other, now)| other.held_by == Some(who) && now.map(|now| now.0) != Some(who));
    if held_by.is_some() || gives_up { "moved" } else { "new" }
}

fn totals(task: &Task, found: &Found, rules: StaffRules) -> Value {
    let filled = found.iter().flatten().count();
    let moved = found
        .iter()
        .enumerate()
        .filter(|(spot, held)| held.is_some_and(|held| change(task, found, *spot, held.0) == "moved"))
        .count();
    let before: u64 = task
        .spots
        .iter()
        .filter_map(|spot| spot.held_by.map(|who| assign::way(task.people[who].home, spot.at)))
        .sum();
    let after: u64 = found.iter().flatten().map(|held| held.1).sum();
    json!({"grids": found.len(), "filled": filled, "vacant": found.len() - filled, "moved": moved,
           "filled_before": task.spots.iter().filter(|spot| spot.held_by.is_some()).count(),
           "km_month_before": km_month(before, rules), "km_month_after": km_month(after, rules)})
}

/// What each constraint costs, over the grids that are filled with it and without it; and how many more would be
/// filled without it.
fn costs(found: &Found, without: &[(&'static str, Found)], rules: StaffRules) -> Value {
    let one = |(constraint, other): &(&'static str, Found)| {
        let both = || found.iter().zip(other).filter_map(|(a, b)| Some(((*a)?.1, (*b)?.1)));
        let (with, less): (u64, u64) = both().fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        let km = km_month(with, rules) - km_month(less, rules);
        let km = (km * 10.0).round() / 10.0;
        let filled = |found: &Found| found.iter().flatten().count();
        let more = filled(other).saturating_sub(filled(found));
        let (zh, en) = match *constraint {
            "language" => ("语言匹配", "language match"),
            "continuity" => ("不轻易换人", "continuity"),
            "capacity" => ("每人网格数上限", "the limit of grids a worker"),
            "ceiling" => ("岗位数限制", "the number of posts"),
            _ => ("负担均衡", "fair load"),
        };
        let (more_zh, more_en) = match more {
            0 => (String::new(), String::new()),
            more => (format!("，并使 {more} 个网格无人负责"), format!(" and leaves {more} grids empty")),
        };
        json!({"constraint": constraint, "km_month": km, "grids": more,
               "zh": format!("{zh}使每月路程增加 {km} 公里{more_zh}"),
               "en": format!("{en} costs {km} km a month{more_en}")})
    };
    Value::Array(without.iter().map(one).collect())
}

#[expect(clippy::cast_precision_loss, reason = "for a person to read")]
fn lines(task: &Task, found: &Found, staff: &[StaffRow], places: &[PlaceRow]) -> Vec<NewLine> {
    let line = |(spot, held): (usize, &Option<(usize, u64)>)| {
        let (who, way) = (*held)?;
        Some(NewLine {
            grid: places[spot].grid.clone(),
            worker: staff[who].worker,
            km: way as f64 / 1e6,
            change: change(task, found, spot, who),
            grids_max: task.spots[spot].most,
        })
    };
    found.iter().enumerate().filter_map(line).collect()
}
