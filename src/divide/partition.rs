//! A partition in hand: who is where, what each part adds up to and costs.

use super::{
    graph::Graph,
    objective::{Limits, Sums, reach_m},
};

#[derive(Debug, Clone)]
pub(super) struct Partition {
    /// The part of each node.
    pub part: Vec<u32>,
    pub members: Vec<Vec<u32>>,
    /// Place of each node in its part's list.
    place: Vec<u32>,
    pub sums: Vec<Sums>,
    /// Cost of each part, without borders.
    pub costs: Vec<f64>,
    pub border_m: f64,
}

impl Partition {
    /// `part` has a part below `parts` for every node, and no part is empty.
    pub(super) fn new(graph: &Graph, part: Vec<u32>, parts: usize, limits: &Limits) -> Self {
        let mut members = vec![Vec::new(); parts];
        let mut place = vec![0; part.len()];
        for (node, part) in (0u32..).zip(&part) {
            place[node as usize] = members[*part as usize].len() as u32;
            members[*part as usize].push(node);
        }
        let both: f64 = (0..graph.len() as u32)
            .flat_map(|node| graph.around(node).iter().map(move |link| (node, link)))
            .filter(|(node, link)| part[*node as usize] != part[link.0 as usize])
            .map(|(_, link)| link.1)
            .sum();
        let sums = members.iter().map(|members| Sums::over(graph, members)).collect();
        let mut partition =
            Self { part, members, place, sums, costs: vec![0.0; parts], border_m: both / 2.0 };
        for part in 0..parts {
            partition.costs[part] = partition.part_cost(graph, limits, part);
        }
        partition
    }

    pub(super) fn parts(&self) -> usize {
        self.members.len()
    }

    pub(super) fn cost(&self, limits: &Limits) -> f64 {
        self.costs.iter().sum::<f64>() + self.border_m * limits.border_cost
    }

    fn part_cost(&self, graph: &Graph, limits: &Limits, part: usize) -> f64 {
        cost_of(graph, limits, &self.sums[part], &self.members[part])
    }

    pub(super) fn is_bad(&self, graph: &Graph, limits: &Limits, part: usize) -> bool {
        // A part within all limits costs less than one broken limit would.
        self.costs[part] > 1.0 && {
            let reach =
                if limits.reach_max_m.is_finite() { reach_m(graph, &self.members[part]) } else { 0.0 };
            limits.breaks_a_limit(&self.sums[part], reach)
        }
    }

