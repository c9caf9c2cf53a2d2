//! Against trying every choice.

use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};

use serde::Deserialize;

use super::{Covering, Fewest, Placement, cover_all, place};

const ALWAYS: &dyn Fn() -> bool = &|| false;

fn draw(random: &mut Pcg64Mcg, below: u32) -> u32 {
    u32::try_from((u64::from(random.next_u32()) * u64::from(below)) >> 32).unwrap()
}

/// Places and sites strewn over a square; a site reaches what is near.
fn instance(seed: u64, places: u32, sites: u32) -> Covering {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let at: Vec<(u32, u32)> = (0..places).map(|_| (draw(&mut random, 100), draw(&mut random, 100))).collect();
    let reach = 15 + draw(&mut random, 20);
    let near = |site: (u32, u32)| {
        let within = |place: &(u32, u32)| {
            site.0.abs_diff(place.0).pow(2) + site.1.abs_diff(place.1).pow(2) <= reach * reach
        };
        (0u32..).zip(&at).filter(|(_, place)| within(place)).map(|(index, _)| index).collect()
    };
    Covering {
        households: (0..places).map(|_| u64::from(draw(&mut random, 60)).pow(2) / 40).collect(),
        sites: (0..sites).map(|_| near((draw(&mut random, 100), draw(&mut random, 100)))).collect(),
        covered: (0..places).map(|_| draw(&mut random, 10) == 0).collect(),
    }
}

fn value(problem: &Covering, chosen: &[u32]) -> u64 {
    let mut covered = problem.covered.clone();
    for place in chosen.iter().flat_map(|site| &problem.sites[*site as usize]) {
        covered[*place as usize] = true;
    }
    problem.households.iter().zip(covered).filter(|(_, covered)| *covered).map(|(held, _)| held).sum()
}

fn optimum(problem: &Covering, count: usize, from: u32, chosen: &mut Vec<u32>) -> u64 {
    let mut best = value(problem, chosen);
    if chosen.len() < count {
        for site in from..problem.sites.len() as u32 {
            chosen.push(site);
            best = best.max(optimum(problem, count, site + 1, chosen));
            chosen.pop();
        }
    }
    best
}

#[test]
fn at_least_98_percent_of_the_optimum_and_the_bound_is_one() {
    let mut exact = 0;
    for seed in 0..200 {
        let (sites, count) = (6 + (seed % 12) as u32, 1 + (seed % 4) as usize);
        let problem = instance(seed, 10 + (seed % 50) as u32, sites);
        let found = place(&problem, count, ALWAYS);
        let best = optimum(&problem, count, 0, &mut Vec::new());
        assert_eq!(
            found.covered,
            value(&problem, &found.sites),
            "seed {seed}: what it says isn't what it chose"
        );
        assert!(found.sites.len() <= count);
        assert!(found.bound >= best, "seed {seed}: {found:?}, optimum {best}");
        assert!(found.covered * 100 >= best * 98, "seed {seed}: {found:?}, optimum {best}");
        exact += u32::from(found.covered == best && found.bound == best);
    }
    assert_eq!(exact, 200, "so small a problem is solved and proved");
}

/// `tests/peers/covering.py` says how they were made.
#[derive(Deserialize)]
struct Peer {
    households: Vec<u64>,
    sites: Vec<Vec<u32>>,
    count: usize,
    most_covered: u64,
    fewest_sites: usize,
}

#[test]
fn the_optima_of_pysal_s_spopt() {
    let peers: Vec<Peer> = serde_json::from_str(include_str!("../../tests/peers/covering.json")).unwrap();
    assert_eq!(peers.len(), 20);
    for (number, peer) in peers.into_iter().enumerate() {
        let covered = vec![false; peer.households.len()];
        let problem = Covering { households: peer.households, sites: peer.sites, covered };
        let most = place(&problem, peer.count, ALWAYS);
        assert_eq!((most.covered, most.bound), (peer.most_covered, peer.most_covered), "instance {number}");
        let fewest = cover_all(&problem, ALWAYS);
        assert_eq!(
            (fewest.sites.len(), fewest.least),
            (peer.fewest_sites, peer.fewest_sites),
            "instance {number}"
        );
        assert_eq!(value(&problem, &fewest.sites), fewest.covered, "instance {number}");
    }
}

/// The fewest sites that cover as much as all: by trying every choice of so many, from none up.
fn fewest(problem: &Covering) -> usize {
    let all: Vec<u32> = (0..problem.sites.len() as u32).collect();
    let most = value(problem, &all);
    (0..=all.len()).find(|count| optimum(problem, *count, 0, &mut Vec::new()) == most).unwrap()
}

#[test]
fn all_are_covered_by_the_fewest() {
    for seed in 0..200 {
        let problem = instance(seed, 5 + (seed % 40) as u32, 2 + (seed % 9) as u32);
        let found = cover_all(&problem, ALWAYS);
        let all: Vec<u32> = (0..problem.sites.len() as u32).collect();
        assert_eq!(found.covered, value(&problem, &all), "seed {seed}: somebody is left out");
        assert_eq!(found.covered, value(&problem, &found.sites), "seed {seed}");
        assert!(found.sites.is_sorted_by(|one, other| one < other));
        let fewest = fewest(&problem);
        assert_eq!((found.sites.len(), found.least), (fewest, fewest), "seed {seed}");
    }
}

#[test]
fn a_banner_is_solved_and_a_region_has_a_near_bound() {
    let banner = instance(7, 150, 150);
    let found = cover_all(&banner, ALWAYS);
    assert_eq!(found.sites.len(), found.least);
    assert_eq!(found, cover_all(&banner, ALWAYS));
    let most = place(&banner, 5, ALWAYS);
    assert_eq!(most.covered, most.bound);
    // Too many for the solver.
    let wide = instance(8, 800, 701);
    let found = cover_all(&wide, ALWAYS);
    assert!(
        found.least <= found.sites.len() && found.sites.len() <= found.least + 1 + found.least / 4,
        "{found:?}"
    );
}

#[test]
fn the_bound_is_near_on_larger_ones() {
    for seed in 0..5 {
        let problem = instance(1000 + seed, 400, 150);
        let found = place(&problem, 8, ALWAYS);
        assert!(found.covered <= found.bound && found.covered * 100 >= found.bound * 95, "{found:?}");
        assert_eq!(found, place(&problem, 8, ALWAYS));
    }
}

#[test]
fn nothing_to_choose_is_an_answer() {
    let problem =
        Covering { households: vec![5, 7], sites: vec![vec![], vec![0]], covered: vec![true, false] };
    let none = Placement { sites: vec![], covered: 5, bound: 5 };
    assert_eq!(place(&problem, 3, ALWAYS), none);
    assert_eq!(place(&problem, 0, ALWAYS), Placement { bound: 5, ..none });
    let empty = Covering { households: vec![], sites: vec![], covered: vec![] };
    assert_eq!(place(&empty, 2, ALWAYS), Placement { sites: vec![], covered: 0, bound: 0 });
    assert_eq!(cover_all(&problem, ALWAYS), Fewest { sites: vec![], covered: 5, least: 0 });
    assert_eq!(cover_all(&empty, ALWAYS), Fewest { sites: vec![], covered: 0, least: 0 });
}
