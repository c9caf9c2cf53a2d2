//! Jobs: how far, and stop.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{accepted, code};
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::{Items, Job};
use crate::store::jobs;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(recent)).routes(routes!(get)).routes(routes!(cancel))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct JobsQuery {
    area: Option<String>,
    /// 1 to 200; 20 when left out.
    limit: Option<i64>,
}

/// The newest jobs
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", params(JobsQuery),
    responses((status = 200, body = Items<Job>), (status = "default", body = ProblemWire)))]
async fn recent(caller: Caller, Params(query): Params<JobsQuery>) -> Result<Json<Items<Job>>, Problem> {
    let area = query.area.as_deref().map(code).transpose()?;
    let mut tx = caller.begin().await?;
    let rows = jobs::recent(&mut tx, area.as_ref(), query.limit.unwrap_or(20).clamp(1, 200)).await?;
    Ok(Json(Items { items: rows.into_iter().map(Into::into).collect() }))
}

fn no_job() -> Problem {
    Problem::not_found("这项任务", "job")
}

/// One job
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = Uuid, Path)),
    responses((status = 200, body = Job), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn get(caller: Caller, Segment(id): Segment<Uuid>) -> Result<Json<Job>, Problem> {
    let mut tx = caller.begin().await?;
    Ok(Json(jobs::get(&mut tx, id).await?.ok_or_else(no_job)?.into()))
}

/// Ask a job to stop
#[utoipa::path(post, path = "/api/v1/jobs/{id}/cancellation", tag = "jobs", params(("id" = Uuid, Path)),
    responses((status = 202, body = Job), (status = 404, body = ProblemWire), (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
) -> Result<Response, Problem> {
    let mut tx = caller.begin().await?;
    let before = jobs::get(&mut tx, id).await?.ok_or_else(no_job)?;
    if before.state.is_over() {
        return Err(Problem::conflict("job_over", "该任务已结束", "this job is over already"));
    }
    let job = jobs::cancel(&mut tx, id, state.now()).await?.ok_or_else(no_job)?;
    tx.commit().await?;
    Ok(accepted(job))
}
