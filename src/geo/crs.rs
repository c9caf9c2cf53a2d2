//! Coordinate systems of the data that comes in, and the way from each to EPSG:4326.
//!
//! CGCS2000 is taken as WGS 84: the two datums agree to a few centimetres. Files hold x = easting or
//! longitude and y = northing or latitude, whatever order the register gives the axes in.
//! GCJ-02 and BD-09 are the shifted systems of the web basemaps; their published forward formulas are
//! inverted by fixed-point iteration.

use std::{fmt, str::FromStr};

use geo::{Coord, MapCoords};
use proj4rs::{Proj, adaptors::transform_xy};

/// A coordinate system that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Crs {
    /// EPSG:4326, and CRS84.
    Wgs84,
    /// EPSG:4490, geographic CGCS2000.
    Cgcs2000,
    /// EPSG:3857.
    WebMercator,
    /// A Gauss–Krüger zone of CGCS2000, by its EPSG code (4491–4554).
    GaussKruger { epsg: u16 },
    /// 火星坐标系, of most Chinese web maps.
    Gcj02,
    /// Baidu's.
    Bd09,
}

/// A name that is none of the systems known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "coordinate system '{0}' is not known here: use EPSG:4326, 4490, 4513–4533, 4541–4551, GCJ-02 or BD-09"
)]
pub struct UnknownCrs(pub String);

/// 3-degree zones with the zone's number in front of the easting, 25 (75°E) to 45 (135°E).
const ZONED_3: std::ops::RangeInclusive<u16> = 4513..=4533;
/// 3-degree zones by central meridian, 75°E to 135°E.
const PLAIN_3: std::ops::RangeInclusive<u16> = 4534..=4554;
/// 6-degree zones with the zone's number in front, 13 (75°E) to 23 (135°E).
const ZONED_6: std::ops::RangeInclusive<u16> = 4491..=4501;
/// 6-degree zones by central meridian.
const PLAIN_6: std::ops::RangeInclusive<u16> = 4502..=4512;

impl Crs {
    /// By the code of the EPSG register; none for a system that is not read here.
    pub fn from_epsg(code: u32) -> Option<Self> {
        match code {
            4326 => Some(Crs::Wgs84),
            4490 => Some(Crs::Cgcs2000),
            3857 | 900_913 => Some(Crs::WebMercator),
            4491..=4554 => u16::try_from(code).ok().map(|epsg| Crs::GaussKruger { epsg }),
            _ => None,
        }
    }

    /// Reads the WKT of a `.prj` file or of a GeoPackage: by the register's code that closes it, or by
    /// the projection's own figures. Older datums (Beijing 1954, Xian 1980) are not taken for CGCS2000.
    ///
    /// # Errors
    /// With the system's own name when it is not known here.
    pub fn from_wkt(text: &str) -> Result<Self, UnknownCrs> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).take(20_000).collect();
        let lower = plain.to_lowercase();
        let name = lower_name(text).unwrap_or_else(|| text.chars().take(60).collect());
        let unknown = || UnknownCrs(name.clone());
        if let Some(crs) = closing_code(&lower).and_then(Crs::from_epsg) {
            return Ok(crs);
        }
        let cgcs = lower.contains("china_geodetic_coordinate_system_2000")
            || lower.contains("chinageodeticcoordinatesystem2000")
            || lower.contains("d_china_2000")
            || lower.contains("cgcs2000")
            || lower.contains("china_2000");
        let wgs = lower.contains("wgs_1984") || lower.contains("wgs84") || lower.contains("wgs1984");
        let projected = lower.starts_with("projcs") || lower.starts_with("projcrs");
        if !projected {
            return match (cgcs, wgs) {
                (true, _) => Ok(Crs::Cgcs2000),
                (_, true) => Ok(Crs::Wgs84),
                _ => Err(unknown()),
            };
        }
        if lower.contains("web_mercator") || lower.contains("pseudo-mercator") {
            return Ok(Crs::WebMercator);
        }
        if !cgcs || !(lower.contains("transverse_mercator") || lower.contains("gauss_kruger")) {
            return Err(unknown());
        }
        let figure = |name: &str| parameter(&lower, name);
        let (Some(meridian), Some(easting)) = (figure("central_meridian"), figure("false_easting")) else {
            return Err(unknown());
        };
        let scale = figure("scale_factor").unwrap_or(1.0);
        let northing = figure("false_northing").unwrap_or(0.0);
        if (scale - 1.0).abs() > 1e-12 || northing != 0.0 {
            return Err(unknown());
        }
        (4491..=4554)
            .map(|epsg| Crs::GaussKruger { epsg })
            .rfind(|crs| crs.zone() == Some((meridian, easting)))
            .ok_or_else(unknown)
    }

    /// Central meridian in degrees and false easting in metres of a Gauss–Krüger zone.
    pub fn zone(self) -> Option<(f64, f64)> {
        let Crs::GaussKruger { epsg } = self else { return None };
        let prefixed = |zone: u16| f64::from(zone) * 1e6 + 500_000.0;
        Some(match epsg {
            e if ZONED_3.contains(&e) => (f64::from(75 + 3 * (e - 4513)), prefixed(25 + e - 4513)),
            e if PLAIN_3.contains(&e) => (f64::from(75 + 3 * (e - 4534)), 500_000.0),
            e if ZONED_6.contains(&e) => (f64::from(75 + 6 * (e - 4491)), prefixed(13 + e - 4491)),
            e if PLAIN_6.contains(&e) => (f64::from(75 + 6 * (e - 4502)), 500_000.0),
            _ => return None,
        })
    }

    /// Makes the way to EPSG:4326 once, for many points.
    ///
    /// # Errors
    /// Only when the projection library refuses a zone's own parameters.
    pub fn to_wgs84(self) -> Result<ToWgs84, UnknownCrs> {
        let projections = match self.zone() {
            None => None,
            Some((meridian, easting)) => {
                let plane = format!(
                    "+proj=tmerc +lat_0=0 +lon_0={meridian} +k=1 +x_0={easting} +y_0=0 +ellps=GRS80 +units=m +no_defs"
                );
                let make =
                    |text: &str| Proj::from_proj_string(text).map_err(|_| UnknownCrs(self.to_string()));
                Some((make(&plane)?, make("+proj=longlat +ellps=GRS80 +no_defs")?))
            }
        };
        Ok(ToWgs84 { crs: self, projections })
    }
}

