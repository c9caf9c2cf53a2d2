use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};

use h3o::{CellIndex, LatLng};

use super::buckets::{Buckets, Stop};

/// Cells with speeds, and who borders on whom.
#[derive(Debug, Clone)]
pub struct Surface {
    /// Sorted: cells that are near to each other on the land mostly lie near to each other in memory.
    cells: Vec<CellIndex>,
    /// Hours for a km; infinite where nobody gets through.
    slowness: Vec<f64>,
    neighbours: Vec<[u32; 6]>,
    /// From centre to centre, in the order of `neighbours`.
    km: Vec<[f64; 6]>,
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
    /// A queue for this surface: as wide a bucket as its shortest step.
    fn buckets(&self) -> Buckets {
        let (mut near, mut far) = (f64::INFINITY, 0.0f64);
        for (others, km) in self.neighbours.iter().zip(&self.km) {
            for (_, km) in others.iter().zip(km).take_while(|(other, _)| **other != NOBODY) {
                (near, far) = (near.min(*km), far.max(*km));
            }
        }
        let open = || self.slowness.iter().copied().filter(|slowness| slowness.is_finite());
        let shortest = near * open().fold(f64::INFINITY, f64::min);
        let longest = far * open().fold(0.0, f64::max);
        Buckets::new(shortest, longest)
    }

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
        let places: HashMap<CellIndex, u32> = sorted.iter().map(|cell| cell.0).zip(0..).collect();
        let centres: Vec<[f64; 3]> = sorted.iter().map(|cell| on_sphere(cell.0)).collect();
        let (mut neighbours, mut km) = (vec![[NOBODY; 6]; sorted.len()], vec![[0.0; 6]; sorted.len()]);
        for (at, (cell, _)) in sorted.iter().enumerate() {
            let around = cell.grid_disk::<Vec<_>>(1).into_iter().filter(|other| other != cell);
            let known = around.filter_map(|other| places.get(&other));
            for (slot, other) in known.enumerate().take(6) {
                neighbours[at][slot] = *other;
                km[at][slot] = great_circle_km(&centres[at], &centres[*other as usize]);
            }
        }
        Ok(Self {
            slowness: sorted.iter().map(|cell| 1.0 / cell.1).collect(),
            cells: sorted.into_iter().map(|cell| cell.0).collect(),
            neighbours,
            km,
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
        self.place(cell).is_some_and(|at| self.slowness[at].is_finite())
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
        let mut hours = vec![f64::INFINITY; self.cells.len()];
        let mut by = vec![NOBODY; self.cells.len()];
        let mut queue = self.buckets();
        for (outlet, cell) in (0..NOBODY).zip(outlets) {
            let Some(at) = self.place(*cell).filter(|at| self.slowness[*at].is_finite()) else { continue };
            // The first of several in one cell keeps it.
            if by[at] == NOBODY {
                (hours[at], by[at]) = (0.0, outlet);
                queue.push(Stop { hours: 0.0, outlet, at: at as u32 });
            }
        }
        let mut settled: usize = 0;
        while let Some(stop) = queue.pop() {
            let at = stop.at as usize;
            if stop.hours > hours[at] || stop.outlet != by[at] {
                continue;
            }
            settled += 1;
            if settled.is_multiple_of(1 << 16) && cancel() {
                return Err(SurfaceError::Cancelled);
            }
            for (other, km) in self.neighbours[at].iter().zip(&self.km[at]) {
                let next = *other as usize;
                if *other == NOBODY {
                    break;
                }
                let reached = stop.hours + km * 0.5 * (self.slowness[at] + self.slowness[next]);
                // Infinite where it can't be entered.
                let nearer = reached < hours[next] || (reached == hours[next] && stop.outlet < by[next]);
                if nearer && reached.is_finite() {
                    (hours[next], by[next]) = (reached, stop.outlet);
                    queue.push(Stop { hours: reached, outlet: stop.outlet, at: *other });
                }
            }
        }
        let told = |(hours, outlet): (f64, u32)| {
            (outlet != NOBODY).then_some(Reached { outlet, minutes: hours * 60.0 })
        };
        Ok(hours.into_iter().zip(by).map(told).collect())
    }

    /// Every cell within so many minutes of one, by its place in [`Surface::cells`], with the minutes, in the
    /// order in which they are reached; nothing where `from` can't be entered. For the way from an outlet to all
    /// that it could serve, where [`Surface::reach`] tells of the nearest outlet only.
    pub fn around(&self, from: CellIndex, minutes: f64) -> Vec<(u32, f64)> {
        let mut found = Vec::new();
        let Some(start) = self.place(from).filter(|at| self.slowness[*at].is_finite()) else { return found };
        let mut best: HashMap<u32, f64> = HashMap::from([(start as u32, 0.0)]);
        let mut queue = BinaryHeap::from([Reverse((Hours(0.0), start as u32))]);
        while let Some(Reverse((Hours(hours), at))) = queue.pop() {
            if best.get(&at).is_some_and(|known| *known < hours) {
                continue;
            }
            found.push((at, hours * 60.0));
            let here = at as usize;
            for (other, km) in self.neighbours[here].iter().zip(&self.km[here]) {
                if *other == NOBODY {
                    break;
                }
                let reached = hours + km * 0.5 * (self.slowness[here] + self.slowness[*other as usize]);
                if reached * 60.0 <= minutes && best.get(other).is_none_or(|known| reached < *known) {
                    best.insert(*other, reached);
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
