//! How many grids.

use super::{graph::Graph, objective::Limits};

/// What the number of parts is reckoned from.
#[derive(Debug, Clone, Default)]
pub(super) struct Load {
    pub units: usize,
    pub households: f64,
    pub area_m2: f64,
    /// How many units are above the maximum alone, and their sum.
    pub huge: (usize, f64),
}

impl Load {
    pub(super) fn of_graph(graph: &Graph, limits: &Limits) -> Self {
        let area_m2 = graph.nodes.iter().map(|node| node.area_m2).sum();
        Self { area_m2, ..Self::of(graph.nodes.iter().map(|node| node.households), limits) }
    }

    pub(super) fn of(weights: impl Iterator<Item = f64>, limits: &Limits) -> Self {
        weights.fold(Self::default(), |mut load, weight| {
            load.units += 1;
            load.households += weight;
            if weight > limits.max {
                load.huge = (load.huge.0 + 1, load.huge.1 + weight);
            }
            load
        })
    }
}

/// Numbers of grids worth trying for one connected piece, the most promising first; never empty,
/// each from 1 to its number of units.
///
/// First what can be in the band by arithmetic, nearest to the target in front. Units above the
/// maximum each fill a grid alone, so the rest is reckoned with as well. Without any such number,
/// those on either side.
pub(super) fn candidates(load: &Load, limits: &Limits) -> Vec<usize> {
    let (most, all) = (load.units, load.households);
    let (huge, rest) = (load.huge.0, all - load.huge.1);
    let mut found = fitting(all, limits);
    if huge > 0 {
        found = fitting(rest, limits).into_iter().map(|count| count + huge).chain(found).collect();
        found.push(huge);
        found.push(huge + 1);
    }
    if found.is_empty() {
        let about = (all / limits.target).round().max(1.0) as usize;
        found = vec![(all / limits.max).floor() as usize, (all / limits.max).ceil() as usize, about];
    }
    if limits.area_max_m2.is_finite() && all > 0.0 {
        let least = (load.area_m2 / limits.area_max_m2).ceil() as usize;
        if found.iter().all(|count| *count < least) {
            found.insert(0, least);
        }
        found.sort_by_key(|count| *count < least);
    }
    let mut tried = Vec::new();
    for count in found {
        let count = count.clamp(1, most);
        if !tried.contains(&count) {
            tried.push(count);
        }
    }
    tried.truncate(5);
    tried
}

/// All k with k·min ≤ households ≤ k·max, nearest to the target first; at most four.
fn fitting(households: f64, limits: &Limits) -> Vec<usize> {
    let (least, most) = whole_numbers(households, limits);
    let best = households / limits.target;
    let middle = (best.round() as usize).clamp(least.max(1), most.max(least).max(1));
    let mut counts: Vec<usize> = (middle.saturating_sub(3)..=middle + 3)
        .filter(|count| (least.max(1)..=most).contains(count))
        .collect();
    counts.sort_by(|a, b| {
        let off = |count: usize| (households / count as f64 - limits.target).abs();
        off(*a).total_cmp(&off(*b))
    });
    counts.truncate(4);
    counts
}

/// The least and the greatest number of grids that could all be in the band; none when least > most.
pub(super) fn whole_numbers(households: f64, limits: &Limits) -> (usize, usize) {
    ((households / limits.max).ceil() as usize, (households / limits.min.max(1.0)).floor() as usize)
}
