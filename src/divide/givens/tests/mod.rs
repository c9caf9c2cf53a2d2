//! The test's own judge of a division with givens, and what all of these tests divide.

mod faults;
mod impossible;
mod kept;
mod stability;

use std::collections::{BTreeMap, BTreeSet};

use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};

use super::super::{Edge, EngineUnit, PartReason};
use super::*;
use crate::domain::{AreaType, Barrier, Dedicated, GivenFault, Givens, Lock, Policy, ReasonKind, UnitPair};

fn profile(min: u32, target: u32, max: u32) -> Profile {
    let policy = Policy::defaults().unwrap();
    let mut profile = policy.profile(&"15".parse().unwrap(), AreaType::Agricultural);
    (profile.households_min, profile.households_target, profile.households_max) = (min, target, max);
    profile
}

/// A square lattice; units have 0 to twice `mean` households.
fn lattice(wide: u32, high: u32, mean: u32, rng: &mut Pcg64Mcg) -> VillageInput {
    let mut units = Vec::new();
    let mut edges = Vec::new();
    for (y, x) in (0..high).flat_map(|y| (0..wide).map(move |x| (y, x))) {
        let at = units.len() as u32;
        let households = rng.next_u32() % (2 * mean + 1);
        units.push(EngineUnit {
            code: format!("{x:03}{y:03}"),
            centre: Some((110.0 + 0.003 * f64::from(x), 42.0 + 0.002 * f64::from(y))),
            households,
            people: households * 5 / 2,
            area_m2: 55_000.0,
        });
        if x > 0 {
            edges.push(Edge { a: at - 1, b: at, length_m: 220.0 });
        }
        if y > 0 {
            edges.push(Edge { a: at - wide, b: at, length_m: 250.0 });
        }
    }
    VillageInput { village: "150821100201".parse().unwrap(), units, edges }
}

fn connected(input: &VillageInput, units: &BTreeSet<u32>) -> bool {
    let Some(first) = units.first() else { return false };
    let mut seen = BTreeSet::from([*first]);
    loop {
        let more: Vec<u32> = input
            .edges
            .iter()
            .flat_map(|edge| [(edge.a, edge.b), (edge.b, edge.a)])
            .filter(|(from, to)| seen.contains(from) && units.contains(to) && !seen.contains(to))
            .map(|(_, to)| to)
            .collect();
        if more.is_empty() {
            return seen == *units;
        }
        seen.extend(more);
    }
}

fn grids(parts: &[u32]) -> BTreeMap<u32, BTreeSet<u32>> {
    let mut grids: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (unit, part) in (0u32..).zip(parts) {
        grids.entry(*part).or_default().insert(unit);
    }
    grids
}

fn households(input: &VillageInput, units: &BTreeSet<u32>) -> u32 {
    units.iter().map(|unit| input.units[*unit as usize].households).sum()
}

/// Some consistent givens: a lock in one corner, a dedicated grid in another, ties and separations of
/// neighbours elsewhere.
fn some_givens(input: &VillageInput, wide: u32, high: u32, rng: &mut Pcg64Mcg) -> VillageGivens {
    let mut givens = VillageGivens::default();
    if wide < 4 || high < 4 {
        return givens;
    }
    let name = |name: &str| Some(name.to_owned());
    if rng.next_u32().is_multiple_of(2) {
        let code = GridCode::new(&input.village, 7).unwrap();
        givens.fixed.push(Fixed { units: vec![0, 1, wide], code: Some(code), name: None });
    }
    if rng.next_u32().is_multiple_of(2) {
        let last = wide * high - 1;
        givens.fixed.push(Fixed { units: vec![last - 1, last], code: None, name: name("集市") });
    }
    let taken: BTreeSet<u32> = givens.fixed.iter().flat_map(|fixed| fixed.units.clone()).collect();
    let mut used = taken.clone();
    for _ in 0..4 {
        let edge = input.edges[rng.next_u32() as usize % input.edges.len()];
        if used.contains(&edge.a) || used.contains(&edge.b) {
            continue;
        }
        used.extend([edge.a, edge.b]);
        match rng.next_u32() % 2 {
            0 => givens.together.push((edge.a, edge.b)),
            _ => givens.apart.push((edge.a, edge.b)),
        }
    }
    givens
}

