//! Corrections of months that are paid, dated into a later run.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::code;
use super::{MaybeMonthQuery, month_of};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Code, Month};
use crate::store::pay::{self, AdjustmentRow, NewAdjustment};
use crate::store::{areas, workers};

/// A million yuan: more than any month pays.
const MOST_FEN: i64 = 100_000_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPayAdjustment)]
pub struct NewAdjustmentWire {
    /// The month that is corrected, as 2026-08.
    about_month: String,
    /// The later month in which it is paid.
    pay_month: String,
    /// Not 0; what is taken back is negative.
    amount_fen: i64,
    /// 4 to 200 characters; the worker reads it on their statement.
    reason: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PayAdjustment)]
pub struct AdjustmentWire {
    id: Uuid,
    worker: Uuid,
    /// Masked.
    name: Option<String>,
    #[schema(value_type = String)]
    area: Code,
    #[schema(value_type = String)]
    about_month: Month,
    #[schema(value_type = String)]
    pay_month: Month,
    amount_fen: i64,
    currency: &'static str,
    reason: String,
    created_by: String,
    created_at: DateTime<Utc>,
}

impl AdjustmentWire {
    fn of(row: AdjustmentRow, name: Option<String>) -> Self {
        Self {
            id: row.id,
            worker: row.worker,
            name,
            area: row.area,
            about_month: row.about_month,
            pay_month: row.pay_month,
            amount_fen: row.amount_fen,
            currency: "CNY",
            reason: row.reason,
            created_by: row.created_by,
            created_at: row.created_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = PayAdjustments)]
pub struct AdjustmentList {
    adjustments: Vec<AdjustmentWire>,
}

/// Correct a month that is paid, in a later run
#[utoipa::path(post, path = "/api/v1/workers/{id}/adjustments", tag = "pay", params(("id" = Uuid, Path)), request_body = NewAdjustmentWire,
    responses((status = 201, body = AdjustmentWire), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Segment(worker): Segment<Uuid>,
    Body(given): Body<NewAdjustmentWire>,
) -> Result<Response, Problem> {
    let (about_month, pay_month) = (month_of(&given.about_month)?, month_of(&given.pay_month)?);
    let mut tx = caller.begin().await?;
    let held = workers::get(&mut tx, worker, state.today()).await?;
    let held = held.ok_or_else(|| Problem::not_found("这名网格员", "worker"))?;
    caller.require(Capability::PayEdit, &held.area)?;
    if pay_month <= about_month {
        return Err(Problem::bad_request(
            "bad_month",
            "调整须在所更正月份之后的月份发放",
            "a correction is paid in a month after the one that it is about",
        ));
    }
    if given.amount_fen == 0 || given.amount_fen.unsigned_abs() > MOST_FEN.unsigned_abs() {
        return Err(Problem::bad_request(
            "bad_amount",
            "金额以分计，不为 0，至多一百万元",
            "the amount is in fen, not 0, and at most a million yuan",
        ));
    }
    let reason = given.reason.trim().to_owned();
    if !(4..=200).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
        return Err(Problem::bad_request(
            "bad_reason",
            "请写明更正原因：4 到 200 个字，不含控制字符",
            "say why: 4 to 200 characters, no control characters",
        ));
    }
    let new = NewAdjustment {
        id: Uuid::now_v7(),
        worker,
        area: held.area.clone(),
        about_month,
        pay_month,
        amount_fen: given.amount_fen,
        reason,
    };
    pay::adjust(&mut tx, &new, state.now()).await?;
    let names = pay::masked_names(&mut tx, &[worker]).await?;
    tx.commit().await?;
    let row = AdjustmentRow {
        id: new.id,
        worker,
        area: new.area,
        about_month,
        pay_month,
        amount_fen: new.amount_fen,
        reason: new.reason,
        created_by: caller.actor.username.clone(),
        created_at: state.now(),
    };
    Ok((StatusCode::CREATED, Json(AdjustmentWire::of(row, names.get(&worker).cloned()))).into_response())
}

/// The corrections that are paid in a month of an area, or all of them
#[utoipa::path(get, path = "/api/v1/areas/{code}/adjustments", tag = "pay", params(("code" = String, Path), MaybeMonthQuery),
    responses((status = 200, body = AdjustmentList), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn list(
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<MaybeMonthQuery>,
) -> Result<Json<AdjustmentList>, Problem> {
    let code = code(&text)?;
    let month = query.month.as_deref().map(month_of).transpose()?;
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::Pay, &code)?;
    let rows = pay::adjustments(&mut tx, &code, month).await?;
    let workers: Vec<Uuid> = rows.iter().map(|row| row.worker).collect();
    let names = pay::masked_names(&mut tx, &workers).await?;
    let adjustments = rows.into_iter().map(|row| {
        let name = names.get(&row.worker).cloned();
        AdjustmentWire::of(row, name)
    });
    Ok(Json(AdjustmentList { adjustments: adjustments.collect() }))
}
