//! Cutting a village into H3 cells, with borders that match to the last bit.
//!
//! The cut nodes the linework instead of clipping polygons: every crossing of a village's segment
//! with a cell's edge is one point, worked out by one function from the two segments in a fixed
//! order, so both cells at the edge, and the neighbouring village at the segment, get the same bits.
//! Each cell's pieces are then traced from the parts of its own edges that lie in the village and
//! the parts of the village's border that lie in the cell. Vertices within 0.1 mm of an edge count as
//! standing on it, so a village that is itself made of cells gives its cells back.
//!
//! Cost: linear in the village's vertices, in cells along its border, and in cells within (which
//! cost no geometry but their own corners).

mod border;
mod centres;
mod hexagon;
mod inside;
#[cfg(test)]
mod tests;

use geo::{Coord, CoordsIter, MultiPolygon, Polygon};
use h3o::{CellIndex, LatLng, Resolution};

use super::{
    dissolve::dissolve,
    measure::rough_area_m2,
    planar::{Map, Set, edges, oriented_rings, twice_area},
};
use border::Border;
pub use centres::centres;
use hexagon::Hexagons;
use inside::Inside;

/// One piece of one cell within a village. A piece is the smallest unit a village is divided into.
#[derive(Debug, Clone, PartialEq)]
pub struct CellPiece {
    pub cell: CellIndex,
    /// 0 when the cell lies in the village as one piece; 1, 2 … when the border cuts it into several.
    pub part: u32,
    /// EPSG:4326, exterior counter-clockwise, beginning at its westernmost vertex.
    pub outline: Polygon<f64>,
}

impl CellPiece {
    /// The unit's code: the cell's index in hexadecimal, with `-1`, `-2` … for several parts.
    pub fn code(&self) -> String {
        if self.part == 0 { self.cell.to_string() } else { format!("{}-{}", self.cell, self.part) }
    }
}

/// Why a village can't be cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CellError {
    #[error("{0} is not an H3 resolution: choose from 0 to 15")]
    Resolution(u8),
    #[error("the outline encloses nothing: draw at least one ring with an area")]
    Empty,
    #[error("the outline has a vertex off the globe: give longitude and latitude in degrees (EPSG:4326)")]
    OffTheGlobe,
    #[error("resolution {resolution} would give about {cells} cells: choose a coarser one")]
    TooMany { resolution: u8, cells: u64 },
}

/// More cells than this in one village is a mistake in the resolution or the outline.
const MAX_CELLS: f64 = 20e6;

/// A piece below this is a sliver nobody could be counted in; it joins the piece it borders on.
const SLIVER_M2: f64 = 1.0;

/// Cuts `village` (EPSG:4326) into the cells of `resolution`. The pieces are sorted by cell and part,
/// cover the village and don't overlap; pieces that touch share the vertices of their border exactly,
/// across the border of two villages as well where these store it with the same vertices.
///
/// A piece under 1 m² joins a neighbouring piece, so a piece may pass its cell's edge by a sliver.
///
/// # Errors
/// When the resolution isn't one of H3's, when the outline encloses nothing or leaves the globe, and
/// when more than 20 million cells would come of it.
pub fn cut(village: &MultiPolygon<f64>, resolution: u8) -> Result<Vec<CellPiece>, CellError> {
    let grid = Resolution::try_from(resolution).map_err(|_| CellError::Resolution(resolution))?;
    let on_globe = |point: Coord<f64>| point.x.abs() <= 180.0 && point.y.abs() < 90.0;
    if !village.coords_iter().all(on_globe) {
        return Err(CellError::OffTheGlobe);
    }
    let rings: Vec<Vec<Coord<f64>>> = village.iter().flat_map(oriented_rings).collect();
    let area_deg2: f64 = rings.iter().map(|ring| twice_area(ring) / 2.0).sum();
    let first = rings.first().and_then(|ring| ring.first()).copied().ok_or(CellError::Empty)?;
    let mut hexagons = Hexagons::default();
    let sample = hexagons.polygon(cell_at(first, grid)?);
    let cells = area_deg2 / geo::Area::unsigned_area(&sample);
    if cells > MAX_CELLS {
        return Err(CellError::TooMany { resolution, cells: cells as u64 });
    }
    let segments: Vec<(Coord<f64>, Coord<f64>)> = rings.iter().flat_map(|ring| edges(ring)).collect();
    let inside = Inside::new(&segments);
    let border = Border::node(&segments, grid, &mut hexagons)?;
    let mut pieces = border.pieces(&inside, village)?;
    join_slivers(&mut pieces);
    pieces.extend(whole_cells(&border, &inside, &mut hexagons));
    pieces.sort_by_key(|piece| (piece.cell, piece.part));
    Ok(pieces)
}

