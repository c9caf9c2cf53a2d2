//! A month from the first draft to what its workers see: worked out, checked, approved by a second person, locked.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use khot::access::{Role, Scope};
use khot::jobs::pay::replay;
use khot::store::pay;
use reqwest::Method;
use serde_json::json;
use sqlx::Executor;

use super::*;

/// Grids of the tiny place: an agricultural and a pastoral one.
const FIELD: &str = "150821100200001";
const PASTURE: &str = "150821101201001";

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

    async fn replayed(&self, run: &str) -> Vec<String> {
        let mut tx = self.app.store.begin(&Scope::operator()).await.unwrap();
        let row = pay::run(&mut tx, run.parse().unwrap()).await.unwrap().unwrap();
        replay(&mut tx, &row).await.unwrap()
    }

    async fn lines(&self, run: &str) -> Vec<Value> {
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

fn fen(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap()
}

#[tokio::test]
async fn a_month_is_worked_out_approved_by_a_second_person_and_locked() {
    let office = Office::open().await;
    let workers = put_workers(&office.app.store, "150821100", 2).await;
    assign(&office.app, workers[0], FIELD, "worker", "2026-01-01", None).await;
    assign(&office.app, workers[1], PASTURE, "worker", "2026-01-01", None).await;
    assign(&office.app, workers[1], FIELD, "lead", "2026-01-01", None).await;
    attested(&office.officer, "2026-09", &[(workers[0], 20, Some(90)), (workers[1], 22, Some(72))]).await;
    let run = office.draft("150821", "2026-09").await;
    let whole = office.maker.get(&format!("/api/v1/pay-runs/{run}")).await;
    let lines = office.lines(&run).await;
    // 2000 × 20/22 × 70%, and the 30% at full score: 1818.18 in all; 2200 × 70%, 300 for leading, 660 × 72/90.
    let of = |worker: Uuid, component: &str| -> i64 {
        let own = lines
            .iter()
            .filter(|line| line["worker"] == worker.to_string() && line["component"] == component);
        own.map(|line| fen(line, "amount_fen")).sum()
    };
    assert_eq!((of(workers[0], "base"), of(workers[0], "performance")), (127_273, 54_545));
    assert_eq!(
        (of(workers[1], "base"), of(workers[1], "performance"), of(workers[1], "lead")),
        (154_000, 52_800, 30_000)
    );
    let total: i64 = lines.iter().map(|line| fen(line, "amount_fen")).sum();
    let levels = ["region", "league", "banner", "township"];
    assert_eq!(fen(&whole, "total_fen"), total);
    assert_eq!(levels.iter().map(|level| fen(&whole["by_level"], level)).sum::<i64>(), total);
    for (level, name) in levels.iter().map(|level| (level, format!("{level}_fen"))) {
        assert_eq!(fen(&whole["by_level"], level), lines.iter().map(|line| fen(line, &name)).sum::<i64>());
    }
    for sums in ["by_component", "by_area_type"] {
        let sums = whole[sums].as_array().unwrap();
        assert_eq!(sums.iter().map(|sum| fen(sum, "amount_fen")).sum::<i64>(), total);
    }
    assert_eq!(
        (&whole["demo"], &whole["synthetic"], &whole["rules"][0]["version"]),
        (&json!(true), &json!(true), &json!("2026"))
    );
    assert!(lines[0]["name"].as_str().unwrap().contains('*'));

    assert_eq!(office.step(&office.maker, &run, "approval").await, (409, "own_run".to_owned()));
    assert_eq!(office.step(&office.second, &run, "lock").await, (409, "run_not_approved".to_owned()));
    assert_eq!(office.step(&office.officer, &run, "approval").await.0, 404);
    assert_eq!(office.step(&office.second, &run, "approval").await, (200, "approved".to_owned()));
    assert_eq!(office.step(&office.second, &run, "approval").await, (409, "run_approved".to_owned()));
    assert_eq!(office.step(&office.maker, &run, "lock").await, (200, "locked".to_owned()));
    let (status, gone) = office.maker.call(Method::DELETE, &format!("/api/v1/pay-runs/{run}"), None).await;
    assert_eq!((status.as_u16(), &gone["code"]), (409, &json!("run_locked")));
    // The month is closed: days stay, another run isn't made, a correction goes into a later month.
    let rows = json!([{"worker": workers[0], "duty_days": 1, "expected_days": 22}]);
    let request = office
        .officer
        .request(Method::PUT, "/api/v1/areas/150821/duty")
        .json(&json!({"month": "2026-09", "rows": rows}));
    assert_eq!(problem(request).await, (409, "month_locked".to_owned()));
    assert_eq!(office.officer.get("/api/v1/areas/150821100/duty?month=2026-09").await["locked"], true);
    assert_eq!(office.job("150821", "2026-09").await["error"]["code"], "month_locked");
    let correction = |about: &str, month: &str| json!({"about_month": about, "pay_month": month, "amount_fen": -1234, "reason": "多发一天"});
    let path = format!("/api/v1/workers/{}/adjustments", workers[0]);
    let (status, refused) = office.maker.post(&path, correction("2026-08", "2026-09")).await;
    assert_eq!((status.as_u16(), &refused["code"]), (409, &json!("month_locked")));
    assert_eq!(office.maker.post(&path, correction("2026-09", "2026-10")).await.0, 201);

    // The next month pays the correction, and says why everybody's amount differs.
    attested(&office.officer, "2026-10", &[(workers[0], 22, None), (workers[1], 22, Some(72))]).await;
    let next = office.draft("150821", "2026-10").await;
    let corrected: Vec<Value> =
        office.lines(&next).await.into_iter().filter(|line| line["component"] == "adjustment").collect();
    assert_eq!((corrected.len(), fen(&corrected[0], "amount_fen")), (1, -1234));
    assert!(corrected[0]["clause"].as_str().unwrap().contains("2026-09"));
    let whole = office.maker.get(&format!("/api/v1/pay-runs/{next}")).await;
    assert_eq!(whole["checks"]["previous"]["id"], json!(run));
    let differences = whole["checks"]["differences"].as_array().unwrap();
    assert_eq!((differences.len(), &differences[0]["worker"]), (1, &json!(workers[0])));
    let reasons = differences[0]["reasons"].to_string();
    assert!(
        reasons.contains("20/22") && reasons.contains("考核得分") && reasons.contains("adjustment"),
        "{reasons}"
    );
}

#[tokio::test]
async fn a_locked_run_gives_the_same_bytes_whatever_has_moved_on_and_is_never_changed() {
    let office = Office::open().await;
    let workers = put_workers(&office.app.store, "150821100", 2).await;
    assign(&office.app, workers[0], FIELD, "worker", "2026-01-01", None).await;
    assign(&office.app, workers[1], PASTURE, "worker", "2026-01-01", None).await;
    attested(&office.officer, "2026-09", &[(workers[0], 20, Some(90)), (workers[1], 22, None)]).await;
    let run = office.locked("150821", "2026-09").await;
    let csv = async || {
        let path = format!("/api/v1/pay-runs/{run}/payroll.csv");
        office.maker.request(Method::GET, &path).send().await.unwrap().bytes().await.unwrap()
    };
    let before = csv().await;
    // Prices, assignments, plans and people move on.
    let mut tx = office.app.store.begin(&Scope::operator()).await.unwrap();
    let dearer = RULES
        .replace("demo-2026-1", "dearer")
        .replace("2026-01-01", "2026-02-01")
        .replace("2000.00", "9000.00");
    put_text(&mut tx, "150821", &dearer).await;
    tx.commit().await.unwrap();
    let mut owner = as_owner(&office.app.database).await;
    owner
        .execute("DELETE FROM assignment; UPDATE worker SET employment = 'part_time', area = '150821101'")
        .await
        .unwrap();
    assert_eq!(office.replayed(&run).await, Vec::<String>::new());
    assert_eq!(csv().await, before);
    for sql in [
        "UPDATE pay_line SET amount_fen = amount_fen + 1, region_fen = region_fen + 1",
        "DELETE FROM pay_line",
        "INSERT INTO pay_line SELECT run, worker, line + 50, area, grid, component, quantity, rate_fen, amount_fen, region_fen,
            league_fen, banner_fen, township_fen, clause FROM pay_line",
        "DELETE FROM pay_statement",
        "UPDATE pay_statement SET area = '15'",
        "DELETE FROM pay_paid",
        "DELETE FROM pay_input",
        "UPDATE pay_input SET snapshot = 'x'",
        "UPDATE pay_run SET total_fen = total_fen",
        "UPDATE pay_run SET status = 'draft', approved_by = NULL, approved_at = NULL, locked_by = NULL, locked_at = NULL",
        "DELETE FROM pay_run",
        "UPDATE duty SET duty_days = 1",
        "DELETE FROM duty",
        "TRUNCATE pay_line",
    ] {
        let error = owner.execute(sql).await.map(|done| done.rows_affected()).unwrap_err().to_string();
        assert!(["stays", "never", "not allowed", "closed"].iter().any(|said| error.contains(said)), "{sql}: {error}");
    }
    // A byte that is another is found.
    owner.execute("ALTER TABLE pay_input DISABLE TRIGGER USER; UPDATE pay_input SET snapshot = replace(encode(snapshot, 'escape'), '\"duty_days\":20', '\"duty_days\":21')::bytea").await.unwrap();
    let wrong = office.replayed(&run).await;
    assert!(
        wrong.iter().any(|wrong| wrong.contains("snapshot"))
            && wrong.iter().any(|wrong| wrong.contains("lines")),
        "{wrong:?}"
    );
}

#[tokio::test]
async fn one_person_is_paid_once_a_month_however_areas_nest() {
    let office = Office::open().await;
    let (one, other) = (
        put_workers(&office.app.store, "150821100", 1).await[0],
        put_workers(&office.app.store, "150821101", 1).await[0],
    );
    assign(&office.app, one, FIELD, "worker", "2026-01-01", None).await;
    assign(&office.app, other, PASTURE, "worker", "2026-01-01", None).await;
    attested(&office.officer, "2026-09", &[(one, 22, None), (other, 22, None)]).await;
    // The banner's draft has both; then the township pays its own.
    let banner = office.draft("150821", "2026-09").await;
    assert_eq!(office.step(&office.second, &banner, "approval").await.0, 200);
    office.locked("150821100", "2026-09").await;
    assert_eq!(office.step(&office.maker, &banner, "lock").await, (409, "paid_already".to_owned()));
    // Made again it leaves out who is paid, and says so.
    let again = office.locked("150821", "2026-09").await;
    let workers: Vec<Value> = office.lines(&again).await.iter().map(|line| line["worker"].clone()).collect();
    assert!(!workers.is_empty() && workers.iter().all(|worker| *worker == json!(other)), "{workers:?}");
    let whole = office.maker.get(&format!("/api/v1/pay-runs/{again}")).await;
    assert!(whole["checks"]["warnings"].to_string().contains("another run"), "{}", whole["checks"]);
    let paid: i64 = sqlx::query_scalar("SELECT count(*) FROM pay_paid WHERE month = '2026-09-01'")
        .fetch_one(&mut as_owner(&office.app.database).await)
        .await
        .unwrap();
    assert_eq!(paid, 2);
}

#[tokio::test]
async fn days_that_change_after_the_draft_make_it_stale() {
    let office = Office::open().await;
    let worker = put_workers(&office.app.store, "150821100", 1).await[0];
    assign(&office.app, worker, FIELD, "worker", "2026-01-01", None).await;
    attested(&office.officer, "2026-09", &[(worker, 20, None)]).await;
    let run = office.draft("150821", "2026-09").await;
    attested(&office.officer, "2026-09", &[(worker, 21, None)]).await;
    assert_eq!(office.step(&office.second, &run, "approval").await, (409, "run_stale".to_owned()));
    attested(&office.officer, "2026-09", &[(worker, 20, None)]).await;
    assert_eq!(office.step(&office.second, &run, "approval").await, (200, "approved".to_owned()));
    let (status, _) = office.maker.call(Method::DELETE, &format!("/api/v1/pay-runs/{run}"), None).await;
    assert_eq!(status, 204);
    assert_eq!(office.maker.get("/api/v1/areas/150821/pay-runs").await["runs"], json!([]));
    for (table, month, code) in [("", "2026-08", "no_duty"), ("DELETE", "2025-12", "no_rules")] {
        assert_eq!(office.job("150821", month).await["error"]["code"], code, "{table}");
    }
}

#[tokio::test]
async fn a_vacancy_is_not_paid_and_a_change_in_mid_month_costs_nobody_a_day() {
    let office = Office::open().await;
    let [left, moved, idle] = put_workers(&office.app.store, "150821100", 3).await[..] else { panic!() };
    // September has 30 days: the first third of it, and both parts of it.
    assign(&office.app, left, FIELD, "worker", "2026-01-01", Some("2026-09-11")).await;
    assign(&office.app, moved, PASTURE, "worker", "2026-01-01", Some("2026-09-16")).await;
    assign(&office.app, moved, "150821100201001", "worker", "2026-09-16", None).await;
    attested(&office.officer, "2026-09", &[(left, 21, None), (moved, 21, None), (idle, 21, None)]).await;
    let run = office.draft("150821", "2026-09").await;
    let lines = office.lines(&run).await;
    let base = |worker: Uuid| -> Vec<i64> {
        let own =
            lines.iter().filter(|line| line["worker"] == worker.to_string() && line["component"] == "base");
        own.map(|line| fen(line, "amount_fen")).collect()
    };
    // 7 of 22 days of 2000 × 70%.
    assert_eq!(base(left), [44_545]);
    // 10 or 11 of the 21 days each: together what 21 days of both bases' parts are.
    let both = base(moved);
    assert_eq!(both.len(), 2);
    let exact = 70.0 * (2000.0 * 10.0 + 2200.0 * 11.0) / 22.0;
    let other = 70.0 * (2000.0 * 11.0 + 2200.0 * 10.0) / 22.0;
    let sum = both.iter().sum::<i64>() as f64;
    assert!((sum - exact).abs() < 1.0 || (sum - other).abs() < 1.0, "{both:?}");
    assert_eq!(base(idle), Vec::<i64>::new());
    let whole = office.maker.get(&format!("/api/v1/pay-runs/{run}")).await;
    assert!(whole["checks"]["warnings"].to_string().contains("no grid"), "{}", whole["checks"]);
}

#[tokio::test]
async fn every_file_comes_to_what_the_run_comes_to() {
    let office = Office::open().await;
    let workers = put_workers(&office.app.store, "150821100", 3).await;
    for worker in &workers {
        assign(&office.app, *worker, FIELD, "helper", "2026-01-01", None).await;
    }
    attested(
        &office.officer,
        "2026-09",
        &workers.iter().map(|worker| (*worker, 19, Some(81))).collect::<Vec<_>>(),
    )
    .await;
    let run = office.locked("150821", "2026-09").await;
    let total = fen(&office.maker.get(&format!("/api/v1/pay-runs/{run}")).await, "total_fen");
    let file = async |name: &str| {
        let answer = office
            .maker
            .request(Method::GET, &format!("/api/v1/pay-runs/{run}/{name}"))
            .send()
            .await
            .unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["cache-control"].to_str().unwrap()),
            (200, "no-store")
        );
        answer.bytes().await.unwrap().to_vec()
    };
    let sum = |bytes: Vec<u8>, column: usize, totals: bool| -> i64 {
        let text = String::from_utf8(bytes).unwrap();
        let rows = text.lines().skip(1).filter(|row| row.starts_with("total") == totals);
        rows.map(|row| row.split(',').nth(column).unwrap().parse::<i64>().unwrap()).sum()
    };
    assert_eq!(sum(file("payroll.csv").await, 5, false), total);
    let transfers = file("transfers.csv").await;
    assert_eq!((sum(transfers.clone(), 7, false), sum(transfers, 7, true)), (total, total));
    let number = |cell: &Data| match cell {
        Data::Float(number) => *number as i64,
        Data::Int(number) => *number,
        _ => 0,
    };
    for (name, sheet, column) in [
        ("payroll.xlsx", "payroll", 5),
        ("payroll.xlsx", "workers 人员", 3),
        ("transfers.xlsx", "transfers", 7),
    ] {
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file(name).await)).unwrap();
        let range = book.worksheet_range(sheet).unwrap();
        let rows =
            range.rows().skip(1).filter(|row| !matches!(&row[0], Data::String(text) if text == "total"));
        assert_eq!(rows.map(|row| number(&row[column])).sum::<i64>(), total, "{name} {sheet}");
        let said = book.worksheet_range("totals 合计").unwrap();
        assert_eq!(number(said.get((1, 1)).unwrap()), total, "{name}");
    }
}

