//! The same months under two rules.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{StoreError, Tx, audit};
use super::code;
use crate::domain::Code;

#[derive(Debug, Clone)]
pub struct ComparisonRow {
    pub id: Uuid,
    pub area: Code,
    pub result: Value,
}

/// Keeps what a comparison found.
pub async fn save_comparison(
    tx: &mut Tx,
    id: Uuid,
    area: &Code,
    result: &Value,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let actor = tx.scope.actor().to_owned();
    sqlx::query(
        "INSERT INTO pay_comparison (id, area, result, created_by, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(area.as_str())
    .bind(result)
    .bind(actor)
    .bind(now)
    .execute(tx.conn())
    .await?;
    let entry = audit::Entry {
        action: "pay.compare",
        subject: &id.to_string(),
        area,
        before: None,
        after: Some(json!({"months": result["months"]})),
    };
    audit::write(tx, entry).await
}

pub async fn comparison(tx: &mut Tx, id: Uuid) -> Result<Option<ComparisonRow>, StoreError> {
    let raw: Option<(String, Value)> =
        sqlx::query_as("SELECT area, result FROM pay_comparison WHERE id = $1")
            .bind(id)
            .fetch_optional(tx.conn())
            .await?;
    raw.map(|(area, result)| Ok(ComparisonRow { id, area: code(area)?, result })).transpose()
}
