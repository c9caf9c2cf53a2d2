use crate::domain::Text;

/// An invariant that doesn't hold. Grids are named by their code, or by their part's number.
#[derive(Debug, Clone, PartialEq)]
pub enum Breach {
    UnitMissing {
        unit: String,
    },
    UnitTwice {
        unit: String,
        grids: Vec<String>,
    },
    UnitNotUnique {
        unit: String,
    },
    UnitOfAnotherVillage {
        unit: String,
        village: String,
    },
    UnitOutlineInvalid {
        unit: String,
        why: String,
    },
    UnitOutside {
        unit: String,
        village: String,
        m2: f64,
    },
    UnitsOverlap {
        one: String,
        two: String,
        m2: f64,
    },
    UnitsDontCover {
        village: String,
        village_m2: f64,
        units_m2: f64,
    },
    GridsDontCover {
        village: String,
        village_m2: f64,
        grids_m2: f64,
    },
    UnknownUnit {
        grid: String,
        unit: String,
    },
    EmptyGrid {
        grid: String,
    },
    /// One unit of each piece.
    InPieces {
        grid: String,
        pieces: Vec<String>,
    },
    WrongVillage {
        grid: String,
        is: String,
        expected: String,
    },
    WrongCode {
        grid: String,
        village: String,
    },
    CodeNotUnique {
        grid: String,
    },
    WrongHouseholds {
        grid: String,
        said: u32,
        summed: u64,
    },
    WrongPeople {
        grid: String,
        said: u32,
        summed: u64,
    },
    OutlineInvalid {
        grid: String,
        why: String,
    },
    OutlineNotItsUnits {
        grid: String,
        outline_m2: f64,
        units_m2: f64,
    },
    /// As large as its units, but not over this one.
    OutlineElsewhere {
        grid: String,
        unit: String,
    },
    /// The limit that is broken, in both languages.
    NoReason {
        grid: String,
        zh: String,
        en: String,
    },
    /// A locked grid isn't there, or has gained or lost these units.
    LockNotKept {
        grid: String,
        units: Vec<String>,
    },
    /// No grid has exactly the units of a dedicated one; they lie in these.
    DedicatedNotKept {
        village: String,
        name: String,
        grids: Vec<String>,
    },
    TiedApart {
        one: String,
        two: String,
        grids: [String; 2],
    },
    ApartTogether {
        one: String,
        two: String,
        grid: String,
    },
    CeilingPassed {
        area: String,
        ceiling: u32,
        grids: u32,
    },
    NumberNotKept {
        village: String,
        count: u32,
        grids: u32,
    },
}

