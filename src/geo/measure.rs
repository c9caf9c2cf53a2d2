//! Geodesic measures on WGS 84 (CGCS2000 differs by less than 0.1 mm), in metres and square metres.
//!
//! An edge between two vertices is the geodesic. A straight edge of 1 km in degrees bows away from it
//! by up to 2 cm, so an area is only additive over outlines that share their vertices: compare the
//! sum of a village's pieces with [`super::cells::outline`], which holds the cut points, and not with
//! the outline as it was before the cut.

use geo::{
    Area, Coord, Distance, Euclidean, Geodesic, GeodesicArea, Haversine, Length, MultiPolygon, Point, Polygon,
};

use super::planar::M_PER_DEG;

/// Area of a polygon in m², holes taken out; whichever way its rings run.
pub fn area_m2(polygon: &Polygon<f64>) -> f64 {
    let ring =
        |line: &geo::LineString<f64>| Polygon::new(line.clone(), Vec::new()).geodesic_area_signed().abs();
    ring(polygon.exterior()) - polygon.interiors().iter().map(ring).sum::<f64>()
}

/// Area of several polygons in m².
pub fn multi_area_m2(polygons: &MultiPolygon<f64>) -> f64 {
    polygons.iter().map(area_m2).sum()
}

/// Length of a polygon's outline in m, its holes' outlines included.
pub fn perimeter_m(polygon: &Polygon<f64>) -> f64 {
    std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(|ring| Geodesic.length(ring)).sum()
}

/// Length of the outlines of several polygons in m.
pub fn multi_perimeter_m(polygons: &MultiPolygon<f64>) -> f64 {
    polygons.iter().map(perimeter_m).sum()
}

/// Geodesic distance in m; exact to the millimetre.
pub fn distance_m(from: Coord<f64>, to: Coord<f64>) -> f64 {
    Geodesic.distance(Point::from(from), Point::from(to))
}

/// Great-circle distance in m: within 0.5 % of [`distance_m`] and several times faster. For
/// comparing neighbours, and for travel estimates that are rougher than this anyway.
pub fn near_distance_m(from: Coord<f64>, to: Coord<f64>) -> f64 {
    Haversine.distance(Point::from(from), Point::from(to))
}

/// Polsby–Popper compactness 4πA/P², 0 to 1 (a circle); 0 for nothing.
pub fn compactness(polygons: &MultiPolygon<f64>) -> f64 {
    let perimeter = multi_perimeter_m(polygons);
    if perimeter <= 0.0 {
        return 0.0;
    }
    4.0 * std::f64::consts::PI * multi_area_m2(polygons) / (perimeter * perimeter)
}

/// Area in m² of a small polygon as the plane sees it: degrees scaled at its own latitude. Good to
/// some parts in a thousand and very cheap; for telling slivers from pieces, never for figures.
pub(super) fn rough_area_m2(polygon: &Polygon<f64>) -> f64 {
    let latitude = polygon.exterior().0.first().map_or(0.0, |point| point.y);
    polygon.unsigned_area() * M_PER_DEG * M_PER_DEG * latitude.to_radians().cos()
}

/// Length in m of a short segment, degrees scaled at its own latitude.
pub(super) fn short_length_m(a: Coord<f64>, b: Coord<f64>) -> f64 {
    let scale = ((a.y + b.y) / 2.0).to_radians().cos();
    let (from, to) = (Point::new(a.x * scale, a.y), Point::new(b.x * scale, b.y));
    Euclidean.distance(from, to) * M_PER_DEG
}

#[cfg(test)]
mod tests {
    use geo::polygon;

    use super::*;

    #[test]
    fn areas_are_geodesic_whichever_way_the_rings_run() {
        // One degree by one degree at 40–41° N; pyproj's Geod gives 9.4268e9 m².
        let square = polygon![(x: 110., y: 40.), (x: 111., y: 40.), (x: 111., y: 41.), (x: 110., y: 41.)];
        let area = area_m2(&square);
        assert!((area / 9.4268e9 - 1.0).abs() < 2e-3, "{area}");
        let mut turned = square.clone();
        turned.exterior_mut(|ring| ring.0.reverse());
        assert!((area_m2(&turned) - area).abs() < 1.0);
        let rough = rough_area_m2(&square);
        assert!((rough / area - 1.0).abs() < 0.02, "{rough}");
    }

    #[test]
    fn distances_agree_and_compactness_knows_a_square() {
        let (a, b) = (Coord { x: 110.0, y: 40.0 }, Coord { x: 110.01, y: 40.005 });
        let exact = distance_m(a, b);
        assert!((near_distance_m(a, b) / exact - 1.0).abs() < 5e-3);
        assert!((short_length_m(a, b) / exact - 1.0).abs() < 5e-3);
        let side = 0.01;
        let wide = side / 40f64.to_radians().cos();
        let square = polygon![(x: 110., y: 40.), (x: 110. + wide, y: 40.), (x: 110. + wide, y: 40. + side), (x: 110., y: 40. + side)];
        let value = compactness(&MultiPolygon(vec![square]));
        assert!((value - std::f64::consts::FRAC_PI_4).abs() < 0.005, "{value}");
        assert_eq!(compactness(&MultiPolygon(Vec::new())), 0.0);
    }
}
