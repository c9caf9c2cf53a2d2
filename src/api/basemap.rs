//! The quiet basemap from `geodata/`, embedded: outlines of neighbours, lakes, rivers, settlements.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use super::AppState;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route(
            "/basemap/neighbours.geojson",
            get(async || file(include_str!("../../geodata/neighbours.geojson"))),
        )
        .route("/basemap/lakes.geojson", get(async || file(include_str!("../../geodata/lakes.geojson"))))
        .route("/basemap/rivers.geojson", get(async || file(include_str!("../../geodata/rivers.geojson"))))
        .route("/basemap/settlements.geojson", get(async || file(settlements())))
}

fn file(text: impl Into<std::borrow::Cow<'static, str>>) -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "application/geo+json"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, text.into())
}

#[derive(Deserialize)]
pub(super) struct Settlement {
    pub name: String,
    pub name_zh: String,
    pub lon: f64,
    pub lat: f64,
    pub population: Option<u64>,
}

/// GeoNames' settlements (CC BY 4.0).
pub(super) fn settlement_rows() -> Vec<Settlement> {
    csv::Reader::from_reader(include_str!("../../geodata/settlements.csv").as_bytes())
        .into_deserialize()
        .filter_map(Result::ok)
        .collect()
}

fn settlements() -> String {
    let features: Vec<_> = settlement_rows()
        .into_iter()
        .map(|place| {
            json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]},
                "properties": {"name": place.name, "name_zh": place.name_zh, "population": place.population}})
        })
        .collect();
    json!({"type": "FeatureCollection", "features": features}).to_string()
}
