use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};

use super::*;
use crate::domain::{AreaType, Policy, Profile, ReasonKind};

fn profile(min: u32, target: u32, max: u32) -> Profile {
    let policy = Policy::defaults().unwrap();
    let mut profile = policy.profile(&"15".parse().unwrap(), AreaType::Agricultural);
    (profile.households_min, profile.households_target, profile.households_max) = (min, target, max);
    profile
}

fn pastoral() -> Profile {
    Policy::defaults().unwrap().profile(&"15".parse().unwrap(), AreaType::Pastoral)
}

fn go(input: &VillageInput, profile: &Profile, seed: u64) -> Division {
    divide_village(input, profile, seed, &|| false).unwrap()
}

fn cut(
    weights: &[f64],
    edges: &[Edge],
    parts: GraphParts,
    tolerance: f64,
    seed: u64,
) -> Result<Vec<u32>, DivideError> {
    let wish = GraphWish { parts, tolerance, effort: Effort::Quick, of_many: false, seed, places: None };
    divide_graph(weights, edges, &wish, &|| false)
}

/// A lattice of hexagons `wide` × `high` with cells of 5 km², heavy-tailed households, and some cells
/// and edges missing.
fn lattice(wide: u32, high: u32, mean: f64, missing: f64, rng: &mut Pcg64Mcg) -> VillageInput {
    let unit = |rng: &mut Pcg64Mcg| f64::from(rng.next_u32()) / 4_294_967_296.0;
    let mut place: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    let mut units = Vec::new();
    for (x, y) in (0..wide).flat_map(|x| (0..high).map(move |y| (x, y))) {
        if unit(rng) < missing {
            continue;
        }
        place.insert((x, y), units.len() as u32);
        let draw = unit(rng);
        let households = if draw < 0.3 { 0.0 } else { mean * 0.6 / (1.0 - unit(rng)).powf(0.7) };
        let households = households.min(mean * 20.0) as u32;
        units.push(EngineUnit {
            code: format!("{x:03}{y:03}"),
            centre: Some((
                110.0 + 0.03 * (f64::from(x) + if y % 2 == 0 { 0.0 } else { 0.5 }),
                42.0 + 0.0195 * f64::from(y),
            )),
            households,
            people: households * 5 / 2,
            area_m2: 5e6,
        });
    }
    let mut edges = Vec::new();
    for (&(x, y), &a) in &place {
        let odd = y % 2;
        for other in [(x + 1, y), (x + odd, y + 1), ((x + odd).wrapping_sub(1), y + 1)] {
            if let Some(&b) = place.get(&other) {
                edges.push(Edge { a: a.min(b), b: a.max(b), length_m: 1400.0 });
            }
        }
    }
    VillageInput { village: "150821100201".parse().unwrap(), units, edges }
}

/// A connected graph: a random tree and some more edges.
fn random_graph(count: u32, mean: f64, rng: &mut Pcg64Mcg) -> VillageInput {
    let mut input = lattice(count, 1, mean, 0.0, rng);
    input.edges.clear();
    for b in 1..count {
        input.edges.push(Edge { a: rng.next_u32() % b, b, length_m: 100.0 });
    }
    for _ in 0..count / 2 {
        let (a, b) = (rng.next_u32() % count, rng.next_u32() % count);
        if a != b && !input.edges.iter().any(|edge| (edge.a, edge.b) == (a.min(b), a.max(b))) {
            input.edges.push(Edge { a: a.min(b), b: a.max(b), length_m: 100.0 });
        }
    }
    input
}

fn connected(input: &VillageInput, of: impl Fn(usize) -> bool) -> usize {
    let count = input.units.len();
    let mut home: Vec<usize> = (0..count).collect();
    let mut pieces = (0..count).filter(|unit| of(*unit)).count();
    for edge in &input.edges {
        let (mut a, mut b) = (edge.a as usize, edge.b as usize);
        if !of(a) || !of(b) {
            continue;
        }
        while home[a] != a {
            a = home[a];
        }
        while home[b] != b {
            b = home[b];
        }
        if a != b {
            home[a] = b;
            pieces -= 1;
        }
    }
    pieces
}

