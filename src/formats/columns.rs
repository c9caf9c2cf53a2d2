//! The columns that are known, under every name they are met with, and their values.

use std::collections::BTreeSet;

use super::{RawRow, Value, findings::Findings};
use crate::domain::{AreaType, Code, Finding, FindingKind, Level, Text, VillageKind};

pub(super) const LON: &[&str] = &["lon", "lng", "long", "longitude", "x", "经度"];
pub(super) const LAT: &[&str] = &["lat", "latitude", "y", "纬度"];
pub(super) const WKT: &[&str] = &["wkt", "geometry", "geom", "the_geom", "图形"];
pub(super) const CODE: &[&str] = &["code", "区划代码", "代码", "统计用区划代码", "编码", "adcode"];
pub(super) const NAME: &[&str] = &["name", "名称", "区划名称", "单位名称"];
pub(super) const KIND: &[&str] = &["kind", "类型", "类别"];
pub(super) const AREA_TYPE: &[&str] = &["area_type", "areatype", "区域类型", "地区类型"];
pub(super) const LEVEL: &[&str] = &["level", "级别", "行政级别"];
pub(super) const SYNTHETIC: &[&str] = &["synthetic", "合成", "合成数据"];
pub(super) const UNIT: &[&str] = &["unit", "unit_code", "code", "单元代码", "单元编号", "代码", "编码", "id"];
pub(super) const VILLAGE: &[&str] = &["village", "village_code", "嘎查村社区代码", "村代码", "所属村代码"];
pub(super) const HOUSEHOLDS: &[&str] = &["households", "户数", "住户数", "总户数"];
pub(super) const PEOPLE: &[&str] = &["people", "population", "人口", "人数", "人口数"];
pub(super) const H3: &[&str] = &["h3", "h3_index", "h3index", "cell"];
pub(super) const ID: &[&str] = &["id", "code", "编号", "代码"];
/// What geographic programs add by themselves: nothing to remark on.
const NOISE: &[&str] =
    &["fid", "id", "gid", "objectid", "objectid_1", "shape_leng", "shape_length", "shape_area", "ogc_fid"];

const MAX_TEXT: usize = 200;
const MAX_COUNT: u32 = 1_000_000;

/// Whether a column's name is one of `names`, whatever its case and the blanks around it.
pub(super) fn is_one_of(name: &str, names: &[&str]) -> bool {
    let name = name.trim().trim_start_matches('\u{FEFF}').to_lowercase();
    names.contains(&name.as_str())
}

pub(super) fn bad(column: &str, value: &str, zh: &str, en: &str) -> FindingKind {
    let value = value.chars().take(60).collect();
    FindingKind::BadValue { column: column.to_owned(), value, expected: Box::new(Text::new(zh, en)) }
}

/// The same, with the column's name as this row has it.
pub(super) fn refused(row: &RawRow, names: &[&str], said: &str, zh: &str, en: &str) -> FindingKind {
    bad(value(row, names).map_or(names[0], |found| found.0), said, zh, en)
}

fn missing(names: &[&str]) -> FindingKind {
    FindingKind::MissingValue { column: names[0].to_owned() }
}

/// A column of a row that has a value. The first of `names` wins where a file has several of them.
pub(super) fn value<'a>(row: &'a RawRow, names: &[&str]) -> Option<(&'a str, &'a Value)> {
    names.iter().find_map(|sought| {
        let found = row.columns.iter().find(|(name, value)| !value.is_empty() && is_one_of(name, &[sought]));
        found.map(|(name, value)| (name.as_str(), value))
    })
}

/// Whether the column is there, with or without a value.
fn has_column(row: &RawRow, names: &[&str]) -> bool {
    row.columns.iter().any(|(name, _)| is_one_of(name, names))
}

/// Text of at most 200 characters; none without a value.
pub(super) fn text(row: &RawRow, names: &[&str]) -> Result<Option<String>, FindingKind> {
    let Some((column, value)) = value(row, names) else { return Ok(None) };
    let text = value.text();
    if text.chars().count() > MAX_TEXT {
        return Err(bad(column, &text, "不超过 200 个字", "at most 200 characters"));
    }
    if text.chars().any(char::is_control) {
        return Err(bad(column, &text, "不含控制字符的文字", "text without control characters"));
    }
    Ok(Some(text.into_owned()))
}

