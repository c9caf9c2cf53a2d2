//! Who is served from where: the land of a banner as cells, travel times over it, and what follows for grids, villages and
//! the next outlets. Counts are those that are told.
//!
//! A banner is taken by itself: an outlet beyond its border serves nobody in it. Where its roads aren't known, speeds
//! follow from the land alone, and every answer says that it estimates. Lakes can't be crossed but on a road; a river
//! can, unless it was imported as a barrier: where it has bridges isn't known and the steppe would else fall in two.

mod access;
mod coverage;
mod crowding;
mod lakes;
mod land;
mod links;
mod siting;

use chrono::NaiveDate;
use uuid::Uuid;

pub use self::coverage::{CLASSES, ClassName, Coverage, Split, VillageCoverage, coverage};
pub use self::crowding::{Crowding, VISIT_DAYS, site_crowded};
pub use self::land::{Land, LandParts, LandVillage, Place, RESOLUTIONS, Ready, UnitPlace, resolution};
pub use self::links::{GridOf, MadeLink, links};
pub use self::siting::{Goal, Site, Siting, site};
use crate::domain::{AreaType, Code, OsmHours, OutletKind};

pub use crate::coverage::{Reach, SurfaceError, lay};

/// An outlet as the land knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    pub id: Uuid,
    pub area: Code,
    pub kind: OutletKind,
    /// Longitude and latitude.
    pub at: (f64, f64),
    pub windows: u32,
    /// People whom it can serve on a day that it is there; none: not known.
    pub capacity: Option<u32>,
    /// Days from one visit of a mobile stop to the next in the mean; none of another outlet.
    pub days_between: Option<f64>,
}

impl Spot {
    /// Days between the visits of a mobile stop with that calendar, in the year from a day; none where it never comes.
    pub fn days_between(calendar: Option<&OsmHours>, from: NaiveDate) -> Option<f64> {
        Some(calendar?.calendar()?.visits(from)?.mean_days)
    }
}

/// Kinds of outlet that people go to for a service of any kind.
pub const SERVING: [OutletKind; 4] =
    [OutletKind::Centre, OutletKind::Station, OutletKind::AgentPoint, OutletKind::MobileStop];

/// Minutes within which an outlet should be reached. Those of mixed and pastoral land are the travel limits of the default
/// policy; those of towns and farmland have no public source. All are demo values.
pub fn standard_min(land: AreaType) -> f64 {
    match land {
        AreaType::Urban => 15.0,
        AreaType::Agricultural => 30.0,
        AreaType::Mixed => 60.0,
        AreaType::Pastoral => 90.0,
    }
}
