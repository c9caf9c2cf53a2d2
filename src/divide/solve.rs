//! A village, piece by piece, and the search for one connected piece.

use super::{
    DivideError, Division, EngineUnit, PartReason, VillageInput,
    count::{Load, candidates},
    graph::Graph,
    objective::{Limits, reach_m},
    partition::Partition,
    reasons,
    solver::{self, Link, Unsolved, Watch, mix},
    task::{Effort, Shapes, SizeLimits, Task},
};
use crate::domain::{Profile, ReasonKind};

/// Within this share of the mean, grids of a village are even enough.
const TOLERANCE: f64 = 0.03;
/// A way is estimated from a part's middle while it is searched, and judged from a unit's centre at the
/// end: limits are kept with so much to spare.
const REACH: f64 = 0.97;

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
    let profile_limits = Limits::of_profile(profile);
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
        let limits = profile_limits.for_graph(&piece);
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
    candidates(&Load::of_graph(piece, limits), limits)
}

/// The best of several numbers of parts. Where area or travel are still broken, more parts are tried
/// until they aren't, or until more don't help.
fn solve(
    graph: &Graph,
    limits: &Limits,
    counts: &[usize],
    seed: u64,
    cancel: &dyn Fn() -> bool,
) -> Result<Partition, DivideError> {
    let mut best: Option<(f64, Partition)> = None;
    let keep = |found: Partition, best: &mut Option<(f64, Partition)>| {
        let cost = found.cost(graph, limits);
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

/// The best that is found for one number of parts.
fn solve_for(
    graph: &Graph,
    parts: usize,
    limits: &Limits,
    seed: u64,
    cancel: &dyn Fn() -> bool,
) -> Result<Partition, DivideError> {
    let nodes = &graph.nodes;
    let weights: Vec<f64> = nodes.iter().map(|node| node.households).collect();
    let links: Vec<Link> = (0..graph.len() as u32)
        .flat_map(|a| {
            graph.around(a).iter().map(move |(b, length)| Link { a, b: *b, length: *length as f32 })
        })
        .filter(|link| link.a < link.b)
        .collect();
    let places: Option<Vec<[f32; 2]>> =
        nodes.iter().map(|node| node.at.map(|[x, y]| [x as f32, y as f32])).collect();
    let areas: Vec<f32> = nodes.iter().map(|node| node.area_m2 as f32).collect();
    let people: Vec<f64> = nodes.iter().map(|node| node.people).collect();
    let area: Vec<f64> = nodes.iter().map(|node| node.area_m2).collect();
    let sizes = SizeLimits {
        people: &people,
        people_max: limits.people_max,
        area: &area,
        area_max: limits.area_max_m2,
        reach_max: limits.reach_max_m * REACH,
    };
    let task = Task {
        places: places.as_deref(),
        shapes: if areas.iter().all(|area| *area > 0.0) { Shapes::Known(&areas) } else { Shapes::Alike },
        tolerance: TOLERANCE,
        band: Some((limits.min, limits.max)),
        sizes: (limits.sizes_matter() || people_matter(graph, limits)).then_some(sizes),
        work: Effort::Default.village_work(graph.len()),
        seed,
        ..Task::new(&weights, &links, parts as u32)
    };
    let answer = solver::solve(&task, &Watch { cancel, progress: &|_| () }).map_err(|error| match error {
        Unsolved::Cancelled => DivideError::Cancelled,
        Unsolved::Parts => DivideError::TooManyParts { parts: parts as u32, units: graph.len() as u32 },
        Unsolved::InPieces => DivideError::InPieces { pieces: 2, parts: parts as u32 },
    })?;
    Ok(Partition::new(graph, answer.parts, parts))
}

/// Whether a grid within the band can have too many people.
fn people_matter(graph: &Graph, limits: &Limits) -> bool {
    let over = |people: f64, households: f64| people * limits.max > limits.people_max * households;
    graph.nodes.iter().any(|node| over(node.people, node.households))
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
