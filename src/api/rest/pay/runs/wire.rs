//! Runs on the wire.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::TextWire;
use crate::api::problem::Problem;
use crate::domain::{AreaType, Code, Month};
use crate::store::pay::{self, Levels, LineRow, RunRow, RunStatus};
use crate::store::{StoreError, Tx};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPayRun)]
pub struct NewRunWire {
    /// As 2026-10.
    pub month: String,
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
    pub runs: Vec<RunWire>,
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
    pub lines: Vec<LineWire>,
    /// What to give as `after` for those that follow.
    pub next: Option<String>,
}

/// With its sums and what was checked, as they were kept.
pub async fn whole(tx: &mut Tx, row: RunRow) -> Result<WholeRun, Problem> {
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
