//! A cell's corners, the same bits whichever of the cells around a corner is asked.

use geo::{Coord, LineString, Polygon};
use h3o::{CellIndex, LatLng};

use crate::geo::planar::before;

/// Two computations of one corner agree to far better than this, in degrees.
const SAME_CORNER_DEG: f64 = 1e-8;

/// The open ring of a cell, counter-clockwise.
///
/// H3 numbers corners with an owner among the cells that share one, and the corner as its owner sees
/// it is taken. A cell on an edge of the icosahedron has further points in its boundary that H3
/// doesn't number: these are taken from the lower of the two cells that share the edge.
pub(super) fn ring(cell: CellIndex) -> Vec<Coord<f64>> {
    let corners: Vec<Coord<f64>> = cell.vertexes().map(|vertex| LatLng::from(vertex).into()).collect();
    let boundary = cell.boundary();
    if boundary.len() == corners.len() {
        return corners;
    }
    let near = |a: Coord<f64>, b: Coord<f64>| {
        (a.x - b.x).abs() < SAME_CORNER_DEG && (a.y - b.y).abs() < SAME_CORNER_DEG
    };
    let mut around: Vec<CellIndex> = cell.grid_disk(1);
    around.sort_unstable();
    boundary
        .iter()
        .map(|point| {
            let point = Coord::from(*point);
            let corner = corners.iter().copied().find(|corner| near(*corner, point));
            corner.unwrap_or_else(|| {
                let views = around.iter().flat_map(|other| {
                    other.boundary().iter().map(|point| Coord::from(*point)).collect::<Vec<_>>()
                });
                views.into_iter().find(|view| near(*view, point)).unwrap_or(point)
            })
        })
        .collect()
}

/// The whole cell, beginning at its westernmost corner.
pub(super) fn polygon(cell: CellIndex) -> Polygon<f64> {
    let mut ring = ring(cell);
    let least = (0..ring.len()).min_by(|a, b| before(ring[*a], ring[*b])).unwrap_or(0);
    ring.rotate_left(least);
    ring.push(ring[0]);
    Polygon::new(LineString(ring), Vec::new())
}
