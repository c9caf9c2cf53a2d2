//! Days on duty and appraisals, attested by the township: on the page or as a table, never from tracks.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::code;
use super::{MonthQuery, month_of};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Code, Employment, Finding, FindingKind, Month, Text};
use crate::formats;
use crate::store::areas;
use crate::store::pay::{self, Attested, DutyRow};

/// Workers that one request attests at most.
const ROWS_MAX: usize = 20_000;

#[derive(Serialize, ToSchema)]
#[schema(as = DutyMonth)]
pub struct DutyWire {
    #[schema(value_type = String)]
    month: Month,
    /// The month is paid and closed: what is wrong in it is corrected by an adjustment.
    locked: bool,
    rows: Vec<DutyRowWire>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DutyRow)]
struct DutyRowWire {
    worker: Uuid,
    /// Masked.
    name: Option<String>,
    #[schema(value_type = String)]
    area: Code,
    area_name: Option<String>,
    employment: Employment,
    duty_days: Option<u8>,
    expected_days: Option<u8>,
    /// 0 to 100.
    score: Option<u8>,
    attested_by: Option<String>,
}

impl From<DutyRow> for DutyRowWire {
    fn from(row: DutyRow) -> Self {
        Self {
            worker: row.worker,
            name: row.name,
            area: row.area,
            area_name: row.area_name,
            employment: row.employment,
            duty_days: row.duty_days,
            expected_days: row.expected_days,
            score: row.score,
            attested_by: row.attested_by,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DutyChange)]
pub struct DutyChange {
    /// As 2026-10.
    month: String,
    rows: Vec<AttestedWire>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DutyAttested)]
struct AttestedWire {
    worker: Uuid,
    /// 0 to `expected_days`.
    duty_days: u32,
    /// What a whole month of duty has: 1 to 31.
    expected_days: u32,
    /// 0 to 100; none before the appraisal is held.
    score: Option<u32>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DutyUploaded)]
pub struct Uploaded {
    /// Rows that were taken over: all of the file's, or none.
    loaded: usize,
    findings: Vec<FindingWire>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DutyFinding)]
struct FindingWire {
    /// From 1, the header not counted.
    row: Option<u64>,
    /// Keeps the file from being loaded.
    error: bool,
    code: String,
    zh: String,
    en: String,
}

impl From<Finding> for FindingWire {
    fn from(finding: Finding) -> Self {
        let Text { zh, en } = finding.kind.text();
        let code = finding.kind.code().to_owned();
        Self { row: finding.row, error: finding.kind.is_error(), code, zh, en }
    }
}

/// Who attests sees what is attested, and so does who pays.
fn may_see(caller: &Caller, area: &Code) -> Result<(), Problem> {
    match caller.require(Capability::PeopleEdit, area) {
        Ok(()) => Ok(()),
        Err(_) => caller.require(Capability::Pay, area),
    }
}

