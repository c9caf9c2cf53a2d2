//! Loading areas and units in bulk: `COPY` into tables of the transaction's own, then set-based SQL.
//!
//! PostgreSQL refuses `COPY` into a table with row-level security, so rows pass through a temporary
//! table; the `INSERT … SELECT` that follows is checked like any other.

use chrono::{DateTime, Utc};
use geo::MultiPolygon;
use serde_json::{Value, json};
use sqlx::Postgres;
use sqlx::postgres::PgCopyIn;
use tokio::io::{AsyncRead, AsyncReadExt};
use uuid::Uuid;

use super::{Store, StoreError, Tx, areas, audit, geometry, keys, set_scope, tiles};
use crate::access::Scope;
use crate::disclosure;
use crate::domain::{Area, AreaType, Code, Unit, VillageKind};
use crate::geo::measure;
use crate::vault::Place;

const BATCH: usize = 1 << 18;

/// A running `COPY … FROM STDIN` in text form, sent in batches.
pub(super) struct CopyIn<'t> {
    copy: PgCopyIn<&'t mut sqlx::PgConnection>,
    buffer: Vec<u8>,
}

impl<'t> CopyIn<'t> {
    pub(super) async fn start(tx: &'t mut Tx, table: &'static str) -> Result<Self, StoreError> {
        let copy = tx.conn().copy_in_raw(&format!("COPY pg_temp.{table} FROM STDIN")).await?;
        Ok(Self { copy, buffer: Vec::with_capacity(BATCH + 4096) })
    }

    /// One row; what has a meaning to `COPY` is escaped here.
    pub(super) async fn row(&mut self, values: &[Option<&str>]) -> Result<(), StoreError> {
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.buffer.push(b'\t');
            }
            let Some(value) = value else {
                self.buffer.extend_from_slice(b"\\N");
                continue;
            };
            for byte in value.bytes() {
                match byte {
                    b'\\' => self.buffer.extend_from_slice(b"\\\\"),
                    b'\t' => self.buffer.extend_from_slice(b"\\t"),
                    b'\n' => self.buffer.extend_from_slice(b"\\n"),
                    b'\r' => self.buffer.extend_from_slice(b"\\r"),
                    other => self.buffer.push(other),
                }
            }
        }
        self.buffer.push(b'\n');
        if self.buffer.len() >= BATCH {
            self.copy.send(self.buffer.as_slice()).await?;
            self.buffer.clear();
        }
        Ok(())
    }

    pub(super) async fn finish(mut self) -> Result<u64, StoreError> {
        if !self.buffer.is_empty() {
            self.copy.send(self.buffer.as_slice()).await?;
        }
        Ok(self.copy.finish().await?)
    }
}

/// Adds areas, or replaces those with the same code. A village whose outline changes loses its units,
/// which would no longer cover it.
pub async fn put_areas(tx: &mut Tx, areas: &[Area]) -> Result<(), StoreError> {
    sqlx::query(
        "CREATE TEMPORARY TABLE new_area (code text, name text, area_type text, kind text, outline public.geometry,
            area_m2 double precision, synthetic boolean) ON COMMIT DROP",
    )
    .execute(tx.conn())
    .await?;
    let mut copy = CopyIn::start(tx, "new_area").await?;
    for area in areas {
        copy.row(&[
            Some(area.code.as_str()),
            Some(&area.name),
            area.area_type.map(AreaType::as_str),
            area.kind.map(VillageKind::as_str),
            Some(&geometry::hex_ewkb(&area.outline.clone().into())?),
            Some(&measure::multi_area_m2(&area.outline).to_string()),
            Some(&area.synthetic.to_string()),
        ])
        .await?;
    }
    copy.finish().await?;
    sqlx::query(
        "DELETE FROM unit USING new_area n JOIN area a ON a.code = n.code
         WHERE unit.village = n.code AND NOT ST_OrderingEquals(a.outline, n.outline)",
    )
    .execute(tx.conn())
    .await?;
    // GEOS looks for the circle from squares as wide as the outline's shorter side: for a sliver they are more than
    // memory holds, and the system ends the whole database server.
    sqlx::query(
        "INSERT INTO area (code, name, area_type, kind, outline, label_point, area_m2, synthetic)
         SELECT code, name, area_type, kind, outline,
                coalesce((SELECT center FROM ST_MaximumInscribedCircle(outline)
                          WHERE length(code) >= 9
                            AND greatest(ST_XMax(outline) - ST_XMin(outline), ST_YMax(outline) - ST_YMin(outline))
                                < 100 * least(ST_XMax(outline) - ST_XMin(outline), ST_YMax(outline) - ST_YMin(outline))),
                         ST_PointOnSurface(outline)),
                area_m2, synthetic FROM new_area
         ON CONFLICT (code) DO UPDATE SET name = excluded.name, area_type = excluded.area_type, kind = excluded.kind,
            outline = excluded.outline, label_point = excluded.label_point, area_m2 = excluded.area_m2,
            synthetic = excluded.synthetic",
    )
    .execute(tx.conn())
    .await?;
    sqlx::query("DROP TABLE pg_temp.new_area").execute(tx.conn()).await?;
    tiles::next_edition(tx, "areas").await
}

