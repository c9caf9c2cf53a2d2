//! Separating units that are to be kept apart and came into one grid.

use super::board::{Board, Score};

/// Mends every grid that holds two units that are to be kept apart: a unit goes over to a neighbouring
/// grid, or the grid is cut between the two and one side joins a neighbour, or (where `may_add` is true)
/// becomes a grid of its own. Of all that, what costs least.
///
/// What can't be mended stays as it is; the caller sees it in the score.
pub(super) fn separate(board: &mut Board<'_>, pairs: &[(u32, u32)], may_add: bool) {
    // Every mend takes at least one pair apart and brings none together.
    for _ in 0..pairs.len() {
        let Some(&(a, b)) = pairs.iter().find(|(a, b)| board.part[*a as usize] == board.part[*b as usize])
        else {
            return;
        };
        let Some(best) = ways(board, a, b, may_add) else { return };
        board.take(best);
    }
}

fn ways(board: &Board<'_>, a: u32, b: u32, may_add: bool) -> Option<Vec<u32>> {
    let grid = board.part[a as usize];
    let before = board.score().together;
    let mut best: Option<(Score, Vec<u32>)> = None;
    let mut offer = |part: Vec<u32>| {
        let mut tried = board.clone();
        tried.take(part);
        let score = tried.score();
        if score.together < before && best.as_ref().is_none_or(|(least, _)| score.beats(least)) {
            best = Some((score, tried.part));
        }
    };
    for unit in [a, b] {
        for to in board.neighbours(grid) {
            if board.touches(unit, to) && board.can_leave(unit) && board.allowed(unit, to) {
                let mut part = board.part.clone();
                part[unit as usize] = to;
                offer(part);
            }
        }
    }
    let side = half(board, a, b);
    let rest: Vec<u32> =
        board.members[grid as usize].iter().copied().filter(|unit| !side.contains(unit)).collect();
    for leaving in [&side, &rest] {
        let beside = |to: &u32| leaving.iter().any(|unit| board.touches(*unit, *to));
        let open = |to: &u32| leaving.iter().all(|unit| board.allowed(*unit, *to));
        for to in board.neighbours(grid).into_iter().filter(|to| beside(to) && open(to)) {
            offer(relabelled(board, leaving, to));
        }
    }
    if may_add {
        offer(relabelled(board, &side, board.members.len() as u32));
    } else {
        // The cut makes one grid more: two others become one, so that the number stays.
        for one in board.grids().filter(|one| *one != grid).collect::<Vec<_>>() {
            for two in board.neighbours(one).into_iter().filter(|two| *two != grid && *two > one) {
                if board.may_join(one, two) {
                    let mut part = relabelled(board, &board.members[one as usize], two);
                    for unit in &side {
                        part[*unit as usize] = one;
                    }
                    offer(part);
                }
            }
        }
    }
    best.map(|(_, part)| part)
}

fn relabelled(board: &Board<'_>, units: &[u32], to: u32) -> Vec<u32> {
    let mut part = board.part.clone();
    for unit in units {
        part[*unit as usize] = to;
    }
    part
}

/// The side of `a` of its grid, cut so that both sides are whole: each unit goes to the side that reaches
/// it first, the sides taking turns by households.
fn half(board: &Board<'_>, a: u32, b: u32) -> Vec<u32> {
    let grid = board.part[a as usize];
    let mut side: std::collections::BTreeMap<u32, usize> = [(a, 0), (b, 1)].into();
    let mut edge = [std::collections::VecDeque::from([a]), std::collections::VecDeque::from([b])];
    let households = |unit: u32| u64::from(board.input.units[unit as usize].households) + 1;
    let mut weight = [households(a), households(b)];
    while edge.iter().any(|queue| !queue.is_empty()) {
        let lighter = usize::from(weight[1] < weight[0]);
        let turn = if edge[lighter].is_empty() { 1 - lighter } else { lighter };
        let Some(at) = edge[turn].front().copied() else { break };
        let next =
            board.beside(at).find(|other| board.part[*other as usize] == grid && !side.contains_key(other));
        match next {
            Some(other) => {
                side.insert(other, turn);
                weight[turn] += households(other);
                edge[turn].push_back(other);
            }
            None => {
                edge[turn].pop_front();
            }
        }
    }
    side.into_iter().filter(|(_, turn)| *turn == 0).map(|(unit, _)| unit).collect()
}
