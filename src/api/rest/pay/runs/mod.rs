//! Runs of a month: queued, looked at, approved by a second person, locked or discarded.

mod wire;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

pub use self::wire::LineWire;
use self::wire::{LinePage, NewRunWire, RunList, WholeRun, whole};
use super::super::{accepted, code};
use super::{MaybeMonthQuery, month_of};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::Job;
use crate::jobs::{self, PayRunParams};
use crate::store::pay::{self, RunRow, RunStatus, Step};
use crate::store::{Tx, areas};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LinesQuery {
    worker: Option<Uuid>,
    /// Where the page before ended.
    after: Option<String>,
    /// 1 to 1000; 200 when left out.
    limit: Option<i64>,
}

pub fn no_run() -> Problem {
    Problem::not_found("这个发放批次", "run")
}

/// A run in sight, if the caller has the capability in its area.
pub async fn held(caller: &Caller, tx: &mut Tx, id: Uuid, capability: Capability) -> Result<RunRow, Problem> {
    let row = pay::run(tx, id).await?.ok_or_else(no_run)?;
    caller.require(capability, &row.area)?;
    Ok(row)
}

/// Work a month out as a draft: queued, and done as a job
#[utoipa::path(post, path = "/api/v1/areas/{code}/pay-runs", tag = "pay", params(("code" = String, Path)), request_body = NewRunWire,
    responses((status = 202, body = Job), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<NewRunWire>,
) -> Result<Response, Problem> {
    let (code, month) = (code(&text)?, month_of(&given.month)?);
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::PayEdit, &code)?;
    let job = jobs::queue_pay_run(&mut tx, &code, &PayRunParams { month }, state.now()).await?;
    tx.commit().await?;
    Ok(accepted(job))
}

/// The runs of an area and of those below it, of one month or of all
#[utoipa::path(get, path = "/api/v1/areas/{code}/pay-runs", tag = "pay", params(("code" = String, Path), MaybeMonthQuery),
    responses((status = 200, body = RunList), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn list(
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<MaybeMonthQuery>,
) -> Result<Json<RunList>, Problem> {
    let code = code(&text)?;
    let month = query.month.as_deref().map(month_of).transpose()?;
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::Pay, &code)?;
    let rows = pay::runs(&mut tx, &code, month).await?;
    Ok(Json(RunList { runs: rows.into_iter().map(Into::into).collect() }))
}

/// One run with its sums and checks
#[utoipa::path(get, path = "/api/v1/pay-runs/{id}", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 200, body = WholeRun), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn get(caller: Caller, Segment(id): Segment<Uuid>) -> Result<Json<WholeRun>, Problem> {
    let mut tx = caller.begin().await?;
    let row = held(&caller, &mut tx, id, Capability::Pay).await?;
    Ok(Json(whole(&mut tx, row).await?))
}

/// The lines of a run, of one worker or of all
#[utoipa::path(get, path = "/api/v1/pay-runs/{id}/lines", tag = "pay", params(("id" = Uuid, Path), LinesQuery),
    responses((status = 200, body = LinePage), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn lines(
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Params(query): Params<LinesQuery>,
) -> Result<Json<LinePage>, Problem> {
    let after = query.after.as_deref().map(|text| {
        let (worker, line) = text.split_once('.')?;
        Some((worker.parse::<Uuid>().ok()?, line.parse::<i16>().ok()?))
    });
    let after = match after {
        Some(None) => {
            return Err(Problem::bad_request(
                "bad_cursor",
                "after 有误：请用上一页给出的值",
                "after is not right: give what the page before said",
            ));
        }
        other => other.flatten(),
    };
    let mut tx = caller.begin().await?;
    held(&caller, &mut tx, id, Capability::Pay).await?;
    let limit = query.limit.unwrap_or(200).clamp(1, 1000);
    let page = pay::lines(&mut tx, id, query.worker, after, limit).await?;
    let workers: Vec<Uuid> = page.lines.iter().map(|line| line.worker).collect();
    let names = pay::masked_names(&mut tx, &workers).await?;
    let next = page.next.map(|(worker, line)| format!("{worker}.{line}"));
    Ok(Json(LinePage { lines: page.lines.into_iter().map(|row| LineWire::of(row, &names)).collect(), next }))
}

fn wrong(status: RunStatus) -> Problem {
    match status {
        RunStatus::Locked => {
            Problem::conflict("run_locked", "该批次已锁定，不可更改", "this run is locked and never changed")
        }
        RunStatus::Approved => {
            Problem::conflict("run_approved", "该批次已审批", "this run is approved already")
        }
        RunStatus::Draft => Problem::conflict(
            "run_not_approved",
            "该批次尚未审批：请先由另一人审批",
            "this run isn't approved yet: a second person approves it first",
        ),
    }
}

fn ended(step: Step) -> Result<RunRow, Problem> {
    match step {
        Step::Done(row) => Ok(*row),
        Step::NotFound => Err(no_run()),
        Step::Wrong(status) => Err(wrong(status)),
        Step::Own => Err(Problem::conflict(
            "own_run",
            "不能审批自己核算的批次：须由另一人审批",
            "nobody approves a run of their own: a second person does",
        )),
    }
}

/// What a second person does with a run.
enum Doing {
    Approve,
    Lock,
}

async fn done(state: &AppState, caller: &Caller, id: Uuid, doing: Doing) -> Result<Json<WholeRun>, Problem> {
    let mut tx = caller.begin().await?;
    held(caller, &mut tx, id, Capability::PayApprove).await?;
    let step = match doing {
        Doing::Approve => pay::approve(&mut tx, id, state.now()).await?,
        Doing::Lock => pay::lock(&mut tx, id, state.now()).await?,
    };
    let wire = whole(&mut tx, ended(step)?).await?;
    tx.commit().await?;
    Ok(Json(wire))
}

/// Approve somebody else's draft
#[utoipa::path(post, path = "/api/v1/pay-runs/{id}/approval", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 200, body = WholeRun), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn approve(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
) -> Result<Json<WholeRun>, Problem> {
    done(&state, &caller, id, Doing::Approve).await
}

/// Lock an approved run: it is paid, and never changed again
#[utoipa::path(post, path = "/api/v1/pay-runs/{id}/lock", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 200, body = WholeRun), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn lock(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
) -> Result<Json<WholeRun>, Problem> {
    done(&state, &caller, id, Doing::Lock).await
}

/// Discard a run that isn't locked
#[utoipa::path(delete, path = "/api/v1/pay-runs/{id}", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn discard(caller: Caller, Segment(id): Segment<Uuid>) -> Result<StatusCode, Problem> {
    let mut tx = caller.begin().await?;
    held(&caller, &mut tx, id, Capability::PayEdit).await?;
    ended(pay::discard(&mut tx, id).await?)?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
