use geo::MultiPolygon;
use serde::{Deserialize, Serialize};

use super::{AreaType, Code, GridCode, Tally, Text};

/// 综合网格, or 专属网格 (a market, park, school, hospital…).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GridKind {
    General,
    Dedicated,
}

/// A grid: a set of units of one village. Its outline is derived from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    pub code: GridCode,
    pub village: Code,
    pub kind: GridKind,
    /// Of a dedicated grid.
    pub name: Option<String>,
    /// Codes of its units, sorted.
    pub units: Vec<String>,
    pub households: u32,
    pub people: u32,
    /// Why it lies outside its profile's limits; empty when it keeps them all.
    pub reasons: Vec<Reason>,
}

/// A grid with what is derived from its units.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnGrid {
    pub grid: Grid,
    pub area_type: AreaType,
    pub outline: MultiPolygon<f64>,
    /// A point inside it, lon/lat.
    pub label_point: (f64, f64),
    /// Geodesic.
    pub area_m2: f64,
    /// Polsby–Popper, 0 to 1.
    pub compactness: f64,
    /// Estimated, one way, from its centre to its farthest household; none without households.
    pub travel_min: Option<f64>,
    /// Whether its households lie between the profile's minimum and maximum.
    pub in_band: bool,
    pub told: ToldGrid,
}

/// What is told of a grid outside its village's own staff: its counts, and what follows from counts worked out from
/// those that are told.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldGrid {
    pub households: Tally,
    pub people: Tally,
    pub travel_min: Option<f64>,
    pub in_band: bool,
    pub reasons: Vec<Reason>,
}

/// A limit that a grid or village can't keep, by how much, and what would help.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    #[serde(flatten)]
    pub kind: ReasonKind,
    pub village: Code,
    /// None when the whole village is meant.
    pub grid: Option<GridCode>,
}

/// The causes that the engine tells apart. Each names its figures, so a person can check it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ReasonKind {
    /// The village (or the separate piece of it) has no households at all.
    NoHouseholds,
    /// The village, or a separate piece of it, has fewer households than one grid's minimum.
    TooFewHouseholds { households: u32, min: u32 },
    /// Fewer households than the minimum, and so few that their number is not told: less than `under`.
    FewHouseholds { under: u32, min: u32 },
    /// No number of grids puts this many households between minimum and maximum each.
    NoWholeNumber { households: u32, min: u32, max: u32 },
    /// One unit alone is above the maximum: it would have to be split.
    UnitAboveMax { unit: String, households: u32, max: u32 },
    /// Units are too coarse or too awkwardly placed to balance any better.
    UnevenUnits { households: u32, min: u32, max: u32 },
    /// More people than the profile allows, though households fit.
    TooManyPeople { people: u32, max: u32 },
    /// Larger than the profile allows.
    TooLarge { area_km2: f64, max_km2: f64 },
    /// Farther from the grid's centre to its farthest household than the profile allows, one way.
    TooFar { travel_min: f64, max_min: f64 },
    /// Fewer households than the minimum so that the area or travel limit is kept.
    LimitedBySize { households: u32, min: u32 },
    /// The village itself is in several pieces; each has grids of its own.
    VillageInPieces { pieces: u32 },
    /// A market, park or school of its own: it is as large as it is.
    DedicatedGrid { households: u32, min: u32, max: u32 },
    /// It was locked, and stays as it is.
    LockedGrid { households: u32, min: u32, max: u32 },
    /// That many units, this one among them, are tied together and above the maximum by themselves.
    TiedAboveMax { units: u32, unit: String, households: u32, max: u32 },
    /// So many households in so many grids, a number that is fixed by hand or by a ceiling of posts: their
    /// mean is out of the band.
    FixedNumber { households: u32, grids: u32, min: u32, max: u32 },
    /// Locks, dedicated grids, ties, separations or a fixed number in its village leave it as it is.
    HeldByGivens { households: u32, min: u32, max: u32 },
    /// A person drew it.
    DrawnByHand { households: u32, min: u32, max: u32 },
}

