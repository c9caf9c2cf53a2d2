//! `khot divide --units`: the engine on files, without a database.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use geo::{MultiPolygon, Polygon};
use rayon::prelude::*;
use serde_json::json;

use super::Stop;
use crate::divide::{self, Edge, GraphParts, GraphWish, divide_graph};
use crate::domain::{Finding, Weights};
use crate::formats::{self, Format, OutRow, ReadOptions, Value, WeightedUnits, WriteOptions};
use crate::geo::adjacency::neighbours;

// Its group would have the name of the one that it is flattened into.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// Polygons (GeoJSON, Shapefile, GeoPackage), or a CSV with columns id,weight[,x,y].
    #[arg(long, value_name = "FILE", requires = "weight", requires = "out", requires = "how_many")]
    units: Option<PathBuf>,
    /// The column that is balanced.
    #[arg(long, value_name = "COLUMN")]
    weight: Option<String>,
    /// Make so many parts.
    #[arg(long, group = "how_many", value_name = "K")]
    parts: Option<u32>,
    /// Make parts of about this weight.
    #[arg(long, group = "how_many", value_name = "N")]
    target: Option<f64>,
    /// Edges, a CSV with columns a,b[,length][,barrier]; needed for a CSV of units, found for polygons. `barrier` is
    /// the share of the border, 0 to 1, that runs along a river, main road or railway.
    #[arg(long, value_name = "FILE")]
    edges: Option<PathBuf>,
    /// How far from the target a part may be: 0.05 is 5 %.
    #[arg(long, default_value_t = 0.05)]
    tolerance: f64,
    /// How hard to try: default takes some four times as long as quick, thorough three to four times as
    /// long as default.
    #[arg(long, value_enum, default_value = "default")]
    effort: Effort,
    /// Keep parts inside one value of this column, a village say.
    #[arg(long, value_name = "COLUMN", requires = "target")]
    within: Option<String>,
    /// Threads to use; every core when left out. The answer is the same.
    #[arg(long)]
    threads: Option<usize>,
    /// The answer: .csv (id,part) or .geojson (the units with their part).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Effort {
    Quick,
    Default,
    Thorough,
}

impl From<Effort> for divide::Effort {
    fn from(effort: Effort) -> Self {
        match effort {
            Effort::Quick => Self::Quick,
            Effort::Default => Self::Default,
            Effort::Thorough => Self::Thorough,
        }
    }
}

pub fn run(arguments: &Arguments, seed: u64, as_json: bool) -> Result<(), Stop> {
    let (Some(units), Some(weight), Some(out)) = (&arguments.units, &arguments.weight, &arguments.out) else {
        return Err(Stop::Unusable("name --area, or --units with --weight and --out".to_owned()));
    };
    let options = ReadOptions::default();
    let (input, findings) =
        formats::read_weighted_units(units, weight, arguments.within.as_deref(), &options);
    refuse(units, &findings)?;
    let edges = edges(arguments, &input, &options)?;
    let parts = match arguments.threads {
        Some(threads) => rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()?
            .install(|| divide(arguments, &input, &edges, seed))?,
        None => divide(arguments, &input, &edges, seed)?,
    };
    write(out, &input, &parts)?;
    report(arguments, &input, &parts, out, as_json);
    Ok(())
}

/// Says what is wrong with a file, and stops where that keeps it from being used.
pub fn refuse(path: &Path, findings: &[Finding]) -> Result<(), Stop> {
    for finding in findings.iter().take(20) {
        let place = finding.row.map_or_else(String::new, |row| format!("row {row}: "));
        eprintln!("{place}{}", finding.kind.text().en);
    }
    if findings.iter().any(|finding| finding.kind.is_error()) {
        return Err(Stop::Unusable(format!("{} can't be used; nothing was written", path.display())));
    }
    Ok(())
}

/// From the file that is named, or from the polygons themselves.
pub fn edges_of(
    file: Option<&Path>,
    input: &WeightedUnits,
    options: &ReadOptions,
) -> Result<Vec<Edge>, Stop> {
    if let Some(path) = file {
        let (edges, findings) = formats::read_edges(path, &input.ids, options);
        refuse(path, &findings)?;
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        return Ok(edges
            .iter()
            .map(|edge| Edge {
                a: place(edge.a),
                b: place(edge.b),
                // Along a barrier a border costs less, by the shipped policy's weight.
                length_m: edge.length.unwrap_or(1.0) * (1.0 - Weights::default().barrier * edge.barrier),
            })
            .collect());
    }
    let Some(outlines) = &input.outlines else {
        return Err(Stop::Unusable(
            "a CSV of units needs --edges: a CSV with columns a,b[,length]".to_owned(),
        ));
    };
    Ok(polygon_edges(outlines))
}

/// Neighbours of units that may be in several polygons each.
fn polygon_edges(outlines: &[MultiPolygon<f64>]) -> Vec<Edge> {
    let owners: Vec<u32> = (0..).zip(outlines).flat_map(|(at, outline)| vec![at; outline.0.len()]).collect();
    let polygons: Vec<Polygon<f64>> = outlines.iter().flat_map(|outline| outline.0.clone()).collect();
    let mut lengths: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    for edge in neighbours(&polygons) {
        let (a, b) = (owners[edge.a as usize], owners[edge.b as usize]);
        if a != b {
            *lengths.entry((a.min(b), a.max(b))).or_default() += edge.length_m;
        }
    }
    lengths.into_iter().map(|((a, b), length_m)| Edge { a, b, length_m }).collect()
}

