//! Constraints, what is never changed, and the audit of what is.

use super::*;

/// Runs `sql` in a transaction that is rolled back, and gives what refused it: the constraint's name, or
/// else the error's code.
async fn refusal(connection: &mut PgConnection, sql: &str) -> String {
    connection.execute("BEGIN").await.unwrap();
    let outcome = match connection.execute(AssertSqlSafe(sql.to_owned())).await {
        // Some references are looked at when the transaction ends.
        Ok(_) => connection.execute("SET CONSTRAINTS ALL IMMEDIATE").await,
        failed => failed,
    };
    connection.execute("ROLLBACK").await.unwrap();
    match outcome {
        Ok(_) => panic!("nothing refused: {sql}"),
        Err(sqlx::Error::Database(error)) => {
            error.constraint().map_or_else(|| error.code().unwrap_or_default().into_owned(), str::to_owned)
        }
        Err(error) => panic!("{sql}: {error}"),
    }
}

/// PostgreSQL's `restrict_violation`.
const NEVER: &str = "23001";

#[tokio::test]
async fn areas_and_units_that_make_no_sense_are_refused() {
    let (database, _store) = full().await;
    let mut owner = as_owner(&database).await;
    let area = |code: &str, outline: &str, rest: &str| {
        format!(
            "INSERT INTO area (code, name, outline, label_point, area_m2, synthetic, area_type, kind)
             SELECT '{code}', 'x', ST_Multi(ST_GeomFromText('{outline}', 4326)), ST_SetSRID(ST_MakePoint(0, 0), 4326), 1, true, {rest}"
        )
    };
    let square = "POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))";
    let bow_tie = "POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))";
    for (sql, constraint) in [
        (area("15082", square, "NULL, NULL"), "area_code_form"),
        (area("15082a", square, "NULL, NULL"), "area_code_form"),
        (area("150829", bow_tie, "NULL, NULL"), "area_outline_valid"),
        (area("150829", "POLYGON EMPTY", "NULL, NULL"), "area_outline_valid"),
        (area("152999", square, "NULL, NULL"), "area_parent_fkey"),
        (area("150821100999", square, "NULL, NULL"), "area_village_type"),
        (area("150829", square, "NULL, 'gacha'"), "area_village_type"),
        (area("150821", square, "NULL, NULL"), "area_pkey"),
        ("DELETE FROM area WHERE code = '150821'".to_owned(), "plan_banner_fkey"),
        (
            format!(
                "UPDATE unit SET outline = ST_GeomFromText('{bow_tie}', 4326) WHERE village = '150821100200'"
            ),
            "unit_outline_valid",
        ),
        (
            "UPDATE unit SET village = '150821100999' WHERE village = '150821100200'".to_owned(),
            "unit_village_fkey",
        ),
        ("UPDATE unit SET households = -1".to_owned(), "unit_households_check"),
    ] {
        assert_eq!(refusal(&mut owner, &sql).await, constraint, "{sql}");
    }
}

#[tokio::test]
async fn two_plans_of_a_banner_never_hold_on_one_day() {
    let (database, store) = full().await;
    let draft = put_draft(&store, 2).await;
    let mut owner = as_owner(&database).await;
    for days in ["[2025-06-01,2026-01-02)", "[2026-03-01,2026-04-01)", "[2026-01-01,)", "(,)"] {
        let sql = format!("UPDATE plan SET status = 'published', during = '{days}' WHERE id = '{draft}'");
        assert_eq!(refusal(&mut owner, &sql).await, "plan_one_a_day", "{days}");
    }
    // Ranges end before their last day: these two only touch.
    let sql = format!(
        "UPDATE plan SET status = 'superseded', during = '[2025-06-01,2026-01-01)' WHERE id = '{draft}'"
    );
    owner.execute(AssertSqlSafe(sql)).await.unwrap();
}

#[tokio::test]
async fn the_store_refuses_a_plan_that_would_begin_too_early() {
    let (_database, store) = full().await;
    let draft = put_draft(&store, 2).await;
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    for (from, expected) in [
        ("2026-01-01", plans::Publication::Later { begins: day("2026-01-01") }),
        ("2025-01-01", plans::Publication::Later { begins: day("2026-01-01") }),
        ("2026-01-02", plans::Publication::Done { grids: 4 }),
        ("2026-01-03", plans::Publication::NotADraft),
    ] {
        assert_eq!(plans::publish(&mut tx, draft, day(from)).await.unwrap(), expected, "{from}");
    }
    assert_eq!(
        plans::publish(&mut tx, uuid::Uuid::nil(), day("2026-01-02")).await.unwrap(),
        plans::Publication::NotFound
    );
}

