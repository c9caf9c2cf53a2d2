//! How many grids.

use super::{graph::Graph, objective::Limits};

/// Numbers of grids worth trying for one connected piece, the most promising first; never empty,
/// each from 1 to its number of units.
///
/// First what can be in the band by arithmetic, nearest to the target in front. Units above the
/// maximum each fill a grid alone, so the rest is reckoned with as well. Without any such number,
/// those on either side.
pub(super) fn candidates(graph: &Graph, limits: &Limits) -> Vec<usize> {
    let most = graph.len();
    let all = graph.households();
    let huge: Vec<f64> = graph
        .nodes
        .iter()
        .map(|node| node.households)
        .filter(|households| *households > limits.max)
        .collect();
    let rest = all - huge.iter().sum::<f64>();
    let mut found = fitting(all, limits);
    if !huge.is_empty() {
        found = fitting(rest, limits).into_iter().map(|count| count + huge.len()).chain(found).collect();
        found.push(huge.len());
        found.push(huge.len() + 1);
    }
    if found.is_empty() {
        let about = (all / limits.target).round().max(1.0) as usize;
        found = vec![(all / limits.max).floor() as usize, (all / limits.max).ceil() as usize, about];
    }
    if limits.area_max_m2.is_finite() && all > 0.0 {
        let area: f64 = graph.nodes.iter().map(|node| node.area_m2).sum();
        let least = (area / limits.area_max_m2).ceil() as usize;
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
