//! Which township and which village each triangle of a banner belongs to.

use rand_pcg::Pcg64Mcg;

use super::{
    cut::{Wanted, cut},
    frame::{Km, distance, mix},
    kinds::Standing,
    land::{Spacing, Town},
    mesh::Mesh,
    patch::Patch,
    plan::{Plan, Township, Village},
    smooth::straighten,
};

/// Triangles that a village should be made of, about: fewer where there are many villages.
const TRIANGLES: (f64, f64) = (56.0, 200.0);
/// Triangles of a banner, about, between these bounds.
const TRIANGLES_IN_ALL: f64 = 24_000.0;
/// Triangles that a village in a town must at least have room for.
const LEAST: usize = 6;

/// For each triangle the number of its village, counted through the plan.
#[derive(Debug)]
pub(super) struct Layout {
    pub village: Vec<u32>,
}

impl Layout {
    /// Area of each village, km².
    pub fn village_km2(&self, mesh: &Mesh) -> Vec<f64> {
        let count = self.village.iter().max().map_or(0, |last| *last as usize + 1);
        let mut km2 = vec![0.0; count];
        self.village.iter().zip(&mesh.area_km2).for_each(|(village, area)| km2[*village as usize] += area);
        km2
    }
}

/// How close together points must lie for every village to get its triangles.
pub(super) fn spacing(plan: &Plan) -> Spacing {
    let count = plan.townships.iter().map(|township| township.villages.len()).sum::<usize>().max(1);
    let triangles = (TRIANGLES_IN_ALL / count as f64).clamp(TRIANGLES.0, TRIANGLES.1);
    // Two triangles a point, each 0.433 of its side squared.
    let side = |area_km2: f64| (area_km2 / (0.433 * triangles)).sqrt();
    let mut open: Vec<f64> = plan
        .townships
        .iter()
        .flat_map(|township| &township.villages)
        .filter(|village| !village.core)
        .map(|village| village.area_km2)
        .collect();
    open.sort_by(f64::total_cmp);
    let open_km = open.get(open.len() / 3).map_or(1.0, |area| side(*area));
    let town = |at: Km, villages: &mut dyn Iterator<Item = &Village>| {
        let (count, area) = villages.fold((0.0, 0.0), |(n, sum), v| (n + 1.0, sum + v.area_km2));
        (count > 0.0).then(|| Town {
            at,
            radius_km: 1.2 * (area / 3.0).sqrt(),
            spacing_km: side(area / count),
        })
    };
    let streets = |township: &&Township| township.standing == Standing::Street;
    let mut packed = plan.townships.iter().filter(streets).flat_map(|township| &township.villages);
    let mut towns: Vec<Town> = town(plan.centre, &mut packed).into_iter().collect();
    towns.extend(plan.townships.iter().filter(|township| !streets(township)).filter_map(|township| {
        town(township.seat, &mut township.villages.iter().filter(|village| village.core))
    }));
    Spacing { open_km, towns }
}

/// Shares the triangles out. `None` when somewhere there are too few of them.
pub(super) fn lay_out(mesh: &Mesh, plan: &Plan, seed: u64, generator: &mut Pcg64Mcg) -> Option<Layout> {
    let township = townships(mesh, plan, seed, generator)?;
    let mut village = vec![0; township.len()];
    let mut first = 0;
    for (number, planned) in plan.townships.iter().enumerate() {
        let members: Vec<u32> =
            (0..township.len() as u32).filter(|t| township[*t as usize] == number as u32).collect();
        let wave = (planned.area_km2() / planned.villages.len().max(1) as f64).sqrt();
        let patch = Patch::new(mesh, members, mix(seed ^ number as u64), wave);
        for (t, own) in patch.triangles.iter().zip(villages(mesh, &patch, planned, generator)?) {
            village[*t as usize] = first + own;
        }
        first += planned.villages.len() as u32;
    }
    straighten(mesh, &mut village, &township, 8);
    Some(Layout { village })
}

