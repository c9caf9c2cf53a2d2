//! From a soup of directed edges, each with the inside on its left, to valid polygons.

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::planar::{Map, before, edges, key, ring_holds, twice_area};

/// Builds the polygons that `edges` bound. Every edge has the inside on its left and stands there
/// once; an edge and its reverse must have been cancelled before.
///
/// Where the outline touches itself in a point, the walk keeps to the wedge it came along and loops
/// are cut off at repeated vertices, so that every ring is simple: a shell and a hole that touch
/// become two rings, two pieces that touch become two polygons. Exteriors run counter-clockwise,
/// rings begin at their smallest vertex and polygons are sorted by it, so the answer doesn't depend
/// on the order of the edges.
///
/// None when the edges don't close.
pub(super) fn assemble(soup: &[(Coord<f64>, Coord<f64>)]) -> Option<MultiPolygon<f64>> {
    let mut sorted = soup.to_vec();
    sorted.sort_unstable_by(|a, b| before(a.0, b.0).then(before(a.1, b.1)));
    let (mut shells, mut holes) = (Vec::new(), Vec::new());
    for ring in trace(&sorted)? {
        let area = twice_area(&ring);
        if area > 0.0 {
            shells.push((ring, area, Vec::new()));
        } else if area < 0.0 {
            holes.push(ring);
        }
    }
    // Smallest shell first: a hole belongs to the innermost one around it.
    shells.sort_by(|a, b| a.1.total_cmp(&b.1).then(before(a.0[0], b.0[0])));
    for hole in holes {
        let home = if shells.len() == 1 {
            0
        } else {
            let probe = inner_probe(&hole);
            shells.iter().position(|(shell, ..)| ring_holds(shell, probe))?
        };
        shells.get_mut(home)?.2.push(hole);
    }
    shells.sort_by(|a, b| before(a.0[0], b.0[0]).then(a.1.total_cmp(&b.1)));
    Some(MultiPolygon(
        shells
            .into_iter()
            .map(|(shell, _, mut holes)| {
                holes.sort_by(|a, b| before(a[0], b[0]).then(before(a[1], b[1])));
                Polygon::new(closed(shell), holes.into_iter().map(closed).collect())
            })
            .collect(),
    ))
}

/// The middle of a hole's longest edge: it can't lie on a shell, since the edge is the hole's own.
fn inner_probe(hole: &[Coord<f64>]) -> Coord<f64> {
    let length2 = |(a, b): &(Coord<f64>, Coord<f64>)| (a.x - b.x).powi(2) + (a.y - b.y).powi(2);
    edges(hole).max_by(|a, b| length2(a).total_cmp(&length2(b))).map_or(hole[0], |(a, b)| (a + b) / 2.0)
}

fn closed(mut ring: Vec<Coord<f64>>) -> LineString<f64> {
    ring.push(ring[0]);
    LineString(ring)
}

/// Simple rings, each beginning at its smallest vertex. `sorted` is in order of start points.
fn trace(sorted: &[(Coord<f64>, Coord<f64>)]) -> Option<Vec<Vec<Coord<f64>>>> {
    let mut first_out: Map<_, usize> = Map::default();
    for (index, edge) in sorted.iter().enumerate() {
        first_out.entry(key(edge.0)).or_insert(index);
    }
    let mut used = vec![false; sorted.len()];
    let mut rings = Vec::new();
    for start in 0..sorted.len() {
        if used[start] {
            continue;
        }
        let mut walk = Walk::default();
        let mut at = start;
        loop {
            used[at] = true;
            let (from, to) = sorted[at];
            walk.step(from, to, &mut rings);
            if walk.points.is_empty() {
                break;
            }
            at = next(sorted, &used, *first_out.get(&key(to))?, from, to)?;
        }
    }
    Some(rings)
}

/// The unused edge out of `to` that bounds the wedge on the left of `from`–`to`: the first one met
/// when turning clockwise from the way back.
fn next(
    sorted: &[(Coord<f64>, Coord<f64>)],
    used: &[bool],
    first: usize,
    from: Coord<f64>,
    to: Coord<f64>,
) -> Option<usize> {
    let out = (first..sorted.len()).take_while(|index| sorted[*index].0 == to);
    let mut free = out.filter(|index| !used[*index]);
    let only = free.next()?;
    let Some(second) = free.next() else { return Some(only) };
    let angle = |point: Coord<f64>| (point.y - to.y).atan2(point.x - to.x);
    let back = angle(from);
    let turn = |index: &usize| (back - angle(sorted[*index].1)).rem_euclid(std::f64::consts::TAU);
    [only, second].into_iter().chain(free).min_by(|a, b| turn(a).total_cmp(&turn(b)))
}

/// A walk along edges that cuts off a loop whenever it comes back to a vertex it stands on.
#[derive(Default)]
struct Walk {
    points: Vec<Coord<f64>>,
    places: Map<super::planar::Key, usize>,
}

impl Walk {
    fn step(&mut self, from: Coord<f64>, to: Coord<f64>, rings: &mut Vec<Vec<Coord<f64>>>) {
        if self.points.is_empty() {
            self.places.insert(key(from), 0);
            self.points.push(from);
        }
        match self.places.get(&key(to)) {
            None => {
                self.places.insert(key(to), self.points.len());
                self.points.push(to);
            }
            Some(&place) => {
                let mut ring = self.points.split_off(place);
                for point in &ring {
                    self.places.remove(&key(*point));
                }
                if place > 0 {
                    self.places.insert(key(to), place);
                    self.points.push(to);
                }
                let least = (0..ring.len()).min_by(|a, b| before(ring[*a], ring[*b])).unwrap_or(0);
                ring.rotate_left(least);
                if ring.len() > 2 {
                    rings.push(ring);
                }
            }
        }
    }
}
