//! Which outlets serve a grid: what the program works out, and what a person decided instead.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, audit};
use crate::domain::{AreaType, Code, GridCode, OutletKind};

/// A link to be saved.
#[derive(Debug, Clone)]
pub struct NewLink {
    pub grid: GridCode,
    pub kind: OutletKind,
    pub nearest: Option<Uuid>,
    pub responsible: Option<Uuid>,
    pub minutes: Option<f64>,
    pub share_within: Option<f64>,
}

/// A grid's link to the outlets of one kind, with a person's choice before what was worked out.
#[derive(Debug, Clone)]
pub struct LinkRow {
    pub grid: GridCode,
    pub kind: OutletKind,
    /// Ids and names.
    pub responsible: Option<(Uuid, String)>,
    pub nearest: Option<(Uuid, String)>,
    pub minutes: Option<f64>,
    pub share_within: Option<f64>,
    /// Why a person chose the responsible outlet.
    pub reason: Option<String>,
}

#[derive(FromRow)]
struct Raw {
    grid: String,
    kind: String,
    responsible: Option<Uuid>,
    nearest: Option<Uuid>,
    minutes: Option<f64>,
    share_within: Option<f64>,
    reason: Option<String>,
}

/// The links of the grids of `area`, a village's or one grid's by its code, by grid and kind; names as of a day.
pub async fn of_area(tx: &mut Tx, prefix: &str, on: NaiveDate) -> Result<Vec<LinkRow>, StoreError> {
    let raws: Vec<Raw> = sqlx::query_as(
        "SELECT grid, kind, coalesce(c.outlet, l.responsible) AS responsible, l.nearest, l.minutes, l.share_within, c.reason
         FROM (SELECT * FROM service_link WHERE village ^@ left($1, 12) AND grid ^@ $1) l
         FULL JOIN (SELECT * FROM service_link_choice WHERE village ^@ left($1, 12) AND grid ^@ $1) c USING (grid, kind)
         ORDER BY grid, kind",
    )
    .bind(prefix)
    .fetch_all(tx.conn())
    .await?;
    let mut ids: Vec<Uuid> = raws.iter().flat_map(|raw| [raw.responsible, raw.nearest]).flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    let names: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT DISTINCT ON (outlet) outlet, name FROM outlet_state WHERE outlet = ANY($1)
         ORDER BY outlet, begins <= $2 DESC, begins DESC",
    )
    .bind(&ids)
    .bind(on)
    .fetch_all(tx.conn())
    .await?;
    let names: HashMap<Uuid, String> = names.into_iter().collect();
    // One that this scope doesn't see is none of its own outlets.
    let named = |id: Option<Uuid>| id.and_then(|id| Some((id, names.get(&id)?.clone())));
    raws.into_iter()
        .map(|raw| {
            Ok(LinkRow {
                grid: raw.grid.parse().map_err(|error| StoreError::corrupt("grid code", error))?,
                kind: OutletKind::parse(&raw.kind)
                    .ok_or_else(|| StoreError::corrupt("outlet kind", &raw.kind))?,
                responsible: named(raw.responsible),
                nearest: named(raw.nearest),
                minutes: raw.minutes,
                share_within: raw.share_within,
                reason: raw.reason,
            })
        })
        .collect()
}

/// A link as it is held, or as it was worked out.
type Held = (Option<Uuid>, Option<Uuid>, Option<f64>, Option<f64>);

/// Puts links in the place of all that the banner had; choices stay, and so does what hasn't changed. Gives how many
/// rows were written or taken away.
pub async fn replace(
    tx: &mut Tx,
    banner: &Code,
    links: &[NewLink],
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    type Row = (String, String, Option<Uuid>, Option<Uuid>, Option<f64>, Option<f64>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT grid, kind, nearest, responsible, minutes, share_within FROM service_link WHERE village ^@ $1",
    )
    .bind(banner.as_str())
    .fetch_all(tx.conn())
    .await?;
    let before = rows.len();
    let mut held: HashMap<(&str, &str), Held> =
        rows.iter().map(|row| ((row.0.as_str(), row.1.as_str()), (row.2, row.3, row.4, row.5))).collect();
    let changed: Vec<&NewLink> = links
        .iter()
        .filter(|link| {
            let made = (link.nearest, link.responsible, link.minutes, link.share_within);
            held.remove(&(link.grid.as_str(), link.kind.as_str())) != Some(made)
        })
        .collect();
    let (grids, kinds): (Vec<&str>, Vec<&str>) = held.into_keys().unzip();
    if !grids.is_empty() {
        sqlx::query(
            "DELETE FROM service_link l USING unnest($1::text[], $2::text[]) AS gone (grid, kind)
             WHERE l.grid = gone.grid AND l.kind = gone.kind",
        )
        .bind(&grids)
        .bind(&kinds)
        .execute(tx.conn())
        .await?;
    }
    if !changed.is_empty() {
        put(tx, &changed, now).await?;
    }
    let written = changed.len() + grids.len();
    let entry = audit::Entry {
        action: "links.make",
        subject: "khot.service_link",
        area: banner,
        before: Some(json!({"links": before})),
        after: Some(json!({"links": links.len(), "changed": written})),
    };
    audit::write(tx, entry).await?;
    Ok(written)
}

