//! Against a plain solver on small instances, and properties on larger ones.

use std::collections::BTreeSet;

use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};

use super::near::Near;
use super::{AssignError, COST_MAX, Pairs, Place, Worker, assign, assign_pairs, candidates};

pub(super) const ALWAYS: &dyn Fn() -> bool = &|| false;

pub(super) fn draw(random: &mut Pcg64Mcg, below: u32) -> u32 {
    u32::try_from((u64::from(random.next_u32()) * u64::from(below)) >> 32).unwrap()
}

pub(super) fn seeded(seed: u64) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(seed)
}

/// Workers and grids in a square of a degree; languages and capacities as seen in herding areas.
pub(super) fn instance(seed: u64, workers: u32, grids: u32) -> (Vec<Worker>, Vec<Place>) {
    let mut random = seeded(seed);
    let mut point = |random: &mut Pcg64Mcg| {
        (116.0 + f64::from(draw(random, 10_000)) / 1e4, 45.0 + f64::from(draw(random, 10_000)) / 1e4)
    };
    let worker = |random: &mut Pcg64Mcg, point: &mut dyn FnMut(&mut Pcg64Mcg) -> (f64, f64)| Worker {
        home: point(random),
        capacity: draw(random, 4),
        languages: ["mn", "zh"].into_iter().filter(|_| draw(random, 3) > 0).map(str::to_owned).collect(),
    };
    let held = (0..workers).map(|_| worker(&mut random, &mut point)).collect();
    let places = (0..grids)
        .map(|_| Place {
            at: point(&mut random),
            language: ["mn", "zh"].get(draw(&mut random, 4) as usize).map(|code| (*code).to_owned()),
        })
        .collect();
    (held, places)
}

fn may(worker: &Worker, place: &Place) -> bool {
    place.language.as_ref().is_none_or(|language| worker.languages.contains(language))
}

/// Most grids filled, then least total: by trying everything, grid after grid.
fn plain(workers: &[Worker], places: &[Place], near: &Near, grid: usize, room: &mut [u32]) -> (usize, i64) {
    if grid == places.len() {
        return (0, 0);
    }
    let mut best = plain(workers, places, near, grid + 1, room);
    for worker in 0..workers.len() {
        if room[worker] == 0 || !may(&workers[worker], &places[grid]) {
            continue;
        }
        room[worker] -= 1;
        let (filled, total) = plain(workers, places, near, grid + 1, room);
        room[worker] += 1;
        let found = (filled + 1, total + near.way(grid, worker));
        if found.0 > best.0 || (found.0 == best.0 && found.1 < best.1) {
            best = found;
        }
    }
    best
}

#[test]
fn equal_to_trying_everything_whatever_the_candidates() {
    for seed in 0..300 {
        let (workers, places) = instance(seed, 1 + (seed % 5) as u32, 1 + (seed % 6) as u32);
        let near = Near::new(&workers, &places);
        let mut room: Vec<u32> = workers.iter().map(|worker| worker.capacity).collect();
        let (filled, total) = plain(&workers, &places, &near, 0, &mut room);
        for candidates in [1, 2, 100] {
            let found = assign(&workers, &places, candidates, ALWAYS).unwrap();
            let sum: u64 = found.held.iter().flatten().map(|held| held.1).sum();
            assert_eq!((found.filled(), sum), (filled, total.unsigned_abs()), "seed {seed}, {candidates}");
        }
    }
}

#[test]
fn never_over_a_capacity_and_never_without_the_language() {
    for seed in 0..20 {
        let (workers, places) = instance(seed, 120, 200);
        let found = assign(&workers, &places, 8, ALWAYS).unwrap();
        let mut room: Vec<u32> = workers.iter().map(|worker| worker.capacity).collect();
        for (place, held) in places.iter().zip(&found.held) {
            let Some((worker, _)) = held else { continue };
            room[*worker as usize] = room[*worker as usize].checked_sub(1).expect("over the capacity");
            assert!(may(&workers[*worker as usize], place));
        }
        assert_eq!(found, assign(&workers, &places, 64, ALWAYS).unwrap(), "the same from more candidates");
        assert_eq!(found, assign(&workers, &places, 8, ALWAYS).unwrap(), "the same again");
    }
}

