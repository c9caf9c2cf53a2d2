use geo::{
    Area, BoundingRect, Contains, Coord, CoordinatePosition, LineString, MultiPolygon, Polygon,
    coordinate_position::CoordPos,
};

/// Most pairs of rings that are looked at; beyond, the rings stay as they came.
const MAX_PAIRS: usize = 4_000_000;

/// Gives each hole to the ring around it. A shapefile keeps its rings in any order, and some programs
/// turn all of them one way; geozero takes a hole for one of the outer ring before it. A ring that
/// lies in no other is an outer ring, whichever way it runs.
pub(super) fn regroup(polygons: MultiPolygon<f64>) -> MultiPolygon<f64> {
    // geozero takes the first ring of all for an outer one, even when it runs the way of a hole.
    let reversed = polygons.0.len() > 1 && polygons.iter().any(runs_as_hole);
    let holes: usize = polygons.iter().map(|polygon| polygon.interiors().len() + usize::from(reversed)).sum();
    if holes == 0 || holes.saturating_mul(holes + polygons.0.len()) > MAX_PAIRS {
        return polygons;
    }
    if !reversed && well_grouped(&polygons) {
        return polygons;
    }
    let mut outer = Vec::new();
    let mut inner = Vec::new();
    for polygon in polygons {
        let (exterior, interiors) = polygon.into_inner();
        let exterior = solid(exterior);
        if reversed && runs_as_hole(&exterior) {
            inner.push(exterior)
        } else {
            outer.push(exterior)
        }
        inner.extend(interiors.into_iter().map(solid));
    }
    // What lies in nothing at all becomes an outer ring first, so that other holes can lie in it.
    let alone: Vec<bool> = inner
        .iter()
        .enumerate()
        .map(|(index, hole)| {
            let others =
                inner.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| other);
            !outer.iter().chain(others).any(|around| surrounds(around, hole))
        })
        .collect();
    let mut left = Vec::new();
    for (ring, alone) in inner.into_iter().zip(alone) {
        if alone { outer.push(ring) } else { left.push(ring) }
    }
    let mut holes_of: Vec<Vec<LineString<f64>>> = vec![Vec::new(); outer.len()];
    for hole in left {
        let around = outer.iter().enumerate().filter(|(_, ring)| surrounds(ring, &hole));
        let smallest = around.min_by(|a, b| a.1.unsigned_area().total_cmp(&b.1.unsigned_area()));
        let home = smallest.map_or(0, |(index, _)| index);
        if let Some(holes) = holes_of.get_mut(home) {
            holes.push(hole.into_inner().0);
        }
    }
    let whole = outer.into_iter().zip(holes_of);
    MultiPolygon(whole.map(|(ring, holes)| Polygon::new(ring.into_inner().0, holes)).collect())
}

fn well_grouped(polygons: &MultiPolygon<f64>) -> bool {
    polygons.iter().all(|polygon| {
        let around = solid(polygon.exterior().clone());
        polygon.interiors().iter().all(|hole| surrounds(&around, &solid(hole.clone())))
    })
}

fn runs_as_hole(polygon: &Polygon<f64>) -> bool {
    solid(polygon.exterior().clone()).signed_area() > 0.0
}

fn solid(ring: LineString<f64>) -> Polygon<f64> {
    Polygon::new(ring, Vec::new())
}

/// Whether the second ring lies in the first, told by its first corner that isn't on the border.
fn surrounds(around: &Polygon<f64>, ring: &Polygon<f64>) -> bool {
    let boxes = around.bounding_rect().zip(ring.bounding_rect());
    if !boxes.is_some_and(|(outer, inner)| outer.contains(&inner) || outer == inner) {
        return false;
    }
    let place = |corner: &Coord<f64>| match around.coordinate_position(corner) {
        CoordPos::OnBoundary => None,
        place => Some(place == CoordPos::Inside),
    };
    ring.exterior().0.iter().take(16).find_map(place).unwrap_or(false)
}