async fn put(tx: &mut Tx, links: &[&NewLink], now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO service_link (grid, kind, nearest, responsible, minutes, share_within, made_at)
         SELECT *, $7 FROM unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[], $5::float8[], $6::float8[])
         ON CONFLICT (grid, kind) DO UPDATE SET nearest = excluded.nearest, responsible = excluded.responsible,
            minutes = excluded.minutes, share_within = excluded.share_within, made_at = excluded.made_at",
    )
    .bind(links.iter().map(|link| link.grid.as_str()).collect::<Vec<_>>())
    .bind(links.iter().map(|link| link.kind.as_str()).collect::<Vec<_>>())
    .bind(links.iter().map(|link| link.nearest).collect::<Vec<_>>())
    .bind(links.iter().map(|link| link.responsible).collect::<Vec<_>>())
    .bind(links.iter().map(|link| link.minutes).collect::<Vec<_>>())
    .bind(links.iter().map(|link| link.share_within).collect::<Vec<_>>())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets a person choose the outlet that is answerable for a grid. False where there is no such outlet of that kind.
pub async fn choose(
    tx: &mut Tx,
    grid: &GridCode,
    kind: OutletKind,
    (outlet, reason): (Uuid, &str),
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let fits: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM outlet WHERE id = $1 AND kind = $2 AND NOT draft)")
            .bind(outlet)
            .bind(kind.as_str())
            .fetch_one(tx.conn())
            .await?;
    if !fits {
        return Ok(false);
    }
    let before = unmake(tx, grid, kind).await?;
    let actor = tx.scope().actor().to_owned();
    sqlx::query(
        "INSERT INTO service_link_choice (grid, kind, outlet, reason, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(grid.as_str())
    .bind(kind.as_str())
    .bind(outlet)
    .bind(reason)
    .bind(actor)
    .bind(now)
    .execute(tx.conn())
    .await?;
    let entry = audit::Entry {
        action: "link.choose",
        subject: &format!("{grid} {}", kind.as_str()),
        area: &grid.village(),
        before: before.map(|(outlet, reason)| json!({"outlet": outlet, "reason": reason})),
        after: Some(json!({"outlet": outlet, "reason": reason})),
    };
    audit::write(tx, entry).await?;
    Ok(true)
}

async fn unmake(
    tx: &mut Tx,
    grid: &GridCode,
    kind: OutletKind,
) -> Result<Option<(Uuid, String)>, StoreError> {
    Ok(sqlx::query_as(
        "DELETE FROM service_link_choice WHERE grid = $1 AND kind = $2 RETURNING outlet, reason",
    )
    .bind(grid.as_str())
    .bind(kind.as_str())
    .fetch_optional(tx.conn())
    .await?)
}

/// Takes a person's choice away. False where there is none.
pub async fn unchoose(tx: &mut Tx, grid: &GridCode, kind: OutletKind) -> Result<bool, StoreError> {
    let Some((outlet, reason)) = unmake(tx, grid, kind).await? else { return Ok(false) };
    let entry = audit::Entry {
        action: "link.unchoose",
        subject: &format!("{grid} {}", kind.as_str()),
        area: &grid.village(),
        before: Some(json!({"outlet": outlet, "reason": reason})),
        after: None,
    };
    audit::write(tx, entry).await?;
    Ok(true)
}

/// The grids of `area` in force on a day with the codes of their units, by code.
pub async fn grids(
    tx: &mut Tx,
    area: &Code,
    on: NaiveDate,
) -> Result<Vec<(GridCode, AreaType, Vec<String>)>, StoreError> {
    let rows: Vec<(String, String, Vec<String>)> = sqlx::query_as(
        "SELECT grid.code, grid.area_type, grid.units FROM plan JOIN grid ON grid.plan = plan.id
         WHERE plan.banner = left($1, 6) AND plan.during @> $2 AND grid.village ^@ $1 ORDER BY grid.code",
    )
    .bind(area.as_str())
    .bind(on)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|(code, area_type, units)| {
            Ok((
                code.parse().map_err(|error| StoreError::corrupt("grid code", error))?,
                area_type.parse().map_err(|error| StoreError::corrupt("area type", error))?,
                units,
            ))
        })
        .collect()
}
