//! Accounts and their grants, for administrators: of accounts whose home area lies in an area of which they manage
//! the accounts. Changes are a person's to make, not a program's.

mod grants;
mod wire;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::wire::{AccountChangeWire, Accounts, DrawnPassword, MadeAccount, ManagedAccount, NewAccountWire};
use super::{code, label, username};
use crate::access::Capability;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::{AppState, auth};
use crate::clock;
use crate::domain::Code;
use crate::store::accounts::NewAccount;
use crate::store::accounts::manage::{self, AccountChange, AccountFilter, AccountRow};
use crate::store::{Tx, areas};

const NAME_MAX: usize = 100;
const GRANTS_MAX: usize = 100;
const SUBJECT_MAX: usize = 255;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get, change))
        .routes(routes!(reset))
        .routes(routes!(unlock))
        .merge(grants::routes())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AccountsQuery {
    /// Whose home lies in this area.
    area: Option<String>,
    /// Part of a username or name.
    search: Option<String>,
    /// 1 to 500; 100 when left out.
    limit: Option<i64>,
    /// Where the page before ended.
    after: Option<String>,
}

/// Whoever manages accounts nowhere is told so.
fn require_somewhere(caller: &Caller) -> Result<(), Problem> {
    if caller.scope.may_somewhere(Capability::Accounts) {
        return Ok(());
    }
    Err(Problem::forbidden(Capability::Accounts, &caller.pass.area))
}

fn no_account() -> Problem {
    Problem::not_found("这个账号", "account")
}

fn own_account(zh: &str, en: &str) -> Problem {
    Problem::conflict("own_account", zh, en)
}

/// An account that is to be changed by a person who manages it, locked until the transaction ends.
async fn to_change(caller: &Caller, name: &str) -> Result<(Tx, AccountRow), Problem> {
    require_somewhere(caller)?;
    caller.require_person()?;
    let mut tx = caller.begin().await?;
    let held = manage::get_locked(&mut tx, name, caller.state.now()).await?.ok_or_else(no_account)?;
    Ok((tx, held))
}

