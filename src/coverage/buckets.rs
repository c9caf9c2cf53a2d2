//! A queue in buckets of time.

/// Cells in the order of their bucket of time, not of their exact time (Dial, 1969; Dinitz, 1978): as long
/// as no step is shorter than a bucket is wide, whatever is in the first bucket is final, and taking it out
/// costs nothing. Where the buckets had to be made wider, a cell may be taken out again with a better time
/// (Meyer and Sanders, 2003), so the answer is the same.
///
/// No cell lies farther ahead than the longest step: the buckets are used in a ring. A bucket is emptied in the
/// order in which it was filled: what is near on the land is near in memory, and each bucket is one way through it.
#[derive(Debug)]
pub(super) struct Buckets {
    ring: Vec<Vec<u32>>,
    /// Buckets in an hour.
    rate: f64,
    /// Number of the bucket that is emptied, counted from time 0, and how far.
    first: u64,
    next: usize,
    waiting: usize,
}

/// So wide a ring is still cheap to go around.
const MOST: f64 = 65_536.0;

impl Buckets {
    /// For steps from `shortest` to `longest` hours.
    pub(super) fn new(shortest: f64, longest: f64) -> Self {
        let width = if shortest.is_finite() && shortest > 0.0 { shortest } else { 1.0 };
        let width = width.max(longest / MOST);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to MOST")]
        let around = (longest / width).clamp(0.0, MOST) as usize + 2;
        let ring = vec![Vec::new(); around.next_power_of_two()];
        Self { ring, rate: 1.0 / width, first: 0, next: 0, waiting: 0 }
    }

    #[expect(clippy::cast_possible_truncation, reason = "below the ring's length, a power of two")]
    fn slot(&self, bucket: u64) -> usize {
        bucket as usize & (self.ring.len() - 1)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, from 0")]
    pub(super) fn push(&mut self, hours: f64, cell: u32) {
        let bucket = ((hours * self.rate) as u64).max(self.first);
        let slot = self.slot(bucket);
        self.ring[slot].push(cell);
        self.waiting += 1;
    }

    pub(super) fn pop(&mut self) -> Option<u32> {
        if self.waiting == 0 {
            return None;
        }
        loop {
            let slot = self.slot(self.first);
            if let Some(cell) = self.ring[slot].get(self.next) {
                self.next += 1;
                self.waiting -= 1;
                return Some(*cell);
            }
            self.ring[slot].clear();
            self.next = 0;
            self.first += 1;
        }
    }
}