impl Breach {
    /// One line that names the grid and the units.
    pub fn text(&self) -> Text {
        match self {
            Breach::UnitMissing { unit } => {
                Text::new(format!("单元 {unit} 不属于任何网格"), format!("unit {unit} is in no grid"))
            }
            Breach::UnitTwice { unit, grids } => Text::new(
                format!("单元 {unit} 同时属于网格 {}", grids.join("、")),
                format!("unit {unit} is in more than one grid: {}", grids.join(", ")),
            ),
            Breach::UnitNotUnique { unit } => {
                Text::new(format!("单元 {unit} 出现两次"), format!("unit {unit} stands there twice"))
            }
            Breach::UnitOfAnotherVillage { unit, village } => Text::new(
                format!("单元 {unit} 不属于村 {village}"),
                format!("unit {unit} isn't of village {village}"),
            ),
            Breach::UnitOutlineInvalid { unit, why } => Text::new(
                format!("单元 {unit} 的边界无效：{why}"),
                format!("the outline of unit {unit} is not valid: {why}"),
            ),
            Breach::UnitOutside { unit, village, m2 } => Text::new(
                format!("单元 {unit} 有 {m2:.0} 平方米在村 {village} 之外"),
                format!("unit {unit} lies outside village {village} by {m2:.0} m²"),
            ),
            Breach::UnitsOverlap { one, two, m2 } => Text::new(
                format!("单元 {one} 与 {two} 重叠 {m2:.0} 平方米"),
                format!("units {one} and {two} overlap by {m2:.0} m²"),
            ),
            Breach::UnitsDontCover { village, village_m2, units_m2 } => Text::new(
                format!("村 {village} 面积 {village_m2:.0} 平方米，各单元合计 {units_m2:.0} 平方米"),
                format!("village {village} has {village_m2:.0} m², its units together {units_m2:.0} m²"),
            ),
            Breach::GridsDontCover { village, village_m2, grids_m2 } => Text::new(
                format!("村 {village} 面积 {village_m2:.0} 平方米，各网格合计 {grids_m2:.0} 平方米"),
                format!("village {village} has {village_m2:.0} m², its grids together {grids_m2:.0} m²"),
            ),
            Breach::UnknownUnit { grid, unit } => Text::new(
                format!("网格 {grid} 中的单元 {unit} 不存在"),
                format!("grid {grid} holds unit {unit}, which doesn't exist"),
            ),
            Breach::EmptyGrid { grid } => {
                Text::new(format!("网格 {grid} 没有单元"), format!("grid {grid} has no units"))
            }
            Breach::InPieces { grid, pieces } => Text::new(
                format!("网格 {grid} 分成 {} 块：{}", pieces.len(), some(pieces, "、")),
                format!("grid {grid} is in {} pieces: {}", in_words(pieces.len()), some(pieces, ", ")),
            ),
            Breach::WrongVillage { grid, is, expected } => Text::new(
                format!("网格 {grid} 记为村 {is}，其单元属于村 {expected}"),
                format!("grid {grid} is said to be of village {is}, its units are of {expected}"),
            ),
            Breach::WrongCode { grid, village } => Text::new(
                format!("网格代码 {grid} 不以所在村代码 {village} 开头"),
                format!("grid code {grid} doesn't begin with the code of its village, {village}"),
            ),
            Breach::CodeNotUnique { grid } => {
                Text::new(format!("网格代码 {grid} 重复"), format!("grid code {grid} is given twice"))
            }
            Breach::WrongHouseholds { grid, said, summed } => Text::new(
                format!("网格 {grid} 记为 {said} 户，各单元合计 {summed} 户"),
                format!("grid {grid} says {said} households, its units have {summed}"),
            ),
            Breach::WrongPeople { grid, said, summed } => Text::new(
                format!("网格 {grid} 记为 {said} 人，各单元合计 {summed} 人"),
                format!("grid {grid} says {said} people, its units have {summed}"),
            ),
            Breach::OutlineInvalid { grid, why } => Text::new(
                format!("网格 {grid} 的边界无效：{why}"),
                format!("the outline of grid {grid} is not valid: {why}"),
            ),
            Breach::OutlineNotItsUnits { grid, outline_m2, units_m2 } => Text::new(
                format!("网格 {grid} 的边界为 {outline_m2:.0} 平方米，各单元合计 {units_m2:.0} 平方米"),
                format!(
                    "the outline of grid {grid} has {outline_m2:.0} m², its units together {units_m2:.0} m²"
                ),
            ),
            Breach::OutlineElsewhere { grid, unit } => Text::new(
                format!("网格 {grid} 的边界不包含其单元 {unit}"),
                format!("the outline of grid {grid} doesn't lie over its unit {unit}"),
            ),
            Breach::NoReason { grid, zh, en } => Text::new(
                format!("网格 {grid} 没有说明原因：{zh}"),
                format!("grid {grid} gives no reason for this: {en}"),
            ),
            Breach::LockNotKept { grid, units } => Text::new(
                format!("锁定的网格 {grid} 未保持原样：{}", some(units, "、")),
                format!("locked grid {grid} is not as it was: {}", some(units, ", ")),
            ),
            Breach::DedicatedNotKept { village, name, grids } => Text::new(
                format!("{village} 的专属网格“{name}”不完整，其单元在 {}", some(grids, "、")),
                format!(
                    "dedicated grid '{name}' of {village} is not whole: its units lie in {}",
                    some(grids, ", ")
                ),
            ),
            Breach::TiedApart { one, two, grids: [a, b] } => Text::new(
                format!("单元 {one} 与 {two} 要求同格，却分在 {a} 和 {b}"),
                format!("units {one} and {two} are tied together, but lie in {a} and {b}"),
            ),
            Breach::ApartTogether { one, two, grid } => Text::new(
                format!("单元 {one} 与 {two} 要求分开，却同在网格 {grid}"),
                format!("units {one} and {two} are to be kept apart, but both lie in grid {grid}"),
            ),
            Breach::CeilingPassed { area, ceiling, grids } => Text::new(
                format!("{area} 有 {grids} 个网格，超过岗位上限 {ceiling} 个"),
                format!("{area} has {grids} grids, above its ceiling of {ceiling} posts"),
            ),
            Breach::NumberNotKept { village, count, grids } => Text::new(
                format!("{village} 指定 {count} 个网格，实有 {grids} 个"),
                format!("{village} was to have {count} grids and has {grids}"),
            ),
        }
    }
}

fn in_words(count: usize) -> String {
    match count {
        2 => "two".to_owned(),
        3 => "three".to_owned(),
        4 => "four".to_owned(),
        more => more.to_string(),
    }
}

/// The first few names.
fn some(names: &[String], between: &str) -> String {
    let shown = names.iter().take(6).cloned().collect::<Vec<_>>().join(between);
    if names.len() > 6 { format!("{shown}{between}…") } else { shown }
}
