//! A graph of weights: the form in which files come.

use super::{
    DivideError, Edge,
    count::{Load, candidates},
    objective::Limits,
    solver::{self, Link, Unsolved, Watch, mix},
    task::{Effort, Shapes, Task},
};

/// How many parts a graph is cut into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GraphParts {
    /// So many.
    Count(u32),
    /// As many as bring each near this weight.
    Target(f64),
}

/// How a graph is divided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GraphWish<'a> {
    pub parts: GraphParts,
    /// How far from the mean, or from the target, a part may be: 0.05 is 5 %.
    pub tolerance: f64,
    pub effort: Effort,
    /// Whether it is one of many: then a small one gets no more than its share of time.
    pub of_many: bool,
    pub seed: u64,
    /// Where nodes lie, in any plane measure: not needed, but a start along a direction is a better one.
    pub places: Option<&'a [(f64, f64)]>,
}

/// Below so many nodes, what counts is the border's length alone, and more than one search is made.
const SMALL: usize = 600;

/// Divides a graph: for each node its part, from 0. Parts are connected, and weigh within the tolerance of
/// the mean, or of the target, where the graph allows it. `edges` carry the length of the common border, 1
/// where it isn't known; of two edges between the same nodes both count.
///
/// # Errors
/// Without nodes; with an edge to a node that isn't there; for a target or tolerance out of range; when
/// more parts than nodes are asked for, or fewer than the graph has pieces; when `cancel` said so.
pub fn divide_graph(
    weights: &[f64],
    edges: &[Edge],
    wish: &GraphWish<'_>,
    cancel: &dyn Fn() -> bool,
) -> Result<Vec<u32>, DivideError> {
    if weights.is_empty() {
        return Err(DivideError::NoUnits);
    }
    let units = weights.len() as u32;
    if let Some(edge) = edges.iter().find(|edge| edge.a >= units || edge.b >= units) {
        return Err(DivideError::UnknownUnit { a: edge.a, b: edge.b, last: units - 1 });
    }
    let good = |weight: f64| if weight.is_finite() { weight.max(0.0) } else { 0.0 };
    let all: f64 = weights.iter().copied().map(good).sum();
    let (home, pieces) = pieces(units, edges);
    let target = match wish.parts {
        GraphParts::Count(parts) if parts == 0 || parts > units => {
            return Err(DivideError::TooManyParts { parts, units });
        }
        GraphParts::Count(parts) if pieces.len() > parts as usize => {
            return Err(DivideError::InPieces { pieces: pieces.len() as u32, parts });
        }
        GraphParts::Count(parts) => all / f64::from(parts),
        GraphParts::Target(target) if target <= 0.0 => return Err(DivideError::BadTarget),
        GraphParts::Target(target) => target,
    };
    if !(target >= 0.0 && target.is_finite() && (0.0..=1.0).contains(&wish.tolerance)) {
        return Err(DivideError::BadTarget);
    }
    let target = if target > 0.0 { target } else { 1.0 };
    let limits = Limits::of_band(target * (1.0 - wish.tolerance), target, target * (1.0 + wish.tolerance));
    let loads: Vec<Load> = pieces
        .iter()
        .map(|piece| Load::of(piece.iter().map(|node| good(weights[*node as usize])), &limits))
        .collect();
    let counts: Vec<Vec<usize>> = match wish.parts {
        GraphParts::Count(parts) => {
            shares(&loads, parts as usize).into_iter().map(|count| vec![count]).collect()
        }
        GraphParts::Target(_) => loads.iter().map(|load| candidates(load, &limits)).collect(),
    };
    let mut place = vec![0u32; weights.len()];
    for piece in &pieces {
        for (at, node) in (0u32..).zip(piece) {
            place[*node as usize] = at;
        }
    }
    let mut links: Vec<Vec<Link>> = vec![Vec::new(); pieces.len()];
    for edge in edges {
        let (a, b) = (place[edge.a as usize], place[edge.b as usize]);
        links[home[edge.a as usize] as usize].push(Link { a, b, length: edge.length_m as f32 });
    }
    drop(place);
    let mut answer = vec![0; weights.len()];
    let mut first = 0;
    for (index, (((piece, links), counts), load)) in
        (0u64..).zip(pieces.iter().zip(links).zip(&counts).zip(&loads))
    {
        let weights: Vec<f64> = piece.iter().map(|node| good(weights[*node as usize])).collect();
        let places: Option<Vec<[f32; 2]>> = wish.places.map(|at| {
            let at = piece.iter().map(|node| at[*node as usize]);
            at.map(|(x, y)| [x as f32, y as f32]).collect()
        });
        let places = places.filter(|at| at.iter().flatten().all(|value| value.is_finite()));
        let piece_of = Piece { weights: &weights, links: &links, places: places.as_deref(), load, target };
        let (found, count) = piece_of.best(counts, wish, mix(wish.seed, index), cancel)?;
        for (part, node) in found.iter().zip(piece) {
            answer[*node as usize] = first + part;
        }
        first += count;
    }
    Ok(answer)
}

