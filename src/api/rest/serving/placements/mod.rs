//! Where to put the next outlets: worked out as a job, accepted by a person as drafts.

mod acceptance;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::{accepted, code};
use super::in_a_banner;
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::Job;
use crate::domain::{Code, Count, OutletKind, Season};
use crate::jobs::{self, PlacementGoal, PlacementParams, PlacementResult, PlacementSite};
use crate::planning::serving::SERVING;
use crate::store::areas;
use crate::store::placements::{self, PlacementRow};
use crate::store::services::{self, ServiceFilter};

const COUNT_MAX: u32 = 100;
const CAPACITY_MAX: u32 = 1_000_000;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(make, list)).routes(routes!(get)).routes(routes!(acceptance::accept))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlacementQuestion)]
struct Question {
    /// `count`: so many outlets that cover the most households; `all`: as few as cover all that any place could.
    goal: PlacementGoal,
    /// 1 to 100, with the goal `count`.
    count: Option<u32>,
    /// `centre`, `station`, `agent_point` or `mobile_stop`.
    kind: OutletKind,
    /// Minutes, 1 to 600.
    within_min: f64,
    /// Summer when left out.
    season: Option<Season>,
    /// A service item's code: only outlets that offer it count among those that are there.
    item: Option<String>,
    /// Households that each new outlet can serve, 1 to 1000000: then those that are there serve only as many as they can, too
    /// (people a day as their capacity says, 20 days a month, a visit of each household a month: a demo value). As many as
    /// come when left out.
    capacity: Option<u32>,
}

