//! What a document must say, and what it may not.

use toml::Spanned;

use super::document::{Section, line_of};
use super::{ForTypes, Parts, Rules, RulesError};
use crate::domain::{AreaType, Code, Employment};
use crate::subsidy::Component;

/// More than any month pays, in fen: sums of a region's year stay far inside what a number can hold.
const MOST_FEN: i64 = 100_000_000;

pub(super) fn check(text: &str, mut document: Section) -> Result<Rules, RulesError> {
    let at = |line: usize, why: String| RulesError::Line { line, why };
    let needed = |value: Option<String>, name: &str| {
        value
            .filter(|value| !value.trim().is_empty())
            .ok_or_else(|| RulesError::Whole(format!("{name} is missing: write {name} = \"…\"")))
    };
    if document.area.is_some() {
        return Err(RulesError::Whole("area stands outside an [[override]]: move it into one".to_owned()));
    }
    let valid_from = document.valid_from.take().map(|day| day.to_string());
    let valid_from = valid_from.and_then(|day| day.parse().ok());
    let valid_from = valid_from.ok_or_else(|| {
        RulesError::Whole(
            "valid_from is missing or no day: write a day, such as valid_from = 2026-12-01".to_owned(),
        )
    })?;
    let mut overrides: Vec<(Code, Parts)> = Vec::new();
    for entry in std::mem::take(&mut document.overrides) {
        let line = line_of(text, entry.span().start);
        let section = entry.into_inner();
        let head = [
            section.title.is_some(),
            section.version.is_some(),
            section.valid_from.is_some(),
            section.paper.is_some(),
            section.demo.is_some(),
        ];
        if head.contains(&true) || !section.overrides.is_empty() {
            return Err(at(line, "an override has an area and components only: title, version, valid_from, paper and demo stand at the top".to_owned()));
        }
        let area = section
            .area
            .clone()
            .ok_or_else(|| at(line, "the override has no area: write area = \"150821\"".to_owned()))?;
        if overrides.iter().any(|(other, _)| *other == area) {
            return Err(at(line, format!("a second override for {area}: write both in one")));
        }
        let parts = section.into_parts();
        Checker { text }.parts(&parts)?;
        overrides.push((area, parts));
    }
    overrides.sort_by(|one, other| one.0.cmp(&other.0));
    let (title, version, paper) = (
        needed(document.title.take(), "title")?,
        needed(document.version.take(), "version")?,
        needed(document.paper.take(), "paper")?,
    );
    let demo = document.demo.unwrap_or(false);
    let everywhere = document.into_parts();
    Checker { text }.parts(&everywhere)?;
    let rules = Rules { title, version, valid_from, paper, demo, everywhere, overrides };
    whole(&rules)?;
    Ok(rules)
}

/// Everywhere there is a base for every worker, and somebody who carries each component.
fn whole(rules: &Rules) -> Result<(), RulesError> {
    let places = rules.overrides.iter().map(|(area, _)| Some(area)).chain([None]);
    for place in places {
        let near = rules.overrides.iter().filter(|(area, _)| place.is_some_and(|place| area.covers(place)));
        let found = super::At {
            parts: std::iter::once(&rules.everywhere).chain(near.map(|(_, parts)| parts)).collect(),
        };
        let somewhere = place.map_or("everywhere".to_owned(), |place| format!("in {place}"));
        for area_type in AreaType::ALL {
            for employment in [Employment::FullTime, Employment::PartTime] {
                if found.base(employment, area_type).is_none() {
                    let (employment, area_type) = (employment.as_str(), area_type.as_str());
                    return Err(RulesError::Whole(format!(
                        "{somewhere}, {employment} workers of {area_type} areas have no base: add a [[base]] entry"
                    )));
                }
            }
            if let Some(component) =
                Component::ALL.into_iter().find(|component| found.funding(area_type, *component).is_none())
            {
                let (component, area_type) = (component.as_str(), area_type.as_str());
                return Err(RulesError::Whole(format!(
                    "{somewhere}, nobody carries {component} of {area_type} areas: add a [[funding]] entry without components"
                )));
            }
        }
    }
    Ok(())
}

struct Checker<'a> {
    text: &'a str,
}

