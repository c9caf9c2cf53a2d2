//! ENGINE: what is told of counts from 1 to 4. Imports `domain` only; no IO.
//!
//! ## Threat
//!
//! Somebody reads every figure that their scope shows: units, grids of all plans, published and draft,
//! villages, townships, banners, scores, comparisons, tiles. They know this code, every unit of 0 and of 5 or more,
//! and which units hold 1 to 4. They add and subtract as they like.
//!
//! ## Promise
//!
//! Whatever they compute, every unit of 1 to 4 may still hold any of 1, 2, 3 and 4, and every published sum
//! whose true value is 4 or less may still be anything from the number of its inhabited units up to 4. The same for
//! households and for people. A true 0 is shown as 0.
//!
//! ## Method
//!
//! Suppressing cells and then further cells until subtraction fails (complementary suppression) has to be
//! solved anew for every table that shares a cell with another. Here a village is cut into units, and into
//! grids by every plan that was ever drafted: each new draft is a new table over the same units, and those
//! published before can't be taken back. So it isn't the tables that are protected but what they are made of:
//! **every published figure is a sum of the same published units**, in which each small unit is replaced by a
//! number that says nothing about it. It follows from two things alone: how many small units n the village has,
//! and their sum S, held within [n + 3, 4n − 9]; with fewer than 5 of them from n alone. That sum is spread
//! evenly over them in the order of their codes ([`told`]).
//!
//! Why that is enough: all that anybody can learn of a village's small units is n and the held sum. For a group
//! of k ≤ 4 of them and a value v from k to 4, the others can make up the rest if
//! v + (n − k) ≤ held ≤ v + 4(n − k); n + 3 is the largest lower end (k = 1, v = 4). The upper end is least
//! where v = k: 4n − 3k, and 4n − 9 keeps it up to k = 3; four units that hold 4 in all leave S ≤ 4n − 12 by
//! themselves. Where S lies beyond an end, the held sum only says so, which leaves still more open.
//! Figures of other villages say nothing of this one. In tests an attacker tries every assignment.
//!
//! What it costs: totals of a village are off by 3 households at most, save where it has fewer than 5 small
//! units (6 at most) or nearly all of them are of 4; of townships and above, less in proportion. A
//! grid is off by a few where it is made of many small units. Rounding each small unit to 0 or 5 was weighed and
//! left: it keeps the total no better and makes grids of camps, 10 to 40 households, three times as rough.
//!
//! A unit, grid or village made of a single small unit is told as "<5". One made of two to four and nothing
//! else is told as "<9", "<13" or "<17", whatever they hold: "<5" would tell that none of them is 4.
//! What is derived from counts (in the band, reasons, travel, scores) is worked out a second time from the
//! published units. Two states of the counts, before and after an import, are not protected against each other,
//! and the outlines of grids come from the true counts.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::domain::{Code, SMALL_MAX, Tally, Unit};

/// What stands for the sum of a village's `n` small units, which hold `sum`.
fn held(n: u64, sum: u64) -> u64 {
    // The midpoint of 1 and 4 each, where no range of sums leaves everything open.
    if n < 5 { n * 5 / 2 } else { sum.clamp(n + 3, 4 * n - 9) }
}

/// What stands for each of a village's units, given by code and count, in the order given. Units of 0 and of 5 or
/// more stand for themselves, small ones for 1 to 4.
pub fn told(units: &[(&str, u32)]) -> Vec<u32> {
    let mut small: Vec<usize> =
        (0..units.len()).filter(|unit| (1..=SMALL_MAX).contains(&units[*unit].1)).collect();
    small.sort_by_key(|unit| units[*unit].0);
    let n = small.len() as u64;
    let whole = held(n, small.iter().map(|unit| u64::from(units[*unit].1)).sum());
    let mut told: Vec<u32> = units.iter().map(|unit| unit.1).collect();
    for (place, unit) in (0..n).zip(small) {
        // Shares differ by one at most and add up to the whole.
        let share = (place + 1) * whole / n - place * whole / n;
        told[unit] = u32::try_from(share).unwrap_or(SMALL_MAX);
    }
    told
}

/// What stands for a unit's households and people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    pub households: u32,
    pub people: u32,
}

/// What stands for each of `units`, in their order. All units of each village must be there.
pub fn told_units(units: &[Unit]) -> Vec<Told> {
    let mut villages: BTreeMap<&Code, Vec<usize>> = BTreeMap::new();
    for (place, unit) in units.iter().enumerate() {
        villages.entry(&unit.village).or_default().push(place);
    }
    let mut all = vec![Told::default(); units.len()];
    for places in villages.values() {
        let of = |count: fn(&Unit) -> u32| -> Vec<u32> {
            let own: Vec<(&str, u32)> =
                places.iter().map(|place| (units[*place].code.as_str(), count(&units[*place]))).collect();
            told(&own)
        };
        let shares = of(|unit| unit.households).into_iter().zip(of(|unit| unit.people));
        for (place, (households, people)) in places.iter().zip(shares) {
            all[*place] = Told { households, people };
        }
    }
    all
}

/// Households and people of a unit, as they are added up.
pub fn tally(unit: &Unit, told: Told) -> (Tally, Tally) {
    (Tally::of_unit(unit.households, told.households), Tally::of_unit(unit.people, told.people))
}
