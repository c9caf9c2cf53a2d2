//! From a village's units to its drawn and checked grids: divide, number, draw, check.
//!
//! The one place where the engines meet; jobs and the command line both come through here, so a grid
//! is never made in a second way. No IO.

mod scores;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use geo::InteriorPoint;

use crate::disclosure;
use crate::divide::{self, PreviousGrid, VillageInput};
use crate::domain::{AreaType, Code, DrawnGrid, Grid, GridCode, GridKind, Profile, Reason, ToldGrid, Unit};
use crate::geo::{dissolve::dissolve, measure};
use crate::verify::{self, Breach, GridView};

pub use crate::divide::DivideError;
pub use scores::{Seen, scores};

/// The engine's name and version, stored with every plan. It changes whenever an answer may change.
pub const ENGINE_VERSION: &str = "anneal-2";

/// A village to be divided.
#[derive(Debug, Clone)]
pub struct Village<'a> {
    pub code: &'a Code,
    pub area_type: AreaType,
    pub outline: &'a geo::MultiPolygon<f64>,
    pub units: &'a [Unit],
    pub profile: &'a Profile,
}

/// The grids in force until now, and every code that was ever published: numbering keeps the first and
/// never gives a voided one again.
#[derive(Debug, Clone, Default)]
pub struct Past {
    pub in_force: Vec<(GridCode, Vec<String>)>,
    pub used: BTreeSet<GridCode>,
}

/// A divided village.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub grids: Vec<DrawnGrid>,
    /// Reasons of the village and of its grids.
    pub reasons: Vec<Reason>,
    /// The same by the counts that are told outside the village's own staff.
    pub told_reasons: Vec<Reason>,
}

/// Why a village has no grids.
#[derive(Debug, thiserror::Error)]
pub enum PlanningError {
    #[error("village {village}: {source}")]
    Divide { village: Code, source: DivideError },
    /// The independent check found the engine wrong: a defect, and nothing is saved.
    #[error("village {village} failed the check: {}", first.text().en)]
    Check { village: Code, first: Box<Breach>, breaches: usize },
}

/// Divides, numbers, draws and checks one village. The answer depends on `seed` and the village alone, so
/// a village divided by itself comes out as it does with its whole banner.
///
/// # Errors
/// When the engine has no answer, or its answer breaks a rule that always holds.
pub fn draw_village(
    village: &Village<'_>,
    past: &Past,
    seed: u64,
    cancel: &dyn Fn() -> bool,
) -> Result<Drawn, PlanningError> {
    let failed = |source| PlanningError::Divide { village: village.code.clone(), source };
    let input = VillageInput::from_units(village.units).map_err(failed)?;
    let division = divide::divide_village(&input, village.profile, village_seed(seed, village.code), cancel)
        .map_err(failed)?;
    let previous: Vec<PreviousGrid> = past
        .in_force
        .iter()
        .map(|(code, units)| PreviousGrid {
            sequence: code.sequence(),
            units: units.iter().cloned().collect(),
        })
        .collect();
    let in_force: BTreeSet<u16> = previous.iter().map(|grid| grid.sequence).collect();
    let voided: BTreeSet<u16> =
        past.used.iter().map(GridCode::sequence).filter(|sequence| !in_force.contains(sequence)).collect();
    let sequences = divide::number(&division.parts, &input.units, &previous, &voided).map_err(failed)?;
    let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (unit, part) in division.parts.iter().enumerate() {
        members.entry(*part).or_default().push(unit);
    }
    let code_of = |part: u32| {
        let sequence = sequences.get(part as usize).copied().unwrap_or(0);
        GridCode::new(village.code, sequence).map_err(|_| failed(DivideError::TooManyGrids))
    };
    let mut reasons = Vec::with_capacity(division.reasons.len());
    for reason in &division.reasons {
        let grid = reason.part.map(code_of).transpose()?;
        reasons.push(Reason { kind: reason.kind.clone(), village: village.code.clone(), grid });
    }
    let told = disclosure::told_units(village.units);
    let told_input = told::input(&input, &told);
    let mut told_reasons = match &told_input {
        None => reasons.clone(),
        Some(told_input) => {
            let found =
                divide::explain(&told_input.units, &told_input.edges, &division.parts, village.profile);
            let mut reasons = Vec::new();
            for reason in found.map_err(failed)? {
                let grid = reason.part.map(code_of).transpose()?;
                reasons.push(Reason { kind: reason.kind, village: village.code.clone(), grid });
            }
            reasons
        }
    };
    let mut grids = Vec::with_capacity(members.len());
    for (part, units) in members {
        let code = code_of(part)?;
        let outside = told::grid(village, &told, told_input.as_ref().unwrap_or(&input), &units);
        told::withhold(&mut told_reasons, &code, outside.households);
        grids.push(draw(village, &input, code, &units, &reasons, outside));
    }
    for drawn in &mut grids {
        drawn.told.reasons = of_grid(&told_reasons, &drawn.grid.code);
    }
    grids.sort_by(|a, b| a.grid.code.cmp(&b.grid.code));
    check(village, &grids)?;
    Ok(Drawn { grids, reasons, told_reasons })
}

