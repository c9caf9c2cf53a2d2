use std::collections::{BTreeMap, HashMap};

use geo::{BoundingRect, InteriorPoint, Intersects, LineString, MultiPolygon, Point, Polygon};
use h3o::{CellIndex, LatLng, Resolution};
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use super::{
    Findings, UnitInput, check,
    counted::{Cells, Counts},
    guard::guarded,
};
use crate::{
    domain::{AreaType, Code, Finding, FindingKind, Policy, Text, Unit},
    geo::dissolve::dissolve,
};

/// A village that units can lie in.
#[derive(Debug, Clone, PartialEq)]
pub struct VillageOutline {
    pub code: Code,
    pub area_type: AreaType,
    pub outline: MultiPolygon<f64>,
}

/// Which villages get units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// Those that the file says something about; the others keep what they have.
    Touched,
    /// All of them: where the file says nothing, nobody lives.
    All,
}

/// Sets what a file says into villages, row by row: points and cells are gathered into H3 cells of the
/// resolution that the village's profile asks for, clipped to the village; polygons stay as they are.
///
/// The units of a village cover it: a cell that nobody was counted in is a unit with 0 households.
/// Cells coarser than the profile are kept as they are, since their counts can't be told apart;
/// all cells of one village must have one resolution.
pub struct Gatherer<'a> {
    villages: &'a [VillageOutline],
    policy: &'a Policy,
    by_code: HashMap<&'a Code, usize>,
    index: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
    filled: BTreeMap<usize, Village>,
    findings: Findings,
}

/// What is known of one village so far.
#[derive(Default)]
struct Village {
    cells: Option<Cells>,
    polygons: Vec<(u64, Unit)>,
    codes: HashMap<String, u64>,
    /// It can't be cut; said once.
    refused: bool,
}

/// Gathers everything in one call, for the villages that the file says something about.
pub fn gather(
    inputs: impl IntoIterator<Item = (u64, UnitInput)>,
    villages: &[VillageOutline],
    policy: &Policy,
) -> (Vec<Unit>, Vec<Finding>) {
    let mut gatherer = Gatherer::new(villages, policy);
    inputs.into_iter().for_each(|(row, input)| gatherer.add(row, input));
    gatherer.finish(Cover::Touched)
}

impl<'a> Gatherer<'a> {
    /// The villages should be all that the file may be about: a point in none of them is a finding.
    pub fn new(villages: &'a [VillageOutline], policy: &'a Policy) -> Self {
        let boxes = villages.iter().enumerate().filter_map(|(index, village)| {
            village.outline.bounding_rect().map(|rect| GeomWithData::new(check::rectangle(rect), index))
        });
        Self {
            villages,
            policy,
            by_code: villages.iter().enumerate().map(|(index, village)| (&village.code, index)).collect(),
            index: RTree::bulk_load(boxes.collect()),
            filled: BTreeMap::new(),
            findings: Findings::default(),
        }
    }

    /// Takes one row in. What is wrong with it becomes a finding.
    pub fn add(&mut self, row: u64, input: UnitInput) {
        let done = guarded(|| match input {
            UnitInput::Point { at, village, households, people } => {
                self.point(at, village, Counts { households, people })
            }
            UnitInput::Cell { cell, village, households, people } => {
                self.cell(cell, village, Counts { households, people })
            }
            UnitInput::Polygon { code, village, outline, households, people } => {
                self.polygon(row, code, village, outline, Counts { households, people })
            }
        });
        let failed = match done {
            Ok(Ok(())) => return,
            Ok(Err(kind)) => kind,
            Err(why) => FindingKind::Unreadable { why },
        };
        self.findings.row(row, None, failed);
    }