impl Checker<'_> {
    fn refuse<T>(&self, entry: &Spanned<T>, why: impl Into<String>) -> RulesError {
        RulesError::Line { line: line_of(self.text, entry.span().start), why: why.into() }
    }

    /// No two entries of `entries` hold for one area type and are the `same` otherwise.
    fn distinct<T: ForTypes>(
        &self,
        entries: Option<&Vec<Spanned<T>>>,
        same: impl Fn(&T, &T) -> bool,
    ) -> Result<(), RulesError> {
        let entries = entries.map(Vec::as_slice).unwrap_or_default();
        for (place, entry) in entries.iter().enumerate() {
            if entry.get_ref().area_types().is_some_and(<[_]>::is_empty) {
                return Err(self.refuse(entry, "area_types is empty: name some, or leave it out for all"));
            }
            for earlier in &entries[..place] {
                let shared = AreaType::ALL.into_iter().find(|area_type| {
                    entry.get_ref().holds_for(*area_type) && earlier.get_ref().holds_for(*area_type)
                });
                if let Some(area_type) = shared.filter(|_| same(entry.get_ref(), earlier.get_ref())) {
                    let line = line_of(self.text, earlier.span().start);
                    return Err(self.refuse(
                        entry,
                        format!(
                            "says for {} areas what line {line} says already: keep one of them",
                            area_type.as_str()
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    fn amounts<T>(
        &self,
        entry: &Spanned<T>,
        clause: &str,
        amounts: &[Option<crate::domain::Fen>],
    ) -> Result<(), RulesError> {
        if clause.trim().is_empty() {
            return Err(self.refuse(entry, "clause is empty: name the clause of the paper"));
        }
        if amounts.iter().flatten().any(|amount| amount.0 > MOST_FEN) {
            return Err(
                self.refuse(entry, "an amount is above 1000000 yuan: amounts are in yuan, not in fen")
            );
        }
        Ok(())
    }

    fn parts(&self, parts: &Parts) -> Result<(), RulesError> {
        self.distinct(parts.base.as_ref(), |one, other| one.employment == other.employment)?;
        self.distinct(parts.households.as_ref(), |one, other| one.above == other.above)?;
        self.distinct(parts.land.as_ref(), |_, _| true)?;
        self.distinct(parts.travel.as_ref(), |_, _| true)?;
        self.distinct(parts.language.as_ref(), |one, other| one.language == other.language)?;
        // One that names area types and one for all of them may stand beside each other.
        self.distinct(parts.funding.as_ref(), |one, other| {
            one.area_types.is_some() == other.area_types.is_some()
                && match (&one.components, &other.components) {
                    (None, None) => true,
                    (Some(one), Some(other)) => one.iter().any(|component| other.contains(component)),
                    _ => false,
                }
        })?;
        for entry in parts.base.iter().flatten() {
            self.amounts(entry, &entry.get_ref().clause, &[Some(entry.get_ref().monthly)])?;
        }
        for entry in parts.households.iter().flatten() {
            self.amounts(entry, &entry.get_ref().clause, &[Some(entry.get_ref().monthly)])?;
        }
        for entry in parts.land.iter().flatten() {
            let rate = entry.get_ref();
            self.amounts(entry, &rate.clause, &[Some(rate.per_km2), rate.at_most])?;
        }
        for entry in parts.travel.iter().flatten() {
            let rate = entry.get_ref();
            self.amounts(entry, &rate.clause, &[Some(rate.per_km), rate.at_most])?;
        }
        for entry in parts.language.iter().flatten() {
            self.amounts(entry, &entry.get_ref().clause, &[Some(entry.get_ref().monthly)])?;
        }
        if let Some(entry) = &parts.several_grids {
            self.amounts(entry, &entry.get_ref().clause, &[Some(entry.get_ref().each_further)])?;
        }
        if let Some(entry) = &parts.lead {
            self.amounts(entry, &entry.get_ref().clause, &[Some(entry.get_ref().monthly)])?;
        }
        if let Some(entry) = &parts.performance {
            let rule = entry.get_ref();
            self.amounts(entry, &rule.clause, &[])?;
            if rule.share > 100
                || rule.full_score > 100
                || rule.full_score == 0
                || rule.least_score > rule.full_score
            {
                return Err(self.refuse(entry, "share is a percentage, and the scores run 0 ≤ least_score ≤ full_score ≤ 100, full_score above 0"));
            }
        }
        if let Some(entry) = &parts.limits {
            let limits = entry.get_ref();
            self.amounts(entry, &limits.clause, &[limits.cap, limits.floor])?;
            if limits.cap.zip(limits.floor).is_some_and(|(cap, floor)| floor > cap) {
                return Err(self.refuse(entry, "the floor is above the cap: write floor ≤ cap"));
            }
        }
        for entry in parts.funding.iter().flatten() {
            self.amounts(entry, &entry.get_ref().clause, &[])?;
            let sum: u128 = entry.get_ref().levels().iter().sum();
            if sum != 100 {
                return Err(self.refuse(
                    entry,
                    format!(
                        "region, league, banner and township carry {sum}% together: they must carry 100%"
                    ),
                ));
            }
        }
        Ok(())
    }
}
