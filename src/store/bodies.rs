//! Organs and institutions of townships, dated.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::json;

use super::{StoreError, Tx, audit};
use crate::domain::Code;

/// How many organs and institutions a township has from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    pub area: Code,
    pub from: NaiveDate,
    pub organs: u32,
    pub institutions: u32,
    pub synthetic: bool,
}

/// Writes what townships of `area` have from a day on, with one entry in the trail; what was written for the same day is
/// written over.
pub async fn put(tx: &mut Tx, area: &Code, bodies: &[Body]) -> Result<(), StoreError> {
    let before = match bodies {
        [one] => held(tx, &one.area, one.from).await?.remove(&one.area),
        _ => None,
    };
    sqlx::query(
        "INSERT INTO township_body (area, begins, organs, institutions, synthetic)
         SELECT * FROM unnest($1::text[], $2::date[], $3::integer[], $4::integer[], $5::boolean[])
         ON CONFLICT ON CONSTRAINT township_body_key DO UPDATE SET organs = excluded.organs,
            institutions = excluded.institutions, synthetic = excluded.synthetic",
    )
    .bind(bodies.iter().map(|body| body.area.as_str()).collect::<Vec<_>>())
    .bind(bodies.iter().map(|body| body.from).collect::<Vec<_>>())
    .bind(bodies.iter().map(|body| body.organs.cast_signed()).collect::<Vec<_>>())
    .bind(bodies.iter().map(|body| body.institutions.cast_signed()).collect::<Vec<_>>())
    .bind(bodies.iter().map(|body| body.synthetic).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    let told =
        |body: &Body| json!({"from": body.from, "organs": body.organs, "institutions": body.institutions});
    let after = match bodies {
        [one] => told(one),
        many => json!({"townships": many.len()}),
    };
    let entry = audit::Entry {
        action: "township_body.put",
        subject: area.as_str(),
        area,
        before: before.as_ref().map(told),
        after: Some(after),
    };
    audit::write(tx, entry).await
}

/// What the townships of `area` have on a day, as far as it is known.
pub async fn held(tx: &mut Tx, area: &Code, on: NaiveDate) -> Result<BTreeMap<Code, Body>, StoreError> {
    let rows: Vec<(String, NaiveDate, i32, i32, bool)> = sqlx::query_as(
        "SELECT DISTINCT ON (area) area, begins, organs, institutions, synthetic FROM township_body
         WHERE area LIKE $1 || '%' AND begins <= $2 ORDER BY area, begins DESC",
    )
    .bind(area.as_str())
    .bind(on)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|(code, from, organs, institutions, synthetic)| {
            let area: Code = code.parse().map_err(|error| StoreError::corrupt("code", error))?;
            let (organs, institutions) = (organs.unsigned_abs(), institutions.unsigned_abs());
            Ok((area.clone(), Body { area, from, organs, institutions, synthetic }))
        })
        .collect()
}
