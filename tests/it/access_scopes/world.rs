//! Three small banners in two leagues, with a row of everything that belongs to an area, and what a plain model
//! needs to know of them.

use std::collections::BTreeMap;

use geo::{Centroid, MultiPolygon, Polygon, polygon};
use khot::access::Scope;
use khot::domain::{
    Area, AreaType, DrawnGrid, Givens, Grid, GridCode, GridKind, GridNumbers, Reason, ReasonKind, Scores,
    Tally, ToldGrid, Unit, VillageKind,
};
use khot::geo::measure::multi_area_m2;
use khot::store::plans::{self, NewPlan};
use khot::store::{Store, imports, jobs};
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use uuid::Uuid;

use crate::harness::*;

/// The whole place lies in one tile of zoom 11.
const LON: f64 = 107.94;
const LAT: f64 = 41.0;
const SIDE: f64 = 0.02;
pub const BANNERS: [(&str, &str); 3] = [("150821", "甲旗"), ("150822", "乙旗"), ("152525", "丙旗")];
const TOWNSHIPS: [(&str, &str); 2] = [("100", "一镇"), ("101", "二苏木")];
const VILLAGES: [(&str, &str); 2] = [("200", "东村"), ("201", "西嘎查")];

/// A plan: its banner, its days (a draft has none), and the numbers of its two grids in each village.
#[derive(Debug, Clone)]
pub struct PlanOf {
    pub id: Uuid,
    pub banner: String,
    pub days: Option<(String, Option<String>)>,
    pub numbers: [u16; 2],
}

#[derive(Debug, Clone)]
pub struct WorkerOf {
    pub id: Uuid,
    pub area: String,
    pub username: Option<String>,
}

#[derive(Debug, Clone)]
pub struct JobOf {
    pub id: Uuid,
    pub kind: &'static str,
    pub area: String,
}

/// What there is.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// Names by code.
    pub areas: BTreeMap<String, String>,
    pub plans: Vec<PlanOf>,
    pub workers: Vec<WorkerOf>,
    pub jobs: Vec<JobOf>,
    /// Accounts with their home areas.
    pub accounts: Vec<(String, String)>,
    /// Id and area of every entry of the trail.
    pub entries: Vec<(i64, String)>,
}

impl World {
    pub fn of_level(&self, digits: usize) -> impl Iterator<Item = &String> {
        self.areas.keys().filter(move |code| code.len() == digits)
    }

    pub fn plan(&self, id: Uuid) -> &PlanOf {
        self.plans.iter().find(|plan| plan.id == id).unwrap()
    }
}

fn rectangle(column: usize, row: usize, columns: usize, rows: usize) -> Polygon<f64> {
    let (x, y) = (LON + SIDE * column as f64, LAT + SIDE * row as f64);
    let (right, top) = (x + SIDE * columns as f64, y + SIDE * rows as f64);
    polygon![(x: x, y: y), (x: right, y: y), (x: right, y: top), (x: x, y: top)]
}

/// Which column and row of the raster a village is.
fn cell(village: &str) -> (usize, usize) {
    let of = |list: &[(&str, &str)], part: &str| list.iter().position(|one| one.0 == part).unwrap();
    let banner = of(&BANNERS, &village[..6]);
    (2 * banner + of(&VILLAGES, &village[9..]), of(&TOWNSHIPS, &village[6..9]))
}

/// The western or eastern half of a village.
fn half(village: &str, east: bool) -> Polygon<f64> {
    let (column, row) = cell(village);
    let (x, y) = (LON + SIDE * (column as f64 + if east { 0.5 } else { 0.0 }), LAT + SIDE * row as f64);
    let (right, top) = (x + SIDE / 2.0, y + SIDE);
    polygon![(x: x, y: y), (x: right, y: y), (x: right, y: top), (x: x, y: top)]
}

/// A point in a half of a village.
pub fn point(village: &str, east: bool) -> (f64, f64) {
    let center = half(village, east).centroid().unwrap();
    (center.x(), center.y())
}

/// The tile of zoom `z` that holds the place's middle.
pub fn tile(z: u32) -> String {
    tile_at((LON + 3.0 * SIDE, LAT + SIDE), z)
}

