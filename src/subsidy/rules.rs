//! The rules as a document: TOML that a planner can read and a reviewer can compare. Every amount is in yuan
//! with at most two decimals, every percentage a whole number; `defaults.toml` shows each part.

mod check;
mod document;

use chrono::NaiveDate;
use toml::Spanned;

use super::Component;
use crate::domain::{AreaType, Code, Employment, Text};

pub(super) use document::{
    Base, Funding, LandRate, LanguageRate, Limits, Monthly, Parts, Performance, Several, Step, TravelRate,
};

const DEFAULTS: &str = include_str!("defaults.toml");

/// A whole rules document.
#[derive(Debug, Clone)]
pub struct Rules {
    pub title: String,
    pub version: String,
    /// The first day on which they hold.
    pub valid_from: NaiveDate,
    /// The paper that the amounts come from.
    pub paper: String,
    /// The amounts are demo values: no public source was found.
    pub demo: bool,
    pub(super) everywhere: Parts,
    /// Sorted by area: an ancestor stands before what lies in it.
    pub(super) overrides: Vec<(Code, Parts)>,
}

/// Why a rules document can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    #[error("the rules are not valid TOML: {0}")]
    Syntax(String),
    #[error("line {line} of the rules: {why}")]
    Line { line: usize, why: String },
    #[error("the rules: {0}")]
    Whole(String),
}

impl RulesError {
    /// The same in both languages; what is wrong stays in the words of who found it.
    pub fn text(&self) -> Text {
        let en = self.to_string();
        match self {
            Self::Syntax(why) => Text::new(format!("不是有效的 TOML：{why}"), en),
            Self::Line { line, why } => Text::new(format!("第 {line} 行有误：{why}"), en),
            Self::Whole(why) => Text::new(format!("规则不完整：{why}"), en),
        }
    }
}

impl Rules {
    /// The shipped demo values.
    ///
    /// # Errors
    /// Never for the shipped text; a test reads it.
    pub fn defaults() -> Result<Self, RulesError> {
        Self::parse(DEFAULTS)
    }

    /// The document that the shipped demo values stand in.
    pub fn default_text() -> &'static str {
        DEFAULTS
    }

    /// # Errors
    /// Names the line and what to write instead.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let document = document::read(text)?;
        check::check(text, document)
    }

    /// What holds at `place`: each component from the nearest ancestor that names it.
    pub(super) fn at(&self, place: &Code) -> At<'_> {
        let near = self.overrides.iter().filter(|(area, _)| area.covers(place)).map(|(_, parts)| parts);
        At { parts: std::iter::once(&self.everywhere).chain(near).collect() }
    }
}

/// The rules at one place, from the region down.
pub(super) struct At<'a> {
    parts: Vec<&'a Parts>,
}

impl<'a> At<'a> {
    fn nearest<T>(&self, part: impl Fn(&'a Parts) -> Option<&'a T>) -> Option<&'a T> {
        self.parts.iter().rev().find_map(|parts| part(parts))
    }

    /// The entries of a component that hold for an area type.
    fn of_type<T: ForTypes + 'a>(
        &self,
        part: impl Fn(&'a Parts) -> Option<&'a Vec<Spanned<T>>>,
        area_type: AreaType,
    ) -> impl Iterator<Item = &'a T> {
        let entries = self.nearest(part).map(Vec::as_slice).unwrap_or_default();
        entries.iter().map(Spanned::get_ref).filter(move |entry| entry.holds_for(area_type))
    }

    pub fn base(&self, employment: Employment, area_type: AreaType) -> Option<&'a Base> {
        self.of_type(|parts| parts.base.as_ref(), area_type).find(|base| base.employment == employment)
    }

    /// The highest step that so many households reach.
    pub fn step(&self, area_type: AreaType, households: u32) -> Option<&'a Step> {
        let reached = self.of_type(|parts| parts.households.as_ref(), area_type);
        reached.filter(|step| households > step.above).max_by_key(|step| step.above)
    }

    pub fn land(&self, area_type: AreaType) -> Option<&'a LandRate> {
        self.of_type(|parts| parts.land.as_ref(), area_type).next()
    }

    pub fn travel(&self, area_type: AreaType) -> Option<&'a TravelRate> {
        self.of_type(|parts| parts.travel.as_ref(), area_type).next()
    }

    pub fn language(&self, area_type: AreaType, language: &str) -> Option<&'a LanguageRate> {
        self.of_type(|parts| parts.language.as_ref(), area_type).find(|rate| rate.language == language)
    }

    pub fn several_grids(&self) -> Option<&'a Several> {
        self.nearest(|parts| parts.several_grids.as_ref()).map(Spanned::get_ref)
    }

    pub fn lead(&self) -> Option<&'a Monthly> {
        self.nearest(|parts| parts.lead.as_ref()).map(Spanned::get_ref)
    }

    pub fn performance(&self) -> Option<&'a Performance> {
        self.nearest(|parts| parts.performance.as_ref()).map(Spanned::get_ref)
    }

    pub fn limits(&self) -> Option<&'a Limits> {
        self.nearest(|parts| parts.limits.as_ref()).map(Spanned::get_ref)
    }

    /// Who carries a component: an entry that names the component comes before one for all of them, and then
    /// one that names the area type before one for all.
    pub fn funding(&self, area_type: AreaType, component: Component) -> Option<&'a Funding> {
        let entries = self.of_type(|parts| parts.funding.as_ref(), area_type);
        let held =
            entries.filter(|entry| entry.components.as_ref().is_none_or(|named| named.contains(&component)));
        held.max_by_key(|entry| (entry.components.is_some(), entry.area_types.is_some()))
    }
}

/// An entry for some area types, or for all.
pub(super) trait ForTypes {
    fn area_types(&self) -> Option<&[AreaType]>;

    fn holds_for(&self, area_type: AreaType) -> bool {
        self.area_types().is_none_or(|types| types.contains(&area_type))
    }
}
