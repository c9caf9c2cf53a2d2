//! Counts from 1 to 4: who sees them, in every channel.

use std::ops::RangeInclusive;

use geo::Centroid as _;
use khot::access::{Role, Scope};
use khot::api;
use khot::disclosure::Told;
use khot::domain::{
    Area, Code, Count, DrawnGrid, Grid, GridCode, GridKind, Policy, Reason, ReasonKind, Tally, ToldGrid, Unit,
};
use khot::planning::{self, Seen};
use khot::store::plans::NewPlan;
use khot::store::{imports, plans};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;
use crate::openapi::operations;

/// Nothing but one camp; two camps; a place and a camp; many camps.
const ONE: &str = "150821100200";
const TWO: &str = "150821100201";
const NEAR: &str = "150821101200";
const CAMPS: &str = "150821101201";

/// The tiny place with other counts. Turned, the camps of each village have changed places: all that is told
/// must stay the same.
fn units(turned: bool) -> Vec<Unit> {
    let mut units = tiny_units();
    for village in [ONE, TWO, NEAR, CAMPS] {
        let mut own: Vec<&mut Unit> =
            units.iter_mut().filter(|unit| unit.village.as_str() == village).collect();
        assert!(own.len() > 20, "{village}: {}", own.len());
        for unit in &mut own {
            (unit.households, unit.people) = (0, 0);
        }
        match village {
            ONE => (own[3].households, own[3].people) = if turned { (1, 4) } else { (3, 3) },
            TWO => {
                (own[0].households, own[0].people) = if turned { (4, 9) } else { (1, 9) };
                (own[1].households, own[1].people) = (2, 7);
            }
            NEAR => {
                (own[0].households, own[0].people) = (7, 20);
                (own[4].households, own[4].people) = if turned { (4, 12) } else { (1, 12) };
            }
            _ => {
                let households = [1, 1, 2, 4, 3, 1, 2, 1];
                let people = [3, 4, 4, 40, 41, 42, 43, 3];
                for place in 0..16 {
                    let from = if turned { 15 - place } else { place };
                    own[place].households = households[from / 2];
                    // What is large is told as it is, so it stays where it is.
                    own[place].people = people[if place % 2 == 0 { 3 + place / 4 } else { from / 6 }];
                }
                own[18].households = 30;
                own[18].people = 80;
            }
        }
    }
    units
}

/// A plan in which the units of every village are dealt out to so many grids. No engine: its outlines would show what
/// it was given.
fn plan(units: &[Unit], grids: usize, id: u128) -> NewPlan {
    let policy = Policy::defaults().unwrap();
    let mut drawn = Vec::new();
    for area in tiny_areas().into_iter().filter(|area| area.kind.is_some()) {
        let profile = policy.profile(&area.code, area.area_type.unwrap());
        let band = u64::from(profile.households_min)..=u64::from(profile.households_max);
        let own: Vec<Unit> = units.iter().filter(|unit| unit.village == area.code).cloned().collect();
        let told = khot::disclosure::told_units(&own);
        for number in 0..grids {
            let part: Vec<(&Unit, Told)> =
                own.iter().zip(told.iter().copied()).skip(number).step_by(grids).collect();
            drawn.push(grid(&area, number, &part, &band));
        }
    }
    let scores = |seen| planning::scores(&drawn, seen, |village, kind| policy.profile(village, kind));
    let reasons = |of: fn(&DrawnGrid) -> &Vec<Reason>| -> Vec<Reason> {
        drawn.iter().flat_map(|drawn| of(drawn).clone()).collect()
    };
    NewPlan {
        id: uuid::Uuid::from_u128(id),
        scores: scores(Seen::Exact),
        told_scores: scores(Seen::Told),
        reasons: reasons(|drawn| &drawn.grid.reasons),
        told_reasons: reasons(|drawn| &drawn.told.reasons),
        grids: drawn.clone(),
        ..whole_villages(1)
    }
}

