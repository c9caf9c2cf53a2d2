//! Whether an outline can be used, and the small repairs that are made in silence.
//!
//! The rules are those of `geo`'s own `Validation` (a test holds the two against each other). That one
//! compares every side with every other; an outline of a banner has tens of thousands of sides, so the
//! sides go through an R-tree here.

use geo::{
    Area, BoundingRect, Coord, Intersects, Line, LineString, MultiPolygon, Orient, Polygon, PreparedGeometry,
    Relate, coordinate_position::CoordPos, dimensions::Dimensions, orient::Direction,
};
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use crate::domain::Text;

/// Comparisons after which an outline counts as too intricate: a hostile file must not keep a worker.
const MAX_WORK: u64 = 50_000_000;

/// Closes rings, drops repeated corners and turns outer rings counter-clockwise, holes clockwise.
pub fn normalise(outline: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let ring = |ring: &LineString<f64>| {
        let mut corners: Vec<Coord<f64>> = ring.0.clone();
        corners.dedup();
        let mut ring = LineString(corners);
        ring.close();
        ring
    };
    let polygons = outline.iter().filter(|polygon| !polygon.exterior().0.is_empty());
    let closed = polygons.map(|polygon| {
        let holes = polygon.interiors().iter().filter(|hole| !hole.0.is_empty());
        Polygon::new(ring(polygon.exterior()), holes.map(ring).collect())
    });
    MultiPolygon(closed.map(|polygon| polygon.orient(Direction::Default)).collect())
}

/// The first thing that is wrong with an outline, in few words; none when it is valid.
pub fn problems(outline: &MultiPolygon<f64>) -> Option<Text> {
    if outline.0.is_empty() {
        return Some(Text::new("没有面", "there is no polygon"));
    }
    let mut work = 0;
    let found = outline.iter().find_map(|polygon| polygon_problem(polygon, &mut work));
    found.or_else(|| parts_problem(outline, &mut work))
}

fn polygon_problem(polygon: &Polygon<f64>, work: &mut u64) -> Option<Text> {
    let rings = || std::iter::once(polygon.exterior()).chain(polygon.interiors());
    if let Some(found) = rings().find_map(|ring| ring_problem(ring, work)) {
        return Some(found);
    }
    let boxes = polygon.interiors().iter().enumerate().filter_map(|(index, hole)| {
        let rect = hole.bounding_rect()?;
        let (low, high) = (rect.min(), rect.max());
        Some(GeomWithData::new(Rectangle::from_corners([low.x, low.y], [high.x, high.y]), index))
    });
    let holes: RTree<_> = RTree::bulk_load(boxes.collect());
    if holes.size() == 0 {
        return None;
    }
    let solid = |ring: &LineString<f64>| Polygon::new(ring.clone(), vec![]);
    let shell = solid(polygon.exterior());
    let shell = PreparedGeometry::from(&shell);
    for (index, hole) in polygon.interiors().iter().enumerate() {
        let hole = solid(hole);
        *work += (polygon.exterior().0.len() + hole.exterior().0.len()) as u64;
        if *work > MAX_WORK {
            return Some(too_intricate());
        }
        let prepared = PreparedGeometry::from(&hole);
        let matrix = shell.relate(&prepared);
        if !matrix.is_contains() {
            return Some(Text::new("内环不在外环之内", "a hole isn't inside its outer ring"));
        }
        if matrix.get(CoordPos::OnBoundary, CoordPos::OnBoundary) == Dimensions::OneDimensional {
            return Some(Text::new("内环与外环有公共边", "a hole shares a side with its outer ring"));
        }
        let rect = hole.bounding_rect()?;
        let envelope = AABB::from_corners([rect.min().x, rect.min().y], [rect.max().x, rect.max().y]);
        for other in holes.locate_in_envelope_intersecting(&envelope).filter(|other| other.data > index) {
            *work += polygon.interiors()[other.data].0.len() as u64 + hole.exterior().0.len() as u64;
            if *work > MAX_WORK {
                return Some(too_intricate());
            }
            if touch_badly(&prepared, &solid(&polygon.interiors()[other.data])) {
                return Some(Text::new("内环相互重叠", "two holes overlap"));
            }
        }
    }
    None
}

