//! How every operation is asked.

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

fn people() -> Vec<Case> {
    vec![
        case("GET /api/v1/areas/{code}/workers", |of| get(format!("/api/v1/areas/{}/workers", of.banner))),
        case("POST /api/v1/areas/{code}/workers", |of| {
            let body = json!({"name": "赵一", "employment": "part_time"});
            send("POST", format!("/api/v1/areas/{}/workers", of.village), body)
        }),
        case("GET /api/v1/areas/{code}/posts", |of| get(format!("/api/v1/areas/{}/posts", of.banner))),
        case("PUT /api/v1/areas/{code}/ceilings/{kind}", |of| {
            let body = json!({"count": 900, "from": "2026-01-01", "reason": "a good reason"});
            send("PUT", format!("/api/v1/areas/{}/ceilings/lead", of.banner), body)
        }),
        case("PUT /api/v1/areas/{code}/posts/{kind}", |of| {
            let body = json!({"count": 9, "from": "2026-01-01", "reason": "a good reason"});
            send("PUT", format!("/api/v1/areas/{}/posts/lead", of.banner), body)
        }),
        case("POST /api/v1/areas/{code}/post-moves", |of| {
            let body = json!({"to": &of.village[..9], "kind": "lead", "count": 1, "from": "2026-02-01", "reason": "a good reason"});
            send("POST", format!("/api/v1/areas/{}/post-moves", of.banner), body)
        }),
        case("GET /api/v1/areas/{code}/post-moves", |of| {
            get(format!("/api/v1/areas/{}/post-moves", of.banner))
        }),
        case("GET /api/v1/areas/{code}/assignments", |of| {
            get(format!("/api/v1/areas/{}/assignments?on=2027-01-15", of.banner))
        }),
        case("GET /api/v1/areas/{code}/vacancies", |of| {
            get(format!("/api/v1/areas/{}/vacancies", of.banner))
        })
        .with_figures(),
        case("POST /api/v1/grids/{code}/assignments", |of| {
            let body = json!({"worker": of.worker, "role": "worker", "from": "2026-11-23"});
            send("POST", format!("/api/v1/grids/{}/assignments", of.grid), body)
        }),
        case("PATCH /api/v1/assignments/{id}", |of| {
            let address = format!("/api/v1/assignments/{}", of.assignment);
            send("PATCH", address, json!({"until": "2027-06-01"}))
        }),
        case("DELETE /api/v1/assignments/{id}", |of| {
            send("DELETE", format!("/api/v1/assignments/{}", of.assignment), json!({}))
        }),
        case("POST /api/v1/areas/{code}/assignments/effect", |of| {
            let body = json!({"grid": of.grid, "worker": of.worker});
            send("POST", format!("/api/v1/areas/{}/assignments/effect", of.banner), body)
        }),
        case("POST /api/v1/areas/{code}/proposals", |of| {
            send("POST", format!("/api/v1/areas/{}/proposals", of.banner), json!({}))
        }),
        case("GET /api/v1/areas/{code}/proposals", |of| {
            get(format!("/api/v1/areas/{}/proposals", of.banner))
        }),
        case("GET /api/v1/proposals/{id}", |of| get(format!("/api/v1/proposals/{}", of.proposal))),
        case("POST /api/v1/proposals/{id}/acceptance", |of| {
            let address = format!("/api/v1/proposals/{}/acceptance", of.proposal);
            send("POST", address, json!({"from": "2026-12-01"}))
        }),
        case("DELETE /api/v1/proposals/{id}", |of| {
            send("DELETE", format!("/api/v1/proposals/{}", of.proposal), json!({}))
        }),
        case("GET /api/v1/areas/{code}/workers.xlsx", |of| {
            get(format!("/api/v1/areas/{}/workers.xlsx", of.banner))
        }),
        case("PATCH /api/v1/areas/{code}", |of| {
            send("PATCH", format!("/api/v1/areas/{}", of.village), json!({"language": "mn"}))
        }),
        case("GET /api/v1/me/territory", |_| get("/api/v1/me/territory".to_owned())),
        case("GET /api/v1/workers/{id}/history", |of| get(format!("/api/v1/workers/{}/history", of.worker))),
        case("GET /api/v1/workers/{id}", |of| get(format!("/api/v1/workers/{}", of.worker))),
        case("PATCH /api/v1/workers/{id}", |of| {
            send("PATCH", format!("/api/v1/workers/{}", of.worker), json!({"status": "on_leave"}))
        }),
        case("POST /api/v1/workers/{id}/reveal", |of| {
            send("POST", format!("/api/v1/workers/{}/reveal", of.worker), json!({"reason": "a good reason"}))
        }),
        case("GET /api/v1/audit", |of| get(format!("/api/v1/audit?area={}", of.banner))),
        case("GET /api/v1/audit/export as text/csv", |of| {
            get(format!("/api/v1/audit/export?format=csv&area={}", of.banner))
        })
        .with(Content::Lines(1)),
        case("GET /api/v1/audit/export as application/x-ndjson", |of| {
            get(format!("/api/v1/audit/export?format=ndjson&area={}", of.banner))
        })
        .with(Content::Lines(0)),
        // The whole chain, of which it says no more than whether it holds.
        case("GET /api/v1/audit/chain", |_| get("/api/v1/audit/chain".to_owned())),
    ]
}

