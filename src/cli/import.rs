//! `khot import`: a file of areas, units, outlets, services, workers or roads into the database.

use std::path::{Path, PathBuf};

use serde_json::Value;
use uuid::Uuid;

use super::open::{Ending, with_store, with_store_and_keys};
use super::{Stop, jobs as waiting};
use crate::access::Scope;
use crate::clock;
use crate::config::Config;
use crate::domain::Code;
use crate::jobs::{self, ImportParams, ImportWhat};
use crate::store::Store;
use crate::store::jobs::JobRow;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  khot import areas villages.shp --crs EPSG:4546 --encoding GBK --dry-run\n  khot import units households.csv --findings findings.csv\n  khot import outlets stations.xlsx --area 150821\n  khot import workers roster.csv --area 150821 --dry-run\n  khot import roads roads.gpkg --area 150821"
)]
pub struct Arguments {
    /// What the file holds.
    #[arg(value_enum)]
    what: What,
    /// GeoJSON, Shapefile (.shp with its companions beside it), GeoPackage, CSV or a workbook (.xlsx).
    file: PathBuf,
    /// The file's coordinate system, where it doesn't say: EPSG:4490, EPSG:4546, GCJ-02, BD-09 …
    #[arg(long)]
    crs: Option<String>,
    /// The text's encoding, where it isn't UTF-8: GBK …
    #[arg(long)]
    encoding: Option<String>,
    /// Only what the file may be about: codes outside this area are findings.
    #[arg(long, default_value = "15", value_name = "CODE")]
    area: Code,
    /// Give the findings and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write the findings to a file: .json or .csv.
    #[arg(long, value_name = "FILE")]
    findings: Option<PathBuf>,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    Areas,
    Units,
    Outlets,
    /// Items of the service catalogue.
    Services,
    /// Worker records: name, area and employment, and what else is known of them.
    Workers,
    /// Roads by class, and rivers or fences as barriers: lines.
    Roads,
}

/// Files that belong to a shapefile.
const COMPANIONS: [&str; 5] = ["shp", "dbf", "shx", "prj", "cpg"];

pub async fn run(config: &Config, arguments: Arguments) -> Result<(), Stop> {
    let files = files(&arguments.file)?;
    let load = async |store: &Store, ending: &Ending| import(store, &arguments, &files, ending).await;
    let job = match arguments.what {
        // Names are sealed as they come.
        What::Workers => with_store_and_keys(config, load).await?,
        _ => with_store(config, load).await?,
    };
    report(&arguments, &job)
}

/// The file, with a shapefile's companions.
fn files(path: &Path) -> Result<Vec<PathBuf>, Stop> {
    if !path.is_file() {
        return Err(Stop::Unusable(format!("{} is not there, or not a file", path.display())));
    }
    let is_shapefile = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("shp"));
    if !is_shapefile {
        return Ok(vec![path.to_owned()]);
    }
    let endings = COMPANIONS.iter().flat_map(|ending| [(*ending).to_owned(), ending.to_uppercase()]);
    Ok(endings.map(|ending| path.with_extension(ending)).filter(|file| file.is_file()).collect())
}

async fn import(
    store: &Store,
    arguments: &Arguments,
    files: &[PathBuf],
    ending: &Ending,
) -> Result<JobRow, Stop> {
    let scope = Scope::operator();
    let upload = Uuid::now_v7();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = tokio::fs::File::open(file)
            .await
            .map_err(|error| Stop::Unusable(format!("can't read {}: {error}", file.display())))?;
        match arguments.what {
            What::Workers => store.keep_sealed_upload(&scope, upload, &arguments.area, &name, bytes).await?,
            _ => store.keep_upload(&scope, upload, &arguments.area, &name, bytes).await?,
        };
    }
    let params = ImportParams {
        what: match arguments.what {
            What::Areas => ImportWhat::Areas,
            What::Units => ImportWhat::Units,
            What::Outlets => ImportWhat::Outlets,
            What::Services => ImportWhat::Services,
            What::Workers => ImportWhat::Workers,
            What::Roads => ImportWhat::Roads,
        },
        upload,
        name: arguments.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        crs: arguments.crs.clone(),
        encoding: arguments.encoding.clone(),
        dry_run: arguments.dry_run,
    };
    let mut tx = store.begin(&scope).await?;
    let job = jobs::queue_import(&mut tx, &arguments.area, &params, clock::now()).await?;
    tx.commit().await?;
    let worker = jobs::start(store).await?;
    let waited = waiting::wait(store, job.id, "importing", ending).await;
    worker.stop().await;
    waited
}

fn report(arguments: &Arguments, job: &JobRow) -> Result<(), Stop> {
    let nothing = Value::Null;
    let outcome = job.result.as_ref().or(job.error.as_ref()).unwrap_or(&nothing);
    let findings = outcome["findings"].as_array().cloned().unwrap_or_default();
    if let Some(path) = &arguments.findings {
        write_findings(path, &findings)
            .map_err(|error| Stop::Failed(format!("can't write {}: {error}", path.display())))?;
    }
    let errors = findings.iter().filter(|finding| finding["error"] == true).count();
    if arguments.json {
        println!("{outcome}");
    } else {
        for finding in findings.iter().take(50) {
            println!("{}", line(finding));
        }
        if findings.len() > 50 {
            println!("… and {} more; write them all to a file with --findings", findings.len() - 50);
        }
    }
    if job.error.is_some() || errors > 0 {
        let sentence = job
            .error
            .as_ref()
            .and_then(|error| error["en"].as_str())
            .unwrap_or("the file can't be used; nothing was changed");
        return Err(Stop::Unusable(sentence.to_owned()));
    }
    if outcome.is_null() {
        return Err(Stop::Failed("cancelled; nothing was changed".to_owned()));
    }
    if !arguments.json {
        match arguments.dry_run {
            true => println!("{} remarks, no errors; nothing was changed (--dry-run)", findings.len()),
            false => println!(
                "loaded {} rows into {}; {} remarks",
                outcome["loaded"],
                arguments.area,
                findings.len()
            ),
        }
    }
    Ok(())
}

fn line(finding: &Value) -> String {
    let place = finding["row"].as_u64().map_or_else(|| "file".to_owned(), |row| format!("row {row}"));
    let subject = finding["subject"].as_str().map(|subject| format!(" {subject}")).unwrap_or_default();
    let weight = if finding["error"] == true { "error" } else { "remark" };
    let text = |language: &str| finding[language].as_str().unwrap_or("").to_owned();
    format!("{weight}  {place}{subject}: {} · {}", text("en"), text("zh"))
}

fn write_findings(path: &Path, findings: &[Value]) -> Result<(), Box<dyn std::error::Error>> {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
        let mut table = csv::Writer::from_path(path)?;
        table.write_record(["row", "subject", "code", "error", "zh", "en"])?;
        for finding in findings {
            let text = |name: &str| match &finding[name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            table.write_record(["row", "subject", "code", "error", "zh", "en"].map(text))?;
        }
        table.flush()?;
    } else {
        std::fs::write(path, serde_json::to_vec_pretty(findings)?)?;
    }
    Ok(())
}
