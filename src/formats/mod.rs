//! Geo and table files in and out, with findings by row.
//!
//! ```text
//! file -> read_rows (one feature at a time) -> read_areas / read_units / read_weighted_units -> nouns
//!                     \___________________________ findings by row ____________________________/
//! ```
//!
//! - `geojson`, `shapefile` (+ `dbf`), `gpkg`, `table` (CSV), `xlsx` read one format each and hand every feature
//!   to [`RawRow`] through geozero's processors; `feature` is the processor that bounds what a
//!   feature may hold.
//! - `columns` knows the columns' names and values; `areas`, `units`, `roads` and `inputs` map rows to nouns;
//!   `check` and `gather` (with `counted`) look at rows together: parents, overlaps, points in villages.
//! - `write` is the way out, `sheet` that of tables for people.
//!
//! Whatever a file holds, the answer is findings, not a panic: declared lengths are checked before they are believed,
//! nesting, corners and rows are bounded, and what runs third-party parsers or geometry runs under
//! `guard::guarded`, which turns a panic into a finding.
//!
//! Imports `domain` and `geo` only. Reading is synchronous: a caller with an async runtime moves it off.

mod areas;
mod attested;
mod check;
mod columns;
mod counted;
mod dbf;
mod duty;
mod encoding;
mod feature;
mod findings;
mod gather;
mod geojson;
mod gpkg;
mod guard;
mod inputs;
mod json_scan;
mod matching;
mod outlets;
mod part_rings;
mod payroll;
mod reaching;
mod roads;
mod rows;
mod shapefile;
mod sheet;
mod simple;
mod table;
mod units;
mod workers;
mod write;
mod xlsx;

use std::ops::ControlFlow;
use std::path::Path;

pub use areas::{AreaOptions, read_areas};
pub use attested::{AttestedRow, read_attested};
pub use check::check_areas;
pub use duty::{DutyRow, DutyWorker, read_duty};
pub use findings::Findings;
pub use gather::{Cover, Gatherer, VillageOutline, gather};
pub use inputs::{Edge, WeightedUnits, read_edges, read_parts, read_weighted_units};
pub use matching::{GridRow, WorkerRow, read_grid_places, read_worker_places};
pub use outlets::{OutletInput, read_outlets, read_services};
pub use payroll::{
    Heading, PaidRow, PayrollRow, TransferRow, payroll_csv, payroll_xlsx, transfers_csv, transfers_xlsx,
};
pub use reaching::{
    CellSpeeds, SiteRow, TimeRow, read_cells, read_demand, read_existing, read_sites, read_times,
};
pub use roads::{RoadInput, read_roads};
pub use rows::{Item, RawRow, ReadOptions, Sink, Value};
pub use sheet::{Sheet, SheetError};
pub use units::{UnitInput, read_units};
pub use workers::{WorkerInput, read_workers};
pub use write::{GeoWriter, OutRow, WriteOptions, write_geo};

use crate::domain::{Finding, FindingKind, Text};

/// Most rows that one file may have.
pub const MAX_ROWS: u64 = 20_000_000;
/// Most corners that one feature may have.
pub const MAX_VERTICES: u64 = 2_000_000;
/// Most bytes that one feature (or row of a table) may take in its file.
pub const MAX_FEATURE_BYTES: u64 = 128 * 1024 * 1024;

/// A format that can be read, told by the file's ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A FeatureCollection, a single feature, or one feature a line.
    GeoJson,
    Shapefile,
    GeoPackage,
    Csv,
    Xlsx,
}

impl Format {
    /// # Errors
    /// A finding that names the ending, when it is none known here.
    pub fn of(path: &Path) -> Result<Self, Finding> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        match ending.as_str() {
            "geojson" | "json" | "geojsonl" | "geojsons" | "ndjson" | "jsonl" => Ok(Format::GeoJson),
            "shp" => Ok(Format::Shapefile),
            "gpkg" => Ok(Format::GeoPackage),
            "csv" | "tsv" | "txt" => Ok(Format::Csv),
            "xlsx" => Ok(Format::Xlsx),
            _ => Err(Finding::file(FindingKind::UnknownFormat { ending: format!(".{ending}") })),
        }
    }
}

/// Reads any known file, one row at a time. Rows that can't be read, and what is wrong with the file as
/// a whole, come to the sink as findings in between; reading goes on as long as the file makes sense
/// and the sink lets it.
pub fn read_rows(path: &Path, options: &ReadOptions, sink: &mut Sink<'_>) {
    let mut rows = 0_u64;
    let mut findings = 0_u64;
    let mut counting = |item: Item| {
        match &item {
            Item::Row(_) => rows += 1,
            Item::Finding(_) => findings += 1,
        }
        sink(item)
    };
    let done = guard::guarded(|| read_known(path, options, &mut counting));
    let failure = match done {
        Ok(Ok(())) if rows == 0 && findings == 0 => Some(Finding::file(FindingKind::Empty)),
        Ok(Ok(())) => None,
        Ok(Err(finding)) => Some(finding),
        Err(why) => Some(Finding::file(FindingKind::Unreadable { why })),
    };
    if let Some(finding) = failure {
        // The last item: whether the sink wants more no longer matters.
        let _ = sink(Item::Finding(finding));
    }
}

/// The same for whoever keeps a list: what is found goes there, and only rows come to the sink.
fn each_row(
    path: &Path,
    options: &ReadOptions,
    findings: &mut Findings,
    sink: &mut dyn FnMut(RawRow, &mut Findings) -> ControlFlow<()>,
) {
    read_rows(path, options, &mut |item| match item {
        Item::Row(row) => sink(row, findings),
        Item::Finding(finding) => {
            findings.push(finding);
            ControlFlow::Continue(())
        }
    });
}

fn read_known(path: &Path, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), Finding> {
    let format = Format::of(path)?;
    let bytes =
        std::fs::metadata(path).map_err(|error| unreadable("文件打不开", "it can't be opened", &error))?;
    if bytes.len() == 0 {
        return Err(Finding::file(FindingKind::Empty));
    }
    match format {
        Format::GeoJson => geojson::read(path, options, sink),
        Format::Shapefile => shapefile::read(path, options, sink),
        Format::GeoPackage => gpkg::read(path, options, sink),
        Format::Csv => table::read(path, options, sink),
        Format::Xlsx => xlsx::read(path, options, sink),
    }
}

/// A finding about the whole file, with the library's own words at its end.
fn unreadable(zh: &str, en: &str, error: &dyn std::fmt::Display) -> Finding {
    Finding::file(FindingKind::Unreadable { why: because(zh, en, error) })
}

fn because(zh: &str, en: &str, error: &dyn std::fmt::Display) -> Text {
    // Libraries quote what they stumble over: never repeat a whole file.
    let error: String = error.to_string().chars().take(200).collect();
    Text::new(format!("{zh}（{error}）"), format!("{en} ({error})"))
}

#[cfg(test)]
mod tests;
