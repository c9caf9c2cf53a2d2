//! Where to put the next outlets when each can serve only so many households.
//!
//! A household is served by one outlet within its reach that has room; existing outlets serve first or not, as is
//! best for all. For given outlets that is a flow from places to outlets, brought in along chains of exchanges
//! (Ford and Fulkerson, 1956), and exact. What a further site adds only shrinks as others are there (the flow is
//! a matroid's rank), so the searches of maximal covering hold here too:
//!
//! - **Greedy** by what a site adds, looked at anew only when it comes up; then **swaps**.
//! - **Bound**: no more than without capacities, nor than the room of the existing ones and of the roomiest sites.
//! - **Proof**: for a banner the integer program is solved (`exact`).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::exact;
use super::fewest::cover_all;
use super::placing::{Covering, place, reached_by};

/// An outlet that is there, or could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Places within its reach, each once.
    pub reach: Vec<u32>,
    /// Households that it can serve.
    pub capacity: u64,
}

/// A problem: households, who could serve them, and how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crowded {
    /// Households of each place of demand.
    pub households: Vec<u64>,
    /// Outlets that are there already.
    pub existing: Vec<Room>,
    /// Possible sites.
    pub sites: Vec<Room>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The most households served by at most so many sites.
    Count(usize),
    /// As many households as all sites together could serve, by the fewest sites.
    All,
}

/// A choice with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Chosen sites, by place in the input, sorted.
    pub sites: Vec<u32>,
    /// Households that are served.
    pub covered: u64,
    /// For [`Goal::Count`] no choice serves more households than this; for [`Goal::All`] no fewer sites do.
    pub bound: u64,
    /// Place, outlet and households: existing outlets first, then the sites, in the order of the input.
    pub shares: Vec<(u32, u32, u64)>,
}

/// Swaps are tried over all sites so often at most.
const ROUNDS: usize = 3;

/// Chooses sites. Sites that would add nobody are not chosen.
pub fn place_crowded(problem: &Crowded, goal: Goal, cancel: &dyn Fn() -> bool) -> Served {
    let search = Search::new(problem);
    let (mut chosen, mut bound) = match goal {
        Goal::Count(count) => {
            let chosen = search.swapped(search.greedy(count, u64::MAX, cancel), cancel);
            let bound = search.most(problem, count, cancel);
            (chosen, bound)
        }
        Goal::All => {
            let all = search.with(0..problem.sites.len() as u32).served;
            let chosen = search.spared(search.greedy(usize::MAX, all, cancel), all);
            let bound = search.least(problem, all, cancel);
            (chosen, bound)
        }
    };
    search.prove(goal, &mut chosen, &mut bound, cancel);
    chosen.sort_unstable();
    let flow = search.with(chosen.iter().copied());
    let bound = match goal {
        Goal::Count(_) => bound.max(flow.served),
        Goal::All => bound.min(chosen.len() as u64),
    };
    Served { covered: flow.served, bound, shares: flow.shares(), sites: chosen }
}

struct Search {
    households: Vec<u64>,
    /// Existing outlets, then sites.
    outlets: Vec<Room>,
    existing: usize,
}

/// Who serves whom.
#[derive(Clone)]
struct Flow {
    served: u64,
    /// Households of each place that nobody serves yet.
    open: Vec<u64>,
    room: Vec<u64>,
    /// For each place the outlets that serve it.
    by: Vec<Vec<(u32, u64)>>,
}

impl Flow {
    fn shares(&self) -> Vec<(u32, u32, u64)> {
        (0u32..)
            .zip(&self.by)
            .flat_map(|(place, by)| by.iter().map(move |(outlet, households)| (place, *outlet, *households)))
            .collect()
    }
}

impl Search {
    fn new(problem: &Crowded) -> Self {
        let outlets = problem.existing.iter().chain(&problem.sites).cloned().collect();
        Self { households: problem.households.clone(), outlets, existing: problem.existing.len() }
    }

    fn sites(&self) -> u32 {
        (self.outlets.len() - self.existing) as u32
    }

    /// The existing outlets and these sites.
    fn with(&self, sites: impl Iterator<Item = u32>) -> Flow {
        let places = self.households.len();
        let mut flow = Flow {
            served: 0,
            open: self.households.clone(),
            room: vec![0; self.outlets.len()],
            by: vec![Vec::new(); places],
        };
        for outlet in 0..self.existing {
            self.open(&mut flow, outlet);
        }
        sites.for_each(|site| self.open(&mut flow, self.existing + site as usize));
        flow
    }

