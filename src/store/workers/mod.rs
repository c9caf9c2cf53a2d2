//! Worker records. Names, phones and bank references are sealed on the way in; on the way out they are
//! masked, unless they are revealed, which is noted in the trail before anything is shown.

mod reveal;
mod row;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use self::reveal::Reveal;
pub use self::row::WorkerRow;
use self::row::{Raw, SELECT, TABLE, column};
use super::{StoreError, Tx, audit, keys};
use crate::domain::{Code, Employment, PersonalField, WorkerStatus};
use crate::vault::Place;

/// A record to be added; its personal values are clean already ([`PersonalField::clean`]).
#[derive(Clone)]
pub struct NewWorker {
    pub id: Uuid,
    pub area: Code,
    pub username: Option<String>,
    pub employment: Employment,
    pub status: WorkerStatus,
    pub name: String,
    pub phone: Option<String>,
    pub bank: Option<String>,
    pub synthetic: bool,
}

/// What to change; what is none stays.
#[derive(Clone, Default)]
pub struct WorkerChange {
    pub area: Option<Code>,
    pub username: Option<Option<String>>,
    pub employment: Option<Employment>,
    pub status: Option<WorkerStatus>,
    /// Clean values; none takes a phone or bank reference away.
    pub personal: BTreeMap<PersonalField, Option<String>>,
}

/// Which records.
#[derive(Debug, Clone, Copy, Default)]
pub struct WorkerFilter {
    pub status: Option<WorkerStatus>,
    pub employment: Option<Employment>,
}

async fn raw(tx: &mut Tx, id: Uuid, lock: &str) -> Result<Option<Raw>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE worker.id = $1 {lock}"));
    Ok(sqlx::query_as(sql).bind(id).fetch_optional(tx.conn()).await?)
}

/// One record, masked.
pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<WorkerRow>, StoreError> {
    let held = raw(tx, id, "").await?;
    held.map(|raw| raw.row(tx.vault.as_deref())).transpose()
}

/// The records of `area` and below, masked, in the order of their ids after the one given.
pub async fn page(
    tx: &mut Tx,
    area: &Code,
    filter: WorkerFilter,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<WorkerRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE worker.area LIKE $1 || '%' AND ($2::text IS NULL OR status = $2)
            AND ($3::text IS NULL OR employment = $3) AND ($4::uuid IS NULL OR worker.id > $4)
         ORDER BY worker.id LIMIT $5"
    ));
    let raws: Vec<Raw> = sqlx::query_as(sql)
        .bind(area.as_str())
        .bind(filter.status.map(WorkerStatus::as_str))
        .bind(filter.employment.map(Employment::as_str))
        .bind(after)
        .bind(limit)
        .fetch_all(tx.conn())
        .await?;
    let vault = tx.vault.clone();
    raws.iter().map(|raw| raw.row(vault.as_deref())).collect()
}

/// Adds records of one area or of areas below it, with one entry in the trail for all of them. One of an
/// area that isn't there is refused by `worker_area_fkey`, one outside the scope by row-level security.
pub async fn add(tx: &mut Tx, area: &Code, new: &[NewWorker], now: DateTime<Utc>) -> Result<(), StoreError> {
    let key = keys::current(tx).await?;
    let vault = tx.vault()?.clone();
    let seal = |row: Uuid, field: PersonalField, value: Option<&String>| {
        let place = Place { table: TABLE, column: column(field), row };
        value.map(|value| vault.seal(key, place, value)).transpose()
    };
    let (mut names, mut phones, mut banks) = (Vec::new(), Vec::new(), Vec::new());
    for worker in new {
        names.push(seal(worker.id, PersonalField::Name, Some(&worker.name))?);
        phones.push(seal(worker.id, PersonalField::Phone, worker.phone.as_ref())?);
        banks.push(seal(worker.id, PersonalField::Bank, worker.bank.as_ref())?);
    }
    sqlx::query(
        "INSERT INTO worker (id, area, username, employment, status, name, phone, bank, synthetic, created_at, updated_at)
         SELECT *, $10, $10 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bytea[],
                                        $8::bytea[], $9::boolean[])",
    )
    .bind(new.iter().map(|worker| worker.id).collect::<Vec<_>>())
    .bind(new.iter().map(|worker| worker.area.to_string()).collect::<Vec<_>>())
    .bind(new.iter().map(|worker| worker.username.clone()).collect::<Vec<_>>())
    .bind(new.iter().map(|worker| worker.employment.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|worker| worker.status.as_str()).collect::<Vec<_>>())
    .bind(names)
    .bind(phones)
    .bind(banks)
    .bind(new.iter().map(|worker| worker.synthetic).collect::<Vec<_>>())
    .bind(now)
    .execute(tx.conn())
    .await?;
    let (subject, after) = match new {
        [one] => (one.id.to_string(), told(one)),
        many => ("khot.worker".to_owned(), json!({"workers": many.len()})),
    };
    let entry =
        audit::Entry { action: "worker.add", subject: &subject, area, before: None, after: Some(after) };
    audit::write(tx, entry).await
}

