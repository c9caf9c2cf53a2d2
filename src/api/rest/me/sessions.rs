use axum::Json;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::caller::Caller;
use crate::api::extract::Segment;
use crate::api::problem::{Problem, ProblemWire};
use crate::store::accounts;

#[derive(Serialize, ToSchema)]
pub struct Sessions {
    /// The latest first.
    sessions: Vec<OwnSession>,
}

#[derive(Serialize, ToSchema)]
struct OwnSession {
    id: Uuid,
    created_at: DateTime<Utc>,
    /// To a minute.
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// The one that asks.
    current: bool,
}

/// One's own open sessions
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "me",
    responses((status = 200, body = Sessions), (status = "default", body = ProblemWire)))]
pub async fn list(caller: Caller) -> Result<Json<Sessions>, Problem> {
    let mut tx = caller.begin().await?;
    let rows = accounts::sessions(&mut tx, caller.pass.account, caller.state.now()).await?;
    let shown = |row: accounts::SessionRow| OwnSession {
        current: row.id == caller.pass.id,
        id: row.id,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
    };
    Ok(Json(Sessions { sessions: rows.into_iter().map(shown).collect() }))
}

/// End one of one's own sessions
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", tag = "me", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn end(caller: Caller, Segment(id): Segment<Uuid>) -> Result<StatusCode, Problem> {
    caller.require_person()?;
    let mut tx = caller.begin().await?;
    if !accounts::end_session(&mut tx, &caller.pass, id).await? {
        return Err(Problem::not_found("这个登录会话", "session"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