/// The outline of a village from its pieces: the outline that was cut, with the cut points as further
/// vertices. Store this one: the areas of grids then add up to it exactly, and outlines of
/// neighbouring villages go on matching.
pub fn outline(pieces: &[CellPiece]) -> MultiPolygon<f64> {
    dissolve(pieces.iter().map(|piece| &piece.outline))
}

fn cell_at(point: Coord<f64>, resolution: Resolution) -> Result<CellIndex, CellError> {
    LatLng::try_from(point).map(|point| point.to_cell(resolution)).map_err(|_| CellError::OffTheGlobe)
}

/// The cells that the border doesn't come near: found from neighbour to neighbour.
fn whole_cells(border: &Border, inside: &Inside, hexagons: &mut Hexagons) -> Vec<CellPiece> {
    let mut seen: Set<u64> = border.cells().map(u64::from).collect();
    let mut queue = Vec::new();
    for cell in border.cells() {
        for neighbour in cell.grid_disk::<Vec<_>>(1) {
            if seen.insert(neighbour.into()) && inside.holds(Coord::from(LatLng::from(neighbour))) {
                queue.push(neighbour);
            }
        }
    }
    let mut whole = Vec::new();
    while let Some(cell) = queue.pop() {
        whole.push(CellPiece { cell, part: 0, outline: hexagons.polygon(cell) });
        queue.extend(
            cell.grid_disk::<Vec<_>>(1).into_iter().filter(|neighbour| seen.insert((*neighbour).into())),
        );
    }
    whole
}

/// Lets slivers join the larger piece that they share the longest border with, and numbers the parts
/// of a cell anew. A sliver that borders on no larger piece stays.
fn join_slivers(pieces: &mut Vec<CellPiece>) {
    let is_sliver: Vec<bool> = pieces.iter().map(|piece| rough_area_m2(&piece.outline) < SLIVER_M2).collect();
    if is_sliver.contains(&true) {
        let outlines: Vec<Polygon<f64>> = pieces.iter().map(|piece| piece.outline.clone()).collect();
        let mut home: Map<u32, (f64, u32)> = Map::default();
        for edge in super::adjacency::exact(&outlines) {
            for (a, b) in [(edge.a, edge.b), (edge.b, edge.a)] {
                if is_sliver[a as usize] && !is_sliver[b as usize] {
                    let best = home.entry(a).or_insert((edge.length_m, b));
                    if edge.length_m > best.0 {
                        *best = (edge.length_m, b);
                    }
                }
            }
        }
        let mut joined: Vec<(u32, u32)> = home.into_iter().map(|(sliver, (_, b))| (b, sliver)).collect();
        joined.sort_unstable();
        let mut gone = vec![false; pieces.len()];
        for (into, sliver) in joined {
            let union = dissolve([&pieces[into as usize].outline, &outlines[sliver as usize]]);
            // Joined through a point a piece would fall in two: the sliver then stays.
            if let [one] = union.0.as_slice() {
                pieces[into as usize].outline = one.clone();
                gone[sliver as usize] = true;
            }
        }
        let mut index = 0;
        pieces.retain(|_| {
            index += 1;
            !gone[index - 1]
        });
    }
    pieces.sort_by_key(|piece| (piece.cell, piece.part));
    for group in pieces.chunk_by_mut(|a, b| a.cell == b.cell) {
        let several = group.len() > 1;
        for (piece, number) in group.iter_mut().zip(1..) {
            piece.part = if several { number } else { 0 };
        }
    }
}
