//! 10,000 workers to 10,000 grids beside OR-Tools' min-cost flow on the same pairs, in one run, each on one core.
//!
//! `make bench`, or `cargo bench --bench assign`. Homes and grids are strewn about made-up towns; one worker in five
//! can hold several grids, a third of the grids need a language; each grid has the 20 nearest workers who may
//! hold it. OR-Tools is timed without building its graph. Fails where the costs differ.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod peers;

use khot::assign::{Assignment, Place, Worker, assign, assign_pairs, candidates};
use peers::{median, ms, timed};
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

const ALWAYS: &dyn Fn() -> bool = &|| false;
const COUNT: usize = 10_000;
const CANDIDATES: usize = 20;

fn unit(random: &mut Pcg64Mcg) -> f64 {
    f64::from(random.next_u32()) / f64::from(u32::MAX)
}

/// Near one of 100 towns: most close to it, some far out.
fn point(random: &mut Pcg64Mcg, towns: &[(f64, f64)]) -> (f64, f64) {
    let (lon, lat) = towns[random.next_u32() as usize % towns.len()];
    let (angle, far) = (unit(random) * std::f64::consts::TAU, unit(random).powi(2) * 0.8);
    (lon + far * angle.cos(), lat + far * angle.sin())
}

fn instance(seed: u64) -> (Vec<Worker>, Vec<Place>) {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let towns: Vec<(f64, f64)> =
        (0..100).map(|_| (106.0 + 14.0 * unit(&mut random), 40.0 + 8.0 * unit(&mut random))).collect();
    let one_in = |random: &mut Pcg64Mcg, count: u32| random.next_u32().is_multiple_of(count);
    let workers = (0..COUNT).map(|_| Worker {
        home: point(&mut random, &towns),
        capacity: if one_in(&mut random, 5) { 2 + random.next_u32() % 2 } else { 1 },
        languages: ["mn", "zh"].into_iter().filter(|_| !one_in(&mut random, 3)).map(str::to_owned).collect(),
    });
    let workers = workers.collect();
    let places = (0..COUNT).map(|_| Place {
        at: point(&mut random, &towns),
        language: one_in(&mut random, 3).then(|| if one_in(&mut random, 3) { "mn" } else { "zh" }.to_owned()),
    });
    (workers, places.collect())
}

fn cost(found: &Assignment) -> (usize, u64) {
    (found.filled(), found.held.iter().flatten().map(|held| held.1).sum())
}

fn main() {
    for seed in 1..=3 {
        compare(seed);
    }
}

fn compare(seed: u64) {
    let (workers, places) = instance(seed);
    let room: Vec<u32> = workers.iter().map(|worker| worker.capacity).collect();
    let pairs = candidates(&workers, &places, CANDIDATES).unwrap();
    let folder = peers::folder("assign");
    let ints = |values: Vec<u32>| values.into_iter().flat_map(u32::to_le_bytes).collect::<Vec<u8>>();
    let each = || (0u32..).zip(&pairs).flat_map(|(grid, row)| row.iter().map(move |pair| (grid, *pair)));
    std::fs::write(folder.join("grids"), ints(each().map(|pair| pair.0).collect())).unwrap();
    std::fs::write(folder.join("workers"), ints(each().map(|pair| pair.1.0).collect())).unwrap();
    let ways: Vec<u8> = each().flat_map(|pair| pair.1.1.to_le_bytes()).collect();
    std::fs::write(folder.join("ways"), ways).unwrap();
    let wide: Vec<u8> = room.iter().flat_map(|room| u64::from(*room).to_le_bytes()).collect();
    std::fs::write(folder.join("room"), wide).unwrap();

    let (mut own, mut whole) = (Vec::new(), Vec::new());
    let mut found = (0, 0);
    for _ in 0..5 {
        let (took, answer) = timed(|| assign_pairs(&pairs, &room, ALWAYS).unwrap());
        own.push(ms(took));
        found = cost(&answer);
        whole.push(ms(timed(|| assign(&workers, &places, CANDIDATES, ALWAYS).unwrap()).0));
    }
    let own = median(&mut own);
    println!(
        "assign {seed}: {} of {COUNT} grids, {:.3} km, over {CANDIDATES} candidates each: {own:.0} ms; over all \
         pairs, with the search for candidates and the proof: {:.0} ms",
        found.0,
        found.1 as f64 / 1e6,
        median(&mut whole)
    );
    let Some(told) = peers::run("assign.py", &["numpy", "ortools"], &folder) else {
        println!("assign {seed}: no Python with OR-Tools here, so nothing to compare with");
        return;
    };
    let (times, answer) = told.trim_end().rsplit_once('\n').unwrap();
    let mut theirs: Vec<f64> = times.lines().map(|line| line.parse::<f64>().unwrap() * 1e3).collect();
    let theirs = median(&mut theirs);
    assert_eq!(answer, format!("{} {}", found.0, found.1), "the answers differ");
    println!(
        "assign {seed}: OR-Tools' min-cost flow {theirs:.0} ms for the same cost; the engine takes {:.2} times that",
        own / theirs
    );
}
