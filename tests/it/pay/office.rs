//! A banner with grids, rules and the people who make, approve and attest a month.

use khot::access::{Role, Scope};
use khot::jobs::pay::replay;
use khot::store::pay;
use serde_json::json;

use super::*;

/// Grids of the tiny place: an agricultural and a pastoral one.
pub const FIELD: &str = "150821100200001";
pub const PASTURE: &str = "150821101201001";

pub async fn assign(app: &TestApp, worker: Uuid, grid: &str, role: &str, from: &str, until: Option<&str>) {
    sqlx::query(
        "INSERT INTO assignment (id, grid, worker, role, during, grids_max, post_area, created_by, created_at)
         VALUES (gen_random_uuid(), $1, $2, $3, daterange($4, $5), 9, left($1, 9), 'x', now())",
    )
    .bind(grid)
    .bind(worker)
    .bind(role)
    .bind(day(from))
    .bind(until.map(day))
    .execute(&mut as_owner(&app.database).await)
    .await
    .unwrap();
}

/// The banner with a plan, rules of the region, and those who make, approve and attest.
pub struct Office {
    pub app: TestApp,
    pub maker: TestApp,
    pub second: TestApp,
    pub officer: TestApp,
}

impl Office {
    pub async fn open() -> Self {
        let app = TestApp::start().await;
        put_published(&app.store, 1, "2026-01-01").await;
        Self::of(app).await
    }

    /// Where a plan is in force.
    pub async fn of(app: TestApp) -> Self {
        let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
        put_rules(&mut tx, "15", "2026").await;
        tx.commit().await.unwrap();
        let maker = person(&app, "maker", Role::Finance).await;
        let second = person(&app, "second", Role::Finance).await;
        let officer = person(&app, "officer", Role::PeopleOfficer).await;
        Self { app, maker, second, officer }
    }

    /// The job's answer.
    pub async fn job(&self, area: &str, month: &str) -> Value {
        let path = format!("/api/v1/areas/{area}/pay-runs");
        let (status, job) = self.maker.post(&path, json!({"month": month})).await;
        assert_eq!(status, 202, "{job}");
        self.app.run_pending_jobs().await;
        self.maker.job(job["id"].as_str().unwrap()).await
    }

    /// A draft: its id.
    pub async fn draft(&self, area: &str, month: &str) -> String {
        let job = self.job(area, month).await;
        assert_eq!(job["state"], "done", "{job}");
        job["result"]["run"].as_str().unwrap().to_owned()
    }

    pub async fn step(&self, who: &TestApp, run: &str, step: &str) -> (u16, String) {
        let (status, body) = who.post(&format!("/api/v1/pay-runs/{run}/{step}"), json!({})).await;
        let said = if status.is_success() { &body["status"] } else { &body["code"] };
        (status.as_u16(), said.as_str().unwrap().to_owned())
    }

    pub async fn locked(&self, area: &str, month: &str) -> String {
        let run = self.draft(area, month).await;
        assert_eq!(self.step(&self.second, &run, "approval").await, (200, "approved".to_owned()));
        assert_eq!(self.step(&self.maker, &run, "lock").await, (200, "locked".to_owned()));
        run
    }

    pub async fn replayed(&self, run: &str) -> Vec<String> {
        let mut tx = self.app.store.begin(&Scope::operator()).await.unwrap();
        let row = pay::run(&mut tx, run.parse().unwrap()).await.unwrap().unwrap();
        replay(&mut tx, &row).await.unwrap()
    }

    pub async fn lines(&self, run: &str) -> Vec<Value> {
        let (mut lines, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.maker.get(&format!("/api/v1/pay-runs/{run}/lines?limit=3{after}")).await;
            lines.extend(page["lines"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return lines,
            }
        }
    }
}

pub fn fen(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap()
}
