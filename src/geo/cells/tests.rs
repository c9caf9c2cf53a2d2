use std::collections::BTreeMap;

use geo::{BooleanOps, LineString, Validation};
use proptest::prelude::*;

use super::*;
use crate::geo::{
    adjacency::neighbours,
    measure::{area_m2, multi_area_m2},
    planar::{Key, key},
};

/// A star around a place: one radius for each direction, so it never crosses itself.
fn star(lon: f64, lat: f64, radius_deg: f64, radii: &[f64]) -> Vec<Coord<f64>> {
    let scale = 1.0 / lat.to_radians().cos();
    let point = |(index, share): (usize, &f64)| {
        let angle = std::f64::consts::TAU * index as f64 / radii.len() as f64;
        let (sin, cos) = angle.sin_cos();
        Coord { x: lon + radius_deg * share * cos * scale, y: lat + radius_deg * share * sin }
    };
    radii.iter().enumerate().map(point).collect()
}

fn polygon(shell: Vec<Coord<f64>>, holes: Vec<Vec<Coord<f64>>>) -> Polygon<f64> {
    Polygon::new(LineString(shell), holes.into_iter().map(LineString).collect())
}

fn village() -> impl Strategy<Value = (MultiPolygon<f64>, u8)> {
    let radii = prop::collection::vec(0.5..1.0f64, 5..40);
    (97.0..126.0f64, 37.0..53.0f64, 7u8..=10, 0.3..6.0f64, radii, 0..4u8).prop_map(
        |(lon, lat, resolution, size, radii, shape)| {
            // A cell's edge is about 1.2 km at resolution 7 and 2.65 times shorter at each finer one.
            let radius = size * 0.0126 / 2.6458f64.powi(i32::from(resolution) - 7);
            let hole = star(lon, lat, radius * 0.4, &radii);
            let shell = polygon(star(lon, lat, radius, &radii), Vec::new());
            let outline = match shape {
                0 => MultiPolygon(vec![shell]),
                1 => MultiPolygon(vec![polygon(star(lon, lat, radius, &radii), vec![hole])]),
                2 => MultiPolygon(vec![
                    polygon(star(lon, lat, radius, &radii), vec![hole]),
                    polygon(star(lon, lat, radius * 0.2, &radii), Vec::new()),
                ]),
                _ => MultiPolygon(vec![
                    shell,
                    polygon(star(lon + radius * 4.0, lat, radius * 0.7, &radii), Vec::new()),
                ]),
            };
            (outline, resolution)
        },
    )
}

fn planar_area(village: &MultiPolygon<f64>) -> f64 {
    use geo::Area;
    village.iter().map(|polygon| polygon.unsigned_area()).sum()
}

/// What must hold of every cut.
fn check(village: &MultiPolygon<f64>, pieces: &[CellPiece]) {
    let outlines: Vec<Polygon<f64>> = pieces.iter().map(|piece| piece.outline.clone()).collect();
    for piece in pieces {
        assert!(piece.outline.is_valid(), "{}: {:?}", piece.code(), piece.outline);
    }
    let whole = outline(pieces);
    for polygon in &whole {
        assert!(polygon.is_valid(), "{polygon:?}");
    }
    let sum: f64 = outlines.iter().map(area_m2).sum();
    assert!((sum - multi_area_m2(&whole)).abs() < 0.01, "{sum} {}", multi_area_m2(&whole));
    // Adding points to an edge changes a geodesic area but not a plane one.
    let (before, after) = (planar_area(village), planar_area(&whole));
    let m2 = |deg2: f64| deg2 * 1.24e10 * 0.7;
    assert!(m2((before - after).abs()) < 1e-3, "{} m2", m2(before - after));
    assert_eq!(whole.0.len(), village.0.len());
    let holes = |village: &MultiPolygon<f64>| village.iter().map(|p| p.interiors().len()).sum::<usize>();
    assert_eq!(holes(&whole), holes(village));
    assert_eq!(components(&outlines), village.0.len(), "neighbours don't join the village up");
    codes_are_unique(pieces);
}