/// Replaces the units of every village that stands in `units`.
pub async fn put_units(tx: &mut Tx, units: &[Unit]) -> Result<(), StoreError> {
    sqlx::query(
        "CREATE TEMPORARY TABLE new_unit (village text, code text, outline public.geometry, area_m2 double precision,
            households integer, people integer, households_told integer, people_told integer) ON COMMIT DROP",
    )
    .execute(tx.conn())
    .await?;
    let mut copy = CopyIn::start(tx, "new_unit").await?;
    for (unit, told) in units.iter().zip(disclosure::told_units(units)) {
        copy.row(&[
            Some(unit.village.as_str()),
            Some(&unit.code),
            Some(&geometry::hex_ewkb(&unit.outline.clone().into())?),
            Some(&measure::area_m2(&unit.outline).to_string()),
            Some(&unit.households.to_string()),
            Some(&unit.people.to_string()),
            Some(&told.households.to_string()),
            Some(&told.people.to_string()),
        ])
        .await?;
    }
    copy.finish().await?;
    sqlx::query("DELETE FROM unit WHERE village IN (SELECT DISTINCT village FROM new_unit)")
        .execute(tx.conn())
        .await?;
    sqlx::query(
        "INSERT INTO unit (village, code, outline, area_m2, households, people, households_told, people_told)
         SELECT village, code, outline, area_m2, households, people, households_told, people_told FROM new_unit",
    )
    .execute(tx.conn())
    .await?;
    sqlx::query("DROP TABLE pg_temp.new_unit").execute(tx.conn()).await?;
    tiles::next_edition(tx, "areas").await
}

