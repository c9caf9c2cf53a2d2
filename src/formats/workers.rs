//! Files of workers. What is wrong with a name, a phone or a bank reference is said without quoting it.

use std::collections::HashMap;
use std::path::Path;

use chrono::NaiveDate;

use super::columns::{self, NAME, SYNTHETIC, Watch};
use super::outlets::{day, list};
use super::rows::Converter;
use super::simple::{self, PLACE};
use super::{RawRow, ReadOptions};
use crate::domain::{
    Code, Employment, Finding, FindingKind, Home, Level, PersonalField, Text, WorkerStatus, clean_language,
    clean_skill,
};

const FULL_NAME: &[&str] = &["name", "姓名"];
const AREA: &[&str] = &["area", "area_code", "区划代码", "所属区划", "所属区划代码"];
const EMPLOYMENT: &[&str] = &["employment", "用工形式", "专兼职"];
const STATUS: &[&str] = &["status", "状态", "在岗状态"];
const STATUS_FROM: &[&str] = &["status_from", "since", "状态起始日期", "上岗日期"];
const PHONE: &[&str] = &["phone", "电话", "手机", "联系电话"];
const BANK: &[&str] = &["bank", "银行账号", "发放账号"];
const HOME: &[&str] = &["home", "住所网格", "住所"];
const LANGUAGES: &[&str] = &["languages", "language", "语言"];
const SKILLS: &[&str] = &["skills", "技能"];
/// What an export has beside these, and an import leaves alone.
const TOLD: &[&str] = &["area_name", "grids", "leads", "所属区划名称"];

const MOST_LANGUAGES: usize = 10;
const MOST_SKILLS: usize = 20;

/// A worker as a file has them; values are clean.
#[derive(Clone, PartialEq, Eq)]
pub struct WorkerInput {
    /// A township or village.
    pub area: Code,
    pub employment: Employment,
    pub status: Option<WorkerStatus>,
    pub status_from: Option<NaiveDate>,
    pub name: String,
    pub phone: Option<String>,
    pub bank: Option<String>,
    pub home: Option<Home>,
    pub languages: Vec<String>,
    pub skills: Vec<String>,
    pub synthetic: bool,
}

/// Who is who: the township, the name and the phone.
pub type Identity = (Code, String, Option<String>);

impl WorkerInput {
    pub fn identity(&self) -> Identity {
        (self.area.at(Level::Township), self.name.clone(), self.phone.clone())
    }
}

/// Reads workers: `name`, `area` and `employment` are needed; `status,status_from,phone,bank,languages,skills` and a
/// home (`lon,lat` or `home`, an H3 cell of resolution 8) where they are known. A file with any error gives none.
pub fn read_workers(path: &Path, options: &ReadOptions) -> (Vec<(u64, WorkerInput)>, Vec<Finding>) {
    let needed: [&'static [&'static str]; 3] = [FULL_NAME, AREA, EMPLOYMENT];
    let known = [
        FULL_NAME,
        NAME,
        AREA,
        EMPLOYMENT,
        STATUS,
        STATUS_FROM,
        PHONE,
        BANK,
        HOME,
        LANGUAGES,
        SKILLS,
        PLACE[0],
        PLACE[1],
        PLACE[2],
        PLACE[3],
        SYNTHETIC,
        TOLD,
    ];
    let mut converter = Converter::default();
    let mut seen: HashMap<Identity, u64> = HashMap::new();
    simple::read(path, options, Watch::new(&known, &needed), &[], |row| {
        let input = worker(row, &mut converter)?;
        match seen.insert(input.identity(), row.row) {
            Some(first_row) => Err(FindingKind::DuplicateCode { first_row }),
            None => Ok((row.row, input)),
        }
    })
}

fn worker(row: &RawRow, converter: &mut Converter) -> Result<WorkerInput, FindingKind> {
    let name = personal(row, FULL_NAME, PersonalField::Name)?
        .ok_or_else(|| FindingKind::MissingValue { column: FULL_NAME[0].to_owned() })?;
    // A roster that came out of here has masks where names were.
    if name.contains(['*', '＊']) {
        return Err(unsaid(FULL_NAME[0], "完整的姓名，不带掩码", "the name in full, not masked"));
    }
    let area = columns::needed_code(row, AREA)?;
    if area.level() < Level::Township {
        let (zh, en) = ("9 或 12 位区划代码", "a code of 9 or 12 digits");
        return Err(columns::refused(row, AREA, area.as_str(), zh, en));
    }
    let status = match columns::text(row, STATUS)? {
        None => None,
        Some(said) => Some(status(&said).ok_or_else(|| {
            columns::refused(
                row,
                STATUS,
                &said,
                "在岗、借调、请假或离岗",
                "on_post, seconded, on_leave or left",
            )
        })?),
    };
    let said = columns::needed_text(row, EMPLOYMENT)?;
    let employment = employment(&said)
        .ok_or_else(|| columns::refused(row, EMPLOYMENT, &said, "专职或兼职", "full_time or part_time"))?;
    Ok(WorkerInput {
        area,
        employment,
        status,
        status_from: day(row, STATUS_FROM)?,
        name,
        phone: personal(row, PHONE, PersonalField::Phone)?,
        bank: personal(row, BANK, PersonalField::Bank)?,
        home: home(row, converter)?,
        languages: words(row, LANGUAGES, MOST_LANGUAGES, clean_language)?,
        skills: words(row, SKILLS, MOST_SKILLS, clean_skill)?,
        synthetic: columns::synthetic(row),
    })
}

fn employment(said: &str) -> Option<Employment> {
    match said {
        "专职" => Some(Employment::FullTime),
        "兼职" => Some(Employment::PartTime),
        other => Employment::parse(&other.to_lowercase()),
    }
}

