//! `kill -9` of the process that runs a job, in the middle of saving: the next worker does the job, and there
//! is never half of a file or of a plan.
//!
//! The middle is met exactly: the test holds a lock on a table, so that the job stops where it first needs
//! that table, and kills the process there. Other moments are taken by the clock. All of them wait together for
//! the queue to find out that their process is gone (15 to 20 s).

use std::time::Duration;

use khot::access::Scope;
use khot::jobs::{self, DivisionParams, ImportParams, ImportWhat, PublicationParams};
use khot::store::jobs::{JobRow, JobState};
use khot::store::{Store, jobs as stored};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::harness::{code, database, noon, put_tiny, run_pending_jobs, url};
use crate::process::{Process, digest, khot_on, number, until};

/// When to kill.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Where the job first needs this table of the schema `khot`.
    Needs(&'static str),
    /// So many milliseconds after it was taken up.
    After(u64),
}

/// A database whose only worker was killed in the middle of a job.
struct Killed {
    database: PgConnectOptions,
    job: Uuid,
    /// Of everything but the job, before it was taken up.
    before: String,
}

async fn job(store: &Store, id: Uuid) -> JobRow {
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    stored::get(&mut tx, id).await.unwrap().unwrap()
}

/// The same where no store is open: a pool for each of so many databases is more than the server allows.
async fn state(connection: &mut PgConnection, id: Uuid) -> String {
    sqlx::query_scalar("SELECT state FROM khot.job WHERE id = $1")
        .bind(id)
        .fetch_one(connection)
        .await
        .unwrap()
}

