//! The check of one village.

use std::collections::{BTreeMap, BTreeSet};

use geo::{BoundingRect, InteriorPoint, Intersects, MultiPolygon, Polygon, Rect, Validation};

use super::{Breach, area, border, cover};
use crate::domain::{Code, GridCode, Profile, Reason, ReasonKind, Unit};

/// A grid as it is about to be saved, or as it was read back.
#[derive(Debug, Clone)]
pub struct GridView<'a> {
    pub code: GridCode,
    pub village: Code,
    /// Codes of its units.
    pub units: Vec<String>,
    pub households: u32,
    pub people: u32,
    /// EPSG:4326; checked where it is given.
    pub outline: Option<MultiPolygon<f64>>,
    pub reasons: &'a [Reason],
}

/// Every invariant of a village's grids: each unit in exactly one grid and known; no grid empty, in
/// pieces, of another village, or with another's code; totals equal to the sums of the units; units
/// that cover the village once and outlines that are valid and as large as their units, to 1 m²; a
/// reason for every limit of `profile` that is broken. Travel is left out: it is an estimate.
///
/// Nothing is a breach of an empty answer. Breaches come in a fixed order.
pub fn check_village(
    outline: &MultiPolygon<f64>,
    units: &[Unit],
    grids: &[GridView<'_>],
    profile: &Profile,
) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut known: BTreeMap<&str, &Unit> = BTreeMap::new();
    let village = units.first().map(|unit| &unit.village).or(grids.first().map(|grid| &grid.village));
    let Some(village) = village else { return breaches };
    for unit in units {
        if known.insert(&unit.code, unit).is_some() {
            breaches.push(Breach::UnitNotUnique { unit: unit.code.clone() });
        }
        if unit.village != *village {
            let (unit, village) = (unit.code.clone(), village.to_string());
            breaches.push(Breach::UnitOfAnotherVillage { unit, village });
        }
        if let Err(why) = unit.outline.check_validation() {
            breaches.push(Breach::UnitOutlineInvalid { unit: unit.code.clone(), why: why.to_string() });
        }
    }
    breaches.extend(membership(units, grids, &known));
    breaches.extend(codes(village, grids));
    for grid in grids {
        let members: Vec<&Unit> =
            grid.units.iter().filter_map(|code| known.get(code.as_str()).copied()).collect();
        breaches.extend(one_piece(grid, &members));
        breaches.extend(totals(grid, &members));
        breaches.extend(stored_outline(grid, &members));
        breaches.extend(reasons(grid, &members, profile));
    }
    breaches.extend(cover::check(village, outline, units));
    if !grids.is_empty() && grids.iter().all(|grid| grid.outline.is_some()) {
        let grids_m2: f64 = grids.iter().filter_map(|grid| grid.outline.as_ref()).map(area::multi_m2).sum();
        let village_m2 = area::multi_m2(outline);
        if (village_m2 - grids_m2).abs() > cover::TOLERANCE_M2 {
            breaches.push(Breach::GridsDontCover { village: village.to_string(), village_m2, grids_m2 });
        }
    }
    breaches
}

/// Each unit in exactly one grid, and no grid with an unknown unit.
fn membership(units: &[Unit], grids: &[GridView<'_>], known: &BTreeMap<&str, &Unit>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut home: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for grid in grids {
        let name = grid.code.to_string();
        if grid.units.is_empty() {
            breaches.push(Breach::EmptyGrid { grid: name.clone() });
        }
        for unit in &grid.units {
            if !known.contains_key(unit.as_str()) {
                breaches.push(Breach::UnknownUnit { grid: name.clone(), unit: unit.clone() });
            }
            home.entry(unit).or_default().push(name.clone());
        }
    }
    for unit in units {
        match home.get(unit.code.as_str()).map_or(&[][..], Vec::as_slice) {
            [] => breaches.push(Breach::UnitMissing { unit: unit.code.clone() }),
            [_] => {}
            several => {
                breaches.push(Breach::UnitTwice { unit: unit.code.clone(), grids: several.to_vec() });
            }
        }
    }
    breaches
}

