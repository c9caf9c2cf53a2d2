//! What a good grid is.

use super::graph::{Graph, Node};
use crate::domain::{Profile, Weights};

/// Roads are longer than the straight line: the distance from a grid's centre is multiplied by this
/// until roads are imported. A usual value for rural networks (Ballou, Rahardja, Sakai 2002).
pub const DETOUR: f64 = 1.3;

/// A broken area or travel limit outweighs any number of grids out of the band …
const SIZE_WEIGHT: f64 = 1000.0;
/// … and a grid out of the band outweighs any unevenness within it.
const BAND_WEIGHT: f64 = 10.0;

/// The limits of one village; infinite where the profile sets none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub min: f64,
    pub target: f64,
    pub max: f64,
    pub people_max: f64,
    pub area_max_m2: f64,
    /// Straight-line distance that may be travelled in the time allowed.
    pub reach_max_m: f64,
    /// Metres of road in one minute of travel.
    pub m_per_min: f64,
    /// Cost of a usual grid's whole border, where being off target by 100 % costs 1.
    border_weight: f64,
}

impl Limits {
    pub(super) fn of_profile(profile: &Profile) -> Self {
        let m_per_min = profile.speed_kmh * 1000.0 / 60.0;
        Self {
            min: f64::from(profile.households_min),
            target: f64::from(profile.households_target.max(1)),
            max: f64::from(profile.households_max),
            people_max: profile.people_max.map_or(f64::INFINITY, f64::from),
            area_max_m2: profile.area_max_km2.map_or(f64::INFINITY, |km2| km2 * 1e6),
            reach_max_m: profile.travel_max_min.map_or(f64::INFINITY, |minutes| minutes * m_per_min / DETOUR),
            m_per_min,
            border_weight: profile.weights.compactness / profile.weights.balance,
        }
    }

    pub(super) fn of_band(min: f64, target: f64, max: f64) -> Self {
        Self {
            min,
            target,
            max,
            people_max: f64::INFINITY,
            area_max_m2: f64::INFINITY,
            reach_max_m: f64::INFINITY,
            m_per_min: 1.0,
            border_weight: Weights::default().compactness,
        }
    }

    /// The same limits for one piece: where nothing lies too far from anything, travel needn't be reckoned.
    pub(super) fn for_graph(mut self, graph: &Graph) -> Self {
        if graph.diagonal_m() <= self.reach_max_m {
            self.reach_max_m = f64::INFINITY;
        }
        self
    }

    /// Cost of one metre of border between two of so many parts.
    pub(super) fn border_cost(&self, graph: &Graph, parts: usize) -> f64 {
        let across = (graph.len() as f64 / parts.max(1) as f64).sqrt();
        self.border_weight / (graph.mean_border() * across)
    }

    pub(super) fn sizes_matter(&self) -> bool {
        self.area_max_m2.is_finite() || self.reach_max_m.is_finite()
    }

    pub(super) fn in_band(&self, households: f64) -> bool {
        (self.min..=self.max).contains(&households)
    }

    /// Cost of a part.
    pub(super) fn cost(&self, sums: &Sums, reach_m: f64) -> f64 {
        let off = sums.households / self.target - 1.0;
        let below = (self.min - sums.households).max(0.0);
        let above = (sums.households - self.max).max(0.0);
        let mut cost = off * off;
        if below + above > 0.0 {
            cost += BAND_WEIGHT * (1.0 + (below + above) / self.target);
        }
        cost += over(sums.people, self.people_max, BAND_WEIGHT);
        cost += over(sums.area_m2, self.area_max_m2, SIZE_WEIGHT);
        cost + over(reach_m, self.reach_max_m, SIZE_WEIGHT)
    }

    /// Whether a part breaks any limit.
    pub(super) fn breaks_a_limit(&self, sums: &Sums, reach_m: f64) -> bool {
        !self.in_band(sums.households) || sums.people > self.people_max || self.breaks_size(sums, reach_m)
    }

    pub(super) fn breaks_size(&self, sums: &Sums, reach_m: f64) -> bool {
        sums.area_m2 > self.area_max_m2 || reach_m > self.reach_max_m
    }
}

fn over(value: f64, limit: f64, weight: f64) -> f64 {
    if value > limit { weight * (1.0 + (value / limit - 1.0).min(1e6)) } else { 0.0 }
}

/// What adds up over a part's units.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub households: f64,
    pub people: f64,
    pub area_m2: f64,
}

impl Sums {
    pub(super) fn of(node: &Node) -> Self {
        Self { households: node.households, people: node.people, area_m2: node.area_m2 }
    }

    pub(super) fn over(graph: &Graph, members: &[u32]) -> Self {
        members.iter().fold(Self::default(), |sums, node| sums.plus(&Self::of(&graph.nodes[*node as usize])))
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        Self {
            households: self.households + other.households,
            people: self.people + other.people,
            area_m2: self.area_m2 + other.area_m2,
        }
    }
}

/// Straight-line distance in m from a part's own centre to its farthest unit with households. The
/// centre is the unit centre nearest to the mean of its households. 0 where centres aren't known.
pub(super) fn reach_m(graph: &Graph, members: &[u32]) -> f64 {
    let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
    for node in members.iter().map(|node| &graph.nodes[*node as usize]) {
        let Some(at) = node.at else { return 0.0 };
        sum += node.households;
        x += at[0] * node.households;
        y += at[1] * node.households;
    }
    if sum == 0.0 {
        return 0.0;
    }
    let places = || members.iter().filter_map(|node| graph.nodes[*node as usize].at);
    let gap = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let mean = [x / sum, y / sum];
    let Some(centre) = places().min_by(|a, b| gap(*a, mean).total_cmp(&gap(*b, mean))) else { return 0.0 };
    let lived_in =
        members.iter().map(|node| &graph.nodes[*node as usize]).filter(|node| node.households > 0.0);
    lived_in.filter_map(|node| node.at).map(|at| gap(at, centre)).fold(0.0, f64::max)
}
