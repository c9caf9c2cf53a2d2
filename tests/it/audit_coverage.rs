//! Every operation that isn't a mere look leaves an entry in the audit trail.

use std::collections::BTreeSet;

use khot::access::Role;
use khot::api;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;
use crate::openapi::operations;

/// What the trail says of an operation, as soon as it has been answered.
const EXPECTED: [(&str, &str); 55] = [
    ("POST /api/v1/session", "session.open"),
    ("DELETE /api/v1/me/sessions/{id}", "account.session_end"),
    ("POST /api/v1/me/tokens", "account.token_add"),
    ("DELETE /api/v1/me/tokens/{id}", "account.token_revoke"),
    ("PUT /api/v1/me/password", "account.password"),
    ("POST /api/v1/accounts", "account.add"),
    ("PATCH /api/v1/accounts/{username}", "account.change"),
    ("POST /api/v1/accounts/{username}/password-reset", "account.reset"),
    ("POST /api/v1/accounts/{username}/unlock", "account.unlock"),
    ("POST /api/v1/accounts/{username}/grants", "account.grant_add"),
    ("PATCH /api/v1/accounts/{username}/grants/{id}", "account.grant_change"),
    ("DELETE /api/v1/accounts/{username}/grants/{id}", "account.grant_remove"),
    ("DELETE /api/v1/session", "session.close"),
    ("POST /api/v1/areas/{code}/plans", "job.queue"),
    ("POST /api/v1/areas/{code}/imports/{what}", "job.queue"),
    ("POST /api/v1/jobs/{id}/cancellation", "job.cancel"),
    ("POST /api/v1/plans/{id}/moves", "plan.move"),
    ("POST /api/v1/plans/{id}/undo", "plan.undo"),
    ("POST /api/v1/plans/{id}/redivision", "plan.redivide"),
    ("PUT /api/v1/plans/{id}/givens", "plan.give"),
    ("POST /api/v1/plans/{id}/publication", "job.queue"),
    ("DELETE /api/v1/plans/{id}", "plan.discard"),
    ("POST /api/v1/areas/{code}/workers", "worker.add"),
    ("PATCH /api/v1/areas/{code}", "area.language"),
    ("PUT /api/v1/areas/{code}/ceilings/{kind}", "post.ceiling"),
    ("PUT /api/v1/areas/{code}/posts/{kind}", "post.set"),
    ("POST /api/v1/areas/{code}/post-moves", "post.move"),
    ("POST /api/v1/grids/{code}/assignments", "assignment.add"),
    ("PATCH /api/v1/assignments/{id}", "assignment.end"),
    ("DELETE /api/v1/assignments/{id}", "assignment.remove"),
    ("POST /api/v1/areas/{code}/proposals", "job.queue"),
    ("POST /api/v1/proposals/{id}/acceptance", "proposal.accept"),
    ("DELETE /api/v1/proposals/{id}", "proposal.discard"),
    ("PATCH /api/v1/workers/{id}", "worker.change"),
    ("POST /api/v1/workers/{id}/reveal", "worker.reveal"),
    // Before what has them made anyway.
    ("POST /api/v1/areas/{code}/links", "job.queue"),
    // Its links are waited for already.
    ("DELETE /api/v1/areas/{code}/roads", "roads.replace"),
    ("POST /api/v1/areas/{code}/outlets", "outlet.add"),
    ("PATCH /api/v1/outlets/{id}", "outlet.change"),
    ("PUT /api/v1/outlets/{id}/offers/{item}", "offer.put"),
    ("DELETE /api/v1/outlets/{id}/offers/{item}", "offer.end"),
    ("PUT /api/v1/grids/{code}/links/{kind}", "link.choose"),
    ("DELETE /api/v1/grids/{code}/links/{kind}", "link.unchoose"),
    ("POST /api/v1/areas/{code}/placements", "job.queue"),
    ("POST /api/v1/placements/{id}/acceptance", "placement.accept"),
    ("PUT /api/v1/areas/{code}/organs", "township_body.put"),
    ("POST /api/v1/areas/{code}/pay-rules", "pay.rules_add"),
    ("PUT /api/v1/areas/{code}/duty", "duty.attest"),
    ("POST /api/v1/areas/{code}/duty.csv", "duty.attest"),
    ("POST /api/v1/workers/{id}/adjustments", "pay.adjust"),
    ("POST /api/v1/areas/{code}/pay-runs", "job.queue"),
    ("POST /api/v1/areas/{code}/pay-comparisons", "job.queue"),
    ("POST /api/v1/pay-runs/{id}/approval", "pay.approve"),
    ("POST /api/v1/pay-runs/{id}/lock", "pay.lock"),
    ("DELETE /api/v1/pay-runs/{id}", "pay.discard"),
];

