//! Outlets on the wire, and what of them is let in.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::{label, said};
use crate::api::problem::Problem;
use crate::domain::{CalendarError, Code, OsmHours, OutletKind, ServiceMode, Text};
use crate::store::outlets::{NewOutlet, OfferRow, OutletChange, OutletRow};

const NAME_MAX: usize = 100;

#[derive(Serialize, ToSchema)]
#[schema(as = Outlet)]
pub struct OutletWire {
    pub id: Uuid,
    pub name: String,
    pub kind: OutletKind,
    /// A banner, township or village.
    #[schema(value_type = String)]
    pub area: Code,
    pub area_name: String,
    /// Longitude and latitude.
    pub point: [f64; 2],
    /// In the form of OpenStreetMap, by the clock of Asia/Shanghai.
    #[schema(value_type = Option<String>)]
    pub opening_hours: Option<OsmHours>,
    /// When a mobile stop is there, in the same form.
    #[schema(value_type = Option<String>)]
    pub calendar: Option<OsmHours>,
    pub windows: u32,
    /// People served in a day.
    pub capacity: Option<u32>,
    /// null: it isn't known.
    pub open_now: Option<bool>,
    /// When that changes; null: not within a year.
    pub next_change: Option<DateTime<Utc>>,
    /// Items offered on the day.
    pub items: u32,
    /// The first day of what is shown here.
    pub from: NaiveDate,
    /// The first day on which it no longer holds.
    pub until: Option<NaiveDate>,
    /// A proposal, which serves nobody yet.
    pub draft: bool,
    /// Made up for the demo.
    pub synthetic: bool,
}

impl OutletWire {
    /// With whether it is open at that moment.
    pub fn at(row: OutletRow, now: DateTime<Utc>) -> Self {
        // A mobile stop's calendar says its hours too.
        let said = row.calendar.as_ref().or(row.opening_hours.as_ref()).and_then(OsmHours::calendar);
        Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            area: row.area,
            area_name: row.area_name,
            point: [row.at.0, row.at.1],
            opening_hours: row.opening_hours,
            calendar: row.calendar,
            windows: row.windows,
            capacity: row.capacity,
            open_now: said.as_ref().and_then(|calendar| calendar.open_at(now)),
            next_change: said.and_then(|calendar| calendar.next_change(now)),
            items: row.items,
            from: row.from,
            until: row.until,
            draft: row.draft,
            synthetic: row.synthetic,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Offer)]
pub struct OfferWire {
    /// The item's code.
    pub item: String,
    pub name: String,
    pub modes: Vec<ServiceMode>,
    /// By whose authority, or under which paper.
    pub authority: String,
    pub since: NaiveDate,
    /// The first day on which it is no longer offered.
    pub until: Option<NaiveDate>,
}

impl From<OfferRow> for OfferWire {
    fn from(row: OfferRow) -> Self {
        let OfferRow { item, name, modes, authority, since, until } = row;
        Self { item, name, modes, authority, since, until }
    }
}

#[derive(Serialize, ToSchema)]
pub struct OutletDetail {
    #[serde(flatten)]
    pub outlet: OutletWire,
    pub offers: Vec<OfferWire>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOutlet)]
pub struct NewOutletWire {
    /// 1 to 100 characters.
    name: String,
    kind: OutletKind,
    /// Longitude and latitude, in the area.
    point: [f64; 2],
    opening_hours: Option<String>,
    /// Of a mobile stop only, which needs one.
    calendar: Option<String>,
    /// 0 to 1000; none when left out.
    windows: Option<u32>,
    /// People served in a day, 0 to 1,000,000.
    capacity: Option<u32>,
    /// Today when left out.
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
    /// A proposal, which serves nobody until it is accepted.
    #[serde(default)]
    draft: bool,
}

