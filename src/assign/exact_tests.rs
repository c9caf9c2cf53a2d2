//! Against a kept solver of linear and integer programs (`microlp`), which shares nothing with the flow: instances of
//! middle size, too large for trying everything. Grids filled and costs are equal to the millimetre.

use std::collections::BTreeMap;

use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};

use super::propose::{Person, Spot, Weighing, propose, ways};
use super::tests::{ALWAYS, draw, instance, seeded};
use super::{Assignment, Pairs, assign, assign_pairs, candidates};

/// Costs in kilometres, less what a filled grid is worth: more than any chain of exchanges.
struct Program {
    program: Problem,
    /// What fills a grid, and its cost in mm.
    fills: Vec<(Variable, u64)>,
    others: Vec<(Variable, u64)>,
    worth: u64,
}

impl Program {
    fn new(grids: usize, dearest: u64) -> Self {
        let program = Problem::new(OptimizationDirection::Minimize);
        let worth = (dearest + 1) * (grids as u64 + 1);
        Self { program, fills: Vec::new(), others: Vec::new(), worth }
    }

    fn fill(&mut self, mm: u64) -> Variable {
        let var = self.program.add_var((mm as f64 - self.worth as f64) / 1e6, (0.0, 1.0));
        self.fills.push((var, mm));
        var
    }

    fn other(&mut self, mm: u64) -> Variable {
        let var = self.program.add_var(mm as f64 / 1e6, (0.0, 1.0));
        self.others.push((var, mm));
        var
    }

    fn at_most(&mut self, sum: impl IntoIterator<Item = Variable>, most: u32) {
        let sum: Vec<(Variable, f64)> = sum.into_iter().map(|var| (var, 1.0)).collect();
        self.program.add_constraint(&sum, ComparisonOp::Le, f64::from(most));
    }

    /// Grids filled and the least cost. A flow's corners are whole, so nothing needs to be told to be.
    fn best(&self) -> (usize, u64) {
        let solution = self.program.solve().unwrap().into_solution().unwrap();
        let chosen = |vars: &[(Variable, u64)]| -> (usize, u64) {
            let taken = vars.iter().filter(|(var, _)| {
                let value = solution.var_value(*var);
                assert!(value.min(1.0 - value).abs() < 1e-6, "{value} isn't whole");
                value > 0.5
            });
            taken.fold((0, 0), |sum, (_, mm)| (sum.0 + 1, sum.1 + mm))
        };
        let (filled, ways) = chosen(&self.fills);
        (filled, ways + chosen(&self.others).1)
    }
}

fn by_solver(pairs: &[Pairs], capacities: &[u32]) -> (usize, u64) {
    let dearest = pairs.iter().flatten().map(|pair| pair.1).max().unwrap_or(0);
    let mut program = Program::new(pairs.len(), dearest);
    let mut of_worker = vec![Vec::new(); capacities.len()];
    for offers in pairs {
        let vars: Vec<Variable> = offers.iter().map(|pair| program.fill(pair.1)).collect();
        for (var, (worker, _)) in vars.iter().zip(offers) {
            of_worker[*worker as usize].push(*var);
        }
        program.at_most(vars, 1);
    }
    for (own, capacity) in of_worker.into_iter().zip(capacities) {
        program.at_most(own, *capacity);
    }
    program.best()
}

fn told(found: &Assignment) -> (usize, u64) {
    (found.filled(), found.held.iter().flatten().map(|held| held.1).sum())
}

#[test]
fn the_same_cost_as_an_exact_solver_over_eight_candidates() {
    for seed in 0..200 {
        let mut random = seeded(seed);
        let (people, grids) = (30 + draw(&mut random, 31), 30 + draw(&mut random, 61));
        let (workers, places) = instance(seed, people, grids);
        let capacities: Vec<u32> = workers.iter().map(|worker| worker.capacity).collect();
        let pairs = candidates(&workers, &places, 8).unwrap();
        let found = assign_pairs(&pairs, &capacities, ALWAYS).unwrap();
        assert_eq!(told(&found), by_solver(&pairs, &capacities), "seed {seed}");
    }
}

