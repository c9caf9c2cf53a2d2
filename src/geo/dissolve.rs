//! Outlines from pieces: what two pieces share disappears, exactly.
//!
//! Pieces cut by [`super::cells`] share the vertices of their borders to the last bit, so an edge
//! and its reverse cancel and what remains is the outline: linear time, no tolerance. A user's own
//! polygons, and villages cut at different resolutions, may have a vertex of one in the middle of
//! another's edge; then those edges are split there and cancelled again. Only what overlaps is left
//! to a general polygon union.

use geo::{Coord, MultiPolygon, Polygon, unary_union};
use rstar::{AABB, RTree, RTreeObject};

use super::{
    planar::{Key, Map, SNAP_DEG, before, crossing, edges, key, nearest_on, oriented_rings, stands_on},
    rings::assemble,
};

type Edge = (Coord<f64>, Coord<f64>);

/// The union of `polygons`, which may touch but shouldn't overlap (where they do, it is still the
/// union). Vertices are those of the input: none is invented, and none dropped, so that neighbours'
/// outlines keep matching.
///
/// Exteriors run counter-clockwise, rings begin at their westernmost (then southernmost) vertex and
/// polygons are sorted by it: the answer doesn't depend on the order of the input.
pub fn dissolve<'a>(polygons: impl IntoIterator<Item = &'a Polygon<f64>>) -> MultiPolygon<f64> {
    let polygons: Vec<&Polygon<f64>> = polygons.into_iter().collect();
    let soup: Vec<Edge> = polygons
        .iter()
        .flat_map(|polygon| oriented_rings(polygon))
        .flat_map(|ring| edges(&ring).collect::<Vec<_>>())
        .collect();
    exactly(soup).unwrap_or_else(|| by_union(&polygons))
}

fn exactly(soup: Vec<Edge>) -> Option<MultiPolygon<f64>> {
    let mut outline = cancel(soup)?;
    // A split may lay bare another vertex, at most a few times.
    for _ in 0..3 {
        match split_at_vertices(&outline)? {
            None => return assemble(&outline),
            Some(split) => outline = cancel(split)?,
        }
    }
    None
}

/// Takes away every edge whose reverse is there as well. None when an edge stands there twice the
/// same way: the pieces overlap.
fn cancel(soup: Vec<Edge>) -> Option<Vec<Edge>> {
    let mut places: Map<(Key, Key), usize> = Map::default();
    places.reserve(soup.len());
    let mut gone = vec![false; soup.len()];
    for (index, (a, b)) in soup.iter().enumerate() {
        let (a, b) = (key(*a), key(*b));
        if let Some(twin) = places.remove(&(b, a)) {
            (gone[index], gone[twin]) = (true, true);
        } else if places.insert((a, b), index).is_some() {
            return None;
        }
    }
    Some(soup.into_iter().zip(gone).filter(|(_, gone)| !gone).map(|(edge, _)| edge).collect())
}

struct Indexed(Edge, usize);

impl RTreeObject for Indexed {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners([self.0.0.x, self.0.0.y], [self.0.1.x, self.0.1.y])
    }
}

/// Splits edges where a vertex of another stands on them; `Some(None)` when none does. None when
/// edges cross: the pieces overlap.
fn split_at_vertices(outline: &[Edge]) -> Option<Option<Vec<Edge>>> {
    let tree = RTree::bulk_load(outline.iter().enumerate().map(|(i, edge)| Indexed(*edge, i)).collect());
    let mut stops: Vec<(Coord<f64>, usize)> = Vec::new();
    for (index, edge) in outline.iter().enumerate() {
        let (low, high) = (Indexed(*edge, 0).envelope().lower(), Indexed(*edge, 0).envelope().upper());
        let window = AABB::from_corners(
            [low[0] - SNAP_DEG, low[1] - SNAP_DEG],
            [high[0] + SNAP_DEG, high[1] + SNAP_DEG],
        );
        for Indexed(other, other_index) in tree.locate_in_envelope_intersecting(&window) {
            // Each end stands at the start of the edge that follows, so starts are enough.
            if *other_index != index && stands_on(edge.0, edge.1, other.0) {
                stops.push((other.0, index));
            } else if *other_index > index
                && !stands_on(other.0, other.1, edge.0)
                && [other.0, other.1].iter().all(|end| !stands_on(edge.0, edge.1, *end))
                && !stands_on(other.0, other.1, edge.1)
                && crossing(*edge, *other).is_some()
            {
                return None;
            }
        }
    }
    if stops.is_empty() {
        return Some(None);
    }
    let mut by_edge: Vec<Vec<Coord<f64>>> = vec![Vec::new(); outline.len()];
    for (point, index) in stops {
        by_edge[index].push(point);
    }
    let mut split = Vec::with_capacity(outline.len() * 2);
    for (edge, mut points) in outline.iter().zip(by_edge) {
        let along = |point: &Coord<f64>| nearest_on(edge.0, edge.1, *point).0;
        points.sort_by(|a, b| along(a).total_cmp(&along(b)).then(before(*a, *b)));
        points.dedup();
        points.insert(0, edge.0);
        points.push(edge.1);
        split.extend(points.windows(2).map(|pair| (pair[0], pair[1])));
    }
    Some(Some(split))
}

fn by_union(polygons: &[&Polygon<f64>]) -> MultiPolygon<f64> {
    let closed = |ring: Vec<Coord<f64>>| {
        let mut line = geo::LineString(ring);
        line.close();
        line
    };
    let oriented: Vec<Polygon<f64>> = polygons
        .iter()
        .filter_map(|polygon| {
            let mut rings = oriented_rings(polygon).map(closed);
            Some(Polygon::new(rings.next()?, rings.collect()))
        })
        .collect();
    let union = unary_union(&oriented);
    let soup: Vec<Edge> =
        union.iter().flat_map(oriented_rings).flat_map(|ring| edges(&ring).collect::<Vec<_>>()).collect();
    // Only to bring the rings into their canonical order.
    cancel(soup).and_then(|soup| assemble(&soup)).unwrap_or(union)
}

#[cfg(test)]
#[path = "dissolve_tests.rs"]
mod tests;
