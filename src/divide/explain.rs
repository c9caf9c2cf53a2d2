//! The reasons for a division that is there already, by other counts than it was made with.

use std::collections::BTreeMap;

use super::{
    DivideError, Edge, EngineUnit, PartReason, graph::Graph, objective::Limits, partition::Partition, reasons,
};
use crate::domain::{Profile, ReasonKind};

/// Why `parts` (for each unit its grid, 0 to k − 1) don't keep the profile's limits, sorted by part.
///
/// # Errors
/// With an edge to a unit that isn't there.
pub fn explain(
    units: &[EngineUnit],
    edges: &[Edge],
    parts: &[u32],
    profile: &Profile,
) -> Result<Vec<PartReason>, DivideError> {
    let graph = Graph::of_units(units, edges)?;
    let limits = Limits::of_profile(profile);
    let components = graph.components();
    let mut found = Vec::new();
    if components.len() > 1 {
        let kind = ReasonKind::VillageInPieces { pieces: components.len() as u32 };
        found.push(PartReason { part: None, kind });
    }
    for component in &components {
        // A part lies in one piece: there its parts are numbered from 0.
        let mut places: BTreeMap<u32, u32> = BTreeMap::new();
        let mut names = Vec::new();
        let mut own = Vec::with_capacity(component.len());
        for node in component {
            let part = parts.get(*node as usize).copied().unwrap_or(0);
            let place = *places.entry(part).or_insert_with(|| {
                names.push(part);
                names.len() as u32 - 1
            });
            own.push(place);
        }
        let piece = graph.part(component);
        let partition = Partition::new(&piece, own, names.len());
        let code = |place: u32| units[component[place as usize] as usize].code.clone();
        for mut reason in reasons::of_piece(&piece, &partition, &limits, profile, code) {
            reason.part = reason.part.and_then(|place| names.get(place as usize).copied());
            found.push(reason);
        }
    }
    found.sort_by_key(|reason| reason.part);
    Ok(found)
}
