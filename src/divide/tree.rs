//! Cutting a random spanning tree in two.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng;

use super::{graph::Graph, objective::Sums};

/// One side of a cut.
pub(super) struct Cut {
    pub side: Vec<u32>,
    pub cost: f64,
}

/// What a candidate cut looks like to the one who judges it.
pub(super) struct Sides {
    pub one: Sums,
    pub two: Sums,
    pub one_count: usize,
    pub two_count: usize,
    /// Length of the border between the two sides.
    pub border_m: f64,
}

/// Buffers that are kept from cut to cut.
pub(super) struct Scratch {
    /// Place among the nodes in hand, or `u32::MAX`.
    place: Vec<u32>,
}

impl Scratch {
    pub(super) fn new(graph: &Graph) -> Self {
        Self { place: vec![u32::MAX; graph.len()] }
    }
}

/// Draws a spanning tree of `nodes` and returns its cheapest cut; each side of it is connected. The
/// border is exact for every cut: an edge adds its length to its ends and takes it away twice where
/// their ways to the root meet, so a sum over a subtree is the length that leaves it.
///
/// None for fewer than two nodes, and when they aren't connected.
pub(super) fn best_cut(
    graph: &Graph,
    nodes: &[u32],
    rng: &mut Pcg64Mcg,
    scratch: &mut Scratch,
    cost: impl Fn(&Sides) -> f64,
) -> Option<Cut> {
    let count = nodes.len();
    for (place, node) in (0u32..).zip(nodes) {
        scratch.place[*node as usize] = place;
    }
    let mut edges: Vec<(u32, u32, u32, f64)> = Vec::with_capacity(count * 3);
    for (place, node) in (0u32..).zip(nodes) {
        for &(other, length) in graph.around(*node) {
            let other = scratch.place[other as usize];
            if other != u32::MAX && place < other {
                edges.push((rng.next_u32(), place, other, length));
            }
        }
    }
    for node in nodes {
        scratch.place[*node as usize] = u32::MAX;
    }
    edges.sort_unstable_by_key(|edge| (edge.0, edge.1, edge.2));
    let (order, parent, depth) = span(count, &edges)?;

    let mut sums: Vec<Sums> = nodes.iter().map(|node| Sums::of(&graph.nodes[*node as usize])).collect();
    let mut counts = vec![1usize; count];
    let mut border = vec![0.0; count];
    for &(_, a, b, length) in &edges {
        border[a as usize] += length;
        border[b as usize] += length;
        border[meeting(a, b, &parent, &depth) as usize] -= 2.0 * length;
    }
    for &node in order.iter().skip(1).rev() {
        let up = parent[node as usize] as usize;
        let node = node as usize;
        sums[up] = sums[up].plus(&sums[node]);
        counts[up] += counts[node];
        border[up] += border[node];
    }
    let total = sums[0];
    let judged = order.iter().skip(1).map(|node| {
        let index = *node as usize;
        let sides = Sides {
            one: sums[index],
            two: total.minus(&sums[index]),
            one_count: counts[index],
            two_count: count - counts[index],
            border_m: border[index],
        };
        (*node, cost(&sides))
    });
    let (top, cost) = judged.min_by(|a, b| a.1.total_cmp(&b.1))?;
    let mut below = vec![false; count];
    below[top as usize] = true;
    for &node in order.iter().skip(1) {
        below[node as usize] |= below[parent[node as usize] as usize];
    }
    let side = nodes.iter().zip(&below).filter(|(_, below)| **below).map(|(node, _)| *node).collect();
    Some(Cut { side, cost })
}

/// Kruskal's tree, walked from node 0: order of the walk, parents and depths.
fn span(count: usize, edges: &[(u32, u32, u32, f64)]) -> Option<(Vec<u32>, Vec<u32>, Vec<u32>)> {
    let mut root: Vec<u32> = (0..count as u32).collect();
    let mut chosen = Vec::with_capacity(count);
    let mut degree = vec![0u32; count + 1];
    for &(_, a, b, _) in edges {
        let (from, to) = (top_of(&mut root, a), top_of(&mut root, b));
        if from != to {
            root[from as usize] = to;
            chosen.push((a, b));
            degree[a as usize + 1] += 1;
            degree[b as usize + 1] += 1;
        }
    }
    if count < 2 || chosen.len() + 1 != count {
        return None;
    }
    for index in 1..=count {
        degree[index] += degree[index - 1];
    }
    let (offsets, mut free) = (degree.clone(), degree);
    let mut links = vec![0u32; chosen.len() * 2];
    for (a, b) in chosen {
        for (from, to) in [(a, b), (b, a)] {
            links[free[from as usize] as usize] = to;
            free[from as usize] += 1;
        }
    }
    let (mut parent, mut depth) = (vec![0u32; count], vec![0u32; count]);
    let mut order = Vec::with_capacity(count);
    order.push(0u32);
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        next += 1;
        for &other in &links[offsets[node as usize] as usize..offsets[node as usize + 1] as usize] {
            if other != parent[node as usize] {
                parent[other as usize] = node;
                depth[other as usize] = depth[node as usize] + 1;
                order.push(other);
            }
        }
    }
    Some((order, parent, depth))
}

fn top_of(root: &mut [u32], mut node: u32) -> u32 {
    while root[node as usize] != node {
        root[node as usize] = root[root[node as usize] as usize];
        node = root[node as usize];
    }
    node
}

fn meeting(mut a: u32, mut b: u32, parent: &[u32], depth: &[u32]) -> u32 {
    while a != b {
        if depth[a as usize] < depth[b as usize] {
            std::mem::swap(&mut a, &mut b);
        }
        a = parent[a as usize];
    }
    a
}
