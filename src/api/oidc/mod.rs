//! Ways to sign in, and the way by an OpenID Connect provider: authorization code with PKCE, state and nonce.
//!
//! Nobody is made by signing in: an identity is somebody here when an administrator has linked it to an account, or,
//! where the operator says so, when it has the account's username. What goes wrong ends on the sign-in page, which is
//! told why; the log says more.

mod provider;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::provider::Provider;
use self::provider::Refusal;
use super::caller::request_id;
use super::cookie::{self, CookieSlot};
use super::extract::Params;
use super::guard::ClientAddress;
use super::problem::{Problem, ProblemWire};
use super::session::{self, By};
use super::{AppState, auth};
use crate::clock;
use crate::store::accounts::NewAttempt;

/// Binds a sign-in to the browser that began it. Lax: it comes back from another site.
const COOKIE: &str = "khot_oidc";
const COOKIE_PATH: &str = "/api/v1/sign-in";
/// How long one may take at the provider.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(ways)).routes(routes!(begin)).routes(routes!(finish))
}

#[derive(Serialize, ToSchema)]
struct SignInWays {
    password: bool,
    oidc: Option<OidcWay>,
}

#[derive(Serialize, ToSchema)]
struct OidcWay {
    /// As the operator calls it.
    name: String,
}

/// Ways to sign in
#[utoipa::path(get, path = "/api/v1/sign-in", tag = "session", security(()),
    responses((status = 200, body = SignInWays), (status = "default", body = ProblemWire)))]
async fn ways(State(state): State<AppState>) -> Json<SignInWays> {
    let oidc = state.provider().map(|provider| OidcWay { name: provider.name().to_owned() });
    Json(SignInWays { password: true, oidc })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BeginQuery {
    /// The page to come back to: a path of this site.
    back: Option<String>,
}

/// A path of this site, or its first page: a link must not lead elsewhere by way of the sign-in.
fn own_page(back: Option<String>) -> String {
    let is_own = |path: &String| {
        path.len() <= 1000
            && path.starts_with('/')
            && !path.starts_with("//")
            && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    back.filter(is_own).unwrap_or_else(|| "/".to_owned())
}

fn failed(why: &str) -> Redirect {
    metrics::counter!("khot_oidc_failures_total", "why" => why.to_owned()).increment(1);
    Redirect::to(&format!("/signin?why={why}"))
}

fn no_provider() -> Problem {
    Problem::not_found("统一身份登录", "sign-in by a provider")
}

fn binding(state: &AppState, headers: &HeaderMap, value: String) -> Cookie<'static> {
    let mut cookie = cookie::build(COOKIE, value, SameSite::Lax, cookie::is_secure(state, headers));
    cookie.set_path(COOKIE_PATH);
    cookie
}

/// Go to the provider to sign in
#[utoipa::path(get, path = "/api/v1/sign-in/oidc", tag = "session", security(()), params(BeginQuery),
    responses((status = 303), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn begin(
    State(state): State<AppState>,
    address: ClientAddress,
    jar: CookieJar,
    headers: HeaderMap,
    Params(query): Params<BeginQuery>,
) -> Result<(CookieJar, Redirect), Problem> {
    let provider = state.provider().ok_or_else(no_provider)?;
    state.rates.knock(address)?;
    let now = state.now();
    let asked = match provider.ask(now).await {
        Ok(asked) => asked,
        Err(error) => {
            tracing::error!(%error, "the identity provider can't be asked");
            return Ok((jar, failed("oidc_unreachable")));
        }
    };
    let browser = auth::draw_token(clock::random_bytes());
    let new = NewAttempt {
        state_hash: &auth::token_hash(&asked.state),
        browser_hash: &auth::token_hash(&browser),
        nonce: &asked.nonce,
        verifier: &asked.verifier,
        back: &own_page(query.back),
        expires: now + PATIENCE,
    };
    state.store.begin_oidc(new, now).await?;
    Ok((jar.add(binding(&state, &headers, browser)), Redirect::to(&asked.address)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FinishQuery {
    code: Option<String>,
    state: Option<String>,
    /// Why the provider says no.
    error: Option<String>,
}

/// Come back from the provider: signs in, and goes on to the page from which it began
#[utoipa::path(get, path = "/api/v1/sign-in/oidc/callback", tag = "session", security(()), params(FinishQuery),
    responses((status = 303), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn finish(
    State(state): State<AppState>,
    address: ClientAddress,
    jar: CookieJar,
    slot: CookieSlot,
    headers: HeaderMap,
    Params(query): Params<FinishQuery>,
) -> Result<(CookieJar, Redirect), Problem> {
    let provider = state.provider().ok_or_else(no_provider)?;
    state.rates.knock(address)?;
    let browser = jar.get(COOKIE).map(|cookie| auth::token_hash(cookie.value()));
    let mut gone = binding(&state, &headers, String::new());
    gone.make_removal();
    let jar = jar.add(gone);
    let (Some(browser), Some(returned)) = (browser, query.state) else {
        return Ok((jar, failed("oidc_expired")));
    };
    let now = state.now();
    let Some(kept) = state.store.take_oidc(&auth::token_hash(&returned), &browser, now).await? else {
        return Ok((jar, failed("oidc_expired")));
    };
    let Some(code) = query.code.filter(|_| query.error.is_none()) else {
        return Ok((jar, failed("oidc_denied")));
    };
    let identity = match provider.identify(code, kept.nonce, kept.verifier, now).await {
        Ok(identity) => identity,
        Err(refusal) => {
            tracing::warn!(%refusal, "a sign-in by the identity provider failed");
            let why = match refusal {
                Refusal::Unreachable(_) => "oidc_unreachable",
                Refusal::Answer(_) | Refusal::Token(_) => "oidc_failed",
            };
            return Ok((jar, failed(why)));
        }
    };
    let why = match state.store.account_of(&identity).await? {
        None => "oidc_no_account",
        Some(account) if account.disabled => "oidc_disabled",
        Some(account) => {
            session::open(&state, account.id, By::Provider, &jar, &slot, request_id(&headers)).await?;
            return Ok((jar, Redirect::to(&kept.back)));
        }
    };
    // Who it was stays out of the log: whoever is nobody here is none of ours.
    tracing::warn!(why, "a sign-in by the identity provider found no account");
    Ok((jar, failed(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_a_page_of_this_site_alone() {
        let page = |back: &str| own_page(Some(back.to_owned()));
        assert_eq!(page("/areas/150821?tab=plans#x"), "/areas/150821?tab=plans#x");
        for elsewhere in
            ["https://elsewhere.cn", "//elsewhere.cn", "/\\elsewhere.cn", "plans", "", "/a\r\nb: c", "/旗"]
        {
            assert_eq!(page(elsewhere), "/", "{elsewhere}");
        }
        assert_eq!(own_page(None), "/");
    }
}