/// What the trail says of a new record: of personal data only which there is.
fn told(worker: &NewWorker) -> Value {
    let held = [Some(&worker.name), worker.phone.as_ref(), worker.bank.as_ref()];
    let personal: Vec<_> = PersonalField::ALL
        .iter()
        .zip(held)
        .filter(|(_, value)| value.is_some())
        .map(|(field, _)| field)
        .collect();
    json!({"area": worker.area, "username": worker.username, "employment": worker.employment,
           "status": worker.status, "synthetic": worker.synthetic, "personal": personal})
}

/// Changes a record. None when there is none in scope, or it isn't this scope's to change.
pub async fn change(
    tx: &mut Tx,
    id: Uuid,
    change: &WorkerChange,
    now: DateTime<Utc>,
) -> Result<Option<WorkerRow>, StoreError> {
    let key = keys::current(tx).await?;
    let Some(held) = raw(tx, id, "FOR NO KEY UPDATE OF worker").await? else { return Ok(None) };
    let vault = tx.vault()?.clone();
    let row = held.row(Some(&vault))?;
    let (mut before, mut after) = (Map::new(), Map::new());
    let mut differs = |name: &str, old: Value, new: Value| {
        if old != new {
            before.insert(name.to_owned(), old);
            after.insert(name.to_owned(), new);
        }
    };
    let area = change.area.clone().unwrap_or_else(|| row.area.clone());
    let username = change.username.clone().unwrap_or_else(|| row.username.clone());
    let employment = change.employment.unwrap_or(row.employment);
    let status = change.status.unwrap_or(row.status);
    differs("area", json!(row.area), json!(area));
    differs("username", json!(row.username), json!(username));
    differs("employment", json!(row.employment), json!(employment));
    differs("status", json!(row.status), json!(status));
    let mut sealed: BTreeMap<PersonalField, Option<Vec<u8>>> = BTreeMap::new();
    for (field, value) in &change.personal {
        if held.open(&vault, *field)? != *value {
            let place = Place { table: TABLE, column: column(*field), row: id };
            sealed.insert(*field, value.as_ref().map(|value| vault.seal(key, place, value)).transpose()?);
        }
    }
    if !sealed.is_empty() {
        after.insert("personal".to_owned(), json!(sealed.keys().collect::<Vec<_>>()));
    }
    if after.is_empty() {
        return Ok(Some(row));
    }
    let mut value = |field: PersonalField| match sealed.remove(&field) {
        Some(fresh) => fresh,
        None => held.sealed(field).map(<[u8]>::to_vec),
    };
    let changed = sqlx::query(
        "UPDATE worker SET area = $2, username = $3, employment = $4, status = $5, name = $6, phone = $7, bank = $8,
            updated_at = $9 WHERE id = $1",
    )
    .bind(id)
    .bind(area.as_str())
    .bind(username)
    .bind(employment.as_str())
    .bind(status.as_str())
    .bind(value(PersonalField::Name))
    .bind(value(PersonalField::Phone))
    .bind(value(PersonalField::Bank))
    .bind(now)
    .execute(tx.conn())
    .await?
    .rows_affected();
    if changed == 0 {
        return Ok(None);
    }
    // Whoever audits the area that a worker left, and the one that they came to, both find it.
    let mut areas = vec![row.area.clone()];
    areas.extend((area != row.area).then_some(area));
    for area in &areas {
        let entry = audit::Entry {
            action: "worker.change",
            subject: &id.to_string(),
            area,
            before: Some(Value::Object(before.clone())),
            after: Some(Value::Object(after.clone())),
        };
        audit::write(tx, entry).await?;
    }
    get(tx, id).await
}
