//! The search: from a task to its parts. Knows graphs and numbers, nothing of villages.

mod anneal;
mod exact;
mod moves;
mod network;
mod repair;
mod rules;
mod start;
mod state;
#[cfg(test)]
mod tests;

use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};

pub use network::Link;

use super::task::{Answer, Shapes, Task, Work};
use anneal::{Heat, anneal, anneal_some};
use exact::exact;
use network::Network;
use repair::{SWEEP, repair};
use rules::Rules;
use state::{Facts, Sizes, State};

/// Why a task has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsolved {
    /// More parts than units, or none.
    Parts,
    /// The graph isn't connected.
    InPieces,
    Cancelled,
}

/// Asked often whether to stop, and told what share is done.
pub struct Watch<'a> {
    pub cancel: &'a dyn Fn() -> bool,
    pub progress: &'a dyn Fn(f32),
}

/// Up to so many units all divisions are gone through, in so many steps at most.
const TINY: usize = 20;
const STEPS: u64 = 200_000;

/// How hot a search is, and what deviations cost in it.
struct Manner {
    hot: f64,
    cold: f64,
    /// Prices of deviations by their size, as a share of the usual ones.
    price: f64,
    mending: Heat,
    /// How much dearer deviations are while parts are mended: the fixed price and those by size.
    mending_price: (f64, f64),
}

/// For a graph of many parts.
const LARGE: Manner = Manner {
    hot: 2.5,
    cold: 0.6,
    price: 1.0,
    mending: Heat { hot: 5.0, cold: 0.1, sweeps: 60 },
    mending_price: (4.0, 2.0),
};
/// For a small graph and the shortest border: deviations are cheap enough to be passed through.
const FINE: Manner = Manner {
    hot: 1.0,
    cold: 0.1,
    price: 0.2,
    mending: Heat { hot: 1.5, cold: 0.1, sweeps: 60 },
    mending_price: (2.0, 1.0),
};
/// For a start that is nearly right.
const AGAIN: Manner = Manner { hot: 0.8, cold: 0.2, ..LARGE };
/// Mending may take one in so many of the sweeps' work.
const MENDING_SHARE: u64 = 2;
/// While no part is off by more than this beyond its tolerance, and none out of a band that fits, all but one in so many of the further
/// searches' work is kept back.
const SERIOUS: f64 = 0.07;
const SERIOUS_SPARE: u64 = 12;
/// Each further search is so much longer than the one before; after so many that found nothing better, a
/// graph that keeps all limits is left.
const LONGER: f64 = 1.1;
const ENOUGH: u32 = 20;
/// Heat of the last sweeps, which only smooth.
const SMOOTHING: Heat = Heat { hot: 0.2, cold: 0.02, sweeps: 8 };

/// Divides a connected graph. The same task gives the same answer.
///
/// # Errors
/// When the number of parts doesn't fit the units, the graph is in pieces, or `watch` said to stop.
pub fn solve(task: &Task<'_>, watch: &Watch<'_>) -> Result<Answer, Unsolved> {
    let units = task.weights.len();
    if task.parts == 0 || task.parts as usize > units {
        return Err(Unsolved::Parts);
    }
    if (watch.cancel)() {
        return Err(Unsolved::Cancelled);
    }
    let order = network::order(units, task.links, task.places);
    let mut net = Network::new(&order, task.links);
    if !net.connected() {
        return Err(Unsolved::InPieces);
    }
    let own = Own::new(task, &order, &net);
    net.close(&own.areas);
    let search = Search { task, net: &net, own: &own, watch };
    let (found, off) = search.best()?;
    let mut parts = vec![0; units];
    for (unit, part) in order.iter().zip(&found) {
        parts[*unit as usize] = *part;
    }
    Ok(Answer { parts, off })
}

/// The task's figures in the network's order.
struct Own {
    weights: Vec<f64>,
    places: Option<Vec<[f32; 2]>>,
    areas: Vec<f32>,
    targets: Vec<f64>,
    previous: Vec<u32>,
    apart: Vec<Vec<u32>>,
    sizes: Option<Sizes>,
}

