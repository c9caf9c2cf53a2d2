//! Which township and which village each triangle of a banner belongs to.

use rand_pcg::Pcg64Mcg;

use super::{
    cut::{Wanted, cut},
    frame::{Km, distance},
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

/// What it takes to share out a banner's triangles.
pub(super) struct Surveyor<'a> {
    pub mesh: &'a Mesh,
    pub plan: &'a Plan,
    /// Of the relief that borders follow.
    pub relief_seed: u64,
    /// See [`cut`].
    pub lateness: f64,
    pub generator: &'a mut Pcg64Mcg,
}

impl Surveyor<'_> {
    /// Shares the triangles out. `None` when somewhere there are too few of them.
    pub fn lay_out(mut self) -> Option<Layout> {
        let township = self.townships()?;
        let mut village = vec![0; township.len()];
        let mut first = 0;
        for (number, planned) in self.plan.townships.iter().enumerate() {
            let members = (0..township.len() as u32).filter(|t| township[*t as usize] == number as u32);
            let patch = self.patch(members.collect(), planned.villages.len());
            for (t, own) in patch.triangles.iter().zip(self.villages(&patch, planned)?) {
                village[*t as usize] = first + own;
            }
            first += planned.villages.len() as u32;
        }
        straighten(self.mesh, &mut village, &township, 8);
        Some(Layout { village })
    }

    /// A patch that is to be cut into `parts`.
    fn patch(&self, triangles: Vec<u32>, parts: usize) -> Patch {
        let km2: f64 = triangles.iter().map(|t| self.mesh.area_km2[*t as usize]).sum();
        Patch::new(self.mesh, triangles, self.relief_seed, (km2 / parts.max(1) as f64).sqrt())
    }

    fn townships(&mut self) -> Option<Vec<u32>> {
        let plan = self.plan;
        let numbers = |standing: Standing| -> Vec<u32> {
            let is = |n: &u32| plan.townships[*n as usize].standing == standing;
            (0..plan.townships.len() as u32).filter(is).collect()
        };
        let (streets, rural) = (numbers(Standing::Street), numbers(Standing::Rural));
        let whole = self.patch((0..self.mesh.triangles.len() as u32).collect(), rural.len());
        let pieces = whole.pieces();
        let mut land = self.patch(pieces.first()?.clone(), rural.len());
        let mut township = vec![0; self.mesh.triangles.len()];
        let mut share = |surveyor: &mut Self, patch: &Patch, numbers: &[u32], pinned: bool| -> Option<()> {
            let planned = numbers.iter().map(|n| &plan.townships[*n as usize]);
            let wanted: Vec<Wanted> =
                planned.map(|t| Wanted { area_km2: t.area_km2(), seat: pinned.then_some(t.seat) }).collect();
            for (t, number) in patch.triangles.iter().zip(surveyor.cut(patch, &wanted)?) {
                township[*t as usize] = numbers[number as usize];
            }
            Some(())
        };
        if !streets.is_empty() {
            let planned: Vec<&Township> = streets.iter().map(|n| &plan.townships[*n as usize]).collect();
            let count = planned.iter().map(|township| township.villages.len()).sum();
            let area = planned.iter().map(|township| township.area_km2()).sum();
            let (town, rest) = self.split(&land, plan.centre, area, count, rural.len())?;
            share(self, &town, &streets, false)?;
            land = rest;
        }
        for number in numbers(Standing::Park) {
            let park = &plan.townships[number as usize];
            let (own, rest) =
                self.split(&land, park.seat, park.area_km2(), park.villages.len(), rural.len())?;
            share(self, &own, &[number], true)?;
            land = rest;
        }
        share(self, &land, &rural, true)?;
        // A piece of the banner that lies apart goes to the township whose seat is nearest.
        for piece in pieces.iter().skip(1) {
            let at = self.mesh.centre[*piece.first()? as usize];
            let far = |n: &u32| distance(plan.townships[*n as usize].seat, at);
            let number = rural.iter().min_by(|a, b| far(a).total_cmp(&far(b)))?;
            piece.iter().for_each(|t| township[*t as usize] = *number);
        }
        let group = vec![0; township.len()];
        straighten(self.mesh, &mut township, &group, 8);
        Some(township)
    }

    fn cut(&mut self, patch: &Patch, wanted: &[Wanted]) -> Option<Vec<u32>> {
        cut(patch, wanted, self.lateness, self.generator)
    }

    /// The town of `area_km2` at `seat`, to be cut into `inner` parts, and the land left for `outer`.
    fn split(
        &self,
        patch: &Patch,
        seat: Km,
        area_km2: f64,
        inner: usize,
        outer: usize,
    ) -> Option<(Patch, Patch)> {
        let start = patch.nearest(seat, |_| true)?;
        let inside = patch.blob(start, area_km2, LEAST * inner);
        let of = |town: bool| -> Vec<u32> {
            let own = patch.triangles.iter().zip(&inside);
            own.filter(|(_, inside)| **inside == town).map(|(t, _)| *t).collect()
        };
        Some((self.patch(of(true), inner), self.patch(of(false), outer)))
    }

    /// The number of each triangle's village within its township.
    fn villages(&mut self, patch: &Patch, township: &Township) -> Option<Vec<u32>> {
        let mut village = vec![0; patch.triangles.len()];
        let numbers = |core: bool| -> Vec<usize> {
            (0..township.villages.len()).filter(|n| township.villages[*n].core == core).collect()
        };
        let (core, mut open) = (numbers(true), numbers(false));
        let mut share = |surveyor: &mut Self, part: &Patch, numbers: &[usize]| -> Option<()> {
            let area = |n: &usize| Wanted { area_km2: township.villages[*n].area_km2, seat: None };
            let wanted: Vec<Wanted> = numbers.iter().map(area).collect();
            for (t, number) in part.triangles.iter().zip(surveyor.cut(part, &wanted)?) {
                let at = patch.triangles.binary_search(t).ok()?;
                village[at] = numbers[number as usize] as u32;
            }
            Some(())
        };
        let pieces = patch.pieces();
        // A piece that lies apart is a village of its own as long as there are enough: the smallest ones.
        let mut apart = Vec::new();
        for piece in pieces.iter().skip(1) {
            open.sort_by(|a, b| township.villages[*b].area_km2.total_cmp(&township.villages[*a].area_km2));
            apart.push((piece, if open.len() > 1 { open.pop()? } else { *open.last().or(core.last())? }));
        }
        open.sort_unstable();
        let main = pieces.first()?.iter().map(|t| patch.triangles[*t as usize]).collect();
        let main = self.patch(main, township.villages.len());
        if core.is_empty() || open.is_empty() {
            share(self, &main, if core.is_empty() { &open } else { &core })?;
        } else {
            let (town, land) =
                self.split(&main, township.seat, township.core_km2(), core.len(), open.len())?;
            share(self, &town, &core)?;
            share(self, &land, &open)?;
        }
        for (piece, number) in apart {
            piece.iter().for_each(|t| village[*t as usize] = number as u32);
        }
        Some(village)
    }
}
