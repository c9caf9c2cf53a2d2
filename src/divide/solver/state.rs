//! A division in hand: who is where, what each part weighs and costs, and whether a unit may leave.

use super::{
    network::{Network, RINGED, reached},
    rules::Rules,
};

/// Most units that a search looks at to see whether a part stays whole; beyond, a move is not made.
const SEARCHED: usize = 1024;

/// Price of two in one part that must be kept apart; only a start can have them so.
pub(super) const TOGETHER: f64 = 1000.0;

/// What is known of the units, in the network's order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub net: &'a Network,
    pub weights: &'a [f64],
    /// Areas in multiples of the square of a link's mean length; empty where shape doesn't count.
    pub areas: &'a [f32],
    /// The part that each unit was in, `u32::MAX` for none; empty where it doesn't matter.
    pub previous: &'a [u32],
    /// For each unit those that must not be with it; empty where there are none.
    pub apart: &'a [Vec<u32>],
    pub sizes: Option<&'a Sizes>,
}

/// Limits of size, where there are any.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sizes {
    /// For each unit its people and its area.
    pub people: Vec<f64>,
    pub area: Vec<f64>,
    pub people_max: f64,
    pub area_max: f64,
    /// Where each unit lies, and how far the lived-in ones may be from their part's middle.
    pub at: Vec<[f64; 2]>,
    pub reach_max: f64,
}

impl Facts<'_> {
    pub(super) fn area(&self, unit: u32) -> f64 {
        self.areas.get(unit as usize).map_or(0.0, |area| f64::from(*area))
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part {
    pub load: f64,
    /// One by its target.
    pub per_target: f64,
    pub rim: f64,
    pub area: f64,
    pub cost: f64,
    pub units: u32,
}

/// What limits of size need to know of a part.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Size {
    people: f64,
    area: f64,
    /// Places of its units, each times its weight.
    at: [f64; 2],
}

#[derive(Debug, Clone)]
pub(crate) struct State<'a> {
    pub facts: Facts<'a>,
    pub rules: Rules,
    pub part: Vec<u32>,
    pub parts: Vec<Part>,
    /// Empty without limits of size.
    pub size: Vec<Size>,
    /// For each unit which of its links lead to other parts; all where it has too many to tell.
    pub foreign: Vec<u32>,
    seen: Vec<u32>,
    epoch: u32,
    queue: Vec<u32>,
}

impl<'a> State<'a> {
    /// `part` names a part below `targets.len()` for every unit.
    pub(crate) fn new(facts: Facts<'a>, rules: Rules, part: Vec<u32>, targets: &[f64]) -> Self {
        let parts: Vec<Part> =
            targets.iter().map(|target| Part { per_target: 1.0 / target, ..Part::default() }).collect();
        let size = if facts.sizes.is_some() { vec![Size::default(); parts.len()] } else { Vec::new() };
        let units = part.len();
        let mut state = Self {
            facts,
            rules,
            part,
            parts,
            size,
            foreign: vec![u32::MAX; units],
            seen: vec![0; units],
            epoch: 0,
            queue: Vec::new(),
        };
        state.add_up();
        state
    }

    /// Judges by other prices from now on.
    pub(crate) fn judge_by(&mut self, rules: Rules) {
        self.rules = rules;
        self.price();
    }

    /// Looks anew which of a unit's links lead to other parts.
    pub(crate) fn look(&mut self, unit: u32) {
        let net = self.facts.net;
        if net.masked(unit) {
            let own = self.part[unit as usize];
            let ends = (0..).zip(net.around(unit));
            let foreign = ends.map(|(at, other)| u32::from(self.part[*other as usize] != own) << at);
            self.foreign[unit as usize] = foreign.fold(0, |all, one| all | one);
        }
    }

