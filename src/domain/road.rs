use h3o::CellIndex;

/// Classes of road of JTG B01-2014, as far as their speeds differ here; the fastest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoadClass {
    /// 高速公路
    Expressway,
    /// 一级公路
    First,
    /// 二级公路
    Second,
    /// 三级公路
    Third,
    /// 四级公路
    Fourth,
    /// 等外路: below the classes, mostly unpaved.
    Track,
}

impl RoadClass {
    pub const ALL: [RoadClass; 6] = [
        RoadClass::Expressway,
        RoadClass::First,
        RoadClass::Second,
        RoadClass::Third,
        RoadClass::Fourth,
        RoadClass::Track,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            RoadClass::Expressway => "expressway",
            RoadClass::First => "first",
            RoadClass::Second => "second",
            RoadClass::Third => "third",
            RoadClass::Fourth => "fourth",
            RoadClass::Track => "track",
        }
    }
}

/// What a line of a road network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoadKind {
    Road(RoadClass),
    /// A river, a canal, a fence: nobody gets over but where a road does.
    Barrier,
}

impl RoadKind {
    pub fn as_str(self) -> &'static str {
        match self {
            RoadKind::Road(class) => class.as_str(),
            RoadKind::Barrier => "barrier",
        }
    }

    /// By its word, or in Chinese as registers of roads write it.
    pub fn parse(text: &str) -> Option<Self> {
        let class = match text.trim().to_lowercase().as_str() {
            "expressway" | "高速公路" | "高速" => RoadClass::Expressway,
            "first" | "一级公路" | "一级" => RoadClass::First,
            "second" | "二级公路" | "二级" => RoadClass::Second,
            "third" | "三级公路" | "三级" => RoadClass::Third,
            "fourth" | "四级公路" | "四级" => RoadClass::Fourth,
            "track" | "等外公路" | "等外路" | "等外" | "土路" | "砂石路" => RoadClass::Track,
            "barrier" | "障碍" | "河流" | "水渠" => return Some(RoadKind::Barrier),
            _ => return None,
        };
        Some(RoadKind::Road(class))
    }
}

/// What a road network is in an H3 cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoadCell {
    pub cell: CellIndex,
    /// The best road; in a cell with a barrier the one that crosses it there.
    pub road: Option<RoadClass>,
    pub barrier: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_by_its_own_word() {
        for kind in RoadClass::ALL.map(RoadKind::Road).into_iter().chain([RoadKind::Barrier]) {
            assert_eq!(RoadKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(RoadKind::parse(" 二级公路 "), Some(RoadKind::Road(RoadClass::Second)));
        assert_eq!(RoadKind::parse("motorway"), None);
    }
}
