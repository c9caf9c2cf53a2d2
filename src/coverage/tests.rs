//! Against a plain search on small surfaces, and what holds on every one.

use std::collections::BTreeMap;

use h3o::{CellIndex, LatLng, Resolution};
use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};

use super::{Reached, Surface, SurfaceError};

const ALWAYS: &dyn Fn() -> bool = &|| false;

fn draw(random: &mut Pcg64Mcg, below: u32) -> u32 {
    u32::try_from((u64::from(random.next_u32()) * u64::from(below)) >> 32).unwrap()
}

fn middle() -> CellIndex {
    LatLng::new(45.5, 116.9).unwrap().to_cell(Resolution::Eight)
}

/// A patch with holes, speeds from a few kinds of land, some cells closed.
fn patch(random: &mut Pcg64Mcg, radius: u32) -> Vec<(CellIndex, f64)> {
    let cells = middle().grid_disk::<Vec<_>>(radius);
    let kept: Vec<CellIndex> = cells.into_iter().filter(|_| draw(random, 8) > 0).collect();
    let speeds = [0.0, 3.0, 5.0, 0.01, 30.0, 60.0];
    kept.into_iter().map(|cell| (cell, speeds[draw(random, 6) as usize])).collect()
}

/// Bellman and Ford's: every edge again and again until nothing changes; H3's own distance, each step in whole ms.
fn plain(cells: &[(CellIndex, f64)], outlets: &[CellIndex]) -> BTreeMap<CellIndex, u64> {
    let speed: BTreeMap<CellIndex, f64> = cells.iter().copied().collect();
    let open = |cell: &CellIndex| speed.get(cell).is_some_and(|kmh| *kmh > 0.0);
    let mut times: BTreeMap<CellIndex, u64> =
        outlets.iter().filter(|cell| open(cell)).map(|cell| (*cell, 0)).collect();
    loop {
        let mut changed = false;
        for (cell, kmh) in speed.iter().filter(|cell| *cell.1 > 0.0) {
            let Some(here) = times.get(cell).copied() else { continue };
            for other in cell.grid_disk::<Vec<_>>(1).into_iter().filter(|other| other != cell && open(other))
            {
                let km = LatLng::from(*cell).distance_km(LatLng::from(other));
                let step = 3_600_000.0 * km * 0.5 * (1.0 / kmh + 1.0 / speed[&other]);
                let there = here + step.round() as u64;
                if times.get(&other).is_none_or(|known| there < *known) {
                    times.insert(other, there);
                    changed = true;
                }
            }
        }
        if !changed {
            return times;
        }
    }
}

#[test]
fn equal_to_a_plain_search_on_a_thousand_small_surfaces() {
    for seed in 0..1000 {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let radius = 1 + draw(&mut random, 5);
        let cells = patch(&mut random, radius);
        // Some stand off the surface, some in closed cells, some in one cell.
        let around = middle().grid_disk::<Vec<_>>(radius + 1);
        let outlets: Vec<CellIndex> = (0..draw(&mut random, 5))
            .map(|_| around[draw(&mut random, around.len() as u32) as usize])
            .collect();
        let surface = Surface::new(&cells).unwrap();
        let found = surface.reach(&outlets, ALWAYS).unwrap();
        let expected = plain(&cells, &outlets);
        let alone: Vec<_> = outlets.iter().map(|outlet| plain(&cells, &[*outlet])).collect();
        for (cell, found) in surface.cells().iter().zip(found.iter()) {
            let expected = expected.get(cell).map(|ms| {
                let first = alone.iter().position(|alone| alone.get(cell) == Some(ms)).unwrap();
                Reached { outlet: first as u32, minutes: *ms as f64 / 60_000.0 }
            });
            assert_eq!(found, expected, "seed {seed}, {cell}");
        }
    }
}

