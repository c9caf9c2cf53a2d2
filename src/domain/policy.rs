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
use serde::{Deserialize, Serialize};

use super::{AreaType, Code, GridNumbers};

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
    pub weights: Weights,
    /// As many grids as one worker may hold at once. No public source gives such numbers: demo values.
    pub grids_max: u32,
    /// The paper that the figures come from.
    pub source: String,
    /// No public source was found: shown as a demo value.
    pub demo: bool,
}

/// What a division weighs against what once each grid is one piece and within its limits: those come first
/// at any weight. A grid's cost is the sum of four terms without unit, each times its weight:
///
/// - balance: (households ÷ target − 1)²;
/// - compactness: length of its border ÷ that of a usual grid of the village;
/// - barrier: of each metre of border along a barrier of strength 1, this share isn't counted;
/// - stability: households that change their grid ÷ target.
///
/// No public source gives such weights: the shipped ones are demo values. The balance and compactness of
/// the default are those with which the engine was tried out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Weights {
    /// Cost of a grid that is off its target by 100 %. Above 0, at most 1000.
    pub balance: f64,
    /// Cost of a usual grid's whole border. From 0 to 1000.
    pub compactness: f64,
    /// Share of a border's cost that isn't counted along a barrier, from 0 to 1.
    pub barrier: f64,
    /// Cost of a whole grid's households changing their grid. From 0 (each division starts from nothing) to
    /// 1000.
    pub stability: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { balance: 1.0, compactness: 0.03, barrier: 0.5, stability: 0.5 }
    }
}

/// By what workers are proposed for grids. No public source gives such numbers: demo values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StaffRules {
    /// On how many days a month a worker goes to each of their grids and back. From 1 to 31.
    pub days_a_month: u32,
    /// Nobody is moved from a grid for less than this, in km one way. From 0 to 1000.
    pub threshold_km: f64,
    /// What each further grid of a worker counts as, in km one way: so load is shared. From 0 to 1000.
    pub load_km: f64,
}

impl Default for StaffRules {
    fn default() -> Self {
        Self { days_a_month: 22, threshold_km: 5.0, load_km: 3.0 }
    }
}

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
    #[serde(default)]
    ceilings: BTreeMap<Code, u32>,
    #[serde(default)]
    counts: BTreeMap<Code, u32>,
    #[serde(default)]
    assignment: StaffRules,
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
    weights: Option<PartialWeights>,
    grids_max: Option<u32>,
    source: Option<String>,
    demo: Option<bool>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartialWeights {
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
        profile.weights = self.weights.unwrap_or_default().over(profile.weights);
        profile.grids_max = self.grids_max.unwrap_or(profile.grids_max);
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
        weights: partial.weights.unwrap_or_default().over(Weights::default()),
        grids_max: partial.grids_max.unwrap_or(1),
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
        let most = AreaType::ALL.map(|area_type| policy.profile(&code, area_type).grids_max);
        assert_eq!(most, [1, 1, 3, 2]);
        assert_eq!(policy.staff(), StaffRules::default());
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
    fn numbers_and_weights_are_read() {
        let text = format!(
            "{DEFAULTS}\n[ceilings]\n150821100 = 40\n[counts]\n150821100200 = 3\n[[override]]\narea = \"150821\"\n\
             [override.urban.weights]\nstability = 4.0\n"
        );
        let policy = Policy::parse(&text).unwrap();
        let (township, village): (Code, Code) =
            ("150821100".parse().unwrap(), "150821100200".parse().unwrap());
        assert_eq!(policy.numbers().ceilings[&township], 40);
        assert_eq!(policy.numbers().counts[&village], 3);
        let inside = policy.profile(&village, AreaType::Urban).weights;
        assert_eq!(inside, Weights { stability: 4.0, ..Weights::default() });
        let more = GridNumbers { ceilings: [(township.clone(), 41)].into(), ..GridNumbers::default() };
        let both = more.over(policy.numbers());
        assert_eq!((both.ceilings[&township], both.counts[&village]), (41, 3));
    }

    #[test]
    fn bad_documents_are_answers() {
        let swapped = DEFAULTS.replace("min = 300, target = 400", "min = 400, target = 300");
        assert!(matches!(Policy::parse(&swapped), Err(PolicyError::Value { .. })));
        let unknown = format!("{DEFAULTS}\n[lunar]\n");
        assert!(matches!(Policy::parse(&unknown), Err(PolicyError::Syntax(_))));
        for wrong in [
            "[urban.weights]\nbarrier = 2\n",
            "[urban.weights]\nbalance = 0\n",
            "[urban.weights]\nspeed = 1\n",
            "[ceilings]\n150821100200 = 4\n",
            "[counts]\n150821100 = 4\n",
            "[counts]\n150821100200 = 0\n",
        ] {
            let text = DEFAULTS.replace("[urban.weights]\nbalance = 1.0\n", wrong);
            let text = if text == DEFAULTS { format!("{DEFAULTS}\n{wrong}") } else { text };
            assert!(Policy::parse(&text).is_err(), "{wrong}");
        }
        for (said, wrong) in [
            ("days_a_month = 22", "days_a_month = 0"),
            ("load_km = 3", "load_km = -1"),
            ("grids_max = 3", "grids_max = 0"),
        ] {
            assert!(
                matches!(Policy::parse(&DEFAULTS.replace(said, wrong)), Err(PolicyError::Value { .. })),
                "{wrong}"
            );
        }
        assert!(Policy::parse("").is_err());
        assert!(Policy::parse(&DEFAULTS.replace("speed_kmh = 5", "speed_kmh = nan")).is_err());
    }
}
