//! Vector tiles with ETag; kept for long where they can't change.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::AppState;
use super::caller::{Caller, Visitor};
use super::extract::{Params, Segment};
use super::problem::{Problem, ProblemWire};
use crate::domain::PlanStatus;
use crate::store::tiles::{GridsOf, TileId};
use crate::store::{plans, tiles};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(areas))
        .routes(routes!(units))
        .routes(routes!(grids))
        .routes(routes!(plan))
}

/// `v` is a version from `/api/v1/meta`: with the one that holds, the tile may be kept for a year.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Edition {
    v: Option<String>,
    /// The day whose plans are meant; today when left out.
    on: Option<NaiveDate>,
}

type Place = Segment<(u8, u32, u32)>;

fn tile_id(z: u8, x: u32, y: u32) -> Result<TileId, Problem> {
    TileId::new(z, x, y).ok_or_else(|| {
        Problem::bad_request(
            "no_such_tile",
            "没有这个瓦片：缩放级别 0–20",
            "there is no such tile: zoom runs from 0 to 20",
        )
    })
}

/// Outlines and names of areas
#[utoipa::path(get, path = "/api/v1/tiles/areas/{z}/{x}/{y}", tag = "tiles", params(("z" = u8, Path), ("x" = u32, Path), ("y" = u32, Path), Edition),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile"), (status = 204), (status = "default", body = ProblemWire)))]
async fn areas(
    visitor: Visitor,
    Segment((z, x, y)): Place,
    Params(edition): Params<Edition>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tile = tile_id(z, x, y)?;
    let mut tx = visitor.begin().await?;
    let (number, _) = tiles::editions(&mut tx).await?;
    let bytes = tiles::areas(&mut tx, tile).await?;
    Ok(answer(bytes, edition.v == Some(number.to_string()), &headers))
}

/// Units with their households in classes
#[utoipa::path(get, path = "/api/v1/tiles/units/{z}/{x}/{y}", tag = "tiles", params(("z" = u8, Path), ("x" = u32, Path), ("y" = u32, Path), Edition),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile"), (status = 204), (status = "default", body = ProblemWire)))]
async fn units(
    caller: Caller,
    Segment((z, x, y)): Place,
    Params(edition): Params<Edition>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tile = tile_id(z, x, y)?;
    let mut tx = caller.begin().await?;
    let (number, _) = tiles::editions(&mut tx).await?;
    let bytes = tiles::units(&mut tx, tile).await?;
    Ok(answer(bytes, edition.v == Some(number.to_string()), &headers))
}

/// Grids in force on a day
#[utoipa::path(get, path = "/api/v1/tiles/grids/{z}/{x}/{y}", tag = "tiles", params(("z" = u8, Path), ("x" = u32, Path), ("y" = u32, Path), Edition),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile"), (status = 204), (status = "default", body = ProblemWire)))]
async fn grids(
    State(state): State<AppState>,
    visitor: Visitor,
    Segment((z, x, y)): Place,
    Params(edition): Params<Edition>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tile = tile_id(z, x, y)?;
    let mut tx = visitor.begin().await?;
    let (_, number) = tiles::editions(&mut tx).await?;
    let bytes =
        tiles::grids(&mut tx, tile, GridsOf::Day(edition.on.unwrap_or_else(|| state.today()))).await?;
    // Without a day the answer changes at midnight.
    let lasting = edition.on.is_some() && edition.v == Some(number.to_string());
    Ok(answer(bytes, lasting, &headers))
}

/// Grids of one plan, a draft say
#[utoipa::path(get, path = "/api/v1/tiles/plans/{id}/{z}/{x}/{y}", tag = "tiles",
    params(("id" = Uuid, Path), ("z" = u8, Path), ("x" = u32, Path), ("y" = u32, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile"), (status = 204), (status = "default", body = ProblemWire)))]
async fn plan(
    caller: Caller,
    Segment((id, z, x, y)): Segment<(Uuid, u8, u32, u32)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tile = tile_id(z, x, y)?;
    let mut tx = caller.begin().await?;
    let held = plans::get(&mut tx, id).await?.ok_or_else(|| Problem::not_found("这个方案", "plan"))?;
    let bytes = tiles::grids(&mut tx, tile, GridsOf::Plan(id)).await?;
    Ok(answer(bytes, held.status != PlanStatus::Draft, &headers))
}

fn answer(bytes: Vec<u8>, lasting: bool, request: &HeaderMap) -> Response {
    // Private: what a tile shows depends on who asks.
    let keep = if lasting { "private, max-age=31536000, immutable" } else { "private, no-cache" };
    let digest = Sha256::digest(&bytes);
    let tag: String = std::iter::once("\"".to_owned())
        .chain(digest.iter().take(12).map(|byte| format!("{byte:02x}")))
        .chain(std::iter::once("\"".to_owned()))
        .collect();
    let known =
        request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|value| {
            value.split(',').any(|part| part.trim().trim_start_matches("W/") == tag || part.trim() == "*")
        });
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.mapbox-vector-tile".to_owned()),
        (header::CACHE_CONTROL, keep.to_owned()),
        (header::ETAG, tag),
        (header::VARY, "Cookie, Authorization".to_owned()),
    ];
    if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else if bytes.is_empty() {
        (StatusCode::NO_CONTENT, headers).into_response()
    } else {
        (headers, bytes).into_response()
    }
}
