//! Where to put the next outlets: maximal covering.
//!
//! Church and ReVelle's problem (1974): of possible sites choose so many that the most households have one
//! within reach, next to those that are there already. It is NP-hard; the answer here comes with a proof of
//! how good it is.
//!
//! - **Greedy**: the site that adds the most households, again and again; never below 63 % of the optimum
//!   (Nemhauser, Wolsey and Fisher, 1978), with gains kept in a heap and only looked at anew when they come up.
//! - **Swaps**: one chosen site for another one, while that helps (Teitz and Bart, 1968).
//! - **Bound**: the rule "a household is covered only by a chosen site" is given up against a price for each
//!   household (Galvão and ReVelle, 1996). What then remains is solved by sorting sites, and no choice can cover
//!   more than that. Prices are improved by subgradient steps; every step's sites are themselves tried as a start
//!   for swaps.
//!
//! - **Proof**: for a banner the integer program is solved (`exact`), so the answer is the optimum, or nearly so.
//!
//! Cost: a step is O(m + s log s) for m pairs of site and household and s sites; there are at most [`STEPS`].

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::exact;

/// A problem: households and who reaches them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covering {
    /// Households of each place of demand.
    pub households: Vec<u64>,
    /// For each possible site the places within its reach, each once.
    pub sites: Vec<Vec<u32>>,
    /// Places that an existing outlet covers.
    pub covered: Vec<bool>,
}

/// A choice with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Chosen sites, by place in the input, sorted.
    pub sites: Vec<u32>,
    /// Households with an outlet within reach, the existing ones' included.
    pub covered: u64,
    /// No choice of as many sites covers more.
    pub bound: u64,
}

/// Steps of the bound at most.
pub const STEPS: u32 = 600;

/// Chooses at most `count` sites. Sites that would add nobody are not chosen.
pub fn place(problem: &Covering, count: usize, cancel: &dyn Fn() -> bool) -> Placement {
    let open: Vec<u64> = problem
        .households
        .iter()
        .zip(&problem.covered)
        .map(|(households, covered)| if *covered { 0 } else { *households })
        .collect();
    let sites: Vec<Vec<u32>> = problem
        .sites
        .iter()
        .map(|reach| reach.iter().copied().filter(|place| open[*place as usize] > 0).collect())
        .collect();
    let already: u64 = problem.households.iter().sum::<u64>() - open.iter().sum::<u64>();
    let search = Search { reached_by: reached_by(&sites, open.len()), open, sites };
    let count = count.min(search.sites.len());
    let mut best = Chosen::greedy(&search, count);
    best.swap(&search);
    let mut bound = search.bound(&mut best, count, cancel);
    if best.value < bound && exact::fits(&search.sites) {
        search.prove(&mut best, &mut bound, count, cancel);
    }
    let mut sites: Vec<u32> = best.sites.clone();
    sites.retain(|site| !search.sites[*site as usize].is_empty());
    sites.sort_unstable();
    Placement { sites, covered: already + best.value, bound: already + bound }
}

/// Only what is still open; the sites that reach each place.
struct Search {
    open: Vec<u64>,
    sites: Vec<Vec<u32>>,
    reached_by: Vec<Vec<u32>>,
}

pub(super) fn reached_by(sites: &[Vec<u32>], places: usize) -> Vec<Vec<u32>> {
    let mut reached = vec![Vec::new(); places];
    for (site, reach) in (0u32..).zip(sites) {
        for place in reach {
            reached[*place as usize].push(site);
        }
    }
    reached
}

#[derive(Clone)]
struct Chosen {
    sites: Vec<u32>,
    is: Vec<bool>,
    /// How many chosen sites reach each place.
    times: Vec<u32>,
    value: u64,
}

impl Chosen {
    fn none(search: &Search) -> Self {
        let (sites, places) = (search.sites.len(), search.open.len());
        Self { sites: Vec::new(), is: vec![false; sites], times: vec![0; places], value: 0 }
    }

    fn add(&mut self, search: &Search, site: u32) {
        self.sites.push(site);
        self.is[site as usize] = true;
        for place in &search.sites[site as usize] {
            let times = &mut self.times[*place as usize];
            *times += 1;
            if *times == 1 {
                self.value += search.open[*place as usize];
            }
        }
    }

    fn remove(&mut self, search: &Search, site: u32) {
        self.sites.retain(|chosen| *chosen != site);
        self.is[site as usize] = false;
        for place in &search.sites[site as usize] {
            let times = &mut self.times[*place as usize];
            *times -= 1;
            if *times == 0 {
                self.value -= search.open[*place as usize];
            }
        }
    }

    fn gain(&self, search: &Search, site: u32) -> u64 {
        let new = search.sites[site as usize].iter().filter(|place| self.times[**place as usize] == 0);
        new.map(|place| search.open[*place as usize]).sum()
    }

    fn greedy(search: &Search, count: usize) -> Self {
        Self::none(search).filled(search, count)
    }

