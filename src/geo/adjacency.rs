//! Which pieces border on which, and along what length.

use geo::{Coord, Polygon};
use rstar::{AABB, RTree, RTreeObject};

use super::{
    measure::short_length_m,
    planar::{Key, M_PER_DEG, Map, edges, key, oriented_rings},
};

/// Two neighbours; `a < b` are places in the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    pub a: u32,
    pub b: u32,
    /// Length of the common border in m.
    pub length_m: f64,
}

/// Borders of two pieces that were drawn separately match within this, in m.
const GAP_M: f64 = 0.5;
/// Below this length a border found through [`GAP_M`] is taken for a point contact.
const LEAST_GAP_BORDER_M: f64 = 2.0;
/// What lies within this of a line stands on it, in m.
const ON_LINE_M: f64 = 0.001;
/// Sine of the largest angle at which two segments still run along each other.
const ALONG_SIN: f64 = 0.1;

/// The neighbours among `polygons` (EPSG:4326), sorted by `(a, b)`: pieces that share a border of some
/// length. Touching in a point is not being neighbours.
///
/// Edges with the same vertices are found by hashing. What remains, vertices of one in the middle of
/// another's edge and gaps or overlaps up to half a metre, through an index of the remaining edges.
pub fn neighbours(polygons: &[Polygon<f64>]) -> Vec<Edge> {
    let (mut shared, loose) = match_exactly(polygons);
    match_loosely(&loose, &mut shared);
    sorted(shared)
}

/// [`neighbours`] for pieces that are known to share their vertices.
pub(super) fn exact(polygons: &[Polygon<f64>]) -> Vec<Edge> {
    sorted(match_exactly(polygons).0)
}

fn sorted(shared: Map<(u32, u32), f64>) -> Vec<Edge> {
    let mut found: Vec<Edge> = shared.into_iter().map(|((a, b), length_m)| Edge { a, b, length_m }).collect();
    found.sort_by_key(|edge| (edge.a, edge.b));
    found
}

/// A directed edge with the inside of piece `owner` on its left.
struct Loose {
    a: Coord<f64>,
    b: Coord<f64>,
    owner: u32,
}

impl RTreeObject for Loose {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners([self.a.x, self.a.y], [self.b.x, self.b.y])
    }
}

fn match_exactly(polygons: &[Polygon<f64>]) -> (Map<(u32, u32), f64>, Vec<Loose>) {
    let mut open: Map<(Key, Key), u32> = Map::default();
    let mut shared: Map<(u32, u32), f64> = Map::default();
    let mut all = Vec::new();
    for (owner, polygon) in (0u32..).zip(polygons) {
        for ring in oriented_rings(polygon) {
            for (a, b) in edges(&ring) {
                match open.remove(&(key(b), key(a))) {
                    Some(other) if other != owner => {
                        *shared.entry((owner.min(other), owner.max(other))).or_default() +=
                            short_length_m(a, b);
                    }
                    _ => {
                        open.insert((key(a), key(b)), owner);
                        all.push(Loose { a, b, owner });
                    }
                }
            }
        }
    }
    all.retain(|edge| open.get(&(key(edge.a), key(edge.b))) == Some(&edge.owner));
    (shared, all)
}

fn match_loosely(loose: &[Loose], shared: &mut Map<(u32, u32), f64>) {
    let tree = RTree::bulk_load((0..loose.len()).map(|index| Placed::new(loose, index)).collect());
    let mut found: Map<(u32, u32), (f64, bool)> = Map::default();
    for (index, edge) in loose.iter().enumerate() {
        let margin_y = GAP_M / M_PER_DEG;
        let margin_x = margin_y / edge.a.y.to_radians().cos().max(0.01);
        let (low, high) = (edge.envelope().lower(), edge.envelope().upper());
        let window = AABB::from_corners(
            [low[0] - margin_x, low[1] - margin_y],
            [high[0] + margin_x, high[1] + margin_y],
        );
        let mut others: Vec<usize> =
            tree.locate_in_envelope_intersecting(&window).map(|placed| placed.index).collect();
        others.sort_unstable();
        for other in others.into_iter().filter(|other| *other > index) {
            let other = &loose[other];
            if other.owner == edge.owner {
                continue;
            }
            if let Some((length, on_line)) = overlap(edge, other) {
                let pair = (edge.owner.min(other.owner), edge.owner.max(other.owner));
                let entry = found.entry(pair).or_default();
                *entry = (entry.0 + length, entry.1 | on_line);
            }
        }
    }
    for (pair, (length, on_line)) in found {
        if on_line || length >= LEAST_GAP_BORDER_M {
            *shared.entry(pair).or_default() += length;
        }
    }
}

struct Placed {
    envelope: AABB<[f64; 2]>,
    index: usize,
}

impl Placed {
    fn new(loose: &[Loose], index: usize) -> Self {
        Self { envelope: loose[index].envelope(), index }
    }
}

impl RTreeObject for Placed {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}

/// The length in m along which two edges run against each other within the gap, and whether they
/// stand on one line. Edges that only fork from a common vertex don't count.
fn overlap(one: &Loose, two: &Loose) -> Option<(f64, bool)> {
    let scale_x = M_PER_DEG * one.a.y.to_radians().cos();
    let metres = |point: Coord<f64>| ((point.x - one.a.x) * scale_x, (point.y - one.a.y) * M_PER_DEG);
    let (end, from, to) = (metres(one.b), metres(two.a), metres(two.b));
    let length = end.0.hypot(end.1);
    let (ux, uy) = (end.0 / length, end.1 / length);
    let along = |p: (f64, f64)| p.0 * ux + p.1 * uy;
    let aside = |p: (f64, f64)| p.1 * ux - p.0 * uy;
    let (s0, s1, d0, d1) = (along(from), along(to), aside(from), aside(to));
    let other_length = (s1 - s0).hypot(d1 - d0);
    if s1 >= s0 || (d1 - d0).abs() > ALONG_SIN * other_length {
        return None;
    }
    // From here on in the direction of `one`; the distance aside changes evenly along the way.
    let slope = (d1 - d0) / (s1 - s0);
    let at = |s: f64| d0 + (s - s0) * slope;
    let (mut low, mut high) = (s1.max(0.0), s0.min(length));
    if slope.abs() > 1e-12 {
        let (p, q) = (s0 + (-GAP_M - d0) / slope, s0 + (GAP_M - d0) / slope);
        (low, high) = (low.max(p.min(q)), high.min(p.max(q)));
    } else if d0.abs() > GAP_M {
        return None;
    }
    let on_line = at(low).abs() <= ON_LINE_M && at(high).abs() <= ON_LINE_M;
    let forked = one.a == two.b || one.b == two.a || one.a == two.a || one.b == two.b;
    let least = if on_line { 10.0 * ON_LINE_M } else { 0.0 };
    (high - low > least && (on_line || !forked)).then_some((high - low, on_line))
}
