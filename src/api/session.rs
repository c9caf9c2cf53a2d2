//! Signing in and out.

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::{self, Newcomer, request_id, token};
use super::cookie::{COOKIE, CookieSlot};
use super::extract::Body;
use super::guard::ClientAddress;
use super::problem::{Problem, ProblemWire};
use super::{AppState, auth};
use crate::access::{Capability, Grant, Scope, is_username};
use crate::domain::Code;
use crate::store::accounts::{Attempt, Door, Pass};

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
    /// Home: all grants lie in it, and its administrators manage the account.
    #[schema(value_type = String)]
    area: Code,
    /// All of them, whether they hold today or not.
    grants: Vec<Grant>,
    /// What can be done today somewhere: which pages there are for this account.
    capabilities: Vec<Capability>,
    /// Nothing else can be done before.
    must_change_password: bool,
}

impl Account {
    fn of(pass: Pass, today: NaiveDate) -> Self {
        let scope = Scope::of(&pass.actor, today);
        let somewhere = |capability: &Capability| scope.may_somewhere(*capability);
        Self {
            capabilities: Capability::ALL.into_iter().filter(somewhere).collect(),
            username: pass.actor.username,
            name: pass.actor.name,
            area: pass.area,
            grants: pass.actor.grants,
            must_change_password: pass.must_change_password,
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

/// Whether this is the account's password. Each attempt counts until [`Store`](crate::store::Store) is told that it was
/// right; whether there is such an account makes no difference.
pub async fn try_password(
    state: &AppState,
    username: &str,
    password: String,
    hash: Option<String>,
) -> Result<bool, Problem> {
    // What can't be a name needs no lock: anybody may know that nobody has it.
    if is_username(username)
        && let Attempt::LockedUntil(until) = state.store.attempt(username, state.now()).await?
    {
        return Err(locked_out(until, state.now()));
    }
    // Some 20 ms of hashing: not on the threads that serve everybody.
    let tried = tokio::task::spawn_blocking(move || auth::verify_password(&password, hash.as_deref()));
    Ok(tried.await.unwrap_or(false))
}

fn locked_out(until: DateTime<Utc>, now: DateTime<Utc>) -> Problem {
    // Whole seconds, rounded up: earlier would be too early.
    let seconds = u64::try_from((until - now).num_milliseconds()).unwrap_or(0).div_ceil(1000).max(1);
    let minutes = seconds.div_ceil(60);
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "locked_out",
        format!("密码多次输错，已暂停登录：请在 {minutes} 分钟后再试，或请管理员解锁"),
        format!("too many wrong passwords: try again in {minutes} min, or ask an administrator to unlock the account"),
    )
    .retry_after(seconds)
}

/// How somebody has shown who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Password,
    Provider,
}

/// Opens a session for an account, and ends the one that this browser had: nobody goes on with a token that was there
/// before.
pub async fn open(
    state: &AppState,
    account: uuid::Uuid,
    by: By,
    jar: &CookieJar,
    slot: &CookieSlot,
    request_id: Option<String>,
) -> Result<(String, Pass), Problem> {
    if let Some(before) = jar.get(COOKIE) {
        state.store.close_session(&auth::token_hash(before.value())).await?;
    }
    let token = auth::draw_token(crate::clock::random_bytes());
    let (hash, now) = (auth::token_hash(&token), state.now());
    let expires = now + Duration::hours(LIFETIME_HOURS);
    let by_provider = by == By::Provider;
    state.store.open_session(account, &hash, by_provider, now, expires, request_id).await?;
    let pass = state.store.pass(&hash, now).await?.ok_or_else(Problem::unauthorized)?;
    tracing::info!(username = pass.actor.username, "signed in");
    slot.put(token.clone());
    Ok((token, pass))
}

/// Sign in
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = Credentials, security(()),
    responses((status = 200, body = SignedIn), (status = 401, body = ProblemWire), (status = 429, body = ProblemWire),
              (status = "default", body = ProblemWire)))]
async fn sign_in(
    State(state): State<AppState>,
    address: ClientAddress,
    jar: CookieJar,
    slot: CookieSlot,
    headers: HeaderMap,
    Body(given): Body<Credentials>,
) -> Result<Json<SignedIn>, Problem> {
    let wrong = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong_credentials",
            "用户名或密码不正确",
            "the username or the password is not right",
        )
    };
    if caller::is_foreign(&headers, state.limits().trusted_proxy) {
        return Err(caller::foreign());
    }
    if given.password.len() > PASSWORD_MAX_BYTES || given.username.len() > PASSWORD_MAX_BYTES {
        return Err(wrong());
    }
    // Telephones begin with a capital letter.
    let username = given.username.trim().to_lowercase();
    state.rates.sign_in(address, &username)?;
    let account = state.store.account(&username).await?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let matches = try_password(&state, &username, given.password, hash).await?;
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
    if account.disabled {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "account_disabled",
            "该账号已停用：请联系管理员",
            "this account is disabled: ask an administrator",
        ));
    }
    let (token, pass) = open(&state, account.id, By::Password, &jar, &slot, request_id).await?;
    Ok(Json(SignedIn { token, account: Account::of(pass, state.today()) }))
}

/// Who is signed in
#[utoipa::path(get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = Session), (status = 401, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn current(Newcomer(caller): Newcomer) -> Json<Session> {
    let today = caller.state.today();
    Json(Session { account: Account::of(caller.pass, today) })
}

/// Sign out
#[utoipa::path(delete, path = "/api/v1/session", tag = "session",
    responses((status = 204), (status = "default", body = ProblemWire)))]
async fn sign_out(Newcomer(caller): Newcomer, slot: CookieSlot, parts: Parts) -> Result<StatusCode, Problem> {
    caller.require_person()?;
    if let Some((token, _)) = token(&parts) {
        caller.state.store.close_session(&auth::token_hash(&token)).await?;
        caller.state.store.note_door(&caller.actor.username, Door::SignedOut, caller.request_id()).await?;
    }
    slot.clear();
    Ok(StatusCode::NO_CONTENT)
}
