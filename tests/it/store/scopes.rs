//! Scopes: what row-level security shows and lets be changed.

use super::*;

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

/// Every capability for the code prefixes, for the rest of the connection.
async fn set_everywhere(program: &mut PgConnection, prefixes: &str) {
    for capability in Capability::ALL {
        sqlx::query("SELECT set_config('khot.may_' || $1, $2, false)")
            .bind(capability.as_str())
            .bind(prefixes)
            .execute(&mut *program)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn another_banners_scope_shows_only_the_names_above_it() {
    let (database, _store) = full().await;
    let (mut owner, mut program) = (as_owner(&database).await, as_program(&database).await);
    set_everywhere(&mut program, "150822*").await;
    for (table, seen) in counts(&mut owner, &mut program).await {
        // The region and the league stand above both banners.
        assert_eq!(seen, if table == "area" { 2 } else { 0 }, "khot.{table}");
    }
    set_everywhere(&mut program, "150821*").await;
    for (table, seen) in counts(&mut owner, &mut program).await {
        assert!(seen > 0, "khot.{table} hides the banner's own rows");
    }
}

#[tokio::test]
async fn a_scope_lets_nothing_outside_it_be_changed() {
    let (database, _store) = full().await;
    let mut program = as_program(&database).await;
    set_everywhere(&mut program, "150822*,150821100*").await;
    for sql in [
        "UPDATE area SET name = 'x' WHERE code IN ('15', '1508', '150821', '150821101200')",
        "DELETE FROM unit WHERE village LIKE '150821101%'",
        "UPDATE plan SET title = 'x'",
        "DELETE FROM upload",
        "DELETE FROM road",
        "DELETE FROM road_cells",
    ] {
        assert_eq!(program.execute(sql).await.unwrap().rows_affected(), 0, "{sql}");
    }
    for sql in [
        "INSERT INTO account (id, username, name, password_hash, area, created_at)
         VALUES (gen_random_uuid(), 'xx', 'x', 'x', '150821', now())",
        "INSERT INTO job (id, kind, area, params, state, created_by, created_at)
         VALUES (gen_random_uuid(), 'import', '15', '{}', 'queued', 'x', now())",
        "UPDATE area SET code = '150823100' WHERE code = '150821100'",
        "INSERT INTO road_cells VALUES ('150821', 6, '{}', '{}')",
        "INSERT INTO road SELECT banner, 99, kind, name, source, course, synthetic, imported_at FROM road",
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
             AS $$ BEGIN INSERT INTO public.seen VALUES (current_setting('khot.may_outline', true)); RETURN NULL; END $$;
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
        "SELECT count(*) FROM pg_shdepend WHERE refobjid = 'khot_app'::regrole AND deptype = 'o'
           AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))",
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