pub(super) fn needed_text(row: &RawRow, names: &[&str]) -> Result<String, FindingKind> {
    text(row, names)?.ok_or_else(|| missing(names))
}

/// A division code. Spreadsheets turn codes into numbers, so "150102001001.0" is read as well.
pub(super) fn code(row: &RawRow, names: &[&str]) -> Result<Option<Code>, FindingKind> {
    let Some((column, value)) = value(row, names) else { return Ok(None) };
    let text = value.text();
    let digits = text.strip_suffix(".0").unwrap_or(&text);
    let code = digits.parse();
    code.map(Some).map_err(|_| {
        bad(column, &text, "2、4、6、9 或 12 位区划代码", "a division code of 2, 4, 6, 9 or 12 digits")
    })
}

pub(super) fn needed_code(row: &RawRow, names: &[&str]) -> Result<Code, FindingKind> {
    code(row, names)?.ok_or_else(|| missing(names))
}

/// The code of a village, 12 digits.
pub(super) fn village(row: &RawRow) -> Result<Option<Code>, FindingKind> {
    match code(row, VILLAGE)? {
        Some(code) if code.level() != Level::Village => {
            Err(refused(row, VILLAGE, code.as_str(), "12 位嘎查村社区代码", "the 12 digits of a village"))
        }
        found => Ok(found),
    }
}

/// A count from 0 to 1,000,000; none without a value.
pub(super) fn count(row: &RawRow, names: &[&str]) -> Result<Option<u32>, FindingKind> {
    let Some((column, value)) = value(row, names) else { return Ok(None) };
    let text = value.text();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    let number = match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Number(number) => Some(*number),
        Value::Text(_) if plain => text.parse::<f64>().ok(),
        _ => None,
    };
    let whole = number.filter(|number| number.is_finite() && number.fract() == 0.0);
    match whole {
        Some(number) if number < 0.0 => {
            let value = text.chars().take(60).collect();
            Err(FindingKind::NegativeCount { column: column.to_owned(), value })
        }
        Some(number) if number <= f64::from(MAX_COUNT) => Ok(Some(number as u32)),
        _ => Err(bad(column, &text, "0 至 1000000 的整数", "a whole number from 0 to 1000000")),
    }
}

pub(super) fn area_type(row: &RawRow) -> Result<Option<AreaType>, FindingKind> {
    let Some((column, value)) = value(row, AREA_TYPE) else { return Ok(None) };
    let text = value.text();
    let found = match text.as_ref() {
        "城区" | "城镇" | "城市" => Some(AreaType::Urban),
        "农区" | "农业区" => Some(AreaType::Agricultural),
        "牧区" | "牧业区" => Some(AreaType::Pastoral),
        "半农半牧区" | "半农半牧" => Some(AreaType::Mixed),
        other => other.to_lowercase().parse().ok(),
    };
    let wanted = "城区、农区、牧区或半农半牧区";
    found.map(Some).ok_or_else(|| bad(column, &text, wanted, "urban, agricultural, pastoral or mixed"))
}

/// What kind of village it is: by its column, or by its name where the file has none.
pub(super) fn village_kind(row: &RawRow, name: &str) -> Result<VillageKind, FindingKind> {
    if let Some((column, value)) = value(row, KIND) {
        let text = value.text();
        let found = match text.as_ref() {
            "嘎查" => Some(VillageKind::Gacha),
            "村" | "行政村" | "建制村" => Some(VillageKind::Village),
            "社区" | "居委会" | "居民委员会" => Some(VillageKind::Community),
            "农场" | "牧场" | "林场" | "农牧场" | "园区" | "其他" => Some(VillageKind::Farm),
            other => other.to_lowercase().parse().ok(),
        };
        return found.ok_or_else(|| {
            bad(column, &text, "嘎查、村、社区或农牧场", "gacha, village, community or farm")
        });
    }
    let named = |words: &[&str]| words.iter().any(|word| name.contains(word));
    Ok(match () {
        () if named(&["嘎查"]) => VillageKind::Gacha,
        () if named(&["社区", "居委会", "居民委员会"]) => VillageKind::Community,
        () if named(&["农场", "牧场", "林场", "种畜场", "园区", "开发区"]) => VillageKind::Farm,
        () => VillageKind::Village,
    })
}

