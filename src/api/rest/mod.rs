//! REST, one file a noun.

mod accounts;
mod areas;
mod assignments;
mod audit;
mod comparison;
mod drafts;
mod grids;
mod imports;
mod jobs;
mod me;
mod meta;
mod outlets;
mod pay;
mod plans;
mod policy;
mod posts;
mod proposals;
mod search;
mod services;
mod serving;
mod workers;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;

pub use self::serving::{GridOutlet, Lands};
use super::AppState;
use super::problem::Problem;
use super::wire::Job;
use crate::access::is_username;
use crate::domain::Code;
use crate::store::jobs::JobRow;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(accounts::routes())
        .merge(areas::routes())
        .merge(assignments::routes())
        .merge(audit::routes())
        .merge(comparison::routes())
        .merge(drafts::routes())
        .merge(grids::routes())
        .merge(imports::routes())
        .merge(jobs::routes())
        .merge(me::routes())
        .merge(meta::routes())
        .merge(outlets::routes())
        .merge(pay::routes())
        .merge(plans::routes())
        .merge(policy::routes())
        .merge(posts::routes())
        .merge(proposals::routes())
        .merge(search::routes())
        .merge(services::routes())
        .merge(serving::routes())
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

/// What a person calls something: 1 to `max` characters on one line.
fn label(text: &str, max: usize) -> Result<String, Problem> {
    let text = text.trim();
    if !(1..=max).contains(&text.chars().count()) || text.chars().any(char::is_control) {
        return Err(Problem::bad_request(
            "bad_name",
            format!("名称应为 1 到 {max} 个字，不含控制字符"),
            format!("a name has 1 to {max} characters, no control characters"),
        ));
    }
    Ok(text.to_owned())
}

/// Why something is done: it stays in the trail.
fn reason(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if !(4..=200).contains(&text.chars().count()) || text.chars().any(char::is_control) {
        return Err(Problem::bad_request(
            "bad_reason",
            "请写明原因：4 到 200 个字，不含控制字符",
            "say why: 4 to 200 characters, no control characters",
        ));
    }
    Ok(text.to_owned())
}

/// A username of the usual form.
fn username(text: &str) -> Result<String, Problem> {
    if !is_username(text) {
        return Err(Problem::bad_request(
            "bad_username",
            "用户名应为 2 到 63 个小写字母、数字或连字符",
            "a username has 2 to 63 small letters, digits or hyphens",
        ));
    }
    Ok(text.to_owned())
}

/// Told apart: what was left out, and what was said to be none.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
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

/// A workbook to be kept by whoever asked for it, and by nobody on the way.
fn workbook(bytes: Result<Vec<u8>, String>, name: &str) -> Result<Response, Problem> {
    let bytes = bytes.map_err(|error| {
        tracing::error!(%error, "a workbook can't be written");
        Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    })?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_owned();
    let disposition = format!("attachment; filename=\"{name}\"");
    let head = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((head, bytes).into_response())
}

/// 202 with where to look for the job.
fn accepted(job: JobRow) -> Response {
    let location = format!("/api/v1/jobs/{}", job.id);
    (StatusCode::ACCEPTED, [(header::LOCATION, location)], axum::Json(Job::from(job))).into_response()
}
