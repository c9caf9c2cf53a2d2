//! Accounts as their administrators see and change them: in scope are those whose home area lies in an area of which
//! the caller manages the accounts. Each change is noted in the trail of the account's home area.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::{NewAccount, add, door, give};
use crate::access::{Grant, Role};
use crate::domain::Code;
use crate::store::{StoreError, Tx, audit};

/// An account with its grants, past and future ones among them.
#[derive(Debug, Clone)]
pub struct AccountRow {
    pub id: Uuid,
    pub username: String,
    pub name: String,
    pub area: Code,
    pub disabled: bool,
    /// Where wrong passwords keep it locked.
    pub locked_until: Option<DateTime<Utc>>,
    pub must_change_password: bool,
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// Who they are to the OpenID Connect provider.
    pub oidc_subject: Option<String>,
    pub grants: Vec<GrantRow>,
}

/// A grant as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRow {
    pub id: Uuid,
    #[serde(flatten)]
    pub grant: Grant,
    pub granted_by: String,
}

/// What to change of an account; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    pub name: Option<String>,
    pub disabled: Option<bool>,
    pub oidc_subject: Option<Option<String>>,
}

/// Which accounts.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccountFilter<'a> {
    /// Whose home lies here.
    pub area: Option<&'a Code>,
    /// Part of a username or name.
    pub search: Option<&'a str>,
    /// Only this one.
    pub username: Option<&'a str>,
    /// After this username.
    pub after: Option<&'a str>,
}

#[derive(FromRow)]
struct Raw {
    id: Uuid,
    username: String,
    name: String,
    area: String,
    disabled: bool,
    locked_until: Option<DateTime<Utc>>,
    must_change_password: bool,
    last_sign_in_at: Option<DateTime<Utc>>,
    oidc_subject: Option<String>,
    grants: Json<Vec<GrantRow>>,
}

