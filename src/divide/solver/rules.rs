//! What a part costs. Everything is in multiples of the mean length of a link.

/// How a part is judged; a load is a multiple of the part's target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rules {
    /// A load within this of 1 is even enough.
    pub tolerance: f64,
    /// Price of being out of the tolerance at all …
    pub off_fixed: f64,
    /// … and of each whole target that a load is further off …
    pub off_linear: f64,
    /// … and of its square: excess spreads over several parts rather than staying in one.
    pub off_square: f64,
    /// Loads that must be kept, as multiples of the target: 0 and infinity where there are none. A part
    /// out of them pays once more what one out of the tolerance pays, [`BAND`] times.
    pub low: f64,
    pub high: f64,
    /// Worth of a perfectly round part: its Polsby–Popper figure times this is taken off.
    pub round: f64,
    /// Price of a whole target's weight that leaves its previous part.
    pub stay: f64,
}

/// How much worse it is to be out of the band than out of the tolerance.
const BAND: f64 = 4.0;
/// How much worse it is to be too large or too far.
const SIZE: f64 = 12.0;

impl Rules {
    /// Prices for parts of about `units` units.
    pub(crate) fn usual(tolerance: f64, units: f64) -> Self {
        let units = units.max(15.0);
        Self {
            tolerance,
            off_fixed: 4.0,
            off_linear: 4.0 * units,
            off_square: 20.0 * units,
            low: 0.0,
            high: f64::INFINITY,
            round: 9.0 * units.sqrt(),
            stay: 0.0,
        }
    }

    /// The same with deviations priced at `fixed` and `by_size` of what they are.
    pub(crate) fn eased(&self, fixed: f64, by_size: f64) -> Self {
        Self {
            off_fixed: self.off_fixed * fixed,
            off_linear: self.off_linear * by_size,
            off_square: self.off_square * by_size,
            ..*self
        }
    }

    /// Least and greatest load that may be: the band, or the tolerance where there is none.
    pub(crate) fn bounds(&self) -> (f64, f64) {
        if self.low > 0.0 || self.high.is_finite() {
            (self.low, self.high)
        } else {
            (1.0 - self.tolerance, 1.0 + self.tolerance)
        }
    }

    #[inline]
    pub(crate) fn load_cost(&self, load: f64) -> f64 {
        // Both are reckoned and one is chosen: which it will be is hard to guess for a processor.
        let off = (load - 1.0).abs() - self.tolerance;
        let uneven = self.off_fixed + (self.off_linear + self.off_square * off) * off;
        let out = (self.low - load).max(load - self.high);
        let broken = BAND * (self.off_fixed + (self.off_linear + self.off_square * out) * out);
        (if off > 1e-9 { uneven } else { 0.0 }) + if out > 1e-9 { broken } else { 0.0 }
    }

    /// Price of people above their limit: like households out of their band.
    pub(crate) fn people_cost(&self, over: f64) -> f64 {
        if over > 0.0 { BAND * (self.off_fixed + self.off_linear * over) } else { 0.0 }
    }

    /// Price of an area or a way above its limit by this share of it.
    pub(crate) fn size_cost(&self, over: f64) -> f64 {
        if over > 0.0 { SIZE * (self.off_fixed + self.off_linear * over) } else { 0.0 }
    }

    #[inline]
    pub(crate) fn shape_cost(&self, area: f64, rim: f64) -> f64 {
        if self.round > 0.0 && rim > 0.0 {
            -self.round * ((4.0 * std::f64::consts::PI) * area / (rim * rim)).min(1.0)
        } else {
            0.0
        }
    }

    /// How far a load is outside of what is wanted; 0 inside.
    pub(crate) fn off(&self, load: f64) -> f64 {
        let off = ((load - 1.0).abs() - self.tolerance).max(self.low - load).max(load - self.high);
        if off > 1e-9 { off } else { 0.0 }
    }
}