/// Beyond one tile, and with speeds so far apart that buckets are wider than the shortest step.
#[test]
fn equal_to_a_plain_search_across_tiles() {
    let mut random = Pcg64Mcg::seed_from_u64(5);
    for speeds in [[4.0, 12.0, 30.0, 60.0], [0.02, 5.0, 30.0, 1000.0]] {
        let mut speed = || speeds[draw(&mut random, 4) as usize];
        let cells: Vec<(CellIndex, f64)> =
            middle().grid_disk::<Vec<_>>(110).into_iter().map(|cell| (cell, speed())).collect();
        assert!(cells.len() > 2 << 14);
        let outlets: Vec<CellIndex> =
            (0..30).map(|_| cells[draw(&mut random, cells.len() as u32) as usize].0).collect();
        let surface = Surface::new(&cells).unwrap();
        let found = surface.reach(&outlets, ALWAYS).unwrap();
        let alone: Vec<Vec<(u32, f64)>> =
            outlets.iter().map(|outlet| surface.around(*outlet, f64::INFINITY)).collect();
        let mut expected = vec![None; cells.len()];
        for (outlet, around) in (0u32..).zip(alone) {
            for (at, minutes) in around {
                let held: &mut Option<Reached> = &mut expected[at as usize];
                if held.is_none_or(|held| minutes < held.minutes) {
                    *held = Some(Reached { outlet, minutes });
                }
            }
        }
        assert!(found.iter().eq(expected));
    }
}

#[test]
fn around_an_outlet_is_what_a_search_from_it_alone_reaches_in_time() {
    for seed in 0..100 {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let cells = patch(&mut random, 5);
        let surface = Surface::new(&cells).unwrap();
        let from = middle();
        let within = f64::from(draw(&mut random, 60));
        let reached = surface.reach(&[from], ALWAYS).unwrap();
        let expected = reached.iter().zip(0u32..).filter_map(|(reached, at)| Some((at, reached?.minutes)));
        let expected: BTreeMap<u32, f64> = expected.filter(|way| way.1 <= within).collect();
        let found = surface.around(from, within);
        assert!(found.is_sorted_by(|one, other| one.1 <= other.1));
        assert_eq!(found.len(), expected.len(), "seed {seed}");
        assert!(found.iter().all(|(at, minutes)| expected[at] == *minutes), "seed {seed}");
    }
}

#[test]
fn even_ground_takes_as_long_as_it_is_far() {
    let cells: Vec<(CellIndex, f64)> =
        middle().grid_disk::<Vec<_>>(20).into_iter().map(|cell| (cell, 30.0)).collect();
    let surface = Surface::new(&cells).unwrap();
    let found = surface.reach(&[middle()], ALWAYS).unwrap();
    for (cell, reached) in surface.cells().iter().zip(found.iter()) {
        let km = LatLng::from(middle()).distance_km(LatLng::from(*cell));
        let minutes = reached.unwrap().minutes;
        // Along the lattice it is up to 2/√3 as far, and somewhat more where cells are stretched; each of up to 20
        // steps is rounded to a millisecond.
        assert!(
            minutes >= km * 2.0 - 20.0 * 0.5 / 60_000.0 && minutes <= km * 2.0 * 1.2,
            "{cell}: {minutes} for {km} km"
        );
    }
}

#[test]
fn the_first_of_two_in_one_cell_serves_it() {
    let surface = Surface::new(&[(middle(), 5.0)]).unwrap();
    let found = surface.reach(&[middle(), middle()], ALWAYS).unwrap();
    assert_eq!(found.get(0).map(|reached| (reached.outlet, reached.minutes)), Some((0, 0.0)));
}

#[test]
fn bad_input_is_an_answer() {
    let parent = middle().parent(Resolution::Seven).unwrap();
    let made = |cells: &[(CellIndex, f64)]| Surface::new(cells).unwrap_err();
    assert!(matches!(made(&[(middle(), 5.0), (parent, 5.0)]), SurfaceError::Resolutions(..)));
    assert!(matches!(made(&[(middle(), 5.0), (middle(), 6.0)]), SurfaceError::Twice(_)));
    for kmh in [-1.0, f64::NAN, f64::INFINITY, 1001.0] {
        assert!(matches!(made(&[(middle(), kmh)]), SurfaceError::Speed(..)), "{kmh}");
    }
    assert!(Surface::new(&[]).unwrap().reach(&[middle()], ALWAYS).unwrap().iter().next().is_none());
}