fn status(said: &str) -> Option<WorkerStatus> {
    match said {
        "在岗" => Some(WorkerStatus::OnPost),
        "借调" => Some(WorkerStatus::Seconded),
        "请假" | "休假" => Some(WorkerStatus::OnLeave),
        "离岗" | "离职" => Some(WorkerStatus::Left),
        other => WorkerStatus::parse(&other.to_lowercase()),
    }
}

/// A finding about a value that must not be told.
fn unsaid(column: &str, zh: &str, en: &str) -> FindingKind {
    columns::bad(column, "…", zh, en)
}

/// A name, phone or bank reference as it is kept; what is wrong with it is said without it.
fn personal(row: &RawRow, names: &[&str], field: PersonalField) -> Result<Option<String>, FindingKind> {
    let Some((column, value)) = columns::value(row, names) else { return Ok(None) };
    let text = value.text();
    // Spreadsheets turn numbers into numbers.
    let text = text.strip_suffix(".0").unwrap_or(&text);
    field.clean(text).map(Some).map_err(|Text { zh, en }| unsaid(column, &zh, &en))
}

/// Rounded to the cell at once: the point itself is nowhere kept.
fn home(row: &RawRow, converter: &mut Converter) -> Result<Option<Home>, FindingKind> {
    if let Some(cell) = columns::text(row, HOME)? {
        let (zh, en) = ("8 级 H3 网格编号", "an H3 cell of resolution 8");
        return cell.parse().map(Some).map_err(|_| unsaid(HOME[0], zh, en));
    }
    if row.geometry.is_none() {
        return Ok(None);
    }
    let (lon, lat) = simple::point(row, converter)?;
    Home::around(lon, lat).map(Some).ok_or(FindingKind::BadCoordinate)
}

fn words(
    row: &RawRow,
    names: &[&str],
    most: usize,
    clean: fn(&str) -> Result<String, Text>,
) -> Result<Vec<String>, FindingKind> {
    let mut words: Vec<String> = Vec::new();
    for word in list(row, names)? {
        let word = clean(&word).map_err(|Text { zh, en }| columns::refused(row, names, &word, &zh, &en))?;
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.len() > most {
        let (zh, en) = (format!("至多 {most} 项"), format!("{most} at most"));
        return Err(columns::refused(row, names, &words.len().to_string(), &zh, &en));
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(u64, WorkerInput)>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roster.csv");
        std::fs::write(&path, text).unwrap();
        let (rows, findings) = read_workers(&path, &ReadOptions::default());
        let told = findings.iter().map(|finding| format!("{:?} {}", finding.row, finding.kind.text().en));
        (rows, told.collect())
    }

    #[test]
    fn a_roster_is_read_in_either_language() {
        let (rows, told) = read(
            "姓名,区划代码,用工形式,状态,上岗日期,电话,语言,技能,lon,lat\n\
             王小明,150821100,专职,借调,2026-05-01,138 1234 1234,mn;zh,急救、兽医,108.01,41.01\n\
             王小明,150821100,兼职,,,,,,,\n",
        );
        assert_eq!((rows.len(), told), (2, vec![]));
        let (_, first) = &rows[0];
        assert_eq!((first.employment, first.status), (Employment::FullTime, Some(WorkerStatus::Seconded)));
        assert_eq!((first.phone.as_deref(), first.home), (Some("13812341234"), Home::around(108.01, 41.01)));
        assert_eq!((&first.languages[..], first.skills.len()), (&["mn".to_owned(), "zh".to_owned()][..], 2));
        let (rows, told) = read("name,area,employment\nSarnai,150821100200,full_time\n");
        assert!(rows.len() == 1 && rows[0].1.status_from.is_none() && told.is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_by_row_and_column_and_never_by_a_name() {
        let head = "name,area,employment,phone,status,status_from,languages,lon,lat";
        for (row, said) in [
            ("王小明,150821100,sometimes,,,,,,", "employment"),
            ("王小明,1508,full_time,,,,,,", "9 or 12 digits"),
            ("王小明,,full_time,,,,,,", "area"),
            (",150821100,full_time,,,,,,", "'name' has no value"),
            ("王**,150821100,full_time,,,,,,", "not masked"),
            ("王小明,150821100,full_time,12x,,,,,", "5 to 15 digits"),
            ("王小明,150821100,full_time,,resting,,,,", "seconded"),
            ("王小明,150821100,full_time,,,2026-13-01,,,", "status_from"),
            ("王小明,150821100,full_time,,,,m1,,", "a code of 2 to 8 letters"),
            ("王小明,150821100,full_time,,,,,200,100", ""),
        ] {
            let (rows, told) = read(&format!("{head}\n{row}\n"));
            assert!(rows.is_empty() && !told.is_empty(), "{row}");
            let one = &told[0];
            assert!(one.starts_with("Some(1)") && one.contains(said), "{row}: {one}");
            assert!(!one.contains("王") && !one.contains("12x"), "{one}");
        }
        let (rows, told) = read(&format!(
            "{head}\n王小明,150821100200,full_time,13812341234,,,,,\n王小明,150821100,part_time,138-1234-1234,,,,,\n"
        ));
        assert!(rows.is_empty() && told.len() == 1 && told[0].starts_with("Some(2)"), "{told:?}");
        // By the name that the column has in the file.
        let (_, told) = read("姓名,区划代码,专兼职\n王小明,150821100,有时\n");
        assert!(told[0].contains("专兼职") && told[0].contains("有时"), "{told:?}");
        assert!(read("name,area\n王小明,150821100\n").1[0].contains("employment"));
        assert!(read("").1[0].contains("empty"));
    }
}
