use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use h3o::{CellIndex, LatLng};

use super::search::{Key, OUTLETS_MAX, Search};

/// Cells with speeds, and who borders on whom.
#[derive(Debug, Clone)]
pub struct Surface {
    /// Sorted: cells that are near to each other on the land mostly lie near to each other in memory.
    cells: Vec<CellIndex>,
    /// Whether somebody gets through.
    open: Vec<bool>,
    /// From each cell to those around it that can be entered.
    ways: Vec<Ways>,
    shortest: u32,
    longest: u32,
}

/// From the centre of a cell to those of its neighbours, and in how many ms; where there is no neighbour to the cell
/// itself in [`NEVER`], which betters nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ways {
    pub(super) to: [u32; 6],
    pub(super) ms: [u32; 6],
}

/// What an answer to [`Surface::reach`] holds for each cell, in the order of [`Surface::cells`].
#[derive(Debug, Clone)]
pub struct Reach(Vec<Key>);

impl Reach {
    /// None where no outlet can be reached, or no cell stands at that place.
    pub fn get(&self, at: usize) -> Option<Reached> {
        let (outlet, ms) = self.0.get(at)?.told()?;
        Some(Reached { outlet, minutes: minutes(ms) })
    }

    /// For each cell.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<Reached>> {
        (0..self.0.len()).map(|at| self.get(at))
    }
}

#[expect(clippy::cast_precision_loss, reason = "of some months at most")]
fn minutes(ms: u64) -> f64 {
    ms as f64 / 60_000.0
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
    #[error("{0} outlets are too many for one search: make several")]
    TooManyOutlets(usize),
    #[error("the search was cancelled")]
    Cancelled,
}

/// Faster than anything on the ground, so an answer is never a matter of rounding.
pub const KMH_MAX: f64 = 1000.0;

/// Steps of 24 days and more aren't made.
const NEVER: u32 = 1 << 31;

impl Surface {
    /// Takes cells with their speed in km/h, in any order.
    ///
    /// # Errors
    /// For cells of several resolutions, a cell that is there twice, a speed below 0, above [`KMH_MAX`] or
    /// not a number.
    pub fn new(cells: &[(CellIndex, f64)]) -> Result<Self, SurfaceError> {
        if cells.len() >= u32::MAX as usize {
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
        let nowhere = |at: u32| Ways { to: [at; 6], ms: [NEVER; 6] };
        let mut ways: Vec<Ways> = (0u32..).take(sorted.len()).map(nowhere).collect();
        let mut count = vec![0u8; sorted.len()];
        let (mut shortest, mut longest) = (NEVER, 0u32);
        for (at, (cell, kmh)) in (0u32..).zip(&sorted).filter(|(_, cell)| cell.1 > 0.0) {
            let around: [Option<CellIndex>; 6] = neighbours(*cell);
            for other in around.into_iter().flatten() {
                // Each pair once: there is as far as back.
                let Some(there) = places.get(&u64::from(other)).copied().filter(|there| *there > at) else {
                    continue;
                };
                let speed = sorted[there as usize].1;
                let km = great_circle_km(&centres[at as usize], &centres[there as usize]);
                let Some(ms) = step_ms(km, *kmh, speed) else { continue };
                (shortest, longest) = (shortest.min(ms), longest.max(ms));
                for (from, to) in [(at, there), (there, at)] {
                    let slot = usize::from(count[from as usize]);
                    let held = &mut ways[from as usize];
                    (held.to[slot], held.ms[slot]) = (to, ms);
                    count[from as usize] += 1;
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
    /// reached within 198 days. `outlets` are cells; one off the surface, or in a cell that can't be entered, serves
    /// nobody. Of outlets equally near the first of the input is taken.
    ///
    /// # Errors
    /// When `cancel`, which is asked now and then, said so; for more than 268 million outlets.
    pub fn reach(&self, outlets: &[CellIndex], cancel: &dyn Fn() -> bool) -> Result<Reach, SurfaceError> {
        self.reach_if_any(outlets.iter().copied().map(Some), cancel)
    }

    /// The same where some outlets have no cell: they serve nobody, and keep their number.
    ///
    /// # Errors
    /// As [`Surface::reach`].
    pub fn reach_if_any(
        &self,
        outlets: impl ExactSizeIterator<Item = Option<CellIndex>>,
        cancel: &dyn Fn() -> bool,
    ) -> Result<Reach, SurfaceError> {
        if outlets.len() > OUTLETS_MAX {
            return Err(SurfaceError::TooManyOutlets(outlets.len()));
        }
        let mut search = Search::new(&self.ways, self.shortest, self.longest);
        for (outlet, cell) in (0u32..).zip(outlets) {
            if let Some(at) = cell.and_then(|cell| self.entrance(cell)) {
                search.start(at, outlet);
            }
        }
        Ok(Reach(search.run(cancel)?))
    }

    #[expect(clippy::cast_possible_truncation, reason = "fewer cells than u32::MAX")]
    fn entrance(&self, cell: CellIndex) -> Option<u32> {
        self.place(cell).filter(|at| self.open[*at]).map(|at| at as u32)
    }

    /// Every cell within so many minutes of one, by its place in [`Surface::cells`], with the minutes, in the
    /// order in which they are reached; nothing where `from` can't be entered. For the way from an outlet to all
    /// that it could serve, where [`Surface::reach`] tells of the nearest outlet only.
    pub fn around(&self, from: CellIndex, within: f64) -> Vec<(u32, f64)> {
        let mut found = Vec::new();
        let Some(start) = self.entrance(from) else { return found };
        let mut best = vec![u64::MAX; self.cells.len()];
        best[start as usize] = 0;
        let mut queue = BinaryHeap::from([Reverse((0u64, start))]);
        while let Some(Reverse((ms, at))) = queue.pop() {
            if best[at as usize] < ms {
                continue;
            }
            found.push((at, minutes(ms)));
            let ways = &self.ways[at as usize];
            for (other, step) in ways.to.iter().zip(&ways.ms) {
                let reached = ms + u64::from(*step);
                if minutes(reached) <= within && reached < best[*other as usize] {
                    best[*other as usize] = reached;
                    queue.push(Reverse((reached, *other)));
                }
            }
        }
        found
    }
}

/// Half of the way at either's speed, rounded to whole milliseconds, one at least; none where somebody doesn't get
/// through, or in 24 days doesn't.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to NEVER")]
fn step_ms(km: f64, one_kmh: f64, other_kmh: f64) -> Option<u32> {
    let ms = 3.6e6 * km * 0.5 * (1.0 / one_kmh + 1.0 / other_kmh);
    (ms < f64::from(NEVER)).then(|| ms.round().max(1.0) as u32)
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
