//! Worker records: masked for those who keep the roster, in full only when revealed.

mod export;
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

use self::wire::{
    NewWorkerWire, RevealWire, Revealed, WorkerChangeWire, WorkerHistory, WorkerWire, clean, languages,
    skills,
};
use super::{code, username};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::Page;
use crate::domain::{Code, Employment, Level, PersonalField, WorkerStatus, clean_language};
use crate::store::Tx;
use crate::store::workers::{self, NewWorker, Reveal, WorkerFilter, WorkerRow};
use crate::store::{areas, assignments};

const REASON_MAX: usize = 200;
const REASON_MIN: usize = 4;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get, change))
        .routes(routes!(history))
        .routes(routes!(reveal))
        .merge(export::routes())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WorkersQuery {
    #[param(inline)]
    status: Option<WorkerStatus>,
    #[param(inline)]
    employment: Option<Employment>,
    /// Those who speak it: `mn`, say.
    language: Option<String>,
    /// 1 to 500; 100 when left out.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<Uuid>,
}

fn no_worker() -> Problem {
    Problem::not_found("这名网格员", "worker")
}

/// The workers of an area and of all below it, masked
#[utoipa::path(get, path = "/api/v1/areas/{code}/workers", tag = "workers", params(("code" = String, Path), WorkersQuery),
    responses((status = 200, body = Page<WorkerWire>), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<WorkersQuery>,
) -> Result<Json<Page<WorkerWire>>, Problem> {
    let code = code(&text)?;
    let limit = query.limit.unwrap_or(100);
    if !(1..=500).contains(&limit) {
        return Err(Problem::bad_request(
            "bad_limit",
            "limit 应在 1 到 500 之间",
            "limit must be from 1 to 500",
        ));
    }
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::People, &code)?;
    let language = query
        .language
        .as_deref()
        .map(clean_language)
        .transpose()
        .map_err(|why| Problem::bad_request("bad_language", why.zh, why.en))?;
    let filter =
        WorkerFilter { status: query.status, employment: query.employment, language: language.clone() };
    let mut rows = workers::page(&mut tx, &code, &filter, state.today(), query.cursor, limit + 1).await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|last| {
        let mut address = format!("/api/v1/areas/{code}/workers?limit={limit}&cursor={}", last.id);
        if let Some(status) = query.status {
            address += &format!("&status={}", status.as_str());
        }
        if let Some(employment) = query.employment {
            address += &format!("&employment={}", employment.as_str());
        }
        if let Some(language) = &language {
            address += &format!("&language={language}");
        }
        address
    });
    Ok(Json(Page { items: rows.into_iter().map(Into::into).collect(), next }))
}

fn posted_at(area: &Code) -> Result<(), Problem> {
    if area.level() < Level::Township {
        return Err(Problem::bad_request(
            "bad_level",
            "网格员须归属苏木乡镇街道或嘎查村社区：请用 9 位或 12 位代码",
            "a worker belongs to a township or a village: use a code of 9 or 12 digits",
        ));
    }
    Ok(())
}

/// Add a worker to a township or village
#[utoipa::path(post, path = "/api/v1/areas/{code}/workers", tag = "workers", params(("code" = String, Path)), request_body = NewWorkerWire,
    responses((status = 201, body = WorkerWire), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<NewWorkerWire>,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let new = NewWorker {
        id: Uuid::now_v7(),
        area: code.clone(),
        username: given.username.as_deref().map(username).transpose()?,
        employment: given.employment,
        status: given.status.unwrap_or(WorkerStatus::OnPost),
        since: given.status_from.unwrap_or_else(|| state.today()),
        home: given.home.map(|point| point.rounded()).transpose()?,
        languages: languages(&given.languages)?,
        skills: skills(&given.skills)?,
        name: clean(PersonalField::Name, &given.name)?,
        phone: given.phone.as_deref().map(|value| clean(PersonalField::Phone, value)).transpose()?,
        bank: given.bank.as_deref().map(|value| clean(PersonalField::Bank, value)).transpose()?,
        synthetic: false,
    };
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::PeopleEdit, &code)?;
    posted_at(&code)?;
    let id = new.id;
    workers::add(&mut tx, &code, &[new], state.now()).await?;
    let row = workers::get(&mut tx, id, state.today()).await?.ok_or_else(no_worker)?;
    tx.commit().await?;
    let place = [(header::LOCATION, format!("/api/v1/workers/{id}"))];
    Ok((StatusCode::CREATED, place, Json(WorkerWire::from(row))).into_response())
}

