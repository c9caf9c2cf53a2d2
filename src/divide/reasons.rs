//! Why a grid doesn't keep a limit: only what is true of it.

use super::{
    count::whole_numbers,
    graph::Graph,
    objective::{DETOUR, Limits, Sums, reach_m},
    partition::Partition,
};
use crate::domain::{Profile, ReasonKind};

/// A reason and the part that it is about; none when it is about the village.
#[derive(Debug, Clone, PartialEq)]
pub struct PartReason {
    pub part: Option<u32>,
    pub kind: ReasonKind,
}

/// The reasons of one connected piece. `code` names a unit by its place in the piece.
pub(super) fn of_piece(
    graph: &Graph,
    found: &Partition,
    limits: &Limits,
    profile: &Profile,
    code: impl Fn(u32) -> String,
) -> Vec<PartReason> {
    let mut reasons = Vec::new();
    for part in 0..found.parts() {
        let sums = &found.sums[part];
        let mut kinds = Vec::new();
        if !limits.in_band(sums.households) {
            kinds.push(of_households(graph, found, limits, part, &code));
        }
        if let Some(max) = profile.people_max.filter(|max| sums.people > f64::from(*max)) {
            kinds.push(ReasonKind::TooManyPeople { people: sums.people as u32, max });
        }
        if let Some(max_km2) = profile.area_max_km2.filter(|_| sums.area_m2 > limits.area_max_m2) {
            kinds.push(ReasonKind::TooLarge { area_km2: sums.area_m2 / 1e6, max_km2 });
        }
        let reach = reach_m(graph, &found.members[part]);
        if let Some(max_min) = profile.travel_max_min.filter(|_| reach > limits.reach_max_m) {
            kinds.push(ReasonKind::TooFar { travel_min: reach * DETOUR / limits.m_per_min, max_min });
        }
        reasons.extend(kinds.into_iter().map(|kind| PartReason { part: Some(part as u32), kind }));
    }
    reasons
}

/// The cause of a number of households out of the band, the most telling that is true.
fn of_households(
    graph: &Graph,
    found: &Partition,
    limits: &Limits,
    part: usize,
    code: impl Fn(u32) -> String,
) -> ReasonKind {
    let all = graph.households();
    let here = found.sums[part].households as u32;
    let (min, max) = (limits.min as u32, limits.max as u32);
    if all == 0.0 {
        return ReasonKind::NoHouseholds;
    }
    let households_of = |node: &u32| graph.nodes[*node as usize].households;
    let largest = found.members[part]
        .iter()
        .max_by(|a, b| households_of(a).total_cmp(&households_of(b)).then(b.cmp(a)));
    if let Some(unit) = largest.filter(|unit| households_of(unit) > limits.max) {
        return ReasonKind::UnitAboveMax { unit: code(*unit), households: households_of(unit) as u32, max };
    }
    if all < limits.min && found.parts() == 1 {
        return ReasonKind::TooFewHouseholds { households: all as u32, min };
    }
    if here < min && held_by_size(graph, found, limits, part) {
        return ReasonKind::LimitedBySize { households: here, min };
    }
    if all < limits.min {
        return ReasonKind::TooFewHouseholds { households: all as u32, min };
    }
    let (least, most) = whole_numbers(all, limits);
    if least > most {
        return ReasonKind::NoWholeNumber { households: all as u32, min, max };
    }
    ReasonKind::UnevenUnits { households: here, min, max }
}

/// Whether joining any neighbouring grid would pass the area or travel limit.
fn held_by_size(graph: &Graph, found: &Partition, limits: &Limits, part: usize) -> bool {
    let around = found.neighbours(graph, part);
    limits.sizes_matter()
        && !around.is_empty()
        && around.iter().all(|other| {
            let both: Vec<u32> =
                found.members[part].iter().chain(&found.members[*other as usize]).copied().collect();
            limits.breaks_size(&Sums::over(graph, &both), reach_m(graph, &both))
        })
}
