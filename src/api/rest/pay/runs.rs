//! Runs of a month: queued, looked at, approved by a second person, locked or discarded.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::{accepted, code};
use super::{MaybeMonthQuery, TextWire, month_of};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::Job;
use crate::domain::{AreaType, Code, Month};
use crate::jobs::{self, PayRunParams};
use crate::store::pay::{self, Levels, LineRow, RunRow, RunStatus, Step};
use crate::store::{StoreError, Tx, areas};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPayRun)]
pub struct NewRunWire {
    /// As 2026-10.
    month: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PayRun)]
pub struct RunWire {
    pub id: Uuid,
    #[schema(value_type = String)]
    pub area: Code,
    #[schema(value_type = String)]
    pub month: Month,
    #[schema(inline)]
    pub status: RunStatus,
    pub workers: i32,
    pub total_fen: i64,
    /// CNY.
    pub currency: &'static str,
    pub made_by: String,
    pub made_at: DateTime<Utc>,
    pub approved_by: Option<String>,
    pub approved_at: Option<DateTime<Utc>>,
    pub locked_at: Option<DateTime<Utc>>,
    /// By rules whose amounts are nobody's actual rates.
    pub demo: bool,
    /// Some of its workers are made up.
    pub synthetic: bool,
}

impl From<RunRow> for RunWire {
    fn from(row: RunRow) -> Self {
        Self {
            id: row.id,
            area: row.area,
            month: row.month,
            status: row.status,
            workers: row.workers,
            total_fen: row.total_fen,
            currency: "CNY",
            made_by: row.made_by,
            made_at: row.made_at,
            approved_by: row.approved_by,
            approved_at: row.approved_at,
            locked_at: row.locked_at,
            demo: row.demo,
            synthetic: row.synthetic,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = PayRuns)]
pub struct RunList {
    runs: Vec<RunWire>,
}

/// What the levels carry.
#[derive(Serialize, ToSchema)]
#[schema(as = PayLevels)]
struct LevelsWire {
    region: i64,
    league: i64,
    banner: i64,
    township: i64,
}

impl From<Levels> for LevelsWire {
    fn from([region, league, banner, township]: Levels) -> Self {
        Self { region, league, banner, township }
    }
}

/// A document by which a run was worked out.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PayRunRules)]
struct RunRules {
    id: Uuid,
    title: String,
    version: String,
    demo: bool,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PayByComponent)]
struct ByComponent {
    component: String,
    amount_fen: i64,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PayByAreaType)]
struct ByAreaType {
    area_type: AreaType,
    amount_fen: i64,
    workers: u64,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PayPrevious)]
struct Previous {
    id: Uuid,
    #[schema(value_type = String)]
    month: Month,
    total_fen: i64,
}

/// Somebody who is paid something else than the time before, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = PayDifference)]
struct DifferenceWire {
    worker: Uuid,
    /// Masked.
    name: Option<String>,
    before_fen: i64,
    after_fen: i64,
    reasons: Vec<TextWire>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PayChecks)]
struct ChecksWire {
    /// The last locked run of the same area.
    previous: Option<Previous>,
    /// The largest first, 500 at most.
    differences: Vec<DifferenceWire>,
    /// How many there are in all.
    differences_total: u64,
    warnings: Vec<TextWire>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PayRunWhole)]
pub struct WholeRun {
    #[serde(flatten)]
    run: RunWire,
    rules: Vec<RunRules>,
    by_level: LevelsWire,
    by_component: Vec<ByComponent>,
    by_area_type: Vec<ByAreaType>,
    checks: ChecksWire,
}

#[derive(Deserialize)]
struct StoredSums {
    by_component: Vec<ByComponent>,
    by_area_type: Vec<ByAreaType>,
}

#[derive(Deserialize)]
struct StoredText {
    zh: String,
    en: String,
}

#[derive(Deserialize)]
struct StoredDifference {
    worker: Uuid,
    before_fen: i64,
    after_fen: i64,
    reasons: Vec<StoredText>,
}

#[derive(Deserialize)]
struct StoredChecks {
    previous: Option<Previous>,
    differences: Vec<StoredDifference>,
    differences_total: u64,
    warnings: Vec<StoredText>,
}

impl From<StoredText> for TextWire {
    fn from(text: StoredText) -> Self {
        Self { zh: text.zh, en: text.en }
    }
}