    /// The units, sorted by village and code, and what was wrong.
    pub fn finish(mut self, cover: Cover) -> (Vec<Unit>, Vec<Finding>) {
        if cover == Cover::All {
            for index in 0..self.villages.len() {
                if self.filled.get(&index).is_none_or(|village| village.polygons.is_empty())
                    && let Err(kind) = self.cells(index, None)
                {
                    let subject = Some(self.villages[index].code.to_string());
                    self.findings.push(Finding { row: None, subject, kind });
                }
            }
        }
        let mut units = Vec::new();
        for (index, village) in std::mem::take(&mut self.filled) {
            self.check_polygons(&self.villages[index], &village.polygons).into_iter().for_each(|finding| {
                self.findings.push(finding);
            });
            units.extend(village.polygons.into_iter().map(|(_, unit)| unit));
            if let Some(cells) = village.cells {
                match cells.units(&self.villages[index].code) {
                    Ok(cells) => units.extend(cells),
                    Err(finding) => self.findings.push(finding),
                }
            }
        }
        units.sort_by(|a, b| (&a.village, &a.code).cmp(&(&b.village, &b.code)));
        (units, self.findings.into_vec())
    }

    fn point(&mut self, at: Point<f64>, village: Option<Code>, counts: Counts) -> Result<(), FindingKind> {
        let index = match village {
            Some(code) => {
                let index = *self.by_code.get(&code).ok_or(FindingKind::OutsideVillage)?;
                // A point that its own column puts elsewhere is a slip in one of the two.
                self.villages[index].outline.intersects(&at).then_some(index)
            }
            None => self.village_at(at),
        };
        let index = index.ok_or(FindingKind::OutsideVillage)?;
        let cells = self.cells(index, None)?;
        let piece = cells.piece_at(at).ok_or(FindingKind::OutsideVillage)?;
        cells.count(piece, counts);
        self.mixed(index)
    }

    fn cell(&mut self, cell: CellIndex, village: Option<Code>, counts: Counts) -> Result<(), FindingKind> {
        let centre = Point::from(geo::Coord::from(LatLng::from(cell)));
        let index = match village {
            Some(code) => self.by_code.get(&code).copied(),
            None => self.village_at(centre).or_else(|| self.village_of(cell)),
        };
        let index = index.ok_or(FindingKind::OutsideVillage)?;
        let cells = self.cells(index, Some(cell.resolution()))?;
        let bad = || FindingKind::BadCell { cell: cell.to_string() };
        if cells.given.is_some_and(|given| given != cell.resolution()) {
            return Err(bad());
        }
        let within = cell.parent(cells.resolution).ok_or_else(bad)?;
        cells.given = Some(cell.resolution());
        let piece = cells.largest_piece(within, centre).ok_or(FindingKind::OutsideVillage)?;
        cells.count(piece, counts);
        self.mixed(index)
    }

    fn polygon(
        &mut self,
        row: u64,
        code: String,
        village: Option<Code>,
        outline: Polygon<f64>,
        counts: Counts,
    ) -> Result<(), FindingKind> {
        let inside = outline.interior_point().ok_or(FindingKind::MissingGeometry)?;
        let index = match village {
            Some(code) => self.by_code.get(&code).copied(),
            None => self.village_at(inside),
        };
        let index = index.ok_or(FindingKind::OutsideVillage)?;
        let entry = self.filled.entry(index).or_default();
        if let Some(first_row) = entry.codes.get(&code) {
            let kind = FindingKind::DuplicateCode { first_row: *first_row };
            self.findings.row(row, Some(&code), kind);
            return Ok(());
        }
        entry.codes.insert(code.clone(), row);
        let village = self.villages[index].code.clone();
        let Counts { households, people } = counts;
        entry.polygons.push((row, Unit { code, village, outline, households, people }));
        self.mixed(index)
    }

    /// A village's units are either polygons or cells: both at once would overlap.
    fn mixed(&self, index: usize) -> Result<(), FindingKind> {
        match self.filled.get(&index) {
            Some(village) if village.cells.is_some() && !village.polygons.is_empty() => {
                let zh = "同一嘎查村社区既有单元面又有点或 H3 单元";
                let en = "its village has polygons as units and points or cells as well";
                Err(FindingKind::Unreadable { why: Text::new(zh, en) })
            }
            _ => Ok(()),
        }
    }

