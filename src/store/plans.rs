//! Plans: saving a draft whole, publishing it from a day, reading and discarding.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx, assignments, audit, geometry, tiles};
use crate::access::Scope;
use crate::domain::{Code, DrawnGrid, Givens, GridNumbers, PlanStatus, Reason, Scores};

/// A plan as it is stored, without its grids.
#[derive(Debug, Clone)]
pub struct PlanRow {
    pub id: Uuid,
    pub banner: Code,
    pub banner_name: String,
    pub title: String,
    pub status: PlanStatus,
    pub valid_from: Option<NaiveDate>,
    /// The first day on which it no longer holds.
    pub valid_to: Option<NaiveDate>,
    pub seed: i64,
    pub engine_version: String,
    pub policy_version: String,
    /// As they are told, but for the program's own work.
    pub scores: Scores,
    /// Of each village by the counts that the scope sees there.
    pub reasons: Vec<Reason>,
    pub givens: Givens,
    pub numbers: GridNumbers,
    /// Counts the changes of a draft, from 1.
    pub version: i32,
    pub bbox: [f64; 4],
    pub synthetic: bool,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
}

#[derive(FromRow)]
struct Raw {
    id: Uuid,
    banner: String,
    banner_name: String,
    title: String,
    status: String,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
    seed: i64,
    engine_version: String,
    policy_version: String,
    scores: Json<Scores>,
    scores_told: Json<Scores>,
    reasons: Json<Vec<Reason>>,
    reasons_told: Json<Vec<Reason>>,
    givens: Json<Givens>,
    numbers: Json<GridNumbers>,
    version: i32,
    bbox: Vec<f64>,
    synthetic: bool,
    created_at: DateTime<Utc>,
    created_by: String,
}

const SELECT: &str = "SELECT plan.id, plan.banner, area.name AS banner_name, title, status,
    lower(during) AS valid_from, upper(during) AS valid_to, seed, engine_version, policy_version, scores, scores_told, reasons,
    reasons_told, givens, numbers, version,
    ARRAY[ST_XMin(area.outline), ST_YMin(area.outline), ST_XMax(area.outline), ST_YMax(area.outline)] AS bbox,
    plan.synthetic, created_at, created_by
    FROM plan JOIN area ON area.code = plan.banner";

pub(super) fn status(text: &str) -> Result<PlanStatus, StoreError> {
    match text {
        "draft" => Ok(PlanStatus::Draft),
        "published" => Ok(PlanStatus::Published),
        "superseded" => Ok(PlanStatus::Superseded),
        other => Err(StoreError::corrupt("plan status", other)),
    }
}

/// Of each village the reasons by the counts that the scope sees there.
fn seen(exact: Vec<Reason>, told: Vec<Reason>, scope: &Scope) -> Vec<Reason> {
    let own = exact.into_iter().filter(|reason| scope.sees_exact(&reason.village));
    let others = told.into_iter().filter(|reason| !scope.sees_exact(&reason.village));
    let mut all: Vec<Reason> = own.chain(others).collect();
    all.sort_by(|a, b| (&a.village, &a.grid).cmp(&(&b.village, &b.grid)));
    all
}

impl Raw {
    fn seen_by(self, scope: &Scope) -> Result<PlanRow, StoreError> {
        let raw = self;
        let scores = if scope.sees_exact_everywhere() { raw.scores } else { raw.scores_told };
        Ok(PlanRow {
            id: raw.id,
            banner: raw.banner.parse().map_err(|error| StoreError::corrupt("code", error))?,
            banner_name: raw.banner_name,
            title: raw.title,
            status: status(&raw.status)?,
            valid_from: raw.valid_from,
            valid_to: raw.valid_to,
            seed: raw.seed,
            engine_version: raw.engine_version,
            policy_version: raw.policy_version,
            scores: scores.0,
            reasons: seen(raw.reasons.0, raw.reasons_told.0, scope),
            givens: raw.givens.0,
            numbers: raw.numbers.0,
            version: raw.version,
            bbox: raw.bbox.try_into().map_err(|_| StoreError::corrupt("bounding box", "not four numbers"))?,
            synthetic: raw.synthetic,
            created_at: raw.created_at,
            created_by: raw.created_by,
        })
    }
}

