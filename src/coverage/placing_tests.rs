//! Against trying every choice.

use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};

use super::{Covering, Placement, place};

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
        exact += u32::from(found.covered == best);
    }
    assert!(exact >= 195, "only {exact} of 200 are optimal");
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
}
