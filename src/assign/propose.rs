//! Filling vacancies without moving people for nothing.
//!
//! On top of [`super::assign`]'s question, a proposal minds who holds what now: every change counts as so much way
//! (`threshold`), so nobody is moved, and no vacancy is filled by somebody far, unless the ways saved are worth more;
//! each further grid of a worker counts as so much way (`load`), so that load is shared; a grid of a stricter kind
//! (one of one, say) doesn't become somebody's third; and no group has more people with grids than posts.
//!
//! ## Method
//!
//! A person becomes as many slots as they may hold grids. The n-th slot costs (n − 1) × load and takes grids of which n
//! may be held at once: with that, the assignment of grids to slots is a minimum-cost flow over all pairs, solved
//! exactly by `flow`. Posts are kept afterwards: where a group would have more people with grids than posts, those whose
//! leaving costs least are left out (whoever holds nothing now, and then least, first), and the flow is solved again. So
//! a ceiling is never passed; where none binds, the answer is the best there is.

use std::collections::BTreeSet;

use super::flow;
use super::near::{on_sphere, way_mm};
use super::{AssignError, on_earth};

/// Somebody on the post.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Longitude and latitude in degrees.
    pub home: (f64, f64),
    pub languages: BTreeSet<String>,
    /// Which of the groups' posts they take up.
    pub group: usize,
}

/// A grid that needs a worker, or has one.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    pub at: (f64, f64),
    /// The language that a new worker must speak; whoever holds it now may stay.
    pub language: Option<String>,
    /// As many grids of this kind, or of stricter kinds, may one person hold at once. At least 1.
    pub most: u32,
    /// Who holds it now, among the people on the post.
    pub held_by: Option<usize>,
}

/// By what is weighed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighing {
    /// What a change counts as, in mm of way.
    pub threshold_mm: u32,
    /// What each further grid of a person counts as, in mm of way.
    pub load_mm: u32,
    pub language: bool,
    /// Whether `Spot::most` is minded.
    pub capacity: bool,
    /// Whether the groups' posts are minded.
    pub ceilings: bool,
}

/// Most pairs of slots and grids: a banner of 1,500 grids and as many people who may hold 3 each has 6.75 million.
const PAIRS: usize = 12_000_000;

/// For each spot its person and the way from their home in mm; none where it stays empty. `posts` is, for each
/// group, how many of its people may hold grids; none: as many as there are.
///
/// # Errors
/// For a point that isn't on the earth, for more pairs than can be weighed at once, and when `cancel` said so.
pub fn propose(
    people: &[Person],
    spots: &[Spot],
    posts: &[Option<u32>],
    by: Weighing,
    cancel: &dyn Fn() -> bool,
) -> Result<Vec<Option<(usize, u64)>>, AssignError> {
    if let Some(bad) = people.iter().position(|person| !on_earth(person.home)) {
        return Err(AssignError::NotOnEarth("worker", bad + 1));
    }
    if let Some(bad) = spots.iter().position(|spot| !on_earth(spot.at)) {
        return Err(AssignError::NotOnEarth("grid", bad + 1));
    }
    // Without a limit, a person may hold all.
    let slots = match by.capacity {
        true => spots.iter().map(|spot| spot.most.max(1)).max().unwrap_or(1),
        false => u32::try_from(spots.len()).unwrap_or(u32::MAX).max(1),
    };
    // A person of whom no limit is minded needs no slots of their own price: one slot holds all.
    let (slots, room) = if by.capacity || by.load_mm > 0 { (slots, 1) } else { (1, slots) };
    let slots = usize::try_from(slots).unwrap_or(usize::MAX);
    if people.len().saturating_mul(slots).saturating_mul(spots.len()) > PAIRS {
        return Err(AssignError::TooMany(PAIRS));
    }
    let ways = Ways::new(people, spots);
    let mut out: BTreeSet<usize> = BTreeSet::new();
    loop {
        let pairs = pairs(people, spots, &ways, by, slots, &out);
        let rooms = vec![room; people.len() * slots];
        let longest = pairs.iter().flatten().map(|pair| pair.1).max().unwrap_or(0);
        let solved = flow::solve(&pairs, &rooms, longest, cancel)?;
        let held: Vec<Option<usize>> =
            solved.holder.iter().map(|slot| slot.map(|slot| slot as usize / slots)).collect();
        let over = if by.ceilings { too_many(people, spots, posts, &held, &ways) } else { Vec::new() };
        if over.is_empty() {
            let way = |(spot, person): (usize, &Option<usize>)| {
                person.map(|person| (person, ways.mm(person, spot)))
            };
            return Ok(held.iter().enumerate().map(way).collect());
        }
        out.extend(over);
    }
}

