//! `khot pay`: a month's subsidies by rule, of an area of the database, or on files without one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use uuid::Uuid;

use super::{Stop, divide_files::refuse, pay_area};
use crate::config::Config;
use crate::domain::{Code, Fen, Month};
use crate::formats::{self, DutyRow, Format, OutRow, ReadOptions, Value, WriteOptions};
use crate::subsidy::{self, Comparison, Duty, Line, Rules, WorkerMonth};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  khot pay --area 150102 --month 2026-10\n  \
    khot pay --replay 0195b7a0-0000-7000-8000-000000000001\n  \
    khot pay --month 2026-10 --duty duty.csv --out payroll.csv\n  \
    khot pay --month 2026-10 --duty duty.csv --rules rules.toml --against next-year.toml\n  \
    khot pay --rules rules.toml --explain\n\n\
    duty.csv: worker,employment,grid,area_type,households,area_km2,days,duty_days,expected_days\n\
    \x20         [,role,language,languages,travel_km,score]\n\
    \x20         (w7,full_time,152525100200001,pastoral,18,150.5,20,20,22,lead,mn,mn;zh,420,88)\n\n\
    payroll.csv: worker,grid,component,quantity,rate_fen,amount_fen,region_fen,league_fen,banner_fen,township_fen")]
pub struct Arguments {
    /// Work the month of this area of the database out, by the rules that hold there, and keep it as a draft.
    #[arg(long, value_name = "CODE", requires = "month", conflicts_with_all = ["rules", "explain", "duty", "against", "out"])]
    area: Option<Code>,
    /// Work a run of the database out again from what it was worked out from; exit 1 where a byte is another.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["area", "month", "rules", "explain", "duty", "against", "out"])]
    replay: Option<Uuid>,
    /// The rules, a TOML document; without it the shipped one, whose amounts are demo values.
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Say the rules in plain Chinese and English, and end.
    #[arg(long, conflicts_with_all = ["duty", "month", "out", "against"])]
    explain: bool,
    /// The month that is paid, such as 2026-10.
    #[arg(long, required_unless_present_any = ["explain", "replay"])]
    month: Option<Month>,
    /// The month's duty as the townships attest it: a row for each worker and grid.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["explain", "area", "replay"])]
    duty: Option<PathBuf>,
    /// Other rules: tells what the same month would pay under them.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// The lines, a CSV.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["explain", "against", "area", "replay"])]
    out: Option<PathBuf>,
    /// For a program to read.
    #[arg(long)]
    json: bool,
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<(), Stop> {
    match (&arguments.area, arguments.month, arguments.replay) {
        (Some(area), Some(month), _) => pay_area::draft(config, area, month, arguments.json).await,
        (_, _, Some(run)) => pay_area::replay(config, run, arguments.json).await,
        _ => tokio::task::spawn_blocking(move || files(&arguments)).await?,
    }
}

fn files(arguments: &Arguments) -> Result<(), Stop> {
    let rules = match &arguments.rules {
        Some(path) => rules_of(path)?,
        None => Rules::defaults().map_err(|error| Stop::Failed(error.to_string()))?,
    };
    let (Some(month), Some(duty)) = (arguments.month, &arguments.duty) else {
        for said in subsidy::explain(&rules) {
            println!("{}\n  {}", said.zh, said.en);
        }
        return Ok(());
    };
    in_force(&rules, month)?;
    if arguments.out.as_ref().is_some_and(|out| !matches!(Format::of(out), Ok(Format::Csv))) {
        return Err(Stop::Unusable("the lines are a table: name it --out SOMETHING.csv".to_owned()));
    }
    let (rows, findings) = formats::read_duty(duty, &ReadOptions::default());
    refuse(duty, &findings)?;
    let months = months(rows);
    let unusable = |error: subsidy::SubsidyError| Stop::Unusable(format!("{}: {error}", duty.display()));
    let compared = match &arguments.against {
        Some(path) => {
            let other = rules_of(path)?;
            in_force(&other, month)?;
            Some(subsidy::compare(&rules, &other, &months).map_err(unusable)?)
        }
        None => None,
    };
    let lines = subsidy::lines(&rules, &months).map_err(unusable)?;
    if let Some(out) = &arguments.out {
        write(out, &lines)
            .map_err(|error| Stop::Unusable(format!("can't write {}: {error}", out.display())))?;
    }
    report(arguments, &rules, month, months.len(), &lines, compared.as_ref());
    Ok(())
}

fn rules_of(path: &Path) -> Result<Rules, Stop> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Stop::Unusable(format!("can't read {}: {error}", path.display())))?;
    Rules::parse(&text).map_err(|error| Stop::Unusable(format!("{}: {error}", path.display())))
}

