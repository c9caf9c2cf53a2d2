use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use h3o::{CellIndex, LatLng};

use super::buckets::Buckets;

/// Cells with speeds, and who borders on whom.
#[derive(Debug, Clone)]
pub struct Surface {
    /// Sorted: cells that are near to each other on the land mostly lie near to each other in memory.
    cells: Vec<CellIndex>,
    /// Whether somebody gets through.
    open: Vec<bool>,
    /// From each cell to those around it that can be entered.
    ways: Vec<Ways>,
    shortest: f64,
    longest: f64,
}

/// From the centre of a cell to those of its neighbours: the first ones are there, of the others the cell is
/// [`NOBODY`].
#[derive(Debug, Clone, Copy)]
struct Ways {
    to: [u32; 6],
    hours: [f64; 6],
}

/// What is known of a cell during a search.
#[derive(Clone, Copy)]
struct Known {
    hours: f64,
    outlet: u32,
    /// Reached better than when its neighbours were last looked at.
    fresh: bool,
}

/// A cell's nearest outlet by time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reached {
    /// The outlet's place in the input.
    pub outlet: u32,
    pub minutes: f64,
}

/// Why a surface can't be made or asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SurfaceError {
    #[error("{0} and {1} are cells of different sizes: use one resolution for the whole surface")]
    Resolutions(CellIndex, CellIndex),
    #[error("cell {0} stands there twice: keep one")]
    Twice(CellIndex),
    #[error("cell {0} has a speed of {1} km/h: write 0 where nobody gets through, and at most 1000")]
    Speed(CellIndex, f64),
    #[error("{0} cells are too many for one surface: use a coarser resolution")]
    TooMany(usize),
    #[error("the search was cancelled")]
    Cancelled,
}

/// Faster than anything on the ground, so an answer is never a matter of rounding.
pub const KMH_MAX: f64 = 1000.0;

const NOBODY: u32 = u32::MAX;

impl Surface {
    /// Takes cells with their speed in km/h, in any order.
    ///
    /// # Errors
    /// For cells of several resolutions, a cell that is there twice, a speed below 0, above [`KMH_MAX`] or
    /// not a number.
    pub fn new(cells: &[(CellIndex, f64)]) -> Result<Self, SurfaceError> {
        if cells.len() >= NOBODY as usize {
            return Err(SurfaceError::TooMany(cells.len()));
        }
        let mut sorted = cells.to_vec();
        sorted.sort_by_key(|cell| cell.0);
        if let Some((cell, kmh)) = sorted.iter().find(|cell| !(0.0..=KMH_MAX).contains(&cell.1)) {
            return Err(SurfaceError::Speed(*cell, *kmh));
        }
        for pair in sorted.windows(2) {
            if pair[0].0 == pair[1].0 {
                return Err(SurfaceError::Twice(pair[0].0));
            }
            if pair[0].0.resolution() != pair[1].0.resolution() {
                return Err(SurfaceError::Resolutions(pair[0].0, pair[1].0));
            }
        }
        let places: Places = sorted.iter().map(|cell| u64::from(cell.0)).zip(0..).collect();
        let centres: Vec<[f64; 3]> = sorted.iter().map(|cell| on_sphere(cell.0)).collect();
        let mut ways = vec![Ways { to: [NOBODY; 6], hours: [0.0; 6] }; sorted.len()];
        let mut count = vec![0u8; sorted.len()];
        let (mut shortest, mut longest) = (f64::INFINITY, 0.0f64);
        for (at, (cell, kmh)) in (0u32..).zip(&sorted).filter(|(_, cell)| cell.1 > 0.0) {
            let around: [Option<CellIndex>; 6] = neighbours(*cell);
            for other in around.into_iter().flatten() {
                // Each pair once: there is as far as back.
                let Some(there) = places.get(&u64::from(other)).copied().filter(|there| *there > at) else {
                    continue;
                };
                let speed = sorted[there as usize].1;
                if speed > 0.0 {
                    let km = great_circle_km(&centres[at as usize], &centres[there as usize]);
                    let hours = km * 0.5 * (1.0 / kmh + 1.0 / speed);
                    (shortest, longest) = (shortest.min(hours), longest.max(hours));
                    for (from, to) in [(at, there), (there, at)] {
                        let slot = &mut count[from as usize];
                        let held = &mut ways[from as usize];
                        held.to[usize::from(*slot)] = to;
                        held.hours[usize::from(*slot)] = hours;
                        *slot += 1;
                    }
                }
            }
        }
        Ok(Self {
            open: sorted.iter().map(|cell| cell.1 > 0.0).collect(),
            cells: sorted.into_iter().map(|cell| cell.0).collect(),
            ways,
            shortest,
            longest,
        })
    }

    /// The cells, sorted; answers stand in this order.
    pub fn cells(&self) -> &[CellIndex] {
        &self.cells
    }

    /// The place of a cell in [`Surface::cells`], if it belongs to the surface.
    pub fn place(&self, cell: CellIndex) -> Option<usize> {
        self.cells.binary_search(&cell).ok()
    }