/// Accounts in the order of their usernames. Their own account, which everybody can read, is only among them where
/// the caller manages it.
pub async fn page(
    tx: &mut Tx,
    filter: AccountFilter<'_>,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<AccountRow>, StoreError> {
    let raws: Vec<Raw> = sqlx::query_as(
        "SELECT account.id, username, name, account.area, disabled_at IS NOT NULL AS disabled, failed.locked_until,
                must_change_password, last_sign_in_at, oidc_subject,
                coalesce((SELECT jsonb_agg(jsonb_build_object('id', g.id, 'role', g.role, 'area', g.area, 'from', g.begins,
                                                              'until', g.ends, 'granted_by', g.granted_by)
                                           ORDER BY g.area, g.role, g.begins, g.id)
                          FROM account_grant g WHERE g.account = account.id), '[]'::jsonb) AS grants
         FROM account LEFT JOIN sign_in_failure failed
              ON failed.name_hash = sha256(convert_to(username, 'UTF8')) AND failed.locked_until > $1
         WHERE account.area ^@ ANY ((SELECT khot.may('accounts'))::text[]) AND account.area ^@ $2
           AND ($3::text IS NULL OR position(lower($3) IN username || ' ' || lower(name)) > 0)
           AND ($4::text IS NULL OR username = $4) AND ($5::text IS NULL OR username > $5)
         ORDER BY username LIMIT $6",
    )
    .bind(now)
    .bind(filter.area.map_or("", Code::as_str))
    .bind(filter.search)
    .bind(filter.username)
    .bind(filter.after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    raws.into_iter().map(row).collect()
}

fn row(raw: Raw) -> Result<AccountRow, StoreError> {
    Ok(AccountRow {
        id: raw.id,
        username: raw.username,
        name: raw.name,
        area: super::area(&raw.area)?,
        disabled: raw.disabled,
        locked_until: raw.locked_until,
        must_change_password: raw.must_change_password,
        last_sign_in_at: raw.last_sign_in_at,
        oidc_subject: raw.oidc_subject,
        grants: raw.grants.0,
    })
}

/// One account; none where there is none in scope.
pub async fn get(tx: &mut Tx, username: &str, now: DateTime<Utc>) -> Result<Option<AccountRow>, StoreError> {
    let filter = AccountFilter { username: Some(username), ..AccountFilter::default() };
    Ok(page(tx, filter, 1, now).await?.pop())
}

/// The same, with nobody else changing it until the transaction ends.
pub async fn get_locked(
    tx: &mut Tx,
    username: &str,
    now: DateTime<Utc>,
) -> Result<Option<AccountRow>, StoreError> {
    sqlx::query("SELECT FROM account WHERE username = $1 FOR UPDATE")
        .bind(username)
        .execute(tx.conn())
        .await?;
    get(tx, username, now).await
}

/// Makes an account with its grants; a taken name is refused by `account_username_key`.
pub async fn create(
    tx: &mut Tx,
    new: NewAccount<'_>,
    must_change_password: bool,
    grants: &[Grant],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let id = add(tx, new, now).await?;
    if must_change_password {
        sqlx::query("UPDATE account SET must_change_password = true WHERE id = $1")
            .bind(id)
            .execute(tx.conn())
            .await?;
    }
    for grant in grants {
        give(tx, id, grant, now).await?;
    }
    let after =
        json!({"name": new.name, "area": new.area, "grants": grants.iter().map(told).collect::<Vec<_>>()});
    let entry = audit::Entry {
        action: "account.add",
        subject: new.username,
        area: new.area,
        before: None,
        after: Some(after),
    };
    audit::write(tx, entry).await
}

/// Changes an account. Whoever is disabled is signed out everywhere, and their programs' tokens end for good.
pub async fn change(
    tx: &mut Tx,
    held: &AccountRow,
    change: &AccountChange,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (mut before, mut after) = (Map::new(), Map::new());
    let mut differs = |key: &str, old: Value, new: Option<Value>| {
        if let Some(new) = new.filter(|new| *new != old) {
            before.insert(key.to_owned(), old);
            after.insert(key.to_owned(), new);
        }
    };
    differs("name", json!(held.name), change.name.as_ref().map(|name| json!(name)));
    differs("disabled", json!(held.disabled), change.disabled.map(|disabled| json!(disabled)));
    let subject = change.oidc_subject.as_ref();
    differs("oidc_subject", json!(held.oidc_subject), subject.map(|subject| json!(subject)));
    if after.is_empty() {
        return Ok(());
    }
    let disabled = change.disabled.unwrap_or(held.disabled);
    sqlx::query(
        "UPDATE account SET name = $2, disabled_at = CASE WHEN $3 THEN coalesce(disabled_at, $4) END,
            oidc_subject = $5 WHERE id = $1",
    )
    .bind(held.id)
    .bind(change.name.as_ref().unwrap_or(&held.name))
    .bind(disabled)
    .bind(now)
    .bind(subject.unwrap_or(&held.oidc_subject))
    .execute(tx.conn())
    .await?;
    if disabled && !held.disabled {
        end_sessions(tx, held).await?;
        sqlx::query("DELETE FROM access_token WHERE account = $1").bind(held.id).execute(tx.conn()).await?;
    }
    note(tx, held, "account.change", Some(Value::Object(before)), Some(Value::Object(after))).await
}

async fn end_sessions(tx: &mut Tx, held: &AccountRow) -> Result<u64, StoreError> {
    let ended =
        sqlx::query("DELETE FROM session WHERE account = $1").bind(held.id).execute(tx.conn()).await?;
    Ok(ended.rows_affected())
}

/// Gives an account another password, signs it out everywhere and unlocks it.
pub async fn reset_password(
    tx: &mut Tx,
    held: &AccountRow,
    password_hash: &str,
    must_change: bool,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE account SET password_hash = $2, must_change_password = $3 WHERE id = $1")
        .bind(held.id)
        .bind(password_hash)
        .bind(must_change)
        .execute(tx.conn())
        .await?;
    let ended = end_sessions(tx, held).await?;
    door::forget_wrong(tx, &held.username).await?;
    let (before, after) = (
        json!({"must_change_password": held.must_change_password}),
        json!({"must_change_password": must_change, "sessions_ended": ended}),
    );
    note(tx, held, "account.reset", Some(before), Some(after)).await
}

/// Lets an account try passwords again.
pub async fn unlock(tx: &mut Tx, held: &AccountRow) -> Result<(), StoreError> {
    door::forget_wrong(tx, &held.username).await?;
    let before = json!({"locked_until": held.locked_until});
    note(tx, held, "account.unlock", Some(before), Some(json!({"locked_until": null}))).await
}

/// Gives an account a role in an area of its home; elsewhere it is refused by `account_grant_in_home`.
pub async fn add_grant(
    tx: &mut Tx,
    held: &AccountRow,
    grant: &Grant,
    now: DateTime<Utc>,
) -> Result<Option<GrantRow>, StoreError> {
    let Some(id) = give(tx, held.id, grant, now).await? else { return Ok(None) };
    note(tx, held, "account.grant_add", None, Some(told(grant))).await?;
    Ok(Some(GrantRow { id, grant: grant.clone(), granted_by: tx.scope.actor().to_owned() }))
}

/// Lets a grant end before `until`, or never.
pub async fn change_grant(
    tx: &mut Tx,
    held: &AccountRow,
    grant: &GrantRow,
    until: Option<NaiveDate>,
) -> Result<GrantRow, StoreError> {
    let changed = GrantRow { grant: Grant { until, ..grant.grant.clone() }, ..grant.clone() };
    if changed == *grant {
        return Ok(changed);
    }
    sqlx::query("UPDATE account_grant SET ends = $2 WHERE id = $1")
        .bind(grant.id)
        .bind(until)
        .execute(tx.conn())
        .await?;
    note(tx, held, "account.grant_change", Some(told(&grant.grant)), Some(told(&changed.grant))).await?;
    Ok(changed)
}

/// Takes a grant away.
pub async fn remove_grant(tx: &mut Tx, held: &AccountRow, grant: &GrantRow) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM account_grant WHERE id = $1").bind(grant.id).execute(tx.conn()).await?;
    note(tx, held, "account.grant_remove", Some(told(&grant.grant)), None).await
}

fn told(grant: &Grant) -> Value {
    let role: Role = grant.role;
    json!({"role": role.as_str(), "area": grant.area, "from": grant.from, "until": grant.until})
}

async fn note(
    tx: &mut Tx,
    held: &AccountRow,
    action: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), StoreError> {
    let entry = audit::Entry { action, subject: &held.username, area: &held.area, before, after };
    audit::write(tx, entry).await
}
