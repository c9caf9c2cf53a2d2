//! A partition in hand that only ever changes so that no grid falls into pieces or becomes empty, and no
//! two units that are kept apart meet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    super::VillageInput,
    price::{Price, Sums, reach_m},
};

/// Better is less, in this order.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Score {
    /// Pairs that are to be kept apart and aren't.
    pub together: usize,
    /// Grids outside a limit.
    pub bad: usize,
    pub cost: f64,
}

impl Score {
    pub fn beats(&self, other: &Self) -> bool {
        (self.together, self.bad) < (other.together, other.bad)
            || ((self.together, self.bad) == (other.together, other.bad) && self.cost < other.cost - 1e-9)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Board<'a> {
    pub input: &'a VillageInput,
    pub price: Price,
    around: Vec<Vec<(u32, f64)>>,
    /// Units that each unit is kept apart from.
    apart: Vec<Vec<u32>>,
    /// The grid that each unit was in before; none for what is new.
    home: Vec<Option<u32>>,
    /// Cost of one metre of border.
    border: f64,
    /// The grid of each unit.
    pub part: Vec<u32>,
    /// Units of each grid; some may be empty after grids were joined.
    pub members: Vec<Vec<u32>>,
    sums: Vec<Sums>,
}

impl<'a> Board<'a> {
    pub fn new(
        input: &'a VillageInput,
        price: Price,
        apart: &[(u32, u32)],
        home: Vec<Option<u32>>,
        part: Vec<u32>,
    ) -> Self {
        let count = input.units.len();
        let mut around = vec![Vec::new(); count];
        let mut length = 0.0;
        for edge in &input.edges {
            around[edge.a as usize].push((edge.b, edge.length_m));
            around[edge.b as usize].push((edge.a, edge.length_m));
            length += edge.length_m;
        }
        let mut kept = vec![Vec::new(); count];
        for (a, b) in apart {
            kept[*a as usize].push(*b);
            kept[*b as usize].push(*a);
        }
        let households: f64 = input.units.iter().map(|unit| f64::from(unit.households)).sum();
        let parts = (households / price.target()).max(1.0);
        // A usual grid is a square of units: its border has √(units of a grid) mean edges on each side.
        let mean = if length > 0.0 { length / input.edges.len() as f64 } else { 1.0 };
        let border = price.compactness / (mean * (count as f64 / parts).sqrt().max(1.0));
        let mut board = Self {
            input,
            price,
            around,
            apart: kept,
            home,
            border,
            part: Vec::new(),
            members: Vec::new(),
            sums: Vec::new(),
        };
        board.take(part);
        board
    }

    /// Another partition of the same units.
    pub fn take(&mut self, part: Vec<u32>) {
        let labels = part.iter().max().map_or(0, |last| *last as usize + 1);
        self.members = vec![Vec::new(); labels];
        self.sums = vec![Sums::default(); labels];
        for (unit, label) in (0u32..).zip(&part) {
            self.members[*label as usize].push(unit);
            self.sums[*label as usize].add(&self.input.units[unit as usize], 1.0);
        }
        self.part = part;
    }

    /// Grids that have units.
    pub fn grids(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&self.members).filter(|(_, members)| !members.is_empty()).map(|(label, _)| label)
    }

    pub fn sums(&self, grid: u32) -> &Sums {
        &self.sums[grid as usize]
    }

    fn reach(&self, members: &[u32]) -> f64 {
        if !self.price.travel_matters() {
            return 0.0;
        }
        reach_m(members.iter().map(|unit| &self.input.units[*unit as usize]))
    }

    pub fn is_bad(&self, grid: u32) -> bool {
        self.price.is_bad(&self.sums[grid as usize], self.reach(&self.members[grid as usize]))
    }

    fn cost(&self, grid: usize) -> f64 {
        self.price.grid(&self.sums[grid], self.reach(&self.members[grid]))
    }

