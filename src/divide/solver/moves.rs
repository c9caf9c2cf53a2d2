//! What moving a unit changes, and the move itself.

use super::state::{Part, State, TOGETHER};

/// What a move would change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub delta: f64,
    from: Part,
    to: Part,
}

impl State<'_> {
    /// Whether nothing counts but loads, borders and shapes: then [`State::plain_try`] does what
    /// [`State::change`] and [`State::apply`] do, in less time.
    pub(crate) fn plain(&self) -> bool {
        let facts = &self.facts;
        facts.sizes.is_none() && facts.previous.is_empty() && facts.apart.is_empty()
    }

    /// Length of a unit's links into its own part and into another.
    #[inline(always)]
    fn links(&self, unit: u32, from: u32, to: u32) -> (f64, f64) {
        let net = self.facts.net;
        let span = net.span(unit as usize);
        if net.lengths.is_empty() {
            let (mut stays, mut joins) = (0u32, 0u32);
            for other in &net.ends[span] {
                let part = self.part[*other as usize];
                stays += u32::from(part == from);
                joins += u32::from(part == to);
            }
            return (f64::from(stays), f64::from(joins));
        }
        let (mut stays, mut joins) = (0.0f32, 0.0f32);
        for (other, length) in net.ends[span.clone()].iter().zip(&net.lengths[span]) {
            let part = self.part[*other as usize];
            stays += if part == from { *length } else { 0.0 };
            joins += if part == to { *length } else { 0.0 };
        }
        (f64::from(stays), f64::from(joins))
    }

    /// Moves `unit` where that costs at most `dearest`, in a plain division.
    #[inline(always)]
    pub(crate) fn plain_try(&mut self, unit: u32, from: u32, to: u32, dearest: f64) {
        let (stays, joins) = self.links(unit, from, to);
        let rim = f64::from(self.facts.net.rims[unit as usize]);
        let weight = self.facts.weights[unit as usize];
        let area = self.facts.area(unit);
        let (a, b) = (&self.parts[from as usize], &self.parts[to as usize]);
        let loads = [a.load - weight, b.load + weight];
        let rims = [a.rim + 2.0 * stays - rim, b.rim + rim - 2.0 * joins];
        let areas = [a.area - area, b.area + area];
        let relative = [loads[0] * a.per_target, loads[1] * b.per_target];
        let costs = self.rules.costs(relative, areas, rims);
        let delta = stays - joins - (a.cost + b.cost) + (costs[0] + costs[1]);
        if delta <= dearest && self.can_leave(unit) {
            for (at, part) in [from, to].into_iter().enumerate() {
                let part = &mut self.parts[part as usize];
                (part.load, part.rim, part.area, part.cost) = (loads[at], rims[at], areas[at], costs[at]);
            }
            self.parts[from as usize].units -= 1;
            self.parts[to as usize].units += 1;
            self.set(unit, from, to);
        }
    }

    /// What moving `unit` from its part `from` to part `to` would change.
    #[inline]
    pub(crate) fn change(&self, unit: u32, from: u32, to: u32) -> Change {
        let facts = &self.facts;
        let (stays, joins) = self.links(unit, from, to);
        let rim = f64::from(facts.net.rims[unit as usize]);
        let weight = facts.weights[unit as usize];
        let area = facts.area(unit);
        let (mut a, mut b) = (self.parts[from as usize], self.parts[to as usize]);
        let before = a.cost + b.cost;
        a.load -= weight;
        b.load += weight;
        a.rim += 2.0 * stays - rim;
        b.rim += rim - 2.0 * joins;
        a.area -= area;
        b.area += area;
        a.units -= 1;
        b.units += 1;
        let mut delta = stays - joins - before;
        if let Some(sizes) = facts.sizes {
            let (mut less, mut more) = (self.size[from as usize], self.size[to as usize]);
            less.add(sizes, unit as usize, weight, -1.0);
            more.add(sizes, unit as usize, weight, 1.0);
            a.cost = self.own_cost(&a, Some(&less));
            b.cost = self.own_cost(&b, Some(&more));
            delta += self.way_cost(sizes, unit, &more, b.load);
            delta -= self.way_cost(sizes, unit, &self.size[from as usize], a.load + weight);
        } else {
            a.cost = self.own_cost(&a, None);
            b.cost = self.own_cost(&b, None);
        }
        delta += a.cost + b.cost;
        if !facts.previous.is_empty() {
            let previous = facts.previous[unit as usize];
            if previous == from {
                delta += self.stay_price(unit, from);
            } else if previous == to {
                delta -= self.stay_price(unit, to);
            }
        }
        if let Some(apart) = facts.apart.get(unit as usize) {
            let here = apart.iter().filter(|other| self.part[**other as usize] == from).count();
            delta -= TOGETHER * here as f64;
        }
        Change { delta, from: a, to: b }
    }

    #[inline]
    pub(crate) fn apply(&mut self, unit: u32, to: u32, change: &Change) {
        let from = self.part[unit as usize];
        self.parts[from as usize] = change.from;
        self.parts[to as usize] = change.to;
        self.set(unit, from, to);
        if let Some(sizes) = self.facts.sizes {
            let weight = self.facts.weights[unit as usize];
            self.size[from as usize].add(sizes, unit as usize, weight, -1.0);
            self.size[to as usize].add(sizes, unit as usize, weight, 1.0);
        }
    }

    /// Names a unit's part, and tells those around it.
    #[inline(always)]
    fn set(&mut self, unit: u32, from: u32, to: u32) {
        let net = self.facts.net;
        self.part[unit as usize] = to;
        let span = net.span(unit as usize);
        let mut foreign = 0u64;
        for (at, (other, back)) in (0u32..).zip(net.ends[span.clone()].iter().zip(&net.back[span])) {
            let part = self.part[*other as usize];
            // No bit where the other's mask isn't kept.
            let bit = (1u64 << back) as u32;
            let theirs = &mut self.foreign[*other as usize];
            let leaves = if part == from { bit } else { 0 };
            let meets = if part == to { bit } else { 0 };
            *theirs = (*theirs | leaves) & !meets;
            foreign |= u64::from(part != to) << (at & 63);
        }
        if net.masked(unit) {
            self.foreign[unit as usize] = foreign as u32;
        }
    }
}
