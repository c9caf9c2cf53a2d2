//! `khot user`, and the demo's logins.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;
use crate::process::{Serving, khot_on, ran};

/// Runs it with this on standard input.
fn fed(command: &mut Command, input: &str) -> (Option<i32>, String) {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
    )
}

async fn sign_in(app: &TestApp, username: &str, password: &str) -> (u16, Value) {
    let body = json!({"username": username, "password": password});
    let answer = app.anonymous(Method::POST, "/api/v1/session").json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn accounts_are_made_listed_granted_reset_and_disabled_from_the_command_line() {
    let app = TestApp::start().await;
    let url = url(&app.database);
    let khot = |arguments: &[&str]| {
        let mut command = khot_on(&url);
        command.arg("user").args(arguments);
        command
    };
    let add = ["add", "zhao", "--name", "赵敏", "--area", "150821", "--role", "planner"];
    let made: Value = serde_json::from_str(&ran(khot(&add).arg("--json")).fine().stdout).unwrap();
    let (status, body) = sign_in(&app, "zhao", made["password"].as_str().unwrap()).await;
    assert_eq!((status, &body["account"]["must_change_password"]), (200, &json!(true)));
    assert!(ran(&mut khot(&add)).refused().sentence().contains("taken"));

    // From standard input, and never from the arguments.
    let given = [
        "add",
        "qian",
        "--name",
        "钱",
        "--area",
        "15",
        "--role",
        "auditor",
        "--role",
        "analyst",
        "--password-stdin",
    ];
    assert_eq!(fed(&mut khot(&given), "short\n").0, Some(2));
    assert_eq!(fed(&mut khot(&given), "qian-and-more-of-it\n").0, Some(2));
    let (code, said) = fed(&mut khot(&given), "a-word-from-a-file\n");
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("a-word-from-a-file"));
    let (status, body) = sign_in(&app, "qian", "a-word-from-a-file").await;
    assert_eq!((status, &body["account"]["must_change_password"]), (200, &json!(false)));
    assert_eq!(ran(khot(&add).arg("--password=x")).code, Some(2));

    ran(&mut khot(&["grant", "zhao", "people_officer", "150821100", "--from", "2026-01-01"])).fine();
    assert!(ran(&mut khot(&["grant", "zhao", "analyst", "1508"])).refused().sentence().contains("home"));
    assert_eq!(ran(&mut khot(&["grant", "zhao", "king", "150821"])).code, Some(2));
    let listed: Value =
        serde_json::from_str(&ran(&mut khot(&["list", "--area", "1508", "--json"])).fine().stdout).unwrap();
    let accounts = listed["accounts"].as_array().unwrap();
    assert_eq!((accounts.len(), &accounts[0]["username"]), (1, &json!("zhao")));
    assert_eq!(accounts[0]["grants"][1]["role"], "people_officer");
    assert_eq!(accounts[0]["grants"][1]["granted_by"], "operator");
    let shown = ran(&mut khot(&["list"])).fine().stdout;
    assert!(shown.contains("qian") && shown.contains("auditor 15") && !shown.contains("argon2"), "{shown}");

    let told = ran(&mut khot(&["reset", "zhao"])).fine().stdout;
    let password = told.trim().rsplit(": ").next().unwrap();
    assert_eq!(sign_in(&app, "zhao", made["password"].as_str().unwrap()).await.0, 401);
    assert_eq!(sign_in(&app, "zhao", password).await.0, 200);
    ran(&mut khot(&["disable", "zhao"])).fine();
    assert_eq!(sign_in(&app, "zhao", password).await.0, 403);
    assert!(ran(&mut khot(&["list"])).fine().stdout.contains("disabled"));
    ran(&mut khot(&["disable", "zhao", "--undo"])).fine();
    assert_eq!(sign_in(&app, "zhao", password).await.0, 200);
    assert!(ran(&mut khot(&["reset", "nobody"])).refused().sentence().contains("khot user list"));

    let trail: Vec<(String, String)> = sqlx::query_as(
        "SELECT action, actor FROM audit WHERE subject = 'zhao' AND action ^@ 'account.' ORDER BY id",
    )
    .fetch_all(&mut as_owner(&app.database).await)
    .await
    .unwrap();
    let actions: Vec<&str> = trail.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        actions,
        ["account.add", "account.grant_add", "account.reset", "account.change", "account.change"]
    );
    assert!(trail.iter().all(|(_, actor)| actor == "operator"));
}

