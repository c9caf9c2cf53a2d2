//! Worker records over the API: who sees what, and what the trail says of it.

use khot::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

async fn officer(app: &TestApp) -> TestApp {
    app.with_token(&app.token_of("people-0821", Role::PeopleOfficer, "150821").await)
}

fn zhang() -> Value {
    json!({"name": "张三丰", "phone": "138 1234 1234", "bank": "6222020200112345678", "employment": "full_time"})
}

async fn added(officer: &TestApp) -> String {
    let (status, worker) = officer.post("/api/v1/areas/150821100/workers", zhang()).await;
    assert_eq!(status, 201, "{worker}");
    worker["id"].as_str().unwrap().to_owned()
}

/// Everything in the database as text.
async fn everything(app: &TestApp) -> String {
    sqlx::query_scalar(
        "SELECT string_agg(t, E'\\n') FROM (SELECT worker::text AS t FROM worker UNION ALL SELECT audit::text FROM audit
         UNION ALL SELECT job::text FROM job) AS all_of_it",
    )
    .fetch_one(&mut as_owner(&app.database).await)
    .await
    .unwrap()
}

async fn trail(
    app: &TestApp,
    action: &str,
) -> Vec<(String, Option<Value>, Option<Value>, String, Option<String>)> {
    sqlx::query_as("SELECT actor, before, after, area, request_id FROM audit WHERE action = $1 ORDER BY id")
        .bind(action)
        .fetch_all(&mut as_owner(&app.database).await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_record_is_masked_and_the_database_holds_no_name() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    let id = added(&officer).await;
    let worker = officer.get(&format!("/api/v1/workers/{id}")).await;
    assert_eq!(
        (&worker["name"], &worker["phone"], &worker["bank"]),
        (&json!("张**"), &json!("138****1234"), &json!("****5678"))
    );
    assert_eq!((&worker["status"], &worker["area_name"]), (&json!("on_post"), &json!("隆兴昌镇")));
    assert_eq!((&worker["held"], &worker["synthetic"]), (&json!(["name", "phone", "bank"]), &json!(false)));
    let listed = officer.get("/api/v1/areas/150821/workers").await;
    assert_eq!(listed["items"], json!([worker]));
    let all = everything(&app).await;
    for value in ["张三丰", "13812341234", "6222020200112345678"] {
        assert!(!all.contains(value), "{value} stands in the database");
    }
    let entries = trail(&app, "worker.add").await;
    let (actor, _, after, area, request) = &entries[0];
    assert_eq!((actor.as_str(), area.as_str(), request.is_some()), ("people-0821", "150821100", true));
    assert_eq!(after.as_ref().unwrap()["personal"], json!(["name", "phone", "bank"]));
}

#[tokio::test]
async fn a_list_is_paged_and_filtered() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    put_workers(&app.store, "150821100", 7).await;
    put_workers(&app.store, "150821101201", 3).await;
    let mut seen = Vec::new();
    let mut at = "/api/v1/areas/150821/workers?limit=4&status=on_post".to_owned();
    loop {
        let page = officer.get(&at).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].to_string()));
        match page["next"].as_str() {
            Some(next) => at = next.to_owned(),
            None => break,
        }
    }
    let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (10, 10));
    let below = officer.get("/api/v1/areas/150821101/workers").await;
    assert_eq!(below["items"].as_array().unwrap().len(), 3);
    let none = officer.get("/api/v1/areas/150821/workers?employment=part_time").await;
    assert_eq!(none["items"], json!([]));
}

#[tokio::test]
async fn what_can_not_be_a_name_or_phone_is_refused() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    let id = added(&officer).await;
    let before = everything(&app).await;
    let with = |name: &str, value: Value| {
        let mut body = zhang();
        body[name] = value;
        body
    };
    for (body, status, code) in [
        (with("name", json!(" ")), 400, "bad_name"),
        (with("name", json!("长".repeat(41))), 400, "bad_name"),
        (with("name", json!("a\u{0}b")), 400, "bad_name"),
        (with("name", json!("a\tb")), 400, "bad_name"),
        (with("phone", json!("phone")), 400, "bad_phone"),
        (with("bank", json!("x")), 400, "bad_bank"),
        (with("employment", json!("volunteer")), 422, "bad_body"),
        (with("salary", json!(1)), 422, "bad_body"),
        (with("username", json!("No One")), 400, "bad_username"),
        (with("username", json!("no-such-account")), 400, "no_account"),
    ] {
        let request = officer.request(Method::POST, "/api/v1/areas/150821100/workers").json(&body);
        assert_eq!(problem(request).await, (status, code.to_owned()), "{body}");
    }
    for (area, status, code) in [
        ("150821", 400, "bad_level"),
        ("150821199", 404, "not_found"),
        ("15", 403, "forbidden"),
        ("x", 400, "bad_code"),
    ] {
        let request = officer.request(Method::POST, &format!("/api/v1/areas/{area}/workers")).json(&zhang());
        assert_eq!(problem(request).await, (status, code.to_owned()), "{area}");
    }
    for (body, status, code) in [
        (json!({"name": null, "status": "gone"}), 422, "bad_body"),
        (json!({"phone": "1"}), 400, "bad_phone"),
        (json!({"area": "150821"}), 400, "bad_level"),
        (json!({"area": "150822100"}), 404, "not_found"),
    ] {
        let request = officer.request(Method::PATCH, &format!("/api/v1/workers/{id}")).json(&body);
        assert_eq!(problem(request).await, (status, code.to_owned()), "{body}");
    }
    assert_eq!(everything(&app).await, before, "nothing of it was kept");
}

