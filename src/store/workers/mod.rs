//! Worker records. Names, phones and bank references are sealed on the way in; on the way out they are
//! masked, unless they are revealed, which is noted in the trail before anything is shown.

mod reveal;
mod row;
mod status;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use self::reveal::Reveal;
pub use self::row::{HeldGrid, WorkerRow};
use self::row::{Raw, SELECT, TABLE, column};
pub use self::status::{StatusRow, follow, history};
use super::{StoreError, Tx, audit, keys};
use crate::domain::{Code, Employment, Home, Level, PersonalField, WorkerStatus};
use crate::vault::Place;

/// A record to be added; its personal values are clean already ([`PersonalField::clean`]).
#[derive(Clone)]
pub struct NewWorker {
    pub id: Uuid,
    pub area: Code,
    pub username: Option<String>,
    pub employment: Employment,
    pub status: WorkerStatus,
    /// The first day of that status.
    pub since: NaiveDate,
    pub home: Option<Home>,
    /// Clean values ([`crate::domain::clean_language`], [`crate::domain::clean_skill`]).
    pub languages: Vec<String>,
    pub skills: Vec<String>,
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
    /// From a day on, until the next change that is known by then.
    pub status: Option<(WorkerStatus, NaiveDate)>,
    /// None takes it away.
    pub home: Option<Option<Home>>,
    pub languages: Option<Vec<String>>,
    pub skills: Option<Vec<String>>,
    /// Clean values; none takes a phone or bank reference away.
    pub personal: BTreeMap<PersonalField, Option<String>>,
}

/// Which records.
#[derive(Debug, Clone, Default)]
pub struct WorkerFilter {
    /// A word of theirs: a language, as it is kept.
    pub language: Option<String>,
    pub status: Option<WorkerStatus>,
    pub employment: Option<Employment>,
}

async fn raw(tx: &mut Tx, id: Uuid, on: NaiveDate, lock: &str) -> Result<Option<Raw>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE worker.id = $2 {lock}"));
    Ok(sqlx::query_as(sql).bind(on).bind(id).fetch_optional(tx.conn()).await?)
}

/// One record, masked, as it is on a day.
pub async fn get(tx: &mut Tx, id: Uuid, on: NaiveDate) -> Result<Option<WorkerRow>, StoreError> {
    let held = raw(tx, id, on, "").await?;
    held.map(|raw| raw.row(tx.vault.as_deref())).transpose()
}

/// The records of several, as on a day, by id.
pub async fn several(
    tx: &mut Tx,
    ids: &[Uuid],
    on: NaiveDate,
) -> Result<BTreeMap<Uuid, WorkerRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE worker.id = ANY($2)"));
    let raws: Vec<Raw> = sqlx::query_as(sql).bind(on).bind(ids).fetch_all(tx.conn()).await?;
    let vault = tx.vault.clone();
    raws.iter().map(|raw| raw.row(vault.as_deref()).map(|row| (row.id, row))).collect()
}

/// The masked names of those in sight, by id.
pub async fn names(tx: &mut Tx, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Option<String>>, StoreError> {
    let sealed: Vec<(Uuid, Vec<u8>)> = sqlx::query_as("SELECT id, name FROM worker WHERE id = ANY($1)")
        .bind(ids)
        .fetch_all(tx.conn())
        .await?;
    let vault = tx.vault.clone();
    let name = |(id, sealed): (Uuid, Vec<u8>)| {
        let place = Place { table: TABLE, column: column(PersonalField::Name), row: id };
        let opened = vault.as_ref().and_then(|vault| vault.open_sealed(place, &sealed).ok());
        (id, opened.map(|name| PersonalField::Name.mask(&name)))
    };
    Ok(sealed.into_iter().map(name).collect())
}

/// Who is in the roster of `area` and below: township, name and phone, opened to be compared with and not to be shown.
pub async fn identities(
    tx: &mut Tx,
    area: &Code,
) -> Result<BTreeSet<(Code, String, Option<String>)>, StoreError> {
    type Sealed = (Uuid, String, Vec<u8>, Option<Vec<u8>>);
    let vault = tx.vault()?.clone();
    let sealed: Vec<Sealed> =
        sqlx::query_as("SELECT id, area, name, phone FROM worker WHERE area LIKE $1 || '%'")
            .bind(area.as_str())
            .fetch_all(tx.conn())
            .await?;
    let open = |row: Uuid, field: PersonalField, sealed: &[u8]| {
        vault.open_sealed(Place { table: TABLE, column: column(field), row }, sealed)
    };
    let mut found = BTreeSet::new();
    for (id, area, name, phone) in sealed {
        let area: Code = area.parse().map_err(|error| StoreError::corrupt("code", error))?;
        let name = open(id, PersonalField::Name, &name)?;
        let phone = phone.map(|phone| open(id, PersonalField::Phone, &phone)).transpose()?;
        found.insert((area.at(Level::Township), name, phone));
    }
    Ok(found)
}

/// The one whose account this is.
pub async fn of_account(tx: &mut Tx, username: &str, on: NaiveDate) -> Result<Option<WorkerRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE worker.username = $2"));
    let raw: Option<Raw> = sqlx::query_as(sql).bind(on).bind(username).fetch_optional(tx.conn()).await?;
    raw.map(|raw| raw.row(tx.vault.as_deref())).transpose()
}

