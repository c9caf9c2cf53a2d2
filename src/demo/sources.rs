//! The real parts, embedded in the binary: names and codes, banner outlines, settlements, and the demo's
//! own table of banner types.

use std::collections::BTreeMap;

use geo::{Coord, LineString, MultiPolygon, Polygon};
use serde::Deserialize;

use super::DemoError;
use crate::domain::{AreaType, Code, Level};

const DIVISIONS: &str = include_str!("../../geodata/divisions.csv");
const BANNERS: &str = include_str!("../../geodata/banners.geojson");
const SETTLEMENTS: &str = include_str!("../../geodata/settlements.csv");
const TYPES: &str = include_str!("banners.csv");

/// Everything real that the demo is made from.
#[derive(Debug, Clone)]
pub struct Sources {
    names: BTreeMap<Code, String>,
    banners: BTreeMap<Code, Banner>,
    pub(super) settlements: Vec<Settlement>,
}

/// What is known of a banner. No national code says whether one is urban, farmed, grazed or mixed:
/// `banners.csv` holds the demo's own classification, from the publicly known lists of 牧业旗县 (33) and
/// 半农半牧旗县 (21). Districts and four cities that are little but a city are urban; a 牧业旗 is pastoral,
/// save eight that are mostly farmed (under 65 km² a village), which are mixed, as are the 半农半牧旗县 and
/// the five forest banners; the rest are agricultural.
#[derive(Debug, Clone)]
pub(super) struct Banner {
    pub outline: MultiPolygon<f64>,
    pub area_type: AreaType,
    /// Listed as 牧业旗 or 半农半牧旗: its villages are not purely agricultural.
    pub herding: bool,
    pub towns: Towns,
    /// Longitude and latitude of the seat, where no settlement of the open list gives it (by hand, to about 1 km).
    pub seat: Option<[f64; 2]>,
}

/// How large the towns of a banner are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Towns {
    /// The inner districts of 呼和浩特 and 包头.
    Metropolis,
    City,
    Town,
    HerdingTown,
}

/// A named place of the open list.
#[derive(Debug, Clone)]
pub(super) struct Settlement {
    pub name: String,
    pub lon_lat: [f64; 2],
    pub population: u64,
}

#[derive(Deserialize)]
struct DivisionRow {
    code: Code,
    name: String,
}

#[derive(Deserialize)]
struct TypeRow {
    code: Code,
    list: String,
    r#type: AreaType,
    towns: Towns,
    seat_lon: Option<f64>,
    seat_lat: Option<f64>,
}

#[derive(Deserialize)]
struct SettlementRow {
    name_zh: String,
    lon: f64,
    lat: f64,
    population: Option<u64>,
}

#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    properties: Properties,
    geometry: Geometry,
}

#[derive(Deserialize)]
struct Properties {
    code: Code,
}

#[derive(Deserialize)]
struct Geometry {
    coordinates: Vec<Vec<Vec<[f64; 2]>>>,
}

impl Sources {
    /// Parses the embedded files.
    ///
    /// # Errors
    /// Never for the shipped files; a test reads them.
    pub fn embedded() -> Result<Self, DemoError> {
        let mut names = BTreeMap::new();
        for row in rows::<DivisionRow>("divisions.csv", DIVISIONS)? {
            names.insert(row.code, row.name);
        }
        let types = rows::<TypeRow>("banners.csv", TYPES)?;
        let types: BTreeMap<Code, TypeRow> = types.into_iter().map(|row| (row.code.clone(), row)).collect();
        let collection: Collection =
            serde_json::from_str(BANNERS).map_err(|e| source("banners.geojson", &e))?;
        let mut banners = BTreeMap::new();
        for feature in collection.features {
            let code = feature.properties.code;
            let row = types.get(&code).ok_or_else(|| DemoError::UnknownBanner(code.clone()))?;
            let banner = Banner {
                outline: MultiPolygon(feature.geometry.coordinates.into_iter().map(polygon).collect()),
                area_type: row.r#type,
                herding: !row.list.is_empty(),
                towns: row.towns,
                seat: row.seat_lon.zip(row.seat_lat).map(|(lon, lat)| [lon, lat]),
            };
            banners.insert(code, banner);
        }
        let settlements = rows::<SettlementRow>("settlements.csv", SETTLEMENTS)?
            .into_iter()
            .map(|row| Settlement {
                name: row.name_zh,
                lon_lat: [row.lon, row.lat],
                population: row.population.unwrap_or(0),
            })
            .collect();
        Ok(Self { names, banners, settlements })
    }

    /// The 103 banners that have an outline, in the order of their codes. The five statistical
    /// pseudo-counties (development zones such as 150172) have names but no outline, so they are not here.
    pub fn banners(&self) -> Vec<Code> {
        self.banners.keys().cloned().collect()
    }

    /// The name of any of the five levels.
    pub fn name(&self, code: &Code) -> Option<&str> {
        self.names.get(code).map(String::as_str)
    }

    /// Codes and names right below `code`, in the order of their codes.
    pub(super) fn below(&self, code: &Code) -> impl Iterator<Item = (&Code, &str)> {
        let (from, level) = (code.clone(), code.level().below());
        self.names
            .range(from..)
            .take_while(|(child, _)| code.covers(child))
            .filter(move |(child, _)| Some(child.level()) == level)
            .map(|(child, name)| (child, name.as_str()))
    }

    pub(super) fn banner(&self, code: &Code) -> Result<&Banner, DemoError> {
        self.banners.get(code).ok_or_else(|| DemoError::UnknownBanner(code.clone()))
    }

    /// The real outline of a banner.
    pub fn outline(&self, banner: &Code) -> Option<&MultiPolygon<f64>> {
        self.banners.get(banner).map(|banner| &banner.outline)
    }

    /// Leagues that have at least one banner with an outline, in the order of their codes.
    pub fn leagues(&self) -> Vec<Code> {
        let mut leagues: Vec<Code> = self.banners.keys().map(|code| code.at(Level::League)).collect();
        leagues.dedup();
        leagues
    }
}

fn rows<T: for<'de> Deserialize<'de>>(file: &'static str, text: &str) -> Result<Vec<T>, DemoError> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|e| source(file, &e))
}

fn source(file: &'static str, error: &dyn std::fmt::Display) -> DemoError {
    DemoError::Source { file, why: error.to_string() }
}

fn polygon(rings: Vec<Vec<[f64; 2]>>) -> Polygon<f64> {
    let mut rings =
        rings.into_iter().map(|ring| LineString(ring.into_iter().map(|[x, y]| Coord { x, y }).collect()));
    let exterior = rings.next().unwrap_or_else(|| LineString(Vec::new()));
    Polygon::new(exterior, rings.collect())
}
