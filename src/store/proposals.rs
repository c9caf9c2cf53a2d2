//! What the engine proposes for an area's grids: what it needs to know, what it said, and what was taken of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::assignments::NewAssignment;
use super::{StoreError, Tx, assignments, audit, workers};
use crate::domain::{Code, GridCode, GridRole, Home};

/// Somebody on the post who may be proposed.
#[derive(Debug, Clone)]
pub struct StaffRow {
    pub worker: Uuid,
    /// The centre of their home's cell; where no home is known, the middle of the area that they belong to.
    pub home: (f64, f64),
    pub languages: BTreeSet<String>,
    /// The post that they take up: township and employment.
    pub post: (String, String),
    /// They look after grids outside the area as well: what they hold stays as it is.
    pub busy_elsewhere: bool,
}

#[derive(FromRow)]
struct RawStaff {
    id: Uuid,
    home: Option<String>,
    lon: f64,
    lat: f64,
    languages: Vec<String>,
    township: String,
    employment: String,
    busy_elsewhere: bool,
}

/// The workers of `area` and below who are on the post on a day, by id.
pub async fn staff(tx: &mut Tx, area: &Code, day: NaiveDate) -> Result<Vec<StaffRow>, StoreError> {
    let raws: Vec<RawStaff> = sqlx::query_as(
        "SELECT w.id, w.home, ST_X(a.label_point) AS lon, ST_Y(a.label_point) AS lat, w.languages,
                left(w.area, 9) AS township, w.employment,
                EXISTS (SELECT FROM assignment o WHERE o.worker = w.id AND o.role = 'worker'
                        AND (upper(o.during) IS NULL OR upper(o.during) > $2) AND o.village NOT LIKE $1 || '%') AS busy_elsewhere
         FROM worker w JOIN worker_status s ON s.worker = w.id AND s.during @> $2 AND s.status = 'on_post'
              JOIN area a ON a.code = w.area
         WHERE w.area LIKE $1 || '%' ORDER BY w.id",
    )
    .bind(area.as_str())
    .bind(day)
    .fetch_all(tx.conn())
    .await?;
    Ok(raws
        .into_iter()
        .map(|raw| {
            let home = raw.home.as_deref().and_then(|home| home.parse::<Home>().ok());
            StaffRow {
                worker: raw.id,
                home: home.map_or((raw.lon, raw.lat), Home::center),
                languages: raw.languages.into_iter().collect(),
                post: (raw.township, raw.employment),
                busy_elsewhere: raw.busy_elsewhere,
            }
        })
        .collect())
}

/// How many may hold grids, by township and employment: as many as there are posts, or else as the ceiling says.
pub async fn limits(
    tx: &mut Tx,
    area: &Code,
    day: NaiveDate,
) -> Result<BTreeMap<(String, String), u32>, StoreError> {
    let rows: Vec<(String, String, i32)> = sqlx::query_as(
        "SELECT coalesce(p.area, c.area), coalesce(p.kind, c.kind), coalesce(p.number, c.number)
         FROM (SELECT * FROM post WHERE area LIKE $1 || '%' AND length(area) = 9 AND during @> $2) p
              FULL JOIN (SELECT * FROM ceiling WHERE area LIKE $1 || '%' AND length(area) = 9 AND during @> $2) c USING (area, kind)",
    )
    .bind(area.as_str())
    .bind(day)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(area, kind, number)| ((area, kind), u32::try_from(number).unwrap_or(0)))
        .collect())
}

/// A line of a proposal: who should look after a grid.
#[derive(Debug, Clone)]
pub struct NewLine {
    pub grid: GridCode,
    pub worker: Uuid,
    /// From their home, as the crow flies.
    pub km: f64,
    /// `new`, `moved` or `kept`.
    pub change: &'static str,
    pub grids_max: u32,
}

/// A proposal to be saved.
#[derive(Debug)]
pub struct NewProposal {
    pub id: Uuid,
    pub area: Code,
    pub on: NaiveDate,
    pub params: Value,
    pub totals: Value,
    pub costs: Value,
    pub lines: Vec<NewLine>,
}

