//! The audit trail as a chain: what is changed, taken out or put in is found, whoever did it; and it holds
//! under many writers and rolled-back transactions.

use khot::access::Scope;
use khot::store::audit::{self, Break, BreakKind, ChainReport};
use khot::store::{Store, audit::Filter};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Executor};

use crate::harness::*;

async fn note(store: &Store, subject: &str) {
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    write(&mut tx, subject).await;
    tx.commit().await.unwrap();
}

async fn write(tx: &mut khot::store::Tx, subject: &str) {
    let area = code("150821");
    let after = Some(json!({"名称": "五原县", "n": [1, 2.50, null], "a\"b": true}));
    let entry = audit::Entry { action: "test.note", subject, area: &area, before: None, after };
    audit::write(tx, entry).await.unwrap();
}

async fn verified(store: &Store) -> ChainReport {
    audit::verify(&mut store.begin(&Scope::operator()).await.unwrap(), None).await.unwrap()
}

async fn as_tamperer(database: &PgConnectOptions, sql: &str) {
    let mut owner = as_owner(database).await;
    owner.execute("SET session_replication_role = replica").await.unwrap();
    assert_eq!(owner.execute(AssertSqlSafe(sql.to_owned())).await.unwrap().rows_affected(), 1, "{sql}");
}

/// A database with a chain of twelve entries.
async fn twelve() -> (PgConnectOptions, Store) {
    let database = database().await;
    let store = Store::open(database.clone()).await.unwrap();
    for number in 1..=12 {
        note(&store, &format!("subject {number}")).await;
    }
    (database, store)
}

#[tokio::test]
async fn an_untouched_chain_holds_and_an_empty_one_too() {
    let store = store().await;
    let empty = verified(&store).await;
    assert_eq!((empty.entries, empty.checked, empty.breaks), (0, 0, vec![]));
    let (_, store) = twelve().await;
    let report = verified(&store).await;
    assert_eq!((report.entries, report.checked, report.breaks.as_slice()), (12, 12, &[][..]));
    let newest = audit::verify(&mut store.begin(&Scope::operator()).await.unwrap(), Some(5)).await.unwrap();
    assert_eq!((newest.entries, newest.checked, newest.breaks, newest.head), (12, 5, vec![], report.head));
}

#[tokio::test]
async fn whatever_is_tampered_with_is_found_and_named() {
    use BreakKind::{Changed, Inserted, Missing};
    let changed = |column: &str, value: &str| {
        format!("UPDATE audit SET {column} = {value} WHERE id = (SELECT entry FROM audit_link WHERE seq = 5)")
    };
    let of_entry = |kind, seq| (kind, Some(seq), true);
    for (sql, expected) in [
        (changed("actor", "'somebody'"), of_entry(Changed, 5)),
        (changed("action", "'test.nothing'"), of_entry(Changed, 5)),
        (changed("subject", "subject || ' '"), of_entry(Changed, 5)),
        (changed("area", "'150822'"), of_entry(Changed, 5)),
        (changed("at", "at + interval '1 microsecond'"), of_entry(Changed, 5)),
        (changed("before", "'null'"), of_entry(Changed, 5)),
        (changed("after", "'{}'"), of_entry(Changed, 5)),
        (changed("after", "NULL"), of_entry(Changed, 5)),
        (changed("request_id", "''"), of_entry(Changed, 5)),
        ("DELETE FROM audit WHERE id = (SELECT entry FROM audit_link WHERE seq = 7)".to_owned(), of_entry(Missing, 7)),
        ("DELETE FROM audit WHERE id = (SELECT entry FROM audit_link WHERE seq = 12)".to_owned(), of_entry(Missing, 12)),
        ("DELETE FROM audit_link WHERE seq = 3".to_owned(), (Missing, Some(3), false)),
        // Cut off at the end.
        ("DELETE FROM audit_link WHERE seq = 12".to_owned(), (Missing, Some(12), false)),
        ("UPDATE audit_link SET hash = sha256('x') WHERE seq = 4".to_owned(), of_entry(Changed, 4)),
        ("UPDATE audit_link SET prev = sha256('x') WHERE seq = 4".to_owned(), of_entry(Changed, 4)),
        ("UPDATE audit_head SET hash = sha256('x')".to_owned(), (Changed, Some(12), false)),
        ("UPDATE audit_head SET seq = 11, hash = (SELECT hash FROM audit_link WHERE seq = 11)".to_owned(), (Inserted, Some(12), false)),
        ("UPDATE audit_head SET seq = 13".to_owned(), (Missing, Some(13), false)),
        (
            "INSERT INTO audit (actor, action, subject, area) VALUES ('operator', 'test.note', 'never', '150821')".to_owned(),
            (Inserted, None, true),
        ),
    ] {
        let (database, store) = twelve().await;
        as_tamperer(&database, &sql).await;
        let found = verified(&store).await.breaks;
        let Break { kind, seq, entry } = found.first().unwrap_or_else(|| panic!("not found: {sql}"));
        assert_eq!((*kind, *seq, entry.is_some()), expected, "{sql}");
        let text = found[0].text();
        let named = seq.or(*entry).unwrap().to_string();
        assert!(text.en.contains(&named) && text.zh.contains(&named), "{text:?}");
        store.close().await;
    }
}

