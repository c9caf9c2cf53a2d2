//! The session's cookie: who sets it and how.
//!
//! Whoever finds out who is asking can't write to the answer: a token that is drawn on the way is put into the
//! [`CookieSlot`], and [`set`] writes it to the answer, whatever else becomes of the request.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::cookie::{Cookie, SameSite};

use super::AppState;

/// The session cookie's name.
pub const COOKIE: &str = "khot_session";

/// What becomes of the cookie with this answer.
#[derive(Debug, Clone, Default)]
pub struct CookieSlot(Arc<Mutex<Option<Change>>>);

#[derive(Debug)]
enum Change {
    Put(String),
    Clear,
}

impl CookieSlot {
    pub fn put(&self, token: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Change::Put(token));
    }

    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Change::Clear);
    }

    /// Of the request; one that leads nowhere where the middleware is missing.
    pub fn of(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().cloned().unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CookieSlot {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// A cookie that no script reads; `Secure` where the client came by TLS, or the operator says that all do.
pub fn build(name: &'static str, value: String, same_site: SameSite, secure: bool) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").http_only(true).same_site(same_site).secure(secure).build()
}

/// Whether cookies of this request's answer are for TLS alone.
pub fn is_secure(state: &AppState, headers: &HeaderMap) -> bool {
    state.sign_in().secure_cookies
        || (state.limits().trusted_proxy
            && headers.get("x-forwarded-proto").is_some_and(|value| value == "https"))
}

/// Middleware: sets or takes away the session's cookie.
pub async fn set(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let slot = CookieSlot::default();
    let secure = is_secure(&state, request.headers());
    request.extensions_mut().insert(slot.clone());
    let mut response = next.run(request).await;
    let change = slot.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    let cookie = match change {
        None => return response,
        Some(Change::Put(token)) => build(COOKIE, token, SameSite::Strict, secure),
        Some(Change::Clear) => {
            let mut gone = build(COOKIE, String::new(), SameSite::Strict, secure);
            gone.make_removal();
            gone
        }
    };
    if let Ok(value) = HeaderValue::from_str(&cookie.encoded().to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
        // Nobody else may be given an answer that carries a session.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