fn codes(village: &Code, grids: &[GridView<'_>]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut seen = BTreeSet::new();
    for grid in grids {
        let name = grid.code.to_string();
        if grid.village != *village {
            let (is, expected) = (grid.village.to_string(), village.to_string());
            breaches.push(Breach::WrongVillage { grid: name.clone(), is, expected });
        }
        if grid.code.village() != *village {
            breaches.push(Breach::WrongCode { grid: name.clone(), village: village.to_string() });
        }
        if !seen.insert(&grid.code) {
            breaches.push(Breach::CodeNotUnique { grid: name });
        }
    }
    breaches
}

fn one_piece(grid: &GridView<'_>, members: &[&Unit]) -> Option<Breach> {
    let outlines: Vec<&Polygon<f64>> = members.iter().map(|unit| &unit.outline).collect();
    let pieces = border::pieces(&outlines);
    (pieces.len() > 1).then(|| Breach::InPieces {
        grid: grid.code.to_string(),
        pieces: pieces.iter().map(|piece| members[piece[0]].code.clone()).collect(),
    })
}

fn totals(grid: &GridView<'_>, members: &[&Unit]) -> Vec<Breach> {
    let households: u64 = members.iter().map(|unit| u64::from(unit.households)).sum();
    let people: u64 = members.iter().map(|unit| u64::from(unit.people)).sum();
    let name = || grid.code.to_string();
    let mut breaches = Vec::new();
    if households != u64::from(grid.households) {
        breaches.push(Breach::WrongHouseholds { grid: name(), said: grid.households, summed: households });
    }
    if people != u64::from(grid.people) {
        breaches.push(Breach::WrongPeople { grid: name(), said: grid.people, summed: people });
    }
    breaches
}

fn stored_outline(grid: &GridView<'_>, members: &[&Unit]) -> Vec<Breach> {
    let Some(outline) = &grid.outline else { return Vec::new() };
    let name = || grid.code.to_string();
    let mut breaches = Vec::new();
    if let Err(why) = outline.check_validation() {
        breaches.push(Breach::OutlineInvalid { grid: name(), why: why.to_string() });
    }
    let outline_m2 = area::multi_m2(outline);
    let units_m2: f64 = members.iter().map(|unit| area::polygon_m2(&unit.outline)).sum();
    if (outline_m2 - units_m2).abs() > cover::TOLERANCE_M2 {
        breaches.push(Breach::OutlineNotItsUnits { grid: name(), outline_m2, units_m2 });
    } else if let Some(unit) = left_outside(outline, members) {
        breaches.push(Breach::OutlineElsewhere { grid: name(), unit: unit.code.clone() });
    }
    breaches
}

/// A unit that an outline of the right size doesn't lie over: it was moved, say.
fn left_outside<'a>(outline: &MultiPolygon<f64>, members: &[&'a Unit]) -> Option<&'a Unit> {
    // A centimetre: what rounding may do to a border.
    const SAME_DEGREES: f64 = 1e-7;
    let whole = outline.bounding_rect()?;
    let beyond = |unit: &Rect<f64>| {
        unit.min().x < whole.min().x - SAME_DEGREES
            || unit.min().y < whole.min().y - SAME_DEGREES
            || unit.max().x > whole.max().x + SAME_DEGREES
            || unit.max().y > whole.max().y + SAME_DEGREES
    };
    members.iter().copied().find(|unit| {
        // The inside of a sliver is nowhere to the last digit.
        let is_sliver = area::polygon_m2(&unit.outline) < cover::TOLERANCE_M2;
        unit.outline.bounding_rect().is_some_and(|rect| beyond(&rect))
            || (!is_sliver && unit.outline.interior_point().is_some_and(|at| !outline.intersects(&at)))
    })
}

/// A reason for each limit that is broken. Its figures are judged from the units, not from the totals.
fn reasons(grid: &GridView<'_>, members: &[&Unit], profile: &Profile) -> Vec<Breach> {
    let households: u64 = members.iter().map(|unit| u64::from(unit.households)).sum();
    let people: u64 = members.iter().map(|unit| u64::from(unit.people)).sum();
    let km2 = members.iter().map(|unit| area::polygon_m2(&unit.outline)).sum::<f64>() / 1e6;
    let (min, max) = (u64::from(profile.households_min), u64::from(profile.households_max));
    let own =
        || grid.reasons.iter().filter(|reason| reason.grid.as_ref().is_none_or(|code| *code == grid.code));
    let any = |test: fn(&ReasonKind) -> bool| own().any(|reason| test(&reason.kind));
    let mut missing = Vec::new();
    let of_households = |kind: &ReasonKind| {
        use ReasonKind::{
            DedicatedGrid, DrawnByHand, FixedNumber, HeldByGivens, LimitedBySize, LockedGrid, NoHouseholds,
            NoWholeNumber, TiedAboveMax, TooFewHouseholds, UnevenUnits, UnitAboveMax,
        };
        matches!(
            kind,
            NoHouseholds
                | TooFewHouseholds { .. }
                | NoWholeNumber { .. }
                | UnitAboveMax { .. }
                | UnevenUnits { .. }
                | LimitedBySize { .. }
                | DedicatedGrid { .. }
                | LockedGrid { .. }
                | TiedAboveMax { .. }
                | FixedNumber { .. }
                | HeldByGivens { .. }
                | DrawnByHand { .. }
        )
    };
    if !(min..=max).contains(&households) && !any(of_households) {
        missing.push((
            format!("{households} 户，不在 {min}–{max} 户之内"),
            format!("{households} households, outside {min} to {max}"),
        ));
    }
    if let Some(most) = profile.people_max.filter(|most| people > u64::from(*most))
        && !any(|kind| matches!(kind, ReasonKind::TooManyPeople { .. }))
    {
        missing.push((format!("{people} 人，超过 {most} 人"), format!("{people} people, above {most}")));
    }
    // A hair above the limit may be the two ways of reckoning areas.
    if let Some(most) = profile.area_max_km2.filter(|most| km2 > most * (1.0 + 1e-6))
        && !any(|kind| matches!(kind, ReasonKind::TooLarge { .. }))
    {
        missing.push((
            format!("{km2:.1} 平方公里，超过 {most:.1} 平方公里"),
            format!("{km2:.1} km², above {most:.1} km²"),
        ));
    }
    let name = grid.code.to_string();
    missing.into_iter().map(|(zh, en)| Breach::NoReason { grid: name.clone(), zh, en }).collect()
}
