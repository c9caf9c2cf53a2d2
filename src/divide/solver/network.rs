//! Units and edges in compact arrays, numbered so that what lies near stands near in memory.

use std::collections::{BTreeMap, VecDeque};

/// Most neighbours of a unit for which the ring check has a mask; with more, a search decides.
const MASKED: usize = 32;

/// Most neighbours for which all sets of them are kept.
pub(crate) const RINGED: usize = 6;

/// Rim of a regular hexagon of area 1.
const ROUND_RIM: f32 = 3.72;

/// An edge between two units and the price of a border along it: its length, a barrier counting more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    pub a: u32,
    pub b: u32,
    pub length: f32,
}

/// A graph in the order in which it is swept: a slice of neighbours for each unit.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) offsets: Vec<u32>,
    pub(crate) ends: Vec<u32>,
    /// Length of each link; empty where all are 1.
    pub(crate) lengths: Vec<f32>,
    /// For each link of a unit, which of the unit's other links lead to a neighbour of its end.
    pub(crate) masks: Vec<u32>,
    /// For each link, which of its end's links leads back; [`MASKED`] where the end has more.
    pub(crate) back: Vec<u8>,
    /// For units of up to six links: a bit for each set of them, whether the ring joins all their ends.
    pub(crate) rings: Vec<u64>,
    /// Length of all of a unit's links, and of its outer border once that is known.
    pub(crate) rims: Vec<f32>,
    /// Mean length of a link in the measure of the input: lengths here are in multiples of it.
    pub(crate) mean: f64,
    /// What nearly all units' links are at most long in all: larger ones are rare.
    usual_rim: f32,
}

impl Network {
    /// `order[i]` is the input's number of the unit that stands at place `i`. Links to oneself are left
    /// out, and those that stand there twice are added up.
    pub(crate) fn new(order: &[u32], links: &[Link]) -> Self {
        let units = order.len();
        let mut place = vec![0u32; units];
        for (at, unit) in (0u32..).zip(order) {
            place[*unit as usize] = at;
        }
        let real = || links.iter().filter(|link| link.a != link.b);
        let mut offsets = vec![0u32; units + 1];
        for link in real() {
            offsets[place[link.a as usize] as usize + 1] += 1;
            offsets[place[link.b as usize] as usize + 1] += 1;
        }
        for at in 1..=units {
            offsets[at] += offsets[at - 1];
        }
        let sum: f64 = real().map(|link| f64::from(good(link.length))).sum();
        let count = real().count();
        let mean = if sum > 0.0 { sum / count as f64 } else { 1.0 };
        let mut free = offsets.clone();
        let mut ends = vec![0u32; count * 2];
        let mut lengths = vec![0f32; count * 2];
        for link in real() {
            let (a, b) = (place[link.a as usize], place[link.b as usize]);
            for (from, to) in [(a, b), (b, a)] {
                let slot = &mut free[from as usize];
                ends[*slot as usize] = to;
                lengths[*slot as usize] = (f64::from(good(link.length)) / mean) as f32;
                *slot += 1;
            }
        }
        drop(free);
        let mut network = Self {
            offsets,
            ends,
            lengths,
            masks: Vec::new(),
            back: Vec::new(),
            rings: Vec::new(),
            rims: Vec::new(),
            mean,
            usual_rim: 0.0,
        };
        network.tidy();
        network.rims =
            (0..units).map(|at| network.span(at).map(|link| network.lengths[link]).sum()).collect();
        network.usual_rim = usual(&network.rims);
        if network.lengths.iter().all(|length| *length == 1.0) {
            network.lengths = Vec::new();
        }
        network.mask();
        network.turn_back();
        network.ring();
        network
    }

    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    pub(crate) fn span(&self, unit: usize) -> std::ops::Range<usize> {
        self.offsets[unit] as usize..self.offsets[unit + 1] as usize
    }

    pub(crate) fn around(&self, unit: u32) -> &[u32] {
        &self.ends[self.span(unit as usize)]
    }

    pub(crate) fn length(&self, link: usize) -> f32 {
        if self.lengths.is_empty() { 1.0 } else { self.lengths[link] }
    }

