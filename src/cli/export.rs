//! `khot export`: what the database holds as files for others.

use std::path::{Path, PathBuf};

use super::Stop;
use super::open::{with_store, with_store_and_keys};
use crate::access::Scope;
use crate::config::Config;
use crate::domain::{Code, Fen, Month};
use crate::formats::{self, PaidRow};
use crate::jobs::pay::{heading, stored_row};
use crate::store::pay::{self, RunRow, RunStatus};
use crate::store::{Store, Tx};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  khot export payroll --area 150102 --month 2026-10 --out payroll.csv\n  \
    khot export payroll --area 150102 --month 2026-10 --out payroll.xlsx --draft"
)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The lines of a month's locked run, for finance:
    /// worker,grid,component,quantity,rate_fen,amount_fen,region_fen,league_fen,banner_fen,township_fen
    Payroll(Payroll),
}

#[derive(Debug, clap::Args)]
struct Payroll {
    /// The area of the run.
    #[arg(long, value_name = "CODE")]
    area: Code,
    /// Such as 2026-10.
    #[arg(long)]
    month: Month,
    /// A .csv or .xlsx; the spreadsheet has what each worker is paid and the totals on further sheets.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The newest draft, where the month isn't locked.
    #[arg(long)]
    draft: bool,
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<(), Stop> {
    let What::Payroll(payroll) = arguments.what;
    let ending = payroll.out.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let row = match ending.as_deref() {
        Some("csv") => {
            with_store(config, async |store, ending| ending.or(csv(store, &payroll)).await).await?
        }
        // Masked names stand in it, which takes the keys.
        Some("xlsx") => {
            with_store_and_keys(config, async |store, ending| ending.or(xlsx(store, &payroll)).await).await?
        }
        _ => return Err(Stop::Unusable("name the file --out SOMETHING.csv or SOMETHING.xlsx".to_owned())),
    };
    println!(
        "{} {}: {} workers, {} lines, {} yuan, {}; written to {}",
        row.area,
        row.month,
        row.workers,
        row.lines,
        Fen(row.total_fen),
        row.status.as_str(),
        payroll.out.display()
    );
    if row.demo {
        println!("the rates are demo values and nobody's actual pay");
    }
    Ok(())
}

async fn found(tx: &mut Tx, asked: &Payroll) -> Result<RunRow, Stop> {
    let rows = pay::runs(tx, &asked.area, Some(asked.month)).await?;
    let own = || rows.iter().filter(|row| row.area == asked.area);
    let locked = own().find(|row| row.status == RunStatus::Locked);
    let row = locked.or_else(|| own().next().filter(|_| asked.draft));
    row.cloned().ok_or_else(|| {
        let (area, month) = (&asked.area, asked.month);
        Stop::Unusable(match own().next() {
            Some(_) => format!("{month} of {area} isn't locked yet: lock it, or take the draft with --draft"),
            None => format!(
                "there is no run of {month} for {area}: make one with khot pay --area {area} --month {month}"
            ),
        })
    })
}

async fn csv(store: &Store, asked: &Payroll) -> Result<RunRow, Stop> {
    let mut tx = store.begin(&Scope::operator()).await?;
    let row = found(&mut tx, asked).await?;
    let lines = pay::lines_of_run(&mut tx, row.id).await?;
    write(&asked.out, &formats::payroll_csv(lines.into_iter().map(stored_row), false))?;
    Ok(row)
}

async fn xlsx(store: &Store, asked: &Payroll) -> Result<RunRow, Stop> {
    let mut tx = store.begin(&Scope::operator()).await?;
    let row = found(&mut tx, asked).await?;
    let lines: Vec<_> = pay::lines_of_run(&mut tx, row.id).await?.into_iter().map(stored_row).collect();
    let statements = pay::statements_of(&mut tx, row.id).await?;
    let workers: Vec<_> = statements.iter().map(|(worker, _, _)| *worker).collect();
    let names = pay::masked_names(&mut tx, &workers).await?;
    let paid: Vec<PaidRow> = statements
        .into_iter()
        .map(|(worker, area, amount_fen)| PaidRow {
            name: names.get(&worker).cloned().unwrap_or_default(),
            worker: worker.to_string(),
            area: area.to_string(),
            amount_fen,
        })
        .collect();
    let head = heading(&row);
    let bytes = tokio::task::spawn_blocking(move || formats::payroll_xlsx(&lines, &paid, &head)).await?;
    write(&asked.out, &bytes?)?;
    Ok(row)
}

/// Beside it first, so that a file that is there is either the old one or the whole new one.
fn write(out: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let part = out.with_extension("part");
    std::fs::write(&part, bytes)
        .and_then(|()| std::fs::rename(&part, out))
        .map_err(|error| Stop::Unusable(format!("can't write {}: {error}", out.display())))
}
