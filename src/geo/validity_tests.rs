use geo::{Validation, polygon};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::*;

fn one(polygon: Polygon<f64>) -> MultiPolygon<f64> {
    MultiPolygon(vec![polygon])
}

fn why(polygon: Polygon<f64>) -> String {
    problems(&one(polygon)).map(|text| text.en).unwrap_or_default()
}

#[test]
fn a_good_outline_has_no_problem() {
    assert_eq!(why(polygon![(x: 110.0, y: 40.0), (x: 111.0, y: 40.0), (x: 111.0, y: 41.0)]), "");
    let ring = polygon! {
        exterior: [(x: 0.0, y: 0.0), (x: 4.0, y: 0.0), (x: 4.0, y: 4.0), (x: 0.0, y: 4.0)],
        interiors: [[(x: 1.0, y: 1.0), (x: 2.0, y: 1.0), (x: 2.0, y: 2.0)]],
    };
    assert_eq!(why(ring), "");
}

#[test]
fn each_problem_is_named() {
    let bow = polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 1.0), (x: 1.0, y: 0.0), (x: 0.0, y: 1.5)];
    assert!(why(bow).contains("crosses"));
    let spike =
        polygon![(x: 0.0, y: 0.0), (x: 4.0, y: 0.0), (x: 6.0, y: 0.0), (x: 4.0, y: 0.0), (x: 0.0, y: 4.0)];
    assert!(why(spike).contains("crosses"));
    assert!(why(polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 1.0)]).contains("fewer"));
    assert!(why(polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 1.0), (x: 2.0, y: 2.0)]).contains("nothing"));
    assert!(why(polygon![(x: 0.0, y: 0.0), (x: f64::NAN, y: 1.0), (x: 2.0, y: 0.0)]).contains("number"));
    assert!(why(polygon![(x: 0.0, y: 0.0), (x: f64::INFINITY, y: 1.0), (x: 2.0, y: 0.0)]).contains("number"));
    assert!(why(polygon![(x: 0.0, y: 0.0), (x: 181.0, y: 1.0), (x: 2.0, y: 0.0)]).contains("range"));
    let hole_outside = polygon! {
        exterior: [(x: 0.0, y: 0.0), (x: 4.0, y: 0.0), (x: 4.0, y: 4.0), (x: 0.0, y: 4.0)],
        interiors: [[(x: 5.0, y: 1.0), (x: 6.0, y: 1.0), (x: 6.0, y: 2.0)]],
    };
    assert!(why(hole_outside).contains("inside"));
    let square = polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 1.0), (x: 0.0, y: 1.0)];
    let twice = MultiPolygon(vec![square.clone(), square]);
    assert!(problems(&twice).unwrap().en.contains("overlap"));
    assert!(problems(&MultiPolygon(vec![])).is_some());
}

#[test]
fn repairs_are_silent() {
    let clockwise = Polygon::new(
        LineString::from(vec![(0.0, 0.0), (0.0, 1.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)]),
        vec![LineString(vec![])],
    );
    let done = normalise(&one(clockwise));
    assert_eq!(done.0[0].exterior().0.len(), 5);
    assert!(done.0[0].signed_area() > 0.0);
    assert!(done.0[0].interiors().is_empty());
    assert_eq!(problems(&done), None);
    assert_eq!(normalise(&one(Polygon::new(LineString(vec![]), vec![]))), MultiPolygon(vec![]));
}

#[test]
fn agrees_with_the_library_on_random_rings() {
    let mut random = Pcg64Mcg::seed_from_u64(7);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..4000 {
        // A coarse lattice, so that touching, repeated and collinear corners are common.
        let corners = random.random_range(3..8);
        let ring: Vec<(f64, f64)> = (0..corners)
            .map(|_| (f64::from(random.random_range(0..6)), f64::from(random.random_range(0..6))))
            .collect();
        let outline = normalise(&one(Polygon::new(LineString::from(ring), vec![])));
        if outline.0.is_empty() {
            continue;
        }
        let here = problems(&outline).is_none();
        let library = outline.is_valid();
        if here {
            good += 1;
        } else {
            bad += 1;
        }
        // The library lets some spikes through (it compares neither neighbours nor their far ends).
        assert!(library || !here, "here valid, library not: {outline:?}");
    }
    assert!(good > 200 && bad > 200, "{good} {bad}");
}

#[test]
fn a_ring_of_many_corners_is_quick() {
    let corners = 200_000;
    let ring: Vec<(f64, f64)> = (0..corners)
        .map(|i| {
            let angle = f64::from(i) / f64::from(corners) * std::f64::consts::TAU;
            (110.0 + angle.cos(), 42.0 + angle.sin())
        })
        .collect();
    let begun = std::time::Instant::now();
    assert_eq!(problems(&one(Polygon::new(LineString::from(ring), vec![]))), None);
    assert!(begun.elapsed().as_secs_f64() < 5.0, "{:?}", begun.elapsed());
}
