//! From a document's codes to places, with everything that can be wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{Edge, VillageInput},
    Fixed, VillageGivens,
    contract::{contract, pieces},
};
use crate::domain::{GivenFault, Givens, NAME_MAX};

/// What `givens` says of this village; locks must list their units. All faults are found, not the first
/// alone. The count and the earlier grids are left for the caller to set.
///
/// # Errors
/// With at least one fault.
pub fn resolve(input: &VillageInput, givens: &Givens) -> Result<VillageGivens, Vec<GivenFault>> {
    let own = givens.of_village(&input.village);
    let places: BTreeMap<&str, u32> =
        (0u32..).zip(&input.units).map(|(at, unit)| (unit.code.as_str(), at)).collect();
    let mut faults = Vec::new();
    let find = |given: &str, units: &[String], faults: &mut Vec<GivenFault>| -> Vec<u32> {
        if units.is_empty() {
            faults.push(GivenFault::Empty { given: given.to_owned() });
        }
        let mut found: Vec<u32> = Vec::new();
        for unit in units {
            match places.get(unit.as_str()) {
                Some(at) => found.push(*at),
                None => {
                    faults.push(GivenFault::UnknownUnit { given: given.to_owned(), unit: unit.clone() });
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    };
    let mut fixed: Vec<(String, Fixed)> = Vec::new();
    for lock in &own.locks {
        let units = find(lock.grid.as_str(), &lock.units, &mut faults);
        fixed.push((lock.grid.to_string(), Fixed { units, code: Some(lock.grid.clone()), name: None }));
    }
    for grid in &own.dedicated {
        let name = grid.name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
            faults.push(GivenFault::BadName { village: grid.village.to_string() });
        }
        let units = find(name, &grid.units, &mut faults);
        // A dedicated grid may be locked as well: it is one grid.
        match fixed.iter_mut().find(|(_, fixed)| fixed.units == units && fixed.name.is_none()) {
            Some((_, fixed)) if !units.is_empty() => fixed.name = Some(name.to_owned()),
            _ => fixed.push((name.to_owned(), Fixed { units, code: None, name: Some(name.to_owned()) })),
        }
    }
    let pairs = |pairs: &[crate::domain::UnitPair], faults: &mut Vec<GivenFault>| -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        for pair in pairs {
            let given = format!("{} – {}", pair.units[0], pair.units[1]);
            if let [a, b] = find(&given, &pair.units, faults)[..] {
                found.push((a, b));
            }
        }
        found
    };
    let together = pairs(&own.together, &mut faults);
    let apart = pairs(&own.apart, &mut faults);
    let home = holders(input, &fixed, &mut faults);
    contradictions(input, &fixed, &home, &together, &apart, &mut faults);
    barriers(input, &own, &places, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let fixed = fixed.into_iter().map(|(_, fixed)| fixed).collect();
    Ok(VillageGivens { fixed, together, apart, count: None, previous: Vec::new() })
}

/// Which given grid holds each unit; a unit in two, and a grid in pieces, are faults.
fn holders(
    input: &VillageInput,
    fixed: &[(String, Fixed)],
    faults: &mut Vec<GivenFault>,
) -> Vec<Option<usize>> {
    let mut home: Vec<Option<usize>> = vec![None; input.units.len()];
    for (at, (name, grid)) in fixed.iter().enumerate() {
        for unit in &grid.units {
            if let Some(before) = home[*unit as usize].replace(at) {
                let code = input.units[*unit as usize].code.clone();
                let (one, two) = (fixed[before].0.clone(), name.clone());
                faults.push(GivenFault::UnitInTwo { unit: code, one, two });
            }
        }
        let in_pieces = pieces(input, |unit| grid.units.binary_search(&unit).is_ok()).len();
        if in_pieces > 1 {
            faults.push(GivenFault::InPieces { given: name.clone(), pieces: in_pieces as u32 });
        }
    }
    home
}

fn contradictions(
    input: &VillageInput,
    fixed: &[(String, Fixed)],
    home: &[Option<usize>],
    together: &[(u32, u32)],
    apart: &[(u32, u32)],
    faults: &mut Vec<GivenFault>,
) {
    let codes = |pair: &(u32, u32)| {
        let code = |unit: u32| input.units[unit as usize].code.clone();
        (code(pair.0), code(pair.1))
    };
    for pair in together {
        let (one, two) = codes(pair);
        match (home[pair.0 as usize], home[pair.1 as usize]) {
            (a, b) if a == b => {}
            (Some(held), _) | (None, Some(held)) => {
                faults.push(GivenFault::TiedToGiven { one, two, given: fixed[held].0.clone() });
            }
            (None, None) => {}
        }
    }
    let group = contract(input, &vec![false; input.units.len()], together);
    let group_of = |unit: u32| group.place[unit as usize];
    for pair in together {
        let members: BTreeSet<u32> = group_of(pair.0)
            .map(|at| group.members[at as usize].iter().copied().collect())
            .unwrap_or_default();
        if pieces(input, |unit| members.contains(&unit)).len() > 1 {
            let (one, two) = codes(pair);
            faults.push(GivenFault::TiedNotConnected { one, two });
        }
    }
    for pair in apart {
        let (one, two) = codes(pair);
        if group_of(pair.0) == group_of(pair.1) {
            faults.push(GivenFault::TiedAndApart { one, two });
        } else if let Some(held) =
            home[pair.0 as usize].filter(|_| home[pair.0 as usize] == home[pair.1 as usize])
        {
            faults.push(GivenFault::ApartInGiven { one, two, given: fixed[held].0.clone() });
        }
    }
}

fn barriers(input: &VillageInput, own: &Givens, places: &BTreeMap<&str, u32>, faults: &mut Vec<GivenFault>) {
    let beside: BTreeSet<(u32, u32)> =
        input.edges.iter().map(|edge| (edge.a.min(edge.b), edge.a.max(edge.b))).collect();
    for barrier in &own.barriers {
        let at = |unit: &String| places.get(unit.as_str()).copied();
        let touch = match (at(&barrier.units[0]), at(&barrier.units[1])) {
            (Some(a), Some(b)) => beside.contains(&(a.min(b), a.max(b))),
            _ => false,
        };
        if !touch || !(0.0..=1.0).contains(&barrier.strength) {
            let [one, two] = barrier.units.clone();
            faults.push(GivenFault::BadBarrier { one, two });
        }
    }
}

/// Makes borders along barriers cheaper by the policy's weight, 0 to 1: a grid rather ends there than
/// crosses it.
pub fn soften(input: &mut VillageInput, givens: &Givens, weight: f64) {
    let strengths: BTreeMap<(&str, &str), f64> = givens
        .barriers
        .iter()
        .filter(|barrier| barrier.village == input.village)
        .flat_map(|barrier| {
            let [a, b] = &barrier.units;
            [((a.as_str(), b.as_str()), barrier.strength), ((b.as_str(), a.as_str()), barrier.strength)]
        })
        .collect();
    if strengths.is_empty() {
        return;
    }
    let units = &input.units;
    for edge in &mut input.edges {
        let ends = (units[edge.a as usize].code.as_str(), units[edge.b as usize].code.as_str());
        if let Some(strength) = strengths.get(&ends) {
            *edge = Edge { length_m: edge.length_m * (1.0 - weight * strength), ..*edge };
        }
    }
}

/// Grids that the village can't do without, and the most that can be made of its units.
pub fn least_grids(input: &VillageInput, givens: &VillageGivens) -> (u32, u32) {
    let mut out = vec![false; input.units.len()];
    for unit in givens.fixed.iter().flat_map(|fixed| &fixed.units) {
        out[*unit as usize] = true;
    }
    let rest = contract(input, &out, &givens.together);
    let fixed = givens.fixed.len() as u32;
    (fixed + pieces(&rest.input, |_| true).len() as u32, fixed + rest.input.units.len() as u32)
}
