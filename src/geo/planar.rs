//! Plane geometry on degrees that the other modules share: exact keys of points, robust side tests,
//! and the one function that says where two segments meet.

use std::hash::{BuildHasherDefault, Hasher};

use geo::{Coord, CoordsIter, Kernel, LineString, Orientation, Polygon, kernels::RobustKernel};

/// Two points closer than this are one point: 1e-9° is about 0.1 mm.
pub(super) const SNAP_DEG: f64 = 1e-9;

/// Metres of one degree of latitude, on the mean sphere.
pub(super) const M_PER_DEG: f64 = 111_195.08;

/// A point as its exact bits.
pub(super) type Key = (u64, u64);

pub(super) fn key(point: Coord<f64>) -> Key {
    // Adding zero turns -0.0 into 0.0, so that equal points have equal keys.
    ((point.x + 0.0).to_bits(), (point.y + 0.0).to_bits())
}

/// A small multiplicative hasher: keys are coordinates, not an attacker's text, and the standard
/// hasher's random seed would cost more than the work itself.
#[derive(Default, Clone, Copy)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

pub(super) type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Mixer>>;
pub(super) type Set<K> = std::collections::HashSet<K, BuildHasherDefault<Mixer>>;

/// West to east, then south to north.
pub(super) fn before(a: Coord<f64>, b: Coord<f64>) -> std::cmp::Ordering {
    a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y))
}

/// Twice the signed area in square degrees of an open ring, positive when it runs counter-clockwise.
pub(super) fn twice_area(ring: &[Coord<f64>]) -> f64 {
    let Some(&origin) = ring.first() else { return 0.0 };
    ring.windows(2)
        .map(|pair| {
            let (p, q) = (pair[0] - origin, pair[1] - origin);
            p.x * q.y - q.x * p.y
        })
        .sum()
}

/// The ring without its closing point and without repeated points, running counter-clockwise when
/// `ccw` is set and clockwise otherwise; empty when it encloses nothing.
pub(super) fn open_ring(ring: &LineString<f64>, ccw: bool) -> Vec<Coord<f64>> {
    let mut points: Vec<Coord<f64>> = Vec::with_capacity(ring.coords_count());
    for point in ring.coords() {
        if points.last() != Some(point) {
            points.push(*point);
        }
    }
    while points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    let area = twice_area(&points);
    if points.len() < 3 || area == 0.0 {
        return Vec::new();
    }
    if (area > 0.0) != ccw {
        points.reverse();
    }
    points
}

/// The rings of a polygon with its interior on the left of every edge.
pub(super) fn oriented_rings(polygon: &Polygon<f64>) -> impl Iterator<Item = Vec<Coord<f64>>> {
    std::iter::once(open_ring(polygon.exterior(), true))
        .chain(polygon.interiors().iter().map(|ring| open_ring(ring, false)))
        .filter(|ring| !ring.is_empty())
}

/// Directed edges of an open ring, its closing edge last.
pub(super) fn edges(ring: &[Coord<f64>]) -> impl Iterator<Item = (Coord<f64>, Coord<f64>)> {
    ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| (*a, *b))
}

/// 1 when `r` lies left of the line from `p` to `q`, -1 right, 0 on it; exact.
pub(super) fn side(p: Coord<f64>, q: Coord<f64>, r: Coord<f64>) -> i8 {
    match RobustKernel::orient2d(p, q, r) {
        Orientation::CounterClockwise => 1,
        Orientation::Clockwise => -1,
        Orientation::Collinear => 0,
    }
}

/// Where along `a`–`b` (0 to 1, clamped) the point nearest to `p` lies, and its distance in degrees.
pub(super) fn nearest_on(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> (f64, f64) {
    let (d, v) = (b - a, p - a);
    let length2 = d.x * d.x + d.y * d.y;
    let t = if length2 > 0.0 { ((v.x * d.x + v.y * d.y) / length2).clamp(0.0, 1.0) } else { 0.0 };
    let gap = v - d * t;
    (t, gap.x.hypot(gap.y))
}

pub(super) fn close(a: Coord<f64>, b: Coord<f64>) -> bool {
    (a.x - b.x).abs() <= SNAP_DEG && (a.y - b.y).abs() <= SNAP_DEG
}

/// Whether `p` stands on `a`–`b` between its ends, within [`SNAP_DEG`].
pub(super) fn stands_on(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> bool {
    !close(a, p) && !close(b, p) && nearest_on(a, b, p).1 <= SNAP_DEG
}

/// The crossing of two segments in their interiors. Each is taken with its western end first, so
/// that whoever asks, from whichever side, gets the same bits.
pub(super) fn crossing(s: (Coord<f64>, Coord<f64>), e: (Coord<f64>, Coord<f64>)) -> Option<Coord<f64>> {
    let order = |(a, b): (Coord<f64>, Coord<f64>)| if before(a, b).is_le() { (a, b) } else { (b, a) };
    let ((a, b), (c, d)) = (order(s), order(e));
    if side(a, b, c) * side(a, b, d) >= 0 || side(c, d, a) * side(c, d, b) >= 0 {
        return None;
    }
    let (u, v, w) = (b - a, d - c, c - a);
    let cross = u.x * v.y - u.y * v.x;
    if cross == 0.0 {
        return None;
    }
    let t = ((w.x * v.y - w.y * v.x) / cross).clamp(0.0, 1.0);
    Some(a + u * t)
}

/// Whether a ray from `p` to the east crosses `a`–`b`; points on an edge belong to one side only.
pub(super) fn ray_crosses(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> bool {
    if (a.y > p.y) == (b.y > p.y) {
        return false;
    }
    side(a, b, p) == if b.y > a.y { 1 } else { -1 }
}

/// Whether an open ring holds `p`.
pub(super) fn ring_holds(ring: &[Coord<f64>], p: Coord<f64>) -> bool {
    edges(ring).filter(|(a, b)| ray_crosses(*a, *b, p)).count() % 2 == 1
}
