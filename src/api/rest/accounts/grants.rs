//! Grants of an account: roles in areas, from a day and until a day.

use axum::Json;
use axum::http::StatusCode;
use chrono::NaiveDate;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::wire::{GrantChange, HeldGrant, NewGrant, days};
use super::{GRANTS_MAX, known, no_account, own_account, to_change};
use crate::access::Role;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::store::accounts::manage::{self, AccountRow, GrantRow};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(add)).routes(routes!(change, remove))
}

fn grant_of(held: &AccountRow, id: Uuid) -> Result<GrantRow, Problem> {
    let found = held.grants.iter().find(|grant| grant.id == id).cloned();
    found.ok_or_else(|| Problem::not_found("这项授权", "grant"))
}

/// Nobody locks themselves out: of one's own administrator grants that hold today the last one stays.
fn keep_last(caller: &Caller, held: &AccountRow, grant: &GrantRow) -> Result<(), Problem> {
    let today = caller.state.today();
    let administers = |row: &&GrantRow| row.grant.role == Role::Administrator && row.grant.holds_on(today);
    let own = held.username == caller.actor.username;
    let others = held.grants.iter().filter(administers).any(|row| row.id != grant.id);
    if own && administers(&grant) && !others {
        return Err(own_account(
            "不能收回自己的最后一项管理员授权：请其他管理员操作",
            "you can't take the last administrator grant from yourself: another administrator can",
        ));
    }
    Ok(())
}

/// Give an account a role in an area of its home
#[utoipa::path(post, path = "/api/v1/accounts/{username}/grants", tag = "accounts", params(("username" = String, Path)), request_body = NewGrant,
    responses((status = 201, body = HeldGrant), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn add(
    caller: Caller,
    Segment(name): Segment<String>,
    Body(given): Body<NewGrant>,
) -> Result<(StatusCode, Json<HeldGrant>), Problem> {
    let (mut tx, held) = to_change(&caller, &name).await?;
    let grant = given.checked(&held.area)?;
    known(&mut tx, &grant.area).await?;
    if held.grants.len() >= GRANTS_MAX {
        return Err(Problem::conflict(
            "too_many_grants",
            format!("该账号已有 {GRANTS_MAX} 项授权：请先收回不用的"),
            format!("the account has {GRANTS_MAX} grants already: take back those that aren't used"),
        ));
    }
    let row = manage::add_grant(&mut tx, &held, &grant, caller.state.now()).await?.ok_or_else(no_account)?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// Say when a grant ends
#[utoipa::path(patch, path = "/api/v1/accounts/{username}/grants/{id}", tag = "accounts",
    params(("username" = String, Path), ("id" = Uuid, Path)), request_body = GrantChange,
    responses((status = 200, body = HeldGrant), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn change(
    caller: Caller,
    Segment((name, id)): Segment<(String, Uuid)>,
    Body(given): Body<GrantChange>,
) -> Result<Json<HeldGrant>, Problem> {
    let (mut tx, held) = to_change(&caller, &name).await?;
    let grant = grant_of(&held, id)?;
    let until: Option<NaiveDate> = given.until;
    days(grant.grant.from, until)?;
    if until.is_some() {
        keep_last(&caller, &held, &grant)?;
    }
    let row = manage::change_grant(&mut tx, &held, &grant, until).await?;
    tx.commit().await?;
    Ok(Json(row.into()))
}

/// Take a grant away, at once
#[utoipa::path(delete, path = "/api/v1/accounts/{username}/grants/{id}", tag = "accounts",
    params(("username" = String, Path), ("id" = Uuid, Path)),
    responses((status = 204), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn remove(caller: Caller, Segment((name, id)): Segment<(String, Uuid)>) -> Result<StatusCode, Problem> {
    let (mut tx, held) = to_change(&caller, &name).await?;
    let grant = grant_of(&held, id)?;
    keep_last(&caller, &held, &grant)?;
    manage::remove_grant(&mut tx, &held, &grant).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
