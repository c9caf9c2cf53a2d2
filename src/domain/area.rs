use std::str::FromStr;

use geo::MultiPolygon;
use serde::{Deserialize, Serialize};

use super::Code;

/// The five administrative levels, from the widest to the narrowest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 自治区
    Region,
    /// 盟市
    League,
    /// 旗县区
    Banner,
    /// 苏木乡镇街道
    Township,
    /// 嘎查村社区
    Village,
}

impl Level {
    pub const ALL: [Level; 5] =
        [Level::Region, Level::League, Level::Banner, Level::Township, Level::Village];

    /// Digits of a code at this level.
    pub fn digits(self) -> usize {
        match self {
            Level::Region => 2,
            Level::League => 4,
            Level::Banner => 6,
            Level::Township => 9,
            Level::Village => 12,
        }
    }

    pub fn above(self) -> Option<Level> {
        Level::ALL.into_iter().rev().find(|level| *level < self)
    }

    pub fn below(self) -> Option<Level> {
        Level::ALL.into_iter().find(|level| *level > self)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Level::Region => "region",
            Level::League => "league",
            Level::Banner => "banner",
            Level::Township => "township",
            Level::Village => "village",
        }
    }
}

/// 城区 / 农区 / 牧区 / 半农半牧区: an attribute of a village. No national code exists for it, and it
/// can't be derived from the urban-rural class alone.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AreaType {
    Urban,
    Agricultural,
    Pastoral,
    Mixed,
}

impl AreaType {
    pub const ALL: [AreaType; 4] =
        [AreaType::Urban, AreaType::Agricultural, AreaType::Pastoral, AreaType::Mixed];

    pub fn as_str(self) -> &'static str {
        match self {
            AreaType::Urban => "urban",
            AreaType::Agricultural => "agricultural",
            AreaType::Pastoral => "pastoral",
            AreaType::Mixed => "mixed",
        }
    }
}

/// What a village-level area is: 嘎查, 村, 社区, or a farm, pasture or park that is run like one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum VillageKind {
    Gacha,
    Village,
    Community,
    Farm,
}

impl VillageKind {
    pub const ALL: [VillageKind; 4] =
        [VillageKind::Gacha, VillageKind::Village, VillageKind::Community, VillageKind::Farm];

    pub fn as_str(self) -> &'static str {
        match self {
            VillageKind::Gacha => "gacha",
            VillageKind::Village => "village",
            VillageKind::Community => "community",
            VillageKind::Farm => "farm",
        }
    }
}

macro_rules! named {
    ($type:ty, $what:literal) => {
        impl FromStr for $type {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.into_iter().find(|value| value.as_str() == text).ok_or_else(|| {
                    let known: Vec<&str> = Self::ALL.iter().map(|value| value.as_str()).collect();
                    format!("'{text}' is not {}: write one of {}", $what, known.join(", "))
                })
            }
        }
    };
}
named!(Level, "a level");
named!(AreaType, "an area type");
named!(VillageKind, "a kind of village");

/// An administrative area with its outline (EPSG:4326).
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    pub code: Code,
    pub name: String,
    /// Set for a village; above it, areas hold what their villages are.
    pub area_type: Option<AreaType>,
    /// Set for a village.
    pub kind: Option<VillageKind>,
    pub outline: MultiPolygon<f64>,
    /// Made up from real names and outlines: must be called synthetic wherever a person sees it.
    pub synthetic: bool,
}