impl ReasonKind {
    /// The stable name, as stored and sent.
    pub fn code(&self) -> &'static str {
        match self {
            ReasonKind::NoHouseholds => "no_households",
            ReasonKind::TooFewHouseholds { .. } => "too_few_households",
            ReasonKind::FewHouseholds { .. } => "few_households",
            ReasonKind::NoWholeNumber { .. } => "no_whole_number",
            ReasonKind::UnitAboveMax { .. } => "unit_above_max",
            ReasonKind::UnevenUnits { .. } => "uneven_units",
            ReasonKind::TooManyPeople { .. } => "too_many_people",
            ReasonKind::TooLarge { .. } => "too_large",
            ReasonKind::TooFar { .. } => "too_far",
            ReasonKind::LimitedBySize { .. } => "limited_by_size",
            ReasonKind::VillageInPieces { .. } => "village_in_pieces",
            ReasonKind::DedicatedGrid { .. } => "dedicated_grid",
            ReasonKind::LockedGrid { .. } => "locked_grid",
            ReasonKind::TiedAboveMax { .. } => "tied_above_max",
            ReasonKind::FixedNumber { .. } => "fixed_number",
            ReasonKind::HeldByGivens { .. } => "held_by_givens",
            ReasonKind::DrawnByHand { .. } => "drawn_by_hand",
        }
    }

    /// What to tell a planner: which limit, by how much, what would help.
    pub fn text(&self) -> Text {
        match self {
            ReasonKind::NoHouseholds => Text::new(
                "没有住户，仍设一个网格以免出现空白",
                "no households live here; one grid is kept so that nothing is left out",
            ),
            ReasonKind::TooFewHouseholds { households, min } => Text::new(
                format!("共 {households} 户，不足一个网格的下限 {min} 户：可放宽下限，或与邻村共用网格员"),
                format!(
                    "{households} households in all, below one grid's minimum of {min}: relax the minimum or share a worker with a neighbour"
                ),
            ),
            ReasonKind::FewHouseholds { under, min } => Text::new(
                format!("不足 {under} 户，低于下限 {min} 户：可放宽下限，或与邻村共用网格员"),
                format!(
                    "fewer than {under} households, below the minimum of {min}: relax the minimum or share a worker with a neighbour"
                ),
            ),
            ReasonKind::NoWholeNumber { households, min, max } => Text::new(
                format!(
                    "共 {households} 户，无论分成几个网格都不能使每格在 {min}–{max} 户之间：请为本村调整上下限"
                ),
                format!(
                    "{households} households can't be shared so that every grid has {min} to {max}: adjust the limits for this village"
                ),
            ),
            ReasonKind::UnitAboveMax { unit, households, max } => Text::new(
                format!("单元 {unit} 一处即有 {households} 户，超过上限 {max} 户：请按院落拆分该单元"),
                format!(
                    "unit {unit} alone has {households} households, above the maximum of {max}: split it by compound"
                ),
            ),
            ReasonKind::UnevenUnits { households, min, max } => Text::new(
                format!("{}：单元过粗或位置所限，可细分单元", apart(*households, *min, *max).zh),
                format!(
                    "{}: its units are too coarse or lie too awkwardly; finer units would help",
                    apart(*households, *min, *max).en
                ),
            ),
            ReasonKind::TooManyPeople { people, max } => Text::new(
                format!("{people} 人，超过上限 {max} 人：可增设一个网格"),
                format!("{people} people, above the maximum of {max}: one more grid would help"),
            ),
            ReasonKind::TooLarge { area_km2, max_km2 } => Text::new(
                format!("面积 {area_km2:.0} 平方公里，超过上限 {max_km2:.0} 平方公里：可增设一个网格"),
                format!("{area_km2:.0} km², above the maximum of {max_km2:.0} km²: one more grid would help"),
            ),
            ReasonKind::TooFar { travel_min, max_min } => Text::new(
                format!(
                    "由网格中心到最远住户约 {travel_min:.0} 分钟，超过上限 {max_min:.0} 分钟：可增设一个网格"
                ),
                format!(
                    "about {travel_min:.0} minutes from its centre to the farthest household, above the limit of {max_min:.0}: one more grid would help"
                ),
            ),
            ReasonKind::LimitedBySize { households, min } => Text::new(
                format!("{households} 户，低于下限 {min} 户：再大便会超过面积或路程上限"),
                format!(
                    "{households} households, below the minimum of {min}: any larger and it would pass the area or travel limit"
                ),
            ),
            ReasonKind::VillageInPieces { pieces } => Text::new(
                format!("本村由 {pieces} 块互不相连的地块组成，各块分别设网格"),
                format!("the village is in {pieces} separate pieces, each with grids of its own"),
            ),
            ReasonKind::DedicatedGrid { households, min, max } => Text::new(
                format!("专属网格，{}：按场所范围设置，不受户数限制", apart(*households, *min, *max).zh),
                format!(
                    "a dedicated grid, {}: it is as large as its place, whatever its households",
                    apart(*households, *min, *max).en
                ),
            ),
            ReasonKind::LockedGrid { households, min, max } => Text::new(
                format!("已锁定，{}：解除锁定后重新划分即可调整", apart(*households, *min, *max).zh),
                format!(
                    "locked, {}: unlock it and divide again to adjust it",
                    apart(*households, *min, *max).en
                ),
            ),
            ReasonKind::TiedAboveMax { units, unit, households, max } => Text::new(
                format!(
                    "单元 {unit} 等 {units} 个单元要求同格，共 {households} 户，超过上限 {max} 户 {} 户：请取消部分同格要求",
                    households.saturating_sub(*max)
                ),
                format!(
                    "{units} units tied together, {unit} among them, have {households} households, {} above the maximum of {max}: untie some of them",
                    households.saturating_sub(*max)
                ),
            ),
            ReasonKind::FixedNumber { households, grids, min, max } => {
                let fair = households / (*grids).max(1);
                let (zh, en) = if households / (*grids).max(1) < *min {
                    ("请减少网格数", "ask for fewer grids")
                } else {
                    ("请提高岗位上限或网格数", "raise the ceiling or the number")
                };
                Text::new(
                    format!(
                        "网格数已定为 {grids} 个，共 {households} 户，平均 {fair} 户，不在 {min}–{max} 户之内：{zh}"
                    ),
                    format!(
                        "the number is fixed at {grids} grids for {households} households, {fair} each on average, outside {min} to {max}: {en}"
                    ),
                )
            }
            ReasonKind::HeldByGivens { households, min, max } => Text::new(
                format!(
                    "{}：受本村的锁定、专属网格、同格或分开要求或指定数量所限，可放宽其中一项",
                    apart(*households, *min, *max).zh
                ),
                format!(
                    "{}: held by the locks, dedicated grids, ties, separations or fixed number of its village; loosening one of them would help",
                    apart(*households, *min, *max).en
                ),
            ),
            ReasonKind::DrawnByHand { households, min, max } => Text::new(
                format!("人工调整，{}：可移回单元，或重新划分本村", apart(*households, *min, *max).zh),
                format!(
                    "drawn by hand, {}: move units back, or divide the village again",
                    apart(*households, *min, *max).en
                ),
            ),
        }
    }
}

/// So many households, and by how many they are out of the band.
fn apart(households: u32, min: u32, max: u32) -> Text {
    if households < min {
        let short = min - households;
        return Text::new(
            format!("{households} 户，比下限 {min} 户少 {short} 户"),
            format!("{households} households, {short} below the minimum of {min}"),
        );
    }
    let over = households.saturating_sub(max);
    Text::new(
        format!("{households} 户，比上限 {max} 户多 {over} 户"),
        format!("{households} households, {over} above the maximum of {max}"),
    )
}
