//! Every road out: how it is asked, and what the plain model says of the answer.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_pcg::Pcg64Mcg;
use uuid::Uuid;

use super::model::{TODAY, Which, Who, grid_rows, grids};
use super::world::{self, World};
use super::writes::{Write, some_write};
use crate::harness::day;

/// What is asked.
#[derive(Debug, Clone)]
pub enum Road {
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

/// What is expected, or what came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Rows by kind and code.
    Rows(BTreeSet<String>),
    /// How many grids were counted.
    Counted(u64),
    Refused(u16),
}

/// What the model says: what a handler that looks answers, and what of it the rows' own rules would show if no
/// handler looked.
#[derive(Debug, Clone)]
pub struct Expected {
    pub answer: Answer,
    pub at_most: Answer,
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
pub fn some_road(world: &World, who: &Who, draw: &mut Pcg64Mcg) -> Road {
    let code = some_code(world, draw);
    let area = draw.random_bool(0.6).then(|| code.clone());
    match draw.random_range(0..31) {
        0 => Road::Session,
        1 => Road::Meta,
        2 => Road::Area { code, geojson: draw.random_bool(0.2) },
        3 | 4 => {
            let levels = ["league", "banner", "township", "village"];
            let below = levels.into_iter().zip([4, 6, 9, 12]).filter(|(_, digits)| *digits > code.len());
            let below: Vec<&str> = below.map(|(level, _)| level).collect();
            let level = below.choose(draw).copied().filter(|_| draw.random_bool(0.7));
            Road::Children { code, level }
        }
        5 => Road::Figures { code, which: some_grids(world, draw) },
        6 => Road::Comparison { code, which: some_grids(world, draw) },
        7 => Road::Policy { code },
        8..=10 => {
            let limit = draw.random_bool(0.2).then_some(3);
            Road::Grids { code, which: some_grids(world, draw), geojson: draw.random_bool(0.4), limit }
        }
        11 | 12 => {
            let code = format!("{}{:03}", some_village(world, draw), draw.random_range(1..8));
            Road::Grid { code, which: some_grids(world, draw) }
        }
        13 | 14 => {
            Road::Locate { village: some_village(world, draw), east: draw.random(), on: some_day(draw) }
        }
        15 | 16 => Road::Search { text: some_text(world, draw) },
        17 => Road::Plans { code },
        18 => Road::Plan { id: pick(&world.plans, draw).id },
        19 => Road::AreaTile { zoom: pick(&[7, 10], draw) },
        20 => Road::UnitTile,
        21 => match draw.random_bool(0.1) {
            true => Road::EmptyTile { layer: pick(&["areas", "units", "grids"], draw) },
            false => Road::GridTile { on: some_day(draw) },
        },
        22 => Road::PlanTile { id: pick(&world.plans, draw).id },
        23 => Road::Workers { code },
        24 => Road::Worker { id: pick(&world.workers, draw).id },
        25 => Road::Audit { area },
        26 => Road::AuditExport { area, format: pick(&["csv", "ndjson"], draw) },
        27 => match draw.random_bool(0.5) {
            true => Road::Jobs { area },
            false => Road::Job { id: pick(&world.jobs, draw).id },
        },
        28 => match draw.random_bool(0.5) {
            true => Road::Accounts { area },
            false => Road::Account { username: pick(&world.accounts, draw).0 },
        },
        _ => {
            let write = some_write(world, draw);
            if write.refusal(world, who).is_some() { Road::Write(write) } else { Road::Jobs { area } }
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

impl Road {
    /// Method, address and body.
    pub fn request(&self) -> (&'static str, String, Option<String>) {
        let on = |on: &Option<NaiveDate>| on.map(|on| format!("on={on}")).unwrap_or_default();
        let area =
            |area: &Option<String>| area.as_ref().map(|area| format!("&area={area}")).unwrap_or_default();
        let address = match self {
            Road::Session => "session".to_owned(),
            Road::Meta => "meta".to_owned(),
            Road::Area { code, .. } => format!("areas/{code}"),
            Road::Children { code, level } => {
                format!(
                    "areas/{code}/children{}",
                    level.map(|level| format!("?level={level}")).unwrap_or_default()
                )
            }
            Road::Figures { code, which } => format!("areas/{code}/figures?{}", which_query(*which)),
            Road::Comparison { code, which } => {
                format!("comparison?by=area_type&area={code}&{}", which_query(*which))
            }
            Road::Policy { code } => format!("policy?area={code}"),
            Road::Grids { code, which, limit, .. } => {
                let limit = limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
                format!("areas/{code}/grids?{}{limit}", which_query(*which))
            }
            Road::Grid { code, which } => format!("grids/{code}?{}", which_query(*which)),
            Road::Locate { village, east, on: at } => {
                let (lon, lat) = world::point(village, *east);
                format!("locate?lon={lon}&lat={lat}&{}", on(at))
            }
            Road::Search { text } => format!("search?limit=50&q={}", percent(text)),
            Road::Plans { code } => format!("areas/{code}/plans"),
            Road::Plan { id } => format!("plans/{id}"),
            Road::AreaTile { zoom } => format!("tiles/areas/{}", world::tile(*zoom)),
            Road::UnitTile => format!("tiles/units/{}", world::tile(11)),
            Road::GridTile { on: at } => format!("tiles/grids/{}?{}", world::tile(11), on(at)),
            Road::PlanTile { id } => format!("tiles/plans/{id}/{}", world::tile(11)),
            Road::EmptyTile { layer } => format!("tiles/{layer}/11/0/0"),
            Road::Workers { code } => format!("areas/{code}/workers?limit=500"),
            Road::Worker { id } => format!("workers/{id}"),
            Road::Audit { area: at } => format!("audit?limit=500{}", area(at)),
            Road::AuditExport { area: at, format } => format!("audit/export?format={format}{}", area(at)),
            Road::Jobs { area: at } => format!("jobs?limit=200{}", area(at)),
            Road::Job { id } => format!("jobs/{id}"),
            Road::Accounts { area: at } => format!("accounts?limit=500{}", area(at)),
            Road::Account { username } => format!("accounts/{username}"),
            Road::Write(write) => {
                let (method, address, body) = write.request();
                return (method, format!("/api/v1/{address}"), Some(body.to_owned()));
            }
        };
        ("GET", format!("/api/v1/{address}"), None)
    }

    pub fn wants_geojson(&self) -> bool {
        matches!(self, Road::Area { geojson: true, .. } | Road::Grids { geojson: true, .. })
    }

    /// What of the product's API is on the public map.
    fn is_public(&self) -> bool {
        matches!(
            self,
            Road::Meta
                | Road::Area { .. }
                | Road::Children { .. }
                | Road::Grids { .. }
                | Road::Grid { .. }
                | Road::Locate { .. }
                | Road::Search { .. }
                | Road::AreaTile { .. }
                | Road::GridTile { .. }
                | Road::EmptyTile { layer: "areas" | "grids" }
        )
    }

    /// What the model says of the answer.
    pub fn expected(&self, world: &World, who: &Who) -> Expected {
        let both = |answer: Answer| Expected { at_most: answer.clone(), answer };
        if who.username.is_none() && !self.is_public() {
            return both(Answer::Refused(401));
        }
        if let Road::Write(write) = self {
            return both(Answer::Refused(write.refusal(world, who).expect("a change that is refused")));
        }
        let at_most = match self {
            Road::Figures { code, which } | Road::Comparison { code, which } => {
                Answer::Counted(grid_rows(world, who, code, *which).len() as u64)
            }
            _ => Answer::Rows(self.rows(world, who)),
        };
        let answer = match self.refusal(world, who) {
            Some(status) => Answer::Refused(status),
            None => at_most.clone(),
        };
        Expected { answer, at_most }
    }

    /// The status with which a handler turns this caller away.
    fn refusal(&self, world: &World, who: &Who) -> Option<u16> {
        let seen = |code: &String| world.areas.contains_key(code) && who.sees_area(code);
        let not_found = |found: bool| if found { None } else { Some(404) };
        let plan_seen = |which: &Which| match which {
            Which::Plan(id) => who.sees_plan(world.plan(*id)),
            Which::Day(_) => true,
        };
        match self {
            Road::Area { code, .. }
            | Road::Children { code, .. }
            | Road::Policy { code }
            | Road::Grids { code, .. }
            | Road::Plans { code } => not_found(seen(code)),
            Road::Figures { code, .. } | Road::Comparison { code, .. } if !seen(code) => Some(404),
            Road::Figures { code, .. } | Road::Comparison { code, .. } if !who.within("figures", code) => {
                Some(403)
            }
            Road::Figures { which, .. } => not_found(plan_seen(which)),
            Road::Grid { .. } => not_found(!self.rows(world, who).is_empty()),
            Road::Plan { id } | Road::PlanTile { id } => not_found(who.sees_plan(world.plan(*id))),
            Road::Workers { code } if !seen(code) => Some(404),
            Road::Workers { code } if !who.within("people", code) => Some(403),
            Road::Accounts { area } => {
                let may = match area {
                    Some(area) => who.within("accounts", area),
                    None => who.somewhere("accounts"),
                };
                if may { None } else { Some(403) }
            }
            Road::Account { .. } if !who.somewhere("accounts") => Some(403),
            Road::Worker { .. } | Road::Job { .. } | Road::Account { .. } => {
                not_found(!self.rows(world, who).is_empty())
            }
            Road::Audit { area } | Road::AuditExport { area, .. } => {
                let may = match area {
                    Some(area) => who.within("audit", area),
                    None => who.somewhere("audit"),
                };
                if may { None } else { Some(403) }
            }
            _ => None,
        }
    }

    /// The rows that belong on this road and that this caller sees.
    fn rows(&self, world: &World, who: &Who) -> BTreeSet<String> {
        let areas = |holds: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
            let seen = world.areas.keys().filter(|code| who.sees_area(code) && holds(code));
            seen.map(|code| who.area_row(code)).collect()
        };
        let bare = |rows: BTreeSet<String>| -> BTreeSet<String> {
            rows.into_iter().map(|row| row.trim_end_matches(" with figures").to_owned()).collect()
        };
        match self {
            Road::Session => who
                .grants
                .iter()
                .map(|grant| format!("grant {} {} {}", grant.role.as_str(), grant.area, grant.from))
                .collect(),
            Road::Meta => areas(&|code| code == "15"),
            Road::Area { code, .. } => areas(&|held| held == code),
            Road::Children { code, level } => {
                let digits = match level {
                    Some("league") => 4,
                    Some("banner") => 6,
                    Some("township") => 9,
                    Some(_) => 12,
                    None => [4, 6, 9, 12].into_iter().find(|digits| *digits > code.len()).unwrap_or(99),
                };
                areas(&|held| held.len() == digits && held.starts_with(code.as_str()))
            }
            Road::Grids { code, which, .. } => grid_rows(world, who, code, *which),
            Road::Grid { code, which } => grids(world, *which)
                .filter(|(plan, village, held)| held == code && who.sees_grid(plan, village))
                .map(|(_, village, code)| format!("grid {code}{}", who.figures(village)))
                .collect(),
            Road::Locate { village, east, on } => {
                let line = [2, 4, 6, 9, 12].map(|digits| &village[..digits]);
                let mut rows: BTreeSet<String> = line
                    .iter()
                    .filter(|code| who.sees_area(code))
                    .map(|code| format!("area {code}"))
                    .collect();
                let here = grids(world, Which::Day(*on)).filter(|(plan, held, code)| {
                    *held == village
                        && who.sees_grid(plan, held)
                        && code[12..] == format!("{:03}", plan.numbers[usize::from(*east)])
                });
                rows.extend(here.map(|(_, village, code)| format!("grid {code}{}", who.figures(village))));
                rows
            }
            Road::Search { text } => {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                let begun = text.trim_end_matches('0');
                let mut rows = bare(areas(&|code| {
                    if digits {
                        code.starts_with(begun) && code.starts_with(&text[..code.len().min(text.len())])
                    } else {
                        world.areas[code].contains(text.as_str())
                    }
                }));
                if digits && text.len() >= 12 {
                    let held = grid_rows(world, who, &text[..12], Which::Day(None));
                    rows.extend(
                        bare(held).into_iter().filter(|row| row["grid ".len()..].starts_with(text.as_str())),
                    );
                }
                rows
            }
            Road::Plans { code } => {
                let banner = &code[..code.len().min(6)];
                let plans =
                    world.plans.iter().filter(|plan| plan.banner.starts_with(banner) && who.sees_plan(plan));
                plans.map(|plan| format!("plan {}", plan.id)).collect()
            }
            Road::Plan { id } => {
                let plan = world.plan(*id);
                let mut rows = BTreeSet::new();
                if who.sees_plan(plan) {
                    rows.insert(format!("plan {id}"));
                    let reasons = grids(world, Which::Plan(*id))
                        .filter(|(_, village, _)| who.within("figures", village));
                    rows.extend(reasons.map(|(_, _, code)| format!("reason {code}")));
                }
                rows
            }
            Road::AreaTile { zoom } => {
                let finest = if *zoom < 8 { 9 } else { 12 };
                bare(areas(&|code| code.len() <= finest))
            }
            Road::UnitTile => world
                .of_level(12)
                .filter(|village| who.within("figures", village))
                .flat_map(|village| ["u1", "u2"].map(|unit| format!("unit {village}/{unit}")))
                .collect(),
            Road::GridTile { on } => grid_rows(world, who, "", Which::Day(*on)),
            Road::PlanTile { id } => grid_rows(world, who, "", Which::Plan(*id)),
            Road::Workers { code } => {
                let seen = world
                    .workers
                    .iter()
                    .filter(|worker| worker.area.starts_with(code.as_str()) && who.sees_worker(worker));
                seen.map(|worker| format!("worker {}", worker.id)).collect()
            }
            Road::Worker { id } => {
                let seen = world.workers.iter().filter(|worker| worker.id == *id && who.sees_worker(worker));
                seen.map(|worker| format!("worker {}", worker.id)).collect()
            }
            Road::Audit { area } | Road::AuditExport { area, .. } => {
                let below = area.as_deref().unwrap_or("");
                let seen =
                    world.entries.iter().filter(|(_, of)| of.starts_with(below) && who.within("audit", of));
                seen.map(|(id, _)| format!("entry {id}")).collect()
            }
            Road::Jobs { area } => {
                let below = area.as_deref().unwrap_or("");
                let seen = world.jobs.iter().filter(|job| job.area.starts_with(below) && who.sees_job(job));
                seen.map(|job| format!("job {}", job.id)).collect()
            }
            Road::Job { id } => {
                let seen = world.jobs.iter().filter(|job| job.id == *id && who.sees_job(job));
                seen.map(|job| format!("job {}", job.id)).collect()
            }
            Road::Accounts { area } => {
                let below = area.as_deref().unwrap_or("");
                let seen = world
                    .accounts
                    .iter()
                    .filter(|(_, home)| home.starts_with(below) && who.within("accounts", home));
                seen.map(|(username, _)| format!("account {username}")).collect()
            }
            Road::Account { username } => {
                let seen = world
                    .accounts
                    .iter()
                    .filter(|(name, home)| name == username && who.within("accounts", home));
                seen.map(|(username, _)| format!("account {username}")).collect()
            }
            Road::Figures { .. }
            | Road::Comparison { .. }
            | Road::Policy { .. }
            | Road::EmptyTile { .. }
            | Road::Write(_) => BTreeSet::new(),
        }
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
