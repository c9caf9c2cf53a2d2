//! What a grid costs, as the policy weighs it.

use super::super::{DETOUR, EngineUnit, VillageInput};
use crate::domain::Profile;

/// A broken area or travel limit outweighs any grids out of the band, and one out of the band any weights
/// (each at most 1000).
const SIZE: f64 = 1e9;
const BAND: f64 = 1e5;
const M_PER_DEG: f64 = 111_195.08;

/// The profile in the engine's own units; infinite where it sets no limit.
#[derive(Debug, Clone)]
pub(super) struct Price {
    min: f64,
    target: f64,
    max: f64,
    people_max: f64,
    area_max_m2: f64,
    reach_max_m: f64,
    pub balance: f64,
    pub compactness: f64,
    pub stability: f64,
}

/// What adds up over a grid's units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    pub units: usize,
    pub households: f64,
    pub people: f64,
    pub area_m2: f64,
}

impl Sums {
    pub fn add(&mut self, unit: &EngineUnit, sign: f64) {
        self.units = if sign > 0.0 { self.units + 1 } else { self.units.saturating_sub(1) };
        self.households += sign * f64::from(unit.households);
        self.people += sign * f64::from(unit.people);
        self.area_m2 += sign * unit.area_m2;
    }
}

impl Price {
    /// With a number of grids that is fixed, `mean` households for each are what balance means.
    pub fn of(profile: &Profile, mean: Option<f64>) -> Self {
        let m_per_min = profile.speed_kmh * 1000.0 / 60.0;
        let target = f64::from(profile.households_target.max(1));
        Self {
            min: f64::from(profile.households_min),
            target: mean.filter(|mean| *mean > 0.0).unwrap_or(target),
            max: f64::from(profile.households_max),
            people_max: profile.people_max.map_or(f64::INFINITY, f64::from),
            area_max_m2: profile.area_max_km2.map_or(f64::INFINITY, |km2| km2 * 1e6),
            reach_max_m: profile.travel_max_min.map_or(f64::INFINITY, |minutes| minutes * m_per_min / DETOUR),
            balance: profile.weights.balance,
            compactness: profile.weights.compactness,
            stability: profile.weights.stability,
        }
    }

    /// Whether so many grids could all be in the band by arithmetic; true where the number is open.
    pub fn can_fit(&self, input: &VillageInput, count: Option<u32>) -> bool {
        let all: f64 = input.units.iter().map(|unit| f64::from(unit.households)).sum();
        let heaviest = input.units.iter().map(|unit| f64::from(unit.households)).fold(0.0, f64::max);
        let fits = |count: f64| (count * self.min..=count * self.max).contains(&all);
        heaviest <= self.max
            && match count {
                Some(count) => fits(f64::from(count)),
                None => fits((all / self.max).ceil()) || fits((all / self.min.max(1.0)).floor()),
            }
    }

    pub fn target(&self) -> f64 {
        self.target
    }

    pub fn travel_matters(&self) -> bool {
        self.reach_max_m.is_finite()
    }

    /// Cost of a grid, borders and changes left out; `reach` is only looked at where travel has a limit.
    pub fn grid(&self, sums: &Sums, reach_m: f64) -> f64 {
        let off = sums.households / self.target - 1.0;
        let outside = (self.min - sums.households).max(sums.households - self.max).max(0.0);
        let mut cost = self.balance * off * off;
        if outside > 0.0 {
            cost += BAND * (1.0 + outside / self.target);
        }
        cost += over(sums.people, self.people_max, BAND);
        cost += over(sums.area_m2, self.area_max_m2, SIZE);
        cost + over(reach_m, self.reach_max_m, SIZE)
    }

    /// Whether a grid is outside a limit.
    pub fn is_bad(&self, sums: &Sums, reach_m: f64) -> bool {
        !(self.min..=self.max).contains(&sums.households)
            || sums.people > self.people_max
            || sums.area_m2 > self.area_max_m2
            || reach_m > self.reach_max_m
    }
}

fn over(value: f64, limit: f64, weight: f64) -> f64 {
    if value > limit { weight * (1.0 + (value / limit - 1.0).min(100.0)) } else { 0.0 }
}

/// Distance in m from a grid's own centre (the unit centre nearest to the mean of its households) to its
/// farthest unit with households; 0 where centres aren't known or nobody lives.
pub(super) fn reach_m<'a>(units: impl Iterator<Item = &'a EngineUnit> + Clone) -> f64 {
    let (mut sum, mut lon, mut lat) = (0.0, 0.0, 0.0);
    for unit in units.clone() {
        let Some(at) = unit.centre else { return 0.0 };
        sum += f64::from(unit.households);
        lon += at.0 * f64::from(unit.households);
        lat += at.1 * f64::from(unit.households);
    }
    if sum == 0.0 {
        return 0.0;
    }
    let mean = (lon / sum, lat / sum);
    let scale = mean.1.to_radians().cos();
    let gap = |a: (f64, f64), b: (f64, f64)| ((a.0 - b.0) * scale).hypot(a.1 - b.1) * M_PER_DEG;
    let centres = units.clone().filter_map(|unit| unit.centre);
    let Some(centre) = centres.min_by(|a, b| gap(*a, mean).total_cmp(&gap(*b, mean))) else { return 0.0 };
    let lived_in = units.filter(|unit| unit.households > 0).filter_map(|unit| unit.centre);
    lived_in.map(|at| gap(at, centre)).fold(0.0, f64::max)
}
