//! The roster as a file: in, with findings; out, as a workbook. And the language that a village's people need.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use khot::access::Role;
use khot::formats::{Sheet, Value as Cell};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::*;
use crate::process::{khot_on, ran};

const ROSTER: &str = "姓名,区划代码,用工形式,状态,上岗日期,电话,语言,技能,lon,lat\n\
    苏日娜,150821100,专职,借调,2026-05-01,13812341234,mn;zh,急救,108.01,41.01\n\
    王小明,150821101201,兼职,,,,zh,,,\n";

async fn officer(app: &TestApp) -> TestApp {
    app.with_token(&app.token_of("people-0821", Role::PeopleOfficer, "150821").await)
}

/// Uploads a roster; gives the job's address.
async fn sent(officer: &TestApp, query: &str, content: impl Into<reqwest::Body>) -> String {
    let address = format!("/api/v1/areas/150821/imports/workers?name={query}");
    let answer = officer.request(Method::POST, &address).body(content).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

async fn import(officer: &TestApp, query: &str, content: impl Into<reqwest::Body>) -> Value {
    let place = sent(officer, query, content).await;
    officer.run_pending_jobs().await;
    officer.get(&place).await
}

#[tokio::test]
async fn a_roster_is_loaded_and_no_name_of_it_ever_stands_in_the_database() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    let place = sent(&officer, "roster.csv", ROSTER).await;
    // While it waits, it is sealed.
    let waiting: Vec<Vec<u8>> = sqlx::query_scalar("SELECT bytes FROM upload")
        .fetch_all(&mut as_owner(&app.database).await)
        .await
        .unwrap();
    let shows =
        |part: &[u8]| waiting.iter().any(|piece| piece.windows(part.len()).any(|window| window == part));
    assert!(waiting.len() == 1 && !shows("苏日娜".as_bytes()) && !shows(b"13812341234"));
    officer.run_pending_jobs().await;
    let job = officer.get(&place).await;
    assert_eq!((&job["state"], &job["result"]["loaded"]), (&json!("done"), &json!(2)), "{job}");

    let listed = officer.get("/api/v1/areas/150821100/workers").await;
    let one = &listed["items"][0];
    assert_eq!((&one["name"], &one["phone"]), (&json!("苏**"), &json!("138****1234")));
    assert_eq!((&one["status"], &one["status_since"]), (&json!("seconded"), &json!("2026-05-01")));
    assert_eq!((&one["languages"], &one["employment"]), (&json!(["mn", "zh"]), &json!("full_time")));
    assert_eq!(one["home"].as_str().unwrap().len(), 15);
    let everything: String = sqlx::query_scalar(
        "SELECT string_agg(t, E'\\n') FROM (SELECT worker::text AS t FROM worker UNION ALL SELECT audit::text FROM audit
         UNION ALL SELECT job::text FROM job UNION ALL SELECT upload::text FROM upload) AS all_of_it",
    )
    .fetch_one(&mut as_owner(&app.database).await)
    .await
    .unwrap();
    assert!(!everything.contains("苏日娜") && !everything.contains("upload("));
    let actions: Vec<String> = sqlx::query_scalar(
        "SELECT action FROM audit WHERE action IN ('worker.add', 'import.workers') ORDER BY 1",
    )
    .fetch_all(&mut as_owner(&app.database).await)
    .await
    .unwrap();
    assert_eq!(actions, ["import.workers", "worker.add"]);
}

#[tokio::test]
async fn what_cannot_be_loaded_is_told_by_row_and_nothing_is_loaded() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    assert_eq!(import(&officer, "roster.csv", ROSTER).await["state"], "done");
    let again = import(&officer, "roster.csv", ROSTER).await;
    let rows = |job: &Value| -> Vec<Option<u64>> {
        job["error"]["findings"].as_array().unwrap().iter().map(|finding| finding["row"].as_u64()).collect()
    };
    assert_eq!((&again["state"], rows(&again)), (&json!("failed"), vec![Some(1), Some(2)]), "{again}");
    let wrong = "name,area,employment,phone\n\
        其其格,150821199,full_time,\n\
        其其格,150822100,full_time,\n\
        巴特尔,150821100,sometimes,\n\
        巴特尔,150821100,full_time,12\n\
        王**,150821100,full_time,\n";
    let job = import(&officer, "roster.csv", wrong).await;
    assert_eq!((&job["state"], rows(&job)), (&json!("failed"), vec![Some(3), Some(4), Some(5)]), "{job}");
    // Rows that can be read are looked at in the database too.
    let readable: String = wrong.lines().take(3).map(|line| format!("{line}\n")).collect();
    let job = import(&officer, "roster.csv", readable).await;
    assert_eq!(rows(&job), [Some(1), Some(2)], "{job}");
    assert!(!job.to_string().contains("其其格"), "{job}");
    for content in [&b"PK\x03\x04 broken"[..], b"", b"\xff\xfe\x00", b"name\n"] {
        for name in ["roster.xlsx", "roster.csv"] {
            let job = import(&officer, name, content).await;
            assert_eq!(job["state"], "failed", "{name} {content:?}");
        }
    }
    let dry =
        import(&officer, "roster.csv&dry_run=true", "name,area,employment\n其其格,150821100,兼职\n").await;
    assert_eq!((&dry["state"], &dry["result"]["dry_run"]), (&json!("done"), &json!(true)));
    let held = officer.get("/api/v1/areas/150821/workers").await;
    assert_eq!(held["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_workbook_is_read_as_well_and_a_roster_goes_out_masked() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    let text = |text: &str| Cell::Text(text.to_owned());
    let sheet = Sheet {
        title: "roster".to_owned(),
        columns: ["name", "area", "employment", "phone"].map(str::to_owned).to_vec(),
        rows: vec![vec![
            text("苏日娜"),
            Cell::Integer(150_821_100),
            text("专职"),
            Cell::Integer(13_812_341_234),
        ]],
    };
    let job = import(&officer, "roster.xlsx", sheet.xlsx().unwrap()).await;
    assert_eq!((&job["state"], &job["result"]["loaded"]), (&json!("done"), &json!(1)), "{job}");

    let answer = officer.request(Method::GET, "/api/v1/areas/150821/workers.xlsx").send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["cache-control"]),
        (200, &"no-store".parse().unwrap())
    );
    let bytes = answer.bytes().await.unwrap().to_vec();
    let mut book = Xlsx::new(Cursor::new(bytes.clone())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let cells: Vec<String> = range.rows().nth(1).unwrap().iter().map(Data::to_string).collect();
    assert_eq!(&cells[1..7], ["苏**", "138****1234", "150821100", "隆兴昌镇", "full_time", "on_post"]);
    // What went out masked doesn't come in as somebody else.
    let job = import(&officer, "roster.xlsx", bytes).await;
    assert_eq!(job["state"], "failed", "{job}");
    let analyst = app.with_token(&app.token_of("ana", Role::Analyst, "150821").await);
    assert_eq!(problem(analyst.request(Method::GET, "/api/v1/areas/150821/workers.xlsx")).await.0, 403);
}

