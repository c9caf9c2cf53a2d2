//! A policy: a dated document that says how large a grid may be in each area type.
//!
//! It is TOML, so that a planner can read it and a reviewer can see what changed:
//!
//! ```toml
//! title = "五原县 2026"
//! version = "2026-1"
//! valid_from = 2026-12-01
//!
//! [urban]
//! households = { min = 300, target = 400, max = 500 }
//! people_max = 2500
//! speed_kmh = 5
//! cell_resolution = 10
//! source = "GB/T 34300-2017"
//!
//! # What a division weighs against what, see [`Weights`].
//! [urban.weights]
//! balance = 1.0
//! compactness = 0.03
//! barrier = 0.5
//! stability = 0.5
//!
//! # By what workers are proposed for grids, see [`StaffRules`].
//! [assignment]
//! days_a_month = 22
//!
//! # Posts, shared between the villages below; and numbers fixed by hand.
//! [ceilings]
//! 150821100 = 40
//! [counts]
//! 150821100200 = 3
//!
//! [[override]]
//! area = "150821100"
//! [override.agricultural]
//! households = { min = 150, target = 200, max = 250 }
//! ```
//!
//! Rules differ by area type and by place (不搞一刀切): the nearest ancestor's override wins, field by
//! field. The shipped default is `defaults.toml`, with its sources and demo marks.

use std::collections::BTreeMap;

use chrono::NaiveDate;
mod document;
mod profile;
#[cfg(test)]
mod tests;

use document::{Document, Partial, bad, check, whole};
pub use profile::{Profile, StaffRules, Weights};

use super::{AreaType, Code, GridNumbers};

const DEFAULTS: &str = include_str!("../defaults.toml");

/// A whole policy document.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub title: String,
    pub version: String,
    pub valid_from: NaiveDate,
    profiles: BTreeMap<AreaType, Profile>,
    overrides: Vec<Override>,
    numbers: GridNumbers,
    staff: StaffRules,
    source_text: String,
}

#[derive(Debug, Clone, PartialEq)]
struct Override {
    area: Code,
    changes: BTreeMap<AreaType, Partial>,
}

/// Why a policy document can't be used; every variant names what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("the policy is not valid TOML: {0}")]
    Syntax(String),
    #[error("the policy's {part}: {why}")]
    Value { part: String, why: String },
}

impl Policy {
    /// The shipped default of `domain.md`'s table.
    ///
    /// # Errors
    /// Never for the shipped text; a test reads it.
    pub fn defaults() -> Result<Self, PolicyError> {
        Self::parse(DEFAULTS)
    }

    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let document: Document =
            toml::from_str(text).map_err(|error| PolicyError::Syntax(error.to_string().trim().to_owned()))?;
        let valid_from = document
            .valid_from
            .to_string()
            .parse::<NaiveDate>()
            .map_err(|_| bad("valid_from", "write a day, such as 2026-12-01"))?;
        let mut profiles = BTreeMap::new();
        for (area_type, partial) in [
            (AreaType::Urban, &document.urban),
            (AreaType::Agricultural, &document.agricultural),
            (AreaType::Pastoral, &document.pastoral),
            (AreaType::Mixed, &document.mixed),
        ] {
            profiles.insert(area_type, whole(area_type.as_str(), partial)?);
        }
        let mut overrides = Vec::new();
        for entry in document.overrides {
            let changes: BTreeMap<AreaType, Partial> = [
                (AreaType::Urban, entry.urban),
                (AreaType::Agricultural, entry.agricultural),
                (AreaType::Pastoral, entry.pastoral),
                (AreaType::Mixed, entry.mixed),
            ]
            .into_iter()
            .filter_map(|(area_type, partial)| partial.map(|partial| (area_type, partial)))
            .collect();
            overrides.push(Override { area: entry.area, changes });
        }
        overrides.sort_by(|a, b| a.area.cmp(&b.area));
        if let Some(pair) = overrides.windows(2).find(|pair| pair[0].area == pair[1].area) {
            return Err(bad(&format!("override for {}", pair[0].area), "stands there twice: keep one"));
        }
        let policy = Self {
            title: document.title,
            version: document.version,
            valid_from,
            profiles,
            overrides,
            numbers: GridNumbers { ceilings: document.ceilings, counts: document.counts },
            staff: document.assignment,
            source_text: text.to_owned(),
        };
        policy.check_numbers()?;
        policy.check_staff()?;
        for entry in &policy.overrides {
            for area_type in entry.changes.keys() {
                check(
                    &format!("override for {}, {}", entry.area, area_type.as_str()),
                    &policy.profile(&entry.area, *area_type),
                )?;
            }
        }
        Ok(policy)
    }

    /// What holds for `area_type` at `area`: the document's profile with the overrides of its
    /// ancestors and its own laid over it, the nearest last.
    pub fn profile(&self, area: &Code, area_type: AreaType) -> Profile {
        let mut profile = self.profiles[&area_type].clone();
        // Sorted by code, so an ancestor stands before its descendants.
        for entry in self.overrides.iter().filter(|entry| entry.area.covers(area)) {
            if let Some(partial) = entry.changes.get(&area_type) {
                partial.lay_over(&mut profile);
            }
        }
        profile
    }

    /// Ceilings of posts and numbers fixed by hand.
    pub fn numbers(&self) -> &GridNumbers {
        &self.numbers
    }

    /// By what workers are proposed for grids.
    pub fn staff(&self) -> StaffRules {
        self.staff
    }

    fn check_staff(&self) -> Result<(), PolicyError> {
        let km = [self.staff.threshold_km, self.staff.load_km];
        if !(1..=31).contains(&self.staff.days_a_month) || !km.iter().all(|km| (0.0..=1000.0).contains(km)) {
            return Err(bad(
                "[assignment]",
                "days_a_month must be from 1 to 31, threshold_km and load_km from 0 to 1000",
            ));
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), PolicyError> {
        match self.numbers.misplaced() {
            Some(area) => Err(bad(
                &format!("number for {area}"),
                "can't be: [ceilings] are for townships and banners, [counts] for villages, from 1 to 999",
            )),
            None => Ok(()),
        }
    }

    /// Areas that have rules of their own.
    pub fn overridden_areas(&self) -> impl Iterator<Item = &Code> {
        self.overrides.iter().map(|entry| &entry.area)
    }

    /// The document as it was written.
    pub fn source_text(&self) -> &str {
        &self.source_text
    }
}