/// Gives villages outlines that carry the cut points of their units: the same ground, with further
/// vertices, so that the areas of grids add up to the village's.
pub async fn renode(tx: &mut Tx, outlines: &[(Code, MultiPolygon<f64>)]) -> Result<(), StoreError> {
    for (village, outline) in outlines {
        sqlx::query("UPDATE area SET outline = ST_GeomFromEWKB($2), area_m2 = $3 WHERE code = $1")
            .bind(village.as_str())
            .bind(geometry::ewkb(&outline.clone().into())?)
            .bind(measure::multi_area_m2(outline))
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// Brings the sums of `area`, of all below it and of all above it up to date.
///
/// What stands above lies outside of most scopes, and so does part of what it adds up to: for that the
/// scope is everything, and what it was again at the end.
pub async fn refresh_sums(tx: &mut Tx, area: &Code) -> Result<(), StoreError> {
    set_scope(tx.conn(), &Scope::operator()).await?;
    // Two imports add up one after the other: else the later one would miss what the earlier one has added.
    sqlx::query("SELECT 1 FROM area WHERE code = left($1, 2) FOR UPDATE")
        .bind(area.as_str())
        .execute(tx.conn())
        .await?;
    // Villages from their units; then every level from the villages below it.
    sqlx::query(
        "UPDATE area SET villages = 1, households = coalesce(s.households, 0), people = coalesce(s.people, 0),
            households_told = coalesce(s.households_told, 0), people_told = coalesce(s.people_told, 0),
            households_few = coalesce(s.households_few, 0), people_few = coalesce(s.people_few, 0)
         FROM area village LEFT JOIN (SELECT village, sum(households) AS households, sum(people) AS people,
                    sum(households_told) AS households_told, sum(people_told) AS people_told,
                    CASE WHEN max(households) < 5 THEN count(*) FILTER (WHERE households > 0) ELSE 0 END AS households_few,
                    CASE WHEN max(people) < 5 THEN count(*) FILTER (WHERE people > 0) ELSE 0 END AS people_few
                    FROM unit WHERE village LIKE $1 || '%' GROUP BY village) s ON s.village = village.code
         WHERE area.code = village.code AND area.level = 'village' AND area.code LIKE $1 || '%'",
    )
    .bind(area.as_str())
    .execute(tx.conn())
    .await?;
    for digits in [9, 6, 4, 2] {
        sqlx::query(
            "UPDATE area SET villages = s.villages, households = s.households, people = s.people, main_type = s.main_type,
                households_told = s.households_told, people_told = s.people_told,
                households_few = s.households_few, people_few = s.people_few
             FROM (SELECT left(code, $2) AS above, count(*) AS villages, sum(households) AS households, sum(people) AS people,
                          sum(households_told) AS households_told, sum(people_told) AS people_told,
                          CASE WHEN bool_or(households_told > 0 AND households_few = 0) THEN 0 ELSE sum(households_few) END AS households_few,
                          CASE WHEN bool_or(people_told > 0 AND people_few = 0) THEN 0 ELSE sum(people_few) END AS people_few,
                          mode() WITHIN GROUP (ORDER BY area_type) AS main_type
                   FROM area WHERE level = 'village' AND code LIKE left($1, $2) || '%' GROUP BY 1) s
             WHERE area.code = s.above",
        )
        .bind(area.as_str())
        .bind(digits)
        .execute(tx.conn())
        .await?;
    }
    let scope = tx.scope().clone();
    set_scope(tx.conn(), &scope).await
}

/// What an area holds, for the trail's before and after: who reads the trail is not of the village's own staff, so
/// counts stand in it as they are told.
pub async fn holdings(tx: &mut Tx, area: &Code) -> Result<Value, StoreError> {
    let (held, villages, households, few, people, few_people): (i64, i64, i64, i64, i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE level = 'village'),
                coalesce(sum(households_told) FILTER (WHERE level = 'village'), 0)::bigint,
                CASE WHEN bool_or(households_told > 0 AND households_few = 0) FILTER (WHERE level = 'village') THEN 0
                     ELSE coalesce(sum(households_few) FILTER (WHERE level = 'village'), 0) END,
                coalesce(sum(people_told) FILTER (WHERE level = 'village'), 0)::bigint,
                CASE WHEN bool_or(people_told > 0 AND people_few = 0) FILTER (WHERE level = 'village') THEN 0
                     ELSE coalesce(sum(people_few) FILTER (WHERE level = 'village'), 0) END
         FROM area WHERE code LIKE $1 || '%'",
    )
    .bind(area.as_str())
    .fetch_one(tx.conn())
    .await?;
    let units: i64 = sqlx::query_scalar("SELECT count(*) FROM unit WHERE village LIKE $1 || '%'")
        .bind(area.as_str())
        .fetch_one(tx.conn())
        .await?;
    let households = areas::count(false, 0, households, few);
    let people = areas::count(false, 0, people, few_people);
    Ok(
        json!({"areas": held, "villages": villages, "units": units, "households": households, "people": people}),
    )
}

/// Notes a finished import in the audit trail; `before` is what [`holdings`] said when it began.
pub async fn note(
    tx: &mut Tx,
    what: &str,
    name: &str,
    area: &Code,
    before: Value,
    rows: usize,
) -> Result<(), StoreError> {
    let mut after = holdings(tx, area).await?;
    after["rows"] = json!(rows);
    let action = format!("import.{what}");
    let entry =
        audit::Entry { action: &action, subject: name, area, before: Some(before), after: Some(after) };
    audit::write(tx, entry).await
}

const PIECE: usize = 1 << 20;

/// How a file lies in the database until its import runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    Plain,
    /// Names stand in it: sealed as they are.
    Sealed,
}

fn place_of(upload: Uuid) -> Place {
    Place { table: "upload", column: "bytes", row: upload }
}

