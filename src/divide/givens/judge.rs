//! Why grids don't keep a limit, for any partition, whoever made it: only what is true of the grid named.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{EngineUnit, PartReason, VillageInput, travel_min},
    VillageGivens,
    contract::{contract, pieces},
};
use crate::domain::{Profile, ReasonKind};

/// How the grids of a partition came about, so far as reasons depend on it.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Parts that are locked.
    pub locked: BTreeSet<u32>,
    /// Parts that are dedicated grids.
    pub dedicated: BTreeSet<u32>,
    /// Parts that a person has drawn.
    pub by_hand: BTreeSet<u32>,
    /// Units tied together.
    pub together: Vec<(u32, u32)>,
    /// The number of grids was fixed, by hand or by a ceiling.
    pub fixed_number: bool,
    /// Some units are kept apart.
    pub apart: bool,
}

impl Standing {
    /// Of a partition whose first parts are the fixed grids, as [`super::divide_given`] gives it.
    pub fn of(givens: &VillageGivens) -> Self {
        let fixed = || (0u32..).zip(&givens.fixed);
        Self {
            dedicated: fixed().filter(|(_, grid)| grid.name.is_some()).map(|(part, _)| part).collect(),
            locked: fixed().filter(|(_, grid)| grid.name.is_none()).map(|(part, _)| part).collect(),
            by_hand: BTreeSet::new(),
            together: givens.together.clone(),
            fixed_number: givens.count.is_some(),
            apart: !givens.apart.is_empty(),
        }
    }

    fn is_given(&self, part: u32) -> bool {
        self.locked.contains(&part) || self.dedicated.contains(&part)
    }

    fn binds(&self) -> bool {
        self.fixed_number
            || self.apart
            || !(self.locked.is_empty() && self.dedicated.is_empty() && self.together.is_empty())
    }
}

/// A reason for each limit of the profile that a part doesn't keep, sorted by part; one without a part when
/// the village is in pieces.
pub fn judge(input: &VillageInput, parts: &[u32], profile: &Profile, standing: &Standing) -> Vec<PartReason> {
    let mut reasons = Vec::new();
    let whole = pieces(input, |_| true);
    if whole.len() > 1 {
        let kind = ReasonKind::VillageInPieces { pieces: whole.len() as u32 };
        reasons.push(PartReason { part: None, kind });
    }
    let about = About::new(input, parts, profile, standing, &whole);
    for (part, members) in &about.members {
        let units: Vec<EngineUnit> = members.iter().map(|unit| input.units[*unit as usize].clone()).collect();
        let kinds = about.households(*part, members).into_iter().chain(sizes(&units, profile));
        reasons.extend(kinds.map(|kind| PartReason { part: Some(*part), kind }));
    }
    reasons
}

/// People, area and travel.
fn sizes(units: &[EngineUnit], profile: &Profile) -> Vec<ReasonKind> {
    let mut kinds = Vec::new();
    let people = units.iter().fold(0, |sum: u32, unit| sum.saturating_add(unit.people));
    if let Some(max) = profile.people_max.filter(|max| people > *max) {
        kinds.push(ReasonKind::TooManyPeople { people, max });
    }
    let km2 = units.iter().map(|unit| unit.area_m2).sum::<f64>() / 1e6;
    if let Some(max_km2) = profile.area_max_km2.filter(|max| km2 > *max) {
        kinds.push(ReasonKind::TooLarge { area_km2: km2, max_km2 });
    }
    if let Some(max_min) = profile.travel_max_min
        && let Some(travel_min) = travel_min(units, profile).filter(|minutes| *minutes > max_min)
    {
        kinds.push(ReasonKind::TooFar { travel_min, max_min });
    }
    kinds
}

struct About<'a> {
    input: &'a VillageInput,
    profile: &'a Profile,
    standing: &'a Standing,
    members: BTreeMap<u32, Vec<u32>>,
    parts: &'a [u32],
    /// For each unit, the piece of what isn't given that it lies in.
    piece: BTreeMap<u32, usize>,
    /// For each such piece: its households, its parts, and whether it is a whole piece of the village.
    pieces: Vec<(u32, BTreeSet<u32>, bool)>,
    /// Groups of tied units: their number, first unit, and households, by each unit.
    tied: BTreeMap<u32, (u32, u32, u32)>,
}

impl<'a> About<'a> {
    fn new(
        input: &'a VillageInput,
        parts: &'a [u32],
        profile: &'a Profile,
        standing: &'a Standing,
        whole: &[Vec<u32>],
    ) -> Self {
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (unit, part) in (0u32..).zip(parts) {
            members.entry(*part).or_default().push(unit);
        }
        let sum = |units: &[u32]| {
            units.iter().fold(0, |sum: u32, unit| sum.saturating_add(input.units[*unit as usize].households))
        };
        let rest = pieces(input, |unit| !standing.is_given(parts[unit as usize]));
        let mut piece = BTreeMap::new();
        let mut about_pieces = Vec::new();
        for (at, units) in rest.iter().enumerate() {
            piece.extend(units.iter().map(|unit| (*unit, at)));
            let of = units.iter().map(|unit| parts[*unit as usize]).collect();
            about_pieces.push((sum(units), of, whole.contains(units)));
        }
        let mut tied = BTreeMap::new();
        if !standing.together.is_empty() {
            let groups = contract(input, &vec![false; input.units.len()], &standing.together);
            for group in groups.members.iter().filter(|group| group.len() > 1) {
                tied.extend(group.iter().map(|unit| (*unit, (group.len() as u32, group[0], sum(group)))));
            }
        }
        Self { input, profile, standing, members, parts, piece, pieces: about_pieces, tied }
    }