#[test]
fn a_grid_that_nobody_may_hold_stays_empty() {
    let (mut workers, mut places) = instance(1, 10, 5);
    places[2].language = Some("ewenki".to_owned());
    assert_eq!(assign(&workers, &places, 3, ALWAYS).unwrap().held[2], None);
    workers.iter_mut().for_each(|worker| worker.capacity = 0);
    assert_eq!(assign(&workers, &places, 3, ALWAYS).unwrap().filled(), 0);
    assert_eq!(assign(&[], &places, 3, ALWAYS).unwrap().filled(), 0);
    assert!(assign(&workers, &[], 3, ALWAYS).unwrap().held.is_empty());
}

#[test]
fn over_given_pairs_it_is_the_same_problem() {
    for seed in 0..100 {
        let (workers, places) = instance(seed, 1 + (seed % 30) as u32, 1 + (seed % 40) as u32);
        let capacities: Vec<u32> = workers.iter().map(|worker| worker.capacity).collect();
        let all = candidates(&workers, &places, workers.len()).unwrap();
        let (found, expected) =
            (assign_pairs(&all, &capacities, ALWAYS).unwrap(), assign(&workers, &places, 8, ALWAYS).unwrap());
        let sum = |found: &super::Assignment| found.held.iter().flatten().map(|held| held.1).sum::<u64>();
        assert_eq!((found.filled(), sum(&found)), (expected.filled(), sum(&expected)), "seed {seed}");
    }
    let bad: [&[Pairs]; 3] = [&[vec![(1, 5)]], &[vec![(0, 5), (0, 6)]], &[vec![(0, COST_MAX + 1)]]];
    for pairs in bad {
        assert_eq!(assign_pairs(pairs, &[1], ALWAYS), Err(AssignError::Pair(1)));
    }
    let dearest = vec![vec![(0, COST_MAX), (1, 0)], vec![(0, COST_MAX)], vec![(1, COST_MAX)]];
    assert_eq!(assign_pairs(&dearest, &[1, 1], ALWAYS).unwrap().filled(), 2);
}

/// The ceilings of posts are such capacities: here of one worker each and of any number.
#[test]
fn never_over_a_ceiling_in_ten_thousand_instances() {
    for seed in 0..10_000 {
        let (workers, places) = instance(seed, 1 + (seed % 13) as u32, 1 + (seed % 17) as u32);
        let found = assign(&workers, &places, 1 + (seed % 9) as usize, ALWAYS).unwrap();
        let mut held = vec![0; workers.len()];
        found.held.iter().flatten().for_each(|(worker, _)| held[*worker as usize] += 1);
        assert!(held.iter().zip(&workers).all(|(held, worker)| *held <= worker.capacity), "seed {seed}");
    }
}

#[test]
fn bad_input_is_an_answer() {
    let worker = |home| Worker { home, capacity: 1, languages: BTreeSet::new() };
    let place = |at| Place { at, language: None };
    let off = assign(&[worker((1.0, 2.0)), worker((116.0, 91.0))], &[], 3, ALWAYS);
    assert_eq!(off, Err(AssignError::NotOnEarth("worker", 2)));
    let nowhere = assign(&[], &[place((f64::NAN, 0.0))], 3, ALWAYS);
    assert_eq!(nowhere, Err(AssignError::NotOnEarth("grid", 1)));
    // Home and grid in one place, many of them: nothing but ties.
    let (same, grids) = (vec![worker((110.0, 40.0)); 50], vec![place((110.0, 40.0)); 60]);
    assert_eq!(assign(&same, &grids, 5, ALWAYS).unwrap().filled(), 50);
    let cancelled = assign(&same, &grids, 5, &|| true);
    assert_eq!(cancelled, Err(AssignError::Cancelled));
}
