//! How well a set of grids keeps its policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{AreaType, Code, DrawnGrid, Profile, Scores, TypeScores};

/// Scores of `grids`; `profile` gives what holds for a village of a type.
pub fn scores(grids: &[DrawnGrid], profile: impl Fn(&Code, AreaType) -> Profile) -> Scores {
    let mut by_type: BTreeMap<AreaType, Vec<&DrawnGrid>> = BTreeMap::new();
    for grid in grids {
        by_type.entry(grid.area_type).or_default().push(grid);
    }
    let deviation = |drawn: &DrawnGrid| {
        let target = f64::from(profile(&drawn.grid.village, drawn.area_type).households_target);
        (f64::from(drawn.grid.households) - target).abs() / target
    };
    let all: Vec<&DrawnGrid> = grids.iter().collect();
    Scores {
        villages: villages(&all),
        grids: count(grids.len()),
        households: households(&all),
        people: grids.iter().map(|drawn| u64::from(drawn.grid.people)).sum(),
        in_band: in_band(&all),
        in_band_share: share(in_band(&all), grids.len()),
        out_of_band_named: count(
            grids.iter().filter(|drawn| !drawn.in_band && !drawn.grid.reasons.is_empty()).count(),
        ),
        worst_deviation: grids.iter().map(deviation).reduce(f64::max),
        compactness_mean: mean(&all),
        by_area_type: by_type
            .into_iter()
            .map(|(area_type, grids)| TypeScores {
                area_type,
                villages: villages(&grids),
                grids: count(grids.len()),
                households: households(&grids),
                in_band: in_band(&grids),
                in_band_share: share(in_band(&grids), grids.len()),
                compactness_mean: mean(&grids),
            })
            .collect(),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn villages(grids: &[&DrawnGrid]) -> u32 {
    count(grids.iter().map(|drawn| &drawn.grid.village).collect::<BTreeSet<_>>().len())
}

fn households(grids: &[&DrawnGrid]) -> u64 {
    grids.iter().map(|drawn| u64::from(drawn.grid.households)).sum()
}

fn in_band(grids: &[&DrawnGrid]) -> u32 {
    count(grids.iter().filter(|drawn| drawn.in_band).count())
}

fn share(part: u32, whole: usize) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(count(whole)))
}

fn mean(grids: &[&DrawnGrid]) -> Option<f64> {
    let sum: f64 = grids.iter().map(|drawn| drawn.compactness).sum();
    (!grids.is_empty()).then(|| sum / f64::from(count(grids.len())))
}
