//! Importing a file: read as a stream, checked as a whole, loaded in one transaction or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use geo::{Area as _, MultiPolygon};
use serde_json::{Value, json};

use super::failure::{Failure, findings_wire};
use super::progress::Progress;
use super::{ImportParams, ImportWhat, import_outlets, import_roads, import_workers};
use crate::access::Scope;
use crate::domain::{Area, Code, Finding, FindingKind, Level, Policy, Unit};
use crate::formats::{self, AreaOptions, Cover, Gatherer, ReadOptions, VillageOutline};
use crate::geo::crs::Crs;
use crate::geo::dissolve::dissolve;
use crate::store::areas::VillageRow;
use crate::store::imports::Kept;
use crate::store::jobs::JobRow;
use crate::store::{Store, StoreError, Tx, areas, imports, leftovers, services, workers};

/// How the work is counted for the progress bar: fetched, read, checked, loaded.
const STEPS: u32 = 4;

/// Loads the file in a transaction that the caller commits together with the job's end.
pub async fn run(
    store: &Store,
    scope: &Scope,
    job: &JobRow,
    params: &ImportParams,
    progress: &Progress,
) -> Result<(Tx, Value), Failure> {
    progress.expect(STEPS);
    let mut tx = store.begin(scope).await?;
    let result = load(&mut tx, &job.area, params, progress).await?;
    if params.dry_run {
        // Nothing of the file stays: what follows is a transaction of its own.
        drop(tx);
        tx = store.begin(scope).await?;
    }
    Ok((tx, result))
}

async fn load(
    tx: &mut Tx,
    area: &Code,
    params: &ImportParams,
    progress: &Progress,
) -> Result<Value, Failure> {
    let folder =
        TempFolder::new().map_err(|error| StoreError::Corrupt { what: "upload", why: error.to_string() })?;
    let kept = if params.what == ImportWhat::Workers { Kept::Sealed } else { Kept::Plain };
    imports::write_upload(tx, params.upload, kept, folder.path()).await?;
    let file_name = Path::new(&params.name).file_name().map(PathBuf::from).unwrap_or_default();
    let path = folder.path().join(file_name);
    progress.step();
    load_file(tx, area, path, params, progress).await
}

/// The whole of an import but fetching the upload: reads and checks the file at `path`, and loads it below
/// `area` where it is in order. What it loads lies in `tx`, not yet committed.
///
/// # Errors
/// [`Failure::Unusable`] with the findings where the file can't be used: `tx` must not be committed then.
pub async fn load_file(
    tx: &mut Tx,
    area: &Code,
    path: PathBuf,
    params: &ImportParams,
    progress: &Progress,
) -> Result<Value, Failure> {
    let options = read_options(params)?;
    let before = imports::holdings(tx, area).await?;
    // Whose ground or households change.
    let mut touched: BTreeSet<Code> = BTreeSet::new();
    let (findings, loaded, below) = match params.what {
        ImportWhat::Areas => {
            let (areas, findings) = read_areas(tx, area, path, options, progress).await?;
            if !go_on(&findings, params, progress)? {
                return Ok(told(&findings));
            }
            imports::put_areas(tx, &areas).await?;
            let of_banners = areas.iter().filter(|area| area.code.level() >= Level::Banner);
            touched.extend(of_banners.map(|area| area.code.at(Level::Banner)));
            (findings, areas.len(), "areas")
        }
        ImportWhat::Units => {
            let (units, findings) = read_units(tx, area, path, options, progress).await?;
            if !go_on(&findings, params, progress)? {
                return Ok(told(&findings));
            }
            imports::put_units(tx, &units).await?;
            touched.extend(units.iter().map(|unit| unit.village.at(Level::Banner)));
            let known = areas::villages(tx, area).await?;
            let (units, outlines) = tokio::task::spawn_blocking(move || {
                let outlines = noded(&units, &known);
                (units, outlines)
            })
            .await
            .map_err(broken_off)?;
            imports::renode(tx, &outlines).await?;
            (findings, units.len(), "units")
        }
        ImportWhat::Outlets => {
            let (placed, findings) = import_outlets::read(tx, area, path, options).await?;
            progress.step();
            if !go_on(&findings, params, progress)? {
                return Ok(told(&findings));
            }
            let loaded = import_outlets::put(tx, area, placed, crate::clock::now()).await?;
            (findings, loaded, "outlets")
        }
        ImportWhat::Services => {
            let (items, findings) = import_outlets::read_services(path, options).await?;
            progress.step();
            if !go_on(&findings, params, progress)? {
                return Ok(told(&findings));
            }
            services::put(tx, area, &items).await?;
            (findings, items.len(), "services")
        }
        ImportWhat::Roads => {
            let (networks, findings) = import_roads::read(tx, area, path, options, &params.name).await?;
            progress.step();
            if !go_on(&findings, params, progress)? {
                return Ok(told(&findings));
            }
            let loaded = import_roads::put(tx, networks, &params.name, crate::clock::now()).await?;
            (findings, loaded, "roads")
        }
        ImportWhat::Workers => {
            let now = crate::clock::now();
            let (new, findings) = import_workers::read(tx, area, path, options, now).await?;
            progress.step();
            if !go_on(&findings, params, progress)? {
                return Ok(told(&findings));
            }
            workers::add(tx, area, &new, now).await?;
            (findings, new.len(), "workers")
        }
    };
    if matches!(params.what, ImportWhat::Areas | ImportWhat::Units) {
        imports::refresh_sums(tx, area).await?;
        super::queue_links_of_planned(tx, &touched, crate::clock::now()).await?;
    }
    imports::note(tx, below, &params.name, area, before, loaded).await?;
    progress.step();
    Ok(json!({"loaded": loaded, "findings": findings_wire(&findings)}))
}

