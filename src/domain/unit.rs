use geo::Polygon;

use super::Code;

/// The smallest piece that is never cut: an H3 cell clipped to its village, or a polygon that the
/// user brings (a compound, a block, a contracted pasture). Always one piece, EPSG:4326.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Unique within its village: the H3 index in hexadecimal (with `-1`, `-2` … where the village's
    /// border cuts a cell into several pieces), or the user's own code.
    pub code: String,
    pub village: Code,
    pub outline: Polygon<f64>,
    pub households: u32,
    pub people: u32,
}
