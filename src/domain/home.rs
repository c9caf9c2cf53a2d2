use std::fmt;
use std::str::FromStr;

use h3o::{CellIndex, LatLng, Resolution};
use serde::{Serialize, Serializer};

/// Where a worker lives, as far as it is ever known: an H3 cell of resolution 8, about a kilometre across. A point
/// is rounded to it before it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Home(CellIndex);

impl Home {
    /// The cell around a point in degrees; none off the earth.
    pub fn around(lon: f64, lat: f64) -> Option<Self> {
        let on_earth = (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
        let point = LatLng::new(lat, lon).ok().filter(|_| on_earth)?;
        Some(Self(point.to_cell(Resolution::Eight)))
    }

    /// Longitude and latitude of the cell's centre, in degrees.
    pub fn center(self) -> (f64, f64) {
        let center = LatLng::from(self.0);
        (center.lng(), center.lat())
    }
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Home {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let cell: Option<CellIndex> = text.parse().ok();
        cell.filter(|cell| cell.resolution() == Resolution::Eight)
            .map(Self)
            .ok_or_else(|| format!("'{text}' is not an H3 cell of resolution 8"))
    }
}

impl Serialize for Home {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_rounded_to_about_a_kilometre() {
        let home = Home::around(116.123_456, 45.123_456).unwrap();
        let (lon, lat) = home.center();
        assert!((lon - 116.123_456).abs() < 0.01 && (lat - 45.123_456).abs() < 0.01);
        assert_eq!(Home::around(lon, lat), Some(home), "the centre is its own");
        assert_eq!(home.to_string().parse(), Ok(home));
        assert_eq!(home.to_string().len(), 15);
    }

    #[test]
    fn what_is_no_home_is_none() {
        for (lon, lat) in [(181.0, 0.0), (0.0, 90.5), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert_eq!(Home::around(lon, lat), None, "{lon} {lat}");
        }
        for text in ["", "x", "8928308280fffff", "88283082x3fffff"] {
            assert!(text.parse::<Home>().is_err(), "{text}");
        }
    }
}
