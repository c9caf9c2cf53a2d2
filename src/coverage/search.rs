//! The search from all outlets at once.
//!
//! Each step is cheap; what takes time is waiting for memory, and guessing wrong which neighbour gets better. So:
//!
//! - **One number for a cell** ([`Key`]): time, then outlet, so that one comparison settles both, and eight cells
//!   share a line of the cache. Times are whole milliseconds: sums are exact, whatever the order.
//! - **Buckets of time** in place of a heap (Dial, 1969; Dinitz, 1978). No step is shorter than a bucket is wide, so
//!   what is in the first bucket is final; where that would make too many buckets they are wider, and a cell may be
//!   taken out again with a better time (Meyer and Sanders, 2003): the answer is the same.
//! - **Blocks**: all that a block of cells has to read is read before anything is decided, so that the waits overlap.
//! - **Tiles and windows**: cells are sorted so that neighbours lie together. Each tile, as large as the cache, is
//!   searched by itself through a window of some buckets; what comes over its edge makes the tile over there wait for
//!   another turn in the same window. Few cells (one in twenty) are looked at twice for that, and each tile is read
//!   from memory some few times, not once for each bucket.

use super::surface::{SurfaceError, Ways};

/// Time in ms, then the outlet's number, then whether the neighbours are still to be looked at; the least is best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

const TIME: u32 = 29;
/// More can't be told apart.
pub(super) const OUTLETS_MAX: usize = 1 << (TIME - 1);
/// 198 days: whatever is farther isn't reached. Leaves room for one more step.
const FARTHEST_MS: u64 = 1 << (63 - TIME);

impl Key {
    const NOBODY: Self = Self(u64::MAX);

    fn start(outlet: u32) -> Self {
        Self(u64::from(outlet) << 1 | 1)
    }

    fn ms(self) -> u64 {
        self.0 >> TIME
    }

    /// After a step. The mark of what is fresh goes on: only fresh cells step.
    fn after(self, ms: u32) -> Self {
        Self(self.0 + (u64::from(ms) << TIME))
    }

    fn is_fresh(self) -> bool {
        self.0 & 1 == 1
    }

    fn looked_at(self) -> Self {
        Self(self.0 & !1)
    }

    /// Outlet and time in ms.
    #[expect(clippy::cast_possible_truncation, reason = "28 bits")]
    pub(super) fn told(self) -> Option<(u32, u64)> {
        (self.ms() < FARTHEST_MS).then_some((((self.0 >> 1) as u32) & (OUTLETS_MAX as u32 - 1), self.ms()))
    }
}

const BLOCK: usize = 32;
/// Cells of a tile as a power of two: 56 bytes each, so a few would fit a core's second cache.
const TILE: u32 = 14;
/// Buckets of a window, a power of two: with fewer, tiles are read more often; with more, more is looked at twice.
const WINDOW: u64 = 32;
/// What waits for a later window is gone through in each: the longest step leads over so many at most.
const WINDOWS_AHEAD: u64 = 64;

pub(super) struct Search<'a> {
    ways: &'a [Ways],
    known: Vec<Key>,
    /// A bucket is 2 to this many ms wide.
    width: u32,
    /// The buckets of the window, for the tile in hand.
    ring: Vec<Vec<u32>>,
    /// Of each tile the cells that wait for their turn in this window, and for a later one.
    now: Vec<Vec<u32>>,
    later: Vec<Vec<u32>>,
    /// Tiles with cells in `now`.
    turns: Vec<u32>,
    listed: Vec<bool>,
    /// The first bucket in which something waits after this window.
    soonest: u64,
    /// Since `cancel` was last asked.
    looked_at: usize,
}

impl<'a> Search<'a> {
    /// For steps from `shortest` to `longest` ms.
    pub(super) fn new(ways: &'a [Ways], shortest: u32, longest: u32) -> Self {
        let mut width = shortest.max(1).ilog2();
        while u64::from(longest) >> width > WINDOWS_AHEAD * WINDOW {
            width += 1;
        }
        let tiles = ways.len().div_ceil(1 << TILE);
        Self {
            ways,
            known: vec![Key::NOBODY; ways.len()],
            width,
            ring: vec![Vec::new(); WINDOW as usize],
            now: vec![Vec::new(); tiles],
            later: vec![Vec::new(); tiles],
            turns: Vec::new(),
            listed: vec![false; tiles],
            soonest: u64::MAX,
            looked_at: 0,
        }
    }

    /// An outlet in a cell; the first of several in one cell keeps it.
    pub(super) fn start(&mut self, cell: u32, outlet: u32) {
        let known = &mut self.known[cell as usize];
        if *known == Key::NOBODY {
            *known = Key::start(outlet);
            self.later[(cell >> TILE) as usize].push(cell);
            self.soonest = 0;
        }
    }

