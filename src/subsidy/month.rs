//! A whole month, worked out from its snapshot.

use super::apply::main_duty;
use super::funding::carried;
use super::{
    Component, Line, PaidWorker, Quantity, Rules, RulesError, Shares, Snapshot, SubsidyError, WorkerMonth,
    lines,
};
use crate::domain::{AreaType, Code, Fen};

/// What a worker is paid for the month: their lines, in the order of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    pub worker: String,
    pub area: Code,
    pub area_type: AreaType,
    pub lines: Vec<Line>,
}

impl Paid {
    pub fn total(&self) -> Fen {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// What the levels carry of it.
    pub fn shares(&self) -> Shares {
        let mut sum = Shares::default();
        for line in &self.lines {
            sum = sum.plus(line.shares);
        }
        sum
    }
}

/// Why a month can't be worked out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayError {
    #[error("no rules hold in {0}: add a rules document for it or for an area above it")]
    NoRules(Code),
    #[error(transparent)]
    Rules(#[from] RulesError),
    #[error(transparent)]
    Worker(#[from] SubsidyError),
}

/// The area type of a worker's main grid; mixed where they have none.
pub fn main_type(month: &WorkerMonth) -> AreaType {
    main_duty(month).map_or(AreaType::Mixed, |duty| duty.area_type)
}

/// What each worker of the snapshot is paid, in its order; those who are paid nothing are there without lines.
/// The rules of the nearest area above a worker hold for them.
///
/// # Errors
/// For the first worker or document that can't be.
pub fn pay(snapshot: &Snapshot) -> Result<Vec<Paid>, PayError> {
    let mut rules = Vec::with_capacity(snapshot.rules.len());
    for document in &snapshot.rules {
        rules.push((&document.area, Rules::parse(&document.text)?));
    }
    snapshot.workers.iter().map(|worker| one(&rules, worker)).collect()
}

fn one(rules: &[(&Code, Rules)], worker: &PaidWorker) -> Result<Paid, PayError> {
    let near = rules.iter().filter(|(area, _)| area.covers(&worker.area));
    let (_, rules) = near
        .max_by_key(|(area, _)| area.as_str().len())
        .ok_or_else(|| PayError::NoRules(worker.area.clone()))?;
    let mut found = lines(rules, std::slice::from_ref(&worker.month))?;
    let area_type = main_type(&worker.month);
    let this_month = found.iter().fold(Shares::default(), |sum, line| sum.plus(line.shares));
    for adjusted in &worker.adjustments {
        let amount = adjusted.fen();
        // As the month that it is about was carried; else as this one is; else as the rules say of adjustments.
        let about = adjusted.carried.map(u128::from);
        let this = this_month.levels().map(|fen| u128::from(fen.0.unsigned_abs()));
        let shares = match [about, this].into_iter().find(|weights| weights.iter().sum::<u128>() > 0) {
            Some(weights) => Shares::of(&amount.shared(&weights)),
            None => carried(&rules.at(&worker.area), area_type, Component::Adjustment, amount),
        };
        found.push(Line {
            worker: worker.month.worker.clone(),
            grid: None,
            component: Component::Adjustment,
            quantity: Quantity { of: 1, whole: 1 },
            rate: amount,
            amount,
            shares,
            clause: format!("{}：{}", adjusted.about, adjusted.reason),
        });
    }
    Ok(Paid { worker: worker.month.worker.clone(), area: worker.area.clone(), area_type, lines: found })
}

impl Shares {
    fn plus(self, other: Self) -> Self {
        Self {
            region: self.region + other.region,
            league: self.league + other.league,
            banner: self.banner + other.banner,
            township: self.township + other.township,
        }
    }
}
