//! From a village's units to its drawn and checked grids: divide, number, draw, check.
//!
//! The one place where the engines meet; jobs and the command line both come through here, so a grid
//! is never made in a second way. No IO.

mod arrange;
mod numbers;
mod scores;

use std::collections::{BTreeMap, BTreeSet};

use geo::InteriorPoint;

use crate::divide::{self, PreviousGrid, VillageGivens, VillageInput};
use crate::domain::{
    AreaType, Code, DrawnGrid, GivenFault, Givens, Grid, GridCode, GridKind, Profile, Reason, Unit,
};
use crate::geo::{dissolve::dissolve, measure};
use crate::verify::{self, Breach, GridView};

pub use crate::divide::DivideError;
pub use arrange::{Placing, arrange_village};
pub use numbers::{Shares, share_numbers};
pub use scores::scores;

/// The engine's name and version, stored with every plan. It changes whenever an answer may change.
pub const ENGINE_VERSION: &str = "anneal-1";

/// A village to be divided.
#[derive(Debug, Clone)]
pub struct Village<'a> {
    pub code: &'a Code,
    pub area_type: AreaType,
    pub outline: &'a geo::MultiPolygon<f64>,
    pub units: &'a [Unit],
    pub profile: &'a Profile,
}

/// The grids started from (those in force, or a draft's), and every code that was ever published: numbering
/// keeps the first and never gives a voided one again.
#[derive(Debug, Clone, Default)]
pub struct Past {
    pub in_force: Vec<(GridCode, Vec<String>)>,
    pub used: BTreeSet<GridCode>,
}

/// What a village's division may not decide.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes<'a> {
    /// Of this village and others; its locks list their units.
    pub givens: Option<&'a Givens>,
    /// The number of its grids, where it is fixed.
    pub count: Option<u32>,
}

/// A divided village.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub grids: Vec<DrawnGrid>,
    /// Reasons of the village and of its grids.
    pub reasons: Vec<Reason>,
}

/// Why a village has no grids.
#[derive(Debug, thiserror::Error)]
pub enum PlanningError {
    #[error("village {village}: {source}")]
    Divide { village: Code, source: DivideError },
    /// At least one.
    #[error("village {village}: {}", faults.first().map(|fault| fault.text().en).unwrap_or_default())]
    Givens { village: Code, faults: Vec<GivenFault> },
    #[error("unit {unit} of village {village} would be in no grid")]
    UnitLeftOut { village: Code, unit: String },
    #[error("grid {grid} would have no units left")]
    EmptyGrid { grid: GridCode },
    #[error("grid {grid} would fall into {pieces} pieces")]
    InPieces { grid: GridCode, pieces: u32 },
    /// The independent check found the engine wrong: a defect, and nothing is saved.
    #[error("village {village} failed the check: {}", first.text().en)]
    Check { village: Code, first: Box<Breach>, breaches: usize },
}

/// Divides, numbers, draws and checks one village. The answer depends on `seed`, the village, what is
/// wished for it and its own past alone, so a village divided by itself comes out as it does with its whole
/// banner.
///
/// # Errors
/// When the givens can't be, when the engine has no answer, or its answer breaks a rule that always holds.
pub fn draw_village(
    village: &Village<'_>,
    wishes: Wishes<'_>,
    past: &Past,
    seed: u64,
    cancel: &dyn Fn() -> bool,
) -> Result<Drawn, PlanningError> {
    let failed = |source| PlanningError::Divide { village: village.code.clone(), source };
    let (input, mut givens) = prepared(village, wishes.givens)?;
    givens.count = wishes.count;
    if village.profile.weights.stability > 0.0 {
        givens.previous = previous_parts(&input, past);
    }
    let seed = village_seed(seed, village.code);
    let division = divide::divide_given(&input, village.profile, &givens, seed, cancel).map_err(failed)?;
    let sequences = sequences(&division.parts, &input, &givens, past).map_err(failed)?;
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
    let mut grids = Vec::with_capacity(members.len());
    for (part, units) in members {
        let name = givens.fixed.get(part as usize).and_then(|fixed| fixed.name.clone());
        grids.push(draw(village, &input, code_of(part)?, name, &units, &reasons));
    }
    grids.sort_by(|a, b| a.grid.code.cmp(&b.grid.code));
    check(village, &grids, wishes.givens)?;
    Ok(Drawn { grids, reasons })
}

