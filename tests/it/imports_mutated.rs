//! Ten thousand mutations of each format on a real store, by the very function that the import job runs: read,
//! checked as a whole, and loaded in one transaction where they are in order.
//!
//! Half of them are spoiled in every way, as in the tests of `formats`; the others are changed by a digit or a hair,
//! so that many come through the reading and PostGIS and every constraint have to agree with what was accepted.
//! What loads is committed. What is refused must leave every table as it was: a digest of all of them is taken
//! after each load and after every [`BATCH`] files, and where it differs, the files of that batch are tried
//! again one by one to name the one that did it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use khot::access::Scope;
use khot::jobs::{Failure, ImportParams, ImportWhat, Progress, load_file};
use khot::store::{Store, Tx, imports};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use uuid::Uuid;

use crate::harness::{code, file, folder};
use crate::imports::with_villages;
use crate::imports_hostile::doors;
use crate::mutate::{gentle, harsh};
use crate::process::number;
use crate::samples;

const BATCH: usize = 50;
/// For one file of a few kilobytes, on a machine that does other things as well.
const SLOWEST: Duration = Duration::from_secs(10);

/// What every table of the product and of the queue holds, in one number.
struct Digest {
    connection: PgConnection,
    sql: String,
}

impl Digest {
    async fn of(database: &PgConnectOptions) -> Self {
        let mut connection = database.connect().await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
             WHERE schemaname IN ('khot', 'graphile_worker') ORDER BY 1",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert!(tables.len() > 8, "{tables:?}");
        let each = tables.iter().map(|table| match table.as_str() {
            // It only ever grows, which its own trigger sees to: how long it is tells whether it has changed.
            "khot.audit" => "SELECT 'audit' AS held, count(*)::text AS line FROM khot.audit".to_owned(),
            table => format!("SELECT '{table}' AS held, t::text AS line FROM {table} t"),
        });
        let sql = format!(
            "SELECT md5(string_agg(held || ' ' || line, E'\\n' ORDER BY held, line)) FROM ({}) every",
            each.collect::<Vec<_>>().join(" UNION ALL ")
        );
        Self { connection, sql }
    }

    async fn now(&mut self) -> String {
        sqlx::query_scalar(sqlx::AssertSqlSafe(self.sql.clone()))
            .fetch_one(&mut self.connection)
            .await
            .unwrap()
    }
}

/// One mutated file among those of an import.
struct Mutation {
    number: usize,
    changed: usize,
    bytes: Vec<u8>,
}

struct Fuzz {
    store: Store,
    what: ImportWhat,
    files: Vec<PathBuf>,
    originals: Vec<Vec<u8>>,
}

impl Fuzz {
    fn said(&self, mutation: &Mutation) -> String {
        let text = String::from_utf8_lossy(&mutation.bytes);
        format!("mutation {} of {}: {text:?}", mutation.number, self.files[mutation.changed].display())
    }

    /// Reads, checks and loads the files with one of them mutated; the transaction to commit where they
    /// are in order.
    async fn load(&self, mutation: &Mutation) -> Option<Tx> {
        let path = &self.files[mutation.changed];
        std::fs::write(path, &mutation.bytes).unwrap();
        let begun = Instant::now();
        let loaded = self.load_files().await.unwrap_or_else(|why| panic!("{why}: {}", self.said(mutation)));
        assert!(begun.elapsed() < SLOWEST, "took {:?}: {}", begun.elapsed(), self.said(mutation));
        std::fs::write(path, &self.originals[mutation.changed]).unwrap();
        loaded
    }

    async fn load_files(&self) -> Result<Option<Tx>, String> {
        let area = code("15");
        let name = self.files[0].file_name().unwrap().to_str().unwrap().to_owned();
        let params = ImportParams {
            what: self.what,
            upload: Uuid::nil(),
            name,
            crs: None,
            encoding: None,
            dry_run: false,
        };
        let mut tx = self.store.begin(&Scope::job("region-admin", &area)).await.unwrap();
        let outcome = load_file(&mut tx, &area, self.files[0].clone(), &params, &Progress::default()).await;
        match outcome {
            Ok(_) => Ok(Some(tx)),
            Err(failure @ Failure::Unusable { .. }) => {
                let told = failure.wire().to_string();
                if told.contains("internal error") { Err(told) } else { Ok(None) }
            }
            Err(other) => Err(format!("accepted by the reading, refused by the store ({other})")),
        }
    }

    /// Nothing may have changed since `before`, while `refused` were refused.
    async fn unchanged(&self, digest: &mut Digest, before: &str, refused: &mut Vec<Mutation>) {
        if refused.is_empty() {
            return;
        }
        let mut held = digest.now().await;
        if held != before {
            for mutation in refused.iter() {
                drop(self.load(mutation).await);
                let now = digest.now().await;
                assert_eq!(now, held, "a refused file changed something: {}", self.said(mutation));
                held = now;
            }
            panic!("one of {} refused files changed something, but only once", refused.len());
        }
        refused.clear();
    }
}

