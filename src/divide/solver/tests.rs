use proptest::prelude::*;
use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};
use rayon::prelude::*;

use super::*;
use crate::divide::task::SizeLimits;

const ON: Watch<'_> = Watch { cancel: &|| false, progress: &|_| () };
const SHORT: Work = Work { sweeps: 60, spare: 5_000, polish: false };

struct Made {
    weights: Vec<f64>,
    links: Vec<Link>,
    places: Vec<[f32; 2]>,
}

/// A connected graph: a star, a path or a random tree, and some more links.
fn made(units: u32, kind: u32, seed: u64) -> Made {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut links = Vec::new();
    for b in 1..units {
        let a = match kind {
            0 => 0,
            1 => b - 1,
            _ => rng.next_u32() % b,
        };
        links.push(Link { a, b, length: (rng.next_u32() % 5) as f32 });
        if kind > 1 && rng.next_u32() % 2 == 0 {
            links.push(Link { a: rng.next_u32() % units, b, length: 1.0 });
        }
    }
    let weights = (0..units).map(|_| f64::from((rng.next_u32() % 40).saturating_sub(10))).collect();
    let places = (0..units).map(|_| [(rng.next_u32() % 100) as f32, (rng.next_u32() % 100) as f32]).collect();
    Made { weights, links, places }
}