/// The village as the engine takes it, barriers weighed in, and what is given in it.
fn prepared(
    village: &Village<'_>,
    givens: Option<&Givens>,
) -> Result<(VillageInput, VillageGivens), PlanningError> {
    let of = || village.code.clone();
    let mut input = VillageInput::from_units(village.units)
        .map_err(|source| PlanningError::Divide { village: of(), source })?;
    let Some(givens) = givens.filter(|givens| !givens.is_empty()) else {
        return Ok((input, VillageGivens::default()));
    };
    let resolved =
        divide::resolve(&input, givens).map_err(|faults| PlanningError::Givens { village: of(), faults })?;
    divide::soften(&mut input, givens, village.profile.weights.barrier);
    Ok((input, resolved))
}

/// What is wrong with the givens of one village; locks must list their units.
pub fn faults(village: &Village<'_>, givens: &Givens) -> Vec<GivenFault> {
    match prepared(village, Some(givens)) {
        Err(PlanningError::Givens { faults, .. }) => faults,
        _ => Vec::new(),
    }
}

/// The earlier grid of each unit; empty when there is none.
fn previous_parts(input: &VillageInput, past: &Past) -> Vec<Option<u32>> {
    let home: BTreeMap<&str, u32> = (0..)
        .zip(&past.in_force)
        .flat_map(|(at, (_, units))| units.iter().map(move |unit| (unit.as_str(), at)))
        .collect();
    if home.is_empty() {
        return Vec::new();
    }
    input.units.iter().map(|unit| home.get(unit.code.as_str()).copied()).collect()
}

/// A sequence number for each part: a locked grid keeps its own, the rest as [`divide::number`] says.
fn sequences(
    parts: &[u32],
    input: &VillageInput,
    givens: &VillageGivens,
    past: &Past,
) -> Result<Vec<u16>, DivideError> {
    let code_of = |unit: &u32| input.units[*unit as usize].code.clone();
    let locked = givens.fixed.iter().filter_map(|fixed| Some((fixed.code.as_ref()?, &fixed.units)));
    let mut previous: Vec<PreviousGrid> = locked
        .map(|(code, units)| PreviousGrid {
            sequence: code.sequence(),
            units: units.iter().map(code_of).collect(),
        })
        .collect();
    let taken: BTreeSet<u16> = previous.iter().map(|grid| grid.sequence).collect();
    let held: BTreeSet<String> = previous.iter().flat_map(|grid| grid.units.clone()).collect();
    // Nobody but its lock has a claim on a locked grid.
    previous.extend(past.in_force.iter().filter(|(code, _)| !taken.contains(&code.sequence())).map(
        |(code, units)| PreviousGrid {
            sequence: code.sequence(),
            units: units.iter().filter(|unit| !held.contains(*unit)).cloned().collect(),
        },
    ));
    let in_force: BTreeSet<u16> = previous.iter().map(|grid| grid.sequence).collect();
    let voided: BTreeSet<u16> =
        past.used.iter().map(GridCode::sequence).filter(|sequence| !in_force.contains(sequence)).collect();
    divide::number(parts, &input.units, &previous, &voided)
}

/// A seed of the village's own: villages are divided side by side, in any order.
fn village_seed(seed: u64, village: &Code) -> u64 {
    // FNV-1a.
    village.as_str().bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn draw(
    village: &Village<'_>,
    input: &VillageInput,
    code: GridCode,
    name: Option<String>,
    units: &[usize],
    reasons: &[Reason],
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
        grid: Grid {
            reasons: reasons.iter().filter(|reason| reason.grid.as_ref() == Some(&code)).cloned().collect(),
            code,
            village: village.code.clone(),
            kind: if name.is_some() { GridKind::Dedicated } else { GridKind::General },
            name,
            units: codes,
            households,
            people: units.iter().map(|unit| village.units[*unit].people).sum(),
        },
    }
}

/// A point inside an outline, lon/lat, for its label.
pub fn label_point(outline: &geo::MultiPolygon<f64>) -> (f64, f64) {
    outline.interior_point().map_or((0.0, 0.0), |point| (point.x(), point.y()))
}

fn check(village: &Village<'_>, grids: &[DrawnGrid], givens: Option<&Givens>) -> Result<(), PlanningError> {
    let views: Vec<GridView<'_>> = grids.iter().map(view).collect();
    let mut breaches = verify::check_village(village.outline, village.units, &views, village.profile);
    breaches.extend(givens.into_iter().flat_map(|givens| verify::check_givens(village.code, &views, givens)));
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
