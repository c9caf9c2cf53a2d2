//! ENGINE: what a grid worker is paid for a month, by rule, to the fen. Imports `domain` only; no IO, clock
//! or randomness: the same rules and duties give the same lines, byte for byte.
//!
//! ## Method
//!
//! - [`Rules`] is a dated document ([`rules`] reads and checks it). Each entry names its clause in the paper
//!   that it comes from, and every line of a statement names the clause that gave it. Overrides by area
//!   replace a component as a whole, the nearest ancestor's last.
//! - [`lines`] goes through the components in the order of [`Component`]. Quantities and rates are exact
//!   fractions; nothing is rounded before the line.
//! - Rounding: the exact lines of one worker and component are summed, the sum is rounded half up to the
//!   fen, and the lines get their fen by largest remainder, so a month in two grids pays what the same month
//!   in one would. The shares of region, league, banner and township are split off each line by largest
//!   remainder too ([`Fen::shared`]), so shares add up to the line and lines to the run.
//! - [`pay`] works a whole month out from a [`Snapshot`], which holds everything that it depends on and has one
//!   written form: the same bytes in give the same bytes out. Corrections of earlier months come after the cap.
//! - A cap or a floor is a line of its own, carried by the levels in proportion to what they carry of the
//!   worker's other lines.
//!
//! Cost is linear in the duties.

mod apply;
mod compare;
mod differences;
mod explain;
mod funding;
mod month;
mod rules;
mod snapshot;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::{AreaType, Employment, Fen, GridCode};

pub use apply::lines;
pub use compare::{Change, Comparison, compare};
pub use differences::{Difference, differences};
pub use explain::{component_name, explain};
pub use month::{Paid, PayError, main_type, pay};
pub use rules::{Rules, RulesError};
pub use snapshot::{Adjusted, PaidWorker, RulesText, Snapshot, SnapshotError};

/// What a line pays for, in the order in which a statement lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// By employment and area type, less the performance share (基本补贴).
    Base,
    /// Steps by the households of a grid (户数).
    Households,
    /// The part of a grid's area above a threshold (草场面积).
    Land,
    /// The way to the grid (路途).
    Travel,
    /// A grid that needs a language, looked after by somebody who speaks it (语言).
    Language,
    /// Each grid beyond the first (一人多格).
    SeveralGrids,
    /// The lead's supplement (网格长).
    Lead,
    /// The performance share of the base, after appraisal (绩效).
    Performance,
    /// What lies above the cap, negative (封顶).
    Cap,
    /// What is missing to the floor (保底).
    Floor,
    /// A correction of an earlier month (调整).
    Adjustment,
}

impl Component {
    pub const ALL: [Self; 11] = [
        Self::Base,
        Self::Households,
        Self::Land,
        Self::Travel,
        Self::Language,
        Self::SeveralGrids,
        Self::Lead,
        Self::Performance,
        Self::Cap,
        Self::Floor,
        Self::Adjustment,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Households => "households",
            Self::Land => "land",
            Self::Travel => "travel",
            Self::Language => "language",
            Self::SeveralGrids => "several_grids",
            Self::Lead => "lead",
            Self::Performance => "performance",
            Self::Cap => "cap",
            Self::Floor => "floor",
            Self::Adjustment => "adjustment",
        }
    }
}

/// A worker's month, as it is attested.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkerMonth {
    pub worker: String,
    pub employment: Employment,
    /// Codes such as `mn` and `zh`.
    pub languages: BTreeSet<String>,
    /// Days on duty that the township attests, at most `expected_days`.
    pub duty_days: u32,
    /// Days that a whole month of duty has, at least 1.
    pub expected_days: u32,
    /// Appraisal from 0 to 100; none before it is held: performance is not paid yet.
    pub score: Option<u32>,
    pub duties: Vec<Duty>,
}

/// A grid in a worker's month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Duty {
    pub grid: GridCode,
    pub area_type: AreaType,
    pub households: u32,
    /// In 1/1000 km².
    pub area_milli_km2: u64,
    /// The language that its worker should speak.
    pub language: Option<String>,
    /// Days of the month's duty on which this grid was theirs, at most the worker's duty days.
    pub days: u32,
    /// The month's way to the grid and back, in 1/1000 km.
    pub travel_milli_km: u64,
    /// Whether they lead here.
    pub lead: bool,
}

/// How often a rate is paid: an exact fraction, such as 20/22 of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity {
    pub of: u128,
    pub whole: u128,
}

impl Quantity {
    /// With at most six decimals, for a person or a table to read; the amount comes from the fraction.
    pub fn decimal(self) -> String {
        let millionths = (self.of * 2_000_000 + self.whole) / (2 * self.whole.max(1));
        let text = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// What the region, the league, the banner and the township carry of an amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shares {
    pub region: Fen,
    pub league: Fen,
    pub banner: Fen,
    pub township: Fen,
}

impl Shares {
    /// From the widest level to the narrowest.
    pub fn levels(self) -> [Fen; 4] {
        [self.region, self.league, self.banner, self.township]
    }

    fn of(levels: &[Fen]) -> Self {
        let at = |place: usize| levels.get(place).copied().unwrap_or_default();
        Self { region: at(0), league: at(1), banner: at(2), township: at(3) }
    }
}

/// One line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub worker: String,
    /// None where a line is about the whole month and not about one grid.
    pub grid: Option<GridCode>,
    pub component: Component,
    pub quantity: Quantity,
    pub rate: Fen,
    pub amount: Fen,
    pub shares: Shares,
    /// The clause of the rules that gave it.
    pub clause: String,
}

/// Why a worker's month can't be worked out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubsidyError {
    #[error("worker {0}: no day of a whole month is expected: write how many days one has")]
    NoDays(String),
    #[error("worker {worker}: {days} days are attested of {expected}: at most all of them can be")]
    TooManyDays { worker: String, days: u32, expected: u32 },
    #[error("worker {worker}: the appraisal is {score}: write 0 to 100")]
    Score { worker: String, score: u32 },
    #[error("worker {worker}: grid {grid} stands there twice: write its days in one row")]
    GridTwice { worker: String, grid: GridCode },
    #[error(
        "the rules have no base for {employment} workers in {area_type} areas at {grid}: add a [[base]] entry"
    )]
    NoBase { employment: &'static str, area_type: &'static str, grid: GridCode },
}
