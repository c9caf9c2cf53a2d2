//! Where a banner lies: whole micro-degrees for everything exact, kilometres for everything measured.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::domain::Code;

/// Longitude and latitude in whole millionths of a degree (about 0.1 m). The outlines have at most six
/// decimals, so a ring's vertex survives the way there and back to the last bit.
pub(super) type Micro = [i32; 2];

/// Kilometres east and north of the middle of the banner.
pub(super) type Km = [f64; 2];

/// A flat view of one banner: good to about one per cent, which is enough for what is made up.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    middle: [f64; 2],
    km_per_micro: [f64; 2],
    stretch: f64,
}

impl Frame {
    pub fn around(low: Micro, high: Micro) -> Self {
        let middle = [f64::from(low[0] / 2 + high[0] / 2), f64::from(low[1] / 2 + high[1] / 2)];
        let cos = (middle[1] * 1e-6).to_radians().cos();
        Self { middle, km_per_micro: [111.32e-6 * cos, 111.1e-6], stretch: (8.0 * cos).round() }
    }

    pub fn km(&self, at: Micro) -> Km {
        [
            (f64::from(at[0]) - self.middle[0]) * self.km_per_micro[0],
            (f64::from(at[1]) - self.middle[1]) * self.km_per_micro[1],
        ]
    }

    pub fn micro(&self, at: Km) -> Micro {
        [
            (at[0] / self.km_per_micro[0] + self.middle[0]).round() as i32,
            (at[1] / self.km_per_micro[1] + self.middle[1]).round() as i32,
        ]
    }

    /// Whole numbers, nearly as wide as high: exact for a triangulation's predicates.
    pub fn square(&self, at: Micro) -> [f64; 2] {
        [f64::from(at[0]) * self.stretch, f64::from(at[1]) * 8.0]
    }
}

pub(super) fn to_micro(x: f64, y: f64) -> Micro {
    [(x * 1e6).round() as i32, (y * 1e6).round() as i32]
}

pub(super) fn distance(a: Km, b: Km) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// A generator of its own for each banner and purpose, so that a banner alone and the whole region agree.
pub(super) fn generator(seed: u64, code: &Code, purpose: u64) -> Pcg64Mcg {
    let number: u64 = code.as_str().parse().unwrap_or(0);
    Pcg64Mcg::seed_from_u64(mix(seed ^ mix(number ^ mix(purpose))))
}

/// A number scattered log-normally around 1 with the given spread.
pub(super) fn spread(generator: &mut Pcg64Mcg, sigma: f64) -> f64 {
    (sigma * normal(generator)).exp()
}

pub(super) fn normal(generator: &mut Pcg64Mcg) -> f64 {
    let (u, v): (f64, f64) = (generator.random(), generator.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// SplitMix64's finish: scatters neighbouring numbers.
pub(super) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Smooth value noise from 0 to 1: hills of about `wave_km` across, with smaller ones on top.
pub(super) fn relief(seed: u64, at: Km, wave_km: f64) -> f64 {
    let octave = |seed: u64, times: f64| hills(seed, [at[0] * times / wave_km, at[1] * times / wave_km]);
    0.5 * octave(seed, 1.0) + 0.3 * octave(seed ^ 1, 2.3) + 0.2 * octave(seed ^ 2, 5.1)
}

fn hills(seed: u64, at: Km) -> f64 {
    let corner = |x: f64, y: f64| {
        let key = (x as i64 as u64).wrapping_mul(0x9e37_79b9) ^ (y as i64 as u64).rotate_left(32);
        (mix(seed ^ key) >> 11) as f64 / (1u64 << 53) as f64
    };
    let (x, y) = (at[0].floor(), at[1].floor());
    let ease = |t: f64| t * t * (3.0 - 2.0 * t);
    let (u, v) = (ease(at[0] - x), ease(at[1] - y));
    let south = corner(x, y) * (1.0 - u) + corner(x + 1.0, y) * u;
    let north = corner(x, y + 1.0) * (1.0 - u) + corner(x + 1.0, y + 1.0) * u;
    south * (1.0 - v) + north * v
}
