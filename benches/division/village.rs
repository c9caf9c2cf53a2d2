//! Dividing again: how many households keep their grid, and how long a person waits.

use std::time::Instant;

use khot::divide::{Effort, task::Work};
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};

use crate::{
    asked::Asked,
    check::Figures,
    engines::{Ask, khot},
    instance::{Instance, USUAL, draw, large},
};

/// Households' price for another grid, in the bench as in a policy that asks for stability.
const STAY: f64 = 60.0;

/// One household in twenty moves to a unit at random; then the area is divided again.
pub fn stability(asked: &mut Asked) {
    for seed in 1..=3 {
        let mut instance = large(2000, 20.0, USUAL, seed);
        let band = Some((300.0, 500.0));
        let first = khot(&instance, &Ask { band, ..Ask::at(Effort::Default) });
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let units = instance.weights.len();
        let mut arrived = vec![0u32; units];
        for unit in 0..units {
            let leave = (0..instance.weights[unit]).filter(|_| draw(&mut rng) < 0.05).count();
            instance.weights[unit] -= leave as u32;
            for _ in 0..leave {
                arrived[(draw(&mut rng) * units as f64) as usize] += 1;
            }
        }
        for (weight, arrived) in instance.weights.iter_mut().zip(arrived) {
            *weight += arrived;
        }
        let ask = Ask {
            band,
            tolerance: 0.1,
            previous: Some(&first),
            stay: STAY,
            work: Work::again(units),
            ..Ask::at(Effort::Default)
        };
        let begin = Instant::now();
        let again = khot(&instance, &ask);
        let secs = begin.elapsed().as_secs_f64();
        let all: u32 = instance.weights.iter().sum();
        let same = (0..units).filter(|unit| first[*unit] == again[*unit]);
        let kept: u32 = same.map(|unit| instance.weights[unit]).sum();
        let figures = Figures::of(&instance, &again);
        let share = 100.0 * f64::from(kept) / f64::from(all);
        asked.answer(&figures);
        asked.at_least(format!("stability, seed {seed}: households that keep their grid"), 95.0, share, " %");
        let out = figures.parts - figures.in_band;
        asked.at_most(format!("stability, seed {seed}: grids out of the band"), 0.0, out, "");
        println!(
            "seed {seed}: {:.2} % of households keep their grid; {:.0} of {:.0} grids in band, {:.0} within ±10 %, pieces {:.0}; {secs:.3} s",
            share, figures.in_band, figures.parts, figures.within[2], figures.in_pieces
        );
    }
}

/// A village of 5,000 units in 12 grids, two of them locked: the other ten are divided again.
pub fn again(asked: &mut Asked) {
    let village = large(5000, 5000.0 / 12.0, USUAL, 1);
    let before = khot(&village, &Ask::at(Effort::Quick));
    let (rest, previous) = unlocked(&village, &before);
    let mut times = Vec::new();
    let mut worst = 0.0f64;
    for seed in 0..40 {
        let work = Work::again(rest.weights.len());
        let begin = Instant::now();
        let answer = khot(&rest, &Ask { previous: Some(&previous), work, seed, ..Ask::at(Effort::Quick) });
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
        let figures = Figures::of(&rest, &answer);
        asked.answer(&figures);
        worst = worst.max(figures.worst);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{} units, {} grids beside 2 locked ones, 40 runs: p50 {:.0} ms, p95 {:.0} ms; worst deviation {:.1} %",
        rest.weights.len(),
        rest.parts,
        times[20],
        times[38],
        100.0 * worst
    );
    asked.at_most("one village again beside two locks: p95", 200.0, times[38], " ms");
}

/// The village without two of its parts, that leave it in one piece, and with other households.
fn unlocked(village: &Instance, parts: &[u32]) -> (Instance, Vec<u32>) {
    let mut rng = Pcg64Mcg::seed_from_u64(9);
    for first in 0..village.parts {
        for second in first + 1..village.parts {
            let number: Vec<Option<u32>> = parts
                .iter()
                .scan(0, |next, part| {
                    let free = *part != first && *part != second;
                    *next += u32::from(free);
                    Some(free.then(|| *next - 1))
                })
                .collect();
            let edge = |(a, b): &(u32, u32)| Some((number[*a as usize]?, number[*b as usize]?));
            let edges: Vec<(u32, u32)> = village.edges.iter().filter_map(edge).collect();
            let free = || (0..parts.len()).filter(|unit| number[*unit].is_some());
            let mut rest = Instance {
                weights: free().map(|unit| village.weights[unit]).collect(),
                edges,
                at: free().map(|unit| village.at[unit]).collect(),
                outer: free().map(|unit| village.outer[unit]).collect(),
                parts: 1,
            };
            let whole = vec![0; rest.weights.len()];
            if Figures::of(&rest, &whole).in_pieces > 0.0 {
                continue;
            }
            rest.parts = village.parts - 2;
            for weight in &mut rest.weights {
                *weight = (f64::from(*weight) * (0.8 + 0.4 * draw(&mut rng))) as u32;
            }
            let new = |part: u32| part - u32::from(part > first) - u32::from(part > second);
            let previous = free().map(|unit| new(parts[unit])).collect();
            return (rest, previous);
        }
    }
    (large(2000, 20.0, USUAL, 1), Vec::new())
}
