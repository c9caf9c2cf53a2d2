//! Which outlet offers which item.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::super::{StoreError, Tx, audit};
use crate::domain::{Code, ServiceMode};

/// An item that an outlet offers, or offered.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferRow {
    pub item: String,
    pub name: String,
    pub modes: Vec<ServiceMode>,
    /// By whose authority, or under which paper.
    pub authority: String,
    pub since: NaiveDate,
    /// The first day on which it is no longer offered.
    pub until: Option<NaiveDate>,
}

#[derive(FromRow)]
struct Raw {
    item: String,
    name: String,
    modes: Vec<String>,
    authority: String,
    begins: NaiveDate,
    ends: Option<NaiveDate>,
}

/// What an outlet offers, offered and will offer, by item and day.
pub async fn of_outlet(tx: &mut Tx, outlet: Uuid) -> Result<Vec<OfferRow>, StoreError> {
    let raws: Vec<Raw> = sqlx::query_as(
        "SELECT f.item, i.name, i.modes, f.authority, f.begins, f.ends
         FROM service_offer f JOIN service_item i ON i.code = f.item WHERE f.outlet = $1 ORDER BY f.item, f.begins",
    )
    .bind(outlet)
    .fetch_all(tx.conn())
    .await?;
    let row = |raw: Raw| {
        let modes = raw.modes.iter().filter_map(|mode| ServiceMode::parse(mode)).collect();
        let Raw { item, name, authority, begins, ends, .. } = raw;
        OfferRow { item, name, modes, authority, since: begins, until: ends }
    };
    Ok(raws.into_iter().map(row).collect())
}

/// How an offer was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferOutcome {
    Done,
    /// The catalogue has no such item, for this scope.
    NoItem,
}

/// Says that an outlet of `area` offers an item since a day. An offer that is still open is written over.
pub async fn put(
    tx: &mut Tx,
    (outlet, area): (Uuid, &Code),
    item: &str,
    authority: &str,
    since: NaiveDate,
) -> Result<OfferOutcome, StoreError> {
    let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM service_item WHERE code = $1)")
        .bind(item)
        .fetch_one(tx.conn())
        .await?;
    if !known {
        return Ok(OfferOutcome::NoItem);
    }
    let before: Option<(String, NaiveDate)> = sqlx::query_as(
        "DELETE FROM service_offer WHERE outlet = $1 AND item = $2 AND ends IS NULL RETURNING authority, begins",
    )
    .bind(outlet)
    .bind(item)
    .fetch_optional(tx.conn())
    .await?;
    sqlx::query(
        "INSERT INTO service_offer (outlet, area, item, authority, begins) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(outlet)
    .bind(area.as_str())
    .bind(item)
    .bind(authority)
    .bind(since)
    .execute(tx.conn())
    .await?;
    let entry = audit::Entry {
        action: "offer.put",
        subject: &format!("{outlet} {item}"),
        area,
        before: before.map(|(authority, since)| json!({"authority": authority, "since": since})),
        after: Some(json!({"authority": authority, "since": since})),
    };
    audit::write(tx, entry).await?;
    Ok(OfferOutcome::Done)
}

/// An outlet, its area and an item.
pub type Offered = (Uuid, Code, String);

/// The same for many at once, without an entry for each: for the demo.
pub async fn put_many(
    tx: &mut Tx,
    offers: &[Offered],
    authority: &str,
    since: NaiveDate,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO service_offer (outlet, area, item, authority, begins)
         SELECT *, $4, $5 FROM unnest($1::uuid[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING",
    )
    .bind(offers.iter().map(|offer| offer.0).collect::<Vec<_>>())
    .bind(offers.iter().map(|offer| offer.1.as_str()).collect::<Vec<_>>())
    .bind(offers.iter().map(|offer| offer.2.as_str()).collect::<Vec<_>>())
    .bind(authority)
    .bind(since)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends an open offer on a day; one that hasn't begun by then goes without a trace but the trail's. False where there
/// is none.
pub async fn end(
    tx: &mut Tx,
    (outlet, area): (Uuid, &Code),
    item: &str,
    day: NaiveDate,
) -> Result<bool, StoreError> {
    let removed: Option<(String, NaiveDate)> = sqlx::query_as(
        "DELETE FROM service_offer WHERE outlet = $1 AND item = $2 AND ends IS NULL RETURNING authority, begins",
    )
    .bind(outlet)
    .bind(item)
    .fetch_optional(tx.conn())
    .await?;
    let Some((authority, begins)) = removed else { return Ok(false) };
    if begins < day {
        sqlx::query(
            "INSERT INTO service_offer (outlet, area, item, authority, begins, ends) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(outlet)
        .bind(area.as_str())
        .bind(item)
        .bind(&authority)
        .bind(begins)
        .bind(day)
        .execute(tx.conn())
        .await?;
    }
    let entry = audit::Entry {
        action: "offer.end",
        subject: &format!("{outlet} {item}"),
        area,
        before: Some(json!({"authority": authority, "since": begins, "until": null})),
        after: Some(json!({"until": day})),
    };
    audit::write(tx, entry).await?;
    Ok(true)
}

/// The items that each outlet of `area` and below offers on a day.
pub async fn offered(
    tx: &mut Tx,
    area: &Code,
    on: NaiveDate,
) -> Result<BTreeMap<Uuid, BTreeSet<String>>, StoreError> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT outlet, item FROM service_offer WHERE area LIKE $1 || '%' AND begins <= $2 AND (ends IS NULL OR ends > $2)",
    )
    .bind(area.as_str())
    .bind(on)
    .fetch_all(tx.conn())
    .await?;
    let mut offered: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
    for (outlet, item) in rows {
        offered.entry(outlet).or_default().insert(item);
    }
    Ok(offered)
}

/// The outlets of `area` and below that offer an item on a day.
pub async fn offering(
    tx: &mut Tx,
    area: &Code,
    item: &str,
    on: NaiveDate,
) -> Result<BTreeSet<Uuid>, StoreError> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "SELECT outlet FROM service_offer
         WHERE area LIKE $1 || '%' AND item = $2 AND begins <= $3 AND (ends IS NULL OR ends > $3)",
    )
    .bind(area.as_str())
    .bind(item)
    .bind(on)
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().collect())
}

/// By whose authority each outlet of `area` and below offers what it offers on a day.
pub async fn authorities(
    tx: &mut Tx,
    area: &Code,
    on: NaiveDate,
) -> Result<BTreeMap<Uuid, Vec<String>>, StoreError> {
    let rows: Vec<(Uuid, Vec<String>)> = sqlx::query_as(
        "SELECT outlet, array_agg(DISTINCT authority ORDER BY authority) FROM service_offer
         WHERE area LIKE $1 || '%' AND begins <= $2 AND (ends IS NULL OR ends > $2) GROUP BY outlet",
    )
    .bind(area.as_str())
    .bind(on)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}