    /// Sums of all parts anew.
    fn add_up(&mut self) {
        for unit in 0..self.part.len() as u32 {
            self.look(unit);
        }
        for part in &mut self.parts {
            *part = Part { per_target: part.per_target, ..Part::default() };
        }
        self.size.fill(Size::default());
        let net = self.facts.net;
        for unit in 0..self.part.len() {
            let own = self.part[unit];
            let inner: f64 = net
                .span(unit)
                .filter(|link| self.part[net.ends[*link] as usize] == own)
                .map(|link| f64::from(net.length(link)))
                .sum();
            let part = &mut self.parts[own as usize];
            part.load += self.facts.weights[unit];
            part.rim += f64::from(net.rims[unit]) - inner;
            part.area += self.facts.area(unit as u32);
            part.units += 1;
            if let Some(sizes) = self.facts.sizes {
                self.size[own as usize].add(sizes, unit, self.facts.weights[unit], 1.0);
            }
        }
        self.price();
    }

    fn price(&mut self) {
        for at in 0..self.parts.len() {
            self.price_one(at);
        }
    }

    fn price_one(&mut self, at: usize) {
        let size = self.size.get(at).copied();
        self.parts[at].cost = self.own_cost(&self.parts[at], size.as_ref());
    }

    /// Judges some parts by other prices, while nothing but these is looked at.
    pub(crate) fn judge_some_by(&mut self, parts: &[u32], rules: Rules) {
        self.rules = rules;
        for part in parts {
            self.price_one(*part as usize);
        }
    }

    #[inline]
    pub(crate) fn own_cost(&self, part: &Part, size: Option<&Size>) -> f64 {
        let rules = &self.rules;
        let mut cost = rules.cost(part.load * part.per_target, part.area, part.rim);
        if let (Some(size), Some(sizes)) = (size, self.facts.sizes) {
            cost += rules.people_cost(size.people / sizes.people_max - 1.0);
            cost += rules.size_cost(size.area / sizes.area_max - 1.0);
        }
        cost
    }

    /// Cost of all parts, borders and moves.
    pub(crate) fn cost(&self) -> f64 {
        let own: f64 = self.parts.iter().map(|part| part.cost + part.rim / 2.0).sum();
        own + (0..self.part.len() as u32).map(|unit| self.unit_cost(unit)).sum::<f64>()
    }

    /// What a unit costs where it is: by having left its previous part, and by lying far off.
    pub(crate) fn unit_cost(&self, unit: u32) -> f64 {
        let own = self.part[unit as usize];
        let previous = self.facts.previous.get(unit as usize).copied().unwrap_or(u32::MAX);
        let mut cost = 0.0;
        if previous != u32::MAX && previous != own {
            cost += self.stay_price(unit, own);
        }
        if let Some(sizes) = self.facts.sizes {
            cost += self.way_cost(sizes, unit, &self.size[own as usize], self.parts[own as usize].load);
        }
        cost
    }

    pub(super) fn stay_price(&self, unit: u32, part: u32) -> f64 {
        self.rules.stay * self.facts.weights[unit as usize] * self.parts[part as usize].per_target
    }

    /// Price of a unit's way to the middle of a part that it belongs to.
    pub(super) fn way_cost(&self, sizes: &Sizes, unit: u32, size: &Size, load: f64) -> f64 {
        if sizes.at.is_empty() || self.facts.weights[unit as usize] <= 0.0 || load <= 0.0 {
            return 0.0;
        }
        let [x, y] = sizes.at[unit as usize];
        let way = (x - size.at[0] / load).hypot(y - size.at[1] / load);
        self.rules.size_cost(way / sizes.reach_max - 1.0)
    }

    /// Whether `unit` may go to part `to`: its own stays whole and not empty, and nobody is there that
    /// it must be kept from.
    pub(crate) fn may_move(&mut self, unit: u32, to: u32) -> bool {
        if let Some(apart) = self.facts.apart.get(unit as usize)
            && apart.iter().any(|other| self.part[*other as usize] == to)
        {
            return false;
        }
        self.can_leave(unit)
    }