/// One worker, masked
#[utoipa::path(get, path = "/api/v1/workers/{id}", tag = "workers", params(("id" = Uuid, Path)),
    responses((status = 200, body = WorkerWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
) -> Result<Json<WorkerWire>, Problem> {
    let mut tx = caller.begin().await?;
    Ok(Json(seen(&mut tx, &caller, id, state.today()).await?.into()))
}

/// A record that is the caller's own, or in their sight.
async fn seen(tx: &mut Tx, caller: &Caller, id: Uuid, today: NaiveDate) -> Result<WorkerRow, Problem> {
    let row = workers::get(tx, id, today).await?.ok_or_else(no_worker)?;
    if row.username.as_deref() != Some(caller.actor.username.as_str()) {
        caller.require(Capability::People, &row.area)?;
    }
    Ok(row)
}

/// What a worker was and looked after, day by day
#[utoipa::path(get, path = "/api/v1/workers/{id}/history", tag = "workers", params(("id" = Uuid, Path)),
    responses((status = 200, body = WorkerHistory), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn history(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
) -> Result<Json<WorkerHistory>, Problem> {
    let mut tx = caller.begin().await?;
    seen(&mut tx, &caller, id, state.today()).await?;
    let statuses = workers::history(&mut tx, id).await?;
    let assignments = assignments::history(&mut tx, id).await?;
    Ok(Json(WorkerHistory {
        statuses: statuses.into_iter().map(Into::into).collect(),
        assignments: assignments.into_iter().map(Into::into).collect(),
    }))
}

/// Change a worker's record; what is left out stays
#[utoipa::path(patch, path = "/api/v1/workers/{id}", tag = "workers", params(("id" = Uuid, Path)), request_body = WorkerChangeWire,
    responses((status = 200, body = WorkerWire), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Body(given): Body<WorkerChangeWire>,
) -> Result<Json<WorkerWire>, Problem> {
    let change = given.checked(state.today())?;
    let mut tx = caller.begin().await?;
    let held = workers::get(&mut tx, id, state.today()).await?.ok_or_else(no_worker)?;
    caller.require(Capability::PeopleEdit, &held.area)?;
    if let Some(area) = &change.area {
        areas::get(&mut tx, area).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
        caller.require(Capability::PeopleEdit, area)?;
        posted_at(area)?;
    }
    let row =
        workers::change(&mut tx, id, &change, state.today(), state.now()).await?.ok_or_else(no_worker)?;
    tx.commit().await?;
    Ok(Json(row.into()))
}

/// See a worker's personal data in full; noted in the audit trail before it is shown
#[utoipa::path(post, path = "/api/v1/workers/{id}/reveal", tag = "workers", params(("id" = Uuid, Path)), request_body = RevealWire,
    responses((status = 200, body = Revealed), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn reveal(
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Body(given): Body<RevealWire>,
) -> Result<Response, Problem> {
    let reason = given.reason.trim();
    let letters = reason.chars().count();
    if !(REASON_MIN..=REASON_MAX).contains(&letters) || reason.chars().any(char::is_control) {
        return Err(Problem::bad_request(
            "bad_reason",
            "请写明查看原因：4 到 200 个字，不含控制字符",
            "say why: 4 to 200 characters, no control characters",
        ));
    }
    let fields = given.fields.unwrap_or_else(|| PersonalField::ALL.to_vec());
    if fields.is_empty() {
        return Err(Problem::bad_request("bad_fields", "fields 不能为空", "fields must not be empty"));
    }
    match caller.state.store.reveal(&caller.scope, id, &fields, reason).await? {
        Reveal::NotFound => Err(no_worker()),
        Reveal::Forbidden(area) => Err(Problem::forbidden(Capability::Names, &area)),
        Reveal::Quoted => Err(Problem::bad_request(
            "reason_quotes",
            "查看原因中不要写姓名、电话或账号：它会留在审计日志里",
            "leave the name, phone and bank reference out of the reason: it stays in the audit trail",
        )),
        Reveal::Done(values) => {
            // Not to be kept on any disk on the way.
            Ok(([(header::CACHE_CONTROL, "no-store")], Json(Revealed { id, values })).into_response())
        }
    }
}
