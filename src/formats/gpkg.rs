use std::{
    ops::ControlFlow,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use geozero::wkb::GpkgWkb;
use rusqlite::{Connection, OpenFlags, OptionalExtension, config::DbConfig, limits::Limit, types::ValueRef};

use super::{
    Item, MAX_FEATURE_BYTES, MAX_ROWS, RawRow, ReadOptions, Sink, Value, encoding, feature, unreadable,
};
use crate::{
    domain::{Finding, FindingKind, Text},
    geo::crs::Crs,
};

/// Thousands of SQLite's own steps that one row (or looking into the schema) may take.
const STEPS_PER_ROW: u64 = 20_000;

/// The table that is read, and what the file says of it.
struct Layer {
    table: String,
    geometry: Option<String>,
    srs: Option<i64>,
}

pub(super) fn read(path: &Path, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), Finding> {
    let steps = Arc::new(AtomicU64::new(STEPS_PER_ROW));
    let base = open(path, &steps).map_err(|error| broken(&error))?;
    let layer = layer(&base, options)?;
    let crs = match (options.crs, &layer.geometry) {
        (Some(crs), _) => crs,
        (None, None) => Crs::Wgs84,
        (None, Some(_)) => srs(&base, layer.srs)?,
    };
    let columns = stored_columns(&base, &layer.table).map_err(|error| broken(&error))?;
    if columns.is_empty() {
        return Err(missing_table(&layer.table));
    }
    let list: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
    let text = format!("SELECT {} FROM {}", list.join(", "), quoted(&layer.table));
    let mut statement = base.prepare(&text).map_err(|error| broken(&error))?;
    let mut rows = statement.query([]).map_err(|error| broken(&error))?;
    let mut row = 0;
    loop {
        steps.store(STEPS_PER_ROW, Ordering::Relaxed);
        let stored = match rows.next() {
            Ok(Some(stored)) => stored,
            Ok(None) => return Ok(()),
            Err(error) => return Err(Finding { row: Some(row + 1), ..broken(&error) }),
        };
        if row >= MAX_ROWS {
            let what = Text::new("行数", "rows");
            return Err(Finding::file(FindingKind::OverLimit { what, max: MAX_ROWS }));
        }
        row += 1;
        let mut raw = RawRow { row, columns: Vec::new(), geometry: None, crs, synthetic: false };
        let filled = columns.iter().enumerate().try_for_each(|(index, name)| {
            let is_geometry = layer.geometry.as_ref().is_some_and(|g| g.eq_ignore_ascii_case(name));
            let value = stored.get_ref(index).unwrap_or(ValueRef::Null);
            match (is_geometry, value) {
                (true, ValueRef::Blob(blob)) => raw.geometry = feature::read_geometry(&GpkgWkb(blob))?,
                (true, _) => {}
                (false, value) => raw.columns.push((name.clone(), plain(value)?)),
            }
            Ok(())
        });
        let item = match filled {
            Ok(()) => Item::Row(raw),
            Err(kind) => Item::Finding(Finding::row(row, None, kind)),
        };
        if sink(item) == ControlFlow::Break(()) {
            return Ok(());
        }
    }
}

/// Opens it so that nothing the file says is run: no trigger, no view, no untrusted function, no write,
/// no lock; and so that a loop of SQLite's own ends.
fn open(path: &Path, steps: &Arc<AtomicU64>) -> rusqlite::Result<Connection> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                address.push(char::from(*byte))
            }
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    address.push_str("?mode=ro&immutable=1");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let base = Connection::open_with_flags(address, flags)?;
    base.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    base.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    base.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    base.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    base.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    base.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_FEATURE_BYTES as i32)?;
    base.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, 1_000_000)?;
    base.set_limit(Limit::SQLITE_LIMIT_EXPR_DEPTH, 100)?;
    base.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    base.set_limit(Limit::SQLITE_LIMIT_WORKER_THREADS, 0)?;
    let left = Arc::clone(steps);
    base.progress_handler(
        1000,
        Some(move || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_err()),
    );
    base.execute_batch("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;")?;
    Ok(base)
}

