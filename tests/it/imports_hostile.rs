//! Mutated files through the whole way: kept as an upload, queued, claimed by a worker, read, checked, loaded.
//!
//! Ten thousand mutations of each format go through reading, checking and loading in `imports_mutated`, by the
//! very function that the job runs. What only shows with the upload, the queue and the worker around it is looked
//! for here with a few: that an upload of any bytes is kept, that what is found can be stored with the job, and
//! that a refused file leaves the database as it was, to the byte.

use std::path::{Path, PathBuf};
use std::time::Duration;

use khot::access::Scope;
use khot::jobs::{self, ImportParams, ImportWhat};
use khot::store::jobs::{JobRow, JobState};
use khot::store::{Store, jobs as stored};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use uuid::Uuid;

use crate::harness::{code, file, folder, noon};
use crate::imports::with_villages;
use crate::mutate::gentle as mutate;
use crate::process::{digest, until};
use crate::samples;

const MUTATIONS: usize = 60;

async fn import(store: &Store, what: ImportWhat, files: &[PathBuf]) -> JobRow {
    let (scope, upload, area) = (Scope::operator(), Uuid::now_v7(), code("15"));
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        store.keep_upload(&scope, upload, &area, &name(file), bytes.as_slice()).await.unwrap();
    }
    let params =
        ImportParams { what, upload, name: name(&files[0]), crs: None, encoding: None, dry_run: false };
    let mut tx = store.begin(&scope).await.unwrap();
    let id = jobs::queue_import(&mut tx, &area, &params, noon()).await.unwrap().id;
    tx.commit().await.unwrap();
    let mut over = None;
    until("an import", async || {
        let mut tx = store.begin(&Scope::operator()).await.unwrap();
        over = stored::get(&mut tx, id).await.unwrap().filter(|job| job.state.is_over() || job.attempt > 1);
        over.is_some()
    })
    .await;
    over.unwrap()
}

/// Mutates one of `files` each time, and imports the first of them.
async fn fuzz(seed: u64, what: ImportWhat, files: &[PathBuf]) {
    let database = with_villages().await;
    let store = Store::open(database.clone()).await.unwrap();
    let worker = jobs::start(&store).await.unwrap();
    let originals: Vec<Vec<u8>> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let whole = import(&store, what, files).await;
    assert_eq!(whole.state, JobState::Done, "{:?}", whole.error);
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let (mut before, mut loaded) = (digest(&database).await, 0);
    for number in 0..MUTATIONS {
        let changed = if number % 3 == 0 { number / 3 % files.len() } else { 0 };
        let mut bytes = originals[changed].clone();
        mutate(&mut random, &mut bytes);
        std::fs::write(&files[changed], &bytes).unwrap();
        let said = || {
            format!(
                "mutation {number} of {}: {:?}",
                files[changed].display(),
                String::from_utf8_lossy(&bytes)
            )
        };
        let job = import(&store, what, files).await;
        assert_eq!(job.attempt, 1, "tried again: {}", said());
        let after = digest(&database).await;
        match job.state {
            JobState::Done => loaded += 1,
            _ => {
                let error = job.error.unwrap_or_default();
                assert_eq!(error["code"], "unusable", "{error}: {}", said());
                assert!(!error.to_string().contains("internal error"), "{error}: {}", said());
                assert_eq!(after, before, "a refused file changed something: {}", said());
            }
        }
        before = after;
        std::fs::write(&files[changed], &originals[changed]).unwrap();
    }
    // Else it would be the reading alone that is tested.
    assert!((2..MUTATIONS).contains(&loaded), "{loaded} of {MUTATIONS} came through");
    tokio::time::timeout(Duration::from_secs(20), worker.stop()).await.unwrap();
    store.close().await;
}

pub fn doors() -> String {
    let rows = (0..60).map(|at| {
        format!(
            "{},{},{},{}\n",
            108.003 + f64::from(at % 10) * 0.019,
            41.005 + f64::from(at / 10) * 0.03,
            at % 4,
            at % 9
        )
    });
    format!("lon,lat,households,people\n{}", rows.collect::<String>())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn geojson() {
    let folder = folder();
    fuzz(1, ImportWhat::Areas, &[file(folder.path(), "areas.geojson", &samples::geojson())]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables() {
    let folder = folder();
    fuzz(2, ImportWhat::Areas, &[file(folder.path(), "areas.csv", &samples::csv())]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_of_doors() {
    let folder = folder();
    fuzz(3, ImportWhat::Units, &[file(folder.path(), "doors.csv", &doors())]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shapefiles() {
    let folder = folder();
    let shp = samples::shapefile(folder.path(), "areas");
    let beside = |ending: &str| shp.with_extension(ending);
    fuzz(4, ImportWhat::Areas, &[shp.clone(), beside("dbf"), beside("prj"), beside("cpg")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn geopackages() {
    let folder = folder();
    fuzz(5, ImportWhat::Areas, &[samples::gpkg(folder.path(), "areas.gpkg")]).await;
}