/// The way between two points in degrees, in mm on the sphere.
pub fn way(a: (f64, f64), b: (f64, f64)) -> u64 {
    way_mm(&on_sphere(a), &on_sphere(b)).unsigned_abs()
}

/// The ways from every home to every grid.
pub(super) struct Ways {
    homes: Vec<[f64; 3]>,
    places: Vec<[f64; 3]>,
}

impl Ways {
    fn new(people: &[Person], spots: &[Spot]) -> Self {
        Self {
            homes: people.iter().map(|person| on_sphere(person.home)).collect(),
            places: spots.iter().map(|spot| on_sphere(spot.at)).collect(),
        }
    }

    pub(super) fn mm(&self, person: usize, spot: usize) -> u64 {
        way_mm(&self.places[spot], &self.homes[person]).unsigned_abs()
    }
}

/// For the tests.
#[cfg(test)]
pub(super) fn ways(people: &[Person], spots: &[Spot]) -> Ways {
    Ways::new(people, spots)
}

/// What each grid would cost in each slot that may take it.
fn pairs(
    people: &[Person],
    spots: &[Spot],
    ways: &Ways,
    by: Weighing,
    slots: usize,
    out: &BTreeSet<usize>,
) -> Vec<Vec<(u32, i64)>> {
    let of = |(index, spot): (usize, &Spot)| {
        let mut offers: Vec<(u32, i64)> = Vec::new();
        for (who, person) in people.iter().enumerate().filter(|(who, _)| !out.contains(who)) {
            let holds = spot.held_by == Some(who);
            let speaks = spot.language.as_ref().is_none_or(|language| person.languages.contains(language));
            if !holds && by.language && !speaks {
                continue;
            }
            let change = if holds { 0 } else { u64::from(by.threshold_mm) };
            let takes = if by.capacity { slots.min(spot.most.max(1) as usize) } else { slots };
            for slot in 0..takes {
                let load = u64::from(by.load_mm) * slot as u64;
                let cost = i64::try_from(ways.mm(who, index) + change + load).unwrap_or(i64::MAX / 4);
                let slot = u32::try_from(who * slots + slot).unwrap_or(u32::MAX);
                offers.push((slot, cost));
            }
        }
        offers
    };
    spots.iter().enumerate().map(of).collect()
}

/// Of each group with more people than posts, those to be left out.
fn too_many(
    people: &[Person],
    spots: &[Spot],
    posts: &[Option<u32>],
    held: &[Option<usize>],
    ways: &Ways,
) -> Vec<usize> {
    let holds_now: BTreeSet<usize> = spots.iter().filter_map(|spot| spot.held_by).collect();
    let mut left_out = Vec::new();
    for (group, most) in posts.iter().enumerate() {
        let Some(most) = most.map(|most| most as usize) else { continue };
        let used: BTreeSet<usize> =
            held.iter().flatten().copied().filter(|who| people[*who].group == group).collect();
        if used.len() <= most {
            continue;
        }
        let worth = |who: usize| {
            let own = || held.iter().enumerate().filter(|(_, holder)| **holder == Some(who));
            let way: u64 = own().map(|(spot, _)| ways.mm(who, spot)).sum();
            (holds_now.contains(&who), own().count(), std::cmp::Reverse(way), who)
        };
        let mut ranked: Vec<usize> = used.iter().copied().collect();
        ranked.sort_by_key(|who| worth(*who));
        left_out.extend(ranked.into_iter().take(used.len() - most));
    }
    left_out
}
