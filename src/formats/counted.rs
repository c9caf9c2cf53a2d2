use std::collections::{BTreeSet, HashMap};

use geo::{Distance, Euclidean, MultiPolygon, Point};
use h3o::{CellIndex, LatLng, Resolution};

use crate::{
    domain::{Code, Finding, FindingKind, Text, Unit},
    geo::cells::{self, CellPiece},
};

#[derive(Clone, Copy)]
pub(super) struct Counts {
    pub(super) households: u32,
    pub(super) people: u32,
}

/// The pieces of one village's cells, and what was counted in each.
pub(super) struct Cells {
    pub(super) resolution: Resolution,
    /// That of the cells in the file, when there were any.
    pub(super) given: Option<Resolution>,
    pieces: Vec<CellPiece>,
    by_cell: HashMap<CellIndex, Vec<usize>>,
    households: Vec<u64>,
    people: Vec<u64>,
}

impl Cells {
    pub(super) fn cut(outline: &MultiPolygon<f64>, resolution: Resolution) -> Result<Self, cells::CellError> {
        let pieces = cells::cut(outline, resolution.into())?;
        let mut by_cell: HashMap<CellIndex, Vec<usize>> = HashMap::with_capacity(pieces.len());
        for (index, piece) in pieces.iter().enumerate() {
            by_cell.entry(piece.cell).or_default().push(index);
        }
        let (households, people) = (vec![0; pieces.len()], vec![0; pieces.len()]);
        Ok(Self { resolution, given: None, pieces, by_cell, households, people })
    }

    pub(super) fn count(&mut self, piece: usize, counts: Counts) {
        self.households[piece] += u64::from(counts.households);
        self.people[piece] += u64::from(counts.people);
    }

    /// The piece that a point of the village lies in. On a border between cells it may be counted in
    /// the cell beside, where the village has nothing: then the nearest piece around has it.
    pub(super) fn piece_at(&self, at: Point<f64>) -> Option<usize> {
        let cell = LatLng::try_from(geo::Coord::from(at)).ok()?.to_cell(self.resolution);
        match self.by_cell.get(&cell).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            Some(several) => self.nearest(several, at),
            None => {
                let around = cell.grid_disk::<BTreeSet<_>>(1);
                let near: Vec<usize> =
                    around.iter().filter_map(|cell| self.by_cell.get(cell)).flatten().copied().collect();
                self.nearest(&near, at)
            }
        }
    }

    fn nearest(&self, pieces: &[usize], at: Point<f64>) -> Option<usize> {
        let far = |piece: &usize| Euclidean.distance(&at, &self.pieces[*piece].outline);
        pieces
            .iter()
            .copied()
            .map(|piece| (piece, far(&piece)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(p, _)| p)
    }

    pub(super) fn largest_piece(&self, cell: CellIndex, centre: Point<f64>) -> Option<usize> {
        let Some(pieces) = self.by_cell.get(&cell) else { return self.piece_at(centre) };
        let size = |piece: &usize| geo::Area::unsigned_area(&self.pieces[*piece].outline);
        pieces.iter().copied().max_by(|a, b| size(a).total_cmp(&size(b)))
    }

    /// # Errors
    /// With a finding when a unit's counts add up to more than a count can be.
    pub(super) fn units(self, village: &Code) -> Result<Vec<Unit>, Finding> {
        let whole = |count: u64, code: &str| {
            u32::try_from(count).map_err(|_| Finding {
                row: None,
                subject: Some(code.to_owned()),
                kind: FindingKind::OverLimit {
                    what: Text::new("一个单元的户数或人数", "households or people in one unit"),
                    max: u32::MAX.into(),
                },
            })
        };
        let counts = self.households.into_iter().zip(self.people);
        let units = self.pieces.into_iter().zip(counts).map(|(piece, (households, people))| {
            let code = piece.code();
            let (households, people) = (whole(households, &code)?, whole(people, &code)?);
            Ok(Unit { code, village: village.clone(), outline: piece.outline, households, people })
        });
        units.collect()
    }
}
