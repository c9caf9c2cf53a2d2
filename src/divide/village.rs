use geo::{Centroid, Polygon};

use super::{DivideError, Edge};
use crate::{
    domain::{Code, Unit},
    geo::{adjacency::neighbours, measure::area_m2},
};

/// A unit as the engine sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineUnit {
    pub code: String,
    /// Longitude and latitude in degrees; without it, travel isn't judged and numbering goes by code.
    pub centre: Option<(f64, f64)>,
    pub households: u32,
    pub people: u32,
    pub area_m2: f64,
}

/// One village with its units and who borders on whom.
#[derive(Debug, Clone, PartialEq)]
pub struct VillageInput {
    pub village: Code,
    pub units: Vec<EngineUnit>,
    /// Places in `units`; borders of the two in m. Either direction, each pair once.
    pub edges: Vec<Edge>,
}

impl VillageInput {
    /// Measures units and finds their neighbours.
    ///
    /// # Errors
    /// Without units, and when they belong to several villages.
    pub fn from_units(units: &[Unit]) -> Result<Self, DivideError> {
        let village = units.first().ok_or(DivideError::NoUnits)?.village.clone();
        if let Some(other) = units.iter().find(|unit| unit.village != village) {
            return Err(DivideError::SeveralVillages(village.to_string(), other.village.to_string()));
        }
        let outlines: Vec<Polygon<f64>> = units.iter().map(|unit| unit.outline.clone()).collect();
        let units = units
            .iter()
            .map(|unit| EngineUnit {
                code: unit.code.clone(),
                centre: unit.outline.centroid().map(|point| (point.x(), point.y())),
                households: unit.households,
                people: unit.people,
                area_m2: area_m2(&unit.outline),
            })
            .collect();
        Ok(Self { village, units, edges: neighbours(&outlines) })
    }
}
