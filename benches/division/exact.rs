//! Small instances whose shortest border is known: by going through all divisions, or by the least rim that
//! a set of square cells can have.

use khot::divide::{Effort, task::Shapes};
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};

use crate::{
    asked::Asked,
    check::Figures,
    engines::{Ask, khot, metis},
    instance::{Instance, draw},
};

struct Known {
    name: String,
    instance: Instance,
    tolerance: f64,
    cut: f64,
}

pub fn run(asked: &mut Asked) {
    println!(
        "| instance                                   | least cut | khot | gap % | inside | s     | METIS | inside |"
    );
    println!(
        "|--------------------------------------------|----------:|-----:|------:|--------|------:|------:|--------|"
    );
    let (mut gaps, mut inside, mut metis_inside, mut longest) = (Vec::new(), 0, 0, 0.0f64);
    for known in instances() {
        let ask = Ask {
            tolerance: known.tolerance,
            work: Effort::Default.small_work(),
            shapes: Shapes::Ignored,
            ..Ask::at(Effort::Default)
        };
        let begin = std::time::Instant::now();
        let ours = Figures::of(&known.instance, &khot(&known.instance, &ask));
        let secs = begin.elapsed().as_secs_f64();
        let theirs = Figures::of(&known.instance, &metis(&known.instance, known.tolerance));
        let keeps = |figures: &Figures| {
            figures.worst <= known.tolerance + 1e-9 && figures.empty == 0.0 && figures.in_pieces == 0.0
        };
        let gap = 100.0 * (ours.cut / known.cut - 1.0);
        gaps.push(gap);
        longest = longest.max(secs);
        asked.answer(&ours);
        inside += usize::from(keeps(&ours));
        metis_inside += usize::from(keeps(&theirs));
        println!(
            "| {:<42} | {:>9.0} | {:>4.0} | {gap:>5.1} | {:<6} | {secs:>5.2} | {:>5.0} | {:<6} |",
            known.name,
            known.cut,
            ours.cut,
            keeps(&ours),
            theirs.cut,
            keeps(&theirs)
        );
    }
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let worst = gaps.iter().copied().fold(0.0, f64::max);
    println!(
        "{} instances: khot inside the tolerance in {inside}, METIS in {metis_inside}; gap {mean:.2} % in the mean, {worst:.1} % at most",
        gaps.len()
    );
    let share = 100.0 * inside as f64 / gaps.len() as f64;
    asked.at_least("small instances: inside the tolerance", 100.0, share, " %");
    asked.at_most("small instances: gap to the least cut in the mean", 1.0, mean, " %");
    asked.at_most("small instances: greatest gap", 5.0, worst, " %");
    asked.at_most("small instances: longest", 10.0, longest, " s");
}

fn instances() -> Vec<Known> {
    let mut found = vec![one_feasible()];
    for (wide, high, parts, tolerance) in
        [(4, 4, 2, 0.01), (4, 4, 3, 0.03), (5, 4, 2, 0.005), (5, 4, 3, 0.02), (5, 5, 2, 0.005)]
    {
        for seed in 0..4 {
            let instance = squares(wide, high, parts, seed, false);
            if let Some((cut, _)) = least(&instance, tolerance) {
                let name = format!("{wide}×{high} squares, {parts} parts, ±{} %", tolerance * 100.0);
                found.push(Known { name, instance, tolerance, cut });
            }
        }
    }
    // As many square blocks as parts: no set of s² cells has a shorter rim than a square's 4s.
    for (side, blocks) in [(8, 2), (12, 2), (12, 3), (18, 3), (20, 2), (20, 4), (24, 4)] {
        let instance = squares(side, side, blocks * blocks, 0, true);
        let cut = f64::from(2 * side * (blocks - 1));
        let name = format!("{side}×{side} squares alike, {} parts, ±0.5 %", blocks * blocks);
        found.push(Known { name, instance, tolerance: 0.005, cut });
    }
    found
}

