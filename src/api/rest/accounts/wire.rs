//! Accounts on the wire, as their administrators see them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::{code, said};
use crate::access::{Grant, Role};
use crate::api::problem::Problem;
use crate::domain::Code;
use crate::store::accounts::manage::{AccountRow, GrantRow};

#[derive(Serialize, ToSchema)]
pub struct ManagedAccount {
    pub username: String,
    pub name: String,
    /// Home: all grants lie in it, and its administrators manage the account.
    #[schema(value_type = String)]
    pub area: Code,
    pub disabled: bool,
    /// Where wrong passwords keep it locked.
    pub locked_until: Option<DateTime<Utc>>,
    pub must_change_password: bool,
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// Who they are to the OpenID Connect provider (`sub`).
    pub oidc_subject: Option<String>,
    /// Past and future ones among them.
    pub grants: Vec<HeldGrant>,
}

#[derive(Serialize, ToSchema)]
pub struct HeldGrant {
    pub id: Uuid,
    pub role: Role,
    #[schema(value_type = String)]
    pub area: Code,
    /// The first day on which it holds.
    pub from: NaiveDate,
    /// The first day on which it no longer holds; null: open.
    pub until: Option<NaiveDate>,
    pub granted_by: String,
}

impl From<GrantRow> for HeldGrant {
    fn from(row: GrantRow) -> Self {
        let Grant { role, area, from, until } = row.grant;
        Self { id: row.id, role, area, from, until, granted_by: row.granted_by }
    }
}

impl From<AccountRow> for ManagedAccount {
    fn from(row: AccountRow) -> Self {
        Self {
            username: row.username,
            name: row.name,
            area: row.area,
            disabled: row.disabled,
            locked_until: row.locked_until,
            must_change_password: row.must_change_password,
            last_sign_in_at: row.last_sign_in_at,
            oidc_subject: row.oidc_subject,
            grants: row.grants.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Accounts {
    /// In the order of their usernames.
    pub accounts: Vec<ManagedAccount>,
    /// What to give as `after` for those that follow; null at the end.
    pub next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccountWire {
    /// 2 to 63 small letters, digits or hyphens.
    pub username: String,
    /// Of the person: 1 to 100 characters.
    pub name: String,
    /// Home.
    pub area: String,
    #[serde(default)]
    pub grants: Vec<NewGrant>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrant {
    pub role: Role,
    /// In the account's home area.
    pub area: String,
    pub from: NaiveDate,
    /// The first day on which it no longer holds; open when left out.
    pub until: Option<NaiveDate>,
}

impl NewGrant {
    /// The grant, where it lies in `home`.
    pub fn checked(self, home: &Code) -> Result<Grant, Problem> {
        let area = code(&self.area)?;
        if !home.covers(&area) {
            return Err(Problem::bad_request(
                "grant_outside",
                format!("{area} 不在该账号的所属区划 {home} 内：请选择其内的区划"),
                format!("{area} doesn't lie in {home}, the account's home: choose an area in it"),
            ));
        }
        days(self.from, self.until)?;
        Ok(Grant { role: self.role, area, from: self.from, until: self.until })
    }
}

/// A grant holds a day at least.
pub fn days(from: NaiveDate, until: Option<NaiveDate>) -> Result<(), Problem> {
    if until.is_some_and(|until| until <= from) {
        return Err(Problem::bad_request(
            "bad_period",
            "授权的结束日期须晚于开始日期",
            "a grant ends after the day on which it begins",
        ));
    }
    Ok(())
}

#[derive(Serialize, ToSchema)]
pub struct MadeAccount {
    pub account: ManagedAccount,
    /// Drawn at random, shown this once; it must be changed at the first sign-in.
    pub password: String,
}

#[derive(Serialize, ToSchema)]
pub struct DrawnPassword {
    /// Drawn at random, shown this once; it must be changed at the next sign-in.
    pub password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChangeWire {
    pub name: Option<String>,
    /// true: signed out everywhere at once, and the tokens of its programs end for good.
    pub disabled: Option<bool>,
    /// Links the account to an identity of the OpenID Connect provider, or, with null, to none.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub oidc_subject: Option<Option<String>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantChange {
    /// null: open.
    #[serde(deserialize_with = "Option::deserialize")]
    pub until: Option<NaiveDate>,
}