impl NewOutletWire {
    pub fn checked(self, area: Code, today: NaiveDate) -> Result<NewOutlet, Problem> {
        let from = self.from.unwrap_or(today);
        if self.until.is_some_and(|until| until <= from) {
            return Err(ends_too_early());
        }
        let calendar = self.calendar.as_deref().map(hours).transpose()?;
        if calendar.is_some() != (self.kind == OutletKind::MobileStop) {
            return Err(no_calendar());
        }
        Ok(NewOutlet {
            id: Uuid::now_v7(),
            area,
            kind: self.kind,
            draft: self.draft,
            name: label(&self.name, NAME_MAX)?,
            at: point(self.point)?,
            opening_hours: self.opening_hours.as_deref().map(hours).transpose()?,
            calendar,
            windows: windows(self.windows.unwrap_or(0))?,
            capacity: self.capacity.map(capacity).transpose()?,
            from,
            until: self.until,
            synthetic: false,
        })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OutletChange)]
pub struct OutletChangeWire {
    /// The first day on which the change holds; today when left out.
    from: Option<NaiveDate>,
    name: Option<String>,
    point: Option<[f64; 2]>,
    /// null: not known.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    opening_hours: Option<Option<String>>,
    calendar: Option<String>,
    windows: Option<u32>,
    /// null: not known.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<u32>)]
    capacity: Option<Option<u32>>,
    /// The first day on which it is no longer there; null: it stays.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    until: Option<Option<NaiveDate>>,
    /// false takes a proposal into use.
    draft: Option<bool>,
}

impl OutletChangeWire {
    pub fn checked(self, today: NaiveDate) -> Result<(OutletChange, NaiveDate), Problem> {
        if self.draft == Some(true) {
            return Err(Problem::bad_request(
                "bad_draft",
                "启用的网点不能再改回草案：请填写停用日期",
                "an outlet in use doesn't become a proposal again: give it an end instead",
            ));
        }
        let change = OutletChange {
            name: self.name.as_deref().map(|name| label(name, NAME_MAX)).transpose()?,
            at: self.point.map(point).transpose()?,
            opening_hours: self
                .opening_hours
                .map(|text| text.as_deref().map(hours).transpose())
                .transpose()?,
            calendar: self.calendar.as_deref().map(hours).transpose()?.map(Some),
            windows: self.windows.map(windows).transpose()?,
            capacity: self.capacity.map(|held| held.map(capacity).transpose()).transpose()?,
            until: self.until,
            accept: self.draft == Some(false),
        };
        Ok((change, self.from.unwrap_or(today)))
    }
}

pub fn no_calendar() -> Problem {
    Problem::bad_request(
        "bad_calendar",
        "流动服务点须写明服务日历（如 May-Sep We[1,3] 09:00-15:00），其他网点不写",
        "a mobile stop needs a calendar (May-Sep We[1,3] 09:00-15:00, say), and no other outlet has one",
    )
}

pub fn ends_too_early() -> Problem {
    Problem::bad_request(
        "bad_days",
        "停用日期须晚于开始日期",
        "the first day on which it is no longer there must come after its first day",
    )
}

fn windows(count: u32) -> Result<u32, Problem> {
    let problem = || Problem::bad_request("bad_windows", "窗口数应为 0 到 1000", "windows go from 0 to 1000");
    (count <= 1000).then_some(count).ok_or_else(problem)
}

fn capacity(count: u32) -> Result<u32, Problem> {
    let problem = || {
        Problem::bad_request(
            "bad_capacity",
            "日服务能力应为 0 到 1000000 人次",
            "capacity goes from 0 to 1000000 people a day",
        )
    };
    (count <= 1_000_000).then_some(count).ok_or_else(problem)
}

/// A place on the globe.
pub fn point([lon, lat]: [f64; 2]) -> Result<(f64, f64), Problem> {
    if !(-180.0..=180.0).contains(&lon) || !(-90.0..=90.0).contains(&lat) {
        return Err(Problem::bad_request(
            "bad_point",
            "位置应为 [经度, 纬度]：经度 -180 到 180，纬度 -90 到 90",
            "a place is [lon, lat]: lon from -180 to 180 and lat from -90 to 90",
        ));
    }
    Ok((lon, lat))
}

fn hours(text: &str) -> Result<OsmHours, Problem> {
    text.parse().map_err(|error: CalendarError| {
        let Text { zh, en } = error.text();
        Problem::bad_request("bad_hours", zh, en)
    })
}
