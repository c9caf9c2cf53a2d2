//! The tables that `khot reach` and `khot place` read without a database.

use std::path::Path;

use h3o::CellIndex;

use super::ReadOptions;
use super::columns::{self, Watch};
use super::rows::Converter;
use super::simple::{self, ID, PLACE, Unique};
use crate::domain::{Finding, FindingKind};

const CELL: &[&str] = &["h3", "cell"];
const KMH: &[&str] = &["kmh"];
const HOUSEHOLDS: &[&str] = &["households"];
const SITE: &[&str] = &["site"];
const MINUTES: &[&str] = &["minutes"];

/// Cells with the speed at which they are crossed.
pub type CellSpeeds = Vec<(CellIndex, f64)>;

/// Reads cells with the speed at which they are crossed: `h3,kmh`.
pub fn read_cells(path: &Path, options: &ReadOptions) -> (CellSpeeds, Vec<Finding>) {
    let watch = Watch::new(&[CELL, KMH], &[CELL, KMH]);
    simple::read(path, options, watch, CELL, |row| {
        let said = columns::needed_text(row, CELL)?;
        let cell = said.parse::<CellIndex>().map_err(|_| {
            columns::bad(
                CELL[0],
                &said,
                "H3 单元编号，例如 87283472bffffff",
                "an H3 cell, such as 87283472bffffff",
            )
        })?;
        Ok((cell, simple::number(row, KMH, 0.0, 1000.0)?))
    })
}

/// An outlet or site of a table, with longitude and latitude.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteRow {
    pub id: String,
    pub at: (f64, f64),
}

/// Reads outlets: `id,lon,lat`.
pub fn read_sites(path: &Path, options: &ReadOptions) -> (Vec<SiteRow>, Vec<Finding>) {
    let watch = Watch::new(&[ID, PLACE[0], PLACE[1], PLACE[2], PLACE[3]], &[ID]);
    let (mut ids, mut converter) = (Unique::default(), Converter::default());
    simple::read(path, options, watch, ID, |row| {
        Ok(SiteRow { id: ids.needed(row, ID)?, at: simple::point(row, &mut converter)? })
    })
}

/// Reads demand: `id,households`.
pub fn read_demand(path: &Path, options: &ReadOptions) -> (Vec<(String, u64)>, Vec<Finding>) {
    let watch = Watch::new(&[ID, HOUSEHOLDS], &[ID, HOUSEHOLDS]);
    let mut ids = Unique::default();
    simple::read(path, options, watch, ID, |row| {
        let households = columns::count(row, HOUSEHOLDS)?
            .ok_or_else(|| FindingKind::MissingValue { column: HOUSEHOLDS[0].to_owned() })?;
        Ok((ids.needed(row, ID)?, u64::from(households)))
    })
}

/// The way from a place of demand to a site.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeRow {
    pub id: String,
    pub site: String,
    pub minutes: f64,
}

/// Reads times: `id,site,minutes`.
pub fn read_times(path: &Path, options: &ReadOptions) -> (Vec<TimeRow>, Vec<Finding>) {
    let watch = Watch::new(&[ID, SITE, MINUTES], &[ID, SITE, MINUTES]);
    simple::read(path, options, watch, ID, |row| {
        Ok(TimeRow {
            id: columns::needed_text(row, ID)?,
            site: columns::needed_text(row, SITE)?,
            minutes: simple::number(row, MINUTES, 0.0, 1e9)?,
        })
    })
}

/// Reads the sites that are there already: `site`.
pub fn read_existing(path: &Path, options: &ReadOptions) -> (Vec<String>, Vec<Finding>) {
    let mut sites = Unique::default();
    simple::read(path, options, Watch::new(&[SITE], &[SITE]), SITE, |row| sites.needed(row, SITE))
}