impl Own {
    fn new(task: &Task<'_>, order: &[u32], net: &Network) -> Self {
        let good = |weight: f64| if weight.is_finite() { weight.max(0.0) } else { 0.0 };
        let weights: Vec<f64> = order.iter().map(|unit| good(task.weights[*unit as usize])).collect();
        let mean = weights.iter().sum::<f64>() / f64::from(task.parts);
        let targets = match task.targets {
            Some(targets) => targets.to_vec(),
            None => vec![mean; task.parts as usize],
        };
        let targets = targets.into_iter().map(|target| if target > 0.0 { target } else { 1.0 }).collect();
        let areas = match task.shapes {
            Shapes::Ignored => Vec::new(),
            Shapes::Alike => vec![net.cell_area(); order.len()],
            Shapes::Known(areas) => {
                let square = net.mean * net.mean;
                order.iter().map(|unit| (f64::from(areas[*unit as usize]) / square) as f32).collect()
            }
        };
        let mut apart = Vec::new();
        if !task.apart.is_empty() {
            let mut place = vec![0u32; order.len()];
            for (at, unit) in (0u32..).zip(order) {
                place[*unit as usize] = at;
            }
            apart = vec![Vec::new(); order.len()];
            for (a, b) in task.apart {
                let (a, b) = (place[*a as usize], place[*b as usize]);
                apart[a as usize].push(b);
                apart[b as usize].push(a);
            }
        }
        Self {
            places: task.places.map(|at| order.iter().map(|unit| at[*unit as usize]).collect()),
            previous: task.previous.map_or_else(Vec::new, |previous| {
                order.iter().map(|unit| previous[*unit as usize]).collect()
            }),
            sizes: sizes(task, order),
            weights,
            areas,
            targets,
            apart,
        }
    }
}

fn sizes(task: &Task<'_>, order: &[u32]) -> Option<Sizes> {
    let limits = task.sizes?;
    let pick = |values: &[f64]| order.iter().map(|unit| values[*unit as usize]).collect();
    let at = match task.places {
        Some(at) if limits.reach_max.is_finite() => {
            order.iter().map(|unit| at[*unit as usize].map(f64::from)).collect()
        }
        _ => Vec::new(),
    };
    Some(Sizes {
        people: pick(limits.people),
        people_max: limits.people_max,
        area: pick(limits.area),
        area_max: limits.area_max,
        at,
        reach_max: limits.reach_max,
    })
}

struct Search<'a> {
    task: &'a Task<'a>,
    net: &'a Network,
    own: &'a Own,
    watch: &'a Watch<'a>,
}

/// What a division is compared by: how many parts break a limit, by how much in all, and its cost.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Standing {
    broken: u32,
    off: u32,
    far: f64,
    cost: f64,
    /// How far off the worst part is.
    worst: f64,
}

