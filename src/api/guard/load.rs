//! How many requests are answered at once.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use crate::api::AppState;
use crate::api::problem::Problem;

/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(1);
/// When to come again, in seconds.
const COME_AGAIN: u64 = 2;

/// Places for requests.
#[derive(Clone)]
pub struct Room(Arc<Semaphore>);

impl Room {
    pub fn new(places: u32) -> Self {
        Self(Arc::new(Semaphore::new(usize::try_from(places).unwrap_or(Semaphore::MAX_PERMITS))))
    }
}

/// Middleware: sends requests away that find no place. Whoever watches the service is always let in.
pub async fn shed(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if matches!(request.uri().path(), "/healthz" | "/readyz" | "/metrics") {
        return next.run(request).await;
    }
    match tokio::time::timeout(PATIENCE, state.room().0.acquire()).await {
        Ok(Ok(_place)) => next.run(request).await,
        _ => {
            metrics::counter!("khot_http_shed_total").increment(1);
            let problem = Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "服务繁忙：请稍后再试",
                "too much is going on just now: try again in a moment",
            );
            problem.retry_after(COME_AGAIN).into_response()
        }
    }
}
