use std::collections::BTreeMap;

use super::access::access;
use super::{Place, Ready, Spot, SurfaceError, standard_min};
use crate::coverage::{Class, Reach, classify};
use crate::domain::{AreaType, Code, OutletKind, Tally};

/// How a place is served, from the best to the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClassName {
    Fixed,
    Outreach,
    Mobile,
    Uncovered,
}

pub const CLASSES: [ClassName; 4] =
    [ClassName::Fixed, ClassName::Outreach, ClassName::Mobile, ClassName::Uncovered];

/// Households by class, in the order of [`CLASSES`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Split(pub [Tally; 4]);

impl Split {
    fn add(&mut self, class: ClassName, households: Tally) {
        self.0[class as usize] = self.0[class as usize] + households;
    }

    pub fn total(&self) -> Tally {
        self.0.iter().copied().sum()
    }
}

/// A village's own.
#[derive(Debug, Clone, PartialEq)]
pub struct VillageCoverage {
    pub code: Code,
    pub name: String,
    pub area_type: AreaType,
    pub split: Split,
    /// That of most of its households; of two the better. None where nobody lives.
    pub class: Option<ClassName>,
    /// To the nearest outlet of any kind, in the mean over households that reach one.
    pub minutes: Option<f64>,
    /// Of the mobile stop that serves most of them, where it is mobile.
    pub days_between: Option<f64>,
    /// Windows for each household, by two-step floating catchment.
    pub access: f64,
}

/// How a land is covered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Coverage {
    pub split: Split,
    pub by_area_type: BTreeMap<AreaType, Split>,
    pub villages: Vec<VillageCoverage>,
}

/// Classes of households by what they reach within the standard of their village's land: a centre or station, an agent
/// point, a mobile stop, nothing. `within` leaves out villages of other areas.
///
/// # Errors
/// When `cancel` said so.
pub fn coverage(
    ready: &Ready,
    spots: &[Spot],
    places: &[Place],
    within: &Code,
    cancel: &dyn Fn() -> bool,
) -> Result<Coverage, SurfaceError> {
    let mut searches: Vec<(Class, Reach)> = Vec::new();
    for (class, at) in ways(spots) {
        searches.push((class, ready.reach(&at, cancel)?));
    }
    let villages = ready.land.villages();
    let mut of_village: Vec<VillageCoverage> = villages
        .iter()
        .zip(access(ready, spots, places))
        .map(|((code, name, area_type), access)| VillageCoverage {
            code: code.clone(),
            name: name.clone(),
            area_type: *area_type,
            split: Split::default(),
            class: None,
            minutes: None,
            days_between: None,
            access,
        })
        .collect();
    // Households, and minutes times households, that reach something; days by households that a stop serves.
    let mut reaching = vec![(0u64, 0.0f64, 0u64, 0.0f64); villages.len()];
    for place in places {
        let at = place.village as usize;
        let ways = searches
            .iter()
            .filter_map(|(class, reached)| Some((*class, ready.minutes(reached, place.cell?)?)));
        let ways: Vec<(Class, f64)> = ways.collect();
        let class = classify(ways.iter().copied(), standard_min(villages[at].2));
        let told = place.households.told;
        if let Some(nearest) = ways.iter().map(|way| way.1).min_by(f64::total_cmp) {
            reaching[at].0 += told;
            reaching[at].1 += told as f64 * nearest;
        }
        if let Class::Mobile { days_between } = class {
            reaching[at].2 += told;
            reaching[at].3 += told as f64 * days_between;
        }
        of_village[at].split.add(name(class), place.households);
    }
    let mut all = Coverage::default();
    for (mut village, (households, minutes, mobile, days)) in of_village.into_iter().zip(reaching) {
        if !within.covers(&village.code) {
            continue;
        }
        let of_type = all.by_area_type.entry(village.area_type).or_default();
        for (class, tally) in CLASSES.into_iter().zip(village.split.0) {
            all.split.add(class, tally);
            of_type.add(class, tally);
        }
        let most = CLASSES.into_iter().rev().max_by_key(|class| village.split.0[*class as usize].told);
        village.class = most.filter(|_| village.split.total().told > 0);
        village.minutes = (households > 0).then(|| minutes / households as f64);
        let is_mobile = village.class == Some(ClassName::Mobile) && mobile > 0;
        village.days_between = is_mobile.then(|| days / mobile as f64);
        all.villages.push(village);
    }
    Ok(all)
}

/// The places that serve in each way; mobile stops by how often they come, since the most frequent one counts.
fn ways(spots: &[Spot]) -> Vec<(Class, Vec<(f64, f64)>)> {
    let of = |kinds: &[OutletKind]| -> Vec<(f64, f64)> {
        spots.iter().filter(|spot| kinds.contains(&spot.kind)).map(|spot| spot.at).collect()
    };
    let mut ways = vec![
        (Class::Fixed, of(&[OutletKind::Centre, OutletKind::Station])),
        (Class::Outreach, of(&[OutletKind::AgentPoint])),
    ];
    let mut mobile: BTreeMap<u64, Vec<(f64, f64)>> = BTreeMap::new();
    for spot in spots.iter().filter(|spot| spot.kind == OutletKind::MobileStop) {
        // One that never comes serves nobody. To the tenth of a day, so that there are few searches.
        if let Some(days) = spot.days_between {
            mobile.entry((days * 10.0).round() as u64).or_default().push(spot.at);
        }
    }
    ways.extend(
        mobile.into_iter().map(|(tenths, at)| (Class::Mobile { days_between: tenths as f64 / 10.0 }, at)),
    );
    ways.retain(|(_, at)| !at.is_empty());
    ways
}

fn name(class: Class) -> ClassName {
    match class {
        Class::Fixed => ClassName::Fixed,
        Class::Outreach => ClassName::Outreach,
        Class::Mobile { .. } => ClassName::Mobile,
        Class::Uncovered => ClassName::Uncovered,
    }
}
