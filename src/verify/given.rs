//! Whether what was given was kept: read from the answer, never from how it was made.

use std::collections::{BTreeMap, BTreeSet};

use super::{Breach, GridView};
use crate::domain::{Code, Givens, GridNumbers};

/// Locks kept unit for unit, dedicated grids whole and nothing else in them, tied units in one grid,
/// separated ones in two. Of a village that `givens` doesn't name nothing is a breach.
pub fn check_givens(village: &Code, grids: &[GridView<'_>], givens: &Givens) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut home: BTreeMap<&str, &GridView<'_>> = BTreeMap::new();
    for grid in grids {
        home.extend(grid.units.iter().map(|unit| (unit.as_str(), grid)));
    }
    let name_of = |unit: &str| home.get(unit).map_or("–".to_owned(), |grid| grid.code.to_string());
    let as_set = |units: &[String]| -> BTreeSet<String> { units.iter().cloned().collect() };
    for lock in givens.locks.iter().filter(|lock| lock.grid.village() == *village) {
        let held = grids.iter().find(|grid| grid.code == lock.grid).map(|grid| as_set(&grid.units));
        let wanted = as_set(&lock.units);
        if held.is_none() || (!wanted.is_empty() && held.as_ref() != Some(&wanted)) {
            let changed = wanted.symmetric_difference(&held.unwrap_or_default()).cloned().collect();
            breaches.push(Breach::LockNotKept { grid: lock.grid.to_string(), units: changed });
        }
    }
    for dedicated in givens.dedicated.iter().filter(|grid| grid.village == *village) {
        let wanted = as_set(&dedicated.units);
        if !grids.iter().any(|grid| as_set(&grid.units) == wanted) {
            let over: BTreeSet<String> = wanted.iter().map(|unit| name_of(unit)).collect();
            let (name, grids) = (dedicated.name.clone(), over.into_iter().collect());
            breaches.push(Breach::DedicatedNotKept { village: village.to_string(), name, grids });
        }
    }
    for pair in givens.together.iter().filter(|pair| pair.village == *village) {
        let [one, two] = pair.units.clone();
        let (a, b) = (name_of(&one), name_of(&two));
        if a != b || a == "–" {
            breaches.push(Breach::TiedApart { one, two, grids: [a, b] });
        }
    }
    for pair in givens.apart.iter().filter(|pair| pair.village == *village) {
        let [one, two] = pair.units.clone();
        if name_of(&one) == name_of(&two) {
            breaches.push(Breach::ApartTogether { grid: name_of(&one), one, two });
        }
    }
    breaches
}

/// Whether no ceiling below `area` is passed and each number fixed by hand is kept; `grids` are the numbers
/// of grids of all villages of the area.
pub fn check_numbers(area: &Code, grids: &BTreeMap<Code, u32>, numbers: &GridNumbers) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (of, ceiling) in &numbers.ceilings {
        let inside = |village: &&Code| of.covers(village) && area.covers(village);
        let held: u32 = grids.keys().filter(inside).map(|village| grids[village]).sum();
        if held > *ceiling {
            breaches.push(Breach::CeilingPassed { area: of.to_string(), ceiling: *ceiling, grids: held });
        }
    }
    for (village, count) in &numbers.counts {
        if let Some(held) = grids.get(village).filter(|held| *held != count) {
            breaches.push(Breach::NumberNotKept {
                village: village.to_string(),
                count: *count,
                grids: *held,
            });
        }
    }
    breaches
}
