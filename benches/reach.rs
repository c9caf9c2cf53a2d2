//! Travel times over a region's cells beside SciPy's Dijkstra on the same graph, in one run, each on one core.
//!
//! `make bench`, or `cargo bench --bench reach`. The land is made up: patches of land of all kinds in winter, roads
//! between outlets, lakes. SciPy is timed without building its matrix, the engine without and, apart, with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod peers;

use std::collections::{HashMap, HashSet};

use h3o::{CellIndex, LatLng, Resolution};
use khot::coverage::{Demand, Ground, Surface, links, speed_kmh};
use khot::domain::{AreaType, RoadClass, Season};
use peers::{median, ms, timed};
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

const ALWAYS: &dyn Fn() -> bool = &|| false;

fn below(random: &mut Pcg64Mcg, most: usize) -> usize {
    ((u128::from(random.next_u64()) * most as u128) >> 64) as usize
}

/// The same draw for every cell of a patch.
fn drawn(patch: CellIndex, below: u64) -> u64 {
    Pcg64Mcg::seed_from_u64(u64::from(patch)).next_u64() % below
}

struct Land {
    cells: Vec<(CellIndex, f64)>,
    outlets: Vec<CellIndex>,
}

fn land(radius: u32, outlets: usize) -> Land {
    let mut random = Pcg64Mcg::seed_from_u64(7);
    let cells: Vec<CellIndex> =
        LatLng::new(44.0, 113.0).unwrap().to_cell(Resolution::Eight).grid_disk(radius);
    let outlets: Vec<CellIndex> = (0..outlets).map(|_| cells[below(&mut random, cells.len())]).collect();
    // Along the row of cells as they come out of the spiral: many short roads.
    let mut roads: HashSet<CellIndex> = HashSet::new();
    for outlet in outlets.iter().step_by(3) {
        let far = outlet.grid_disk::<Vec<_>>(12);
        let to = far[below(&mut random, far.len())];
        roads.extend(outlet.grid_path_cells(to).into_iter().flatten().flatten());
    }
    let speed = |cell: CellIndex| {
        let kind = match drawn(cell.parent(Resolution::Five).unwrap(), 20) {
            0 => AreaType::Urban,
            1..=4 => AreaType::Agricultural,
            5..=7 => AreaType::Mixed,
            _ => AreaType::Pastoral,
        };
        let road = roads.contains(&cell).then_some(RoadClass::Third);
        let barrier = drawn(cell.parent(Resolution::Seven).unwrap(), 25) == 0;
        speed_kmh(Ground { land: kind, road, barrier }, Season::Winter)
    };
    Land { cells: cells.iter().map(|cell| (*cell, speed(*cell))).collect(), outlets }
}

