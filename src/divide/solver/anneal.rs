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
    let units = state.part.len() as u32;
    for at in 0..heat.sweeps {
        if !go_on(at) {
            state.judge_by(full);
            return false;
        }
        let share = f64::from(at) / f64::from(heat.sweeps);
        let share = share * share.sqrt();
        state.judge_by(full.eased(share, EASED + (1.0 - EASED) * share));
        sweep(state, 0..units, |_| true, heat.at(at), rng);
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
        sweep(state, units.iter().copied(), open, heat.at(at), rng);
    }
}

fn sweep(
    state: &mut State<'_>,
    units: impl Iterator<Item = u32>,
    open: impl Fn(u32) -> bool + Copy,
    heat: f64,
    rng: &mut Pcg64Mcg,
) {
    if state.plain() {
        units.for_each(|unit| attempt::<true>(state, unit, heat, rng, open));
    } else {
        units.for_each(|unit| attempt::<false>(state, unit, heat, rng, open));
    }
}

#[inline(always)]
fn attempt<const PLAIN: bool>(
    state: &mut State<'_>,
    unit: u32,
    heat: f64,
    rng: &mut Pcg64Mcg,
    open: impl Fn(u32) -> bool,
) {
    let draw = rng.next_u64();
    let around = state.facts.net.around(unit);
    if around.is_empty() {
        return;
    }
    let at = ((draw >> 32) * around.len() as u64) >> 32;
    let (from, to) = (state.part[unit as usize], state.part[around[at as usize] as usize]);
    if from == to || !open(to) {
        return;
    }
    let dearest = heat * f64::from(LUCK[(draw & 1023) as usize]);
    if PLAIN {
        if state.plain_delta(unit, from, to) <= dearest && state.can_leave(unit) {
            let change = state.change(unit, from, to);
            state.apply(unit, to, &change);
        }
        return;
    }
    let change = state.change(unit, from, to);
    if change.delta <= dearest && state.may_move(unit, to) {
        state.apply(unit, to, &change);
    }
}
