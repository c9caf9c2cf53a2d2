//! Plans: asking for one, reading, publishing, discarding.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{accepted, code};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::{Items, Job, Plan, ReasonWire};
use crate::domain::{Code, Givens, GridNumbers, Level, PlanStatus, Policy, Reason};
use crate::jobs::{self, DivisionParams, PublicationParams};
use crate::store::{areas, plans};

/// Reasons that a plan's own answer carries; a banner may have hundreds.
const REASONS_SHOWN: usize = 500;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(divide, of_area))
        .routes(routes!(get, discard))
        .routes(routes!(publish))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPlan {
    /// The same seed gives the same plan; 1 when left out.
    seed: Option<i64>,
    title: Option<String>,
    /// A policy document (TOML) to use in place of the default.
    policy: Option<String>,
    /// Posts of townships and banners, shared out between their villages; laid over the policy's. With neither
    /// `ceilings` nor `counts`, those of the plan started from hold on.
    #[schema(value_type = Option<std::collections::BTreeMap<String, u32>>)]
    ceilings: Option<BTreeMap<Code, u32>>,
    /// Numbers of grids fixed for villages.
    #[schema(value_type = Option<std::collections::BTreeMap<String, u32>>)]
    counts: Option<BTreeMap<Code, u32>>,
    /// Grids and units taken as they are. Left out: those of the plan started from; `{}` for none.
    givens: Option<Givens>,
    /// The plan to start from, a draft say; left out: the one in force. How much that binds is the policy's
    /// weight of stability.
    from: Option<Uuid>,
}

