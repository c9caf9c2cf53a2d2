//! Annealed sweeps: each unit in turn tries the part of one random neighbour.

use std::sync::LazyLock;

use rand_pcg::{Pcg64Mcg, rand_core::Rng};

use super::state::State;

/// −ln of numbers evenly spread over (0, 1).
static LUCK: LazyLock<[f32; 1024]> =
    LazyLock::new(|| std::array::from_fn(|at| -((at as f32 + 0.5) / 1024.0).ln()));

/// How hot the sweeps start and end, in mean lengths of a link, and how many they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heat {
    pub hot: f64,
    pub cold: f64,
    pub sweeps: u32,
}

impl Heat {
    fn at(&self, sweep: u32) -> f64 {
        let share = f64::from(sweep) / f64::from(self.sweeps.max(2) - 1);
        self.hot * (self.cold / self.hot).powf(share)
    }
}

/// What deviations cost at first, as a share of their price at the end: shapes form before loads are
/// even, and the fixed price, which makes the walk rugged, comes in as it cools.
const EASED: f64 = 0.2;

/// Sweeps over all units, the price of deviations rising to what the rules say, slowly at first. False when
/// `go_on`, asked with the number of the sweep, said to stop.
pub(crate) fn anneal(
    state: &mut State<'_>,
    heat: Heat,
    rng: &mut Pcg64Mcg,
    go_on: &mut dyn FnMut(u32) -> bool,
) -> bool {
    let full = state.rules;
    let units: Vec<u32> = (0..state.part.len() as u32).collect();
    for at in 0..heat.sweeps {
        if !go_on(at) {
            state.judge_by(full);
            return false;
        }
        let share = f64::from(at) / f64::from(heat.sweeps);
        let share = share * share.sqrt();
        state.judge_by(full.eased(share, EASED + (1.0 - EASED) * share));
        sweep(state, &units, |_| true, heat.at(at), rng);
    }
    state.judge_by(full);
    true
}

/// Sweeps over some units, that may only go to `open` parts; prices stay as they are.
pub(crate) fn anneal_some(
    state: &mut State<'_>,
    units: &[u32],
    open: impl Fn(u32) -> bool + Copy,
    heat: Heat,
    rng: &mut Pcg64Mcg,
) {
    for at in 0..heat.sweeps {
        sweep(state, units, open, heat.at(at), rng);
    }
}

/// Sweeps over the units of some parts, the price of deviations rising as in [`anneal`].
pub(crate) fn anneal_parts(
    state: &mut State<'_>,
    units: &[u32],
    parts: &[u32],
    open: impl Fn(u32) -> bool + Copy,
    heat: Heat,
    rng: &mut Pcg64Mcg,
) {
    let full = state.rules;
    for at in 0..heat.sweeps {
        let share = (f64::from(at) / f64::from(heat.sweeps) * 1.2).min(1.0);
        let share = share * share.sqrt();
        state.judge_some_by(parts, full.eased(share, EASED + (1.0 - EASED) * share));
        sweep(state, units, open, heat.at(at), rng);
    }
    state.judge_some_by(parts, full);
}

/// So many units are looked at together: first which of them would leave their part, then each of those is
/// judged. Each step alone is one that a processor can guess.
const BLOCK: usize = 256;

/// A unit that tries the part of one of its neighbours.
#[derive(Debug, Clone, Copy, Default)]
struct Try {
    unit: u32,
    /// At which of its links that neighbour is.
    at: u32,
    draw: u32,
}

fn sweep(
    state: &mut State<'_>,
    units: &[u32],
    open: impl Fn(u32) -> bool + Copy,
    heat: f64,
    rng: &mut Pcg64Mcg,
) {
    let (plain, net, luck) = (state.plain(), state.facts.net, &*LUCK);
    let mut tries = [Try::default(); BLOCK];
    for block in units.chunks(BLOCK) {
        let mut count = 0;
        for unit in block {
            let draw = rng.next_u64();
            let links = net.offsets[*unit as usize + 1] - net.offsets[*unit as usize];
            let at = (((draw >> 32) * u64::from(links)) >> 32) as u32;
            tries[count] = Try { unit: *unit, at, draw: draw as u32 };
            // Beyond the mask all bits are set: the try itself tells.
            count += (state.foreign[*unit as usize] >> (at & 31) & 1) as usize;
        }
        for Try { unit, at, draw } in &tries[..count] {
            let other = net.ends[(net.offsets[*unit as usize] + at) as usize];
            let (from, to) = (state.part[*unit as usize], state.part[other as usize]);
            // One before it in the block may have moved.
            if from == to || !open(to) {
                continue;
            }
            let dearest = heat * f64::from(luck[(draw & 1023) as usize]);
            if plain {
                state.plain_try(*unit, from, to, dearest);
            } else {
                let change = state.change(*unit, from, to);
                if change.delta <= dearest && state.may_move(*unit, to) {
                    state.apply(*unit, to, &change);
                }
            }
        }
    }
}