    fn moved(&self, unit: u32, to: u32) -> f64 {
        match self.home[unit as usize] {
            Some(home) if home != to => {
                self.price.stability * f64::from(self.input.units[unit as usize].households)
                    / self.price.target()
            }
            _ => 0.0,
        }
    }

    /// For each of `units`, which `anew` divides, a label: each new grid takes that of `labels` of which it
    /// has the most households, the strongest claim first; grids without any get what is left over, then
    /// new ones.
    pub fn labels_for(&self, units: &[u32], anew: &[u32], labels: &[u32]) -> Vec<u32> {
        let mut shared: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for (unit, grid) in units.iter().zip(anew) {
            let home = self.home[*unit as usize].filter(|home| labels.contains(home));
            if let Some(home) = home {
                let households = u64::from(self.input.units[*unit as usize].households);
                // A grid in which nobody lives goes on by its units.
                *shared.entry((*grid, home)).or_default() += households * 1_000_000 + 1;
            }
        }
        let mut claims: Vec<((u32, u32), u64)> = shared.into_iter().collect();
        claims.sort_by_key(|(pair, weight)| (std::cmp::Reverse(*weight), *pair));
        let mut given: BTreeMap<u32, u32> = BTreeMap::new();
        let mut taken: BTreeSet<u32> = BTreeSet::new();
        for ((grid, home), _) in claims {
            if !given.contains_key(&grid) && taken.insert(home) {
                given.insert(grid, home);
            }
        }
        let next = self.members.len() as u32;
        let mut left = labels
            .iter()
            .copied()
            .filter(|label| !taken.contains(label))
            .collect::<Vec<_>>()
            .into_iter()
            .chain(next..);
        for grid in anew {
            if !given.contains_key(grid) {
                given.insert(*grid, left.next().unwrap_or(next));
            }
        }
        anew.iter().map(|grid| given[grid]).collect()
    }

    pub fn score(&self) -> Score {
        let apart = self.apart.iter().enumerate();
        let together = apart
            .map(|(unit, others)| {
                others.iter().filter(|other| self.part[**other as usize] == self.part[unit]).count()
            })
            .sum::<usize>()
            / 2;
        let cut: f64 = self
            .input
            .edges
            .iter()
            .filter(|edge| self.part[edge.a as usize] != self.part[edge.b as usize])
            .map(|edge| edge.length_m)
            .sum();
        let grids: f64 = self.grids().map(|grid| self.cost(grid as usize)).sum();
        let moved: f64 = (0u32..).zip(&self.part).map(|(unit, part)| self.moved(unit, *part)).sum();
        Score {
            together,
            bad: self.grids().filter(|grid| self.is_bad(*grid)).count(),
            cost: grids + cut * self.border + moved,
        }
    }

    /// Grids that border on `grid`, sorted.
    pub fn neighbours(&self, grid: u32) -> Vec<u32> {
        let around = self.members[grid as usize].iter().flat_map(|unit| &self.around[*unit as usize]);
        let mut found: Vec<u32> =
            around.map(|(other, _)| self.part[*other as usize]).filter(|other| *other != grid).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Units that border on a unit.
    pub fn beside(&self, unit: u32) -> impl Iterator<Item = u32> + '_ {
        self.around[unit as usize].iter().map(|(other, _)| *other)
    }

    /// Whether a unit borders on a grid.
    pub fn touches(&self, unit: u32, grid: u32) -> bool {
        self.beside(unit).any(|other| self.part[other as usize] == grid)
    }

    /// Whether a unit may stand in a grid with regard to those that it is kept apart from.
    pub fn allowed(&self, unit: u32, grid: u32) -> bool {
        self.apart[unit as usize].iter().all(|other| self.part[*other as usize] != grid)
    }

    /// Whether two grids may become one.
    pub fn may_join(&self, one: u32, two: u32) -> bool {
        self.members[one as usize].iter().all(|unit| self.allowed(*unit, two))
    }

