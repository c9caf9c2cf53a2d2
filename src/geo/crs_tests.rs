use super::*;

fn convert(name: &str, x: f64, y: f64) -> Option<(f64, f64)> {
    name.parse::<Crs>().unwrap().to_wgs84().unwrap().point(x, y)
}

/// Length of the meridian from the equator, by quadrature over the ellipsoid: shares nothing with proj4rs.
fn meridian_arc_m(lat: f64) -> f64 {
    let (a, f) = (6_378_137.0, 1.0 / 298.257_222_101);
    let e2 = f * (2.0 - f);
    let radius = |phi: f64| a * (1.0 - e2) / (1.0 - e2 * phi.sin().powi(2)).powf(1.5);
    let (n, end) = (20_000, lat.to_radians());
    let h = end / f64::from(n);
    let inner: f64 = (1..n).map(|i| radius(f64::from(i) * h) * if i % 2 == 1 { 4.0 } else { 2.0 }).sum();
    (radius(0.0) + radius(end) + inner) * h / 3.0
}

#[test]
fn every_zone_has_its_meridian_at_its_false_easting() {
    for epsg in (4513..=4533).chain(4541..=4551) {
        let crs = Crs::from_epsg(epsg).unwrap();
        let (meridian, easting) = crs.zone().unwrap();
        for lat in [37.5, 40.84, 53.3] {
            let (lon, got) = crs.to_wgs84().unwrap().point(easting, meridian_arc_m(lat)).unwrap();
            assert!((lon - meridian).abs() < 1e-10 && (got - lat).abs() < 1e-9, "{crs}: {lon} {got}");
        }
    }
    assert_eq!("EPSG:4541".parse::<Crs>().unwrap().zone(), Some((96.0, 500_000.0)));
    assert_eq!("EPSG:4551".parse::<Crs>().unwrap().zone(), Some((126.0, 500_000.0)));
    assert_eq!("EPSG:4513".parse::<Crs>().unwrap().zone(), Some((75.0, 25_500_000.0)));
    assert_eq!("EPSG:4533".parse::<Crs>().unwrap().zone(), Some((135.0, 45_500_000.0)));
}

#[test]
fn one_degree_off_the_meridian_is_as_far_as_the_series_says() {
    // Easting by the classic series: N cosφ λ + N cos³φ (1−t²+η²) λ³/6 + …, good to under a millimetre at 1°.
    let (lat, dlon) = (40.0_f64.to_radians(), 1.0_f64.to_radians());
    let (a, f) = (6_378_137.0, 1.0 / 298.257_222_101);
    let e2 = f * (2.0 - f);
    let n = a / (1.0 - e2 * lat.sin().powi(2)).sqrt();
    let (t2, eta2) = (lat.tan().powi(2), e2 / (1.0 - e2) * lat.cos().powi(2));
    let l = dlon * lat.cos();
    let easting = n * l
        + n * l.powi(3) * (1.0 - t2 + eta2) / 6.0
        + n * l.powi(5) * (5.0 - 18.0 * t2 + t2 * t2 + 14.0 * eta2 - 58.0 * eta2 * t2) / 120.0;
    let northing = meridian_arc_m(40.0)
        + n * lat.tan() / 2.0 * l * l
        + n * lat.tan() / 24.0 * (5.0 - t2 + 9.0 * eta2 + 4.0 * eta2 * eta2) * l.powi(4);
    let (lon, got) = convert("EPSG:4546", 500_000.0 + easting, northing).unwrap();
    assert!((lon - 112.0).abs() < 1e-8 && (got - 40.0).abs() < 1e-8, "{lon} {got}");
    let zoned = convert("EPSG:4525", 37_500_000.0 + easting, northing).unwrap();
    assert!((zoned.0 - 112.0).abs() < 1e-8);
}

