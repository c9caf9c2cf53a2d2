//! What an outlet offers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::label;
use super::wire::OutletDetail;
use super::{detail, no_outlet};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::store::outlets::{self, OfferOutcome};

const AUTHORITY_MAX: usize = 200;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(put, end))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOffer)]
struct NewOfferWire {
    /// By whose authority, or under which paper: 1 to 200 characters.
    authority: String,
    since: NaiveDate,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Until {
    /// The first day on which it is no longer offered; today when left out.
    until: Option<NaiveDate>,
}

/// Say that an outlet offers an item
#[utoipa::path(put, path = "/api/v1/outlets/{id}/offers/{item}", tag = "outlets", params(("id" = Uuid, Path), ("item" = String, Path)),
    request_body = NewOfferWire,
    responses((status = 200, body = OutletDetail), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn put(
    State(state): State<AppState>,
    caller: Caller,
    Segment((id, item)): Segment<(Uuid, String)>,
    Body(given): Body<NewOfferWire>,
) -> Result<Json<OutletDetail>, Problem> {
    let authority = label(&given.authority, AUTHORITY_MAX)?;
    let mut tx = caller.begin().await?;
    let held = outlets::get(&mut tx, id, state.today()).await?.ok_or_else(no_outlet)?;
    caller.require(Capability::Outlets, &held.area)?;
    match outlets::put(&mut tx, (id, &held.area), &item, &authority, given.since).await? {
        OfferOutcome::Done => {}
        OfferOutcome::NoItem => return Err(Problem::not_found("这个事项", "service item")),
    }
    let answer = detail(&mut tx, &state, id, state.today()).await?;
    tx.commit().await?;
    Ok(Json(answer))
}

/// Say that an outlet no longer offers an item from a day on
#[utoipa::path(delete, path = "/api/v1/outlets/{id}/offers/{item}", tag = "outlets",
    params(("id" = Uuid, Path), ("item" = String, Path), Until),
    responses((status = 204), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn end(
    State(state): State<AppState>,
    caller: Caller,
    Segment((id, item)): Segment<(Uuid, String)>,
    Params(query): Params<Until>,
) -> Result<StatusCode, Problem> {
    let mut tx = caller.begin().await?;
    let held = outlets::get(&mut tx, id, state.today()).await?.ok_or_else(no_outlet)?;
    caller.require(Capability::Outlets, &held.area)?;
    let day = query.until.unwrap_or_else(|| state.today());
    if !outlets::end(&mut tx, (id, &held.area), &item, day).await? {
        return Err(Problem::not_found("该网点提供的这个事项", "item among what this outlet offers"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
