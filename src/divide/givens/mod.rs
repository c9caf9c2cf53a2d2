//! Dividing a village around what is given: locked and dedicated grids, tied and separated units, a fixed
//! number of grids, the grids of an earlier plan.
//!
//! All of it is preparation and finishing, so that the engine needs to know nothing of it: units of given
//! grids are taken out, tied units become one, the rest is divided, the answer is written back to the
//! units. Separated units are parted afterwards (`apart`), and an earlier plan is the start that is only
//! mended (`settle`).
//!
//! Cost beside the engine's, for n units, m edges and k grids: O(n + m) to take out and contract; a pass of
//! single moves O(m) and O(n/k) for each that is made.

mod apart;
mod board;
mod contract;
mod judge;
mod price;
mod resolve;
mod settle;
#[cfg(test)]
mod tests;

pub use judge::{Standing, judge};
pub use resolve::{least_grids, resolve, soften};

use super::{
    DivideError, Division, Effort, GraphParts, GraphWish, VillageInput, divide_graph, divide_village,
};
use crate::domain::{GridCode, Profile};
use board::Board;
use contract::{contract, pieces};
use price::Price;
use settle::{Run, settle, start};

/// What is given in one village, by places in [`VillageInput::units`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VillageGivens {
    /// Grids that are set: connected, no unit in two.
    pub fixed: Vec<Fixed>,
    /// Connected by themselves; either both or neither of a pair in `fixed`.
    pub together: Vec<(u32, u32)>,
    /// Never both in one group of `together` or one fixed grid.
    pub apart: Vec<(u32, u32)>,
    /// Number of grids in all, the fixed ones included.
    pub count: Option<u32>,
    /// The earlier grid of each unit, none for new units; empty to divide from nothing.
    pub previous: Vec<Option<u32>>,
}

impl VillageGivens {
    fn bind_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// A grid that is set before the rest is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    pub units: Vec<u32>,
    /// Of a locked grid.
    pub code: Option<GridCode>,
    /// Of a dedicated grid.
    pub name: Option<String>,
}

/// Divides a village around what is given. Parts 0, 1 … are the fixed grids in their order; the rest come
/// after them, each in one piece. With an earlier partition, grids go on under its labels only in so far
/// as [`super::number`] gives them their codes again.
///
/// # Errors
/// As [`divide_village`]; also when the fixed number can't be made of these units, and when units can't be
/// kept apart with it.
pub fn divide_given(
    input: &VillageInput,
    profile: &Profile,
    givens: &VillageGivens,
    seed: u64,
    cancel: &dyn Fn() -> bool,
) -> Result<Division, DivideError> {
    if givens.bind_nothing() {
        return divide_village(input, profile, seed, cancel);
    }
    if input.units.is_empty() {
        return Err(DivideError::NoUnits);
    }
    let mut out = vec![false; input.units.len()];
    let mut parts = vec![0; input.units.len()];
    for (part, fixed) in (0u32..).zip(&givens.fixed) {
        for unit in &fixed.units {
            out[*unit as usize] = true;
            parts[*unit as usize] = part;
        }
    }
    let small = contract(input, &out, &givens.together);
    let first = givens.fixed.len() as u32;
    let count = match givens.count {
        Some(count) => Some(rest_count(&small.input, count, first)?),
        None => None,
    };
    if !small.input.units.is_empty() {
        let place = |unit: u32| small.place[unit as usize];
        let apart: Vec<(u32, u32)> =
            givens.apart.iter().filter_map(|(a, b)| Some((place(*a)?, place(*b)?))).collect();
        let previous: Vec<Option<u32>> = if givens.previous.is_empty() {
            Vec::new()
        } else {
            small.members.iter().map(|group| heaviest(input, &givens.previous, group)).collect()
        };
        let run = Run { profile, apart: &apart, count, seed, cancel };
        let found = of_rest(&small.input, previous, &run)?;
        for (group, part) in small.members.iter().zip(compact(&found)) {
            for unit in group {
                parts[*unit as usize] = first + part;
            }
        }
    }
    let standing = Standing::of(givens);
    let reasons = judge(input, &parts, profile, &standing);
    let division = Division { parts, reasons };
    if division.count() > 999 { Err(DivideError::TooManyGrids) } else { Ok(division) }
}

fn of_rest(input: &VillageInput, previous: Vec<Option<u32>>, run: &Run<'_>) -> Result<Vec<u32>, DivideError> {
    let households: f64 = input.units.iter().map(|unit| f64::from(unit.households)).sum();
    let mean = run.count.map(|count| households / f64::from(count.max(1)));
    let price = Price::of(run.profile, mean);
    let from_before = previous.iter().any(Option::is_some) && run.profile.weights.stability > 0.0;
    if !from_before {
        return anew(input, price, run);
    }
    let part = start(input, &previous);
    let mut board = Board::new(input, price, run.apart, previous, part);
    settle(input, &mut board, run)?;
    parted(board)
}

