//! Why a worker is paid something else than the month before.

use std::collections::{BTreeMap, BTreeSet};

use super::{Component, Paid, PaidWorker, Snapshot, component_name};
use crate::domain::{Employment, Fen, Text};

/// A worker whose amount differs from the month before, with what is behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub worker: String,
    /// None where they were not paid then.
    pub before: Option<Fen>,
    /// None where they are not paid now.
    pub after: Option<Fen>,
    pub reasons: Vec<Text>,
}

impl Difference {
    /// How far apart the two are.
    pub fn gap(&self) -> i64 {
        (self.after.unwrap_or_default() - self.before.unwrap_or_default()).0.abs()
    }
}

type Month<'a> = (&'a Snapshot, &'a [Paid]);

/// Everybody whose amount differs, the largest difference first. `before` and `after` are months with what was
/// worked out from them.
pub fn differences(before: Month<'_>, after: Month<'_>) -> Vec<Difference> {
    let (old, new) = (index(before), index(after));
    let other_rules = rules_of(before.0) != rules_of(after.0);
    let workers: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let mut found = Vec::new();
    for worker in workers {
        let (then, now) = (old.get(worker), new.get(worker));
        let amount = |one: Option<&(&PaidWorker, &Paid)>| one.map(|(_, paid)| paid.total());
        let (was, is) = (amount(then), amount(now));
        if was.unwrap_or_default() == is.unwrap_or_default() {
            continue;
        }
        let reasons = match (then, now) {
            (Some(then), Some(now)) => reasons(*then, *now, other_rules),
            (None, _) => vec![Text::new("上月未发放", "not paid the month before")],
            (_, None) => vec![Text::new("本月未考勤，不发放", "no days are attested this month")],
        };
        found.push(Difference { worker: worker.to_owned(), before: was, after: is, reasons });
    }
    found.sort_by(|one, other| (other.gap(), &one.worker).cmp(&(one.gap(), &other.worker)));
    found
}

fn index<'a>((snapshot, paid): Month<'a>) -> BTreeMap<&'a str, (&'a PaidWorker, &'a Paid)> {
    snapshot
        .workers
        .iter()
        .zip(paid)
        .map(|(worker, paid)| (worker.month.worker.as_str(), (worker, paid)))
        .collect()
}

fn rules_of(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.rules.iter().map(|document| document.text.as_str()).collect()
}

fn reasons(then: (&PaidWorker, &Paid), now: (&PaidWorker, &Paid), other_rules: bool) -> Vec<Text> {
    let ((then, was), (now, is)) = (then, now);
    let (old, new) = (&then.month, &now.month);
    let mut reasons = Vec::new();
    let mut say = |zh: String, en: String| reasons.push(Text::new(zh, en));
    if other_rules {
        say("补贴规则有变化".to_owned(), "the rules are others".to_owned());
    }
    if old.employment != new.employment {
        let name = |employment| match employment {
            Employment::FullTime => ("专职", "full-time"),
            Employment::PartTime => ("兼职", "part-time"),
        };
        let (from, to) = (name(old.employment), name(new.employment));
        say(format!("用工形式由{}改为{}", from.0, to.0), format!("from {} to {}", from.1, to.1));
    }
    if (old.duty_days, old.expected_days) != (new.duty_days, new.expected_days) {
        let (a, b, c, d) = (old.duty_days, old.expected_days, new.duty_days, new.expected_days);
        say(
            format!("出勤天数由 {a}/{b} 变为 {c}/{d}"),
            format!("days on duty from {a} of {b} to {c} of {d}"),
        );
    }
    if old.score != new.score {
        let shown = |score: Option<u32>| score.map_or("–".to_owned(), |score| score.to_string());
        let (a, b) = (shown(old.score), shown(new.score));
        say(format!("考核得分由 {a} 变为 {b}"), format!("appraisal from {a} to {b}"));
    }
    let grids = |worker: &PaidWorker| -> BTreeMap<String, u32> {
        worker.month.duties.iter().map(|duty| (duty.grid.to_string(), duty.days)).collect()
    };
    let (held, holds) = (grids(then), grids(now));
    for grid in holds.keys().filter(|grid| !held.contains_key(*grid)) {
        say(format!("新负责网格 {grid}"), format!("grid {grid} is new"));
    }
    for grid in held.keys().filter(|grid| !holds.contains_key(*grid)) {
        say(format!("不再负责网格 {grid}"), format!("grid {grid} is another's"));
    }
    for component in Component::ALL {
        let sum = |paid: &Paid| {
            paid.lines.iter().filter(|line| line.component == component).map(|line| line.amount).sum::<Fen>()
        };
        let (before, after) = (sum(was), sum(is));
        if before != after {
            let (name, change) = (component_name(component), after - before);
            let sign = if change.0 > 0 { "+" } else { "" };
            say(format!("{} {sign}{change} 元", name.zh), format!("{} {sign}{change} yuan", name.en));
        }
    }
    reasons
}
