use std::collections::{BTreeMap, HashMap};

use h3o::{CellIndex, LatLng};
use rayon::prelude::*;

use super::{Place, Ready, SurfaceError};
use crate::coverage::{Covering, cover_all, place};
use crate::domain::{Code, Tally};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// So many more outlets that cover the most households.
    Count(usize),
    /// As few as cover every household that any place could.
    All,
}

/// A place for an outlet.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Longitude and latitude.
    pub at: (f64, f64),
    pub village: Code,
    pub village_name: String,
    /// Households that neither an outlet nor a site before it covers.
    pub adds: Tally,
}

/// Where to put outlets, with the proof of how good it is. Households are those that are told.
#[derive(Debug, Clone, PartialEq)]
pub struct Siting {
    pub sites: Vec<Site>,
    pub covered: Tally,
    /// For a count of sites: no choice of as many of the places that were looked at covers more households. For all: no
    /// fewer of them cover as many.
    pub bound: u64,
    pub households: Tally,
    /// Places that were looked at.
    pub candidates: usize,
    /// Without roads.
    pub estimated: bool,
}

/// Places that are looked at: where most people live.
const CANDIDATES: usize = 300;

/// Chooses among the most peopled cells, one for each larger cell around. `outlets` are those that are there.
///
/// # Errors
/// When `cancel` said so.
pub fn site(
    ready: &Ready,
    outlets: &[(f64, f64)],
    places: &[Place],
    within_min: f64,
    goal: Goal,
    cancel: &(dyn Fn() -> bool + Sync),
) -> Result<Siting, SurfaceError> {
    let demand = demand(places);
    let existing = ready.reach(outlets, &|| cancel())?;
    let near = |cell| ready.minutes(&existing, cell).is_some_and(|minutes| minutes <= within_min);
    let covered: Vec<bool> = demand.iter().map(|(cell, _)| near(*cell)).collect();
    let candidates = candidates(&demand, &covered);
    let sites = reaches(ready, &candidates, &demand, within_min, cancel)?;
    let households: Vec<u64> = demand.iter().map(|(_, tally)| tally.told).collect();
    // Places off the surface are reached by nobody, and count among the households all the same.
    let all: Tally = places.iter().map(|place| place.households).sum();
    let problem = Covering { households, sites, covered };
    let (chosen, bound) = match goal {
        Goal::Count(count) => {
            let found = place(&problem, count, &|| cancel());
            (found.sites, found.bound)
        }
        Goal::All => {
            let found = cover_all(&problem, &|| cancel());
            (found.sites, found.least as u64)
        }
    };
    if cancel() {
        return Err(SurfaceError::Cancelled);
    }
    let mut done = problem.covered.clone();
    let sites: Vec<Site> = chosen
        .iter()
        .filter_map(|site| {
            let mut adds = Tally::default();
            for index in &problem.sites[*site as usize] {
                if !std::mem::replace(&mut done[*index as usize], true) {
                    adds = adds + demand[*index as usize].1;
                }
            }
            site_at(ready, candidates[*site as usize], adds)
        })
        .collect();
    let covered = demand.iter().zip(done).filter(|(_, done)| *done).map(|((_, tally), _)| *tally).sum();
    let estimated = ready.land.estimated();
    Ok(Siting { sites, covered, bound, households: all, candidates: candidates.len(), estimated })
}

/// Where households live, by cell.
pub(super) fn demand(places: &[Place]) -> Vec<(CellIndex, Tally)> {
    let mut of_cell: BTreeMap<CellIndex, Tally> = BTreeMap::new();
    for place in places.iter().filter(|place| place.households.told > 0) {
        let Some(cell) = place.cell else { continue };
        let held = of_cell.entry(cell).or_default();
        *held = *held + place.households;
    }
    of_cell.into_iter().collect()
}

/// The places of demand that each of these cells reaches in time.
pub(super) fn reaches(
    ready: &Ready,
    from: &[CellIndex],
    demand: &[(CellIndex, Tally)],
    within_min: f64,
    cancel: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Vec<u32>>, SurfaceError> {
    let surface = ready.surface();
    let places = (0u32..).zip(demand).filter_map(|(index, (cell, _))| Some((surface.place(*cell)?, index)));
    let index_at: HashMap<usize, u32> = places.collect();
    from.par_iter()
        .map(|cell| {
            if cancel() {
                return Err(SurfaceError::Cancelled);
            }
            let around = surface.around(*cell, within_min).into_iter();
            let mut near: Vec<u32> =
                around.filter_map(|(at, _)| index_at.get(&(at as usize)).copied()).collect();
            near.sort_unstable();
            Ok(near)
        })
        .collect()
}

/// None where the cell is no village's.
pub(super) fn site_at(ready: &Ready, cell: CellIndex, adds: Tally) -> Option<Site> {
    let (centre, (code, name, _)) = (LatLng::from(cell), ready.land.village_at(cell)?);
    Some(Site { at: (centre.lng(), centre.lat()), village: code.clone(), village_name: name.clone(), adds })
}

/// Of each larger cell the most peopled one that is open still, of these those of the most households.
pub(super) fn candidates(demand: &[(CellIndex, Tally)], covered: &[bool]) -> Vec<CellIndex> {
    let mut of_larger: BTreeMap<CellIndex, (u64, u64, CellIndex)> = BTreeMap::new();
    for ((cell, tally), _) in demand.iter().zip(covered).filter(|(_, covered)| !**covered) {
        let Some(larger) = cell.resolution().pred().and_then(|coarser| cell.parent(coarser)) else {
            continue;
        };
        let held = of_larger.entry(larger).or_insert((0, 0, *cell));
        held.0 += tally.told;
        if tally.told > held.1 {
            (held.1, held.2) = (tally.told, *cell);
        }
    }
    let mut found: Vec<(u64, u64, CellIndex)> = of_larger.into_values().collect();
    found.sort_by(|one, other| other.0.cmp(&one.0).then(one.2.cmp(&other.2)));
    found.truncate(CANDIDATES);
    let mut cells: Vec<CellIndex> = found.into_iter().map(|held| held.2).collect();
    cells.sort_unstable();
    cells
}
