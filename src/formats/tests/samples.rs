//! The same three areas (a township of a banner and its two villages) in every format.

use std::path::{Path, PathBuf};

use geo::{Geometry, LineString, MapCoords, Polygon};
use geozero::{CoordDimensions, ToWkb, ToWkt};
use serde_json::json;

pub struct Sample {
    pub code: &'static str,
    pub name: &'static str,
    pub area_type: &'static str,
    pub ring: Vec<(f64, f64)>,
}

pub fn rectangle(west: f64, south: f64, east: f64, north: f64) -> Vec<(f64, f64)> {
    vec![(west, south), (east, south), (east, north), (west, north), (west, south)]
}

pub fn samples() -> Vec<Sample> {
    let area = |code, name, area_type, ring| Sample { code, name, area_type, ring };
    vec![
        area("150821", "五原县", "", rectangle(107.9, 40.9, 108.3, 41.3)),
        area("150821100", "隆兴昌镇", "", rectangle(108.0, 41.0, 108.2, 41.2)),
        area("150821100201", "浩日格嘎查", "牧区", rectangle(108.0, 41.0, 108.1, 41.2)),
        area("150821100202", "联丰村", "农区", rectangle(108.1, 41.0, 108.2, 41.2)),
    ]
}

/// Without the banner's own parents no file is whole: they are left out of the checks by this list.
pub fn polygon(sample: &Sample) -> Geometry<f64> {
    Polygon::new(LineString::from(sample.ring.clone()), vec![]).into()
}

