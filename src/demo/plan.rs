//! What a banner is to hold: its townships and villages with kind, type, land and people, and where the
//! seats lie.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::{
    DemoError,
    frame::{Km, distance, generator, spread},
    kinds::{self, Standing},
    land::Land,
    sources::{Banner, Sources, Towns},
};
use crate::domain::{AreaType, Code, VillageKind};

/// Of a banner's land, towns take at most this share.
const TOWNS_SHARE: f64 = 0.4;
/// Land of a village that belongs to a 街道, km² (demo value).
const STREET_VILLAGE_KM2: f64 = 2.5;
const SAMPLES: usize = 3000;

#[derive(Debug)]
pub(super) struct Plan {
    pub centre: Km,
    pub townships: Vec<Township>,
}

#[derive(Debug)]
pub(super) struct Township {
    pub code: Code,
    pub name: String,
    pub standing: Standing,
    pub seat: Km,
    pub villages: Vec<Village>,
}

#[derive(Debug)]
pub(super) struct Village {
    pub code: Code,
    pub name: String,
    pub kind: VillageKind,
    pub area_type: AreaType,
    /// Lies in the town, not on the open land.
    pub core: bool,
    pub area_km2: f64,
    /// The demo value of its kind until [`share_people`] has scattered it.
    pub people: u32,
}

impl Township {
    pub fn area_km2(&self) -> f64 {
        self.villages.iter().map(|village| village.area_km2).sum()
    }

    pub fn core_km2(&self) -> f64 {
        self.villages.iter().filter(|village| village.core).map(|village| village.area_km2).sum()
    }
}

impl Plan {
    pub fn new(sources: &Sources, code: &Code, land: &Land, seed: u64) -> Result<Self, DemoError> {
        let banner = sources.banner(code)?;
        let mut townships = Vec::new();
        for (code, name) in sources.below(code) {
            townships.push(Township {
                code: code.clone(),
                name: name.to_owned(),
                standing: kinds::standing(name),
                seat: [0.0; 2],
                villages: Vec::new(),
            });
        }
        // Where there are streets only, the outermost hold the open land.
        if townships.iter().all(|township| township.standing != Standing::Rural) {
            let keep = townships.len() - townships.len().div_ceil(4);
            townships.iter_mut().skip(keep).for_each(|township| township.standing = Standing::Rural);
        }
        let (centre, seats) = seats(sources, banner, land, &townships);
        for (at, township) in townships.iter_mut().enumerate() {
            let at_seat = township.standing == Standing::Street || seats[at] == Some(centre);
            township.villages = villages(sources, banner, township, at_seat);
        }
        share_land(&mut townships, land.area_km2, &mut generator(seed, code, 1));
        place(&mut townships, &seats, centre, land, &mut generator(seed, code, 3));
        Ok(Self { centre, townships })
    }
}

fn villages(sources: &Sources, banner: &Banner, township: &Township, at_seat: bool) -> Vec<Village> {
    let named: Vec<(&Code, &str, VillageKind)> =
        sources.below(&township.code).map(|(code, name)| (code, name, kinds::kind(name))).collect();
    let built_up = township.standing != Standing::Rural;
    let only_communities = named.iter().all(|village| village.2 == VillageKind::Community);
    // A township of communities only (a forest town): the last ones hold the open land.
    let town = if only_communities { named.len() - named.len().div_ceil(4) } else { named.len() };
    let village = |(at, (code, name, kind)): (usize, &(&Code, &str, VillageKind))| {
        let community = *kind == VillageKind::Community;
        let core = built_up || (community && at < town);
        let rural = kinds::rural_type(banner.area_type, banner.herding, *kind);
        let area_type = match (core, community) {
            (true, true) => AreaType::Urban,
            // The village at a town's edge farms for it.
            (true, false) => AreaType::Agricultural,
            (false, _) => rural,
        };
        let towns = banner.towns;
        let (area_km2, people) = match (core, community) {
            (true, true) => (kinds::community_km2(towns, at_seat), kinds::community_people(towns, at_seat)),
            (true, false) => (STREET_VILLAGE_KM2, kinds::village_people(area_type, *kind, towns)),
            (false, _) => (kinds::land_weight(*kind), kinds::village_people(area_type, *kind, towns)),
        };
        Village {
            code: (*code).clone(),
            name: (*name).to_owned(),
            kind: *kind,
            area_type,
            core,
            area_km2,
            people: people as u32,
        }
    };
    named.iter().enumerate().map(village).collect()
}

/// Towns get what they need, up to a share; the open land is what is left, by weight.
fn share_land(townships: &mut [Township], banner_km2: f64, generator: &mut Pcg64Mcg) {
    let villages = || townships.iter().flat_map(|township| &township.villages);
    let factors: Vec<f64> = villages().map(|v| spread(generator, if v.core { 0.35 } else { 0.25 })).collect();
    let sum = |core: bool| -> f64 {
        villages().zip(&factors).filter(|(v, _)| v.core == core).map(|(v, f)| v.area_km2 * f).sum()
    };
    let (core, open) = (sum(true), sum(false));
    let squeeze =
        if open > 0.0 { (TOWNS_SHARE * banner_km2 / core.max(1e-9)).min(1.0) } else { banner_km2 / core };
    let per_weight = (banner_km2 - core * squeeze) / open.max(1e-9);
    for (village, factor) in townships.iter_mut().flat_map(|t| &mut t.villages).zip(factors) {
        village.area_km2 *= factor * if village.core { squeeze } else { per_weight };
    }
}