#[tokio::test]
async fn a_worker_sees_their_own_statement_once_it_is_locked_and_nobody_elses() {
    let office = Office::open().await;
    let workers = put_workers(&office.app.store, "150821100", 2).await;
    let own = office.app.with_token(&office.app.token_of("grid-worker", Role::Worker, "150821100").await);
    let mut owner = as_owner(&office.app.database).await;
    sqlx::query("UPDATE worker SET username = 'grid-worker' WHERE id = $1")
        .bind(workers[0])
        .execute(&mut owner)
        .await
        .unwrap();
    for worker in &workers {
        assign(&office.app, *worker, FIELD, "helper", "2026-01-01", None).await;
    }
    let rows: Vec<_> = workers.iter().map(|worker| (*worker, 22, None)).collect();
    attested(&office.officer, "2026-09", &rows).await;
    attested(&office.officer, "2026-10", &rows).await;
    let locked = office.locked("150821", "2026-09").await;
    let draft = office.draft("150821", "2026-10").await;
    let mine = own.get("/api/v1/me/statement?month=2026-09").await;
    assert_eq!(
        (&mine["status"], &mine["months"], &mine["demo"]),
        (&json!("locked"), &json!(["2026-09"]), &json!(true))
    );
    let lines = mine["lines"].as_array().unwrap();
    assert!(!lines.is_empty() && lines.iter().all(|line| line["worker"] == json!(workers[0])));
    assert_eq!(fen(&mine, "total_fen"), lines.iter().map(|line| fen(line, "amount_fen")).sum::<i64>());
    assert_eq!(own.get("/api/v1/me/statement").await["month"], "2026-09");
    let told = &own.get("/api/v1/me/territory").await["statement"];
    assert_eq!((&told["month"], &told["total_fen"]), (&json!("2026-09"), &mine["total_fen"]));
    let unpaid = own.get("/api/v1/me/statement?month=2026-10").await;
    assert_eq!(
        (&unpaid["status"], &unpaid["lines"], &unpaid["total_fen"]),
        (&json!(null), &json!([]), &json!(0))
    );
    let same = own.get(&format!("/api/v1/workers/{}/statement?month=2026-09", workers[0])).await;
    assert_eq!(same["lines"], mine["lines"]);
    for path in [
        format!("/api/v1/workers/{}/statement?month=2026-09", workers[1]),
        format!("/api/v1/pay-runs/{locked}"),
        format!("/api/v1/pay-runs/{draft}/lines"),
        format!("/api/v1/pay-runs/{locked}/payroll.csv"),
    ] {
        assert_eq!(own.call(Method::GET, &path, None).await.0, 404, "{path}");
    }
    // Finance sees the draft too.
    let seen = office.maker.get(&format!("/api/v1/workers/{}/statement?month=2026-10", workers[0])).await;
    assert_eq!(seen["status"], "draft");
    // Past the handlers: the database shows the worker two statements' worth of nothing but their own.
    let scope = Scope::of(
        &khot::access::Actor { username: "grid-worker".to_owned(), name: String::new(), grants: Vec::new() },
        day("2026-11-23"),
    );
    let mut tx = office.app.store.begin(&scope).await.unwrap();
    assert!(pay::lines_of_run(&mut tx, draft.parse().unwrap()).await.unwrap().is_empty());
    let seen = pay::lines_of_run(&mut tx, locked.parse().unwrap()).await.unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|line| line.worker == workers[0]));
}