#[tokio::test]
async fn a_change_says_before_and_after_but_no_personal_value() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    let id = added(&officer).await;
    let path = format!("/api/v1/workers/{id}");
    let change = json!({"status": "seconded", "phone": null, "name": "李四", "area": "150821101201", "bank": "6222020200112345678"});
    let (status, changed) = officer.call(Method::PATCH, &path, Some(change)).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(
        (&changed["name"], &changed["phone"], &changed["status"], &changed["area"]),
        (&json!("李**"), &json!(null), &json!("seconded"), &json!("150821101201"))
    );
    let entries = trail(&app, "worker.change").await;
    assert_eq!(
        entries.iter().map(|entry| entry.3.as_str()).collect::<Vec<_>>(),
        ["150821100", "150821101201"]
    );
    assert_eq!(entries[0].1, Some(json!({"area": "150821100", "status": "on_post"})));
    // The bank reference was said again as it was.
    assert_eq!(
        entries[0].2,
        Some(
            json!({"area": "150821101201", "status": "seconded", "status_from": "2026-11-23", "personal": ["name", "phone"]})
        )
    );
    assert!(!everything(&app).await.contains("李四"));
    // Nothing new, nothing noted.
    officer.call(Method::PATCH, &path, Some(json!({"name": "李四"}))).await;
    assert_eq!(trail(&app, "worker.change").await.len(), 2);
}

#[tokio::test]
async fn an_account_is_one_workers() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    let own = app.with_token(&app.token_of("worker-1", Role::Worker, "150821100200").await);
    let (first, second) = (added(&officer).await, added(&officer).await);
    let give = |id: &str| {
        let request = officer.request(Method::PATCH, &format!("/api/v1/workers/{id}"));
        request.json(&json!({"username": "worker-1"}))
    };
    assert_eq!(problem(own.request(Method::GET, &format!("/api/v1/workers/{first}"))).await.0, 404);
    assert_eq!(give(&first).send().await.unwrap().status(), 200);
    assert_eq!(problem(give(&second)).await, (409, "username_taken".to_owned()));
    // Their own record, masked, and no other.
    assert_eq!(own.get(&format!("/api/v1/workers/{first}")).await["name"], "张**");
    assert_eq!(problem(own.request(Method::GET, &format!("/api/v1/workers/{second}"))).await.0, 404);
    let reveal = own.request(Method::POST, &format!("/api/v1/workers/{first}/reveal"));
    assert_eq!(problem(reveal.json(&json!({"reason": "my own data"}))).await.0, 403);
    let change = own.request(Method::PATCH, &format!("/api/v1/workers/{first}"));
    assert_eq!(problem(change.json(&json!({"status": "on_leave"}))).await.0, 403);
}

