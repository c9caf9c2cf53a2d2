//! The engines that are compared.

use khot::divide::{
    Effort, Watch, solve_task,
    task::{Link, Shapes, Task, Work},
};
use metis::option::{Contig, UFactor};

use crate::instance::Instance;

/// METIS k-way: contiguous parts, ±3 %, least edge cut.
pub fn metis(instance: &Instance, tolerance: f64) -> Vec<u32> {
    let units = instance.weights.len();
    if instance.parts < 2 {
        return vec![0; units];
    }
    let mut offsets = vec![0i32; units + 1];
    for (a, b) in &instance.edges {
        offsets[*a as usize + 1] += 1;
        offsets[*b as usize + 1] += 1;
    }
    for at in 1..=units {
        offsets[at] += offsets[at - 1];
    }
    let mut free = offsets.clone();
    let mut ends = vec![0i32; instance.edges.len() * 2];
    for &(a, b) in &instance.edges {
        for (from, to) in [(a, b), (b, a)] {
            ends[free[from as usize] as usize] = to as i32;
            free[from as usize] += 1;
        }
    }
    let weights: Vec<i32> = instance.weights.iter().map(|weight| *weight as i32).collect();
    let mut parts = vec![0i32; units];
    let Ok(graph) = metis::Graph::new(1, instance.parts as i32, &offsets, &ends) else {
        return Vec::new();
    };
    let graph = graph.set_vwgt(&weights).set_option(Contig(true));
    let done = graph.set_option(UFactor(((tolerance * 1000.0) as i32).max(1))).part_kway(&mut parts);
    if done.is_err() {
        return Vec::new();
    }
    parts.into_iter().map(|part| part as u32).collect()
}

/// What is asked of the engine.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    pub tolerance: f64,
    pub band: Option<(f64, f64)>,
    pub work: Work,
    pub shapes: Shapes<'a>,
    pub previous: Option<&'a [u32]>,
    pub stay: f64,
    pub seed: u64,
}

impl Ask<'_> {
    pub fn at(effort: Effort) -> Self {
        Self {
            tolerance: 0.03,
            band: None,
            work: effort.work(),
            shapes: Shapes::Alike,
            previous: None,
            stay: 0.0,
            seed: 1,
        }
    }
}

pub fn khot(instance: &Instance, ask: &Ask<'_>) -> Vec<u32> {
    let weights: Vec<f64> = instance.weights.iter().map(|weight| f64::from(*weight)).collect();
    let links: Vec<Link> = instance.edges.iter().map(|&(a, b)| Link { a, b, length: 1.0 }).collect();
    let task = Task {
        places: Some(&instance.at),
        shapes: ask.shapes,
        tolerance: ask.tolerance,
        band: ask.band,
        previous: ask.previous,
        stay: ask.stay,
        work: ask.work,
        seed: ask.seed,
        ..Task::new(&weights, &links, instance.parts)
    };
    let watch = Watch { cancel: &|| false, progress: &|_| () };
    solve_task(&task, &watch).map(|answer| answer.parts).unwrap_or_default()
}