fn ring_problem(ring: &LineString<f64>, work: &mut u64) -> Option<Text> {
    if ring.0.iter().any(|corner| !corner.x.is_finite() || !corner.y.is_finite()) {
        return Some(Text::new("坐标不是数字", "a coordinate is not a number"));
    }
    if ring.0.iter().any(|corner| corner.x.abs() > 180.0 || corner.y.abs() > 90.0) {
        return Some(Text::new("坐标超出范围", "a coordinate is out of range"));
    }
    let mut distinct = ring.0.clone();
    distinct.dedup();
    if distinct.len() < 4 {
        return Some(Text::new("环不足三个不同的点", "a ring has fewer than 3 distinct corners"));
    }
    if Polygon::new(ring.clone(), vec![]).unsigned_area() == 0.0 {
        return Some(Text::new("环的面积为零", "a ring encloses nothing"));
    }
    crosses_itself(&distinct, work)
}

/// Two sides that aren't neighbours meet, or two neighbours run back over each other.
fn crosses_itself(corners: &[Coord<f64>], work: &mut u64) -> Option<Text> {
    let crossing = || Some(Text::new("环自相交", "a ring crosses or touches itself"));
    let count = corners.len() - 1;
    let side = |i: usize| Line::new(corners[i], corners[i + 1]);
    for i in 0..count {
        let (a, b) = (side(i), side((i + 1) % count));
        // A spike: the next side leaves straight back along this one.
        let back = a.dx() * b.dx() + a.dy() * b.dy() < 0.0;
        if back && (a.intersects(&b.end) || b.intersects(&a.start)) {
            return crossing();
        }
    }
    let boxes = (0..count).map(|i| {
        let (a, b) = (corners[i], corners[i + 1]);
        let low = [a.x.min(b.x), a.y.min(b.y)];
        GeomWithData::new(Rectangle::from_corners(low, [a.x.max(b.x), a.y.max(b.y)]), i)
    });
    let tree = RTree::bulk_load(boxes.collect::<Vec<_>>());
    for i in 0..count {
        let (a, b) = (corners[i], corners[i + 1]);
        let envelope = AABB::from_corners([a.x, a.y], [b.x, b.y]);
        for other in tree.locate_in_envelope_intersecting(&envelope) {
            let j = other.data;
            let neighbours = i == j || (i + 1) % count == j || (j + 1) % count == i;
            *work += 1;
            if *work > MAX_WORK {
                return Some(too_intricate());
            }
            if !neighbours && j > i && side(i).intersects(&side(j)) {
                return crossing();
            }
        }
    }
    None
}

fn parts_problem(outline: &MultiPolygon<f64>, work: &mut u64) -> Option<Text> {
    if outline.0.len() < 2 {
        return None;
    }
    let boxes = outline.iter().enumerate().filter_map(|(index, polygon)| {
        let rect = polygon.bounding_rect()?;
        let (low, high) = (rect.min(), rect.max());
        Some(GeomWithData::new(Rectangle::from_corners([low.x, low.y], [high.x, high.y]), index))
    });
    let tree: RTree<_> = RTree::bulk_load(boxes.collect());
    for (index, polygon) in outline.iter().enumerate() {
        let rect = polygon.bounding_rect()?;
        let envelope = AABB::from_corners([rect.min().x, rect.min().y], [rect.max().x, rect.max().y]);
        let mut prepared = None;
        for other in tree.locate_in_envelope_intersecting(&envelope).filter(|other| other.data > index) {
            let second = &outline.0[other.data];
            *work += (second.exterior().0.len() + polygon.exterior().0.len()) as u64;
            if *work > MAX_WORK {
                return Some(too_intricate());
            }
            let first = prepared.get_or_insert_with(|| PreparedGeometry::from(polygon));
            if touch_badly(first, second) {
                return Some(Text::new(
                    "各部分相互重叠或有公共边",
                    "two of its parts overlap or share a side",
                ));
            }
        }
    }
    None
}

/// Whether they share ground, or more than points of their borders.
fn touch_badly<'a>(first: &PreparedGeometry<'a, &'a Polygon<f64>, f64>, second: &Polygon<f64>) -> bool {
    let matrix = first.relate(second);
    matrix.get(CoordPos::Inside, CoordPos::Inside) == Dimensions::TwoDimensional
        || matrix.get(CoordPos::OnBoundary, CoordPos::OnBoundary) == Dimensions::OneDimensional
}

fn too_intricate() -> Text {
    Text::new("图形过于复杂，无法检查", "the outline is too intricate to check")
}

#[cfg(test)]
#[path = "validity_tests.rs"]
mod tests;