/// The engine begins with eight candidates a grid; the solver is given every pair.
#[test]
fn the_same_cost_as_an_exact_solver_over_all_pairs() {
    for seed in 0..60 {
        let (workers, places) = instance(seed, 30 + (seed % 11) as u32, 30 + (seed % 31) as u32);
        let capacities: Vec<u32> = workers.iter().map(|worker| worker.capacity).collect();
        let pairs = candidates(&workers, &places, workers.len()).unwrap();
        let found = assign(&workers, &places, 8, ALWAYS).unwrap();
        assert_eq!(told(&found), by_solver(&pairs, &capacities), "seed {seed}");
    }
}

/// People in two groups without ceilings; a third of the grids are held, by whoever may.
fn staffed(seed: u64, people: u32, grids: u32) -> (Vec<Person>, Vec<Spot>) {
    let (workers, places) = instance(seed, people, grids);
    let mut random = seeded(seed);
    let people: Vec<Person> = workers
        .into_iter()
        .map(|one| Person { home: one.home, languages: one.languages, group: draw(&mut random, 2) as usize })
        .collect();
    let mut free: Vec<usize> = (0..people.len()).collect();
    let spot = |place: super::Place| {
        let most = 1 + draw(&mut random, 3);
        let held_by = (draw(&mut random, 3) == 0).then(|| free.pop()).flatten();
        Spot { at: place.at, language: place.language, most, held_by }
    };
    let spots = places.into_iter().map(spot).collect();
    (people, spots)
}

/// A proposal as a program of its own: who takes what, and how many grids each has, the further ones dearer.
fn proposed_by_solver(people: &[Person], spots: &[Spot], by: Weighing) -> (usize, u64) {
    let ways = ways(people, spots);
    let dearest = 200_000_000 + u64::from(by.threshold_mm) + 3 * u64::from(by.load_mm);
    let mut program = Program::new(spots.len(), dearest);
    let mut of_person: Vec<BTreeMap<u32, Vec<Variable>>> = vec![BTreeMap::new(); people.len()];
    for (index, spot) in spots.iter().enumerate() {
        let mut one_of = Vec::new();
        for (who, person) in people.iter().enumerate() {
            let holds = spot.held_by == Some(who);
            if !holds && spot.language.as_ref().is_some_and(|code| !person.languages.contains(code)) {
                continue;
            }
            let change = if holds { 0 } else { u64::from(by.threshold_mm) };
            let var = program.fill(ways.mm(who, index) + change);
            one_of.push(var);
            of_person[who].entry(spot.most).or_default().push(var);
        }
        program.at_most(one_of, 1);
    }
    for own in of_person {
        // Of grids of a kind and stricter ones only so many.
        for most in own.keys() {
            program.at_most(own.range(..=most).flat_map(|kind| kind.1.iter().copied()), *most);
        }
        let mut sum: Vec<(Variable, f64)> = own.values().flatten().map(|var| (*var, 1.0)).collect();
        for further in 0..3 {
            sum.push((program.other(further * u64::from(by.load_mm)), -1.0));
        }
        program.program.add_constraint(&sum, ComparisonOp::Le, 0.0);
    }
    program.best()
}

#[test]
fn a_proposal_costs_the_same_as_an_exact_solvers() {
    let by = Weighing {
        threshold_mm: 5_000_000,
        load_mm: 3_000_000,
        language: true,
        capacity: true,
        ceilings: true,
    };
    for seed in 0..60 {
        let (people, spots) = staffed(seed, 15 + (seed % 11) as u32, 15 + (seed % 21) as u32);
        let found = propose(&people, &spots, &[None, None], by, ALWAYS).unwrap();
        let mut grids: BTreeMap<usize, u64> = BTreeMap::new();
        let mut cost = 0;
        for (spot, held) in spots.iter().zip(&found) {
            let Some((who, way)) = *held else { continue };
            let own = grids.entry(who).or_default();
            cost += way + *own * u64::from(by.load_mm);
            cost += if spot.held_by == Some(who) { 0 } else { u64::from(by.threshold_mm) };
            *own += 1;
        }
        let filled = found.iter().flatten().count();
        assert_eq!((filled, cost), proposed_by_solver(&people, &spots, by), "seed {seed}");
    }
}
