//! Accounts, their grants, sessions and tokens. Of a token only the hash is stored, of a password its Argon2id.
//!
//! Whoever signs in is known by nothing but a name or a token: for that, and for what an account does at its own
//! door (its sign-ins, its password), an account is reached in [`Scope::gate`](crate::access::Scope::gate).
//! Everything else about accounts happens in an administrator's own scope ([`manage`]), or in the holder's.

mod door;
pub mod manage;
mod oidc;
mod own;
mod pass;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{StoreError, Tx};
use crate::access::{Grant, Role};
use crate::domain::Code;

pub use door::{Account, Attempt, Door};
pub use oidc::{Identity, Kept, NewAttempt};
pub use own::{SessionRow, TokenRow, add_token, end_session, revoke_token, sessions, tokens};
pub use pass::Pass;

/// An account to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewAccount<'a> {
    pub username: &'a str,
    pub name: &'a str,
    pub password_hash: &'a str,
    /// Whose administrators manage it; all of its grants lie here.
    pub area: &'a Code,
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

fn area(text: &str) -> Result<Code, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt("code", error))
}
