//! Which outlets serve each grid.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::grids::grid_code;
use super::super::{accepted, code, label};
use super::{NamedOutlet, in_a_banner};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::Job;
use crate::domain::{GridCode, Level, OutletKind};
use crate::jobs;
use crate::store::links::{self, LinkRow};
use crate::store::tiles::GridsOf;
use crate::store::{Tx, areas, grids, roads};

const REASON_MAX: usize = 200;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, make)).routes(routes!(choose, unchoose))
}

/// An outlet that serves a grid.
#[derive(Serialize, ToSchema)]
pub struct GridOutlet {
    pub kind: OutletKind,
    /// Answerable for the grid.
    pub responsible: Option<NamedOutlet>,
    /// By time.
    pub nearest: Option<NamedOutlet>,
    /// To the nearest in summer, in the mean over the grid's households.
    pub minutes: Option<f64>,
    /// Of its households those within the standard of its land; for whoever sees figures here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_within: Option<f64>,
    /// A person chose the responsible outlet.
    pub by_hand: bool,
    /// Why; for whoever sees figures here.
    pub reason: Option<String>,
}

impl GridOutlet {
    fn seen(row: LinkRow, figures: bool) -> Self {
        Self {
            kind: row.kind,
            responsible: row.responsible.map(Into::into),
            nearest: row.nearest.map(Into::into),
            minutes: row.minutes.map(|minutes| (minutes * 10.0).round() / 10.0),
            share_within: row.share_within.filter(|_| figures),
            by_hand: row.reason.is_some(),
            reason: row.reason.filter(|_| figures),
        }
    }
}

/// The outlets that serve a grid, by kind.
pub async fn of_grid(tx: &mut Tx, grid: &GridCode, on: NaiveDate) -> Result<Vec<GridOutlet>, Problem> {
    let figures = tx.scope().may(Capability::Figures, &grid.village());
    let rows = links::of_area(tx, grid.as_str(), on).await?;
    Ok(rows.into_iter().map(|row| GridOutlet::seen(row, figures)).collect())
}

#[derive(Serialize, ToSchema)]
struct Link {
    grid: String,
    #[serde(flatten)]
    outlet: GridOutlet,
}

#[derive(Serialize, ToSchema)]
struct Links {
    /// Minutes are by land alone: no roads have been imported for the banner.
    estimated: bool,
    links: Vec<Link>,
}

fn no_grid() -> Problem {
    Problem::not_found("这个网格", "grid")
}

/// The outlets of each kind that serve the grids of a banner, or of a township or village of one
#[utoipa::path(get, path = "/api/v1/areas/{code}/links", tag = "outlets", params(("code" = String, Path)),
    responses((status = 200, body = Links), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
) -> Result<Json<Links>, Problem> {
    let code = code(&text)?;
    let mut tx = caller.begin().await?;
    in_a_banner(&caller, &mut tx, &code, Capability::Outline).await?;
    let rows = links::of_area(&mut tx, code.as_str(), state.today()).await?;
    let link = |row: LinkRow| {
        let figures = caller.scope.may(Capability::Figures, &row.grid.village());
        Link { grid: row.grid.clone().into(), outlet: GridOutlet::seen(row, figures) }
    };
    let estimated = !roads::any(&mut tx, &code.at(Level::Banner)).await?;
    Ok(Json(Links { estimated, links: rows.into_iter().map(link).collect() }))
}

/// Make the links of a banner again
///
/// It is done by itself when outlets or grids in force change.
#[utoipa::path(post, path = "/api/v1/areas/{code}/links", tag = "outlets", params(("code" = String, Path)),
    responses((status = 202, body = Job), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn make(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let banner = code.at(Level::Banner);
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::Outlets, &banner)?;
    in_a_banner(&caller, &mut tx, &code, Capability::Outlets).await?;
    let job = jobs::queue_links(&mut tx, &banner, state.today(), state.now()).await?;
    tx.commit().await?;
    Ok(accepted(job))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkChoice {
    outlet: Uuid,
    /// Why: 1 to 200 characters.
    reason: String,
}

fn kind_of(text: &str) -> Result<OutletKind, Problem> {
    OutletKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
        let known = OutletKind::ALL.map(OutletKind::as_str).join(", ");
        Problem::bad_request(
            "bad_kind",
            format!("网点类型应为：{known}"),
            format!("a kind of outlet is one of {known}"),
        )
    })
}

/// The grid in force of that code, which the caller may link.
async fn held(caller: &Caller, tx: &mut Tx, state: &AppState, grid: &GridCode) -> Result<(), Problem> {
    grids::get(tx, grid, GridsOf::Day(state.today())).await?.ok_or_else(no_grid)?;
    caller.require(Capability::Outlets, &grid.village())
}

/// Choose the outlet that is answerable for a grid, for a reason; it stays when links are made again
#[utoipa::path(put, path = "/api/v1/grids/{code}/links/{kind}", tag = "outlets", params(("code" = String, Path), ("kind" = String, Path)),
    request_body = LinkChoice,
    responses((status = 204), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn choose(
    State(state): State<AppState>,
    caller: Caller,
    Segment((grid, kind)): Segment<(String, String)>,
    Body(given): Body<LinkChoice>,
) -> Result<StatusCode, Problem> {
    let (grid, kind) = (grid_code(&grid)?, kind_of(&kind)?);
    let reason = label(&given.reason, REASON_MAX).map_err(|_| {
        Problem::bad_request(
            "bad_reason",
            "请写明原因：1 到 200 个字，不含控制字符",
            "say why: 1 to 200 characters, no control characters",
        )
    })?;
    let mut tx = caller.begin().await?;
    held(&caller, &mut tx, &state, &grid).await?;
    if !links::choose(&mut tx, &grid, kind, (given.outlet, &reason), state.now()).await? {
        return Err(Problem::not_found("这一类型的这个网点", "outlet of that kind"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a person's choice away: what was worked out holds again
#[utoipa::path(delete, path = "/api/v1/grids/{code}/links/{kind}", tag = "outlets", params(("code" = String, Path), ("kind" = String, Path)),
    responses((status = 204), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn unchoose(
    State(state): State<AppState>,
    caller: Caller,
    Segment((grid, kind)): Segment<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (grid, kind) = (grid_code(&grid)?, kind_of(&kind)?);
    let mut tx = caller.begin().await?;
    held(&caller, &mut tx, &state, &grid).await?;
    if !links::unchoose(&mut tx, &grid, kind).await? {
        return Err(Problem::not_found("人工指定的网点", "choice made by hand"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
