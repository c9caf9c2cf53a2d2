//! From the surface to the grids: which outlet serves a grid, and how households are covered.

use h3o::CellIndex;

use super::surface::{Surface, SurfaceError};

/// Households at one place of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// The grid's place in the caller's list.
    pub grid: u32,
    pub cell: CellIndex,
    pub households: u64,
}

/// How a grid is linked to the outlets of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// The outlet that is the nearest, by time, for most of its households; of two for equally many the one
    /// with the shorter ways, then the first of the input.
    pub nearest: u32,
    /// The mean time from its households to each one's own nearest outlet, those left out that reach none.
    pub minutes: f64,
    /// Share of its households, from 0 to 1, with an outlet within the standard.
    pub share_within: f64,
}

/// Links each grid to the outlets of one kind, with one search from all of them; none where no household
/// reaches any. `within` is each grid's standard in minutes; grids without households count each of their places
/// as one. A place off the surface reaches nothing.
///
/// # Errors
/// When `cancel` said so.
pub fn links(
    surface: &Surface,
    outlets: &[CellIndex],
    demand: &[Demand],
    within: &[f64],
    cancel: &dyn Fn() -> bool,
) -> Result<Vec<Option<Link>>, SurfaceError> {
    let reached = surface.reach(outlets, cancel)?;
    let mut places: Vec<&Demand> =
        demand.iter().filter(|place| (place.grid as usize) < within.len()).collect();
    places.sort_by_key(|place| place.grid);
    let mut found = vec![None; within.len()];
    for places in places.chunk_by(|one, other| one.grid == other.grid) {
        let grid = places[0].grid as usize;
        let empty = places.iter().all(|place| place.households == 0);
        let weight = |place: &Demand| if empty { 1 } else { place.households };
        // (outlet, households, minutes): households of 0 among others have no say.
        let mut ways: Vec<(u32, u64, f64)> = places
            .iter()
            .filter(|place| weight(place) > 0)
            .filter_map(|place| {
                let reached = reached.get(surface.place(place.cell)?)?;
                Some((reached.outlet, weight(place), reached.minutes))
            })
            .collect();
        ways.sort_by_key(|way| way.0);
        let sums = ways.chunk_by(|one, other| one.0 == other.0).map(|ways| {
            let households: u64 = ways.iter().map(|way| way.1).sum();
            let minutes: f64 = ways.iter().map(|way| way.1 as f64 * way.2).sum();
            (ways[0].0, households, minutes / households as f64)
        });
        let best = sums.reduce(|best, next| {
            let better = next.1 > best.1 || (next.1 == best.1 && next.2 < best.2);
            if better { next } else { best }
        });
        let Some((nearest, ..)) = best else { continue };
        let all: u64 = places.iter().map(|place| weight(place)).sum();
        let reaching: u64 = ways.iter().map(|way| way.1).sum();
        let inside: u64 = ways.iter().filter(|way| way.2 <= within[grid]).map(|way| way.1).sum();
        found[grid] = Some(Link {
            nearest,
            minutes: ways.iter().map(|way| way.1 as f64 * way.2).sum::<f64>() / reaching as f64,
            share_within: inside as f64 / all as f64,
        });
    }
    Ok(found)
}

/// How a place is served, from the best to the least, as field programmes report it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Class {
    /// By a centre or station within the standard.
    Fixed,
    /// By an agent point (代办点) within the standard.
    Outreach,
    /// By a mobile stop within the standard, which comes again after so many days in the mean.
    Mobile { days_between: f64 },
    /// By nothing within the standard.
    Uncovered,
}

/// The best class of what a place reaches: ways of serving it with the minutes that each takes. Of several mobile
/// stops the one that comes most often counts. What takes longer than `within` minutes doesn't serve.
pub fn classify(ways: impl IntoIterator<Item = (Class, f64)>, within: f64) -> Class {
    let serving = ways.into_iter().filter(|(_, minutes)| *minutes <= within).map(|(class, _)| class);
    serving
        .min_by(|one, other| rank(one).0.cmp(&rank(other).0).then(rank(one).1.total_cmp(&rank(other).1)))
        .unwrap_or(Class::Uncovered)
}

fn rank(class: &Class) -> (u8, f64) {
    match class {
        Class::Fixed => (0, 0.0),
        Class::Outreach => (1, 0.0),
        Class::Mobile { days_between } => (2, *days_between),
        Class::Uncovered => (3, 0.0),
    }
}