/// From one system to EPSG:4326.
pub struct ToWgs84 {
    crs: Crs,
    projections: Option<(Proj, Proj)>,
}

impl ToWgs84 {
    /// Longitude and latitude of a point of the file; none when it is no number, off the world, or (for
    /// a Gauss–Krüger zone) far from where the system is used, which is what a wrong system looks like.
    pub fn point(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        if !(x.is_finite() && y.is_finite()) {
            return None;
        }
        let (lon, lat) = match self.crs {
            Crs::Wgs84 | Crs::Cgcs2000 => (x, y),
            Crs::WebMercator => web_mercator(x, y),
            Crs::Gcj02 | Crs::Bd09 if !on_earth(x, y) => return None,
            Crs::Gcj02 => invert(gcj02, x, y),
            Crs::Bd09 => {
                let (gcj_x, gcj_y) = invert(bd09_from_gcj02, x, y);
                invert(gcj02, gcj_x, gcj_y)
            }
            Crs::GaussKruger { .. } => {
                let (plane, geographic) = self.projections.as_ref()?;
                let (lon, lat) = transform_xy(plane, geographic, x, y).ok()?;
                let (lon, lat) = (lon.to_degrees(), lat.to_degrees());
                if !((70.0..=140.0).contains(&lon) && (10.0..=60.0).contains(&lat)) {
                    return None;
                }
                (lon, lat)
            }
        };
        on_earth(lon, lat).then_some((lon, lat))
    }

    /// The same for every corner of a geometry; none when one of them can't be converted.
    pub fn geometry<G: MapCoords<f64, f64, Output = G>>(&self, geometry: &G) -> Option<G> {
        geometry
            .try_map_coords(|Coord { x, y }| {
                self.point(x, y).map(|(lon, lat)| Coord { x: lon, y: lat }).ok_or(())
            })
            .ok()
    }
}

impl FromStr for Crs {
    type Err = UnknownCrs;

    /// Reads "EPSG:4546", "4546", "urn:ogc:def:crs:EPSG::4546", an opengis.net address, "CRS84", "GCJ-02", "BD-09".
    fn from_str(text: &str) -> Result<Self, UnknownCrs> {
        let unknown = || UnknownCrs(text.trim().chars().take(60).collect());
        let name = text.trim().to_ascii_uppercase().replace(['_', ' '], "-");
        match name.as_str() {
            "GCJ-02" | "GCJ02" => return Ok(Crs::Gcj02),
            "BD-09" | "BD09" | "BD-09LL" | "BD09LL" => return Ok(Crs::Bd09),
            "WGS84" | "WGS-84" => return Ok(Crs::Wgs84),
            "CGCS2000" | "CGCS-2000" => return Ok(Crs::Cgcs2000),
            _ => {}
        }
        let last = name.rsplit([':', '/']).next().unwrap_or_default();
        if last == "CRS84" {
            return Ok(Crs::Wgs84);
        }
        if last.len() == name.len() || name.contains("EPSG") {
            return last.parse().ok().and_then(Crs::from_epsg).ok_or_else(unknown);
        }
        Err(unknown())
    }
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Crs::Wgs84 => f.write_str("EPSG:4326"),
            Crs::Cgcs2000 => f.write_str("EPSG:4490"),
            Crs::WebMercator => f.write_str("EPSG:3857"),
            Crs::GaussKruger { epsg } => write!(f, "EPSG:{epsg}"),
            Crs::Gcj02 => f.write_str("GCJ-02"),
            Crs::Bd09 => f.write_str("BD-09"),
        }
    }
}