/// A lattice of squares with weights of 100 to 1,100, or all of 100.
fn squares(wide: u32, high: u32, parts: u32, seed: u64, alike: bool) -> Instance {
    let mut rng = Pcg64Mcg::seed_from_u64(seed ^ 77);
    let mut instance =
        Instance { weights: Vec::new(), edges: Vec::new(), at: Vec::new(), outer: Vec::new(), parts };
    for unit in 0..wide * high {
        let (x, y) = (unit % wide, unit / wide);
        instance.weights.push(if alike { 100 } else { 100 + (draw(&mut rng) * 1000.0) as u32 });
        instance.at.push([x as f32, y as f32]);
        instance.outer.push(0);
        if x + 1 < wide {
            instance.edges.push((unit, unit + 1));
        }
        if y + 1 < high {
            instance.edges.push((unit, unit + wide));
        }
    }
    instance
}

/// Sixteen units in two parts that can be divided within ±0.5 % in one single way.
fn one_feasible() -> Known {
    let mut seed = 1000;
    loop {
        let instance = squares(4, 4, 2, seed, false);
        if let Some((cut, 1)) = least(&instance, 0.0005) {
            let name = "4×4 squares, 2 parts, one division feasible".to_owned();
            return Known { name, instance, tolerance: 0.0005, cut };
        }
        seed += 1;
    }
}

/// The least cut of all divisions within a tolerance, and how many there are: every assignment is tried.
fn least(instance: &Instance, tolerance: f64) -> Option<(f64, usize)> {
    let units = instance.weights.len();
    let mut around = vec![0u32; units];
    for &(a, b) in &instance.edges {
        around[a as usize] |= 1 << b;
        around[b as usize] |= 1 << a;
    }
    let mean = instance.weights.iter().sum::<u32>() as f64 / f64::from(instance.parts);
    let mut every = Every {
        instance,
        around,
        low: mean * (1.0 - tolerance) - 1e-6,
        high: mean * (1.0 + tolerance) + 1e-6,
        found: None,
    };
    every.place(0, &mut Vec::new(), &mut Vec::new());
    every.found
}

struct Every<'a> {
    instance: &'a Instance,
    around: Vec<u32>,
    low: f64,
    high: f64,
    found: Option<(f64, usize)>,
}

impl Every<'_> {
    fn place(&mut self, unit: usize, sets: &mut Vec<u32>, loads: &mut Vec<u32>) {
        if unit == self.instance.weights.len() {
            self.judge(sets, loads);
            return;
        }
        let weight = self.instance.weights[unit];
        for part in 0..=sets.len().min(self.instance.parts as usize - 1) {
            if part == sets.len() {
                sets.push(0);
                loads.push(0);
            }
            if f64::from(loads[part] + weight) <= self.high {
                sets[part] |= 1 << unit;
                loads[part] += weight;
                self.place(unit + 1, sets, loads);
                sets[part] &= !(1 << unit);
                loads[part] -= weight;
            }
            if sets[part] == 0 {
                sets.pop();
                loads.pop();
            }
        }
    }

    fn judge(&mut self, sets: &[u32], loads: &[u32]) {
        let even = loads.iter().all(|load| f64::from(*load) >= self.low);
        if sets.len() < self.instance.parts as usize || !even || !sets.iter().all(|set| self.whole(*set)) {
            return;
        }
        let home = |unit: u32| sets.iter().position(|set| set >> unit & 1 == 1);
        let cut = self.instance.edges.iter().filter(|(a, b)| home(*a) != home(*b)).count() as f64;
        let (least, count) = self.found.unwrap_or((f64::MAX, 0));
        self.found = Some((cut.min(least), count + 1));
    }

    fn whole(&self, set: u32) -> bool {
        let mut seen = set & set.wrapping_neg();
        loop {
            let more = (0..self.around.len())
                .filter(|unit| seen >> unit & 1 == 1)
                .fold(seen, |more, unit| more | (self.around[unit] & set));
            if more == seen {
                return seen == set;
            }
            seen = more;
        }
    }
}
