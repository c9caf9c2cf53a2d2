//! Which roads a banner's travel times go by.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::code;
use super::in_a_banner;
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::Segment;
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Code, Level};
use crate::jobs;
use crate::store::roads;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(held, remove))
}

/// The roads of a banner as they were imported.
#[derive(Serialize, ToSchema)]
struct Roads {
    #[schema(value_type = String)]
    banner: Code,
    /// No road is known: travel times are by land and season alone.
    estimated: bool,
    /// Lines by kind: `expressway`, `first`, `second`, `third`, `fourth`, `track` and `barrier`.
    lines: BTreeMap<&'static str, u64>,
    /// Where they are known from; null where there are none.
    source: Option<String>,
    /// Some of them are made up.
    synthetic: bool,
    imported_at: Option<DateTime<Utc>>,
}

/// The roads that travel times in a banner, or in a township or village of one, go by
#[utoipa::path(get, path = "/api/v1/areas/{code}/roads", tag = "outlets", params(("code" = String, Path)),
    responses((status = 200, body = Roads), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn held(caller: Caller, Segment(text): Segment<String>) -> Result<Json<Roads>, Problem> {
    let code = code(&text)?;
    let mut tx = caller.begin().await?;
    in_a_banner(&caller, &mut tx, &code, Capability::Outline).await?;
    let banner = code.at(Level::Banner);
    let found = roads::summary(&mut tx, &banner).await?;
    Ok(Json(Roads {
        banner,
        estimated: !found.as_ref().is_some_and(roads::RoadsOf::any_road),
        source: found.as_ref().map(|found| found.source.clone()),
        synthetic: found.as_ref().is_some_and(|found| found.synthetic),
        imported_at: found.as_ref().map(|found| found.imported_at),
        lines: found.map(|found| found.lines).unwrap_or_default(),
    }))
}

/// Take a banner's roads away: its travel times are estimated again, and its links made again
#[utoipa::path(delete, path = "/api/v1/areas/{code}/roads", tag = "outlets", params(("code" = String, Path)),
    responses((status = 204), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
) -> Result<StatusCode, Problem> {
    let code = code(&text)?;
    let mut tx = caller.begin().await?;
    let area = in_a_banner(&caller, &mut tx, &code, Capability::Import).await?;
    if area.code.level() != Level::Banner {
        return Err(Problem::bad_request(
            "bad_level",
            "道路按旗县区管理：请选择旗县区",
            "roads are a banner's: choose a banner",
        ));
    }
    if roads::summary(&mut tx, &code).await?.is_none() {
        return Err(Problem::not_found("这个旗县区的道路", "road of that banner"));
    }
    roads::replace(&mut tx, &code, code.as_str(), (&[], &[]), state.now()).await?;
    jobs::queue_links(&mut tx, &code, state.today(), state.now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
