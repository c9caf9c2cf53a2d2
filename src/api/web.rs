//! The web app, embedded in the binary.

use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::problem::Problem;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct App;

/// A file of the app; any other address that a person may open is the app itself, which reads it.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let is_page = !path.starts_with("api/") && !path.starts_with("basemap/") && !path.contains('.');
    if !matches!(*request.method(), Method::GET | Method::HEAD) || !(is_page || App::get(path).is_some()) {
        return Problem::not_found("这个地址", "address").into_response();
    }
    let name = if is_page { "index.html" } else { path };
    let Some(file) = App::get(name) else {
        let text = "The web app is not in this build: run `make build`.\n";
        return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain")], text).into_response();
    };
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    // Names below assets/ hold a hash of their content.
    let keep = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..12]));
    let known =
        request.headers().get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let headers = [
        (header::CONTENT_TYPE, kind.to_string()),
        (header::CACHE_CONTROL, keep.to_owned()),
        (header::ETAG, tag),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, file.data).into_response()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