fn on_earth(lon: f64, lat: f64) -> bool {
    lon.is_finite() && lat.is_finite() && lon.abs() <= 180.0 && lat.abs() <= 90.0
}

fn web_mercator(x: f64, y: f64) -> (f64, f64) {
    const RADIUS_M: f64 = 6_378_137.0;
    ((x / RADIUS_M).to_degrees(), (y / RADIUS_M).sinh().atan().to_degrees())
}

/// The forward shift from WGS 84 to GCJ-02; nothing is shifted outside China's bounding box.
fn gcj02(lon: f64, lat: f64) -> (f64, f64) {
    use std::f64::consts::PI;
    // Krasovsky 1940, as the published formula has it.
    const AXIS_M: f64 = 6_378_245.0;
    const ECCENTRICITY_2: f64 = 0.006_693_421_622_965_943;
    if !((72.004..=137.8347).contains(&lon) && (0.8293..=55.8271).contains(&lat)) {
        return (lon, lat);
    }
    let (x, y) = (lon - 105.0, lat - 35.0);
    let wave = |a: f64, b: f64, angle: f64, divisor: f64| {
        (a * (angle * PI).sin() + b * (angle / divisor * PI).sin()) * 2.0 / 3.0
    };
    let common = wave(20.0, 20.0, 6.0 * x, 3.0);
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + common
        + wave(20.0, 40.0, y, 3.0)
        + (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + common
        + wave(20.0, 40.0, x, 3.0)
        + (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    let phi = lat.to_radians();
    let w = 1.0 - ECCENTRICITY_2 * phi.sin() * phi.sin();
    let metres_north = AXIS_M * (1.0 - ECCENTRICITY_2) / (w * w.sqrt());
    let metres_east = AXIS_M / w.sqrt() * phi.cos();
    (lon + (east / metres_east).to_degrees(), lat + (north / metres_north).to_degrees())
}

/// Baidu's own shift on top of GCJ-02.
fn bd09_from_gcj02(lon: f64, lat: f64) -> (f64, f64) {
    const TURN: f64 = std::f64::consts::PI * 3000.0 / 180.0;
    let radius = lon.hypot(lat) + 0.00002 * (lat * TURN).sin();
    let angle = lat.atan2(lon) + 0.000003 * (lon * TURN).cos();
    (radius * angle.cos() + 0.0065, radius * angle.sin() + 0.006)
}

/// The point that `shift` moves to (`x`, `y`): each step takes off what is left, until under 1e-10°.
fn invert(shift: fn(f64, f64) -> (f64, f64), x: f64, y: f64) -> (f64, f64) {
    let (mut lon, mut lat) = (x, y);
    for _ in 0..30 {
        let (moved_x, moved_y) = shift(lon, lat);
        let (dx, dy) = (x - moved_x, y - moved_y);
        (lon, lat) = (lon + dx, lat + dy);
        if dx.abs().max(dy.abs()) < 1e-10 {
            break;
        }
    }
    (lon, lat)
}

/// The code in the outermost AUTHORITY or ID, which stands last in the text.
fn closing_code(lower: &str) -> Option<u32> {
    let tail = lower.trim_end_matches([']', ')']);
    let start = tail.rfind("authority[").or_else(|| tail.rfind("id["))?;
    let inner = &tail[start..];
    // Anything closed after it means that it belongs to a part, not to the whole.
    if inner.contains(']') || lower.len() - tail.len() > 2 || !inner.contains("epsg") {
        return None;
    }
    inner.rsplit(',').next()?.trim_matches('"').parse().ok()
}

fn parameter(lower: &str, name: &str) -> Option<f64> {
    let start = lower.find(&format!("parameter[\"{name}\","))?;
    let rest = lower[start..].split(',').nth(1)?;
    rest.split([']', ',']).next()?.parse().ok()
}

fn lower_name(text: &str) -> Option<String> {
    let start = text.find('"')? + 1;
    let end = start + text[start..].find('"')?;
    Some(text[start..end].chars().take(60).collect())
}

#[cfg(test)]
#[path = "crs_tests.rs"]
mod tests;
