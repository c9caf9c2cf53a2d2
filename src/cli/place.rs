//! `khot place`: where the next outlets cover the most households, or the fewest that cover all, on files, without
//! a database.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use serde_json::json;

use super::{Stop, divide_files::refuse};
use crate::coverage::{Covering, Fewest, Placement, cover_all, place};
use crate::domain::FindingKind;
use crate::formats::{self, Format, OutRow, ReadOptions, Value, WriteOptions};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  khot place --demand grids.csv --times times.csv --existing stations.csv \
    --count 3 --within 60 --out chosen.csv\n  \
    khot place --demand grids.csv --times times.csv --existing stations.csv \
    --all --within 60 --out chosen.csv\n\n\
    grids.csv:    id,households      (152525100200001,18)\n\
    times.csv:    id,site,minutes    (152525100200001,s7,42.5)\n\
    stations.csv: site               (s1)"
)]
pub struct Arguments {
    /// Places of demand: id,households.
    #[arg(long, value_name = "FILE")]
    demand: PathBuf,
    /// Ways from demand to sites: id,site,minutes. Every site that stands here may be chosen.
    #[arg(long, value_name = "FILE")]
    times: PathBuf,
    /// Sites that are there already: site.
    #[arg(long, value_name = "FILE")]
    existing: PathBuf,
    /// Choose so many more, to cover the most.
    #[arg(long, value_name = "P", required_unless_present = "all", conflicts_with = "all")]
    count: Option<usize>,
    /// Choose the fewest that cover everybody whom a site reaches.
    #[arg(long)]
    all: bool,
    /// A household is covered by a site within so many minutes.
    #[arg(long, value_name = "MIN")]
    within: f64,
    /// The answer, a CSV: site.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// For a program to read.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    if !matches!(Format::of(&arguments.out), Ok(Format::Csv)) {
        return Err(Stop::Unusable("the answer is a table: name it --out SOMETHING.csv".to_owned()));
    }
    if !(arguments.within.is_finite() && arguments.within >= 0.0) {
        return Err(Stop::Unusable("--within is a number of minutes from 0".to_owned()));
    }
    let (problem, names) = read(arguments)?;
    let found = match arguments.count {
        Some(count) => Found::Most(place(&problem, count, &|| false)),
        None => Found::Fewest(cover_all(&problem, &|| false)),
    };
    let chosen: Vec<&str> = found.sites().iter().map(|site| names[*site as usize].as_str()).collect();
    let rows = chosen.iter().map(|site| OutRow {
        columns: vec![("site".to_owned(), Value::Text((*site).to_owned()))],
        geometry: None,
    });
    let written = match chosen.len() {
        0 => std::fs::write(&arguments.out, "site\n"),
        _ => formats::write_geo(&arguments.out, WriteOptions { synthetic: false }, rows),
    };
    written.map_err(|error| Stop::Unusable(format!("can't write {}: {error}", arguments.out.display())))?;
    report(arguments, &problem, &found);
    Ok(())
}

enum Found {
    Most(Placement),
    Fewest(Fewest),
}

impl Found {
    fn sites(&self) -> &[u32] {
        match self {
            Found::Most(found) => &found.sites,
            Found::Fewest(found) => &found.sites,
        }
    }
}

/// The problem, and the names of the sites that may be chosen, sorted.
fn read(arguments: &Arguments) -> Result<(Covering, Vec<String>), Stop> {
    let options = ReadOptions::default();
    let (demand, findings) = formats::read_demand(&arguments.demand, &options);
    refuse(&arguments.demand, &findings)?;
    let (times, findings) = formats::read_times(&arguments.times, &options);
    refuse(&arguments.times, &findings)?;
    let (existing, findings) = formats::read_existing(&arguments.existing, &options);
    // That there is none yet is an answer.
    if !(existing.is_empty() && findings.iter().all(|finding| finding.kind == FindingKind::Empty)) {
        refuse(&arguments.existing, &findings)?;
    }
    let existing: BTreeSet<&str> = existing.iter().map(String::as_str).collect();
    let places: HashMap<&str, u32> = demand.iter().map(|(id, _)| id.as_str()).zip(0..).collect();
    let mut covered = vec![false; demand.len()];
    let mut reach: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for (row, time) in (1u64..).zip(&times) {
        let Some(place) = places.get(time.id.as_str()) else {
            return Err(Stop::Unusable(format!(
                "{}, row {row}: '{}' is no id of {}; nothing was written",
                arguments.times.display(),
                time.id,
                arguments.demand.display()
            )));
        };
        let within = time.minutes <= arguments.within;
        if existing.contains(time.site.as_str()) {
            covered[*place as usize] |= within;
        } else {
            let reached = reach.entry(&time.site).or_default();
            if within {
                reached.insert(*place);
            }
        }
    }
    let names = reach.keys().map(|site| (*site).to_owned()).collect();
    let problem = Covering {
        households: demand.iter().map(|(_, households)| *households).collect(),
        sites: reach.into_values().map(|places| places.into_iter().collect()).collect(),
        covered,
    };
    Ok((problem, names))
}

fn report(arguments: &Arguments, problem: &Covering, found: &Found) {
    let total: u64 = problem.households.iter().sum();
    #[expect(clippy::cast_precision_loss, reason = "for a person to read")]
    let share = |part: u64| if total > 0 { part as f64 / total as f64 * 100.0 } else { 100.0 };
    let sites = found.sites().len();
    let (covered, known) = match found {
        Found::Most(found) => (found.covered, ("bound", found.bound)),
        Found::Fewest(found) => (found.covered, ("least", found.least as u64)),
    };
    if arguments.json {
        println!("{}", json!({"sites": sites, "households": total, "covered": covered, known.0: known.1}));
        return;
    }
    let proof = match found {
        Found::Most(found) if found.bound == covered => {
            format!("no choice covers more than {covered} (so this is the optimum)")
        }
        Found::Most(found) => format!(
            "no choice covers more than {} (at most {:.2}% more)",
            found.bound,
            share(found.bound) - share(covered)
        ),
        Found::Fewest(found) if found.least == sites => "fewer don't (so this is the optimum)".to_owned(),
        Found::Fewest(found) => format!("fewer than {} don't", found.least),
    };
    println!(
        "{sites} sites chosen; {covered} of {total} households covered within {} min ({:.1}%); {proof}; written to {}",
        arguments.within,
        share(covered),
        arguments.out.display()
    );
}