/// Saves a proposal with its lines.
pub async fn save(tx: &mut Tx, new: &NewProposal, now: DateTime<Utc>) -> Result<(), StoreError> {
    let actor = tx.scope.actor().to_owned();
    sqlx::query(
        "INSERT INTO proposal (id, area, at, params, status, totals, costs, created_by, created_at)
         VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8)",
    )
    .bind(new.id)
    .bind(new.area.as_str())
    .bind(new.on)
    .bind(&new.params)
    .bind(&new.totals)
    .bind(&new.costs)
    .bind(actor)
    .bind(now)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "INSERT INTO proposal_line (proposal, grid, worker, km, change, grids_max)
         SELECT $1, * FROM unnest($2::text[], $3::uuid[], $4::double precision[], $5::text[], $6::integer[])",
    )
    .bind(new.id)
    .bind(new.lines.iter().map(|line| line.grid.to_string()).collect::<Vec<_>>())
    .bind(new.lines.iter().map(|line| line.worker).collect::<Vec<_>>())
    .bind(new.lines.iter().map(|line| line.km).collect::<Vec<_>>())
    .bind(new.lines.iter().map(|line| line.change).collect::<Vec<_>>())
    .bind(new.lines.iter().map(|line| line.grids_max.cast_signed()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    let entry = audit::Entry {
        action: "proposal.make",
        subject: &new.id.to_string(),
        area: &new.area,
        before: None,
        after: Some(json!({"on": new.on, "totals": new.totals})),
    };
    audit::write(tx, entry).await
}

/// A proposal without its lines.
#[derive(Debug, Clone)]
pub struct ProposalRow {
    pub id: Uuid,
    pub area: Code,
    pub on: NaiveDate,
    pub status: String,
    pub totals: Value,
    pub costs: Value,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Raw {
    id: Uuid,
    area: String,
    at: NaiveDate,
    status: String,
    totals: Json<Value>,
    costs: Json<Value>,
    created_by: String,
    created_at: DateTime<Utc>,
}

impl TryFrom<Raw> for ProposalRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        Ok(Self {
            id: raw.id,
            area: raw.area.parse().map_err(|error| StoreError::corrupt("code", error))?,
            on: raw.at,
            status: raw.status,
            totals: raw.totals.0,
            costs: raw.costs.0,
            created_by: raw.created_by,
            created_at: raw.created_at,
        })
    }
}

/// One.
pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<ProposalRow>, StoreError> {
    let raw: Option<Raw> =
        sqlx::query_as("SELECT * FROM proposal WHERE id = $1").bind(id).fetch_optional(tx.conn()).await?;
    raw.map(TryInto::try_into).transpose()
}

/// Those for `area` and below, the latest first.
pub async fn list(tx: &mut Tx, area: &Code) -> Result<Vec<ProposalRow>, StoreError> {
    let raws: Vec<Raw> = sqlx::query_as(
        "SELECT * FROM proposal WHERE area LIKE $1 || '%' ORDER BY created_at DESC, id DESC LIMIT 100",
    )
    .bind(area.as_str())
    .fetch_all(tx.conn())
    .await?;
    raws.into_iter().map(TryInto::try_into).collect()
}

/// A line as it is told.
#[derive(Debug, Clone)]
pub struct LineRow {
    pub grid: GridCode,
    pub village_name: String,
    /// Longitude and latitude of the grid's label.
    pub at: (f64, f64),
    pub worker: Uuid,
    /// Masked.
    pub worker_name: Option<String>,
    pub home: Option<(f64, f64)>,
    pub km: f64,
    pub change: String,
    pub accepted: bool,
    grids_max: i32,
}

#[derive(FromRow)]
struct RawLine {
    grid: String,
    village_name: Option<String>,
    lon: f64,
    lat: f64,
    worker: Uuid,
    home: Option<String>,
    km: f64,
    change: String,
    accepted: bool,
    grids_max: i32,
}

/// The lines of a proposal, by grid.
pub async fn lines(tx: &mut Tx, of: &ProposalRow) -> Result<Vec<LineRow>, StoreError> {
    let raws: Vec<RawLine> = sqlx::query_as(
        "SELECT l.grid, v.name AS village_name, ST_X(g.label_point) AS lon, ST_Y(g.label_point) AS lat, l.worker, w.home,
                l.km, l.change, l.accepted, l.grids_max
         FROM proposal_line l JOIN plan p ON p.banner = left(l.grid, 6) AND p.during @> $2
              JOIN grid g ON g.plan = p.id AND g.code = l.grid
              LEFT JOIN area v ON v.code = l.village LEFT JOIN worker w ON w.id = l.worker
         WHERE l.proposal = $1 ORDER BY l.grid",
    )
    .bind(of.id)
    .bind(of.on)
    .fetch_all(tx.conn())
    .await?;
    let ids: Vec<Uuid> = raws.iter().map(|raw| raw.worker).collect::<BTreeSet<_>>().into_iter().collect();
    let names = workers::names(tx, &ids).await?;
    raws.into_iter()
        .map(|raw| {
            Ok(LineRow {
                grid: raw.grid.parse().map_err(|error| StoreError::corrupt("grid code", error))?,
                village_name: raw.village_name.unwrap_or_default(),
                at: (raw.lon, raw.lat),
                worker: raw.worker,
                worker_name: names.get(&raw.worker).cloned().flatten(),
                home: raw.home.and_then(|home| home.parse::<Home>().ok()).map(Home::center),
                km: raw.km,
                change: raw.change,
                accepted: raw.accepted,
                grids_max: raw.grids_max,
            })
        })
        .collect()
}

