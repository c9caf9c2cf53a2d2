//! Proposals of where to put the next outlets.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, audit};
use crate::domain::Code;

#[derive(Debug, Clone)]
pub struct PlacementRow {
    pub id: Uuid,
    pub area: Code,
    /// Sites of it have been made into outlets.
    pub accepted: bool,
    pub params: Value,
    pub result: Value,
    pub synthetic: bool,
    pub made_by: String,
    pub made_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Raw {
    id: Uuid,
    area: String,
    status: String,
    params: Value,
    result: Value,
    synthetic: bool,
    made_by: String,
    made_at: DateTime<Utc>,
}

/// Saves a proposal.
pub async fn add(
    tx: &mut Tx,
    id: Uuid,
    area: &Code,
    (params, result): (&Value, &Value),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let actor = tx.scope().actor().to_owned();
    sqlx::query(
        "INSERT INTO placement (id, area, status, params, result, synthetic, made_by, made_at)
         VALUES ($1, $2, 'open', $3, $4, (SELECT synthetic FROM area WHERE code = $2), $5, $6)",
    )
    .bind(id)
    .bind(area.as_str())
    .bind(params)
    .bind(result)
    .bind(actor)
    .bind(now)
    .execute(tx.conn())
    .await?;
    let entry = audit::Entry {
        action: "placement.make",
        subject: &id.to_string(),
        area,
        before: None,
        after: Some(params.clone()),
    };
    audit::write(tx, entry).await
}

impl TryFrom<Raw> for PlacementRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        Ok(Self {
            id: raw.id,
            area: raw.area.parse().map_err(|error| StoreError::corrupt("code", error))?,
            accepted: raw.status == "accepted",
            params: raw.params,
            result: raw.result,
            synthetic: raw.synthetic,
            made_by: raw.made_by,
            made_at: raw.made_at,
        })
    }
}

/// One proposal; none where there is none in scope.
pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<PlacementRow>, StoreError> {
    let raw: Option<Raw> =
        sqlx::query_as("SELECT * FROM placement WHERE id = $1").bind(id).fetch_optional(tx.conn()).await?;
    raw.map(TryInto::try_into).transpose()
}

/// Those for `area` and below, the newest first, 100 at most.
pub async fn list(tx: &mut Tx, area: &Code) -> Result<Vec<PlacementRow>, StoreError> {
    let raws: Vec<Raw> = sqlx::query_as(
        "SELECT * FROM placement WHERE area LIKE $1 || '%' ORDER BY made_at DESC, id DESC LIMIT 100",
    )
    .bind(area.as_str())
    .fetch_all(tx.conn())
    .await?;
    raws.into_iter().map(TryInto::try_into).collect()
}

/// Notes that outlets are made of some of its sites. False where they were already.
pub async fn accept(tx: &mut Tx, row: &PlacementRow, sites: &[usize]) -> Result<bool, StoreError> {
    let changed = sqlx::query("UPDATE placement SET status = 'accepted' WHERE id = $1 AND status = 'open'")
        .bind(row.id)
        .execute(tx.conn())
        .await?
        .rows_affected();
    if changed == 0 {
        return Ok(false);
    }
    let entry = audit::Entry {
        action: "placement.accept",
        subject: &row.id.to_string(),
        area: &row.area,
        before: Some(json!({"accepted": row.accepted})),
        after: Some(json!({"accepted": true, "sites": sites})),
    };
    audit::write(tx, entry).await?;
    Ok(true)
}
