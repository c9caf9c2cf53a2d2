use std::collections::{BTreeMap, HashMap};

use geo::{BoundingRect, Coord, MultiPolygon, Rect};
use h3o::{CellIndex, LatLng, Resolution};
use rayon::prelude::*;

use super::lakes;
use crate::coverage::{Ground, Reach, Surface, SurfaceError, speed_kmh};
use crate::domain::{AreaType, Code, RoadCell, RoadClass, Season, Tally};
use crate::geo::cells::centres;

/// A village of the land.
#[derive(Debug, Clone)]
pub struct LandVillage {
    pub code: Code,
    pub name: String,
    pub area_type: AreaType,
    pub area_m2: f64,
    pub outline: MultiPolygon<f64>,
}

/// What a banner's land is made of.
#[derive(Debug, Clone, Default)]
pub struct LandParts {
    pub villages: Vec<LandVillage>,
    /// The cells of its roads and barriers, of [`resolution`], sorted.
    pub roads: Vec<RoadCell>,
}

/// A banner as H3 cells, each of the village that its centre lies in.
#[derive(Debug, Clone)]
pub struct Land {
    resolution: Resolution,
    /// Sorted; a cell, its village, its road, and whether nobody gets through beside it.
    cells: Vec<(CellIndex, u32, Option<RoadClass>, bool)>,
    estimated: bool,
    villages: Vec<(Code, String, AreaType)>,
    by_code: BTreeMap<Code, u32>,
}

/// Households of a unit as they are told.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitPlace {
    pub village: Code,
    pub code: String,
    /// A point in it, where its code names no cell.
    pub at: Option<(f64, f64)>,
    pub households: Tally,
}

/// Households at a cell of the surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// By place among the land's villages.
    pub village: u32,
    /// On the surface and open; none where no such cell is near.
    pub cell: Option<CellIndex>,
    pub households: Tally,
}

/// Cells that one surface may have: what a map still draws and a search goes through in some hundredths of a second.
const CELLS_MAX: f64 = 65_000.0;

/// The sizes of cells that a land may have: of 0.1, 0.7 or 5 km².
pub const RESOLUTIONS: [Resolution; 3] = [Resolution::Nine, Resolution::Eight, Resolution::Seven];

/// As fine as the land's size allows.
pub fn resolution(villages: &[LandVillage]) -> Resolution {
    let area_km2 = villages.iter().map(|village| village.area_m2).sum::<f64>() / 1e6;
    let fits = |resolution: &Resolution| area_km2 / resolution.area_km2() <= CELLS_MAX;
    RESOLUTIONS.into_iter().find(fits).unwrap_or(Resolution::Seven)
}

