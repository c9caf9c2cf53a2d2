//! Grids: below an area, one, and where a point lies.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::areas::Which;
use super::{code, geojson_response, serving, wants_geojson};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Visitor;
use crate::api::extract::{Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::{self, GridDetail, NamedArea, Page, PlanRef};
use crate::domain::GridCode;
use crate::store::tiles::GridsOf;
use crate::store::{areas, assignments, grids};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(of_area)).routes(routes!(get)).routes(routes!(locate))
}

pub(super) fn grid_code(text: &str) -> Result<GridCode, Problem> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        Problem::bad_request(
            "bad_grid_code",
            format!("“{shown}”不是网格代码：应为 15 位数字，即村代码加 001–999"),
            format!("'{shown}' is not a grid code: write 15 digits, a village's code and 001 to 999"),
        )
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GridsQuery {
    on: Option<NaiveDate>,
    plan: Option<Uuid>,
    /// How many at once, 1 to 10000; 1000 when left out.
    limit: Option<i64>,
    /// The last code of the page before; `next` has it filled in.
    cursor: Option<String>,
}

/// The grids below an area that hold on a day, or one plan's
///
/// With `Accept: application/geo+json` a FeatureCollection with outlines.
#[utoipa::path(get, path = "/api/v1/areas/{code}/grids", tag = "grids", params(("code" = String, Path), GridsQuery),
    responses((status = 200, content((Page<wire::Grid> = "application/json"), (Object = "application/geo+json"))),
        (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn of_area(
    State(state): State<AppState>,
    visitor: Visitor,
    Segment(text): Segment<String>,
    Params(query): Params<GridsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let limit = query.limit.unwrap_or(1000);
    if !(1..=10_000).contains(&limit) {
        return Err(Problem::bad_request(
            "bad_limit",
            "limit 应在 1 到 10000 之间",
            "limit must be from 1 to 10000",
        ));
    }
    let cursor = query.cursor.as_deref().map(grid_code).transpose()?;
    let which = Which { on: query.on, plan: query.plan };
    let geojson = wants_geojson(&headers);
    let mut tx = visitor.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    // One more than asked for tells whether there is a next page.
    let mut rows =
        grids::page(&mut tx, &code, which.grids(state.today()), cursor.as_ref(), limit + 1, geojson).await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|last| {
        let mut address = format!("/api/v1/areas/{code}/grids?limit={limit}&cursor={}", last.code);
        if let Some(on) = query.on {
            address += &format!("&on={on}");
        }
        if let Some(plan) = query.plan {
            address += &format!("&plan={plan}");
        }
        address
    });
    if geojson {
        let synthetic = rows.iter().any(|row| row.synthetic);
        let features: Vec<_> = rows
            .into_iter()
            .map(|mut row| {
                let geometry = row.outline.take().map(|outline| wire::geojson(&outline));
                json!({"type": "Feature", "id": row.code, "geometry": geometry, "properties": wire::Grid::seen(row, &visitor.scope)})
            })
            .collect();
        let mut links = vec![json!({"rel": "self", "href": format!("/api/v1/areas/{code}/grids")})];
        links.extend(next.as_ref().map(|next| json!({"rel": "next", "href": next})));
        return Ok(geojson_response(&json!({"type": "FeatureCollection", "numberReturned": features.len(),
            "features": features, "links": links, "next": next, "synthetic": synthetic})));
    }
    Ok(Json(Page {
        items: rows.into_iter().map(|row| wire::Grid::seen(row, &visitor.scope)).collect(),
        next,
    })
    .into_response())
}

/// One grid
#[utoipa::path(get, path = "/api/v1/grids/{code}", tag = "grids", params(("code" = String, Path), Which),
    responses((status = 200, body = GridDetail), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    Segment(text): Segment<String>,
    Params(which): Params<Which>,
) -> Result<Json<GridDetail>, Problem> {
    let code = grid_code(&text)?;
    let mut tx = visitor.begin().await?;
    Ok(Json(
        detail(&mut tx, &code, which.grids(state.today()), which.on.unwrap_or_else(|| state.today()))
            .await?
            .ok_or_else(|| Problem::not_found("这个网格", "grid"))?,
    ))
}

async fn detail(
    tx: &mut crate::store::Tx,
    code: &GridCode,
    which: GridsOf,
    day: NaiveDate,
) -> Result<Option<GridDetail>, Problem> {
    let Some(mut row) = grids::get(tx, code, which).await? else { return Ok(None) };
    let village = code.village();
    let mut line = village.ancestors();
    line.push(village);
    let ancestors = areas::named(tx, &line).await?.into_iter().map(Into::into).collect();
    let geometry = row.outline.take().map(|outline| wire::geojson(&outline)).unwrap_or_default();
    let plan =
        PlanRef { id: row.plan, status: row.plan_status, valid_from: row.valid_from, valid_to: row.valid_to };
    let workers = match tx.scope().may(Capability::People, &code.village()) {
        true => {
            let held = assignments::of_grid(tx, code, day).await?;
            Some(held.into_iter().map(Into::into).collect())
        }
        false => None,
    };
    Ok(Some(GridDetail {
        workers,
        outlets: serving::of_grid(tx, code, day).await?,
        bbox: row.bbox,
        ancestors,
        plan,
        geometry,
        grid: wire::Grid::seen(row, tx.scope()),
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Point {
    /// Degrees east.
    lon: f64,
    /// Degrees north.
    lat: f64,
    on: Option<NaiveDate>,
}

#[derive(Serialize, ToSchema)]
struct Location {
    /// From the region down to the narrowest area that holds the point; empty outside all.
    ancestors: Vec<NamedArea>,
    grid: Option<GridDetail>,
}

/// Where a point lies
#[utoipa::path(get, path = "/api/v1/locate", tag = "grids", params(Point),
    responses((status = 200, body = Location), (status = "default", body = ProblemWire)))]
async fn locate(
    State(state): State<AppState>,
    visitor: Visitor,
    Params(point): Params<Point>,
) -> Result<Json<Location>, Problem> {
    if !(-180.0..=180.0).contains(&point.lon) || !(-90.0..=90.0).contains(&point.lat) {
        return Err(Problem::bad_request(
            "bad_point",
            "lon 应在 -180 到 180 之间，lat 应在 -90 到 90 之间",
            "lon must be from -180 to 180 and lat from -90 to 90",
        ));
    }
    let day = point.on.unwrap_or_else(|| state.today());
    let mut tx = visitor.begin().await?;
    let (area, grid) = grids::locate(&mut tx, point.lon, point.lat, day).await?;
    let mut line = area.as_ref().map(crate::domain::Code::ancestors).unwrap_or_default();
    line.extend(area);
    let ancestors = areas::named(&mut tx, &line).await?.into_iter().map(Into::into).collect();
    let grid = match grid {
        Some(code) => detail(&mut tx, &code, GridsOf::Day(day), day).await?,
        None => None,
    };
    Ok(Json(Location { ancestors, grid }))
}
