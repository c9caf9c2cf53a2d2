//! ENGINE: who looks after which grid. Imports `domain` and `geo` only; no IO, clock or randomness of its
//! own: the same input gives the same answer. [`propose`] answers the wider question of who should change.
//!
//! A worker can hold as many grids as their capacity says; a grid that needs a language can be held only by
//! a worker who speaks it. Asked for is the assignment that fills as many grids as possible and, of those,
//! the one with the least total distance from the workers' homes.
//!
//! ## Method
//!
//! 1. `near`: for each grid the nearest workers who may hold it, found in a tree of points on the sphere.
//! 2. `flow`: the exact answer over those pairs, as a minimum-cost flow. Free grids bid for workers: one
//!    who is asked by more grids than they can hold lets go the one with the best alternative, and their
//!    price rises to what that one would have paid (the augmenting row reduction of Jonker and Volgenant,
//!    1987, carried over to capacities). The few grids that are still free come in along shortest paths in
//!    reduced costs (Edmonds and Karp, 1972; Tomizawa, 1971). A grid may also stay empty, at a price above
//!    that of any chain of exchanges: so as many as possible are filled, whatever it costs.
//! 3. The prices prove the answer over **all** pairs, not only the near ones: a pair that was left out
//!    could help only if its distance plus the worker's price were less than what the grid pays now. Such
//!    pairs are looked for in a tree of places and prices, the best of them are added, and the flow is
//!    solved again until there are none. So the number of candidates decides how long it takes, never how
//!    good the answer is.
//!
//! Lengths are whole millimetres on the sphere: sums are exact, and the answer doesn't depend on the order
//! of additions. Cost for n grids with k candidates each: O(n k log n) for the tree and the bidding; one
//! path is O(m log n) at worst for m pairs, and in practice stays in the neighbourhood of its grid.

#[cfg(test)]
mod exact_tests;
mod flow;
mod near;
mod propose;
#[cfg(test)]
mod propose_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use propose::{Person, Spot, Weighing, propose, way};

/// Somebody who can look after grids.
#[derive(Debug, Clone, PartialEq)]
pub struct Worker {
    /// Longitude and latitude of the home point in degrees.
    pub home: (f64, f64),
    /// How many grids they can hold.
    pub capacity: u32,
    /// Language codes, such as `mn` and `zh`.
    pub languages: BTreeSet<String>,
}

/// A grid that needs a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Longitude and latitude in degrees.
    pub at: (f64, f64),
    /// The language that its worker must speak.
    pub language: Option<String>,
}

/// Who holds what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// For each grid, in the order of the input, its worker and the way from their home in mm; none where it
    /// stays empty.
    pub held: Vec<Option<(u32, u64)>>,
}

impl Assignment {
    /// Grids with a worker.
    pub fn filled(&self) -> usize {
        self.held.iter().flatten().count()
    }