/// The graph as SciPy wants it, made without the engine: H3's neighbours and H3's distances.
fn tell(surface: &Surface, land: &Land) -> std::path::PathBuf {
    let folder = peers::folder("reach");
    let speeds: HashMap<CellIndex, f64> = land.cells.iter().copied().collect();
    let (mut starts, mut ends, mut times) = (vec![0i32], Vec::new(), Vec::<f64>::new());
    for cell in surface.cells() {
        for other in cell.grid_disk::<Vec<_>>(1).into_iter().filter(|other| other != cell) {
            let Some(at) = surface.place(other) else { continue };
            let (here, there) = (speeds[cell], speeds[&other]);
            if here > 0.0 && there > 0.0 {
                let km = LatLng::from(*cell).distance_km(LatLng::from(other));
                ends.push(at as i32);
                // Whole milliseconds, as in the engine: sums are exact in a double too.
                times.push((3.6e6 * km * 0.5 * (1.0 / here + 1.0 / there)).round());
            }
        }
        starts.push(ends.len() as i32);
    }
    let outlets = land.outlets.iter().filter(|cell| surface.is_open(**cell));
    let outlets: Vec<i32> = outlets.map(|cell| surface.place(*cell).unwrap() as i32).collect();
    let ints = |values: &[i32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    std::fs::write(folder.join("starts"), ints(&starts)).unwrap();
    std::fs::write(folder.join("ends"), ints(&ends)).unwrap();
    std::fs::write(folder.join("outlets"), ints(&outlets)).unwrap();
    let times: Vec<u8> = times.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(folder.join("times"), times).unwrap();
    folder
}

fn main() {
    region();
    banner();
}

fn region() {
    let land = land(730, 14_000);
    let (made, surface) = timed(|| Surface::new(&land.cells).unwrap());
    let mut times = Vec::new();
    let mut found = None;
    for _ in 0..7 {
        let (took, reached) = timed(|| surface.reach(&land.outlets, ALWAYS).unwrap());
        times.push(ms(took));
        found = Some(reached);
    }
    let own = median(&mut times);
    println!(
        "reach: {} cells, {} outlets: {own:.0} ms (the surface itself {:.0} ms, once for all seasons)",
        land.cells.len(),
        land.outlets.len(),
        ms(made)
    );
    let folder = tell(&surface, &land);
    match peers::run("reach.py", &["numpy", "scipy"], &folder) {
        None => println!("reach: no Python with SciPy here, so nothing to compare with"),
        Some(told) => {
            // Two columns: times alone, and with the outlet of each cell, which the engine tells too.
            let column = |at: usize| {
                let line = |line: &str| line.split(' ').nth(at).unwrap().parse::<f64>().unwrap() * 1e3;
                median(&mut told.lines().map(line).collect::<Vec<f64>>())
            };
            let (alone, with_outlets) = (column(0), column(1));
            let answer = std::fs::read(folder.join("answer")).unwrap();
            let answer = answer.chunks_exact(8).map(|eight| f64::from_le_bytes(eight.try_into().unwrap()));
            let same = answer.zip(found.unwrap().iter()).all(|(theirs, own)| match own {
                Some(own) => theirs / 60_000.0 == own.minutes,
                None => theirs.is_infinite(),
            });
            assert!(same, "the answers differ");
            println!(
                "reach: SciPy's dijkstra, the same times to the millisecond: {alone:.0} ms, {:.1} times as long; \
                 with each cell's outlet, as the engine: {with_outlets:.0} ms, {:.1} times as long",
                alone / own,
                with_outlets / own
            );
        }
    }
    regional_links(&surface, &land);
}

/// As many grids as the region has, three places each, six kinds of outlets.
fn regional_links(surface: &Surface, land: &Land) {
    let mut random = Pcg64Mcg::seed_from_u64(8);
    let demand: Vec<Demand> = (0..180_000u32)
        .map(|at| Demand {
            grid: at / 3,
            cell: land.cells[below(&mut random, land.cells.len())].0,
            households: below(&mut random, 60) as u64,
        })
        .collect();
    let within = vec![60.0; 60_000];
    let kinds: Vec<Vec<CellIndex>> = [1200, 14_000, 5000, 800, 103, 1200]
        .into_iter()
        .map(|count| (0..count).map(|_| land.cells[below(&mut random, land.cells.len())].0).collect())
        .collect();
    let (took, linked) = timed(|| {
        let found = kinds.iter().map(|outlets| links(surface, outlets, &demand, &within, ALWAYS).unwrap());
        found.map(|links| links.iter().flatten().count()).sum::<usize>()
    });
    println!("links: {linked} of 60,000 grids to 6 kinds of outlets: {:.0} ms on one core", ms(took));
}

/// As large as the largest banner.
fn banner() {
    let land = land(190, 200);
    let (mut made, mut found) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        let (took, surface) = timed(|| Surface::new(&land.cells).unwrap());
        made.push(ms(took));
        found.push(ms(timed(|| surface.reach(&land.outlets, ALWAYS).unwrap()).0));
    }
    println!(
        "reach: a banner of {} cells, {} outlets: {:.0} ms, and {:.0} ms for its surface",
        land.cells.len(),
        land.outlets.len(),
        median(&mut found),
        median(&mut made)
    );
}