/// One plan, if it is in scope.
pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<PlanRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE plan.id = $1"));
    let raw: Option<Raw> = sqlx::query_as(sql).bind(id).fetch_optional(tx.conn()).await?;
    raw.map(|raw| raw.seen_by(tx.scope())).transpose()
}

/// The plans of the banners of `area` (or of the banner that it lies in), newest first.
pub async fn of_area(tx: &mut Tx, area: &Code, limit: i64) -> Result<Vec<PlanRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE plan.banner LIKE left($1, 6) || '%' ORDER BY created_at DESC, plan.id DESC LIMIT $2"
    ));
    let raws: Vec<Raw> = sqlx::query_as(sql).bind(area.as_str()).bind(limit).fetch_all(tx.conn()).await?;
    raws.into_iter().map(|raw| raw.seen_by(tx.scope())).collect()
}

/// Those of some banners in which a plan is in force on a day, by code.
pub async fn planned(tx: &mut Tx, banners: &BTreeSet<Code>, day: NaiveDate) -> Result<Vec<Code>, StoreError> {
    let codes: Vec<String> =
        sqlx::query_scalar("SELECT banner FROM plan WHERE banner = ANY($1) AND during @> $2 ORDER BY banner")
            .bind(banners.iter().map(Code::as_str).collect::<Vec<_>>())
            .bind(day)
            .fetch_all(tx.conn())
            .await?;
    codes.into_iter().map(|code| code.parse().map_err(|error| StoreError::corrupt("code", error))).collect()
}

/// The plan of a banner that holds on `day`.
pub async fn in_force(tx: &mut Tx, banner: &Code, day: NaiveDate) -> Result<Option<PlanRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE plan.banner = $1 AND during @> $2"));
    let raw: Option<Raw> =
        sqlx::query_as(sql).bind(banner.as_str()).bind(day).fetch_optional(tx.conn()).await?;
    raw.map(|raw| raw.seen_by(tx.scope())).transpose()
}

/// The policy document that a plan was made with.
pub async fn policy_text(tx: &mut Tx, id: Uuid) -> Result<String, StoreError> {
    Ok(sqlx::query_scalar("SELECT policy_text FROM plan WHERE id = $1").bind(id).fetch_one(tx.conn()).await?)
}

/// The reasons of a plan by its true counts, and by those that are told.
///
/// # Errors
/// Also for a scope that sees counts under 5 only in some villages: this is for the program's own work.
pub async fn reasons(tx: &mut Tx, id: Uuid) -> Result<(Vec<Reason>, Vec<Reason>), StoreError> {
    tx.must_see_exact()?;
    let (exact, told): (Json<Vec<Reason>>, Json<Vec<Reason>>) =
        sqlx::query_as("SELECT reasons, reasons_told FROM plan WHERE id = $1")
            .bind(id)
            .fetch_one(tx.conn())
            .await?;
    Ok((exact.0, told.0))
}

/// A plan to be saved.
#[derive(Debug)]
pub struct NewPlan {
    pub id: Uuid,
    pub banner: Code,
    pub title: String,
    pub seed: i64,
    pub engine_version: String,
    pub policy_version: String,
    pub policy_text: String,
    pub scores: Scores,
    pub told_scores: Scores,
    pub reasons: Vec<Reason>,
    pub told_reasons: Vec<Reason>,
    pub givens: Givens,
    pub numbers: GridNumbers,
    pub synthetic: bool,
    pub created_at: DateTime<Utc>,
    pub grids: Vec<DrawnGrid>,
}