    fn village_at(&self, at: Point<f64>) -> Option<usize> {
        let near = self.index.locate_in_envelope_intersecting(&AABB::from_point([at.x(), at.y()]));
        // On a border between two, the lower code has it, so that the answer is always the same.
        near.map(|entry| entry.data)
            .filter(|index| self.villages[*index].outline.intersects(&at))
            .min_by_key(|index| &self.villages[*index].code)
    }

    /// The village that has the most of a cell whose centre lies in none.
    fn village_of(&self, cell: CellIndex) -> Option<usize> {
        let corners = cell.boundary();
        let ring = corners.iter().map(|corner| geo::Coord::from(*corner)).collect();
        let shape = MultiPolygon(vec![Polygon::new(LineString(ring), Vec::new())]);
        let near = self.index.locate_in_envelope_intersecting(&check::envelope(shape.bounding_rect()?));
        let shared = near.map(|entry| {
            let common = geo::BooleanOps::intersection(&self.villages[entry.data].outline, &shape);
            (entry.data, geo::Area::unsigned_area(&common))
        });
        let code = |index: usize| &self.villages[index].code;
        let most = shared.filter(|(_, area)| *area > 0.0);
        most.max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| code(b.0).cmp(code(a.0)))).map(|(index, _)| index)
    }

    /// The village's cells, cut when first asked for. `given` is the resolution of a cell in the file.
    fn cells(&mut self, index: usize, given: Option<Resolution>) -> Result<&mut Cells, FindingKind> {
        let village = &self.villages[index];
        let entry = self.filled.entry(index).or_default();
        let unfit = |why: &dyn std::fmt::Display| FindingKind::Unreadable {
            why: super::because("无法把嘎查村社区划分为单元", "its village can't be cut into cells", why),
        };
        if entry.refused {
            return Err(unfit(&village.code));
        }
        if entry.cells.is_none() {
            let profile = self.policy.profile(&village.code, village.area_type);
            let wanted = Resolution::try_from(profile.cell_resolution).map_err(|error| unfit(&error))?;
            let resolution = given.map_or(wanted, |given| given.min(wanted));
            match Cells::cut(&village.outline, resolution) {
                Ok(cells) => entry.cells = Some(cells),
                Err(error) => {
                    entry.refused = true;
                    return Err(unfit(&error));
                }
            }
        }
        entry.cells.as_mut().ok_or_else(|| unfit(&village.code))
    }

    /// Polygons must lie in their village, not overlap, and cover it.
    fn check_polygons(&self, village: &VillageOutline, polygons: &[(u64, Unit)]) -> Vec<Finding> {
        if polygons.is_empty() {
            return Vec::new();
        }
        let outlines: Vec<MultiPolygon<f64>> =
            polygons.iter().map(|(_, unit)| MultiPolygon(vec![unit.outline.clone()])).collect();
        let mut findings = Vec::new();
        for ((row, unit), outline) in polygons.iter().zip(&outlines) {
            if let Some(kind) = check::outside(&village.code, outline, &village.outline) {
                findings.push(Finding::row(*row, Some(&unit.code), kind));
            }
        }
        let all: Vec<&MultiPolygon<f64>> = outlines.iter().collect();
        for (a, b, overlap_m2) in check::overlaps(&all) {
            let (one, (row, other)) = (&polygons[a].1, &polygons[b]);
            let kind = FindingKind::Overlap { other: one.code.clone(), overlap_m2 };
            findings.push(Finding::row(*row, Some(&other.code), kind));
        }
        let gap = guarded(|| {
            let covered = dissolve(polygons.iter().map(|(_, unit)| &unit.outline));
            check::flat_area_m2(&geo::BooleanOps::difference(&village.outline, &covered))
        });
        if let Ok(gap) = gap
            && gap > check::TOLERANCE_M2
        {
            let code = village.code.to_string();
            let kind = FindingKind::Gap { village: code.clone(), gap_m2: gap.ceil() as u64 };
            findings.push(Finding { row: None, subject: Some(code), kind });
        }
        findings
    }
}