fn check(input: &VillageInput, profile: &Profile, givens: &VillageGivens, division: &Division) {
    let parts = &division.parts;
    let found = grids(parts);
    assert_eq!(parts.len(), input.units.len());
    assert_eq!(found.len() as u32, division.count(), "no gap in the numbers");
    for (part, fixed) in (0u32..).zip(&givens.fixed) {
        assert_eq!(found[&part], fixed.units.iter().copied().collect(), "given grid {part}");
    }
    for units in found.values() {
        assert!(connected(input, units));
    }
    for (a, b) in &givens.together {
        assert_eq!(parts[*a as usize], parts[*b as usize]);
    }
    for (a, b) in &givens.apart {
        assert_ne!(parts[*a as usize], parts[*b as usize]);
    }
    if let Some(count) = givens.count {
        assert_eq!(division.count(), count);
    }
    for (part, units) in &found {
        let own: Vec<&ReasonKind> =
            division.reasons.iter().filter(|r| r.part == Some(*part)).map(|r| &r.kind).collect();
        let held = households(input, units);
        let (min, max) = (profile.households_min, profile.households_max);
        assert_eq!(own.is_empty(), (min..=max).contains(&held), "{held}: {own:?}");
        own.into_iter().for_each(|kind| is_true(input, givens, *part, units, held, &found, kind));
    }
}

/// The test's own reading of what a reason says.
fn is_true(
    input: &VillageInput,
    givens: &VillageGivens,
    part: u32,
    units: &BTreeSet<u32>,
    held: u32,
    found: &BTreeMap<u32, BTreeSet<u32>>,
    kind: &ReasonKind,
) {
    let fixed = givens.fixed.get(part as usize);
    let all: u32 = input.units.iter().map(|unit| unit.households).sum();
    match kind {
        ReasonKind::DedicatedGrid { households, .. } => {
            assert!(fixed.is_some_and(|fixed| fixed.name.is_some()) && *households == held);
        }
        ReasonKind::LockedGrid { households, .. } => {
            assert!(fixed.is_some_and(|fixed| fixed.code.is_some()) && *households == held);
        }
        ReasonKind::UnitAboveMax { unit, households, max } => {
            assert!(units.iter().any(|at| input.units[*at as usize].code == *unit
                && input.units[*at as usize].households == *households));
            assert!(households > max && fixed.is_none());
        }
        ReasonKind::TiedAboveMax { units: tied, unit, households: said, max } => {
            // The whole group lies in this grid, so that the grid can't be below it.
            let mut group: BTreeSet<u32> =
                units.iter().copied().filter(|at| input.units[*at as usize].code == *unit).collect();
            loop {
                let more: Vec<u32> = givens
                    .together
                    .iter()
                    .flat_map(|(a, b)| [(*a, *b), (*b, *a)])
                    .filter(|(a, b)| group.contains(a) && !group.contains(b))
                    .map(|(_, b)| b)
                    .collect();
                if more.is_empty() {
                    break;
                }
                group.extend(more);
            }
            assert_eq!((group.len() as u32, households(input, &group)), (*tied, *said));
            assert!(group.is_subset(units) && said > max);
        }
        ReasonKind::FixedNumber { households: said, grids, min, max } => {
            let given: u32 =
                (0..givens.fixed.len() as u32).map(|part| households(input, &found[&part])).sum();
            assert_eq!((*said, *grids), (all - given, found.len() as u32 - givens.fixed.len() as u32));
            assert!(said < &(grids * min) || said > &(grids * max));
            assert!(givens.count.is_some());
        }
        ReasonKind::HeldByGivens { households, min, max } => {
            assert!(*households == held && !(*min..=*max).contains(&held));
            assert!(
                *givens != VillageGivens { previous: givens.previous.clone(), ..VillageGivens::default() }
            );
        }
        ReasonKind::TooFewHouseholds { households, min } => assert!(*households == all && all < *min),
        ReasonKind::NoHouseholds => assert_eq!(held, 0),
        ReasonKind::NoWholeNumber { households, min, max } => {
            assert!(*households == all && (1..=all).all(|k| all / k < *min || all.div_ceil(k) > *max));
        }
        ReasonKind::UnevenUnits { households, .. } => assert_eq!(*households, held),
        other => panic!("not of this village: {other:?}"),
    }
}
