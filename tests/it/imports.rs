//! `khot import` as a process: areas and units in every format, and what has to be in the store then.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use geozero::ToWkt;
use khot::access::Scope;
use khot::domain::Area;
use khot::store::{Store, imports};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::harness::{code, database, file, folder, url};
use crate::process::{Ran, digest, khot_on, number, ran};
use crate::samples::{self, Sample};

const PRJ_4545: &str = r#"PROJCS["CGCS2000_3_Degree_GK_CM_108E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",108.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;

/// A database that holds the region and the league above the samples.
pub async fn prepared() -> PgConnectOptions {
    let database = database().await;
    let store = Store::open(database.clone()).await.unwrap();
    let geo::Geometry::Polygon(outline) = samples::polygon(&Sample {
        code: "",
        name: "",
        area_type: "",
        ring: samples::rectangle(107.0, 40.0, 109.0, 42.0),
    }) else {
        unreachable!()
    };
    let area = |text: &str, name: &str| Area {
        code: code(text),
        name: name.to_owned(),
        area_type: None,
        kind: None,
        outline: geo::MultiPolygon(vec![outline.clone()]),
        synthetic: false,
    };
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    imports::put_areas(&mut tx, &[area("15", "内蒙古自治区"), area("1508", "巴彦淖尔市")]).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    database
}

/// The same with the samples: a banner, a township, two villages.
pub async fn with_villages() -> PgConnectOptions {
    let database = prepared().await;
    let folder = folder();
    let areas = file(folder.path(), "areas.geojson", &samples::geojson());
    import(&database, "areas", &areas, &[]).fine();
    database
}

pub fn import(database: &PgConnectOptions, what: &str, file: &Path, more: &[&str]) -> Ran {
    ran(khot_on(&url(database)).args(["import", what]).arg(file).args(more))
}

/// Code, name, type, kind and corners of every area below the league.
async fn areas(
    database: &PgConnectOptions,
) -> Vec<(String, String, Option<String>, Option<String>, Vec<f64>)> {
    let mut connection = database.connect().await.unwrap();
    let rows = sqlx::query_as(
        "SELECT code, name, area_type, kind,
                ARRAY(SELECT unnest(ARRAY[ST_X(p.geom), ST_Y(p.geom)]) FROM ST_DumpPoints(outline) p)
         FROM khot.area WHERE length(code) > 4 ORDER BY code",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    rows
}

fn projected_shapefile(folder: &Path) -> PathBuf {
    let shp = samples::shapefile(folder, "grid");
    let plane = proj4rs::Proj::from_proj_string("+proj=tmerc +lon_0=108 +x_0=500000 +ellps=GRS80").unwrap();
    let degrees = proj4rs::Proj::from_proj_string("+proj=longlat +ellps=GRS80").unwrap();
    let project = |(x, y): (f64, f64)| {
        proj4rs::adaptors::transform_xy(&degrees, &plane, x.to_radians(), y.to_radians()).unwrap()
    };
    let rings: Vec<Vec<(f64, f64)>> =
        samples::samples().into_iter().map(|sample| sample.ring.into_iter().map(project).collect()).collect();
    samples::save(folder, "grid.prj", PRJ_4545);
    std::fs::write(&shp, samples::shp(&rings)).unwrap();
    shp
}

#[tokio::test]
async fn areas_are_the_same_from_every_format() {
    let folder = folder();
    let path = folder.path();
    let gbk = encoding_rs::GBK.encode(&samples::csv()).0.into_owned();
    let files: [(PathBuf, &[&str]); 6] = [
        (file(path, "areas.geojson", &samples::geojson()), &[]),
        (file(path, "areas.csv", &samples::csv()), &[]),
        (samples::save(path, "gbk.csv", gbk), &["--encoding", "GBK"]),
        (samples::shapefile(path, "degrees"), &[]),
        (projected_shapefile(path), &[]),
        (samples::gpkg(path, "areas.gpkg"), &[]),
    ];
    let mut first: Option<Vec<_>> = None;
    for (file, more) in files {
        let database = prepared().await;
        let told = import(&database, "areas", &file, more).fine();
        assert!(told.stdout.contains("loaded 4 rows into 15"), "{file:?}: {told:?}");
        let areas = areas(&database).await;
        let first = first.get_or_insert_with(|| areas.clone());
        assert_eq!(areas.len(), 4, "{file:?}");
        for (one, same) in areas.iter().zip(first) {
            assert_eq!((&one.0, &one.1, &one.2, &one.3), (&same.0, &same.1, &same.2, &same.3), "{file:?}");
            // A centimetre, and whatever order the corners stand in.
            let sorted = |corners: &[f64]| {
                let mut corners = corners.to_vec();
                corners.sort_by(f64::total_cmp);
                corners
            };
            let near = sorted(&one.4).iter().zip(sorted(&same.4)).all(|(a, b)| (a - b).abs() < 1e-7);
            assert!(near && one.4.len() == same.4.len(), "{file:?} {}: {:?} {:?}", one.0, one.4, same.4);
        }
        assert_eq!(areas[2].3.as_deref(), Some("gacha"));
        assert_eq!(areas[3].2.as_deref(), Some("agricultural"));
        assert_eq!(number(&database, "SELECT count(*) FROM khot.upload").await, 0);
        assert_eq!(
            number(&database, "SELECT count(*) FROM khot.audit WHERE action = 'import.areas'").await,
            1
        );
    }
}

/// What must hold of the units of a village: they lie in it and cover it.
async fn cover_their_villages(database: &PgConnectOptions) {
    let open = number(
        database,
        "SELECT count(*) FROM khot.area a JOIN (SELECT village, ST_Union(outline) AS outline, sum(ST_Area(outline)) AS area
             FROM khot.unit GROUP BY village) u ON u.village = a.code
         WHERE ST_Area(ST_SymDifference(a.outline, u.outline)) > 1e-10 OR abs(u.area - ST_Area(a.outline)) > 1e-10",
    )
    .await;
    assert_eq!(open, 0, "units that don't cover their village, or overlap");
}