    /// Whether the unit's part stays in one piece, and not empty, without it.
    pub(super) fn can_leave(&mut self, unit: u32) -> bool {
        let net = self.facts.net;
        let own = self.part[unit as usize];
        if self.parts[own as usize].units < 2 {
            return false;
        }
        if net.masked(unit) {
            let span = net.span(unit as usize);
            let foreign = self.foreign[unit as usize];
            let mine = !foreign & ((1u64 << span.len()) - 1) as u32;
            let joined = if span.len() <= RINGED {
                net.rings[unit as usize] >> mine & 1 == 1
            } else {
                reached(&net.masks[span], mine) == mine
            };
            if joined {
                return true;
            }
        }
        self.search(unit, own)
    }

    /// Looks for ways around `unit` between all of its neighbours in part `own`.
    fn search(&mut self, unit: u32, own: u32) -> bool {
        let net = self.facts.net;
        if self.epoch > u32::MAX - 3 {
            self.seen.fill(0);
            self.epoch = 0;
        }
        self.epoch += 2;
        let (part, seen, epoch) = (&self.part, &mut self.seen, self.epoch);
        // Wanted are marked with the number before: a look at them tells both.
        let mut wanted = 0usize;
        let mut first = unit;
        for other in net.around(unit) {
            if part[*other as usize] == own {
                seen[*other as usize] = epoch - 1;
                first = *other;
                wanted += 1;
            }
        }
        seen[unit as usize] = epoch;
        seen[first as usize] = epoch;
        self.queue.clear();
        self.queue.push(first);
        let mut next = 0;
        while wanted > 1 {
            let Some(&at) = self.queue.get(next) else { return false };
            next += 1;
            if next > SEARCHED {
                return false;
            }
            for other in net.around(at) {
                let mark = &mut seen[*other as usize];
                if part[*other as usize] == own && *mark != epoch {
                    wanted -= usize::from(*mark == epoch - 1);
                    *mark = epoch;
                    self.queue.push(*other);
                }
            }
        }
        true
    }

    /// How far outside of what is wanted a part's load is, and its people and area; 0 where inside.
    pub(crate) fn off(&self, part: usize) -> f64 {
        let own = &self.parts[part];
        let mut off = self.rules.off(own.load * own.per_target);
        if let (Some(size), Some(sizes)) = (self.size.get(part), self.facts.sizes) {
            off = off.max(size.people / sizes.people_max - 1.0).max(size.area / sizes.area_max - 1.0);
        }
        off
    }

    /// Whether a part breaks a limit that goes before evenness.
    pub(crate) fn broken(&self, part: usize) -> bool {
        let own = &self.parts[part];
        let load = own.load * own.per_target;
        let size = self
            .size
            .get(part)
            .zip(self.facts.sizes)
            .is_some_and(|(size, sizes)| size.people > sizes.people_max || size.area > sizes.area_max);
        size || load < self.rules.low - 1e-9 || load > self.rules.high + 1e-9
    }

    /// Pairs that must be kept apart and aren't.
    pub(crate) fn together(&self) -> u32 {
        let pairs = (0u32..).zip(self.facts.apart).flat_map(|(unit, apart)| {
            apart.iter().filter(move |other| **other > unit).map(move |other| (unit, *other))
        });
        pairs.filter(|(a, b)| self.part[*a as usize] == self.part[*b as usize]).count() as u32
    }

    /// Whether a unit lies too far from the middle of its part.
    pub(crate) fn too_far(&self, unit: u32) -> bool {
        let own = self.part[unit as usize] as usize;
        self.facts
            .sizes
            .is_some_and(|sizes| self.way_cost(sizes, unit, &self.size[own], self.parts[own].load) > 0.0)
    }
}

impl Size {
    pub(crate) fn fits(&self, sizes: &Sizes) -> bool {
        self.people <= sizes.people_max && self.area <= sizes.area_max
    }

    pub(crate) fn add(&mut self, sizes: &Sizes, unit: usize, weight: f64, sign: f64) {
        self.people += sign * sizes.people[unit];
        self.area += sign * sizes.area[unit];
        if let Some(at) = sizes.at.get(unit) {
            self.at[0] += sign * weight * at[0];
            self.at[1] += sign * weight * at[1];
        }
    }
}