#[tokio::test]
async fn an_entry_that_is_swapped_for_a_link_of_its_own_breaks_the_next_one() {
    // Whoever works out the hash of a changed entry again must do so for all that follow.
    let (database, store) = twelve().await;
    let mut owner = as_owner(&database).await;
    owner
        .execute(
            "SET session_replication_role = replica;
             UPDATE audit SET actor = 'somebody' WHERE id = (SELECT entry FROM audit_link WHERE seq = 5);
             UPDATE audit_link SET hash = audit_hash(prev, seq, (SELECT audit FROM audit WHERE id = entry)) WHERE seq = 5",
        )
        .await
        .unwrap();
    let found = verified(&store).await.breaks;
    assert_eq!((found[0].kind, found[0].seq), (BreakKind::Changed, Some(6)));
    // And where they did, the head that was noted elsewhere is no longer there.
    let before = verified(&store).await.head;
    owner
        .execute(
            "DO $$ DECLARE link audit_link; held bytea; BEGIN
                SELECT hash INTO held FROM audit_link WHERE seq = 5;
                FOR link IN SELECT * FROM audit_link WHERE seq > 5 ORDER BY seq LOOP
                    UPDATE audit_link SET prev = held, hash = audit_hash(held, seq, (SELECT audit FROM audit WHERE id = entry))
                        WHERE seq = link.seq RETURNING hash INTO held;
                END LOOP;
                UPDATE audit_head SET hash = held;
             END $$",
        )
        .await
        .unwrap();
    let anew = verified(&store).await;
    assert_eq!(anew.breaks, []);
    assert_ne!(anew.head, before);
}