fn read_options(params: &ImportParams) -> Result<ReadOptions, Failure> {
    let crs = match params.crs.as_deref().map(str::parse::<Crs>) {
        None => None,
        Some(Ok(crs)) => Some(crs),
        Some(Err(_)) => {
            let crs = params.crs.clone().unwrap_or_default();
            let finding = Finding { row: None, subject: None, kind: FindingKind::UnknownCrs { crs } };
            return Err(Failure::Unusable { findings: vec![finding] });
        }
    };
    Ok(ReadOptions { crs, encoding: params.encoding.clone(), table: None })
}

/// Whether to load the rows: not where only the findings were asked for.
///
/// # Errors
/// Where the file has errors, and where the job was cancelled.
fn go_on(findings: &[Finding], params: &ImportParams, progress: &Progress) -> Result<bool, Failure> {
    if progress.stopped() {
        return Err(Failure::Cancelled);
    }
    progress.step();
    if params.dry_run {
        return Ok(false);
    }
    if findings.iter().any(|finding| finding.kind.is_error()) {
        return Err(Failure::Unusable { findings: findings.to_vec() });
    }
    Ok(true)
}

fn told(findings: &[Finding]) -> Value {
    json!({"dry_run": true, "loaded": 0, "findings": findings_wire(findings)})
}

pub(super) fn broken_off(error: tokio::task::JoinError) -> Failure {
    StoreError::Queue(format!("an import broke off: {error}")).into()
}

fn flow(progress: &Progress) -> ControlFlow<()> {
    if progress.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

async fn read_areas(
    tx: &mut Tx,
    within: &Code,
    path: PathBuf,
    read: ReadOptions,
    progress: &Progress,
) -> Result<(Vec<Area>, Vec<Finding>), Failure> {
    let steps = progress.clone();
    let (rows, mut findings) = tokio::task::spawn_blocking(move || {
        let mut rows: Vec<(u64, Area)> = Vec::new();
        let options = AreaOptions { read, synthetic: false };
        let findings = formats::read_areas(&path, &options, &mut |row, area| {
            rows.push((row, area));
            flow(&steps)
        });
        (rows, findings)
    })
    .await
    .map_err(broken_off)?;
    progress.step();
    for (row, area) in rows.iter().filter(|(_, area)| !within.covers(&area.code)) {
        let kind = FindingKind::OutsideScope { area: within.to_string() };
        findings.push(Finding { row: Some(*row), subject: Some(area.code.to_string()), kind });
    }
    // Parents that aren't in the file may be in the database.
    let parents: BTreeSet<Code> = rows.iter().filter_map(|(_, area)| area.code.parent()).collect();
    let mut known: BTreeMap<Code, MultiPolygon<f64>> = BTreeMap::new();
    for parent in parents.into_iter().filter(|parent| rows.iter().all(|(_, area)| area.code != *parent)) {
        if let Some(outline) = areas::outline(tx, &parent).await? {
            known.insert(parent, outline);
        }
    }
    let (rows, more) = tokio::task::spawn_blocking(move || {
        let more = formats::check_areas(&rows, &|code| known.get(code).cloned());
        (rows, more)
    })
    .await
    .map_err(broken_off)?;
    findings.extend(more);
    findings.sort_by_key(|finding| finding.row);
    Ok((rows.into_iter().map(|(_, area)| area).collect(), findings))
}

async fn read_units(
    tx: &mut Tx,
    within: &Code,
    path: PathBuf,
    read: ReadOptions,
    progress: &Progress,
) -> Result<(Vec<Unit>, Vec<Finding>), Failure> {
    let policy =
        Policy::defaults().map_err(|error| StoreError::Corrupt { what: "policy", why: error.to_string() })?;
    let villages: Vec<VillageOutline> = areas::villages(tx, within)
        .await?
        .into_iter()
        .map(|village| VillageOutline {
            code: village.code,
            area_type: village.area_type,
            outline: village.outline,
        })
        .collect();
    let steps = progress.clone();
    let outcome = tokio::task::spawn_blocking(move || {
        let mut gatherer = Gatherer::new(&villages, &policy);
        let mut findings = formats::read_units(&path, &read, &mut |row, input| {
            gatherer.add(row, input);
            flow(&steps)
        });
        let (units, more) = gatherer.finish(Cover::Touched);
        findings.extend(more);
        findings.sort_by_key(|finding| finding.row);
        (units, findings)
    })
    .await
    .map_err(broken_off)?;
    progress.step();
    Ok(outcome)
}

/// Outlines of villages with the cut points of their units, where the units cover the same ground.
fn noded(units: &[Unit], villages: &[VillageRow]) -> Vec<(Code, MultiPolygon<f64>)> {
    /// Of the village's area in degrees; what rounding leaves.
    const SAME_GROUND: f64 = 1e-9;
    let mut of_village: BTreeMap<&Code, Vec<&Unit>> = BTreeMap::new();
    for unit in units {
        of_village.entry(&unit.village).or_default().push(unit);
    }
    villages
        .iter()
        .filter_map(|village| {
            let units = of_village.get(&village.code)?;
            let outline = dissolve(units.iter().map(|unit| &unit.outline));
            let (before, after) = (village.outline.unsigned_area(), outline.unsigned_area());
            ((before - after).abs() <= before * SAME_GROUND).then(|| (village.code.clone(), outline))
        })
        .collect()
}

/// A folder that goes when the import ends, or when the program next starts after its process was killed.
struct TempFolder(PathBuf);

impl TempFolder {
    fn new() -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let path = leftovers::temporary("import", &uuid::Uuid::now_v7().to_string());
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
