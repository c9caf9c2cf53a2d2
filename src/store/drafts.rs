//! Drafts that are changed by hand, village by village, each change with what it takes to undo it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::types::Json;
use uuid::Uuid;

use super::plans::{self, PlanRow, put_grids};
use super::{StoreError, Tx, audit};
use crate::domain::{Code, DrawnGrid, Givens, GridCode, Reason, Scores};

/// A grid as it was before a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    pub code: GridCode,
    pub units: Vec<String>,
    pub name: Option<String>,
}

/// One plan, held until the transaction ends, so that nobody else changes it meanwhile.
pub async fn hold(tx: &mut Tx, id: Uuid) -> Result<Option<PlanRow>, StoreError> {
    sqlx::query("SELECT 1 FROM plan WHERE id = $1 AND status = 'draft' FOR UPDATE")
        .bind(id)
        .execute(tx.conn())
        .await?;
    plans::get(tx, id).await
}

/// What a change makes of a village of a draft.
#[derive(Debug)]
pub struct Change<'a> {
    /// `plan.move`, `plan.redivide` or `plan.undo`.
    pub action: &'static str,
    pub village: &'a Code,
    /// All of the village's grids before.
    pub before: &'a [Placed],
    /// Of those after, the ones that are new or different.
    pub put: &'a [DrawnGrid],
    /// Codes of grids that are gone.
    pub removed: &'a [GridCode],
    pub outcome: Outcome<'a>,
    pub givens: &'a Givens,
}

/// What is said of the whole plan after a change, by the counts as they are and as they are told.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    pub scores: &'a Scores,
    pub told_scores: &'a Scores,
    pub reasons: &'a [Reason],
    pub told_reasons: &'a [Reason],
}

/// Changes a draft that is held, and notes how it was.
pub async fn change(
    tx: &mut Tx,
    plan: &PlanRow,
    change: &Change<'_>,
    now: DateTime<Utc>,
) -> Result<i32, StoreError> {
    let gone: Vec<&str> = change
        .removed
        .iter()
        .chain(change.put.iter().map(|grid| &grid.grid.code))
        .map(GridCode::as_str)
        .collect();
    sqlx::query("DELETE FROM grid WHERE plan = $1 AND code = ANY($2)")
        .bind(plan.id)
        .bind(gone)
        .execute(tx.conn())
        .await?;
    put_grids(tx, plan.id, change.put).await?;
    let version = touch(tx, plan.id, Some(change.outcome), change.givens).await?;
    if change.action == "plan.undo" {
        sqlx::query(
            "DELETE FROM plan_step WHERE plan = $1 AND version = (SELECT max(version) FROM plan_step WHERE plan = $1)",
        )
        .bind(plan.id)
        .execute(tx.conn())
        .await?;
    } else {
        let actor = tx.scope.actor().to_owned();
        sqlx::query(
            "INSERT INTO plan_step (plan, version, village, before, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(plan.id)
        .bind(version)
        .bind(change.village.as_str())
        .bind(Json(change.before))
        .bind(actor)
        .bind(now)
        .execute(tx.conn())
        .await?;
    }
    let touched = |code: &GridCode| {
        change.removed.contains(code) || change.put.iter().any(|grid| grid.grid.code == *code)
    };
    let before: Vec<Value> = change
        .before
        .iter()
        .filter(|grid| touched(&grid.code))
        .map(|grid| json!({"grid": grid.code, "units": grid.units}))
        .collect();
    let after: Vec<Value> =
        change.put.iter().map(|grid| json!({"grid": grid.grid.code, "units": grid.grid.units})).collect();
    let entry = audit::Entry {
        action: change.action,
        subject: &plan.id.to_string(),
        area: &plan.banner,
        before: Some(json!({"version": plan.version, "village": change.village, "grids": before})),
        after: Some(json!({"version": version, "village": change.village, "grids": after})),
    };
    audit::write(tx, entry).await?;
    Ok(version)
}

/// Gives a draft that is held other givens.
pub async fn give(tx: &mut Tx, plan: &PlanRow, givens: &Givens) -> Result<i32, StoreError> {
    let version = touch(tx, plan.id, None, givens).await?;
    let entry = audit::Entry {
        action: "plan.give",
        subject: &plan.id.to_string(),
        area: &plan.banner,
        before: Some(json!({"version": plan.version, "givens": plan.givens})),
        after: Some(json!({"version": version, "givens": givens})),
    };
    audit::write(tx, entry).await?;
    Ok(version)
}

async fn touch(
    tx: &mut Tx,
    plan: Uuid,
    outcome: Option<Outcome<'_>>,
    givens: &Givens,
) -> Result<i32, StoreError> {
    Ok(sqlx::query_scalar(
        "UPDATE plan SET version = version + 1, givens = $2, scores = coalesce($3, scores),
                scores_told = coalesce($4, scores_told), reasons = coalesce($5, reasons),
                reasons_told = coalesce($6, reasons_told) WHERE id = $1 RETURNING version",
    )
    .bind(plan)
    .bind(Json(givens))
    .bind(outcome.map(|outcome| Json(outcome.scores)))
    .bind(outcome.map(|outcome| Json(outcome.told_scores)))
    .bind(outcome.map(|outcome| Json(outcome.reasons)))
    .bind(outcome.map(|outcome| Json(outcome.told_reasons)))
    .fetch_one(tx.conn())
    .await?)
}

/// The last change of a draft that hasn't been undone: its village, and how its grids were before.
pub async fn last_step(tx: &mut Tx, plan: Uuid) -> Result<Option<(Code, Vec<Placed>)>, StoreError> {
    let row: Option<(String, Json<Vec<Placed>>)> =
        sqlx::query_as("SELECT village, before FROM plan_step WHERE plan = $1 ORDER BY version DESC LIMIT 1")
            .bind(plan)
            .fetch_optional(tx.conn())
            .await?;
    row.map(|(village, before)| {
        let village = village.parse().map_err(|error| StoreError::corrupt("code", error))?;
        Ok((village, before.0))
    })
    .transpose()
}
