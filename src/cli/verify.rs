//! `khot verify`: every rule that always holds, for the plans in force or for files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rayon::prelude::*;
use serde_json::json;

use super::Stop;
use super::divide_files::{edges_of, refuse};
use super::open::with_store;
use crate::access::Scope;
use crate::clock;
use crate::config::Config;
use crate::domain::{Code, Count, DrawnGrid, Givens, Level, Policy, Profile, Unit};
use crate::formats::{self, ReadOptions};
use crate::store::areas::VillageRow;
use crate::store::{Store, areas, grids, plans, units};
use crate::verify::{GridView, check_givens, check_numbers, check_parts, check_village};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  khot verify --area 150821\n  khot verify --units cells.csv --edges edges.csv --parts parts.csv"
)]
pub struct Arguments {
    /// Check the plans in force today in this area of the database.
    #[arg(long, value_name = "CODE", required_unless_present = "units", conflicts_with = "units")]
    area: Option<Code>,
    /// Units as for `khot divide`.
    #[arg(long, value_name = "FILE", requires = "parts")]
    units: Option<PathBuf>,
    /// Edges, a CSV with columns a,b; found for polygons when left out.
    #[arg(long, value_name = "FILE")]
    edges: Option<PathBuf>,
    /// The answer to check, a CSV with columns id,part.
    #[arg(long, value_name = "FILE")]
    parts: Option<PathBuf>,
    /// The column of `--units` that holds the weight; only needed where it isn't called `weight`.
    #[arg(long, default_value = "weight", value_name = "COLUMN")]
    weight: String,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<(), Stop> {
    let Some(area) = &arguments.area else {
        let as_json = arguments.json;
        let (checked, breaches) = tokio::task::spawn_blocking(move || files(&arguments)).await??;
        return told(&checked, &breaches, as_json);
    };
    let found = with_store(config, async |store, ending| ending.or(banners(store, area)).await).await;
    let (checked, breaches) = found?;
    told(&checked, &breaches, arguments.json)
}

fn told(checked: &str, breaches: &[String], as_json: bool) -> Result<(), Stop> {
    if as_json {
        println!("{}", json!({"checked": checked, "breaches": breaches}));
    } else {
        breaches.iter().for_each(|breach| println!("{breach}"));
        println!("checked {checked}: {} breaches", breaches.len());
    }
    if breaches.is_empty() { Ok(()) } else { Err(Stop::Breaches) }
}

fn files(arguments: &Arguments) -> Result<(String, Vec<String>), Stop> {
    let (Some(units), Some(parts)) = (&arguments.units, &arguments.parts) else {
        return Err(Stop::Unusable("name --units and --parts".to_owned()));
    };
    let options = ReadOptions::default();
    let (input, findings) = formats::read_weighted_units(units, &arguments.weight, None, &options);
    refuse(units, &findings)?;
    let edges: Vec<(u32, u32)> =
        edges_of(arguments.edges.as_deref(), &input, &options)?.iter().map(|edge| (edge.a, edge.b)).collect();
    let (answer, findings) = formats::read_parts(parts, &options);
    refuse(parts, &findings)?;
    let breaches = check_parts(&input.ids, &edges, &answer);
    Ok((format!("{} units", input.ids.len()), breaches.iter().map(|breach| breach.text().en).collect()))
}

async fn banners(store: &Store, area: &Code) -> Result<(String, Vec<String>), Stop> {
    let today = clock::local_day(clock::now());
    let mut tx = store.begin(&Scope::operator()).await?;
    if areas::get(&mut tx, area).await?.is_none() {
        return Err(Stop::Unusable(format!("there is no area {area} in the database")));
    }
    let banners: Vec<Code> = match area.level() {
        Level::Region | Level::League => {
            areas::below(&mut tx, area, Level::Banner).await?.into_iter().map(|row| row.code).collect()
        }
        _ => vec![area.at(Level::Banner)],
    };
    let (mut breaches, mut villages_seen, mut grids_seen, mut plans_seen) = (Vec::new(), 0, 0, 0);
    for banner in banners {
        let Some(plan) = plans::in_force(&mut tx, &banner, today).await? else { continue };
        plans_seen += 1;
        let below = if area.level() > Level::Banner { area } else { &banner };
        let policy_text = plans::policy_text(&mut tx, plan.id).await?;
        let policy = Policy::parse(&policy_text)?;
        let villages = areas::villages(&mut tx, below).await?;
        let mut units_of = units::of_area(&mut tx, below).await?;
        let rows = grids::drawn(&mut tx, below, plan.id, true).await?;
        villages_seen += villages.len();
        grids_seen += rows.len();
        breaches.extend(totals(&mut tx, below, &rows).await?);
        let mut held: BTreeMap<Code, u32> = BTreeMap::new();
        for row in &rows {
            *held.entry(row.grid.village.clone()).or_default() += 1;
        }
        breaches.extend(check_numbers(below, &held, &plan.numbers).iter().map(|breach| breach.text().en));
        let givens = plan.givens.clone();
        let work: Vec<(VillageRow, Profile, Vec<Unit>, Vec<DrawnGrid>)> = {
            let mut by_village: BTreeMap<Code, Vec<DrawnGrid>> = BTreeMap::new();
            for row in rows {
                by_village.entry(row.grid.village.clone()).or_default().push(row);
            }
            villages
                .into_iter()
                .map(|village| {
                    let profile = policy.profile(&village.code, village.area_type);
                    let units = units_of.remove(&village.code).unwrap_or_default();
                    let grids = by_village.remove(&village.code).unwrap_or_default();
                    (village, profile, units, grids)
                })
                .collect()
        };
        breaches.extend(tokio::task::spawn_blocking(move || check(&work, &givens)).await?);
    }
    if plans_seen == 0 {
        return Err(Stop::Failed(format!(
            "no plan is in force in {area} today: divide and publish it first"
        )));
    }
    Ok((format!("{plans_seen} plans, {villages_seen} villages, {grids_seen} grids"), breaches))
}

/// What the grids add up to is what the area has.
async fn totals(tx: &mut crate::store::Tx, area: &Code, rows: &[DrawnGrid]) -> Result<Vec<String>, Stop> {
    let Some(held) = areas::get(tx, area).await? else { return Ok(Vec::new()) };
    let households: u64 = rows.iter().map(|row| u64::from(row.grid.households)).sum();
    let people: u64 = rows.iter().map(|row| u64::from(row.grid.people)).sum();
    let differs = |what: &str, grids: u64, area_has: Count| {
        (Count::Number(grids) != area_has)
            .then(|| format!("{area}: its grids have {grids} {what}, the area has {area_has}"))
    };
    Ok([differs("households", households, held.households), differs("people", people, held.people)]
        .into_iter()
        .flatten()
        .collect())
}

fn check(work: &[(VillageRow, Profile, Vec<Unit>, Vec<DrawnGrid>)], givens: &Givens) -> Vec<String> {
    work.par_iter()
        .flat_map_iter(|(village, profile, units, grids)| {
            let views: Vec<GridView<'_>> = grids
                .iter()
                .map(|row| GridView {
                    code: row.grid.code.clone(),
                    village: village.code.clone(),
                    units: row.grid.units.clone(),
                    households: row.grid.households,
                    people: row.grid.people,
                    outline: Some(row.outline.clone()),
                    reasons: &row.grid.reasons,
                })
                .collect();
            let mut breaches = check_village(&village.outline, units, &views, profile);
            breaches.extend(check_givens(&village.code, &views, givens));
            breaches.into_iter().map(|breach| breach.text().en).collect::<Vec<_>>()
        })
        .collect()
}