pub(super) fn level(row: &RawRow, code: &Code) -> Result<Level, FindingKind> {
    let Some((column, value)) = value(row, LEVEL) else { return Ok(code.level()) };
    let text = value.text();
    let said: Option<Level> = match text.as_ref() {
        "自治区" | "省级" => Some(Level::Region),
        "盟市" | "地级" => Some(Level::League),
        "旗县区" | "旗县" | "县级" => Some(Level::Banner),
        "苏木乡镇街道" | "乡级" | "乡镇" => Some(Level::Township),
        "嘎查村社区" | "村级" => Some(Level::Village),
        other => other.to_lowercase().parse().ok(),
    };
    let fits = said == Some(code.level());
    fits.then_some(code.level()).ok_or_else(|| {
        let known = code.level().as_str();
        bad(
            column,
            &text,
            &format!("与代码一致的级别（{known}）"),
            &format!("the level of its code ({known})"),
        )
    })
}

/// Whether the row, or the file it stands in, is marked as made up.
pub(super) fn synthetic(row: &RawRow) -> bool {
    row.synthetic
        || value(row, SYNTHETIC).is_some_and(|(_, value)| match value {
            Value::Flag(flag) => *flag,
            other => matches!(other.text().to_lowercase().as_str(), "true" | "1" | "yes" | "是"),
        })
}

/// Watches the columns of a whole file: those that nothing reads are remarked on once; one that is
/// needed and never there is said once for the file, and not once a row.
pub(super) struct Watch {
    known: Vec<&'static [&'static str]>,
    remarked: BTreeSet<String>,
    needed: Vec<Needed>,
}

struct Needed {
    names: &'static [&'static str],
    seen: bool,
    /// Rows without it, until it is first seen.
    waiting: Vec<(u64, Option<String>)>,
}

impl Watch {
    pub(super) fn new(known: &[&'static [&'static str]], needed: &[&'static [&'static str]]) -> Self {
        let needed = needed.iter().map(|names| Needed { names, seen: false, waiting: Vec::new() });
        Self { known: known.to_vec(), remarked: BTreeSet::new(), needed: needed.collect() }
    }

    /// Remarks on what nothing reads. A file may have at most some hundred such columns told.
    pub(super) fn unknown(&mut self, row: &RawRow, findings: &mut Findings) {
        for (name, _) in &row.columns {
            let known = self.known.iter().any(|names| is_one_of(name, names)) || is_one_of(name, NOISE);
            if !known && self.remarked.len() < 200 && self.remarked.insert(name.clone()) {
                findings.push(Finding::file(FindingKind::UnknownColumn { column: name.clone() }));
            }
        }
    }

    /// Tells a row's missing value now, or holds it back until the column turns up.
    pub(super) fn lacking(
        &mut self,
        row: &RawRow,
        subject: Option<&str>,
        kind: FindingKind,
        findings: &mut Findings,
    ) {
        let FindingKind::MissingValue { column } = &kind else {
            return findings.row(row.row, subject, kind);
        };
        let held = self.needed.iter_mut().find(|needed| needed.names[0] == column && !needed.seen);
        match held {
            Some(needed) if !has_column(row, needed.names) => {
                if needed.waiting.len() < 1_000 {
                    needed.waiting.push((row.row, subject.map(str::to_owned)));
                }
            }
            _ => findings.row(row.row, subject, kind),
        }
    }

    /// To be called with every row, before its values are read.
    pub(super) fn see(&mut self, row: &RawRow, findings: &mut Findings) {
        for needed in self.needed.iter_mut().filter(|needed| !needed.seen && has_column(row, needed.names)) {
            needed.seen = true;
            for (row, subject) in needed.waiting.drain(..) {
                findings.row(row, subject.as_deref(), missing(needed.names));
            }
        }
    }

    pub(super) fn finish(self, findings: &mut Findings) {
        for needed in self.needed.iter().filter(|needed| !needed.seen && !needed.waiting.is_empty()) {
            let column = needed.names[0].to_owned();
            findings.push(Finding::file(FindingKind::MissingColumn { column }));
        }
    }
}
