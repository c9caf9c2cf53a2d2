//! Cuts a patch into connected regions of wanted areas.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::{
    frame::{Km, distance},
    patch::Patch,
};

const ROUNDS: usize = 14;

/// A region that is wanted: how large, and where its seat lies if that is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub area_km2: f64,
    pub seat: Option<Km>,
}

/// The number of the region of each triangle. `None` when there are fewer triangles than regions, or
/// when the patch is in several pieces.
pub(super) fn cut(patch: &Patch, wanted: &[Wanted], generator: &mut Pcg64Mcg) -> Option<Vec<u32>> {
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
    let mut region = Vec::new();
    for round in 0..ROUNDS {
        let start = delay.iter().copied().fold(f64::MAX, f64::min);
        let since: Vec<f32> = delay.iter().map(|d| (d - start) as f32).collect();
        region = patch.grow(&seeds, &since);
        let mut sums = vec![[0.0f64; 3]; wanted.len()];
        for (t, number) in region.iter().enumerate() {
            let (sum, area) = (sums.get_mut(*number as usize)?, patch.area_km2[t]);
            let at = patch.centre[t];
            *sum = [sum[0] + at[0] * area, sum[1] + at[1] * area, sum[2] + area];
        }
        if round + 1 == ROUNDS {
            break;
        }
        for (number, sum) in sums.iter().enumerate() {
            delay[number] += 0.6 * (radius(sum[2]) - target[number]);
        }
        if round < ROUNDS - 5 {
            let middles: Vec<Km> = sums.iter().map(|s| [s[0] / s[2], s[1] / s[2]]).collect();
            centre(patch, &region, &middles, wanted, &mut seeds);
        }
    }
    Some(region)
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
