//! A month from the first draft to the locked run: worked out, checked, approved by a second person, worked out again.

use khot::access::Scope;
use reqwest::Method;
use serde_json::json;
use sqlx::Executor;

use super::office::*;
use super::*;

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
