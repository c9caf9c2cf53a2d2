//! Set covering: the fewest sites that cover everybody who can be covered (Toregas and others, 1971).
//!
//! - **Reductions**: a place that every site reaching another one covers too asks for nothing of its own; a site that
//!   reaches no more than another isn't needed (Toregas and ReVelle, 1973). Repeated until nothing changes, this
//!   leaves little of a map.
//! - **Greedy**: the site that reaches the most places still open; then sites are left out that the others make up for.
//! - **Bound**: "each place has a site" is given up against a price for each place (Beasley, 1987); every step's
//!   prices also guide a greedy of its own.
//! - **Proof**: for a banner the integer program is solved (`exact`).

use super::exact;
use super::placing::{Covering, reached_by};

/// A choice that covers everybody who can be covered, with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fewest {
    /// Chosen sites, by place in the input, sorted.
    pub sites: Vec<u32>,
    /// Households with an outlet within reach, the existing ones' included.
    pub covered: u64,
    /// No fewer sites cover as many.
    pub least: usize,
}

/// Steps of the bound at most.
const STEPS: u32 = 300;

/// Chooses the fewest sites so that every household has an outlet within reach that can have one. Places without
/// households ask for none.
pub fn cover_all(problem: &Covering, cancel: &dyn Fn() -> bool) -> Fewest {
    let asks = |place: usize| problem.households[place] > 0 && !problem.covered[place];
    let whole: Vec<Vec<u32>> = problem
        .sites
        .iter()
        .map(|reach| reach.iter().copied().filter(|place| asks(*place as usize)).collect())
        .collect();
    let places = problem.households.len();
    let kept = reduce(&whole, places);
    let sites: Vec<Vec<u32>> = kept.sites.iter().map(|site| kept.reach[*site as usize].clone()).collect();
    let search = Search { reached_by: reached_by(&sites, places), sites };
    let mut best = search.greedy(|_| 1.0);
    let mut least = search.bound(&mut best, cancel);
    if least < best.len()
        && exact::fits(&search.sites)
        && let Some(proved) = exact::fewest(&search.reached_by, search.sites.len(), &best, cancel)
    {
        if proved.sites.len() < best.len() && search.covers(&proved.sites) {
            best = proved.sites;
        }
        least = least.max(whole_part(proved.bound));
    }
    let mut sites: Vec<u32> = best.iter().map(|site| kept.sites[*site as usize]).collect();
    sites.sort_unstable();
    let mut covered = problem.covered.clone();
    for place in sites.iter().flat_map(|site| &problem.sites[*site as usize]) {
        covered[*place as usize] = true;
    }
    let covered = problem.households.iter().zip(covered).filter(|(_, is)| *is).map(|(held, _)| held).sum();
    Fewest { least: least.min(sites.len()), sites, covered }
}

/// Up: a bound of 26.1 sites is one of 27.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the number of sites")]
fn whole_part(bound: f64) -> usize {
    (bound - 1e-6).ceil().max(0.0) as usize
}

/// Sites that are still needed, by place in the input, with what they reach of the places that still ask.
struct Kept {
    sites: Vec<u32>,
    reach: Vec<Vec<u32>>,
}

fn reduce(whole: &[Vec<u32>], places: usize) -> Kept {
    let mut reach: Vec<Vec<u32>> = whole.to_vec();
    reach.iter_mut().for_each(|places| places.sort_unstable());
    loop {
        let by = reached_by(&reach, places);
        // A place is done for by another one whose sites all reach it.
        let asks: Vec<bool> = (0..places)
            .map(|place| !by[place].is_empty() && !within_another(place, &by, &reach, Strict::Fewer))
            .collect();
        let before: usize = reach.iter().map(Vec::len).sum();
        reach.iter_mut().for_each(|held| held.retain(|place| asks[*place as usize]));
        let by = reached_by(&reach, places);
        let needless: Vec<bool> = (0..reach.len())
            .map(|site| !reach[site].is_empty() && within_another(site, &reach, &by, Strict::More))
            .collect();
        for (site, _) in needless.iter().enumerate().filter(|(_, needless)| **needless) {
            reach[site].clear();
        }
        if reach.iter().map(Vec::len).sum::<usize>() == before {
            let sites = (0u32..).zip(&reach).filter(|(_, held)| !held.is_empty()).map(|(site, _)| site);
            return Kept { sites: sites.collect(), reach };
        }
    }
}

/// Which of two sets is given up.
#[derive(Clone, Copy, PartialEq)]
enum Strict {
    /// The one that holds another.
    Fewer,
    /// The one that another holds.
    More,
}