fn stored<T: serde::de::DeserializeOwned>(what: &'static str, value: Value) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|error| StoreError::Corrupt { what, why: error.to_string() })
}

/// A line of a run.
#[derive(Serialize, ToSchema)]
#[schema(as = PayLine)]
pub struct LineWire {
    worker: Uuid,
    /// Masked.
    name: Option<String>,
    /// None where it is about the whole month.
    grid: Option<String>,
    component: String,
    /// How often the rate is paid, with at most six decimals.
    quantity: String,
    rate_fen: i64,
    amount_fen: i64,
    region_fen: i64,
    league_fen: i64,
    banner_fen: i64,
    township_fen: i64,
    /// Of the rules, that gave it.
    clause: String,
}

impl LineWire {
    pub fn of(row: LineRow, names: &BTreeMap<Uuid, String>) -> Self {
        let [region_fen, league_fen, banner_fen, township_fen] = row.levels;
        Self {
            name: names.get(&row.worker).cloned(),
            worker: row.worker,
            grid: row.grid,
            component: row.component,
            quantity: row.quantity,
            rate_fen: row.rate_fen,
            amount_fen: row.amount_fen,
            region_fen,
            league_fen,
            banner_fen,
            township_fen,
            clause: row.clause,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = PayLines)]
pub struct LinePage {
    lines: Vec<LineWire>,
    /// What to give as `after` for those that follow.
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LinesQuery {
    worker: Option<Uuid>,
    /// Where the page before ended.
    after: Option<String>,
    /// 1 to 1000; 200 when left out.
    limit: Option<i64>,
}

pub fn no_run() -> Problem {
    Problem::not_found("这个发放批次", "run")
}

/// A run in sight, if the caller has the capability in its area.
pub async fn held(caller: &Caller, tx: &mut Tx, id: Uuid, capability: Capability) -> Result<RunRow, Problem> {
    let row = pay::run(tx, id).await?.ok_or_else(no_run)?;
    caller.require(capability, &row.area)?;
    Ok(row)
}

/// Work a month out as a draft: queued, and done as a job
#[utoipa::path(post, path = "/api/v1/areas/{code}/pay-runs", tag = "pay", params(("code" = String, Path)), request_body = NewRunWire,
    responses((status = 202, body = Job), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<NewRunWire>,
) -> Result<Response, Problem> {
    let (code, month) = (code(&text)?, month_of(&given.month)?);
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::PayEdit, &code)?;
    let job = jobs::queue_pay_run(&mut tx, &code, &PayRunParams { month }, state.now()).await?;
    tx.commit().await?;
    Ok(accepted(job))
}

/// The runs of an area and of those below it, of one month or of all
#[utoipa::path(get, path = "/api/v1/areas/{code}/pay-runs", tag = "pay", params(("code" = String, Path), MaybeMonthQuery),
    responses((status = 200, body = RunList), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn list(
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<MaybeMonthQuery>,
) -> Result<Json<RunList>, Problem> {
    let code = code(&text)?;
    let month = query.month.as_deref().map(month_of).transpose()?;
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::Pay, &code)?;
    let rows = pay::runs(&mut tx, &code, month).await?;
    Ok(Json(RunList { runs: rows.into_iter().map(Into::into).collect() }))
}

async fn whole(tx: &mut Tx, row: RunRow) -> Result<WholeRun, Problem> {
    let sums: StoredSums = stored("run sums", row.sums.clone())?;
    let checks: StoredChecks = stored("run checks", row.checks.clone())?;
    let workers: Vec<Uuid> = checks.differences.iter().map(|one| one.worker).collect();
    let names = pay::masked_names(tx, &workers).await?;
    let differences = checks.differences.into_iter().map(|one| DifferenceWire {
        name: names.get(&one.worker).cloned(),
        worker: one.worker,
        before_fen: one.before_fen,
        after_fen: one.after_fen,
        reasons: one.reasons.into_iter().map(Into::into).collect(),
    });
    Ok(WholeRun {
        rules: stored("run rules", row.rules.clone())?,
        by_level: row.levels.into(),
        by_component: sums.by_component,
        by_area_type: sums.by_area_type,
        checks: ChecksWire {
            previous: checks.previous,
            differences: differences.collect(),
            differences_total: checks.differences_total,
            warnings: checks.warnings.into_iter().map(Into::into).collect(),
        },
        run: row.into(),
    })
}

/// One run with its sums and checks
#[utoipa::path(get, path = "/api/v1/pay-runs/{id}", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 200, body = WholeRun), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn get(caller: Caller, Segment(id): Segment<Uuid>) -> Result<Json<WholeRun>, Problem> {
    let mut tx = caller.begin().await?;
    let row = held(&caller, &mut tx, id, Capability::Pay).await?;
    Ok(Json(whole(&mut tx, row).await?))
}