/// Lets a process take the job up, kills it at the moment, and waits until the database has noticed.
async fn killed(database: PgConnectOptions, id: Uuid, moment: Moment) -> Killed {
    let before = digest(&database).await;
    let mut lock = database.connect().await.unwrap();
    if let Moment::Needs(table) = moment {
        lock.execute("BEGIN").await.unwrap();
        lock.execute(AssertSqlSafe(format!("LOCK TABLE khot.{table} IN SHARE MODE"))).await.unwrap();
    }
    let mut process = Process::start(khot_on(&url(&database)).arg("work"));
    match moment {
        Moment::Needs(table) => {
            let sql =
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = to_regclass('khot.' || $1)
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
            until("the job to need its table", async || {
                let waiting: i64 = sqlx::query_scalar(sql).bind(table).fetch_one(&mut lock).await.unwrap();
                waiting > 0
            })
            .await;
        }
        Moment::After(milliseconds) => {
            until("the job to be taken up", async || state(&mut lock, id).await != "queued").await;
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
    }
    process.kill();
    lock.execute("ROLLBACK").await.unwrap();
    let mine: Vec<i32> = sqlx::query_scalar(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .fetch_all(&mut lock)
    .await
    .unwrap();
    until("the killed process's connections to end", async || {
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1)")
            .bind(&mine)
            .fetch_one(&mut lock)
            .await
            .unwrap();
        left == 0
    })
    .await;
    lock.close().await.unwrap();
    Killed { database, job: id, before }
}

impl Killed {
    /// Whether the job had come to its end before it was killed.
    async fn was_done(&self) -> bool {
        let mut connection = self.database.connect().await.unwrap();
        let state = state(&mut connection, self.job).await;
        connection.close().await.unwrap();
        state == "done"
    }

    async fn is_unchanged(&self) {
        assert_eq!(digest(&self.database).await, self.before, "half of it stays");
    }
}

/// Starts another worker for each, and waits until every job is done.
async fn finished(killed: &[Killed]) {
    let mut workers: Vec<Process> =
        killed.iter().map(|one| Process::start(khot_on(&url(&one.database)).arg("work"))).collect();
    for one in killed {
        let mut connection = one.database.connect().await.unwrap();
        until("another worker to finish the job", async || {
            !["queued", "running"].contains(&state(&mut connection, one.job).await.as_str())
        })
        .await;
        assert_eq!(state(&mut connection, one.job).await, "done");
        connection.close().await.unwrap();
    }
    for worker in &mut workers {
        worker.terminate();
        assert!(worker.end(Duration::from_secs(10)).await.success());
    }
}

/// The tiny place; the job that `queue` writes waits in it.
async fn place<F: AsyncFnOnce(&Store) -> Uuid>(queue: F) -> (PgConnectOptions, Uuid) {
    let database = database().await;
    let store = Store::open(database.clone()).await.unwrap();
    put_tiny(&store).await;
    let id = queue(&store).await;
    store.close().await;
    (database, id)
}

/// Doors in the villages of the tiny place: many, so that reading them takes a while.
fn doors() -> (String, i64) {
    let (mut text, mut households) = ("lon,lat,households\n".to_owned(), 0);
    for at in 0..60_000_u32 {
        let (x, y) = (f64::from(at % 300) * 0.0002 + 0.0001, f64::from(at / 300) * 0.0003 + 0.00005);
        text.push_str(&format!("{:.6},{:.6},{}\n", 108.0 + x, 41.0 + y, at % 3));
        households += i64::from(at % 3);
    }
    (text, households)
}

#[tokio::test]
async fn an_import_is_loaded_whole_or_not_at_all() {
    let (doors, households) = doors();
    let mut all = Vec::new();
    for moment in [
        Moment::Needs("unit"),
        Moment::Needs("edition"),
        Moment::Needs("area"),
        Moment::After(60),
        Moment::After(500),
    ] {
        let (database, id) = place(async |store| {
            let upload = Uuid::now_v7();
            store
                .keep_upload(&Scope::operator(), upload, &code("150821"), "doors.csv", doors.as_bytes())
                .await
                .unwrap();
            let params = ImportParams {
                what: ImportWhat::Units,
                upload,
                name: "doors.csv".to_owned(),
                crs: None,
                encoding: None,
                dry_run: false,
            };
            let mut tx = store.begin(&Scope::operator()).await.unwrap();
            let job = jobs::queue_import(&mut tx, &code("150821"), &params, noon()).await.unwrap();
            tx.commit().await.unwrap();
            job.id
        })
        .await;
        let killed = killed(database, id, moment).await;
        let done = killed.was_done().await;
        assert!(!done || matches!(moment, Moment::After(_)), "{moment:?} was too late");
        if !done {
            killed.is_unchanged().await;
        }
        all.push(killed);
    }
    finished(&all).await;
    for one in &all {
        assert_eq!(number(&one.database, "SELECT sum(households) FROM khot.unit").await, households);
        assert_eq!(
            number(&one.database, "SELECT households FROM khot.area WHERE code = '15'").await,
            households
        );
        assert_eq!(number(&one.database, "SELECT count(*) FROM khot.upload").await, 0);
        assert_eq!(
            number(&one.database, "SELECT count(*) FROM khot.audit WHERE action = 'import.units'").await,
            1
        );
    }
}

fn division(publish: bool) -> DivisionParams {
    DivisionParams {
        seed: 3,
        publish_from: publish.then(|| noon().date_naive()),
        ..DivisionParams::default()
    }
}

async fn queue_division(store: &Store, publish: bool) -> Uuid {
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let job = jobs::queue_division(&mut tx, &code("150821"), &division(publish), noon()).await.unwrap();
    tx.commit().await.unwrap();
    job.id
}

/// The grids of every plan, to be compared between databases.
const GRIDS: &str = "SELECT hashtextextended(string_agg(code || array_to_string(units, ',') || households, ';' ORDER BY code), 0)
                     FROM khot.grid";

#[tokio::test]
async fn a_division_is_saved_whole_or_not_at_all() {
    // The same division where nothing went wrong.
    let (whole, _) = place(async |store| {
        let id = queue_division(store, false).await;
        run_pending_jobs(store).await;
        id
    })
    .await;
    let grids = number(&whole, GRIDS).await;
    let mut all = Vec::new();
    for moment in [
        Moment::Needs("plan"),
        Moment::Needs("grid"),
        Moment::Needs("audit"),
        Moment::After(20),
        Moment::After(250),
    ] {
        let (database, id) = place(async |store| queue_division(store, false).await).await;
        let killed = killed(database, id, moment).await;
        if !killed.was_done().await {
            killed.is_unchanged().await;
        }
        all.push(killed);
    }
    finished(&all).await;
    for one in &all {
        assert_eq!(number(&one.database, "SELECT count(*) FROM khot.plan").await, 1);
        assert_eq!(number(&one.database, GRIDS).await, grids, "another answer than without the crash");
    }
}

#[tokio::test]
async fn a_publication_happens_whole_or_not_at_all() {
    let mut all = Vec::new();
    for moment in
        [Moment::Needs("grid_code"), Moment::Needs("edition"), Moment::Needs("audit"), Moment::After(5)]
    {
        let (database, id) = place(async |store| {
            // One is in force already: it must end on the day on which the next begins, or go on.
            queue_division(store, true).await;
            let draft = queue_division(store, false).await;
            run_pending_jobs(store).await;
            let plan = job(store, draft).await.result.unwrap()["plans"][0].as_str().unwrap().parse().unwrap();
            let params = PublicationParams { plan, valid_from: noon().date_naive() + chrono::Days::new(30) };
            let mut tx = store.begin(&Scope::operator()).await.unwrap();
            let job = jobs::queue_publication(&mut tx, &code("150821"), &params, noon()).await.unwrap();
            tx.commit().await.unwrap();
            job.id
        })
        .await;
        let killed = killed(database, id, moment).await;
        if !killed.was_done().await {
            killed.is_unchanged().await;
            let open = "SELECT count(*) FROM khot.plan WHERE status = 'published' AND upper_inf(during)";
            assert_eq!(number(&killed.database, open).await, 1);
        }
        all.push(killed);
    }
    finished(&all).await;
    for one in &all {
        let held = "SELECT count(*) FROM khot.plan a JOIN khot.plan b ON a.status = 'superseded' AND b.status = 'published'
                    AND upper(a.during) = lower(b.during) AND lower(b.during) = '2026-12-23' AND upper_inf(b.during)";
        assert_eq!(number(&one.database, held).await, 1);
        let without_code = "SELECT count(*) FROM khot.grid g WHERE NOT EXISTS (SELECT FROM khot.grid_code c WHERE c.code = g.code)";
        assert_eq!(number(&one.database, without_code).await, 0);
    }
}

/// A job that kills every process that takes it up must not go round for ever.
#[tokio::test]
async fn a_job_that_died_too_often_is_given_up() {
    let (database, id) = place(async |store| queue_division(store, false).await).await;
    let mut owner = database.connect().await.unwrap();
    let died = format!("UPDATE khot.job SET attempt = {} WHERE id = '{id}'", jobs::ATTEMPTS_MAX);
    owner.execute(AssertSqlSafe(died)).await.unwrap();
    owner.close().await.unwrap();
    let store = Store::open(database.clone()).await.unwrap();
    let before = digest(&database).await;
    run_pending_jobs(&store).await;
    let job = job(&store, id).await;
    assert_eq!(job.state, JobState::Failed);
    assert_eq!(job.error.unwrap()["code"], "died");
    assert_eq!(digest(&database).await, before);
    store.close().await;
}
