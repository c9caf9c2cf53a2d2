//! For whoever runs the service: health, readiness, metrics, logs.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::Span;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Problem, ProblemWire};
use super::{AppState, REQUEST_ID};

/// The process's metrics. One recorder serves every router of a process.
#[derive(Clone)]
pub struct Metrics(Option<PrometheusHandle>);

impl Metrics {
    pub fn install() -> Self {
        static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
        Self(
            HANDLE
                .get_or_init(|| {
                    PrometheusBuilder::new()
                        .set_buckets(&[0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0])
                        .and_then(|builder| builder.install_recorder())
                        .ok()
                })
                .clone(),
        )
    }
}

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz)).routes(routes!(metrics_page))
}

/// Whether the process runs
#[utoipa::path(get, path = "/healthz", tag = "operation", security(()),
    responses((status = 200, body = String, content_type = "text/plain"), (status = "default", body = ProblemWire)))]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether it can serve: the database answers
#[utoipa::path(get, path = "/readyz", tag = "operation", security(()),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 503, body = ProblemWire)))]
async fn readyz(State(state): State<AppState>) -> Result<&'static str, Problem> {
    match tokio::time::timeout(Duration::from_secs(3), state.store.ping()).await {
        Ok(Ok(())) => Ok("ready\n"),
        _ => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "数据库没有应答：请稍后再试",
            "the database doesn't answer: try again in a moment",
        )),
    }
}

/// Metrics in Prometheus' text form
#[utoipa::path(get, path = "/metrics", tag = "operation", security(()),
    responses((status = 200, body = String, content_type = "text/plain"), (status = "default", body = ProblemWire)))]
async fn metrics_page(State(state): State<AppState>) -> Result<String, Problem> {
    let (busy, open) = state.store.connections();
    metrics::gauge!("khot_database_connections", "state" => "busy").set(busy);
    metrics::gauge!("khot_database_connections", "state" => "open").set(open);
    for (job_state, count) in state.store.job_counts().await.unwrap_or_default() {
        #[expect(clippy::cast_precision_loss, reason = "a count of jobs")]
        metrics::gauge!("khot_jobs", "state" => job_state).set(count as f64);
    }
    Ok(state.metrics.0.as_ref().map(PrometheusHandle::render).unwrap_or_default())
}

/// Middleware: counts and times requests by route (not by address: codes would make endless series).
pub async fn count(State(_): State<AppState>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let begun = Instant::now();
    let response = next.run(request).await;
    let labels = [("method", method), ("route", route), ("status", response.status().as_u16().to_string())];
    metrics::counter!("khot_http_requests_total", &labels).increment(1);
    metrics::histogram!("khot_http_request_seconds", &labels[..2]).record(begun.elapsed());
    response
}

/// One span a request, with its id. Query strings stay out: they may hold names.
pub fn span(request: &axum::http::Request<Body>) -> Span {
    let id = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok()).unwrap_or("");
    tracing::info_span!("request", id, method = %request.method(), path = request.uri().path())
}

pub fn log_response(response: &Response, elapsed: Duration, _: &Span) {
    let elapsed_ms = elapsed.as_secs_f64() * 1e3;
    tracing::debug!(status = response.status().as_u16(), elapsed_ms, "answered");
}
