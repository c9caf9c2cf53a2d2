//! All divisions of a tiny graph: parts are enumerated as connected sets of bits.

use super::state::{Part, Size, State};

/// Most units that bits are enough for.
const MOST: usize = 32;

struct Walk<'a> {
    state: &'a State<'a>,
    /// Neighbours of each unit.
    around: Vec<u32>,
    loads: Vec<f64>,
    /// Least and greatest load of a part.
    low: f64,
    high: f64,
    steps: u64,
    chosen: Vec<u32>,
    best: Option<(f64, Vec<u32>)>,
}

/// The best division whose parts all keep their limits, or None where there is none or it wasn't found in
/// `steps`. `state` is any division of the graph: its figures and prices are used. Only for parts that have
/// one target, and for limits that add up over units.
pub(crate) fn exact(state: &State<'_>, steps: u64) -> Option<Vec<u32>> {
    let units = state.part.len();
    let per_target = state.parts.first()?.per_target;
    let alike = state.parts.iter().all(|part| part.per_target == per_target);
    let adds_up = state.facts.sizes.is_none_or(|sizes| sizes.at.is_empty());
    if units > MOST || !alike || !adds_up || !state.facts.previous.is_empty() {
        return None;
    }
    let bits =
        |unit: usize| state.facts.net.around(unit as u32).iter().fold(0, |set, other| set | 1u32 << other);
    let (low, high) = state.rules.bounds();
    let mut walk = Walk {
        state,
        around: (0..units).map(bits).collect(),
        loads: state.facts.weights.iter().map(|weight| weight * per_target).collect(),
        low: low - 1e-9,
        high: high + 1e-9,
        steps,
        chosen: Vec::new(),
        best: None,
    };
    let all = u32::MAX >> (MOST - units);
    walk.next(all, state.parts.len(), 0.0);
    walk.best.map(|(_, sets)| {
        let of = |unit: usize| sets.iter().position(|set| set >> unit & 1 == 1).unwrap_or(0) as u32;
        (0..units).map(of).collect()
    })
}

impl Walk<'_> {
    /// Takes the part of the first unit in `left`, in every way.
    fn next(&mut self, left: u32, parts: usize, cost: f64) {
        if parts == 1 {
            if self.reached(left, left & left.wrapping_neg()) == left {
                self.close(left, 0, 1, cost);
            }
            return;
        }
        if (left.count_ones() as usize) < parts || !self.can_be_filled(left, parts) {
            return;
        }
        let first = left & left.wrapping_neg();
        let load = self.loads[first.trailing_zeros() as usize];
        self.grow(left, first, load, 0, parts, cost);
    }

    /// All connected sets around `set` that leave out `without`.
    fn grow(&mut self, left: u32, set: u32, load: f64, without: u32, parts: usize, cost: f64) {
        if self.steps == 0 || load > self.high {
            return;
        }
        self.steps -= 1;
        let beside = self.beside(set) & left & !without;
        if beside == 0 {
            if load >= self.low {
                self.close(set, left & !set, parts, cost);
            }
            return;
        }
        let one = beside & beside.wrapping_neg();
        self.grow(left, set | one, load + self.loads[one.trailing_zeros() as usize], without, parts, cost);
        self.grow(left, set, load, without | one, parts, cost);
    }

    /// Takes `set` as a part and goes on with the rest.
    fn close(&mut self, set: u32, rest: u32, parts: usize, cost: f64) {
        let Some(own) = self.cost(set) else { return };
        let cost = cost + own;
        let bound = cost - self.state.rules.round * (parts - 1) as f64;
        if self.best.as_ref().is_some_and(|(least, _)| bound >= *least - 1e-9) {
            return;
        }
        self.chosen.push(set);
        if parts == 1 {
            self.best = Some((cost, self.chosen.clone()));
        } else {
            self.next(rest, parts - 1, cost);
        }
        self.chosen.pop();
    }

    /// What a part costs; None where it doesn't keep its limits.
    fn cost(&self, set: u32) -> Option<f64> {
        let facts = &self.state.facts;
        let per_target = self.state.parts.first()?.per_target;
        let mut part = Part { per_target, ..Part::default() };
        let mut size = Size::default();
        for unit in ones(set) {
            if facts.apart.get(unit).is_some_and(|apart| apart.iter().any(|other| set >> other & 1 == 1)) {
                return None;
            }
            let span = facts.net.span(unit);
            let inner: f32 = span
                .filter(|link| set >> facts.net.ends[*link] & 1 == 1)
                .map(|link| facts.net.length(link))
                .sum();
            part.load += facts.weights[unit];
            part.rim += f64::from(facts.net.rims[unit] - inner);
            part.area += f64::from(facts.areas.get(unit).copied().unwrap_or(0.0));
            if let Some(sizes) = facts.sizes {
                size.add(sizes, unit, facts.weights[unit], 1.0);
            }
        }
        let load = part.load * per_target;
        let keeps = load >= self.low && load <= self.high;
        let fits = facts.sizes.is_none_or(|sizes| size.fits(sizes));
        (keeps && fits).then(|| part.rim / 2.0 + self.state.own_cost(&part, facts.sizes.map(|_| &size)))
    }

    /// Whether every piece of `left` can hold a whole number of parts, and all of them together `parts`.
    fn can_be_filled(&self, left: u32, parts: usize) -> bool {
        let (mut rest, mut least, mut most) = (left, 0, 0);
        while rest != 0 {
            let piece = self.reached(left, rest & rest.wrapping_neg());
            rest &= !piece;
            let load: f64 = ones(piece).map(|unit| self.loads[unit]).sum();
            let few = ((load / self.high).ceil() as usize).max(1);
            let many = if self.low > 0.0 { (load / self.low).floor() as usize } else { MOST };
            if few > many {
                return false;
            }
            least += few;
            most += many.min(piece.count_ones() as usize);
        }
        (least..=most).contains(&parts)
    }

    /// What can be reached inside `within`.
    fn reached(&self, within: u32, from: u32) -> u32 {
        let mut set = from;
        loop {
            let more = set | (self.beside(set) & within);
            if more == set {
                return set;
            }
            set = more;
        }
    }

    fn beside(&self, set: u32) -> u32 {
        ones(set).fold(0, |found, unit| found | self.around[unit]) & !set
    }
}

fn ones(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let unit = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(unit)
    })
}