/// Whether each of `parts` parts is one piece and not empty.
fn whole(made: &Made, answer: &[u32], parts: u32) -> bool {
    (0..parts).all(|part| {
        let Some(first) = answer.iter().position(|own| *own == part) else { return false };
        let mut seen = vec![false; answer.len()];
        seen[first] = true;
        loop {
            let before = seen.iter().filter(|seen| **seen).count();
            for link in &made.links {
                let (a, b) = (link.a as usize, link.b as usize);
                if answer[a] == part && answer[b] == part && (seen[a] || seen[b]) {
                    (seen[a], seen[b]) = (true, true);
                }
            }
            if seen.iter().filter(|seen| **seen).count() == before {
                return before == answer.iter().filter(|own| **own == part).count();
            }
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_graph_is_divided_into_whole_parts(
        seed in any::<u64>(), units in 1..60u32, kind in 0..4u32, parts in 1..70u32, placed in any::<bool>(),
        before in any::<bool>(), sized in any::<bool>(), shapes in 0..3u32,
    ) {
        let made = made(units, kind, seed);
        let people: Vec<f64> = made.weights.iter().map(|weight| weight * 3.0).collect();
        let areas = vec![1.0; units as usize];
        let alike = vec![1.0f32; units as usize];
        // Previous parts that are in pieces, unknown, or not there any more.
        let previous: Vec<u32> = (0..units).map(|unit| (unit * 7 + 3) % (parts + 2)).collect();
        let sizes = SizeLimits {
            people: &people, people_max: 200.0, area: &areas, area_max: 9.0, reach_max: 40.0,
        };
        let task = Task {
            places: placed.then_some(&made.places),
            shapes: match shapes { 0 => Shapes::Ignored, 1 => Shapes::Alike, _ => Shapes::Known(&alike) },
            sizes: sized.then_some(sizes),
            band: Some((20.0, 200.0)),
            previous: before.then_some(&previous),
            stay: 30.0,
            work: SHORT,
            seed,
            ..Task::new(&made.weights, &made.links, parts)
        };
        let answers: Vec<_> = (0..2).into_par_iter().map(|_| solve(&task, &ON)).collect();
        prop_assert_eq!(&answers[0], &answers[1]);
        if parts > units {
            prop_assert_eq!(&answers[0], &Err(Unsolved::Parts));
            return Ok(());
        }
        let answer = answers[0].as_ref().unwrap();
        prop_assert!(whole(&made, &answer.parts, parts), "{:?}", answer);
    }
}

/// A lattice of squares.
fn squares(side: u32) -> Made {
    let mut links = Vec::new();
    for unit in 0..side * side {
        if unit % side + 1 < side {
            links.push(Link { a: unit, b: unit + 1, length: 1.0 });
        }
        if unit / side + 1 < side {
            links.push(Link { a: unit, b: unit + side, length: 1.0 });
        }
    }
    let places = (0..side * side).map(|unit| [(unit % side) as f32, (unit / side) as f32]).collect();
    Made { weights: vec![10.0; (side * side) as usize], links, places }
}

#[test]
fn no_move_brings_together_who_is_apart_and_who_is_left_together_is_counted() {
    let made = squares(12);
    let first = solve(&Task::new(&made.weights, &made.links, 9), &ON).unwrap();
    let same = |parts: &[u32], (a, b): (u32, u32)| parts[a as usize] == parts[b as usize];
    let borders = made.links.iter().map(|link| (link.a, link.b));
    let apart: Vec<(u32, u32)> = borders.filter(|pair| !same(&first.parts, *pair)).collect();
    assert!(apart.len() > 30);
    let task = Task {
        apart: &apart,
        previous: Some(&first.parts),
        work: Work::again(300),
        ..Task::new(&made.weights, &made.links, 9)
    };
    let again = solve(&task, &ON).unwrap();
    assert!(whole(&made, &again.parts, 9));
    assert!(apart.iter().all(|pair| !same(&again.parts, *pair)));

    let asked = [(0, 1), (5, 17), (70, 71), (130, 142), (14, 99)];
    let task = Task {
        apart: &asked,
        work: Work { sweeps: 300, ..SHORT },
        ..Task::new(&made.weights, &made.links, 9)
    };
    let answer = solve(&task, &ON).unwrap();
    assert!(whole(&made, &answer.parts, 9));
    let together = asked.iter().filter(|pair| same(&answer.parts, **pair)).count() as u32;
    assert!(together < 3 && answer.off >= together, "{together} {}", answer.off);
}

#[test]
fn stability_has_its_price() {
    let mut made = squares(20);
    let task = Task { places: Some(&made.places), ..Task::new(&made.weights, &made.links, 16) };
    let first = solve(&task, &ON).unwrap();
    assert_eq!(first.off, 0);
    for unit in 0..40 {
        made.weights[unit] += 4.0;
    }
    let kept = |stay: f64| {
        let task = Task {
            places: Some(&made.places),
            previous: Some(&first.parts),
            stay,
            tolerance: 0.1,
            work: Work::again(400),
            ..Task::new(&made.weights, &made.links, 16)
        };
        let answer = solve(&task, &ON).unwrap();
        assert!(whole(&made, &answer.parts, 16));
        answer.parts.iter().zip(&first.parts).filter(|(a, b)| a == b).count()
    };
    assert!(kept(60.0) >= 380, "{}", kept(60.0));
    assert!(kept(0.0) <= kept(60.0));
}

#[test]
fn a_single_feasible_division_is_found_and_targets_are_kept() {
    // A path that can be cut in one place only.
    let weights = [5.0, 1.0, 3.0, 2.0, 1.0, 0.0];
    let links: Vec<Link> = (0..5).map(|a| Link { a, b: a + 1, length: 1.0 }).collect();
    let task = Task { tolerance: 0.0, ..Task::new(&weights, &links, 2) };
    let answer = solve(&task, &ON).unwrap();
    assert_eq!(answer.off, 0);
    assert!(answer.parts[0] == answer.parts[1] && answer.parts[1] != answer.parts[2]);
    let made = squares(10);
    let targets = [700.0, 200.0, 100.0];
    let task = Task { targets: Some(&targets), tolerance: 0.02, ..Task::new(&made.weights, &made.links, 3) };
    let answer = solve(&task, &ON).unwrap();
    assert!(whole(&made, &answer.parts, 3));
    for (part, target) in targets.iter().enumerate() {
        let load = answer.parts.iter().filter(|own| **own as usize == part).count() as f64 * 10.0;
        assert!((load / target - 1.0).abs() <= 0.11, "{load} for {target}");
    }
}

#[test]
fn a_search_can_be_stopped_at_any_time_and_tells_how_far_it_is() {
    let made = squares(30);
    let asked = std::cell::Cell::new(0);
    let told = std::cell::Cell::new(0.0f32);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 5
    };
    let task = Task { places: Some(&made.places), ..Task::new(&made.weights, &made.links, 40) };
    let watch = Watch { cancel: &stop, progress: &|share| told.set(told.get().max(share)) };
    assert_eq!(solve(&task, &watch), Err(Unsolved::Cancelled));
    assert_eq!(asked.get(), 6);
    let pieces = Made { links: made.links[..40].to_vec(), ..made };
    assert_eq!(solve(&Task::new(&pieces.weights, &pieces.links, 40), &ON), Err(Unsolved::InPieces));
    assert!(told.get() < 0.1);
}
