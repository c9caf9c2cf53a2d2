use std::collections::{BTreeMap, HashMap};

use geo::{Area as _, BooleanOps, BoundingRect, MultiPolygon, Polygon, Rect};
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use super::{Findings, guard::guarded};
use crate::domain::{Area, Code, Finding, FindingKind};

/// Ground that two outlines may share, or one may leave its parent by, before it is told.
pub(super) const TOLERANCE_M2: f64 = 1.0;

/// Looks at areas together, each with the row it came from: codes that stand twice, parents that are
/// neither among them nor known, ground outside the parent, and siblings that overlap.
///
/// `known` gives the outline of an area that is there already. What isn't in the file and overlaps with
/// the file's areas is not looked for.
pub fn check_areas(
    areas: &[(u64, Area)],
    known: &dyn Fn(&Code) -> Option<MultiPolygon<f64>>,
) -> Vec<Finding> {
    let mut findings = Findings::default();
    let mut first: HashMap<&Code, usize> = HashMap::with_capacity(areas.len());
    let mut siblings: BTreeMap<Option<Code>, Vec<usize>> = BTreeMap::new();
    for (index, (row, area)) in areas.iter().enumerate() {
        if let Some(before) = first.get(&area.code) {
            let first_row = areas[*before].0;
            findings.row(*row, Some(area.code.as_str()), FindingKind::DuplicateCode { first_row });
            continue;
        }
        first.insert(&area.code, index);
        siblings.entry(area.code.parent()).or_default().push(index);
    }
    for (parent, children) in &siblings {
        if let Some(parent) = parent {
            let held;
            let outline = match first.get(parent) {
                Some(index) => Some(&areas[*index].1.outline),
                None => {
                    held = known(parent);
                    held.as_ref()
                }
            };
            for (row, area) in children.iter().map(|index| &areas[*index]) {
                let kind = match outline {
                    Some(outline) => outside(parent, &area.outline, outline),
                    None => Some(FindingKind::NoParent { parent: parent.to_string() }),
                };
                if let Some(kind) = kind {
                    findings.row(*row, Some(area.code.as_str()), kind);
                }
            }
        }
        let outlines: Vec<&MultiPolygon<f64>> =
            children.iter().map(|index| &areas[*index].1.outline).collect();
        for (a, b, overlap_m2) in overlaps(&outlines) {
            let ((_, one), (row, other)) = (&areas[children[a]], &areas[children[b]]);
            let kind = FindingKind::Overlap { other: one.code.to_string(), overlap_m2 };
            findings.row(*row, Some(other.code.as_str()), kind);
        }
    }
    findings.into_vec()
}

/// How much of `outline` lies outside `parent`, if that is worth telling.
pub(super) fn outside(
    parent: &Code,
    outline: &MultiPolygon<f64>,
    parent_outline: &MultiPolygon<f64>,
) -> Option<FindingKind> {
    match guarded(|| flat_area_m2(&outline.difference(parent_outline))) {
        Ok(outside) if outside > TOLERANCE_M2 => {
            Some(FindingKind::OutsideParent { parent: parent.to_string(), outside_m2: outside.ceil() as u64 })
        }
        Ok(_) => None,
        Err(why) => Some(FindingKind::InvalidRing { why }),
    }
}

/// Pairs that share ground: the first's index, the second's, and how many square metres.
pub(super) fn overlaps(outlines: &[&MultiPolygon<f64>]) -> Vec<(usize, usize, u64)> {
    let boxes = outlines.iter().enumerate().filter_map(|(index, outline)| {
        outline.bounding_rect().map(|rect| GeomWithData::new(rectangle(rect), index))
    });
    let tree = RTree::bulk_load(boxes.collect::<Vec<_>>());
    let mut found = Vec::new();
    for (index, outline) in outlines.iter().enumerate() {
        let Some(rect) = outline.bounding_rect() else { continue };
        let mut near: Vec<usize> = tree
            .locate_in_envelope_intersecting(&envelope(rect))
            .map(|other| other.data)
            .filter(|other| *other > index)
            .collect();
        near.sort_unstable();
        for other in near {
            let shared = guarded(|| flat_area_m2(&outline.intersection(outlines[other])));
            match shared {
                Ok(shared) if shared > TOLERANCE_M2 => found.push((index, other, shared.ceil() as u64)),
                _ => {}
            }
        }
    }
    found
}

pub(super) fn rectangle(rect: Rect<f64>) -> Rectangle<[f64; 2]> {
    Rectangle::from_corners([rect.min().x, rect.min().y], [rect.max().x, rect.max().y])
}

pub(super) fn envelope(rect: Rect<f64>) -> AABB<[f64; 2]> {
    AABB::from_corners([rect.min().x, rect.min().y], [rect.max().x, rect.max().y])
}

/// Area in m² of what two outlines share or differ by, where sides are straight in degrees, as the
/// outlines were compared. (Between geodesics a strip without any width would have an area: a side of
/// 1 km bows by 2 cm.) Good to a thousandth.
///
/// Pieces thinner than 2 cm are left out: coordinates with seven decimals are rounded by as much, so
/// that two borders with different corners on one line never quite meet.
pub(super) fn flat_area_m2(polygons: &MultiPolygon<f64>) -> f64 {
    polygons.iter().map(flat_polygon_m2).sum()
}

fn flat_polygon_m2(polygon: &Polygon<f64>) -> f64 {
    const AXIS_M: f64 = 6_378_137.0;
    const ECCENTRICITY_2: f64 = 0.006_694_380_022_9;
    const THINNEST_M: f64 = 0.02;
    let Some(rect) = polygon.bounding_rect() else { return 0.0 };
    let phi = rect.center().y.to_radians();
    let w2 = 1.0 - ECCENTRICITY_2 * phi.sin() * phi.sin();
    let along = (AXIS_M * (1.0 - ECCENTRICITY_2) / (w2 * w2.sqrt())).to_radians();
    let across = (AXIS_M / w2.sqrt() * phi.cos()).to_radians();
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    let length_m: f64 =
        rings.flat_map(|ring| ring.lines()).map(|line| (line.dx() * across).hypot(line.dy() * along)).sum();
    let area_m2 = polygon.unsigned_area() * along * across;
    if area_m2 < length_m / 2.0 * THINNEST_M { 0.0 } else { area_m2 }
}
