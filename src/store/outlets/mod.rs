//! Outlets: what each is for good, and its states from day to day; what they offer stands in `offers`.

mod offers;
mod row;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use self::offers::{
    OfferOutcome, OfferRow, Offered, authorities, end, of_outlet, offered, offering, put, put_many,
};
pub use self::row::OutletRow;
use self::row::{Raw, select};
use super::{StoreError, Tx, audit, geometry};
use crate::domain::{Code, OsmHours, OutletKind};

/// An outlet to be added.
#[derive(Debug, Clone)]
pub struct NewOutlet {
    pub id: Uuid,
    pub area: Code,
    pub kind: OutletKind,
    /// A proposal, which serves nobody until it is accepted.
    pub draft: bool,
    pub name: String,
    /// Longitude and latitude.
    pub at: (f64, f64),
    pub opening_hours: Option<OsmHours>,
    /// Of a mobile stop.
    pub calendar: Option<OsmHours>,
    pub windows: u32,
    pub capacity: Option<u32>,
    pub from: NaiveDate,
    /// The first day on which it is no longer there.
    pub until: Option<NaiveDate>,
    pub synthetic: bool,
}

/// What to change; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct OutletChange {
    pub name: Option<String>,
    pub at: Option<(f64, f64)>,
    pub opening_hours: Option<Option<OsmHours>>,
    pub calendar: Option<Option<OsmHours>>,
    pub windows: Option<u32>,
    pub capacity: Option<Option<u32>>,
    pub until: Option<Option<NaiveDate>>,
    /// Takes a proposal into use.
    pub accept: bool,
}

/// How a change ended.
#[derive(Debug)]
pub enum Changed {
    Done(Box<OutletRow>),
    /// None of that id that this scope may change.
    NotFound,
    /// It isn't there yet on that day.
    BeforeBeginning(NaiveDate),
    /// Its end would not lie after the change's first day.
    EndsTooEarly,
}

/// Whether a point lies in an area. False as well where there is no such area in scope.
pub async fn lies_in(tx: &mut Tx, area: &Code, (lon, lat): (f64, f64)) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM area WHERE code = $1 AND ST_Intersects(outline, ST_SetSRID(ST_MakePoint($2, $3), 4326)))",
    )
    .bind(area.as_str())
    .bind(lon)
    .bind(lat)
    .fetch_one(tx.conn())
    .await?)
}

/// The outlets of `area` and below on a day, by area, kind and name.
pub async fn of_area(
    tx: &mut Tx,
    area: &Code,
    kind: Option<OutletKind>,
    on: NaiveDate,
) -> Result<Vec<OutletRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{} WHERE o.area ^@ $2 AND s.area ^@ $2 AND s.begins <= $1 AND (s.ends IS NULL OR s.ends > $1)
            AND ($3::text IS NULL OR o.kind = $3) ORDER BY o.area, o.kind, s.name, o.id",
        select()
    ));
    let raws: Vec<Raw> = sqlx::query_as(sql)
        .bind(on)
        .bind(area.as_str())
        .bind(kind.map(OutletKind::as_str))
        .fetch_all(tx.conn())
        .await?;
    raws.into_iter().map(Raw::row).collect()
}

/// The outlets of `area` and below that are in use on a day, with no more than where each is, by area and kind.
pub async fn places(
    tx: &mut Tx,
    area: &Code,
    on: NaiveDate,
) -> Result<Vec<(Uuid, Code, OutletKind, (f64, f64))>, StoreError> {
    let rows: Vec<(Uuid, String, String, f64, f64)> = sqlx::query_as(
        "SELECT o.id, o.area, o.kind, ST_X(s.place), ST_Y(s.place)
         FROM outlet o JOIN outlet_state s ON s.outlet = o.id
         WHERE o.area ^@ $2 AND s.area ^@ $2 AND NOT o.draft AND s.begins <= $1 AND (s.ends IS NULL OR s.ends > $1)
         ORDER BY o.area, o.kind, s.name, o.id",
    )
    .bind(on)
    .bind(area.as_str())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|(id, area, kind, lon, lat)| {
            let area = area.parse().map_err(|error| StoreError::corrupt("code", error))?;
            let known = OutletKind::parse(&kind).ok_or_else(|| StoreError::corrupt("outlet kind", &kind))?;
            Ok((id, area, known, (lon, lat)))
        })
        .collect()
}