fn grid(area: &Area, number: usize, units: &[(&Unit, Told)], band: &RangeInclusive<u64>) -> DrawnGrid {
    let code = GridCode::new(&area.code, number as u16 + 1).unwrap();
    let sum = |of: fn(&Unit) -> u32| units.iter().map(|unit| of(unit.0)).sum::<u32>();
    let households = sum(|unit| unit.households);
    let tallies = || units.iter().map(|(unit, told)| khot::disclosure::tally(unit, *told));
    let (told_households, told_people): (Tally, Tally) =
        (tallies().map(|both| both.0).sum(), tallies().map(|both| both.1).sum());
    let reason = |kind| vec![Reason { kind, village: area.code.clone(), grid: Some(code.clone()) }];
    let center = area.outline.centroid().unwrap();
    DrawnGrid {
        area_type: area.area_type.unwrap(),
        outline: area.outline.clone(),
        label_point: (center.x(), center.y()),
        area_m2: 1e6,
        compactness: 0.7,
        travel_min: Some(f64::from(households) + 1.0),
        in_band: band.contains(&u64::from(households)),
        told: ToldGrid {
            households: told_households,
            people: told_people,
            travel_min: Some(told_households.told as f64 + 1.0),
            in_band: band.contains(&told_households.told),
            reasons: reason(match told_households.count() {
                Count::Under(under) => ReasonKind::FewHouseholds { under, min: 10 },
                Count::Number(told) => {
                    ReasonKind::UnevenUnits { households: u32::try_from(told).unwrap(), min: 10, max: 40 }
                }
            }),
        },
        grid: Grid {
            village: area.code.clone(),
            kind: GridKind::General,
            name: None,
            units: units.iter().map(|unit| unit.0.code.clone()).collect(),
            households,
            people: sum(|unit| unit.people),
            reasons: reason(ReasonKind::UnevenUnits { households, min: 10, max: 40 }),
            code: code.clone(),
        },
    }
}

const PUBLISHED: u128 = 1;
const DRAFT: u128 = 2;
/// Every village whole: a draft to be changed.
const WHOLE: u128 = 3;

/// The place with a plan in force and others as drafts.
async fn world(turned: bool) -> TestApp {
    let app = TestApp::start_empty().await;
    let units = units(turned);
    let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
    imports::put_areas(&mut tx, &tiny_areas()).await.unwrap();
    imports::put_units(&mut tx, &units).await.unwrap();
    imports::refresh_sums(&mut tx, &code("15")).await.unwrap();
    for (grids, id) in [(3, PUBLISHED), (2, DRAFT), (1, WHOLE)] {
        plans::save_draft(&mut tx, &plan(&units, grids, id)).await.unwrap();
    }
    let published = uuid::Uuid::from_u128(PUBLISHED);
    plans::publish(&mut tx, published, day("2026-01-01")).await.unwrap();
    tx.commit().await.unwrap();
    app
}