    /// The cause of a number of households out of the band, the most telling that is true.
    fn households(&self, part: u32, members: &[u32]) -> Option<ReasonKind> {
        let of = |unit: u32| self.input.units[unit as usize].households;
        let households = members.iter().fold(0, |sum: u32, unit| sum.saturating_add(of(*unit)));
        let (min, max) = (self.profile.households_min, self.profile.households_max);
        if (min..=max).contains(&households) {
            return None;
        }
        if self.standing.dedicated.contains(&part) {
            return Some(ReasonKind::DedicatedGrid { households, min, max });
        }
        if self.standing.locked.contains(&part) {
            return Some(ReasonKind::LockedGrid { households, min, max });
        }
        let (all, parts_of_piece, is_whole) = members
            .first()
            .and_then(|unit| self.piece.get(unit))
            .and_then(|at| self.pieces.get(*at))
            .cloned()
            .unwrap_or_default();
        if all == 0 {
            return Some(ReasonKind::NoHouseholds);
        }
        let largest = members.iter().copied().max_by(|a, b| of(*a).cmp(&of(*b)).then(b.cmp(a)));
        if let Some(unit) = largest.filter(|unit| of(*unit) > max) {
            let code = self.input.units[unit as usize].code.clone();
            return Some(ReasonKind::UnitAboveMax { unit: code, households: of(unit), max });
        }
        let tied = members.iter().filter_map(|unit| self.tied.get(unit)).find(|group| group.2 > max);
        if let Some((units, first, households)) = tied {
            let unit = self.input.units[*first as usize].code.clone();
            return Some(ReasonKind::TiedAboveMax { units: *units, unit, households: *households, max });
        }
        let alone = parts_of_piece.len() == 1;
        if is_whole && all < min && alone {
            return Some(ReasonKind::TooFewHouseholds { households: all, min });
        }
        if households < min && self.held_by_size(part, members) {
            return Some(ReasonKind::LimitedBySize { households, min });
        }
        if is_whole && all < min {
            return Some(ReasonKind::TooFewHouseholds { households: all, min });
        }
        if self.standing.by_hand.contains(&part) {
            return Some(ReasonKind::DrawnByHand { households, min, max });
        }
        if self.standing.fixed_number
            && let Some(kind) = self.fixed_number(min, max)
        {
            return Some(kind);
        }
        // No k with k·min ≤ all ≤ k·max.
        if is_whole && all.div_ceil(max.max(1)) > all / min.max(1) {
            return Some(ReasonKind::NoWholeNumber { households: all, min, max });
        }
        if self.standing.binds() {
            return Some(ReasonKind::HeldByGivens { households, min, max });
        }
        Some(ReasonKind::UnevenUnits { households, min, max })
    }

    /// Whether the fixed number alone puts the mean of what isn't given out of the band.
    fn fixed_number(&self, min: u32, max: u32) -> Option<ReasonKind> {
        let households = self.pieces.iter().fold(0, |sum: u32, piece| sum.saturating_add(piece.0));
        let grids: u32 = self.pieces.iter().map(|piece| piece.1.len() as u32).sum();
        let total = u64::from(households);
        let grids_64 = u64::from(grids);
        (total < grids_64 * u64::from(min) || total > grids_64 * u64::from(max))
            .then_some(ReasonKind::FixedNumber { households, grids, min, max })
    }

    /// Whether joining any neighbouring grid would pass the area or travel limit.
    fn held_by_size(&self, part: u32, members: &[u32]) -> bool {
        if self.profile.area_max_km2.is_none() && self.profile.travel_max_min.is_none() {
            return false;
        }
        let around: BTreeSet<u32> = self
            .input
            .edges
            .iter()
            .map(|edge| (self.parts[edge.a as usize], self.parts[edge.b as usize]))
            .filter_map(|(a, b)| match (a == part, b == part) {
                (true, false) => Some(b),
                (false, true) => Some(a),
                _ => None,
            })
            .collect();
        !around.is_empty()
            && around.iter().all(|other| {
                let both = members.iter().chain(self.members.get(other).into_iter().flatten());
                let units: Vec<EngineUnit> =
                    both.map(|unit| self.input.units[*unit as usize].clone()).collect();
                let km2 = units.iter().map(|unit| unit.area_m2).sum::<f64>() / 1e6;
                self.profile.area_max_km2.is_some_and(|max| km2 > max)
                    || self.profile.travel_max_min.is_some_and(|max| {
                        travel_min(&units, self.profile).is_some_and(|minutes| minutes > max)
                    })
            })
    }
}
