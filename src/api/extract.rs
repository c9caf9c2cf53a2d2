//! Axum's extractors with our own way of saying no.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query};
use axum::http::StatusCode;

use super::problem::Problem;

/// A JSON body.
#[derive(FromRequest)]
#[from_request(via(Json), rejection(Problem))]
pub struct Body<T>(pub T);

/// The query string.
#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(Problem))]
pub struct Params<T>(pub T);

/// Parts of the path.
#[derive(FromRequestParts)]
#[from_request(via(Path), rejection(Problem))]
pub struct Segment<T>(pub T);

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        // Serde's sentence names the field and its place; it holds nothing of ours.
        let (status, why) = (rejection.status(), rejection.body_text());
        if matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE) {
            return Problem::of_status(status);
        }
        Problem::new(
            status,
            "bad_body",
            format!("请求内容有误：{why}"),
            format!("the body is not right: {why}"),
        )
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        let why = rejection.body_text();
        Problem::bad_request(
            "bad_parameter",
            format!("参数有误：{why}"),
            format!("a parameter is not right: {why}"),
        )
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        let why = rejection.body_text();
        Problem::bad_request(
            "bad_path",
            format!("地址有误：{why}"),
            format!("the address is not right: {why}"),
        )
    }
}
