//! What it would do if a worker looked after a grid, before it is done.

use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::seen;
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::rest::code;
use crate::api::rest::grids::grid_code;
use crate::domain::{GridRole, Text, WorkerStatus};
use crate::store::assignments::{self, NewAssignment, effect as store};
use crate::store::{Tx, workers};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectWanted {
    grid: String,
    worker: Uuid,
    /// Today when left out.
    on: Option<NaiveDate>,
}

#[derive(Serialize, ToSchema)]
pub struct Hindrance {
    /// `not_on_post`, `grid_taken`, `language`, `worker_elsewhere`, `above_ceiling`.
    code: &'static str,
    zh: String,
    en: String,
}

impl Hindrance {
    fn new(code: &'static str, text: Text) -> Self {
        Self { code, zh: text.zh, en: text.en }
    }
}

/// What would change for the worker; the way is theirs and that of whoever holds the grid now, together.
#[derive(Serialize, ToSchema)]
pub struct Effect {
    /// To each grid and back on each of `days_a_month`, as the crow flies.
    km_month_before: f64,
    km_month_after: f64,
    grids_before: usize,
    grids_after: usize,
    /// null where small counts keep it from being told.
    households_before: Option<u64>,
    households_after: Option<u64>,
    /// Assumed by the policy.
    days_a_month: u32,
    /// What would keep it from being done, or from being good.
    hindrances: Vec<Hindrance>,
}

/// What it would do to travel and load if a worker looked after a grid
#[utoipa::path(post, path = "/api/v1/areas/{code}/assignments/effect", tag = "assignments", params(("code" = String, Path)), request_body = EffectWanted,
    responses((status = 200, body = Effect), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn effect(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<EffectWanted>,
) -> Result<Json<Effect>, Problem> {
    let (code, grid) = (code(&text)?, grid_code(&given.grid)?);
    let on = given.on.unwrap_or_else(|| state.today());
    let mut tx = caller.begin().await?;
    seen(&mut tx, &caller, &code).await?;
    caller.require(Capability::PeopleEdit, &code)?;
    let no_grid = || Problem::not_found("当日有效的这个网格", "grid that holds on that day");
    let place = assignments::place(&mut tx, &grid, on).await?.ok_or_else(no_grid)?;
    let no_worker = || Problem::not_found("这名网格员", "worker");
    let worker = workers::get(&mut tx, given.worker, on).await?.ok_or_else(no_worker)?;
    for area in [&grid.village(), &worker.area] {
        if !code.covers(area) {
            return Err(no_grid());
        }
    }
    let policy = assignments::policy(&mut tx, &grid.village(), on).await?;
    let rules = policy.staff();
    let Some(staff) = store::staff_of(&mut tx, worker.id, &code, on).await? else {
        return Err(Problem::conflict(
            "not_on_post",
            "此人当日不在岗：请另选他人，或先更新其状态",
            "this worker isn't on the post on that day: choose somebody else, or change their status first",
        ));
    };
    let mut hindrances = Vec::new();
    let before = store::load(&mut tx, &staff, on, None).await?;
    let holds = place.worker.is_some_and(|held| held.0 == worker.id);
    let after = if holds { before.clone() } else { before.with(&staff, &place) };
    let (mut km_before, mut km_after) = (before.km, after.km);
    if let Some((other, WorkerStatus::OnPost)) = place.worker.filter(|held| held.0 != worker.id) {
        hindrances.push(Hindrance::new(
            "grid_taken",
            Text::new(
                "该网格已有在岗网格员，将由新人接替",
                "somebody on the post looks after this grid and would be replaced",
            ),
        ));
        if let Some(other) = store::staff_of(&mut tx, other, &code, on).await? {
            km_before += store::load(&mut tx, &other, on, None).await?.km;
            km_after += store::load(&mut tx, &other, on, Some(&place)).await?.km;
        }
    }
    if let Some(language) = place.language.as_ref().filter(|language| !staff.languages.contains(*language)) {
        hindrances.push(Hindrance::new(
            "language",
            Text::new(
                format!("该网格需要会说 {language} 的人"),
                format!("this grid needs somebody who speaks {language}"),
            ),
        ));
    }
    if !holds {
        let new = NewAssignment {
            id: Uuid::now_v7(),
            grids_max: policy.profile(&grid.village(), place.area_type).grids_max,
            grid,
            worker: worker.id,
            role: GridRole::Worker,
            from: on,
            until: None,
        };
        hindrances.extend(refused(&mut tx, &place, &new, &state).await?);
    }
    // Tried out, never kept.
    drop(tx);
    let month = |km: f64| (km * 2.0 * f64::from(rules.days_a_month) * 10.0).round() / 10.0;
    Ok(Json(Effect {
        km_month_before: month(km_before),
        km_month_after: month(km_after),
        grids_before: before.grids,
        grids_after: after.grids,
        households_before: before.households,
        households_after: after.households,
        days_a_month: rules.days_a_month,
        hindrances,
    }))
}

/// What the database would refuse.
async fn refused(
    tx: &mut Tx,
    place: &assignments::PlaceRow,
    new: &NewAssignment,
    state: &AppState,
) -> Result<Option<Hindrance>, Problem> {
    let constraint = store::try_out(tx, place, new, state.now()).await?;
    Ok(constraint.map(|constraint| match constraint.as_str() {
        "worker_elsewhere" => Hindrance::new(
            "worker_elsewhere",
            Text::new(
                "此人同时负责的网格将超过政策上限",
                "this worker would hold more grids at once than the policy allows",
            ),
        ),
        "above_ceiling" | "posts_held" => Hindrance::new(
            "above_ceiling",
            Text::new(
                "在岗人数将超过该苏木乡镇或旗县的岗位数",
                "more workers would hold grids than there are posts in the township or banner",
            ),
        ),
        _ => Hindrance::new(
            "grid_taken",
            Text::new("该网格在这些日子里已有网格员", "this grid has a worker on some of these days"),
        ),
    }))
}
