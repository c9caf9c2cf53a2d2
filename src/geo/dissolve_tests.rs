use geo::{BooleanOps, Validation, polygon};

use super::*;
use crate::geo::adjacency::neighbours;

fn square(x: f64, y: f64, side: f64) -> Polygon<f64> {
    polygon![(x: x, y: y), (x: x + side, y: y), (x: x + side, y: y + side), (x: x, y: y + side)]
}

#[test]
fn matching_squares_become_one_and_keep_their_vertices() {
    let squares = [square(110.0, 40.0, 0.5), square(110.5, 40.0, 0.5), square(110.0, 40.5, 0.5)];
    let union = dissolve(&squares);
    assert_eq!(union.0.len(), 1);
    assert_eq!(union.0[0].exterior().0.len(), 9);
    assert_eq!(union.0[0].exterior().0[0], Coord { x: 110.0, y: 40.0 });
    let reversed: Vec<_> = squares.iter().rev().cloned().collect();
    assert_eq!(dissolve(&reversed), union);
    assert_eq!(neighbours(&squares).len(), 2, "the third touches the second in a point");
}

#[test]
fn touching_in_a_point_stays_two_rings() {
    let union = dissolve(&[square(110.0, 40.0, 0.5), square(110.5, 40.5, 0.5)]);
    assert_eq!(union.0.len(), 2);
    assert!(union.is_valid());

    // Eight squares around a hole, less a corner: the hole touches the outline in a point.
    let mut squares = Vec::new();
    for (x, y) in [(0, 0), (1, 0), (2, 0), (0, 1), (2, 1), (0, 2), (1, 2)] {
        squares.push(square(f64::from(x), f64::from(y), 1.0));
    }
    let union = dissolve(&squares);
    assert_eq!((union.0.len(), union.0[0].interiors().len()), (1, 1));
    assert!(union.is_valid(), "{union:?}");
}

#[test]
fn holes_and_islands_find_their_shells() {
    let mut squares = Vec::new();
    for x in 0..7 {
        for y in 0..7 {
            // A ring, a gap, a ring around a hole.
            let depth = x.min(y).min(6 - x).min(6 - y);
            if depth % 2 == 0 {
                squares.push(square(f64::from(x), f64::from(y), 1.0));
            }
        }
    }
    let union = dissolve(&squares);
    assert_eq!(union.0.len(), 2);
    assert!(union.iter().all(|polygon| polygon.interiors().len() == 1));
    assert!(union.is_valid());
}

#[test]
fn a_vertex_in_the_middle_of_an_edge_is_split() {
    let pieces = [square(110.0, 40.0, 0.5), square(110.5, 40.0, 0.25), square(110.5, 40.25, 0.25)];
    let union = dissolve(&pieces);
    assert_eq!((union.0.len(), union.0[0].interiors().len()), (1, 0));
    assert!(union.is_valid());
    let found: Vec<(u32, u32)> = neighbours(&pieces).iter().map(|edge| (edge.a, edge.b)).collect();
    assert_eq!(found, [(0, 1), (0, 2), (1, 2)]);
}

#[test]
fn overlapping_input_is_still_a_union() {
    use geo::Area;
    let (one, two) = (square(110.0, 40.0, 0.5), square(110.2, 40.2, 0.5));
    let union = dissolve([&one, &two]);
    assert!((union.unsigned_area() - one.union(&two).unsigned_area()).abs() < 1e-9);
    assert!((dissolve([&one, &one]).unsigned_area() - 0.25).abs() < 1e-9);
    assert!(dissolve([]).0.is_empty());
}

#[test]
fn a_gap_of_a_hand_is_a_border_and_a_gap_of_a_street_is_not() {
    let beside = |metres: f64| {
        let gap = metres / (111_195.0 * 40f64.to_radians().cos());
        neighbours(&[square(110.0, 40.0, 0.01), square(110.01 + gap, 40.001, 0.01)])
    };
    assert_eq!(beside(0.3).len(), 1);
    assert!((beside(0.3)[0].length_m - 0.009 * 111_195.0).abs() < 2.0);
    assert_eq!(beside(-0.3).len(), 1);
    assert_eq!(beside(0.0).len(), 1);
    assert!(beside(3.0).is_empty());
}
