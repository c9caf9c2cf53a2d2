//! The exact answer over given pairs: bidding, then shortest paths.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::AssignError;

/// An optimal flow with the prices that prove it: for every pair, way + price of the worker ≥ what the
/// grid pays; equal for the pair that is taken; a worker with room left has price 0.
pub(super) struct Solved {
    pub holder: Vec<Option<u32>>,
    pub prices: Vec<i64>,
    pub pays: Vec<i64>,
}

/// Bids in a row before what is left comes in by paths: ties could go on bidding for ever.
const BIDS_EACH: usize = 24;

struct Flow<'a> {
    pairs: &'a [Vec<(u32, i64)>],
    room: &'a [u32],
    /// What it costs to leave a grid empty: more than any chain of exchanges.
    empty: i64,
    prices: Vec<i64>,
    holder: Vec<Option<u32>>,
    held: Vec<Vec<u32>>,
}

/// `longest` is the longest way that there can be, among these pairs or any others.
pub(super) fn solve(
    pairs: &[Vec<(u32, i64)>],
    room: &[u32],
    longest: i64,
    cancel: &dyn Fn() -> bool,
) -> Result<Solved, AssignError> {
    let count = i64::try_from(pairs.len()).unwrap_or(i64::MAX);
    let mut flow = Flow {
        pairs,
        room,
        empty: (longest + 1).saturating_mul(count + 1),
        prices: vec![0; room.len()],
        holder: vec![None; pairs.len()],
        held: vec![Vec::new(); room.len()],
    };
    let free = flow.bid(cancel)?;
    let mut search = Search::new(room.len());
    for grid in free {
        if cancel() {
            return Err(AssignError::Cancelled);
        }
        flow.bring_in(grid, &mut search);
    }
    let pays = (0..pairs.len()).map(|grid| flow.pays(grid)).collect();
    Ok(Solved { pays, holder: flow.holder, prices: flow.prices })
}

