//! The cells along a village's border: crossings found once, pieces traced from the parts.

use geo::{BooleanOps, Coord, LineString, MultiPolygon, Polygon};
use h3o::{CellIndex, Resolution};

use super::{CellError, CellPiece, cell_at, hexagon::Hexagons, inside::Inside};
use crate::geo::{
    measure::short_length_m,
    planar::{
        Key, Map, Set, before, close, crossing, edges, key, nearest_on, oriented_rings, ring_holds, stands_on,
    },
    rings::assemble,
};

type Segment = (Coord<f64>, Coord<f64>);

/// A corner cut off by rounding may be this far from the point it stands for, in degrees (1 cm).
const LOST_DEG: f64 = 1e-7;

/// The linework along the border, cut at every crossing.
pub(super) struct Border {
    /// Cells that the border meets, and cells around them; sorted.
    cells: Vec<CellIndex>,
    /// The open ring of each cell, with crossings and touching vertices as further points.
    rings: Vec<Vec<Coord<f64>>>,
    /// The village's segments, cut at the cells' edges, the village on the left.
    parts: Vec<Segment>,
    resolution: Resolution,
}

impl Border {
    pub(super) fn node(
        segments: &[Segment],
        resolution: Resolution,
        hexagons: &mut Hexagons,
    ) -> Result<Self, CellError> {
        let near = near_segments(segments, resolution, hexagons)?;
        let mut cells: Vec<CellIndex> =
            near.keys().filter_map(|cell| CellIndex::try_from(*cell).ok()).collect();
        cells.sort_unstable();
        let mut stops: Vec<Vec<Coord<f64>>> = vec![Vec::new(); segments.len()];
        let mut on_edge: Map<(Key, Key), Vec<Coord<f64>>> = Map::default();
        let mut rings = Vec::with_capacity(cells.len());
        for cell in &cells {
            let candidates = near.get(&u64::from(*cell)).map(Vec::as_slice).unwrap_or_default();
            let corners: Vec<Coord<f64>> =
                hexagons.ring(*cell).into_iter().map(|corner| settle(corner, segments, candidates)).collect();
            let mut ring = Vec::with_capacity(corners.len() + 4);
            for (p, q) in edges(&corners) {
                let (low, high) = if before(p, q).is_le() { (p, q) } else { (q, p) };
                let nodes = on_edge
                    .entry((key(low), key(high)))
                    .or_insert_with(|| meet((low, high), segments, candidates, &mut stops));
                ring.push(p);
                if before(p, q).is_le() {
                    ring.extend(nodes.iter());
                } else {
                    ring.extend(nodes.iter().rev());
                }
            }
            ring.dedup();
            rings.push(ring);
        }
        let parts = segments.iter().zip(stops).flat_map(|(segment, stops)| cut_up(*segment, stops)).collect();
        Ok(Self { cells, rings, parts, resolution })
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = CellIndex> {
        self.cells.iter().copied()
    }

    /// The pieces of all cells along the border, parts numbered from 1 in each cell.
    pub(super) fn pieces(
        &self,
        inside: &Inside,
        village: &MultiPolygon<f64>,
    ) -> Result<Vec<CellPiece>, CellError> {
        let village_parts: Set<(Key, Key)> = self.parts.iter().map(|(a, b)| (key(*a), key(*b))).collect();
        let village_nodes: Set<Key> = self.parts.iter().map(|(a, _)| key(*a)).collect();
        let mut soups: Vec<Vec<Segment>> = vec![Vec::new(); self.cells.len()];
        let mut along_edge: Map<(Key, Key), usize> = Map::default();
        for (index, ring) in self.rings.iter().enumerate() {
            // Whether the ring runs in the village can change only where it meets the border.
            let mut within = None;
            for (a, b) in edges(ring) {
                if village_nodes.contains(&key(a)) {
                    within = None;
                }
                if village_parts.contains(&(key(a), key(b))) {
                    along_edge.insert((key(a), key(b)), index);
                } else if !village_parts.contains(&(key(b), key(a)))
                    && *within.get_or_insert_with(|| inside.holds((a + b) / 2.0))
                {
                    soups[index].push((a, b));
                }
            }
        }
        for (a, b) in &self.parts {
            let home = match along_edge.get(&(key(*a), key(*b))) {
                Some(home) => Some(*home),
                None => self.home((*a + *b) / 2.0)?,
            };
            if let Some(home) = home {
                soups[home].push((*a, *b));
            }
        }
        let mut pieces = Vec::new();
        for (index, soup) in soups.into_iter().enumerate().filter(|(_, soup)| !soup.is_empty()) {
            let polygons = assemble(&soup).unwrap_or_else(|| self.clip(index, &soup, village));
            let cell = self.cells[index];
            pieces.extend(polygons.into_iter().zip(1..).map(|(outline, part)| CellPiece {
                cell,
                part,
                outline,
            }));
        }
        Ok(pieces)
    }

    /// The cell whose ring holds a point; straight edges in degrees differ a little from H3's own.
    fn home(&self, point: Coord<f64>) -> Result<Option<usize>, CellError> {
        let cell = cell_at(point, self.resolution)?;
        let place = |cell: &CellIndex| self.cells.binary_search(cell).ok();
        let holds = |index: &usize| ring_holds(&self.rings[*index], point);
        let guess = place(&cell);
        if guess.as_ref().is_some_and(holds) {
            return Ok(guess);
        }
        let around = cell.grid_disk::<Vec<_>>(1);
        Ok(around.iter().filter_map(place).find(holds).or(guess))
    }

    /// A cell whose linework doesn't close (parts of the outline closer together than rounding):
    /// clipped by a general polygon operation, its vertices led back to the known ones.
    fn clip(&self, index: usize, soup: &[Segment], village: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        let known: Vec<Coord<f64>> =
            soup.iter().flat_map(|(a, b)| [*a, *b]).chain(self.rings[index].iter().copied()).collect();
        let mut ring = LineString(self.rings[index].clone());
        ring.close();
        let clipped = Polygon::new(ring, Vec::new()).intersection(village);
        let lead_back = |point: Coord<f64>| {
            let gap = |known: &Coord<f64>| (known.x - point.x).abs().max((known.y - point.y).abs());
            let nearest = known.iter().min_by(|a, b| gap(a).total_cmp(&gap(b)));
            nearest.filter(|known| gap(known) <= LOST_DEG).copied().unwrap_or(point)
        };
        let led: Vec<Segment> = clipped
            .iter()
            .flat_map(oriented_rings)
            .flat_map(|ring| {
                let mut ring: Vec<_> = ring.into_iter().map(lead_back).collect();
                ring.dedup();
                edges(&ring).filter(|(a, b)| a != b).collect::<Vec<_>>()
            })
            .collect();
        assemble(&led).unwrap_or(clipped)
    }
}

/// For each cell near the border, the segments that may meet it: segments are sampled at less than
/// half a cell's edge and listed with the cells around each sample.
fn near_segments(
    segments: &[Segment],
    resolution: Resolution,
    hexagons: &mut Hexagons,
) -> Result<Map<u64, Vec<u32>>, CellError> {
    let mut near: Map<u64, Vec<u32>> = Map::default();
    let Some(first) = segments.first() else { return Ok(near) };
    let corners = hexagons.ring(cell_at(first.0, resolution)?);
    let shortest = edges(&corners)
        .map(|(a, b)| short_length_m(a, b))
        // Points that H3 puts on the icosahedron's edges may stand close to a corner.
        .fold(0.0, f64::max)
        / 2.0;
    for (index, (a, b)) in (0u32..).zip(segments) {
        let steps = (short_length_m(*a, *b) / (shortest * 0.4)).ceil().max(1.0) as u32;
        let mut last = None;
        for step in 0..=steps {
            let cell = cell_at(*a + (*b - *a) * (f64::from(step) / f64::from(steps)), resolution)?;
            if last == Some(cell) {
                continue;
            }
            last = Some(cell);
            for around in cell.grid_disk::<Vec<_>>(1) {
                let list = near.entry(around.into()).or_default();
                if list.last() != Some(&index) {
                    list.push(index);
                }
            }
        }
    }
    Ok(near)
}

/// A corner of a cell that stands on a vertex of the village is that vertex.
fn settle(corner: Coord<f64>, segments: &[Segment], candidates: &[u32]) -> Coord<f64> {
    let ends = candidates.iter().map(|index| segments[*index as usize].0);
    ends.filter(|end| close(*end, corner)).min_by(|a, b| before(*a, *b)).unwrap_or(corner)
}

/// The points where segments meet a cell's edge, in its direction; each is noted with its segment too.
fn meet(
    edge: Segment,
    segments: &[Segment],
    candidates: &[u32],
    stops: &mut [Vec<Coord<f64>>],
) -> Vec<Coord<f64>> {
    let mut nodes = Vec::new();
    for index in candidates {
        let segment = segments[*index as usize];
        let mut touched = false;
        for end in [segment.0, segment.1] {
            if stands_on(edge.0, edge.1, end) {
                nodes.push(end);
                touched = true;
            }
        }
        for end in [edge.0, edge.1] {
            if stands_on(segment.0, segment.1, end) {
                stops[*index as usize].push(end);
                touched = true;
            }
        }
        if let Some(point) = (!touched).then(|| crossing(segment, edge)).flatten() {
            nodes.push(point);
            stops[*index as usize].push(point);
        }
    }
    let along = |point: &Coord<f64>| nearest_on(edge.0, edge.1, *point).0;
    nodes.sort_by(|a, b| along(a).total_cmp(&along(b)).then(before(*a, *b)));
    nodes.dedup();
    nodes
}

fn cut_up(segment: Segment, mut stops: Vec<Coord<f64>>) -> Vec<Segment> {
    let along = |point: &Coord<f64>| nearest_on(segment.0, segment.1, *point).0;
    stops.sort_by(|a, b| along(a).total_cmp(&along(b)).then(before(*a, *b)));
    stops.insert(0, segment.0);
    stops.push(segment.1);
    stops.dedup();
    stops.windows(2).map(|pair| (pair[0], pair[1])).collect()
}
