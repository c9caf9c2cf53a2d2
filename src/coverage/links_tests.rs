//! Links and classes against counting by hand; accessibility against PySAL's.

use h3o::{CellIndex, LatLng, Resolution};
use serde::Deserialize;

use super::{Class, Decay, Demand, Surface, Way, access, classify, links};

const ALWAYS: &dyn Fn() -> bool = &|| false;

/// `tests/peers/two_step.py` says how it was made.
#[derive(Deserialize)]
struct Peer {
    households: Vec<u64>,
    windows: Vec<f64>,
    ways: Vec<(u32, u32, f64)>,
    within_30: Vec<f64>,
    zones: Vec<f64>,
    gaussian_60: Vec<f64>,
}

fn peer() -> (Peer, Vec<Way>) {
    let peer: Peer = serde_json::from_str(include_str!("../../tests/peers/two_step.json")).unwrap();
    let ways = peer.ways.iter().map(|(place, outlet, minutes)| Way {
        place: *place,
        outlet: *outlet,
        minutes: *minutes,
    });
    let ways = ways.collect();
    (peer, ways)
}

#[test]
fn accessibility_is_what_pysal_finds() {
    let (peer, ways) = peer();
    for (decay, expected) in [
        (Decay::Within(30.0), &peer.within_30),
        (Decay::Zones(vec![(10.0, 1.0), (20.0, 0.68), (30.0, 0.22)]), &peer.zones),
        (Decay::Gaussian(60.0), &peer.gaussian_60),
    ] {
        let found = access(&peer.households, &peer.windows, &ways, &decay);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{decay:?}: {found}, {expected}");
        }
    }
}

#[test]
fn all_windows_that_somebody_reaches_are_given_out() {
    let (peer, ways) = peer();
    for decay in [Decay::Within(30.0), Decay::Gaussian(60.0)] {
        let found = access(&peer.households, &peer.windows, &ways, &decay);
        let given: f64 = found.iter().zip(&peer.households).map(|(access, held)| access * *held as f64).sum();
        assert!((given - 6.5).abs() < 1e-9, "{decay:?}: {given}");
    }
    // Nobody lives there: its windows go to nobody, and nothing is divided by 0.
    let alone = [Way { place: 0, outlet: 0, minutes: 0.0 }, Way { place: 9, outlet: 0, minutes: 0.0 }];
    assert_eq!(access(&[0], &[2.0], &alone, &Decay::Gaussian(0.0)), [0.0]);
}

#[test]
fn weights_fall_from_one_to_nothing() {
    for decay in [Decay::Within(30.0), Decay::Zones(vec![(10.0, 1.0), (30.0, 0.4)]), Decay::Gaussian(30.0)] {
        let weights: Vec<f64> = (0..400).map(|tenth| decay.weight(f64::from(tenth) / 10.0)).collect();
        assert_eq!(weights[0], 1.0);
        assert!(weights.is_sorted_by(|near, far| near >= far), "{decay:?}");
        assert!(weights[301..].iter().all(|weight| *weight == 0.0), "{decay:?}");
        assert_eq!(decay.weight(f64::NAN), 0.0);
    }
}

/// Cells in a row, about a km each.
fn row(length: usize) -> Vec<CellIndex> {
    let first = LatLng::new(45.5, 116.9).unwrap().to_cell(Resolution::Eight);
    let mut cells = vec![first];
    while cells.len() < length {
        let last = cells[cells.len() - 1];
        let far = |cell: &CellIndex| first.grid_distance(*cell).unwrap();
        let next = last.grid_disk::<Vec<_>>(1).into_iter().max_by_key(|cell| (far(cell), *cell)).unwrap();
        cells.push(next);
    }
    cells
}

#[test]
fn a_grid_is_linked_to_the_outlet_of_most_of_its_households() {
    let row = row(10);
    // The last cell is no part of the land.
    let land: Vec<(CellIndex, f64)> = row[..9].iter().map(|cell| (*cell, 30.0)).collect();
    let surface = Surface::new(&land).unwrap();
    let outlets = [row[0], row[8]];
    let at = |grid: u32, cell: usize, households: u64| Demand { grid, cell: row[cell], households };
    let demand = [
        at(1, 7, 0),
        at(0, 1, 10),
        at(0, 7, 30),
        at(0, 9, 10),
        at(2, 9, 4),
        at(1, 1, 0),
        at(1, 0, 0),
        at(7, 0, 9),
    ];
    let minutes = |from: usize, to: usize| {
        surface
            .around(row[from], 1e9)
            .into_iter()
            .find(|way| surface.cells()[way.0 as usize] == row[to])
            .unwrap()
            .1
    };
    let near = minutes(0, 1);
    let found = links(&surface, &outlets, &demand, &[near, 0.0, 60.0, 60.0], ALWAYS).unwrap();
    let first = found[0].unwrap();
    assert_eq!(first.nearest, 1);
    let mean = (near * 10.0 + minutes(8, 7) * 30.0) / 40.0;
    assert!((first.minutes - mean).abs() < 1e-9);
    // Those 30 are as near but for the stretching of the lattice; the 10 off the land are served by nobody.
    let inside = 10.0 + if minutes(8, 7) <= near { 30.0 } else { 0.0 };
    assert!((first.share_within - inside / 50.0).abs() < 1e-12);
    // Without households each place counts as one.
    let second = found[1].unwrap();
    assert_eq!(second.nearest, 0);
    assert!((second.share_within - 1.0 / 3.0).abs() < 1e-12);
    assert_eq!(&found[2..], [None, None]);
    assert_eq!(links(&surface, &[], &demand, &[1.0], ALWAYS).unwrap(), [None]);
}

#[test]
fn the_best_way_within_the_standard_counts() {
    let mobile = |days_between: f64| Class::Mobile { days_between };
    let ways = [(mobile(14.0), 20.0), (mobile(7.0), 25.0), (Class::Outreach, 40.0), (Class::Fixed, 70.0)];
    assert_eq!(classify(ways, 90.0), Class::Fixed);
    assert_eq!(classify(ways, 60.0), Class::Outreach);
    assert_eq!(classify(ways, 30.0), mobile(7.0));
    assert_eq!(classify(ways, 20.0), mobile(14.0));
    assert_eq!(classify(ways, 10.0), Class::Uncovered);
    assert_eq!(classify([(Class::Fixed, f64::NAN)], 10.0), Class::Uncovered);
}
