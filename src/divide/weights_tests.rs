use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};

use super::*;

/// A lattice of squares, `wide` by `high`.
fn lattice(wide: u32, high: u32) -> Vec<Edge> {
    let edge = |a, b| Edge { a, b, length_m: 1.0 };
    (0..wide * high)
        .flat_map(|at| {
            let right = (at % wide + 1 < wide).then(|| edge(at, at + 1));
            let below = (at / wide + 1 < high).then(|| edge(at, at + wide));
            right.into_iter().chain(below)
        })
        .collect()
}

fn cut(
    weights: &[f64],
    edges: &[Edge],
    parts: GraphParts,
    tolerance: f64,
    seed: u64,
) -> Result<Vec<u32>, DivideError> {
    let wish = GraphWish { parts, tolerance, effort: Effort::Quick, of_many: false, seed, places: None };
    divide_graph(weights, edges, &wish, &|| false)
}

fn off_target(weights: &[f64], answer: &[u32], parts: u32) -> f64 {
    let mean = weights.iter().sum::<f64>() / f64::from(parts);
    let load =
        |part: u32| weights.iter().zip(answer).filter(|(_, p)| **p == part).map(|(w, _)| w).sum::<f64>();
    (0..parts).map(|part| (load(part) / mean - 1.0).abs()).fold(0.0, f64::max)
}

#[test]
fn parts_keep_their_tolerance_and_the_seed_its_answer() {
    let edges = lattice(20, 20);
    let mut rng = Pcg64Mcg::seed_from_u64(2);
    let weights: Vec<f64> = (0..400).map(|_| f64::from(1 + rng.next_u32() % 20)).collect();
    let go = |seed| cut(&weights, &edges, GraphParts::Count(8), 0.05, seed);
    let answer = go(1).unwrap();
    assert!(off_target(&weights, &answer, 8) <= 0.05);
    assert_eq!(go(1), Ok(answer));
    let by_target = cut(&weights, &edges, GraphParts::Target(500.0), 0.1, 1).unwrap();
    let mean = weights.iter().sum::<f64>() / f64::from(by_target.iter().max().unwrap() + 1);
    assert!((450.0..=550.0).contains(&mean));
}

#[test]
fn what_cannot_be_divided_is_an_answer() {
    let go = |weights: &[f64], edges: &[Edge], parts, tolerance| cut(weights, edges, parts, tolerance, 1);
    let two = [1.0, 1.0];
    assert_eq!(go(&[], &[], GraphParts::Count(1), 0.1), Err(DivideError::NoUnits));
    assert_eq!(go(&two, &[], GraphParts::Count(1), 0.1), Err(DivideError::InPieces { pieces: 2, parts: 1 }));
    assert_eq!(
        go(&two, &[], GraphParts::Count(3), 0.1),
        Err(DivideError::TooManyParts { parts: 3, units: 2 })
    );
    assert_eq!(
        go(&two, &[], GraphParts::Count(0), 0.1),
        Err(DivideError::TooManyParts { parts: 0, units: 2 })
    );
    assert_eq!(go(&two, &[], GraphParts::Target(f64::NAN), 0.1), Err(DivideError::BadTarget));
    assert_eq!(go(&two, &[], GraphParts::Count(2), 2.0), Err(DivideError::BadTarget));
    assert_eq!(go(&two, &[], GraphParts::Count(2), 0.0), Ok(vec![0, 1]));
    assert_eq!(go(&[0.0, 0.0], &lattice(2, 1), GraphParts::Count(2), 0.1).map(|parts| parts.len()), Ok(2));
}
