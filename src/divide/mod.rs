//! ENGINE: divides one village into grids. Imports `domain` and `geo` only; no IO, clock or
//! randomness of its own: the seed is a parameter and the same input gives the same answer.
//!
//! ## Method
//!
//! The units of a village are a graph: a unit knows its households, people, area and centre, an edge
//! the length of the common border. Grids are a partition of the graph into connected parts.
//!
//! 1. `graph`: components. A village in pieces gets grids for each piece.
//! 2. `count`: which numbers of grids to try: those that can be in the band by arithmetic, nearest
//!    to the target first, then more where area or travel demand it.
//! 3. `solver`: the search for one connected piece and number of grids, given as a `task::Task`: a start by
//!    cutting in two again and again, annealed sweeps in which single units move over a border, mending of
//!    what is still off; a tiny graph is enumerated. No move leaves a part in pieces or empty.
//! 4. `reasons`: every limit that a grid doesn't keep gets a named reason that is true of it.
//!
//! Better means, in this order: the area and travel limits; as many grids as possible in the band of
//! households and under the people limit, and by little where not; then close to the mean with short
//! borders and round shapes, weighed together (`solver/rules.rs`; numbers of grids are compared by
//! `objective`). `docs/engine.md` has the weights, the sources, what it costs and how it measures up.

mod ceilings;
mod count;
mod givens;
mod graph;
mod number;
mod objective;
mod partition;
mod reasons;
mod solve;
mod solver;
pub mod task;
#[cfg(test)]
mod tests;
mod village;
mod weights;

pub use crate::geo::adjacency::Edge;
pub use ceilings::{CeilingTooLow, Claim, share_out};
pub use givens::{
    Fixed, Standing, VillageGivens, divide_given, judge, least_grids, pieces_of, resolve, soften,
};
pub use number::{PreviousGrid, number};
pub use objective::DETOUR;
pub use reasons::PartReason;
pub use solve::{divide_village, travel_min};
pub use solver::{Unsolved, Watch, solve as solve_task};
pub use task::Effort;
pub use village::{EngineUnit, VillageInput};
pub use weights::{GraphParts, GraphWish, divide_graph};

/// The answer for one village.
#[derive(Debug, Clone, PartialEq)]
pub struct Division {
    /// For each unit, in the order of the input, its grid: 0 to k − 1.
    pub parts: Vec<u32>,
    /// Why limits aren't kept, sorted by part; a reason without a part is about the village.
    pub reasons: Vec<PartReason>,
}

impl Division {
    /// Number of grids.
    pub fn count(&self) -> u32 {
        self.parts.iter().max().map_or(0, |last| last + 1)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DivideError {
    #[error("the village has no units: cut it into cells or import its compounds first")]
    NoUnits,
    #[error("units of {0} and {1} stand in one input: divide one village at a time")]
    SeveralVillages(String, String),
    #[error("edge {a}–{b} names a unit that isn't there: units are numbered from 0 to {last}")]
    UnknownUnit { a: u32, b: u32, last: u32 },
    #[error("{parts} parts can't be made from {units} units: ask for at most {units}, and at least 1")]
    TooManyParts { parts: u32, units: u32 },
    #[error(
        "the graph falls into {pieces} pieces, more than the {parts} parts asked for: add the missing edges or ask for more parts"
    )]
    InPieces { pieces: u32, parts: u32 },
    #[error("the target must be above 0 and the tolerance from 0 to 1")]
    BadTarget,
    #[error("the village would need more than the 999 grids that its codes allow: use a larger target")]
    TooManyGrids,
    #[error("{parts} grids can't be made of these units, pieces and given grids: choose another number")]
    NotThatMany { parts: u32 },
    #[error(
        "units that are to be kept apart can't be with this number of grids: drop a separation or the number"
    )]
    NotApart,
    #[error("the division was cancelled")]
    Cancelled,
}