/// Saves a draft with all its grids, in the caller's transaction.
pub async fn save_draft(tx: &mut Tx, plan: &NewPlan) -> Result<(), StoreError> {
    let actor = tx.scope.actor().to_owned();
    sqlx::query(
        "INSERT INTO plan (id, banner, title, status, seed, engine_version, policy_version, policy_text, scores,
                           reasons, synthetic, created_at, created_by, scores_told, reasons_told, givens, numbers)
         VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(plan.id)
    .bind(plan.banner.as_str())
    .bind(&plan.title)
    .bind(plan.seed)
    .bind(&plan.engine_version)
    .bind(&plan.policy_version)
    .bind(&plan.policy_text)
    .bind(Json(&plan.scores))
    .bind(Json(&plan.reasons))
    .bind(plan.synthetic)
    .bind(plan.created_at)
    .bind(actor)
    .bind(Json(&plan.told_scores))
    .bind(Json(&plan.told_reasons))
    .bind(Json(&plan.givens))
    .bind(Json(&plan.numbers))
    .execute(tx.conn())
    .await?;
    put_grids(tx, plan.id, &plan.grids).await?;
    let after = json!({"title": plan.title, "grids": plan.grids.len(), "seed": plan.seed, "policy": plan.policy_version, "engine": plan.engine_version});
    let subject = plan.id.to_string();
    let entry = audit::Entry {
        action: "plan.draft",
        subject: &subject,
        area: &plan.banner,
        before: None,
        after: Some(after),
    };
    audit::write(tx, entry).await
}

/// Adds grids to a draft.
pub(super) async fn put_grids(tx: &mut Tx, plan: Uuid, grids: &[DrawnGrid]) -> Result<(), StoreError> {
    // COPY may not write to a table with row-level security: it fills a table of this transaction's own.
    sqlx::query(
        "CREATE TEMPORARY TABLE new_grid (code text, area_type text, kind text, name text, units text[], outline public.geometry,
            label_point public.geometry, area_m2 double precision, compactness double precision,
            travel_min double precision, households integer, people integer, in_band boolean, reasons jsonb,
            households_told integer, households_few integer, people_told integer, people_few integer,
            travel_min_told double precision, in_band_told boolean, reasons_told jsonb)
         ON COMMIT DROP",
    )
    .execute(tx.conn())
    .await?;
    let mut copy = super::imports::CopyIn::start(tx, "new_grid").await?;
    for row in grids {
        let kind = match row.grid.kind {
            crate::domain::GridKind::General => "general",
            crate::domain::GridKind::Dedicated => "dedicated",
        };
        let travel = row.travel_min.map(|minutes| minutes.to_string());
        let travel_told = row.told.travel_min.map(|minutes| minutes.to_string());
        copy.row(&[
            Some(row.grid.code.as_str()),
            Some(row.area_type.as_str()),
            Some(kind),
            row.grid.name.as_deref(),
            Some(&array_literal(&row.grid.units)),
            Some(&geometry::hex_ewkb(&row.outline.clone().into())?),
            Some(&geometry::hex_ewkb(&geometry::point(row.label_point.0, row.label_point.1))?),
            Some(&row.area_m2.to_string()),
            Some(&row.compactness.to_string()),
            travel.as_deref(),
            Some(&row.grid.households.to_string()),
            Some(&row.grid.people.to_string()),
            Some(&row.in_band.to_string()),
            Some(&json_of(&row.grid.reasons)?),
            Some(&row.told.households.told.to_string()),
            Some(&row.told.households.few.to_string()),
            Some(&row.told.people.told.to_string()),
            Some(&row.told.people.few.to_string()),
            travel_told.as_deref(),
            Some(&row.told.in_band.to_string()),
            Some(&json_of(&row.told.reasons)?),
        ])
        .await?;
    }
    copy.finish().await?;
    sqlx::query(
        "INSERT INTO grid (plan, code, area_type, kind, name, units, outline, label_point, area_m2, compactness,
                           travel_min, households, people, in_band, reasons, households_told, households_few,
                           people_told, people_few, travel_min_told, in_band_told, reasons_told)
         SELECT $1, code, area_type, kind, name, units, outline, label_point, area_m2, compactness, travel_min,
                households, people, in_band, reasons, households_told, households_few, people_told, people_few,
                travel_min_told, in_band_told, reasons_told FROM new_grid",
    )
    .bind(plan)
    .execute(tx.conn())
    .await?;
    sqlx::query("DROP TABLE pg_temp.new_grid").execute(tx.conn()).await?;
    Ok(())
}

