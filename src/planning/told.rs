//! A grid as it is told outside its village's own staff: everything that follows from counts, once more from what
//! stands for its units' counts.

use super::Village;
use crate::disclosure::{self, Told};
use crate::divide::{self, VillageInput};
use crate::domain::{Count, GridCode, Reason, ReasonKind, Tally, ToldGrid};

/// The engine's input with what stands for each count; none where every count stands for itself.
pub fn input(exact: &VillageInput, told: &[Told]) -> Option<VillageInput> {
    let alike = |(unit, told): (&divide::EngineUnit, &Told)| {
        (unit.households, unit.people) == (told.households, told.people)
    };
    if exact.units.iter().zip(told).all(alike) {
        return None;
    }
    let mut input = exact.clone();
    for (unit, told) in input.units.iter_mut().zip(told) {
        (unit.households, unit.people) = (told.households, told.people);
    }
    Some(input)
}

/// A grid of the village's `units`, without its reasons.
pub fn grid(village: &Village<'_>, told: &[Told], input: &VillageInput, units: &[usize]) -> ToldGrid {
    let tallies = || units.iter().map(|unit| disclosure::tally(&village.units[*unit], told[*unit]));
    let households: Tally = tallies().map(|tally| tally.0).sum();
    let members: Vec<_> = units.iter().map(|unit| input.units[*unit].clone()).collect();
    let (min, max) = (village.profile.households_min, village.profile.households_max);
    ToldGrid {
        households,
        people: tallies().map(|tally| tally.1).sum(),
        travel_min: divide::travel_min(&members, village.profile),
        in_band: (u64::from(min)..=u64::from(max)).contains(&households.told),
        reasons: Vec::new(),
    }
}

/// Takes the number out of what is said of a grid whose number of households is not told.
pub fn withhold(reasons: &mut [Reason], grid: &GridCode, households: Tally) {
    let Count::Under(under) = households.count() else { return };
    for reason in reasons.iter_mut().filter(|reason| reason.grid.as_ref() == Some(grid)) {
        if let ReasonKind::TooFewHouseholds { min, .. }
        | ReasonKind::NoWholeNumber { min, .. }
        | ReasonKind::UnevenUnits { min, .. }
        | ReasonKind::LimitedBySize { min, .. }
        | ReasonKind::DedicatedGrid { min, .. }
        | ReasonKind::LockedGrid { min, .. }
        | ReasonKind::FixedNumber { min, .. }
        | ReasonKind::HeldByGivens { min, .. }
        | ReasonKind::DrawnByHand { min, .. } = reason.kind
        {
            reason.kind = ReasonKind::FewHouseholds { under, min };
        }
    }
}
