//! Roads and rivers as cells: lines are walked in steps of half a cell's edge, so that two cells in a row are the same
//! or neighbours. Cells of a barrier therefore hold together like a wall, and a road gets through it only where its
//! line crosses the barrier's: there is a bridge.

use std::collections::{BTreeMap, HashSet};

use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{Coord, Line, MultiLineString};
use h3o::{CellIndex, LatLng, Resolution};
use rstar::{AABB, RTree, RTreeObject};

use crate::domain::{RoadCell, RoadClass, RoadKind};

/// Cells of a road before and after the one in which it crosses a barrier that are open too: where a line clips the
/// corner of a cell, the wall is more than one cell thick.
const BRIDGE: usize = 2;

/// The cells of lines in EPSG:4326, sorted. A road beside a river in the same cell doesn't open it, and isn't driven
/// on there.
pub fn lay(lines: &[(RoadKind, MultiLineString<f64>)], resolution: Resolution) -> Vec<RoadCell> {
    let mut walls: HashSet<CellIndex> = HashSet::new();
    let mut banks: Vec<Bank> = Vec::new();
    for (_, course) in lines.iter().filter(|(kind, _)| *kind == RoadKind::Barrier) {
        for line in course {
            walls.extend(walk(line.lines(), resolution, &mut |_, _| ()));
            banks.extend(line.lines().map(Bank));
        }
    }
    let banks = RTree::bulk_load(banks);
    let mut roads: BTreeMap<CellIndex, RoadClass> = BTreeMap::new();
    for (kind, course) in lines {
        let RoadKind::Road(class) = kind else { continue };
        for line in course {
            let mut bridges: Vec<usize> = Vec::new();
            let path = walk(line.lines(), resolution, &mut |piece, at| {
                let near = AABB::from_corners([piece.start.x, piece.start.y], [piece.end.x, piece.end.y]);
                let crosses = |bank: &Bank| {
                    matches!(line_intersection(piece, bank.0), Some(LineIntersection::SinglePoint { .. }))
                };
                if banks.locate_in_envelope_intersecting(&near).any(crosses) {
                    bridges.push(at);
                }
            });
            let mut take = |cell: CellIndex| {
                let best = roads.entry(cell).or_insert(*class);
                *best = (*best).min(*class);
            };
            path.iter().filter(|cell| !walls.contains(cell)).for_each(|cell| take(*cell));
            for at in bridges {
                let around = at.saturating_sub(BRIDGE)..path.len().min(at + BRIDGE + 1);
                path[around].iter().for_each(|cell| take(*cell));
            }
        }
    }
    let closed = walls.iter().filter(|cell| !roads.contains_key(cell)).map(|cell| (*cell, None));
    let mut cells: Vec<RoadCell> = roads
        .iter()
        .map(|(cell, class)| (*cell, Some(*class)))
        .chain(closed)
        .map(|(cell, road)| RoadCell { cell, road, barrier: walls.contains(&cell) })
        .collect();
    cells.sort_unstable();
    cells
}

/// A piece of a barrier.
struct Bank(Line<f64>);

impl RTreeObject for Bank {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners([self.0.start.x, self.0.start.y], [self.0.end.x, self.0.end.y])
    }
}

/// The cells along a line, each one's follower another. `each` is told every piece that was walked and the
/// place, among the cells, of the cell that the piece ends in.
fn walk(
    pieces: impl Iterator<Item = Line<f64>>,
    resolution: Resolution,
    each: &mut dyn FnMut(Line<f64>, usize),
) -> Vec<CellIndex> {
    let mut path: Vec<CellIndex> = Vec::new();
    for piece in pieces {
        let step_deg = resolution.edge_length_km() / 2.0 / KM_PER_DEG;
        // East and west a degree is shorter: never a longer step.
        let steps = (piece.dx().hypot(piece.dy()) / step_deg).ceil().max(1.0);
        let at = |step: f64| Coord {
            x: piece.start.x + piece.dx() * step / steps,
            y: piece.start.y + piece.dy() * step / steps,
        };
        let mut from = piece.start;
        for step in 0..=steps as u64 {
            let to = if step as f64 == steps { piece.end } else { at(step as f64) };
            if let Ok(point) = LatLng::new(to.y, to.x) {
                let cell = point.to_cell(resolution);
                if path.last() != Some(&cell) {
                    path.push(cell);
                }
                if step > 0 && !path.is_empty() {
                    each(Line::new(from, to), path.len() - 1);
                }
            }
            from = to;
        }
    }
    path
}

const KM_PER_DEG: f64 = 111.2;

#[cfg(test)]
mod tests {
    use geo::{LineString, line_string};

