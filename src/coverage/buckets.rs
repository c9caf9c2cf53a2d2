//! A queue in buckets of time.

/// A cell, the outlet from which it was reached, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub hours: f64,
    pub outlet: u32,
    pub at: u32,
}

/// Stops in the order of their bucket of time, not of their exact time (Dial, 1969; Dinitz, 1978): as long
/// as no step is shorter than a bucket is wide, whatever is in the first bucket is final, and taking it out
/// costs nothing. Where the buckets had to be made wider, a cell may be taken out again with a better time
/// (Meyer and Sanders, 2003), so the answer is the same.
///
/// No stop lies farther ahead than the longest step: the buckets are used in a ring.
#[derive(Debug)]
pub(super) struct Buckets {
    ring: Vec<Vec<Stop>>,
    width: f64,
    /// Number of the first bucket, counted from time 0.
    first: u64,
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
        Self { ring: vec![Vec::new(); around], width, first: 0, waiting: 0 }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, from 0")]
    fn bucket(&self, hours: f64) -> u64 {
        ((hours / self.width) as u64).max(self.first)
    }

    fn slot(&self, bucket: u64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "below the ring's length")]
        let slot = (bucket % self.ring.len() as u64) as usize;
        slot
    }

    pub(super) fn push(&mut self, stop: Stop) {
        let slot = self.slot(self.bucket(stop.hours));
        self.ring[slot].push(stop);
        self.waiting += 1;
    }

    pub(super) fn pop(&mut self) -> Option<Stop> {
        if self.waiting == 0 {
            return None;
        }
        loop {
            let slot = self.slot(self.first);
            if let Some(stop) = self.ring[slot].pop() {
                self.waiting -= 1;
                return Some(stop);
            }
            self.first += 1;
        }
    }
}
