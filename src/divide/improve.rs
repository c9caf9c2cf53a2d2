//! Making a partition better while every part stays connected.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng;

use super::{
    DivideError,
    graph::Graph,
    objective::Limits,
    partition::Partition,
    tree::{Scratch, Sides, best_cut},
};

/// How hot the walk starts and ends, in units of cost: a part out of its band costs 10.
const HOT: f64 = 3.0;
const COLD: f64 = 0.003;

/// Heat of the walk once all limits are kept: it then only looks for evener and shorter.
const CALM: f64 = 0.05;

/// Walks by merging and re-splitting two neighbouring parts and keeps the best that it met; then moves
/// single units while that helps. The walk ends after `rounds`, or after a third of them without a
/// broken limit.
pub(super) fn improve(
    graph: &Graph,
    start: Partition,
    limits: &Limits,
    rounds: usize,
    rng: &mut Pcg64Mcg,
    scratch: &mut Scratch,
    cancel: &dyn Fn() -> bool,
) -> Result<Partition, DivideError> {
    let mut now = start;
    settle(graph, &mut now, limits);
    let mut best = now.clone();
    let mut best_cost = best.cost(limits);
    let mut calm = 0;
    for round in 0..rounds {
        if round % 16 == 0 && cancel() {
            return Err(DivideError::Cancelled);
        }
        let bad: Vec<usize> = (0..now.parts()).filter(|part| now.is_bad(graph, limits, *part)).collect();
        calm += usize::from(bad.is_empty());
        if calm * 3 > rounds {
            break;
        }
        let hottest = if bad.is_empty() { CALM } else { HOT };
        let heat = hottest * (COLD / hottest).powf(round as f64 / rounds as f64);
        let Some((a, b)) = choose(graph, &now, &bad, rng) else { break };
        recombine(graph, &mut now, limits, (a, b), heat, rng, scratch);
        if round % 8 == 7 {
            settle(graph, &mut now, limits);
        }
        let cost = now.cost(limits);
        if cost < best_cost - 1e-9 {
            best_cost = cost;
            best = now.clone();
        }
    }
    stir(graph, &mut best, limits, rng);
    Ok(best)
}

/// How often all borders are gone over at the end.
const SWEEPS: u32 = 12;

/// Shortens borders: units on a border move over even where that costs a little, less and less so;
/// the best that was met is kept, and what still helps at once is done. Trees cut ragged borders, and
/// moves that must help at once leave them so.
fn stir(graph: &Graph, best: &mut Partition, limits: &Limits, rng: &mut Pcg64Mcg) {
    settle(graph, best, limits);
    let mut now = best.clone();
    let mut best_cost = best.cost(limits);
    let one_border = limits.border_cost * graph.mean_border();
    for sweep in 0..SWEEPS {
        let heat = one_border * 0.6 * 0.75f64.powi(sweep as i32);
        for node in 0..graph.len() as u32 {
            let (from, around) = (now.part[node as usize], graph.around(node));
            if around.is_empty() {
                continue;
            }
            let (other, _) = around[rng.next_u32() as usize % around.len()];
            let to = now.part[other as usize];
            if to == from {
                continue;
            }
            let luck = -heat * (f64::from(rng.next_u32()) / 4_294_967_296.0).max(1e-9).ln();
            if now.gain(graph, limits, node, to as usize) > -luck && now.can_leave(graph, node) {
                now.shift(graph, limits, node, to as usize);
            }
        }
        let cost = now.cost(limits);
        if cost < best_cost - 1e-9 {
            best_cost = cost;
            best.clone_from(&now);
        }
    }
    settle(graph, &mut now, limits);
    if now.cost(limits) < best_cost - 1e-9 {
        *best = now;
    }
    settle(graph, best, limits);
}

/// Two neighbouring parts: mostly one that breaks a limit and one beside it.
fn choose(graph: &Graph, now: &Partition, bad: &[usize], rng: &mut Pcg64Mcg) -> Option<(usize, usize)> {
    let pick = |rng: &mut Pcg64Mcg, count: usize| rng.next_u32() as usize % count.max(1);
    let mut part = if bad.is_empty() || rng.next_u32().is_multiple_of(4) {
        pick(rng, now.parts())
    } else {
        bad[pick(rng, bad.len())]
    };
    let mut around = now.neighbours(graph, part);
    // What one part has too much may be wanted two parts away.
    if !around.is_empty() && rng.next_u32().is_multiple_of(3) {
        part = around[pick(rng, around.len())] as usize;
        around = now.neighbours(graph, part);
    }
    let other = *around.get(pick(rng, around.len()))? as usize;
    Some((part, other))
}

fn recombine(
    graph: &Graph,
    now: &mut Partition,
    limits: &Limits,
    (a, b): (usize, usize),
    heat: f64,
    rng: &mut Pcg64Mcg,
    scratch: &mut Scratch,
) {
    let mut nodes: Vec<u32> = now.members[a].iter().chain(&now.members[b]).copied().collect();
    nodes.sort_unstable();
    let judge = |sides: &Sides| {
        limits.cost(&sides.one) + limits.cost(&sides.two) + sides.border_m * limits.border_cost
    };
    let tries = if nodes.len() < 20 { 3 } else { 2 };
    let cuts = (0..tries).filter_map(|_| best_cut(graph, &nodes, rng, scratch, judge));
    let Some(cut) = cuts.min_by(|x, y| x.cost.total_cmp(&y.cost)) else { return };
    let before = now.costs[a] + now.costs[b] + now.border_between(graph, a, b) * limits.border_cost;
    let chance = f64::from(rng.next_u32()) / f64::from(u32::MAX);
    let accepts = |after: f64| after <= before || chance < ((before - after) / heat).exp();
    if !accepts(cut.cost) {
        return;
    }
    let old = now.members[a].clone();
    now.split(graph, limits, a, b, &cut.side);
    // The tree doesn't know travel: with it the answer may be another.
    if limits.reach_max_m.is_finite() {
        let after = now.costs[a] + now.costs[b] + now.border_between(graph, a, b) * limits.border_cost;
        if !accepts(after) {
            now.split(graph, limits, a, b, &old);
        }
    }
}

/// Moves units over a border while each move lowers the cost.
pub(super) fn settle(graph: &Graph, now: &mut Partition, limits: &Limits) {
    for _ in 0..6 {
        let mut moved = false;
        for node in 0..graph.len() as u32 {
            let from = now.part[node as usize];
            let mut best: Option<(f64, u32)> = None;
            let around = graph.around(node);
            for (index, &(other, _)) in around.iter().enumerate() {
                let to = now.part[other as usize];
                let again = around[..index].iter().any(|link| now.part[link.0 as usize] == to);
                if to == from || again {
                    continue;
                }
                let gain = now.gain(graph, limits, node, to as usize);
                if gain > 1e-9 && best.is_none_or(|(most, _)| gain > most) {
                    best = Some((gain, to));
                }
            }
            if let Some((_, to)) = best
                && now.can_leave(graph, node)
            {
                now.shift(graph, limits, node, to as usize);
                moved = true;
            }
        }
        if !moved {
            return;
        }
    }
}