/// Every address of the document that can be read, filled in with what is there.
fn addresses() -> Vec<String> {
    let document = serde_json::to_value(api::document()).unwrap();
    let plans = [PUBLISHED, DRAFT].map(|id| uuid::Uuid::from_u128(id).to_string());
    let areas = ["15", "1508", "150821", "150821100", "150821101", ONE, TWO, NEAR, CAMPS];
    let grids: Vec<String> = [ONE, TWO, NEAR, CAMPS]
        .iter()
        .flat_map(|village| (1..4).map(move |n| format!("{village}00{n}")))
        .collect();
    let mut found = Vec::new();
    for (_, path, _) in operations(&document).into_iter().filter(|operation| operation.0 == "GET") {
        // The trail differs in its times and ids, and so do keys, sessions and the like of each world.
        if !path.starts_with("/api/") || path.contains("/audit") || path.contains("/me/") {
            continue;
        }
        let codes: Vec<String> = match () {
            () if path.contains("/grids/{code}") => grids.clone(),
            () => areas.map(str::to_owned).to_vec(),
        };
        for code in &codes {
            for id in &plans {
                for (z, x, y) in [(11, 1638, 765), (12, 3277, 1530)] {
                    let path = path
                        .replace("{code}", code)
                        .replace("{id}", id)
                        .replace("{z}", &z.to_string())
                        .replace("{x}", &x.to_string())
                        .replace("{y}", &y.to_string());
                    found.push(format!("{path}?on=2026-06-01"));
                    if path.contains("/areas/") || path.contains("/grids/") {
                        found.push(format!("{path}?plan={id}"));
                        found.push(format!("{path}?geometry=true"));
                        found.push(format!("{path}?level=village"));
                    }
                    if path.ends_with("/comparison") {
                        found.push(format!("{path}?area={code}&by=area_type&plan={id}"));
                    }
                    if path.ends_with("/search") {
                        found.push(format!("{path}?q={code}"));
                    }
                    if path.ends_with("/locate") {
                        found.extend(
                            ["108.01&lat=41.01", "108.04&lat=41.04"].map(|at| format!("{path}?lon={at}")),
                        );
                    }
                }
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

async fn read(app: &TestApp, address: &str, kind: &str) -> (u16, Vec<u8>) {
    let answer = app.request(Method::GET, address).header("accept", kind).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn whoever_is_not_of_the_village_cannot_tell_what_its_camps_hold() {
    let (one, other) = (world(false).await, world(true).await);
    let addresses = addresses();
    for (name, role, area) in [
        ("planner", Role::Planner, "150821"),
        ("analyst", Role::Analyst, "15"),
        // Not even at the village itself: figures are their business, not doors.
        ("visitor", Role::Analyst, CAMPS),
    ] {
        let token = one.token_of(name, role, area).await;
        assert_eq!(other.token_of(name, role, area).await, token);
        let (one, other) = (one.with_token(&token), other.with_token(&token));
        let mut answered = 0;
        for address in &addresses {
            for kind in ["application/json", "application/geo+json"] {
                if kind == "application/geo+json" && !address.contains("/areas/") {
                    continue;
                }
                let (seen, unseen) = (read(&one, address, kind).await, read(&other, address, kind).await);
                answered += usize::from(seen.0 == 200);
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                if text(&seen.1).contains("request_id") {
                    assert_eq!(seen.0, unseen.0, "{address}");
                    continue;
                }
                assert_eq!(seen, unseen, "{name} {address}: {} {}", text(&seen.1), text(&unseen.1));
            }
        }
        assert!(answered > 20, "{name}: {answered}");
    }
    // The village's own staff can: else the comparison above would show nothing.
    let token = one.token_of("own", Role::Worker, CAMPS).await;
    other.token_of("own", Role::Worker, CAMPS).await;
    let (one, other) = (one.with_token(&token), other.with_token(&token));
    let address = format!("/api/v1/areas/{CAMPS}/grids?on=2026-06-01");
    let (mine, theirs) = (read(&one, &address, "*/*").await, read(&other, &address, "*/*").await);
    assert_eq!((mine.0, theirs.0), (200, 200));
    assert_ne!(mine, theirs);
}

#[tokio::test]
async fn a_count_under_five_is_told_as_that_and_shown_to_the_villages_own_staff() {
    let app = world(false).await;
    let planner = app.with_token(&app.token_of("planner", Role::Planner, "150821").await);
    let staff = app.with_token(&app.token_of("staff", Role::Worker, ONE).await);
    let counts = |value: &Value| (value["households"].clone(), value["people"].clone());
    for (address, outside, own) in [
        (format!("/api/v1/areas/{ONE}"), (json!("<5"), json!("<5")), (json!(3), json!(3))),
        (format!("/api/v1/areas/{ONE}/figures"), (json!("<5"), json!("<5")), (json!(3), json!(3))),
        (format!("/api/v1/grids/{ONE}001"), (json!("<5"), json!("<5")), (json!(3), json!(3))),
        (format!("/api/v1/grids/{ONE}002"), (json!(0), json!(0)), (json!(0), json!(0))),
    ] {
        let address = format!("{address}?on=2026-06-01");
        assert_eq!(counts(&planner.get(&address).await), outside, "{address}");
        assert_eq!(counts(&staff.get(&address).await), own, "{address}");
    }
    // Two camps and nothing else: "<5" would say that neither holds 4. A camp beside a larger place is part of a sum.
    for (area, households, people) in
        [(TWO, json!("<9"), json!(16)), ("150821100", json!("<13"), json!(18)), (NEAR, json!(9), json!(32))]
    {
        assert_eq!(
            counts(&planner.get(&format!("/api/v1/areas/{area}")).await),
            (households, people),
            "{area}"
        );
    }
    // What the township has is what is told of its villages.
    let children = planner.get("/api/v1/areas/150821101/children").await;
    let sum: u64 =
        children["items"].as_array().unwrap().iter().map(|item| item["households"].as_u64().unwrap()).sum();
    assert_eq!(planner.get("/api/v1/areas/150821101").await["households"], sum);
    // No reason names a number that the figure doesn't.
    let grid = planner.get(&format!("/api/v1/grids/{ONE}001?on=2026-06-01")).await;
    assert_eq!(grid["reasons"][0]["code"], "few_households");
    let plan = planner.get(&format!("/api/v1/plans/{}", uuid::Uuid::from_u128(DRAFT))).await;
    assert!(plan["scores"]["households"].as_u64() > Some(40), "{plan}");
    let comparison = planner.get(&format!("/api/v1/comparison?area={ONE}&by=area_type&on=2026-06-01")).await;
    let item = &comparison["items"][0];
    assert_eq!((&item["households"], &item["households_per_grid"]["max"]), (&json!("<5"), &json!("<5")));
    assert_eq!(item["households_per_grid"]["min"], 0.0);
}

#[tokio::test]
async fn the_engines_grids_are_told_as_their_units_are() {
    let app = TestApp::start().await.signed_in().await;
    let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
    let units = units(false);
    imports::put_units(&mut tx, &units).await.unwrap();
    imports::refresh_sums(&mut tx, &code("15")).await.unwrap();
    tx.commit().await.unwrap();
    let plan: uuid::Uuid = app.divide(3).await.parse().unwrap();
    let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
    let drawn = khot::store::grids::drawn(&mut tx, &code("150821"), plan, true).await.unwrap();
    let told = khot::disclosure::told_units(&units);
    let list = app.get(&format!("/api/v1/areas/150821/grids?plan={plan}")).await;
    assert_eq!(list["items"].as_array().unwrap().len(), drawn.len());
    for (drawn, item) in drawn.iter().zip(list["items"].as_array().unwrap()) {
        let own = || {
            units.iter().zip(&told).filter(|(unit, _)| {
                unit.village == drawn.grid.village && drawn.grid.units.contains(&unit.code)
            })
        };
        let households: Tally = own().map(|(unit, told)| khot::disclosure::tally(unit, *told).0).sum();
        let people: Tally = own().map(|(unit, told)| khot::disclosure::tally(unit, *told).1).sum();
        assert_eq!((drawn.told.households, drawn.told.people), (households, people));
        assert_eq!(drawn.grid.households, own().map(|(unit, _)| unit.households).sum::<u32>());
        assert_eq!(item["households"], json!(households.count()));
        assert_eq!(item["people"], json!(people.count()));
        assert_eq!(item["in_band"], drawn.told.in_band);
        assert_eq!(item["reasons"].as_array().unwrap().is_empty(), drawn.told.reasons.is_empty());
    }
    // True counts can't be had in a caller's scope, whatever a handler asks for.
    let village: Code = code(CAMPS);
    let mut tx = app.store.begin(&Scope::public()).await.unwrap();
    assert!(khot::store::units::of_area(&mut tx, &village).await.is_err());
}

#[tokio::test]
async fn the_trail_tells_of_an_import_what_everybody_sees() {
    let (one, other) = (world(false).await, world(true).await);
    for area in ["15", "150821100", ONE, TWO, NEAR, CAMPS] {
        let mut held = Vec::new();
        for app in [&one, &other] {
            let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
            held.push(imports::holdings(&mut tx, &code(area)).await.unwrap());
        }
        assert_eq!(held[0], held[1], "{area}");
        let seen = one.with_token(&one.token_of(&format!("of-{area}"), Role::Analyst, area).await);
        assert_eq!(held[0]["households"], seen.get(&format!("/api/v1/areas/{area}")).await["households"]);
    }
}

#[tokio::test]
async fn who_changes_a_draft_is_told_what_everybody_sees() {
    let (one, other) = (world(false).await, world(true).await);
    let token = one.token_of("planner", Role::Planner, "150821").await;
    assert_eq!(other.token_of("planner", Role::Planner, "150821").await, token);
    let (one, other) = (one.with_token(&token), other.with_token(&token));
    let path = |what: &str| format!("/api/v1/plans/{}/{what}", uuid::Uuid::from_u128(WHOLE));
    let all = units(false);
    let mut version = 1;
    for village in [ONE, TWO, NEAR, CAMPS] {
        let own = all.iter().filter(|unit| unit.village.as_str() == village);
        let mut moved = false;
        for unit in own {
            let body = json!({"version": version, "village": village, "moves": [{"units": [unit.code]}]});
            let (seen, unseen) =
                (one.post(&path("moves"), body.clone()).await, other.post(&path("moves"), body).await);
            assert_eq!(seen.0, unseen.0);
            if seen.0 == 200 {
                assert_eq!(seen.1, unseen.1, "{village}");
                assert_eq!(seen.1["grids"].as_array().unwrap().len(), 2);
                version += 1;
                moved = true;
                break;
            }
        }
        assert!(moved, "{village}");
        let (seen, unseen) = (
            one.post(&path("undo"), json!({"version": version})).await,
            other.post(&path("undo"), json!({"version": version})).await,
        );
        assert_eq!((seen.0.as_u16(), &seen.1), (200, &unseen.1), "{village}");
        version += 1;
    }
    // Divided by the engine, outlines follow the true counts; what is told of them doesn't.
    let told = khot::disclosure::told_units(&all);
    let body = json!({"version": version, "village": CAMPS, "count": 5});
    let (status, changed) = one.post(&path("redivision"), body).await;
    assert_eq!(status, 200, "{changed}");
    let grids = changed["grids"].as_array().unwrap();
    assert_eq!(grids.len(), 5);
    for grid in grids {
        let codes: Vec<&str> =
            grid["unit_codes"].as_array().unwrap().iter().map(|unit| unit.as_str().unwrap()).collect();
        let own = all
            .iter()
            .zip(&told)
            .filter(|(unit, _)| unit.village.as_str() == CAMPS && codes.contains(&unit.code.as_str()));
        let households: Tally = own.map(|(unit, told)| khot::disclosure::tally(unit, *told).0).sum();
        assert_eq!(grid["households"], json!(households.count()));
        if let Count::Under(_) = households.count() {
            assert_eq!(grid["reasons"][0]["code"], "few_households", "{grid}");
        }
    }
}
