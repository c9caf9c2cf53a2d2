//! What a worker is paid: for finance, and for the worker themselves once it is locked.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::runs::LineWire;
use super::{MaybeMonthQuery, month_of};
use crate::access::Capability;
use crate::api::caller::Caller;
use crate::api::extract::{Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Month, PersonalField};
use crate::store::Tx;
use crate::store::pay::{self, RunStatus};
use crate::store::workers::{self, WorkerRow};

#[derive(Serialize, ToSchema)]
#[schema(as = PayStatement)]
pub struct StatementWire {
    worker: Uuid,
    /// Masked.
    name: Option<String>,
    #[schema(value_type = Option<String>)]
    month: Option<Month>,
    /// None where nothing is paid in the month.
    #[schema(inline)]
    status: Option<RunStatus>,
    lines: Vec<LineWire>,
    total_fen: i64,
    /// CNY.
    currency: &'static str,
    /// By rules whose amounts are nobody's actual rates.
    demo: bool,
    /// The worker is made up.
    synthetic: bool,
    /// Those of which there is a statement, the latest first.
    #[schema(value_type = Vec<String>)]
    months: Vec<Month>,
}

type Answer = ([(HeaderName, HeaderValue); 1], Json<StatementWire>);

async fn shown(
    tx: &mut Tx,
    mut worker: WorkerRow,
    month: Option<&str>,
    drafts: bool,
) -> Result<Answer, Problem> {
    let months = pay::months_of(tx, worker.id, drafts).await?;
    let month = month.map(month_of).transpose()?.or_else(|| months.first().copied());
    let held = match month {
        Some(month) => pay::statement(tx, worker.id, month, drafts).await?,
        None => None,
    };
    let name = worker.masked.remove(&PersonalField::Name).flatten();
    let names: BTreeMap<Uuid, String> = name.iter().map(|name| (worker.id, name.clone())).collect();
    let wire = StatementWire {
        worker: worker.id,
        name,
        month,
        status: held.as_ref().map(|held| held.status),
        total_fen: held.as_ref().map_or(0, |held| held.total_fen),
        currency: "CNY",
        demo: held.as_ref().is_some_and(|held| held.demo),
        synthetic: worker.synthetic,
        lines: held
            .map(|held| held.lines)
            .unwrap_or_default()
            .into_iter()
            .map(|row| LineWire::of(row, &names))
            .collect(),
        months,
    };
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(wire)))
}

/// What a worker is paid for a month, line by line; the latest month where none is asked for
#[utoipa::path(get, path = "/api/v1/workers/{id}/statement", tag = "pay", params(("id" = Uuid, Path), MaybeMonthQuery),
    responses((status = 200, body = StatementWire), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn of_worker(
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Params(query): Params<MaybeMonthQuery>,
) -> Result<Answer, Problem> {
    let mut tx = caller.begin().await?;
    let worker = workers::get(&mut tx, id, caller.state.today()).await?;
    let worker = worker.ok_or_else(|| Problem::not_found("这名网格员", "worker"))?;
    let own = worker.username.as_deref() == Some(caller.actor.username.as_str());
    if !own {
        caller.require(Capability::Pay, &worker.area)?;
    }
    // One's own drafts are for those who pay, not for oneself.
    let drafts = caller.scope.may(Capability::Pay, &worker.area);
    shown(&mut tx, worker, query.month.as_deref(), drafts).await
}

/// What I am paid for a month, once it is locked
#[utoipa::path(get, path = "/api/v1/me/statement", tag = "pay", params(MaybeMonthQuery),
    responses((status = 200, body = StatementWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn mine(caller: Caller, Params(query): Params<MaybeMonthQuery>) -> Result<Answer, Problem> {
    let mut tx = caller.begin().await?;
    let id = pay::worker_of(&mut tx, &caller.actor.username).await?;
    let worker = match id {
        Some(id) => workers::get(&mut tx, id, caller.state.today()).await?,
        None => None,
    };
    let worker = worker
        .ok_or_else(|| Problem::not_found("与您账号关联的网格员档案", "worker record that is yours"))?;
    shown(&mut tx, worker, query.month.as_deref(), false).await
}
