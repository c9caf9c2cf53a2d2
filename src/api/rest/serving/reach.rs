//! Travel times over a banner, and what further outlets would change.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::code;
use super::super::outlets::point;
use super::{in_a_banner, lands, off_thread, spots};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Code, Count, Level, Season, Tally};
use crate::jobs;
use crate::planning::serving::{self, Place, Ready, SERVING, SurfaceError, UnitPlace, standard_min};

/// Further outlets that one question may have.
const ADDED_MAX: usize = 50;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(reach, what_if))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SeasonQuery {
    /// Summer when left out.
    #[param(inline)]
    season: Option<Season>,
}

/// Minutes from each cell to the outlet that it reaches first: centres, stations, agent points and mobile stops.
#[derive(Serialize, ToSchema)]
struct Reach {
    season: Season,
    /// By land and season alone: no roads have been imported for the banner.
    estimated: bool,
    /// Of the cells, as H3 counts them.
    resolution: u8,
    cells: Vec<String>,
    /// To the tenth; null where none can be reached.
    minutes: Vec<Option<f64>>,
    /// Ids; those that were added are `added-0`, `added-1` …
    outlets: Vec<String>,
    /// By place among `outlets`.
    nearest: Vec<Option<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
}

/// Households beyond the standard of their land, as they are told.
#[derive(Serialize, ToSchema)]
struct Change {
    uncovered_before: Count,
    uncovered_after: Count,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReachQuestion)]
struct WhatIf {
    season: Option<Season>,
    /// At most 50 places.
    add: Vec<Added>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AddedOutlet)]
struct Added {
    lon: f64,
    lat: f64,
}

/// Travel times over a banner, or over a township or village of one
#[utoipa::path(get, path = "/api/v1/areas/{code}/reach", tag = "outlets", params(("code" = String, Path), SeasonQuery),
    responses((status = 200, body = Reach), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn reach(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<SeasonQuery>,
) -> Result<Json<Reach>, Problem> {
    let code = code(&text)?;
    let mut tx = caller.begin().await?;
    in_a_banner(&caller, &mut tx, &code, Capability::Outline).await?;
    drop(tx);
    answer(&state, code, query.season, Vec::new(), None).await.map(Json)
}

/// The same with further outlets, and how many households they would cover; nothing is changed
#[utoipa::path(post, path = "/api/v1/areas/{code}/reach", tag = "outlets", params(("code" = String, Path)), request_body = WhatIf,
    responses((status = 200, body = Reach), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn what_if(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<WhatIf>,
) -> Result<Json<Reach>, Problem> {
    let code = code(&text)?;
    if given.add.len() > ADDED_MAX {
        return Err(Problem::bad_request(
            "too_many",
            format!("一次最多试放 {ADDED_MAX} 个网点"),
            format!("at most {ADDED_MAX} outlets can be tried at once"),
        ));
    }
    let added = given.add.iter().map(|one| point([one.lon, one.lat])).collect::<Result<Vec<_>, _>>()?;
    let mut tx = caller.begin().await?;
    in_a_banner(&caller, &mut tx, &code, Capability::Figures).await?;
    let units = jobs::places(&mut tx, &code).await?;
    drop(tx);
    answer(&state, code, given.season, added, Some(units)).await.map(Json)
}

async fn answer(
    state: &AppState,
    code: Code,
    season: Option<Season>,
    added: Vec<(f64, f64)>,
    units: Option<Vec<UnitPlace>>,
) -> Result<Reach, Problem> {
    let banner = code.at(Level::Banner);
    let ready = lands::ready(state, &banner, season.unwrap_or(Season::Summer)).await?;
    let spots = spots(state, &banner, None, state.today()).await?;
    off_thread(move || {
        let serving = spots.iter().filter(|(row, _)| SERVING.contains(&row.kind));
        let (mut ids, mut at): (Vec<String>, Vec<(f64, f64)>) =
            serving.map(|(row, spot)| (row.id.to_string(), spot.at)).unzip();
        let before = at.len();
        for (number, place) in added.iter().enumerate() {
            ids.push(format!("added-{number}"));
            at.push(*place);
        }
        let reached = ready.reach(&at, &|| false)?;
        let change = units.map(|units| change(&ready, &units, &at[..before], &reached)).transpose()?;
        let whole = code.level() == Level::Banner;
        let shown = ready.cells().iter().zip(reached.iter()).filter(|(cell, _)| {
            whole || ready.land.village_at(**cell).is_some_and(|village| code.covers(&village.0))
        });
        let (mut cells, mut minutes, mut nearest) = (Vec::new(), Vec::new(), Vec::new());
        for (cell, reached) in shown {
            cells.push(cell.to_string());
            minutes.push(reached.map(|reached| (reached.minutes * 10.0).round() / 10.0));
            nearest.push(reached.map(|reached| reached.outlet));
        }
        Ok(Reach {
            season: ready.season,
            estimated: ready.land.estimated(),
            resolution: ready.land.resolution(),
            cells,
            minutes,
            outlets: ids,
            nearest,
            change,
        })
    })
    .await
}

/// What the added outlets change: `before` without them, `after` with them.
fn change(
    ready: &Arc<Ready>,
    units: &[UnitPlace],
    before: &[(f64, f64)],
    after: &serving::Reach,
) -> Result<Change, SurfaceError> {
    let places = ready.places(units);
    let uncovered = |reached: &serving::Reach| {
        let is_covered = |place: &Place| {
            let within = standard_min(ready.land.villages()[place.village as usize].2);
            let minutes = place.cell.and_then(|cell| ready.minutes(reached, cell));
            minutes.is_some_and(|minutes| minutes <= within)
        };
        let open = places.iter().filter(|place| !is_covered(place)).map(|place| place.households);
        open.sum::<Tally>().count()
    };
    let without = ready.reach(before, &|| false)?;
    Ok(Change { uncovered_before: uncovered(&without), uncovered_after: uncovered(after) })
}
