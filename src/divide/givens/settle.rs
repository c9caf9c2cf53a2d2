//! Starting from the grids that there are: as few households as possible change theirs.
//!
//! What is left of each earlier grid stays, strays and new units go to a neighbour. Then only grids out of
//! a limit are touched: by moving single units, and where that isn't enough by dividing them anew
//! together with a neighbour, with all neighbours, or with the neighbours' neighbours, each new grid taking
//! the label of the earlier one that it has the most households of. A division from nothing is kept
//! instead only where it is better with the price of change in it (`Board::score`).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{DivideError, VillageInput},
    apart::separate,
    board::Board,
    contract::{contract, pieces},
    fresh,
};
use crate::domain::Profile;

/// What stays the same in one run.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub profile: &'a Profile,
    pub apart: &'a [(u32, u32)],
    /// Number of grids, where it is fixed.
    pub count: Option<u32>,
    pub seed: u64,
    pub cancel: &'a dyn Fn() -> bool,
}

/// A first partition from the earlier one: every unit in a grid, each grid in one piece.
pub(super) fn start(input: &VillageInput, previous: &[Option<u32>]) -> Vec<u32> {
    let mut part: Vec<Option<u32>> = previous.to_vec();
    let labels: BTreeSet<u32> = previous.iter().flatten().copied().collect();
    let weight = |units: &[u32]| -> (u64, usize) {
        (units.iter().map(|unit| u64::from(input.units[*unit as usize].households)).sum(), units.len())
    };
    for label in labels {
        let found = pieces(input, |unit| previous[unit as usize] == Some(label));
        let Some(largest) = found.iter().max_by_key(|units| weight(units)).cloned() else { continue };
        for unit in found.iter().flatten().filter(|unit| largest.binary_search(unit).is_err()) {
            part[*unit as usize] = None;
        }
    }
    let mut around = vec![Vec::new(); input.units.len()];
    for edge in &input.edges {
        around[edge.a as usize].push(edge.b);
        around[edge.b as usize].push(edge.a);
    }
    let mut sums: BTreeMap<u32, u64> = BTreeMap::new();
    for (unit, label) in input.units.iter().zip(&part) {
        if let Some(label) = label {
            *sums.entry(*label).or_default() += u64::from(unit.households);
        }
    }
    // Strays join the lightest grid beside them, the borders first.
    let mut queue: std::collections::VecDeque<u32> =
        (0..part.len() as u32).filter(|unit| part[*unit as usize].is_none()).collect();
    let mut in_vain = 0;
    while in_vain <= queue.len()
        && let Some(unit) = queue.pop_front()
    {
        let beside = around[unit as usize].iter().filter_map(|other| part[*other as usize]);
        match beside.min_by_key(|label| (sums.get(label).copied().unwrap_or(0), *label)) {
            Some(label) => {
                part[unit as usize] = Some(label);
                *sums.entry(label).or_default() += u64::from(input.units[unit as usize].households);
                in_vain = 0;
            }
            None => {
                queue.push_back(unit);
                in_vain += 1;
            }
        }
    }
    // Pieces that no earlier grid reaches.
    let unreached = pieces(input, |unit| part[unit as usize].is_none());
    for (label, piece) in (sums.keys().last().map_or(0, |last| last + 1)..).zip(unreached) {
        for unit in piece {
            part[unit as usize] = Some(label);
        }
    }
    part.into_iter().flatten().collect()
}

/// Brings a partition to a fixed number of grids: the lightest joins a neighbour, the heaviest is cut.
pub(super) fn bring_to(board: &mut Board<'_>, run: &Run<'_>) -> Result<(), DivideError> {
    let Some(count) = run.count else { return Ok(()) };
    loop {
        let mut grids: Vec<u32> = board.grids().collect();
        let held = grids.len() as u32;
        if held == count {
            return Ok(());
        }
        grids.sort_by(|a, b| board.sums(*a).households.total_cmp(&board.sums(*b).households).then(a.cmp(b)));
        let done = if held > count { join_one(board, &grids) } else { cut_one(board, &grids, run)? };
        if !done {
            return Err(DivideError::NotThatMany { parts: count });
        }
    }
}

fn join_one(board: &mut Board<'_>, lightest_first: &[u32]) -> bool {
    for grid in lightest_first {
        let around = board.neighbours(*grid);
        let lightest = around
            .into_iter()
            .filter(|other| board.may_join(*grid, *other))
            .min_by(|a, b| board.sums(*a).households.total_cmp(&board.sums(*b).households).then(a.cmp(b)));
        if let Some(other) = lightest {
            for unit in board.members[*grid as usize].clone() {
                board.shift(unit, other);
            }
            return true;
        }
    }
    false
}