impl Search<'_> {
    /// The best of as many searches as there is work for, and how many of its parts are off.
    fn best(&self) -> Result<(Vec<u32>, u32), Unsolved> {
        let Work { sweeps, spare, polish, .. } = self.task.work;
        let units = self.own.weights.len() as u64;
        if self.task.parts == 1 {
            let state = self.state(vec![0; units as usize]);
            return Ok((state.part.clone(), self.standing(&state).off));
        }
        let found = self.enumerated();
        if let Some(best) = found {
            return Ok(best);
        }
        let (mut standing, mut best) = self.once(0, sweeps)?;
        let mut left = spare;
        let mut longer = f64::from(sweeps);
        let mut in_vain = 0;
        for attempt in 1.. {
            longer *= LONGER;
            let sweeps = (longer as u32).min(50_000);
            let cost = u64::from(sweeps) * (units + SWEEP);
            let done = standing.off == 0 && (!polish || in_vain >= ENOUGH);
            let serious = standing.worst > SERIOUS || (standing.broken > 0 && self.band_fits());
            let kept_back = if polish || serious { 0 } else { spare / SERIOUS_SPARE * (SERIOUS_SPARE - 1) };
            if done || cost + kept_back > left || u64::from(self.task.parts) == units {
                break;
            }
            left -= cost;
            let (other, part) = self.once(attempt, sweeps)?;
            in_vain += 1;
            if other < standing {
                if other.off < standing.off || other.cost < standing.cost - 1e-6 {
                    in_vain = 0;
                }
                (standing, best) = (other, part);
            }
        }
        Ok((best, standing.off))
    }

    /// Whether parts that all weigh the same would be in the band.
    fn band_fits(&self) -> bool {
        let mean = self.own.weights.iter().sum::<f64>() / f64::from(self.task.parts);
        self.task.band.is_none_or(|(low, high)| (low..=high).contains(&mean))
    }

    /// The best of all divisions of a tiny graph, where some keep all limits.
    fn enumerated(&self) -> Option<(Vec<u32>, u32)> {
        if self.own.weights.len() > TINY {
            return None;
        }
        let mut state = self.state(vec![0; self.own.weights.len()]);
        let (fixed, by_size) = LARGE.mending_price;
        state.judge_by(state.rules.eased(fixed, by_size));
        let found = exact(&state, if self.task.work.polish { STEPS * 16 } else { STEPS })?;
        state = self.state(found);
        let off = self.standing(&state).off;
        Some((state.part, off))
    }

    fn state(&self, part: Vec<u32>) -> State<'_> {
        let own = self.own;
        let facts = Facts {
            net: self.net,
            weights: &own.weights,
            areas: &own.areas,
            previous: &own.previous,
            apart: &own.apart,
            sizes: own.sizes.as_ref(),
        };
        let per_part = own.weights.len() as f64 / f64::from(self.task.parts);
        let mut rules = Rules::usual(self.task.tolerance, per_part);
        rules.stay = self.task.stay;
        if let Some((low, high)) = self.task.band {
            // One target stands for all: a band goes with the shared mean.
            (rules.low, rules.high) = (low / own.targets[0], high / own.targets[0]);
        }
        if own.areas.is_empty() {
            rules.round = 0.0;
        }
        State::new(facts, rules, part, &own.targets)
    }

    /// One search from start to end.
    fn once(&self, attempt: u64, sweeps: u32) -> Result<(Standing, Vec<u32>), Unsolved> {
        let own = self.own;
        let mut rng = Pcg64Mcg::seed_from_u64(mix(self.task.seed, attempt));
        let again = !own.previous.is_empty();
        let part = if again {
            start::from_previous(self.net, &own.weights, &own.previous, self.task.parts)
        } else {
            let turn = attempt as f32 * 0.7;
            start::start(self.net, &own.weights, own.places.as_deref(), self.task.parts, turn)
        };
        let mut state = self.state(part);
        let manner = match (again, self.task.work.polish) {
            (true, _) => AGAIN,
            (false, true) => FINE,
            (false, false) => LARGE,
        };
        let full = state.rules.eased(1.0, manner.price);
        state.judge_by(full);
        let mut go_on = |sweep: u32| {
            (self.watch.progress)(sweep as f32 / sweeps as f32 * 0.9);
            !(self.watch.cancel)()
        };
        let heat = Heat { hot: manner.hot, cold: manner.cold, sweeps };
        if !anneal(&mut state, heat, &mut rng, &mut go_on) {
            return Err(Unsolved::Cancelled);
        }
        state.judge_by(full.eased(manner.mending_price.0, manner.mending_price.1));
        let all: Vec<u32> = (0..own.weights.len() as u32).collect();
        anneal_some(&mut state, &all, |_| true, SMOOTHING, &mut rng);
        let work = u64::from(sweeps) * (own.weights.len() as u64 + SWEEP) / MENDING_SHARE;
        if !repair(&mut state, work, manner.mending, &mut rng, &mut || !(self.watch.cancel)()) {
            return Err(Unsolved::Cancelled);
        }
        anneal_some(&mut state, &all, |_| true, Heat { sweeps: 4, ..SMOOTHING }, &mut rng);
        (self.watch.progress)(1.0);
        Ok((self.standing(&state), state.part))
    }

    fn standing(&self, state: &State<'_>) -> Standing {
        let mut standing = Standing { broken: 0, off: 0, far: 0.0, cost: state.cost(), worst: 0.0 };
        let mut far = vec![false; state.parts.len()];
        if state.facts.sizes.is_some() {
            for unit in 0..state.part.len() as u32 {
                far[state.part[unit as usize] as usize] |= state.too_far(unit);
            }
        }
        let together = state.together();
        standing.broken += together;
        standing.off += together;
        for (part, far) in far.into_iter().enumerate() {
            let off = state.off(part);
            standing.broken += u32::from(far || state.broken(part));
            standing.off += u32::from(far || off > 0.0);
            standing.far += off;
            standing.worst = standing.worst.max(off);
        }
        standing
    }
}

/// A seed of its own for each stream.
pub fn mix(seed: u64, stream: u64) -> u64 {
    let mut z = seed ^ stream.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