/// Work out where the next outlets would do most
#[utoipa::path(post, path = "/api/v1/areas/{code}/placements", tag = "outlets", params(("code" = String, Path)), request_body = Question,
    responses((status = 202, body = Job), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn make(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<Question>,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let count = match (given.goal, given.count) {
        (PlacementGoal::All, None) => None,
        (PlacementGoal::Count, Some(count)) if (1..=COUNT_MAX).contains(&count) => Some(count),
        _ => {
            return Err(Problem::bad_request(
                "bad_count",
                format!("目标为 count 时请填写 1 到 {COUNT_MAX} 的数量；目标为 all 时不填"),
                format!("with the goal 'count' say how many, 1 to {COUNT_MAX}; with 'all' leave it out"),
            ));
        }
    };
    if !(1.0..=600.0).contains(&given.within_min) {
        return Err(Problem::bad_request(
            "bad_minutes",
            "时限应为 1 到 600 分钟",
            "minutes go from 1 to 600",
        ));
    }
    if !SERVING.contains(&given.kind) {
        return Err(Problem::bad_request(
            "bad_kind",
            "只能为服务中心、服务站、代办点和流动服务点选址",
            "places are found for centres, stations, agent points and mobile stops",
        ));
    }
    if given.capacity.is_some_and(|capacity| !(1..=CAPACITY_MAX).contains(&capacity)) {
        return Err(Problem::bad_request(
            "bad_capacity",
            format!("每处可服务的户数应为 1 到 {CAPACITY_MAX}；不限时不填"),
            format!(
                "an outlet's households go from 1 to {CAPACITY_MAX}; leave them out where there is no limit"
            ),
        ));
    }
    let mut tx = caller.begin().await?;
    in_a_banner(&caller, &mut tx, &code, Capability::Outlets).await?;
    if let Some(item) = &given.item {
        let known = services::list(&mut tx, &ServiceFilter::default()).await?;
        if !known.iter().any(|service| service.code == *item) {
            return Err(Problem::not_found("这个事项", "service item"));
        }
    }
    let params = PlacementParams {
        goal: given.goal,
        count,
        kind: given.kind,
        within_min: given.within_min,
        season: given.season.unwrap_or(Season::Summer),
        item: given.item,
        capacity: given.capacity,
    };
    let job = jobs::queue_placement(&mut tx, &code, &params, state.now()).await?;
    tx.commit().await?;
    Ok(accepted(job))
}

#[derive(Serialize, ToSchema)]
#[schema(as = PlacementSite)]
struct SiteWire {
    /// Longitude and latitude.
    point: [f64; 2],
    #[schema(value_type = String)]
    village: Code,
    village_name: String,
    /// Households that neither an outlet nor a site before it covers; with a capacity, those that it serves.
    adds_households: Count,
}

impl From<PlacementSite> for SiteWire {
    fn from(site: PlacementSite) -> Self {
        let PlacementSite { point, village, village_name, adds_households } = site;
        Self { point, village, village_name, adds_households }
    }
}

#[derive(Serialize, ToSchema)]
struct Placement {
    id: Uuid,
    #[schema(value_type = String)]
    area: Code,
    /// `open`, or `accepted` when outlets were made of some of its sites.
    status: &'static str,
    kind: OutletKind,
    goal: PlacementGoal,
    within_min: f64,
    season: Season,
    item: Option<String>,
    /// Households that each site can serve; none: as many as come.
    capacity: Option<u32>,
    /// By land and season alone: no roads are known.
    estimated: bool,
    sites: Vec<SiteWire>,
    /// Households with an outlet in time, these sites included, as they are told.
    covered: Count,
    /// With the goal `count` no choice of as many of the places that were looked at covers more households than this;
    /// with `all` no fewer places cover as many.
    bound: u64,
    households: Count,
    made_by: String,
    made_at: DateTime<Utc>,
    synthetic: bool,
}

fn no_placement() -> Problem {
    Problem::not_found("这个选址方案", "placement")
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| {
        tracing::error!(%error, "a stored placement can't be read");
        Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

fn wire(row: PlacementRow) -> Result<Placement, Problem> {
    let params: PlacementParams = read(row.params)?;
    let result: PlacementResult = read(row.result)?;
    Ok(Placement {
        id: row.id,
        area: row.area,
        status: if row.accepted { "accepted" } else { "open" },
        kind: params.kind,
        goal: params.goal,
        within_min: params.within_min,
        season: params.season,
        item: params.item,
        capacity: params.capacity,
        estimated: result.estimated,
        sites: result.sites.into_iter().map(Into::into).collect(),
        covered: result.covered,
        bound: result.bound,
        households: result.households,
        made_by: row.made_by,
        made_at: row.made_at,
        synthetic: row.synthetic,
    })
}

/// One proposal
#[utoipa::path(get, path = "/api/v1/placements/{id}", tag = "outlets", params(("id" = Uuid, Path)),
    responses((status = 200, body = Placement), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn get(caller: Caller, Segment(id): Segment<Uuid>) -> Result<Json<Placement>, Problem> {
    let mut tx = caller.begin().await?;
    let row = placements::get(&mut tx, id).await?.ok_or_else(no_placement)?;
    caller.require(Capability::Outlets, &row.area)?;
    wire(row).map(Json)
}

/// A proposal among others.
#[derive(Serialize, ToSchema)]
struct PlacementHead {
    id: Uuid,
    #[schema(value_type = String)]
    area: Code,
    /// `open`, or `accepted` when outlets were made of some of its sites.
    status: &'static str,
    kind: OutletKind,
    goal: PlacementGoal,
    within_min: f64,
    season: Season,
    item: Option<String>,
    capacity: Option<u32>,
    /// How many.
    sites: usize,
    covered: Count,
    households: Count,
    made_by: String,
    made_at: DateTime<Utc>,
    synthetic: bool,
}

impl From<Placement> for PlacementHead {
    fn from(one: Placement) -> Self {
        let Placement { id, area, status, kind, goal, within_min, season, item, capacity, .. } = one;
        let Placement { sites, covered, households, made_by, made_at, synthetic, .. } = one;
        let sites = sites.len();
        Self {
            id,
            area,
            status,
            kind,
            goal,
            within_min,
            season,
            item,
            capacity,
            sites,
            covered,
            households,
            made_by,
            made_at,
            synthetic,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Placements {
    /// The newest first, 100 at most.
    placements: Vec<PlacementHead>,
}

/// Proposals for an area and those below it
#[utoipa::path(get, path = "/api/v1/areas/{code}/placements", tag = "outlets", params(("code" = String, Path)),
    responses((status = 200, body = Placements), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn list(caller: Caller, Segment(text): Segment<String>) -> Result<Json<Placements>, Problem> {
    let code = code(&text)?;
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::Outlets, &code)?;
    let rows = placements::list(&mut tx, &code).await?;
    let heads = rows.into_iter().map(|row| wire(row).map(Into::into)).collect::<Result<_, _>>()?;
    Ok(Json(Placements { placements: heads }))
}
