//! Proposals of who should look after which grid.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::grids::grid_code;
use super::{accepted, code};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::Job;
use crate::domain::{Code, Level};
use crate::jobs::{self, ProposalParams};
use crate::store::proposals::{self, LineRow, ProposalRow};
use crate::store::{StoreError, Tx, areas};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, propose)).routes(routes!(get, discard)).routes(routes!(accept))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProposalWanted {
    /// Today when left out.
    on: Option<NaiveDate>,
    /// Whether whoever is new to a grid must speak its language; true when left out.
    language: Option<bool>,
    /// Nobody is moved for less, one way; the policy's when left out. 0 to 1000.
    threshold_km: Option<f64>,
    /// No more grids a worker than this, whatever the policy allows. 1 to 20.
    max_grids: Option<u32>,
}

/// Propose who should look after the grids of a banner, township or village: queued, and done as a job
#[utoipa::path(post, path = "/api/v1/areas/{code}/proposals", tag = "assignments", params(("code" = String, Path)), request_body = ProposalWanted,
    responses((status = 202, body = Job), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn propose(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<ProposalWanted>,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::PeopleEdit, &code)?;
    if code.level() < Level::Banner {
        return Err(Problem::bad_request(
            "bad_level",
            "请按旗县区或其下的区划提出建议",
            "ask for a banner or an area below one",
        ));
    }
    if given.threshold_km.is_some_and(|km| !(0.0..=1000.0).contains(&km))
        || given.max_grids.is_some_and(|most| !(1..=20).contains(&most))
    {
        return Err(Problem::bad_request(
            "bad_parameter",
            "threshold_km 应为 0 到 1000，max_grids 应为 1 到 20",
            "threshold_km must be from 0 to 1000, and max_grids from 1 to 20",
        ));
    }
    let params = ProposalParams {
        on: given.on.unwrap_or_else(|| state.today()),
        language: given.language.unwrap_or(true),
        threshold_km: given.threshold_km,
        max_grids: given.max_grids,
    };
    let job = jobs::queue_proposal(&mut tx, &code, &params, state.now()).await?;
    tx.commit().await?;
    Ok(accepted(job))
}

#[derive(Serialize, Deserialize, ToSchema)]
struct ProposalTotals {
    grids: u32,
    filled: u32,
    filled_before: u32,
    vacant: u32,
    /// Grids that change hands, or whose new worker gives another up.
    moved: u32,
    /// To each grid and back on each of the policy's days a month, as the crow flies.
    km_month_before: f64,
    km_month_after: f64,
}

#[derive(Serialize, Deserialize, ToSchema)]
struct ConstraintCost {
    /// `language`, `continuity`, `capacity`, `ceiling`, `load`.
    constraint: String,
    /// So much less without it, over the grids that are filled with and without it.
    km_month: f64,
    /// So many more grids would be filled without it.
    grids: u32,
    zh: String,
    en: String,
}

#[derive(Serialize, ToSchema)]
struct ProposalHead {
    id: Uuid,
    #[schema(value_type = String)]
    area: Code,
    on: NaiveDate,
    /// `open`, `accepted`, `discarded`.
    status: String,
    totals: ProposalTotals,
    created_by: String,
    created_at: DateTime<Utc>,
}

fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T, StoreError> {
    serde_json::from_value(value)
        .map_err(|error| StoreError::Corrupt { what: "proposal", why: error.to_string() })
}

impl ProposalHead {
    fn of(row: &ProposalRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            area: row.area.clone(),
            on: row.on,
            status: row.status.clone(),
            totals: read(row.totals.clone())?,
            created_by: row.created_by.clone(),
            created_at: row.created_at,
        })
    }
}

#[derive(Serialize, ToSchema)]
struct Proposals {
    /// The latest first, 100 at most.
    proposals: Vec<ProposalHead>,
}

#[derive(Serialize, ToSchema)]
struct ProposalLine {
    grid: String,
    village_name: String,
    /// Longitude and latitude.
    at: [f64; 2],
    worker: Uuid,
    /// Masked, as `张**`.
    worker_name: Option<String>,
    /// The middle of their home's cell.
    home: Option<[f64; 2]>,
    /// One way, as the crow flies.
    km: f64,
    /// `new`, `moved`, `kept`.
    change: String,
    accepted: bool,
}

