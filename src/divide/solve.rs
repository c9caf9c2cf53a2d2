//! A village, piece by piece, and the search for one connected piece.

use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};

use super::{
    DivideError, Division, EngineUnit, PartReason, VillageInput,
    count::{candidates, whole_numbers},
    graph::Graph,
    improve::improve,
    objective::{Limits, reach_m},
    partition::Partition,
    reasons,
    seed::{cut_up, grow},
    tree::Scratch,
};
use crate::domain::{Profile, ReasonKind};

/// Divides a village by its profile. Every unit is in exactly one grid, every grid is connected in the
/// graph of units, and every grid that doesn't keep a limit has a reason. Travel is the distance from
/// the grid's own centre to its farthest unit with households, times [`super::DETOUR`], at the
/// profile's speed.
///
/// A village whose units fall into several unconnected pieces gets grids for each piece, and a reason
/// that says so; a piece that touches the others in a point only, such as a corner of a cell that the
/// border cuts off, is a piece like any other.
///
/// `cancel` is asked now and then.
///
/// # Errors
/// Without units, with an edge to a unit that isn't there, when more than 999 grids would come of it,
/// and when `cancel` said so.
pub fn divide_village(
    input: &VillageInput,
    profile: &Profile,
    seed: u64,
    cancel: &dyn Fn() -> bool,
) -> Result<Division, DivideError> {
    if input.units.is_empty() {
        return Err(DivideError::NoUnits);
    }
    let graph = Graph::of_units(&input.units, &input.edges)?;
    let limits = Limits::of_profile(profile);
    let components = graph.components();
    let mut parts = vec![0; graph.len()];
    let mut reasons = Vec::new();
    if components.len() > 1 {
        let kind = ReasonKind::VillageInPieces { pieces: components.len() as u32 };
        reasons.push(PartReason { part: None, kind });
    }
    let mut count = 0;
    for (index, component) in (0u64..).zip(&components) {
        let piece = graph.part(component);
        let counts = village_counts(&piece, &limits);
        let found = solve(&piece, &limits, &counts, mix(seed, index), cancel)?;
        for (place, node) in component.iter().enumerate() {
            parts[*node as usize] = count + found.part[place];
        }
        let code = |place: u32| input.units[component[place as usize] as usize].code.clone();
        reasons.extend(reasons::of_piece(&piece, &found, &limits, profile, code).into_iter().map(
            |mut reason| {
                reason.part = reason.part.map(|part| count + part);
                reason
            },
        ));
        count += found.parts() as u32;
    }
    if count > 999 {
        return Err(DivideError::TooManyGrids);
    }
    reasons.sort_by_key(|reason| reason.part);
    Ok(Division { parts, reasons })
}

/// Numbers of grids to try for a piece of a village. One for a piece without households, and for one
/// below the minimum unless it is too large.
fn village_counts(piece: &Graph, limits: &Limits) -> Vec<usize> {
    let households = piece.households();
    if households == 0.0 || (households < limits.min && !limits.sizes_matter()) {
        return vec![1];
    }
    candidates(piece, limits)
}

/// The best of several numbers of parts. Where area or travel are still broken, more parts are tried
/// until they aren't, or until more don't help.
pub(super) fn solve(
    graph: &Graph,
    limits: &Limits,
    counts: &[usize],
    seed: u64,
    cancel: &dyn Fn() -> bool,
) -> Result<Partition, DivideError> {
    let mut best: Option<(f64, Partition)> = None;
    let keep = |found: Partition, best: &mut Option<(f64, Partition)>| {
        let cost = found.cost(&limits.for_graph(graph, found.parts()));
        if best.as_ref().is_none_or(|(least, _)| cost < *least - 1e-9) {
            *best = Some((cost, found));
            return true;
        }
        false
    };
    for count in counts {
        let found = solve_for(graph, *count, limits, mix(seed, *count as u64), cancel)?;
        let good = good_enough(graph, &found, limits);
        keep(found, &mut best);
        if good {
            break;
        }
    }
    let Some((_, mut found)) = best.clone() else { return Err(DivideError::NoUnits) };
    let mut in_vain = 0;
    let mut count = found.parts();
    while limits.sizes_matter() && graph.households() > 0.0 && breaks_size(graph, &found, limits) {
        count += 1 + count / 8;
        if in_vain == 3 || count > graph.len().min(999) {
            break;
        }
        let more = solve_for(graph, count, limits, mix(seed, count as u64), cancel)?;
        in_vain = if keep(more, &mut best) { 0 } else { in_vain + 1 };
        if let Some((_, better)) = &best {
            found = better.clone();
        }
    }
    Ok(found)
}

