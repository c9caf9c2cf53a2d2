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

    /// Price of a part's load and shape.
    #[inline]
    pub(crate) fn cost(&self, load: f64, area: f64, rim: f64) -> f64 {
        let [cost] = self.costs([load], [area], [rim]);
        cost
    }

    /// The same for several parts. Written without branches, which a processor couldn't guess.
    #[inline(always)]
    pub(crate) fn costs<const N: usize>(&self, loads: [f64; N], areas: [f64; N], rims: [f64; N]) -> [f64; N] {
        let is = |off: f64| f64::from(u8::from(off > 1e-9));
        let by_size = |off: f64| (self.off_linear + self.off_square * off.max(0.0)) * off.max(0.0);
        std::array::from_fn(|at| {
            let off = (loads[at] - 1.0).abs() - self.tolerance;
            let out = (self.low - loads[at]).max(loads[at] - self.high);
            let round = 4.0 * std::f64::consts::PI * areas[at] / (rims[at] * rims[at]).max(1e-9);
            self.off_fixed * (is(off) + BAND * is(out)) + by_size(off) + BAND * by_size(out)
                - self.round * round.min(1.0)
        })
    }

    /// Price of people above their limit: like households out of their band.
    pub(crate) fn people_cost(&self, over: f64) -> f64 {
        if over > 0.0 { BAND * (self.off_fixed + self.off_linear * over) } else { 0.0 }
    }

    /// Price of an area or a way above its limit by this share of it.
    pub(crate) fn size_cost(&self, over: f64) -> f64 {
        if over > 0.0 { SIZE * (self.off_fixed + self.off_linear * over) } else { 0.0 }
    }

    /// How far a load is outside of what is wanted; 0 inside.
    pub(crate) fn off(&self, load: f64) -> f64 {
        let off = ((load - 1.0).abs() - self.tolerance).max(self.low - load).max(load - self.high);
        if off > 1e-9 { off } else { 0.0 }
    }
}
