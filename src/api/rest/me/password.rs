use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::{PASSWORD_MAX, PASSWORD_MIN, WeakPassword, check_password};
use crate::api::caller::Newcomer;
use crate::api::cookie::CookieSlot;
use crate::api::extract::Body;
use crate::api::guard::ClientAddress;
use crate::api::problem::{Problem, ProblemWire};
use crate::api::{AppState, auth, session};
use crate::clock;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    current: String,
    /// At least 10 characters, none of the best known, without the username in it.
    new: String,
}

fn weak(zh: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "weak_password", zh, en)
}

fn weak_because(why: WeakPassword) -> Problem {
    let zh = match why {
        WeakPassword::Short => format!("密码太短：至少 {PASSWORD_MIN} 个字符"),
        WeakPassword::Long => format!("密码太长：最多 {PASSWORD_MAX} 个字符"),
        WeakPassword::Common => "这个密码太常见：请换一个".to_owned(),
        WeakPassword::Username => "密码中含有用户名：请换一个".to_owned(),
    };
    weak(zh, why.to_string())
}

/// Change one's own password; every other session ends
#[utoipa::path(put, path = "/api/v1/me/password", tag = "me", request_body = PasswordChange,
    responses((status = 204), (status = 403, body = ProblemWire), (status = 422, body = ProblemWire),
              (status = 429, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn change(
    State(state): State<AppState>,
    Newcomer(caller): Newcomer,
    address: ClientAddress,
    slot: CookieSlot,
    Body(given): Body<PasswordChange>,
) -> Result<StatusCode, Problem> {
    caller.require_person()?;
    let username = &caller.actor.username;
    check_password(&given.new, username).map_err(weak_because)?;
    if given.new == given.current {
        return Err(weak(
            "新密码与当前密码相同：请换一个",
            "this is the password that you have: take another one",
        ));
    }
    // Whoever finds a signed-in browser can't guess here any faster than at the door.
    state.rates.sign_in(address, username)?;
    let hash = state.store.account(username).await?.map(|account| account.password_hash);
    if !session::try_password(&state, username, given.current, hash).await? {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "wrong_password",
            "当前密码不正确",
            "the current password is not right",
        ));
    }
    let hash = auth::hash(given.new).await?;
    // A program that signed in by itself goes on with the token that it knows.
    let fresh = caller.by_cookie.then(|| auth::draw_token(clock::random_bytes()));
    let fresh_hash = fresh.as_deref().map(auth::token_hash);
    let (now, request_id) = (state.now(), caller.request_id());
    state.store.change_password(&caller.pass, &hash, fresh_hash.as_deref(), now, request_id).await?;
    if let Some(token) = fresh {
        slot.put(token);
    }
    Ok(StatusCode::NO_CONTENT)
}
