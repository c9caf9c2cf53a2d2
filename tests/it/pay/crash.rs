//! 100 times `kill -9` while a month is worked out, approved and locked: either there is no run or a whole one, it is
//! locked or it isn't, and nobody is paid twice.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Executor, PgConnection};

use super::attested;
use super::office::{Office, assign};
use crate::harness::*;
use crate::process::{Serving, khot_on};

const KILLS: usize = 100;
const WORKERS: u32 = 400;

/// What must be so at any moment.
async fn whole(owner: &mut PgConnection) -> Vec<(String, i64)> {
    sqlx::query_as(
        "SELECT 'runs that their lines do not add up to', count(*) FROM pay_run r
         WHERE (r.total_fen, r.lines::bigint) IS DISTINCT FROM
               (SELECT (coalesce(sum(l.amount_fen), 0)::bigint, count(*)) FROM pay_line l WHERE l.run = r.id)
            OR r.workers <> (SELECT count(*) FROM pay_statement s WHERE s.run = r.id)
            OR NOT EXISTS (SELECT FROM pay_input i WHERE i.run = r.id)
         UNION ALL SELECT 'rows without a run', (SELECT count(*) FROM pay_line l WHERE NOT EXISTS (SELECT FROM pay_run r WHERE r.id = l.run))
             + (SELECT count(*) FROM pay_statement s WHERE NOT EXISTS (SELECT FROM pay_run r WHERE r.id = s.run))
         UNION ALL SELECT 'locked runs that do not pay all of theirs', count(*) FROM pay_run r
         WHERE (SELECT count(*) FROM pay_paid p WHERE p.run = r.id) <> CASE WHEN r.status = 'locked' THEN r.workers ELSE 0 END
         UNION ALL SELECT 'done jobs without their run', count(*) FROM job j
         WHERE j.kind = 'pay_run' AND j.state = 'done' AND NOT EXISTS (SELECT FROM pay_run r WHERE r.id = (j.result ->> 'run')::uuid)
         UNION ALL SELECT 'runs without a job', count(*) FROM pay_run r
         WHERE NOT EXISTS (SELECT FROM job j WHERE j.state = 'done' AND j.result ->> 'run' = r.id::text)",
    )
    .fetch_all(owner)
    .await
    .unwrap()
}

/// Asks for a month, and goes on to its approval and lock as fast as the service answers, until that is gone.
async fn press_on(address: &str, month: &str, maker: &str, second: &str) -> Option<()> {
    let client = Client::new();
    let ask = async |method: Method, path: &str, token: &str, body: Option<Value>| -> Option<Value> {
        let mut request = client.request(method, format!("http://{address}/api/v1{path}")).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.ok()?.json().await.ok()
    };
    let job = ask(Method::POST, "/areas/150821/pay-runs", maker, Some(json!({"month": month}))).await?;
    let path = format!("/jobs/{}", job["id"].as_str()?);
    let run = loop {
        let job = ask(Method::GET, &path, maker, None).await?;
        match job["state"].as_str()? {
            "done" => break job["result"]["run"].as_str()?.to_owned(),
            "failed" => return Some(()),
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    ask(Method::POST, &format!("/pay-runs/{run}/approval"), second, Some(json!({}))).await?;
    ask(Method::POST, &format!("/pay-runs/{run}/lock"), maker, Some(json!({}))).await?;
    Some(())
}

/// What the queue does by itself once it has found out that a process is gone, which takes it 20 s.
async fn let_go(owner: &mut PgConnection) {
    owner
        .execute(
            "SELECT graphile_worker.force_unlock_workers((SELECT coalesce(array_agg(DISTINCT locked_by), '{}')
                FROM graphile_worker._private_jobs WHERE locked_by IS NOT NULL))",
        )
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_there_whole_or_not_at_all_however_often_its_process_dies() {
    let office = Office::open().await;
    let workers = put_workers(&office.app.store, "150821100", WORKERS).await;
    for worker in &workers {
        assign(&office.app, *worker, "150821100200001", "helper", "2026-01-01", None).await;
    }
    // More than can be locked: a month that is locked leaves nothing to be in the middle of.
    let months: Vec<String> =
        (0..120).map(|month| format!("{}-{:02}", 2026 + month / 12, month % 12 + 1)).collect();
    let rows: Vec<_> = workers.iter().map(|worker| (*worker, 21, Some(80))).collect();
    for month in &months {
        attested(&office.officer, month, &rows).await;
    }
    let (maker, second) = (office.maker.token().to_owned(), office.second.token().to_owned());
    let database: PgConnectOptions = office.app.database.clone();
    let mut owner = as_owner(&database).await;
    // The sessions of this test's people began at its own noon.
    owner.execute("UPDATE session SET expires_at = now() + '1 day'").await.unwrap();
    let mut generator = Pcg64Mcg::seed_from_u64(20_261_123);
    let (mut killed, mut in_the_middle) = (0, 0);
    while killed < KILLS {
        let mut service = Serving::start(khot_on(&url(&database)).env("KHOT_KEYS_FILE", keys_file()));
        let month = &months[generator.random_range(0..months.len())];
        let (address, month, maker, second) =
            (service.address.clone(), month.clone(), maker.clone(), second.clone());
        let pressing = tokio::spawn(async move { press_on(&address, &month, &maker, &second).await });
        tokio::time::sleep(Duration::from_millis(generator.random_range(0..500))).await;
        service.process.kill();
        killed += 1;
        in_the_middle += usize::from(pressing.await.unwrap().is_none());
        for (what, count) in whole(&mut owner).await {
            assert_eq!(count, 0, "{what} after {killed} kills");
        }
        let_go(&mut owner).await;
    }
    assert!(in_the_middle > KILLS / 4, "only {in_the_middle} were killed in the middle");
    // What was left over is done by the next worker; then all of it can be locked, once.
    office.app.run_pending_jobs().await;
    for (what, count) in whole(&mut owner).await {
        assert_eq!(count, 0, "{what} in the end");
    }
    let twice: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (SELECT area, month FROM pay_run WHERE status = 'locked' GROUP BY area, month HAVING count(*) > 1) AS twice",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(twice, 0);
}
