//! Signing in by an OpenID Connect provider: what waits for its answer, and whose an identity is.

use chrono::{DateTime, Utc};

use super::Account;
use crate::access::Scope;
use crate::store::{Store, StoreError};

/// A sign-in on its way to the provider. Of state and browser there are only hashes.
#[derive(Debug, Clone, Copy)]
pub struct NewAttempt<'a> {
    pub state_hash: &'a [u8],
    pub browser_hash: &'a [u8],
    pub nonce: &'a str,
    pub verifier: &'a str,
    /// Where to go afterwards.
    pub back: &'a str,
    pub expires: DateTime<Utc>,
}

/// What was kept of it.
#[derive(Debug, sqlx::FromRow)]
pub struct Kept {
    pub nonce: String,
    pub verifier: String,
    pub back: String,
}

/// Who the provider says that this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub subject: String,
    /// Their username there, where it counts here.
    pub username: Option<String>,
}

impl Store {
    /// Keeps a sign-in until it comes back, and clears away those that never did.
    pub async fn begin_oidc(&self, new: NewAttempt<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM oidc_attempt WHERE expires_at <= $1").bind(now).execute(&self.pool).await?;
        sqlx::query(
            "INSERT INTO oidc_attempt (state_hash, browser_hash, nonce, verifier, back, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(new.state_hash)
        .bind(new.browser_hash)
        .bind(new.nonce)
        .bind(new.verifier)
        .bind(new.back)
        .bind(new.expires)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Takes what was kept: the second time, for another browser and too late there is nothing.
    pub async fn take_oidc(
        &self,
        state_hash: &[u8],
        browser_hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Kept>, StoreError> {
        Ok(sqlx::query_as(
            "DELETE FROM oidc_attempt WHERE state_hash = $1 AND browser_hash = $2 AND expires_at > $3
             RETURNING nonce, verifier, back",
        )
        .bind(state_hash)
        .bind(browser_hash)
        .bind(now)
        .fetch_optional(&self.pool)
        .await?)
    }

    /// The account that is linked to an identity; or the one of its username, which must not be linked to another.
    pub async fn account_of(&self, identity: &Identity) -> Result<Option<Account>, StoreError> {
        let mut tx = self.begin(&Scope::gate()).await?;
        Ok(sqlx::query_as(
            "SELECT id, username, password_hash, disabled_at IS NOT NULL AS disabled FROM account
             WHERE oidc_subject = $1 OR (oidc_subject IS NULL AND username = $2)
             ORDER BY oidc_subject NULLS LAST LIMIT 1",
        )
        .bind(&identity.subject)
        .bind(&identity.username)
        .fetch_optional(tx.conn())
        .await?)
    }
}