#[tokio::test]
async fn without_the_demo_nobody_has_an_account_until_one_is_made() {
    let database = database().await;
    let folder = folder();
    let url = url(&database);
    let serving = Serving::start(khot_on(&url).env("KHOT_HOME", folder.path()));
    serving.process.line("khot user add");
    assert!(!folder.path().join("demo-logins.json").exists());
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM account")
        .fetch_one(&mut as_owner(&database).await)
        .await
        .unwrap();
    assert_eq!(held, 0);
}

#[tokio::test]
async fn the_demo_draws_a_login_for_each_role_and_keeps_them_for_their_owner() {
    let database = database().await;
    let store = with_keys(khot::store::Store::open(database.clone()).await.unwrap()).await;
    // What is there already is left as it is, and divided it needn't be.
    put_tiny(&store).await;
    put_workers(&store, "150821100", 2).await;
    let (folder, url) = (folder(), url(&database));
    let serve = || {
        let mut command = khot_on(&url);
        command.env("KHOT_HOME", folder.path()).env("KHOT_KEYS_FILE", keys_file());
        let process =
            crate::process::Process::start(command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]));
        let line = process.line("http://");
        let address = line.split_once("http://").unwrap().1.trim().to_owned();
        (process, address)
    };
    let (process, address) = serve();
    process.line("auditor");
    let file = folder.path().join("demo-logins.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let logins: serde_json::Map<String, Value> =
        serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let names: Vec<&str> = logins.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "analyst",
            "auditor",
            "finance-150102",
            "finance2-150102",
            "people-150102",
            "planner-150102",
            "planner-152525",
            "region-admin",
            "worker-150821100200"
        ]
    );
    let client = reqwest::Client::new();
    for (username, password) in &logins {
        let body = json!({"username": username, "password": password});
        let answer =
            client.post(format!("http://{address}/api/v1/session")).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{username}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["account"]["must_change_password"], false);
        assert!(khot::access::check_password(password.as_str().unwrap(), username).is_ok());
    }
    // The worker's account is a worker's.
    let linked: i64 =
        sqlx::query_scalar("SELECT count(*) FROM worker WHERE username = 'worker-150821100200'")
            .fetch_one(&mut as_owner(&database).await)
            .await
            .unwrap();
    assert_eq!(linked, 1);
    drop(process);

    // The second start draws none; one that is gone from the database is drawn anew.
    let kept = std::fs::read(&file).unwrap();
    drop(serve());
    assert_eq!(std::fs::read(&file).unwrap(), kept);
    sqlx::query("DELETE FROM account WHERE username = 'auditor'")
        .execute(&mut as_owner(&database).await)
        .await
        .unwrap();
    drop(serve());
    let again: serde_json::Map<String, Value> =
        serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(again.len(), logins.len());
    assert!(again.iter().all(|(name, password)| (password == &logins[name]) == (name != "auditor")));
}

#[tokio::test]
async fn a_database_with_accounts_of_its_own_gets_none_of_the_demos() {
    let app = TestApp::start().await;
    let (folder, url) = (folder(), url(&app.database));
    let mut command = khot_on(&url);
    command.env("KHOT_HOME", folder.path()).env("KHOT_KEYS_FILE", keys_file());
    let process =
        crate::process::Process::start(command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]));
    process.line("khot user list");
    assert!(!folder.path().join("demo-logins.json").exists());
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM account")
        .fetch_one(&mut as_owner(&app.database).await)
        .await
        .unwrap();
    assert_eq!(held, 1);
}
