//! What another rules document would pay, beside the one that holds, over the same months.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::{accepted, code};
use super::month_of;
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::Job;
use crate::domain::Month;
use crate::jobs::{self, PayComparisonParams, Side};
use crate::store::{StoreError, Tx, areas, pay};
use crate::subsidy::Rules;

/// Months that are compared at once.
const MONTHS_MAX: i64 = 24;

/// A document: one that is kept, or a text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PayComparisonSide)]
struct SideWire {
    /// Of a document that is kept.
    rules: Option<Uuid>,
    text: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPayComparison)]
pub struct NewComparison {
    /// As 2026-01.
    from: String,
    /// The last month, itself included.
    to: String,
    before: SideWire,
    after: SideWire,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PayCompared)]
struct Compared {
    title: String,
    version: String,
    demo: bool,
    total_fen: i64,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PayComparedSum)]
struct Sum {
    key: String,
    /// Of a banner.
    name: Option<String>,
    before_fen: i64,
    after_fen: i64,
    /// Workers' months.
    workers: Option<u64>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PayComparedWinners)]
struct Winners {
    workers: u64,
    fen: i64,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PayComparedBar)]
struct Bar {
    from_fen: i64,
    /// The first amount that is above it.
    to_fen: i64,
    /// Workers' months that pay so much.
    before: u64,
    after: u64,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PayComparedWorker)]
struct ComparedWorker {
    worker: Uuid,
    /// Masked.
    name: Option<String>,
    before_fen: i64,
    after_fen: i64,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PayComparison)]
pub struct ComparisonWire {
    #[schema(value_type = Vec<String>)]
    months: Vec<Month>,
    before: Compared,
    after: Compared,
    by_area_type: Vec<Sum>,
    by_level: Vec<Sum>,
    by_banner: Vec<Sum>,
    gain: Winners,
    lose: Winners,
    /// Workers for whom nothing changes.
    same: u64,
    distribution: Vec<Bar>,
    /// 50 at most, the largest change first.
    largest: Vec<ComparedWorker>,
}

async fn side(tx: &mut Tx, given: SideWire) -> Result<Side, Problem> {
    let text = match (given.rules, given.text) {
        (Some(id), None) => {
            let held = pay::rules_text(tx, id).await?;
            held.ok_or_else(|| Problem::not_found("这份规则", "rules document"))?.1
        }
        (None, Some(text)) => text,
        _ => {
            return Err(Problem::bad_request(
                "bad_side",
                "before 和 after 各写 rules 或 text 之一",
                "before and after each name either rules or text",
            ));
        }
    };
    Rules::parse(&text).map_err(|error| {
        let text = error.text();
        Problem::bad_request("bad_rules", text.zh, text.en)
    })?;
    Ok(Side { text })
}

/// Compare two rules over months: queued, and done as a job
#[utoipa::path(post, path = "/api/v1/areas/{code}/pay-comparisons", tag = "pay", params(("code" = String, Path)), request_body = NewComparison,
    responses((status = 202, body = Job), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<NewComparison>,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let (from, to) = (month_of(&given.from)?, month_of(&given.to)?);
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::PayEdit, &code)?;
    let days = (to.first_day() - from.first_day()).num_days();
    if !(0..MONTHS_MAX * 31).contains(&days) {
        return Err(Problem::bad_request(
            "bad_months",
            format!("起止月份有误：from 不晚于 to，至多 {MONTHS_MAX} 个月"),
            format!("the months are not right: from is not after to, at most {MONTHS_MAX} of them"),
        ));
    }
    let (before, after) = (side(&mut tx, given.before).await?, side(&mut tx, given.after).await?);
    let params = PayComparisonParams { from, to, before, after };
    let job = jobs::queue_pay_comparison(&mut tx, &code, &params, state.now()).await?;
    tx.commit().await?;
    Ok(accepted(job))
}

/// What a comparison found
#[utoipa::path(get, path = "/api/v1/pay-comparisons/{id}", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 200, body = ComparisonWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn get(caller: Caller, Segment(id): Segment<Uuid>) -> Result<Json<ComparisonWire>, Problem> {
    let mut tx = caller.begin().await?;
    let row = pay::comparison(&mut tx, id).await?;
    let row = row.ok_or_else(|| Problem::not_found("这项比较", "comparison"))?;
    caller.require(Capability::Pay, &row.area)?;
    let mut wire: ComparisonWire = serde_json::from_value(row.result)
        .map_err(|error| StoreError::Corrupt { what: "comparison", why: error.to_string() })?;
    let workers: Vec<Uuid> = wire.largest.iter().map(|one| one.worker).collect();
    let names = pay::masked_names(&mut tx, &workers).await?;
    for one in &mut wire.largest {
        one.name = names.get(&one.worker).cloned();
    }
    Ok(Json(wire))
}