    /// Sorts each unit's links and joins those that lead to the same unit.
    fn tidy(&mut self) {
        let (mut kept, mut begin) = (0usize, 0usize);
        let mut own: Vec<(u32, f32)> = Vec::new();
        for unit in 0..self.len() {
            let end = self.offsets[unit + 1] as usize;
            own.clear();
            own.extend((begin..end).map(|link| (self.ends[link], self.lengths[link])));
            own.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            begin = end;
            let first = kept;
            for &(to, length) in &own {
                if kept > first && self.ends[kept - 1] == to {
                    self.lengths[kept - 1] += length;
                } else {
                    self.ends[kept] = to;
                    self.lengths[kept] = length;
                    kept += 1;
                }
            }
            self.offsets[unit + 1] = kept as u32;
        }
        self.ends.truncate(kept);
        self.lengths.truncate(kept);
        self.ends.shrink_to_fit();
        self.lengths.shrink_to_fit();
    }

    /// Finds the way back of each link: both ends' lists are sorted, so units met in order fill them.
    fn turn_back(&mut self) {
        let mut next = vec![0u8; self.len()];
        self.back = vec![MASKED as u8; self.ends.len()];
        for unit in 0..self.len() as u32 {
            for link in self.span(unit as usize) {
                let end = self.ends[link];
                if self.masked(end) {
                    self.back[link] = next[end as usize];
                    next[end as usize] += 1;
                }
            }
        }
    }

    fn ring(&mut self) {
        let mut known: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
        self.rings = vec![0; self.len()];
        for unit in 0..self.len() {
            let span = self.span(unit);
            if span.len() <= RINGED {
                let masks = &self.masks[span];
                self.rings[unit] = match known.get(masks) {
                    Some(ring) => *ring,
                    None => *known.entry(masks.to_vec()).or_insert_with(|| rings(masks)),
                };
            }
        }
    }

    fn mask(&mut self) {
        let mut seat = vec![0u8; self.len()];
        self.masks = vec![0; self.ends.len()];
        for unit in 0..self.len() {
            let span = self.span(unit);
            if span.len() > MASKED {
                continue;
            }
            for (at, link) in (1u8..).zip(span.clone()) {
                seat[self.ends[link] as usize] = at;
            }
            for link in span.clone() {
                let mut mask = 0;
                for other in self.span(self.ends[link] as usize) {
                    let at = seat[self.ends[other] as usize];
                    if at > 0 {
                        mask |= 1 << (at - 1);
                    }
                }
                self.masks[link] = mask;
            }
            for link in span {
                seat[self.ends[link] as usize] = 0;
            }
        }
    }

    /// Area of a cell whose links are as long as those of most units. A regular polygon's area is 0.063 to
    /// 0.072 times the square of its rim, from a square to a hexagon.
    pub(crate) fn cell_area(&self) -> f32 {
        0.07 * self.usual_rim * self.usual_rim
    }

    /// Takes what a unit's links are short of a round cell's rim for outer border.
    pub(crate) fn close(&mut self, areas: &[f32]) {
        for (rim, area) in self.rims.iter_mut().zip(areas) {
            *rim = rim.max(ROUND_RIM * area.max(0.0).sqrt());
        }
    }

    pub(crate) fn connected(&self) -> bool {
        let mut seen = vec![false; self.len()];
        let mut queue = vec![0u32];
        let mut reached = usize::from(self.len() > 0);
        seen[0] = true;
        while let Some(unit) = queue.pop() {
            for other in self.around(unit) {
                if !std::mem::replace(&mut seen[*other as usize], true) {
                    reached += 1;
                    queue.push(*other);
                }
            }
        }
        reached == self.len()
    }

    pub(crate) fn masked(&self, unit: u32) -> bool {
        self.span(unit as usize).len() <= MASKED
    }
}

/// For each set of links whether it is joined by `masks`.
fn rings(masks: &[u32]) -> u64 {
    let joined = |set: &u32| reached(masks, *set) == *set;
    (0..1u32 << masks.len()).filter(joined).fold(0, |ring, set| ring | 1 << set)
}

