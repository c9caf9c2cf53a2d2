//! How well a set of grids keeps its policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{AreaType, Code, Count, DrawnGrid, Profile, Scores, Tally, TypeScores};

/// By which counts grids are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// As they are.
    Exact,
    /// As they are told outside each village's own staff.
    Told,
}

/// A grid's figures by the one or the other.
struct Figures {
    households: Tally,
    people: Tally,
    in_band: bool,
    named: bool,
}

impl Figures {
    fn of(drawn: &DrawnGrid, seen: Seen) -> Self {
        let whole = |count: u32| Tally { told: u64::from(count), few: 0 };
        match seen {
            Seen::Exact => Self {
                households: whole(drawn.grid.households),
                people: whole(drawn.grid.people),
                in_band: drawn.in_band,
                named: !drawn.grid.reasons.is_empty(),
            },
            Seen::Told => Self {
                households: drawn.told.households,
                people: drawn.told.people,
                in_band: drawn.told.in_band,
                named: !drawn.told.reasons.is_empty(),
            },
        }
    }
}

/// Scores of `grids`; `profile` gives what holds for a village of a type.
pub fn scores(grids: &[DrawnGrid], seen: Seen, profile: impl Fn(&Code, AreaType) -> Profile) -> Scores {
    let all: Vec<(&DrawnGrid, Figures)> =
        grids.iter().map(|drawn| (drawn, Figures::of(drawn, seen))).collect();
    let mut by_type: BTreeMap<AreaType, Vec<&(&DrawnGrid, Figures)>> = BTreeMap::new();
    for grid in &all {
        by_type.entry(grid.0.area_type).or_default().push(grid);
    }
    let deviation = |(drawn, figures): &(&DrawnGrid, Figures)| {
        let target = f64::from(profile(&drawn.grid.village, drawn.area_type).households_target);
        (figures.households.told as f64 - target).abs() / target
    };
    let every: Vec<_> = all.iter().collect();
    Scores {
        villages: villages(&every),
        grids: count(grids.len()),
        households: households(&every),
        people: all.iter().map(|(_, figures)| figures.people).sum::<Tally>().count(),
        in_band: in_band(&every),
        in_band_share: share(in_band(&every), grids.len()),
        out_of_band_named: count(all.iter().filter(|(_, figures)| !figures.in_band && figures.named).count()),
        worst_deviation: all.iter().map(deviation).reduce(f64::max),
        compactness_mean: mean(&every),
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

type Grids<'a> = [&'a (&'a DrawnGrid, Figures)];

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn villages(grids: &Grids<'_>) -> u32 {
    count(grids.iter().map(|(drawn, _)| &drawn.grid.village).collect::<BTreeSet<_>>().len())
}

fn households(grids: &Grids<'_>) -> Count {
    grids.iter().map(|(_, figures)| figures.households).sum::<Tally>().count()
}

fn in_band(grids: &Grids<'_>) -> u32 {
    count(grids.iter().filter(|(_, figures)| figures.in_band).count())
}

fn share(part: u32, whole: usize) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(count(whole)))
}

fn mean(grids: &Grids<'_>) -> Option<f64> {
    let sum: f64 = grids.iter().map(|(drawn, _)| drawn.compactness).sum();
    (!grids.is_empty()).then(|| sum / f64::from(count(grids.len())))
}
