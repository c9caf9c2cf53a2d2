//! Who is asking: the extractor that every handler with rows needs.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum_extra::extract::CookieJar;
use chrono::TimeDelta;

pub use super::cookie::COOKIE;
use super::cookie::CookieSlot;
use super::guard::ClientAddress;
use super::problem::Problem;
use super::{AppState, REQUEST_ID, auth};
use crate::access::{Actor, Capability, Scope};
use crate::domain::Code;
use crate::store::accounts::Pass;
use crate::store::{StoreError, Tx};

/// A signed-in caller with the scope that their roles give.
pub struct Caller {
    pub actor: Actor,
    pub scope: Scope,
    pub state: AppState,
    /// What was shown: a session or a program's token.
    pub pass: Pass,
    /// The session came as a cookie.
    pub by_cookie: bool,
}

impl Caller {
    /// A transaction in this caller's scope.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        self.state.store.begin(&self.scope).await
    }

    /// A transaction of the program's own work for this caller in `area`: see [`Scope::at_work`].
    pub async fn begin_work(&self, area: &Code) -> Result<Tx, StoreError> {
        self.state.store.begin(&self.scope.at_work(area)).await
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

    /// For what a program must not do in a person's name: passwords, tokens, accounts.
    ///
    /// # Errors
    /// 403 `person_needed`.
    pub fn require_person(&self) -> Result<(), Problem> {
        if self.pass.is_token {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "person_needed",
                "程序令牌不能做这件事：请用密码登录后再试",
                "a program's token can't do this: sign in with a password",
            ));
        }
        Ok(())
    }

    pub fn request_id(&self) -> Option<String> {
        self.scope.request_id().map(str::to_owned)
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

/// A caller who may have to change their password first: for signing out and for doing just that.
pub struct Newcomer(pub Caller);

/// Sent by the web app with every change: another site's form can't set it, so a cookie alone changes nothing.
pub const CSRF_HEADER: &str = "x-khot-request";
/// How long a cookie may lie unused, and after how long its token is replaced.
const IDLE: TimeDelta = TimeDelta::hours(2);
const RENEWED_AFTER: TimeDelta = TimeDelta::hours(1);

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

/// Whether a browser says that a page of another origin sent this. Programs say nothing of the kind.
pub fn is_foreign(headers: &HeaderMap, trusted_proxy: bool) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Browsers send it where they trust the connection; no page can set it.
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return false };
    let forwarded = text("x-forwarded-host").filter(|_| trusted_proxy);
    let own = forwarded.or_else(|| text("host"));
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_none() || authority != own
}

/// What a page of another site gets.
pub fn foreign() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "csrf",
        "请求来自其他网站，或缺少 X-Khot-Request 头：请从本系统页面操作",
        "this came from another site's page, or without the header X-Khot-Request: do it from the product's own pages",
    )
}

async fn find(parts: &mut Parts, state: &AppState) -> Result<Caller, Problem> {
    let (token, by_cookie) = token(parts).ok_or_else(Problem::unauthorized)?;
    let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let marked = parts.headers.contains_key(CSRF_HEADER);
    if by_cookie && !safe && (!marked || is_foreign(&parts.headers, state.limits().trusted_proxy)) {
        return Err(foreign());
    }
    let (hash, now) = (auth::token_hash(&token), state.now());
    let pass = state.store.pass(&hash, now).await?.ok_or_else(Problem::unauthorized)?;
    if by_cookie {
        // A program's token is no cookie: browsers would send it along to wherever.
        if pass.is_token {
            return Err(Problem::unauthorized());
        }
        if pass.last_used_at.is_some_and(|last| now - last >= IDLE) {
            state.store.end_idle(&pass).await?;
            return Err(Problem::unauthorized());
        }
        if now - pass.since >= RENEWED_AFTER {
            let fresh = auth::draw_token(crate::clock::random_bytes());
            if state.store.renew(&hash, &auth::token_hash(&fresh), now).await? {
                CookieSlot::of(parts).put(fresh);
            }
        }
    }
    state.store.note_use(&pass, now).await?;
    state.rates.request(parts, &pass.actor.username)?;
    let actor = pass.actor.clone();
    let scope = Scope::of(&actor, state.today()).with_request(request_id(&parts.headers));
    Ok(Caller { scope, actor, state: state.clone(), pass, by_cookie })
}

impl FromRequestParts<AppState> for Newcomer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Ok(Self(find(parts, state).await?))
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let caller = find(parts, state).await?;
        if caller.pass.must_change_password {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "password_must_change",
                "请先修改密码：PUT /api/v1/me/password",
                "change your password first: PUT /api/v1/me/password",
            ));
        }
        Ok(caller)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(pairs: &[(&'static str, &str)], trusted: bool) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        is_foreign(&headers, trusted)
    }

    #[test]
    fn a_page_of_another_origin_is_told_by_what_the_browser_says() {
        assert!(!foreign(&[("host", "khot.cn")], false), "a program");
        assert!(!foreign(&[("sec-fetch-site", "same-origin")], false));
        assert!(foreign(&[("sec-fetch-site", "same-site"), ("origin", "https://khot.cn")], false));
        assert!(foreign(&[("sec-fetch-site", "cross-site")], false));
        assert!(!foreign(&[("host", "khot.cn:8080"), ("origin", "http://khot.cn:8080")], false));
        assert!(foreign(&[("host", "khot.cn"), ("origin", "http://khot.cn:8080")], false));
        assert!(foreign(&[("host", "khot.cn"), ("origin", "null")], false));
        let proxied =
            [("host", "127.0.0.1:8080"), ("x-forwarded-host", "khot.cn"), ("origin", "https://khot.cn")];
        assert!(foreign(&proxied, false) && !foreign(&proxied, true));
    }
}
