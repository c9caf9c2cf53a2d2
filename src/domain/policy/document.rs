//! The TOML of a policy: what may stand in it, how one part lies over another, and what can't be.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{PolicyError, Profile, StaffRules, Weights};
use crate::domain::Code;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) valid_from: toml::value::Datetime,
    pub(super) urban: Partial,
    pub(super) agricultural: Partial,
    pub(super) pastoral: Partial,
    pub(super) mixed: Partial,
    #[serde(default)]
    pub(super) ceilings: BTreeMap<Code, u32>,
    #[serde(default)]
    pub(super) counts: BTreeMap<Code, u32>,
    #[serde(default)]
    pub(super) assignment: StaffRules,
    #[serde(default, rename = "override")]
    pub(super) overrides: Vec<OverrideDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OverrideDocument {
    pub(super) area: Code,
    pub(super) urban: Option<Partial>,
    pub(super) agricultural: Option<Partial>,
    pub(super) pastoral: Option<Partial>,
    pub(super) mixed: Option<Partial>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Partial {
    households: Option<Band>,
    people_max: Option<u32>,
    area_max_km2: Option<f64>,
    travel_max_min: Option<f64>,
    speed_kmh: Option<f64>,
    cell_resolution: Option<u8>,
    weights: Option<PartialWeights>,
    grids_max: Option<u32>,
    source: Option<String>,
    demo: Option<bool>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartialWeights {
    balance: Option<f64>,
    compactness: Option<f64>,
    barrier: Option<f64>,
    stability: Option<f64>,
}

impl PartialWeights {
    fn over(self, below: Weights) -> Weights {
        Weights {
            balance: self.balance.unwrap_or(below.balance),
            compactness: self.compactness.unwrap_or(below.compactness),
            barrier: self.barrier.unwrap_or(below.barrier),
            stability: self.stability.unwrap_or(below.stability),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Band {
    min: u32,
    target: u32,
    max: u32,
}

impl Partial {
    pub(super) fn lay_over(&self, profile: &mut Profile) {
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
        profile.weights = self.weights.unwrap_or_default().over(profile.weights);
        profile.grids_max = self.grids_max.unwrap_or(profile.grids_max);
        profile.demo = self.demo.unwrap_or(profile.demo);
        if let Some(source) = &self.source {
            profile.source.clone_from(source);
        }
    }
}

pub(super) fn bad(part: &str, why: &str) -> PolicyError {
    PolicyError::Value { part: part.to_owned(), why: why.to_owned() }
}

pub(super) fn whole(name: &str, partial: &Partial) -> Result<Profile, PolicyError> {
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
        weights: partial.weights.unwrap_or_default().over(Weights::default()),
        grids_max: partial.grids_max.unwrap_or(1),
        source: partial.source.clone().unwrap_or_default(),
        demo: partial.demo.unwrap_or(false),
    };
    check(name, &profile)?;
    Ok(profile)
}

pub(super) fn check(part: &str, profile: &Profile) -> Result<(), PolicyError> {
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
    let weights = &profile.weights;
    let priced = [weights.balance, weights.compactness, weights.stability];
    if !priced.iter().all(|weight| (0.0..=1000.0).contains(weight)) || weights.balance == 0.0 {
        return Err(bad(part, "weights must be from 0 to 1000, and balance above 0"));
    }
    if !(0.0..=1.0).contains(&weights.barrier) {
        return Err(bad(part, "the weight of barriers must be from 0 to 1"));
    }
    if !(1..=20).contains(&profile.grids_max) {
        return Err(bad(part, "grids_max must be from 1 to 20"));
    }
    if !(5..=12).contains(&profile.cell_resolution) {
        return Err(bad(part, "cell_resolution must be from 5 to 12"));
    }
    Ok(())
}
