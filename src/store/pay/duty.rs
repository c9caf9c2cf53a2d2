//! Days on duty and appraisals, as townships attest them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::super::workers::{self, WorkerFilter};
use super::super::{StoreError, Tx, audit};
use super::code;
use crate::domain::{Code, Employment, Month, PersonalField, WorkerStatus};

/// What is attested of a worker's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    pub worker: Uuid,
    /// At most `expected_days`.
    pub duty_days: u8,
    /// 1 to 31.
    pub expected_days: u8,
    /// 0 to 100; none before the appraisal is held.
    pub score: Option<u8>,
}

/// A worker with what is attested of the month, if it is.
#[derive(Debug, Clone)]
pub struct DutyRow {
    pub worker: Uuid,
    /// Masked; none where the key isn't at hand.
    pub name: Option<String>,
    pub area: Code,
    pub area_name: Option<String>,
    pub employment: Employment,
    pub duty_days: Option<u8>,
    pub expected_days: Option<u8>,
    pub score: Option<u8>,
    pub attested_by: Option<String>,
}

#[derive(FromRow)]
struct Raw {
    worker: Uuid,
    area: String,
    duty_days: i16,
    expected_days: i16,
    score: Option<i16>,
    attested_by: String,
}

/// The workers of `area` and below with what is attested of the month. Who has left is there only where something is.
pub async fn duty(tx: &mut Tx, area: &Code, month: Month) -> Result<Vec<DutyRow>, StoreError> {
    let raws: Vec<Raw> = sqlx::query_as(
        "SELECT worker, area, duty_days, expected_days, score, attested_by FROM duty
         WHERE month = $2 AND area LIKE $1 || '%' ORDER BY worker",
    )
    .bind(area.as_str())
    .bind(month.first_day())
    .fetch_all(tx.conn())
    .await?;
    let mut attested: BTreeMap<Uuid, Raw> = raws.into_iter().map(|raw| (raw.worker, raw)).collect();
    let last = month.end().pred_opt().unwrap_or_else(|| month.first_day());
    let mut people = workers::page(tx, area, &WorkerFilter::default(), last, None, i64::MAX).await?;
    let here: BTreeSet<Uuid> = people.iter().map(|worker| worker.id).collect();
    // Attested here, and elsewhere since.
    for worker in attested.keys().filter(|worker| !here.contains(worker)).copied().collect::<Vec<_>>() {
        people.extend(workers::get(tx, worker, last).await?);
    }
    let days = |days: i16| u8::try_from(days).ok();
    let mut rows = Vec::with_capacity(people.len());
    for mut worker in people {
        let held = attested.remove(&worker.id);
        if held.is_none() && worker.status == WorkerStatus::Left {
            continue;
        }
        let area = held.as_ref().map(|raw| code(raw.area.clone())).transpose()?;
        rows.push(DutyRow {
            worker: worker.id,
            name: worker.masked.remove(&PersonalField::Name).flatten(),
            area: area.unwrap_or(worker.area),
            area_name: worker.area_name,
            employment: worker.employment,
            duty_days: held.as_ref().and_then(|raw| days(raw.duty_days)),
            expected_days: held.as_ref().and_then(|raw| days(raw.expected_days)),
            score: held.as_ref().and_then(|raw| raw.score.and_then(days)),
            attested_by: held.map(|raw| raw.attested_by),
        });
    }
    rows.sort_by(|one, other| (&one.area, one.worker).cmp(&(&other.area, other.worker)));
    Ok(rows)
}

/// Attests what is given of workers of `area` and below; what was attested of them before is replaced. Gives those
/// who are no workers there, and then nothing is kept; the caller must not commit. A month that is paid refuses by
/// `pay_month_closed`.
pub async fn attest(
    tx: &mut Tx,
    area: &Code,
    month: Month,
    rows: &[Attested],
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, StoreError> {
    let actor = tx.scope.actor().to_owned();
    let workers: Vec<Uuid> = rows.iter().map(|row| row.worker).collect();
    let before: Vec<(Uuid, i16, i16, Option<i16>)> = sqlx::query_as(
        "SELECT worker, duty_days, expected_days, score FROM duty WHERE month = $1 AND worker = ANY($2)",
    )
    .bind(month.first_day())
    .bind(&workers)
    .fetch_all(tx.conn())
    .await?;
    let kept: Vec<Uuid> = sqlx::query_scalar(
        "INSERT INTO duty (worker, month, area, duty_days, expected_days, score, attested_by, attested_at)
         SELECT w.id, $3, coalesce(d.area, w.area), n.duty_days, n.expected_days, n.score, $7, $8
         FROM unnest($2::uuid[], $4::smallint[], $5::smallint[], $6::smallint[]) AS n (id, duty_days, expected_days, score)
              JOIN worker w ON w.id = n.id LEFT JOIN duty d ON d.worker = w.id AND d.month = $3
         WHERE coalesce(d.area, w.area) LIKE $1 || '%'
         ON CONFLICT ON CONSTRAINT duty_key DO UPDATE SET duty_days = excluded.duty_days,
             expected_days = excluded.expected_days, score = excluded.score, attested_by = excluded.attested_by,
             attested_at = excluded.attested_at
         RETURNING worker",
    )
    .bind(area.as_str())
    .bind(&workers)
    .bind(month.first_day())
    .bind(rows.iter().map(|row| i16::from(row.duty_days)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| i16::from(row.expected_days)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.score.map(i16::from)).collect::<Vec<_>>())
    .bind(actor)
    .bind(now)
    .fetch_all(tx.conn())
    .await?;
    let kept: std::collections::HashSet<Uuid> = kept.into_iter().collect();
    let unknown: Vec<Uuid> = workers.iter().copied().filter(|worker| !kept.contains(worker)).collect();
    if !unknown.is_empty() {
        return Ok(unknown);
    }
    // A long list would make the trail unreadable: beyond a township's it says how many.
    const LISTED: usize = 500;
    let told = |rows: Vec<serde_json::Value>| match rows.len() {
        0..=LISTED => json!({"month": month, "rows": rows}),
        many => json!({"month": month, "workers": many}),
    };
    let old = before.iter().map(|(worker, days, of, score)| json!([worker, days, of, score])).collect();
    let new =
        rows.iter().map(|row| json!([row.worker, row.duty_days, row.expected_days, row.score])).collect();
    let entry = audit::Entry {
        action: "duty.attest",
        subject: &month.to_string(),
        area,
        before: (!before.is_empty()).then(|| told(old)),
        after: Some(told(new)),
    };
    audit::write(tx, entry).await?;
    Ok(Vec::new())
}

/// Whether the month of `area` is paid and closed by a locked run of it or of an area above.
pub async fn closed(tx: &mut Tx, area: &Code, month: Month) -> Result<bool, StoreError> {
    let day: NaiveDate = month.first_day();
    Ok(sqlx::query_scalar("SELECT khot.pay_locked($1, $2)")
        .bind(area.as_str())
        .bind(day)
        .fetch_one(tx.conn())
        .await?)
}
