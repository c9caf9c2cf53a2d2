//! Whether units cover their village once: no gap, no overlap, nothing outside.

use std::collections::BTreeMap;

use geo::Orient;
use geo::{BooleanOps, Coord, MultiPolygon, Polygon, orient::Direction};

use super::{Breach, area, border::boxes_meet};
use crate::domain::{Code, Unit};

/// What may be missing, doubled or outside, in m².
pub(super) const TOLERANCE_M2: f64 = 1.0;

type Key = [u64; 2];

/// Compares areas, then the linework. When every edge of a unit is met by its reverse, in another unit
/// or in the village's outline turned round, the units cover the village exactly once: nothing more
/// needs a look. Otherwise the units with edges left over are laid over each other and the village.
pub(super) fn check(village: &Code, outline: &MultiPolygon<f64>, units: &[Unit]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let (of_village, of_units) =
        (area::multi_m2(outline), units.iter().map(|unit| area::polygon_m2(&unit.outline)).sum::<f64>());
    if (of_village - of_units).abs() > TOLERANCE_M2 {
        breaches.push(Breach::UnitsDontCover {
            village: village.to_string(),
            village_m2: of_village,
            units_m2: of_units,
        });
    }
    let suspects = left_over(outline, units);
    for (place, index) in suspects.iter().enumerate() {
        let unit = &units[*index];
        for other in &suspects[place + 1..] {
            let other = &units[*other];
            if !boxes_meet(&unit.outline, &other.outline) {
                continue;
            }
            let m2 = area::multi_m2(&unit.outline.intersection(&other.outline));
            if m2 > TOLERANCE_M2 {
                breaches.push(Breach::UnitsOverlap { one: unit.code.clone(), two: other.code.clone(), m2 });
            }
        }
        let m2 = area::multi_m2(&unit.outline.difference(outline));
        if m2 > TOLERANCE_M2 {
            breaches.push(Breach::UnitOutside { unit: unit.code.clone(), village: village.to_string(), m2 });
        }
    }
    breaches
}

/// Units with an edge that nothing meets; sorted.
fn left_over(outline: &MultiPolygon<f64>, units: &[Unit]) -> Vec<usize> {
    let mut open: BTreeMap<(Key, Key), Vec<usize>> = BTreeMap::new();
    for polygon in outline {
        for (a, b) in directed(polygon) {
            // Turned round: the village meets its units from outside.
            open.entry((b, a)).or_default().push(usize::MAX);
        }
    }
    for (index, unit) in units.iter().enumerate() {
        for (a, b) in directed(&unit.outline) {
            let met = open.get_mut(&(b, a)).and_then(Vec::pop).is_some();
            if !met {
                open.entry((a, b)).or_default().push(index);
            }
        }
    }
    let mut found: Vec<usize> = open.into_values().flatten().filter(|index| *index != usize::MAX).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Edges with the inside on the left.
fn directed(polygon: &Polygon<f64>) -> Vec<(Key, Key)> {
    let bits = |point: Coord<f64>| [(point.x + 0.0).to_bits(), (point.y + 0.0).to_bits()];
    let oriented = polygon.orient(Direction::Default);
    super::border::lines(&oriented).map(|line| (bits(line.start), bits(line.end))).collect()
}
