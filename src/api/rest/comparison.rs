//! Area types side by side.

use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::areas::{Which, share};
use super::code;
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::Params;
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::SpreadWire;
use crate::domain::{AreaType, Code};
use crate::store::{areas, comparison};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(compare))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ComparisonQuery {
    area: String,
    #[param(inline)]
    by: By,
    on: Option<NaiveDate>,
    plan: Option<Uuid>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    AreaType,
}

#[derive(Serialize, ToSchema)]
struct ComparisonItem {
    area_type: AreaType,
    villages: u32,
    grids: u32,
    households: u64,
    people: u64,
    area_m2: f64,
    in_band_share: f64,
    households_per_grid: SpreadWire,
    area_km2_per_grid: SpreadWire,
    /// Polsby–Popper.
    compactness: SpreadWire,
}

#[derive(Serialize, ToSchema)]
struct Comparison {
    #[schema(value_type = String)]
    area: Code,
    on: NaiveDate,
    synthetic: bool,
    /// Area types that have grids.
    items: Vec<ComparisonItem>,
}

/// The grids of an area, compared by area type
#[utoipa::path(get, path = "/api/v1/comparison", tag = "analysis", params(ComparisonQuery),
    responses((status = 200, body = Comparison), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn compare(
    State(state): State<AppState>,
    caller: Caller,
    Params(query): Params<ComparisonQuery>,
) -> Result<Json<Comparison>, Problem> {
    let By::AreaType = query.by;
    let code = code(&query.area)?;
    let on = query.on.unwrap_or_else(|| state.today());
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::Figures, &code)?;
    let which = Which { on: query.on, plan: query.plan }.grids(on);
    let items = comparison::by_area_type(&mut tx, &code, which)
        .await?
        .into_iter()
        .map(|figures| ComparisonItem {
            area_type: figures.area_type,
            villages: figures.villages,
            grids: figures.grids,
            households: figures.households,
            people: figures.people,
            area_m2: figures.area_m2,
            in_band_share: share(figures.in_band, figures.grids),
            households_per_grid: figures.households_per_grid.into(),
            area_km2_per_grid: figures.area_km2_per_grid.into(),
            compactness: figures.compactness.into(),
        })
        .collect();
    Ok(Json(Comparison { area: code, on, synthetic: areas::any_synthetic(&mut tx).await?, items }))
}
