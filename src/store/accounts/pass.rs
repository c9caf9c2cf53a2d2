//! What a request shows: the token of a session, or of a program.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use crate::access::{Actor, Grant, Scope};
use crate::domain::Code;
use crate::store::{Store, StoreError};

/// For how long the token before still holds, in seconds: requests were on their way with it.
const OVERLAP_S: i64 = 30;
/// That it was used is written down so often, in seconds.
const NOTED_S: i64 = 60;

/// Whose token it is.
#[derive(Debug, Clone)]
pub struct Pass {
    /// Of the session or of the program's token.
    pub id: Uuid,
    /// A program's, and not a session's.
    pub is_token: bool,
    /// Since when it has been this token.
    pub since: DateTime<Utc>,
    /// To a minute; none when it never was.
    pub last_used_at: Option<DateTime<Utc>>,
    pub account: Uuid,
    /// The account's home.
    pub area: Code,
    pub must_change_password: bool,
    pub actor: Actor,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    is_token: bool,
    since: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    account: Uuid,
    username: String,
    name: String,
    area: String,
    must_change_password: bool,
    grants: Json<Vec<Grant>>,
}

impl Store {
    /// Whose token this is, if it holds at `now`.
    pub async fn pass(&self, token_hash: &[u8], now: DateTime<Utc>) -> Result<Option<Pass>, StoreError> {
        let row: Option<Row> = sqlx::query_as("SELECT * FROM khot.pass($1, $2)")
            .bind(token_hash)
            .bind(now)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Pass {
            id: row.id,
            is_token: row.is_token,
            since: row.since,
            last_used_at: row.last_used_at,
            account: row.account,
            area: super::area(&row.area)?,
            must_change_password: row.must_change_password,
            actor: Actor { username: row.username, name: row.name, grants: row.grants.0 },
        }))
    }

    /// Writes down that it was used, where that is more than a minute ago.
    pub async fn note_use(&self, pass: &Pass, now: DateTime<Utc>) -> Result<(), StoreError> {
        if pass.last_used_at.is_some_and(|last| now - last < TimeDelta::seconds(NOTED_S)) {
            return Ok(());
        }
        let table = if pass.is_token { "access_token" } else { "session" };
        let mut tx = self.begin(&Scope::gate().named(&pass.actor.username)).await?;
        sqlx::query(sqlx::AssertSqlSafe(format!("UPDATE {table} SET last_used_at = $2 WHERE id = $1")))
            .bind(pass.id)
            .bind(now)
            .execute(tx.conn())
            .await?;
        tx.commit().await
    }

    /// Gives a session another token, unless another request has just done so.
    pub async fn renew(
        &self,
        token_hash: &[u8],
        fresh_hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let renewed = sqlx::query(
            "UPDATE session SET token_hash = $2, token_since = $3, previous_hash = $1, previous_until = $4 WHERE token_hash = $1",
        )
        .bind(token_hash)
        .bind(fresh_hash)
        .bind(now)
        .bind(now + TimeDelta::seconds(OVERLAP_S))
        .execute(&self.pool)
        .await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Ends a session that nobody has used for too long.
    pub async fn end_idle(&self, pass: &Pass) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM session WHERE id = $1").bind(pass.id).execute(&self.pool).await?;
        Ok(())
    }
}
