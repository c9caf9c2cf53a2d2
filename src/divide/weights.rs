//! A graph of weights without coordinates: the form in which files come.

use super::{
    DivideError, Edge,
    count::candidates,
    graph::{Graph, Node},
    objective::Limits,
    solve::{mix, solve},
};

/// How many parts a graph is cut into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GraphParts {
    /// So many.
    Count(u32),
    /// As many as bring each near this weight.
    Target(f64),
}

/// Divides a graph without coordinates: for each node its part, from 0. Parts are connected, and weigh
/// within `tolerance` (0.05 is 5 %) of the mean, or of the target, where the graph allows it. `edges`
/// carry the length of the common border, 1 where it isn't known.
///
/// # Errors
/// Without nodes; with an edge to a node that isn't there; for a target or tolerance out of range; when
/// more parts than nodes are asked for, or fewer than the graph has pieces; when `cancel` said so.
pub fn divide_graph(
    weights: &[f64],
    edges: &[Edge],
    parts: GraphParts,
    tolerance: f64,
    seed: u64,
    cancel: &dyn Fn() -> bool,
) -> Result<Vec<u32>, DivideError> {
    if weights.is_empty() {
        return Err(DivideError::NoUnits);
    }
    let weight = |weight: &f64| if weight.is_finite() { weight.max(0.0) } else { 0.0 };
    let nodes = weights.iter().map(|w| Node { households: weight(w), ..Node::default() }).collect();
    let graph = Graph::new(nodes, edges)?;
    let components = graph.components();
    let units = graph.len() as u32;
    let target = match parts {
        GraphParts::Count(parts) if parts == 0 || parts > units => {
            return Err(DivideError::TooManyParts { parts, units });
        }
        GraphParts::Count(parts) if components.len() > parts as usize => {
            return Err(DivideError::InPieces { pieces: components.len() as u32, parts });
        }
        GraphParts::Count(parts) => graph.households() / f64::from(parts),
        GraphParts::Target(target) if target <= 0.0 => return Err(DivideError::BadTarget),
        GraphParts::Target(target) => target,
    };
    if !(target >= 0.0 && target.is_finite() && (0.0..=1.0).contains(&tolerance)) {
        return Err(DivideError::BadTarget);
    }
    let target = if target > 0.0 { target } else { 1.0 };
    let limits = Limits::of_band(target * (1.0 - tolerance), target, target * (1.0 + tolerance));
    let pieces: Vec<Graph> = components.iter().map(|component| graph.part(component)).collect();
    let counts: Vec<Vec<usize>> = match parts {
        GraphParts::Count(parts) => {
            shares(&pieces, parts as usize).into_iter().map(|count| vec![count]).collect()
        }
        GraphParts::Target(_) => pieces.iter().map(|piece| candidates(piece, &limits)).collect(),
    };
    let mut answer = vec![0; weights.len()];
    let mut count = 0;
    for (index, ((component, piece), counts)) in (0u64..).zip(components.iter().zip(&pieces).zip(&counts)) {
        let found = solve(piece, &limits, counts, mix(seed, index), cancel)?;
        for (place, node) in component.iter().enumerate() {
            answer[*node as usize] = count + found.part[place];
        }
        count += found.parts() as u32;
    }
    Ok(answer)
}

/// Gives each piece one part, then the next part to the piece whose parts are the heaviest.
fn shares(pieces: &[Graph], parts: usize) -> Vec<usize> {
    let mut counts = vec![1; pieces.len()];
    for _ in pieces.len()..parts {
        let load = |index: &usize| pieces[*index].households() / counts[*index] as f64;
        let open = (0..pieces.len()).filter(|index| counts[*index] < pieces[*index].len());
        if let Some(next) = open.max_by(|a, b| load(a).total_cmp(&load(b)).then(b.cmp(a))) {
            counts[next] += 1;
        }
    }
    counts
}

#[cfg(test)]
#[path = "weights_tests.rs"]
mod tests;
