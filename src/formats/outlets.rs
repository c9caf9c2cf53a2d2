//! Files of outlets, and of the service catalogue.

use std::path::Path;

use chrono::NaiveDate;

use super::columns::{self, CODE, KIND, NAME, SYNTHETIC, Watch};
use super::rows::Converter;
use super::simple::{self, PLACE, Unique};
use super::{RawRow, ReadOptions};
use crate::domain::{
    CalendarError, Code, Finding, FindingKind, Level, OsmHours, OutletKind, Service, ServiceKind,
    ServiceMode, Text, Utility,
};

const AREA: &[&str] = &["area", "area_code", "所属区划", "所属区划代码"];
const HOURS: &[&str] = &["opening_hours", "hours", "开放时间"];
const CALENDAR: &[&str] = &["calendar", "服务日历"];
const WINDOWS: &[&str] = &["windows", "窗口数"];
const CAPACITY: &[&str] = &["capacity", "日服务能力"];
const FROM: &[&str] = &["from", "valid_from", "启用日期"];
const UNTIL: &[&str] = &["until", "valid_until", "停用日期"];
const ITEMS: &[&str] = &["items", "事项", "事项代码"];
const AUTHORITY: &[&str] = &["authority", "授权依据", "依据"];
/// What an export has beside these, and an import leaves alone.
const TOLD: &[&str] = &["id", "area_name", "kind_zh", "draft", "所属区划名称"];
const MODES: &[&str] = &["modes", "四办", "办理方式"];
const DELEGATED: &[&str] = &["delegated", "下放", "是否下放"];
const UTILITY: &[&str] = &["utility", "公用事业", "公用事业类别"];
const ONLINE: &[&str] = &["online", "可网办", "是否可网办"];

/// An outlet as a file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct OutletInput {
    /// A banner, township or village; none where the file leaves it to the place.
    pub area: Option<Code>,
    pub kind: OutletKind,
    pub name: String,
    /// EPSG:4326.
    pub at: (f64, f64),
    pub opening_hours: Option<OsmHours>,
    pub calendar: Option<OsmHours>,
    pub windows: u32,
    pub capacity: Option<u32>,
    pub from: Option<NaiveDate>,
    pub until: Option<NaiveDate>,
    /// Codes of what it offers, and by whose authority.
    pub items: Vec<String>,
    pub authority: Option<String>,
    pub synthetic: bool,
}

/// Reads outlets, one a point: `kind` and `name` are needed; `area,opening_hours,calendar,windows,capacity,from,until,
/// items,authority` where they are known. A file with any error gives none.
pub fn read_outlets(path: &Path, options: &ReadOptions) -> (Vec<(u64, OutletInput)>, Vec<Finding>) {
    let needed: [&'static [&'static str]; 2] = [KIND, NAME];
    let known = [
        KIND, NAME, PLACE[0], PLACE[1], PLACE[2], PLACE[3], AREA, HOURS, CALENDAR, WINDOWS, CAPACITY, FROM,
        UNTIL, ITEMS, AUTHORITY, SYNTHETIC, TOLD,
    ];
    let mut converter = Converter::default();
    simple::read(path, options, Watch::new(&known, &needed), NAME, |row| {
        Ok((row.row, outlet(row, &mut converter)?))
    })
}

fn outlet(row: &RawRow, converter: &mut Converter) -> Result<OutletInput, FindingKind> {
    let said = columns::needed_text(row, KIND)?;
    let kind = OutletKind::parse(&said).ok_or_else(|| {
        columns::bad(
            KIND[0],
            &said,
            "服务中心、便民服务站、代办点、流动服务点、综合执法局或审批专用章",
            "centre, station, agent_point, mobile_stop, enforcement_bureau or approval_seal",
        )
    })?;
    let area = columns::code(row, AREA)?;
    if let Some(area) = area.as_ref().filter(|area| area.level() < Level::Banner) {
        return Err(columns::refused(
            row,
            AREA,
            area.as_str(),
            "6、9 或 12 位代码",
            "a code of 6, 9 or 12 digits",
        ));
    }
    let calendar = hours(row, CALENDAR)?;
    if calendar.is_some() != (kind == OutletKind::MobileStop) {
        let (zh, en) = ("仅流动服务点须有的服务日历", "what a mobile stop needs and no other outlet has");
        let held = calendar.map(String::from).unwrap_or_default();
        return Err(columns::refused(row, CALENDAR, &held, zh, en));
    }
    let name = columns::needed_text(row, NAME)?;
    if name.chars().count() > 100 {
        return Err(columns::refused(row, NAME, &name, "不超过 100 个字", "at most 100 characters"));
    }
    let windows = columns::count(row, WINDOWS)?.unwrap_or(0);
    if windows > 1000 {
        return Err(columns::refused(row, WINDOWS, &windows.to_string(), "0 至 1000", "from 0 to 1000"));
    }
    let (from, until) = (day(row, FROM)?, day(row, UNTIL)?);
    if let Some(until) = until.filter(|until| from.is_some_and(|from| *until <= from)) {
        return Err(columns::refused(row, UNTIL, &until.to_string(), "晚于启用日期", "after its first day"));
    }
    let items: Vec<String> = list(row, ITEMS)?;
    if let Some(bad) = items.iter().find(|item| !Service::is_code(item)) {
        return Err(columns::refused(row, ITEMS, bad, "事项代码", "codes of service items"));
    }
    let authority = columns::text(row, AUTHORITY)?;
    if !items.is_empty() && authority.is_none() {
        return Err(FindingKind::MissingValue { column: AUTHORITY[0].to_owned() });
    }
    Ok(OutletInput {
        area,
        kind,
        name,
        at: simple::point(row, converter)?,
        opening_hours: hours(row, HOURS)?,
        calendar,
        windows,
        capacity: columns::count(row, CAPACITY)?,
        from,
        until,
        items,
        authority,
        synthetic: columns::synthetic(row),
    })
}