/// What is reached inside a set of links from its first.
pub(crate) fn reached(masks: &[u32], set: u32) -> u32 {
    let mut reached = set & set.wrapping_neg();
    let mut fresh = reached;
    while fresh != 0 {
        let at = fresh.trailing_zeros() as usize;
        fresh &= fresh - 1;
        let more = masks[at] & set & !reached;
        reached |= more;
        fresh |= more;
    }
    reached
}

/// What nine in ten are not above.
fn usual(rims: &[f32]) -> f32 {
    let mut sorted = rims.to_vec();
    let at = sorted.len() * 9 / 10;
    if sorted.is_empty() { 0.0 } else { *sorted.select_nth_unstable_by(at, f32::total_cmp).1 }
}

/// A length that can be reckoned with.
fn good(length: f32) -> f32 {
    if length.is_finite() { length.max(0.0) } else { 0.0 }
}

/// Places along Hilbert's curve where coordinates are known, breadth first where not.
pub(crate) fn order(units: usize, links: &[Link], at: Option<&[[f32; 2]]>) -> Vec<u32> {
    match at {
        Some(at) => along_curve(at),
        None => breadth_first(units, links),
    }
}

fn along_curve(at: &[[f32; 2]]) -> Vec<u32> {
    let low = |axis: usize| at.iter().map(|at| at[axis]).fold(f32::MAX, f32::min);
    let high = |axis: usize| at.iter().map(|at| at[axis]).fold(f32::MIN, f32::max);
    let from = [low(0), low(1)];
    let side = (high(0) - from[0]).max(high(1) - from[1]).max(f32::MIN_POSITIVE);
    let cell = |value: f32, from: f32| (((value - from) / side) * 65535.0).clamp(0.0, 65535.0) as u32;
    let mut keys: Vec<(u32, u32)> = (0u32..)
        .zip(at)
        .map(|(unit, at)| (along(cell(at[0], from[0]), cell(at[1], from[1])), unit))
        .collect();
    keys.sort_unstable();
    keys.into_iter().map(|key| key.1).collect()
}

/// Hilbert's curve of order 16 (Warren, Hacker's Delight, 16-3).
fn along(mut x: u32, mut y: u32) -> u32 {
    let mut way = 0;
    for bit in (0..16).rev() {
        let (right, up) = ((x >> bit) & 1, (y >> bit) & 1);
        way = (way << 2) | ((3 * right) ^ up);
        if up == 0 {
            if right == 1 {
                (x, y) = (!x, !y);
            }
            (x, y) = (y, x);
        }
    }
    way
}

fn breadth_first(units: usize, links: &[Link]) -> Vec<u32> {
    let plain: Vec<u32> = (0..units as u32).collect();
    let (offsets, ends) = bare(units, links);
    let mut seen = vec![false; units];
    let mut found = Vec::with_capacity(units);
    let mut queue = VecDeque::new();
    for start in plain {
        if std::mem::replace(&mut seen[start as usize], true) {
            continue;
        }
        queue.push_back(start);
        while let Some(unit) = queue.pop_front() {
            found.push(unit);
            for &other in &ends[offsets[unit as usize] as usize..offsets[unit as usize + 1] as usize] {
                if !std::mem::replace(&mut seen[other as usize], true) {
                    queue.push_back(other);
                }
            }
        }
    }
    found
}

fn bare(units: usize, links: &[Link]) -> (Vec<u32>, Vec<u32>) {
    let mut offsets = vec![0u32; units + 1];
    for link in links {
        offsets[link.a as usize + 1] += 1;
        offsets[link.b as usize + 1] += 1;
    }
    for at in 1..=units {
        offsets[at] += offsets[at - 1];
    }
    let mut free = offsets.clone();
    let mut ends = vec![0u32; links.len() * 2];
    for link in links {
        for (from, to) in [(link.a, link.b), (link.b, link.a)] {
            ends[free[from as usize] as usize] = to;
            free[from as usize] += 1;
        }
    }
    (offsets, ends)
}
