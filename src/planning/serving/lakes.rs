use std::sync::LazyLock;

use geo::{BoundingRect, Coord, Intersects, LineString, MultiPolygon, Polygon, Rect};
use serde_json::Value;

/// The embedded lakes (`geodata/`), each with its box.
static LAKES: LazyLock<Vec<(Rect<f64>, MultiPolygon<f64>)>> = LazyLock::new(|| {
    let text = include_str!("../../../geodata/lakes.geojson");
    let file: Value = serde_json::from_str(text).unwrap_or_default();
    let lake = |feature: &Value| {
        let polygons = feature["geometry"]["coordinates"].as_array()?.iter().filter_map(polygon);
        let lake = MultiPolygon::new(polygons.collect());
        Some((lake.bounding_rect()?, lake))
    };
    file["features"].as_array().into_iter().flatten().filter_map(lake).collect()
});

fn polygon(rings: &Value) -> Option<Polygon<f64>> {
    let mut rings = rings.as_array()?.iter().map(|ring| {
        let points = ring.as_array().into_iter().flatten();
        LineString::from_iter(points.filter_map(|point| Some((point[0].as_f64()?, point[1].as_f64()?))))
    });
    Some(Polygon::new(rings.next()?, rings.collect()))
}

/// The lakes that touch a box.
pub(super) fn within(bounds: Rect<f64>) -> Vec<&'static (Rect<f64>, MultiPolygon<f64>)> {
    LAKES.iter().filter(|(rect, _)| rect.intersects(&bounds)).collect()
}

/// Whether a point lies in one of them.
pub(super) fn hold(lakes: &[&(Rect<f64>, MultiPolygon<f64>)], point: Coord<f64>) -> bool {
    lakes.iter().any(|(rect, lake)| rect.intersects(&point) && lake.intersects(&point))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hulun_lake_is_one_and_the_steppe_is_none() {
        let all: Vec<_> = LAKES.iter().collect();
        assert!(all.len() > 5, "{}", all.len());
        assert!(hold(&all, Coord { x: 117.4, y: 48.9 }));
        assert!(!hold(&all, Coord { x: 116.97, y: 45.51 }));
    }
}