impl Store {
    /// Keeps the bytes of an uploaded file until its import runs. A shapefile is several files of one upload.
    pub async fn keep_upload(
        &self,
        scope: &Scope,
        upload: Uuid,
        area: &Code,
        name: &str,
        bytes: impl AsyncRead + Unpin + Send,
    ) -> Result<u64, StoreError> {
        self.keep(scope, upload, area, name, Kept::Plain, bytes).await
    }

    /// The same of a file with names in it, which lies in the database as they do.
    pub async fn keep_sealed_upload(
        &self,
        scope: &Scope,
        upload: Uuid,
        area: &Code,
        name: &str,
        bytes: impl AsyncRead + Unpin + Send,
    ) -> Result<u64, StoreError> {
        self.keep(scope, upload, area, name, Kept::Sealed, bytes).await
    }

    async fn keep(
        &self,
        scope: &Scope,
        upload: Uuid,
        area: &Code,
        name: &str,
        kept: Kept,
        mut bytes: impl AsyncRead + Unpin + Send,
    ) -> Result<u64, StoreError> {
        let mut tx = self.begin(scope).await?;
        let key = match kept {
            Kept::Plain => None,
            Kept::Sealed => Some((keys::current(&mut tx).await?, self.vault()?.clone())),
        };
        let mut total = 0;
        for number in 0.. {
            let mut piece = Vec::with_capacity(PIECE);
            (&mut bytes).take(PIECE as u64).read_to_end(&mut piece).await.map_err(StoreError::Upload)?;
            if piece.is_empty() && number > 0 {
                break;
            }
            total += piece.len() as u64;
            if let Some((key, vault)) = &key {
                piece = vault.seal_bytes(*key, place_of(upload), &piece)?;
            }
            sqlx::query("INSERT INTO upload (id, area, name, piece, bytes) VALUES ($1, $2, $3, $4, $5)")
                .bind(upload)
                .bind(area.as_str())
                .bind(name)
                .bind(number)
                .bind(piece)
                .execute(tx.conn())
                .await?;
        }
        tx.commit().await?;
        Ok(total)
    }
}

impl Store {
    /// Takes away uploads from before `until` that no open job waits for: those whose sender or whose process went
    /// before a job was queued for them. An upload's id tells when it began. Gives how many pieces went.
    pub async fn clear_uploads(&self, until: DateTime<Utc>) -> Result<u64, StoreError> {
        let milliseconds = u128::try_from(until.timestamp_millis()).unwrap_or(0);
        let mut tx = self.begin(&Scope::operator()).await?;
        let gone = sqlx::query(
            "DELETE FROM upload WHERE id < $1 AND NOT EXISTS (SELECT FROM job
                WHERE state IN ('queued', 'running') AND params ->> 'upload' = upload.id::text)",
        )
        .bind(Uuid::from_u128(milliseconds << 80))
        .execute(tx.conn())
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(gone)
    }
}

/// Writes an upload's files into `folder`; gives their names.
pub async fn write_upload(
    tx: &mut Tx,
    upload: Uuid,
    kept: Kept,
    folder: &std::path::Path,
) -> Result<Vec<String>, StoreError> {
    use futures::TryStreamExt;
    let vault = match kept {
        Kept::Plain => None,
        Kept::Sealed => Some(tx.vault()?.clone()),
    };
    let mut names: Vec<String> = Vec::new();
    let mut rows = sqlx::query_as::<Postgres, (String, Vec<u8>)>(
        "SELECT name, bytes FROM upload WHERE id = $1 ORDER BY name, piece",
    )
    .bind(upload)
    .fetch(tx.conn());
    let failed = |error: std::io::Error| StoreError::corrupt("upload", error);
    let mut open: Option<std::fs::File> = None;
    while let Some((name, mut bytes)) = rows.try_next().await? {
        if let Some(vault) = &vault {
            bytes = vault.open_bytes(place_of(upload), &bytes)?;
        }
        if names.last() != Some(&name) {
            // Names come from outside: only the last part of a path counts.
            let safe =
                std::path::Path::new(&name).file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
            open = Some(std::fs::File::create(folder.join(safe)).map_err(failed)?);
            names.push(name);
        }
        if let Some(file) = &mut open {
            std::io::Write::write_all(file, &bytes).map_err(failed)?;
        }
    }
    Ok(names)
}
