//! What a policy says of one area type in one place.

use serde::{Deserialize, Serialize};

/// What holds for one area type in one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Profile {
    pub households_min: u32,
    pub households_target: u32,
    pub households_max: u32,
    pub people_max: Option<u32>,
    pub area_max_km2: Option<f64>,
    /// One way, from the grid's own centre to its farthest household.
    pub travel_max_min: Option<f64>,
    /// Speed by which travel is estimated until roads are imported.
    pub speed_kmh: f64,
    /// H3 resolution at which points are gathered into units: 7 (5 km²) to 11 (0.002 km²).
    pub cell_resolution: u8,
    pub weights: Weights,
    /// As many grids as one worker may hold at once. No public source gives such numbers: demo values.
    pub grids_max: u32,
    /// The paper that the figures come from.
    pub source: String,
    /// No public source was found: shown as a demo value.
    pub demo: bool,
}

/// What a division weighs against what once each grid is one piece and within its limits: those come first
/// at any weight. A grid's cost is the sum of four terms without unit, each times its weight:
///
/// - balance: (households ÷ target − 1)²;
/// - compactness: length of its border ÷ that of a usual grid of the village;
/// - barrier: of each metre of border along a barrier of strength 1, this share isn't counted;
/// - stability: households that change their grid ÷ target.
///
/// No public source gives such weights: the shipped ones are demo values. The balance and compactness of
/// the default are those with which the engine was tried out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Weights {
    /// Cost of a grid that is off its target by 100 %. Above 0, at most 1000.
    pub balance: f64,
    /// Cost of a usual grid's whole border. From 0 to 1000.
    pub compactness: f64,
    /// Share of a border's cost that isn't counted along a barrier, from 0 to 1.
    pub barrier: f64,
    /// Cost of a whole grid's households changing their grid. From 0 (each division starts from nothing) to
    /// 1000.
    pub stability: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { balance: 1.0, compactness: 0.03, barrier: 0.5, stability: 0.5 }
    }
}

/// By what workers are proposed for grids. No public source gives such numbers: demo values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StaffRules {
    /// On how many days a month a worker goes to each of their grids and back. From 1 to 31.
    pub days_a_month: u32,
    /// Nobody is moved from a grid for less than this, in km one way. From 0 to 1000.
    pub threshold_km: f64,
    /// What each further grid of a worker counts as, in km one way: so load is shared. From 0 to 1000.
    pub load_km: f64,
}

impl Default for StaffRules {
    fn default() -> Self {
        Self { days_a_month: 22, threshold_km: 5.0, load_km: 3.0 }
    }
}
