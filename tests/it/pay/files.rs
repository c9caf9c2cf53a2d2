//! What leaves as a file, over the API and by the command line.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use reqwest::Method;

use super::office::*;
use super::*;

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
