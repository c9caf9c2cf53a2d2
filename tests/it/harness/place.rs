//! A tiny made-up place to divide: a banner of two townships with two villages each.

use chrono::NaiveDate;
use geo::{Centroid, MultiPolygon, Polygon};
use khot::access::Scope;
use khot::domain::{
    Area, AreaType, DrawnGrid, Employment, Givens, Grid, GridCode, GridKind, GridNumbers, OutletKind, Reason,
    ReasonKind, RoadKind, Scores, Service, ServiceKind, ServiceMode, Tally, ToldGrid, Unit, VillageKind,
    WorkerStatus,
};
use khot::geo::measure::multi_area_m2;
use khot::store::outlets::{self, NewOutlet};
use khot::store::plans::{self, NewPlan};
use khot::store::roads::{self, NewRoad};
use khot::store::workers::{self, NewWorker};
use khot::store::{Store, imports, services};

use super::{code, noon};

const LON: f64 = 108.0;
const LAT: f64 = 41.0;
/// Side of a village of the tiny place, in degrees: about 2.5 by 3.3 km.
const SIDE: f64 = 0.03;

fn rectangle(column: usize, row: usize, columns: usize, rows: usize) -> Polygon<f64> {
    // Every corner of the raster stands in the ring, so that neighbours share their borders exactly.
    let x = |steps: usize| LON + SIDE * steps as f64;
    let y = |steps: usize| LAT + SIDE * steps as f64;
    let mut ring: Vec<(f64, f64)> = Vec::new();
    ring.extend((column..column + columns).map(|c| (x(c), y(row))));
    ring.extend((row..row + rows).map(|r| (x(column + columns), y(r))));
    ring.extend((column + 1..=column + columns).rev().map(|c| (x(c), y(row + rows))));
    ring.extend((row + 1..=row + rows).rev().map(|r| (x(column), y(r))));
    ring.push(ring[0]);
    Polygon::new(ring.into(), vec![])
}

/// A made-up banner 150821 of two townships with two villages each, agricultural and pastoral, in a
/// league and region of the same outline.
pub fn tiny_areas() -> Vec<Area> {
    let area = |text: &str, name: &str, outline: Polygon<f64>, types: Option<(AreaType, VillageKind)>| Area {
        code: code(text),
        name: name.to_owned(),
        area_type: types.map(|types| types.0),
        kind: types.map(|types| types.1),
        outline: MultiPolygon::new(vec![outline]),
        synthetic: true,
    };
    let village = Some((AreaType::Agricultural, VillageKind::Village));
    let gacha = Some((AreaType::Pastoral, VillageKind::Gacha));
    vec![
        area("15", "内蒙古自治区", rectangle(0, 0, 2, 2), None),
        area("1508", "巴彦淖尔市", rectangle(0, 0, 2, 2), None),
        area("150821", "五原县", rectangle(0, 0, 2, 2), None),
        area("150821100", "隆兴昌镇", rectangle(0, 0, 2, 1), None),
        area("150821100200", "联合村", rectangle(0, 0, 1, 1), village),
        area("150821100201", "义丰村", rectangle(1, 0, 1, 1), village),
        area("150821101", "塔尔湖镇", rectangle(0, 1, 2, 1), None),
        area("150821101200", "春光村", rectangle(0, 1, 1, 1), village),
        area("150821101201", "巴彦嘎查", rectangle(1, 1, 1, 1), gacha),
    ]
}

/// Units of the tiny place: cells with households in a pattern that repeats.
pub fn tiny_units() -> Vec<Unit> {
    let mut units = Vec::new();
    for area in tiny_areas().into_iter().filter(|area| area.kind.is_some()) {
        let (resolution, scale) = if area.area_type == Some(AreaType::Pastoral) { (8, 4) } else { (9, 9) };
        for (index, piece) in
            khot::geo::cells::cut(&area.outline, resolution).unwrap().into_iter().enumerate()
        {
            let households = [0, 3, 0, 1, 2][index % 5] * scale;
            units.push(Unit {
                code: piece.code(),
                village: area.code.clone(),
                outline: piece.outline,
                households,
                people: households * 5 / 2,
            });
        }
    }
    units
}

/// What is told of units' households and people outside their village's own staff.
pub fn told<'a>(units: impl Iterator<Item = &'a Unit>) -> (Tally, Tally) {
    let units: Vec<Unit> = units.cloned().collect();
    let told = khot::disclosure::told_units(&units);
    let tallies = || units.iter().zip(&told).map(|(unit, told)| khot::disclosure::tally(unit, *told));
    (tallies().map(|both| both.0).sum(), tallies().map(|both| both.1).sum())
}

/// Puts the tiny place into the store.
pub async fn put_tiny(store: &Store) {
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    imports::put_areas(&mut tx, &tiny_areas()).await.unwrap();
    imports::put_units(&mut tx, &tiny_units()).await.unwrap();
    imports::refresh_sums(&mut tx, &code("15")).await.unwrap();
    tx.commit().await.unwrap();
}