/// Scatters the villages' people about their demo values. Those that came to be larger (`made_km2`, in the
/// order of the plan) hold more, in towns in proportion; villages of one demo value keep their total,
/// unless they would be crowded.
pub(super) fn share_people(plan: &mut Plan, made_km2: &[f64], generator: &mut Pcg64Mcg) {
    let mut villages: Vec<&mut Village> = plan.townships.iter_mut().flat_map(|t| &mut t.villages).collect();
    let mut groups: BTreeMap<(u32, bool), Vec<usize>> = BTreeMap::new();
    for (at, village) in villages.iter().enumerate() {
        groups.entry((village.people, village.core)).or_default().push(at);
    }
    for ((value, core), members) in groups {
        let mut factor = |at: &usize| {
            let room = if core { made_km2[*at] } else { made_km2[*at].sqrt() };
            room * spread(generator, if core { 0.25 } else { 0.4 }).clamp(0.3, 3.0)
        };
        let factors: Vec<f64> = members.iter().map(&mut factor).collect();
        let scale = members.len() as f64 / factors.iter().sum::<f64>();
        let mut carry = 0.0;
        for (at, factor) in members.into_iter().zip(factors) {
            let wanted = f64::from(value) * factor * scale + carry;
            let most = kinds::densest(villages[at].area_type) * made_km2[at];
            villages[at].people = wanted.min(most).max(1.0).round() as u32;
            carry = (wanted - f64::from(villages[at].people)).min(0.1 * f64::from(value));
        }
    }
}

/// The seat of the banner, and those of the townships that are known by a settlement of their name.
fn seats(sources: &Sources, banner: &Banner, land: &Land, townships: &[Township]) -> (Km, Vec<Option<Km>>) {
    let inside: Vec<(&str, u64, Km)> = sources
        .settlements
        .iter()
        .map(|place| (kinds::stem(&place.name), place.population, land.km(place.lon_lat)))
        .filter(|(name, _, at)| !name.is_empty() && land.contains(*at))
        .collect();
    let mut seats: Vec<Option<Km>> = townships
        .iter()
        .map(|township| {
            let rural = township.standing == Standing::Rural;
            inside
                .iter()
                .find(|(name, ..)| rural && *name == kinds::stem(&township.name))
                .map(|place| place.2)
        })
        .collect();
    let largest = inside.iter().filter(|place| place.1 > 0).max_by_key(|place| place.1).map(|place| place.2);
    let first_town = townships.iter().position(|township| township.standing == Standing::Rural);
    let centre = banner
        .seat
        .map(|lon_lat| land.km(lon_lat))
        .or(largest)
        .or(first_town.and_then(|at| seats[at]))
        .or(seats.iter().flatten().next().copied())
        .or(inside.first().map(|place| place.2))
        .unwrap_or_else(|| land.middle());
    let centre = land.pull_in(centre);
    // Where the town at the banner's seat isn't known by name, it is the first one (城关镇 has the first code).
    let streets = townships.iter().filter(|township| township.standing == Standing::Street).count();
    if let Some(at) = first_town.filter(|_| !seats.contains(&Some(centre)))
        && (streets < 3 || banner.towns == Towns::Town)
    {
        seats[at] = Some(centre);
    }
    (centre, seats)
}

/// Spreads the seats that aren't known over the land, farther apart where townships are larger.
fn place(
    townships: &mut [Township],
    known: &[Option<Km>],
    centre: Km,
    land: &Land,
    generator: &mut Pcg64Mcg,
) {
    let samples = land.samples(SAMPLES, generator);
    let size: Vec<f64> = townships.iter().map(|township| township.area_km2().max(1.0).sqrt()).collect();
    let mut placed: Vec<usize> = Vec::new();
    for (at, township) in townships.iter_mut().enumerate() {
        if let Some(seat) = known[at].or((township.standing == Standing::Street).then_some(centre)) {
            township.seat = seat;
            if township.standing != Standing::Street {
                placed.push(at);
            }
        }
    }
    let free: Vec<usize> = (0..townships.len())
        .filter(|at| known[*at].is_none() && townships[*at].standing != Standing::Street)
        .collect();
    // The farthest of a handful of samples from all that is placed, one after another.
    for at in &free {
        let mut best = (f64::MIN, centre);
        for _ in 0..30 {
            let sample = samples[generator.random_range(0..samples.len())];
            let room = placed
                .iter()
                .map(|other| distance(sample, townships[*other].seat) / (size[*at] + size[*other]))
                .fold(distance(sample, centre) / size[*at], f64::min);
            if room > best.0 {
                best = (room, sample);
            }
        }
        townships[*at].seat = best.1;
        placed.push(*at);
    }
    for _ in 0..12 {
        let mut sums = vec![[0.0; 3]; townships.len()];
        for sample in &samples {
            let nearest = placed.iter().min_by(|a, b| {
                let far = |at: usize| distance(*sample, townships[at].seat) / size[at];
                far(**a).total_cmp(&far(**b))
            });
            if let Some(at) = nearest {
                let sum = &mut sums[*at];
                *sum = [sum[0] + sample[0], sum[1] + sample[1], sum[2] + 1.0];
            }
        }
        for at in free.iter().filter(|at| sums[**at][2] > 0.0) {
            let sum = sums[*at];
            townships[*at].seat = land.pull_in([sum[0] / sum[2], sum[1] / sum[2]]);
        }
    }
}
