//! `khot pay` on files, as a process.

use std::process::Command;

use serde_json::Value;

use crate::harness::{file, folder, khot};
use crate::process::ran;

const DUTY: &str = "worker,employment,grid,area_type,households,area_km2,days,duty_days,expected_days,role,languages,language,travel_km,score\n\
    w1,full_time,152525100200001,pastoral,18,150.5,20,20,22,lead,mn;zh,mn,420,72\n\
    w1,full_time,152525100200002,pastoral,12,400,10,20,22,worker,mn;zh,,1000,72\n\
    w2,part_time,150821100200001,agricultural,300,3,11,11,22,,,,,\n";

fn pay(folder: &tempfile::TempDir, duty: &str) -> Command {
    let mut command = khot();
    command.args(["pay", "--month", "2026-10", "--duty"]).arg(file(folder.path(), "duty.csv", duty));
    command
}

#[test]
fn a_month_is_paid_to_the_fen_and_the_file_adds_up() {
    let folder = folder();
    let out = folder.path().join("payroll.csv");
    let told = ran(pay(&folder, DUTY).arg("--out").arg(&out).arg("--json")).fine();
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!((told["workers"].as_u64(), told["demo"].as_bool()), (Some(2), Some(true)));
    let text = std::fs::read_to_string(&out).unwrap();
    let mut rows = text.lines().map(|row| row.split(',').map(str::to_owned).collect::<Vec<_>>());
    assert_eq!(
        rows.next().unwrap().join(","),
        "worker,grid,component,quantity,rate_fen,amount_fen,region_fen,league_fen,banner_fen,township_fen"
    );
    let (mut total, mut carried) = (0, 0);
    for row in rows {
        let fen = |at: usize| row[at].parse::<i64>().unwrap();
        assert_eq!(fen(5), (6..10).map(fen).sum::<i64>(), "{row:?}");
        total += fen(5);
        carried += fen(6);
    }
    assert_eq!(told["amount_fen"], total);
    assert_eq!(told["carried_fen"]["region"], carried);
    assert!(text.contains("w1,152525100200001,travel,420,60,25200,15120,5040,5040,0"), "{text}");
    // The same month again gives the same bytes.
    let again = folder.path().join("again.csv");
    ran(pay(&folder, DUTY).arg("--out").arg(&again)).fine();
    assert_eq!(std::fs::read_to_string(again).unwrap(), text);
}

#[test]
fn other_rules_are_set_beside_these() {
    let folder = folder();
    let shipped = include_str!("../../src/subsidy/defaults.toml");
    let other =
        file(folder.path(), "other.toml", &shipped.replace("monthly = \"2200.00\"", "monthly = \"2420.00\""));
    let told = ran(pay(&folder, DUTY).arg("--against").arg(other)).fine();
    // A tenth more base and performance of w1: 140 + 48 yuan.
    assert!(
        told.stdout.contains("1 workers gain and 0 lose") && told.stdout.contains("+188.00"),
        "{}",
        told.stdout
    );
}

#[test]
fn what_cannot_be_paid_says_why() {
    let folder = folder();
    let out = folder.path().join("payroll.csv");
    let rules = file(folder.path(), "rules.toml", "title = \"x\"\n[lead]\nclause = \"1\"\nmonthly = 3.5\n");
    let early = file(
        folder.path(),
        "early.toml",
        &include_str!("../../src/subsidy/defaults.toml").replace("2026-01-01", "2027-01-01"),
    );
    for (duty, more, said) in [
        (DUTY.replace(",20,20,22,lead", ",21,20,22,lead"), None, "21 days are attested of 20"),
        (DUTY.to_owned(), Some(rules), "line 4"),
        (DUTY.to_owned(), Some(early), "holds from 2027-01-01"),
        ("worker\n".to_owned(), None, "employment"),
    ] {
        let mut command = pay(&folder, &duty);
        command.arg("--out").arg(&out);
        if let Some(rules) = more {
            command.arg("--rules").arg(rules);
        }
        let told = ran(&mut command).refused();
        assert!(told.stderr.contains(said), "{}", told.stderr);
        assert!(!out.exists());
    }
    let told = ran(khot().args(["pay", "--explain"])).fine();
    assert!(told.stdout.contains("演示值") && told.stdout.contains("demo values"), "{}", told.stdout);
}