    use super::*;
    use crate::coverage::{Ground, Surface, speed_kmh};
    use crate::domain::{AreaType, Season};

    const RESOLUTION: Resolution = Resolution::Nine;

    fn river() -> LineString<f64> {
        line_string![(x: 108.0, y: 41.0), (x: 108.02, y: 41.013), (x: 108.05, y: 41.009), (x: 108.07, y: 41.03)]
    }

    fn laid(lines: &[(RoadKind, LineString<f64>)]) -> Vec<RoadCell> {
        let lines: Vec<_> =
            lines.iter().map(|(kind, line)| (*kind, MultiLineString(vec![line.clone()]))).collect();
        lay(&lines, RESOLUTION)
    }

    fn cell(lon: f64, lat: f64) -> CellIndex {
        LatLng::new(lat, lon).unwrap().to_cell(RESOLUTION)
    }

    /// Minutes from one place to another over a patch of steppe with these lines.
    fn minutes(lines: &[(RoadKind, LineString<f64>)], from: CellIndex, to: CellIndex) -> Option<f64> {
        let laid = laid(lines);
        let around = cell(108.035, 41.012).grid_disk::<Vec<_>>(25);
        let speeds: Vec<(CellIndex, f64)> = around
            .into_iter()
            .map(|cell| {
                let held = laid.binary_search_by_key(&cell, |held| held.cell).ok().map(|at| laid[at]);
                let road = held.and_then(|held| held.road);
                let barrier = held.is_some_and(|held| held.barrier);
                let ground = Ground { land: AreaType::Agricultural, road, barrier };
                (cell, speed_kmh(ground, Season::Summer))
            })
            .collect();
        let surface = Surface::new(&speeds).unwrap();
        let reached = surface.reach(&[from], &|| false).unwrap();
        reached.get(surface.place(to).unwrap()).map(|reached| reached.minutes)
    }

    #[test]
    fn cells_of_a_line_hold_together() {
        for resolution in [Resolution::Seven, Resolution::Eight, Resolution::Nine] {
            let path = walk(river().lines(), resolution, &mut |_, _| ());
            assert!(path.windows(2).all(|pair| pair[0].is_neighbor_with(pair[1]).unwrap()), "{resolution}");
        }
    }

    #[test]
    fn a_road_makes_the_way_shorter() {
        let (from, to) = (cell(108.01, 41.03), cell(108.06, 41.0));
        let road = line_string![(x: 108.01, y: 41.03), (x: 108.06, y: 41.0)];
        let without = minutes(&[], from, to).unwrap();
        let with = minutes(&[(RoadKind::Road(RoadClass::Second), road)], from, to).unwrap();
        assert!(with < without / 3.0, "{with} {without}");
    }

    #[test]
    fn a_river_is_crossed_where_a_road_crosses_it_and_nowhere_else() {
        // It flows from one rim of the patch to the other.
        let long = line_string![(x: 107.9, y: 41.0), (x: 108.035, y: 41.012), (x: 108.2, y: 41.0)];
        let (north, south) = (cell(108.035, 41.03), cell(108.035, 40.995));
        let free = minutes(&[], north, south).unwrap();
        assert_eq!(minutes(&[(RoadKind::Barrier, long.clone())], north, south), None);
        // A road along the bank is no bridge.
        let bank = line_string![(x: 107.9, y: 41.0004), (x: 108.035, y: 41.0124), (x: 108.2, y: 41.0004)];
        let beside = [(RoadKind::Barrier, long.clone()), (RoadKind::Road(RoadClass::Third), bank)];
        assert_eq!(minutes(&beside, north, south), None);
        let road = line_string![(x: 108.06, y: 41.03), (x: 108.06, y: 40.99)];
        let bridged = [(RoadKind::Road(RoadClass::Third), road), (RoadKind::Barrier, long)];
        let around = minutes(&bridged, north, south).unwrap();
        assert!(around > free, "{around} {free}");
        let bridges: Vec<RoadCell> =
            laid(&bridged).into_iter().filter(|held| held.barrier && held.road.is_some()).collect();
        assert!((1..=2 * BRIDGE + 1).contains(&bridges.len()), "{bridges:?}");
    }

    #[test]
    fn the_best_of_several_roads_counts_and_the_order_of_lines_does_not() {
        let road = |class| (RoadKind::Road(class), river());
        let (one, other) = (road(RoadClass::Track), road(RoadClass::First));
        let cells = laid(&[one.clone(), other.clone()]);
        assert!(cells.iter().all(|held| held.road == Some(RoadClass::First) && !held.barrier));
        assert_eq!(cells, laid(&[other, one]));
        assert!(cells.windows(2).all(|pair| pair[0].cell < pair[1].cell));
    }
}