/// A connected piece of the graph.
struct Piece<'a> {
    weights: &'a [f64],
    links: &'a [Link],
    places: Option<&'a [[f32; 2]]>,
    load: &'a Load,
    target: f64,
}

impl Piece<'_> {
    /// The first number of parts with which all are within the tolerance; without one, that with the
    /// fewest out of it.
    fn best(
        &self,
        counts: &[usize],
        wish: &GraphWish<'_>,
        seed: u64,
        cancel: &dyn Fn() -> bool,
    ) -> Result<(Vec<u32>, u32), DivideError> {
        let mut best: Option<(u32, Vec<u32>, u32)> = None;
        for count in counts {
            let count = *count as u32;
            let answer = self.solve(count, wish, mix(seed, u64::from(count)), cancel)?;
            if best.as_ref().is_none_or(|(least, ..)| answer.off < *least) {
                best = Some((answer.off, answer.parts, count));
            }
            if best.as_ref().is_some_and(|(off, ..)| *off == 0) {
                break;
            }
        }
        best.map(|(_, parts, count)| (parts, count)).ok_or(DivideError::NoUnits)
    }

    fn solve(
        &self,
        parts: u32,
        wish: &GraphWish<'_>,
        seed: u64,
        cancel: &dyn Fn() -> bool,
    ) -> Result<super::task::Answer, DivideError> {
        let units = self.weights.len();
        let small = units <= SMALL && !wish.of_many;
        let work = match (small, wish.of_many) {
            (true, _) => wish.effort.small_work(),
            (false, true) => wish.effort.village_work(units),
            (false, false) => wish.effort.work(),
        };
        let fixed = vec![self.target; parts as usize];
        let task = Task {
            places: self.places,
            shapes: if small { Shapes::Ignored } else { Shapes::Alike },
            // A given number of parts is to be even whatever it comes to; a target is a target.
            targets: matches!(wish.parts, GraphParts::Target(_)).then_some(&fixed),
            tolerance: wish.tolerance,
            work,
            seed,
            ..Task::new(self.weights, self.links, parts)
        };
        solver::solve(&task, &Watch { cancel, progress: &|_| () }).map_err(|error| match error {
            Unsolved::Cancelled => DivideError::Cancelled,
            Unsolved::Parts => DivideError::TooManyParts { parts, units: self.load.units as u32 },
            Unsolved::InPieces => DivideError::InPieces { pieces: 2, parts },
        })
    }
}

/// For each node its piece, and each piece's nodes.
fn pieces(units: u32, edges: &[Edge]) -> (Vec<u32>, Vec<Vec<u32>>) {
    let mut root: Vec<u32> = (0..units).collect();
    let top = |root: &mut Vec<u32>, mut node: u32| {
        while root[node as usize] != node {
            root[node as usize] = root[root[node as usize] as usize];
            node = root[node as usize];
        }
        node
    };
    for edge in edges {
        let (a, b) = (top(&mut root, edge.a), top(&mut root, edge.b));
        root[a.max(b) as usize] = a.min(b);
    }
    // The least node of a piece is its root, and comes first.
    let mut pieces: Vec<Vec<u32>> = Vec::new();
    let mut home = vec![0; units as usize];
    for node in 0..units {
        let first = top(&mut root, node);
        if first == node {
            home[node as usize] = pieces.len() as u32;
            pieces.push(Vec::new());
        } else {
            home[node as usize] = home[first as usize];
        }
        pieces[home[node as usize] as usize].push(node);
    }
    (home, pieces)
}

/// Gives each piece one part, then the next part to the piece whose parts are the heaviest.
fn shares(pieces: &[Load], parts: usize) -> Vec<usize> {
    let mut counts = vec![1; pieces.len()];
    if let [only] = counts.as_mut_slice() {
        *only = parts;
        return counts;
    }
    for _ in pieces.len()..parts {
        let load = |index: &usize| pieces[*index].households / counts[*index] as f64;
        let open = (0..pieces.len()).filter(|index| counts[*index] < pieces[*index].units);
        if let Some(next) = open.max_by(|a, b| load(a).total_cmp(&load(b)).then(b.cmp(a))) {
            counts[next] += 1;
        }
    }
    counts
}

#[cfg(test)]
#[path = "weights_tests.rs"]
mod tests;