impl Flow<'_> {
    /// The least that a grid can pay.
    fn pays(&self, grid: usize) -> i64 {
        let offers = self.pairs[grid].iter().map(|(worker, way)| way + self.prices[*worker as usize]);
        offers.min().map_or(self.empty, |least| least.min(self.empty))
    }

    /// What a grid would pay without `worker`.
    fn alternative(&self, grid: u32, worker: u32) -> i64 {
        let others = self.pairs[grid as usize].iter().filter(|pair| pair.0 != worker);
        let least = others.map(|(other, way)| way + self.prices[*other as usize]).min();
        least.map_or(self.empty, |least| least.min(self.empty))
    }

    fn way(&self, grid: u32, worker: u32) -> i64 {
        let found = self.pairs[grid as usize].iter().find(|pair| pair.0 == worker);
        found.map_or(self.empty, |pair| pair.1)
    }

    /// Free grids take their best worker; one with too many lets go whoever gives the least for them.
    /// Gives the grids that are still free.
    fn bid(&mut self, cancel: &dyn Fn() -> bool) -> Result<Vec<u32>, AssignError> {
        let mut free: VecDeque<u32> = (0u32..).take(self.pairs.len()).collect();
        let mut left = self.pairs.len() * BIDS_EACH;
        while left > 0
            && let Some(grid) = free.pop_front()
        {
            left -= 1;
            if left.is_multiple_of(4096) && cancel() {
                return Err(AssignError::Cancelled);
            }
            let offers = self.pairs[grid as usize].iter();
            let best = offers.map(|(worker, way)| (way + self.prices[*worker as usize], *worker)).min();
            // Prices only rise: what stays empty now would not be filled later.
            let Some((_, worker)) = best.filter(|(pays, _)| *pays < self.empty) else { continue };
            self.take(grid, worker);
            if self.held[worker as usize].len() <= self.room[worker as usize] as usize {
                continue;
            }
            let gives = |grid: &u32| (self.alternative(*grid, worker) - self.way(*grid, worker), *grid);
            let Some((least, out)) = self.held[worker as usize].iter().map(gives).min() else { continue };
            // Never lower: a tie leaves it where it is.
            self.prices[worker as usize] = self.prices[worker as usize].max(least);
            self.let_go(out, worker);
            free.push_back(out);
        }
        Ok(free.into())
    }

    fn take(&mut self, grid: u32, worker: u32) {
        self.holder[grid as usize] = Some(worker);
        self.held[worker as usize].push(grid);
    }

    fn let_go(&mut self, grid: u32, worker: u32) {
        self.holder[grid as usize] = None;
        self.held[worker as usize].retain(|held| *held != grid);
    }

    /// Brings a free grid in along the cheapest chain of exchanges (Dijkstra over workers in reduced
    /// costs), which ends at a worker with room or at a grid that is left empty instead.
    fn bring_in(&mut self, grid: u32, search: &mut Search) {
        search.begin();
        let pays = self.pays(grid as usize);
        let mut end: (i64, End) = (self.empty - pays, End::Empty(grid));
        search.reach(self, grid, 0, pays);
        while let Some((dist, worker)) = search.next() {
            if dist >= end.0 {
                break;
            }
            search.done.push((worker, dist));
            if self.held[worker as usize].len() < self.room[worker as usize] as usize {
                end = (dist, End::Room(worker));
                break;
            }
            for &other in &self.held[worker as usize] {
                let pays = self.way(other, worker) + self.prices[worker as usize];
                let emptied = dist + self.empty - pays;
                if emptied < end.0 {
                    end = (emptied, End::Empty(other));
                }
                search.reach(self, other, dist, pays);
            }
        }
        for &(worker, dist) in &search.done {
            self.prices[worker as usize] += (end.0 - dist).max(0);
        }
        // Backwards along the chain: each grid moves to the worker by whom it was reached.
        let mut to = match end.1 {
            End::Room(worker) => Some(worker),
            End::Empty(other) => {
                let from = self.holder[other as usize];
                if let Some(worker) = from {
                    self.let_go(other, worker);
                }
                if other == grid {
                    return;
                }
                from
            }
        };
        while let Some(worker) = to {
            let mover = search.by[worker as usize];
            to = self.holder[mover as usize];
            if let Some(old) = to {
                self.let_go(mover, old);
            }
            self.take(mover, worker);
            if mover == grid {
                return;
            }
        }
    }
}

enum End {
    Room(u32),
    Empty(u32),
}

/// Scratch space of one path, cleared in the time of what it touched.
struct Search {
    dist: Vec<i64>,
    by: Vec<u32>,
    closed: Vec<bool>,
    touched: Vec<u32>,
    done: Vec<(u32, i64)>,
    heap: BinaryHeap<Reverse<(i64, u32)>>,
}

impl Search {
    fn new(workers: usize) -> Self {
        Self {
            dist: vec![i64::MAX; workers],
            by: vec![0; workers],
            closed: vec![false; workers],
            touched: Vec::new(),
            done: Vec::new(),
            heap: BinaryHeap::new(),
        }
    }

    fn begin(&mut self) {
        for worker in self.touched.drain(..) {
            self.dist[worker as usize] = i64::MAX;
            self.closed[worker as usize] = false;
        }
        self.done.clear();
        self.heap.clear();
    }

    /// Offers every worker of `grid`, itself reached at `dist` while paying `pays`.
    fn reach(&mut self, flow: &Flow<'_>, grid: u32, dist: i64, pays: i64) {
        for (worker, way) in &flow.pairs[grid as usize] {
            let at = *worker as usize;
            let reached = dist + way + flow.prices[at] - pays;
            if reached < self.dist[at] {
                if self.dist[at] == i64::MAX {
                    self.touched.push(*worker);
                }
                self.dist[at] = reached;
                self.by[at] = grid;
                self.heap.push(Reverse((reached, *worker)));
            }
        }
    }

    fn next(&mut self) -> Option<(i64, u32)> {
        while let Some(Reverse((dist, worker))) = self.heap.pop() {
            if !std::mem::replace(&mut self.closed[worker as usize], true) {
                return Some((dist, worker));
            }
        }
        None
    }
}
