//! Signing in: the account behind a name, wrong passwords in a row, and the session that is opened.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::access::Scope;
use crate::store::{Store, StoreError, Tx, audit};

/// Wrong passwords in a row before an account is locked.
const FREE: i32 = 5;
/// The first lock; each further wrong password doubles it.
const FIRST: &str = "1 minute";
const LONGEST: &str = "1 hour";
/// After so long without another one, wrong passwords are forgotten.
const FORGOTTEN_HOURS: i64 = 24;
/// Names are remembered up to this many, the latest. Whoever would have a lock forgotten must send as many.
const REMEMBERED: i64 = 20_000;

/// An account as sign-in needs it.
#[derive(Debug, sqlx::FromRow)]
pub struct Account {
    pub id: Uuid,
    pub username: String,
    /// Argon2id, in PHC form.
    pub password_hash: String,
    pub disabled: bool,
}

/// Whether a password may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It is counted as wrong already, so that many at once gain nothing; [`Store::open_session`] forgets it.
    Counted,
    LockedUntil(DateTime<Utc>),
}

/// What happened at the door, for the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// A wrong password for an account that there is. Names that nobody has leave no entry: whoever makes
    /// them up would write the trail full.
    Refused,
    SignedOut,
}

/// How a name is known among those that were given with wrong passwords.
pub(super) fn name_hash(username: &str) -> Vec<u8> {
    Sha256::digest(username.as_bytes()).to_vec()
}

impl Store {
    pub async fn account(&self, username: &str) -> Result<Option<Account>, StoreError> {
        let mut tx = self.begin(&Scope::gate()).await?;
        Ok(sqlx::query_as(
            "SELECT id, username, password_hash, disabled_at IS NOT NULL AS disabled FROM account WHERE username = $1",
        )
        .bind(username)
        .fetch_optional(tx.conn())
        .await?)
    }

    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        let mut tx = self.begin(&Scope::gate()).await?;
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM account)").fetch_one(tx.conn()).await?)
    }

    /// Counts an attempt to give the password of `username`, whether there is such an account or not.
    pub async fn attempt(&self, username: &str, now: DateTime<Utc>) -> Result<Attempt, StoreError> {
        let hash = name_hash(username);
        sqlx::query(
            "DELETE FROM sign_in_failure WHERE last_at < $1 OR name_hash IN
                (SELECT name_hash FROM sign_in_failure ORDER BY last_at DESC OFFSET $2)",
        )
        .bind(now - TimeDelta::hours(FORGOTTEN_HOURS))
        .bind(REMEMBERED)
        .execute(&self.pool)
        .await?;
        let counted = sqlx::query(
            "INSERT INTO sign_in_failure AS held (name_hash, wrong, last_at) VALUES ($1, 1, $2)
             ON CONFLICT (name_hash) DO UPDATE SET wrong = held.wrong + 1, last_at = $2,
                locked_until = CASE WHEN held.wrong + 1 >= $3 THEN
                    $2 + least($4::interval * 2 ^ least(held.wrong + 1 - $3, 20), $5::interval) END
             WHERE held.locked_until IS NULL OR held.locked_until <= $2",
        )
        .bind(&hash)
        .bind(now)
        .bind(FREE)
        .bind(FIRST)
        .bind(LONGEST)
        .execute(&self.pool)
        .await?
        .rows_affected();
        if counted == 1 {
            return Ok(Attempt::Counted);
        }
        let until: Option<Option<DateTime<Utc>>> =
            sqlx::query_scalar("SELECT locked_until FROM sign_in_failure WHERE name_hash = $1")
                .bind(&hash)
                .fetch_optional(&self.pool)
                .await?;
        // Unlocked in between: the next attempt will be counted.
        Ok(Attempt::LockedUntil(until.flatten().unwrap_or(now)))
    }

    /// Opens a session for whoever gave the right password, which forgets the wrong ones, or came by the provider, and clears away sessions that have
    /// ended. Gives the session's id.
    pub async fn open_session(
        &self,
        account: Uuid,
        token_hash: &[u8],
        by_provider: bool,
        now: DateTime<Utc>,
        expires: DateTime<Utc>,
        request_id: Option<String>,
    ) -> Result<Uuid, StoreError> {
        let mut tx = self.begin(&Scope::gate().with_request(request_id)).await?;
        sqlx::query("DELETE FROM session WHERE expires_at <= $1").bind(now).execute(tx.conn()).await?;
        let id = Uuid::now_v7();
        sqlx::query(
            "INSERT INTO session (id, token_hash, account, created_at, last_used_at, token_since, expires_at, by_provider)
             VALUES ($1, $2, $3, $4, $4, $4, $5, $6)",
        )
        .bind(id)
        .bind(token_hash)
        .bind(account)
        .bind(now)
        .bind(expires)
        .bind(by_provider)
        .execute(tx.conn())
        .await?;
        let (username, home): (String, String) =
            sqlx::query_as("UPDATE account SET last_sign_in_at = $2 WHERE id = $1 RETURNING username, area")
                .bind(account)
                .bind(now)
                .fetch_one(tx.conn())
                .await?;
        if !by_provider {
            forget_wrong(&mut tx, &username).await?;
        }
        tx.scope = tx.scope.clone().named(&username);
        let after = by_provider.then(|| json!({"by": "oidc"}));
        note(&mut tx, "session.open", &username, &home, after).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub async fn close_session(&self, token_hash: &[u8]) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM session WHERE token_hash = $1 OR previous_hash = $1")
            .bind(token_hash)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Notes what happened at the door of an account, in the trail of its home area.
    pub async fn note_door(
        &self,
        username: &str,
        door: Door,
        request_id: Option<String>,
    ) -> Result<(), StoreError> {
        let (actor, action) = match door {
            Door::Refused => ("anonymous", "session.refuse"),
            Door::SignedOut => (username, "session.close"),
        };
        let mut tx = self.begin(&Scope::gate().named(actor).with_request(request_id)).await?;
        let row: Option<(String, Option<DateTime<Utc>>)> = sqlx::query_as(
            "SELECT area, (SELECT locked_until FROM sign_in_failure WHERE name_hash = $2) FROM account WHERE username = $1",
        )
        .bind(username)
        .bind(name_hash(username))
        .fetch_optional(tx.conn())
        .await?;
        let Some((home, locked_until)) = row else { return Ok(()) };
        let locked = locked_until.filter(|_| door == Door::Refused);
        let after = locked.map(|until| json!({"locked_until": until}));
        note(&mut tx, action, username, &home, after).await?;
        tx.commit().await
    }
}

async fn note(
    tx: &mut Tx,
    action: &str,
    username: &str,
    home: &str,
    after: Option<Value>,
) -> Result<(), StoreError> {
    let area = super::area(home)?;
    let entry = audit::Entry { action, subject: username, area: &area, before: None, after };
    audit::write(tx, entry).await
}

/// Forgets the wrong passwords of a name; gives whether there were any.
pub(super) async fn forget_wrong(tx: &mut Tx, username: &str) -> Result<bool, StoreError> {
    let gone = sqlx::query("DELETE FROM sign_in_failure WHERE name_hash = $1")
        .bind(name_hash(username))
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected() > 0)
}