/// Accounts whose home lies in an area
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts", params(AccountsQuery),
    responses((status = 200, body = Accounts), (status = 403, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn list(caller: Caller, Params(query): Params<AccountsQuery>) -> Result<Json<Accounts>, Problem> {
    let area = query.area.as_deref().map(code).transpose()?;
    match &area {
        Some(area) => caller.require(Capability::Accounts, area)?,
        None => require_somewhere(&caller)?,
    }
    let limit = query.limit.unwrap_or(100);
    if !(1..=500).contains(&limit) {
        return Err(Problem::bad_request(
            "bad_limit",
            "limit 应在 1 到 500 之间",
            "limit must be from 1 to 500",
        ));
    }
    let search = query.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let filter = AccountFilter { area: area.as_ref(), search, username: None, after: query.after.as_deref() };
    let mut tx = caller.begin().await?;
    let mut rows = manage::page(&mut tx, filter, limit + 1, caller.state.now()).await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|last| last.username.clone());
    Ok(Json(Accounts { accounts: rows.into_iter().map(Into::into).collect(), next }))
}

/// Make an account, with a password that is drawn at random and must be changed
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", request_body = NewAccountWire,
    responses((status = 201, body = MadeAccount), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn add(caller: Caller, Body(given): Body<NewAccountWire>) -> Result<Response, Problem> {
    let area = code(&given.area)?;
    caller.require(Capability::Accounts, &area)?;
    caller.require_person()?;
    let (username, name) = (username(&given.username)?, label(&given.name, NAME_MAX)?);
    if given.grants.len() > GRANTS_MAX {
        return Err(Problem::bad_request(
            "too_many_grants",
            format!("一次最多 {GRANTS_MAX} 项授权"),
            format!("at most {GRANTS_MAX} grants at once"),
        ));
    }
    let grants = given.grants.into_iter().map(|grant| grant.checked(&area)).collect::<Result<Vec<_>, _>>()?;
    let password = clock::draw_password();
    let hash = auth::hash(password.clone()).await?;
    let now = caller.state.now();
    let mut tx = caller.begin().await?;
    for code in grants.iter().map(|grant| &grant.area).chain([&area]) {
        known(&mut tx, code).await?;
    }
    let new = NewAccount { username: &username, name: &name, password_hash: &hash, area: &area };
    manage::create(&mut tx, new, true, &grants, now).await?;
    let row = manage::get(&mut tx, &username, now).await?.ok_or_else(no_account)?;
    tx.commit().await?;
    let headers = [
        (header::LOCATION, format!("/api/v1/accounts/{username}")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let made = MadeAccount { account: row.into(), password };
    Ok((StatusCode::CREATED, headers, Json(made)).into_response())
}

/// A mistyped code would make an account that is of no use.
async fn known(tx: &mut Tx, area: &Code) -> Result<(), Problem> {
    areas::get(tx, area).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    Ok(())
}

/// One account
#[utoipa::path(get, path = "/api/v1/accounts/{username}", tag = "accounts", params(("username" = String, Path)),
    responses((status = 200, body = ManagedAccount), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = "default", body = ProblemWire)))]
async fn get(caller: Caller, Segment(name): Segment<String>) -> Result<Json<ManagedAccount>, Problem> {
    require_somewhere(&caller)?;
    let mut tx = caller.begin().await?;
    let row = manage::get(&mut tx, &name, caller.state.now()).await?.ok_or_else(no_account)?;
    Ok(Json(row.into()))
}

/// Rename, disable, enable or link an account; what is left out stays
#[utoipa::path(patch, path = "/api/v1/accounts/{username}", tag = "accounts", params(("username" = String, Path)), request_body = AccountChangeWire,
    responses((status = 200, body = ManagedAccount), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn change(
    caller: Caller,
    Segment(name): Segment<String>,
    Body(given): Body<AccountChangeWire>,
) -> Result<Json<ManagedAccount>, Problem> {
    let fresh = given.name.as_deref().map(|name| label(name, NAME_MAX)).transpose()?;
    let oidc_subject =
        given.oidc_subject.map(|subject| subject.map(|text| label(&text, SUBJECT_MAX)).transpose());
    let oidc_subject = oidc_subject.transpose()?;
    let (mut tx, held) = to_change(&caller, &name).await?;
    if given.disabled == Some(true) && held.username == caller.actor.username {
        return Err(own_account(
            "不能停用自己的账号：请其他管理员操作",
            "you can't disable your own account: another administrator can",
        ));
    }
    let now = caller.state.now();
    let change = AccountChange { name: fresh, disabled: given.disabled, oidc_subject };
    manage::change(&mut tx, &held, &change, now).await?;
    let row = manage::get(&mut tx, &name, now).await?.ok_or_else(no_account)?;
    tx.commit().await?;
    Ok(Json(row.into()))
}

/// Draw another password for an account, which must be changed; its sessions end
#[utoipa::path(post, path = "/api/v1/accounts/{username}/password-reset", tag = "accounts", params(("username" = String, Path)),
    responses((status = 200, body = DrawnPassword), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn reset(caller: Caller, Segment(name): Segment<String>) -> Result<Response, Problem> {
    let (mut tx, held) = to_change(&caller, &name).await?;
    if held.username == caller.actor.username {
        return Err(own_account(
            "自己的密码请在“我的账号”中修改",
            "change your own password in your own account",
        ));
    }
    let password = clock::draw_password();
    let hash = auth::hash(password.clone()).await?;
    manage::reset_password(&mut tx, &held, &hash, true).await?;
    tx.commit().await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(DrawnPassword { password })).into_response())
}

/// Let an account that wrong passwords have locked try again
#[utoipa::path(post, path = "/api/v1/accounts/{username}/unlock", tag = "accounts", params(("username" = String, Path)),
    responses((status = 204), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn unlock(caller: Caller, Segment(name): Segment<String>) -> Result<StatusCode, Problem> {
    let (mut tx, held) = to_change(&caller, &name).await?;
    manage::unlock(&mut tx, &held).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
