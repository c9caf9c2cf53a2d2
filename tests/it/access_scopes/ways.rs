//! Every way out, and how it is asked.

use chrono::NaiveDate;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_pcg::Pcg64Mcg;
use uuid::Uuid;

use super::model::{TODAY, Which, Who};
use super::world::{self, World};
use super::writes::{Write, some_write};
use crate::harness::day;

/// What is asked.
#[derive(Debug, Clone)]
pub enum Way {
    Session,
    Meta,
    Area { code: String, geojson: bool },
    Children { code: String, level: Option<&'static str> },
    Figures { code: String, which: Which },
    Comparison { code: String, which: Which },
    Policy { code: String },
    Grids { code: String, which: Which, geojson: bool, limit: Option<usize> },
    Grid { code: String, which: Which },
    Locate { village: String, east: bool, on: Option<NaiveDate> },
    Search { text: String },
    Plans { code: String },
    Plan { id: Uuid },
    AreaTile { zoom: u32 },
    UnitTile,
    GridTile { on: Option<NaiveDate> },
    PlanTile { id: Uuid },
    EmptyTile { layer: &'static str },
    Workers { code: String },
    Worker { id: Uuid },
    Audit { area: Option<String> },
    AuditExport { area: Option<String>, format: &'static str },
    Jobs { area: Option<String> },
    Job { id: Uuid },
    Accounts { area: Option<String> },
    Account { username: String },
    Write(Write),
}

pub fn pick<T: Clone>(from: &[T], draw: &mut Pcg64Mcg) -> T {
    from.choose(draw).unwrap().clone()
}

fn some_day(draw: &mut Pcg64Mcg) -> Option<NaiveDate> {
    let days = ["2025-06-01", "2026-03-01", "2026-06-30", "2026-07-01", TODAY, "2026-12-31", "2027-01-01"];
    draw.random_bool(0.5).then(|| day(pick(&days, draw)))
}

fn some_grids(world: &World, draw: &mut Pcg64Mcg) -> Which {
    if draw.random_bool(0.4) { Which::Plan(pick(&world.plans, draw).id) } else { Which::Day(some_day(draw)) }
}

/// A code of the world; now and then one that isn't there.
pub fn some_code(world: &World, draw: &mut Pcg64Mcg) -> String {
    if draw.random_bool(0.03) {
        return pick(&["16", "1509", "150823", "150821102", "150821100202"], draw).to_owned();
    }
    let codes: Vec<&String> = world.areas.keys().collect();
    pick(&codes, draw).clone()
}

pub fn some_village(world: &World, draw: &mut Pcg64Mcg) -> String {
    let villages: Vec<&String> = world.of_level(12).collect();
    pick(&villages, draw).clone()
}

fn some_text(world: &World, draw: &mut Pcg64Mcg) -> String {
    let code = some_village(world, draw);
    match draw.random_range(0..6) {
        0 => pick(&["旗", "甲", "乙旗", "一镇", "东村", "嘎查", "盟", "没有"], draw).to_owned(),
        1 => world.areas[&some_village(world, draw)].clone(),
        2 => code[..pick(&[2, 4, 6, 8, 9, 11], draw)].to_owned(),
        3 => code,
        4 => format!("{code}00"),
        _ => format!("{code}00{}", draw.random_range(1..7)),
    }
}

/// A request at random; a change that would be allowed is left out for something to read.
pub fn some_way(world: &World, who: &Who, draw: &mut Pcg64Mcg) -> Way {
    let code = some_code(world, draw);
    let area = draw.random_bool(0.6).then(|| code.clone());
    match draw.random_range(0..31) {
        0 => Way::Session,
        1 => Way::Meta,
        2 => Way::Area { code, geojson: draw.random_bool(0.2) },
        3 | 4 => {
            let levels = ["league", "banner", "township", "village"];
            let below = levels.into_iter().zip([4, 6, 9, 12]).filter(|(_, digits)| *digits > code.len());
            let below: Vec<&str> = below.map(|(level, _)| level).collect();
            let level = below.choose(draw).copied().filter(|_| draw.random_bool(0.7));
            Way::Children { code, level }
        }
        5 => Way::Figures { code, which: some_grids(world, draw) },
        6 => Way::Comparison { code, which: some_grids(world, draw) },
        7 => Way::Policy { code },
        8..=10 => {
            let limit = draw.random_bool(0.2).then_some(3);
            Way::Grids { code, which: some_grids(world, draw), geojson: draw.random_bool(0.4), limit }
        }
        11 | 12 => {
            let code = format!("{}{:03}", some_village(world, draw), draw.random_range(1..8));
            Way::Grid { code, which: some_grids(world, draw) }
        }
        13 | 14 => {
            Way::Locate { village: some_village(world, draw), east: draw.random(), on: some_day(draw) }
        }
        15 | 16 => Way::Search { text: some_text(world, draw) },
        17 => Way::Plans { code },
        18 => Way::Plan { id: pick(&world.plans, draw).id },
        19 => Way::AreaTile { zoom: pick(&[7, 10], draw) },
        20 => Way::UnitTile,
        21 => match draw.random_bool(0.1) {
            true => Way::EmptyTile { layer: pick(&["areas", "units", "grids"], draw) },
            false => Way::GridTile { on: some_day(draw) },
        },
        22 => Way::PlanTile { id: pick(&world.plans, draw).id },
        23 => Way::Workers { code },
        24 => Way::Worker { id: pick(&world.workers, draw).id },
        25 => Way::Audit { area },
        26 => Way::AuditExport { area, format: pick(&["csv", "ndjson"], draw) },
        27 => match draw.random_bool(0.5) {
            true => Way::Jobs { area },
            false => Way::Job { id: pick(&world.jobs, draw).id },
        },
        28 => match draw.random_bool(0.5) {
            true => Way::Accounts { area },
            false => Way::Account { username: pick(&world.accounts, draw).0 },
        },
        _ => {
            let write = some_write(world, draw);
            if write.refusal(world, who).is_some() { Way::Write(write) } else { Way::Jobs { area } }
        }
    }
}

fn which_query(which: Which) -> String {
    match which {
        Which::Plan(id) => format!("plan={id}"),
        Which::Day(Some(on)) => format!("on={on}"),
        Which::Day(None) => String::new(),
    }
}

impl Way {
    /// Method, address and body.
    pub fn request(&self) -> (&'static str, String, Option<String>) {
        let on = |on: &Option<NaiveDate>| on.map(|on| format!("on={on}")).unwrap_or_default();
        let area =
            |area: &Option<String>| area.as_ref().map(|area| format!("&area={area}")).unwrap_or_default();
        let address = match self {
            Way::Session => "session".to_owned(),
            Way::Meta => "meta".to_owned(),
            Way::Area { code, .. } => format!("areas/{code}"),
            Way::Children { code, level } => {
                format!(
                    "areas/{code}/children{}",
                    level.map(|level| format!("?level={level}")).unwrap_or_default()
                )
            }
            Way::Figures { code, which } => format!("areas/{code}/figures?{}", which_query(*which)),
            Way::Comparison { code, which } => {
                format!("comparison?by=area_type&area={code}&{}", which_query(*which))
            }
            Way::Policy { code } => format!("policy?area={code}"),
            Way::Grids { code, which, limit, .. } => {
                let limit = limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
                format!("areas/{code}/grids?{}{limit}", which_query(*which))
            }
            Way::Grid { code, which } => format!("grids/{code}?{}", which_query(*which)),
            Way::Locate { village, east, on: at } => {
                let (lon, lat) = world::point(village, *east);
                format!("locate?lon={lon}&lat={lat}&{}", on(at))
            }
            Way::Search { text } => format!("search?limit=50&q={}", percent(text)),
            Way::Plans { code } => format!("areas/{code}/plans"),
            Way::Plan { id } => format!("plans/{id}"),
            Way::AreaTile { zoom } => format!("tiles/areas/{}", world::tile(*zoom)),
            Way::UnitTile => format!("tiles/units/{}", world::tile(11)),
            Way::GridTile { on: at } => format!("tiles/grids/{}?{}", world::tile(11), on(at)),
            Way::PlanTile { id } => format!("tiles/plans/{id}/{}", world::tile(11)),
            Way::EmptyTile { layer } => format!("tiles/{layer}/11/0/0"),
            Way::Workers { code } => format!("areas/{code}/workers?limit=500"),
            Way::Worker { id } => format!("workers/{id}"),
            Way::Audit { area: at } => format!("audit?limit=500{}", area(at)),
            Way::AuditExport { area: at, format } => format!("audit/export?format={format}{}", area(at)),
            Way::Jobs { area: at } => format!("jobs?limit=200{}", area(at)),
            Way::Job { id } => format!("jobs/{id}"),
            Way::Accounts { area: at } => format!("accounts?limit=500{}", area(at)),
            Way::Account { username } => format!("accounts/{username}"),
            Way::Write(write) => {
                let (method, address, body) = write.request();
                return (method, format!("/api/v1/{address}"), Some(body.to_owned()));
            }
        };
        ("GET", format!("/api/v1/{address}"), None)
    }

    pub fn wants_geojson(&self) -> bool {
        matches!(self, Way::Area { geojson: true, .. } | Way::Grids { geojson: true, .. })
    }

    /// What of the product's API is on the public map.
    pub fn is_public(&self) -> bool {
        matches!(
            self,
            Way::Meta
                | Way::Area { .. }
                | Way::Children { .. }
                | Way::Grids { .. }
                | Way::Grid { .. }
                | Way::Locate { .. }
                | Way::Search { .. }
                | Way::AreaTile { .. }
                | Way::GridTile { .. }
                | Way::EmptyTile { layer: "areas" | "grids" }
        )
    }
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}
