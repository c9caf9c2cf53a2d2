use chrono::NaiveDate;
use sqlx::FromRow;
use uuid::Uuid;

use super::super::StoreError;
use crate::domain::{Code, OsmHours, OutletKind};

/// An outlet as it is on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct OutletRow {
    pub id: Uuid,
    pub area: Code,
    pub area_name: String,
    pub kind: OutletKind,
    pub draft: bool,
    pub name: String,
    /// Longitude and latitude.
    pub at: (f64, f64),
    pub opening_hours: Option<OsmHours>,
    pub calendar: Option<OsmHours>,
    pub windows: u32,
    pub capacity: Option<u32>,
    /// Items offered on that day.
    pub items: u32,
    /// The first day of this state.
    pub from: NaiveDate,
    /// The first day on which this state no longer holds.
    pub until: Option<NaiveDate>,
    pub synthetic: bool,
}

#[derive(FromRow)]
pub(super) struct Raw {
    id: Uuid,
    area: String,
    area_name: Option<String>,
    kind: String,
    draft: bool,
    name: String,
    lon: f64,
    lat: f64,
    opening_hours: Option<String>,
    calendar: Option<String>,
    windows: i32,
    capacity: Option<i32>,
    items: i64,
    begins: NaiveDate,
    ends: Option<NaiveDate>,
    synthetic: bool,
}

/// The first parameter is the day.
pub(super) fn select() -> &'static str {
    "SELECT o.id, o.area, area.name AS area_name, o.kind, o.draft, s.name, ST_X(s.place) AS lon, ST_Y(s.place) AS lat,
        s.opening_hours, s.calendar, s.windows, s.capacity,
        (SELECT count(*) FROM service_offer f WHERE f.outlet = o.id AND f.begins <= $1 AND (f.ends IS NULL OR f.ends > $1)) AS items,
        s.begins, s.ends, o.synthetic
     FROM outlet o JOIN outlet_state s ON s.outlet = o.id LEFT JOIN area ON area.code = o.area"
}

impl Raw {
    pub(super) fn row(self) -> Result<OutletRow, StoreError> {
        let hours = |text: Option<String>| {
            text.map(|text| text.parse::<OsmHours>())
                .transpose()
                .map_err(|error| StoreError::corrupt("opening hours", error))
        };
        Ok(OutletRow {
            id: self.id,
            area: self.area.parse().map_err(|error| StoreError::corrupt("code", error))?,
            area_name: self.area_name.unwrap_or_default(),
            kind: OutletKind::parse(&self.kind)
                .ok_or_else(|| StoreError::corrupt("outlet kind", &self.kind))?,
            draft: self.draft,
            name: self.name,
            at: (self.lon, self.lat),
            opening_hours: hours(self.opening_hours)?,
            calendar: hours(self.calendar)?,
            windows: self.windows.unsigned_abs(),
            capacity: self.capacity.map(i32::unsigned_abs),
            items: u32::try_from(self.items).unwrap_or(0),
            from: self.begins,
            until: self.ends,
            synthetic: self.synthetic,
        })
    }
}
