//! Proven answers for as many places and sites as a banner has, by a kept solver of integer programs (`microlp`: simplex,
//! branch and bound). It starts from what the searches found, stops after a given number of nodes (a clock
//! would make answers differ), and what it then knows is told: its best choice and the bound to the optimum.
//!
//! The choice is counted again in whole households by the caller; of the solver's floating-point bound only
//! the whole part is used.

use microlp::{
    ComparisonOp, OptimizationDirection, Problem, SolveOptions, SolveOutcome, TerminationReason, Variable,
};

/// Larger problems are left to the searches and their bound.
pub(super) const SITES_MAX: usize = 700;
pub(super) const PAIRS_MAX: usize = 30_000;

/// Nodes between two looks at `cancel`.
const NODES_ONCE: u64 = 32;
/// Nodes at most.
const NODES_MAX: u64 = 1024;

/// What the solver knows when it stops.
pub(super) struct Proved {
    pub sites: Vec<u32>,
    /// No choice is better than this: households, or sites.
    pub bound: f64,
}

pub(super) fn fits(sites: &[Vec<u32>]) -> bool {
    sites.len() <= SITES_MAX && sites.iter().map(Vec::len).sum::<usize>() <= PAIRS_MAX
}

/// Church and ReVelle's program (1974): y ≤ Σ x of the sites that reach it, Σ x ≤ count, most Σ open · y.
pub(super) fn most(
    open: &[u64],
    reached_by: &[Vec<u32>],
    sites: usize,
    count: usize,
    start: &[u32],
    cancel: &dyn Fn() -> bool,
) -> Option<Proved> {
    let mut program = Problem::new(OptimizationDirection::Maximize);
    let chosen: Vec<Variable> = (0..sites).map(|_| program.add_binary_var(0.0)).collect();
    for (open, by) in open.iter().zip(reached_by).filter(|(open, by)| **open > 0 && !by.is_empty()) {
        let covered = program.add_var(*open as f64, (0.0, 1.0));
        let by = by.iter().map(|site| (chosen[*site as usize], -1.0));
        program.add_constraint(by.chain([(covered, 1.0)]), ComparisonOp::Le, 0.0);
    }
    program.add_constraint(chosen.iter().map(|site| (*site, 1.0)), ComparisonOp::Le, count as f64);
    // Less than a household from the bound is the optimum.
    run(&program, &chosen, start, cancel, &|best, bound| bound - best < 1.0 - 1e-6)
}

/// Toregas, Swain, ReVelle and Bergman's program (1971): Σ x ≥ 1 for each place, fewest Σ x.
pub(super) fn fewest(
    reached_by: &[Vec<u32>],
    sites: usize,
    start: &[u32],
    cancel: &dyn Fn() -> bool,
) -> Option<Proved> {
    let mut program = Problem::new(OptimizationDirection::Minimize);
    let chosen: Vec<Variable> = (0..sites).map(|_| program.add_binary_var(1.0)).collect();
    for by in reached_by.iter().filter(|by| !by.is_empty()) {
        program.add_constraint(by.iter().map(|site| (chosen[*site as usize], 1.0)), ComparisonOp::Ge, 1.0);
    }
    run(&program, &chosen, start, cancel, &|best, bound| best - bound < 1.0 - 1e-6)
}

pub(super) fn run(
    program: &Problem,
    chosen: &[Variable],
    start: &[u32],
    cancel: &dyn Fn() -> bool,
    proved: &dyn Fn(f64, f64) -> bool,
) -> Option<Proved> {
    let mut options = SolveOptions::default();
    options.node_limit = Some(NODES_ONCE);
    let mut hint: Vec<(Variable, f64)> = chosen.iter().map(|site| (*site, 0.0)).collect();
    start.iter().for_each(|site| hint[*site as usize].1 = 1.0);
    options.warm_start = Some(hint);
    // A numerical failure is no answer: what the searches found stands.
    let mut outcome = program.solve_with(options).ok()?;
    loop {
        let stats = outcome.stats();
        let best = outcome.solution().map(microlp::Solution::objective);
        let known = best.zip(stats.best_bound).is_some_and(|(best, bound)| proved(best, bound));
        let stopped = outcome.termination_reason() != TerminationReason::NodeLimit;
        if stopped || known || stats.nodes_solved >= NODES_MAX || cancel() {
            break;
        }
        outcome = outcome.resume().ok()?;
    }
    let optimal = outcome.is_optimal();
    let bound = outcome.stats().best_bound;
    let SolveOutcome::Solution(solution) = outcome else { return None };
    let taken = (0u32..).zip(chosen).filter(|(_, site)| solution.var_value(**site) > 0.5);
    Some(Proved {
        sites: taken.map(|(site, _)| site).collect(),
        bound: if optimal { solution.objective() } else { bound? },
    })
}

