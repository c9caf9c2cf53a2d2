//! What a division may not decide: how many grids, which stay as they are, which units belong together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Code, GridCode, Level};

/// How many grids, where that isn't left to the profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GridNumbers {
    /// Posts of a township or banner: its villages get so many grids together, shared out by equal
    /// proportions.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub ceilings: BTreeMap<Code, u32>,
    /// Fixed by hand for a village.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub counts: BTreeMap<Code, u32>,
}

impl GridNumbers {
    pub fn is_empty(&self) -> bool {
        self.ceilings.is_empty() && self.counts.is_empty()
    }

    /// An area of the wrong level, or a number that no village can have: ceilings are for townships and
    /// banners, counts for villages, from 1 to 999.
    pub fn misplaced(&self) -> Option<&Code> {
        let shared = |area: &Code| matches!(area.level(), Level::Banner | Level::Township);
        let fixed = |area: &Code, count: u32| area.level() == Level::Village && (1..=999).contains(&count);
        let ceiling = self.ceilings.keys().find(|area| !shared(area));
        ceiling
            .or_else(|| self.counts.iter().find(|(area, count)| !fixed(area, **count)).map(|(area, _)| area))
    }

    /// What is said of `area` and places below it.
    #[must_use]
    pub fn below(&self, area: &Code) -> Self {
        let own = |numbers: &BTreeMap<Code, u32>| {
            numbers
                .iter()
                .filter(|(of, _)| area.covers(of))
                .map(|(of, number)| (of.clone(), *number))
                .collect()
        };
        Self { ceilings: own(&self.ceilings), counts: own(&self.counts) }
    }

    /// These, and where they say nothing of a place, those of `below`.
    #[must_use]
    pub fn over(&self, below: &Self) -> Self {
        let mut both = below.clone();
        both.ceilings.extend(self.ceilings.clone());
        both.counts.extend(self.counts.clone());
        both
    }
}

/// Grids and units that a division takes as they are. A document of its own (TOML or JSON); units are
/// named by their codes, which are unique within their village.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Givens {
    pub locks: Vec<Lock>,
    pub dedicated: Vec<Dedicated>,
    /// Units that must come into one grid.
    pub together: Vec<UnitPair>,
    /// Units that must not.
    pub apart: Vec<UnitPair>,
    pub barriers: Vec<Barrier>,
}

/// A grid that stays as it is, unit for unit, code and all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    #[schema(value_type = String, example = "150821100200003")]
    pub grid: GridCode,
    /// Its units; left out: those that it has in the plan that the division starts from.
    #[serde(default)]
    pub units: Vec<String>,
}

/// A grid of its own for a market, park or school (专属网格), set before the rest is divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dedicated {
    #[schema(value_type = String)]
    pub village: Code,
    pub name: String,
    pub units: Vec<String>,
}

/// Two units of one village.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitPair {
    #[schema(value_type = String)]
    pub village: Code,
    pub units: [String; 2],
}

/// A river, main road or railway between two neighbouring units: grids rather end there than cross it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Barrier {
    #[schema(value_type = String)]
    pub village: Code,
    pub units: [String; 2],
    /// How much of a barrier it is: from 0 (none) to 1 (all of the common border can't be crossed).
    pub strength: f64,
}

/// Longest name of a dedicated grid, in characters.
pub const NAME_MAX: usize = 100;

impl Givens {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is said of one village.
    #[must_use]
    pub fn of_village(&self, village: &Code) -> Self {
        self.kept(|of| of == village)
    }

    /// All but what is said of places below `area`.
    #[must_use]
    pub fn outside(&self, area: &Code) -> Self {
        self.kept(|of| !area.covers(of))
    }

    /// What is said of places below `area`.
    #[must_use]
    pub fn below(&self, area: &Code) -> Self {
        self.kept(|of| area.covers(of))
    }

    /// Both documents in one.
    #[must_use]
    pub fn with(mut self, more: Self) -> Self {
        self.locks.extend(more.locks);
        self.dedicated.extend(more.dedicated);
        self.together.extend(more.together);
        self.apart.extend(more.apart);
        self.barriers.extend(more.barriers);
        self
    }

    fn kept(&self, wanted: impl Fn(&Code) -> bool) -> Self {
        let pairs = |pairs: &[UnitPair]| pairs.iter().filter(|pair| wanted(&pair.village)).cloned().collect();
        Self {
            locks: self.locks.iter().filter(|lock| wanted(&lock.grid.village())).cloned().collect(),
            dedicated: self.dedicated.iter().filter(|grid| wanted(&grid.village)).cloned().collect(),
            together: pairs(&self.together),
            apart: pairs(&self.apart),
            barriers: self.barriers.iter().filter(|barrier| wanted(&barrier.village)).cloned().collect(),
        }
    }

    /// Every village that it names, each once.
    pub fn villages(&self) -> Vec<Code> {
        let mut named: Vec<Code> = self
            .locks
            .iter()
            .map(|lock| lock.grid.village())
            .chain(self.dedicated.iter().map(|grid| grid.village.clone()))
            .chain(self.together.iter().chain(&self.apart).map(|pair| pair.village.clone()))
            .chain(self.barriers.iter().map(|barrier| barrier.village.clone()))
            .collect();
        named.sort();
        named.dedup();
        named
    }
}