/// The tile of zoom `z` that holds a point.
pub fn tile_at((lon, lat): (f64, f64), z: u32) -> String {
    let side = f64::from(1 << z);
    let x = (lon + 180.0) / 360.0 * side;
    let y = (1.0 - (lat.to_radians().tan() + 1.0 / lat.to_radians().cos()).ln() / std::f64::consts::PI) / 2.0
        * side;
    format!("{z}/{}/{}", x as u32, y as u32)
}

fn areas() -> Vec<Area> {
    let area = |text: &str, name: &str, outline: Polygon<f64>, types: Option<(AreaType, VillageKind)>| Area {
        code: code(text),
        name: name.to_owned(),
        area_type: types.map(|types| types.0),
        kind: types.map(|types| types.1),
        outline: MultiPolygon::new(vec![outline]),
        synthetic: true,
    };
    let mut areas = vec![
        area("15", "自治区", rectangle(0, 0, 6, 2), None),
        area("1508", "子盟", rectangle(0, 0, 4, 2), None),
        area("1525", "丑盟", rectangle(4, 0, 2, 2), None),
    ];
    for (column, (banner, banner_name)) in BANNERS.iter().enumerate() {
        areas.push(area(banner, banner_name, rectangle(2 * column, 0, 2, 2), None));
        for (row, (township, township_name)) in TOWNSHIPS.iter().enumerate() {
            let township = format!("{banner}{township}");
            let name = format!("{banner_name}{township_name}");
            areas.push(area(&township, &name, rectangle(2 * column, row, 2, 1), None));
            for (index, (village, village_name)) in VILLAGES.iter().enumerate() {
                let types = [
                    (AreaType::Agricultural, VillageKind::Village),
                    (AreaType::Pastoral, VillageKind::Gacha),
                ];
                let outline = rectangle(2 * column + index, row, 1, 1);
                let (code, name) = (format!("{township}{village}"), format!("{name}{village_name}"));
                areas.push(area(&code, &name, outline, Some(types[index])));
            }
        }
    }
    areas
}

/// Two units a village, each with enough households not to be a small count.
fn units(villages: &[Area]) -> Vec<Unit> {
    let unit = |village: &Area, east: bool| Unit {
        code: if east { "u2" } else { "u1" }.to_owned(),
        village: village.code.clone(),
        outline: half(village.code.as_str(), east),
        households: 40,
        people: 100,
    };
    villages.iter().flat_map(|village| [unit(village, false), unit(village, true)]).collect()
}

fn drawn(village: &Area, east: bool, number: u16) -> DrawnGrid {
    let outline = MultiPolygon::new(vec![half(village.code.as_str(), east)]);
    let center = outline.centroid().unwrap();
    let code = GridCode::new(&village.code, number).unwrap();
    let kind = ReasonKind::NoWholeNumber { households: 40, min: 1, max: 2 };
    let reasons = vec![Reason { kind, village: village.code.clone(), grid: Some(code.clone()) }];
    let whole = |told: u64| Tally { told, few: 0 };
    DrawnGrid {
        area_type: village.area_type.unwrap(),
        label_point: (center.x(), center.y()),
        area_m2: multi_area_m2(&outline),
        compactness: 0.7,
        travel_min: Some(12.0),
        in_band: false,
        told: ToldGrid {
            households: whole(40),
            people: whole(100),
            travel_min: Some(12.0),
            in_band: false,
            reasons: reasons.clone(),
        },
        outline,
        grid: Grid {
            village: village.code.clone(),
            kind: GridKind::General,
            name: None,
            units: vec![if east { "u2" } else { "u1" }.to_owned()],
            households: 40,
            people: 100,
            reasons,
            code,
        },
    }
}

fn plan(banner: &str, numbers: [u16; 2], villages: &[Area]) -> NewPlan {
    let own: Vec<&Area> =
        villages.iter().filter(|village| village.code.as_str().starts_with(banner)).collect();
    let grids: Vec<DrawnGrid> = own
        .iter()
        .flat_map(|village| [drawn(village, false, numbers[0]), drawn(village, true, numbers[1])])
        .collect();
    NewPlan {
        id: Uuid::now_v7(),
        banner: code(banner),
        title: "每村两格".to_owned(),
        seed: 1,
        engine_version: "by hand".to_owned(),
        policy_version: "none".to_owned(),
        policy_text: String::new(),
        scores: Scores::default(),
        told_scores: Scores::default(),
        reasons: grids.iter().flat_map(|drawn| drawn.grid.reasons.clone()).collect(),
        told_reasons: grids.iter().flat_map(|drawn| drawn.told.reasons.clone()).collect(),
        givens: Givens::default(),
        numbers: GridNumbers::default(),
        synthetic: true,
        created_at: noon(),
        grids,
    }
}

