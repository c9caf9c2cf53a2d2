//! The table by which a township attests a month: one row for each worker.

use std::collections::HashMap;

use encoding_rs::{GBK, UTF_8};
use uuid::Uuid;

use super::{Findings, columns};
use crate::domain::{Finding, FindingKind};

const WORKER: &[&str] = &["worker", "id", "网格员"];
const DUTY_DAYS: &[&str] = &["duty_days", "出勤天数"];
const EXPECTED_DAYS: &[&str] = &["expected_days", "应出勤天数"];
const SCORE: &[&str] = &["score", "考核得分"];

/// What a row attests of a worker's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestedRow {
    pub worker: Uuid,
    /// At most `expected_days`.
    pub duty_days: u8,
    /// 1 to 31.
    pub expected_days: u8,
    /// 0 to 100.
    pub score: Option<u8>,
}

/// Reads `worker,duty_days,expected_days,score` (the last may be left out or empty) from a CSV in UTF-8 or GBK, with
/// each row's number. A table with any error gives no row.
pub fn read_attested(bytes: &[u8]) -> (Vec<(u64, AttestedRow)>, Vec<Finding>) {
    let mut findings = Findings::default();
    let mut rows = read(bytes, &mut findings);
    if findings.has_errors() {
        rows.clear();
    }
    (rows, findings.into_vec())
}

fn read(bytes: &[u8], findings: &mut Findings) -> Vec<(u64, AttestedRow)> {
    let (mut text, _, wrong) = UTF_8.decode(bytes);
    if wrong {
        let (of_gbk, _, wrong) = GBK.decode(bytes);
        if wrong {
            findings.push(Finding::file(FindingKind::WrongEncoding { encoding: "UTF-8".to_owned() }));
            return Vec::new();
        }
        text = of_gbk;
    }
    let delimiter = if text.lines().next().is_some_and(|head| head.contains('\t')) { b'\t' } else { b',' };
    let mut table =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let Ok(header) = table.headers().cloned() else {
        findings.push(Finding::file(FindingKind::Empty));
        return Vec::new();
    };
    let place = |names: &[&str]| header.iter().position(|name| columns::is_one_of(name.trim(), names));
    let (worker, days, of, score) = (place(WORKER), place(DUTY_DAYS), place(EXPECTED_DAYS), place(SCORE));
    for (names, held) in [(WORKER, worker), (DUTY_DAYS, days), (EXPECTED_DAYS, of)] {
        if held.is_none() {
            findings.push(Finding::file(FindingKind::MissingColumn { column: names[0].to_owned() }));
        }
    }
    let (Some(worker), Some(days), Some(of)) = (worker, days, of) else { return Vec::new() };
    for (place, name) in header.iter().enumerate() {
        if ![Some(worker), Some(days), Some(of), score].contains(&Some(place)) {
            let column = name.chars().take(100).collect();
            findings.push(Finding::file(FindingKind::UnknownColumn { column }));
        }
    }
    let (mut rows, mut seen) = (Vec::new(), HashMap::new());
    for (record, number) in table.records().zip(1..) {
        let Ok(record) = record else {
            let kind = columns::bad("row", "", "完整的一行", "a whole row");
            findings.row(number, None, kind);
            continue;
        };
        let value = |place: usize| record.get(place).map(str::trim).unwrap_or_default();
        match one(value(worker), value(days), value(of), score.map(value).unwrap_or_default()) {
            Ok(row) => match seen.insert(row.worker, number) {
                Some(first_row) => {
                    let subject = row.worker.to_string();
                    findings.row(number, Some(&subject), FindingKind::DuplicateCode { first_row });
                }
                None => rows.push((number, row)),
            },
            Err(kind) => findings.row(number, Some(value(worker)), kind),
        }
    }
    if rows.is_empty() && !findings.has_errors() {
        findings.push(Finding::file(FindingKind::Empty));
    }
    rows
}

fn one(worker: &str, days: &str, of: &str, score: &str) -> Result<AttestedRow, FindingKind> {
    let id = worker.parse().map_err(|_| {
        columns::bad(WORKER[0], worker, "名册中的网格员编号", "a worker's id, as the roster has it")
    })?;
    let number = |names: &[&str], text: &str, least: u8, most: u8| {
        let (zh, en) =
            (format!("{least} 至 {most} 的整数"), format!("a whole number from {least} to {most}"));
        let number = text.parse::<u8>().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| columns::bad(names[0], text, &zh, &en))
    };
    let expected_days = number(EXPECTED_DAYS, of, 1, 31)?;
    Ok(AttestedRow {
        worker: id,
        duty_days: number(DUTY_DAYS, days, 0, expected_days)?,
        expected_days,
        score: if score.is_empty() { None } else { Some(number(SCORE, score, 0, 100)?) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0195b7a0-0000-7000-8000-000000000001";

    fn told(text: &str) -> (usize, Vec<String>) {
        let (rows, findings) = read_attested(text.as_bytes());
        let errors = findings.iter().filter(|finding| finding.kind.is_error());
        (rows.len(), errors.map(|finding| format!("{:?} {}", finding.row, finding.kind.text().en)).collect())
    }

    #[test]
    fn a_month_is_read_in_either_language_and_encoding() {
        let text = format!("\u{FEFF}网格员,出勤天数,应出勤天数,考核得分\n{ONE},20,22,88\n");
        let (rows, findings) = read_attested(text.as_bytes());
        assert!(findings.is_empty(), "{findings:?}");
        let row =
            AttestedRow { worker: ONE.parse().unwrap(), duty_days: 20, expected_days: 22, score: Some(88) };
        assert_eq!(rows, [(1, row)]);
        let (gbk, _, _) = GBK.encode(text.trim_start_matches('\u{FEFF}'));
        assert_eq!(read_attested(&gbk).0.len(), 1);
        assert_eq!(told(&format!("worker,duty_days,expected_days\n{ONE},0,22\n")), (1, vec![]));
    }

    #[test]
    fn what_cannot_be_is_told_with_its_row() {
        let head = "worker,duty_days,expected_days,score";
        for (text, said) in [
            (format!("{head}\n{ONE},23,22,\n"), "from 0 to 22"),
            (format!("{head}\n{ONE},20,32,\n"), "from 1 to 31"),
            (format!("{head}\n{ONE},20,22,101\n"), "from 0 to 100"),
            (format!("{head}\n{ONE},-1,22,\n"), "from 0"),
            (format!("{head}\nw1,1,22,\n"), "worker's id"),
            (format!("{head}\n{ONE},1,22,\n{ONE},2,22,\n"), "row 1"),
            (format!("{head}\n"), "empty"),
            ("worker\n".to_owned(), "duty_days"),
            (String::new(), ""),
        ] {
            let (rows, told) = told(&text);
            assert!(rows == 0 && told.iter().any(|told| told.contains(said)), "{text}: {told:?}");
        }
    }
}
