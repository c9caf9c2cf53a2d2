use serde::{Deserialize, Serialize};

use super::{AreaType, Count};

/// `draft`, then `published` from a date, then `superseded` by the next one. A published plan is
/// never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    Draft,
    Published,
    Superseded,
}

/// How well a plan keeps its policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Scores {
    pub villages: u32,
    pub grids: u32,
    pub households: Count,
    pub people: Count,
    /// Grids whose households lie within the profile's minimum and maximum.
    pub in_band: u32,
    /// `in_band` of all grids, 0 to 1; none without grids.
    pub in_band_share: Option<f64>,
    /// Grids out of the band with a named reason; every one has one, or the plan is not saved.
    pub out_of_band_named: u32,
    /// Largest |households − target| / target over the grids.
    pub worst_deviation: Option<f64>,
    /// Mean Polsby–Popper compactness, 4πA/P², 0 to 1.
    pub compactness_mean: Option<f64>,
    pub by_area_type: Vec<TypeScores>,
}

/// The same for one area type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TypeScores {
    pub area_type: AreaType,
    pub villages: u32,
    pub grids: u32,
    pub households: Count,
    pub in_band: u32,
    pub in_band_share: Option<f64>,
    pub compactness_mean: Option<f64>,
}