#[tokio::test]
async fn only_who_needs_names_sees_them_and_every_time_is_noted() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    let id = added(&officer).await;
    let path = format!("/api/v1/workers/{id}/reveal");
    let (mut seen, mut noted) = (Vec::new(), 0);
    for (name, role, area) in [
        ("finance-0821", Role::Finance, "150821"),
        ("people-100", Role::PeopleOfficer, "150821100"),
        ("planner-0821", Role::Planner, "150821"),
        ("admin-0821", Role::Administrator, "150821"),
        ("analyst-0821", Role::Analyst, "150821"),
        ("auditor-0821", Role::Auditor, "150821"),
        ("worker-0821", Role::Worker, "150821100"),
        ("people-101", Role::PeopleOfficer, "150821101"),
        ("people-0822", Role::PeopleOfficer, "150822"),
    ] {
        let caller = app.with_token(&app.token_of(name, role, area).await);
        let request = caller.request(Method::POST, &path).header("x-request-id", format!("by-{name}"));
        let answer = request.json(&json!({"reason": "核对工资发放"})).send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        if status == 200 {
            let all = json!({"name": "张三丰", "phone": "13812341234", "bank": "6222020200112345678"});
            assert_eq!(body["values"], all);
            noted += 1;
        } else {
            assert!(!body.to_string().contains("1234"), "{body}");
        }
        seen.push((name, status));
        assert_eq!(trail(&app, "worker.reveal").await.len(), noted, "{name}");
    }
    assert_eq!(
        seen,
        [
            ("finance-0821", 200),
            ("people-100", 200),
            ("planner-0821", 403),
            ("admin-0821", 403),
            // Who may not even see the record isn't told that there is one.
            ("analyst-0821", 404),
            ("auditor-0821", 404),
            ("worker-0821", 404),
            ("people-101", 404),
            ("people-0822", 404),
        ]
    );
    let entries = trail(&app, "worker.reveal").await;
    let (actor, _, after, area, request) = &entries[0];
    assert_eq!((actor.as_str(), area.as_str()), ("finance-0821", "150821100"));
    assert_eq!(request.as_deref(), Some("by-finance-0821"));
    assert_eq!(
        after.as_ref().unwrap(),
        &json!({"fields": ["name", "phone", "bank"], "reason": "核对工资发放"})
    );
}

#[tokio::test]
async fn a_reveal_needs_a_reason_that_gives_nothing_away() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    let id = added(&officer).await;
    let reveal =
        |body: Value| officer.request(Method::POST, &format!("/api/v1/workers/{id}/reveal")).json(&body);
    for (body, code) in [
        (json!({"reason": ""}), "bad_reason"),
        (json!({"reason": "因"}), "bad_reason"),
        (json!({"reason": "x".repeat(201)}), "bad_reason"),
        (json!({"reason": "two\nlines of it"}), "bad_reason"),
        (json!({"reason": "给张三丰打电话"}), "reason_quotes"),
        (json!({"reason": "call 138-1234-1234 back"}), "reason_quotes"),
        (json!({"reason": "payroll check", "fields": []}), "bad_fields"),
    ] {
        assert_eq!(problem(reveal(body.clone())).await, (400, code.to_owned()), "{body}");
    }
    assert_eq!(problem(reveal(json!({}))).await.0, 422);
    assert!(trail(&app, "worker.reveal").await.is_empty());
    let answer = reveal(json!({"reason": "payroll check", "fields": ["phone"]})).send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["values"], json!({"phone": "13812341234"}));
    assert_eq!(trail(&app, "worker.reveal").await[0].2.as_ref().unwrap()["fields"], json!(["phone"]));
    let nobody = officer.request(Method::POST, "/api/v1/workers/01a20a62-0000-7000-8000-000000000000/reveal");
    assert_eq!(problem(nobody.json(&json!({"reason": "payroll check"}))).await.0, 404);
}

#[tokio::test]
async fn without_keys_records_are_there_and_names_are_not() {
    let app = TestApp::start().await;
    let id = put_workers(&app.store, "150821100", 1).await[0];
    let bare = khot::store::Store::open(app.database.clone()).await.unwrap();
    let mut tx = bare.begin(&khot::access::Scope::operator()).await.unwrap();
    let row = khot::store::workers::get(&mut tx, id, day("2026-11-23")).await.unwrap().unwrap();
    assert_eq!(row.masked.len(), 3);
    assert!(row.masked.values().all(Option::is_none));
    let error = bare
        .reveal(&khot::access::Scope::operator(), id, &[khot::domain::PersonalField::Name], "a reason")
        .await
        .err()
        .unwrap();
    assert!(matches!(error, khot::store::StoreError::NoKeys), "{error}");
}