/// The records of `area` and below, masked, as on a day, in the order of their ids after the one given.
pub async fn page(
    tx: &mut Tx,
    area: &Code,
    filter: &WorkerFilter,
    on: NaiveDate,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<WorkerRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE worker.area LIKE $2 || '%' AND ($3::text IS NULL OR now.status = $3)
            AND ($4::text IS NULL OR employment = $4) AND ($5::uuid IS NULL OR worker.id > $5)
            AND ($7::text IS NULL OR $7 = ANY (languages))
         ORDER BY worker.id LIMIT $6"
    ));
    let raws: Vec<Raw> = sqlx::query_as(sql)
        .bind(on)
        .bind(area.as_str())
        .bind(filter.status.map(WorkerStatus::as_str))
        .bind(filter.employment.map(Employment::as_str))
        .bind(after)
        .bind(limit)
        .bind(filter.language.as_deref())
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
        "INSERT INTO worker (id, area, username, employment, home, name, phone, bank, synthetic, languages, skills, created_at, updated_at)
         SELECT id, area, username, employment, home, name, phone, bank, synthetic,
                ARRAY(SELECT jsonb_array_elements_text(languages)), ARRAY(SELECT jsonb_array_elements_text(skills)), $12, $12
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[],
                     $9::boolean[], $10::jsonb[], $11::jsonb[])
              AS n (id, area, username, employment, home, name, phone, bank, synthetic, languages, skills)",
    )
    .bind(new.iter().map(|worker| worker.id).collect::<Vec<_>>())
    .bind(new.iter().map(|worker| worker.area.to_string()).collect::<Vec<_>>())
    .bind(new.iter().map(|worker| worker.username.clone()).collect::<Vec<_>>())
    .bind(new.iter().map(|worker| worker.employment.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|worker| worker.home.map(|home| home.to_string())).collect::<Vec<_>>())
    .bind(names)
    .bind(phones)
    .bind(banks)
    .bind(new.iter().map(|worker| worker.synthetic).collect::<Vec<_>>())
    .bind(new.iter().map(|worker| json!(worker.languages)).collect::<Vec<_>>())
    .bind(new.iter().map(|worker| json!(worker.skills)).collect::<Vec<_>>())
    .bind(now)
    .execute(tx.conn())
    .await?;
    status::begin(tx, new).await?;
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
           "status": worker.status, "since": worker.since, "home": worker.home, "languages": worker.languages,
           "skills": worker.skills, "synthetic": worker.synthetic, "personal": personal})
}

/// Changes a record, and gives it as it is on a day. None when there is none in scope, or it isn't this scope's to change.
pub async fn change(
    tx: &mut Tx,
    id: Uuid,
    change: &WorkerChange,
    on: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Option<WorkerRow>, StoreError> {
    let key = keys::current(tx).await?;
    let Some(held) = raw(tx, id, on, "FOR NO KEY UPDATE OF worker").await? else { return Ok(None) };
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
    let home = change.home.unwrap_or(row.home);
    let languages = change.languages.clone().unwrap_or_else(|| row.languages.clone());
    let skills = change.skills.clone().unwrap_or_else(|| row.skills.clone());
    differs("area", json!(row.area), json!(area));
    differs("username", json!(row.username), json!(username));
    differs("employment", json!(row.employment), json!(employment));
    differs("home", json!(row.home), json!(home));
    differs("languages", json!(row.languages), json!(languages));
    differs("skills", json!(row.skills), json!(skills));
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
    let mut plain = !after.is_empty();
    if let Some((status, from)) = change.status
        && let Some((old, ended)) = status::set(tx, id, status, from).await?
    {
        before.insert("status".to_owned(), json!(old));
        after.insert("status".to_owned(), json!(status));
        after.insert("status_from".to_owned(), json!(from));
        if ended > 0 {
            after.insert("assignments_ended".to_owned(), json!(ended));
        }
        plain = true;
    }
    if !plain {
        return Ok(Some(row));
    }
    let mut value = |field: PersonalField| match sealed.remove(&field) {
        Some(fresh) => fresh,
        None => held.sealed(field).map(<[u8]>::to_vec),
    };
    let changed = sqlx::query(
        "UPDATE worker SET area = $2, username = $3, employment = $4, home = $5, name = $6, phone = $7, bank = $8,
            updated_at = $9, languages = $10, skills = $11 WHERE id = $1",
    )
    .bind(id)
    .bind(area.as_str())
    .bind(username)
    .bind(employment.as_str())
    .bind(home.map(|home| home.to_string()))
    .bind(value(PersonalField::Name))
    .bind(value(PersonalField::Phone))
    .bind(value(PersonalField::Bank))
    .bind(now)
    .bind(languages)
    .bind(skills)
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
    get(tx, id, on).await
}
