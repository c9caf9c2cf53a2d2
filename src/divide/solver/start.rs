//! A first division: the graph is cut in two by growing along a direction, again and again.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::network::Network;

const NONE: u32 = u32::MAX;

struct Cutter<'a> {
    net: &'a Network,
    weights: &'a [f64],
    at: Option<&'a [[f32; 2]]>,
    /// The set that each unit is in now.
    set: Vec<u32>,
    key: Vec<u32>,
    heap: BinaryHeap<Reverse<(u32, u32)>>,
    queue: Vec<u32>,
}

/// Parts 0 to `parts` − 1 of a connected network that has at least so many units; each is connected and
/// none empty.
pub(crate) fn start(
    net: &Network,
    weights: &[f64],
    at: Option<&[[f32; 2]]>,
    parts: u32,
    turn: f32,
) -> Vec<u32> {
    let units = net.len();
    let mut cutter = Cutter {
        net,
        weights,
        at,
        set: vec![0; units],
        key: vec![0; units],
        heap: BinaryHeap::new(),
        queue: Vec::new(),
    };
    // Sets are numbered by their first part, so that a set of one part already has its number.
    let mut todo = vec![((0..units as u32).collect::<Vec<u32>>(), 0u32, parts)];
    while let Some((mut members, first, parts)) = todo.pop() {
        if parts < 2 {
            continue;
        }
        let one = cutter.halve(&mut members, first, parts, turn);
        // The side that keeps the number stands in front.
        let border = members.partition_point(|unit| cutter.set[*unit as usize] == first);
        let rest = members.split_off(border);
        for unit in &rest {
            cutter.set[*unit as usize] = first + one;
        }
        todo.push((rest, first + one, parts - one));
        todo.push((members, first, one));
    }
    cutter.set
}

/// The parts that there were, made whole: of a part in pieces the largest stays, units without a part join
/// the lightest beside them, and parts without units begin with one from the heaviest.
pub(crate) fn from_previous(net: &Network, weights: &[f64], previous: &[u32], parts: u32) -> Vec<u32> {
    let units = net.len();
    let mut part: Vec<u32> = previous.iter().map(|part| if *part < parts { *part } else { NONE }).collect();
    keep_largest(net, &mut part, parts);
    if part.iter().all(|part| *part == NONE) {
        return start(net, weights, None, parts, 0.0);
    }
    let mut load = vec![0.0; parts as usize];
    let mut count = vec![0u32; parts as usize];
    for unit in 0..units {
        if part[unit] != NONE {
            load[part[unit] as usize] += weights[unit];
            count[part[unit] as usize] += 1;
        }
    }
    let waits = |part: &[u32], unit: u32| {
        part[unit as usize] == NONE && net.around(unit).iter().any(|other| part[*other as usize] != NONE)
    };
    let mut queue: Vec<u32> = (0..units as u32).filter(|unit| waits(&part, *unit)).collect();
    let mut next = 0;
    while let Some(&unit) = queue.get(next) {
        next += 1;
        if part[unit as usize] != NONE {
            continue;
        }
        let beside = net.around(unit).iter().map(|other| part[*other as usize]).filter(|part| *part != NONE);
        let lightest = beside.min_by(|a, b| load[*a as usize].total_cmp(&load[*b as usize]).then(a.cmp(b)));
        let Some(own) = lightest else { continue };
        part[unit as usize] = own;
        load[own as usize] += weights[unit as usize];
        count[own as usize] += 1;
        queue.extend(net.around(unit).iter().filter(|other| part[**other as usize] == NONE));
    }
    for empty in 0..parts {
        if count[empty as usize] > 0 {
            continue;
        }
        let most = (0..parts as usize)
            .filter(|part| count[*part] > 1)
            .max_by(|a, b| load[*a].total_cmp(&load[*b]).then(b.cmp(a)));
        let Some(from) = most else { continue };
        let Some(leaf) = leaf(net, &part, from as u32) else { continue };
        part[leaf as usize] = empty;
        load[from] -= weights[leaf as usize];
        load[empty as usize] += weights[leaf as usize];
        count[from] -= 1;
        count[empty as usize] = 1;
    }
    part
}

