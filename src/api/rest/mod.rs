//! REST, one file a noun.

mod areas;
mod audit;
mod comparison;
mod drafts;
mod grids;
mod imports;
mod jobs;
mod meta;
mod plans;
mod policy;
mod search;
mod workers;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;

use super::AppState;
use super::problem::Problem;
use super::wire::Job;
use crate::domain::Code;
use crate::store::jobs::JobRow;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(areas::routes())
        .merge(audit::routes())
        .merge(comparison::routes())
        .merge(drafts::routes())
        .merge(grids::routes())
        .merge(imports::routes())
        .merge(jobs::routes())
        .merge(meta::routes())
        .merge(plans::routes())
        .merge(policy::routes())
        .merge(search::routes())
        .merge(workers::routes())
}

/// A code from a path or a parameter.
fn code(text: &str) -> Result<Code, Problem> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        Problem::bad_request(
            "bad_code",
            format!("“{shown}”不是区划代码：应为 2、4、6、9 或 12 位数字，例如 150821"),
            format!("'{shown}' is not a division code: write 2, 4, 6, 9 or 12 digits, such as 150821"),
        )
    })
}

/// Whether a client asks for GeoJSON.
fn wants_geojson(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("application/geo+json"))
}

fn geojson_response(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/geo+json")], value.to_string()).into_response()
}

/// 202 with where to look for the job.
fn accepted(job: JobRow) -> Response {
    let location = format!("/api/v1/jobs/{}", job.id);
    (StatusCode::ACCEPTED, [(header::LOCATION, location)], axum::Json(Job::from(job))).into_response()
}
