//! Areas on the WGS 84 ellipsoid of outlines whose edges are straight in degrees.
//!
//! A point added in the middle of such an edge changes nothing, so areas add up even where one outline
//! holds more points along a common border than the other. (With geodesic edges they wouldn't: an edge
//! of 1 km cut in two is off by some 10 m².)

use geo::{LineString, MultiPolygon, Polygon};

const SEMI_MINOR_M: f64 = 6_356_752.314_245_179;
const ECCENTRICITY: f64 = 0.081_819_190_842_621_49;

/// Nodes and weights of Gauss and Legendre's three-point rule on 0 to 1.
const RULE: [(f64, f64); 3] =
    [(0.112_701_665_379_258_31, 5.0 / 18.0), (0.5, 4.0 / 9.0), (0.887_298_334_620_741_7, 5.0 / 18.0)];

/// Area between the equator and a latitude for one radian of longitude, m².
fn below(latitude_deg: f64) -> f64 {
    let sin = latitude_deg.to_radians().sin();
    let es = ECCENTRICITY * sin;
    SEMI_MINOR_M * SEMI_MINOR_M / 2.0
        * (sin / (1.0 - es * es) + ((1.0 + es) / (1.0 - es)).ln() / (2.0 * ECCENTRICITY))
}

fn ring_m2(ring: &LineString<f64>) -> f64 {
    let Some(first) = ring.0.first() else { return 0.0 };
    let base = below(first.y);
    let strip = |line: geo::Line<f64>| {
        let mean: f64 =
            RULE.iter().map(|(t, weight)| weight * (below(line.start.y + line.dy() * t) - base)).sum();
        mean * line.dx().to_radians()
    };
    ring.lines().map(strip).sum::<f64>().abs()
}

/// m² of a polygon, its holes taken out.
pub(super) fn polygon_m2(polygon: &Polygon<f64>) -> f64 {
    ring_m2(polygon.exterior()) - polygon.interiors().iter().map(ring_m2).sum::<f64>()
}

/// m² of several polygons.
pub(super) fn multi_m2(polygons: &MultiPolygon<f64>) -> f64 {
    polygons.iter().map(polygon_m2).sum()
}