fn codes_are_unique(pieces: &[CellPiece]) {
    let mut codes: Vec<String> = pieces.iter().map(CellPiece::code).collect();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), pieces.len());
}

fn components(outlines: &[Polygon<f64>]) -> usize {
    let mut home: Vec<usize> = (0..outlines.len()).collect();
    let root = |home: &Vec<usize>, mut at: usize| {
        while home[at] != at {
            at = home[at];
        }
        at
    };
    let mut count = outlines.len();
    for edge in neighbours(outlines) {
        let (a, b) = (root(&home, edge.a as usize), root(&home, edge.b as usize));
        if a != b {
            home[a] = b;
            count -= 1;
        }
    }
    count
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_cover_the_village_with_matching_borders((village, resolution) in village()) {
        check(&village, &cut(&village, resolution).unwrap());
    }

    #[test]
    fn two_villages_match_along_their_common_border(
        (village, resolution) in village(), angle in 0.0..3.0f64, bend in 0.1..0.9f64,
    ) {
        // Two halves of one village, noded against each other by hand.
        let Some(shell) = village.0.first().map(|polygon| polygon.exterior().0.clone()) else { return Ok(()) };
        let count = shell.len() - 1;
        let middle = (angle / 3.0 * (count - 3) as f64) as usize + 2;
        let centre = shell[..count].iter().fold(Coord::zero(), |sum, point| sum + *point) / count as f64;
        let bent = centre * bend + (shell[0] + shell[middle]) * ((1.0 - bend) / 2.0);
        let mut one = shell[..=middle].to_vec();
        one.push(bent);
        let mut two = shell[middle..count].to_vec();
        two.extend([shell[0], bent]);
        let halves = [polygon(one, Vec::new()), polygon(two, Vec::new())];
        if !halves.iter().all(Validation::is_valid) || !halves[0].intersection(&halves[1]).0.is_empty() {
            return Ok(());
        }
        let pieces: Vec<CellPiece> = halves
            .iter()
            .flat_map(|half| cut(&MultiPolygon(vec![half.clone()]), resolution).unwrap())
            .collect();
        let mut open: BTreeMap<(Key, Key), i32> = BTreeMap::new();
        for ring in pieces.iter().flat_map(|piece| oriented_rings(&piece.outline)) {
            for (a, b) in edges(&ring) {
                let (a, b) = (key(a), key(b));
                *open.entry((a.min(b), a.max(b))).or_default() += if a < b { 1 } else { -1 };
            }
        }
        let ends: f64 = outline(&pieces).iter().map(|polygon| polygon.exterior().0.len() as f64).sum();
        let left = open.values().filter(|count| **count != 0).count();
        prop_assert!(left as f64 <= ends, "{left} edges don't cancel, the outline has {ends}");
        prop_assert_eq!(outline(&pieces).0.len(), 1);
    }
}

#[test]
fn a_village_made_of_cells_gives_its_cells_back() {
    let centre = cell_at(Coord { x: 111.65, y: 40.82 }, Resolution::Nine).unwrap();
    let cells: Vec<CellIndex> = centre.grid_disk(3);
    // As another program would give it: each cell's own view of its corners.
    let theirs: Vec<Polygon<f64>> =
        cells.iter().map(|cell| Polygon::new(LineString::from(cell.boundary()), Vec::new())).collect();
    for village in [
        dissolve(&cells.iter().map(|cell| Hexagons::default().polygon(*cell)).collect::<Vec<_>>()),
        geo::unary_union(&theirs),
    ] {
        let pieces = cut(&village, 9).unwrap();
        assert_eq!(pieces.len(), 37);
        assert!(pieces.iter().all(|piece| piece.part == 0));
        check(&village, &pieces);
        // Two finer and one coarser resolution share edges and corners with it.
        for resolution in [8, 10, 11] {
            check(&village, &cut(&village, resolution).unwrap());
        }
    }
}