/// Whether a set is given up for another one; of two equal sets the first stays. `sets` are sorted, `back` tells
/// for each member which sets hold it.
fn within_another(set: usize, sets: &[Vec<u32>], back: &[Vec<u32>], strict: Strict) -> bool {
    let own = &sets[set];
    let given_up = |other: u32| {
        let other = other as usize;
        let (small, large) = match strict {
            Strict::More => (own, &sets[other]),
            Strict::Fewer => (&sets[other], own),
        };
        let equal = small.len() == large.len();
        other != set && !sets[other].is_empty() && (!equal || other < set) && holds(large, small)
    };
    match strict {
        // Whoever holds it holds its rarest member.
        Strict::More => {
            let rarest = own.iter().min_by_key(|member| back[**member as usize].len());
            rarest.is_some_and(|rarest| back[*rarest as usize].iter().copied().any(given_up))
        }
        Strict::Fewer => {
            let mut seen: Vec<u32> = own.iter().flat_map(|member| &back[*member as usize]).copied().collect();
            seen.sort_unstable();
            seen.dedup();
            seen.into_iter().any(given_up)
        }
    }
}

/// Both sorted.
fn holds(large: &[u32], small: &[u32]) -> bool {
    let mut rest = large.iter();
    small.len() <= large.len() && small.iter().all(|member| rest.by_ref().any(|other| other == member))
}

struct Search {
    sites: Vec<Vec<u32>>,
    reached_by: Vec<Vec<u32>>,
}

impl Search {
    fn asking(&self) -> usize {
        self.reached_by.iter().filter(|by| !by.is_empty()).count()
    }

    fn covers(&self, chosen: &[u32]) -> bool {
        let mut covered = vec![false; self.reached_by.len()];
        chosen
            .iter()
            .flat_map(|site| &self.sites[*site as usize])
            .for_each(|place| covered[*place as usize] = true);
        covered.iter().zip(&self.reached_by).all(|(covered, by)| *covered || by.is_empty())
    }

    /// The site with the least `cost` for each place that it newly reaches, again and again; then none that the
    /// others make up for.
    fn greedy(&self, cost: impl Fn(usize) -> f64) -> Vec<u32> {
        let mut new: Vec<usize> = self.sites.iter().map(Vec::len).collect();
        let mut times = vec![0u32; self.reached_by.len()];
        let (mut chosen, mut left) = (Vec::new(), self.asking());
        while left > 0 {
            let dear = |site: &usize| cost(*site) / new[*site] as f64;
            let open = (0..self.sites.len()).filter(|site| new[*site] > 0);
            let Some(site) = open.min_by(|a, b| dear(a).total_cmp(&dear(b)).then(a.cmp(b))) else { break };
            for place in &self.sites[site] {
                times[*place as usize] += 1;
                if times[*place as usize] == 1 {
                    left -= 1;
                    self.reached_by[*place as usize].iter().for_each(|by| new[*by as usize] -= 1);
                }
            }
            chosen.push(site as u32);
        }
        // What the first ones reach, later ones may have come to reach too.
        let mut kept = Vec::new();
        for site in chosen {
            let reach = &self.sites[site as usize];
            if reach.iter().all(|place| times[*place as usize] > 1) {
                reach.iter().for_each(|place| times[*place as usize] -= 1);
            } else {
                kept.push(site);
            }
        }
        kept
    }

    /// The least number of sites, by prices; `best` is improved on the way.
    fn bound(&self, best: &mut Vec<u32>, cancel: &dyn Fn() -> bool) -> usize {
        let asks: Vec<bool> = self.reached_by.iter().map(|by| !by.is_empty()).collect();
        let largest =
            |by: &Vec<u32>| by.iter().map(|site| self.sites[*site as usize].len()).max().unwrap_or(1);
        // Fair shares are prices that no site exceeds.
        let mut price: Vec<f64> = self.reached_by.iter().map(|by| 1.0 / largest(by) as f64).collect();
        let (mut least, mut stride, mut in_vain) = (0.0f64, 2.0, 0);
        for step in 0..STEPS {
            let reduced: Vec<f64> = self
                .sites
                .iter()
                .map(|reach| 1.0 - reach.iter().map(|place| price[*place as usize]).sum::<f64>())
                .collect();
            let paid: f64 = price.iter().zip(&asks).filter(|(_, asks)| **asks).map(|(price, _)| price).sum();
            let total = paid + reduced.iter().map(|cost| cost.min(0.0)).sum::<f64>();
            in_vain = if total > least + 1e-9 { 0 } else { in_vain + 1 };
            least = least.max(total);
            if in_vain == 15 {
                (stride, in_vain) = (stride / 2.0, 0);
            }
            if step % 10 == 0 {
                let found = self.greedy(|site| reduced[site].max(0.0) + 1e-3);
                if found.len() < best.len() {
                    *best = found;
                }
            }
            if whole_part(least) >= best.len() || stride < 1e-3 || cancel() {
                break;
            }
            let mut slope: Vec<f64> = asks.iter().map(|asks| f64::from(u8::from(*asks))).collect();
            for (reach, _) in self.sites.iter().zip(&reduced).filter(|(_, cost)| **cost < 0.0) {
                reach.iter().for_each(|place| slope[*place as usize] -= 1.0);
            }
            let length: f64 = slope.iter().map(|slope| slope * slope).sum();
            if length == 0.0 {
                break;
            }
            let pace = stride * (best.len() as f64 - total).max(0.05) / length;
            price.iter_mut().zip(&slope).for_each(|(price, slope)| *price = (*price + pace * slope).max(0.0));
        }
        whole_part(least)
    }
}