/// Takes the lines of these grids (all that change something, where none are named) from a day on: whoever holds such a
/// grid ends there, and whoever is moved ends where the proposal has them no longer. A line whose worker is no longer on
/// the post, or whose grid has ended, is left. Gives how many were taken.
///
/// # Errors
/// Those of [`assignments::add`].
pub async fn accept(
    tx: &mut Tx,
    of: &ProposalRow,
    grids: Option<&BTreeSet<GridCode>>,
    from: NaiveDate,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    sqlx::query("SELECT 1 FROM proposal WHERE id = $1 FOR UPDATE").bind(of.id).execute(tx.conn()).await?;
    let all = lines(tx, of).await?;
    let mut new = Vec::new();
    for line in all.iter().filter(|line| !line.accepted && line.change != "kept") {
        if grids.is_some_and(|grids| !grids.contains(&line.grid)) {
            continue;
        }
        let on_post =
            assignments::status_on(tx, line.worker, from).await? == Some(crate::domain::WorkerStatus::OnPost);
        if !on_post || assignments::place(tx, &line.grid, from).await?.is_none() {
            continue;
        }
        let theirs: Vec<String> = all
            .iter()
            .filter(|other| other.worker == line.worker)
            .map(|other| other.grid.to_string())
            .collect();
        end_for(tx, line, &theirs, &of.area, from).await?;
        new.push(NewAssignment {
            id: Uuid::now_v7(),
            grid: line.grid.clone(),
            worker: line.worker,
            role: GridRole::Worker,
            from,
            until: None,
            grids_max: u32::try_from(line.grids_max).unwrap_or(1),
        });
    }
    if new.is_empty() {
        return Ok(0);
    }
    assignments::add(tx, &of.area, &new, now).await?;
    let taken: Vec<String> = new.iter().map(|one| one.grid.to_string()).collect();
    sqlx::query("UPDATE proposal_line SET accepted = true WHERE proposal = $1 AND grid = ANY($2)")
        .bind(of.id)
        .bind(&taken)
        .execute(tx.conn())
        .await?;
    sqlx::query(
        "UPDATE proposal SET status = 'accepted' WHERE id = $1
           AND NOT EXISTS (SELECT FROM proposal_line WHERE proposal = $1 AND NOT accepted AND change <> 'kept')",
    )
    .bind(of.id)
    .execute(tx.conn())
    .await?;
    let entry = audit::Entry {
        action: "proposal.accept",
        subject: &of.id.to_string(),
        area: &of.area,
        before: Some(json!({"status": of.status})),
        after: Some(json!({"from": from, "grids": taken})),
    };
    audit::write(tx, entry).await?;
    Ok(new.len())
}

/// Ends what stands in the way of a line: the grid's present worker, and its new worker's grids that aren't theirs in
/// the proposal.
async fn end_for(
    tx: &mut Tx,
    line: &LineRow,
    theirs: &[String],
    area: &Code,
    from: NaiveDate,
) -> Result<(), StoreError> {
    const WHICH: &str = "role = 'worker' AND (upper(during) IS NULL OR upper(during) > $2)
        AND (grid = $1 AND worker <> $3 OR worker = $3 AND grid <> ALL ($4) AND village LIKE $5 || '%')";
    for sql in [
        format!("DELETE FROM assignment WHERE lower(during) >= $2 AND {WHICH}"),
        format!(
            "UPDATE assignment SET during = daterange(lower(during), $2) WHERE lower(during) < $2 AND {WHICH}"
        ),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(line.grid.as_str())
            .bind(from)
            .bind(line.worker)
            .bind(theirs)
            .bind(area.as_str())
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// Puts a proposal aside. False where there is none in scope to change.
pub async fn discard(tx: &mut Tx, of: &ProposalRow) -> Result<bool, StoreError> {
    let changed = sqlx::query("UPDATE proposal SET status = 'discarded' WHERE id = $1")
        .bind(of.id)
        .execute(tx.conn())
        .await?
        .rows_affected();
    if changed == 0 {
        return Ok(false);
    }
    let entry = audit::Entry {
        action: "proposal.discard",
        subject: &of.id.to_string(),
        area: &of.area,
        before: Some(json!({"status": of.status})),
        after: Some(json!({"status": "discarded"})),
    };
    audit::write(tx, entry).await?;
    Ok(true)
}
