//! Against trying every choice, with households matched one by one.

use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};

use super::{Covering, Crowded, Goal, Room, Served, place, place_crowded};

const ALWAYS: &dyn Fn() -> bool = &|| false;

fn draw(random: &mut Pcg64Mcg, below: u32) -> u32 {
    u32::try_from((u64::from(random.next_u32()) * u64::from(below)) >> 32).unwrap()
}

fn instance(seed: u64, places: u32, sites: u32, households: u32, capacity: u32) -> Crowded {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let at: Vec<(u32, u32)> = (0..places).map(|_| (draw(&mut random, 100), draw(&mut random, 100))).collect();
    let room = |random: &mut Pcg64Mcg| {
        let site = (draw(random, 100), draw(random, 100));
        let near =
            |place: &(u32, u32)| place.0.abs_diff(site.0).pow(2) + place.1.abs_diff(site.1).pow(2) < 900;
        let reach = (0u32..).zip(&at).filter(|(_, place)| near(place)).map(|(index, _)| index).collect();
        Room { reach, capacity: u64::from(draw(random, capacity)) }
    };
    Crowded {
        existing: (0..2).map(|_| room(&mut random)).collect(),
        sites: (0..sites).map(|_| room(&mut random)).collect(),
        households: (0..places).map(|_| u64::from(draw(&mut random, households))).collect(),
    }
}

/// One household after another finds a seat, moving others where that helps (Kuhn, 1955).
fn matched(households: &[u64], rooms: &[&Room]) -> u64 {
    fn seat(place: usize, rooms: &[&Room], seats: &mut [Vec<usize>], seen: &mut [bool]) -> bool {
        for outlet in 0..rooms.len() {
            if seen[outlet] || !rooms[outlet].reach.contains(&(place as u32)) {
                continue;
            }
            seen[outlet] = true;
            if (seats[outlet].len() as u64) < rooms[outlet].capacity {
                seats[outlet].push(place);
                return true;
            }
            for held in 0..seats[outlet].len() {
                if seat(seats[outlet][held], rooms, seats, seen) {
                    seats[outlet][held] = place;
                    return true;
                }
            }
        }
        false
    }
    let mut seats = vec![Vec::new(); rooms.len()];
    let mut served = 0;
    for (place, households) in households.iter().enumerate() {
        for _ in 0..*households {
            served += u64::from(seat(place, rooms, &mut seats, &mut vec![false; rooms.len()]));
        }
    }
    served
}

/// For each number of sites the most households.
fn optima(problem: &Crowded) -> Vec<u64> {
    let mut best = vec![0; problem.sites.len() + 1];
    for choice in 0..1u32 << problem.sites.len() {
        let chosen =
            problem.sites.iter().enumerate().filter(|(site, _)| choice >> site & 1 == 1).map(|site| site.1);
        let rooms: Vec<&Room> = problem.existing.iter().chain(chosen).collect();
        let count = choice.count_ones() as usize;
        best[count] = best[count].max(matched(&problem.households, &rooms));
    }
    (1..best.len()).for_each(|count| best[count] = best[count].max(best[count - 1]));
    best
}

fn holds(problem: &Crowded, found: &Served) {
    let rooms: Vec<&Room> = problem.existing.iter().chain(&problem.sites).collect();
    let (mut out, mut into) = (vec![0; problem.households.len()], vec![0; rooms.len()]);
    for (place, outlet, households) in &found.shares {
        assert!(*households > 0 && rooms[*outlet as usize].reach.contains(place));
        let there = (*outlet as usize) < problem.existing.len();
        assert!(there || found.sites.contains(&(outlet - problem.existing.len() as u32)));
        out[*place as usize] += households;
        into[*outlet as usize] += households;
    }
    assert!(out.iter().zip(&problem.households).all(|(out, households)| out <= households));
    assert!(into.iter().zip(&rooms).all(|(into, room)| *into <= room.capacity));
    assert_eq!(out.iter().sum::<u64>(), found.covered);
}

#[test]
fn the_optimum_and_never_over_a_capacity() {
    for seed in 0..120 {
        let problem = instance(seed, 3 + (seed % 12) as u32, 1 + (seed % 7) as u32, 6, 14);
        let optima = optima(&problem);
        for (count, best) in optima.iter().enumerate() {
            let found = place_crowded(&problem, Goal::Count(count), ALWAYS);
            holds(&problem, &found);
            assert!(found.sites.len() <= count);
            assert_eq!((found.covered, found.bound), (*best, *best), "seed {seed}, {count} sites");
        }
        let all = place_crowded(&problem, Goal::All, ALWAYS);
        holds(&problem, &all);
        let fewest = optima.iter().position(|served| served == optima.last().unwrap()).unwrap();
        assert_eq!(all.covered, optima[fewest], "seed {seed}");
        assert_eq!((all.sites.len(), all.bound), (fewest, fewest as u64), "seed {seed}");
    }
}

#[test]
fn with_room_for_all_it_is_maximal_covering() {
    for seed in 0..20 {
        let mut problem = instance(seed, 60, 25, 50, 10);
        problem.existing.clear();
        problem.sites.iter_mut().for_each(|room| room.capacity = u64::MAX);
        let covering = Covering {
            households: problem.households.clone(),
            sites: problem.sites.iter().map(|room| room.reach.clone()).collect(),
            covered: vec![false; 60],
        };
        let (found, expected) =
            (place_crowded(&problem, Goal::Count(4), ALWAYS), place(&covering, 4, ALWAYS));
        assert_eq!((found.covered, found.bound), (expected.covered, expected.bound), "seed {seed}");
    }
}

#[test]
fn a_banner_is_solved() {
    let problem = instance(3, 80, 40, 200, 1500);
    for goal in [Goal::Count(6), Goal::All] {
        let found = place_crowded(&problem, goal, ALWAYS);
        holds(&problem, &found);
        assert_eq!(found, place_crowded(&problem, goal, ALWAYS));
        match goal {
            Goal::Count(_) => {
                assert!(found.covered * 100 >= found.bound * 99, "{} of {}", found.covered, found.bound)
            }
            Goal::All => assert!(
                found.sites.len() as u64 <= found.bound + 1,
                "{} of {}",
                found.sites.len(),
                found.bound
            ),
        }
    }
}

#[test]
fn nothing_to_choose_is_an_answer() {
    let none = Crowded { households: vec![], existing: vec![], sites: vec![] };
    let empty = Served { sites: vec![], covered: 0, bound: 0, shares: vec![] };
    assert_eq!(place_crowded(&none, Goal::All, ALWAYS), empty);
    assert_eq!(place_crowded(&none, Goal::Count(3), ALWAYS), empty);
    let far = Crowded {
        households: vec![4],
        existing: vec![Room { reach: vec![0], capacity: 3 }],
        sites: vec![Room { reach: vec![], capacity: 9 }, Room { reach: vec![0], capacity: 0 }],
    };
    let told = Served { sites: vec![], covered: 3, bound: 3, shares: vec![(0, 0, 3)] };
    assert_eq!(place_crowded(&far, Goal::Count(2), ALWAYS), told);
    assert_eq!(place_crowded(&far, Goal::All, ALWAYS), Served { bound: 0, ..told });
}
