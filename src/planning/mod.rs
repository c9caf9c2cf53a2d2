//! From a village's units to its drawn and checked grids: divide, number, draw, check.
//!
//! The one place where the engines meet; jobs and the command line both come through here, so a grid
//! is never made in a second way. No IO.

mod arrange;
mod numbers;
mod scores;
pub mod serving;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use geo::InteriorPoint;

use crate::disclosure;
use crate::divide::{self, PartReason, PreviousGrid, Standing, VillageGivens, VillageInput};
use crate::domain::{
    AreaType, Code, DrawnGrid, GivenFault, Givens, Grid, GridCode, GridKind, Profile, Reason, ToldGrid, Unit,
};
use crate::geo::{dissolve::dissolve, measure};
use crate::verify::{self, Breach, GridView};

pub use crate::divide::DivideError;
pub use arrange::{Placing, arrange_village};
pub use numbers::{Shares, share_numbers};
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
    /// The same by the counts that are told outside the village's own staff.
    pub told_reasons: Vec<Reason>,
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
    let part_codes = (0..division.count())
        .map(|part| {
            let sequence = sequences.get(part as usize).copied().unwrap_or(0);
            GridCode::new(village.code, sequence).map_err(|_| failed(DivideError::TooManyGrids))
        })
        .collect::<Result<Vec<GridCode>, _>>()?;
    let parts: Vec<Part> = (0..)
        .zip(part_codes)
        .map(|(part, code): (usize, GridCode)| Part {
            code,
            name: givens.fixed.get(part).and_then(|fixed| fixed.name.clone()),
        })
        .collect();
    let whole = Whole { input: &input, of_unit: &division.parts, parts: &parts };
    finish(village, &whole, Some(&division.reasons), &Standing::of(&givens), wishes.givens)
}

/// What a grid is called.
struct Part {
    code: GridCode,
    /// Of a dedicated grid.
    name: Option<String>,
}

/// A village's units and the part that each is in.
struct Whole<'a> {
    input: &'a VillageInput,
    /// For each unit its place in `parts`.
    of_unit: &'a [u32],
    parts: &'a [Part],
}

/// Draws and checks the grids of a partition, whoever made it, by the counts as they are and as they are told.
/// `reasons` are the engine's own; without them the partition is judged.
fn finish(
    village: &Village<'_>,
    whole: &Whole<'_>,
    reasons: Option<&[PartReason]>,
    standing: &Standing,
    givens: Option<&Givens>,
) -> Result<Drawn, PlanningError> {
    let judged = |input: &VillageInput| divide::judge(input, whole.of_unit, village.profile, standing);
    let named = |reasons: Vec<PartReason>| -> Vec<Reason> {
        let of = |part: Option<u32>| part.and_then(|part| whole.parts.get(part as usize));
        let named = reasons.into_iter().map(|reason| Reason {
            grid: of(reason.part).map(|part| part.code.clone()),
            kind: reason.kind,
            village: village.code.clone(),
        });
        named.collect()
    };
    let reasons = named(reasons.map_or_else(|| judged(whole.input), <[PartReason]>::to_vec));
    let told = disclosure::told_units(village.units);
    let told_input = told::input(whole.input, &told);
    let mut told_reasons = match &told_input {
        None => reasons.clone(),
        Some(told_input) => named(judged(told_input)),
    };
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); whole.parts.len()];
    for (unit, part) in whole.of_unit.iter().enumerate() {
        members[*part as usize].push(unit);
    }
    let mut grids = Vec::with_capacity(members.len());
    for (part, units) in whole.parts.iter().zip(members) {
        let outside = told::grid(village, &told, told_input.as_ref().unwrap_or(whole.input), &units);
        told::withhold(&mut told_reasons, &part.code, outside.households);
        grids.push(draw(village, whole.input, part, &units, &reasons, outside));
    }
    for drawn in &mut grids {
        drawn.told.reasons = of_grid(&told_reasons, &drawn.grid.code);
    }
    grids.sort_by(|a, b| a.grid.code.cmp(&b.grid.code));
    check(village, &grids, givens)?;
    Ok(Drawn { grids, reasons, told_reasons })
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
pub fn village_seed(seed: u64, village: &Code) -> u64 {
    // FNV-1a.
    village.as_str().bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn draw(
    village: &Village<'_>,
    input: &VillageInput,
    part: &Part,
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
            reasons: of_grid(reasons, &part.code),
            code: part.code.clone(),
            village: village.code.clone(),
            kind: if part.name.is_some() { GridKind::Dedicated } else { GridKind::General },
            name: part.name.clone(),
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
fn label_point(outline: &geo::MultiPolygon<f64>) -> (f64, f64) {
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
