//! What a client needs to begin: the day, the region, and the versions for keeping tiles.

use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::AppState;
use crate::api::caller::Visitor;
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::Area;
use crate::store::{areas, tiles};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get))
}

#[derive(Serialize, ToSchema)]
struct Meta {
    version: &'static str,
    /// The day in Inner Mongolia.
    today: NaiveDate,
    /// Something of what is held is made up: say so on every screen.
    synthetic: bool,
    /// The widest area; none in an empty database.
    region: Option<Area>,
    /// Changes whenever areas or units do.
    areas_version: String,
    /// Changes whenever a plan is published.
    grids_version: String,
    /// Outlines are there for whoever hasn't signed in, too.
    public_map: bool,
}

/// What to begin with
#[utoipa::path(get, path = "/api/v1/meta", tag = "operation", responses((status = 200, body = Meta), (status = "default", body = ProblemWire)))]
async fn get(State(state): State<AppState>, visitor: Visitor) -> Result<Json<Meta>, Problem> {
    let mut tx = visitor.begin().await?;
    let (areas_version, grids_version) = tiles::editions(&mut tx).await?;
    Ok(Json(Meta {
        version: env!("CARGO_PKG_VERSION"),
        today: state.today(),
        synthetic: areas::any_synthetic(&mut tx).await?,
        region: areas::region(&mut tx).await?.map(|row| Area::seen(row, &visitor.scope)),
        areas_version: areas_version.to_string(),
        grids_version: grids_version.to_string(),
        public_map: state.public_map,
    }))
}
