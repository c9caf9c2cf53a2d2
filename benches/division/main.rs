//! Khot's division engine against METIS in the same run: `cargo bench --bench division [-- SECTION…]`.
//!
//! Sections: `lattice-2k`, `lattice-100k`, `lattice-1m`, `communities`, `hard`, `exact`, `stability`, `again`,
//! `region`; without one, all of them. Each answer of the first five is made in a process of its own, one
//! thread unless it says otherwise, so that its peak memory (`VmHWM`, the instance included) is its own.
//! `cpu s` is what the threads that divide were given of a core, so other programs' load hardly counts;
//! `wall s` is what a person waits.
//!
//! `region` makes all 103 banners of the demo one after another, without a database, and divides all their
//! villages on two threads. Codes of banners choose some: `-- region 150821`.

mod asked;
mod check;
mod engines;
mod exact;
mod instance;
mod region;
mod village;

use std::process::Command;
use std::time::Instant;

use asked::Asked;
use check::Figures;
use engines::{Ask, khot, metis};
use instance::{CAPPED, Instance, PUBLISHED, USUAL, communities, holed, large};
use khot::divide::Effort;
use rayon::prelude::*;

const SECTIONS: [&str; 9] = [
    "lattice-2k",
    "lattice-100k",
    "lattice-1m",
    "communities",
    "hard",
    "exact",
    "stability",
    "again",
    "region",
];

fn main() {
    // Cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if let [child, task, engine] = words.as_slice()
        && child == "child"
    {
        match answer(task, engine) {
            Some(figures) => println!("{}", figures.told()),
            None => std::process::exit(1),
        }
        return;
    }
    let (banners, words): (Vec<String>, Vec<String>) =
        words.into_iter().partition(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()));
    let unknown = words.iter().find(|word| !SECTIONS.contains(&word.as_str()));
    if let Some(unknown) = unknown {
        eprintln!("no section {unknown}: there are {}", SECTIONS.join(", "));
        std::process::exit(2);
    }
    let mut asked = Asked::default();
    for section in SECTIONS {
        if words.is_empty() || words.iter().any(|word| word == section) {
            println!("\n## {section}\n");
            run(section, &banners, &mut asked);
        }
    }
    asked.told();
}

fn run(section: &str, banners: &[String], asked: &mut Asked) {
    match section {
        "lattice-2k" => table("2000 usual 1", &["quick", "default", "thorough"], 3, asked),
        "lattice-100k" => {
            for task in ["100000 usual 1", "100000 usual 2", "100000 capped 3", "100195 published 1"] {
                table(task, &["quick", "default", "thorough"], 1, asked);
            }
        }
        "lattice-1m" => table("1000000 million 1", &["quick"], 1, asked),
        "communities" | "hard" => table(section, &["village", "village-2"], 1, asked),
        "exact" => exact::run(asked),
        "stability" => village::stability(asked),
        "region" => region::run(banners, asked),
        _ => village::again(asked),
    }
}

/// METIS and the engine on one task: medians of the time of `times` runs, the engines taking turns; the other
/// figures are the same in each. Where METIS finds no answer, ours stands alone.
fn table(task: &str, engines: &[&str], times: usize, asked: &mut Asked) {
    let names: Vec<&str> = std::iter::once("metis").chain(engines.iter().copied()).collect();
    let mut runs: Vec<Vec<Figures>> = vec![Vec::new(); names.len()];
    for _ in 0..times {
        for (name, runs) in names.iter().zip(&mut runs) {
            runs.extend(in_child(task, name));
        }
    }
    let found: Vec<(&str, Figures)> =
        names.iter().zip(runs).filter_map(|(name, runs)| Some((*name, median(runs)?))).collect();
    let metis = found.iter().find(|(name, _)| *name == "metis").map(|found| found.1);
    println!("{task}: {:.0} parts", found.first().map_or(0.0, |found| found.1.parts));
    if metis.is_none() {
        println!("METIS k-way found no answer");
    }
    Figures::head();
    for (name, figures) in &found {
        println!("{}", figures.line(name, metis.as_ref()));
    }
    hold(task, &found, asked);
    for (name, figures) in found.iter().filter(|found| found.1.instances > 1.0) {
        let share = 100.0 * figures.off_ten / figures.instances;
        println!("{name}: {share:.2} % of communities have a grid more than 10 % off their mean");
    }
    println!();
}