fn outlets() -> Vec<Case> {
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
fn serving() -> Vec<Case> {
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

fn pay() -> Vec<Case> {
    vec![
        case("GET /api/v1/areas/{code}/pay-rules", |of| {
            get(format!("/api/v1/areas/{}/pay-rules", of.banner))
        }),
        case("POST /api/v1/areas/{code}/pay-rules", |of| {
            let text = crate::pay::RULES.replace("demo-2026-1", &of.job.to_string());
            send("POST", format!("/api/v1/areas/{}/pay-rules", of.banner), json!({"text": text}))
        }),
        case("GET /api/v1/pay-rules/{id}", |of| get(format!("/api/v1/pay-rules/{}", of.rules))),
        case("POST /api/v1/pay-rules/check", |_| {
            send("POST", "/api/v1/pay-rules/check".to_owned(), json!({"text": crate::pay::RULES}))
        }),
        case("GET /api/v1/areas/{code}/duty", |of| {
            get(format!("/api/v1/areas/{}/duty?month=2026-10", of.banner))
        }),
        case("PUT /api/v1/areas/{code}/duty", |of| {
            let row = json!({"worker": of.worker, "duty_days": 20, "expected_days": 22, "score": 80});
            let body = json!({"month": "2026-10", "rows": [row]});
            send("PUT", format!("/api/v1/areas/{}/duty", of.banner), body)
        }),
        // No such table: findings, to whoever may send one.
        case("POST /api/v1/areas/{code}/duty.csv", |of| {
            send("POST", format!("/api/v1/areas/{}/duty.csv?month=2026-10", of.banner), json!({}))
        }),
        case("POST /api/v1/workers/{id}/adjustments", |of| {
            let body = json!({"about_month": "2026-08", "pay_month": "2026-12", "amount_fen": 500,
                              "reason": "少发一天"});
            send("POST", format!("/api/v1/workers/{}/adjustments", of.worker), body)
        }),
        case("GET /api/v1/areas/{code}/adjustments", |of| {
            get(format!("/api/v1/areas/{}/adjustments", of.banner))
        }),
        case("GET /api/v1/areas/{code}/pay-runs", |of| get(format!("/api/v1/areas/{}/pay-runs", of.banner))),
        case("POST /api/v1/areas/{code}/pay-runs", |of| {
            send("POST", format!("/api/v1/areas/{}/pay-runs", of.banner), json!({"month": "2026-10"}))
        }),
        case("GET /api/v1/pay-runs/{id}", |of| get(format!("/api/v1/pay-runs/{}", of.run))),
        case("GET /api/v1/pay-runs/{id}/lines", |of| get(format!("/api/v1/pay-runs/{}/lines", of.run))),
        case("GET /api/v1/pay-runs/{id}/payroll.csv", |of| {
            get(format!("/api/v1/pay-runs/{}/payroll.csv", of.run))
        })
        .with(Content::Lines(1)),
        case("GET /api/v1/pay-runs/{id}/payroll.xlsx", |of| {
            get(format!("/api/v1/pay-runs/{}/payroll.xlsx", of.run))
        }),
        case("GET /api/v1/pay-runs/{id}/transfers.csv", |of| {
            get(format!("/api/v1/pay-runs/{}/transfers.csv", of.run))
        })
        .with(Content::Lines(1)),
        case("GET /api/v1/pay-runs/{id}/transfers.xlsx", |of| {
            get(format!("/api/v1/pay-runs/{}/transfers.xlsx", of.run))
        }),
        case("GET /api/v1/workers/{id}/statement", |of| {
            get(format!("/api/v1/workers/{}/statement?month=2026-06", of.worker))
        }),
        // Nobody here has a record of their own.
        case("GET /api/v1/me/statement", |_| get("/api/v1/me/statement?month=2026-06".to_owned())),
        case("POST /api/v1/pay-runs/{id}/approval", |of| {
            send("POST", format!("/api/v1/pay-runs/{}/approval", of.run), json!({}))
        }),
        case("POST /api/v1/pay-runs/{id}/lock", |of| {
            send("POST", format!("/api/v1/pay-runs/{}/lock", of.run), json!({}))
        }),
        case("DELETE /api/v1/pay-runs/{id}", |of| {
            send("DELETE", format!("/api/v1/pay-runs/{}", of.run_to_discard), json!({}))
        }),
        case("POST /api/v1/areas/{code}/pay-comparisons", |of| {
            let side = json!({"text": crate::pay::RULES});
            let body = json!({"from": "2026-09", "to": "2026-10", "before": side, "after": side});
            send("POST", format!("/api/v1/areas/{}/pay-comparisons", of.banner), body)
        }),
        case("GET /api/v1/pay-comparisons/{id}", |of| {
            get(format!("/api/v1/pay-comparisons/{}", of.comparison))
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
    [doors(), maps(), plans(), people(), pay(), outlets(), serving(), accounts()]
        .into_iter()
        .flatten()
        .collect()
}
