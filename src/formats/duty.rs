//! The table of a month's duty, as a township attests it: what `khot pay` reads without a database.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::columns::{self, Watch};
use super::{RawRow, ReadOptions, simple};
use crate::domain::{AreaType, Employment, Finding, FindingKind, GridCode};

const WORKER: &[&str] = &["worker", "网格员"];
const EMPLOYMENT: &[&str] = &["employment", "用工形式"];
const GRID: &[&str] = &["grid", "网格代码"];
const HOUSEHOLDS: &[&str] = &["households", "户数"];
const AREA_KM2: &[&str] = &["area_km2", "面积平方公里"];
const DAYS: &[&str] = &["days", "本网格天数"];
const DUTY_DAYS: &[&str] = &["duty_days", "出勤天数"];
const EXPECTED_DAYS: &[&str] = &["expected_days", "应出勤天数"];
const LANGUAGE: &[&str] = &["language", "网格语言"];
const LANGUAGES: &[&str] = &["languages", "会说语言"];
const TRAVEL_KM: &[&str] = &["travel_km", "路途公里"];
const SCORE: &[&str] = &["score", "考核得分"];
const ROLE: &[&str] = &["role", "角色"];

/// What is said of a worker in each of their rows, and must be the same in all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct DutyWorker {
    pub employment: Employment,
    pub languages: BTreeSet<String>,
    pub duty_days: u32,
    pub expected_days: u32,
    /// From 0 to 100; none before the appraisal.
    pub score: Option<u32>,
}

/// A grid in a worker's month.
#[derive(Debug, Clone, PartialEq)]
pub struct DutyRow {
    pub worker: String,
    pub of_worker: DutyWorker,
    pub grid: GridCode,
    pub area_type: AreaType,
    pub households: u32,
    pub area_km2: f64,
    /// What the grid needs.
    pub language: Option<String>,
    pub days: u32,
    pub travel_km: f64,
    pub lead: bool,
}

/// Reads `worker,employment,grid,area_type,households,area_km2,days,duty_days,expected_days` with, where
/// they are known, `role,language,languages,travel_km,score`. A file with any error gives no row.
pub fn read_duty(path: &Path, options: &ReadOptions) -> (Vec<DutyRow>, Vec<Finding>) {
    let needed: [&'static [&'static str]; 9] =
        [WORKER, EMPLOYMENT, GRID, columns::AREA_TYPE, HOUSEHOLDS, AREA_KM2, DAYS, DUTY_DAYS, EXPECTED_DAYS];
    let known: Vec<&'static [&'static str]> =
        needed.into_iter().chain([ROLE, LANGUAGE, LANGUAGES, TRAVEL_KM, SCORE]).collect();
    let mut heads: HashMap<String, DutyWorker> = HashMap::new();
    simple::read(path, options, Watch::new(&known, &needed), WORKER, |row| {
        let duty = duty(row)?;
        let head = heads.entry(duty.worker.clone()).or_insert_with(|| duty.of_worker.clone());
        if *head != duty.of_worker {
            return Err(columns::bad(
                WORKER[0],
                &duty.worker,
                "同一网格员各行的用工形式、天数、语言和得分一致",
                "the same employment, days, languages and score in every row of a worker",
            ));
        }
        Ok(duty)
    })
}