fn json_of(reasons: &[Reason]) -> Result<String, StoreError> {
    serde_json::to_string(reasons).map_err(|error| StoreError::corrupt("reasons", error))
}

/// A `text[]` as PostgreSQL writes it.
fn array_literal(values: &[String]) -> String {
    let quoted = |value: &String| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    format!("{{{}}}", values.iter().map(quoted).collect::<Vec<_>>().join(","))
}

/// How publishing ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publication {
    Done {
        grids: u64,
    },
    NotFound,
    NotADraft,
    /// A plan of the same banner begins on that day or later; the new one must begin after it.
    Later {
        begins: NaiveDate,
    },
}

/// Publishes a draft from `day`: the plan in force until then ends on that day.
pub async fn publish(tx: &mut Tx, id: Uuid, day: NaiveDate) -> Result<Publication, StoreError> {
    let row: Option<(String, String)> =
        sqlx::query_as("SELECT banner, status FROM plan WHERE id = $1 FOR UPDATE")
            .bind(id)
            .fetch_optional(tx.conn())
            .await?;
    let Some((banner, held)) = row else { return Ok(Publication::NotFound) };
    if status(&held)? != PlanStatus::Draft {
        return Ok(Publication::NotADraft);
    }
    let later: Option<NaiveDate> =
        sqlx::query_scalar("SELECT max(lower(during)) FROM plan WHERE banner = $1 AND lower(during) >= $2")
            .bind(&banner)
            .bind(day)
            .fetch_one(tx.conn())
            .await?;
    if let Some(begins) = later {
        return Ok(Publication::Later { begins });
    }
    let before: Option<(Uuid,)> = sqlx::query_as(
        "UPDATE plan SET during = daterange(lower(during), $2), status = 'superseded'
         WHERE banner = $1 AND during @> $2 RETURNING id",
    )
    .bind(&banner)
    .bind(day)
    .fetch_optional(tx.conn())
    .await?;
    sqlx::query("UPDATE plan SET during = daterange($2, NULL), status = 'published' WHERE id = $1")
        .bind(id)
        .bind(day)
        .execute(tx.conn())
        .await?;
    let grids =
        sqlx::query("SELECT 1 FROM grid WHERE plan = $1").bind(id).execute(tx.conn()).await?.rows_affected();
    sqlx::query("INSERT INTO grid_code (code, first_plan) SELECT code, plan FROM grid WHERE plan = $1 ON CONFLICT DO NOTHING")
        .bind(id)
        .execute(tx.conn())
        .await?;
    tiles::next_edition(tx, "grids").await?;
    let ended = assignments::follow_plan(tx, id).await?;
    let area: Code = banner.parse().map_err(|error| StoreError::corrupt("code", error))?;
    let entry = audit::Entry {
        action: "plan.publish",
        subject: &id.to_string(),
        area: &area,
        before: Some(json!({"status": "draft", "in_force": before.map(|(id,)| id)})),
        after: Some(
            json!({"status": "published", "valid_from": day, "grids": grids, "assignments_ended": ended}),
        ),
    };
    audit::write(tx, entry).await?;
    Ok(Publication::Done { grids })
}

/// Removes a draft. False when there is none of that id; a published plan is refused by `plan_frozen`.
pub async fn discard(tx: &mut Tx, id: Uuid) -> Result<bool, StoreError> {
    let grids: i64 =
        sqlx::query_scalar("SELECT count(*) FROM grid WHERE plan = $1").bind(id).fetch_one(tx.conn()).await?;
    let removed: Option<(String, String, String)> =
        sqlx::query_as("DELETE FROM plan WHERE id = $1 RETURNING banner, title, status")
            .bind(id)
            .fetch_optional(tx.conn())
            .await?;
    let Some((banner, title, status)) = removed else { return Ok(false) };
    let area: Code = banner.parse().map_err(|error| StoreError::corrupt("code", error))?;
    let entry = audit::Entry {
        action: "plan.discard",
        subject: &id.to_string(),
        area: &area,
        before: Some(json!({"title": title, "status": status, "grids": grids})),
        after: None,
    };
    audit::write(tx, entry).await?;
    Ok(true)
}
