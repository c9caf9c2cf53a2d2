//! Outlets, what they offer, and who is served from where.

use serde_json::json;

use super::*;

pub fn outlets() -> Vec<Case> {
    vec![
        case("GET /api/v1/areas/{code}/outlets", |of| get(format!("/api/v1/areas/{}/outlets", of.banner))),
        case("POST /api/v1/areas/{code}/outlets", |of| {
            let point = crate::access_scopes::world::point(&of.village, false);
            let body = json!({"name": "示例站", "kind": "station", "point": point});
            send("POST", format!("/api/v1/areas/{}/outlets", of.village), body)
        }),
        case("GET /api/v1/outlets/{id}", |of| get(format!("/api/v1/outlets/{}", of.outlet))),
        case("PATCH /api/v1/outlets/{id}", |of| {
            send("PATCH", format!("/api/v1/outlets/{}", of.outlet), json!({"windows": 3}))
        }),
        case("PUT /api/v1/outlets/{id}/offers/{item}", |of| {
            let body = json!({"authority": "旗政府", "since": "2026-11-01"});
            send("PUT", format!("/api/v1/outlets/{}/offers/D001", of.outlet), body)
        }),
        case("DELETE /api/v1/outlets/{id}/offers/{item}", |of| {
            send("DELETE", format!("/api/v1/outlets/{}/offers/D002", of.outlet), json!({}))
        }),
        case("GET /api/v1/areas/{code}/outlets.csv", |of| {
            get(format!("/api/v1/areas/{}/outlets.csv", of.banner))
        })
        .with(Content::Lines(1)),
        case("GET /api/v1/areas/{code}/outlets.xlsx", |of| {
            get(format!("/api/v1/areas/{}/outlets.xlsx", of.banner))
        }),
        case("GET /api/v1/areas/{code}/outlets.geojson", |of| {
            get(format!("/api/v1/areas/{}/outlets.geojson", of.banner))
        }),
        case("GET /api/v1/services", |_| get("/api/v1/services".to_owned())),
    ]
}

/// Who is served from where.
pub fn serving() -> Vec<Case> {
    vec![
        case("GET /api/v1/at", |of| {
            let (lon, lat) = crate::access_scopes::world::point(&of.village, false);
            get(format!("/api/v1/at?lon={lon}&lat={lat}"))
        }),
        case("GET /api/v1/areas/{code}/reach", |of| get(format!("/api/v1/areas/{}/reach", of.banner))),
        case("POST /api/v1/areas/{code}/reach", |of| {
            send("POST", format!("/api/v1/areas/{}/reach", of.banner), json!({"add": []}))
        }),
        case("GET /api/v1/areas/{code}/coverage", |of| get(format!("/api/v1/areas/{}/coverage", of.banner)))
            .with_figures(),
        case("GET /api/v1/areas/{code}/links", |of| get(format!("/api/v1/areas/{}/links", of.banner))),
        case("GET /api/v1/areas/{code}/roads", |of| get(format!("/api/v1/areas/{}/roads", of.banner))),
        case("DELETE /api/v1/areas/{code}/roads", |of| {
            send("DELETE", format!("/api/v1/areas/{}/roads", of.banner), json!({}))
        }),
        case("POST /api/v1/areas/{code}/links", |of| {
            send("POST", format!("/api/v1/areas/{}/links", of.banner), json!({}))
        }),
        case("PUT /api/v1/grids/{code}/links/{kind}", |of| {
            let body = json!({"outlet": of.outlet, "reason": "a good reason"});
            send("PUT", format!("/api/v1/grids/{}/links/station", of.grid), body)
        }),
        case("DELETE /api/v1/grids/{code}/links/{kind}", |of| {
            send("DELETE", format!("/api/v1/grids/{}/links/station", of.grid), json!({}))
        }),
        case("POST /api/v1/areas/{code}/placements", |of| {
            let body = json!({"goal": "count", "count": 1, "kind": "station", "within_min": 30});
            send("POST", format!("/api/v1/areas/{}/placements", of.banner), body)
        }),
        case("GET /api/v1/areas/{code}/placements", |of| {
            get(format!("/api/v1/areas/{}/placements", of.banner))
        }),
        case("GET /api/v1/placements/{id}", |of| get(format!("/api/v1/placements/{}", of.placement))),
        case("POST /api/v1/placements/{id}/acceptance", |of| {
            send("POST", format!("/api/v1/placements/{}/acceptance", of.placement), json!({"sites": [0]}))
        }),
        case("GET /api/v1/areas/{code}/checklist", |of| {
            get(format!("/api/v1/areas/{}/checklist", of.banner))
        }),
        case("PUT /api/v1/areas/{code}/organs", |of| {
            let township = &of.village[..9];
            send("PUT", format!("/api/v1/areas/{township}/organs"), json!({"organs": 5, "institutions": 2}))
        }),
    ]
}