/// Whether only those parts break a limit that hold a unit above the maximum by itself.
fn good_enough(graph: &Graph, found: &Partition, limits: &Limits) -> bool {
    let huge = |part: usize| {
        found.members[part].iter().any(|node| graph.nodes[*node as usize].households > limits.max)
    };
    (0..found.parts()).all(|part| !found.is_bad(graph, limits, part) || huge(part))
}

fn breaks_size(graph: &Graph, found: &Partition, limits: &Limits) -> bool {
    let broken = |part: usize| limits.breaks_size(&found.sums[part], reach_m(graph, &found.members[part]));
    (0..found.parts()).any(broken)
}

/// Several starts for one number of parts; more of them while limits are broken.
fn solve_for(
    graph: &Graph,
    parts: usize,
    limits: &Limits,
    seed: u64,
    cancel: &dyn Fn() -> bool,
) -> Result<Partition, DivideError> {
    let limits = &limits.for_graph(graph, parts);
    let first = Partition::new(graph, vec![0; graph.len()], 1, limits);
    if parts <= 1 {
        return Ok(first);
    }
    let (least, most) = whole_numbers(graph.households(), limits);
    let possible = (least..=most).contains(&parts);
    let starts = match graph.len() {
        0..=16 if possible => 8,
        17..=400 if possible => 4,
        0..=2000 => 2,
        _ => 1,
    };
    let mut scratch = Scratch::new(graph);
    let mut best: Option<(f64, bool, Partition)> = None;
    for start in 0..starts {
        let mut rng = Pcg64Mcg::seed_from_u64(mix(seed, start));
        let tree = if start % 2 == 1 { None } else { cut_up(graph, parts, limits, &mut rng, &mut scratch) };
        let part = tree.unwrap_or_else(|| grow(graph, parts, &mut rng));
        let begin = Partition::new(graph, part, parts, limits);
        let found = improve(graph, begin, limits, 24 + 10 * parts, &mut rng, &mut scratch, cancel)?;
        let cost = found.cost(limits);
        let good = good_enough(graph, &found, limits);
        if best.as_ref().is_none_or(|(least, ..)| cost < *least - 1e-9) {
            best = Some((cost, good, found));
        }
        // A small piece is looked at from a second start: nearly free, and often evener.
        if (start > 0 || graph.len() > 60) && best.as_ref().is_some_and(|(_, good, _)| *good) {
            break;
        }
    }
    Ok(best.map_or(first, |(_, _, found)| found))
}

/// A seed of its own for each piece, number of parts and start.
pub(super) fn mix(seed: u64, stream: u64) -> u64 {
    let mut z = seed ^ stream.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Minutes from a grid's own centre to its farthest unit with households, one way, estimated as in
/// [`divide_village`]. None where nobody lives or centres aren't known.
pub fn travel_min(grid: &[EngineUnit], profile: &Profile) -> Option<f64> {
    if grid.iter().all(|unit| unit.households == 0) || grid.iter().any(|unit| unit.centre.is_none()) {
        return None;
    }
    let graph = Graph::of_units(grid, &[]).ok()?;
    let members: Vec<u32> = (0..u32::try_from(grid.len()).ok()?).collect();
    Some(reach_m(&graph, &members) * super::DETOUR / Limits::of_profile(profile).m_per_min)
}
