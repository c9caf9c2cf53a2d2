//! Grid workers who don't exist, their posts, and who looks after which grid, for a banner that has been divided.

mod maker;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{Days, Months, NaiveDate};
use uuid::Uuid;

use self::maker::Maker;
use super::frame;
use crate::domain::{
    AreaType, Code, Employment, GridCode, GridRole, Home, Level, Month, PostKind, VillageKind, WorkerStatus,
};

/// A grid worker who doesn't exist. Nothing of it can be taken for a person's: the name says 示例
/// (example), the phone begins with digits that no Chinese mobile has, the bank reference with DEMO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeWorker {
    pub id: Uuid,
    /// A township.
    pub area: Code,
    pub employment: Employment,
    /// The first day on the post.
    pub since: NaiveDate,
    /// What they are from a later day on, where that is something else.
    pub then: Option<(WorkerStatus, NaiveDate)>,
    pub home: Option<Home>,
    pub languages: Vec<String>,
    pub skills: Vec<String>,
    pub name: String,
    pub phone: String,
    pub bank: String,
}

/// Who looks after a grid, from a day on and until another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeAssignment {
    pub grid: GridCode,
    pub worker: Uuid,
    pub role: GridRole,
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
    pub grids_max: u32,
}

/// How many posts of a kind a township has and may have, or how many a banner may have in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadePosts {
    pub area: Code,
    pub kind: PostKind,
    pub posts: u32,
    pub ceiling: u32,
}

/// A grid as a place to be looked after.
#[derive(Debug, Clone)]
pub struct Place {
    pub grid: GridCode,
    pub area_type: AreaType,
    /// What its people speak.
    pub language: Option<String>,
    /// Longitude and latitude of its middle.
    pub at: (f64, f64),
    /// As many grids of its kind as one worker may hold.
    pub grids_max: u32,
}

/// The people of a banner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Staff {
    pub workers: Vec<MadeWorker>,
    pub assignments: Vec<MadeAssignment>,
    /// The banner's ceilings first, then each township's.
    pub posts: Vec<MadePosts>,
}

/// The days on which something happens in the demo's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// The first day of the month that lies four months back: grids, posts and most assignments hold from it on.
    pub begun: NaiveDate,
    /// The eleventh of last month: some grids changed hands.
    pub handed_over: NaiveDate,
    /// The twenty-first of last month: some were seconded, went on leave or left.
    pub changed: NaiveDate,
}

impl Past {
    pub fn before(today: NaiveDate) -> Self {
        let this = Month::of(today).first_day();
        let back = |months| this.checked_sub_months(Months::new(months)).unwrap_or(this);
        let day = |after| back(1).checked_add_days(Days::new(after)).unwrap_or(this);
        Self { begun: back(4), handed_over: day(10), changed: day(20) }
    }
}

/// What a village's people need of whoever looks after them. A demo value: Mongolian where herders live, in half of
/// the mixed villages that are a 嘎查, and in one of ten others; else Chinese.
pub fn language(village: &Code, area_type: AreaType, kind: Option<VillageKind>) -> &'static str {
    let lot = frame::mix(village.as_str().parse().unwrap_or(0)) % 10;
    let mongolian = match (area_type, kind) {
        (AreaType::Pastoral, _) => true,
        (AreaType::Mixed, Some(VillageKind::Gacha)) => lot < 5,
        _ => lot == 0,
    };
    if mongolian { "mn" } else { "zh" }
}

/// People for the grids of one banner, which are given by code. The same seed gives the same ones. In the first
/// village somebody is on the post, and another leads.
pub fn staff(banner: &Code, places: &[Place], seed: u64, past: Past) -> Staff {
    let mut maker = Maker::new(frame::generator(seed, banner, 40), past);
    let mut villages: Vec<Vec<&Place>> = Vec::new();
    for place in places {
        match villages.last_mut() {
            Some(village) if village[0].grid.village() == place.grid.village() => village.push(place),
            _ => villages.push(vec![place]),
        }
    }
    for (at, village) in villages.iter().enumerate() {
        maker.village(village, at == 0);
    }
    let mut townships: BTreeMap<Code, &Place> = BTreeMap::new();
    for place in places {
        townships.entry(place.grid.village().at(Level::Township)).or_insert(place);
    }
    townships.values().for_each(|place| maker.spare(place));
    maker.posted(banner)
}
