//! What serves a place: for whoever clicks on the public map.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::outlets::{OutletWire, point};
use super::{lands, off_thread, spots};
use crate::api::AppState;
use crate::api::caller::Visitor;
use crate::api::extract::Params;
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Code, GridRole, Level, OsmHours, OutletKind, Season};
use crate::store::{areas, assignments, grids};

/// Outlets that are told, and how far they may be, in minutes.
const MOST: usize = 30;
const FARTHEST_MIN: f64 = 240.0;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(at))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AtQuery {
    /// Degrees east.
    lon: f64,
    /// Degrees north.
    lat: f64,
    /// Summer when left out.
    #[param(inline)]
    season: Option<Season>,
}

#[derive(Serialize, ToSchema)]
struct VillageRef {
    #[schema(value_type = String)]
    code: Code,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct OutletAt {
    id: Uuid,
    name: String,
    kind: OutletKind,
    point: [f64; 2],
    minutes: f64,
    open_now: Option<bool>,
    #[schema(value_type = Option<String>)]
    opening_hours: Option<OsmHours>,
    /// When a mobile stop is there.
    #[schema(value_type = Option<String>)]
    calendar: Option<OsmHours>,
}

/// Whether somebody looks after the grid; never who.
#[derive(Serialize, ToSchema)]
struct WorkerPost {
    filled: bool,
    role: GridRole,
}

#[derive(Serialize, ToSchema)]
struct At {
    season: Season,
    /// By land and season alone: no roads have been imported for the banner.
    estimated: bool,
    /// The code of the grid in force.
    grid: Option<String>,
    village: Option<VillageRef>,
    /// The nearest first.
    outlets: Vec<OutletAt>,
    /// null: there is no grid.
    worker_post: Option<WorkerPost>,
}

/// What serves a place: its grid, and the outlets of its banner by the time that it takes to them
#[utoipa::path(get, path = "/api/v1/at", tag = "outlets", params(AtQuery),
    responses((status = 200, body = At), (status = "default", body = ProblemWire)))]
async fn at(
    State(state): State<AppState>,
    visitor: Visitor,
    Params(query): Params<AtQuery>,
) -> Result<Json<At>, Problem> {
    let place = point([query.lon, query.lat])?;
    let season = query.season.unwrap_or(Season::Summer);
    let mut tx = visitor.begin().await?;
    let (area, grid) = grids::locate(&mut tx, place.0, place.1, state.today()).await?;
    let filled = match &grid {
        Some(grid) => assignments::post_is_filled(&mut tx, grid, state.today()).await?,
        None => None,
    };
    let mut answer = At {
        season,
        estimated: true,
        grid: grid.map(String::from),
        village: None,
        outlets: Vec::new(),
        worker_post: filled.map(|filled| WorkerPost { filled, role: GridRole::Worker }),
    };
    let Some(village) = area.filter(|area| area.level() == Level::Village) else { return Ok(Json(answer)) };
    let named = areas::named(&mut tx, std::slice::from_ref(&village)).await?;
    drop(tx);
    answer.village = named.into_iter().next().map(|(code, name)| VillageRef { code, name });
    let banner = village.at(Level::Banner);
    let ready = lands::ready(&state, &banner, season).await?;
    answer.estimated = ready.land.estimated();
    let spots = spots(&state, &banner, None, state.today()).await?;
    // The way there takes as long as the way back.
    let mut found = off_thread(move || {
        let reached = ready.reach(&[place], &|| false)?;
        let minutes = |at| ready.minutes(&reached, ready.cell_at(at)?);
        let near = spots.into_iter().filter_map(|(row, spot)| Some((minutes(spot.at)?, row)));
        Ok(near.filter(|(minutes, _)| *minutes <= FARTHEST_MIN).collect::<Vec<_>>())
    })
    .await?;
    found.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.id.cmp(&other.1.id)));
    found.truncate(MOST);
    answer.outlets = found
        .into_iter()
        .map(|(minutes, row)| {
            let outlet = OutletWire::at(row, state.now());
            OutletAt {
                id: outlet.id,
                name: outlet.name,
                kind: outlet.kind,
                point: outlet.point,
                minutes: (minutes * 10.0).round() / 10.0,
                open_now: outlet.open_now,
                opening_hours: outlet.opening_hours,
                calendar: outlet.calendar,
            }
        })
        .collect();
    Ok(Json(answer))
}