/// What must hold of every answer; sums are the test's own.
fn check(input: &VillageInput, profile: &Profile, division: &Division) {
    assert_eq!(division.parts.len(), input.units.len());
    let village_pieces = connected(input, |_| true);
    let in_pieces = division
        .reasons
        .iter()
        .any(|reason| reason.kind == ReasonKind::VillageInPieces { pieces: village_pieces as u32 });
    assert_eq!(in_pieces, village_pieces > 1);
    for part in 0..division.count() {
        assert_eq!(connected(input, |unit| division.parts[unit] == part), 1, "grid {part} is one piece");
        let members: Vec<&EngineUnit> =
            input.units.iter().zip(&division.parts).filter(|(_, p)| **p == part).map(|(u, _)| u).collect();
        let households: u32 = members.iter().map(|unit| unit.households).sum();
        let people: u32 = members.iter().map(|unit| unit.people).sum();
        let km2 = members.iter().map(|unit| unit.area_m2).sum::<f64>() / 1e6;
        let (min, max) = (profile.households_min, profile.households_max);
        let reasons: Vec<&ReasonKind> = division
            .reasons
            .iter()
            .filter(|reason| reason.part == Some(part))
            .map(|reason| &reason.kind)
            .collect();
        let about_households = |kind: &ReasonKind| {
            !matches!(
                kind,
                ReasonKind::TooManyPeople { .. } | ReasonKind::TooLarge { .. } | ReasonKind::TooFar { .. }
            )
        };
        let out = !(min..=max).contains(&households);
        assert_eq!(reasons.iter().any(|kind| about_households(kind)), out, "{households}: {reasons:?}");
        assert_eq!(
            reasons.iter().any(|kind| matches!(kind, ReasonKind::TooManyPeople { .. })),
            profile.people_max.is_some_and(|max| people > max)
        );
        assert_eq!(
            reasons.iter().any(|kind| matches!(kind, ReasonKind::TooLarge { .. })),
            profile.area_max_km2.is_some_and(|max| km2 > max)
        );
        for kind in reasons {
            match kind {
                ReasonKind::UnitAboveMax { unit, households, .. } => {
                    assert!(members.iter().any(|u| u.code == *unit && u.households == *households));
                    assert!(*households > max);
                }
                ReasonKind::NoWholeNumber { households, .. } => {
                    assert!((1..=*households).all(|k| households / k < min || households.div_ceil(k) > max));
                }
                ReasonKind::TooFewHouseholds { households, .. } => assert!(*households < min),
                ReasonKind::NoHouseholds => assert_eq!(households, 0),
                ReasonKind::LimitedBySize { households: h, .. } => {
                    assert_eq!(*h, households);
                    assert!(households < min && profile.area_max_km2.is_some());
                }
                _ => {}
            }
        }
    }
}

/// Whether some partition into connected grids has all of them in the band: every assignment is tried.
fn some_answer(input: &VillageInput, profile: &Profile) -> bool {
    fn place(input: &VillageInput, profile: &Profile, parts: &mut Vec<u32>, sums: &mut Vec<u32>) -> bool {
        let unit = parts.len();
        if unit == input.units.len() {
            return sums.iter().all(|sum| *sum >= profile.households_min)
                && (0..sums.len() as u32).all(|part| connected(input, |unit| parts[unit] == part) == 1);
        }
        let households = input.units[unit].households;
        for part in 0..=sums.len() {
            if part == sums.len() {
                sums.push(0);
            }
            if sums[part] + households <= profile.households_max {
                sums[part] += households;
                parts.push(part as u32);
                if place(input, profile, parts, sums) {
                    return true;
                }
                parts.pop();
                sums[part] -= households;
            }
            if sums.last() == Some(&0) && part + 1 == sums.len() {
                sums.pop();
                break;
            }
        }
        false
    }
    // A unit without households at the front would look like an empty part: put one with first.
    place(input, profile, &mut Vec::new(), &mut Vec::new())
}

#[test]
fn what_brute_force_finds_the_engine_finds() {
    let mut rng = Pcg64Mcg::seed_from_u64(7);
    let (mut possible, mut found) = (0, 0);
    for case in 0..1500u64 {
        let count = 3 + rng.next_u32() % 7;
        let mut input = if case % 2 == 0 {
            random_graph(count, 40.0, &mut rng)
        } else {
            lattice(3, 3, 40.0, 0.1, &mut rng)
        };
        for unit in &mut input.units {
            // The exhaustive search tells empty parts by their sum.
            unit.households = unit.households.max(1);
        }
        let width = 10 + rng.next_u32() % 40;
        let target = 60 + rng.next_u32() % 120;
        let profile = profile(target - width.min(target / 2), target, target + width);
        if input.units.is_empty() || !some_answer(&input, &profile) {
            continue;
        }
        possible += 1;
        let division = go(&input, &profile, case);
        let sums = (0..division.count()).map(|part| {
            let members = input.units.iter().zip(&division.parts).filter(|(_, p)| **p == part);
            members.map(|(unit, _)| unit.households).sum::<u32>()
        });
        let band = profile.households_min..=profile.households_max;
        found += u32::from(sums.into_iter().all(|sum| band.contains(&sum)));
    }
    println!("brute force found {possible}, the engine {found}");
    assert!(possible > 100);
    assert!(f64::from(found) >= 0.95 * f64::from(possible), "{found} of {possible}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_covers_once_connects_and_explains(
        seed in any::<u64>(), wide in 1..14u32, high in 1..10u32, missing in 0.0..0.5f64, mean in 0.0..60.0f64,
    ) {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let input = lattice(wide, high, mean, missing, &mut rng);
        prop_assume!(!input.units.is_empty());
        let mut urban = profile(300, 400, 500);
        urban.people_max = Some(1000);
        for profile in [profile(60, 100, 150), pastoral(), urban] {
            let division = go(&input, &profile, seed);
            check(&input, &profile, &division);
            prop_assert_eq!(&division, &go(&input, &profile, seed));
        }
    }

    #[test]
    fn graphs_are_cut_into_connected_parts(seed in any::<u64>(), count in 1..80u32, parts in 1..12u32) {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let input = random_graph(count, 20.0, &mut rng);
        let weights: Vec<f64> = input.units.iter().map(|unit| f64::from(unit.households)).collect();
        let answer = cut(&weights, &input.edges, GraphParts::Count(parts), 0.05, seed);
        if parts > count {
            prop_assert_eq!(answer, Err(DivideError::TooManyParts { parts, units: count }));
            return Ok(());
        }
        let answer = answer.unwrap();
        for part in 0..parts {
            prop_assert_eq!(connected(&input, |unit| answer[unit] == part), 1);
        }
        let target = GraphParts::Target(100.0);
        let answer = cut(&weights, &input.edges, target, 0.2, seed).unwrap();
        for part in 0..=answer.iter().copied().max().unwrap() {
            prop_assert_eq!(connected(&input, |unit| answer[unit] == part), 1);
        }
    }
}

