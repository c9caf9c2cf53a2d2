use std::collections::BTreeMap;

use h3o::CellIndex;
use rayon::prelude::*;

use super::{Place, Ready, Spot, standard_min};
use crate::coverage::{self, Decay, Way};

/// For each village of the land, windows for each household by two-step floating catchment: a window is shared among
/// all who come to it, nearer ones counting more, up to the standard of the land that they live on; 0 where
/// none is reached. A mobile stop has its windows on the days of its visits only.
pub(super) fn access(ready: &Ready, spots: &[Spot], places: &[Place]) -> Vec<f64> {
    let villages = ready.land.villages();
    let mut windows: BTreeMap<CellIndex, f64> = BTreeMap::new();
    for spot in spots {
        if let (Some(windows_a_day), Some(cell)) = (windows_a_day(spot), ready.cell_at(spot.at)) {
            *windows.entry(cell).or_default() += windows_a_day;
        }
    }
    // Households of one village in one cell have the same ways.
    let mut demand: BTreeMap<(CellIndex, u32), u64> = BTreeMap::new();
    for place in places {
        if let Some(cell) = place.cell {
            *demand.entry((cell, place.village)).or_default() += place.households.told;
        }
    }
    let demand: Vec<((CellIndex, u32), u64)> = demand.into_iter().collect();
    let farthest = villages.iter().map(|village| standard_min(village.2)).fold(0.0, f64::max);
    let outlets: Vec<(CellIndex, f64)> = windows.into_iter().collect();
    let ways: Vec<Vec<Way>> = (0u32..)
        .zip(&outlets)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(outlet, (cell, _))| {
            let around = ready.surface().around(*cell, farthest);
            let near = around.into_iter().flat_map(|(at, minutes)| {
                let cell = ready.cells()[at as usize];
                let first = demand.partition_point(|held| held.0.0 < cell);
                let there = demand[first..].iter().zip(first..).take_while(move |(held, _)| held.0.0 == cell);
                there.map(move |(held, place)| (held.0.1, place, minutes))
            });
            // The standard of each place's own land is 1.
            near.map(|(village, place, minutes)| Way {
                place: place as u32,
                outlet,
                minutes: minutes / standard_min(villages[village as usize].2),
            })
            .filter(|way| way.minutes <= 1.0)
            .collect()
        })
        .collect();
    let ways: Vec<Way> = ways.into_iter().flatten().collect();
    let households: Vec<u64> = demand.iter().map(|held| held.1).collect();
    let windows: Vec<f64> = outlets.iter().map(|outlet| outlet.1).collect();
    let found = coverage::access(&households, &windows, &ways, &Decay::Gaussian(1.0));
    let mut sums = vec![(0.0, 0u64); villages.len()];
    for (((_, village), households), found) in demand.iter().zip(found) {
        let sum = &mut sums[*village as usize];
        sum.0 += found * *households as f64;
        sum.1 += households;
    }
    sums.into_iter()
        .map(|(sum, households)| if households > 0 { sum / households as f64 } else { 0.0 })
        .collect()
}

/// None where there are no windows.
fn windows_a_day(spot: &Spot) -> Option<f64> {
    let windows = f64::from(spot.windows);
    let share = match (spot.kind, spot.days_between) {
        (crate::domain::OutletKind::MobileStop, days) => 1.0 / days?.max(1.0),
        _ => 1.0,
    };
    (windows > 0.0 && super::SERVING.contains(&spot.kind)).then_some(windows * share)
}
