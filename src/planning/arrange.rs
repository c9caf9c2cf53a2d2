//! Grids that a person has put together: drawn, judged and checked as those of the engine.

use std::collections::{BTreeMap, BTreeSet};

use super::{Drawn, PlanningError, Village, check, draw, prepared};
use crate::divide::{self, Standing};
use crate::domain::{Givens, GridCode, Reason};

/// A grid by its units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placing {
    pub code: GridCode,
    pub units: Vec<String>,
    /// Of a dedicated grid.
    pub name: Option<String>,
    /// Drawn by a person, not by the engine.
    pub by_hand: bool,
}

/// The grids of a village as they are put together. Units that no grid has, or two have, are breaches.
///
/// # Errors
/// When a grid is empty or in pieces, when givens aren't kept, or a rule that always holds is broken.
pub fn arrange_village(
    village: &Village<'_>,
    givens: &Givens,
    fixed_number: bool,
    placings: &[Placing],
) -> Result<Drawn, PlanningError> {
    let (input, own) = prepared(village, Some(givens))?;
    let of: BTreeMap<&str, u32> = (0..)
        .zip(placings)
        .flat_map(|(part, grid)| grid.units.iter().map(move |unit| (unit.as_str(), part)))
        .collect();
    let mut parts = Vec::with_capacity(input.units.len());
    for unit in &input.units {
        let part = of.get(unit.code.as_str()).copied().ok_or_else(|| PlanningError::UnitLeftOut {
            village: village.code.clone(),
            unit: unit.code.clone(),
        })?;
        parts.push(part);
    }
    let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (unit, part) in parts.iter().enumerate() {
        members.entry(*part).or_default().push(unit);
    }
    for (part, grid) in (0..).zip(placings) {
        if !members.contains_key(&part) {
            return Err(PlanningError::EmptyGrid { grid: grid.code.clone() });
        }
        let pieces = divide::pieces_of(&input, |unit| parts[unit as usize] == part);
        if pieces > 1 {
            return Err(PlanningError::InPieces { grid: grid.code.clone(), pieces });
        }
    }
    let having = |wanted: &dyn Fn(&Placing) -> bool| -> BTreeSet<u32> {
        (0..).zip(placings).filter(|(_, grid)| wanted(grid)).map(|(part, _)| part).collect()
    };
    let is_locked = |grid: &Placing| own.fixed.iter().any(|fixed| fixed.code.as_ref() == Some(&grid.code));
    let standing = Standing {
        locked: having(&|grid| is_locked(grid) && grid.name.is_none()),
        dedicated: having(&|grid| grid.name.is_some()),
        by_hand: having(&|grid| grid.by_hand),
        together: own.together.clone(),
        fixed_number,
        apart: !own.apart.is_empty(),
    };
    let reasons: Vec<Reason> = divide::judge(&input, &parts, village.profile, &standing)
        .into_iter()
        .map(|reason| Reason {
            grid: reason.part.and_then(|part| placings.get(part as usize)).map(|grid| grid.code.clone()),
            kind: reason.kind,
            village: village.code.clone(),
        })
        .collect();
    let mut grids = Vec::with_capacity(placings.len());
    for (part, units) in members {
        let Some(grid) = placings.get(part as usize) else { continue };
        grids.push(draw(village, &input, grid.code.clone(), grid.name.clone(), &units, &reasons));
    }
    grids.sort_by(|a, b| a.grid.code.cmp(&b.grid.code));
    check(village, &grids, Some(givens))?;
    Ok(Drawn { grids, reasons })
}