#[tokio::test]
async fn a_published_plan_is_never_changed() {
    let (database, store) = full().await;
    let draft = put_draft(&store, 2).await;
    let published = "(SELECT id FROM plan WHERE status = 'published')";
    let mut owner = as_owner(&database).await;
    for sql in [
        format!("UPDATE plan SET title = 'x' WHERE id = {published}"),
        format!("UPDATE plan SET status = 'draft', during = NULL WHERE id = {published}"),
        format!("UPDATE plan SET during = '[2025-12-31,)' WHERE id = {published}"),
        format!("UPDATE plan SET during = '[2026-01-05,)' WHERE id = {published}"),
        format!("UPDATE plan SET banner = '150822' WHERE id = {published}"),
        format!("DELETE FROM plan WHERE id = {published}"),
        format!("UPDATE grid SET households = households + 1 WHERE plan = {published}"),
        format!("DELETE FROM grid WHERE plan = {published}"),
        format!("UPDATE grid SET plan = {published} WHERE plan = '{draft}'"),
        format!("UPDATE grid SET plan = '{draft}' WHERE plan = {published}"),
        format!(
            "INSERT INTO grid (plan, code, area_type, kind, units, outline, label_point, area_m2, compactness, households, people, in_band, reasons)
             SELECT {published}, code, area_type, kind, units, outline, label_point, area_m2, compactness, households, people, in_band, reasons
             FROM grid WHERE plan = '{draft}'"
        ),
    ] {
        assert_eq!(refusal(&mut owner, &sql).await, "plan_frozen", "{sql}");
    }
    for sql in ["TRUNCATE plan CASCADE", "TRUNCATE grid", "TRUNCATE area CASCADE"] {
        assert_eq!(refusal(&mut owner, sql).await, NEVER, "{sql}");
    }
    // All that may happen to it is that it ends.
    let ends = format!(
        "UPDATE plan SET status = 'superseded', during = '[2026-01-01,2026-05-01)' WHERE id = {published}"
    );
    assert_eq!(owner.execute(AssertSqlSafe(ends)).await.unwrap().rows_affected(), 1);
}

#[tokio::test]
async fn grids_that_make_no_sense_are_refused() {
    let (database, store) = full().await;
    let draft = put_draft(&store, 2).await;
    let mut owner = as_owner(&database).await;
    for (change, constraint) in [
        ("code = '150822' || right(code, 9)", "grid_in_banner"),
        ("code = left(code, 12) || '000'", "grid_code_form"),
        ("units = '{}'", "grid_not_empty"),
        ("reasons = '[]'", "grid_out_of_band_named"),
        (
            "outline = ST_Multi(ST_GeomFromText('POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))', 4326))",
            "grid_outline_valid",
        ),
        ("code = (SELECT min(code) FROM grid WHERE plan = '{draft}')", "grid_code_key"),
    ] {
        let sql = format!("UPDATE grid SET {change} WHERE plan = '{{draft}}'")
            .replace("{draft}", &draft.to_string());
        assert_eq!(refusal(&mut owner, &sql).await, constraint, "{sql}");
    }
}

#[tokio::test]
async fn codes_and_the_audit_trail_only_grow() {
    let (database, store) = full().await;
    let mut owner = as_owner(&database).await;
    for table in ["grid_code", "audit", "audit_link"] {
        assert!(count(&mut owner, table).await > 0);
        for sql in [
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!(
                "UPDATE {table} SET {}",
                match table {
                    "audit" => "actor = 'x'",
                    "audit_link" => "entry = entry",
                    _ => "first_plan = first_plan",
                }
            ),
        ] {
            // What other tables point at can't even be asked to be truncated.
            let refused = refusal(&mut owner, &sql).await;
            assert!(
                refused == NEVER || refused == "0A000" && sql.starts_with("TRUNCATE"),
                "{sql}: {refused}"
            );
        }
    }
    // A superseded plan's codes stay, whatever comes after it.
    put_published(&store, 2, "2026-02-01").await;
    assert_eq!(count(&mut owner, "grid_code").await, 8);
}

#[tokio::test]
async fn a_change_is_audited_with_actor_and_request_or_not_made() {
    let (database, store) = full().await;
    let scope = Scope::job("a-planner", &code("150821")).with_request(Some("request-7".to_owned()));
    let entry = || audit::Entry {
        action: "test.note",
        subject: "it",
        area: &THE_BANNER,
        before: None,
        after: Some(json!(1)),
    };
    let mut tx = store.begin(&scope).await.unwrap();
    audit::write(&mut tx, entry()).await.unwrap();
    drop(tx);
    let mut tx = store.begin(&scope).await.unwrap();
    audit::write(&mut tx, entry()).await.unwrap();
    tx.commit().await.unwrap();
    let written: Vec<(String, String, Option<String>)> =
        sqlx::query_as("SELECT actor, area, request_id FROM khot.audit WHERE action = 'test.note'")
            .fetch_all(&mut as_owner(&database).await)
            .await
            .unwrap();
    assert_eq!(written, [("a-planner".to_owned(), "150821".to_owned(), Some("request-7".to_owned()))]);
}

static THE_BANNER: std::sync::LazyLock<khot::domain::Code> = std::sync::LazyLock::new(|| code("150821"));