/// A plan that was followed by another, the one that holds, and a draft; the third banner has no draft, but a
/// plan that begins only next year.
async fn put_plans(store: &Store, world: &mut World, villages: &[Area]) {
    for (banner, _) in BANNERS {
        let last = if banner == "152525" { Some("2027-01-01") } else { None };
        let days = [Some("2026-01-01"), Some("2026-07-01"), last];
        for (index, from) in days.into_iter().enumerate() {
            let numbers = [2 * index as u16 + 1, 2 * index as u16 + 2];
            let new = plan(banner, numbers, villages);
            let mut tx = store.begin(&Scope::operator()).await.unwrap();
            plans::save_draft(&mut tx, &new).await.unwrap();
            if let Some(from) = from {
                plans::publish(&mut tx, new.id, day(from)).await.unwrap();
            }
            tx.commit().await.unwrap();
            let until = days.get(index + 1).copied().flatten().map(str::to_owned);
            let days = from.map(|from| (from.to_owned(), until));
            world.plans.push(PlanOf { id: new.id, banner: banner.to_owned(), days, numbers });
        }
    }
}

/// One more draft of a banner.
pub async fn put_draft_of(store: &Store, banner: &str) -> Uuid {
    let villages: Vec<Area> = areas().into_iter().filter(|area| area.kind.is_some()).collect();
    let new = plan(banner, [11, 12], &villages);
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    plans::save_draft(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    new.id
}

async fn put_jobs(store: &Store, world: &mut World) {
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let all: Vec<String> = world.areas.keys().cloned().collect();
    for (index, area) in all.into_iter().enumerate() {
        let kinds: &[&'static str] = match area.len() {
            6 => &["division", "publication", "import"],
            _ if index % 2 == 0 => &["import"],
            _ => continue,
        };
        for &kind in kinds {
            let id = Uuid::now_v7();
            jobs::add(&mut tx, id, kind, &code(&area), &json!({}), noon()).await.unwrap();
            world.jobs.push(JobOf { id, kind, area: area.clone() });
        }
    }
    tx.commit().await.unwrap();
}

/// Puts all of it into an empty store.
pub async fn put_world(store: &Store) -> World {
    let areas = areas();
    let villages: Vec<Area> = areas.iter().filter(|area| area.kind.is_some()).cloned().collect();
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    imports::put_areas(&mut tx, &areas).await.unwrap();
    imports::put_units(&mut tx, &units(&villages)).await.unwrap();
    imports::refresh_sums(&mut tx, &code("15")).await.unwrap();
    tx.commit().await.unwrap();
    let mut world = World {
        areas: areas.iter().map(|area| (area.code.to_string(), area.name.clone())).collect(),
        ..World::default()
    };
    put_plans(store, &mut world, &villages).await;
    put_jobs(store, &mut world).await;
    let posts: Vec<String> = world.areas.keys().filter(|code| code.len() > 6).cloned().collect();
    for area in posts {
        for id in put_workers(store, &area, 1).await {
            world.workers.push(WorkerOf { id, area: area.clone(), username: None });
        }
    }
    world
}

impl World {
    /// Gives the worker records to accounts of these names, in turn, and learns what the trail holds.
    pub async fn settle(&mut self, database: &PgConnectOptions, usernames: &[String]) {
        let mut owner = as_owner(database).await;
        for (worker, username) in self.workers.iter_mut().zip(usernames) {
            sqlx::query("UPDATE worker SET username = $2 WHERE id = $1")
                .bind(worker.id)
                .bind(username)
                .execute(&mut owner)
                .await
                .unwrap();
            worker.username = Some(username.clone());
        }
        self.accounts = sqlx::query_as("SELECT username, area FROM account ORDER BY username")
            .fetch_all(&mut owner)
            .await
            .unwrap();
        self.entries = sqlx::query_as("SELECT id, area FROM audit").fetch_all(&mut owner).await.unwrap();
        assert!(self.entries.len() > 20, "{} entries", self.entries.len());
    }
}
