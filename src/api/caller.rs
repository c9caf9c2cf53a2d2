//! Who is asking: the extractor that every handler with rows needs.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum_extra::extract::CookieJar;

use super::guard::ClientAddress;
use super::problem::Problem;
use super::{AppState, REQUEST_ID, auth};
use crate::access::{Actor, Capability, Scope};
use crate::domain::Code;
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

    /// A clear answer to whoever lacks a capability; behind it the database refuses by itself.
    ///
    /// # Errors
    /// 403 `forbidden`.
    pub fn require(&self, capability: Capability, area: &Code) -> Result<(), Problem> {
        let granted = self.scope.may(capability, area) || !self.state.checks;
        if granted { Ok(()) } else { Err(Problem::forbidden(capability, area)) }
    }

    /// The same where a question names no area: the capability anywhere will do.
    ///
    /// # Errors
    /// 403 `forbidden`.
    pub fn require_somewhere(&self, capability: Capability) -> Result<(), Problem> {
        let granted = self.scope.may_somewhere(capability) || !self.state.checks;
        if granted { Ok(()) } else { Err(Problem::forbidden_everywhere(capability)) }
    }
}

/// Whoever may look at the public map: a signed-in caller, or anybody at all where the operator has opened it.
/// Without sign-in there is nothing but outlines.
pub struct Visitor {
    pub scope: Scope,
    state: AppState,
}

impl Visitor {
    /// A transaction in this visitor's scope.
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

/// The request's id, as it is logged and noted in the trail. A client may choose it, but not at any length.
pub fn request_id(headers: &HeaderMap) -> Option<String> {
    const MAX: usize = 100;
    headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).map(|id| id.chars().take(MAX).collect())
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
        state.rates.request(parts, &actor.username)?;
        let scope = Scope::of(&actor, state.today()).with_request(request_id(&parts.headers));
        Ok(Self { scope, actor, state: state.clone() })
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        match Caller::from_request_parts(parts, state).await {
            Ok(caller) => Ok(Self { scope: caller.scope, state: caller.state }),
            // A browser may still have the cookie of a session that has ended; a program that sends a token
            // means it, and is told that it no longer holds.
            Err(problem)
                if state.public_map
                    && problem.status() == StatusCode::UNAUTHORIZED
                    && !parts.headers.contains_key(header::AUTHORIZATION) =>
            {
                let Ok(address) = ClientAddress::from_request_parts(parts, state).await;
                state.rates.visit(parts, address)?;
                let scope = Scope::public().with_request(request_id(&parts.headers));
                Ok(Self { scope, state: state.clone() })
            }
            Err(problem) => Err(problem),
        }
    }
}