/// Whatever a handler forgets to look at.
#[tokio::test]
async fn the_database_itself_keeps_records_from_those_who_may_not() {
    use khot::access::{Actor, Grant, Scope};
    use khot::store::workers::{self, WorkerChange};
    let app = TestApp::start().await;
    let id = put_workers(&app.store, "150821100", 1).await[0];
    let today = day("2026-11-23");
    let change =
        WorkerChange { status: Some((khot::domain::WorkerStatus::Left, today)), ..WorkerChange::default() };
    for (role, area, sees, changes) in [
        (Role::PeopleOfficer, "150821", true, true),
        (Role::PeopleOfficer, "150821101", false, false),
        (Role::Planner, "150821", true, false),
        (Role::Finance, "150821", true, false),
        (Role::Administrator, "15", true, false),
        (Role::Analyst, "15", false, false),
        (Role::Auditor, "15", false, false),
        (Role::Worker, "150821100", false, false),
    ] {
        let grant = Grant { role, area: code(area), from: day("2026-01-01"), until: None };
        let actor = Actor { username: "somebody".to_owned(), name: String::new(), grants: vec![grant] };
        let scope = Scope::of(&actor, day("2026-11-23"));
        let mut tx = app.store.begin(&scope).await.unwrap();
        let seen = workers::get(&mut tx, id, day("2026-11-23")).await.unwrap().is_some();
        let changed = workers::change(&mut tx, id, &change, today, noon()).await.unwrap().is_some();
        assert_eq!((seen, changed), (sees, changes), "{role:?} in {area}");
        drop(tx);
        // Moved to where it isn't theirs.
        if changes {
            let away = WorkerChange { area: Some(code("15")), ..WorkerChange::default() };
            let mut tx = app.store.begin(&scope).await.unwrap();
            workers::change(&mut tx, id, &away, today, noon()).await.unwrap_err();
        }
    }
}

#[tokio::test]
async fn of_a_home_only_its_cell_is_kept() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    let mut body = zhang();
    body["home"] = json!({"lon": 108.012_345, "lat": 41.012_345});
    body["languages"] = json!(["MN", "zh", "mn"]);
    body["skills"] = json!([" 驾驶 "]);
    let (status, worker) = officer.post("/api/v1/areas/150821100/workers", body).await;
    assert_eq!(status, 201, "{worker}");
    let home = worker["home"].as_str().unwrap();
    assert!(home.len() == 15 && home.starts_with("88"), "{home}");
    assert_eq!((&worker["languages"], &worker["skills"]), (&json!(["mn", "zh"]), &json!(["驾驶"])));
    let kept = everything(&app).await;
    assert!(kept.contains(home) && !kept.contains("012345"), "the point itself stands in the database");
    let path = format!("/api/v1/workers/{}", worker["id"].as_str().unwrap());
    let (_, changed) = officer.call(Method::PATCH, &path, Some(json!({"home": null, "languages": []}))).await;
    assert_eq!((&changed["home"], &changed["languages"]), (&json!(null), &json!([])));
    let listed = officer.get("/api/v1/areas/150821/workers?language=mn").await;
    assert_eq!(listed["items"], json!([]));
    for (body, code) in [
        (json!({"home": {"lon": 200, "lat": 41}}), "bad_point"),
        (json!({"languages": ["汉语"]}), "bad_language"),
        (json!({"skills": [""]}), "bad_skill"),
        (json!({"skills": (0..21).map(|n| n.to_string()).collect::<Vec<_>>()}), "bad_skill"),
        (json!({"status_from": "2026-01-01"}), "bad_status"),
    ] {
        let request = officer.request(Method::PATCH, &path).json(&body);
        assert_eq!(problem(request).await, (400, code.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn a_status_holds_from_its_day_and_the_past_can_be_told() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    let mut body = zhang();
    body["status_from"] = json!("2026-03-01");
    let (_, worker) = officer.post("/api/v1/areas/150821100/workers", body).await;
    let path = format!("/api/v1/workers/{}", worker["id"].as_str().unwrap());
    for (status, from) in [
        ("left", "2027-01-01"),
        ("seconded", "2026-10-01"),
        ("on_post", "2026-10-15"),
        ("on_leave", "2026-12-01"),
    ] {
        let change = json!({"status": status, "status_from": from});
        assert_eq!(officer.call(Method::PATCH, &path, Some(change)).await.0, 200);
    }
    let now = officer.get(&path).await;
    assert_eq!((&now["status"], &now["status_since"]), (&json!("on_post"), &json!("2026-10-15")));
    let told: Vec<(Value, Value, Value)> = officer.get(&format!("{path}/history")).await["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["status"].clone(), one["from"].clone(), one["until"].clone()))
        .collect();
    let days = [
        ("on_post", "2026-03-01", json!("2026-10-01")),
        ("seconded", "2026-10-01", json!("2026-10-15")),
        ("on_post", "2026-10-15", json!("2026-12-01")),
        ("on_leave", "2026-12-01", json!("2027-01-01")),
        ("left", "2027-01-01", json!(null)),
    ];
    assert_eq!(told, days.map(|(status, from, until)| (json!(status), json!(from), until)).to_vec());
    // On the same day: only the last word counts.
    officer
        .call(Method::PATCH, &path, Some(json!({"status": "seconded", "status_from": "2026-10-15"})))
        .await;
    assert_eq!(officer.get(&path).await["status"], "seconded");
}