pub fn save(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

pub fn geojson() -> String {
    let features: Vec<_> = samples()
        .iter()
        .map(|sample| {
            let ring: Vec<[f64; 2]> = sample.ring.iter().map(|(x, y)| [*x, *y]).collect();
            json!({
                "type": "Feature",
                "properties": {"code": sample.code, "name": sample.name, "area_type": sample.area_type},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            })
        })
        .collect();
    serde_json::to_string_pretty(&json!({"type": "FeatureCollection", "features": features})).unwrap()
}

/// A road across both villages, a track, and a river that the road crosses.
pub fn roads() -> String {
    let line = |class: &str, name: &str, points: &[[f64; 2]]| {
        json!({
            "type": "Feature",
            "properties": {"class": class, "name": name, "source": "test"},
            "geometry": {"type": "LineString", "coordinates": points},
        })
    };
    let features = [
        line("second", "G6", &[[108.01, 41.1], [108.1, 41.11], [108.19, 41.1]]),
        line("等外路", "便道", &[[108.05, 41.02], [108.05, 41.18]]),
        line("barrier", "河", &[[108.12, 41.0], [108.13, 41.1], [108.12, 41.2]]),
    ];
    serde_json::to_string_pretty(&json!({"type": "FeatureCollection", "features": features})).unwrap()
}

pub fn csv() -> String {
    let mut text = String::from("区划代码,名称,区域类型,wkt\n");
    for sample in samples() {
        let wkt = polygon(&sample).to_wkt().unwrap();
        text.push_str(&format!("{},{},{},\"{wkt}\"\n", sample.code, sample.name, sample.area_type));
    }
    text
}

pub fn shapefile(folder: &Path, name: &str) -> PathBuf {
    let rings: Vec<Vec<(f64, f64)>> = samples().into_iter().map(|sample| sample.ring).collect();
    let rows: Vec<Vec<&str>> = samples().iter().map(|s| vec![s.code, s.name, s.area_type]).collect();
    save(folder, &format!("{name}.dbf"), dbf(&[("区划代码", 12), ("名称", 40), ("区域类型", 20)], &rows));
    save(folder, &format!("{name}.prj"), PRJ_4490);
    save(folder, &format!("{name}.cpg"), "GBK");
    save(folder, &format!("{name}.shp"), shp(&rings))
}

pub const PRJ_4490: &str = r#"GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;

/// A `.shp` of polygons with one ring each, turned clockwise as it should be.
pub fn shp(rings: &[Vec<(f64, f64)>]) -> Vec<u8> {
    let turned = rings.iter().map(|ring| vec![ring.iter().rev().copied().collect()]);
    shp_of_parts(&turned.collect::<Vec<_>>())
}

/// A `.shp` of polygons with several rings each, as they stand.
pub fn shp_of_parts(shapes: &[Vec<Vec<(f64, f64)>>]) -> Vec<u8> {
    shp_of_kind(5, shapes)
}

/// The same of lines (3) or polygons (5).
pub fn shp_of_kind(kind: i32, shapes: &[Vec<Vec<(f64, f64)>>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (number, rings) in shapes.iter().enumerate() {
        let mut content = kind.to_le_bytes().to_vec();
        let xs = || rings.iter().flatten().map(|p| p.0);
        let ys = || rings.iter().flatten().map(|p| p.1);
        for value in [
            xs().fold(f64::MAX, f64::min),
            ys().fold(f64::MAX, f64::min),
            xs().fold(f64::MIN, f64::max),
            ys().fold(f64::MIN, f64::max),
        ] {
            content.extend(value.to_le_bytes());
        }
        content.extend((rings.len() as i32).to_le_bytes());
        content.extend((rings.iter().map(Vec::len).sum::<usize>() as i32).to_le_bytes());
        let mut begin = 0_i32;
        for ring in rings {
            content.extend(begin.to_le_bytes());
            begin += ring.len() as i32;
        }
        for (x, y) in rings.iter().flatten() {
            content.extend(x.to_le_bytes());
            content.extend(y.to_le_bytes());
        }
        body.extend((number as i32 + 1).to_be_bytes());
        body.extend((content.len() as i32 / 2).to_be_bytes());
        body.extend(content);
    }
    let mut head = vec![0; 100];
    head[..4].copy_from_slice(&9994_i32.to_be_bytes());
    head[24..28].copy_from_slice(&((100 + body.len()) as i32 / 2).to_be_bytes());
    head[28..32].copy_from_slice(&1000_i32.to_le_bytes());
    head[32..36].copy_from_slice(&kind.to_le_bytes());
    head.extend(body);
    head
}

/// A `.dbf` of text columns in GBK.
pub fn dbf(fields: &[(&str, u8)], rows: &[Vec<&str>]) -> Vec<u8> {
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    let record: usize = 1 + fields.iter().map(|field| usize::from(field.1)).sum::<usize>();
    let mut out = vec![3, 126, 1, 1];
    out.extend((rows.len() as u32).to_le_bytes());
    out.extend((32 + 32 * fields.len() as u16 + 1).to_le_bytes());
    out.extend((record as u16).to_le_bytes());
    out.extend([0; 20]);
    for (name, length) in fields {
        let mut field = gbk(name);
        field.resize(11, 0);
        field.push(b'C');
        field.extend([0; 4]);
        field.push(*length);
        field.resize(32, 0);
        out.extend(field);
    }
    out.push(0x0D);
    for row in rows {
        out.push(b' ');
        for (value, (_, length)) in row.iter().zip(fields) {
            let mut value = gbk(value);
            value.resize(usize::from(*length), b' ');
            out.extend(value);
        }
    }
    out.push(0x1A);
    out
}

pub fn gpkg(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let base = rusqlite::Connection::open(&path).unwrap();
    base.execute_batch(
        "PRAGMA page_size = 1024; PRAGMA application_id = 0x47504B47;
         CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
             organization_coordsys_id INTEGER, definition TEXT);
         INSERT INTO gpkg_spatial_ref_sys VALUES ('CGCS2000 / 3-degree GK CM 108E', 4545, 'EPSG', 4545, '');
         CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, srs_id INTEGER);
         INSERT INTO gpkg_contents VALUES ('areas', 'features', 4545);
         CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT,
             srs_id INTEGER, z TINYINT, m TINYINT);
         INSERT INTO gpkg_geometry_columns VALUES ('areas', 'geom', 'POLYGON', 4545, 0, 0);
         CREATE TABLE areas (fid INTEGER PRIMARY KEY, geom BLOB, code TEXT, name TEXT, area_type TEXT);",
    )
    .unwrap();
    let plane = proj4rs::Proj::from_proj_string("+proj=tmerc +lon_0=108 +x_0=500000 +ellps=GRS80").unwrap();
    let degrees = proj4rs::Proj::from_proj_string("+proj=longlat +ellps=GRS80").unwrap();
    for sample in samples() {
        let projected = polygon(&sample).map_coords(|at| {
            let (x, y) = (at.x.to_radians(), at.y.to_radians());
            let (x, y) = proj4rs::adaptors::transform_xy(&degrees, &plane, x, y).unwrap();
            geo::Coord { x, y }
        });
        let blob = projected.to_gpkg_wkb(CoordDimensions::xy(), Some(4545), vec![]).unwrap();
        base.execute(
            "INSERT INTO areas (geom, code, name, area_type) VALUES (?1, ?2, ?3, ?4)",
            (blob, sample.code, sample.name, sample.area_type),
        )
        .unwrap();
    }
    path
}
