use serde::{Deserialize, Serialize};

use super::Text;

/// Something about one row of a file (or about the file as a whole) that its sender should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Rows count from 1, the header not counted; none when the whole file is meant.
    pub row: Option<u64>,
    /// The area or unit code of the row, where it could be read.
    pub subject: Option<String>,
    #[serde(flatten)]
    pub kind: FindingKind,
}

/// What can be wrong. `is_error` tells which keep the file from being loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum FindingKind {
    /// A column that nothing reads; the row is still used.
    UnknownColumn {
        column: String,
    },
    /// A column that must be there.
    MissingColumn {
        column: String,
    },
    /// The file doesn't say its coordinate system and none was given.
    MissingCrs,
    /// A coordinate system that isn't known here.
    UnknownCrs {
        crs: String,
    },
    /// The file is empty, or holds no row.
    Empty,
    /// The file ends in the middle, or can't be read past some point.
    Unreadable {
        why: Text,
    },
    /// The ending of the file's name is none that is read or written here.
    UnknownFormat {
        ending: String,
    },
    /// The bytes are not text in the encoding that was named (UTF-8 when none was).
    WrongEncoding {
        encoding: String,
    },
    /// No encoding of that name is known.
    UnknownEncoding {
        encoding: String,
    },
    /// More rows, corners or bytes than one file, row or value may have.
    OverLimit {
        what: Text,
        max: u64,
    },
    /// It lies outside the area that the import is for.
    OutsideScope {
        area: String,
    },
    /// The list of findings was cut: that many more were found.
    MoreFindings {
        more: u64,
    },
    MissingValue {
        column: String,
    },
    BadValue {
        column: String,
        value: String,
        /// Boxed to keep a finding small enough to be an error.
        expected: Box<Text>,
    },
    NegativeCount {
        column: String,
        value: String,
    },
    /// Fewer people than households.
    FewerPeopleThanHouseholds,
    MissingGeometry,
    /// Not the kind of geometry that the row needs.
    WrongGeometry {
        found: String,
    },
    /// A ring that crosses or touches itself, is too short, or encloses nothing.
    InvalidRing {
        why: Text,
    },
    /// A coordinate outside the world, or not a number.
    BadCoordinate,
    DuplicateCode {
        first_row: u64,
    },
    /// The area above it is neither in the file nor in the database.
    NoParent {
        parent: String,
    },
    /// Part of it lies outside the area above.
    OutsideParent {
        parent: String,
        outside_m2: u64,
    },
    /// It overlaps another row of the same level.
    Overlap {
        other: String,
        overlap_m2: u64,
    },
    /// The units leave part of the village out.
    Gap {
        village: String,
        gap_m2: u64,
    },
    /// The point or unit lies in no village.
    OutsideVillage,
    /// The cells of a village have different H3 resolutions, or the cell is no valid index.
    BadCell {
        cell: String,
    },
}

impl Finding {
    /// About one row; `subject` is the code it carries, if any could be read.
    pub fn row(row: u64, subject: Option<&str>, kind: FindingKind) -> Self {
        Self { row: Some(row), subject: subject.map(str::to_owned), kind }
    }

    /// About the file as a whole.
    pub fn file(kind: FindingKind) -> Self {
        Self { row: None, subject: None, kind }
    }
}