/// The lines of a run, of one worker or of all
#[utoipa::path(get, path = "/api/v1/pay-runs/{id}/lines", tag = "pay", params(("id" = Uuid, Path), LinesQuery),
    responses((status = 200, body = LinePage), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn lines(
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Params(query): Params<LinesQuery>,
) -> Result<Json<LinePage>, Problem> {
    let after = query.after.as_deref().map(|text| {
        let (worker, line) = text.split_once('.')?;
        Some((worker.parse::<Uuid>().ok()?, line.parse::<i16>().ok()?))
    });
    let after = match after {
        Some(None) => {
            return Err(Problem::bad_request(
                "bad_cursor",
                "after 有误：请用上一页给出的值",
                "after is not right: give what the page before said",
            ));
        }
        other => other.flatten(),
    };
    let mut tx = caller.begin().await?;
    held(&caller, &mut tx, id, Capability::Pay).await?;
    let limit = query.limit.unwrap_or(200).clamp(1, 1000);
    let page = pay::lines(&mut tx, id, query.worker, after, limit).await?;
    let workers: Vec<Uuid> = page.lines.iter().map(|line| line.worker).collect();
    let names = pay::masked_names(&mut tx, &workers).await?;
    let next = page.next.map(|(worker, line)| format!("{worker}.{line}"));
    Ok(Json(LinePage { lines: page.lines.into_iter().map(|row| LineWire::of(row, &names)).collect(), next }))
}

fn wrong(status: RunStatus) -> Problem {
    match status {
        RunStatus::Locked => {
            Problem::conflict("run_locked", "该批次已锁定，不可更改", "this run is locked and never changed")
        }
        RunStatus::Approved => {
            Problem::conflict("run_approved", "该批次已审批", "this run is approved already")
        }
        RunStatus::Draft => Problem::conflict(
            "run_not_approved",
            "该批次尚未审批：请先由另一人审批",
            "this run isn't approved yet: a second person approves it first",
        ),
    }
}

fn ended(step: Step) -> Result<RunRow, Problem> {
    match step {
        Step::Done(row) => Ok(*row),
        Step::NotFound => Err(no_run()),
        Step::Wrong(status) => Err(wrong(status)),
        Step::Own => Err(Problem::conflict(
            "own_run",
            "不能审批自己核算的批次：须由另一人审批",
            "nobody approves a run of their own: a second person does",
        )),
    }
}

/// Approve somebody else's draft
#[utoipa::path(post, path = "/api/v1/pay-runs/{id}/approval", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 200, body = WholeRun), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn approve(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
) -> Result<Json<WholeRun>, Problem> {
    let mut tx = caller.begin().await?;
    held(&caller, &mut tx, id, Capability::PayApprove).await?;
    let row = ended(pay::approve(&mut tx, id, state.now()).await?)?;
    let wire = whole(&mut tx, row).await?;
    tx.commit().await?;
    Ok(Json(wire))
}

/// Lock an approved run: it is paid, and never changed again
#[utoipa::path(post, path = "/api/v1/pay-runs/{id}/lock", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 200, body = WholeRun), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn lock(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
) -> Result<Json<WholeRun>, Problem> {
    let mut tx = caller.begin().await?;
    held(&caller, &mut tx, id, Capability::PayApprove).await?;
    let row = ended(pay::lock(&mut tx, id, state.now()).await?)?;
    let wire = whole(&mut tx, row).await?;
    tx.commit().await?;
    Ok(Json(wire))
}

/// Discard a run that isn't locked
#[utoipa::path(delete, path = "/api/v1/pay-runs/{id}", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn discard(caller: Caller, Segment(id): Segment<Uuid>) -> Result<StatusCode, Problem> {
    let mut tx = caller.begin().await?;
    held(&caller, &mut tx, id, Capability::PayEdit).await?;
    ended(pay::discard(&mut tx, id).await?)?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