    /// Adds the best sites until there are `count`.
    fn filled(mut self, search: &Search, count: usize) -> Self {
        let offer = |chosen: &Self, site: u32| (chosen.gain(search, site), Reverse(site));
        let mut offers: BinaryHeap<(u64, Reverse<u32>)> = (0..search.sites.len() as u32)
            .filter(|site| !self.is[*site as usize])
            .map(|site| offer(&self, site))
            .collect();
        while self.sites.len() < count
            && let Some((gain, Reverse(site))) = offers.pop()
        {
            // Gains only shrink: one that is still the best when looked at anew is the best.
            let now = offer(&self, site);
            if now.0 == gain || offers.peek().is_none_or(|next| now >= *next) {
                self.add(search, site);
            } else {
                offers.push(now);
            }
        }
        self
    }

    /// Exchanges one site for another while that covers more households.
    fn swap(&mut self, search: &Search) {
        let mut better = true;
        while better {
            better = false;
            for out in self.sites.clone() {
                let before = self.value;
                self.remove(search, out);
                // Only a site that reaches somebody who is open now can make up for it.
                let best = (0..search.sites.len() as u32)
                    .filter(|site| !self.is[*site as usize])
                    .map(|site| (self.gain(search, site), Reverse(site)))
                    .max();
                let into = match best {
                    Some((gain, Reverse(site))) if self.value + gain > before => site,
                    _ => out,
                };
                better |= into != out;
                self.add(search, into);
            }
        }
    }
}

impl Search {
    /// Better choices and a better bound, by the integer program.
    fn prove(&self, best: &mut Chosen, bound: &mut u64, count: usize, cancel: &dyn Fn() -> bool) {
        let sites = self.sites.len();
        let proved = exact::most(&self.open, &self.reached_by, sites, count, &best.sites, cancel);
        let Some(proved) = proved.filter(|proved| proved.sites.len() <= count) else { return };
        let mut found = Chosen::none(self);
        proved.sites.iter().for_each(|site| found.add(self, *site));
        if found.value > best.value {
            *best = found;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most all households")]
        let whole = (proved.bound + 1e-6).floor().max(0.0) as u64;
        *bound = whole.min(*bound).max(best.value);
    }

    /// The least upper bound that was found; `best` is improved on the way.
    fn bound(&self, best: &mut Chosen, count: usize, cancel: &dyn Fn() -> bool) -> u64 {
        // A price for each place: at first what it is worth, shared out among the sites that reach it.
        let worth: Vec<f64> = self.open.iter().map(|open| *open as f64).collect();
        let mut price: Vec<f64> =
            worth.iter().zip(&self.reached_by).map(|(worth, by)| worth / (by.len().max(1) as f64)).collect();
        let (mut least, mut stride, mut in_vain) = (f64::INFINITY, 2.0, 0);
        let mut order: Vec<(f64, u32)> = Vec::with_capacity(self.sites.len());
        for step in 0..STEPS {
            if cancel() || count == 0 {
                break;
            }
            order.clear();
            let value = |reach: &Vec<u32>| reach.iter().map(|place| price[*place as usize]).sum::<f64>();
            order.extend(self.sites.iter().map(value).zip(0u32..));
            order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let unpaid: f64 = worth
                .iter()
                .zip(&price)
                .zip(&self.reached_by)
                .filter(|(_, by)| !by.is_empty())
                .map(|((worth, price), _)| (worth - price).max(0.0))
                .sum();
            let total = unpaid + order[..count].iter().map(|site| site.0).sum::<f64>();
            if total < least - 1e-9 {
                (least, in_vain) = (total, 0);
            } else {
                in_vain += 1;
            }
            if in_vain == 20 {
                (stride, in_vain) = (stride / 2.0, 0);
            }
            let mut found = Chosen::none(self);
            order[..count].iter().for_each(|site| found.add(self, site.1));
            let times = found.times.clone();
            // Swaps are dearer than a step: only where the start promises something.
            if found.value > best.value || step % 20 == 0 {
                found.swap(self);
                if found.value > best.value {
                    *best = found;
                }
            }
            if least < best.value as f64 + 1.0 - 1e-6 || stride < 1e-4 {
                break;
            }
            // Where a place is counted as covered but no site of this step reaches it the price rises,
            // where several do it falls.
            let slope: Vec<f64> = (0..price.len())
                .map(|place| {
                    let counted = u8::from(worth[place] > price[place]);
                    f64::from(counted) - f64::from(times[place])
                })
                .collect();
            let length: f64 = slope.iter().map(|slope| slope * slope).sum();
            if length == 0.0 {
                break;
            }
            let pace = stride * (total - best.value as f64) / length;
            for ((price, slope), worth) in price.iter_mut().zip(&slope).zip(&worth) {
                *price = (*price + pace * slope).clamp(0.0, *worth);
            }
        }
        let reachable: u64 = self
            .open
            .iter()
            .zip(&self.reached_by)
            .filter(|(_, by)| !by.is_empty())
            .map(|(open, _)| open)
            .sum();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most all households")]
        let whole = if least.is_finite() { (least + 1e-6).floor() as u64 } else { reachable };
        if count == 0 { 0 } else { whole.min(reachable).max(best.value) }
    }
}
