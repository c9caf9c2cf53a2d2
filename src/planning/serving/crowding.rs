use super::siting::{candidates, demand, reaches, site_at};
use super::{Goal, Place, Ready, Site, Siting, Spot, SurfaceError};
use crate::coverage::{Crowded, Goal as Wanted, Room, place_crowded};
use crate::domain::{OutletKind, Tally};

/// Days a month on which an outlet serves, a stop at most: each household is taken to come once a month. A demo value.
pub const VISIT_DAYS: f64 = 20.0;

impl Spot {
    /// Households that it can serve; none: as many as come.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 2 * 10^7")]
    pub fn households(&self) -> Option<u64> {
        let days = match (self.kind, self.days_between) {
            // It never comes.
            (OutletKind::MobileStop, None) => 0.0,
            (OutletKind::MobileStop, Some(between)) => (30.0 / between).min(VISIT_DAYS),
            _ => VISIT_DAYS,
        };
        self.capacity.map(|people| (f64::from(people) * days).floor() as u64)
    }
}

/// What is asked for where an outlet can serve only so many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crowding {
    pub goal: Goal,
    pub within_min: f64,
    /// Households that each new outlet can serve.
    pub capacity: u64,
}

/// As `site`, but a household that lies near an outlet is served only where that one has room. `outlets` are those that
/// are there, with the households that they can serve. A site's gain is what it serves when all are there.
///
/// # Errors
/// When `cancel` said so.
pub fn site_crowded(
    ready: &Ready,
    outlets: &[((f64, f64), Option<u64>)],
    places: &[Place],
    asked: Crowding,
    cancel: &(dyn Fn() -> bool + Sync),
) -> Result<Siting, SurfaceError> {
    let demand = demand(places);
    let there: Vec<_> = outlets
        .iter()
        .filter_map(|(at, most)| Some((ready.cell_at(*at)?, most.unwrap_or(u64::MAX))))
        .collect();
    let cells: Vec<_> = there.iter().map(|held| held.0).collect();
    let near = |cells: &[_]| reaches(ready, cells, &demand, asked.within_min, cancel);
    let existing: Vec<Room> = near(&cells)?
        .into_iter()
        .zip(&there)
        .map(|(reach, (_, capacity))| Room { reach, capacity: *capacity })
        .collect();
    let households = demand.iter().map(|(_, tally)| tally.told).collect();
    let mut problem = Crowded { households, existing, sites: Vec::new() };
    // Places are looked for where those that are there leave somebody.
    let mut left = problem.households.clone();
    for (place, _, served) in place_crowded(&problem, Wanted::Count(0), &|| cancel()).shares {
        left[place as usize] -= served;
    }
    let served: Vec<bool> = left.iter().map(|left| *left == 0).collect();
    let candidates = candidates(&demand, &served);
    let rooms = near(&candidates)?.into_iter().map(|reach| Room { reach, capacity: asked.capacity });
    problem.sites = rooms.collect();
    let wanted = match asked.goal {
        Goal::Count(count) => Wanted::Count(count),
        Goal::All => Wanted::All,
    };
    let found = place_crowded(&problem, wanted, &|| cancel());
    if cancel() {
        return Err(SurfaceError::Cancelled);
    }
    // Of a place that several serve, each share is told as the place is.
    let share = |place: u32, served: u64| Tally { told: served, few: demand[place as usize].1.few };
    let mut adds = vec![Tally::default(); problem.sites.len()];
    let mut covered = Tally::default();
    for (place, outlet, served) in found.shares {
        covered = covered + share(place, served);
        if let Some(site) = (outlet as usize).checked_sub(problem.existing.len()) {
            adds[site] = adds[site] + share(place, served);
        }
    }
    let sites: Vec<Site> = found
        .sites
        .iter()
        .filter_map(|site| site_at(ready, candidates[*site as usize], adds[*site as usize]))
        .collect();
    Ok(Siting {
        sites,
        covered,
        bound: found.bound,
        households: places.iter().map(|place| place.households).sum(),
        candidates: candidates.len(),
        estimated: ready.land.estimated(),
    })
}
