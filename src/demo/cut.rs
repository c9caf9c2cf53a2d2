//! Cuts a patch into connected regions of wanted areas.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::{
    frame::{Km, distance},
    patch::Patch,
};

const ROUNDS: usize = 16;
/// In the last rounds seeds stay and only delays change; the best of these is taken.
const SETTLING: usize = 7;

/// A region that is wanted: how large, and where its seat lies if that is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub area_km2: f64,
    pub seat: Option<Km>,
}

/// The number of the region of each triangle. `lateness` (0 to 1) says how long after a neighbour a region
/// may start: the more, the truer the areas, and the greater the danger that one is overrun. `None` when there are fewer triangles than regions, or
/// when the patch is in several pieces.
pub(super) fn cut(
    patch: &Patch,
    wanted: &[Wanted],
    lateness: f64,
    generator: &mut Pcg64Mcg,
) -> Option<Vec<u32>> {
    if patch.triangles.len() < wanted.len() || wanted.is_empty() {
        return None;
    }
    if wanted.len() == 1 {
        return Some(vec![0; patch.triangles.len()]);
    }
    let sum: f64 = wanted.iter().map(|region| region.area_km2).sum();
    let scale = patch.total_km2() / sum.max(1e-9);
    let radius = |area_km2: f64| (area_km2 / std::f64::consts::PI).sqrt();
    let target: Vec<f64> = wanted.iter().map(|region| radius(region.area_km2 * scale)).collect();
    let mut seeds = seeds(patch, wanted, &target, generator)?;
    let largest = target.iter().copied().fold(0.0, f64::max);
    let mut delay: Vec<f64> = target.iter().map(|r| largest - r).collect();
    let mut best = (f64::MAX, Vec::new());
    for round in 0..ROUNDS {
        let elbow = give_room(patch, &seeds, lateness, &mut delay);
        let start = delay.iter().copied().fold(f64::MAX, f64::min);
        let since: Vec<f32> = delay.iter().map(|d| (d - start) as f32).collect();
        let region = patch.grow(&seeds, &since);
        let mut sums = vec![[0.0f64; 3]; wanted.len()];
        for (t, number) in region.iter().enumerate() {
            let (sum, area) = (sums.get_mut(*number as usize)?, patch.area_km2[t]);
            let at = patch.centre[t];
            *sum = [sum[0] + at[0] * area, sum[1] + at[1] * area, sum[2] + area];
        }
        let misses = sums.iter().zip(&target).map(|(sum, r)| (radius(sum[2]) / r).ln().powi(2));
        let miss: f64 = misses.sum();
        for (number, sum) in sums.iter().enumerate() {
            let step = 0.6 * (radius(sum[2]) - target[number]);
            delay[number] += step.clamp(-0.25 * elbow[number], 0.25 * elbow[number]);
        }
        if round < ROUNDS - SETTLING {
            let middles: Vec<Km> = sums.iter().map(|s| [s[0] / s[2], s[1] / s[2]]).collect();
            centre(patch, &region, &middles, wanted, &mut seeds);
        }
        if round + 1 >= ROUNDS - SETTLING && miss < best.0 {
            best = (miss, region);
        }
    }
    Some(best.1)
}

/// Lets no seed start so late that a neighbour has long overrun it. Gives the distance of each to its
/// nearest neighbour: between too early and too late there is little more than that.
fn give_room(patch: &Patch, seeds: &[u32], lateness: f64, delay: &mut [f64]) -> Vec<f64> {
    let at: Vec<Km> = seeds.iter().map(|seed| patch.centre[*seed as usize]).collect();
    let mut order: Vec<usize> = (0..at.len()).collect();
    order.sort_by(|a, b| delay[*a].total_cmp(&delay[*b]));
    let mut elbow = vec![f64::MAX; at.len()];
    for early in order {
        for late in 0..at.len() {
            let apart = distance(at[early], at[late]);
            if late != early {
                delay[late] = delay[late].min(delay[early] + lateness * apart);
                elbow[late] = elbow[late].min(apart);
            }
        }
    }
    elbow
}

/// Moves each free seed to its region's triangle nearest to the region's middle.
fn centre(patch: &Patch, region: &[u32], middles: &[Km], wanted: &[Wanted], seeds: &mut [u32]) {
    let mut best = vec![f64::MAX; seeds.len()];
    for (t, number) in region.iter().enumerate() {
        let number = *number as usize;
        let far = distance(patch.centre[t], middles[number]);
        if wanted[number].seat.is_none() && far < best[number] {
            best[number] = far;
            seeds[number] = t as u32;
        }
    }
}

/// A triangle for each region: its seat's, or one by chance with room about it.
fn seeds(patch: &Patch, wanted: &[Wanted], target: &[f64], generator: &mut Pcg64Mcg) -> Option<Vec<u32>> {
    let mut taken = vec![false; patch.triangles.len()];
    let mut seeds: Vec<Option<u32>> = vec![None; wanted.len()];
    for (number, region) in wanted.iter().enumerate() {
        if let Some(seat) = region.seat {
            let seed = patch.nearest(seat, |t| !taken[t as usize])?;
            taken[seed as usize] = true;
            seeds[number] = Some(seed);
        }
    }
    let bag = Bag::new(patch);
    for number in 0..wanted.len() {
        if seeds[number].is_some() {
            continue;
        }
        let mut best: Option<(f64, u32)> = None;
        for _ in 0..8 {
            let t = bag.draw(generator);
            if taken[t as usize] {
                continue;
            }
            let room = seeds.iter().zip(target).filter_map(|(seed, r)| {
                seed.map(|s| {
                    distance(patch.centre[s as usize], patch.centre[t as usize]) / (r + target[number])
                })
            });
            let room = room.fold(f64::MAX, f64::min);
            if best.is_none_or(|(most, _)| room > most) {
                best = Some((room, t));
            }
        }
        let seed = best.map(|(_, t)| t).or_else(|| (0..taken.len() as u32).find(|t| !taken[*t as usize]))?;
        taken[seed as usize] = true;
        seeds[number] = Some(seed);
    }
    seeds.into_iter().collect()
}

/// Draws triangles by their area.
struct Bag {
    until: Vec<f64>,
}

impl Bag {
    fn new(patch: &Patch) -> Self {
        let mut sum = 0.0;
        let until = patch.area_km2.iter().map(|area| {
            sum += area;
            sum
        });
        Self { until: until.collect() }
    }

    fn draw(&self, generator: &mut Pcg64Mcg) -> u32 {
        let all = self.until.last().copied().unwrap_or(0.0);
        let at = generator.random::<f64>() * all;
        self.until.partition_point(|until| *until <= at).min(self.until.len().saturating_sub(1)) as u32
    }
}
