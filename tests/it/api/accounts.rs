//! Accounts and grants: who manages which, what they can't do, and what the trail says of it.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use khot::access::Role;
use khot::api;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

const GRANT: &str = "/api/v1/accounts/zhao/grants";

fn new(username: &str, area: &str, role: &str) -> Value {
    json!({"username": username, "name": "赵敏", "area": area,
           "grants": [{"role": role, "area": area, "from": "2026-11-01", "until": null}]})
}

/// Makes an account; gives its password.
async fn make(app: &TestApp, body: Value) -> String {
    let (status, made) = app.post("/api/v1/accounts", body).await;
    assert_eq!(status, 201, "{made}");
    made["password"].as_str().unwrap().to_owned()
}

async fn sign_in(app: &TestApp, username: &str, password: &str) -> (u16, Value) {
    let body = json!({"username": username, "password": password});
    let answer = app.anonymous(Method::POST, "/api/v1/session").json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Signs in and changes the password, as one must: gives the session.
async fn moved_in(app: &TestApp, username: &str, password: &str, fresh: &str) -> TestApp {
    let (status, body) = sign_in(app, username, password).await;
    assert_eq!(status, 200, "{body}");
    let own = app.with_token(body["token"].as_str().unwrap());
    let change = json!({"current": password, "new": fresh});
    assert_eq!(own.call(Method::PUT, "/api/v1/me/password", Some(change)).await.0, 204);
    own
}

async fn refused(app: &TestApp, method: Method, path: &str, body: Value) -> (u16, String) {
    problem(app.request(method, path).json(&body)).await
}

#[tokio::test]
async fn an_administrator_makes_an_account_whose_holder_moves_in() {
    let app = TestApp::start().await.signed_in().await;
    let (status, made) = app.post("/api/v1/accounts", new("zhao", "150821", "planner")).await;
    assert_eq!(status, 201);
    let account = &made["account"];
    assert_eq!((&account["username"], &account["name"]), (&json!("zhao"), &json!("赵敏")));
    assert_eq!((&account["disabled"], &account["must_change_password"]), (&json!(false), &json!(true)));
    assert_eq!((&account["locked_until"], &account["last_sign_in_at"]), (&Value::Null, &Value::Null));
    let grant = &account["grants"][0];
    assert_eq!((&grant["role"], &grant["area"]), (&json!("planner"), &json!("150821")));
    assert_eq!((&grant["from"], &grant["until"]), (&json!("2026-11-01"), &Value::Null));
    assert_eq!(grant["granted_by"], api::ADMINISTRATOR);
    let password = made["password"].as_str().unwrap();

    let (_, body) = sign_in(&app, "zhao", password).await;
    assert_eq!(body["account"]["must_change_password"], true);
    let newcomer = app.with_token(body["token"].as_str().unwrap());
    let plans = refused(&newcomer, Method::GET, "/api/v1/areas/150821/plans", Value::Null).await;
    assert_eq!(plans, (403, "password_must_change".to_owned()));
    let zhao = moved_in(&app, "zhao", password, "a-word-of-ones-own").await;
    let session = zhao.get("/api/v1/session").await;
    assert_eq!(session["account"]["area"], "150821");
    assert_eq!(
        session["account"]["capabilities"],
        json!(["outline", "figures", "draft", "import", "people", "outlets"])
    );
    zhao.get("/api/v1/areas/150821/plans").await;
    assert_eq!(app.get("/api/v1/accounts/zhao").await["last_sign_in_at"], "2026-11-23T04:00:00Z");
}

#[tokio::test]
async fn what_no_account_can_be_made_of_is_refused() {
    let app = TestApp::start().await.signed_in().await;
    make(&app, new("zhao", "150821", "planner")).await;
    let with = |key: &str, value: Value| {
        let mut body = new("li", "150821", "planner");
        body[key] = value;
        body
    };
    let grant = |area: &str, until: Value| json!([{"role": "planner", "area": area, "from": "2026-11-01", "until": until}]);
    for (body, status, code) in [
        (with("username", json!("zhao")), 409, "username_taken"),
        (with("username", json!("Li")), 400, "bad_username"),
        (with("name", json!(" ")), 400, "bad_name"),
        (with("area", json!("15x")), 400, "bad_code"),
        (new("li", "150999", "planner"), 404, "not_found"),
        (with("grants", grant("1508", Value::Null)), 400, "grant_outside"),
        (with("grants", grant("150821999", Value::Null)), 404, "not_found"),
        (with("grants", grant("150821", json!("2026-11-01"))), 400, "bad_period"),
        (with("password", json!("chosen-by-me")), 422, "bad_body"),
    ] {
        let answer = refused(&app, Method::POST, "/api/v1/accounts", body.clone()).await;
        assert_eq!(answer, (status, code.to_owned()), "{body}");
    }
    let held = app.get("/api/v1/accounts").await;
    assert_eq!(held["accounts"].as_array().unwrap().len(), 2, "{held}");
}

#[tokio::test]
async fn only_administrators_see_accounts_and_only_those_of_their_area() {
    let app = TestApp::start().await.signed_in().await;
    for (username, area) in [("zhao", "150821"), ("qian", "150821100"), ("sun", "1508"), ("li", "15")] {
        make(&app, new(username, area, "planner")).await;
    }
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Administrator) {
        let other = app
            .with_token(&app.token_of(&format!("as-{}", role.as_str().replace('_', "-")), role, "15").await);
        for (method, path, body) in [
            (Method::GET, "/api/v1/accounts", Value::Null),
            (Method::GET, "/api/v1/accounts?area=150821", Value::Null),
            (Method::GET, "/api/v1/accounts/zhao", Value::Null),
            (Method::POST, "/api/v1/accounts", new("wu", "150821", "planner")),
            (Method::PATCH, "/api/v1/accounts/zhao", json!({"disabled": true})),
            (Method::POST, "/api/v1/accounts/zhao/password-reset", Value::Null),
            (Method::POST, "/api/v1/accounts/zhao/unlock", Value::Null),
            (Method::POST, GRANT, json!({"role": "planner", "area": "150821", "from": "2026-11-01"})),
        ] {
            let answer = refused(&other, method.clone(), path, body).await;
            assert_eq!(answer, (403, "forbidden".to_owned()), "{} {method} {path}", role.as_str());
        }
    }
    let chief = app.with_token(&app.token_of("chief", Role::Administrator, "150821").await);
    let names = |page: &Value| -> Vec<String> {
        let accounts = page["accounts"].as_array().unwrap();
        accounts.iter().map(|account| account["username"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&chief.get("/api/v1/accounts").await), ["chief", "qian", "zhao"]);
    assert_eq!(names(&chief.get("/api/v1/accounts?area=150821100").await), ["qian"]);
    assert_eq!(refused(&chief, Method::GET, "/api/v1/accounts?area=1508", Value::Null).await.0, 403);
    let first = app.get("/api/v1/accounts?area=1508&limit=2").await;
    assert_eq!(
        (names(&first), &first["next"]),
        (vec!["chief".to_owned(), "qian".to_owned()], &json!("qian"))
    );
    let second = app.get("/api/v1/accounts?area=1508&limit=2&after=qian").await;
    assert_eq!((names(&second), &second["next"]), (vec!["sun".to_owned(), "zhao".to_owned()], &Value::Null));
    assert_eq!(names(&app.get("/api/v1/accounts?search=HAO").await), ["zhao"]);
    assert_eq!(names(&app.get("/api/v1/accounts?search=赵敏&area=150821").await), ["qian", "zhao"]);
    assert_eq!(refused(&app, Method::GET, "/api/v1/accounts?limit=0", Value::Null).await.1, "bad_limit");
}

#[tokio::test]
async fn a_banners_administrator_touches_nothing_of_anothers() {
    let app = TestApp::start().await.signed_in().await;
    make(&app, new("zhao", "1508", "planner")).await;
    make(&app, new("sun", "150821100", "planner")).await;
    let grant = app.get("/api/v1/accounts/zhao").await["grants"][0]["id"].as_str().unwrap().to_owned();
    let chief = app.with_token(&app.token_of("chief", Role::Administrator, "150821").await);
    let held = format!("{GRANT}/{grant}");
    for (method, path, body) in [
        (Method::GET, "/api/v1/accounts/zhao", Value::Null),
        (Method::PATCH, "/api/v1/accounts/zhao", json!({"disabled": true})),
        (Method::POST, "/api/v1/accounts/zhao/password-reset", Value::Null),
        (Method::POST, "/api/v1/accounts/zhao/unlock", Value::Null),
        (Method::POST, GRANT, json!({"role": "planner", "area": "150821", "from": "2026-11-01"})),
        (Method::PATCH, held.as_str(), json!({"until": null})),
        (Method::DELETE, held.as_str(), Value::Null),
        // Nor the administrator above.
        (Method::PATCH, "/api/v1/accounts/region-admin", json!({"name": "x"})),
    ] {
        let answer = refused(&chief, method.clone(), path, body).await;
        assert_eq!(answer, (404, "not_found".to_owned()), "{method} {path}");
    }
    let body = new("li", "1508", "planner");
    assert_eq!(refused(&chief, Method::POST, "/api/v1/accounts", body).await.0, 403);
    // Neither outside the account's home nor by way of their own account.
    for (account, area) in [("sun", "150821"), ("sun", "150821101"), ("chief", "1508")] {
        let path = format!("/api/v1/accounts/{account}/grants");
        let body = json!({"role": "planner", "area": area, "from": "2026-11-01"});
        let answer = refused(&chief, Method::POST, &path, body).await;
        assert_eq!(answer, (400, "grant_outside".to_owned()), "{account} {area}");
    }
    // Another's grant isn't reached by way of an account that is theirs.
    let astray = format!("/api/v1/accounts/sun/grants/{grant}");
    assert_eq!(refused(&chief, Method::DELETE, &astray, Value::Null).await.0, 404);
    assert_eq!(app.get("/api/v1/accounts/zhao").await["grants"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_with_its_programs() {
    let app = TestApp::start().await.signed_in().await;
    let password = make(&app, new("zhao", "150821", "planner")).await;
    let zhao = moved_in(&app, "zhao", &password, "a-word-of-ones-own").await;
    let (_, made) = zhao.post("/api/v1/me/tokens", json!({"name": "a program", "days": 30})).await;
    let program = app.with_token(made["token"].as_str().unwrap());
    program.get("/api/v1/areas/150821").await;
    let set = async |disabled: bool| {
        let body = Some(json!({"disabled": disabled, "name": "赵某"}));
        let (status, account) = app.call(Method::PATCH, "/api/v1/accounts/zhao", body).await;
        assert_eq!(
            (status.as_u16(), &account["disabled"], &account["name"]),
            (200, &json!(disabled), &json!("赵某"))
        );
    };
    set(true).await;
    for caller in [&zhao, &program] {
        assert_eq!(refused(caller, Method::GET, "/api/v1/session", Value::Null).await.0, 401);
    }
    let (status, body) = sign_in(&app, "zhao", "a-word-of-ones-own").await;
    assert_eq!((status, body["code"].as_str()), (403, Some("account_disabled")));
    let (status, body) = sign_in(&app, "zhao", "wrong").await;
    assert_eq!(
        (status, body["code"].as_str()),
        (401, Some("wrong_credentials")),
        "told without the password"
    );
    // Enabled again, what was ended stays ended.
    set(false).await;
    for caller in [&zhao, &program] {
        assert_eq!(refused(caller, Method::GET, "/api/v1/session", Value::Null).await.0, 401);
    }
    assert_eq!(sign_in(&app, "zhao", "a-word-of-ones-own").await.0, 200);
}

#[tokio::test]
async fn a_reset_ends_sessions_and_an_unlock_ends_a_lock() {
    let app = TestApp::start().await.signed_in().await;
    let password = make(&app, new("zhao", "150821", "planner")).await;
    let zhao = moved_in(&app, "zhao", &password, "a-word-of-ones-own").await;
    for _ in 0..5 {
        sign_in(&app, "zhao", "wrong").await;
    }
    assert_eq!(app.get("/api/v1/accounts/zhao").await["locked_until"], "2026-11-23T04:01:00Z");
    assert_eq!(sign_in(&app, "zhao", "a-word-of-ones-own").await.0, 429);
    assert_eq!(app.post("/api/v1/accounts/zhao/unlock", Value::Null).await.0, 204);
    assert_eq!(app.get("/api/v1/accounts/zhao").await["locked_until"], Value::Null);
    assert_eq!(sign_in(&app, "zhao", "a-word-of-ones-own").await.0, 200);

    for _ in 0..5 {
        sign_in(&app, "zhao", "wrong").await;
    }
    let (status, reset) = app.post("/api/v1/accounts/zhao/password-reset", Value::Null).await;
    assert_eq!(status, 200);
    assert_eq!(refused(&zhao, Method::GET, "/api/v1/session", Value::Null).await.0, 401);
    assert_eq!(sign_in(&app, "zhao", "a-word-of-ones-own").await.0, 401);
    let (status, body) = sign_in(&app, "zhao", reset["password"].as_str().unwrap()).await;
    assert_eq!((status, &body["account"]["must_change_password"]), (200, &json!(true)));
    let own = refused(&app, Method::POST, "/api/v1/accounts/region-admin/password-reset", Value::Null).await;
    assert_eq!(own, (409, "own_account".to_owned()));
}

#[tokio::test]
async fn grants_are_given_ended_and_taken_away_at_once() {
    let app = TestApp::start().await.signed_in().await;
    let password = make(&app, json!({"username": "zhao", "name": "赵敏", "area": "150821"})).await;
    let zhao = moved_in(&app, "zhao", &password, "a-word-of-ones-own").await;
    let may = async || {
        zhao.request(Method::GET, "/api/v1/areas/150821/grids").send().await.unwrap().status().as_u16()
    };
    assert_ne!(may().await, 200);
    let body = json!({"role": "analyst", "area": "150821", "from": "2026-11-23", "until": null});
    let (status, grant) = app.post(GRANT, body).await;
    assert_eq!((status.as_u16(), &grant["granted_by"]), (201, &json!("region-admin")));
    assert_eq!(may().await, 200);
    let path = format!("{GRANT}/{}", grant["id"].as_str().unwrap());
    assert_eq!(refused(&app, Method::PATCH, &path, json!({})).await.1, "bad_body");
    assert_eq!(refused(&app, Method::PATCH, &path, json!({"until": "2026-11-23"})).await.1, "bad_period");
    let (status, changed) = app.call(Method::PATCH, &path, Some(json!({"until": "2026-11-24"}))).await;
    assert_eq!((status.as_u16(), &changed["until"]), (200, &json!("2026-11-24")));
    assert_eq!(may().await, 200);
    app.pass(TimeDelta::hours(11));
    let (status, _) = app.call(Method::PATCH, &path, Some(json!({"until": null}))).await;
    assert_eq!(status, 200);
    assert_eq!(app.call(Method::DELETE, &path, None).await.0, 204);
    assert_ne!(may().await, 200);
    assert_eq!(refused(&app, Method::DELETE, &path, Value::Null).await.0, 404);
}

#[tokio::test]
async fn nobody_locks_themselves_out() {
    let app = TestApp::start().await.signed_in().await;
    let own = "/api/v1/accounts/region-admin";
    let grants = app.get(own).await["grants"].clone();
    let first = format!("{own}/grants/{}", grants[0]["id"].as_str().unwrap());
    for (method, path, body) in [
        (Method::PATCH, own, json!({"disabled": true})),
        (Method::DELETE, first.as_str(), Value::Null),
        (Method::PATCH, first.as_str(), json!({"until": "2026-12-01"})),
    ] {
        let answer = refused(&app, method.clone(), path, body).await;
        assert_eq!(answer, (409, "own_account".to_owned()), "{method} {path}");
    }
    // One that begins tomorrow is none today.
    for (from, expected) in [("2026-11-24", 409), ("2026-11-23", 204)] {
        let body = json!({"role": "administrator", "area": "15", "from": from});
        assert_eq!(app.post(&format!("{own}/grants"), body).await.0, 201);
        assert_eq!(app.request(Method::DELETE, &first).send().await.unwrap().status(), expected, "{from}");
    }
    // Another's last one can be taken.
    let chief = app.with_token(&app.token_of("chief", Role::Administrator, "15").await);
    for grant in app.get(own).await["grants"].as_array().unwrap() {
        let path = format!("{own}/grants/{}", grant["id"].as_str().unwrap());
        assert_eq!(chief.call(Method::DELETE, &path, None).await.0, 204);
    }
    assert_eq!(refused(&app, Method::GET, "/api/v1/accounts", Value::Null).await.0, 403);
}

#[tokio::test]
async fn a_program_reads_accounts_and_changes_none() {
    let app = TestApp::start().await.signed_in().await;
    make(&app, new("zhao", "150821", "planner")).await;
    let (_, made) = app.post("/api/v1/me/tokens", json!({"name": "a program", "days": 30})).await;
    let program = app.with_token(made["token"].as_str().unwrap());
    program.get("/api/v1/accounts").await;
    for (method, path, body) in [
        (Method::POST, "/api/v1/accounts", new("li", "150821", "planner")),
        (Method::PATCH, "/api/v1/accounts/zhao", json!({"disabled": true})),
        (Method::POST, "/api/v1/accounts/zhao/password-reset", Value::Null),
        (Method::POST, "/api/v1/accounts/zhao/unlock", Value::Null),
        (Method::POST, GRANT, json!({"role": "planner", "area": "150821", "from": "2026-11-01"})),
    ] {
        let answer = refused(&program, method.clone(), path, body).await;
        assert_eq!(answer, (403, "person_needed".to_owned()), "{method} {path}");
    }
}

#[tokio::test]
async fn the_trail_tells_every_change_and_holds_no_secret() {
    let app = TestApp::start().await.signed_in().await;
    let drawn = make(&app, new("zhao", "150821", "planner")).await;
    let zhao = moved_in(&app, "zhao", &drawn, "a-word-of-ones-own").await;
    let (_, made) = zhao.post("/api/v1/me/tokens", json!({"name": "a program", "days": 30})).await;
    sign_in(&app, "zhao", "a-wrong-word-of-mine").await;
    let change = json!({"name": "赵某", "disabled": true});
    app.call(Method::PATCH, "/api/v1/accounts/zhao", Some(change)).await;
    let (_, reset) = app.post("/api/v1/accounts/zhao/password-reset", Value::Null).await;
    app.post("/api/v1/accounts/zhao/unlock", Value::Null).await;
    let body = json!({"role": "analyst", "area": "150821", "from": "2026-11-23"});
    let (_, grant) = app.post(GRANT, body).await;
    let path = format!("{GRANT}/{}", grant["id"].as_str().unwrap());
    app.call(Method::PATCH, &path, Some(json!({"until": "2026-12-01"}))).await;
    app.call(Method::DELETE, &path, None).await;

    let mut owner = as_owner(&app.database).await;
    let found: Vec<Told> = sqlx::query_as(
        "SELECT action, actor, area, before, after FROM audit WHERE subject = 'zhao' AND action ^@ 'account.' ORDER BY id",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert!(found.iter().all(|(_, _, area, ..)| area == "150821"), "{found:?}");
    let told: BTreeMap<&str, (&Option<Value>, &Option<Value>)> =
        found.iter().map(|(action, _, _, before, after)| (action.as_str(), (before, after))).collect();
    assert_eq!(found.len(), 9, "{found:?}");
    let grant =
        |until: Value| json!({"role": "analyst", "area": "150821", "from": "2026-11-23", "until": until});
    for (action, before, after) in [
        ("account.change", Some(json!({"name": "赵敏", "disabled": false})), Some(change_told())),
        ("account.grant_add", None, Some(grant(Value::Null))),
        ("account.grant_change", Some(grant(Value::Null)), Some(grant(json!("2026-12-01")))),
        ("account.grant_remove", Some(grant(json!("2026-12-01"))), None),
    ] {
        assert_eq!(told[action], (&before, &after), "{action}");
    }
    assert_eq!(found[1].1, "zhao", "their own password");
    assert_eq!(found[3].1, "region-admin");

    // Every row of the trail, and every row of every table, for each secret that there was.
    let token = made["token"].as_str().unwrap();
    let secrets = [
        &drawn,
        "a-word-of-ones-own",
        "a-wrong-word-of-mine",
        token,
        reset["password"].as_str().unwrap(),
        PASSWORD,
        app.token(),
    ];
    let trail: Vec<String> =
        sqlx::query_scalar("SELECT to_jsonb(audit)::text FROM audit").fetch_all(&mut owner).await.unwrap();
    assert!(trail.len() > 10, "{}", trail.len());
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'khot'")
            .fetch_all(&mut owner)
            .await
            .unwrap();
    for table in tables {
        let sql = sqlx::AssertSqlSafe(format!("SELECT to_jsonb(t)::text FROM khot.\"{table}\" t"));
        let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut owner).await.unwrap();
        for secret in secrets {
            assert!(rows.iter().all(|row| !row.contains(secret)), "khot.{table} holds {secret}");
        }
    }
    let hashes: i64 = trail.iter().map(|row| i64::from(row.contains("argon2"))).sum();
    assert_eq!(hashes, 0, "a hash is in the trail");
}

/// Action, actor, area, before, after.
type Told = (String, String, String, Option<Value>, Option<Value>);

fn change_told() -> Value {
    json!({"name": "赵某", "disabled": true})
}