#[tokio::test]
async fn jobs_of_pay_are_for_those_who_have_the_pay() {
    let office = Office::open().await;
    let job = office.job("150821", "2026-09").await;
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    for role in [Role::Administrator, Role::Planner, Role::Analyst, Role::PeopleOfficer, Role::Auditor] {
        let other = person(&office.app, &format!("x-{}", role.as_str().replace('_', "-")), role).await;
        assert_eq!(other.call(Method::GET, &path, None).await.0, 404, "{role:?}");
    }
    assert_eq!(office.second.call(Method::GET, &path, None).await.0, 200);
}

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_makes_exports_and_replays_a_month() {
    use crate::process::{khot_on, ran};
    let office = Office::open().await;
    let worker = put_workers(&office.app.store, "150821100", 1).await[0];
    assign(&office.app, worker, FIELD, "worker", "2026-01-01", None).await;
    attested(&office.officer, "2026-09", &[(worker, 20, Some(90))]).await;
    let database = url(&office.app.database);
    let made =
        ran(khot_on(&database).args(["pay", "--area", "150821", "--month", "2026-09", "--json"])).fine();
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    let folder = folder();
    let out = folder.path().join("payroll.csv");
    let export = |more: &[&str]| {
        let mut command = khot_on(&database);
        command
            .args(["export", "payroll", "--area", "150821", "--month", "2026-09", "--out"])
            .arg(&out)
            .args(more);
        ran(&mut command)
    };
    assert!(export(&[]).refused().sentence().contains("--draft"));
    export(&["--draft"]).fine();
    let text = std::fs::read_to_string(&out).unwrap();
    let sum: i64 =
        text.lines().skip(1).map(|row| row.split(',').nth(5).unwrap().parse::<i64>().unwrap()).sum();
    assert_eq!(made["amount_fen"], sum);
    let run = made["run"].as_str().unwrap();
    assert!(ran(khot_on(&database).args(["pay", "--replay", run])).fine().stdout.contains("0 breaches"));
}
