//! Corrections of months that are paid, dated into a later one.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::super::{StoreError, Tx, audit};
use super::{code, month};
use crate::domain::{Code, Month};

#[derive(Debug, Clone)]
pub struct NewAdjustment {
    pub id: Uuid,
    pub worker: Uuid,
    pub area: Code,
    pub about_month: Month,
    /// Later than `about_month`.
    pub pay_month: Month,
    /// Not 0; negative takes back.
    pub amount_fen: i64,
    /// 4 to 200 characters.
    pub reason: String,
}

#[derive(Debug, Clone)]
pub struct AdjustmentRow {
    pub id: Uuid,
    pub worker: Uuid,
    pub area: Code,
    pub about_month: Month,
    pub pay_month: Month,
    pub amount_fen: i64,
    pub reason: String,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Raw {
    id: Uuid,
    worker: Uuid,
    area: String,
    about_month: NaiveDate,
    pay_month: NaiveDate,
    amount_fen: i64,
    reason: String,
    created_by: String,
    created_at: DateTime<Utc>,
}

/// Adds a correction. A month that is paid refuses by `pay_month_closed`.
pub async fn adjust(tx: &mut Tx, new: &NewAdjustment, now: DateTime<Utc>) -> Result<(), StoreError> {
    let actor = tx.scope.actor().to_owned();
    sqlx::query(
        "INSERT INTO pay_adjustment (id, worker, area, about_month, pay_month, amount_fen, reason, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(new.id)
    .bind(new.worker)
    .bind(new.area.as_str())
    .bind(new.about_month.first_day())
    .bind(new.pay_month.first_day())
    .bind(new.amount_fen)
    .bind(&new.reason)
    .bind(actor)
    .bind(now)
    .execute(tx.conn())
    .await?;
    let after = json!({"worker": new.worker, "about_month": new.about_month, "pay_month": new.pay_month,
                       "amount_fen": new.amount_fen, "reason": new.reason});
    let entry = audit::Entry {
        action: "pay.adjust",
        subject: &new.id.to_string(),
        area: &new.area,
        before: None,
        after: Some(after),
    };
    audit::write(tx, entry).await
}

/// The corrections that are paid in a month of `area` and below; without a month all of them, the newest first.
pub async fn adjustments(
    tx: &mut Tx,
    area: &Code,
    pay_month: Option<Month>,
) -> Result<Vec<AdjustmentRow>, StoreError> {
    let raws: Vec<Raw> = sqlx::query_as(
        "SELECT id, worker, area, about_month, pay_month, amount_fen, reason, created_by, created_at
         FROM pay_adjustment WHERE area LIKE $1 || '%' AND ($2::date IS NULL OR pay_month = $2)
         ORDER BY pay_month DESC, id DESC LIMIT 2000",
    )
    .bind(area.as_str())
    .bind(pay_month.map(Month::first_day))
    .fetch_all(tx.conn())
    .await?;
    raws.into_iter()
        .map(|raw| {
            Ok(AdjustmentRow {
                id: raw.id,
                worker: raw.worker,
                area: code(raw.area)?,
                about_month: month(raw.about_month),
                pay_month: month(raw.pay_month),
                amount_fen: raw.amount_fen,
                reason: raw.reason,
                created_by: raw.created_by,
                created_at: raw.created_at,
            })
        })
        .collect()
}
