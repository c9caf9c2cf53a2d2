//! Makes what no open data has: townships, villages and units of a banner, from the real names, the real
//! banner outline and a seed.
//!
//! Every outline below the banner is a union of triangles of one triangulation whose constraint edges
//! are the banner's rings exactly as given, and nothing is ever put on a ring. So borders are shared to
//! the last digit, also between neighbouring banners, and a banner's real outline comes back untouched.
//! What is made is marked `synthetic` and must be called that wherever a person sees it.
//!
//! For a banner that has been divided it makes people too: see [`staff`] and [`duty`].

mod cut;
mod duty;
mod frame;
mod kinds;
mod land;
mod layout;
mod mesh;
mod noding;
mod outlets;
mod outlines;
mod patch;
mod plan;
mod roads;
mod smooth;
mod sources;
mod staff;
mod units;

#[cfg(test)]
mod tests;

pub use duty::{MadeDuty, duty};
pub use outlets::{MadeBody, MadeOutlet, outlets, services};
pub use roads::{DEMO_ROADS, MadeRoad, roads};
pub use sources::Sources;
pub use staff::{MadeAssignment, MadePosts, MadeWorker, Past, Place, Staff, language, staff};

use geo::MultiPolygon;
use rayon::prelude::*;

use crate::{
    domain::{Area, Code, Policy, Unit},
    geo::cells::CellError,
};

/// One banner of each kind: urban 新城区, agricultural 五原县, pastoral 东乌珠穆沁旗, mixed 科尔沁左翼中旗.
pub const DEMO_BANNERS: [&str; 4] = ["150102", "150821", "152525", "150521"];

/// Why a banner can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DemoError {
    #[error("the embedded {file} can't be read: {why}")]
    Source { file: &'static str, why: String },
    #[error("{0} is not a banner with an outline: `demo::Sources::banners` lists the 103 that are")]
    UnknownBanner(Code),
    #[error("the outline of {0} can't be triangulated: its rings cross, repeat or are empty")]
    Outline(Code),
    #[error("{0} can't be cut into its villages: give it a simpler plan or a finer mesh")]
    TooCoarse(Code),
    #[error("{village} can't be cut into cells: {why}")]
    Cells { village: Code, why: CellError },
}

/// A banner as the demo has it.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeBanner {
    /// The banner with its real outline, then each township followed by its villages (synthetic). All
    /// carry the points in which cells cut their borders, so that areas add up at every level.
    pub areas: Vec<Area>,
    /// By village in the order of `areas`, within a village by cell.
    pub units: Vec<Unit>,
}

/// Makes one banner with its units. Alone or with all others, on any number of threads: the same.
///
/// # Errors
/// When `banner` isn't one of [`Sources::banners`], or a policy's cell resolution gives too many cells.
pub fn make_banner(
    sources: &Sources,
    banner: &Code,
    policy: &Policy,
    seed: u64,
) -> Result<MadeBanner, DemoError> {
    let sketch = sketch(sources, banner, seed)?;
    let mut areas = areas(sources, banner, &sketch)?;
    let planned: Vec<&plan::Village> = sketch.plan.townships.iter().flat_map(|t| &t.villages).collect();
    let mut units: Vec<Vec<Unit>> = planned
        .par_iter()
        .zip(areas.iter().filter(|area| area.kind.is_some()).collect::<Vec<_>>())
        .map(|(village, area)| units::units(village, area, policy, seed))
        .collect::<Result<_, _>>()?;
    let cut: Vec<MultiPolygon<f64>> =
        areas.iter().filter(|area| area.kind.is_some()).map(|area| area.outline.clone()).collect();
    let agreed = noding::agree(&cut, &mut units);
    for (area, outline) in areas.iter_mut().filter(|area| area.kind.is_some()).zip(agreed) {
        area.outline = outline;
    }
    outlines::gather_up(&mut areas);
    Ok(MadeBanner { areas, units: units.into_iter().flatten().collect() })
}

/// The outlines alone, without the cut points of cells that [`make_banner`] puts into them.
///
/// # Errors
/// When `banner` isn't one of [`Sources::banners`].
pub fn make_areas(sources: &Sources, banner: &Code, seed: u64) -> Result<Vec<Area>, DemoError> {
    areas(sources, banner, &sketch(sources, banner, seed)?)
}

/// All banners with their real outlines, so that a map of some of them is whole.
pub fn banner_areas(sources: &Sources) -> Vec<Area> {
    outlines::banners(sources)
}

/// The region and its twelve leagues, with real outlines: the banners' dissolved.
pub fn upper_areas(sources: &Sources) -> Vec<Area> {
    outlines::upper(sources)
}

fn areas(sources: &Sources, banner: &Code, sketch: &Sketch) -> Result<Vec<Area>, DemoError> {
    let real = sources.banner(banner)?.outline.clone();
    let mut areas = vec![outlines::above(banner, sources.name(banner).unwrap_or_default(), real, false)];
    areas.extend(outlines::areas(sketch));
    Ok(areas)
}

/// Triangles with their villages, before they are dissolved.
struct Sketch {
    plan: plan::Plan,
    mesh: mesh::Mesh,
    layout: layout::Layout,
}

/// Tries ever finer triangles, and ever more even starts, until every village has room.
fn sketch(sources: &Sources, banner: &Code, seed: u64) -> Result<Sketch, DemoError> {
    let outline = &sources.banner(banner)?.outline;
    let land = land::Land::new(mesh::Rings::new(banner, outline)?);
    let mut plan = plan::Plan::new(sources, banner, &land, seed)?;
    let mut spacing = layout::spacing(&plan);
    let relief_seed = frame::mix(seed ^ frame::mix(banner.as_str().parse().unwrap_or(0)));
    for attempt in 0..4 {
        let mut generator = frame::generator(seed, banner, 10 + attempt);
        let points = land.scatter(&spacing, &mut generator);
        let mut mesh = mesh::Mesh::new(banner, &land.rings, points)?;
        let surveyor = layout::Surveyor {
            mesh: &mesh,
            plan: &plan,
            relief_seed,
            lateness: 0.75 / (attempt + 1) as f64,
            generator: &mut generator,
        };
        if let Some(layout) = surveyor.lay_out() {
            plan::share_people(&mut plan, &layout.village_km2(&mesh), &mut frame::generator(seed, banner, 2));
            smooth::soften(&mut mesh, &layout.village, 1);
            return Ok(Sketch { plan, mesh, layout });
        }
        spacing.finer(0.7);
    }
    Err(DemoError::TooCoarse(banner.clone()))
}
