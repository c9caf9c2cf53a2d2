//! Grids that a person has put together: drawn, judged and checked as those of the engine.

use std::collections::{BTreeMap, BTreeSet};

use super::{Drawn, Part, PlanningError, Village, Whole, finish, prepared};
use crate::divide::{self, Standing};
use crate::domain::{Givens, GridCode};

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
    for (part, grid) in (0..).zip(placings) {
        if !parts.contains(&part) {
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
    let named: Vec<Part> =
        placings.iter().map(|grid| Part { code: grid.code.clone(), name: grid.name.clone() }).collect();
    let whole = Whole { input: &input, of_unit: &parts, parts: &named };
    finish(village, &whole, None, &standing, Some(givens))
}