/// Sent with a body, and yet no more than a look.
const LOOKS: [&str; 3] = [
    "POST /api/v1/areas/{code}/assignments/effect",
    "POST /api/v1/pay-rules/check",
    "POST /api/v1/areas/{code}/reach",
];

#[test]
fn every_operation_that_changes_something_says_what_the_trail_holds_of_it() {
    let changing: BTreeSet<String> = operations(&api::document())
        .into_iter()
        .filter(|(method, _, _)| method != "GET" && method != "HEAD")
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    let named = EXPECTED.iter().map(|(operation, _)| *operation).chain(LOOKS);
    let expected: BTreeSet<String> = named.map(str::to_owned).collect();
    let unaudited: Vec<_> = changing.difference(&expected).collect();
    assert!(unaudited.is_empty(), "say here, and try below, what the trail says of {unaudited:?}");
    let gone: Vec<_> = expected.difference(&changing).collect();
    assert!(gone.is_empty(), "no longer there: {gone:?}");
}

/// Sends each operation of the list, and looks for its entry with the request's own id.
#[tokio::test]
async fn each_of_them_is_in_the_trail_with_who_when_and_its_request() {
    let app = TestApp::start().await.signed_in().await;
    let officer = app.with_token(&app.token_of("officer", Role::PeopleOfficer, "15").await);
    let finance = app.with_token(&app.token_of("finance", Role::Finance, "15").await);
    let worker = put_workers(&app.store, "150821100", 1).await[0];
    let outlet = put_outlet(&app.store, "150821100200", (108.01, 41.01)).await;
    let placement =
        crate::serving::put_placement(&app.store, "150821", "150821100200", (108.02, 41.02)).await;
    let ends = [(108.01, 41.01), (108.05, 41.05)];
    put_road(&app.store, "150821", khot::domain::RoadKind::Barrier, &ends).await;
    put_published(&app.store, 5, "2026-01-01").await;
    let proposal = crate::proposals::put_proposal(&app.store, "150821100200005", worker).await;
    let (draft, other) = (put_draft(&app.store, 1).await, put_draft(&app.store, 2).await);
    let village = "150821100200";
    let unit = loose_unit(&app, &put_draft(&app.store, 3).await.to_string(), village).await;
    let job = app.queue_division(3).await;
    let mut tx = app.store.begin(&khot::access::Scope::operator()).await.unwrap();
    let run = crate::pay::put_run(&mut tx, "150821", "2026-06", &[worker]).await;
    let run_to_discard = crate::pay::put_run(&mut tx, "150821", "2026-07", &[worker]).await;
    tx.commit().await.unwrap();
    for (operation, action) in EXPECTED {
        let (method, path) = operation.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let address = match path {
            "/api/v1/areas/{code}/workers" => "/api/v1/areas/150821100/workers".to_owned(),
            "/api/v1/areas/{code}/duty.csv" => "/api/v1/areas/150821/duty.csv?month=2026-10".to_owned(),
            "/api/v1/areas/{code}/imports/{what}" => {
                "/api/v1/areas/150821/imports/units?name=u.csv".to_owned()
            }
            "/api/v1/me/sessions/{id}" => {
                let held = app.get("/api/v1/me/sessions").await;
                let sessions = held["sessions"].as_array().unwrap();
                let other = sessions.iter().find(|session| session["current"] == false).unwrap();
                format!("/api/v1/me/sessions/{}", other["id"].as_str().unwrap())
            }
            "/api/v1/me/tokens/{id}" => {
                let held = app.get("/api/v1/me/tokens").await;
                format!("/api/v1/me/tokens/{}", held["tokens"][0]["id"].as_str().unwrap())
            }
            "/api/v1/accounts/{username}/grants/{id}" => {
                let held = app.get("/api/v1/accounts/zhao").await;
                format!("/api/v1/accounts/zhao/grants/{}", held["grants"][0]["id"].as_str().unwrap())
            }
            "/api/v1/assignments/{id}" => {
                let held = officer.get("/api/v1/areas/150821/assignments?on=2026-12-25").await;
                format!("/api/v1/assignments/{}", held["assignments"][0]["id"].as_str().unwrap())
            }
            "/api/v1/plans/{id}" => format!("/api/v1/plans/{draft}"),
            "/api/v1/plans/{id}/moves"
            | "/api/v1/plans/{id}/undo"
            | "/api/v1/plans/{id}/redivision"
            | "/api/v1/plans/{id}/givens" => path.replace("{id}", &draft.to_string()),
            "/api/v1/pay-runs/{id}" => format!("/api/v1/pay-runs/{run_to_discard}"),
            "/api/v1/plans/{id}/publication" => format!("/api/v1/plans/{other}/publication"),
            "/api/v1/grids/{code}/links/{kind}" => "/api/v1/grids/150821100200005/links/station".to_owned(),
            "/api/v1/areas/{code}/organs" => "/api/v1/areas/150821100/organs".to_owned(),
            _ => path
                .replace("/areas/{code}", "/areas/150821")
                .replace("/placements/{id}", &format!("/placements/{placement}"))
                .replace("/proposals/{id}", &format!("/proposals/{proposal}"))
                .replace("/grids/{code}", "/grids/150821100200005")
                .replace("{kind}", "lead")
                .replace("/accounts/{username}", "/accounts/zhao")
                .replace("/pay-runs/{id}", &format!("/pay-runs/{run}"))
                .replace("/jobs/{id}", &format!("/jobs/{job}"))
                .replace("/workers/{id}", &format!("/workers/{worker}"))
                .replace("/outlets/{id}", &format!("/outlets/{outlet}"))
                .replace("/offers/{item}", "/offers/D001"),
        };
        assert!(!address.contains('{'), "{operation}");
        let body = match operation {
            "POST /api/v1/session" => json!({"username": api::ADMINISTRATOR, "password": PASSWORD}),
            "POST /api/v1/plans/{id}/moves" => {
                json!({"version": 1, "village": village, "moves": [{"units": [unit]}]})
            }
            "POST /api/v1/plans/{id}/undo" => json!({"version": 2}),
            "POST /api/v1/plans/{id}/redivision" => json!({"version": 3, "village": village}),
            "PUT /api/v1/plans/{id}/givens" => json!({"version": 4, "givens": {}}),
            "POST /api/v1/accounts" => json!({"username": "zhao", "name": "赵", "area": "150821"}),
            "PATCH /api/v1/accounts/{username}" => json!({"name": "赵敏"}),
            "POST /api/v1/accounts/{username}/grants" => {
                json!({"role": "analyst", "area": "150821", "from": "2026-11-23"})
            }
            "PATCH /api/v1/accounts/{username}/grants/{id}" => json!({"until": "2026-12-01"}),
            "POST /api/v1/me/tokens" => json!({"name": "a program", "days": 1}),
            "PUT /api/v1/me/password" => json!({"current": PASSWORD, "new": "another-fine-word"}),
            "POST /api/v1/plans/{id}/publication" => json!({"valid_from": "2026-12-01"}),
            "POST /api/v1/areas/{code}/workers" => json!({"name": "赵一", "employment": "part_time"}),
            "PUT /api/v1/areas/{code}/ceilings/{kind}" | "PUT /api/v1/areas/{code}/posts/{kind}" => {
                json!({"count": 3, "from": "2026-01-01", "reason": "a good reason"})
            }
            "POST /api/v1/areas/{code}/post-moves" => {
                json!({"to": "150821100", "kind": "lead", "count": 1, "from": "2026-02-01", "reason": "a good reason"})
            }
            "POST /api/v1/grids/{code}/assignments" => {
                json!({"worker": worker, "role": "worker", "from": "2026-12-20"})
            }
            "POST /api/v1/proposals/{id}/acceptance" => json!({"from": "2027-01-01"}),
            "PATCH /api/v1/assignments/{id}" => json!({"until": "2027-06-01"}),
            "PATCH /api/v1/areas/{code}" => json!({"language": "mn"}),
            "PATCH /api/v1/workers/{id}" => json!({"status": "on_leave"}),
            "POST /api/v1/areas/{code}/outlets" => {
                json!({"name": "示例中心", "kind": "centre", "point": [108.01, 41.01]})
            }
            "PUT /api/v1/grids/{code}/links/{kind}" => json!({"outlet": outlet, "reason": "a good reason"}),
            "POST /api/v1/areas/{code}/placements" => {
                json!({"goal": "all", "kind": "mobile_stop", "within_min": 60})
            }
            "POST /api/v1/placements/{id}/acceptance" => json!({"sites": [0]}),
            "PUT /api/v1/areas/{code}/organs" => json!({"organs": 5, "institutions": 2}),
            "PATCH /api/v1/outlets/{id}" => json!({"windows": 3}),
            "PUT /api/v1/outlets/{id}/offers/{item}" => json!({"authority": "旗政府", "since": "2026-11-01"}),
            "POST /api/v1/workers/{id}/reveal" => json!({"reason": "a good reason"}),
            "POST /api/v1/areas/{code}/pay-rules" => json!({"text": crate::pay::RULES}),
            "POST /api/v1/areas/{code}/pay-runs" => json!({"month": "2026-10"}),
            "POST /api/v1/areas/{code}/pay-comparisons" => {
                let side = json!({"text": crate::pay::RULES});
                json!({"from": "2026-09", "to": "2026-10", "before": side, "after": side})
            }
            "PUT /api/v1/areas/{code}/duty" => {
                json!({"month": "2026-10", "rows": [{"worker": worker, "duty_days": 20, "expected_days": 22}]})
            }
            "POST /api/v1/workers/{id}/adjustments" => {
                json!({"about_month": "2026-08", "pay_month": "2026-10", "amount_fen": 500, "reason": "少发一天"})
            }
            _ => json!({}),
        };
        let of_people = ["workers", "post", "ceilings", "assignments", "proposals", "duty"];
        let caller = match path {
            _ if path.contains("pay") || path.contains("adjustments") => &finance,
            _ if operation == "PATCH /api/v1/areas/{code}" => &officer,
            _ if of_people.iter().any(|word| path.contains(word)) => &officer,
            _ => &app,
        };
        let request = caller.request(method, &address).header("x-request-id", operation);
        let request = match path {
            _ if path.contains("imports") => request.body("lon,lat,households\n"),
            _ if path.contains("duty.csv") => {
                request.body(format!("worker,duty_days,expected_days\n{worker},21,22\n"))
            }
            _ => request.json(&body),
        };
        // Signing out ends the administrator's session: the others come before it.
        if operation == "DELETE /api/v1/session" {
            continue;
        }
        let status = request.send().await.unwrap().status();
        assert!(status.is_success(), "{operation}: {status}");
        noted(&app, operation, action).await;
    }
    let out = app.request(Method::DELETE, "/api/v1/session").header("x-request-id", "DELETE /api/v1/session");
    assert_eq!(out.send().await.unwrap().status(), 204);
    noted(&app, "DELETE /api/v1/session", "session.close").await;
}

