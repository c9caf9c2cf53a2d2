//! Commands that are ended by a signal in the middle: they exit with 130 or 143, PostgreSQL doesn't run on, and the
//! home starts again.
//!
//! The middle is met by a lock that the test holds on a table that the command needs.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use khot::store::{Cluster, DATABASE, Store};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};

use crate::cluster::psql;
use crate::harness::{file, put_published, put_tiny};
use crate::process::{Home, Process, khot_at, ran, signal, until};

const SOON: Duration = Duration::from_secs(40);
const SIGNALS: [(&str, i32); 2] = [("-INT", 130), ("-TERM", 143)];

/// A home whose database holds the tiny place with a plan in force, and the test's own use of its cluster.
async fn home() -> (Home, Cluster) {
    let home = Home::new();
    let cluster = Cluster::join(&home.path, || "only-for-tests".to_owned()).unwrap();
    let store = Store::open_cluster(&cluster).await.unwrap();
    put_tiny(&store).await;
    put_published(&store, 1, "2026-01-01").await;
    store.close().await;
    (home, cluster)
}

/// Starts the command, ends it where it first needs the table, and looks at what is left.
async fn ended(table: &'static str, arguments: &[&str], signal_name: &str, code: i32) {
    let (home, cluster) = home().await;
    let mut lock = cluster.options(DATABASE).connect().await.unwrap();
    lock.execute("BEGIN").await.unwrap();
    let sql = format!("LOCK TABLE khot.{table} IN ACCESS EXCLUSIVE MODE");
    lock.execute(AssertSqlSafe(sql)).await.unwrap();
    let mut process = Process::start(khot_at(&home.path).args(arguments));
    until("the command to need the table", async || {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = to_regclass('khot.' || $1)",
        )
        .bind(table)
        .fetch_one(&mut lock)
        .await
        .unwrap();
        waiting > 0
    })
    .await;
    // From here on the command is the only one that uses the cluster.
    cluster.leave().unwrap();
    assert!(home.postmaster().is_some());
    signal(signal_name, process.pid());
    tokio::time::sleep(Duration::from_millis(300)).await;
    lock.execute("ROLLBACK").await.ok();
    assert_eq!(process.end(SOON).await.code(), Some(code), "{arguments:?} {signal_name}");
    assert_eq!(home.postmaster(), None, "{arguments:?} {signal_name}: PostgreSQL still runs");
    let jobs = psql_khot(&home.path, "SELECT count(*) FROM khot.job WHERE state IN ('running', 'queued')");
    assert_eq!(jobs, "0", "{arguments:?} {signal_name}: a job is left open");
    assert_eq!(psql_khot(&home.path, "SELECT count(*) FROM khot.plan"), "1", "{arguments:?} {signal_name}");
    assert_eq!(home.postmaster(), None);
}

fn psql_khot(home: &Path, sql: &str) -> String {
    let told = ran(khot_at(home).args(["postgres", "--", "psql", "-qAtX", "-c", sql])).fine();
    told.stdout.trim().to_owned()
}

#[tokio::test]
async fn an_import() {
    let folder = crate::harness::folder();
    let doors = "lon,lat,households,people\n108.01,41.01,12,30\n108.02,41.02,8,20\n";
    let doors = file(folder.path(), "doors.csv", doors);
    for (signal, code) in SIGNALS {
        ended("unit", &["import", "units", doors.to_str().unwrap()], signal, code).await;
    }
}

#[tokio::test]
async fn a_division() {
    for (signal, code) in SIGNALS {
        ended("unit", &["divide", "--area", "150821"], signal, code).await;
    }
}

#[tokio::test]
async fn the_demo() {
    for (signal, code) in SIGNALS {
        ended("unit", &["demo"], signal, code).await;
    }
}

#[tokio::test]
async fn a_check() {
    for (signal, code) in SIGNALS {
        ended("area", &["verify", "--area", "150821"], signal, code).await;
    }
}

#[tokio::test]
async fn a_program_on_the_database() {
    let home = Home::new();
    for (signal_name, code) in SIGNALS {
        let mut command = khot_at(&home.path);
        // At a terminal Ctrl-C reaches every program in the foreground: a group of its own stands for that.
        command.args(["postgres", "--", "sh", "-c", "echo begun; exec sleep 100"]).process_group(0);
        let mut process = Process::start(&mut command);
        process.line("begun");
        if code == 130 {
            // One that this program alone gets is not for it.
            signal("-INT", process.pid());
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert!(home.postmaster().is_some());
            let group = format!("-{}", process.pid());
            assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
        } else {
            signal(signal_name, process.pid());
        }
        assert_eq!(process.end(SOON).await.code(), Some(code), "{signal_name}");
        assert_eq!(home.postmaster(), None, "{signal_name}: PostgreSQL still runs");
        psql(&home.path, "SELECT 1");
        assert_eq!(home.postmaster(), None);
    }
}

/// Nothing has been served from this home: the product's database is made for whoever looks at it first.
#[test]
fn a_fresh_home_has_the_database() {
    let home = Home::new();
    assert_eq!(psql_khot(&home.path, "SELECT count(*) FROM khot.area"), "0");
    assert_eq!(home.postmaster(), None);
}