impl From<LineRow> for ProposalLine {
    fn from(row: LineRow) -> Self {
        Self {
            grid: row.grid.into(),
            village_name: row.village_name,
            at: [row.at.0, row.at.1],
            worker: row.worker,
            worker_name: row.worker_name,
            home: row.home.map(|(lon, lat)| [lon, lat]),
            km: row.km,
            change: row.change,
            accepted: row.accepted,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ProposalDetail {
    #[serde(flatten)]
    head: ProposalHead,
    costs: Vec<ConstraintCost>,
    /// By grid.
    lines: Vec<ProposalLine>,
}

/// The proposals for an area and those below it
#[utoipa::path(get, path = "/api/v1/areas/{code}/proposals", tag = "assignments", params(("code" = String, Path)),
    responses((status = 200, body = Proposals), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn list(caller: Caller, Segment(text): Segment<String>) -> Result<Json<Proposals>, Problem> {
    let code = code(&text)?;
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::People, &code)?;
    let rows = proposals::list(&mut tx, &code).await?;
    Ok(Json(Proposals { proposals: rows.iter().map(ProposalHead::of).collect::<Result<_, _>>()? }))
}

fn no_proposal() -> Problem {
    Problem::not_found("这项建议", "proposal")
}

async fn held(
    tx: &mut Tx,
    caller: &Caller,
    id: Uuid,
    capability: Capability,
) -> Result<ProposalRow, Problem> {
    let row = proposals::get(tx, id).await?.ok_or_else(no_proposal)?;
    caller.require(capability, &row.area)?;
    Ok(row)
}

/// One proposal, line by line
#[utoipa::path(get, path = "/api/v1/proposals/{id}", tag = "assignments", params(("id" = Uuid, Path)),
    responses((status = 200, body = ProposalDetail), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn get(caller: Caller, Segment(id): Segment<Uuid>) -> Result<Json<ProposalDetail>, Problem> {
    let mut tx = caller.begin().await?;
    let row = held(&mut tx, &caller, id, Capability::People).await?;
    let lines = proposals::lines(&mut tx, &row).await?;
    Ok(Json(ProposalDetail {
        head: ProposalHead::of(&row)?,
        costs: read(row.costs)?,
        lines: lines.into_iter().map(Into::into).collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    /// Only these grids' lines; all that change something when left out.
    grids: Option<Vec<String>>,
    from: NaiveDate,
}

#[derive(Serialize, ToSchema)]
struct Accepted {
    /// How many lines were taken: not those whose worker is no longer on the post, or whose grid has ended.
    accepted: usize,
}

/// Take a proposal, whole or in part
#[utoipa::path(post, path = "/api/v1/proposals/{id}/acceptance", tag = "assignments", params(("id" = Uuid, Path)), request_body = Acceptance,
    responses((status = 200, body = Accepted), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn accept(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Body(given): Body<Acceptance>,
) -> Result<Json<Accepted>, Problem> {
    let grids =
        given.grids.map(|grids| grids.iter().map(|grid| grid_code(grid)).collect::<Result<BTreeSet<_>, _>>());
    let grids = grids.transpose()?;
    let mut tx = caller.begin().await?;
    let row = held(&mut tx, &caller, id, Capability::PeopleEdit).await?;
    if row.status == "discarded" {
        return Err(Problem::conflict(
            "discarded",
            "该建议已被放弃：请重新生成",
            "it was put aside: make a new one",
        ));
    }
    if given.from < row.on {
        return Err(Problem::bad_request(
            "bad_days",
            format!("开始日期不能早于建议所依据的日期 {}", row.on),
            format!("it can't begin before {}, the day that the proposal is for", row.on),
        ));
    }
    let accepted = proposals::accept(&mut tx, &row, grids.as_ref(), given.from, state.now()).await?;
    tx.commit().await?;
    Ok(Json(Accepted { accepted }))
}

/// Put a proposal aside
#[utoipa::path(delete, path = "/api/v1/proposals/{id}", tag = "assignments", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn discard(caller: Caller, Segment(id): Segment<Uuid>) -> Result<StatusCode, Problem> {
    let mut tx = caller.begin().await?;
    let row = held(&mut tx, &caller, id, Capability::PeopleEdit).await?;
    if !proposals::discard(&mut tx, &row).await? {
        return Err(no_proposal());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