fn cut_one(board: &mut Board<'_>, lightest_first: &[u32], run: &Run<'_>) -> Result<bool, DivideError> {
    let Some(grid) = lightest_first.iter().rev().find(|grid| board.members[**grid as usize].len() > 1) else {
        return Ok(false);
    };
    let two = divided(board, &[*grid], Some(2), run)?;
    board.take(two);
    Ok(true)
}

/// Mends what is out of a limit or together that shouldn't be, changing as little as it can.
pub(super) fn mend(board: &mut Board<'_>, run: &Run<'_>) -> Result<(), DivideError> {
    separate(board, run.apart, run.count.is_none());
    board.climb(Board::is_bad, run.cancel);
    // Where not even the sums fit, grids anew wouldn't either.
    let furthest = if board.price.can_fit(board.input, run.count) { 4 } else { 1 };
    for reach in 0..furthest {
        let bad: Vec<u32> = board.grids().filter(|grid| board.is_bad(*grid)).collect();
        for grid in bad {
            if (run.cancel)() {
                return Err(DivideError::Cancelled);
            }
            if board.members.get(grid as usize).is_some_and(|members| !members.is_empty())
                && board.is_bad(grid)
            {
                try_around(board, grid, reach, run)?;
            }
        }
        if !board.grids().any(|grid| board.is_bad(grid)) {
            break;
        }
    }
    Ok(())
}

/// Divides a grid and some around it anew, and keeps the best of that if it is better than before.
fn try_around(board: &mut Board<'_>, grid: u32, reach: usize, run: &Run<'_>) -> Result<(), DivideError> {
    const MOST: usize = 40;
    let clusters: Vec<Vec<u32>> = if reach == 0 {
        let alone = run.count.is_none().then(|| vec![grid]);
        alone.into_iter().chain(board.neighbours(grid).into_iter().map(|other| vec![grid, other])).collect()
    } else {
        let mut ring = BTreeSet::from([grid]);
        for _ in 0..reach {
            let more: Vec<u32> = ring.iter().flat_map(|inner| board.neighbours(*inner)).collect();
            ring.extend(more);
        }
        if ring.len() > MOST { Vec::new() } else { vec![ring.into_iter().collect()] }
    };
    let mut best = None;
    let mut least = board.score();
    for cluster in clusters {
        let fixed = run.count.map(|_| cluster.len() as u32);
        let part = match divided(board, &cluster, fixed, run) {
            Ok(part) => part,
            Err(DivideError::Cancelled) => return Err(DivideError::Cancelled),
            // That many don't fit into these few units: another cluster may do.
            Err(_) => continue,
        };
        let mut tried = board.clone();
        tried.take(part);
        separate(&mut tried, run.apart, run.count.is_none());
        tried.climb(Board::is_bad, run.cancel);
        let score = tried.score();
        if score.beats(&least) {
            (least, best) = (score, Some(tried.part));
        }
    }
    if let Some(part) = best {
        board.take(part);
    }
    Ok(())
}

/// The partition with the grids of `cluster` divided anew by the engine.
fn divided(
    board: &Board<'_>,
    cluster: &[u32],
    count: Option<u32>,
    run: &Run<'_>,
) -> Result<Vec<u32>, DivideError> {
    let out: Vec<bool> = board.part.iter().map(|grid| !cluster.contains(grid)).collect();
    let sub = contract(board.input, &out, &[]);
    let anew = fresh(&sub.input, run.profile, count, run.seed, run.cancel)?;
    let mut part = board.part.clone();
    let units: Vec<u32> = sub.members.iter().map(|group| group[0]).collect();
    for (unit, label) in units.iter().zip(board.labels_for(&units, &anew, cluster)) {
        part[*unit as usize] = label;
    }
    Ok(part)
}

/// The best partition with the price of change in it.
pub(super) fn settle(input: &VillageInput, board: &mut Board<'_>, run: &Run<'_>) -> Result<(), DivideError> {
    bring_to(board, run)?;
    mend(board, run)?;
    let anew = fresh(input, run.profile, run.count, run.seed, run.cancel)?;
    let units: Vec<u32> = (0..input.units.len() as u32).collect();
    let earlier: Vec<u32> = board.grids().collect();
    let mut other = board.clone();
    other.take(board.labels_for(&units, &anew, &earlier));
    mend(&mut other, run)?;
    if other.score().beats(&board.score()) {
        let part = other.part;
        board.take(part);
    }
    Ok(())
}