impl Land {
    /// Villages that share their borders share no cell.
    pub fn of(parts: &LandParts) -> Self {
        let villages = &parts.villages;
        let resolution = resolution(villages);
        let boxes = villages.iter().filter_map(|village| village.outline.bounding_rect());
        let around = boxes.reduce(|one, other| {
            let (low, high) = (one.min(), one.max());
            Rect::new(
                Coord { x: low.x.min(other.min().x), y: low.y.min(other.min().y) },
                Coord { x: high.x.max(other.max().x), y: high.y.max(other.max().y) },
            )
        });
        let lakes = around.map(lakes::within).unwrap_or_default();
        let mut cells: Vec<(CellIndex, u32, Option<RoadClass>, bool)> = villages
            .par_iter()
            .enumerate()
            .flat_map_iter(|(index, village)| {
                let lakes = &lakes;
                // Most land is far from every lake.
                let wet = |cell: CellIndex| {
                    !lakes.is_empty() && lakes::hold(lakes, Coord::from(LatLng::from(cell)))
                };
                let laid = |cell: CellIndex| {
                    let at = parts.roads.binary_search_by_key(&cell, |held| held.cell).ok()?;
                    parts.roads.get(at)
                };
                centres(&village.outline, resolution)
                    .into_iter()
                    .map(move |cell| {
                        let laid = laid(cell);
                        let barrier = laid.is_some_and(|held| held.barrier) || wet(cell);
                        (cell, index as u32, laid.and_then(|held| held.road), barrier)
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
        cells.sort_unstable_by_key(|held| (held.0, held.1));
        // A border that two villages hold differently may give a cell to both: the first keeps it.
        cells.dedup_by_key(|cell| cell.0);
        let known = |village: &LandVillage| (village.code.clone(), village.name.clone(), village.area_type);
        Self {
            resolution,
            estimated: cells.iter().all(|cell| cell.2.is_none()),
            cells,
            villages: villages.iter().map(known).collect(),
            by_code: villages.iter().map(|village| village.code.clone()).zip(0..).collect(),
        }
    }

    pub fn resolution(&self) -> u8 {
        self.resolution.into()
    }

    /// No roads are known: times follow from land and season alone.
    pub fn estimated(&self) -> bool {
        self.estimated
    }

    /// Code, name and type.
    pub fn villages(&self) -> &[(Code, String, AreaType)] {
        &self.villages
    }

    pub fn village(&self, code: &Code) -> Option<u32> {
        self.by_code.get(code).copied()
    }

    /// The village of a cell of the surface.
    pub fn village_at(&self, cell: CellIndex) -> Option<&(Code, String, AreaType)> {
        let at = self.cells.binary_search_by_key(&cell, |held| held.0).ok()?;
        self.villages.get(self.cells[at].1 as usize)
    }

    /// The land with its speeds of a season.
    ///
    /// # Errors
    /// Hardly ever: cells of one resolution, each once, with speeds of the table.
    pub fn ready(self: &std::sync::Arc<Self>, season: Season) -> Result<Ready, SurfaceError> {
        let speeds: Vec<(CellIndex, f64)> = self
            .cells
            .iter()
            .map(|(cell, village, road, barrier)| {
                let land = self.villages[*village as usize].2;
                (*cell, speed_kmh(Ground { land, road: *road, barrier: *barrier }, season))
            })
            .collect();
        Ok(Ready { land: self.clone(), surface: Surface::new(&speeds)?, season })
    }
}

/// A land in a season, ready to be asked.
#[derive(Debug, Clone)]
pub struct Ready {
    pub land: std::sync::Arc<Land>,
    surface: Surface,
    pub season: Season,
}

impl Ready {
    /// Sorted; answers stand in this order.
    pub fn cells(&self) -> &[CellIndex] {
        self.surface.cells()
    }

    pub(super) fn surface(&self) -> &Surface {
        &self.surface
    }

    /// The open cell of a place, or the nearest open one of the two rings around it: an outlet at a shore or at the
    /// border has its cell's centre on the other side.
    pub fn cell_at(&self, (lon, lat): (f64, f64)) -> Option<CellIndex> {
        let point = LatLng::new(lat, lon).ok()?;
        self.open_near(point.to_cell(self.land.resolution))
    }

    fn open_near(&self, cell: CellIndex) -> Option<CellIndex> {
        if self.surface.is_open(cell) {
            return Some(cell);
        }
        let here = LatLng::from(cell);
        let near = cell.grid_disk::<Vec<_>>(2).into_iter().filter(|near| self.surface.is_open(*near));
        near.min_by(|one, other| {
            let away = |cell: &CellIndex| here.distance_m(LatLng::from(*cell));
            away(one).total_cmp(&away(other)).then(one.cmp(other))
        })
    }

    /// Where the households of units live on the surface, in their order; units of villages that aren't part of the
    /// land are left out.
    pub fn places(&self, units: &[UnitPlace]) -> Vec<Place> {
        let mut cells = Cells::new(self);
        units
            .iter()
            .filter_map(|unit| {
                let village = self.land.village(&unit.village)?;
                Some(Place { village, cell: cells.of(unit), households: unit.households })
            })
            .collect()
    }

    /// For each cell the outlet that it reaches first, by place in the input, and in how many minutes.
    ///
    /// # Errors
    /// When `cancel` said so.
    pub fn reach(&self, outlets: &[(f64, f64)], cancel: &dyn Fn() -> bool) -> Result<Reach, SurfaceError> {
        self.surface.reach_if_any(outlets.iter().map(|at| self.cell_at(*at)), cancel)
    }

    /// Minutes from a cell in such an answer.
    pub fn minutes(&self, reached: &Reach, cell: CellIndex) -> Option<f64> {
        Some(reached.get(self.surface.place(cell)?)?.minutes)
    }
}

/// The cells of units. Many units have cells of the same larger one, for which an open cell is looked for once.
pub(super) struct Cells<'a> {
    ready: &'a Ready,
    known: HashMap<CellIndex, Option<CellIndex>>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(ready: &'a Ready) -> Self {
        Self { ready, known: HashMap::new() }
    }

    /// Where a unit's households live: by its point, or by the cell that its code names.
    pub(super) fn of(&mut self, unit: &UnitPlace) -> Option<CellIndex> {
        if let Some(at) = unit.at {
            return self.ready.cell_at(at);
        }
        let cell: CellIndex = unit.code.split('-').next()?.parse().ok()?;
        let resolution = self.ready.land.resolution;
        let cell = cell.parent(resolution).or_else(|| cell.center_child(resolution))?;
        *self.known.entry(cell).or_insert_with(|| self.ready.open_near(cell))
    }
}
