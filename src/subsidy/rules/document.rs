//! The document's form.

use serde::Deserialize;
use toml::Spanned;

use super::{ForTypes, RulesError};
use crate::domain::{AreaType, Code, Employment, Fen};
use crate::subsidy::Component;

/// The document itself and each of its overrides have one form; which of the fields at its head stands where
/// is checked afterwards.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub title: Option<String>,
    pub version: Option<String>,
    pub valid_from: Option<toml::value::Datetime>,
    pub paper: Option<String>,
    pub demo: Option<bool>,
    /// Of an override: where it holds.
    pub area: Option<Code>,
    pub base: Option<Vec<Spanned<Base>>>,
    pub households: Option<Vec<Spanned<Step>>>,
    pub land: Option<Vec<Spanned<LandRate>>>,
    pub travel: Option<Vec<Spanned<TravelRate>>>,
    pub language: Option<Vec<Spanned<LanguageRate>>>,
    pub several_grids: Option<Spanned<Several>>,
    pub lead: Option<Spanned<Monthly>>,
    pub performance: Option<Spanned<Performance>>,
    pub limits: Option<Spanned<Limits>>,
    pub funding: Option<Vec<Spanned<Funding>>>,
    #[serde(default, rename = "override")]
    pub overrides: Vec<Spanned<Section>>,
}

/// The components that a document, or an override, names.
#[derive(Debug, Clone)]
pub(in crate::subsidy) struct Parts {
    pub base: Option<Vec<Spanned<Base>>>,
    pub households: Option<Vec<Spanned<Step>>>,
    pub land: Option<Vec<Spanned<LandRate>>>,
    pub travel: Option<Vec<Spanned<TravelRate>>>,
    pub language: Option<Vec<Spanned<LanguageRate>>>,
    pub several_grids: Option<Spanned<Several>>,
    pub lead: Option<Spanned<Monthly>>,
    pub performance: Option<Spanned<Performance>>,
    pub limits: Option<Spanned<Limits>>,
    pub funding: Option<Vec<Spanned<Funding>>>,
}

/// A month's base of an employment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::subsidy) struct Base {
    pub clause: String,
    pub employment: Employment,
    pub area_types: Option<Vec<AreaType>>,
    pub monthly: Fen,
}

/// What a grid of more than so many households adds; of several steps the highest that is reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::subsidy) struct Step {
    pub clause: String,
    pub area_types: Option<Vec<AreaType>>,
    pub above: u32,
    pub monthly: Fen,
}

/// For each km² of a grid above `from_km2`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::subsidy) struct LandRate {
    pub clause: String,
    pub area_types: Option<Vec<AreaType>>,
    pub from_km2: u32,
    pub per_km2: Fen,
    /// For one grid and month.
    pub at_most: Option<Fen>,
}

/// For each km of the month's way.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::subsidy) struct TravelRate {
    pub clause: String,
    pub area_types: Option<Vec<AreaType>>,
    pub per_km: Fen,
    /// For one grid and month.
    pub at_most: Option<Fen>,
}

/// For a grid that needs the language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::subsidy) struct LanguageRate {
    pub clause: String,
    pub area_types: Option<Vec<AreaType>>,
    pub language: String,
    pub monthly: Fen,
}

/// For each grid beyond the first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::subsidy) struct Several {
    pub clause: String,
    pub each_further: Fen,
    /// How many further grids count.
    pub at_most_grids: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::subsidy) struct Monthly {
    pub clause: String,
    pub monthly: Fen,
}

/// A share of the base that is paid by appraisal.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::subsidy) struct Performance {
    pub clause: String,
    /// Percent of the base.
    pub share: u32,
    /// At this score and above all of it is paid.
    pub full_score: u32,
    /// Below this score none of it; in between in proportion to the score's way from 0 to `full_score`.
    pub least_score: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::subsidy) struct Limits {
    pub clause: String,
    /// The most that a month pays.
    pub cap: Option<Fen>,
    /// The least that a whole month of duty pays; of a part of the month its part.
    pub floor: Option<Fen>,
}

/// Who carries it, in percent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::subsidy) struct Funding {
    pub clause: String,
    pub area_types: Option<Vec<AreaType>>,
    pub components: Option<Vec<Component>>,
    #[serde(default)]
    pub region: u32,
    #[serde(default)]
    pub league: u32,
    #[serde(default)]
    pub banner: u32,
    #[serde(default)]
    pub township: u32,
}

impl Funding {
    /// From the widest level to the narrowest, in percent.
    pub fn levels(&self) -> [u128; 4] {
        [self.region, self.league, self.banner, self.township].map(u128::from)
    }
}

macro_rules! for_types {
    ($($entry:ty),*) => { $(impl ForTypes for $entry {
        fn area_types(&self) -> Option<&[AreaType]> { self.area_types.as_deref() }
    })* };
}
for_types!(Base, Step, LandRate, TravelRate, LanguageRate, Funding);

pub(super) fn read(text: &str) -> Result<Section, RulesError> {
    toml::from_str(text).map_err(|error| match error.span() {
        Some(span) => RulesError::Line { line: line_of(text, span.start), why: error.message().to_owned() },
        None => RulesError::Syntax(error.message().to_owned()),
    })
}

/// The line, from 1, on which a byte of the text stands.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

impl Section {
    pub fn into_parts(self) -> Parts {
        Parts {
            base: self.base,
            households: self.households,
            land: self.land,
            travel: self.travel,
            language: self.language,
            several_grids: self.several_grids,
            lead: self.lead,
            performance: self.performance,
            limits: self.limits,
            funding: self.funding,
        }
    }
}