    /// Whether somebody gets through the cell.
    pub fn is_open(&self, cell: CellIndex) -> bool {
        self.place(cell).is_some_and(|at| self.open[at])
    }

    /// For each cell the outlet that it reaches first, and in how many minutes; none where no outlet can be
    /// reached. `outlets` are cells; one off the surface, or in a cell that can't be entered, serves nobody.
    ///
    /// # Errors
    /// When `cancel`, which is asked now and then, said so.
    pub fn reach(
        &self,
        outlets: &[CellIndex],
        cancel: &dyn Fn() -> bool,
    ) -> Result<Vec<Option<Reached>>, SurfaceError> {
        let nobody = Known { hours: f64::INFINITY, outlet: NOBODY, fresh: false };
        let mut known = vec![nobody; self.cells.len()];
        let mut queue = Buckets::new(self.shortest, self.longest);
        let mut starts: Vec<u32> = Vec::with_capacity(outlets.len());
        for (outlet, cell) in (0..NOBODY).zip(outlets) {
            let Some(at) = self.place(*cell).filter(|at| self.open[*at]) else { continue };
            // The first of several in one cell keeps it.
            if known[at].outlet == NOBODY {
                known[at] = Known { hours: 0.0, outlet, fresh: true };
                starts.push(at as u32);
            }
        }
        // In the order of memory.
        starts.sort_unstable();
        starts.into_iter().for_each(|at| queue.push(0.0, at));
        let mut settled: usize = 0;
        while let Some(at) = queue.pop() {
            let here = known[at as usize];
            // Its neighbours have been looked at since.
            if !here.fresh {
                continue;
            }
            known[at as usize].fresh = false;
            settled += 1;
            if settled.is_multiple_of(1 << 16) && cancel() {
                return Err(SurfaceError::Cancelled);
            }
            let ways = &self.ways[at as usize];
            for (to, hours) in ways.to.iter().zip(&ways.hours) {
                if *to == NOBODY {
                    break;
                }
                let reached = here.hours + hours;
                let there = &mut known[*to as usize];
                if reached < there.hours || (reached == there.hours && here.outlet < there.outlet) {
                    // Where it waits in the same bucket already it is met there.
                    *there = Known { hours: reached, outlet: here.outlet, fresh: true };
                    queue.push(reached, *to);
                }
            }
        }
        let told = |known: Known| {
            (known.outlet != NOBODY).then_some(Reached { outlet: known.outlet, minutes: known.hours * 60.0 })
        };
        Ok(known.into_iter().map(told).collect())
    }

    /// Every cell within so many minutes of one, by its place in [`Surface::cells`], with the minutes, in the
    /// order in which they are reached; nothing where `from` can't be entered. For the way from an outlet to all
    /// that it could serve, where [`Surface::reach`] tells of the nearest outlet only.
    pub fn around(&self, from: CellIndex, minutes: f64) -> Vec<(u32, f64)> {
        let mut found = Vec::new();
        let Some(start) = self.place(from).filter(|at| self.open[*at]) else { return found };
        let mut best = vec![f64::INFINITY; self.cells.len()];
        best[start] = 0.0;
        let mut queue = BinaryHeap::from([Reverse((Hours(0.0), start as u32))]);
        while let Some(Reverse((Hours(hours), at))) = queue.pop() {
            if best[at as usize] < hours {
                continue;
            }
            found.push((at, hours * 60.0));
            let ways = &self.ways[at as usize];
            for (other, step) in ways.to.iter().zip(&ways.hours).take_while(|way| *way.0 != NOBODY) {
                let reached = hours + step;
                if reached * 60.0 <= minutes && reached < best[*other as usize] {
                    best[*other as usize] = reached;
                    queue.push(Reverse((Hours(reached), *other)));
                }
            }
        }
        found
    }
}

/// Never NaN: speeds and distances are checked.
#[derive(Debug, Clone, Copy)]
struct Hours(f64);

impl PartialEq for Hours {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Hours {}

impl PartialOrd for Hours {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Hours {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Places of cells: their numbers are spread by one multiplication, since nobody chooses them to collide.
type Places = HashMap<u64, u32, BuildHasherDefault<Spread>>;

#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

/// Up to six; a pentagon has five.
fn neighbours(cell: CellIndex) -> [Option<CellIndex>; 6] {
    let mut found = [None; 6];
    let mut fast = cell.grid_ring_fast(1);
    if found.iter_mut().all(|slot| {
        *slot = fast.next().flatten();
        slot.is_some()
    }) {
        return found;
    }
    // Beside a pentagon.
    found = [None; 6];
    let around = cell.grid_disk_safe(1).filter(|other| *other != cell);
    found.iter_mut().zip(around).for_each(|(slot, other)| *slot = Some(other));
    found
}

fn on_sphere(cell: CellIndex) -> [f64; 3] {
    let centre = LatLng::from(cell);
    let (lat, lon) = (centre.lat_radians(), centre.lng_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

/// On a sphere of the earth's area (6371.0072 km), as H3 itself measures.
fn great_circle_km(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    let chord = ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)).sqrt();
    2.0 * (chord / 2.0).min(1.0).asin() * h3o::EARTH_RADIUS_KM
}
