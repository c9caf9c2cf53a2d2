//! Rules documents: checked by line, explained, dated, the nearest area's first.

use khot::access::Role;
use reqwest::Method;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_document_is_checked_by_line_and_explained() {
    let app = TestApp::start().await;
    let finance = person(&app, "finance", Role::Finance).await;
    let (status, fine) = finance.post("/api/v1/pay-rules/check", json!({"text": RULES})).await;
    assert_eq!((status.as_u16(), &fine["findings"]), (200, &json!([])));
    assert!(fine["explained"].as_array().unwrap().len() > 10);
    let wrong = RULES.replacen("monthly = \"2400.00\"", "monthly = 2400.5", 1);
    let line = wrong.lines().position(|line| line.contains("2400.5")).unwrap() + 1;
    let (_, found) = finance.post("/api/v1/pay-rules/check", json!({"text": wrong})).await;
    assert_eq!((&found["findings"][0]["line"], &found["explained"]), (&json!(line), &json!([])));
    let zh = found["findings"][0]["zh"].as_str().unwrap();
    assert!(zh.starts_with(&format!("第 {line} 行")), "{zh}");
    // Kept it isn't, and the answer is in the usual form with the findings in it.
    let (status, refused) = finance.post("/api/v1/areas/150821/pay-rules", json!({"text": wrong})).await;
    assert_eq!(
        (status.as_u16(), &refused["code"], &refused["findings"]),
        (422, &json!("bad_rules"), &found["findings"])
    );
    let request =
        finance.request(Method::POST, "/api/v1/areas/150821/pay-rules").json(&json!({"text": "\0"}));
    assert_eq!(problem(request).await, (422, "bad_rules".to_owned()));
    assert_eq!(finance.get("/api/v1/areas/150821/pay-rules").await["rules"], json!([]));
}

#[tokio::test]
async fn the_latest_of_the_nearest_area_holds_and_a_version_stands_once() {
    let app = TestApp::start().await;
    let finance = person(&app, "finance", Role::Finance).await;
    let mut tx = app.store.begin(&khot::access::Scope::operator()).await.unwrap();
    let region = put_rules(&mut tx, "15", "region").await;
    tx.commit().await.unwrap();
    let add = async |version: &str, from: &str| {
        let text = RULES.replace("demo-2026-1", version).replace("2026-01-01", from);
        finance.post("/api/v1/areas/150821/pay-rules", json!({"text": text})).await
    };
    let (status, first) = add("2026-a", "2026-02-01").await;
    assert_eq!((status.as_u16(), &first["in_force"], &first["demo"]), (201, &json!(true), &json!(true)));
    assert_eq!(add("2026-a", "2026-03-01").await.0, 409, "the version is taken");
    let (_, second) = add("2026-b", "2026-10-01").await;
    let holds = async |month: &str| -> Vec<String> {
        let list = finance.get(&format!("/api/v1/areas/150821/pay-rules?month={month}")).await;
        let rules = list["rules"].as_array().unwrap().clone();
        let held = rules.iter().filter(|rules| rules["in_force"] == true);
        held.map(|rules| rules["id"].as_str().unwrap().to_owned()).collect()
    };
    let [region, first, second] = [
        region.to_string(),
        first["id"].as_str().unwrap().to_owned(),
        second["id"].as_str().unwrap().to_owned(),
    ];
    assert_eq!(holds("2026-01").await, std::slice::from_ref(&region));
    assert_eq!(holds("2026-09").await, [region.clone(), first]);
    assert_eq!(holds("2026-10").await, [region.clone(), second]);
    let shown = finance.get(&format!("/api/v1/pay-rules/{region}")).await;
    assert_eq!(shown["area"], "15");
    assert!(shown["text"].as_str().unwrap().contains("valid_from"));
    let (status, problem) =
        finance.call(Method::GET, "/api/v1/areas/150821/pay-rules?month=2026-13", None).await;
    assert_eq!((status.as_u16(), &problem["code"]), (400, &json!("bad_month")));
    // Another banner's are nobody's here.
    let mut tx = app.store.begin(&khot::access::Scope::operator()).await.unwrap();
    let township = put_rules(&mut tx, "150821100", "township").await;
    tx.commit().await.unwrap();
    let other = app.with_token(&app.token_of("other", Role::Finance, "150821101").await);
    assert_eq!(other.call(Method::GET, &format!("/api/v1/pay-rules/{township}"), None).await.0, 404);
}

#[tokio::test]
async fn a_document_is_never_changed_or_removed() {
    let app = TestApp::start().await;
    let mut tx = app.store.begin(&khot::access::Scope::operator()).await.unwrap();
    put_rules(&mut tx, "15", "1").await;
    tx.commit().await.unwrap();
    let mut owner = as_owner(&app.database).await;
    for sql in ["UPDATE pay_rules SET text = ''", "DELETE FROM pay_rules", "TRUNCATE pay_rules"] {
        let error = sqlx::query(sql).execute(&mut owner).await.unwrap_err().to_string();
        assert!(error.contains("not allowed"), "{sql}: {error}");
    }
}
