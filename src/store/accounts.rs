//! Accounts, their grants and sessions. Of a session's token only the hash is stored.
//!
//! Whoever signs in is known by nothing but a name or a token: for that, and for that alone, an account is
//! read in [`Scope::gate`]. Everything else about accounts happens in an administrator's own scope.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Store, StoreError, Tx, audit};
use crate::access::{Actor, Grant, Role, Scope};
use crate::domain::Code;

/// An account as sign-in needs it.
#[derive(Debug)]
pub struct Account {
    pub id: Uuid,
    pub username: String,
    /// Argon2id, in PHC form.
    pub password_hash: String,
}

/// An account to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewAccount<'a> {
    pub username: &'a str,
    pub name: &'a str,
    pub password_hash: &'a str,
    /// Whose administrators manage it; all of its grants lie here.
    pub area: &'a Code,
}

impl Store {
    pub async fn account(&self, username: &str) -> Result<Option<Account>, StoreError> {
        let mut tx = self.begin(&Scope::gate()).await?;
        let row: Option<(Uuid, String, String)> =
            sqlx::query_as("SELECT id, username, password_hash FROM account WHERE username = $1")
                .bind(username)
                .fetch_optional(tx.conn())
                .await?;
        Ok(row.map(|(id, username, password_hash)| Account { id, username, password_hash }))
    }

    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        let mut tx = self.begin(&Scope::gate()).await?;
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM account)").fetch_one(tx.conn()).await?)
    }

    /// Opens a session and clears away those that have ended.
    pub async fn open_session(
        &self,
        account: Uuid,
        token_hash: &[u8],
        now: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM session WHERE expires_at <= $1").bind(now).execute(&self.pool).await?;
        sqlx::query(
            "INSERT INTO session (token_hash, account, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(token_hash)
        .bind(account)
        .bind(now)
        .bind(expires)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Whose session this token is, if it is still open at `now`.
    pub async fn session_actor(
        &self,
        token_hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Actor>, StoreError> {
        let row: Option<(String, String, Json<Vec<Grant>>)> =
            sqlx::query_as("SELECT username, name, grants FROM khot.session_account($1, $2)")
                .bind(token_hash)
                .bind(now)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(username, name, grants)| Actor { username, name, grants: grants.0 }))
    }

    pub async fn close_session(&self, token_hash: &[u8]) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM session WHERE token_hash = $1").bind(token_hash).execute(&self.pool).await?;
        Ok(())
    }
}

/// What happened at the door, for the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    SignedIn,
    /// A wrong password for an account that there is. Names that nobody has leave no entry: whoever makes
    /// them up would write the trail full.
    Refused,
    SignedOut,
}

impl Store {
    /// Notes what happened at the door of an account, in the trail of its home area.
    pub async fn note_door(
        &self,
        username: &str,
        door: Door,
        request_id: Option<String>,
    ) -> Result<(), StoreError> {
        let actor = if door == Door::Refused { "anonymous" } else { username };
        let mut tx = self.begin(&Scope::gate().named(actor).with_request(request_id)).await?;
        let home: Option<String> = sqlx::query_scalar("SELECT area FROM account WHERE username = $1")
            .bind(username)
            .fetch_optional(tx.conn())
            .await?;
        let Some(home) = home else { return Ok(()) };
        let area: Code = home.parse().map_err(|error| StoreError::corrupt("code", error))?;
        let action = match door {
            Door::SignedIn => "session.open",
            Door::Refused => "session.refuse",
            Door::SignedOut => "session.close",
        };
        let entry = audit::Entry { action, subject: username, area: &area, before: None, after: None };
        audit::write(&mut tx, entry).await?;
        tx.commit().await
    }
}

/// Adds an account without any grant; a taken name is refused by `account_username_key`.
pub async fn add(tx: &mut Tx, new: NewAccount<'_>, now: DateTime<Utc>) -> Result<Uuid, StoreError> {
    let id = Uuid::now_v7();
    sqlx::query(
        "INSERT INTO account (id, username, name, password_hash, area, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(new.username)
    .bind(new.name)
    .bind(new.password_hash)
    .bind(new.area.as_str())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// Gives `role` in `area` to an account; outside the account's home area it is refused by
/// `account_grant_in_home`.
pub async fn give(
    tx: &mut Tx,
    account: Uuid,
    grant: &Grant,
    now: DateTime<Utc>,
) -> Result<Option<Uuid>, StoreError> {
    let (id, by) = (Uuid::now_v7(), tx.scope.actor().to_owned());
    let (role, from, until): (Role, NaiveDate, Option<NaiveDate>) = (grant.role, grant.from, grant.until);
    let made = sqlx::query(
        "INSERT INTO account_grant (id, account, account_area, role, area, begins, ends, granted_by, granted_at)
         SELECT $1, account.id, account.area, $3, $4, $5, $6, $7, $8 FROM account WHERE account.id = $2",
    )
    .bind(id)
    .bind(account)
    .bind(role.as_str())
    .bind(grant.area.as_str())
    .bind(from)
    .bind(until)
    .bind(by)
    .bind(now)
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok((made == 1).then_some(id))
}
