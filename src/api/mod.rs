//! HTTP: REST, tiles, problem+json, OpenAPI and the embedded web app.
//!
//! A request passes: request id and trace -> metrics -> headers -> language and problem form -> a place among those
//! that are answered at once -> limits of time and size -> handler. A handler takes a [`Caller`], which holds the
//! scope, opens a transaction with it, reads the store and answers in wire form. No engine runs inside a request, save previews within a
//! second (one village of a draft; travel times over a banner): long work is queued and answered with 202.

mod auth;
mod basemap;
mod caller;
mod cookie;
mod extract;
mod guard;
mod language;
mod oidc;
mod openapi;
mod ops;
mod problem;
mod rest;
mod session;
mod tiles;
mod web;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::HeaderName;
use axum::{Router, middleware};
use chrono::{DateTime, Utc};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa_axum::router::OpenApiRouter;

pub use auth::{ADMINISTRATOR, hash_password};
pub use oidc::Provider;
pub use openapi::document;

use crate::config::{Limits, SignIn};
use crate::store::Store;

/// What every handler may use.
#[derive(Clone)]
pub struct AppState {
    pub store: Store,
    clock: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    metrics: ops::Metrics,
    limits: Arc<Limits>,
    sign_in: Arc<SignIn>,
    provider: Option<Arc<Provider>>,
    rates: guard::Rates,
    room: guard::Room,
    /// Banners that travel times were asked for lately.
    lands: Arc<rest::Lands>,
    /// Whether whoever hasn't signed in sees outlines.
    public_map: bool,
    /// Whether handlers look at the caller's capabilities.
    checks: bool,
}

impl AppState {
    /// With the limits that hold unless the operator says otherwise.
    pub fn new(store: Store, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self::with_limits(store, clock, Limits::default())
    }

    pub fn with_limits(
        store: Store,
        clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
        limits: Limits,
    ) -> Self {
        Self {
            store,
            clock: Arc::new(clock),
            metrics: ops::Metrics::install(),
            rates: guard::Rates::new(&limits),
            room: guard::Room::new(limits.requests.get()),
            lands: Arc::default(),
            limits: Arc::new(limits),
            public_map: false,
            checks: true,
            sign_in: Arc::default(),
            provider: None,
        }
    }

    /// The same with other ways of signing in.
    pub fn with_sign_in(mut self, sign_in: SignIn) -> Self {
        self.sign_in = Arc::new(sign_in);
        self
    }

    /// The same with the public map open or shut; it is shut unless said otherwise.
    pub fn with_public_map(mut self, open: bool) -> Self {
        self.public_map = open;
        self
    }

    /// The same with handlers that let every signed-in caller through, as if each had been forgotten in them.
    /// For the tests that show that row-level security holds by itself: nothing in the program calls this.
    #[doc(hidden)]
    pub fn without_checks(mut self) -> Self {
        self.checks = false;
        self
    }

    /// The same with a provider to sign in by.
    pub fn with_provider(mut self, provider: Provider) -> Self {
        self.provider = Some(Arc::new(provider));
        self
    }

    fn provider(&self) -> Option<&Provider> {
        self.provider.as_deref()
    }

    fn sign_in(&self) -> &SignIn {
        &self.sign_in
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn room(&self) -> &guard::Room {
        &self.room
    }

    fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    fn today(&self) -> chrono::NaiveDate {
        crate::clock::local_day(self.now())
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Of bodies other than uploads, which have a limit of their own.
const BODY_MAX_BYTES: usize = 1 << 20;

fn described() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(session::routes())
        .merge(oidc::routes())
        .merge(rest::routes())
        .merge(tiles::routes())
        .merge(ops::routes())
}

/// The whole service.
pub fn router(state: AppState) -> Router {
    let (routes, _) = described().split_for_parts();
    routes
        .merge(openapi::routes())
        .merge(basemap::routes())
        .fallback(web::serve)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .with_state(state.clone())
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(TimeoutLayer::with_status_code(
            axum::http::StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(60),
        ))
        .layer(middleware::from_fn(guard::plain_bodies))
        .layer(middleware::from_fn_with_state(state.clone(), guard::shed))
        .layer(middleware::from_fn_with_state(state.clone(), cookie::set))
        .layer(middleware::from_fn(problem::speak))
        .layer(middleware::from_fn_with_state(state.clone(), guard::headers))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(state, ops::count))
        .layer(TraceLayer::new_for_http().make_span_with(ops::span).on_response(ops::log_response))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
}

/// Serves until `stop` completes, then lets running requests end (at most 10 s).
///
/// # Errors
/// When the address can't be listened on or the listener breaks.
pub async fn serve(
    listener: tokio::net::TcpListener,
    state: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let app = router(state).into_make_service_with_connect_info::<SocketAddr>();
    let (begun, mut begin) = tokio::sync::watch::channel(false);
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        stop.await;
        let _ = begun.send(true);
    });
    let too_long = async move {
        let _ = begin.wait_for(|begun| *begun).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    };
    tokio::select! {
        ended = server => ended,
        () = too_long => Ok(()),
    }
}
