//! Makes neighbours agree on every vertex of their common border.
//!
//! Cutting a village into cells puts cut points into its border. Areas are measured along geodesics,
//! which leave the straight line in degrees by up to some metres on an edge of kilometres, so an
//! outline without the cut points is some thousand square metres off its units. Every outline
//! therefore carries the cut points of its units. Two villages whose cells have one resolution cut
//! their border in the same points; where resolutions differ, each takes over the other's.

use std::collections::{BTreeMap, HashMap};

use geo::{Coord, LineString, MultiPolygon, Polygon};

use crate::{domain::Unit, geo::dissolve::dissolve};

type Key = (u64, u64);
type Edge = (Key, Key);

/// A border edge of the triangulation, from its smaller end to its larger one.
#[derive(Default)]
struct Border {
    ends: Option<(Coord<f64>, Coord<f64>)>,
    /// Points in between as each village has them, from the smaller end on.
    sides: Vec<(usize, Vec<Coord<f64>>)>,
}

/// Brings the borders of villages together: `outlines` as they were cut, `units` of each village. Gives
/// the outlines with all points; the units get theirs in place.
pub(super) fn agree(outlines: &[MultiPolygon<f64>], units: &mut [Vec<Unit>]) -> Vec<MultiPolygon<f64>> {
    let mut noded: Vec<MultiPolygon<f64>> =
        units.iter().map(|units| dissolve(units.iter().map(|unit| &unit.outline))).collect();
    let mut borders: BTreeMap<Edge, Border> = BTreeMap::new();
    for (village, outline) in outlines.iter().enumerate() {
        let next = successors(&noded[village]);
        for (from, to) in edges(outline) {
            let between = walk(&next, from, to);
            note(&mut borders, village, from, to, between);
        }
    }
    let mut missing: BTreeMap<usize, HashMap<Edge, Vec<Coord<f64>>>> = BTreeMap::new();
    for border in borders.values() {
        lacking(border, &mut missing);
    }
    for (village, points) in missing {
        for unit in &mut units[village] {
            insert(&mut unit.outline, &points);
        }
        noded[village] = dissolve(units[village].iter().map(|unit| &unit.outline));
    }
    noded
}

fn key(point: Coord<f64>) -> Key {
    (point.x.to_bits(), point.y.to_bits())
}

fn edges(outline: &MultiPolygon<f64>) -> impl Iterator<Item = (Coord<f64>, Coord<f64>)> {
    outline
        .iter()
        .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
        .flat_map(|ring| ring.lines().map(|line| (line.start, line.end)))
}

/// What follows each vertex; where an outline touches itself, more than one.
fn successors(outline: &MultiPolygon<f64>) -> HashMap<Key, Vec<Coord<f64>>> {
    let mut next: HashMap<Key, Vec<Coord<f64>>> = HashMap::new();
    for (from, to) in edges(outline) {
        next.entry(key(from)).or_default().push(to);
    }
    next
}

/// The vertices strictly between `from` and `to` along the outline.
fn walk(next: &HashMap<Key, Vec<Coord<f64>>>, from: Coord<f64>, to: Coord<f64>) -> Vec<Coord<f64>> {
    let direction = to - from;
    let length = direction.x.hypot(direction.y);
    let off_line = |point: Coord<f64>| {
        let offset = point - from;
        let along = (offset.x * direction.x + offset.y * direction.y) / length;
        let across = (offset.x * direction.y - offset.y * direction.x).abs() / length;
        if along > 0.0 { across } else { f64::INFINITY }
    };
    let mut between = Vec::new();
    let mut at = from;
    while let Some(point) = next
        .get(&key(at))
        .and_then(|points| points.iter().copied().min_by(|a, b| off_line(*a).total_cmp(&off_line(*b))))
    {
        if key(point) == key(to) {
            break;
        }
        between.push(point);
        at = point;
        // An outline that lost a vertex of the border can't be followed; leave this edge as it is.
        if off_line(point) > 1e-7 || between.len() > 100_000 {
            return Vec::new();
        }
    }
    between
}

fn note(
    borders: &mut BTreeMap<Edge, Border>,
    village: usize,
    from: Coord<f64>,
    to: Coord<f64>,
    mut between: Vec<Coord<f64>>,
) {
    let (mut ends, mut edge) = ((from, to), (key(from), key(to)));
    if edge.0 > edge.1 {
        (ends, edge) = ((to, from), (edge.1, edge.0));
        between.reverse();
    }
    let border = borders.entry(edge).or_default();
    border.ends = Some(ends);
    border.sides.push((village, between));
}

/// For each side, the points of the other one that fall between two of its own.
fn lacking(border: &Border, missing: &mut BTreeMap<usize, HashMap<Edge, Vec<Coord<f64>>>>) {
    let (Some((from, to)), [one, other]) = (border.ends, border.sides.as_slice()) else { return };
    if one.1 == other.1 {
        return;
    }
    let direction = to - from;
    let along = |point: Coord<f64>| (point.x - from.x) * direction.x + (point.y - from.y) * direction.y;
    for ((village, own), (_, theirs)) in [(one, other), (other, one)] {
        let mut chain = Vec::with_capacity(own.len() + 2);
        chain.push(from);
        chain.extend(own);
        chain.push(to);
        for step in chain.windows(2) {
            let within: Vec<Coord<f64>> = theirs
                .iter()
                .copied()
                .filter(|point| along(*point) > along(step[0]) && along(*point) < along(step[1]))
                .filter(|point| key(*point) != key(step[0]) && key(*point) != key(step[1]))
                .collect();
            if !within.is_empty() {
                let backwards = within.iter().rev().copied().collect();
                let edges = missing.entry(*village).or_default();
                edges.insert((key(step[1]), key(step[0])), backwards);
                edges.insert((key(step[0]), key(step[1])), within);
            }
        }
    }
}

fn insert(polygon: &mut Polygon<f64>, points: &HashMap<Edge, Vec<Coord<f64>>>) {
    let rings = || std::iter::once(polygon.exterior()).chain(polygon.interiors());
    let lacks = rings()
        .flat_map(LineString::lines)
        .any(|line| points.contains_key(&(key(line.start), key(line.end))));
    if !lacks {
        return;
    }
    let fill = |ring: &LineString<f64>| {
        let mut filled = Vec::with_capacity(ring.0.len() + 8);
        for line in ring.lines() {
            filled.push(line.start);
            filled.extend(points.get(&(key(line.start), key(line.end))).into_iter().flatten());
        }
        filled.extend(ring.0.last());
        LineString(filled)
    };
    let interiors = polygon.interiors().iter().map(fill).collect();
    *polygon = Polygon::new(fill(polygon.exterior()), interiors);
}
