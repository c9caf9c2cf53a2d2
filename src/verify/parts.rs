//! The check of a partition without geometry.

use std::collections::{BTreeMap, BTreeSet};

use super::{Breach, union_find::UnionFind};

/// Checks that `parts` (unit, part) puts each of `units` into exactly one part and that each part is
/// connected by `edges`, which are places in `units`. A part's name in a breach is its number.
pub fn check_parts(units: &[String], edges: &[(u32, u32)], parts: &[(String, u32)]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        if place.insert(unit, index).is_some() {
            breaches.push(Breach::UnitNotUnique { unit: unit.clone() });
        }
    }
    let mut home: Vec<Option<u32>> = vec![None; units.len()];
    for (unit, part) in parts {
        match place.get(unit.as_str()) {
            None => breaches.push(Breach::UnknownUnit { grid: part.to_string(), unit: unit.clone() }),
            Some(&index) => {
                if let Some(before) = home[index].replace(*part) {
                    let grids = vec![before.to_string(), part.to_string()];
                    breaches.push(Breach::UnitTwice { unit: unit.clone(), grids });
                }
            }
        }
    }
    let mut together = UnionFind::new(units.len());
    for (a, b) in edges {
        let (a, b) = (*a as usize, *b as usize);
        if a < units.len() && b < units.len() && home[a].is_some() && home[a] == home[b] {
            together.join(a, b);
        }
    }
    let mut pieces: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
    for (index, part) in home.iter().enumerate() {
        match part {
            None if place.get(units[index].as_str()) == Some(&index) => {
                breaches.push(Breach::UnitMissing { unit: units[index].clone() });
            }
            None => {}
            Some(part) => {
                pieces.entry(*part).or_default().insert(together.root(index));
            }
        }
    }
    for (part, roots) in pieces.into_iter().filter(|(_, roots)| roots.len() > 1) {
        let pieces = roots.into_iter().map(|root| units[root].clone()).collect();
        breaches.push(Breach::InPieces { grid: part.to_string(), pieces });
    }
    breaches
}
