//! Mending: each part that is off is annealed anew together with the parts around it.

use rand_pcg::Pcg64Mcg;

use super::{
    anneal::{Heat, anneal_parts, anneal_some},
    state::{Part, Size, State},
};

/// How many parts are annealed together, attempt by attempt.
const REGIONS: [usize; 8] = [4, 6, 9, 14, 20, 30, 40, 50];

/// How often all parts that are off are gone over at most.
const ROUNDS: usize = 400;

/// After so many rounds at most a quarter of the work is left: the few that still resist may never fit.
const USUAL_ROUNDS: usize = 120;

/// What a sweep costs besides its units, in units tried.
pub(crate) const SWEEP: u64 = 20;

/// A part that is off weighs as much as this many links: more than any border that mending could cost.
const OFF: f64 = 50.0;

struct Region {
    parts: Vec<u32>,
    units: Vec<u32>,
    /// Whether a part belongs to the region.
    open: Vec<bool>,
    seen: Vec<bool>,
}

/// Goes over all parts that are off until none is or `work` units have been tried; undoes what makes it
/// worse. False when `go_on` said to stop.
pub(crate) fn repair(
    state: &mut State<'_>,
    work: u64,
    heat: Heat,
    rng: &mut Pcg64Mcg,
    go_on: &mut dyn FnMut() -> bool,
) -> bool {
    let mut region = Region {
        parts: Vec::new(),
        units: Vec::new(),
        open: vec![false; state.parts.len()],
        seen: vec![false; state.part.len()],
    };
    let mut left = work;
    for round in 0..ROUNDS {
        // What resists is given longer.
        let heat = Heat { sweeps: heat.sweeps * (1 + round as u32 / 16), ..heat };
        if round == USUAL_ROUNDS {
            left = left.min(work / 4);
        }
        let anchors = anchors(state);
        if anchors.is_empty() {
            break;
        }
        for anchor in anchors {
            if !go_on() {
                return false;
            }
            if state.off(state.part[anchor as usize] as usize) > 0.0 || state.too_far(anchor) {
                region.gather(state, anchor, REGIONS[round % REGIONS.len()]);
                // Every other time prices rise as in the long search, the next turn with the other sizes.
                let rising = (round + round / REGIONS.len()) % 2 == 1;
                mend(state, &region, heat, rising, rng);
                let cost = (region.units.len() as u64 + SWEEP) * u64::from(heat.sweeps);
                region.clear();
                left = left.saturating_sub(cost);
                if left == 0 {
                    return true;
                }
            }
        }
    }
    true
}

/// A unit of each part that is off, in storage order.
fn anchors(state: &State<'_>) -> Vec<u32> {
    let mut off: Vec<bool> = (0..state.parts.len()).map(|part| state.off(part) > 0.0).collect();
    let mut far = vec![state.facts.sizes.is_some(); state.parts.len()];
    let mut first = |unit: &u32| {
        let own = state.part[*unit as usize] as usize;
        let found = std::mem::replace(&mut off[own], false) || (far[own] && state.too_far(*unit));
        far[own] &= !found;
        found
    };
    (0..state.part.len() as u32).filter(|unit| first(unit)).collect()
}

impl Region {
    /// The part of `anchor` and those nearest to it, up to `most`.
    fn gather(&mut self, state: &State<'_>, anchor: u32, most: usize) {
        let net = state.facts.net;
        let own = state.part[anchor as usize];
        self.parts.push(own);
        self.open[own as usize] = true;
        let mut starts = vec![anchor];
        let mut next = 0;
        let mut at = 0;
        while let Some(&start) = starts.get(next) {
            next += 1;
            if !std::mem::replace(&mut self.seen[start as usize], true) {
                self.units.push(start);
            }
            // All units of this part, and a unit of each part beside it.
            while let Some(&unit) = self.units.get(at) {
                at += 1;
                for &other in net.around(unit) {
                    let part = state.part[other as usize];
                    if part == state.part[unit as usize] {
                        if !std::mem::replace(&mut self.seen[other as usize], true) {
                            self.units.push(other);
                        }
                    } else if !self.open[part as usize] && self.parts.len() < most {
                        self.open[part as usize] = true;
                        self.parts.push(part);
                        starts.push(other);
                    }
                }
            }
        }
        self.units.sort_unstable();
    }

    fn clear(&mut self) {
        for part in self.parts.drain(..) {
            self.open[part as usize] = false;
        }
        for unit in self.units.drain(..) {
            self.seen[unit as usize] = false;
        }
    }
}

fn mend(state: &mut State<'_>, region: &Region, heat: Heat, rising: bool, rng: &mut Pcg64Mcg) {
    let judge = |state: &State<'_>| -> f64 {
        let parts = region.parts.iter().map(|part| {
            let off = state.off(*part as usize);
            let part = &state.parts[*part as usize];
            part.cost + part.rim / 2.0 + if off > 0.0 { OFF * (1.0 + 20.0 * off) } else { 0.0 }
        });
        let units = region.units.iter().map(|unit| state.unit_cost(*unit));
        parts.sum::<f64>() + units.sum::<f64>()
    };
    let before = judge(state);
    let was: Vec<u32> = region.units.iter().map(|unit| state.part[*unit as usize]).collect();
    let parts: Vec<Part> = region.parts.iter().map(|part| state.parts[*part as usize]).collect();
    let sizes: Vec<Size> =
        region.parts.iter().filter_map(|part| state.size.get(*part as usize)).copied().collect();
    let open = |part: u32| region.open[part as usize];
    if rising {
        anneal_parts(state, &region.units, &region.parts, open, heat, rng);
    } else {
        anneal_some(state, &region.units, open, heat, rng);
    }
    if judge(state) > before - 1e-9 {
        for (unit, part) in region.units.iter().zip(was) {
            state.part[*unit as usize] = part;
        }
        for unit in &region.units {
            state.look(*unit);
        }
        for (part, own) in region.parts.iter().zip(parts) {
            state.parts[*part as usize] = own;
        }
        for (part, own) in region.parts.iter().zip(sizes) {
            state.size[*part as usize] = own;
        }
    }
}