/// Holds a table's figures against what is asked.
fn hold(task: &str, found: &[(&str, Figures)], asked: &mut Asked) {
    let named = |wanted: &str| found.iter().find(|(name, _)| *name == wanted).map(|found| found.1);
    let metis = named("metis");
    for (_, figures) in found.iter().filter(|(name, _)| *name != "metis") {
        asked.answer(figures);
    }
    for (effort, ours) in found {
        match (task, metis) {
            ("1000000 million 1", metis) if *effort == "quick" => asked.million(ours, metis.as_ref()),
            ("communities" | "hard", Some(metis)) if *effort == "village" => {
                asked.communities(task, ours, named("village-2").as_ref(), &metis);
            }
            (_, Some(metis)) if task.starts_with("100") => asked.lattice(task, effort, ours, &metis),
            _ => (),
        }
    }
}

fn median(mut runs: Vec<Figures>) -> Option<Figures> {
    runs.sort_by(|a, b| a.secs.total_cmp(&b.secs));
    let middle = *runs.get(runs.len() / 2)?;
    let mut walls: Vec<f64> = runs.iter().map(|run| run.wall).collect();
    walls.sort_by(f64::total_cmp);
    Some(Figures { wall: walls[walls.len() / 2], ..middle })
}

fn in_child(task: &str, engine: &str) -> Option<Figures> {
    let program = std::env::current_exe().ok()?;
    let ran = Command::new(program).args(["child", task, engine]).output().ok()?;
    // METIS grumbles on the same channel, and after the figures.
    String::from_utf8(ran.stdout).ok()?.lines().rev().find_map(|line| Figures::heard(line.trim()))
}

/// What a child does: makes the instance, answers it, measures. None where there is no answer.
fn answer(task: &str, engine: &str) -> Option<Figures> {
    let words: Vec<&str> = task.split(' ').collect();
    let instances: Vec<Instance> = match words.as_slice() {
        ["communities"] => communities(false),
        ["hard"] => communities(true),
        [units, "published", seed] => {
            let (units, seed) = (units.parse().unwrap_or(2000), seed.parse().unwrap_or(1));
            vec![holed(units, 20.0, 0.05, PUBLISHED, seed)]
        }
        [units, kind, seed] => {
            let tail = if *kind == "capped" { CAPPED } else { USUAL };
            let (units, seed) = (units.parse().unwrap_or(2000), seed.parse().unwrap_or(1));
            let per_part = if *kind == "million" { 1_000_000.0 / 55_000.0 } else { 20.0 };
            vec![large(units, per_part, tail, seed)]
        }
        _ => Vec::new(),
    };
    let threads = if engine.ends_with("-2") { 2 } else { 1 };
    let one = |instance: &Instance| match engine {
        "metis" => metis(instance, 0.03),
        "quick" => khot(instance, &Ask::at(Effort::Quick)),
        "thorough" => khot(instance, &Ask::at(Effort::Thorough)),
        "default" => khot(instance, &Ask::at(Effort::Default)),
        _ => {
            let work = Effort::Default.village_work(instance.weights.len());
            khot(instance, &Ask { band: Some((300.0, 500.0)), work, ..Ask::at(Effort::Default) })
        }
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok()?;
    let begin = Instant::now();
    let answers: Vec<(Vec<u32>, f64)> =
        pool.install(|| instances.par_iter().map(|instance| timed(|| one(instance))).collect());
    let wall = begin.elapsed().as_secs_f64();
    let secs = answers.iter().map(|answer| answer.1).sum();
    let mut all = Figures { secs, wall, peak_mb: peak_mb(), ..Figures::default() };
    for (instance, (answer, _)) in instances.iter().zip(&answers) {
        if answer.len() != instance.weights.len() {
            return None;
        }
        all.add(&Figures::of(instance, answer));
    }
    Some(all)
}

/// What `work` gives, and the seconds that this thread was given of a core for it.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = (Instant::now(), on_core());
    let given = work();
    let secs = match (begin.1, on_core()) {
        (Some(begin), Some(end)) => end - begin,
        _ => begin.0.elapsed().as_secs_f64(),
    };
    (given, secs)
}

/// Seconds that this thread has run; None where the system doesn't tell.
fn on_core() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}

/// This process's greatest memory so far; 0 where the system doesn't tell.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