#[tokio::test]
async fn eight_writers_and_rolled_back_transactions_keep_the_chain() {
    const WRITERS: usize = 8;
    const ENTRIES: usize = 200;
    let store = store().await;
    let begun = std::time::Instant::now();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..ENTRIES {
                    let mut tx = store.begin(&Scope::operator()).await.unwrap();
                    write(&mut tx, &format!("{writer} {number}")).await;
                    // Every fourth one changes its mind, and writes what it takes back twice.
                    if number % 4 == 3 {
                        write(&mut tx, "never").await;
                        drop(tx);
                        let mut tx = store.begin(&Scope::operator()).await.unwrap();
                        write(&mut tx, &format!("{writer} {number} again")).await;
                        tx.commit().await.unwrap();
                    } else {
                        tx.commit().await.unwrap();
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    println!("{} entries by {WRITERS} writers in {:?}", WRITERS * ENTRIES, begun.elapsed());
    let report = verified(&store).await;
    assert_eq!(report.breaks, []);
    assert_eq!((report.entries, report.checked), (1600, 1600));
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let all = audit::chained(&mut tx, &Filter::default(), 0, 10_000).await.unwrap();
    assert!(all.iter().all(|row| row.subject != "never"));
    assert_eq!(all.iter().map(|row| row.seq.unwrap()).collect::<Vec<_>>(), (1..=1600).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_writer_does_not_wait_for_anothers_open_transaction() {
    let store = store().await;
    let mut open = store.begin(&Scope::operator()).await.unwrap();
    write(&mut open, "first begun").await;
    tokio::time::timeout(std::time::Duration::from_secs(5), note(&store, "second begun")).await.unwrap();
    open.commit().await.unwrap();
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let all = audit::chained(&mut tx, &Filter::default(), 0, 10).await.unwrap();
    // The chain is in the order in which transactions end.
    assert_eq!(
        all.iter().map(|row| row.subject.as_str()).collect::<Vec<_>>(),
        ["second begun", "first begun"]
    );
    assert_eq!(verified(&store).await.breaks, []);
}

#[tokio::test]
async fn the_program_itself_can_not_write_links() {
    let (database, _store) = twelve().await;
    let mut program = as_program(&database).await;
    for sql in [
        "INSERT INTO audit_link SELECT 99, 99, prev, hash FROM audit_link WHERE seq = 1",
        "UPDATE audit_head SET seq = 0",
        "DELETE FROM audit_link",
        "ALTER TABLE audit DISABLE TRIGGER audit_chained",
        "SET session_replication_role = replica",
    ] {
        let error = program.execute(sql).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "42501", "{sql}: {error}");
    }
}

/// Entries that were there before are chained by the migration.
#[tokio::test]
async fn entries_from_before_the_chain_are_chained_in_their_order() {
    let (database, store) = twelve().await;
    let mut owner = as_owner(&database).await;
    owner
        .execute(
            "DROP TABLE audit_link, audit_head; DROP FUNCTION audit_append CASCADE; DROP FUNCTION audit_hash; DROP FUNCTION audit_field;
             DROP INDEX audit_at; DELETE FROM public._sqlx_migrations WHERE version = 9",
        )
        .await
        .unwrap();
    store.close().await;
    // As an owner whom forced row-level security binds.
    let store = Store::open(database).await.unwrap();
    let report = verified(&store).await;
    assert_eq!((report.entries, report.checked, report.breaks), (12, 12, vec![]));
    note(&store, "and on").await;
    assert_eq!(verified(&store).await.entries, 13);
}

/// What `docs/audit.md` tells auditors to do with an export.
fn hash_of(line: &serde_json::Value) -> String {
    let mut text = String::new();
    for name in [
        "prev_hash",
        "seq",
        "id",
        "at",
        "actor",
        "action",
        "subject",
        "area",
        "before",
        "after",
        "request_id",
    ] {
        match &line[name] {
            serde_json::Value::Null => text.push_str("-,"),
            value => {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                text.push_str(&format!("{}:{value},", value.len()));
            }
        }
    }
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn an_auditor_reads_filters_and_exports_what_is_in_scope() {
    let app = TestApp::start().await.signed_in().await;
    let plan = put_draft(&app.store, 1).await.to_string();
    app.request(reqwest::Method::DELETE, &format!("/api/v1/plans/{plan}"))
        .header("x-request-id", "r-1")
        .send()
        .await
        .unwrap();
    note(&app.store, "=HYPERLINK(\"x\")").await;
    let auditor = app.with_token(&app.token_of("auditor-0821", khot::access::Role::Auditor, "150821").await);

    let all = auditor.get("/api/v1/audit").await;
    let items = all["items"].as_array().unwrap();
    assert_eq!(items[0]["subject"], "=HYPERLINK(\"x\")", "newest first");
    assert_eq!(items[0]["area_name"], "五原县");
    let discard = items.iter().find(|item| item["action"] == "plan.discard").unwrap();
    assert_eq!((&discard["request_id"], &discard["actor"]), (&json!("r-1"), &json!("region-admin")));
    assert_eq!((&discard["before"]["status"], &discard["after"]), (&json!("draft"), &json!(null)));
    // Signing in stands at the account's home, the region, which this auditor doesn't see.
    assert!(items.iter().all(|item| item["action"] != "session.open"));
    assert_eq!(app.get("/api/v1/audit?action=session.open").await["items"].as_array().unwrap().len(), 1);

    let count = async |query: &str| {
        auditor.get(&format!("/api/v1/audit?{query}")).await["items"].as_array().unwrap().len()
    };
    assert_eq!(count("action=plan").await, 2);
    assert_eq!(count("action=plan.discard&actor=region-admin").await, 1);
    assert_eq!(count("action=pla").await, 0, "whole words");
    assert_eq!(count("actor=region-admin&area=150821100").await, 0);
    assert_eq!(count("to=2020-01-01").await, 0);
    assert_eq!(count("from=2020-01-01").await, items.len());
    let first = auditor.get("/api/v1/audit?limit=2&from=2020-01-01").await;
    let second = auditor.get(first["next"].as_str().unwrap()).await;
    assert_eq!(second["items"][0], items[2]);

    for (query, status, code) in [
        ("area=150822", 403, "forbidden"),
        ("area=15", 403, "forbidden"),
        ("area=x", 400, "bad_code"),
        ("limit=0", 400, "bad_limit"),
        ("from=2026-02-02&to=2026-02-01", 400, "bad_day"),
        ("to=9999999-01-01", 400, "bad_parameter"),
        ("actor=a%00b", 400, "bad_parameter"),
    ] {
        let request = auditor.request(reqwest::Method::GET, &format!("/api/v1/audit?{query}"));
        assert_eq!(problem(request).await, (status, code.to_owned()), "{query}");
    }
    let analyst = app.with_token(&app.token_of("analyst-15", khot::access::Role::Analyst, "15").await);
    for path in ["/api/v1/audit", "/api/v1/audit/chain", "/api/v1/audit/export?format=csv"] {
        assert_eq!(problem(analyst.request(reqwest::Method::GET, path)).await.0, 403, "{path}");
    }
}

#[tokio::test]
async fn an_export_can_be_verified_by_itself() {
    let app = TestApp::start().await.signed_in().await;
    for number in 0..2500 {
        // More than an export reads at a time.
        if number % 500 == 0 {
            let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
            for inner in 0..500 {
                write(&mut tx, &format!("{}", number + inner)).await;
            }
            tx.commit().await.unwrap();
        }
    }
    note(&app.store, "=1+1, \"quoted\"\nsecond line").await;
    let text = async |format: &str| {
        let answer = app
            .request(reqwest::Method::GET, &format!("/api/v1/audit/export?format={format}"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let held = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert_eq!(held, format!("attachment; filename=\"khot-audit-2026-11-23.{format}\""));
        answer.text().await.unwrap()
    };
    let lines: Vec<serde_json::Value> =
        text("ndjson").await.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let entries = verified(&app.store).await.entries;
    assert_eq!(i64::try_from(lines.len()).unwrap(), entries);
    let mut held = "0".repeat(64);
    for (line, seq) in lines.iter().zip(1..) {
        assert_eq!((&line["seq"], &line["prev_hash"]), (&json!(seq), &json!(held)));
        held = hash_of(line);
        assert_eq!(line["hash"], held, "{line}");
    }
    let chain = app.get("/api/v1/audit/chain").await;
    assert_eq!(
        (&chain["intact"], &chain["head"], &chain["entries"]),
        (&json!(true), &json!(held), &json!(entries))
    );

    let csv = text("csv").await;
    let mut reader = csv::Reader::from_reader(csv.strip_prefix('\u{FEFF}').unwrap().as_bytes());
    assert_eq!(reader.headers().unwrap().iter().next(), Some("seq"));
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), lines.len());
    let last = rows.last().unwrap();
    assert_eq!(&last[5], "'=1+1, \"quoted\"\nsecond line", "no formula");
    assert_eq!(&last[11], held);
    let other = app.request(reqwest::Method::GET, "/api/v1/audit/export?format=xml");
    assert_eq!(problem(other).await, (400, "bad_parameter".to_owned()));
}

#[tokio::test]
async fn a_broken_chain_shows_on_the_page_without_saying_whose() {
    let app = TestApp::start().await.signed_in().await;
    note(&app.store, "a").await;
    as_tamperer(&app.database, "UPDATE audit SET actor = 'x' WHERE subject = 'a'").await;
    let chain = app.get("/api/v1/audit/chain").await;
    assert_eq!(chain["intact"], false);
    let broken = chain["breaks"][0].as_object().unwrap();
    assert!(broken["zh"].as_str().unwrap().contains("被改动过"), "{broken:?}");
    assert_eq!(broken.keys().collect::<Vec<_>>(), ["en", "seq", "zh"]);
}
