//! Accounts and sessions. They belong to no area: an account is reached by its name, a session by its
//! token, of which only the hash is stored.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Store, StoreError};
use crate::access::{Actor, Role};

/// An account as sign-in needs it.
#[derive(Debug)]
pub struct Account {
    pub id: Uuid,
    pub actor: Actor,
    /// Argon2id, in PHC form.
    pub password_hash: String,
}

fn role(name: &str) -> Result<Role, StoreError> {
    match name {
        "administrator" => Ok(Role::Administrator),
        other => Err(StoreError::corrupt("role", other)),
    }
}

impl Store {
    pub async fn account(&self, username: &str) -> Result<Option<Account>, StoreError> {
        let row: Option<(Uuid, String, String, String, String)> =
            sqlx::query_as("SELECT id, username, name, role, password_hash FROM account WHERE username = $1")
                .bind(username)
                .fetch_optional(&self.pool)
                .await?;
        row.map(|(id, username, name, role_name, password_hash)| {
            Ok(Account { id, actor: Actor { username, name, role: role(&role_name)? }, password_hash })
        })
        .transpose()
    }

    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM account)").fetch_one(&self.pool).await?)
    }

    /// Adds an account; a taken name is refused by `account_username_key`.
    pub async fn add_account(
        &self,
        actor: &Actor,
        password_hash: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO account (id, username, name, password_hash, role, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(Uuid::now_v7())
            .bind(&actor.username)
            .bind(&actor.name)
            .bind(password_hash)
            .bind(actor.role.as_str())
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(())
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
        let row: Option<(String, String, String)> = sqlx::query_as(
            "SELECT username, name, role FROM session JOIN account ON account.id = session.account
             WHERE token_hash = $1 AND expires_at > $2",
        )
        .bind(token_hash)
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|(username, name, role_name)| Ok(Actor { username, name, role: role(&role_name)? }))
            .transpose()
    }

    pub async fn close_session(&self, token_hash: &[u8]) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM session WHERE token_hash = $1").bind(token_hash).execute(&self.pool).await?;
        Ok(())
    }
}