/// Outlets with capacities: existing ones, then sites.
pub(super) struct Rooms<'a> {
    pub households: &'a [u64],
    pub reached_by: &'a [Vec<u32>],
    pub rooms: &'a [u64],
    pub existing: usize,
}

/// Who serves whom as a flow: Σ of a place ≤ its households, Σ of an outlet ≤ its room where it is chosen.
struct Program {
    program: Problem,
    chosen: Vec<Variable>,
    flows: Vec<Variable>,
}

impl Rooms<'_> {
    fn program(&self, direction: OptimizationDirection, served: f64, site: f64) -> Program {
        let mut program = Problem::new(direction);
        let sites = self.rooms.len() - self.existing;
        let chosen: Vec<Variable> = (0..sites).map(|_| program.add_binary_var(site)).collect();
        let mut into: Vec<Vec<(Variable, f64)>> = vec![Vec::new(); self.rooms.len()];
        let mut flows = Vec::new();
        for (households, by) in self.households.iter().zip(self.reached_by).filter(|(held, _)| **held > 0) {
            let most = *households as f64;
            let out: Vec<Variable> = by.iter().map(|_| program.add_var(served, (0.0, most))).collect();
            for (flow, outlet) in out.iter().zip(by) {
                into[*outlet as usize].push((*flow, 1.0));
            }
            program.add_constraint(out.iter().map(|flow| (*flow, 1.0)), ComparisonOp::Le, most);
            flows.extend(out);
        }
        for (outlet, (mut into, room)) in into.into_iter().zip(self.rooms).enumerate() {
            // More room than households isn't used, and large numbers beside small ones are bad for a solver.
            let reach: u64 = (0..self.households.len())
                .filter(|place| self.reached_by[*place].contains(&(outlet as u32)))
                .map(|place| self.households[place])
                .sum();
            let room = (*room).min(reach) as f64;
            let mut most = room;
            if let Some(site) = outlet.checked_sub(self.existing) {
                into.push((chosen[site], -room));
                most = 0.0;
            }
            program.add_constraint(into, ComparisonOp::Le, most);
        }
        Program { program, chosen, flows }
    }
}

/// The most households by at most `count` sites.
pub(super) fn most_served(
    rooms: &Rooms<'_>,
    count: usize,
    start: &[u32],
    cancel: &dyn Fn() -> bool,
) -> Option<Proved> {
    let Program { mut program, chosen, .. } = rooms.program(OptimizationDirection::Maximize, 1.0, 0.0);
    program.add_constraint(chosen.iter().map(|site| (*site, 1.0)), ComparisonOp::Le, count as f64);
    run(&program, &chosen, start, cancel, &|best, bound| bound - best < 1.0 - 1e-6)
}

/// The fewest sites that serve so many.
pub(super) fn fewest_serving(
    rooms: &Rooms<'_>,
    served: u64,
    start: &[u32],
    cancel: &dyn Fn() -> bool,
) -> Option<Proved> {
    let Program { mut program, chosen, flows } = rooms.program(OptimizationDirection::Minimize, 0.0, 1.0);
    program.add_constraint(flows.iter().map(|flow| (*flow, 1.0)), ComparisonOp::Ge, served as f64);
    run(&program, &chosen, start, cancel, &|best, bound| best - bound < 1.0 - 1e-6)
}
