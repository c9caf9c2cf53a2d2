//! Who is asking: the extractor that every handler with rows needs.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum_extra::extract::CookieJar;

use super::problem::Problem;
use super::{AppState, REQUEST_ID, auth};
use crate::access::{Actor, Scope};
use crate::store::{StoreError, Tx};

/// A signed-in caller with the scope that their role gives.
pub struct Caller {
    pub actor: Actor,
    pub scope: Scope,
    pub state: AppState,
}

impl Caller {
    /// A transaction in this caller's scope.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        self.state.store.begin(&self.scope).await
    }
}

/// The session cookie's name.
pub const COOKIE: &str = "khot_session";
/// Sent by the web app with every change: another site's form can't set it, so a cookie alone changes nothing.
pub const CSRF_HEADER: &str = "x-khot-request";

/// The token of a request, and whether it came by cookie.
pub fn token(parts: &Parts) -> Option<(String, bool)> {
    let bearer = parts
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    match bearer {
        Some(token) => Some((token.trim().to_owned(), false)),
        None => CookieJar::from_headers(&parts.headers)
            .get(COOKIE)
            .map(|cookie| (cookie.value().to_owned(), true)),
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let (token, by_cookie) = token(parts).ok_or_else(Problem::unauthorized)?;
        let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if by_cookie && !safe && !parts.headers.contains_key(CSRF_HEADER) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "csrf",
                "用 Cookie 登录时，更改请求须带 X-Khot-Request 头",
                "with a cookie, a change needs the header X-Khot-Request",
            ));
        }
        let actor = state
            .store
            .session_actor(&auth::token_hash(&token), state.now())
            .await?
            .ok_or_else(Problem::unauthorized)?;
        let request_id =
            parts.headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Self { scope: Scope::of(&actor).with_request(request_id), actor, state: state.clone() })
    }
}