fn layer(base: &Connection, options: &ReadOptions) -> Result<Layer, Finding> {
    let wanted = options.table.clone();
    let found = base
        .query_row(
            "SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns
             WHERE ?1 IS NULL OR lower(table_name) = lower(?1) ORDER BY rowid LIMIT 1",
            [&wanted],
            |row| Ok(Layer { table: row.get(0)?, geometry: row.get(1)?, srs: row.get(2)? }),
        )
        .optional()
        .map_err(|error| broken(&error))?;
    let found = match found {
        Some(layer) => Some(layer),
        // A table without geometry, such as counts by H3 cell.
        None => base
            .query_row(
                "SELECT table_name FROM gpkg_contents
                 WHERE data_type = 'attributes' AND (?1 IS NULL OR lower(table_name) = lower(?1)) LIMIT 1",
                [&wanted],
                |row| Ok(Layer { table: row.get(0)?, geometry: None, srs: None }),
            )
            .optional()
            .map_err(|error| broken(&error))?,
    };
    let Some(layer) = found else {
        return Err(match wanted {
            Some(table) => missing_table(&table),
            None => Finding::file(FindingKind::Empty),
        });
    };
    let sql: Option<String> = base
        .query_row(
            "SELECT sql FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?1)",
            [&layer.table],
            |row| row.get(0),
        )
        .optional()
        .map_err(|error| broken(&error))?
        .flatten();
    let stored = sql.is_some_and(|sql| !sql.trim_start().to_uppercase().starts_with("CREATE VIRTUAL"));
    if stored { Ok(layer) } else { Err(missing_table(&layer.table)) }
}

fn srs(base: &Connection, id: Option<i64>) -> Result<Crs, Finding> {
    // -1 and 0 are "undefined" by the standard.
    let id = id.filter(|id| *id > 0).ok_or_else(|| Finding::file(FindingKind::MissingCrs))?;
    let entry: Option<(Option<String>, Option<i64>, Option<String>)> = base
        .query_row(
            "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?1",
            [id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()
        .map_err(|error| broken(&error))?;
    let Some((organization, code, definition)) = entry else {
        return Err(Finding::file(FindingKind::UnknownCrs { crs: format!("srs_id {id}") }));
    };
    let by_code = organization
        .filter(|name| name.eq_ignore_ascii_case("epsg"))
        .and(code)
        .and_then(|code| u32::try_from(code).ok());
    if let Some(crs) = by_code.and_then(Crs::from_epsg) {
        return Ok(crs);
    }
    Crs::from_wkt(definition.as_deref().unwrap_or_default()).map_err(|error| {
        let crs = by_code.map_or(error.0, |code| format!("EPSG:{code}"));
        Finding::file(FindingKind::UnknownCrs { crs })
    })
}

/// The columns that hold what was stored: generated ones would run the file's own expressions.
fn stored_columns(base: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = base.prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0")?;
    let names = statement.query_map([table], |row| row.get::<_, String>(0))?;
    names.collect()
}

fn plain(value: ValueRef<'_>) -> Result<Value, FindingKind> {
    Ok(match value {
        ValueRef::Null | ValueRef::Blob(_) => Value::Empty,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Number(number),
        ValueRef::Text(bytes) => Value::Text(encoding::decode(encoding_rs::UTF_8, bytes)?),
    })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn missing_table(table: &str) -> Finding {
    let table: String = table.chars().take(60).collect();
    let why = Text::new(format!("没有表“{table}”"), format!("there is no table '{table}'"));
    Finding::file(FindingKind::Unreadable { why })
}

fn broken(error: &rusqlite::Error) -> Finding {
    unreadable("GeoPackage 有误", "the GeoPackage is damaged", error)
}
