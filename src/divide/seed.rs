//! A first partition.

use std::{cmp::Reverse, collections::BinaryHeap, collections::VecDeque};

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng;

use super::{
    graph::Graph,
    objective::Limits,
    tree::{Scratch, Sides, best_cut},
};

/// Seeds far apart in steps, the first at random; then the part with the fewest households takes
/// the unit that has waited longest at its border. Empty units count a little, so that an empty
/// steppe is shared out as well.
pub(super) fn grow(graph: &Graph, parts: usize, rng: &mut Pcg64Mcg) -> Vec<u32> {
    let seeds = far_apart(graph, parts, rng);
    let mut part = vec![u32::MAX; graph.len()];
    let mut waiting: Vec<VecDeque<u32>> = vec![VecDeque::new(); parts];
    let unit_worth = 0.3 * graph.households().max(1.0) / graph.len() as f64;
    let worth = |node: u32| (graph.nodes[node as usize].households + unit_worth) / unit_worth * 16.0;
    let mut lightest: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
    for (index, seed) in (0u32..).zip(&seeds) {
        part[*seed as usize] = index;
        waiting[index as usize].extend(graph.around(*seed).iter().map(|link| link.0));
        lightest.push(Reverse((worth(*seed) as u64, index)));
    }
    while let Some(Reverse((weight, index))) = lightest.pop() {
        let queue = &mut waiting[index as usize];
        let Some(node) = queue.pop_front() else { continue };
        let mut weight = weight;
        if part[node as usize] == u32::MAX {
            part[node as usize] = index;
            queue.extend(
                graph
                    .around(node)
                    .iter()
                    .map(|link| link.0)
                    .filter(|other| part[*other as usize] == u32::MAX),
            );
            weight += worth(node) as u64;
        }
        lightest.push(Reverse((weight, index)));
    }
    part
}

/// Nodes one after another, each as many steps as possible from those before.
fn far_apart(graph: &Graph, parts: usize, rng: &mut Pcg64Mcg) -> Vec<u32> {
    let first = rng.next_u32() % graph.len() as u32;
    let mut steps = vec![u32::MAX; graph.len()];
    let mut seeds = vec![first];
    loop {
        let Some(&latest) = seeds.last() else { return seeds };
        let mut queue = VecDeque::from([latest]);
        steps[latest as usize] = 0;
        while let Some(node) = queue.pop_front() {
            for &(other, _) in graph.around(node) {
                if steps[other as usize] > steps[node as usize] + 1 {
                    steps[other as usize] = steps[node as usize] + 1;
                    queue.push_back(other);
                }
            }
        }
        if seeds.len() == parts {
            return seeds;
        }
        let far = (0..graph.len() as u32).max_by_key(|node| (steps[*node as usize], Reverse(*node)));
        seeds.extend(far);
    }
}

/// Cuts trees in two, each side getting its share of the parts, until every part stands alone.
pub(super) fn cut_up(
    graph: &Graph,
    parts: usize,
    limits: &Limits,
    rng: &mut Pcg64Mcg,
    scratch: &mut Scratch,
) -> Option<Vec<u32>> {
    let mut part = vec![0; graph.len()];
    let mut todo = vec![((0..graph.len() as u32).collect::<Vec<u32>>(), 0u32, parts)];
    while let Some((nodes, from, parts)) = todo.pop() {
        if parts == 1 {
            for node in nodes {
                part[node as usize] = from;
            }
            continue;
        }
        let judge = |sides: &Sides| {
            let one = shares(sides, parts);
            let off = |households: f64, count: usize| {
                (households / count as f64 / limits.target - 1.0).abs() * count as f64
            };
            off(sides.one.households, one)
                + off(sides.two.households, parts - one)
                + (one as f64 / parts as f64 - 0.5).abs() * 0.1
                + sides.border_m * limits.border_cost
        };
        let cuts = (0..3).filter_map(|_| best_cut(graph, &nodes, rng, scratch, judge));
        let cut = cuts.min_by(|a, b| a.cost.total_cmp(&b.cost))?;
        let mut chosen = cut.side.clone();
        chosen.sort_unstable();
        let rest: Vec<u32> =
            nodes.iter().copied().filter(|node| chosen.binary_search(node).is_err()).collect();
        let sums = |nodes: &[u32]| super::objective::Sums::over(graph, nodes);
        let sides = Sides {
            one: sums(&chosen),
            two: sums(&rest),
            one_count: chosen.len(),
            two_count: rest.len(),
            border_m: 0.0,
        };
        let one = shares(&sides, parts);
        todo.push((rest, from + one as u32, parts - one));
        todo.push((chosen, from, one));
    }
    Some(part)
}

/// How many of `parts` go to the first side: by households, but each side must be able to hold its own.
fn shares(sides: &Sides, parts: usize) -> usize {
    let all = sides.one.households + sides.two.households;
    let share = if all > 0.0 {
        sides.one.households / all
    } else {
        sides.one_count as f64 / (sides.one_count + sides.two_count) as f64
    };
    let least = parts.saturating_sub(sides.two_count).max(1);
    let most = (parts - 1).min(sides.one_count);
    ((share * parts as f64).round() as usize).clamp(least.min(most), most)
}
