//! What an account does with its own: its password, its sessions, the tokens of its programs.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Pass, door};
use crate::access::Scope;
use crate::store::{Store, StoreError, Tx, audit};

/// An open session.
#[derive(Debug, FromRow)]
pub struct SessionRow {
    pub id: Uuid,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// A program's token, which itself isn't known here any more.
#[derive(Debug, FromRow)]
pub struct TokenRow {
    pub id: Uuid,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Open sessions of an account, the latest first.
pub async fn sessions(tx: &mut Tx, account: Uuid, now: DateTime<Utc>) -> Result<Vec<SessionRow>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, created_at, coalesce(last_used_at, created_at) AS last_used_at, expires_at
         FROM session WHERE account = $1 AND expires_at > $2 ORDER BY created_at DESC, id DESC",
    )
    .bind(account)
    .bind(now)
    .fetch_all(tx.conn())
    .await?)
}

/// Ends a session of the account; gives whether there was one.
pub async fn end_session(tx: &mut Tx, pass: &Pass, id: Uuid) -> Result<bool, StoreError> {
    let ended = sqlx::query("DELETE FROM session WHERE id = $1 AND account = $2")
        .bind(id)
        .bind(pass.account)
        .execute(tx.conn())
        .await?
        .rows_affected();
    if ended > 0 {
        note(tx, pass, "account.session_end", Some(json!({"session": id})), None).await?;
    }
    Ok(ended > 0)
}

/// Tokens of an account that still hold, the latest first.
pub async fn tokens(tx: &mut Tx, account: Uuid, now: DateTime<Utc>) -> Result<Vec<TokenRow>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, name, created_at, expires_at, last_used_at FROM access_token
         WHERE account = $1 AND expires_at > $2 ORDER BY created_at DESC, id DESC",
    )
    .bind(account)
    .bind(now)
    .fetch_all(tx.conn())
    .await?)
}

/// Adds a token to the account, and clears away those that have ended.
pub async fn add_token(
    tx: &mut Tx,
    pass: &Pass,
    name: &str,
    token_hash: &[u8],
    now: DateTime<Utc>,
    expires: DateTime<Utc>,
) -> Result<TokenRow, StoreError> {
    sqlx::query("DELETE FROM access_token WHERE account = $1 AND expires_at <= $2")
        .bind(pass.account)
        .bind(now)
        .execute(tx.conn())
        .await?;
    let row: TokenRow = sqlx::query_as(
        "INSERT INTO access_token (id, account, account_area, name, token_hash, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id, name, created_at, expires_at, last_used_at",
    )
    .bind(Uuid::now_v7())
    .bind(pass.account)
    .bind(pass.area.as_str())
    .bind(name)
    .bind(token_hash)
    .bind(now)
    .bind(expires)
    .fetch_one(tx.conn())
    .await?;
    note(tx, pass, "account.token_add", None, Some(told(&row))).await?;
    Ok(row)
}

/// Ends a token of the account; gives whether there was one.
pub async fn revoke_token(tx: &mut Tx, pass: &Pass, id: Uuid) -> Result<bool, StoreError> {
    let gone: Option<TokenRow> = sqlx::query_as(
        "DELETE FROM access_token WHERE id = $1 AND account = $2
         RETURNING id, name, created_at, expires_at, last_used_at",
    )
    .bind(id)
    .bind(pass.account)
    .fetch_optional(tx.conn())
    .await?;
    if let Some(row) = &gone {
        note(tx, pass, "account.token_revoke", Some(told(row)), None).await?;
    }
    Ok(gone.is_some())
}

fn told(token: &TokenRow) -> Value {
    json!({"token": token.id, "name": token.name, "expires_at": token.expires_at})
}

async fn note(
    tx: &mut Tx,
    pass: &Pass,
    action: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), StoreError> {
    let entry = audit::Entry { action, subject: &pass.actor.username, area: &pass.area, before, after };
    audit::write(tx, entry).await
}

impl Store {
    /// Changes the password of whoever holds `pass`, which is a session's, and ends all other sessions. `fresh_hash`:
    /// of the session's new token.
    pub async fn change_password(
        &self,
        pass: &Pass,
        password_hash: &str,
        fresh_hash: Option<&[u8]>,
        now: DateTime<Utc>,
        request_id: Option<String>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin(&Scope::gate().named(&pass.actor.username).with_request(request_id)).await?;
        sqlx::query("UPDATE account SET password_hash = $2, must_change_password = false WHERE id = $1")
            .bind(pass.account)
            .bind(password_hash)
            .execute(tx.conn())
            .await?;
        let ended = sqlx::query("DELETE FROM session WHERE account = $1 AND id <> $2")
            .bind(pass.account)
            .bind(pass.id)
            .execute(tx.conn())
            .await?
            .rows_affected();
        // No moment longer for the token before: this may be why the password is changed.
        sqlx::query(
            "UPDATE session SET token_hash = coalesce($2, token_hash), token_since = $3, previous_hash = NULL,
                previous_until = NULL WHERE id = $1",
        )
        .bind(pass.id)
        .bind(fresh_hash)
        .bind(now)
        .execute(tx.conn())
        .await?;
        door::forget_wrong(&mut tx, &pass.actor.username).await?;
        note(&mut tx, pass, "account.password", None, Some(json!({"sessions_ended": ended}))).await?;
        tx.commit().await
    }
}