#[test]
fn the_smallest_inputs() {
    let mut rng = Pcg64Mcg::seed_from_u64(1);
    let mut input = lattice(1, 1, 100.0, 0.0, &mut rng);
    let none = VillageInput { units: Vec::new(), edges: Vec::new(), ..input.clone() };
    let cancel = || false;
    assert_eq!(divide_village(&none, &pastoral(), 1, &cancel), Err(DivideError::NoUnits));
    input.units[0].households = 700;
    let division = go(&input, &profile(300, 400, 500), 1);
    assert_eq!(division.parts, [0]);
    let reason = ReasonKind::UnitAboveMax { unit: "000000".into(), households: 700, max: 500 };
    assert_eq!(division.reasons, [PartReason { part: Some(0), kind: reason }]);

    let mut empty = lattice(6, 4, 0.0, 0.0, &mut rng);
    let division = go(&empty, &profile(300, 400, 500), 1);
    assert_eq!(division.reasons, [PartReason { part: Some(0), kind: ReasonKind::NoHouseholds }]);
    empty.units[3].households = 20;
    let division = go(&empty, &profile(300, 400, 500), 1);
    let reason = ReasonKind::TooFewHouseholds { households: 20, min: 300 };
    assert_eq!(division.reasons, [PartReason { part: Some(0), kind: reason }]);
    empty.units[3].households = 299;
    empty.units[20].households = 298;
    let division = go(&empty, &profile(300, 400, 500), 1);
    assert!(
        division.reasons.iter().all(|r| matches!(r.kind, ReasonKind::NoWholeNumber { households: 597, .. }))
    );
    assert!(!division.reasons.is_empty());

    input.edges.push(Edge { a: 0, b: 9, length_m: 1.0 });
    let unknown = DivideError::UnknownUnit { a: 0, b: 9, last: 0 };
    assert_eq!(divide_village(&input, &pastoral(), 1, &cancel), Err(unknown));
    let large = lattice(12, 12, 40.0, 0.0, &mut rng);
    assert_eq!(divide_village(&large, &profile(60, 100, 150), 1, &|| true), Err(DivideError::Cancelled));
}

#[test]
fn islands_get_grids_of_their_own() {
    let mut rng = Pcg64Mcg::seed_from_u64(3);
    let mut input = lattice(8, 8, 20.0, 0.0, &mut rng);
    let cut = |edge: &Edge| (edge.a < 32) == (edge.b < 32);
    input.edges.retain(cut);
    let division = go(&input, &profile(60, 100, 150), 5);
    check(&input, &profile(60, 100, 150), &division);
    let sides = |low: bool| -> BTreeSet<u32> {
        division.parts.iter().enumerate().filter(|(u, _)| (*u < 32) == low).map(|(_, p)| *p).collect()
    };
    assert!(sides(true).is_disjoint(&sides(false)));
}

#[test]
fn area_and_travel_raise_the_number_of_grids() {
    let mut rng = Pcg64Mcg::seed_from_u64(4);
    // 900 km² and few households: area alone wants three grids.
    let mut input = lattice(15, 12, 0.0, 0.0, &mut rng);
    for index in [0, 40, 90, 130, 179] {
        input.units[index].households = 5;
    }
    let mut area = pastoral();
    area.travel_max_min = None;
    let division = go(&input, &area, 1);
    check(&input, &area, &division);
    assert!(division.count() >= 3);
    assert!(!division.reasons.iter().any(|reason| matches!(reason.kind, ReasonKind::TooLarge { .. })));
    assert!(division.reasons.iter().any(|reason| matches!(reason.kind, ReasonKind::LimitedBySize { .. })));

    let mut travel = pastoral();
    (travel.area_max_km2, travel.travel_max_min, travel.speed_kmh) = (None, Some(20.0), 30.0);
    let division = go(&input, &travel, 1);
    assert!(division.count() >= 2);
    assert!(!division.reasons.iter().any(|reason| matches!(reason.kind, ReasonKind::TooFar { .. })));
}