/// The unit of a part that a search reaches last: the part stays whole without it.
fn leaf(net: &Network, part: &[u32], own: u32) -> Option<u32> {
    let first = part.iter().position(|part| *part == own)? as u32;
    let mut seen = std::collections::BTreeSet::from([first]);
    let mut queue = vec![first];
    let mut next = 0;
    while let Some(&unit) = queue.get(next) {
        next += 1;
        for other in net.around(unit) {
            if part[*other as usize] == own && seen.insert(*other) {
                queue.push(*other);
            }
        }
    }
    queue.last().copied()
}

/// Takes all but the largest piece out of each part.
fn keep_largest(net: &Network, part: &mut [u32], parts: u32) {
    let mut best = vec![(0usize, NONE); parts as usize];
    let mut piece = vec![NONE; part.len()];
    let mut queue = Vec::new();
    for start in 0..part.len() as u32 {
        let own = part[start as usize];
        if own == NONE || piece[start as usize] != NONE {
            continue;
        }
        piece[start as usize] = start;
        queue.clear();
        queue.push(start);
        let mut next = 0;
        while let Some(&unit) = queue.get(next) {
            next += 1;
            for other in net.around(unit) {
                if part[*other as usize] == own && piece[*other as usize] == NONE {
                    piece[*other as usize] = start;
                    queue.push(*other);
                }
            }
        }
        if queue.len() > best[own as usize].0 {
            best[own as usize] = (queue.len(), start);
        }
    }
    for (own, piece) in part.iter_mut().zip(piece) {
        if *own != NONE && best[*own as usize].1 != piece {
            *own = NONE;
        }
    }
}