async fn households(database: &PgConnectOptions) -> BTreeMap<String, (i64, i64, i64)> {
    let mut connection = database.connect().await.unwrap();
    let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(
        "SELECT village, sum(households), sum(people), count(*) FROM khot.unit GROUP BY village ORDER BY village",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    rows.into_iter().map(|row| (row.0, (row.1, row.2, row.3))).collect()
}

#[tokio::test]
async fn points_and_cells_are_gathered_and_clipped_to_their_village() {
    let database = with_villages().await;
    let folder = folder();
    // 400 doors over both villages.
    let mut points = "经度,纬度,户数,人口\n".to_owned();
    for at in 0..400_u32 {
        let (x, y) = (f64::from(at % 20) * 0.01 + 0.004, f64::from(at / 20) * 0.01 + 0.006);
        points.push_str(&format!("{},{},{},{}\n", 108.0 + x, 41.0 + y, 1 + at % 3, 3 + at % 3));
    }
    let gbk = encoding_rs::GBK.encode(&points).0.into_owned();
    let points = samples::save(folder.path(), "doors.csv", gbk);
    let told = import(&database, "units", &points, &["--encoding", "GBK", "--area", "150821"]).fine();
    assert!(told.stdout.contains("0 remarks"), "{told:?}");
    cover_their_villages(&database).await;
    let counted = households(&database).await;
    let [west, east] = ["150821100201", "150821100202"].map(|village| counted[village]);
    let expected: i64 = (0..400).map(|at| 1 + at % 3).sum();
    assert_eq!(west.0 + east.0, expected);
    assert_eq!(number(&database, "SELECT households FROM khot.area WHERE code = '15'").await, expected);
    assert_eq!(
        number(&database, "SELECT people FROM khot.area WHERE code = '150821'").await,
        west.1 + east.1
    );
    // The agricultural village is cut finer than the pastoral one.
    assert!(east.2 > 3 * west.2, "{counted:?}");

    // Counts by cell replace the units of the one village that the file speaks of.
    let cell = h3o::LatLng::new(41.1, 108.05).unwrap().to_cell(h3o::Resolution::Eight);
    let rows: String =
        cell.grid_disk::<Vec<_>>(3).iter().map(|cell| format!("{cell},150821100201,4\n")).collect();
    let cells = file(folder.path(), "cells.csv", &format!("h3,village,households\n{rows}"));
    import(&database, "units", &cells, &[]).fine();
    cover_their_villages(&database).await;
    let now = households(&database).await;
    assert_eq!(now["150821100201"].0, 37 * 4);
    assert_eq!(now["150821100202"], east);
}

/// Code, ring and households.
type Compound = (String, Vec<(f64, f64)>, u32);

/// Four compounds a village: the village cut in quarters.
fn compounds() -> Vec<Compound> {
    let mut all = Vec::new();
    for (village, west) in [(201, 108.0), (202, 108.1)] {
        for quarter in 0..4_u32 {
            let (x, y) = (west + 0.05 * f64::from(quarter % 2), 41.0 + 0.1 * f64::from(quarter / 2));
            all.push((
                format!("{village}-{quarter}"),
                samples::rectangle(x, y, x + 0.05, y + 0.1),
                quarter * 30,
            ));
        }
    }
    all
}

#[tokio::test]
async fn compounds_stay_as_they_are_in_every_format() {
    let folder = folder();
    let path = folder.path();
    let compounds = compounds();
    let features: Vec<Value> = compounds
        .iter()
        .map(|(code, ring, households)| {
            let ring: Vec<[f64; 2]> = ring.iter().map(|(x, y)| [*x, *y]).collect();
            json!({"type": "Feature", "properties": {"unit": code, "households": households},
                   "geometry": {"type": "Polygon", "coordinates": [ring]}})
        })
        .collect();
    let geojson =
        file(path, "units.geojson", &json!({"type": "FeatureCollection", "features": features}).to_string());
    let texts: Vec<(&str, String)> =
        compounds.iter().map(|(code, _, households)| (code.as_str(), households.to_string())).collect();
    let rows: Vec<Vec<&str>> =
        texts.iter().map(|(code, households)| vec![*code, households.as_str()]).collect();
    samples::save(path, "units.dbf", samples::dbf(&[("单元编号", 12), ("户数", 8)], &rows));
    samples::save(path, "units.prj", samples::PRJ_4490);
    samples::save(path, "units.cpg", "GBK");
    let rings: Vec<Vec<(f64, f64)>> = compounds.iter().map(|(_, ring, _)| ring.clone()).collect();
    let shapefile = samples::save(path, "units.shp", samples::shp(&rings));
    let mut table = "unit,households,wkt\n".to_owned();
    for (code, ring, households) in &compounds {
        let polygon = geo::Polygon::new(geo::LineString::from(ring.clone()), vec![]);
        let wkt = geo::Geometry::from(polygon).to_wkt().unwrap();
        table.push_str(&format!("{code},{households},\"{wkt}\"\n"));
    }
    let table = file(path, "units.csv", &table);
    for units in [geojson, shapefile, table] {
        let database = with_villages().await;
        import(&database, "units", &units, &[]).fine();
        cover_their_villages(&database).await;
        let counted = households(&database).await;
        assert_eq!(counted["150821100201"].0, 180, "{units:?}");
        assert_eq!(counted["150821100202"].2, 4, "{units:?}");
    }
}

#[tokio::test]
async fn a_dry_run_tells_and_changes_nothing() {
    let database = with_villages().await;
    let before = digest(&database).await;
    let folder = folder();
    let units =
        file(folder.path(), "units.csv", "lon,lat,households,owner\n108.05,41.1,3,x\n108.15,41.1,4,y\n");
    let told = import(&database, "units", &units, &["--dry-run"]).fine();
    assert!(told.stdout.contains("nothing was changed"), "{told:?}");
    assert!(told.stdout.contains("remark  file: column 'owner' is not used · 列“owner”未使用"), "{told:?}");
    assert_eq!(digest(&database).await, before);

    let bad = file(folder.path(), "bad.csv", "lon,lat,households\n108.05,41.1,-3\n");
    import(&database, "units", &bad, &["--dry-run"]).refused();
    let told = import(
        &database,
        "areas",
        &file(folder.path(), "areas.geojson", &samples::geojson()),
        &["--dry-run", "--json"],
    )
    .fine();
    let answer: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(answer, json!({"dry_run": true, "loaded": 0, "findings": []}));
    assert_eq!(digest(&database).await, before);

    // The real thing then changes it, and says the same remark.
    let told = import(&database, "units", &units, &["--json"]).fine();
    let answer: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(answer["findings"][0]["code"], "unknown_column");
    assert_eq!(answer["findings"][0]["error"], false);
    assert_ne!(digest(&database).await, before);
}
