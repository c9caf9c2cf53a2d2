//! The whole region: every village of the demo's banners, made without a database.

use std::{collections::BTreeMap, time::Instant};

use khot::{
    demo::{Sources, make_banner},
    divide::{VillageInput, divide_village},
    domain::{Area, AreaType, Code, Policy, Profile, Unit},
    planning::village_seed,
};
use rayon::prelude::*;

use crate::{asked::Asked, peak_mb, timed};

/// As the demo is made and divided without further words.
const SEED: u64 = 1;

#[derive(Default)]
struct Sum {
    villages: usize,
    units: usize,
    grids: usize,
    in_band: usize,
    /// Villages of which a grid is out of its band.
    out: usize,
}

/// Banners `only`, or all: each is made, then divided; only the division is timed, on two threads.
pub fn run(only: &[String], asked: &mut Asked) {
    let (Ok(sources), Ok(policy)) = (Sources::embedded(), Policy::defaults()) else {
        println!("the embedded sources can't be read");
        return;
    };
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(2).build() else { return };
    let banners = sources.banners();
    let chosen =
        banners.iter().filter(|banner| only.is_empty() || only.iter().any(|code| code == banner.as_str()));
    let (mut wall, mut on_cores, mut longest) = (0.0, 0.0, 0.0f64);
    let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
    let mut banners = 0;
    for banner in chosen {
        let made = match pool.install(|| make_banner(&sources, banner, &policy, SEED)) {
            Ok(made) => made,
            Err(error) => {
                println!("{banner}: {error}");
                continue;
            }
        };
        banners += 1;
        let inputs = inputs(&made.areas, &made.units, &policy);
        drop(made);
        let begin = Instant::now();
        let divided: Vec<_> = pool.install(|| {
            let one = |(code, _, profile, input): &(Code, AreaType, Profile, VillageInput)| {
                timed(|| divide_village(input, profile, village_seed(SEED, code), &|| false))
            };
            inputs.par_iter().map(one).collect()
        });
        wall += begin.elapsed().as_secs_f64();
        for ((code, area_type, profile, input), (division, secs)) in inputs.iter().zip(divided) {
            on_cores += secs;
            longest = longest.max(secs);
            let Ok(division) = division else {
                println!("{code}: no answer");
                continue;
            };
            let mut loads = vec![0u32; division.count() as usize];
            for (unit, part) in input.units.iter().zip(&division.parts) {
                loads[*part as usize] += unit.households;
            }
            let band = profile.households_min..=profile.households_max;
            let inside = loads.iter().filter(|load| band.contains(load)).count();
            for key in [area_type.as_str(), "all"] {
                let sum = sums.entry(key).or_default();
                sum.villages += 1;
                sum.units += input.units.len();
                sum.grids += loads.len();
                sum.in_band += inside;
                sum.out += usize::from(inside < loads.len());
            }
        }
    }
    println!("| area type    | villages |    units |  grids | in band | villages with a grid out of it |");
    println!("|--------------|---------:|---------:|-------:|--------:|-------------------------------:|");
    for (name, sum) in &sums {
        let share = 100.0 * sum.in_band as f64 / sum.grids.max(1) as f64;
        println!(
            "| {name:<12} | {:>8} | {:>8} | {:>6} | {share:>6.2}% | {:>30} |",
            sum.villages, sum.units, sum.grids, sum.out
        );
    }
    println!(
        "{banners} banners (synthetic villages): {wall:.1} s on two threads, {on_cores:.1} s on cores in all, the \
         longest village {longest:.2} s; peak {:.0} MB with the banner in hand",
        peak_mb()
    );
    if only.is_empty() {
        asked.at_most("whole region: wait on two cores", 40.0, wall, " s");
        asked.at_most("whole region: half of the seconds on cores", 40.0, on_cores / 2.0, " s");
        asked.at_most("whole region: peak memory", 1024.0, peak_mb(), " MB");
    }
}

/// Each village with its type, its profile and what the engine is given of it.
fn inputs(areas: &[Area], units: &[Unit], policy: &Policy) -> Vec<(Code, AreaType, Profile, VillageInput)> {
    let mut by_village: BTreeMap<&str, Vec<Unit>> = BTreeMap::new();
    for unit in units {
        by_village.entry(unit.village.as_str()).or_default().push(unit.clone());
    }
    let one = |area: &Area| {
        let area_type = area.area_type?;
        let input = VillageInput::from_units(by_village.get(area.code.as_str())?).ok()?;
        Some((area.code.clone(), area_type, policy.profile(&area.code, area_type), input))
    };
    areas.par_iter().filter_map(one).collect()
}
