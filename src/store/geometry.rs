//! Geometry to and from PostGIS, as (E)WKB through geozero.

use geo::{Geometry, MultiPolygon, Point, Polygon};
use geozero::wkb::{Ewkb, Wkb};
use geozero::{CoordDimensions, ToGeo, ToWkb};

use super::StoreError;

/// Degrees, lon/lat: the one system that is stored.
pub const SRID: i32 = 4326;

/// EWKB of a geometry.
pub fn ewkb(geometry: &Geometry<f64>) -> Result<Vec<u8>, StoreError> {
    geometry
        .to_ewkb(CoordDimensions::xy(), Some(SRID))
        .map_err(|error| StoreError::corrupt("geometry", error))
}

/// The same in hexadecimal, the way `COPY … (FORMAT text)` reads it.
pub fn hex_ewkb(geometry: &Geometry<f64>) -> Result<String, StoreError> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let bytes = ewkb(geometry)?;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    Ok(text)
}

/// Reads what `ST_AsBinary` or a geometry column gives.
pub fn read(bytes: Vec<u8>) -> Result<Geometry<f64>, StoreError> {
    Wkb(bytes.clone())
        .to_geo()
        .or_else(|_| Ewkb(bytes).to_geo())
        .map_err(|error| StoreError::corrupt("geometry", error))
}

pub fn read_polygon(bytes: Vec<u8>) -> Result<Polygon<f64>, StoreError> {
    match read(bytes)? {
        Geometry::Polygon(polygon) => Ok(polygon),
        other => {
            Err(StoreError::corrupt("polygon", format!("{other:?}").chars().take(60).collect::<String>()))
        }
    }
}

pub fn read_multi_polygon(bytes: Vec<u8>) -> Result<MultiPolygon<f64>, StoreError> {
    match read(bytes)? {
        Geometry::MultiPolygon(polygons) => Ok(polygons),
        Geometry::Polygon(polygon) => Ok(MultiPolygon::new(vec![polygon])),
        other => {
            Err(StoreError::corrupt("outline", format!("{other:?}").chars().take(60).collect::<String>()))
        }
    }
}

pub fn point(lon: f64, lat: f64) -> Geometry<f64> {
    Geometry::Point(Point::new(lon, lat))
}
