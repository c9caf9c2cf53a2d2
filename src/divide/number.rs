//! Sequence numbers of a village's grids.

use std::collections::{BTreeMap, BTreeSet};

use super::{DivideError, EngineUnit};

/// A grid of an earlier plan of the same village.
#[derive(Debug, Clone, PartialEq)]
pub struct PreviousGrid {
    /// Last three digits of its code.
    pub sequence: u16,
    /// Codes of its units.
    pub units: BTreeSet<String>,
}

/// A sequence number for each part, 1 to 999.
///
/// A part that holds more than half of the households of an earlier grid keeps that grid's number; of
/// several such grids, the one it has the most households from. Where nobody lives, units are counted
/// instead. Every other part gets the lowest numbers that no earlier grid had and that aren't voided,
/// from west to east in rows from north to south: as many rows as the square root of the number of
/// grids, of equal height between the northernmost and the southernmost grid; a grid stands in the row
/// of the mean of its units' centres by area. Grids without centres come last, by their units' codes.
///
/// # Errors
/// When the numbers up to 999 are used up.
pub fn number(
    parts: &[u32],
    units: &[EngineUnit],
    previous: &[PreviousGrid],
    voided: &BTreeSet<u16>,
) -> Result<Vec<u16>, DivideError> {
    let count = parts.iter().max().map_or(0, |last| *last as usize + 1);
    let mut sequences: Vec<Option<u16>> = vec![None; count];
    let mut taken: BTreeSet<u16> =
        voided.iter().copied().chain(previous.iter().map(|grid| grid.sequence)).collect();
    for (part, _, sequence) in kept(parts, units, previous) {
        // Strongest claim first: a part keeps one number, and a voided one isn't taken up again.
        if sequences[part].is_none() && !voided.contains(&sequence) {
            sequences[part] = Some(sequence);
        }
    }
    for part in in_reading_order(parts, units, count) {
        if sequences[part].is_none() {
            let free =
                (1..=999).find(|sequence| !taken.contains(sequence)).ok_or(DivideError::TooManyGrids)?;
            taken.insert(free);
            sequences[part] = Some(free);
        }
    }
    Ok(sequences.into_iter().flatten().collect())
}

/// Claims of parts on earlier numbers, the strongest first.
fn kept(parts: &[u32], units: &[EngineUnit], previous: &[PreviousGrid]) -> Vec<(usize, u64, u16)> {
    let place: BTreeMap<&str, usize> =
        units.iter().enumerate().map(|(index, unit)| (unit.code.as_str(), index)).collect();
    let mut claims = Vec::new();
    for grid in previous {
        let found: Vec<usize> =
            grid.units.iter().filter_map(|code| place.get(code.as_str()).copied()).collect();
        let lived_in = found.iter().any(|unit| units[*unit].households > 0);
        let worth = |unit: usize| if lived_in { u64::from(units[unit].households) } else { 1 };
        let all: u64 = found.iter().map(|unit| worth(*unit)).sum();
        let mut by_part: BTreeMap<u32, u64> = BTreeMap::new();
        for unit in found {
            *by_part.entry(parts[unit]).or_default() += worth(unit);
        }
        let most = by_part.into_iter().find(|(_, share)| share * 2 > all);
        claims.extend(most.map(|(part, share)| (part as usize, share, grid.sequence)));
    }
    claims.sort_by_key(|(_, share, sequence)| (std::cmp::Reverse(*share), *sequence));
    claims
}

fn in_reading_order(parts: &[u32], units: &[EngineUnit], count: usize) -> Vec<usize> {
    let mut sums = vec![(0.0, 0.0, 0.0); count];
    let mut first: Vec<Option<&str>> = vec![None; count];
    for (unit, part) in units.iter().zip(parts) {
        let part = *part as usize;
        let code = unit.code.as_str();
        first[part] = Some(first[part].map_or(code, |least| least.min(code)));
        if let Some((lon, lat)) = unit.centre {
            let weight = unit.area_m2.max(1e-6);
            sums[part].0 += weight;
            sums[part].1 += weight * lon;
            sums[part].2 += weight * lat;
        }
    }
    let centres: Vec<Option<(f64, f64)>> =
        sums.iter().map(|(weight, x, y)| (*weight > 0.0).then(|| (x / weight, y / weight))).collect();
    let latitudes = || centres.iter().flatten().map(|centre| centre.1);
    let (north, south) = (latitudes().fold(f64::MIN, f64::max), latitudes().fold(f64::MAX, f64::min));
    let rows = (count as f64).sqrt().round().max(1.0);
    let row = |lat: f64| {
        if north > south { ((north - lat) / (north - south) * rows).floor().min(rows - 1.0) } else { 0.0 }
    };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| {
        let by_code = first[*a].cmp(&first[*b]);
        match (centres[*a], centres[*b]) {
            (Some(one), Some(two)) => row(one.1)
                .total_cmp(&row(two.1))
                .then(one.0.total_cmp(&two.0))
                .then(two.1.total_cmp(&one.1))
                .then(by_code),
            (one, two) => two.is_some().cmp(&one.is_some()).then(by_code),
        }
    });
    order
}

#[cfg(test)]
#[path = "number_tests.rs"]
mod tests;