/// A seed of the village's own: villages are divided side by side, in any order.
pub fn village_seed(seed: u64, village: &Code) -> u64 {
    // FNV-1a.
    village.as_str().bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn draw(
    village: &Village<'_>,
    input: &VillageInput,
    code: GridCode,
    units: &[usize],
    reasons: &[Reason],
    told: ToldGrid,
) -> DrawnGrid {
    let outline = dissolve(units.iter().map(|unit| &village.units[*unit].outline));
    let households: u32 = units.iter().map(|unit| village.units[*unit].households).sum();
    let mut codes: Vec<String> = units.iter().map(|unit| village.units[*unit].code.clone()).collect();
    codes.sort();
    let members: Vec<_> = units.iter().map(|unit| input.units[*unit].clone()).collect();
    DrawnGrid {
        area_type: village.area_type,
        label_point: label_point(&outline),
        // Of the units, not of the outline: what is added up must add up.
        area_m2: members.iter().map(|unit| unit.area_m2).sum(),
        compactness: measure::compactness(&outline).min(1.0),
        travel_min: divide::travel_min(&members, village.profile),
        in_band: (village.profile.households_min..=village.profile.households_max).contains(&households),
        outline,
        told,
        grid: Grid {
            reasons: of_grid(reasons, &code),
            code,
            village: village.code.clone(),
            kind: GridKind::General,
            units: codes,
            households,
            people: units.iter().map(|unit| village.units[*unit].people).sum(),
        },
    }
}

fn of_grid(reasons: &[Reason], code: &GridCode) -> Vec<Reason> {
    reasons.iter().filter(|reason| reason.grid.as_ref() == Some(code)).cloned().collect()
}

/// A point inside an outline, lon/lat, for its label.
pub fn label_point(outline: &geo::MultiPolygon<f64>) -> (f64, f64) {
    outline.interior_point().map_or((0.0, 0.0), |point| (point.x(), point.y()))
}

fn check(village: &Village<'_>, grids: &[DrawnGrid]) -> Result<(), PlanningError> {
    let views: Vec<GridView<'_>> = grids.iter().map(view).collect();
    let breaches = verify::check_village(village.outline, village.units, &views, village.profile);
    let count = breaches.len();
    match breaches.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(PlanningError::Check {
            village: village.code.clone(),
            first: Box::new(first),
            breaches: count,
        }),
    }
}

fn view(drawn: &DrawnGrid) -> GridView<'_> {
    GridView {
        code: drawn.grid.code.clone(),
        village: drawn.grid.village.clone(),
        units: drawn.grid.units.clone(),
        households: drawn.grid.households,
        people: drawn.grid.people,
        outline: Some(drawn.outline.clone()),
        reasons: &drawn.grid.reasons,
    }
}