/// What is attested of a month, worker by worker
#[utoipa::path(get, path = "/api/v1/areas/{code}/duty", tag = "pay", params(("code" = String, Path), MonthQuery),
    responses((status = 200, body = DutyWire), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn list(
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<MonthQuery>,
) -> Result<Json<DutyWire>, Problem> {
    let (code, month) = (code(&text)?, month_of(&query.month)?);
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    may_see(&caller, &code)?;
    let locked = pay::closed(&mut tx, &code, month).await?;
    let rows = pay::duty(&mut tx, &code, month).await?;
    Ok(Json(DutyWire { month, locked, rows: rows.into_iter().map(Into::into).collect() }))
}

fn attested(row: &AttestedWire) -> Option<Attested> {
    let (days, of) = (u8::try_from(row.duty_days).ok()?, u8::try_from(row.expected_days).ok()?);
    let score = row.score.map(u8::try_from).transpose().ok()?;
    let fine = (1..=31).contains(&of) && days <= of && score.is_none_or(|score| score <= 100);
    fine.then_some(Attested { worker: row.worker, duty_days: days, expected_days: of, score })
}

/// Attest days on duty and appraisals; what was attested of these workers before is replaced
#[utoipa::path(put, path = "/api/v1/areas/{code}/duty", tag = "pay", params(("code" = String, Path)), request_body = DutyChange,
    responses((status = 200, body = DutyWire), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn put(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<DutyChange>,
) -> Result<Json<DutyWire>, Problem> {
    let (code, month) = (code(&text)?, month_of(&given.month)?);
    if given.rows.len() > ROWS_MAX {
        return Err(Problem::of_too_many(ROWS_MAX));
    }
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::PeopleEdit, &code)?;
    let mut rows = Vec::with_capacity(given.rows.len());
    let mut seen = BTreeSet::new();
    for row in &given.rows {
        let worker = row.worker;
        let fine = attested(row).filter(|_| seen.insert(worker)).ok_or_else(|| {
            Problem::bad_request(
                "bad_days",
                format!("网格员 {worker} 的天数有误：应出勤 1 至 31 天，出勤不超过应出勤，得分 0 至 100，每人一行"),
                format!("the days of worker {worker} are not right: 1 to 31 expected, at most those on duty, a score from 0 to 100, one row each"),
            )
        })?;
        rows.push(fine);
    }
    let unknown = pay::attest(&mut tx, &code, month, &rows, state.now()).await?;
    if let Some(worker) = unknown.first() {
        return Err(Problem::bad_request(
            "no_worker",
            format!("{code} 没有网格员 {worker}：请核对名册"),
            format!("{code} has no worker {worker}: check the roster"),
        ));
    }
    let rows = pay::duty(&mut tx, &code, month).await?;
    tx.commit().await?;
    Ok(Json(DutyWire { month, locked: false, rows: rows.into_iter().map(Into::into).collect() }))
}

/// Attest a month by a table with the columns worker, duty_days, expected_days and score: all of it, or nothing
#[utoipa::path(post, path = "/api/v1/areas/{code}/duty.csv", tag = "pay", params(("code" = String, Path), MonthQuery),
    request_body(content = Vec<u8>, content_type = "text/csv"),
    responses((status = 200, body = Uploaded), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn upload(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<MonthQuery>,
    body: Bytes,
) -> Result<Json<Uploaded>, Problem> {
    let (code, month) = (code(&text)?, month_of(&query.month)?);
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::PeopleEdit, &code)?;
    let (read, mut findings) = formats::read_attested(&body);
    if read.len() > ROWS_MAX {
        return Err(Problem::of_too_many(ROWS_MAX));
    }
    let rows: Vec<Attested> = read
        .iter()
        .map(|(_, row)| Attested {
            worker: row.worker,
            duty_days: row.duty_days,
            expected_days: row.expected_days,
            score: row.score,
        })
        .collect();
    let errors = findings.iter().any(|finding| finding.kind.is_error());
    let mut loaded = 0;
    if !errors && !rows.is_empty() {
        let unknown = pay::attest(&mut tx, &code, month, &rows, state.now()).await?;
        if unknown.is_empty() {
            tx.commit().await?;
            loaded = rows.len();
        } else {
            let unknown: BTreeSet<Uuid> = unknown.into_iter().collect();
            let of_others = read.iter().filter(|(_, row)| unknown.contains(&row.worker));
            findings.extend(of_others.map(|(number, row)| {
                let kind = FindingKind::OutsideScope { area: code.to_string() };
                Finding::row(*number, Some(&row.worker.to_string()), kind)
            }));
        }
    }
    Ok(Json(Uploaded { loaded, findings: findings.into_iter().map(Into::into).collect() }))
}

impl Problem {
    fn of_too_many(most: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("一次最多 {most} 行：请分批"),
            format!("at most {most} rows at a time: send them in parts"),
        )
    }
}
