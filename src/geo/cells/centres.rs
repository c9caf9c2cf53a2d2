//! The cells of a place by their centres: no geometry but the places of points.

use geo::{Coord, MultiPolygon};
use h3o::{CellIndex, LatLng, Resolution};

use super::inside::Inside;
use crate::geo::planar::{Set, edges, oriented_rings};

/// The cells whose centres lie in the outline (EPSG:4326), sorted. Outlines that share their borders share out every
/// centre between them, each to one. An outline so small that no centre lies in it has none.
///
/// The border is walked in steps shorter than a cell, and from the cells along it those within are found from neighbour to
/// neighbour: about constant time for a cell.
pub fn centres(outline: &MultiPolygon<f64>, resolution: Resolution) -> Vec<CellIndex> {
    let segments: Vec<(Coord<f64>, Coord<f64>)> = outline
        .iter()
        .flat_map(oriented_rings)
        .collect::<Vec<_>>()
        .iter()
        .flat_map(|ring| edges(ring))
        .collect();
    let inside = Inside::new(&segments);
    // Degrees of latitude to a third of a cell's edge; of longitude, which are shorter, as many.
    let step = resolution.edge_length_km() / 111.2 / 3.0;
    let mut seen: Set<u64> = Set::default();
    let mut queue: Vec<CellIndex> = Vec::new();
    // Borders that carry the cut points of small units stay in one cell for many steps.
    let mut last: Option<CellIndex> = None;
    for (a, b) in &segments {
        let steps = ((b.x - a.x).abs().max((b.y - a.y).abs()) / step).ceil().clamp(1.0, 1e6) as u32;
        for at in 0..steps {
            let share = f64::from(at) / f64::from(steps);
            let point = LatLng::new(a.y + (b.y - a.y) * share, a.x + (b.x - a.x) * share);
            let Ok(cell) = point.map(|point| point.to_cell(resolution)) else { continue };
            if last.replace(cell) != Some(cell) {
                look_around(cell, &mut seen, &mut queue);
            }
        }
    }
    let mut found = Vec::new();
    while let Some(cell) = queue.pop() {
        if inside.holds(Coord::from(LatLng::from(cell))) {
            found.push(cell);
            look_around(cell, &mut seen, &mut queue);
        }
    }
    found.sort_unstable();
    found
}

/// Puts the cell and its neighbours into the queue, as far as they haven't been seen.
fn look_around(cell: CellIndex, seen: &mut Set<u64>, queue: &mut Vec<CellIndex>) {
    let near = cell.grid_disk::<Vec<_>>(1);
    queue.extend(near.into_iter().filter(|near| seen.insert((*near).into())));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use geo::{Intersects, Point, Polygon, polygon};

    use super::*;

    fn brute(
        outline: &MultiPolygon<f64>,
        resolution: Resolution,
        west: f64,
        south: f64,
    ) -> BTreeSet<CellIndex> {
        let mut cells = BTreeSet::new();
        for (x, y) in (0..=120).flat_map(|x| (0..=120).map(move |y| (x, y))) {
            let (lon, lat) = (west - 0.05 + f64::from(x) * 0.0025, south - 0.05 + f64::from(y) * 0.0025);
            let cell = LatLng::new(lat, lon).unwrap().to_cell(resolution);
            let centre = Coord::from(LatLng::from(cell));
            if outline.intersects(&Point::from(centre)) {
                cells.insert(cell);
            }
        }
        cells
    }

    #[test]
    fn two_neighbours_share_out_every_centre() {
        let west: Polygon<f64> =
            polygon![(x: 108.0, y: 41.0), (x: 108.1, y: 41.02), (x: 108.08, y: 41.2), (x: 108.0, y: 41.2)];
        let east: Polygon<f64> =
            polygon![(x: 108.1, y: 41.02), (x: 108.2, y: 41.0), (x: 108.2, y: 41.2), (x: 108.08, y: 41.2)];
        let mut all = BTreeSet::new();
        for shape in [west, east] {
            let outline = MultiPolygon::new(vec![shape]);
            let found = centres(&outline, Resolution::Eight);
            assert_eq!(
                found.iter().copied().collect::<BTreeSet<_>>(),
                brute(&outline, Resolution::Eight, 108.0, 41.0)
            );
            assert!(found.iter().all(|cell| all.insert(*cell)), "a centre lies in both");
        }
        // 16.8 by 22.2 km less a corner, cells of 0.7 km².
        assert!(all.len() > 400, "{}", all.len());
    }
}
