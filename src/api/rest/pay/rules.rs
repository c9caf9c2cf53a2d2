//! Rules documents: listed, read, checked and added; never changed.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::code;
use super::{MaybeMonthQuery, TextWire, month_of};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Code, Month};
use crate::store::areas;
use crate::store::pay::{self, NewRules, RulesRow};
use crate::subsidy::{self, Rules, RulesError};

/// Longer than any paper's.
const TEXT_MAX: usize = 256 << 10;

#[derive(Serialize, ToSchema)]
#[schema(as = PayRules)]
pub struct RulesWire {
    pub id: Uuid,
    #[schema(value_type = String)]
    pub area: Code,
    pub title: String,
    pub version: String,
    pub valid_from: NaiveDate,
    /// What the amounts come from.
    pub paper: String,
    /// The amounts are nobody's actual rates.
    pub demo: bool,
    /// Whether it holds in the month that was asked about, where nothing nearer does.
    pub in_force: bool,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
}

impl RulesWire {
    fn of(row: RulesRow, in_force: bool) -> Self {
        Self {
            id: row.id,
            area: row.area,
            title: row.title,
            version: row.version,
            valid_from: row.valid_from,
            paper: row.paper,
            demo: row.demo,
            in_force,
            created_at: row.created_at,
            created_by: row.created_by,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = PayRulesList)]
pub struct RulesList {
    rules: Vec<RulesWire>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PayRulesText)]
pub struct RulesWithText {
    #[serde(flatten)]
    rules: RulesWire,
    text: String,
    /// The same in plain sentences.
    explained: Vec<TextWire>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PayRulesDocument)]
pub struct Document {
    /// The document, TOML.
    text: String,
}

/// What is wrong with a document.
#[derive(Serialize, ToSchema)]
#[schema(as = PayRulesFinding)]
pub struct RulesFinding {
    /// From 1; none where it is about the whole.
    line: Option<usize>,
    zh: String,
    en: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PayRulesChecked)]
pub struct Checked {
    findings: Vec<RulesFinding>,
    /// In plain sentences; nothing where there are findings.
    explained: Vec<TextWire>,
}

/// A problem with what was found, line by line.
#[derive(Serialize)]
struct Refused {
    /// `/problems/bad_rules`.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    code: &'static str,
    findings: Vec<RulesFinding>,
}

fn finding(error: &RulesError) -> RulesFinding {
    let text = error.text();
    let line = match error {
        RulesError::Line { line, .. } => Some(*line),
        _ => None,
    };
    RulesFinding { line, zh: text.zh, en: text.en }
}

fn read(text: &str) -> Result<Rules, RulesFinding> {
    if text.len() > TEXT_MAX {
        return Err(RulesFinding {
            line: None,
            zh: "文件超过 256 KB：请精简".to_owned(),
            en: "the document is above 256 KB: shorten it".to_owned(),
        });
    }
    if text.contains('\0') {
        let line = text.split('\0').next().map(|before| before.matches('\n').count() + 1);
        return Err(RulesFinding {
            line,
            zh: "含有空字符，无法保存：请删去".to_owned(),
            en: "it has the character 0, which can't be kept: take it out".to_owned(),
        });
    }
    Rules::parse(text).map_err(|error| finding(&error))
}

fn explained(rules: &Rules) -> Vec<TextWire> {
    subsidy::explain(rules).into_iter().map(Into::into).collect()
}

/// The rules documents that may hold in an area: of the areas above it, its own and those below
#[utoipa::path(get, path = "/api/v1/areas/{code}/pay-rules", tag = "pay", params(("code" = String, Path), MaybeMonthQuery),
    responses((status = 200, body = RulesList), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<MaybeMonthQuery>,
) -> Result<Json<RulesList>, Problem> {
    let code = code(&text)?;
    let month = query.month.as_deref().map(month_of).transpose()?.unwrap_or(Month::of(state.today()));
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::Pay, &code)?;
    let held = pay::rules_in_force(&mut tx, &code, month).await?;
    let rows = pay::rules_of(&mut tx, &code).await?;
    let in_force = |row: &RulesRow| held.iter().any(|held| held.id == row.id);
    let rules =
        rows.into_iter().map(|row| (in_force(&row), row)).map(|(holds, row)| RulesWire::of(row, holds));
    Ok(Json(RulesList { rules: rules.collect() }))
}

/// Add a rules document to an area; a 422 has the same `findings` as the check
#[utoipa::path(post, path = "/api/v1/areas/{code}/pay-rules", tag = "pay", params(("code" = String, Path)), request_body = Document,
    responses((status = 201, body = RulesWire), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = 422, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<Document>,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::PayEdit, &code)?;
    let rules = match read(&given.text) {
        Ok(rules) => rules,
        Err(finding) => return Ok(refused(finding)),
    };
    let new = NewRules {
        id: Uuid::now_v7(),
        area: code,
        title: rules.title.chars().take(200).collect(),
        version: rules.version.chars().take(100).collect(),
        valid_from: rules.valid_from,
        paper: rules.paper.clone(),
        demo: rules.demo,
        text: given.text,
    };
    pay::add_rules(&mut tx, &new, state.now()).await?;
    let (row, _) = pay::rules_text(&mut tx, new.id)
        .await?
        .ok_or_else(|| Problem::not_found("这份规则", "rules document"))?;
    let holds = pay::rules_in_force(&mut tx, &new.area, Month::of(state.today())).await?;
    tx.commit().await?;
    let place = [(header::LOCATION, format!("/api/v1/pay-rules/{}", new.id))];
    let in_force = holds.iter().any(|held| held.id == new.id);
    Ok((StatusCode::CREATED, place, Json(RulesWire::of(row, in_force))).into_response())
}

/// Written here rather than as a [`Problem`], which has no room for findings.
fn refused(finding: RulesFinding) -> Response {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let wire = Refused {
        kind: "/problems/bad_rules",
        title: "Unprocessable Entity",
        status: status.as_u16(),
        detail: format!("{} / {}", finding.zh, finding.en),
        code: "bad_rules",
        findings: vec![finding],
    };
    Problem::told(status, &wire)
}

/// A rules document with its text, and what it says in plain sentences
#[utoipa::path(get, path = "/api/v1/pay-rules/{id}", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 200, body = RulesWithText), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
) -> Result<Json<RulesWithText>, Problem> {
    let mut tx = caller.begin().await?;
    let missing = || Problem::not_found("这份规则", "rules document");
    let (row, text) = pay::rules_text(&mut tx, id).await?.ok_or_else(missing)?;
    caller.require_somewhere(Capability::Pay)?;
    let held = pay::rules_in_force(&mut tx, &row.area, Month::of(state.today())).await?;
    let in_force = held.iter().any(|held| held.id == id);
    let explained = Rules::parse(&text).map(|rules| explained(&rules)).unwrap_or_default();
    Ok(Json(RulesWithText { rules: RulesWire::of(row, in_force), text, explained }))
}

/// Check a document and say what it says, without keeping it
#[utoipa::path(post, path = "/api/v1/pay-rules/check", tag = "pay", request_body = Document,
    responses((status = 200, body = Checked), (status = 403, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn check(caller: Caller, Body(given): Body<Document>) -> Result<Json<Checked>, Problem> {
    caller.require_somewhere(Capability::Pay)?;
    Ok(Json(match read(&given.text) {
        Ok(rules) => Checked { findings: Vec::new(), explained: explained(&rules) },
        Err(finding) => Checked { findings: vec![finding], explained: Vec::new() },
    }))
}
