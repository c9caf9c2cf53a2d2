//! What the database itself guards: scopes, constraints, what is never changed; and what comes back
//! from it is what was put in.

use std::collections::{BTreeMap, BTreeSet};

use geo::{LineString, MultiPolygon, Polygon};
use khot::access::Scope;
use khot::domain::{Area, Level, Unit};
use khot::store::tiles::GridsOf;
use khot::store::{Store, StoreError, areas, audit, grids, imports, jobs, plans, units};
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::harness::*;

/// Tables that belong to no area.
const OF_NO_AREA: [&str; 3] = ["account", "edition", "session"];

/// A database with at least one row in every table of an area.
async fn full() -> (PgConnectOptions, Store) {
    let database = database().await;
    let store = Store::open(database.clone()).await.unwrap();
    put_tiny(&store).await;
    put_published(&store, 1, "2026-01-01").await;
    let scope = Scope::operator();
    store.keep_upload(&scope, uuid::Uuid::now_v7(), &code("150821"), "a.csv", &b"x"[..]).await.unwrap();
    let mut tx = store.begin(&scope).await.unwrap();
    jobs::add(&mut tx, uuid::Uuid::now_v7(), "import", &code("150821"), &json!({}), noon()).await.unwrap();
    tx.commit().await.unwrap();
    (database, store)
}

async fn tables(owner: &mut PgConnection) -> Vec<(String, bool, bool)> {
    sqlx::query_as(
        "SELECT relname::text, relrowsecurity, relforcerowsecurity FROM pg_class
         WHERE relnamespace = 'khot'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname",
    )
    .fetch_all(owner)
    .await
    .unwrap()
}

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM khot.{table}"));
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

/// How many rows of each area's table this connection sees.
async fn counts(owner: &mut PgConnection, reader: &mut PgConnection) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for (table, _, _) in tables(owner).await {
        if !OF_NO_AREA.contains(&table.as_str()) {
            let seen = count(reader, &table).await;
            counts.insert(table, seen);
        }
    }
    counts
}

#[tokio::test]
async fn every_table_of_an_area_has_forced_row_level_security() {
    let database = database().await;
    let mut owner = as_owner(&database).await;
    for (table, enabled, forced) in tables(&mut owner).await {
        let of_area = !OF_NO_AREA.contains(&table.as_str());
        assert_eq!((enabled, forced), (of_area, of_area), "khot.{table}");
    }
    // A view reads with its owner's rights, past the policies.
    let views: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'khot'::regnamespace AND relkind IN ('v', 'm')",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(views, 0);
}

#[tokio::test]
async fn without_a_scope_every_area_is_empty() {
    let (database, _store) = full().await;
    let (mut owner, mut program) = (as_owner(&database).await, as_program(&database).await);
    for (table, held) in counts(&mut owner, &mut as_owner(&database).await).await {
        assert!(held > 0, "nothing in khot.{table} to hide");
    }
    for (table, seen) in counts(&mut owner, &mut program).await {
        assert_eq!(seen, 0, "khot.{table} shows rows to whoever has no scope");
    }
}

#[tokio::test]
async fn another_banners_scope_shows_only_the_names_above_it() {
    let (database, _store) = full().await;
    let (mut owner, mut program) = (as_owner(&database).await, as_program(&database).await);
    program.execute("SELECT set_config('khot.scope', '150822*', false)").await.unwrap();
    for (table, seen) in counts(&mut owner, &mut program).await {
        // The region and the league stand above both banners.
        assert_eq!(seen, if table == "area" { 2 } else { 0 }, "khot.{table}");
    }
    program.execute("SELECT set_config('khot.scope', '150821*', false)").await.unwrap();
    for (table, seen) in counts(&mut owner, &mut program).await {
        assert!(seen > 0, "khot.{table} hides the banner's own rows");
    }
}