/// Reads the catalogue: `code,name,kind` are needed; `modes,delegated,utility,online` where they are known. A file with
/// any error gives none.
pub fn read_services(path: &Path, options: &ReadOptions) -> (Vec<Service>, Vec<Finding>) {
    let known = [CODE, NAME, KIND, MODES, DELEGATED, UTILITY, ONLINE, SYNTHETIC];
    let mut codes = Unique::default();
    simple::read(path, options, Watch::new(&known, &[CODE, NAME, KIND]), CODE, |row| service(row, &mut codes))
}

fn service(row: &RawRow, codes: &mut Unique) -> Result<Service, FindingKind> {
    let code = codes.needed(row, CODE)?;
    if !Service::is_code(&code) {
        let (zh, en) = ("1 至 32 个字母、数字、点或连字符", "1 to 32 letters, digits, dots or hyphens");
        return Err(columns::refused(row, CODE, &code, zh, en));
    }
    let said = columns::needed_text(row, KIND)?;
    let kind = ServiceKind::parse(&said).ok_or_else(|| {
        columns::refused(row, KIND, &said, "审批、公共服务或公用事业", "approval, public_service or utility")
    })?;
    let utility = columns::text(row, UTILITY)?;
    let named = utility.as_deref().map(|text| Utility::parse(text).ok_or(text));
    let utility = match (kind == ServiceKind::Utility, named) {
        (true, Some(Ok(utility))) => Some(utility),
        (false, None) => None,
        (is, _) => {
            let (zh, en) = if is {
                ("水、电、气或暖", "water, electricity, gas or heating")
            } else {
                ("空：只有公用事业才填", "empty: only utilities have one")
            };
            return Err(columns::refused(row, UTILITY, utility.as_deref().unwrap_or(""), zh, en));
        }
    };
    let mut modes = Vec::new();
    for text in list(row, MODES)? {
        modes.push(ServiceMode::parse(&text).ok_or_else(|| {
            let zh = "马上办、网上办、就近办、一次办，以分号隔开";
            columns::refused(
                row,
                MODES,
                &text,
                zh,
                "immediate, online, nearby and once, with semicolons between",
            )
        })?);
    }
    modes.sort_unstable();
    modes.dedup();
    Ok(Service {
        code,
        name: columns::needed_text(row, NAME)?,
        online: flag(row, ONLINE)?.unwrap_or(modes.contains(&ServiceMode::Online)),
        modes,
        delegated: flag(row, DELEGATED)?.unwrap_or(false),
        kind,
        utility,
        synthetic: columns::synthetic(row),
    })
}

fn hours(row: &RawRow, names: &[&str]) -> Result<Option<OsmHours>, FindingKind> {
    let parse = |text: String| {
        text.parse().map_err(|error: CalendarError| {
            let Text { zh, en } = error.text();
            columns::refused(
                row,
                names,
                &text,
                &format!("开放时间（{zh}）"),
                &format!("opening hours ({en})"),
            )
        })
    };
    columns::text(row, names)?.map(parse).transpose()
}

pub(super) fn day(row: &RawRow, names: &[&str]) -> Result<Option<NaiveDate>, FindingKind> {
    let parse = |text: String| {
        text.parse().map_err(|_| {
            columns::refused(row, names, &text, "日期，例如 2026-11-23", "a day, such as 2026-11-23")
        })
    };
    columns::text(row, names)?.map(parse).transpose()
}

/// Words with semicolons, commas or their Chinese forms between them. Longer than other texts may be.
pub(super) fn list(row: &RawRow, names: &[&str]) -> Result<Vec<String>, FindingKind> {
    const MOST: usize = 10_000;
    let Some((column, value)) = columns::value(row, names) else { return Ok(Vec::new()) };
    let text = value.text();
    if text.chars().count() > MOST || text.chars().any(char::is_control) {
        return Err(columns::bad(column, &text, "以分号隔开的清单", "a list with semicolons between"));
    }
    let words = text.split([';', '；', ',', '，', '、']).map(str::trim).filter(|word| !word.is_empty());
    Ok(words.map(str::to_owned).collect())
}

fn flag(row: &RawRow, names: &[&str]) -> Result<Option<bool>, FindingKind> {
    let Some((column, value)) = columns::value(row, names) else { return Ok(None) };
    let text = value.text();
    match text.to_lowercase().as_str() {
        "true" | "1" | "yes" | "是" | "有" => Ok(Some(true)),
        "false" | "0" | "no" | "否" | "无" => Ok(Some(false)),
        _ => Err(columns::bad(column, &text, "是或否", "yes or no")),
    }
}
