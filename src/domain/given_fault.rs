use serde::{Deserialize, Serialize};

use super::Text;

/// What keeps numbers of grids or givens from being used, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum GivenFault {
    /// Not below the area that is divided.
    UnknownVillage {
        village: String,
    },
    UnknownUnit {
        given: String,
        unit: String,
    },
    /// A lock without units names a grid that isn't in the plan that the division starts from.
    UnknownGrid {
        grid: String,
    },
    /// Given without units.
    Empty {
        given: String,
    },
    /// A name that is empty, too long or has characters that can't be kept.
    BadName {
        village: String,
    },
    UnitInTwo {
        unit: String,
        one: String,
        two: String,
    },
    LockAcrossVillages {
        grid: String,
        unit: String,
        village: String,
    },
    InPieces {
        given: String,
        pieces: u32,
    },
    TiedNotConnected {
        one: String,
        two: String,
    },
    /// Tied to a unit that a locked or dedicated grid has taken.
    TiedToGiven {
        one: String,
        two: String,
        given: String,
    },
    TiedAndApart {
        one: String,
        two: String,
    },
    ApartInGiven {
        one: String,
        two: String,
        given: String,
    },
    /// A barrier between units that don't border on each other, or of a strength out of range.
    BadBarrier {
        one: String,
        two: String,
    },
    CountTooLow {
        village: String,
        count: u32,
        least: u32,
    },
    CountTooHigh {
        village: String,
        count: u32,
        most: u32,
    },
    CeilingTooLow {
        area: String,
        ceiling: u32,
        least: u32,
    },
    /// A ceiling is for a township or banner; a count for a village, from 1 to 999.
    WrongLevel {
        area: String,
    },
}

impl GivenFault {
    pub fn text(&self) -> Text {
        use GivenFault::*;
        match self {
            UnknownVillage { village } => Text::new(
                format!("{village} 不在所划分的范围内：请核对代码"),
                format!("{village} is not in the area that is divided: check its code"),
            ),
            UnknownUnit { given, unit } => Text::new(
                format!("“{given}”中的单元 {unit} 不存在：请核对代码，或重新导出单元清单"),
                format!(
                    "'{given}' names unit {unit}, which isn't there: check its code against the village's units"
                ),
            ),
            UnknownGrid { grid } => Text::new(
                format!("锁定的网格 {grid} 不在所依据的方案中：请列出其单元，或去掉这项锁定"),
                format!(
                    "locked grid {grid} is not in the plan started from: list its units or drop the lock"
                ),
            ),
            Empty { given } => Text::new(
                format!("“{given}”没有列出单元：请至少列出一个"),
                format!("'{given}' lists no units: name at least one"),
            ),
            BadName { village } => Text::new(
                format!("{village} 的专属网格名称应为 1 到 100 个字，且不含控制字符"),
                format!(
                    "a dedicated grid of {village} needs a name of 1 to 100 characters without control characters"
                ),
            ),
            UnitInTwo { unit, one, two } => Text::new(
                format!("单元 {unit} 同时在“{one}”和“{two}”中：只能留在一处"),
                format!("unit {unit} stands in both '{one}' and '{two}': keep it in one of them"),
            ),
            LockAcrossVillages { grid, unit, village } => Text::new(
                format!("锁定的网格 {grid} 含有 {village} 的单元 {unit}：一个网格只能在一个村内"),
                format!("locked grid {grid} holds unit {unit} of {village}: a grid lies in one village"),
            ),
            InPieces { given, pieces } => Text::new(
                format!("“{given}”的单元分成互不相连的 {pieces} 块：请补上中间的单元，或分成几个网格"),
                format!(
                    "the units of '{given}' lie in {pieces} separate pieces: add those between, or make several grids"
                ),
            ),
            TiedNotConnected { one, two } => Text::new(
                format!("要求同格的单元 {one} 与 {two} 互不相邻：请把中间的单元也列入"),
                format!(
                    "units {one} and {two} are tied together but don't touch: tie the units between them as well"
                ),
            ),
            TiedToGiven { one, two, given } => Text::new(
                format!(
                    "单元 {one} 与 {two} 要求同格，但其中一个已在“{given}”中：请把另一个也列入，或取消同格"
                ),
                format!(
                    "units {one} and {two} are tied together, but '{given}' holds only one of them: add the other to it or untie them"
                ),
            ),
            TiedAndApart { one, two } => Text::new(
                format!("单元 {one} 与 {two} 既要求同格又要求分开：请去掉其中一项"),
                format!("units {one} and {two} are both tied together and kept apart: drop one of the two"),
            ),
            ApartInGiven { one, two, given } => Text::new(
                format!("单元 {one} 与 {two} 要求分开，却都在“{given}”中：请去掉其中一项"),
                format!(
                    "units {one} and {two} are to be kept apart, but both stand in '{given}': drop one of the two"
                ),
            ),
            BadBarrier { one, two } => Text::new(
                format!("{one} 与 {two} 之间的阻隔无效：两单元须相邻，强度在 0 到 1 之间"),
                format!(
                    "the barrier between {one} and {two} can't be: the two must touch, and its strength be from 0 to 1"
                ),
            ),
            CountTooLow { village, count, least } => Text::new(
                format!(
                    "{village} 指定了 {count} 个网格，但至少需要 {least} 个（每块不相连的地块、每个锁定或专属网格各一个）"
                ),
                format!(
                    "{village} is to have {count} grids but needs at least {least}: one for each separate piece and each locked or dedicated grid"
                ),
            ),
            CountTooHigh { village, count, most } => Text::new(
                format!(
                    "{village} 指定了 {count} 个网格，但其单元最多只能分成 {most} 个：请减少，或细分单元"
                ),
                format!(
                    "{village} is to have {count} grids but its units make {most} at most: ask for fewer, or for finer units"
                ),
            ),
            CeilingTooLow { area, ceiling, least } => Text::new(
                format!(
                    "{area} 的上限为 {ceiling} 个，其各村至少需要 {least} 个网格：请提高上限，或减少锁定和专属网格"
                ),
                format!(
                    "{area} has a ceiling of {ceiling} posts, its villages need at least {least} grids: raise the ceiling, or lock and dedicate fewer grids"
                ),
            ),
            WrongLevel { area } => Text::new(
                format!("{area} 的数量不能用：上限用于苏木乡镇或旗县区，指定数量用于嘎查村社区，为 1 到 999"),
                format!(
                    "the number for {area} can't be: a ceiling is for a township or banner, a count for a village, from 1 to 999"
                ),
            ),
        }
    }
}
