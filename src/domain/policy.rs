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
use serde::{Deserialize, Serialize};

use super::{AreaType, Code};

const DEFAULTS: &str = include_str!("defaults.toml");

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
    /// The paper that the figures come from.
    pub source: String,
    /// No public source was found: shown as a demo value.
    pub demo: bool,
}

/// A whole policy document.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub title: String,
    pub version: String,
    pub valid_from: NaiveDate,
    profiles: BTreeMap<AreaType, Profile>,
    overrides: Vec<Override>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    title: String,
    version: String,
    valid_from: toml::value::Datetime,
    urban: Partial,
    agricultural: Partial,
    pastoral: Partial,
    mixed: Partial,
    #[serde(default, rename = "override")]
    overrides: Vec<OverrideDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideDocument {
    area: Code,
    urban: Option<Partial>,
    agricultural: Option<Partial>,
    pastoral: Option<Partial>,
    mixed: Option<Partial>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Partial {
    households: Option<Band>,
    people_max: Option<u32>,
    area_max_km2: Option<f64>,
    travel_max_min: Option<f64>,
    speed_kmh: Option<f64>,
    cell_resolution: Option<u8>,
    source: Option<String>,
    demo: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Band {
    min: u32,
    target: u32,
    max: u32,
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
            source_text: text.to_owned(),
        };
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

    /// Areas that have rules of their own.
    pub fn overridden_areas(&self) -> impl Iterator<Item = &Code> {
        self.overrides.iter().map(|entry| &entry.area)
    }

    /// The document as it was written.
    pub fn source_text(&self) -> &str {
        &self.source_text
    }
}

impl Partial {
    fn lay_over(&self, profile: &mut Profile) {
        if let Some(band) = self.households {
            profile.households_min = band.min;
            profile.households_target = band.target;
            profile.households_max = band.max;
        }
        profile.people_max = self.people_max.or(profile.people_max);
        profile.area_max_km2 = self.area_max_km2.or(profile.area_max_km2);
        profile.travel_max_min = self.travel_max_min.or(profile.travel_max_min);
        profile.speed_kmh = self.speed_kmh.unwrap_or(profile.speed_kmh);
        profile.cell_resolution = self.cell_resolution.unwrap_or(profile.cell_resolution);
        profile.demo = self.demo.unwrap_or(profile.demo);
        if let Some(source) = &self.source {
            profile.source.clone_from(source);
        }
    }
}

fn bad(part: &str, why: &str) -> PolicyError {
    PolicyError::Value { part: part.to_owned(), why: why.to_owned() }
}

fn whole(name: &str, partial: &Partial) -> Result<Profile, PolicyError> {
    let band = partial.households.ok_or_else(|| {
        bad(name, "households is missing: write households = { min = …, target = …, max = … }")
    })?;
    let profile = Profile {
        households_min: band.min,
        households_target: band.target,
        households_max: band.max,
        people_max: partial.people_max,
        area_max_km2: partial.area_max_km2,
        travel_max_min: partial.travel_max_min,
        speed_kmh: partial.speed_kmh.ok_or_else(|| bad(name, "speed_kmh is missing"))?,
        cell_resolution: partial.cell_resolution.ok_or_else(|| bad(name, "cell_resolution is missing"))?,
        source: partial.source.clone().unwrap_or_default(),
        demo: partial.demo.unwrap_or(false),
    };
    check(name, &profile)?;
    Ok(profile)
}

fn check(part: &str, profile: &Profile) -> Result<(), PolicyError> {
    if profile.households_min == 0 {
        return Err(bad(part, "households min must be at least 1"));
    }
    if profile.households_min > profile.households_target
        || profile.households_target > profile.households_max
    {
        return Err(bad(part, "households must run min ≤ target ≤ max"));
    }
    if profile.households_max > 1_000_000 || profile.people_max == Some(0) {
        return Err(bad(part, "households max must be at most 1000000, and people_max at least 1"));
    }
    let positive = |value: f64| value.is_finite() && value > 0.0;
    let limits = [profile.area_max_km2, profile.travel_max_min, Some(profile.speed_kmh)];
    if !limits.into_iter().flatten().all(positive) {
        return Err(bad(part, "area_max_km2, travel_max_min and speed_kmh must be above 0"));
    }
    if !(5..=12).contains(&profile.cell_resolution) {
        return Err(bad(part, "cell_resolution must be from 5 to 12"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_defaults_are_the_fields_figures() {
        let policy = Policy::defaults().unwrap();
        let code: Code = "150102".parse().unwrap();
        let urban = policy.profile(&code, AreaType::Urban);
        assert_eq!((urban.households_min, urban.households_target, urban.households_max), (300, 400, 500));
        assert_eq!(urban.people_max, Some(2500));
        let pastoral = policy.profile(&code, AreaType::Pastoral);
        assert_eq!((pastoral.households_min, pastoral.households_max), (10, 40));
        assert_eq!((pastoral.travel_max_min, pastoral.area_max_km2), (Some(90.0), Some(400.0)));
        assert!(pastoral.demo && !urban.demo);
    }

    #[test]
    fn the_nearest_ancestor_wins_field_by_field() {
        let text = format!(
            "{DEFAULTS}\n[[override]]\narea = \"1508\"\n[override.urban]\npeople_max = 2000\n\
             [[override]]\narea = \"150821100\"\n[override.urban]\nhouseholds = {{ min = 1, target = 2, max = 3 }}\n"
        );
        let policy = Policy::parse(&text).unwrap();
        let inside = policy.profile(&"150821100200".parse().unwrap(), AreaType::Urban);
        assert_eq!((inside.households_max, inside.people_max), (3, Some(2000)));
        let beside = policy.profile(&"150821101200".parse().unwrap(), AreaType::Urban);
        assert_eq!((beside.households_max, beside.people_max), (500, Some(2000)));
        let elsewhere = policy.profile(&"150102".parse().unwrap(), AreaType::Urban);
        assert_eq!(elsewhere.people_max, Some(2500));
    }

    #[test]
    fn bad_documents_are_answers() {
        let swapped = DEFAULTS.replace("min = 300, target = 400", "min = 400, target = 300");
        assert!(matches!(Policy::parse(&swapped), Err(PolicyError::Value { .. })));
        let unknown = format!("{DEFAULTS}\n[lunar]\n");
        assert!(matches!(Policy::parse(&unknown), Err(PolicyError::Syntax(_))));
        assert!(Policy::parse("").is_err());
        assert!(Policy::parse(&DEFAULTS.replace("speed_kmh = 5", "speed_kmh = nan")).is_err());
    }
}