impl FindingKind {
    /// The stable name, as stored and sent.
    pub fn code(&self) -> &'static str {
        use FindingKind::*;
        match self {
            UnknownColumn { .. } => "unknown_column",
            MissingColumn { .. } => "missing_column",
            MissingCrs => "missing_crs",
            UnknownCrs { .. } => "unknown_crs",
            OutsideScope { .. } => "outside_scope",
            Empty => "empty",
            Unreadable { .. } => "unreadable",
            UnknownFormat { .. } => "unknown_format",
            WrongEncoding { .. } => "wrong_encoding",
            UnknownEncoding { .. } => "unknown_encoding",
            OverLimit { .. } => "over_limit",
            MoreFindings { .. } => "more_findings",
            MissingValue { .. } => "missing_value",
            BadValue { .. } => "bad_value",
            NegativeCount { .. } => "negative_count",
            FewerPeopleThanHouseholds => "fewer_people_than_households",
            MissingGeometry => "missing_geometry",
            WrongGeometry { .. } => "wrong_geometry",
            InvalidRing { .. } => "invalid_ring",
            BadCoordinate => "bad_coordinate",
            DuplicateCode { .. } => "duplicate_code",
            NoParent { .. } => "no_parent",
            OutsideParent { .. } => "outside_parent",
            Overlap { .. } => "overlap",
            Gap { .. } => "gap",
            OutsideVillage => "outside_village",
            BadCell { .. } => "bad_cell",
        }
    }

    /// Whether a file with this finding can't be loaded. The rest are remarks.
    pub fn is_error(&self) -> bool {
        !matches!(
            self,
            FindingKind::UnknownColumn { .. }
                | FindingKind::FewerPeopleThanHouseholds
                | FindingKind::MoreFindings { .. }
        )
    }

    pub fn text(&self) -> Text {
        use FindingKind::*;
        match self {
            UnknownColumn { column } => {
                Text::new(format!("列“{column}”未使用"), format!("column '{column}' is not used"))
            }
            MissingColumn { column } => Text::new(
                format!("缺少列“{column}”：请补上后重新导入"),
                format!("column '{column}' is missing: add it and import again"),
            ),
            MissingCrs => Text::new(
                "文件未注明坐标系：请用 --crs 指明，例如 --crs EPSG:4490",
                "the file doesn't say its coordinate system: name it, for example with --crs EPSG:4490",
            ),
            UnknownCrs { crs } => Text::new(
                format!("不认识坐标系“{crs}”：请使用 EPSG:4326、4490、4513–4533、4541–4551、GCJ-02 或 BD-09"),
                format!(
                    "coordinate system '{crs}' is not known here: use EPSG:4326, 4490, 4513–4533, 4541–4551, GCJ-02 or BD-09"
                ),
            ),
            OutsideScope { area } => Text::new(
                format!("不在导入范围 {area} 之内：请用 --area 指明范围"),
                format!("it lies outside {area}, which the import is for: name another with --area"),
            ),
            Empty => {
                Text::new("文件是空的，没有可导入的内容", "the file is empty: there is nothing to import")
            }
            Unreadable { why } => Text::new(
                format!("文件无法读取（可能已截断或损坏）：{}", why.zh),
                format!("the file can't be read (cut short or damaged?): {}", why.en),
            ),
            UnknownFormat { ending } => Text::new(
                format!("不支持“{ending}”格式：请使用 .geojson、.geojsonl、.shp、.gpkg、.csv 或 .xlsx"),
                format!(
                    "'{ending}' is not a format known here: use .geojson, .geojsonl, .shp, .gpkg, .csv or .xlsx"
                ),
            ),
            WrongEncoding { encoding } => Text::new(
                format!("文字不是 {encoding} 编码：请用 --encoding 指明，例如 --encoding GBK"),
                format!("the text is not in {encoding}: name its encoding, for example with --encoding GBK"),
            ),
            UnknownEncoding { encoding } => Text::new(
                format!("不认识编码“{encoding}”：请使用 UTF-8、GBK 或 GB18030"),
                format!("encoding '{encoding}' is not known here: use UTF-8, GBK or GB18030"),
            ),
            OverLimit { what, max } => Text::new(
                format!("{}超过上限 {max}", what.zh),
                format!("more {} than the limit of {max}", what.en),
            ),
            MoreFindings { more } => {
                Text::new(format!("另有 {more} 条问题未列出"), format!("{more} more findings are not listed"))
            }
            MissingValue { column } => {
                Text::new(format!("“{column}”没有值"), format!("'{column}' has no value"))
            }
            BadValue { column, value, expected } => Text::new(
                format!("“{column}”的值“{value}”不对，应为{}", expected.zh),
                format!("'{column}' is '{value}', but should be {}", expected.en),
            ),
            NegativeCount { column, value } => Text::new(
                format!("“{column}”不能为负数：{value}"),
                format!("'{column}' can't be negative: {value}"),
            ),
            // Without the figures: findings are read by more than the village's own staff.
            FewerPeopleThanHouseholds => {
                Text::new("人数少于户数，请核对", "fewer people than households: please check")
            }
            MissingGeometry => Text::new("没有图形", "the row has no geometry"),
            WrongGeometry { found } => {
                Text::new(format!("图形类型不对：{found}"), format!("wrong kind of geometry: {found}"))
            }
            InvalidRing { why } => {
                let zh = format!("边界环无效：{}", why.zh);
                Text::new(zh, format!("an outline's ring is invalid: {}", why.en))
            }
            BadCoordinate => Text::new(
                "坐标超出范围或不是数字：请核对坐标系与经纬度次序",
                "a coordinate is out of range or not a number: check the coordinate system and the order lon, lat",
            ),
            DuplicateCode { first_row } => Text::new(
                format!("代码重复，已在第 {first_row} 行出现"),
                format!("this code already stands in row {first_row}"),
            ),
            NoParent { parent } => Text::new(
                format!("上级区划 {parent} 既不在文件中，也不在库中"),
                format!("the area above it, {parent}, is neither in the file nor in the database"),
            ),
            OutsideParent { parent, outside_m2 } => Text::new(
                format!("有 {outside_m2} 平方米在上级区划 {parent} 之外"),
                format!("{outside_m2} m² of it lie outside {parent}"),
            ),
            Overlap { other, overlap_m2 } => Text::new(
                format!("与 {other} 重叠 {overlap_m2} 平方米"),
                format!("it overlaps {other} by {overlap_m2} m²"),
            ),
            Gap { village, gap_m2 } => Text::new(
                format!("各单元未覆盖 {village} 的 {gap_m2} 平方米"),
                format!("the units leave out {gap_m2} m² of {village}"),
            ),
            OutsideVillage => Text::new("不在任何嘎查村社区之内", "it lies in no village"),
            BadCell { cell } => Text::new(
                format!("“{cell}”不是有效的 H3 网格单元，或与同村其他单元的级别不同"),
                format!(
                    "'{cell}' is no valid H3 cell, or not of the same resolution as its village's others"
                ),
            ),
        }
    }
}