#[test]
fn a_village_within_one_cell_is_one_piece() {
    let cell = cell_at(Coord { x: 111.65, y: 40.82 }, Resolution::Seven).unwrap();
    let centre = Coord::from(LatLng::from(cell));
    let tiny = polygon(star(centre.x, centre.y, 1e-4, &[1.0; 8]), Vec::new());
    let pieces = cut(&MultiPolygon(vec![tiny.clone()]), 7).unwrap();
    assert_eq!(pieces.len(), 1);
    assert_eq!((pieces[0].cell, pieces[0].part), (cell, 0));
    check(&MultiPolygon(vec![tiny]), &pieces);
}

#[test]
fn vertices_on_edges_and_corners_are_no_trouble() {
    let cell = cell_at(Coord { x: 118.9, y: 42.3 }, Resolution::Eight).unwrap();
    let ring = Hexagons::default().ring(cell);
    let middle = |a: usize, b: usize| (ring[a] + ring[b]) / 2.0;
    let outside = |index: usize| ring[index] * 2.0 - Coord::from(LatLng::from(cell));
    for shell in [
        // Corner to corner through the cell, midpoints of edges, spikes that touch an edge.
        vec![ring[0], ring[2], ring[4]],
        vec![middle(0, 1), middle(2, 3), middle(4, 5)],
        vec![ring[0], outside(2), ring[3]],
        vec![middle(0, 1), outside(3), ring[4], outside(5)],
        vec![ring[0], ring[1], outside(1), outside(0)],
        vec![ring[0], middle(0, 1), ring[1], ring[2], ring[3]],
    ] {
        let village = MultiPolygon(vec![polygon(shell, Vec::new())]);
        assert!(village.is_valid());
        for resolution in [7, 8, 9] {
            check(&village, &cut(&village, resolution).unwrap());
        }
    }
}

#[test]
fn cells_on_the_icosahedrons_edges_match_too() {
    // Walk over the region until cells with more than six boundary points turn up.
    let mut met = 0;
    for step in 0..400 {
        let (lon, lat) = (97.0 + f64::from(step % 29), 37.0 + f64::from(step / 29) * 1.2);
        let cell = cell_at(Coord { x: lon, y: lat }, Resolution::Five).unwrap();
        for cell in cell.grid_disk::<Vec<_>>(1) {
            if cell.boundary().len() == 6 {
                continue;
            }
            met += 1;
            let disk: Vec<_> = cell
                .grid_disk::<Vec<_>>(2)
                .into_iter()
                .map(|cell| Hexagons::default().polygon(cell))
                .collect();
            let whole = dissolve(&disk);
            assert_eq!((whole.0.len(), whole.0[0].interiors().len()), (1, 0));
            let centre = Coord::from(LatLng::from(cell));
            let village =
                MultiPolygon(vec![polygon(star(centre.x, centre.y, 0.2, &[0.8, 1.0, 0.6]), vec![])]);
            check(&village, &cut(&village, 5).unwrap());
        }
        if met > 8 {
            break;
        }
    }
    println!("{met} cells on the icosahedron's edges");
}

#[test]
fn what_cannot_be_cut_is_an_answer() {
    let village = MultiPolygon(vec![polygon(star(111.0, 41.0, 0.1, &[1.0; 6]), Vec::new())]);
    assert_eq!(cut(&village, 16), Err(CellError::Resolution(16)));
    assert!(matches!(cut(&village, 15), Err(CellError::TooMany { resolution: 15, .. })));
    assert_eq!(cut(&MultiPolygon(Vec::new()), 8), Err(CellError::Empty));
    let flat = polygon(vec![Coord { x: 1.0, y: 1.0 }, Coord { x: 2.0, y: 1.0 }], Vec::new());
    assert_eq!(cut(&MultiPolygon(vec![flat]), 8), Err(CellError::Empty));
    let metres = polygon(star(500_000.0, 4_500_000.0, 10.0, &[1.0; 6]), Vec::new());
    assert_eq!(cut(&MultiPolygon(vec![metres]), 8), Err(CellError::OffTheGlobe));
}
