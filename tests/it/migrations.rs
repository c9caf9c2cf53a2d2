//! Bringing a database's schema up to date.

use khot::store::{Store, StoreError};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Executor};

use crate::harness::*;

/// Every table, column, constraint, policy, trigger, function and grant of the product, as text.
async fn schema(database: &PgConnectOptions) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT format('%s.%s %s %s', table_name, column_name, data_type, column_default) FROM information_schema.columns WHERE table_schema = 'khot'
         UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'khot'::regnamespace
         UNION ALL SELECT policyname || ' ' || tablename || ' ' || cmd || ' ' || coalesce(qual, with_check) FROM pg_policies WHERE schemaname = 'khot'
         UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
         UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'khot'::regnamespace
         UNION ALL SELECT relname || ' ' || coalesce(relacl::text, '') FROM pg_class WHERE relnamespace = 'khot'::regnamespace
         ORDER BY 1",
    )
    .fetch_all(&mut as_owner(database).await)
    .await
    .unwrap()
}

async fn ledger(database: &PgConnectOptions) -> Vec<(i64, String)> {
    sqlx::query_as("SELECT version, installed_on::text FROM public._sqlx_migrations ORDER BY version")
        .fetch_all(&mut as_owner(database).await)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_empty_database_gets_every_migration_and_the_second_time_none() {
    let database = bare_database().await;
    Store::open(database.clone()).await.unwrap().close().await;
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap().count();
    let (made, when) = (schema(&database).await, ledger(&database).await);
    assert_eq!(when.len(), files);
    assert!(made.len() > 100, "{}", made.len());
    Store::open(database.clone()).await.unwrap().close().await;
    assert_eq!(ledger(&database).await, when);
    assert_eq!(schema(&database).await, made);
}

#[tokio::test]
async fn several_processes_may_start_on_an_empty_database_at_once() {
    let database = bare_database().await;
    let open = || Store::open(database.clone());
    let (one, two, three) = tokio::join!(open(), open(), open());
    for store in [one, two, three] {
        let store = store.unwrap();
        store.ping().await.unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn a_newer_programs_database_is_left_alone() {
    let database = database().await;
    let mut owner = as_owner(&database).await;
    owner
        .execute(
            "INSERT INTO public._sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9001, 'of the future', true, '\\x00', 1);
             DROP SCHEMA graphile_worker CASCADE",
        )
        .await
        .unwrap();
    let before = (schema(&database).await, ledger(&database).await);
    let error = Store::open(database.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::SchemaNewer(9001)), "{error}");
    assert!(error.to_string().contains("9001") && error.to_string().contains("newer program"), "{error}");
    assert_eq!((schema(&database).await, ledger(&database).await), before);
    let queue: bool = sqlx::query_scalar("SELECT to_regnamespace('graphile_worker') IS NOT NULL")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert!(!queue, "not even the queue's schema is touched");
}

#[tokio::test]
async fn a_user_who_may_not_set_up_is_told_so() {
    let database = bare_database().await;
    let mut owner = as_owner(&database).await;
    let role = format!("khot_weak_{}", uuid::Uuid::now_v7().simple());
    let name = database.get_database().unwrap();
    run(&mut owner, format!("CREATE ROLE {role} LOGIN PASSWORD 'weak'")).await;
    let weak = database.clone().username(&role).password("weak");
    let error = Store::open(weak.clone()).await.unwrap_err();
    run(&mut owner, format!("GRANT CREATE ON DATABASE {name} TO {role}")).await;
    let with_schema = Store::open(weak).await.unwrap_err();
    run(&mut owner, format!("DROP OWNED BY {role} CASCADE")).await;
    run(&mut owner, format!("DROP ROLE {role}")).await;
    for error in [error, with_schema] {
        assert!(matches!(error, StoreError::NotAllowed(_)), "{error:?}");
        assert!(error.to_string().contains("superuser the first time"), "{error}");
    }
}

#[tokio::test]
async fn an_address_where_no_database_is_says_what_to_check() {
    let nowhere = bare_database().await.socket("/nonexistent");
    let error = Store::open(nowhere).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
    let error = Store::open_url("mysql://root@localhost/khot").await.unwrap_err();
    assert!(error.to_string().contains("DATABASE_URL is not a PostgreSQL address"), "{error}");
    let missing = bare_database().await.database("no_such_database");
    assert!(missing.clone().connect().await.is_err());
    let error = Store::open(missing).await.unwrap_err();
    assert!(error.to_string().contains("no_such_database"), "{error}");
}
