//! Changing a draft: moving units, dividing a village again, givens, undoing.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::{self, Plan, ReasonWire};
use crate::domain::{Code, Givens, GridCode};
use crate::jobs::Failure;
use crate::jobs::drafting::{self, Changed, Move, Redivision};
use crate::store::tiles::GridsOf;
use crate::store::{areas, grids, plans};

/// A person waits: what takes longer is for a job.
const LONGEST: Duration = Duration::from_secs(20);
/// Moves of one request.
const MOVES_MAX: usize = 1000;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(moves))
        .routes(routes!(redivision))
        .routes(routes!(undo))
        .routes(routes!(give))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMoves {
    /// The version of the draft that this was decided on.
    version: i32,
    #[schema(value_type = String)]
    village: Code,
    moves: Vec<NewMove>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMove {
    /// Codes of units of the village.
    units: Vec<String>,
    /// A grid of the same village; left out for a new one.
    #[schema(value_type = Option<String>)]
    to: Option<GridCode>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRedivision {
    version: i32,
    #[schema(value_type = String)]
    village: Code,
    /// The same seed gives the same grids; 1 when left out.
    seed: Option<i64>,
    /// The grids of the village that stay as they are, now and later; left out: those that are locked already.
    #[schema(value_type = Option<Vec<String>>)]
    locks: Option<Vec<GridCode>>,
    /// How many grids, the locked ones included; left out: as the policy says, or as many as there are where
    /// a ceiling holds.
    count: Option<u32>,
    /// Start from the grids that there are and change as few households' as possible.
    stable: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OfVersion {
    version: i32,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewGivens {
    version: i32,
    givens: Givens,
}

/// What came of a change.
#[derive(Serialize, ToSchema)]
struct ChangedWire {
    version: i32,
    plan: Plan,
    givens: Givens,
    /// The grids that are new or different, each with its outline.
    grids: Vec<ChangedGrid>,
    /// Codes of grids that are no longer there.
    removed: Vec<String>,
    /// Of the village, and of its grids.
    reasons: Vec<ReasonWire>,
}

#[derive(Serialize, ToSchema)]
struct ChangedGrid {
    #[serde(flatten)]
    grid: wire::Grid,
    unit_codes: Vec<String>,
    #[schema(value_type = Object)]
    geometry: Value,
}

/// The banner of a plan that is there, and that this caller makes plans of.
async fn may_change(caller: &Caller, id: Uuid) -> Result<Code, Problem> {
    let plan = plans::get(&mut caller.begin().await?, id).await?.ok_or_else(no_plan)?;
    caller.require(Capability::Draft, &plan.banner)?;
    Ok(plan.banner)
}

fn no_plan() -> Problem {
    Problem::not_found("这个方案", "plan")
}

/// What came of a change, as this caller sees it.
async fn answer(caller: &Caller, id: Uuid, changed: Option<Changed>) -> Result<Json<ChangedWire>, Problem> {
    let mut tx = caller.begin().await?;
    let plan = plans::get(&mut tx, id).await?.ok_or_else(no_plan)?;
    let (mut grids, mut reasons, mut removed) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(changed) = changed {
        let name = areas::get(&mut tx, &changed.village).await?.map(|area| area.name);
        let of_village = plan.reasons.iter().filter(|reason| reason.village == changed.village);
        reasons.extend(
            of_village
                .map(|reason| ReasonWire { village_name: name.clone(), ..ReasonWire::from(reason.clone()) }),
        );
        let rows = grids::page(&mut tx, &changed.village, GridsOf::Plan(id), None, i64::MAX, true).await?;
        grids.extend(rows.into_iter().filter(|row| changed.grids.contains(&row.code)).map(|mut row| {
            ChangedGrid {
                geometry: row.outline.take().map_or(Value::Null, |outline| wire::geojson(&outline)),
                unit_codes: row.units.clone(),
                grid: wire::Grid::seen(row, &caller.scope),
            }
        }));
        removed.extend(changed.removed.into_iter().map(String::from));
    }
    let (version, givens) = (plan.version, plan.givens.clone());
    Ok(Json(ChangedWire { version, plan: plan.into(), givens, grids, removed, reasons }))
}

/// Runs a change within the time that a request may take; what runs on is told to stop.
async fn within<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Problem> {
    match tokio::time::timeout(LONGEST, work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timeout",
            "本村过大，未能及时完成：请改用后台任务划分",
            "this village takes longer than a request may: divide it as a job",
        )),
    }
}

/// Move units of a village between its grids, or into a new one
#[utoipa::path(post, path = "/api/v1/plans/{id}/moves", tag = "plans", params(("id" = Uuid, Path)), request_body = NewMoves,
    responses((status = 200, body = ChangedWire), (status = 404, body = ProblemWire), (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn moves(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Body(new): Body<NewMoves>,
) -> Result<Json<ChangedWire>, Problem> {
    let banner = may_change(&caller, id).await?;
    let moves: Vec<Move> =
        new.moves.into_iter().map(|step| Move { units: step.units, to: step.to }).collect();
    if moves.is_empty() || moves.len() > MOVES_MAX || moves.iter().any(|step| step.units.is_empty()) {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "bad_moves",
            "请列出 1 到 1000 次移动，每次至少一个单元",
            "list 1 to 1000 moves of at least one unit each",
        ));
    }
    let mut tx = caller.begin_work(&banner).await?;
    let changed =
        within(drafting::move_units(&mut tx, id, new.version, &new.village, &moves, state.now())).await?;
    tx.commit().await?;
    answer(&caller, id, Some(changed)).await
}

/// Divide one village of a draft again, around its locks
#[utoipa::path(post, path = "/api/v1/plans/{id}/redivision", tag = "plans", params(("id" = Uuid, Path)), request_body = NewRedivision,
    responses((status = 200, body = ChangedWire), (status = 404, body = ProblemWire), (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn redivision(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Body(new): Body<NewRedivision>,
) -> Result<Json<ChangedWire>, Problem> {
    let banner = may_change(&caller, id).await?;
    let wanted = Redivision {
        seed: new.seed.unwrap_or(1),
        locks: new.locks,
        count: new.count,
        stable: new.stable.unwrap_or(false),
    };
    let mut tx = caller.begin_work(&banner).await?;
    let changed =
        within(drafting::redivide(&mut tx, id, new.version, &new.village, wanted, state.now())).await?;
    tx.commit().await?;
    answer(&caller, id, Some(changed)).await
}

/// Take the last change of a draft back
#[utoipa::path(post, path = "/api/v1/plans/{id}/undo", tag = "plans", params(("id" = Uuid, Path)), request_body = OfVersion,
    responses((status = 200, body = ChangedWire), (status = 404, body = ProblemWire), (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn undo(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Body(new): Body<OfVersion>,
) -> Result<Json<ChangedWire>, Problem> {
    let banner = may_change(&caller, id).await?;
    let mut tx = caller.begin_work(&banner).await?;
    let changed = within(drafting::undo(&mut tx, id, new.version, state.now())).await?;
    tx.commit().await?;
    answer(&caller, id, Some(changed)).await
}

/// Lock grids of a draft, set dedicated ones, tie units together or keep them apart
///
/// Replaces all givens of the draft. They hold for its next changes and for the next division that starts
/// from it; its grids stay as they are.
#[utoipa::path(put, path = "/api/v1/plans/{id}/givens", tag = "plans", params(("id" = Uuid, Path)), request_body = NewGivens,
    responses((status = 200, body = ChangedWire), (status = 404, body = ProblemWire), (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn give(
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Body(new): Body<NewGivens>,
) -> Result<Json<ChangedWire>, Problem> {
    let banner = may_change(&caller, id).await?;
    let mut tx = caller.begin_work(&banner).await?;
    drafting::give(&mut tx, id, new.version, new.givens).await?;
    tx.commit().await?;
    answer(&caller, id, None).await
}
