//! The nouns of the field, without IO. Every other room speaks in these words.
//!
//! `domain` imports nothing from the crate. It knows geometry only as `geo` types, and holds no
//! clock and no randomness: a day comes in as a parameter.

mod area;
mod calendar;
#[cfg(test)]
mod calendar_tests;
mod code;
mod count;
mod finding;
mod given_fault;
mod givens;
mod grid;
mod home;
mod money;
mod month;
mod outlet;
mod plan;
pub mod policy;
mod post;
mod road;
mod season;
mod text;
mod unit;
mod worker;

pub use area::{Area, AreaType, Level, VillageKind};
pub use calendar::{CALENDAR_MAX, Calendar, CalendarError, Visits};
pub use code::{Code, CodeError, GridCode};
pub use count::{Count, SMALL_MAX, Tally};
pub use finding::{Finding, FindingKind};
pub use given_fault::GivenFault;
pub use givens::{Barrier, Dedicated, Givens, GridNumbers, Lock, NAME_MAX, UnitPair};
pub use grid::{DrawnGrid, Grid, GridKind, Reason, ReasonKind, ToldGrid};
pub use home::Home;
pub use money::Fen;
pub use month::{Month, MonthError};
pub use outlet::{OsmHours, OutletKind, Service, ServiceKind, ServiceMode, Utility};
pub use plan::{PlanStatus, Scores, TypeScores};
pub use policy::{Policy, PolicyError, Profile, StaffRules, Weights};
pub use post::{GridRole, PostKind};
pub use road::{RoadCell, RoadClass, RoadKind};
pub use season::Season;
pub use text::Text;
pub use unit::Unit;
pub use worker::{Employment, PersonalField, WorkerStatus, clean_language, clean_skill};