fn duty(row: &RawRow) -> Result<DutyRow, FindingKind> {
    let missing = |names: &[&str]| FindingKind::MissingValue { column: names[0].to_owned() };
    let count = |names: &[&str]| columns::count(row, names)?.ok_or_else(|| missing(names));
    let said = columns::needed_text(row, EMPLOYMENT)?;
    let employment = match said.as_str() {
        "专职" => Some(Employment::FullTime),
        "兼职" => Some(Employment::PartTime),
        other => Employment::parse(other),
    };
    let employment = employment
        .ok_or_else(|| columns::refused(row, EMPLOYMENT, &said, "专职或兼职", "full_time or part_time"))?;
    let said = columns::needed_text(row, GRID)?;
    let grid = said
        .parse()
        .map_err(|_| columns::refused(row, GRID, &said, "15 位网格代码", "the 15 digits of a grid"))?;
    let languages = columns::text(row, LANGUAGES)?.unwrap_or_default();
    let languages = languages.split([';', '；', '、']).map(|code| code.trim().to_lowercase());
    let role = columns::text(row, ROLE)?;
    let lead = match role.as_deref() {
        None | Some("worker" | "网格员") => false,
        Some("lead" | "网格长") => true,
        Some(other) => return Err(columns::refused(row, ROLE, other, "网格员或网格长", "worker or lead")),
    };
    let score = columns::count(row, SCORE)?;
    if let Some(score) = score.filter(|score| *score > 100) {
        return Err(columns::bad(
            SCORE[0],
            &score.to_string(),
            "0 至 100 的整数",
            "a whole number from 0 to 100",
        ));
    }
    let travel_km = match columns::value(row, TRAVEL_KM) {
        Some(_) => simple::number(row, TRAVEL_KM, 0.0, 100_000.0)?,
        None => 0.0,
    };
    Ok(DutyRow {
        worker: columns::needed_text(row, WORKER)?,
        of_worker: DutyWorker {
            employment,
            languages: languages.filter(|code| !code.is_empty()).collect(),
            duty_days: count(DUTY_DAYS)?,
            expected_days: count(EXPECTED_DAYS)?,
            score,
        },
        grid,
        area_type: columns::area_type(row)?.ok_or_else(|| missing(columns::AREA_TYPE))?,
        households: count(HOUSEHOLDS)?,
        area_km2: simple::number(row, AREA_KM2, 0.0, 1_000_000.0)?,
        language: columns::text(row, LANGUAGE)?.map(|code| code.to_lowercase()),
        days: count(DAYS)?,
        travel_km,
        lead,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "worker,employment,grid,area_type,households,area_km2,days,duty_days,expected_days";

    fn read_text(text: &str) -> (Vec<DutyRow>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("duty.csv");
        std::fs::write(&path, text).unwrap();
        let (rows, findings) = read_duty(&path, &ReadOptions::default());
        let told = findings.iter().filter(|finding| finding.kind.is_error());
        (rows, told.map(|finding| format!("{:?} {}", finding.row, finding.kind.text().en)).collect())
    }

    #[test]
    fn a_month_is_read_in_both_languages() {
        let (rows, told) = read_text(&format!(
            "{HEAD},role,languages,score\nw1,专职,152525100200001,牧区,18,150.5,20,20,22,网格长,mn;zh,88\n"
        ));
        assert_eq!(told, Vec::<String>::new());
        assert_eq!(
            (rows[0].area_type, rows[0].lead, rows[0].of_worker.score),
            (AreaType::Pastoral, true, Some(88))
        );
        assert!(rows[0].of_worker.languages.contains("mn"));
    }

    #[test]
    fn what_cannot_be_is_told_with_its_row() {
        for (row, said) in [
            ("w1,someday,152525100200001,pastoral,18,1,20,20,22", "full_time or part_time"),
            ("w1,full_time,15252510020000,pastoral,18,1,20,20,22", "15 digits"),
            ("w1,full_time,152525100200001,lunar,18,1,20,20,22", "urban"),
            ("w1,full_time,152525100200001,pastoral,-1,1,20,20,22", "negative"),
            ("w1,full_time,152525100200001,pastoral,18,many,20,20,22", "number from 0"),
            (
                "w1,full_time,152525100200001,pastoral,18,1,20,20,22\nw1,full_time,152525100200002,pastoral,18,1,20,19,22",
                "the same employment",
            ),
        ] {
            let (rows, told) = read_text(&format!("{HEAD}\n{row}\n"));
            assert!(rows.is_empty() && told.iter().any(|told| told.contains(said)), "{row}: {told:?}");
        }
        assert!(read_text("worker\nw1\n").1.iter().any(|told| told.contains("employment")));
    }
}
