use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::auth;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::clock;
use crate::store::accounts::{self, TokenRow};

/// So that programs that look for secrets in files know one when they see it.
const PREFIX: &str = "khot_";
const DAYS_MAX: i64 = 365;
const NAME_MAX: usize = 100;
/// Of one account.
const MOST: usize = 50;

#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// The latest first.
    tokens: Vec<OwnToken>,
}

#[derive(Serialize, ToSchema)]
pub struct OwnToken {
    id: Uuid,
    name: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// To a minute; none when it never was.
    last_used_at: Option<DateTime<Utc>>,
}

impl From<TokenRow> for OwnToken {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct MadeToken {
    #[serde(flatten)]
    held: OwnToken,
    /// Shown this once; to be sent as `Authorization: Bearer`.
    token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for: 1 to 100 characters.
    name: String,
    /// 1 to 365.
    days: i64,
}

/// The tokens of one's own programs
#[utoipa::path(get, path = "/api/v1/me/tokens", tag = "me",
    responses((status = 200, body = Tokens), (status = "default", body = ProblemWire)))]
pub async fn list(caller: Caller) -> Result<Json<Tokens>, Problem> {
    let mut tx = caller.begin().await?;
    let rows = accounts::tokens(&mut tx, caller.pass.account, caller.state.now()).await?;
    Ok(Json(Tokens { tokens: rows.into_iter().map(Into::into).collect() }))
}

/// Make a token for a program, which can then do what the account can, but no accounts, passwords or tokens
#[utoipa::path(post, path = "/api/v1/me/tokens", tag = "me", request_body = NewToken,
    responses((status = 201, body = MadeToken), (status = 403, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn add(caller: Caller, Body(given): Body<NewToken>) -> Result<Response, Problem> {
    caller.require_person()?;
    let name = super::super::label(&given.name, NAME_MAX)?;
    if !(1..=DAYS_MAX).contains(&given.days) {
        return Err(Problem::bad_request(
            "bad_days",
            format!("有效期应为 1 到 {DAYS_MAX} 天"),
            format!("days must be from 1 to {DAYS_MAX}"),
        ));
    }
    let now = caller.state.now();
    let mut tx = caller.begin().await?;
    if accounts::tokens(&mut tx, caller.pass.account, now).await?.len() >= MOST {
        return Err(Problem::conflict(
            "too_many_tokens",
            format!("已有 {MOST} 个令牌：请先撤销不用的"),
            format!("there are {MOST} tokens already: revoke those that aren't used"),
        ));
    }
    let token = format!("{PREFIX}{}", auth::draw_token(clock::random_bytes()));
    let (hash, expires) = (auth::token_hash(&token), now + TimeDelta::days(given.days));
    let row = accounts::add_token(&mut tx, &caller.pass, &name, &hash, now, expires).await?;
    tx.commit().await?;
    let made = MadeToken { held: row.into(), token };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(made)).into_response())
}

/// Revoke a token, at once
#[utoipa::path(delete, path = "/api/v1/me/tokens/{id}", tag = "me", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn revoke(caller: Caller, Segment(id): Segment<Uuid>) -> Result<StatusCode, Problem> {
    caller.require_person()?;
    let mut tx = caller.begin().await?;
    if !accounts::revoke_token(&mut tx, &caller.pass, id).await? {
        return Err(Problem::not_found("这个令牌", "token"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
