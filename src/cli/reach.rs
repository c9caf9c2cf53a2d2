//! `khot reach`: travel times over a surface of cells, on files, without a database.

use std::path::PathBuf;

use h3o::{CellIndex, LatLng};
use serde_json::json;

use super::{Stop, divide_files::refuse};
use crate::coverage::{Reach, Surface};
use crate::formats::{self, Format, OutRow, ReadOptions, Value, WriteOptions};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  khot reach --cells winter.csv --outlets stations.csv --out minutes.csv\n\n\
    winter.csv:   h3,kmh       (872830828ffffff,20; 0 where nobody gets through)\n\
    stations.csv: id,lon,lat   (s1,116.97,45.51)"
)]
pub struct Arguments {
    /// The surface: h3,kmh, all cells of one resolution.
    #[arg(long, value_name = "FILE")]
    cells: PathBuf,
    /// Outlets: id,lon,lat; each starts at its cell.
    #[arg(long, value_name = "FILE")]
    outlets: PathBuf,
    /// The answer, a CSV: h3,outlet,minutes. A cell from which no outlet is reached is left out.
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
    let (cells, findings) = formats::read_cells(&arguments.cells, &options);
    refuse(&arguments.cells, &findings)?;
    let (outlets, findings) = formats::read_sites(&arguments.outlets, &options);
    refuse(&arguments.outlets, &findings)?;
    let unusable = |error: &dyn std::fmt::Display| Stop::Unusable(error.to_string());
    let surface = Surface::new(&cells).map_err(|error| unusable(&error))?;
    let Some(resolution) = surface.cells().first().map(|cell| cell.resolution()) else {
        return Err(Stop::Unusable(format!("{} has no cells", arguments.cells.display())));
    };
    let mut starts: Vec<CellIndex> = Vec::with_capacity(outlets.len());
    for outlet in &outlets {
        let at = LatLng::new(outlet.at.1, outlet.at.0).map_err(|error| unusable(&error))?;
        starts.push(at.to_cell(resolution));
    }
    let found = surface.reach(&starts, &|| false).map_err(|error| unusable(&error))?;
    let off: Vec<&str> = outlets
        .iter()
        .zip(&starts)
        .filter(|(_, cell)| !surface.is_open(**cell))
        .map(|(outlet, _)| outlet.id.as_str())
        .collect();
    write(arguments, &surface, &outlets, &found)?;
    report(arguments, &found, &off);
    Ok(())
}

fn write(
    arguments: &Arguments,
    surface: &Surface,
    outlets: &[formats::SiteRow],
    found: &Reach,
) -> Result<(), Stop> {
    let rows = surface.cells().iter().zip(found.iter()).filter_map(|(cell, reached)| {
        let reached = reached?;
        Some(OutRow {
            columns: vec![
                ("h3".to_owned(), Value::Text(cell.to_string())),
                ("outlet".to_owned(), Value::Text(outlets[reached.outlet as usize].id.clone())),
                ("minutes".to_owned(), Value::Number(reached.minutes)),
            ],
            geometry: None,
        })
    });
    let written = if found.iter().all(|reached| reached.is_none()) {
        // A table without rows still says what its columns would be.
        std::fs::write(&arguments.out, "h3,outlet,minutes\n")
    } else {
        formats::write_geo(&arguments.out, WriteOptions { synthetic: false }, rows)
    };
    written.map_err(|error| Stop::Unusable(format!("can't write {}: {error}", arguments.out.display())))
}

fn report(arguments: &Arguments, found: &Reach, off: &[&str]) {
    let served = found.iter().flatten().count();
    let longest = found.iter().flatten().map(|reached| reached.minutes).fold(0.0, f64::max);
    if arguments.json {
        println!(
            "{}",
            json!({"cells": found.iter().len(), "reached": served, "longest_min": longest, "outlets_off_the_surface": off})
        );
        return;
    }
    println!(
        "{served} of {} cells reach an outlet, the farthest in {longest:.1} min; written to {}",
        found.iter().len(),
        arguments.out.display()
    );
    if !off.is_empty() {
        let named = off.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        println!("{} outlets stand off the surface or in a closed cell and serve nobody: {named}", off.len());
    }
}