/// Mutates one of `files` each time, and imports the first of them.
async fn fuzz(name: &str, seed: u64, mutations: usize, what: ImportWhat, files: Vec<PathBuf>) {
    let database = with_villages().await;
    let store = Store::open(database.clone()).await.unwrap();
    let originals: Vec<Vec<u8>> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let fuzz = Fuzz { store, what, files, originals };
    let whole = fuzz.load_files().await.unwrap().expect("the file is not in order as it stands");
    whole.commit().await.unwrap();
    let mut digest = Digest::of(&database).await;
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let (begun, mut before, mut refused, mut loaded) = (Instant::now(), digest.now().await, Vec::new(), 0);
    for number in 0..mutations {
        // The first file is what it is about; those beside it get a third of the mutations.
        let changed = if number % 3 == 0 { number / 3 % fuzz.files.len() } else { 0 };
        let mut bytes = fuzz.originals[changed].clone();
        let spoil = if number % 2 == 0 { harsh } else { gentle };
        spoil(&mut random, &mut bytes);
        let mutation = Mutation { number, changed, bytes };
        let Some(tx) = fuzz.load(&mutation).await else {
            refused.push(mutation);
            if refused.len() == BATCH {
                fuzz.unchanged(&mut digest, &before, &mut refused).await;
            }
            continue;
        };
        loaded += 1;
        // What isn't committed can't be seen from another connection.
        fuzz.unchanged(&mut digest, &before, &mut refused).await;
        tx.commit()
            .await
            .unwrap_or_else(|error| panic!("the commit failed ({error}): {}", fuzz.said(&mutation)));
        before = digest.now().await;
    }
    fuzz.unchanged(&mut digest, &before, &mut refused).await;
    println!("{name}: {mutations} mutations in {:?}, {loaded} loaded", begun.elapsed());
    // Else it would be the reading alone that is tested.
    assert!(loaded > mutations / 100 && loaded < mutations, "{loaded} of {mutations} came through");
    fuzz.store.close().await;
}

#[tokio::test]
async fn geojson() {
    let folder = folder();
    let path = file(folder.path(), "areas.geojson", &samples::geojson());
    fuzz("GeoJSON", 11, 10_000, ImportWhat::Areas, vec![path]).await;
}

#[tokio::test]
async fn shapefiles() {
    let folder = folder();
    let shp = samples::shapefile(folder.path(), "areas");
    let beside = |ending: &str| shp.with_extension(ending);
    let files = vec![shp.clone(), beside("dbf"), beside("prj"), beside("cpg")];
    fuzz("Shapefile", 12, 10_000, ImportWhat::Areas, files).await;
}

#[tokio::test]
async fn geopackages() {
    let folder = folder();
    fuzz("GeoPackage", 13, 10_000, ImportWhat::Areas, vec![samples::gpkg(folder.path(), "areas.gpkg")]).await;
}

#[tokio::test]
async fn tables_of_areas() {
    let folder = folder();
    let path = file(folder.path(), "areas.csv", &samples::csv());
    fuzz("CSV of areas", 14, 9_000, ImportWhat::Areas, vec![path]).await;
}

#[tokio::test]
async fn tables_of_doors() {
    let folder = folder();
    fuzz("CSV of doors", 15, 1_000, ImportWhat::Units, vec![file(folder.path(), "doors.csv", &doors())])
        .await;
}

#[tokio::test]
async fn roads() {
    let folder = folder();
    let path = file(folder.path(), "roads.geojson", &samples::roads());
    fuzz("roads", 16, 1_000, ImportWhat::Roads, vec![path]).await;
}

/// The centre of the widest circle inside it would be looked for from more squares than memory holds.
#[tokio::test]
async fn a_sliver_gets_its_label_without_a_search() {
    let database = with_villages().await;
    let store = Store::open(database.clone()).await.unwrap();
    let sliver = |text: &str, height: f64| khot::domain::Area {
        code: code(text),
        name: "窄条".to_owned(),
        area_type: Some(khot::domain::AreaType::Pastoral),
        kind: Some(khot::domain::VillageKind::Gacha),
        outline: geo::MultiPolygon(vec![geo::Polygon::new(
            samples::rectangle(108.0, 41.0, 108.1, 41.0 + height).into(),
            vec![],
        )]),
        synthetic: true,
    };
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let areas = [sliver("150821100201", 1e-4), sliver("150821100202", 0.05)];
    imports::put_areas(&mut tx, &areas).await.unwrap();
    tx.commit().await.unwrap();
    let plain = "SELECT count(*) FROM khot.area
                 WHERE length(code) = 12 AND ST_Equals(label_point, ST_PointOnSurface(outline)) AND code = '150821100201'";
    assert_eq!(number(&database, plain).await, 1);
    let inside = "SELECT count(*) FROM khot.area WHERE length(code) = 12 AND ST_Within(label_point, outline)";
    assert_eq!(number(&database, inside).await, 2);
    store.close().await;
}
