use std::collections::{BTreeMap, HashMap};

use h3o::CellIndex;
use rayon::prelude::*;

use super::land::Cells;
use super::{Ready, Spot, SurfaceError, UnitPlace, standard_min};
use crate::coverage::{self, Demand, Link};
use crate::domain::{AreaType, Code, GridCode, OutletKind};

/// A grid in force with the codes of its units.
#[derive(Debug, Clone, PartialEq)]
pub struct GridOf {
    pub code: GridCode,
    pub area_type: AreaType,
    pub units: Vec<String>,
}

/// A grid's link to the outlets of a kind; spots by place in the input.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeLink {
    pub grid: GridCode,
    pub kind: OutletKind,
    pub nearest: Option<usize>,
    /// The outlet of the narrowest area that holds the grid, of several the nearest; where there is none, the nearest.
    pub responsible: Option<usize>,
    /// Mean over the grid's households, each to its own nearest outlet.
    pub minutes: Option<f64>,
    /// Of its households as they are told.
    pub share_within: f64,
}

/// Links all grids to the outlets of every kind.
///
/// # Errors
/// When `cancel` said so.
pub fn links(
    ready: &Ready,
    spots: &[Spot],
    grids: &[GridOf],
    units: &[UnitPlace],
    cancel: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<MadeLink>, SurfaceError> {
    let mut grid_of: BTreeMap<Code, HashMap<&str, u32>> = BTreeMap::new();
    for (index, grid) in (0u32..).zip(grids) {
        let own = grid_of.entry(grid.code.village()).or_default();
        own.extend(grid.units.iter().map(|unit| (unit.as_str(), index)));
    }
    let mut cells = Cells::new(ready);
    let demand: Vec<Demand> = units
        .iter()
        .filter_map(|unit| {
            let grid = *grid_of.get(&unit.village)?.get(unit.code.as_str())?;
            Some(Demand { grid, cell: cells.of(unit)?, households: unit.households.told })
        })
        .collect();
    let within: Vec<f64> = grids.iter().map(|grid| standard_min(grid.area_type)).collect();
    let of_kinds: Vec<Vec<MadeLink>> = OutletKind::ALL
        .into_par_iter()
        .map(|kind| of_kind(ready, kind, spots, grids, (&demand, &within), cancel))
        .collect::<Result<_, _>>()?;
    Ok(of_kinds.into_iter().flatten().collect())
}

fn of_kind(
    ready: &Ready,
    kind: OutletKind,
    spots: &[Spot],
    grids: &[GridOf],
    (demand, within): (&[Demand], &[f64]),
    cancel: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<MadeLink>, SurfaceError> {
    let (own, cells): (Vec<usize>, Vec<CellIndex>) = spots
        .iter()
        .enumerate()
        .filter(|(_, spot)| spot.kind == kind)
        .filter_map(|(index, spot)| Some((index, ready.cell_at(spot.at)?)))
        .unzip();
    let found: Vec<Option<Link>> = coverage::links(ready.surface(), &cells, demand, within, &|| cancel())?;
    let mut of_area: BTreeMap<&Code, Vec<usize>> = BTreeMap::new();
    for (index, spot) in spots.iter().enumerate().filter(|(_, spot)| spot.kind == kind) {
        of_area.entry(&spot.area).or_default().push(index);
    }
    let made = grids.iter().zip(found).map(|(grid, link)| {
        let nearest = link.map(|link| own[link.nearest as usize]);
        let village = grid.code.village();
        let line = std::iter::once(village.clone()).chain(village.ancestors().into_iter().rev());
        let answerable = line.into_iter().find_map(|area| {
            let own = of_area.get(&area)?;
            nearest.filter(|nearest| own.contains(nearest)).or_else(|| own.first().copied())
        });
        MadeLink {
            grid: grid.code.clone(),
            kind,
            nearest,
            responsible: answerable.or(nearest),
            minutes: link.map(|link| link.minutes),
            share_within: link.map_or(0.0, |link| link.share_within),
        }
    });
    Ok(made.collect())
}