impl Cutter<'_> {
    /// Cuts the set `first` in two connected sides and says how many parts go to the first. Members are
    /// sorted so that the first side's come first; those of the other are in set `NONE`.
    fn halve(&mut self, members: &mut [u32], first: u32, parts: u32, turn: f32) -> u32 {
        let all: f64 = members.iter().map(|unit| self.weights[*unit as usize]).sum();
        let (wanted, by_count) = if all > 0.0 {
            (all * f64::from(parts / 2) / f64::from(parts), false)
        } else {
            (members.len() as f64 * f64::from(parts / 2) / f64::from(parts), true)
        };
        let worth = |unit: u32| if by_count { 1.0 } else { self.weights[unit as usize] };
        let begin = self.aim(members, first, turn);

        // One side grows by the direction; what is reached stays connected.
        self.heap.clear();
        self.heap.push(Reverse((self.key[begin as usize], begin)));
        self.set[begin as usize] = NONE - 1;
        let (mut grown, mut taken) = (0.0, 0usize);
        while let Some(Reverse((_, unit))) = self.heap.pop() {
            let half = worth(unit) / 2.0;
            if taken > 0 && (grown + half > wanted || taken + 1 == members.len()) {
                self.set[unit as usize] = first;
                break;
            }
            grown += 2.0 * half;
            taken += 1;
            self.set[unit as usize] = NONE;
            for other in self.net.around(unit) {
                if self.set[*other as usize] == first {
                    self.set[*other as usize] = NONE - 1;
                    self.heap.push(Reverse((self.key[*other as usize], *other)));
                }
            }
        }
        for Reverse((_, unit)) in self.heap.drain() {
            self.set[unit as usize] = first;
        }
        // The rest may be in pieces: all but the largest go to the grown side, which they border on.
        let kept = self.largest(members, first);
        let (mut load, mut count) = (0.0, 0usize);
        for unit in members.iter() {
            let set = &mut self.set[*unit as usize];
            if *set == kept {
                *set = first;
                load += if by_count { 1.0 } else { self.weights[*unit as usize] };
                count += 1;
            } else {
                *set = NONE;
            }
        }
        // In place: the side that keeps the number in front, both in storage order.
        let mut back: Vec<u32> = Vec::with_capacity(members.len() - count);
        let mut front = 0;
        for at in 0..members.len() {
            let unit = members[at];
            if self.set[unit as usize] == first {
                members[front] = unit;
                front += 1;
            } else {
                back.push(unit);
            }
        }
        members[front..].copy_from_slice(&back);
        let total = if by_count { members.len() as f64 } else { all };
        let share = (load / total * f64::from(parts)).round() as u32;
        let least = parts.saturating_sub((members.len() - count) as u32).max(1);
        let most = (parts - 1).min(count as u32);
        share.clamp(least.min(most), most)
    }

    /// Gives each member a key that rises along the set's longer side and names the unit to begin with.
    fn aim(&mut self, members: &[u32], first: u32, turn: f32) -> u32 {
        if let Some(at) = self.at {
            let count = members.len() as f32;
            let mean = members.iter().fold([0.0f32; 2], |sum, unit| {
                let at = at[*unit as usize];
                [sum[0] + at[0] / count, sum[1] + at[1] / count]
            });
            let (mut xx, mut xy, mut yy) = (0.0f32, 0.0f32, 0.0f32);
            for unit in members {
                let [x, y] = at[*unit as usize];
                let (x, y) = (x - mean[0], y - mean[1]);
                xx += x * x;
                xy += x * y;
                yy += y * y;
            }
            let angle = 0.5 * (2.0 * xy).atan2(xx - yy) + turn;
            let (sin, cos) = angle.sin_cos();
            let along = |unit: u32| {
                let [x, y] = at[unit as usize];
                (x - mean[0]) * cos + (y - mean[1]) * sin
            };
            let mut begin = members[0];
            let mut least = f32::MAX;
            for unit in members {
                let along = along(*unit);
                if along < least {
                    (least, begin) = (along, *unit);
                }
                self.key[*unit as usize] = rising(along);
            }
            return begin;
        }
        // The far end of the far end: steps from there.
        let begin = self.steps(members[0], first);
        self.steps(begin, first);
        begin
    }

    /// Counts steps from `from` inside a set into the keys; a unit farthest from it.
    fn steps(&mut self, from: u32, first: u32) -> u32 {
        let through = NONE - 2;
        self.queue.clear();
        self.queue.push(from);
        self.set[from as usize] = through;
        self.key[from as usize] = 0;
        let mut next = 0;
        while let Some(&unit) = self.queue.get(next) {
            next += 1;
            for other in self.net.around(unit) {
                if self.set[*other as usize] == first {
                    self.set[*other as usize] = through;
                    self.key[*other as usize] = self.key[unit as usize] + 1;
                    self.queue.push(*other);
                }
            }
        }
        for unit in &self.queue {
            self.set[*unit as usize] = first;
        }
        self.queue.last().copied().unwrap_or(from)
    }

    /// Marks the largest piece of a set and gives its mark.
    fn largest(&mut self, members: &[u32], first: u32) -> u32 {
        // Marks from the top down: far above any part's number, as there are fewer pieces than units.
        let (mut mark, mut best) = (NONE - 2, (0usize, NONE - 2));
        for start in members {
            if self.set[*start as usize] != first {
                continue;
            }
            self.queue.clear();
            self.queue.push(*start);
            self.set[*start as usize] = mark;
            let mut next = 0;
            while let Some(&unit) = self.queue.get(next) {
                next += 1;
                for other in self.net.around(unit) {
                    if self.set[*other as usize] == first {
                        self.set[*other as usize] = mark;
                        self.queue.push(*other);
                    }
                }
            }
            if self.queue.len() > best.0 {
                best = (self.queue.len(), mark);
            }
            mark -= 1;
        }
        best.1
    }
}

/// A whole number that sorts as the value does.
fn rising(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 0x8000_0000 }
}