/// One outlet as it is on a day; where it isn't there then, as it was or will be nearest to that day.
pub async fn get(tx: &mut Tx, id: Uuid, on: NaiveDate) -> Result<Option<OutletRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{} WHERE o.id = $2 ORDER BY s.begins <= $1 DESC, CASE WHEN s.begins <= $1 THEN s.begins END DESC, s.begins LIMIT 1",
        select()
    ));
    let raw: Option<Raw> = sqlx::query_as(sql).bind(on).bind(id).fetch_optional(tx.conn()).await?;
    raw.map(Raw::row).transpose()
}

/// Adds outlets of `area` or of areas below it, with one entry in the trail for all of them.
pub async fn add(tx: &mut Tx, area: &Code, new: &[NewOutlet], now: DateTime<Utc>) -> Result<(), StoreError> {
    insert(tx, new, now).await?;
    let (subject, after) = match new {
        [one] => (one.id.to_string(), told(one)),
        many => ("khot.outlet".to_owned(), json!({"outlets": many.len()})),
    };
    let entry =
        audit::Entry { action: "outlet.add", subject: &subject, area, before: None, after: Some(after) };
    audit::write(tx, entry).await
}

async fn insert(tx: &mut Tx, new: &[NewOutlet], now: DateTime<Utc>) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = new.iter().map(|outlet| outlet.id).collect();
    let areas: Vec<&str> = new.iter().map(|outlet| outlet.area.as_str()).collect();
    sqlx::query(
        "INSERT INTO outlet (id, area, kind, draft, synthetic, created_at)
         SELECT *, $6 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::boolean[])",
    )
    .bind(&ids)
    .bind(&areas)
    .bind(new.iter().map(|outlet| outlet.kind.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|outlet| outlet.draft).collect::<Vec<_>>())
    .bind(new.iter().map(|outlet| outlet.synthetic).collect::<Vec<_>>())
    .bind(now)
    .execute(tx.conn())
    .await?;
    let hours = |of: fn(&NewOutlet) -> &Option<OsmHours>| -> Vec<Option<String>> {
        new.iter().map(|outlet| of(outlet).as_ref().map(ToString::to_string)).collect()
    };
    sqlx::query(
        "INSERT INTO outlet_state (outlet, area, begins, ends, name, place, opening_hours, calendar, windows, capacity)
         SELECT id, area, begins, ends, name, ST_SetSRID(ST_MakePoint(lon, lat), 4326), hours, calendar, windows, capacity
         FROM unnest($1::uuid[], $2::text[], $3::date[], $4::date[], $5::text[], $6::float8[], $7::float8[], $8::text[],
                     $9::text[], $10::integer[], $11::integer[])
              AS n (id, area, begins, ends, name, lon, lat, hours, calendar, windows, capacity)",
    )
    .bind(&ids)
    .bind(&areas)
    .bind(new.iter().map(|outlet| outlet.from).collect::<Vec<_>>())
    .bind(new.iter().map(|outlet| outlet.until).collect::<Vec<_>>())
    .bind(new.iter().map(|outlet| outlet.name.clone()).collect::<Vec<_>>())
    .bind(new.iter().map(|outlet| outlet.at.0).collect::<Vec<_>>())
    .bind(new.iter().map(|outlet| outlet.at.1).collect::<Vec<_>>())
    .bind(hours(|outlet| &outlet.opening_hours))
    .bind(hours(|outlet| &outlet.calendar))
    .bind(new.iter().map(|outlet| outlet.windows.cast_signed()).collect::<Vec<_>>())
    .bind(new.iter().map(|outlet| outlet.capacity.map(u32::cast_signed)).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn told(outlet: &NewOutlet) -> Value {
    json!({"area": outlet.area, "kind": outlet.kind, "name": outlet.name, "point": outlet.at, "from": outlet.from,
           "until": outlet.until, "opening_hours": outlet.opening_hours, "calendar": outlet.calendar,
           "windows": outlet.windows, "capacity": outlet.capacity, "draft": outlet.draft, "synthetic": outlet.synthetic})
}

/// Changes an outlet from a day on: what held until then ends there and stays as it was.
pub async fn change(
    tx: &mut Tx,
    id: Uuid,
    change: &OutletChange,
    from: NaiveDate,
) -> Result<Changed, StoreError> {
    let locked: Option<(Uuid,)> = sqlx::query_as("SELECT id FROM outlet WHERE id = $1 FOR NO KEY UPDATE")
        .bind(id)
        .fetch_optional(tx.conn())
        .await?;
    let held = match locked {
        Some(_) => get(tx, id, from).await?,
        None => None,
    };
    let Some(held) = held else { return Ok(Changed::NotFound) };
    if held.from > from {
        return Ok(Changed::BeforeBeginning(held.from));
    }
    let mut new = held.clone();
    let OutletChange { name, at, opening_hours, calendar, windows, capacity, until, accept } = change.clone();
    new.name = name.unwrap_or(new.name);
    new.at = at.unwrap_or(new.at);
    new.opening_hours = opening_hours.unwrap_or(new.opening_hours);
    new.calendar = calendar.unwrap_or(new.calendar);
    new.windows = windows.unwrap_or(new.windows);
    new.capacity = capacity.unwrap_or(new.capacity);
    new.until = until.unwrap_or(new.until);
    new.draft &= !accept;
    let (before, after) = differences(&held, &new);
    if after.is_empty() {
        return Ok(Changed::Done(Box::new(held)));
    }
    if new.draft != held.draft {
        sqlx::query("UPDATE outlet SET draft = $2 WHERE id = $1")
            .bind(id)
            .bind(new.draft)
            .execute(tx.conn())
            .await?;
    }
    let only_its_days = (&new.name, new.at, &new.opening_hours, &new.calendar, new.windows, new.capacity)
        == (&held.name, held.at, &held.opening_hours, &held.calendar, held.windows, held.capacity);
    // A new end, or a draft that is accepted, is no other state; a state of this very day is written over.
    let begins = if only_its_days || held.from == from { held.from } else { from };
    if new.until.is_some_and(|until| until <= begins) {
        return Ok(Changed::EndsTooEarly);
    }
    if begins == held.from {
        sqlx::query("DELETE FROM outlet_state WHERE outlet = $1 AND begins = $2")
            .bind(id)
            .bind(begins)
            .execute(tx.conn())
            .await?;
    } else {
        sqlx::query("UPDATE outlet_state SET ends = $3 WHERE outlet = $1 AND begins = $2")
            .bind(id)
            .bind(held.from)
            .bind(begins)
            .execute(tx.conn())
            .await?;
    }
    sqlx::query(
        "INSERT INTO outlet_state (outlet, area, begins, ends, name, place, opening_hours, calendar, windows, capacity)
         VALUES ($1, $2, $3, $4, $5, ST_GeomFromEWKB($6), $7, $8, $9, $10)",
    )
    .bind(id)
    .bind(held.area.as_str())
    .bind(begins)
    .bind(new.until)
    .bind(&new.name)
    .bind(geometry::ewkb(&geometry::point(new.at.0, new.at.1))?)
    .bind(new.opening_hours.as_ref().map(OsmHours::as_str))
    .bind(new.calendar.as_ref().map(OsmHours::as_str))
    .bind(new.windows.cast_signed())
    .bind(new.capacity.map(u32::cast_signed))
    .execute(tx.conn())
    .await?;
    let entry = audit::Entry {
        action: "outlet.change",
        subject: &id.to_string(),
        area: &held.area,
        before: Some(Value::Object(before)),
        after: Some(Value::Object(after)),
    };
    audit::write(tx, entry).await?;
    let row = get(tx, id, from).await?;
    Ok(row.map_or(Changed::NotFound, |row| Changed::Done(Box::new(row))))
}

fn differences(held: &OutletRow, new: &OutletRow) -> (Map<String, Value>, Map<String, Value>) {
    let values = |row: &OutletRow| {
        [
            ("name", json!(row.name)),
            ("point", json!(row.at)),
            ("opening_hours", json!(row.opening_hours)),
            ("calendar", json!(row.calendar)),
            ("windows", json!(row.windows)),
            ("capacity", json!(row.capacity)),
            ("until", json!(row.until)),
            ("draft", json!(row.draft)),
        ]
    };
    let (mut before, mut after) = (Map::new(), Map::new());
    for ((name, old), (_, new)) in values(held).into_iter().zip(values(new)) {
        if old != new {
            before.insert(name.to_owned(), old);
            after.insert(name.to_owned(), new);
        }
    }
    (before, after)
}