#[test]
fn shifted_systems_come_back_to_where_they_were() {
    for (lon, lat) in [(111.67, 40.82), (122.05, 46.07), (97.2, 42.0), (125.9, 53.2), (106.8, 39.66)] {
        let (x, y) = gcj02(lon, lat);
        let shift_m = ((x - lon) * 111_320.0 * lat.to_radians().cos()).hypot((y - lat) * 110_574.0);
        assert!((100.0..=1000.0).contains(&shift_m), "{shift_m} m");
        let back = convert("GCJ-02", x, y).unwrap();
        assert!((back.0 - lon).abs() < 1e-7 && (back.1 - lat).abs() < 1e-7);
        let (bx, by) = bd09_from_gcj02(x, y);
        let back = convert("BD-09", bx, by).unwrap();
        assert!((back.0 - lon).abs() < 1e-7 && (back.1 - lat).abs() < 1e-7);
    }
    // A published pair: Tian'anmen, WGS 84 116.397428 39.90923 lies at 116.403672, 39.910633 in GCJ-02.
    let (x, y) = gcj02(116.397_428, 39.909_23);
    assert!((x - 116.403_672).abs() < 2e-5 && (y - 39.910_633).abs() < 2e-5, "{x} {y}");
    assert_eq!(convert("GCJ-02", 2.35, 48.85), Some((2.35, 48.85)));
}

#[test]
fn names_in_every_writing_are_read() {
    for (text, crs) in [
        ("EPSG:4326", Crs::Wgs84),
        ("epsg:4490", Crs::Cgcs2000),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", Crs::Wgs84),
        ("urn:ogc:def:crs:EPSG::4490", Crs::Cgcs2000),
        ("http://www.opengis.net/def/crs/EPSG/0/4546", Crs::GaussKruger { epsg: 4546 }),
        ("4546", Crs::GaussKruger { epsg: 4546 }),
        ("EPSG:3857", Crs::WebMercator),
        ("gcj02", Crs::Gcj02),
        ("BD_09", Crs::Bd09),
    ] {
        assert_eq!(text.parse::<Crs>(), Ok(crs), "{text}");
        assert_eq!(crs.to_string().parse::<Crs>(), Ok(crs));
    }
    for text in ["", "EPSG:", "EPSG:2383", "EPSG:99999999999", "Beijing 1954", "ESRI:4326"] {
        assert!(text.parse::<Crs>().is_err(), "{text}");
    }
}

#[test]
fn projection_files_are_read() {
    let esri = r#"PROJCS["CGCS2000_3_Degree_GK_CM_108E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",108.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
    assert_eq!(Crs::from_wkt(esri), Ok(Crs::GaussKruger { epsg: 4545 }));
    let zoned = esri.replace("500000.0", "36500000.0");
    assert_eq!(Crs::from_wkt(&zoned), Ok(Crs::GaussKruger { epsg: 4524 }));
    let odd = esri.replace("500000.0", "123456.0");
    assert_eq!(Crs::from_wkt(&odd), Err(UnknownCrs("CGCS2000_3_Degree_GK_CM_108E".into())));
    let geographic = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
    assert_eq!(Crs::from_wkt(geographic), Ok(Crs::Wgs84));
    let coded = r#"GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101,AUTHORITY["EPSG","1024"]],AUTHORITY["EPSG","1043"]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4490"]]"#;
    assert_eq!(Crs::from_wkt(coded), Ok(Crs::Cgcs2000));
    let old = geographic.replace("WGS_1984", "Xian_1980");
    assert!(Crs::from_wkt(&old).is_err());
    assert!(Crs::from_wkt("").is_err());
}

#[test]
fn what_is_off_the_world_is_refused() {
    assert_eq!(convert("EPSG:4326", 40.8, 111.7), None);
    assert_eq!(convert("EPSG:4326", f64::NAN, 40.0), None);
    assert_eq!(convert("EPSG:4546", 111.7, 40.8), None, "degrees read as metres");
    assert_eq!(convert("EPSG:4546", 1e300, 4e6), None);
    assert_eq!(convert("GCJ-02", 1e9, 40.0), None);
    assert_eq!(convert("BD-09", 110.0, 91.0), None);
    let (lon, lat) = convert("EPSG:3857", 12_467_782.968_846_64, 4_865_942.279_503_176).unwrap();
    assert!((lon - 112.0).abs() < 1e-9 && (lat - 40.0).abs() < 1e-9, "{lon} {lat}");
}