/// Divide an area into grids: queued, and done as a job
///
/// One draft for each banner. For a township or village, the rest of its banner is taken over from the
/// plan in force.
#[utoipa::path(post, path = "/api/v1/areas/{code}/plans", tag = "plans", params(("code" = String, Path)), request_body = NewPlan,
    responses((status = 202, body = Job), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn divide(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(new): Body<NewPlan>,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    if let Some(Err(error)) = new.policy.as_deref().map(Policy::parse) {
        return Err(Problem::bad_request("bad_policy", format!("政策文件有误：{error}"), error.to_string()));
    }
    if new.title.as_ref().is_some_and(|title| title.trim().is_empty() || title.chars().count() > 200) {
        return Err(Problem::bad_request(
            "bad_title",
            "标题应为 1 到 200 个字",
            "a title has 1 to 200 characters",
        ));
    }
    if new.title.as_ref().is_some_and(|title| title.chars().any(char::is_control)) {
        return Err(Problem::bad_text());
    }
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    // A draft is a whole banner's, whatever part of it is divided anew.
    caller.require(Capability::Draft, &code.at(Level::Banner))?;
    let params = DivisionParams {
        seed: new.seed.unwrap_or(1),
        title: new.title,
        policy: new.policy,
        publish_from: None,
        numbers: (new.ceilings.is_some() || new.counts.is_some()).then(|| GridNumbers {
            ceilings: new.ceilings.unwrap_or_default(),
            counts: new.counts.unwrap_or_default(),
        }),
        givens: new.givens,
        from: new.from,
        only: None,
    };
    if let Some(from) = params.from {
        let base = plans::get(&mut tx, from).await?.ok_or_else(no_plan)?;
        if !base.banner.covers(&code.at(Level::Banner)) {
            return Err(Problem::bad_request(
                "bad_from",
                "所依据的方案不属于这个旗县",
                "the plan to start from is another banner's",
            ));
        }
    }
    let whole = if code.level() > Level::Banner { code.at(Level::Banner) } else { code.clone() };
    jobs::check_wishes(&mut caller.begin_work(&whole).await?, &code, &params, state.today()).await?;
    let job = jobs::queue_division(&mut tx, &code, &params, state.now()).await?;
    tx.commit().await?;
    Ok(accepted(job))
}

/// The plans of an area, newest first
#[utoipa::path(get, path = "/api/v1/areas/{code}/plans", tag = "plans", params(("code" = String, Path)),
    responses((status = 200, body = Items<Plan>), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn of_area(caller: Caller, Segment(text): Segment<String>) -> Result<Json<Items<Plan>>, Problem> {
    let code = code(&text)?;
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    let rows = plans::of_area(&mut tx, &code, 200).await?;
    Ok(Json(Items { items: rows.into_iter().map(Into::into).collect() }))
}

#[derive(Serialize, ToSchema)]
struct PlanDetail {
    #[serde(flatten)]
    plan: Plan,
    /// Counts the changes of a draft; a change must name the version that it was made on.
    version: i32,
    /// What its division was given; for those who make plans.
    givens: Option<Givens>,
    numbers: Option<GridNumbers>,
    /// The first 500.
    reasons: Vec<ReasonWire>,
}

/// One plan with its scores and the reasons for what it can't keep
#[utoipa::path(get, path = "/api/v1/plans/{id}", tag = "plans", params(("id" = Uuid, Path)),
    responses((status = 200, body = PlanDetail), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn get(caller: Caller, Segment(id): Segment<Uuid>) -> Result<Json<PlanDetail>, Problem> {
    let mut tx = caller.begin().await?;
    let row = plans::get(&mut tx, id).await?.ok_or_else(no_plan)?;
    // Who has one township sees what is said of its villages, not of the others of the banner.
    let shown = |reason: &&Reason| caller.scope.may(Capability::Figures, &reason.village);
    let mut reasons: Vec<ReasonWire> =
        row.reasons.iter().filter(shown).take(REASONS_SHOWN).cloned().map(Into::into).collect();
    let villages: Vec<Code> = reasons.iter().map(|reason| reason.village.clone()).collect();
    let names: BTreeMap<Code, String> = areas::named(&mut tx, &villages).await?.into_iter().collect();
    for reason in &mut reasons {
        reason.village_name = names.get(&reason.village).cloned();
    }
    let drafts = caller.scope.may(Capability::Draft, &row.banner);
    Ok(Json(PlanDetail {
        version: row.version,
        givens: drafts.then(|| row.givens.clone()),
        numbers: drafts.then(|| row.numbers.clone()),
        plan: row.into(),
        reasons,
    }))
}

fn no_plan() -> Problem {
    Problem::not_found("这个方案", "plan")
}

/// Discard a draft
#[utoipa::path(delete, path = "/api/v1/plans/{id}", tag = "plans", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = ProblemWire), (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn discard(caller: Caller, Segment(id): Segment<Uuid>) -> Result<StatusCode, Problem> {
    let mut tx = caller.begin().await?;
    let plan = plans::get(&mut tx, id).await?.ok_or_else(no_plan)?;
    caller.require(Capability::Draft, &plan.banner)?;
    if !plans::discard(&mut tx, id).await? {
        return Err(no_plan());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPublication {
    /// The first day on which it holds.
    valid_from: NaiveDate,
}

/// Publish a draft from a day: queued, and done as a job
#[utoipa::path(post, path = "/api/v1/plans/{id}/publication", tag = "plans", params(("id" = Uuid, Path)), request_body = NewPublication,
    responses((status = 202, body = Job), (status = 404, body = ProblemWire), (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn publish(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Body(new): Body<NewPublication>,
) -> Result<Response, Problem> {
    let mut tx = caller.begin().await?;
    let plan = plans::get(&mut tx, id).await?.ok_or_else(no_plan)?;
    caller.require(Capability::Draft, &plan.banner)?;
    if plan.status != PlanStatus::Draft {
        return Err(Problem::conflict("not_a_draft", "该方案已发布", "this plan is published already"));
    }
    if new.valid_from.signed_duration_since(state.today()).num_days().abs() > 3660 {
        return Err(Problem::bad_request(
            "bad_day",
            "生效日期应在前后十年之内",
            "the first day must lie within ten years of today",
        ));
    }
    let area = plan.banner.at(Level::Banner);
    let job = jobs::queue_publication(
        &mut tx,
        &area,
        &PublicationParams { plan: id, valid_from: new.valid_from },
        state.now(),
    )
    .await?;
    tx.commit().await?;
    Ok(accepted(job))
}
