//! Khot's division engine against METIS in the same run: `cargo bench --bench division [-- SECTION…]`.
//!
//! Sections: `lattice-2k`, `lattice-100k`, `lattice-1m`, `communities`, `hard`, `exact`, `stability`, `again`;
//! without one, all of them. Each answer of the first five is made in a process of its own, one thread
//! unless it says otherwise, so that its peak memory (`VmHWM`, the instance included) is its own.

mod check;
mod engines;
mod exact;
mod instance;
mod village;

use std::process::Command;
use std::time::Instant;

use check::Figures;
use engines::{Ask, khot, metis};
use instance::{CAPPED, Instance, USUAL, communities, large};
use khot::divide::Effort;
use rayon::prelude::*;

const SECTIONS: [&str; 8] =
    ["lattice-2k", "lattice-100k", "lattice-1m", "communities", "hard", "exact", "stability", "again"];

fn main() {
    // Cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if let [child, task, engine] = words.as_slice()
        && child == "child"
    {
        println!("{}", answer(task, engine).told());
        return;
    }
    let unknown = words.iter().find(|word| !SECTIONS.contains(&word.as_str()));
    if let Some(unknown) = unknown {
        eprintln!("no section {unknown}: there are {}", SECTIONS.join(", "));
        std::process::exit(2);
    }
    for section in SECTIONS {
        if words.is_empty() || words.iter().any(|word| word == section) {
            println!("\n## {section}\n");
            run(section);
        }
    }
}

fn run(section: &str) {
    match section {
        "lattice-2k" => table("2000 usual 1", &["quick", "default", "thorough"], 3),
        "lattice-100k" => {
            for task in ["100000 usual 1", "100000 usual 2", "100000 capped 3"] {
                table(task, &["quick", "default", "thorough"], 1);
            }
        }
        "lattice-1m" => table("1000000 million 1", &["quick"], 1),
        "communities" | "hard" => table(section, &["village", "village-2"], 1),
        "exact" => exact::run(),
        "stability" => village::stability(),
        _ => village::again(),
    }
}

/// METIS and the engine on one task: medians of the time of `times` runs; the other figures are the same in
/// each.
fn table(task: &str, engines: &[&str], times: usize) {
    let measured = |engine: &str| {
        let mut runs: Vec<Figures> = (0..times).filter_map(|_| in_child(task, engine)).collect();
        runs.sort_by(|a, b| a.secs.total_cmp(&b.secs));
        runs.get(times / 2).copied()
    };
    let Some(metis) = measured("metis") else {
        println!("{task}: METIS gave no answer");
        return;
    };
    println!("{task}: {:.0} parts", metis.parts);
    Figures::head();
    println!("{}", metis.line("METIS k-way", &metis));
    let mut found = vec![("METIS", metis)];
    for engine in engines {
        if let Some(figures) = measured(engine) {
            println!("{}", figures.line(engine, &metis));
            found.push((engine, figures));
        }
    }
    if metis.instances > 1.0 {
        for (name, figures) in found {
            let share = 100.0 * figures.off_ten / figures.instances;
            println!("{name}: {share:.2} % of communities have a grid more than 10 % off their mean");
        }
    }
    println!();
}

fn in_child(task: &str, engine: &str) -> Option<Figures> {
    let program = std::env::current_exe().ok()?;
    let ran = Command::new(program).args(["child", task, engine]).output().ok()?;
    Figures::heard(String::from_utf8(ran.stdout).ok()?.trim())
}

/// What a child does: makes the instance, answers it, measures.
fn answer(task: &str, engine: &str) -> Figures {
    let words: Vec<&str> = task.split(' ').collect();
    let instances: Vec<Instance> = match words.as_slice() {
        ["communities"] => communities(false),
        ["hard"] => communities(true),
        [units, kind, seed] => {
            let tail = if *kind == "capped" { CAPPED } else { USUAL };
            let (units, seed) = (units.parse().unwrap_or(2000), seed.parse().unwrap_or(1));
            let per_part = if *kind == "million" { 1_000_000.0 / 55_000.0 } else { 20.0 };
            vec![large(units, per_part, tail, seed)]
        }
        _ => Vec::new(),
    };
    let begin = Instant::now();
    let one = |instance: &Instance| match engine {
        "metis" => metis(instance, 0.03),
        "quick" => khot(instance, &Ask::at(Effort::Quick)),
        "thorough" => khot(instance, &Ask::at(Effort::Thorough)),
        "default" => khot(instance, &Ask::at(Effort::Default)),
        _ => {
            let effort = if engine == "village-thorough" { Effort::Thorough } else { Effort::Default };
            let work = effort.village_work(instance.weights.len());
            khot(instance, &Ask { band: Some((300.0, 500.0)), work, ..Ask::at(Effort::Default) })
        }
    };
    let answers: Vec<Vec<u32>> = if engine == "village-2" {
        let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(2).build() else {
            return Figures::default();
        };
        pool.install(|| instances.par_iter().map(one).collect())
    } else {
        instances.iter().map(one).collect()
    };
    let secs = begin.elapsed().as_secs_f64();
    let peak_mb = peak_mb();
    let mut all = Figures { secs, peak_mb, ..Figures::default() };
    for (instance, answer) in instances.iter().zip(&answers) {
        all.add(&Figures::of(instance, answer));
    }
    all
}

/// This process's greatest memory so far; 0 where the system doesn't tell.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
