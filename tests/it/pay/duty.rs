//! Days on duty: attested by the township, never past what is expected, replaced until the month is paid.

use khot::access::Role;
use reqwest::Method;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_township_attests_a_month_and_may_correct_it() {
    let app = TestApp::start().await;
    let officer = person(&app, "officer", Role::PeopleOfficer).await;
    let workers = put_workers(&app.store, "150821100", 2).await;
    let empty = officer.get("/api/v1/areas/150821100/duty?month=2026-10").await;
    assert_eq!((empty["rows"].as_array().unwrap().len(), &empty["locked"]), (2, &json!(false)));
    assert_eq!(empty["rows"][0]["duty_days"], json!(null));
    attested(&officer, "2026-10", &[(workers[0], 20, Some(88)), (workers[1], 11, None)]).await;
    let body = attested(&officer, "2026-10", &[(workers[0], 21, Some(90))]).await;
    let rows = body["rows"].as_array().unwrap();
    let of = |worker: Uuid| rows.iter().find(|row| row["worker"] == worker.to_string()).unwrap();
    assert_eq!((&of(workers[0])["duty_days"], &of(workers[0])["score"]), (&json!(21), &json!(90)));
    assert_eq!(
        (&of(workers[1])["duty_days"], &of(workers[1])["attested_by"]),
        (&json!(11), &json!("officer"))
    );
    assert!(of(workers[0])["name"].as_str().unwrap().contains('*'), "{}", of(workers[0]));
    // Of another month nothing is known.
    let other = officer.get("/api/v1/areas/150821/duty?month=2026-09").await;
    assert!(other["rows"].as_array().unwrap().iter().all(|row| row["duty_days"].is_null()));
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_nothing_stays() {
    let app = TestApp::start().await;
    let officer = person(&app, "officer", Role::PeopleOfficer).await;
    let worker = put_workers(&app.store, "150821100", 1).await[0];
    let row = |days: u32, of: u32, score: u32| json!({"worker": worker, "duty_days": days, "expected_days": of, "score": score});
    let nobody = json!({"worker": Uuid::now_v7(), "duty_days": 1, "expected_days": 22});
    for (rows, code) in [
        (json!([row(23, 22, 80)]), "bad_days"),
        (json!([row(1, 0, 80)]), "bad_days"),
        (json!([row(1, 32, 80)]), "bad_days"),
        (json!([row(1, 22, 101)]), "bad_days"),
        (json!([row(1, 22, 80), row(2, 22, 80)]), "bad_days"),
        (json!([row(1, 22, 80), nobody]), "no_worker"),
    ] {
        let request = officer
            .request(Method::PUT, "/api/v1/areas/150821/duty")
            .json(&json!({"month": "2026-10", "rows": rows}));
        assert_eq!(problem(request).await, (400, code.to_owned()), "{rows}");
    }
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM duty")
        .fetch_one(&mut as_owner(&app.database).await)
        .await
        .unwrap();
    assert_eq!(held, 0);
}

#[tokio::test]
async fn a_table_is_taken_over_whole_or_its_findings_are_told() {
    let app = TestApp::start().await;
    let officer = person(&app, "officer", Role::PeopleOfficer).await;
    let workers = put_workers(&app.store, "150821100", 2).await;
    let elsewhere = put_workers(&app.store, "150821101", 1).await[0];
    let send = async |area: &str, text: String| -> Value {
        let path = format!("/api/v1/areas/{area}/duty.csv?month=2026-10");
        let answer = officer.request(Method::POST, &path).body(text).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    };
    let head = "worker,duty_days,expected_days,score";
    let bad = send("150821", format!("{head}\n{},20,22,88\n{},23,22,\n", workers[0], workers[1])).await;
    assert_eq!(
        (&bad["loaded"], &bad["findings"][0]["row"], &bad["findings"][0]["error"]),
        (&json!(0), &json!(2), &json!(true))
    );
    let others = send("150821100", format!("{head}\n{},20,22,88\n{elsewhere},20,22,\n", workers[0])).await;
    assert_eq!((&others["loaded"], &others["findings"][0]["code"]), (&json!(0), &json!("outside_scope")));
    let fine = send("150821", format!("{head}\n{},20,22,88\n{elsewhere},20,22,\n", workers[0])).await;
    assert_eq!((&fine["loaded"], &fine["findings"]), (&json!(2), &json!([])));
    let rows =
        officer.get("/api/v1/areas/150821/duty?month=2026-10").await["rows"].as_array().unwrap().clone();
    assert_eq!(rows.iter().filter(|row| row["duty_days"] == 20).count(), 2);
}