    /// For each cell what was found.
    pub(super) fn run(mut self, cancel: &dyn Fn() -> bool) -> Result<Vec<Key>, SurfaceError> {
        let mut over = Vec::new();
        let end = FARTHEST_MS >> self.width;
        while self.soonest < end {
            let (from, until) = (self.soonest, (self.soonest + WINDOW).min(end));
            self.open(until);
            while !self.turns.is_empty() {
                std::mem::swap(&mut over, &mut self.turns);
                for tile in over.drain(..) {
                    self.tile(tile, from, until);
                    if self.looked_at > 1 << 16 {
                        self.looked_at = 0;
                        if cancel() {
                            return Err(SurfaceError::Cancelled);
                        }
                    }
                }
            }
        }
        Ok(self.known)
    }

    /// Brings what waits for a time before bucket `until` to its turn.
    fn open(&mut self, until: u64) {
        self.soonest = u64::MAX;
        for (tile, later) in (0u32..).zip(&mut self.later) {
            let now = &mut self.now[tile as usize];
            later.retain(|cell| {
                let known = self.known[*cell as usize];
                let bucket = known.ms() >> self.width;
                let waits = known.is_fresh() && bucket >= until;
                if waits {
                    self.soonest = self.soonest.min(bucket);
                } else if known.is_fresh() {
                    now.push(*cell);
                }
                waits
            });
            if !now.is_empty() {
                self.listed[tile as usize] = true;
                self.turns.push(tile);
            }
        }
    }

    /// One tile's turn in the window of buckets `from..until`.
    fn tile(&mut self, tile: u32, from: u64, until: u64) {
        self.listed[tile as usize] = false;
        let mut now = std::mem::take(&mut self.now[tile as usize]);
        for cell in now.drain(..) {
            let bucket = self.known[cell as usize].ms() >> self.width;
            let slot = self.slot(bucket);
            self.ring[slot].push(cell);
        }
        self.now[tile as usize] = now;
        for bucket in from..until {
            let slot = self.slot(bucket);
            let mut begun = 0;
            // The bucket may grow meanwhile.
            while begun < self.ring[slot].len() {
                begun += self.block(slot, begun, tile, until);
            }
            self.ring[slot].clear();
        }
    }

    /// Looks at up to [`BLOCK`] cells of a bucket; how many.
    fn block(&mut self, slot: usize, begun: usize, tile: u32, until: u64) -> usize {
        let (mut cells, mut keys) = ([0u32; BLOCK], [Key::NOBODY; BLOCK]);
        let waiting = &self.ring[slot][begun..];
        let taken = waiting.len().min(BLOCK);
        let mut fresh = 0;
        for cell in &waiting[..taken] {
            let known = &mut self.known[*cell as usize];
            (cells[fresh], keys[fresh]) = (*cell, *known);
            fresh += usize::from(known.is_fresh());
            *known = known.looked_at();
        }
        self.looked_at += fresh;
        let mut to = [[0u32; 6]; BLOCK];
        let mut reached = [[Key::NOBODY; 6]; BLOCK];
        for at in 0..fresh {
            let ways = &self.ways[cells[at] as usize];
            to[at] = ways.to;
            reached[at] = ways.ms.map(|ms| keys[at].after(ms));
        }
        // Without a branch; what isn't better now won't be later.
        let mut better = [0u8; BLOCK];
        for at in 0..fresh {
            for way in 0..6 {
                better[at] |= u8::from(reached[at][way] < self.known[to[at][way] as usize]) << way;
            }
        }
        for at in 0..fresh {
            while better[at] != 0 {
                let way = better[at].trailing_zeros() as usize;
                better[at] &= better[at] - 1;
                self.reached(to[at][way], reached[at][way], tile, until);
            }
        }
        taken
    }

    fn reached(&mut self, cell: u32, key: Key, tile: u32, until: u64) {
        let known = &mut self.known[cell as usize];
        if key >= *known {
            return;
        }
        *known = key;
        let bucket = key.ms() >> self.width;
        let there = cell >> TILE;
        if bucket >= until {
            self.soonest = self.soonest.min(bucket);
            self.later[there as usize].push(cell);
        } else if there == tile {
            let slot = self.slot(bucket);
            self.ring[slot].push(cell);
        } else {
            self.now[there as usize].push(cell);
            if !std::mem::replace(&mut self.listed[there as usize], true) {
                self.turns.push(there);
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "below the ring's length, a power of two")]
    fn slot(&self, bucket: u64) -> usize {
        bucket as usize & (self.ring.len() - 1)
    }
}