/// A unit that its village's only grid can do without.
async fn loose_unit(app: &TestApp, plan: &str, village: &str) -> String {
    for unit in tiny_units().into_iter().filter(|unit| unit.village == code(village)) {
        let body = json!({"version": 1, "village": village, "moves": [{"units": [unit.code]}]});
        if app.post(&format!("/api/v1/plans/{plan}/moves"), body).await.0 == 200 {
            return unit.code;
        }
    }
    panic!("every unit holds the village together");
}

async fn noted(app: &TestApp, request: &str, action: &str) {
    let found: Vec<(String, String, Option<Value>, Option<Value>)> = sqlx::query_as(
        "SELECT actor, action, before, after FROM audit JOIN audit_link ON entry = audit.id WHERE request_id = $1 AND action = $2",
    )
    .bind(request)
    .bind(action)
    .fetch_all(&mut as_owner(&app.database).await)
    .await
    .unwrap();
    assert_eq!(found.len(), 1, "{request}: {found:?}");
    let (actor, held, before, after) = &found[0];
    assert_eq!(held, action, "{request}");
    assert!(["region-admin", "officer", "finance"].contains(&actor.as_str()), "{actor}");
    let of_change = !action.starts_with("session.");
    assert_eq!(before.is_some() || after.is_some(), of_change, "{request} has neither before nor after");
}

#[tokio::test]
async fn a_refused_sign_in_is_noted_where_there_is_such_an_account() {
    let app = TestApp::start().await;
    for username in [api::ADMINISTRATOR, "nobody-of-that-name"] {
        let (status, _) =
            app.post("/api/v1/session", json!({"username": username, "password": "wrong"})).await;
        assert_eq!(status, 401);
    }
    let found = async || -> Vec<(String, String)> {
        sqlx::query_as("SELECT actor, subject FROM audit WHERE action = 'session.refuse'")
            .fetch_all(&mut as_owner(&app.database).await)
            .await
            .unwrap()
    };
    until("the refusal wasn't noted", async || !found().await.is_empty()).await;
    assert_eq!(found().await, [("anonymous".to_owned(), api::ADMINISTRATOR.to_owned())]);
}