    /// The sum of all ways, in km.
    #[expect(clippy::cast_precision_loss, reason = "for a person to read")]
    pub fn total_km(&self) -> f64 {
        self.held.iter().flatten().map(|held| held.1).sum::<u64>() as f64 / 1e6
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssignError {
    #[error("{0} {1} is not on the earth: write longitude from -180 to 180 and latitude from -90 to 90")]
    NotOnEarth(&'static str, usize),
    #[error("more than {0} workers, grids or pairs of them can't be assigned at once: take a smaller area")]
    TooMany(usize),
    #[error(
        "grid {0} names a worker who isn't there, or twice, or at a cost above {COST_MAX}: check its pairs"
    )]
    Pair(usize),
    #[error("the assignment was cancelled")]
    Cancelled,
}

/// The most workers, and the most grids, in one call.
pub const MOST: usize = 1_000_000;

fn on_earth(at: (f64, f64)) -> bool {
    (-180.0..=180.0).contains(&at.0) && (-90.0..=90.0).contains(&at.1)
}

/// Fills as many grids as possible, at the least total distance. `candidates` is how many of its nearest
/// workers a grid is first offered (at least 1): the number filled and the total don't depend on it. Of
/// several equally good answers the same input gives the same one every time.
///
/// # Errors
/// For a point that isn't on the earth, for more than [`MOST`] workers or grids, and when `cancel` said so.
pub fn assign(
    workers: &[Worker],
    places: &[Place],
    candidates: usize,
    cancel: &dyn Fn() -> bool,
) -> Result<Assignment, AssignError> {
    check(workers, places)?;
    let near = near::Near::new(workers, places);
    let mut pairs: Vec<Vec<(u32, i64)>> =
        (0..places.len()).map(|place| near.nearest(place, candidates.max(1))).collect();
    let capacities: Vec<u32> = workers.iter().map(|worker| worker.capacity).collect();
    loop {
        let solved = flow::solve(&pairs, &capacities, near.longest_mm(), cancel)?;
        let priced = near.priced(&solved.prices);
        let mut added = false;
        for (place, known) in pairs.iter_mut().enumerate() {
            let better = priced.below(place, solved.pays[place], known);
            added |= !better.is_empty();
            known.extend(better.into_iter().take(candidates.max(8)));
        }
        if !added {
            return Ok(told(&pairs, &solved));
        }
    }
}

/// For each grid the `count` nearest workers who may hold it, with the way in mm: the nearest first.
///
/// # Errors
/// For a point that isn't on the earth and for more than [`MOST`] workers or grids.
pub fn candidates(workers: &[Worker], places: &[Place], count: usize) -> Result<Vec<Pairs>, AssignError> {
    check(workers, places)?;
    let near = near::Near::new(workers, places);
    let told = |(worker, way): (u32, i64)| (worker, way.unsigned_abs());
    Ok((0..places.len()).map(|place| near.nearest(place, count).into_iter().map(told).collect()).collect())
}

/// Workers who may hold a grid, each once, and what it costs: mm, or anything else that adds up.
pub type Pairs = Vec<(u32, u64)>;

/// The most that one pair may cost: beyond it sums might not be exact.
pub const COST_MAX: u64 = 1 << 40;

/// Fills as many grids as possible at the least total cost, over given pairs only: for costs that are not just
/// the way from home. `capacities` are the workers'.
///
/// # Errors
/// For a pair with a worker who isn't there or is there twice, a cost above [`COST_MAX`], more than [`MOST`]
/// workers or grids, and when `cancel` said so.
pub fn assign_pairs(
    pairs: &[Pairs],
    capacities: &[u32],
    cancel: &dyn Fn() -> bool,
) -> Result<Assignment, AssignError> {
    if capacities.len() > MOST || pairs.len() > MOST {
        return Err(AssignError::TooMany(MOST));
    }
    let mut last = vec![usize::MAX; capacities.len()];
    let mut taken: Vec<Vec<(u32, i64)>> = Vec::with_capacity(pairs.len());
    let mut longest = 0;
    for (grid, offers) in pairs.iter().enumerate() {
        let mut row = Vec::with_capacity(offers.len());
        for &(worker, cost) in offers {
            let known = last.get_mut(worker as usize).ok_or(AssignError::Pair(grid + 1))?;
            if std::mem::replace(known, grid) == grid || cost > COST_MAX {
                return Err(AssignError::Pair(grid + 1));
            }
            longest = longest.max(cost);
            if capacities[worker as usize] > 0 {
                row.push((worker, cost.cast_signed()));
            }
        }
        taken.push(row);
    }
    let solved = flow::solve(&taken, capacities, longest.cast_signed(), cancel)?;
    Ok(told(&taken, &solved))
}

fn check(workers: &[Worker], places: &[Place]) -> Result<(), AssignError> {
    if workers.len() > MOST || places.len() > MOST {
        return Err(AssignError::TooMany(MOST));
    }
    if let Some(bad) = workers.iter().position(|worker| !on_earth(worker.home)) {
        return Err(AssignError::NotOnEarth("worker", bad + 1));
    }
    match places.iter().position(|place| !on_earth(place.at)) {
        Some(bad) => Err(AssignError::NotOnEarth("grid", bad + 1)),
        None => Ok(()),
    }
}

fn told(pairs: &[Vec<(u32, i64)>], solved: &flow::Solved) -> Assignment {
    let way = |(place, holder): (usize, &Option<u32>)| {
        let worker = (*holder)?;
        let way = pairs[place].iter().find(|pair| pair.0 == worker)?.1;
        Some((worker, way.unsigned_abs()))
    };
    Assignment { held: solved.holder.iter().enumerate().map(way).collect() }
}
