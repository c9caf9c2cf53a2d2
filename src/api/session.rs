//! Signing in and out.

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::{COOKIE, Caller, request_id, token};
use super::extract::Body;
use super::guard::ClientAddress;
use super::problem::{Problem, ProblemWire};
use super::{AppState, auth};
use crate::access::{Actor, Capability, Grant, Scope};
use crate::store::accounts::Door;

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
    /// All of them, whether they hold today or not.
    grants: Vec<Grant>,
    /// What can be done today somewhere: which pages there are for this account.
    capabilities: Vec<Capability>,
}

impl Account {
    fn of(actor: Actor, today: NaiveDate) -> Self {
        let scope = Scope::of(&actor, today);
        let somewhere = |capability: &Capability| scope.may_somewhere(*capability);
        Self {
            capabilities: Capability::ALL.into_iter().filter(somewhere).collect(),
            username: actor.username,
            name: actor.name,
            grants: actor.grants,
        }
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
    address: ClientAddress,
    jar: CookieJar,
    headers: HeaderMap,
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
    state.rates.sign_in(address, &given.username)?;
    let account = state.store.account(&given.username).await?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    // Some 20 ms of hashing: not on the threads that serve everybody.
    let matches =
        tokio::task::spawn_blocking(move || auth::verify_password(&given.password, hash.as_deref()))
            .await
            .unwrap_or(false);
    let request_id = request_id(&headers);
    let account = match account {
        Some(account) if matches => account,
        Some(account) => {
            // Beside the answer, so that its time doesn't tell which names there are.
            tokio::spawn(async move {
                if let Err(error) = state.store.note_door(&account.username, Door::Refused, request_id).await
                {
                    tracing::error!(%error, "can't note a refused sign-in");
                }
            });
            return Err(wrong());
        }
        None => return Err(wrong()),
    };
    let token = auth::draw_token(crate::clock::random_bytes());
    let now = state.now();
    let hash = auth::token_hash(&token);
    state.store.open_session(account.id, &hash, now, now + Duration::hours(LIFETIME_HOURS)).await?;
    let actor = state.store.session_actor(&hash, now).await?.ok_or_else(Problem::unauthorized)?;
    state.store.note_door(&account.username, Door::SignedIn, request_id).await?;
    tracing::info!(username = account.username, "signed in");
    let cookie =
        Cookie::build((COOKIE, token.clone())).path("/").http_only(true).same_site(SameSite::Strict).build();
    Ok((jar.add(cookie), axum::Json(SignedIn { token, account: Account::of(actor, state.today()) })))
}

/// Who is signed in
#[utoipa::path(get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = Session), (status = 401, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn current(caller: Caller) -> axum::Json<Session> {
    let today = caller.state.today();
    axum::Json(Session { account: Account::of(caller.actor, today) })
}

/// Sign out
#[utoipa::path(delete, path = "/api/v1/session", tag = "session",
    responses((status = 204), (status = "default", body = ProblemWire)))]
async fn sign_out(caller: Caller, jar: CookieJar, parts: Parts) -> Result<(CookieJar, StatusCode), Problem> {
    if let Some((token, _)) = token(&parts) {
        caller.state.store.close_session(&auth::token_hash(&token)).await?;
        let request_id = caller.scope.request_id().map(str::to_owned);
        caller.state.store.note_door(&caller.actor.username, Door::SignedOut, request_id).await?;
    }
    Ok((jar.remove(Cookie::build(COOKIE).path("/")), StatusCode::NO_CONTENT))
}
