//! How every operation is asked.

mod outlets;
mod people;

use serde_json::{Value, json};

use super::Target;

/// A request; `{tile}` stands for a tile with a grid's label, `{village}` for one with a village's.
pub struct Ask {
    pub method: &'static str,
    pub address: String,
    pub body: Option<Value>,
}

/// What of an answer a row is about, where there are several.
#[derive(Clone, Copy)]
pub enum Content {
    All,
    /// The answer in this type of content, which is asked for.
    Type(&'static str),
    /// The same where an address's parameter asks for it: lines, after so many of a head.
    Lines(usize),
    /// One layer of a tile.
    Layer(&'static str),
}

pub struct Case {
    /// As the OpenAPI document has it: method and path, and the type of content where it has several.
    operation: &'static str,
    pub content: Content,
    pub ask: fn(&Target) -> Ask,
    /// It shows figures to whoever may see them.
    pub figures: bool,
    /// It ends a session or changes whoever asks.
    pub alone: bool,
}

impl Case {
    /// The operation, as the test looks for it.
    pub fn asked(&self) -> String {
        self.operation.to_owned()
    }

    /// The row's name.
    pub fn name(&self) -> String {
        match self.content {
            Content::Layer(layer) => format!("{} layer {layer}", self.operation),
            _ => self.operation.to_owned(),
        }
    }

    fn with(mut self, content: Content) -> Self {
        self.content = content;
        self
    }

    fn with_figures(mut self) -> Self {
        self.figures = true;
        self
    }

    fn alone(mut self) -> Self {
        self.alone = true;
        self
    }
}

fn case(operation: &'static str, ask: fn(&Target) -> Ask) -> Case {
    Case { operation, content: Content::All, ask, figures: false, alone: false }
}

fn get(address: String) -> Ask {
    Ask { method: "GET", address, body: None }
}

fn send(method: &'static str, address: String, body: Value) -> Ask {
    Ask { method, address, body: Some(body) }
}

const JSON: Content = Content::Type("application/json");
const GEOJSON: Content = Content::Type("application/geo+json");

/// The operations that anybody may ask, and those around signing in.
fn doors() -> Vec<Case> {
    vec![
        case("GET /healthz", |_| get("/healthz".to_owned())),
        case("GET /readyz", |_| get("/readyz".to_owned())),
        case("GET /metrics", |_| get("/metrics".to_owned())),
        case("GET /openapi.json", |_| get("/openapi.json".to_owned())),
        case("GET /basemap/neighbours.geojson", |_| get("/basemap/neighbours.geojson".to_owned())),
        case("GET /basemap/lakes.geojson", |_| get("/basemap/lakes.geojson".to_owned())),
        case("GET /basemap/rivers.geojson", |_| get("/basemap/rivers.geojson".to_owned())),
        case("GET /basemap/settlements.geojson", |_| get("/basemap/settlements.geojson".to_owned())),
        case("GET /api/v1/sign-in", |_| get("/api/v1/sign-in".to_owned())),
        // There is no provider here.
        case("GET /api/v1/sign-in/oidc", |_| get("/api/v1/sign-in/oidc".to_owned())),
        case("GET /api/v1/sign-in/oidc/callback", |_| get("/api/v1/sign-in/oidc/callback".to_owned())),
        case("GET /api/v1/session", |_| get("/api/v1/session".to_owned())),
        case("DELETE /api/v1/session", |_| send("DELETE", "/api/v1/session".to_owned(), json!({}))).alone(),
        // With a wrong password: the right one is everybody's own.
        case("POST /api/v1/session", |of| {
            let body = json!({"username": format!("nobody-{}", of.job), "password": "wrong"});
            send("POST", "/api/v1/session".to_owned(), body)
        }),
        case("PUT /api/v1/me/password", |_| {
            let body = json!({"current": "wrong", "new": "a-fine-new-password-8"});
            send("PUT", "/api/v1/me/password".to_owned(), body)
        })
        .alone(),
        case("GET /api/v1/me/sessions", |_| get("/api/v1/me/sessions".to_owned())),
        // Nobody's: what is one's own ends, and what isn't can't be told from what isn't there.
        case("DELETE /api/v1/me/sessions/{id}", |_| {
            send("DELETE", format!("/api/v1/me/sessions/{}", uuid::Uuid::nil()), json!({}))
        }),
        case("GET /api/v1/me/tokens", |_| get("/api/v1/me/tokens".to_owned())),
        case("POST /api/v1/me/tokens", |_| {
            send("POST", "/api/v1/me/tokens".to_owned(), json!({"name": "a program", "days": 30}))
        })
        .alone(),
        case("DELETE /api/v1/me/tokens/{id}", |_| {
            send("DELETE", format!("/api/v1/me/tokens/{}", uuid::Uuid::nil()), json!({}))
        }),
        case("GET /api/v1/meta", |_| get("/api/v1/meta".to_owned())),
    ]
}

fn maps() -> Vec<Case> {
    vec![
        case("GET /api/v1/areas/{code}", |of| get(format!("/api/v1/areas/{}", of.banner))).with_figures(),
        case("GET /api/v1/areas/{code}/children", |of| get(format!("/api/v1/areas/{}/children", of.banner)))
            .with_figures(),
        case("GET /api/v1/areas/{code}/figures", |of| get(format!("/api/v1/areas/{}/figures", of.banner)))
            .with_figures(),
        case("GET /api/v1/areas/{code}/grids as application/json", |of| {
            get(format!("/api/v1/areas/{}/grids", of.banner))
        })
        .with(JSON)
        .with_figures(),
        case("GET /api/v1/areas/{code}/grids as application/geo+json", |of| {
            get(format!("/api/v1/areas/{}/grids", of.banner))
        })
        .with(GEOJSON)
        .with_figures(),
        case("GET /api/v1/grids/{code}", |of| get(format!("/api/v1/grids/{}", of.grid))).with_figures(),
        case("GET /api/v1/comparison", |of| {
            get(format!("/api/v1/comparison?by=area_type&area={}", of.banner))
        })
        .with_figures(),
        case("GET /api/v1/search", |of| get(format!("/api/v1/search?q={}", of.grid))),
        case("GET /api/v1/locate", |of| {
            let (lon, lat) = crate::access_scopes::world::point(&of.village, false);
            get(format!("/api/v1/locate?lon={lon}&lat={lat}"))
        }),
        case("GET /api/v1/tiles/areas/{z}/{x}/{y}", |_| get("/api/v1/tiles/areas/{village}".to_owned()))
            .with(Content::Layer("areas")),
        case("GET /api/v1/tiles/areas/{z}/{x}/{y}", |_| get("/api/v1/tiles/areas/{village}".to_owned()))
            .with(Content::Layer("area_labels")),
        case("GET /api/v1/tiles/units/{z}/{x}/{y}", |_| get("/api/v1/tiles/units/{tile}".to_owned()))
            .with(Content::Layer("units"))
            .with_figures(),
        case("GET /api/v1/tiles/grids/{z}/{x}/{y}", |_| get("/api/v1/tiles/grids/{tile}".to_owned()))
            .with(Content::Layer("grids"))
            .with_figures(),
        case("GET /api/v1/tiles/grids/{z}/{x}/{y}", |_| get("/api/v1/tiles/grids/{tile}".to_owned()))
            .with(Content::Layer("grid_labels"))
            .with_figures(),
        case("GET /api/v1/tiles/plans/{id}/{z}/{x}/{y}", |of| {
            get(format!("/api/v1/tiles/plans/{}/{{tile}}", of.draft))
        })
        .with(Content::Layer("grids"))
        .with_figures(),
    ]
}

fn plans() -> Vec<Case> {
    vec![
        case("GET /api/v1/policy", |of| get(format!("/api/v1/policy?area={}", of.banner))),
        case("GET /api/v1/areas/{code}/plans", |of| get(format!("/api/v1/areas/{}/plans", of.banner))),
        case("POST /api/v1/areas/{code}/plans", |of| {
            send("POST", format!("/api/v1/areas/{}/plans", of.banner), json!({"seed": 1}))
        }),
        case("GET /api/v1/plans/{id}", |of| get(format!("/api/v1/plans/{}", of.published))),
        // A version that isn't the draft's: whoever may change it is told so, and nothing is changed.
        case("POST /api/v1/plans/{id}/moves", |of| {
            let moves = json!([{"units": ["a"]}]);
            let body = json!({"version": 0, "village": format!("{}100200", of.banner), "moves": moves});
            send("POST", format!("/api/v1/plans/{}/moves", of.draft), body)
        }),
        case("POST /api/v1/plans/{id}/redivision", |of| {
            let body = json!({"version": 0, "village": format!("{}100200", of.banner)});
            send("POST", format!("/api/v1/plans/{}/redivision", of.draft), body)
        }),
        case("POST /api/v1/plans/{id}/undo", |of| {
            send("POST", format!("/api/v1/plans/{}/undo", of.draft), json!({"version": 0}))
        }),
        case("PUT /api/v1/plans/{id}/givens", |of| {
            send("PUT", format!("/api/v1/plans/{}/givens", of.draft), json!({"version": 0, "givens": {}}))
        }),
        case("DELETE /api/v1/plans/{id}", |of| {
            send("DELETE", format!("/api/v1/plans/{}", of.draft), json!({}))
        }),
        case("POST /api/v1/plans/{id}/publication", |of| {
            let address = format!("/api/v1/plans/{}/publication", of.draft_to_publish);
            send("POST", address, json!({"valid_from": "2027-06-01"}))
        }),
        case("POST /api/v1/areas/{code}/imports/{what}", |of| {
            send("POST", format!("/api/v1/areas/{}/imports/units?name=units.csv", of.banner), json!({}))
        }),
        case("GET /api/v1/jobs", |of| get(format!("/api/v1/jobs?area={}", of.banner))),
        case("GET /api/v1/jobs/{id}", |of| get(format!("/api/v1/jobs/{}", of.job))),
        case("POST /api/v1/jobs/{id}/cancellation", |of| {
            send("POST", format!("/api/v1/jobs/{}/cancellation", of.job), json!({}))
        }),
    ]
}

fn accounts() -> Vec<Case> {
    vec![
        case("GET /api/v1/accounts", |of| get(format!("/api/v1/accounts?area={}", of.banner))),
        case("POST /api/v1/accounts", |of| {
            let body = json!({"username": format!("new-{}", of.job), "name": "x", "area": of.banner});
            send("POST", "/api/v1/accounts".to_owned(), body)
        }),
        case("GET /api/v1/accounts/{username}", |of| get(format!("/api/v1/accounts/{}", of.account))),
        case("PATCH /api/v1/accounts/{username}", |of| {
            send("PATCH", format!("/api/v1/accounts/{}", of.account), json!({"name": "y"}))
        }),
        case("POST /api/v1/accounts/{username}/password-reset", |of| {
            send("POST", format!("/api/v1/accounts/{}/password-reset", of.account), json!({}))
        }),
        case("POST /api/v1/accounts/{username}/unlock", |of| {
            send("POST", format!("/api/v1/accounts/{}/unlock", of.account), json!({}))
        }),
        case("POST /api/v1/accounts/{username}/grants", |of| {
            let body = json!({"role": "analyst", "area": of.banner, "from": "2026-11-01"});
            send("POST", format!("/api/v1/accounts/{}/grants", of.account), body)
        }),
        case("PATCH /api/v1/accounts/{username}/grants/{id}", |of| {
            let address = format!("/api/v1/accounts/{}/grants/{}", of.account, of.grant);
            send("PATCH", address, json!({"until": "2027-01-01"}))
        }),
        case("DELETE /api/v1/accounts/{username}/grants/{id}", |of| {
            send("DELETE", format!("/api/v1/accounts/{}/grants/{}", of.account, of.grant), json!({}))
        }),
    ]
}

/// One for every row.
pub fn cases() -> Vec<Case> {
    // Drafts are discarded last, after their tiles.
    [
        doors(),
        maps(),
        plans(),
        people::people(),
        people::pay(),
        outlets::outlets(),
        outlets::serving(),
        accounts(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