fn townships(mesh: &Mesh, plan: &Plan, seed: u64, generator: &mut Pcg64Mcg) -> Option<Vec<u32>> {
    let numbers = |standing: Standing| -> Vec<u32> {
        let is = |n: &u32| plan.townships[*n as usize].standing == standing;
        (0..plan.townships.len() as u32).filter(is).collect()
    };
    let (streets, others) = (numbers(Standing::Street), numbers(Standing::Rural));
    let area = |numbers: &[u32]| numbers.iter().map(|n| plan.townships[*n as usize].area_km2()).sum::<f64>();
    let wave = (area(&others) / others.len().max(1) as f64).sqrt();
    let whole = Patch::new(mesh, (0..mesh.triangles.len() as u32).collect(), mix(seed), wave);
    let pieces = whole.pieces();
    let mut land = Patch::new(mesh, pieces.first()?.clone(), mix(seed), wave);
    let mut township = vec![0; mesh.triangles.len()];
    let mut share = |patch: &Patch, numbers: &[u32], wanted: &[Wanted]| -> Option<()> {
        for (t, number) in patch.triangles.iter().zip(cut(patch, wanted, generator)?) {
            township[*t as usize] = numbers[number as usize];
        }
        Some(())
    };
    let wanted = |numbers: &[u32], pinned: bool| -> Vec<Wanted> {
        let planned = numbers.iter().map(|n| &plan.townships[*n as usize]);
        planned.map(|t| Wanted { area_km2: t.area_km2(), seat: pinned.then_some(t.seat) }).collect()
    };
    if !streets.is_empty() {
        let count: usize = streets.iter().map(|n| plan.townships[*n as usize].villages.len()).sum();
        let start = land.nearest(plan.centre, |_| true)?;
        let (town, rest) = split(mesh, &land, start, area(&streets), LEAST * count, seed);
        share(&town, &streets, &wanted(&streets, false))?;
        land = rest;
    }
    for number in numbers(Standing::Park) {
        let park = &plan.townships[number as usize];
        let start = land.nearest(park.seat, |_| true)?;
        let least = LEAST * park.villages.len();
        let (own, rest) = split(mesh, &land, start, park.area_km2(), least, seed ^ u64::from(number));
        share(&own, &[number], &wanted(&[number], true))?;
        land = rest;
    }
    share(&land, &others, &wanted(&others, true))?;
    // A piece of the banner that lies apart goes to the township whose seat is nearest.
    for piece in pieces.iter().skip(1) {
        let at = mesh.centre[*piece.first()? as usize];
        let far = |n: &u32| distance(plan.townships[*n as usize].seat, at);
        let number = others.iter().min_by(|a, b| far(a).total_cmp(&far(b)))?;
        piece.iter().for_each(|t| township[*t as usize] = *number);
    }
    let group = vec![0; township.len()];
    straighten(mesh, &mut township, &group, 8);
    Some(township)
}

/// A patch's town about `start` and what is left of it.
fn split(mesh: &Mesh, patch: &Patch, start: u32, area_km2: f64, least: usize, seed: u64) -> (Patch, Patch) {
    let inside = patch.blob(start, area_km2, least);
    let of = |town: bool| -> Vec<u32> {
        let own = patch.triangles.iter().zip(&inside);
        own.filter(|(_, inside)| **inside == town).map(|(t, _)| *t).collect()
    };
    let wave = area_km2.sqrt() / 2.0;
    (Patch::new(mesh, of(true), mix(seed ^ 1), wave), Patch::new(mesh, of(false), mix(seed ^ 2), 2.0 * wave))
}

/// The number of each triangle's village within its township.
fn villages(mesh: &Mesh, patch: &Patch, township: &Township, generator: &mut Pcg64Mcg) -> Option<Vec<u32>> {
    let mut village = vec![0; patch.triangles.len()];
    let numbers = |core: bool| -> Vec<usize> {
        (0..township.villages.len()).filter(|n| township.villages[*n].core == core).collect()
    };
    let (core, mut open) = (numbers(true), numbers(false));
    let mut share = |part: &Patch, numbers: &[usize]| -> Option<()> {
        let area = |n: &usize| Wanted { area_km2: township.villages[*n].area_km2, seat: None };
        let wanted: Vec<Wanted> = numbers.iter().map(area).collect();
        for (t, number) in part.triangles.iter().zip(cut(part, &wanted, generator)?) {
            let at = patch.triangles.binary_search(t).ok()?;
            village[at] = numbers[number as usize] as u32;
        }
        Some(())
    };
    let pieces = patch.pieces();
    let global = |piece: &[u32]| -> Vec<u32> { piece.iter().map(|t| patch.triangles[*t as usize]).collect() };
    let wave = (patch.total_km2() / township.villages.len().max(1) as f64).sqrt();
    let seed = mix(wave.to_bits());
    let main = Patch::new(mesh, global(pieces.first()?), seed, wave);
    // A piece that lies apart is a village of its own as long as there are enough: the smallest ones.
    let mut apart = Vec::new();
    for piece in pieces.iter().skip(1) {
        open.sort_by(|a, b| township.villages[*b].area_km2.total_cmp(&township.villages[*a].area_km2));
        apart.push((piece, if open.len() > 1 { open.pop()? } else { *open.last().or(core.last())? }));
    }
    open.sort_unstable();
    if core.is_empty() || open.is_empty() {
        share(&main, if core.is_empty() { &open } else { &core })?;
    } else {
        let start = main.nearest(township.seat, |_| true)?;
        let (town, land) = split(mesh, &main, start, township.core_km2(), LEAST * core.len(), seed);
        share(&town, &core)?;
        share(&land, &open)?;
    }
    for (piece, number) in apart {
        piece.iter().for_each(|t| village[*t as usize] = number as u32);
    }
    Some(village)
}