#[tokio::test]
async fn a_scope_lets_nothing_outside_it_be_changed() {
    let (database, _store) = full().await;
    let mut program = as_program(&database).await;
    program.execute("SELECT set_config('khot.scope', '150822*,150821100*', false)").await.unwrap();
    for sql in [
        "UPDATE area SET name = 'x' WHERE code IN ('15', '1508', '150821', '150821101200')",
        "DELETE FROM unit WHERE village LIKE '150821101%'",
        "UPDATE plan SET title = 'x'",
        "DELETE FROM upload",
    ] {
        assert_eq!(program.execute(sql).await.unwrap().rows_affected(), 0, "{sql}");
    }
    for sql in [
        "INSERT INTO audit (actor, action, subject, area) VALUES ('x', 'x', 'x', '150821')",
        "INSERT INTO job (id, kind, area, params, state, created_by, created_at)
         VALUES (gen_random_uuid(), 'import', '15', '{}', 'queued', 'x', now())",
        "UPDATE area SET code = '150823100' WHERE code = '150821100'",
    ] {
        let error = program.execute(sql).await.unwrap_err().to_string();
        assert!(error.contains("row-level security"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_scope_ends_with_its_transaction() {
    let (database, store) = full().await;
    let mut owner = as_owner(&database).await;
    // Whatever closes a session runs in the same pool without a scope; a trigger writes down which it had.
    owner
        .execute(
            "CREATE TABLE public.seen (scope text);
             CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
             AS $$ BEGIN INSERT INTO public.seen VALUES (current_setting('khot.scope', true)); RETURN NULL; END $$;
             CREATE TRIGGER note AFTER DELETE ON khot.session FOR EACH STATEMENT EXECUTE FUNCTION public.note()",
        )
        .await
        .unwrap();
    for round in 0..8 {
        let mut tx = store.begin(&Scope::operator()).await.unwrap();
        assert!(areas::get(&mut tx, &code("150821")).await.unwrap().is_some());
        match round % 2 {
            0 => tx.commit().await.unwrap(),
            _ => drop(tx),
        }
        store.close_session(b"nobody's").await.unwrap();
    }
    let seen: Vec<Option<String>> =
        sqlx::query_scalar("SELECT scope FROM public.seen").fetch_all(&mut owner).await.unwrap();
    assert_eq!(seen.len(), 8);
    assert!(seen.iter().all(|scope| scope.as_deref().unwrap_or("").is_empty()), "{seen:?}");
}

#[tokio::test]
async fn the_programs_role_owns_nothing_and_passes_no_policy() {
    let (database, _store) = full().await;
    let mut owner = as_owner(&database).await;
    let rights: (bool, bool, bool, bool, bool) = sqlx::query_as(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_roles WHERE rolname = 'khot_app'",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(rights, (false, false, false, false, false));
    let owned: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_shdepend WHERE refobjid = 'khot_app'::regrole AND deptype = 'o'",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(owned, 0);
    let may: Vec<String> = sqlx::query_scalar(
        "SELECT relname || ' ' || privilege FROM pg_class, unnest(ARRAY['TRUNCATE', 'TRIGGER', 'REFERENCES']) AS privilege
         WHERE relnamespace = 'khot'::regnamespace AND relkind = 'r' AND has_table_privilege('khot_app', pg_class.oid, privilege)",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert_eq!(may, Vec::<String>::new());
    let schemas: (bool, bool) = sqlx::query_as(
        "SELECT has_schema_privilege('khot_app', 'khot', 'CREATE'), has_schema_privilege('khot_app', 'graphile_worker', 'USAGE')",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(schemas, (false, false));
}

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
    for table in ["grid_code", "audit"] {
        assert!(count(&mut owner, table).await > 0);
        for sql in [
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!(
                "UPDATE {table} SET {}",
                if table == "audit" { "actor = 'x'" } else { "first_plan = first_plan" }
            ),
        ] {
            assert_eq!(refusal(&mut owner, &sql).await, NEVER, "{sql}");
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

#[tokio::test]
async fn sums_hold_at_every_level_right_after_an_import() {
    let store = store().await;
    put_tiny(&store).await;
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let units = tiny_units();
    for area in tiny_areas() {
        let row = areas::get(&mut tx, &area.code).await.unwrap().unwrap();
        let own: Vec<&Unit> = units.iter().filter(|unit| area.code.covers(&unit.village)).collect();
        let villages: BTreeSet<_> = own.iter().map(|unit| &unit.village).collect();
        assert_eq!(row.villages as usize, villages.len(), "{}", area.code);
        assert_eq!(
            row.households,
            own.iter().map(|unit| u64::from(unit.households)).sum::<u64>(),
            "{}",
            area.code
        );
        assert_eq!(row.people, own.iter().map(|unit| u64::from(unit.people)).sum::<u64>(), "{}", area.code);
    }
    let below = areas::below(&mut tx, &code("1508"), Level::Township).await.unwrap();
    assert_eq!(below.len(), 2);
    let sum: f64 = below.iter().map(|area| area.area_m2).sum();
    let banner = areas::get(&mut tx, &code("150821")).await.unwrap().unwrap();
    assert!((sum - banner.area_m2).abs() < 1.0, "{sum} of {}", banner.area_m2);
}

/// The units of the tiny banner, by village.
async fn held_units(store: &Store) -> BTreeMap<khot::domain::Code, Vec<Unit>> {
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    units::of_area(&mut tx, &code("150821")).await.unwrap()
}

#[tokio::test]
async fn units_come_back_to_the_bit() {
    let store = store().await;
    put_tiny(&store).await;
    let mut expected: BTreeMap<_, Vec<Unit>> = BTreeMap::new();
    for unit in tiny_units() {
        expected.entry(unit.village.clone()).or_default().push(unit);
    }
    expected.values_mut().for_each(|units| units.sort_by(|a, b| a.code.cmp(&b.code)));
    assert_eq!(held_units(&store).await, expected);
}

#[tokio::test]
async fn outlines_and_names_come_back_to_the_bit() {
    let store = store().await;
    // Numbers that decimal text would round, a hole, two pieces, and everything that COPY gives a meaning.
    let ring = |x: f64, y: f64, side: f64| {
        LineString::from(vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)])
    };
    let (x, y) = (100.0 + 1.0 / 3.0, 40.0 + f64::EPSILON * 64.0);
    let outline = MultiPolygon::new(vec![
        Polygon::new(ring(x, y, 0.1), vec![ring(x + 0.03, y + 0.03, 0.01)]),
        Polygon::new(ring(x + 1.0 / 7.0, y, 0.1 + 0.2 - 0.29), vec![]),
    ]);
    for name in ["呼和浩特 ᠬᠥᠬᠡᠬᠣᠲᠠ", "tab\there\\and\nthere\r", "\\N", "\\.", "'; DROP TABLE khot.area; --"]
    {
        let area = Area {
            code: code("15"),
            name: name.to_owned(),
            area_type: None,
            kind: None,
            outline: outline.clone(),
            synthetic: false,
        };
        let mut tx = store.begin(&Scope::operator()).await.unwrap();
        imports::put_areas(&mut tx, &[area]).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.begin(&Scope::operator()).await.unwrap();
        assert_eq!(areas::get(&mut tx, &code("15")).await.unwrap().unwrap().name, name);
        assert_eq!(areas::outline(&mut tx, &code("15")).await.unwrap().unwrap(), outline);
    }
}

#[tokio::test]
async fn a_grid_keeps_its_units_codes_whatever_script_they_are_in() {
    let store = store().await;
    put_tiny(&store).await;
    let mut plan = whole_villages(1);
    // Mongolian joins suffixes with a narrow space; the rest has a meaning in PostgreSQL's arrays.
    let codes = ["ᠬᠣᠲᠠ\u{202f}ᠶᠢᠨ", "\u{180e}", "a\"b", "a\\b", "{a,b}", "NULL", "草场 7", "it's"];
    plan.grids[0].grid.units = codes.map(str::to_owned).to_vec();
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    plans::save_draft(&mut tx, &plan).await.unwrap();
    let grid = grids::get(&mut tx, &plan.grids[0].grid.code, GridsOf::Plan(plan.id)).await.unwrap().unwrap();
    assert_eq!(grid.units, codes);
    assert_eq!(grid.outline.as_ref(), Some(&plan.grids[0].outline));
    assert_eq!(grid.reasons, plan.grids[0].grid.reasons);
}

#[tokio::test]
async fn units_of_other_villages_stay() {
    let store = store().await;
    put_tiny(&store).await;
    let (touched, before) = (code("150821100200"), held_units(&store).await);
    let mut one = before[&touched][0].clone();
    one.households = 77;
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    imports::put_units(&mut tx, std::slice::from_ref(&one)).await.unwrap();
    tx.commit().await.unwrap();
    let after = held_units(&store).await;
    assert_eq!(after[&touched], [one]);
    for (village, units) in before.iter().filter(|(village, _)| **village != touched) {
        assert_eq!(&after[village], units);
    }
}

#[tokio::test]
async fn a_village_with_a_new_outline_loses_its_units() {
    let store = store().await;
    put_tiny(&store).await;
    let before = held_units(&store).await;
    let mut areas = tiny_areas();
    let moved = areas.iter_mut().find(|area| area.code == code("150821101201")).unwrap();
    moved.outline = MultiPolygon::new(vec![square(108.03, 41.03, 0.02)]);
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    imports::put_areas(&mut tx, &areas).await.unwrap();
    tx.commit().await.unwrap();
    let after = held_units(&store).await;
    assert_eq!(before.len(), 4);
    assert!(!after.contains_key(&code("150821101201")));
    for village in ["150821100200", "150821100201", "150821101200"] {
        assert_eq!(after[&code(village)], before[&code(village)]);
    }
}

#[tokio::test]
async fn an_import_that_is_not_committed_leaves_nothing() {
    let store = store().await;
    put_tiny(&store).await;
    let before = held_units(&store).await;
    let mut areas = tiny_areas();
    areas[4].outline = MultiPolygon::new(vec![square(108.0, 41.0, 0.02)]);
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    imports::put_areas(&mut tx, &areas).await.unwrap();
    drop(tx);
    assert_eq!(held_units(&store).await, before);
}

#[tokio::test]
async fn what_the_database_refuses_has_its_constraints_name() {
    let store = store().await;
    put_tiny(&store).await;
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let bow_tie = MultiPolygon::new(vec![Polygon::new(
        LineString::from(vec![(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.5), (0.0, 0.0)]),
        vec![],
    )]);
    let mut area = tiny_areas().remove(4);
    area.outline = bow_tie;
    let error = imports::put_areas(&mut tx, &[area]).await.unwrap_err();
    assert_eq!(error.constraint(), Some("area_outline_valid"), "{error}");
    let mut tx = store.begin(&Scope::job("someone", &code("150822"))).await.unwrap();
    let error = imports::put_units(&mut tx, &tiny_units()).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Database(_)) && error.to_string().contains("row-level security"),
        "{error}"
    );
}
