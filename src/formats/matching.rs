//! The tables that `khot assign` reads without a database: workers with their homes, and grids.

use std::collections::BTreeSet;
use std::path::Path;

use super::ReadOptions;
use super::columns::{self, Watch};
use super::rows::Converter;
use super::simple::{self, ID, PLACE, Unique};
use crate::domain::{Finding, FindingKind};

/// A worker of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerRow {
    pub id: String,
    /// Longitude and latitude of the home point.
    pub home: (f64, f64),
    pub capacity: u32,
    /// Codes such as `mn` and `zh`, in small letters.
    pub languages: BTreeSet<String>,
}

/// A grid of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct GridRow {
    pub id: String,
    pub at: (f64, f64),
    pub language: Option<String>,
}

const CAPACITY: &[&str] = &["capacity"];
const LANGUAGES: &[&str] = &["languages"];
const LANGUAGE: &[&str] = &["language"];

/// Reads `id,lon,lat,capacity[,languages]`; languages are separated by semicolons (`mn;zh`). A file with any
/// error gives no worker.
pub fn read_worker_places(path: &Path, options: &ReadOptions) -> (Vec<WorkerRow>, Vec<Finding>) {
    let watch =
        Watch::new(&[ID, CAPACITY, LANGUAGES, PLACE[0], PLACE[1], PLACE[2], PLACE[3]], &[ID, CAPACITY]);
    let (mut ids, mut converter) = (Unique::default(), Converter::default());
    simple::read(path, options, watch, ID, |row| {
        let (id, home) = (ids.needed(row, ID)?, simple::point(row, &mut converter)?);
        let capacity = columns::count(row, CAPACITY)?
            .ok_or_else(|| FindingKind::MissingValue { column: CAPACITY[0].to_owned() })?;
        let languages = columns::text(row, LANGUAGES)?.unwrap_or_default();
        let languages = languages.split([';', '；', '、']).map(|code| code.trim().to_lowercase());
        Ok(WorkerRow { id, home, capacity, languages: languages.filter(|code| !code.is_empty()).collect() })
    })
}

/// Reads `id,lon,lat[,language]`. A file with any error gives no grid.
pub fn read_grid_places(path: &Path, options: &ReadOptions) -> (Vec<GridRow>, Vec<Finding>) {
    let watch = Watch::new(&[ID, LANGUAGE, PLACE[0], PLACE[1], PLACE[2], PLACE[3]], &[ID]);
    let (mut ids, mut converter) = (Unique::default(), Converter::default());
    simple::read(path, options, watch, ID, |row| {
        let (id, at) = (ids.needed(row, ID)?, simple::point(row, &mut converter)?);
        let language = columns::text(row, LANGUAGE)?.map(|code| code.to_lowercase());
        Ok(GridRow { id, at, language })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text<T>(
        text: &str,
        read: impl Fn(&Path, &ReadOptions) -> (Vec<T>, Vec<Finding>),
    ) -> (Vec<T>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, text).unwrap();
        let (rows, findings) = read(&path, &ReadOptions::default());
        let told = findings.iter().filter(|finding| finding.kind.is_error());
        (rows, told.map(|finding| format!("{:?} {}", finding.row, finding.kind.text().en)).collect())
    }

    #[test]
    fn workers_come_with_capacity_and_languages() {
        let text = "id,lon,lat,capacity,languages\nw1,116.5,45.25,2,mn;ZH\nw2,117,46,0,\n";
        let (rows, told) = read_text(text, read_worker_places);
        assert_eq!(told, Vec::<String>::new());
        assert_eq!((rows[0].home, rows[0].capacity), ((116.5, 45.25), 2));
        assert_eq!(rows[0].languages, ["mn", "zh"].map(str::to_owned).into());
        assert!(rows[1].languages.is_empty());
    }

    #[test]
    fn a_bad_row_is_told_and_nothing_is_given() {
        for (text, said) in [
            ("id,lon,lat,capacity\nw1,116,45,1\nw1,116,45,1\n", "row 1"),
            ("id,lon,lat,capacity\nw1,116,45,-1\n", "negative"),
            ("id,lon,lat,capacity\nw1,116,95,1\n", "Some(1)"),
            ("id,lon,lat\nw1,116,45\n", "capacity"),
            ("id,capacity\nw1,3\n", "Some(1)"),
            ("", ""),
        ] {
            let (rows, told) = read_text(text, read_worker_places);
            assert!(rows.is_empty() && told.iter().any(|told| told.contains(said)), "{text}: {told:?}");
        }
        let (rows, _) = read_text("id,lon,lat,language\ng1,116,45,mn\ng2,116,45,\n", read_grid_places);
        assert_eq!((rows[0].language.as_deref(), rows[1].language.as_deref()), (Some("mn"), None));
    }
}
