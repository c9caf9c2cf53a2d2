//! A cell's corners, the same bits whichever of the cells around a corner is asked.

use geo::{Coord, LineString, Polygon};
use h3o::CellIndex;

use crate::geo::planar::{Map, before};

/// Two computations of one corner agree to far better than this, in degrees (1 mm).
const SAME_CORNER_DEG: f64 = 1e-8;

/// Cells' boundaries as H3 gives them, each worked out once.
///
/// Each cell's view of a corner differs in the last bits. The view of the lowest of the cells that
/// share a corner is taken: they are neighbours of one another, so all find the same one. This holds
/// of the further points as well that a cell has where an edge of the icosahedron runs through it.
#[derive(Default)]
pub(super) struct Hexagons {
    views: Map<u64, View>,
}

/// A pentagon at an edge of the icosahedron has at most ten points.
#[derive(Clone, Copy)]
struct View {
    points: [Coord<f64>; 10],
    count: usize,
}

impl Hexagons {
    fn view(&mut self, cell: CellIndex) -> View {
        *self.views.entry(cell.into()).or_insert_with(|| {
            let boundary = cell.boundary();
            let mut view = View { points: [Coord::zero(); 10], count: boundary.len().min(10) };
            for (point, of_boundary) in view.points.iter_mut().zip(boundary.iter()) {
                *point = Coord::from(*of_boundary);
            }
            view
        })
    }

    /// The open ring of a cell, counter-clockwise.
    pub(super) fn ring(&mut self, cell: CellIndex) -> Vec<Coord<f64>> {
        let mut lower: Vec<CellIndex> = cell.grid_disk(1);
        lower.retain(|other| *other < cell);
        lower.sort_unstable();
        let views: Vec<View> = lower.into_iter().map(|other| self.view(other)).collect();
        let own = self.view(cell);
        let near = |a: Coord<f64>, b: Coord<f64>| {
            (a.x - b.x).abs() < SAME_CORNER_DEG && (a.y - b.y).abs() < SAME_CORNER_DEG
        };
        let agreed = |point: &Coord<f64>| {
            let mut seen = views.iter().flat_map(|view| &view.points[..view.count]);
            *seen.find(|other| near(**other, *point)).unwrap_or(point)
        };
        own.points[..own.count].iter().map(agreed).collect()
    }

    /// The whole cell, beginning at its westernmost corner.
    pub(super) fn polygon(&mut self, cell: CellIndex) -> Polygon<f64> {
        let mut ring = self.ring(cell);
        let least = (0..ring.len()).min_by(|a, b| before(ring[*a], ring[*b])).unwrap_or(0);
        ring.rotate_left(least);
        ring.push(ring[0]);
        Polygon::new(LineString(ring), Vec::new())
    }
}