    /// Parts that border on `part`, sorted.
    pub(super) fn neighbours(&self, graph: &Graph, part: usize) -> Vec<u32> {
        let around = self.members[part].iter().flat_map(|node| graph.around(*node));
        let mut found: Vec<u32> =
            around.map(|link| self.part[link.0 as usize]).filter(|other| *other as usize != part).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Length of the border between two parts.
    pub(super) fn border_between(&self, graph: &Graph, a: usize, b: usize) -> f64 {
        let (fewer, other) = if self.members[a].len() <= self.members[b].len() { (a, b) } else { (b, a) };
        let around = self.members[fewer].iter().flat_map(|node| graph.around(*node));
        around.filter(|link| self.part[link.0 as usize] as usize == other).map(|link| link.1).sum()
    }

    /// Gives `a` the nodes of `side` and `b` the rest of the two.
    pub(super) fn split(&mut self, graph: &Graph, limits: &Limits, a: usize, b: usize, side: &[u32]) {
        let before = self.border_between(graph, a, b);
        let mut all = std::mem::take(&mut self.members[a]);
        all.append(&mut self.members[b]);
        for node in &all {
            self.part[*node as usize] = b as u32;
        }
        for node in side {
            self.part[*node as usize] = a as u32;
        }
        for node in all {
            let part = self.part[node as usize] as usize;
            self.place[node as usize] = self.members[part].len() as u32;
            self.members[part].push(node);
        }
        for part in [a, b] {
            self.sums[part] = Sums::over(graph, &self.members[part]);
            self.costs[part] = self.part_cost(graph, limits, part);
        }
        self.border_m += self.border_between(graph, a, b) - before;
    }

    /// What moving `node` to part `to` would change: costs of the two parts, and the border.
    pub(super) fn gain(&self, graph: &Graph, limits: &Limits, node: u32, to: usize) -> f64 {
        let from = self.part[node as usize] as usize;
        let moved = Sums::of(&graph.nodes[node as usize]);
        let (less, more) = (self.sums[from].minus(&moved), self.sums[to].plus(&moved));
        let border = self.border_change(graph, node, to) * limits.border_cost;
        let before = self.costs[from] + self.costs[to];
        let after = limits.cost(&less) + limits.cost(&more);
        // Travel takes time to reckon: not for moves that are hopeless without it, unless it is what
        // they could mend.
        let hopeless =
            before - after - border < -limits.border_cost * graph.mean_border() * 3.0 && before < 1000.0;
        if hopeless || !limits.reach_max_m.is_finite() {
            return before - after - border;
        }
        let rest: Vec<u32> = self.members[from].iter().copied().filter(|other| *other != node).collect();
        let mut grown = self.members[to].clone();
        grown.push(node);
        before - cost_of(graph, limits, &less, &rest) - cost_of(graph, limits, &more, &grown) - border
    }

    fn border_change(&self, graph: &Graph, node: u32, to: usize) -> f64 {
        let from = self.part[node as usize];
        let change = |link: &(u32, f64)| match self.part[link.0 as usize] {
            part if part == from => link.1,
            part if part as usize == to => -link.1,
            _ => 0.0,
        };
        graph.around(node).iter().map(change).sum()
    }

    pub(super) fn shift(&mut self, graph: &Graph, limits: &Limits, node: u32, to: usize) {
        self.border_m += self.border_change(graph, node, to);
        let from = self.part[node as usize] as usize;
        let place = self.place[node as usize] as usize;
        self.members[from].swap_remove(place);
        if let Some(moved) = self.members[from].get(place) {
            self.place[*moved as usize] = place as u32;
        }
        self.place[node as usize] = self.members[to].len() as u32;
        self.members[to].push(node);
        self.part[node as usize] = to as u32;
        let moved = Sums::of(&graph.nodes[node as usize]);
        self.sums[from] = self.sums[from].minus(&moved);
        self.sums[to] = self.sums[to].plus(&moved);
        for part in [from, to] {
            self.costs[part] = self.part_cost(graph, limits, part);
        }
    }

    /// Whether the node's part stays in one piece, and not empty, without it.
    pub(super) fn can_leave(&self, graph: &Graph, node: u32) -> bool {
        let part = self.part[node as usize];
        let mine: Vec<u32> = graph
            .around(node)
            .iter()
            .map(|link| link.0)
            .filter(|other| self.part[*other as usize] == part)
            .collect();
        let Some(&first) = mine.first() else { return false };
        if mine.len() == 1 {
            return true;
        }
        let mut wanted = mine.len() - 1;
        let mut seen = vec![node, first];
        seen.sort_unstable();
        let mut queue = vec![first];
        let mut next = 0;
        while let Some(&at) = queue.get(next) {
            next += 1;
            for &(other, _) in graph.around(at) {
                if self.part[other as usize] != part {
                    continue;
                }
                if let Err(gap) = seen.binary_search(&other) {
                    seen.insert(gap, other);
                    queue.push(other);
                    if mine.contains(&other) {
                        wanted -= 1;
                        if wanted == 0 {
                            return true;
                        }
                    }
                }
            }
        }
        false
    }
}

/// Cost of a part with its travel.
pub(super) fn cost_of(graph: &Graph, limits: &Limits, sums: &Sums, members: &[u32]) -> f64 {
    let reach = if limits.reach_max_m.is_finite() { limits.reach_cost(reach_m(graph, members)) } else { 0.0 };
    limits.cost(sums) + reach
}