    /// Opens an outlet and fills it: from places with open households, or from outlets that can then take others.
    fn open(&self, flow: &mut Flow, outlet: usize) {
        flow.room[outlet] = self.outlets[outlet].capacity;
        // For each outlet the place from which the search came to it, and from which outlet.
        let mut from: Vec<Option<(u32, u32)>> = vec![None; self.outlets.len()];
        while flow.room[outlet] > 0 {
            from.fill(None);
            from[outlet] = Some((u32::MAX, u32::MAX));
            let mut queue = VecDeque::from([outlet as u32]);
            let mut end = None;
            'search: while let Some(at) = queue.pop_front() {
                for &place in &self.outlets[at as usize].reach {
                    if flow.open[place as usize] > 0 {
                        end = Some((place, at));
                        break 'search;
                    }
                    for &(other, _) in &flow.by[place as usize] {
                        if from[other as usize].is_none() {
                            from[other as usize] = Some((place, at));
                            queue.push_back(other);
                        }
                    }
                }
            }
            let Some((place, last)) = end else { return };
            // `last` takes the open households of `place`; for that it gives those of the place by which it was reached
            // to the outlet before it, and so on.
            let mut most = flow.open[place as usize].min(flow.room[outlet]);
            let mut at = last;
            while let Some((via, before)) = from[at as usize].filter(|step| step.1 != u32::MAX) {
                most = most.min(share(&flow.by[via as usize], at));
                at = before;
            }
            flow.open[place as usize] -= most;
            add(&mut flow.by[place as usize], last, most);
            let mut at = last;
            while let Some((via, before)) = from[at as usize].filter(|step| step.1 != u32::MAX) {
                let by = &mut flow.by[via as usize];
                take(by, at, most);
                add(by, before, most);
                at = before;
            }
            flow.room[outlet] -= most;
            flow.served += most;
        }
    }

    fn gain(&self, flow: &Flow, site: u32) -> u64 {
        let mut tried = flow.clone();
        self.open(&mut tried, self.existing + site as usize);
        tried.served - flow.served
    }

    /// Until there are `count` sites, or so many households are served, or no site adds any.
    fn greedy(&self, count: usize, enough: u64, cancel: &dyn Fn() -> bool) -> Vec<u32> {
        let mut flow = self.with(std::iter::empty());
        let mut chosen = Vec::new();
        let most = |site: u32| {
            let room = &self.outlets[self.existing + site as usize];
            let reach: u64 = room.reach.iter().map(|place| self.households[*place as usize]).sum();
            (reach.min(room.capacity), Reverse(site))
        };
        let mut offers: BinaryHeap<(u64, Reverse<u32>)> = (0..self.sites()).map(most).collect();
        while chosen.len() < count
            && flow.served < enough
            && !cancel()
            && let Some((known, Reverse(site))) = offers.pop()
        {
            let now = (self.gain(&flow, site), Reverse(site));
            if now.0 == 0 {
                continue;
            }
            if now.0 == known || offers.peek().is_none_or(|next| now >= *next) {
                self.open(&mut flow, self.existing + site as usize);
                chosen.push(site);
            } else {
                offers.push(now);
            }
        }
        chosen
    }

    /// One site for another while that serves more.
    fn swapped(&self, mut chosen: Vec<u32>, cancel: &dyn Fn() -> bool) -> Vec<u32> {
        let mut served = self.with(chosen.iter().copied()).served;
        for _ in 0..ROUNDS {
            let before = served;
            for at in 0..chosen.len() {
                let out = chosen[at];
                let rest = self.with(chosen.iter().copied().filter(|site| *site != out));
                let fits = |site: u32| {
                    let room = &self.outlets[self.existing + site as usize];
                    rest.served.saturating_add(room.capacity) > served && !chosen.contains(&site)
                };
                let offers = (0..self.sites()).filter(|site| fits(*site));
                let best = offers.map(|site| (self.gain(&rest, site), Reverse(site))).max();
                if cancel() {
                    return chosen;
                }
                if let Some((gain, Reverse(into))) = best.filter(|best| rest.served + best.0 > served) {
                    chosen[at] = into;
                    served = rest.served + gain;
                }
            }
            if served == before {
                break;
            }
        }
        chosen
    }

    /// Without the sites that the others make up for.
    fn spared(&self, chosen: Vec<u32>, all: u64) -> Vec<u32> {
        let mut kept = chosen.clone();
        // The last ones came for the least.
        for site in chosen.into_iter().rev() {
            let rest = || kept.iter().copied().filter(|other| *other != site);
            if self.with(rest()).served == all {
                kept = rest().collect();
            }
        }
        kept
    }

    /// The problem as it would be without capacities; existing outlets cover all that they reach.
    fn uncrowded(&self, problem: &Crowded) -> Covering {
        let mut covered = vec![false; self.households.len()];
        let existing = problem.existing.iter().flat_map(|room| &room.reach);
        existing.for_each(|place| covered[*place as usize] = true);
        let sites = problem.sites.iter().map(|room| room.reach.clone()).collect();
        Covering { households: self.households.clone(), sites, covered }
    }

    /// Capacities of the existing ones together, and of the sites from the roomiest.
    fn rooms(&self) -> (u64, Vec<u64>) {
        let (existing, sites) = self.outlets.split_at(self.existing);
        let mut rooms: Vec<u64> = sites.iter().map(|room| room.capacity).collect();
        rooms.sort_unstable_by_key(|room| Reverse(*room));
        (existing.iter().fold(0, |sum, room| sum.saturating_add(room.capacity)), rooms)
    }

    fn most(&self, problem: &Crowded, count: usize, cancel: &dyn Fn() -> bool) -> u64 {
        let (existing, rooms) = self.rooms();
        let room = rooms.iter().take(count).fold(existing, |sum, room| sum.saturating_add(*room));
        place(&self.uncrowded(problem), count, cancel).bound.min(room)
    }

    fn least(&self, problem: &Crowded, all: u64, cancel: &dyn Fn() -> bool) -> u64 {
        let (existing, rooms) = self.rooms();
        let mut room = existing;
        let enough = rooms.iter().take_while(|more| {
            let short = room < all;
            room = room.saturating_add(**more);
            short
        });
        let by_room = enough.count() as u64;
        // Where not everybody can be served, nobody in particular must be.
        let fewest = cover_all(&self.uncrowded(problem), cancel);
        if fewest.covered == all { by_room.max(fewest.least as u64) } else { by_room }
    }

    fn prove(&self, goal: Goal, chosen: &mut Vec<u32>, bound: &mut u64, cancel: &dyn Fn() -> bool) {
        let now = self.with(chosen.iter().copied()).served;
        let open = match goal {
            Goal::Count(_) => now < *bound,
            Goal::All => (chosen.len() as u64) > *bound,
        };
        let reach: Vec<Vec<u32>> = self.outlets.iter().map(|room| room.reach.clone()).collect();
        if !open || !exact::fits(&reach) {
            return;
        }
        let program = exact::Rooms {
            households: &self.households,
            reached_by: &reached_by(&reach, self.households.len()),
            rooms: &self.outlets.iter().map(|room| room.capacity).collect::<Vec<_>>(),
            existing: self.existing,
        };
        let all = || self.with(0..self.sites()).served;
        let proved = match goal {
            Goal::Count(count) => exact::most_served(&program, count, chosen, cancel),
            Goal::All => exact::fewest_serving(&program, all(), chosen, cancel),
        };
        let Some(proved) = proved else { return };
        let served = self.with(proved.sites.iter().copied()).served;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most all households")]
        match goal {
            Goal::Count(count) => {
                if served > now && proved.sites.len() <= count {
                    *chosen = proved.sites;
                }
                *bound = (*bound).min((proved.bound + 1e-6).floor().max(0.0) as u64);
            }
            Goal::All => {
                if served == now && proved.sites.len() < chosen.len() {
                    *chosen = proved.sites;
                }
                *bound = (*bound).max((proved.bound - 1e-6).ceil().max(0.0) as u64);
            }
        }
        if let Goal::Count(_) = goal {
            // A site may have been chosen that serves nobody.
            let full = self.with(chosen.iter().copied()).served;
            *chosen = self.spared(std::mem::take(chosen), full);
        }
    }
}

fn share(by: &[(u32, u64)], outlet: u32) -> u64 {
    by.iter().find(|held| held.0 == outlet).map_or(0, |held| held.1)
}

fn add(by: &mut Vec<(u32, u64)>, outlet: u32, households: u64) {
    match by.iter_mut().find(|held| held.0 == outlet) {
        Some(held) => held.1 += households,
        None => by.push((outlet, households)),
    }
}

fn take(by: &mut Vec<(u32, u64)>, outlet: u32, households: u64) {
    by.iter_mut().filter(|held| held.0 == outlet).for_each(|held| held.1 -= households);
    by.retain(|held| held.1 > 0);
}
