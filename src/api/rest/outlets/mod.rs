//! Outlets: open to whoever sees the area; changed by whoever keeps them.

mod export;
mod offers;
mod wire;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::wire::{NewOutletWire, OutletChangeWire, OutletDetail};
pub use self::wire::{OutletWire, point};
use super::code;
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::{Caller, Visitor};
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Code, Level, OutletKind};
use crate::jobs;
use crate::store::outlets::{self, Changed};
use crate::store::{Tx, areas};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get, change))
        .merge(offers::routes())
        .merge(export::routes())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OutletsQuery {
    #[param(inline)]
    kind: Option<OutletKind>,
    /// The day; today when left out.
    on: Option<NaiveDate>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OnDay {
    /// The day; today when left out.
    pub on: Option<NaiveDate>,
}

#[derive(Serialize, ToSchema)]
struct Outlets {
    outlets: Vec<OutletWire>,
}

pub(super) fn no_area() -> Problem {
    Problem::not_found("这个区划", "area")
}

pub(super) fn no_outlet() -> Problem {
    Problem::not_found("这个网点", "outlet")
}

/// The outlets of an area and of all below it, on a day
#[utoipa::path(get, path = "/api/v1/areas/{code}/outlets", tag = "outlets", params(("code" = String, Path), OutletsQuery),
    responses((status = 200, body = Outlets), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    Segment(text): Segment<String>,
    Params(query): Params<OutletsQuery>,
) -> Result<Json<Outlets>, Problem> {
    let code = code(&text)?;
    let mut tx = visitor.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(no_area)?;
    let on = query.on.unwrap_or_else(|| state.today());
    let rows = outlets::of_area(&mut tx, &code, query.kind, on).await?;
    Ok(Json(Outlets { outlets: rows.into_iter().map(|row| OutletWire::at(row, state.now())).collect() }))
}

/// An outlet serves a banner, a township or a village, and stands in it.
async fn fits(tx: &mut Tx, area: &Code, at: (f64, f64)) -> Result<(), Problem> {
    if area.level() < Level::Banner {
        return Err(Problem::bad_request(
            "bad_level",
            "网点须属于旗县区、苏木乡镇街道或嘎查村社区：请用 6、9 或 12 位代码",
            "an outlet belongs to a banner, township or village: use a code of 6, 9 or 12 digits",
        ));
    }
    if !outlets::lies_in(tx, area, at).await? {
        return Err(Problem::bad_request(
            "outside_area",
            format!("该位置不在 {area} 之内：请核对位置或所属区划"),
            format!("this place does not lie in {area}: check the place, or the area that it belongs to"),
        ));
    }
    Ok(())
}

/// Add an outlet to a banner, township or village
#[utoipa::path(post, path = "/api/v1/areas/{code}/outlets", tag = "outlets", params(("code" = String, Path)), request_body = NewOutletWire,
    responses((status = 201, body = OutletDetail), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<NewOutletWire>,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let new = given.checked(code.clone(), state.today())?;
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(no_area)?;
    caller.require(Capability::Outlets, &code)?;
    fits(&mut tx, &code, new.at).await?;
    let (id, from, until, draft) = (new.id, new.from, new.until, new.draft);
    outlets::add(&mut tx, &code, &[new], state.now()).await?;
    if !draft {
        let days = [Some(from), until].into_iter().flatten();
        jobs::queue_links_on(&mut tx, &code.at(Level::Banner), days, state.now()).await?;
    }
    let row = outlets::get(&mut tx, id, from).await?.ok_or_else(no_outlet)?;
    tx.commit().await?;
    let place = [(header::LOCATION, format!("/api/v1/outlets/{id}"))];
    let detail = OutletDetail { outlet: OutletWire::at(row, state.now()), offers: Vec::new() };
    Ok((StatusCode::CREATED, place, Json(detail)).into_response())
}

/// One outlet with what it offers
///
/// As it is on the day; where it isn't there then, as it was or will be nearest to that day.
#[utoipa::path(get, path = "/api/v1/outlets/{id}", tag = "outlets", params(("id" = Uuid, Path), OnDay),
    responses((status = 200, body = OutletDetail), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    Segment(id): Segment<Uuid>,
    Params(query): Params<OnDay>,
) -> Result<Json<OutletDetail>, Problem> {
    let mut tx = visitor.begin().await?;
    let on = query.on.unwrap_or_else(|| state.today());
    detail(&mut tx, &state, id, on).await.map(Json)
}

async fn detail(tx: &mut Tx, state: &AppState, id: Uuid, on: NaiveDate) -> Result<OutletDetail, Problem> {
    let row = outlets::get(tx, id, on).await?.ok_or_else(no_outlet)?;
    let offers = outlets::of_outlet(tx, id).await?.into_iter().map(Into::into).collect();
    Ok(OutletDetail { outlet: OutletWire::at(row, state.now()), offers })
}

/// Change an outlet from a day on; what is left out stays, and what was before that day too
#[utoipa::path(patch, path = "/api/v1/outlets/{id}", tag = "outlets", params(("id" = Uuid, Path)), request_body = OutletChangeWire,
    responses((status = 200, body = OutletDetail), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Body(given): Body<OutletChangeWire>,
) -> Result<Json<OutletDetail>, Problem> {
    let (change, from) = given.checked(state.today())?;
    let mut tx = caller.begin().await?;
    let held = outlets::get(&mut tx, id, from).await?.ok_or_else(no_outlet)?;
    caller.require(Capability::Outlets, &held.area)?;
    if let Some(at) = change.at {
        fits(&mut tx, &held.area, at).await?;
    }
    if change.accept
        && held.kind == OutletKind::MobileStop
        && held.calendar.is_none()
        && change.calendar.is_none()
    {
        return Err(wire::no_calendar());
    }
    match outlets::change(&mut tx, id, &change, from).await? {
        Changed::Done(row) if row.draft => {}
        Changed::Done(row) => {
            let days = [Some(from), row.until].into_iter().flatten();
            jobs::queue_links_on(&mut tx, &row.area.at(Level::Banner), days, state.now()).await?;
        }
        Changed::NotFound => return Err(no_outlet()),
        Changed::BeforeBeginning(begins) => {
            return Err(Problem::bad_request(
                "before_beginning",
                format!("该网点自 {begins} 起才有：请选不早于该日的日期"),
                format!("the outlet is there from {begins} only: choose that day or a later one"),
            ));
        }
        Changed::EndsTooEarly => return Err(wire::ends_too_early()),
    }
    let answer = detail(&mut tx, &state, id, from).await?;
    tx.commit().await?;
    Ok(Json(answer))
}
