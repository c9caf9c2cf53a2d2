//! A partition that was found: who is in which part, what each part adds up to, and what it costs.

use super::{
    graph::Graph,
    objective::{Limits, Sums, reach_m},
};

#[derive(Debug, Clone)]
pub(super) struct Partition {
    /// The part of each node.
    pub part: Vec<u32>,
    pub members: Vec<Vec<u32>>,
    pub sums: Vec<Sums>,
}

impl Partition {
    /// `part` has a part below `parts` for every node, and no part is empty.
    pub(super) fn new(graph: &Graph, part: Vec<u32>, parts: usize) -> Self {
        let mut members = vec![Vec::new(); parts];
        for (node, part) in (0u32..).zip(&part) {
            members[*part as usize].push(node);
        }
        let sums = members.iter().map(|members| Sums::over(graph, members)).collect();
        Self { part, members, sums }
    }

    pub(super) fn parts(&self) -> usize {
        self.members.len()
    }

    /// Cost of all parts and borders: what different numbers of grids are compared by.
    pub(super) fn cost(&self, graph: &Graph, limits: &Limits) -> f64 {
        let both: f64 = (0..graph.len() as u32)
            .flat_map(|node| graph.around(node).iter().map(move |link| (node, link)))
            .filter(|(node, link)| self.part[*node as usize] != self.part[link.0 as usize])
            .map(|(_, link)| link.1)
            .sum();
        let own =
            (0..self.parts()).map(|part| limits.cost(&self.sums[part], self.reach(graph, limits, part)));
        own.sum::<f64>() + both / 2.0 * limits.border_cost(graph, self.parts())
    }

    /// Way from a part's centre to its farthest unit in m; 0 where no way can be too long.
    pub(super) fn reach(&self, graph: &Graph, limits: &Limits, part: usize) -> f64 {
        if limits.reach_max_m.is_finite() { reach_m(graph, &self.members[part]) } else { 0.0 }
    }

    pub(super) fn is_bad(&self, graph: &Graph, limits: &Limits, part: usize) -> bool {
        limits.breaks_a_limit(&self.sums[part], self.reach(graph, limits, part))
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
}
