//! Who looks after which grid, and which grids nobody does.

mod effect;
mod wire;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::wire::{AssignmentEnd, AssignmentMade, AssignmentWire, Assignments, NewAssignmentWire, Vacancies};
use super::code;
use super::grids::grid_code;
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Code, GridRole, WorkerStatus};
use crate::store::assignments::{self, AssignmentRow, NewAssignment};
use crate::store::{Tx, areas, workers};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(vacancies))
        .routes(routes!(add))
        .routes(routes!(effect::effect))
        .routes(routes!(end, remove))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AssignmentsQuery {
    /// Today when left out.
    on: Option<NaiveDate>,
    /// Only this worker's.
    worker: Option<Uuid>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DayQuery {
    /// Today when left out.
    on: Option<NaiveDate>,
}

/// Looks for the area, and whether its people are the caller's to see.
async fn seen(tx: &mut Tx, caller: &Caller, code: &Code) -> Result<(), Problem> {
    areas::get(tx, code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::People, code)
}

/// Who looks after the grids of an area on a day
#[utoipa::path(get, path = "/api/v1/areas/{code}/assignments", tag = "assignments", params(("code" = String, Path), AssignmentsQuery),
    responses((status = 200, body = Assignments), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<AssignmentsQuery>,
) -> Result<Json<Assignments>, Problem> {
    let code = code(&text)?;
    let on = query.on.unwrap_or_else(|| state.today());
    let mut tx = caller.begin().await?;
    seen(&mut tx, &caller, &code).await?;
    let rows = assignments::list(&mut tx, &code, on, query.worker).await?;
    Ok(Json(Assignments { on, assignments: rows.into_iter().map(Into::into).collect() }))
}

/// The grids of an area that nobody on the post looks after
#[utoipa::path(get, path = "/api/v1/areas/{code}/vacancies", tag = "assignments", params(("code" = String, Path), DayQuery),
    responses((status = 200, body = Vacancies), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn vacancies(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<DayQuery>,
) -> Result<Json<Vacancies>, Problem> {
    let code = code(&text)?;
    let on = query.on.unwrap_or_else(|| state.today());
    let mut tx = caller.begin().await?;
    seen(&mut tx, &caller, &code).await?;
    let rows = assignments::vacancies(&mut tx, &code, on).await?;
    let synthetic = rows.iter().any(|row| row.place.synthetic);
    let vacancies = rows.into_iter().map(|row| wire::vacancy(row, &caller.scope)).collect();
    Ok(Json(Vacancies { on, vacancies, synthetic }))
}

/// Let a worker look after a grid, from a day on, where asked in place of whoever does
#[utoipa::path(post, path = "/api/v1/grids/{code}/assignments", tag = "assignments", params(("code" = String, Path)), request_body = NewAssignmentWire,
    responses((status = 201, body = AssignmentMade), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<NewAssignmentWire>,
) -> Result<Response, Problem> {
    let grid = grid_code(&text)?;
    let village = grid.village();
    let mut tx = caller.begin().await?;
    let place = assignments::place(&mut tx, &grid, given.from)
        .await?
        .ok_or_else(|| Problem::not_found("当日有效的这个网格", "grid that holds on that day"))?;
    caller.require(Capability::PeopleEdit, &village)?;
    check_days(given.from, given.until)?;
    if given.replace && given.role != GridRole::Worker {
        return Err(Problem::bad_request(
            "replace_main_only",
            "只有网格员（worker）一人一格，可以接替；其他角色请直接安排",
            "only the main worker (role worker) is one a grid and can be replaced: leave `replace` out for other roles",
        ));
    }
    let no_worker = || Problem::not_found("这名网格员", "worker");
    let worker = workers::get(&mut tx, given.worker, given.from).await?.ok_or_else(no_worker)?;
    caller.require(Capability::PeopleEdit, &worker.area)?;
    if assignments::status_on(&mut tx, worker.id, given.from).await? != Some(WorkerStatus::OnPost) {
        return Err(Problem::conflict(
            "not_on_post",
            "此人当日不在岗：请另选他人，或先更新其状态",
            "this worker isn't on the post on that day: choose somebody else, or change their status first",
        ));
    }
    let policy = assignments::policy(&mut tx, &village, given.from).await?;
    let new = NewAssignment {
        id: Uuid::now_v7(),
        grids_max: policy.profile(&village, place.area_type).grids_max,
        grid,
        worker: worker.id,
        role: given.role,
        from: given.from,
        until: given.until,
    };
    let id = new.id;
    let replaced = if given.replace { assignments::make_room(&mut tx, &new).await? } else { Vec::new() };
    if replaced.iter().any(|one| one.held.worker == new.worker && one.held.from <= new.from) {
        return Err(Problem::conflict(
            "already_assigned",
            "此人当日已是该网格的网格员：不必接替",
            "this worker looks after the grid on that day already: there is nobody to replace",
        ));
    }
    assignments::add(&mut tx, &village, &[new], state.now()).await?;
    let row = assignments::get(&mut tx, id).await?.ok_or_else(no_assignment)?;
    tx.commit().await?;
    let place = [(header::LOCATION, format!("/api/v1/assignments/{id}"))];
    let replaced = replaced.into_iter().map(Into::into).collect();
    Ok((StatusCode::CREATED, place, Json(AssignmentMade { made: row.into(), replaced })).into_response())
}

/// `until` is the first day on which it no longer holds.
fn check_days(from: NaiveDate, until: Option<NaiveDate>) -> Result<(), Problem> {
    if until.is_none_or(|until| until > from) {
        return Ok(());
    }
    Err(Problem::bad_request(
        "bad_days",
        format!("until 是不再有效的第一天，须晚于开始日期 {from}；当天或以后开始的安排若要撤销，请用 DELETE"),
        format!(
            "`until` is the first day on which it no longer holds, so it must be after {from}, when it begins; to take \
             away what begins today or later, DELETE it"
        ),
    ))
}

fn no_assignment() -> Problem {
    Problem::not_found("这项安排", "assignment")
}

/// One that is the caller's to change.
async fn changing(tx: &mut Tx, caller: &Caller, id: Uuid) -> Result<AssignmentRow, Problem> {
    let held = assignments::get(tx, id).await?.ok_or_else(no_assignment)?;
    caller.require(Capability::PeopleEdit, &held.grid.village())?;
    Ok(held)
}

/// Set the day on which an assignment ends
#[utoipa::path(patch, path = "/api/v1/assignments/{id}", tag = "assignments", params(("id" = Uuid, Path)), request_body = AssignmentEnd,
    responses((status = 200, body = AssignmentWire), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn end(
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Body(given): Body<AssignmentEnd>,
) -> Result<Json<AssignmentWire>, Problem> {
    let mut tx = caller.begin().await?;
    let held = changing(&mut tx, &caller, id).await?;
    check_days(held.from, given.until)?;
    if !assignments::set_end(&mut tx, &held, given.until).await? {
        return Err(no_assignment());
    }
    let row = assignments::get(&mut tx, id).await?.ok_or_else(no_assignment)?;
    tx.commit().await?;
    Ok(Json(row.into()))
}

/// Take away an assignment that begins today or later
#[utoipa::path(delete, path = "/api/v1/assignments/{id}", tag = "assignments", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
) -> Result<StatusCode, Problem> {
    let mut tx = caller.begin().await?;
    let held = changing(&mut tx, &caller, id).await?;
    if !assignments::remove(&mut tx, &held, state.today()).await? {
        return Err(Problem::conflict(
            "begun",
            format!("该安排已于 {} 开始：请设定结束日期，不能删除", held.from),
            format!("it began on {}, before today: set the day of its end instead", held.from),
        ));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