/// From nothing, the better of a few tries where one is nearly free.
fn anew(input: &VillageInput, price: Price, run: &Run<'_>) -> Result<Vec<u32>, DivideError> {
    // Ties are in the graph already: the engine's answer can't be mended where nothing else is asked.
    if run.apart.is_empty() && run.count.is_none() {
        return fresh(input, run.profile, None, run.seed, run.cancel);
    }
    let small = input.units.len() <= 60 && price.can_fit(input, run.count);
    let tries: u64 = if small { 6 } else { 1 };
    let mut best: Option<(board::Score, Board<'_>)> = None;
    for attempt in 0..tries {
        let run = Run { seed: run.seed.wrapping_add(attempt.wrapping_mul(0x9e37_79b9_7f4a_7c15)), ..*run };
        let part = match (run.count, &best) {
            // Separations may want one grid more or fewer than the households do.
            (None, Some((_, board))) if attempt >= 3 => {
                let near = (board.grids().count() as u32 + attempt as u32).saturating_sub(4);
                let count = near.clamp(1, input.units.len() as u32);
                match fresh(input, run.profile, Some(count), run.seed, run.cancel) {
                    Err(DivideError::InPieces { .. }) => continue,
                    found => found?,
                }
            }
            _ => fresh(input, run.profile, run.count, run.seed, run.cancel)?,
        };
        let mut board = Board::new(input, price.clone(), run.apart, vec![None; part.len()], part);
        settle::mend(&mut board, &run)?;
        let score = board.score();
        if best.as_ref().is_none_or(|(least, _)| score.beats(least)) {
            best = Some((score, board));
        }
        if best.as_ref().is_some_and(|(score, _)| score.bad == 0 && score.together == 0) {
            break;
        }
    }
    best.map_or(Err(DivideError::NoUnits), |(_, board)| parted(board))
}

fn parted(board: Board<'_>) -> Result<Vec<u32>, DivideError> {
    if board.score().together > 0 { Err(DivideError::NotApart) } else { Ok(board.part) }
}

/// The engine on what is left, from nothing.
fn fresh(
    input: &VillageInput,
    profile: &Profile,
    count: Option<u32>,
    seed: u64,
    cancel: &dyn Fn() -> bool,
) -> Result<Vec<u32>, DivideError> {
    let Some(count) = count else {
        return Ok(divide_village(input, profile, seed, cancel)?.parts);
    };
    let weights: Vec<f64> = input.units.iter().map(|unit| f64::from(unit.households)).collect();
    // So even that all are in the band where their mean is, and no evener than units allow.
    let mean = weights.iter().sum::<f64>() / f64::from(count.max(1));
    let (min, max) = (f64::from(profile.households_min), f64::from(profile.households_max));
    let room = if mean > 0.0 { (mean - min).min(max - mean) / mean } else { 0.1 };
    let tolerance = room.clamp(0.05, 0.25);
    let wish = GraphWish {
        parts: GraphParts::Count(count),
        tolerance,
        effort: Effort::Quick,
        seed,
        places: None,
        of_many: true,
    };
    divide_graph(&weights, &input.edges, &wish, cancel)
}

/// In how many pieces the units lie for which `inside` is true.
pub fn pieces_of(input: &VillageInput, inside: impl Fn(u32) -> bool) -> u32 {
    pieces(input, inside).len() as u32
}

/// How many grids are left for the rest.
fn rest_count(rest: &VillageInput, count: u32, fixed: u32) -> Result<u32, DivideError> {
    let (least, most) = (pieces(rest, |_| true).len() as u32, rest.units.len() as u32);
    match count.checked_sub(fixed) {
        Some(left) if (least..=most).contains(&left) => Ok(left),
        _ => Err(DivideError::NotThatMany { parts: count }),
    }
}

/// The earlier grid that most of a group's households were in.
fn heaviest(input: &VillageInput, previous: &[Option<u32>], group: &[u32]) -> Option<u32> {
    let mut shares: std::collections::BTreeMap<u32, u64> = std::collections::BTreeMap::new();
    for unit in group {
        if let Some(grid) = previous[*unit as usize] {
            *shares.entry(grid).or_default() += u64::from(input.units[*unit as usize].households) + 1;
        }
    }
    shares.into_iter().max_by_key(|(grid, share)| (*share, std::cmp::Reverse(*grid))).map(|(grid, _)| grid)
}

/// The same partition with parts from 0 without gaps, in the order in which they first occur.
fn compact(part: &[u32]) -> Vec<u32> {
    let mut known = std::collections::BTreeMap::new();
    part.iter()
        .map(|label| {
            let next = known.len() as u32;
            *known.entry(*label).or_insert(next)
        })
        .collect()
}
