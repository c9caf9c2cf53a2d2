//! Ten thousand mutations of each format through everything that reads files: no panic comes out, none
//! takes long, and memory stays bounded whatever lengths a file declares.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::{Duration, Instant},
};

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use super::{
    memory::peak_bytes,
    mutate::{gentle, harsh},
    samples::*,
    *,
};
use crate::domain::{AreaType, Policy};

const SLOWEST: Duration = Duration::from_secs(2);
/// What one mutation of a file of a few kilobytes may hold at once.
const MOST_BYTES: i64 = 32 * 1024 * 1024;

/// All that the product does with a file that it is given.
fn everything(path: &Path, villages: &[VillageOutline], policy: &Policy) -> Vec<Finding> {
    let (read, mut findings) = areas(path, ReadOptions::default());
    let _ = check_areas(&read, &|_| read.first().map(|(_, area)| area.outline.clone()));
    let mut gatherer = Gatherer::new(villages, policy);
    findings.extend(read_units(path, &ReadOptions::default(), &mut |row, unit| {
        gatherer.add(row, unit);
        ControlFlow::Continue(())
    }));
    findings.extend(gatherer.finish(Cover::Touched).1);
    let (weighted, more) = read_weighted_units(path, "households", Some("name"), &ReadOptions::default());
    findings.extend(more);
    if matches!(Format::of(path), Ok(Format::Csv)) {
        findings.extend(read_edges(path, &weighted.ids, &ReadOptions::default()).1);
    }
    findings.extend(read_roads(path, &ReadOptions::default()).1);
    // Everything that is found can be told.
    findings.iter().for_each(|finding| drop(finding.kind.text()));
    findings
}

/// Mutates one of `files` each time, and reads the first.
fn fuzz(name: &str, seed: u64, mutations: usize, files: &[PathBuf]) {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let originals: Vec<Vec<u8>> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let policy = Policy::defaults().unwrap();
    let ring = rectangle(108.0, 41.0, 108.1, 41.2);
    let outline = geo::MultiPolygon(vec![geo::Polygon::new(geo::LineString::from(ring), vec![])]);
    let code = "150821100201".parse().unwrap();
    let villages = [VillageOutline { code, area_type: AreaType::Pastoral, outline }];
    let (begun, mut most) = (Instant::now(), 0);
    let (mut slowest, mut internal, mut clean) = (Duration::ZERO, 0, 0);
    for number in 0..mutations {
        // The first file is what it is about; those beside it get a third of the mutations.
        let changed = if files.len() > 1 && number % 3 == 0 { 1 + number / 3 % (files.len() - 1) } else { 0 };
        let mut bytes = originals[changed].clone();
        let spoil = if number % 4 == 3 { gentle } else { harsh };
        spoil(&mut random, &mut bytes);
        std::fs::write(&files[changed], &bytes).unwrap();
        let one = Instant::now();
        let (done, bytes_held) =
            peak_bytes(|| catch_unwind(AssertUnwindSafe(|| everything(&files[0], &villages, &policy))));
        let took = one.elapsed();
        let findings = done.unwrap_or_else(|_| panic!("{name}: mutation {number} panicked: {bytes:?}"));
        assert!(took < SLOWEST, "{name}: mutation {number} took {took:?}");
        assert!(bytes_held < MOST_BYTES, "{name}: mutation {number} held {bytes_held} bytes: {bytes:?}");
        (slowest, most) = (slowest.max(took), most.max(bytes_held));
        let inner = |finding: &&Finding| finding.kind.text().en.contains("internal error");
        internal += findings.iter().filter(inner).count();
        clean += usize::from(!findings.iter().any(|finding| finding.kind.code() == "unreadable"));
        std::fs::write(&files[changed], &originals[changed]).unwrap();
    }
    println!(
        "{name}: {mutations} mutations in {:?}, slowest {slowest:?}, {internal} panics turned into findings, \
         {clean} readable, {} KiB held at most",
        begun.elapsed(),
        most / 1024
    );
}

#[test]
fn mutated_geojson() {
    let folder = tempfile::tempdir().unwrap();
    let text = geojson().replace("\"name\"", "\"households\": 12,\n\"name\"");
    fuzz("GeoJSON", 1, 10_000, &[save(folder.path(), "a.geojson", text)]);
}

#[test]
fn mutated_roads() {
    let folder = tempfile::tempdir().unwrap();
    fuzz("roads", 6, 4_000, &[save(folder.path(), "a.geojson", roads())]);
}

#[test]
fn mutated_shapefile() {
    let folder = tempfile::tempdir().unwrap();
    let path = shapefile(folder.path(), "a");
    let beside = ["dbf", "dbf", "prj", "cpg"].map(|ending| path.with_extension(ending));
    fuzz("Shapefile", 2, 10_000, &[vec![path], beside.to_vec()].concat());
}

#[test]
fn mutated_geopackage() {
    let folder = tempfile::tempdir().unwrap();
    fuzz("GeoPackage", 3, 10_000, &[gpkg(folder.path(), "a.gpkg")]);
}

#[test]
fn mutated_csv() {
    let folder = tempfile::tempdir().unwrap();
    let wkt = "code,name,area_type,households,people,wkt\n150821100201,浩日格嘎查,牧区,12,40,\"POLYGON((108 41,108.1 41,108.1 41.2,108 41.2,108 41))\"\n150821100202,联丰村,农区,3,9,POINT(108.05 41.1)\n";
    let path = save(folder.path(), "a.csv", wkt);
    fuzz("CSV", 4, 6_000, std::slice::from_ref(&path));
    let points = "id,h3,户数,人口,lon,lat,a,b\n1,,12,40,108.05,41.1,1,2\n2,88318c4ca7fffff,3,,108.07,41.15,2,1\n3,,3,9,108.01,41.19,3,1\n";
    std::fs::write(&path, points).unwrap();
    fuzz("CSV of points", 5, 4_000, &[path]);
}
