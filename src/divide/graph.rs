//! Units and edges as a compact graph.

use super::{DivideError, Edge, EngineUnit};

/// A unit's figures; sums of them stay exact, being far below 2⁵³.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Node {
    pub households: f64,
    pub people: f64,
    pub area_m2: f64,
    /// Metres east and north of the village's middle.
    pub at: Option<[f64; 2]>,
}

/// Neighbours in one array, a slice for each node.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    pub nodes: Vec<Node>,
    offsets: Vec<u32>,
    links: Vec<(u32, f64)>,
    mean_border: f64,
}

/// Metres of one degree of latitude.
const M_PER_DEG: f64 = 111_195.08;

impl Graph {
    pub(super) fn new(nodes: Vec<Node>, edges: &[Edge]) -> Result<Self, DivideError> {
        let last = nodes.len().saturating_sub(1) as u32;
        let mut degree = vec![0u32; nodes.len() + 1];
        for edge in edges {
            if edge.a > last || edge.b > last {
                return Err(DivideError::UnknownUnit { a: edge.a, b: edge.b, last });
            }
            if edge.a != edge.b {
                degree[edge.a as usize + 1] += 1;
                degree[edge.b as usize + 1] += 1;
            }
        }
        for index in 1..degree.len() {
            degree[index] += degree[index - 1];
        }
        let (offsets, mut free) = (degree.clone(), degree);
        let mut links = vec![(0, 0.0); offsets.last().copied().unwrap_or(0) as usize];
        for edge in edges.iter().filter(|edge| edge.a != edge.b) {
            let length = if edge.length_m.is_finite() { edge.length_m.max(0.0) } else { 0.0 };
            for (from, to) in [(edge.a, edge.b), (edge.b, edge.a)] {
                links[free[from as usize] as usize] = (to, length);
                free[from as usize] += 1;
            }
        }
        let mean_border = mean(&links);
        Ok(Self { nodes, offsets, links, mean_border })
    }

    pub(super) fn of_units(units: &[EngineUnit], edges: &[Edge]) -> Result<Self, DivideError> {
        let centres: Vec<(f64, f64)> = units.iter().filter_map(|unit| unit.centre).collect();
        let count = centres.len().max(1) as f64;
        let middle = (
            centres.iter().map(|centre| centre.0).sum::<f64>() / count,
            centres.iter().map(|centre| centre.1).sum::<f64>() / count,
        );
        let scale = M_PER_DEG * middle.1.to_radians().cos();
        let node = |unit: &EngineUnit| Node {
            households: f64::from(unit.households),
            people: f64::from(unit.people),
            area_m2: if unit.area_m2.is_finite() { unit.area_m2.max(0.0) } else { 0.0 },
            at: unit.centre.map(|(lon, lat)| [(lon - middle.0) * scale, (lat - middle.1) * M_PER_DEG]),
        };
        Self::new(units.iter().map(node).collect(), edges)
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Neighbours of a node and the length of each border.
    pub(super) fn around(&self, node: u32) -> &[(u32, f64)] {
        &self.links[self.offsets[node as usize] as usize..self.offsets[node as usize + 1] as usize]
    }

    pub(super) fn mean_border(&self) -> f64 {
        self.mean_border
    }

    /// Diagonal of the rectangle around all centres in m; 0 where they aren't known.
    pub(super) fn diagonal_m(&self) -> f64 {
        let places = || self.nodes.iter().filter_map(|node| node.at);
        let span = |axis: usize| {
            let (low, high) = places()
                .fold((f64::MAX, f64::MIN), |(low, high), at| (low.min(at[axis]), high.max(at[axis])));
            (high - low).max(0.0)
        };
        span(0).hypot(span(1))
    }

    pub(super) fn households(&self) -> f64 {
        self.nodes.iter().map(|node| node.households).sum()
    }

    /// The connected components, each sorted, in order of their first node.
    pub(super) fn components(&self) -> Vec<Vec<u32>> {
        let mut seen = vec![false; self.len()];
        let mut components = Vec::new();
        for start in 0..self.len() as u32 {
            if seen[start as usize] {
                continue;
            }
            seen[start as usize] = true;
            let mut component = vec![start];
            let mut next = 0;
            while let Some(&node) = component.get(next) {
                next += 1;
                for &(other, _) in self.around(node) {
                    if !std::mem::replace(&mut seen[other as usize], true) {
                        component.push(other);
                    }
                }
            }
            component.sort_unstable();
            components.push(component);
        }
        components
    }

    /// The graph of some nodes, numbered anew in their order.
    pub(super) fn part(&self, nodes: &[u32]) -> Self {
        let mut place = vec![u32::MAX; self.len()];
        for (index, node) in nodes.iter().enumerate() {
            place[*node as usize] = index as u32;
        }
        let (mut offsets, mut links) = (vec![0], Vec::new());
        for node in nodes {
            let inner = self.around(*node).iter().filter(|(other, _)| place[*other as usize] != u32::MAX);
            links.extend(inner.map(|(other, length)| (place[*other as usize], *length)));
            offsets.push(links.len() as u32);
        }
        let mean_border = mean(&links);
        let nodes = nodes.iter().map(|node| self.nodes[*node as usize]).collect();
        Self { nodes, offsets, links, mean_border }
    }
}

fn mean(links: &[(u32, f64)]) -> f64 {
    let sum: f64 = links.iter().map(|link| link.1).sum();
    if sum > 0.0 { sum / links.len() as f64 } else { 1.0 }
}
