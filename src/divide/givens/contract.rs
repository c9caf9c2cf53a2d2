//! Taking units out of a village and making one of those that are tied together.

use std::collections::BTreeMap;

use super::super::{Edge, EngineUnit, VillageInput};

/// A village as the engine is given it, and which units stand behind each of its own.
#[derive(Debug, Clone)]
pub(super) struct Contracted {
    pub input: VillageInput,
    /// For each unit of `input`, its units in the village, sorted.
    pub members: Vec<Vec<u32>>,
    /// For each unit of the village, its place in `input`; none for those left out.
    pub place: Vec<Option<u32>>,
}

/// The village without the units for which `out` is true, each group of `together` as one unit.
pub(super) fn contract(input: &VillageInput, out: &[bool], together: &[(u32, u32)]) -> Contracted {
    let count = input.units.len();
    let mut home: Vec<u32> = (0..count as u32).collect();
    for (a, b) in together {
        let (a, b) = (root(&home, *a), root(&home, *b));
        home[a.max(b) as usize] = a.min(b);
    }
    let mut place = vec![None; count];
    let mut members: Vec<Vec<u32>> = Vec::new();
    let mut of_root: BTreeMap<u32, u32> = BTreeMap::new();
    for unit in (0..count as u32).filter(|unit| !out[*unit as usize]) {
        let at = *of_root.entry(root(&home, unit)).or_insert_with(|| {
            members.push(Vec::new());
            members.len() as u32 - 1
        });
        members[at as usize].push(unit);
        place[unit as usize] = Some(at);
    }
    // In the order of the village's own edges: without ties and without anything taken out, the same graph.
    let mut edges: Vec<Edge> = Vec::with_capacity(input.edges.len());
    let mut known: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for edge in &input.edges {
        let ends = (place[edge.a as usize], place[edge.b as usize]);
        if let (Some(a), Some(b)) = ends
            && a != b
        {
            match known.get(&(a.min(b), a.max(b))) {
                Some(at) => edges[*at].length_m += edge.length_m,
                None => {
                    known.insert((a.min(b), a.max(b)), edges.len());
                    edges.push(Edge { a, b, length_m: edge.length_m });
                }
            }
        }
    }
    let units = members.iter().map(|group| joined(input, group)).collect();
    Contracted { input: VillageInput { village: input.village.clone(), units, edges }, members, place }
}

fn root(home: &[u32], unit: u32) -> u32 {
    let mut at = unit;
    while home[at as usize] != at {
        at = home[at as usize];
    }
    at
}

/// One unit for several: sums, the first one's code, and the middle of the centres.
fn joined(input: &VillageInput, group: &[u32]) -> EngineUnit {
    let units = || group.iter().map(|unit| &input.units[*unit as usize]);
    let mut all = units().next().cloned().unwrap_or_else(|| EngineUnit {
        code: String::new(),
        centre: None,
        households: 0,
        people: 0,
        area_m2: 0.0,
    });
    if group.len() > 1 {
        all.households = units().fold(0, |sum: u32, unit| sum.saturating_add(unit.households));
        all.people = units().fold(0, |sum: u32, unit| sum.saturating_add(unit.people));
        all.area_m2 = units().map(|unit| unit.area_m2).sum();
        let centres: Option<Vec<(f64, f64)>> = units().map(|unit| unit.centre).collect();
        all.centre = centres.map(|centres| {
            let count = centres.len() as f64;
            let sum = centres.iter().fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
            (sum.0 / count, sum.1 / count)
        });
    }
    all
}

/// The connected pieces of those units for which `inside` is true, each sorted, by their first unit.
pub(super) fn pieces(input: &VillageInput, inside: impl Fn(u32) -> bool) -> Vec<Vec<u32>> {
    let mut home: Vec<u32> = (0..input.units.len() as u32).collect();
    for edge in input.edges.iter().filter(|edge| inside(edge.a) && inside(edge.b)) {
        let (a, b) = (root(&home, edge.a), root(&home, edge.b));
        // Towards the lower number, and halfway up at each step, so that chains stay short.
        let (low, high) = (a.min(b), a.max(b));
        home[high as usize] = low;
        home[edge.a as usize] = low;
        home[edge.b as usize] = low;
    }
    let mut by_root: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for unit in (0..input.units.len() as u32).filter(|unit| inside(*unit)) {
        by_root.entry(root(&home, unit)).or_default().push(unit);
    }
    by_root.into_values().collect()
}
