//! From labelled triangles to outlines, and from banners to leagues and the region.

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::{Sketch, Sources, mesh::Mesh};
use crate::{
    domain::{Area, Code, Level},
    geo::dissolve::dissolve,
};

/// Township and village areas of a sketch in the order of the plan, each township before its villages.
pub(super) fn areas(sketch: &Sketch) -> Vec<Area> {
    let count = sketch.plan.townships.iter().map(|township| township.villages.len()).sum();
    let mut members: Vec<Vec<Polygon<f64>>> = vec![Vec::new(); count];
    for (t, village) in sketch.layout.village.iter().enumerate() {
        members[*village as usize].push(triangle(&sketch.mesh, t));
    }
    let mut members = members.into_iter();
    let mut areas = Vec::new();
    for township in &sketch.plan.townships {
        let at = areas.len();
        for (village, triangles) in township.villages.iter().zip(members.by_ref()) {
            areas.push(Area {
                code: village.code.clone(),
                name: village.name.clone(),
                area_type: Some(village.area_type),
                kind: Some(village.kind),
                outline: dissolve(&triangles),
                synthetic: true,
            });
        }
        let outline = dissolve(areas[at..].iter().flat_map(|area| &area.outline));
        areas.insert(at, above(&township.code, &township.name, outline, true));
    }
    areas
}

/// Dissolves villages into their townships and these into the banner, at the head of `areas`.
pub(super) fn gather_up(areas: &mut [Area]) {
    for level in [Level::Township, Level::Banner] {
        for at in 0..areas.len() {
            if areas[at].code.level() == level {
                let below = level.below();
                let code = areas[at].code.clone();
                let parts =
                    areas.iter().filter(|area| Some(area.code.level()) == below && code.covers(&area.code));
                areas[at].outline = dissolve(parts.flat_map(|area| &area.outline));
            }
        }
    }
}

/// Every banner with its real outline.
pub(super) fn banners(sources: &Sources) -> Vec<Area> {
    let area = |code: &Code| {
        let outline = sources.outline(code)?.clone();
        Some(above(code, sources.name(code).unwrap_or_default(), outline, false))
    };
    sources.banners().iter().filter_map(area).collect()
}

/// The region and the leagues: real outlines, dissolved from the banners'.
pub(super) fn upper(sources: &Sources) -> Vec<Area> {
    let banners = sources.banners();
    let within = |code: &Code| {
        dissolve(
            banners.iter().filter(|banner| code.covers(banner)).filter_map(|b| sources.outline(b)).flatten(),
        )
    };
    let area = |code: &Code| above(code, sources.name(code).unwrap_or_default(), within(code), false);
    let mut codes: Vec<Code> = banners.iter().map(|banner| banner.at(Level::Region)).collect();
    codes.dedup();
    codes.extend(sources.leagues());
    codes.iter().map(area).collect()
}

/// An area above the villages.
pub(super) fn above(code: &Code, name: &str, outline: MultiPolygon<f64>, synthetic: bool) -> Area {
    Area { code: code.clone(), name: name.to_owned(), area_type: None, kind: None, outline, synthetic }
}

/// Micro-degrees divided back are the very numbers that the outline was read with.
fn triangle(mesh: &Mesh, t: usize) -> Polygon<f64> {
    let [a, b, c] = mesh.triangles[t].map(|p| mesh.points[p as usize]);
    let coord = |at: [i32; 2]| Coord { x: f64::from(at[0]) / 1e6, y: f64::from(at[1]) / 1e6 };
    Polygon::new(LineString(vec![coord(a), coord(b), coord(c), coord(a)]), Vec::new())
}
