//! Workers, posts, assignments, and their pay.

use serde_json::json;

use super::*;

pub fn people() -> Vec<Case> {
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

pub fn pay() -> Vec<Case> {
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
