//! Subsidies in the database and over the API: rules, attested days, runs and what they pay.

mod compare;
mod crash;
mod duty;
mod files;
pub mod office;
mod rules;
mod run;
mod seen;

use khot::access::Role;
use khot::store::Tx;
use khot::store::pay::{
    NewLine, NewRules, NewRun, NewStatement, add_rules, inputs_digest, save_comparison, save_run,
};
use khot::subsidy::Rules;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::*;

/// The shipped document.
pub const RULES: &str = include_str!("../../../src/subsidy/defaults.toml");

/// The shipped rules as a version of an area.
pub async fn put_rules(tx: &mut Tx, area: &str, version: &str) -> Uuid {
    put_text(tx, area, &RULES.replace("demo-2026-1", version)).await
}

pub async fn put_text(tx: &mut Tx, area: &str, text: &str) -> Uuid {
    let rules = Rules::parse(text).unwrap();
    let new = NewRules {
        id: Uuid::now_v7(),
        area: code(area),
        title: rules.title,
        version: rules.version,
        valid_from: rules.valid_from,
        paper: rules.paper,
        demo: rules.demo,
        text: text.to_owned(),
    };
    add_rules(tx, &new, noon()).await.unwrap();
    new.id
}

/// A draft of a month that pays each of the workers a base of 100.01 yuan, made by the operator: no engine, no job.
pub async fn put_run(tx: &mut Tx, area: &str, month: &str, workers: &[Uuid]) -> Uuid {
    let (area, month) = (code(area), month.parse().unwrap());
    let line = || NewLine {
        grid: None,
        component: "base",
        quantity: "1".to_owned(),
        rate_fen: 10_001,
        amount_fen: 10_001,
        levels: [5_001, 2_000, 3_000, 0],
        clause: "一(1)".to_owned(),
    };
    let statement = |worker: &Uuid| NewStatement {
        worker: *worker,
        area: code(&format!("{}100", &area.as_str()[..6])),
        lines: vec![line()],
    };
    let new = NewRun {
        id: Uuid::now_v7(),
        inputs: inputs_digest(tx, &area, month).await.unwrap(),
        month,
        sums: json!({"by_component": [], "by_area_type": []}),
        checks: json!({"previous": null, "differences": [], "differences_total": 0, "warnings": []}),
        rules: json!([{"id": Uuid::nil(), "title": "x", "version": "1", "demo": true}]),
        demo: true,
        synthetic: true,
        engine_version: "by hand".to_owned(),
        snapshot: b"none".to_vec(),
        snapshot_hash: [0; 32],
        lines_hash: [0; 32],
        statements: workers.iter().map(statement).collect(),
        area,
    };
    save_run(tx, &new, noon()).await.unwrap();
    new.id
}

pub async fn put_comparison(tx: &mut Tx, area: &str) -> Uuid {
    let side = json!({"title": "x", "version": "1", "demo": true, "total_fen": 0});
    let none = json!({"workers": 0, "fen": 0});
    let result = json!({"months": [], "before": side, "after": side, "by_area_type": [], "by_level": [],
        "by_banner": [], "gain": none, "lose": none, "same": 0, "distribution": [], "largest": []});
    let id = Uuid::now_v7();
    save_comparison(tx, id, &code(area), &result, noon()).await.unwrap();
    id
}

/// Somebody of that role in the tiny banner.
pub async fn person(app: &TestApp, name: &str, role: Role) -> TestApp {
    app.with_token(&app.token_of(name, role, "150821").await)
}

/// Attests a month of workers over the API.
pub async fn attested(officer: &TestApp, month: &str, rows: &[(Uuid, u32, Option<u32>)]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(worker, days, score)| json!({"worker": worker, "duty_days": days, "expected_days": 22, "score": score}))
        .collect();
    let (status, body) = officer
        .call(reqwest::Method::PUT, "/api/v1/areas/150821/duty", Some(json!({"month": month, "rows": rows})))
        .await;
    assert_eq!(status, 200, "{body}");
    body
}
