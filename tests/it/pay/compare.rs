//! Two rules over the same months.

use serde_json::json;

use super::office::*;
use super::*;

#[tokio::test]
async fn two_rules_stand_side_by_side_over_the_same_months() {
    let office = Office::open().await;
    let workers = put_workers(&office.app.store, "150821100", 2).await;
    assign(&office.app, workers[0], FIELD, "worker", "2026-01-01", None).await;
    assign(&office.app, workers[1], PASTURE, "worker", "2026-01-01", None).await;
    for month in ["2026-09", "2026-10"] {
        attested(&office.officer, month, &[(workers[0], 22, Some(90)), (workers[1], 22, Some(90))]).await;
    }
    // What is paid already is compared as well.
    office.locked("150821", "2026-09").await;
    let rules = office.maker.get("/api/v1/areas/150821/pay-rules").await["rules"][0]["id"].clone();
    let other = RULES.replace("monthly = \"2200.00\"", "monthly = \"2310.00\"");
    let body =
        json!({"from": "2026-09", "to": "2026-10", "before": {"rules": rules}, "after": {"text": other}});
    let (status, job) = office.maker.post("/api/v1/areas/150821/pay-comparisons", body).await;
    assert_eq!(status, 202, "{job}");
    office.app.run_pending_jobs().await;
    let job = office.maker.job(job["id"].as_str().unwrap()).await;
    assert_eq!(job["state"], "done", "{job}");
    let found = office
        .maker
        .get(&format!("/api/v1/pay-comparisons/{}", job["result"]["comparison"].as_str().unwrap()))
        .await;
    // 110 yuan more in each of two months, for the pastoral one alone.
    assert_eq!(
        (&found["gain"], &found["lose"], &found["same"]),
        (&json!({"workers": 1, "fen": 22_000}), &json!({"workers": 0, "fen": 0}), &json!(1))
    );
    let change = |sums: &Value| -> i64 {
        sums.as_array().unwrap().iter().map(|sum| fen(sum, "after_fen") - fen(sum, "before_fen")).sum()
    };
    for sums in ["by_area_type", "by_level", "by_banner"] {
        assert_eq!(change(&found[sums]), 22_000, "{sums}");
    }
    let bars = found["distribution"].as_array().unwrap();
    for side in ["before", "after"] {
        assert_eq!(bars.iter().map(|bar| bar[side].as_u64().unwrap()).sum::<u64>(), 4);
    }
    assert_eq!(
        (&found["largest"][0]["worker"], found["largest"].as_array().unwrap().len()),
        (&json!(workers[1]), 1)
    );
    assert!(found["largest"][0]["name"].as_str().unwrap().contains('*'));
}
