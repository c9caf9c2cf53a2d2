//! What every answer tells a browser.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::api::AppState;

/// Scripts, MapLibre's worker, styles, fonts and data come from this service alone, and nobody may frame it. Images may be
/// drawn by the page itself; charts and tooltips carry style attributes, but no style sheet stands in a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
    manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const ALWAYS: [(&str, &str); 9] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(self), payment=(), usb=(), browsing-topics=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("x-permitted-cross-domain-policies", "none"),
];
/// A year.
const TRANSPORT: &str = "max-age=31536000; includeSubDomains";

/// Middleware: sets the headers, and keeps the API's answers out of shared caches unless they say otherwise.
pub async fn headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    // Over plain HTTP the header would be ignored, and a wrong word could lock people out.
    let by_tls = state.limits().trusted_proxy
        && request.headers().get("x-forwarded-proto").is_some_and(|value| value == "https");
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if by_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TRANSPORT));
    }
    if is_api {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}