fn in_force(rules: &Rules, month: Month) -> Result<(), Stop> {
    if rules.valid_from <= month.first_day() {
        return Ok(());
    }
    let (title, from) = (&rules.title, rules.valid_from);
    Err(Stop::Unusable(format!(
        "{title} holds from {from}, after the first day of {month}: take the rules of that month"
    )))
}

/// Gathers the rows by worker, in the order in which workers first stand in the file.
fn months(rows: Vec<DutyRow>) -> Vec<WorkerMonth> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut months: Vec<WorkerMonth> = Vec::new();
    for row in rows {
        let of = row.of_worker;
        let place = *places.entry(row.worker.clone()).or_insert_with(|| {
            months.push(WorkerMonth {
                worker: row.worker,
                employment: of.employment,
                languages: of.languages,
                duty_days: of.duty_days,
                expected_days: of.expected_days,
                score: of.score,
                duties: Vec::new(),
            });
            months.len() - 1
        });
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "read as 0 to 1,000,000")]
        let milli = |value: f64| (value * 1000.0).round() as u64;
        months[place].duties.push(Duty {
            grid: row.grid,
            area_type: row.area_type,
            households: row.households,
            area_milli_km2: milli(row.area_km2),
            language: row.language,
            days: row.days,
            travel_milli_km: milli(row.travel_km),
            lead: row.lead,
        });
    }
    months
}

fn write(out: &Path, lines: &[Line]) -> std::io::Result<()> {
    const HEAD: &str =
        "worker,grid,component,quantity,rate_fen,amount_fen,region_fen,league_fen,banner_fen,township_fen\n";
    if lines.is_empty() {
        return std::fs::write(out, HEAD);
    }
    let rows = lines.iter().map(|line| {
        let fen = |amount: Fen| Value::Integer(amount.0);
        let text = |text: &str| Value::Text(text.to_owned());
        let values = [
            text(&line.worker),
            line.grid.as_ref().map_or(Value::Empty, |grid| text(grid.as_str())),
            text(line.component.as_str()),
            Value::Text(line.quantity.decimal()),
            fen(line.rate),
            fen(line.amount),
            fen(line.shares.region),
            fen(line.shares.league),
            fen(line.shares.banner),
            fen(line.shares.township),
        ];
        let names = HEAD.trim_end().split(',').map(str::to_owned);
        OutRow { columns: names.zip(values).collect(), geometry: None }
    });
    formats::write_geo(out, WriteOptions { synthetic: false }, rows)
}

const LEVELS: [&str; 4] = ["region", "league", "banner", "township"];

fn report(
    arguments: &Arguments,
    rules: &Rules,
    month: Month,
    workers: usize,
    lines: &[Line],
    compared: Option<&Comparison>,
) {
    let total: Fen = lines.iter().map(|line| line.amount).sum();
    let carried: Vec<Fen> =
        (0..4).map(|level| lines.iter().map(|line| line.shares.levels()[level]).sum()).collect();
    if arguments.json {
        let against = compared.map(|found| {
            let ((before, after), (gain, lose)) = (found.total(), found.gain_and_lose());
            json!({"before_fen": before.0, "after_fen": after.0, "gain": gain, "lose": lose})
        });
        println!(
            "{}",
            json!({"month": month, "rules": rules.version, "demo": rules.demo, "workers": workers,
                   "lines": lines.len(), "amount_fen": total.0, "currency": "CNY",
                   "carried_fen": LEVELS.iter().zip(&carried).map(|(level, fen)| (*level, fen.0)).collect::<HashMap<_, _>>(),
                   "against": against})
        );
        return;
    }
    let shares: Vec<String> =
        LEVELS.iter().zip(&carried).map(|(level, fen)| format!("{level} {fen}")).collect();
    println!("{month}: {workers} workers, {} lines, {total} yuan ({})", lines.len(), shares.join(", "));
    if rules.demo {
        println!("the rates are demo values and nobody's actual pay: give your own with --rules");
    }
    if let Some(out) = &arguments.out {
        println!("written to {}", out.display());
    }
    if let Some(found) = compared {
        told(found);
    }
}

fn told(found: &Comparison) {
    let (gain, lose) = found.gain_and_lose();
    println!("\nunder the other rules {gain} workers gain and {lose} lose; in yuan:");
    let row = |name: &str, (before, after): (Fen, Fen)| {
        let sign = if after > before { "+" } else { "" };
        println!(
            "  {name:<14}{:>16}{:>16}{:>16}",
            before.to_string(),
            after.to_string(),
            format!("{sign}{}", after - before)
        );
    };
    println!("  {:<14}{:>16}{:>16}{:>16}", "", "these rules", "other rules", "change");
    found.by_area_type.iter().for_each(|(area_type, sums)| row(area_type.as_str(), *sums));
    LEVELS.iter().zip(found.by_level).for_each(|(level, sums)| row(level, sums));
    row("in all", found.total());
}