/// A plan of the tiny banner in which each village is one grid, with code `sequence`. No engine, no job.
pub fn whole_villages(sequence: u16) -> NewPlan {
    let units = tiny_units();
    let grid = |area: Area| {
        let own: Vec<&Unit> = units.iter().filter(|unit| unit.village == area.code).collect();
        let code = GridCode::new(&area.code, sequence).unwrap();
        let households = own.iter().map(|unit| unit.households).sum();
        let (told_households, told_people) = told(own.iter().copied());
        let kind = ReasonKind::NoWholeNumber { households, min: 1, max: 2 };
        let center = area.outline.centroid().unwrap();
        DrawnGrid {
            area_type: area.area_type.unwrap(),
            label_point: (center.x(), center.y()),
            area_m2: multi_area_m2(&area.outline),
            compactness: 0.7,
            travel_min: None,
            in_band: false,
            told: ToldGrid {
                households: told_households,
                people: told_people,
                travel_min: None,
                in_band: false,
                reasons: vec![Reason {
                    kind: kind.clone(),
                    village: area.code.clone(),
                    grid: Some(code.clone()),
                }],
            },
            outline: area.outline,
            grid: Grid {
                village: area.code.clone(),
                kind: GridKind::General,
                name: None,
                units: own.iter().map(|unit| unit.code.clone()).collect(),
                households,
                people: own.iter().map(|unit| unit.people).sum(),
                reasons: vec![Reason { kind, village: area.code, grid: Some(code.clone()) }],
                code,
            },
        }
    };
    NewPlan {
        id: uuid::Uuid::now_v7(),
        banner: code("150821"),
        title: "每村一格".to_owned(),
        seed: 1,
        engine_version: "by hand".to_owned(),
        policy_version: "none".to_owned(),
        policy_text: String::new(),
        scores: Scores::default(),
        told_scores: Scores::default(),
        reasons: Vec::new(),
        told_reasons: Vec::new(),
        givens: Givens::default(),
        numbers: GridNumbers::default(),
        synthetic: true,
        created_at: noon(),
        grids: tiny_areas().into_iter().filter(|area| area.kind.is_some()).map(grid).collect(),
    }
}

/// Saves such a plan as a draft.
pub async fn put_draft(store: &Store, sequence: u16) -> uuid::Uuid {
    let plan = whole_villages(sequence);
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    plans::save_draft(&mut tx, &plan).await.unwrap();
    tx.commit().await.unwrap();
    plan.id
}

/// Saves such a plan and publishes it from a day.
pub async fn put_published(store: &Store, sequence: u16, from: &str) -> uuid::Uuid {
    let id = put_draft(store, sequence).await;
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let outcome = plans::publish(&mut tx, id, day(from)).await.unwrap();
    assert_eq!(outcome, plans::Publication::Done { grids: 4 });
    tx.commit().await.unwrap();
    id
}

/// Adds workers of a township or village; they have a name, a phone and a bank reference each.
pub async fn put_workers(store: &Store, area: &str, count: u32) -> Vec<uuid::Uuid> {
    let new: Vec<NewWorker> = (0..count)
        .map(|number| NewWorker {
            id: uuid::Uuid::now_v7(),
            area: code(area),
            username: None,
            employment: Employment::FullTime,
            status: WorkerStatus::OnPost,
            since: day("2026-01-01"),
            home: None,
            languages: Vec::new(),
            skills: Vec::new(),
            name: format!("王示例{number:04}"),
            phone: Some(format!("1380000{number:04}")),
            bank: Some(format!("622202020011{number:04}")),
            synthetic: true,
        })
        .collect();
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    workers::add(&mut tx, &code(area), &new, noon()).await.unwrap();
    tx.commit().await.unwrap();
    new.iter().map(|worker| worker.id).collect()
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Adds a station of a village that offers item D002 of a catalogue of two; both are there where they are not yet.
pub async fn put_outlet(store: &Store, village: &str, at: (f64, f64)) -> uuid::Uuid {
    let service = |text: &str| Service {
        code: text.to_owned(),
        name: format!("示例事项{text}"),
        modes: vec![ServiceMode::Nearby],
        delegated: true,
        kind: ServiceKind::Approval,
        utility: None,
        online: false,
        synthetic: true,
    };
    let id = uuid::Uuid::now_v7();
    let new = NewOutlet {
        id,
        area: code(village),
        kind: OutletKind::Station,
        draft: false,
        name: "示例便民服务站".to_owned(),
        at,
        opening_hours: Some("Mo-Fr 08:30-17:00".parse().unwrap()),
        calendar: None,
        windows: 2,
        capacity: Some(40),
        from: day("2026-01-01"),
        until: None,
        synthetic: true,
    };
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    services::put(&mut tx, &code("15"), &[service("D001"), service("D002")]).await.unwrap();
    outlets::add(&mut tx, &code(village), &[new], noon()).await.unwrap();
    outlets::put_many(&mut tx, &[(id, code(village), "D002".to_owned())], "旗政府", day("2026-01-01"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}

/// A road of a kind in a banner, in the place of those that it had.
pub async fn put_road(store: &Store, banner: &str, kind: RoadKind, course: &[(f64, f64)]) {
    let course = geo::MultiLineString(vec![course.to_vec().into()]);
    let cells = [9u8, 8, 7].map(|resolution| {
        let lines = [(kind, course.clone())];
        (resolution, khot::coverage::lay(&lines, resolution.try_into().unwrap()))
    });
    let new = NewRoad {
        kind,
        name: Some("示例路".to_owned()),
        source: "a test".to_owned(),
        course,
        synthetic: true,
    };
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    roads::replace(&mut tx, &code(banner), "a test", (&[new], &cells), noon()).await.unwrap();
    tx.commit().await.unwrap();
}