fn edges(arguments: &Arguments, input: &WeightedUnits, options: &ReadOptions) -> Result<Vec<Edge>, Stop> {
    edges_of(arguments.edges.as_deref(), input, options)
}

fn divide(arguments: &Arguments, input: &WeightedUnits, edges: &[Edge], seed: u64) -> Result<Vec<u32>, Stop> {
    let unusable = |error: crate::divide::DivideError| Stop::Unusable(error.to_string());
    let how_many = match (arguments.parts, arguments.target) {
        (Some(count), _) => GraphParts::Count(count),
        (None, Some(target)) => GraphParts::Target(target),
        (None, None) => return Err(Stop::Unusable("say --parts or --target".to_owned())),
    };
    let wish = GraphWish {
        parts: how_many,
        tolerance: arguments.tolerance,
        effort: arguments.effort.into(),
        of_many: false,
        seed,
        places: None,
    };
    #[expect(clippy::cast_precision_loss, reason = "weights are counts, far below 2^53")]
    let weights: Vec<f64> = input.weights.iter().map(|weight| *weight as f64).collect();
    let Some(within) = &input.within else {
        let wish = GraphWish { places: input.xy.as_deref(), ..wish };
        return divide_graph(&weights, edges, &wish, &|| false).map_err(unusable);
    };
    // Group by group, side by side; parts are numbered in the order of the groups' values.
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (unit, value) in within.iter().enumerate() {
        groups.entry(value).or_default().push(unit);
    }
    let mut inside: BTreeMap<&str, Vec<Edge>> = BTreeMap::new();
    let mut place = vec![0_u32; within.len()];
    for members in groups.values() {
        for (at, unit) in (0..).zip(members) {
            place[*unit] = at;
        }
    }
    for edge in edges {
        let (a, b) = (edge.a as usize, edge.b as usize);
        if within[a] == within[b] {
            inside.entry(&within[a]).or_default().push(Edge {
                a: place[a],
                b: place[b],
                length_m: edge.length_m,
            });
        }
    }
    let groups: Vec<(&str, Vec<usize>)> = groups.into_iter().collect();
    let answers: Vec<Vec<u32>> = groups
        .par_iter()
        .map(|(value, members)| {
            let weights: Vec<f64> = members.iter().map(|unit| weights[*unit]).collect();
            let edges = inside.get(value).map(Vec::as_slice).unwrap_or_default();
            let places: Option<Vec<(f64, f64)>> =
                input.xy.as_ref().map(|xy| members.iter().map(|unit| xy[*unit]).collect());
            let wish = GraphWish { places: places.as_deref(), of_many: true, ..wish };
            divide_graph(&weights, edges, &wish, &|| false).map_err(unusable)
        })
        .collect::<Result<_, _>>()?;
    let mut parts = vec![0; within.len()];
    let mut first = 0;
    for ((_, members), answer) in groups.iter().zip(answers) {
        for (unit, part) in members.iter().zip(&answer) {
            parts[*unit] = first + part;
        }
        first += answer.iter().max().map_or(0, |last| last + 1);
    }
    Ok(parts)
}

fn write(out: &Path, input: &WeightedUnits, parts: &[u32]) -> Result<(), Stop> {
    let csv = matches!(Format::of(out), Ok(Format::Csv));
    let rows = input.ids.iter().zip(parts).enumerate().map(|(at, (id, part))| OutRow {
        columns: vec![
            ("id".to_owned(), Value::Text(id.clone())),
            ("part".to_owned(), Value::Integer(i64::from(*part))),
        ],
        geometry: input.outlines.as_ref().filter(|_| !csv).map(|outlines| outlines[at].clone().into()),
    });
    if !csv && input.outlines.is_none() {
        return Err(Stop::Unusable("units without polygons can only be written as .csv".to_owned()));
    }
    formats::write_geo(out, WriteOptions { synthetic: false }, rows)
        .map_err(|error| Stop::Unusable(format!("can't write {}: {error}", out.display())))
}

fn report(arguments: &Arguments, input: &WeightedUnits, parts: &[u32], out: &Path, as_json: bool) {
    let mut weights: BTreeMap<u32, u64> = BTreeMap::new();
    for (part, weight) in parts.iter().zip(&input.weights) {
        *weights.entry(*part).or_default() += weight;
    }
    let total: u64 = weights.values().sum();
    #[expect(clippy::cast_precision_loss, reason = "for a person to read")]
    let (target, count) =
        (arguments.target.unwrap_or(total as f64 / weights.len().max(1) as f64), weights.len());
    #[expect(clippy::cast_precision_loss, reason = "for a person to read")]
    let off = |weight: &u64| if target > 0.0 { (*weight as f64 - target).abs() / target } else { 0.0 };
    let within = weights.values().filter(|weight| off(weight) <= arguments.tolerance + 1e-9).count();
    let worst = weights.values().map(off).fold(0.0, f64::max);
    if as_json {
        println!(
            "{}",
            json!({"units": parts.len(), "parts": count, "target": target, "within_tolerance": within, "worst": worst})
        );
    } else {
        println!(
            "{} units in {count} parts of about {target:.1}; {within} within {:.0}%, worst {:.1}% off; written to {}",
            parts.len(),
            arguments.tolerance * 100.0,
            worst * 100.0,
            out.display()
        );
    }
}
