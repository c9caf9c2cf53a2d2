//! `khot assign`: the assignment engine on files, without a database.

use std::path::PathBuf;

use serde_json::json;

use super::{Stop, divide_files::refuse};
use crate::assign::{self, Assignment, Place, Worker};
use crate::formats::{self, Format, OutRow, ReadOptions, Value, WriteOptions};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  khot assign --workers workers.csv --grids grids.csv --out assigned.csv\n\n\
    workers.csv: id,lon,lat,capacity[,languages]   (w7,116.51,45.52,2,mn;zh)\n\
    grids.csv:   id,lon,lat[,language]             (152525100200001,116.6,45.5,mn)"
)]
pub struct Arguments {
    /// Workers: id,lon,lat,capacity[,languages].
    #[arg(long, value_name = "FILE")]
    workers: PathBuf,
    /// Grids: id,lon,lat[,language]; a grid with a language needs a worker who speaks it.
    #[arg(long, value_name = "FILE")]
    grids: PathBuf,
    /// How many of its nearest workers a grid is first offered. More may take longer; the number of grids
    /// filled and the total distance don't depend on it.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..))]
    candidates: u32,
    /// The answer, a CSV: grid,worker,km. A grid that stays empty is left out.
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
    let options = ReadOptions::default();
    let (workers, findings) = formats::read_worker_places(&arguments.workers, &options);
    refuse(&arguments.workers, &findings)?;
    let (grids, findings) = formats::read_grid_places(&arguments.grids, &options);
    refuse(&arguments.grids, &findings)?;
    let able: Vec<Worker> = workers
        .iter()
        .map(|row| Worker { home: row.home, capacity: row.capacity, languages: row.languages.clone() })
        .collect();
    let places: Vec<Place> =
        grids.iter().map(|row| Place { at: row.at, language: row.language.clone() }).collect();
    let found = assign::assign(&able, &places, arguments.candidates as usize, &|| false)
        .map_err(|error| Stop::Unusable(error.to_string()))?;
    let rows = grids.iter().zip(&found.held).filter_map(|(grid, held)| {
        let (worker, way) = (*held)?;
        #[expect(clippy::cast_precision_loss, reason = "to the millimetre")]
        let km = way as f64 / 1e6;
        Some(OutRow {
            columns: vec![
                ("grid".to_owned(), Value::Text(grid.id.clone())),
                ("worker".to_owned(), Value::Text(workers[worker as usize].id.clone())),
                ("km".to_owned(), Value::Number(km)),
            ],
            geometry: None,
        })
    });
    let written = match found.filled() {
        // A table without rows still says what its columns would be.
        0 => std::fs::write(&arguments.out, "grid,worker,km\n"),
        _ => formats::write_geo(&arguments.out, WriteOptions { synthetic: false }, rows),
    };
    written.map_err(|error| Stop::Unusable(format!("can't write {}: {error}", arguments.out.display())))?;
    report(arguments, &able, &places, &found);
    Ok(())
}

fn report(arguments: &Arguments, workers: &[Worker], places: &[Place], found: &Assignment) {
    let (filled, total_km) = (found.filled(), found.total_km());
    let room: u64 = workers.iter().map(|worker| u64::from(worker.capacity)).sum();
    if arguments.json {
        println!(
            "{}",
            json!({"grids": places.len(), "workers": workers.len(), "capacity": room, "filled": filled,
                   "empty": places.len() - filled, "total_km": total_km})
        );
        return;
    }
    println!(
        "{filled} of {} grids filled by {} workers with room for {room}, {total_km:.3} km in all; written to {}",
        places.len(),
        workers.len(),
        arguments.out.display()
    );
    if filled < places.len() {
        let why = if (room as u128) < places.len() as u128 {
            "the workers have no more room"
        } else {
            "nobody with room left speaks the language that they need"
        };
        println!("{} grids stay empty: {why}", places.len() - filled);
    }
}
