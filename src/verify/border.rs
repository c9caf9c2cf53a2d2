//! Whether units hang together: this module's own idea of a common border.

use std::collections::BTreeMap;

use geo::{BoundingRect, Coord, Line, Polygon};

use super::union_find::UnionFind;

/// Borders drawn separately may lie this far apart, in m …
const GAP_M: f64 = 0.5;
/// … and must then run along each other for this long.
const LEAST_ALONG_M: f64 = 2.0;
/// Lines closer than this are one line.
const ONE_LINE_M: f64 = 0.001;
const M_PER_DEG: f64 = 111_195.0;

type Ends = [[u64; 2]; 2];

/// The connected pieces of `outlines`, each as places in the input, in order.
pub(super) fn pieces(outlines: &[&Polygon<f64>]) -> Vec<Vec<usize>> {
    let mut together = UnionFind::new(outlines.len());
    let mut first: BTreeMap<Ends, usize> = BTreeMap::new();
    for (index, outline) in outlines.iter().enumerate() {
        for line in lines(outline) {
            match first.get(&ends(line)) {
                Some(other) => together.join(index, *other),
                None => {
                    first.insert(ends(line), index);
                }
            }
        }
    }
    let found = groups(&mut together, outlines.len());
    if found.len() < 2 {
        return found;
    }
    // Not by whole edges alone: look for edges that run along each other.
    for (index, one) in outlines.iter().enumerate() {
        for (other, two) in outlines.iter().enumerate().skip(index + 1) {
            if together.root(index) != together.root(other) && boxes_meet(one, two) && run_along(one, two) {
                together.join(index, other);
            }
        }
    }
    groups(&mut together, outlines.len())
}

fn groups(together: &mut UnionFind, count: usize) -> Vec<Vec<usize>> {
    let mut by_root: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in 0..count {
        by_root.entry(together.root(index)).or_default().push(index);
    }
    by_root.into_values().collect()
}

pub(super) fn lines(polygon: &Polygon<f64>) -> impl Iterator<Item = Line<f64>> {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    rings.flat_map(|ring| ring.lines()).filter(|line| line.start != line.end)
}

fn bits(point: Coord<f64>) -> [u64; 2] {
    [(point.x + 0.0).to_bits(), (point.y + 0.0).to_bits()]
}

/// An edge by its ends, whichever way it runs.
fn ends(line: Line<f64>) -> Ends {
    let mut ends = [bits(line.start), bits(line.end)];
    ends.sort_unstable();
    ends
}

pub(super) fn boxes_meet(one: &Polygon<f64>, two: &Polygon<f64>) -> bool {
    let margin = 2.0 * GAP_M / M_PER_DEG;
    let (Some(a), Some(b)) = (one.bounding_rect(), two.bounding_rect()) else { return false };
    a.min().x <= b.max().x + margin
        && b.min().x <= a.max().x + margin
        && a.min().y <= b.max().y + margin
        && b.min().y <= a.max().y + margin
}

fn run_along(one: &Polygon<f64>, two: &Polygon<f64>) -> bool {
    let mut along = 0.0;
    for line in lines(one) {
        for other in lines(two) {
            let (length, exact) = common_m(line, other);
            if exact {
                return true;
            }
            along += length;
        }
    }
    along >= LEAST_ALONG_M
}

/// Length in m for which `two` stays within the gap of `one`, and whether they are on one line.
fn common_m(one: Line<f64>, two: Line<f64>) -> (f64, bool) {
    let scale = one.start.y.to_radians().cos();
    let local = |point: Coord<f64>| Coord {
        x: (point.x - one.start.x) * scale * M_PER_DEG,
        y: (point.y - one.start.y) * M_PER_DEG,
    };
    let end = local(one.end);
    let length = end.x.hypot(end.y);
    // The frame of `one`: x along it, y aside.
    let turned = |point: Coord<f64>| {
        let point = local(point);
        Coord {
            x: (point.x * end.x + point.y * end.y) / length,
            y: (point.y * end.x - point.x * end.y) / length,
        }
    };
    let (a, b) = (turned(two.start), turned(two.end));
    if (b.y - a.y).abs() > 0.1 * (b.x - a.x).abs() {
        return (0.0, false);
    }
    let aside = |x: f64| a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x);
    let (low, high) = (a.x.min(b.x).max(0.0), a.x.max(b.x).min(length));
    if high - low <= 10.0 * ONE_LINE_M {
        return (0.0, false);
    }
    if aside(low).abs() <= ONE_LINE_M && aside(high).abs() <= ONE_LINE_M {
        return (high - low, true);
    }
    // Two edges that fork from one vertex touch in a point.
    let forked = [two.start, two.end].iter().any(|point| *point == one.start || *point == one.end);
    let steps = 32;
    let near = (0..steps)
        .filter(|step| aside(low + (high - low) * (f64::from(*step) + 0.5) / f64::from(steps)).abs() <= GAP_M)
        .count();
    if forked { (0.0, false) } else { ((high - low) * near as f64 / f64::from(steps), false) }
}