#[tokio::test]
async fn only_who_changes_worker_records_brings_a_roster_and_others_do_not_see_the_job() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    for role in [Role::Planner, Role::Administrator, Role::Finance, Role::Analyst] {
        let other = app.with_token(
            &app.token_of(&format!("other-{}", role.as_str().replace('_', "-")), role, "150821").await,
        );
        let request =
            other.request(Method::POST, "/api/v1/areas/150821/imports/workers?name=r.csv").body("name\n");
        assert_eq!(problem(request).await.0, 403, "{role:?}");
    }
    let request =
        officer.request(Method::POST, "/api/v1/areas/150821/imports/units?name=u.csv").body("lon\n");
    assert_eq!(problem(request).await.0, 403);
    let request =
        officer.request(Method::POST, "/api/v1/areas/1508/imports/workers?name=r.csv").body("name\n");
    assert!([403, 404].contains(&problem(request).await.0));
    let place = sent(&officer, "roster.csv", ROSTER).await;
    let elsewhere = app.with_token(&app.token_of("people-2525", Role::PeopleOfficer, "152525").await);
    assert_eq!(problem(elsewhere.request(Method::GET, &place)).await.0, 404);
}

#[tokio::test]
async fn the_command_loads_a_roster() {
    let app = TestApp::start().await;
    let folder = folder();
    let path = file(folder.path(), "roster.csv", ROSTER);
    let command = |more: &[&str]| {
        let mut command = khot_on(&url(&app.database));
        command.env("KHOT_KEYS_FILE", keys_file()).args(["import", "workers"]).arg(&path).args(more);
        ran(&mut command)
    };
    assert!(command(&["--dry-run"]).fine().stdout.contains("no errors"));
    assert!(command(&["--area", "150821"]).fine().stdout.contains("loaded 2 rows"));
    let refused = command(&[]).refused();
    assert!(refused.stdout.contains("row 1") && !refused.stdout.contains("苏日娜"), "{}", refused.stdout);
}

#[tokio::test]
async fn a_language_is_said_for_a_village_or_for_all_of_an_area() {
    let app = TestApp::start().await;
    let officer = officer(&app).await;
    put_published(&app.store, 1, "2026-01-01").await;
    let (status, told) =
        officer.call(Method::PATCH, "/api/v1/areas/150821100", Some(json!({"language": "mn"}))).await;
    assert_eq!(status, 200, "{told}");
    assert!(told["villages"].as_u64().unwrap() > 0);
    assert_eq!(officer.get("/api/v1/areas/150821100200").await["language"], "mn");
    let vacancies = officer.get("/api/v1/areas/150821100/vacancies").await;
    assert!(
        vacancies["vacancies"].as_array().unwrap().iter().all(|one| one["language"] == "mn"),
        "{vacancies}"
    );
    let village = "/api/v1/areas/150821100200";
    let (_, told) = officer.call(Method::PATCH, village, Some(json!({"language": null}))).await;
    assert_eq!(told["villages"], 1);
    assert!(officer.get(village).await.get("language").is_none());
    for body in
        [json!({"language": "Mongolian, I think"}), json!({}), json!({"name": "x"}), json!({"language": 5})]
    {
        let status = officer.call(Method::PATCH, village, Some(body)).await.0;
        assert!(status.is_client_error());
    }
    let planner = app.with_token(&app.token_of("plan-0821", Role::Planner, "150821").await);
    let request = planner.request(Method::PATCH, village).json(&json!({"language": "zh"}));
    assert_eq!(problem(request).await.0, 403);
}
