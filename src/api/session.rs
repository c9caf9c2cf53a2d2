//! Signing in and out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::{COOKIE, Caller, token};
use super::extract::Body;
use super::problem::{Problem, ProblemWire};
use super::{AppState, auth};
use crate::access::Actor;

const LIFETIME_HOURS: i64 = 12;
/// Longer than any password; keeps the hashing bounded.
const PASSWORD_MAX_BYTES: usize = 1024;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(sign_in, current, sign_out))
}

#[derive(Deserialize, ToSchema)]
struct Credentials {
    username: String,
    password: String,
}

#[derive(Serialize, ToSchema)]
struct Account {
    username: String,
    name: String,
    role: String,
}

impl From<Actor> for Account {
    fn from(actor: Actor) -> Self {
        Self { role: actor.role.as_str().to_owned(), username: actor.username, name: actor.name }
    }
}

#[derive(Serialize, ToSchema)]
struct SignedIn {
    /// To be sent as `Authorization: Bearer`; ends after 12 hours.
    token: String,
    account: Account,
}

#[derive(Serialize, ToSchema)]
struct Session {
    account: Account,
}

/// Sign in
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = Credentials, security(()),
    responses((status = 200, body = SignedIn), (status = 401, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn sign_in(
    State(state): State<AppState>,
    jar: CookieJar,
    Body(given): Body<Credentials>,
) -> Result<(CookieJar, axum::Json<SignedIn>), Problem> {
    let wrong = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong_credentials",
            "用户名或密码不正确",
            "the username or the password is not right",
        )
    };
    if given.password.len() > PASSWORD_MAX_BYTES || given.username.len() > PASSWORD_MAX_BYTES {
        return Err(wrong());
    }
    let account = state.store.account(&given.username).await?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    // Some 20 ms of hashing: not on the threads that serve everybody.
    let matches =
        tokio::task::spawn_blocking(move || auth::verify_password(&given.password, hash.as_deref()))
            .await
            .unwrap_or(false);
    let Some(account) = account.filter(|_| matches) else { return Err(wrong()) };
    let token = auth::draw_token(crate::clock::random_bytes());
    let now = state.now();
    state
        .store
        .open_session(account.id, &auth::token_hash(&token), now, now + Duration::hours(LIFETIME_HOURS))
        .await?;
    tracing::info!(username = account.actor.username, "signed in");
    let cookie =
        Cookie::build((COOKIE, token.clone())).path("/").http_only(true).same_site(SameSite::Strict).build();
    Ok((jar.add(cookie), axum::Json(SignedIn { token, account: account.actor.into() })))
}

/// Who is signed in
#[utoipa::path(get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = Session), (status = 401, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn current(caller: Caller) -> axum::Json<Session> {
    axum::Json(Session { account: caller.actor.into() })
}

/// Sign out
#[utoipa::path(delete, path = "/api/v1/session", tag = "session",
    responses((status = 204), (status = "default", body = ProblemWire)))]
async fn sign_out(caller: Caller, jar: CookieJar, parts: Parts) -> Result<(CookieJar, StatusCode), Problem> {
    if let Some((token, _)) = token(&parts) {
        caller.state.store.close_session(&auth::token_hash(&token)).await?;
    }
    Ok((jar.remove(Cookie::build(COOKIE).path("/")), StatusCode::NO_CONTENT))
}