    /// Whether the unit's grid stays whole, and not empty, without it.
    pub fn can_leave(&self, unit: u32) -> bool {
        let grid = self.part[unit as usize];
        let inside = |other: &u32| *other != unit && self.part[*other as usize] == grid;
        let mine: Vec<u32> = self.around[unit as usize]
            .iter()
            .map(|(other, _)| *other)
            .filter(|other| inside(other))
            .collect();
        let Some(first) = mine.first() else { return false };
        let mut wanted: Vec<u32> = mine[1..].to_vec();
        wanted.retain(|other| other != first);
        let mut seen = BTreeSet::from([*first]);
        let mut queue = VecDeque::from([*first]);
        while let Some(at) = queue.pop_front() {
            if wanted.is_empty() {
                return true;
            }
            for (other, _) in &self.around[at as usize] {
                if inside(other) && seen.insert(*other) {
                    wanted.retain(|one| one != other);
                    queue.push_back(*other);
                }
            }
        }
        wanted.is_empty()
    }

    /// What moving a unit would save; contiguity and separations are for the caller to ask.
    pub fn gain(&self, unit: u32, to: u32) -> f64 {
        let from = self.part[unit as usize];
        let own = &self.input.units[unit as usize];
        let (mut less, mut more) = (self.sums[from as usize], self.sums[to as usize]);
        less.add(own, -1.0);
        more.add(own, 1.0);
        let (mut reach_less, mut reach_more) = (0.0, 0.0);
        if self.price.travel_matters() {
            let rest: Vec<u32> =
                self.members[from as usize].iter().copied().filter(|other| *other != unit).collect();
            let mut grown = self.members[to as usize].clone();
            grown.push(unit);
            (reach_less, reach_more) = (self.reach(&rest), self.reach(&grown));
        }
        let border: f64 = self.around[unit as usize]
            .iter()
            .map(|(other, length)| match self.part[*other as usize] {
                part if part == from => *length,
                part if part == to => -length,
                _ => 0.0,
            })
            .sum();
        self.cost(from as usize) + self.cost(to as usize)
            - self.price.grid(&less, reach_less)
            - self.price.grid(&more, reach_more)
            - border * self.border
            + self.moved(unit, from)
            - self.moved(unit, to)
    }

    pub fn shift(&mut self, unit: u32, to: u32) {
        let from = self.part[unit as usize] as usize;
        if let Some(place) = self.members[from].iter().position(|other| *other == unit) {
            self.members[from].swap_remove(place);
        }
        self.members[to as usize].push(unit);
        self.sums[from].add(&self.input.units[unit as usize], -1.0);
        self.sums[to as usize].add(&self.input.units[unit as usize], 1.0);
        self.part[unit as usize] = to;
    }

    /// Moves single units for as long as that saves something; only out of or into grids for which
    /// `open` is true.
    pub fn climb(&mut self, open: impl Fn(&Self, u32) -> bool, cancel: &dyn Fn() -> bool) {
        const ROUNDS: usize = 40;
        for _ in 0..ROUNDS {
            let mut moved = false;
            let is_open: Vec<bool> = (0..self.members.len() as u32).map(|grid| open(self, grid)).collect();
            for unit in 0..self.part.len() as u32 {
                let from = self.part[unit as usize];
                let mut beyond: Vec<u32> = self.around[unit as usize]
                    .iter()
                    .map(|(other, _)| self.part[*other as usize])
                    .filter(|to| *to != from && (is_open[from as usize] || is_open[*to as usize]))
                    .collect();
                if beyond.is_empty() {
                    continue;
                }
                beyond.sort_unstable();
                beyond.dedup();
                let best = beyond
                    .into_iter()
                    .filter(|to| self.allowed(unit, *to))
                    .map(|to| (self.gain(unit, to), to))
                    .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
                if let Some((gain, to)) = best
                    && gain > 1e-9
                    && self.can_leave(unit)
                {
                    self.shift(unit, to);
                    moved = true;
                }
            }
            if !moved || cancel() {
                break;
            }
        }
    }
}
