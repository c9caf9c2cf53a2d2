//! What the plain model says of an answer.

use std::collections::BTreeSet;

use super::model::{Which, Who, grid_rows, grids};
use super::ways::Way;
use super::world::World;

/// What is expected, or what came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Rows by kind and code.
    Rows(BTreeSet<String>),
    /// How many grids were counted.
    Counted(u64),
    Refused(u16),
}

/// What the model says: what a handler that looks answers, and what of it the rows' own rules would show if no
/// handler looked.
#[derive(Debug, Clone)]
pub struct Expected {
    pub answer: Answer,
    pub at_most: Answer,
}

impl Way {
    /// What the model says of the answer.
    pub fn expected(&self, world: &World, who: &Who) -> Expected {
        let both = |answer: Answer| Expected { at_most: answer.clone(), answer };
        if who.username.is_none() && !self.is_public() {
            return both(Answer::Refused(401));
        }
        if let Way::Write(write) = self {
            return both(Answer::Refused(write.refusal(world, who).expect("a change that is refused")));
        }
        let at_most = match self {
            Way::Figures { code, which } | Way::Comparison { code, which } => {
                Answer::Counted(grid_rows(world, who, code, *which).len() as u64)
            }
            _ => Answer::Rows(self.rows(world, who)),
        };
        let answer = match self.refusal(world, who) {
            Some(status) => Answer::Refused(status),
            None => at_most.clone(),
        };
        Expected { answer, at_most }
    }

    /// The status with which a handler turns this caller away.
    fn refusal(&self, world: &World, who: &Who) -> Option<u16> {
        let seen = |code: &String| world.areas.contains_key(code) && who.sees_area(code);
        let not_found = |found: bool| if found { None } else { Some(404) };
        let plan_seen = |which: &Which| match which {
            Which::Plan(id) => who.sees_plan(world.plan(*id)),
            Which::Day(_) => true,
        };
        match self {
            Way::Area { code, .. }
            | Way::Children { code, .. }
            | Way::Policy { code }
            | Way::Grids { code, .. }
            | Way::Plans { code } => not_found(seen(code)),
            Way::Figures { code, .. } | Way::Comparison { code, .. } if !seen(code) => Some(404),
            Way::Figures { code, .. } | Way::Comparison { code, .. } if !who.within("figures", code) => {
                Some(403)
            }
            Way::Figures { which, .. } => not_found(plan_seen(which)),
            Way::Grid { .. } => not_found(!self.rows(world, who).is_empty()),
            Way::Plan { id } | Way::PlanTile { id } => not_found(who.sees_plan(world.plan(*id))),
            Way::Workers { code } if !seen(code) => Some(404),
            Way::Workers { code } if !who.within("people", code) => Some(403),
            Way::Accounts { area } => {
                let may = match area {
                    Some(area) => who.within("accounts", area),
                    None => who.somewhere("accounts"),
                };
                if may { None } else { Some(403) }
            }
            Way::Account { .. } if !who.somewhere("accounts") => Some(403),
            Way::Worker { .. } | Way::Job { .. } | Way::Account { .. } => {
                not_found(!self.rows(world, who).is_empty())
            }
            Way::Audit { area } | Way::AuditExport { area, .. } => {
                let may = match area {
                    Some(area) => who.within("audit", area),
                    None => who.somewhere("audit"),
                };
                if may { None } else { Some(403) }
            }
            _ => None,
        }
    }

    /// The rows that belong on this way and that this caller sees.
    fn rows(&self, world: &World, who: &Who) -> BTreeSet<String> {
        let areas = |holds: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
            let seen = world.areas.keys().filter(|code| who.sees_area(code) && holds(code));
            seen.map(|code| who.area_row(code)).collect()
        };
        let bare = |rows: BTreeSet<String>| -> BTreeSet<String> {
            rows.into_iter().map(|row| row.trim_end_matches(" with figures").to_owned()).collect()
        };
        match self {
            Way::Session => who
                .grants
                .iter()
                .map(|grant| format!("grant {} {} {}", grant.role.as_str(), grant.area, grant.from))
                .collect(),
            Way::Meta => areas(&|code| code == "15"),
            Way::Area { code, .. } => areas(&|held| held == code),
            Way::Children { code, level } => {
                let digits = match level {
                    Some("league") => 4,
                    Some("banner") => 6,
                    Some("township") => 9,
                    Some(_) => 12,
                    None => [4, 6, 9, 12].into_iter().find(|digits| *digits > code.len()).unwrap_or(99),
                };
                areas(&|held| held.len() == digits && held.starts_with(code.as_str()))
            }
            Way::Grids { code, which, .. } => grid_rows(world, who, code, *which),
            Way::Grid { code, which } => grids(world, *which)
                .filter(|(plan, village, held)| held == code && who.sees_grid(plan, village))
                .map(|(_, village, code)| format!("grid {code}{}", who.figures(village)))
                .collect(),
            Way::Locate { village, east, on } => {
                let line = [2, 4, 6, 9, 12].map(|digits| &village[..digits]);
                let mut rows: BTreeSet<String> = line
                    .iter()
                    .filter(|code| who.sees_area(code))
                    .map(|code| format!("area {code}"))
                    .collect();
                let here = grids(world, Which::Day(*on)).filter(|(plan, held, code)| {
                    *held == village
                        && who.sees_grid(plan, held)
                        && code[12..] == format!("{:03}", plan.numbers[usize::from(*east)])
                });
                rows.extend(here.map(|(_, village, code)| format!("grid {code}{}", who.figures(village))));
                rows
            }
            Way::Search { text } => {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                let begun = text.trim_end_matches('0');
                let mut rows = bare(areas(&|code| {
                    if digits {
                        code.starts_with(begun) && code.starts_with(&text[..code.len().min(text.len())])
                    } else {
                        world.areas[code].contains(text.as_str())
                    }
                }));
                if digits && text.len() >= 12 {
                    let held = grid_rows(world, who, &text[..12], Which::Day(None));
                    rows.extend(
                        bare(held).into_iter().filter(|row| row["grid ".len()..].starts_with(text.as_str())),
                    );
                }
                rows
            }
            Way::Plans { code } => {
                let banner = &code[..code.len().min(6)];
                let plans =
                    world.plans.iter().filter(|plan| plan.banner.starts_with(banner) && who.sees_plan(plan));
                plans.map(|plan| format!("plan {}", plan.id)).collect()
            }
            Way::Plan { id } => {
                let plan = world.plan(*id);
                let mut rows = BTreeSet::new();
                if who.sees_plan(plan) {
                    rows.insert(format!("plan {id}"));
                    let reasons = grids(world, Which::Plan(*id))
                        .filter(|(_, village, _)| who.within("figures", village));
                    rows.extend(reasons.map(|(_, _, code)| format!("reason {code}")));
                }
                rows
            }
            Way::AreaTile { zoom } => {
                let finest = if *zoom < 8 { 9 } else { 12 };
                bare(areas(&|code| code.len() <= finest))
            }
            Way::UnitTile => world
                .of_level(12)
                .filter(|village| who.within("figures", village))
                .flat_map(|village| ["u1", "u2"].map(|unit| format!("unit {village}/{unit}")))
                .collect(),
            Way::GridTile { on } => grid_rows(world, who, "", Which::Day(*on)),
            Way::PlanTile { id } => grid_rows(world, who, "", Which::Plan(*id)),
            Way::Workers { code } => {
                let seen = world
                    .workers
                    .iter()
                    .filter(|worker| worker.area.starts_with(code.as_str()) && who.sees_worker(worker));
                seen.map(|worker| format!("worker {}", worker.id)).collect()
            }
            Way::Worker { id } => {
                let seen = world.workers.iter().filter(|worker| worker.id == *id && who.sees_worker(worker));
                seen.map(|worker| format!("worker {}", worker.id)).collect()
            }
            Way::Audit { area } | Way::AuditExport { area, .. } => {
                let below = area.as_deref().unwrap_or("");
                let seen =
                    world.entries.iter().filter(|(_, of)| of.starts_with(below) && who.within("audit", of));
                seen.map(|(id, _)| format!("entry {id}")).collect()
            }
            Way::Jobs { area } => {
                let below = area.as_deref().unwrap_or("");
                let seen = world.jobs.iter().filter(|job| job.area.starts_with(below) && who.sees_job(job));
                seen.map(|job| format!("job {}", job.id)).collect()
            }
            Way::Job { id } => {
                let seen = world.jobs.iter().filter(|job| job.id == *id && who.sees_job(job));
                seen.map(|job| format!("job {}", job.id)).collect()
            }
            Way::Accounts { area } => {
                let below = area.as_deref().unwrap_or("");
                let seen = world
                    .accounts
                    .iter()
                    .filter(|(_, home)| home.starts_with(below) && who.within("accounts", home));
                seen.map(|(username, _)| format!("account {username}")).collect()
            }
            Way::Account { username } => {
                let seen = world
                    .accounts
                    .iter()
                    .filter(|(name, home)| name == username && who.within("accounts", home));
                seen.map(|(username, _)| format!("account {username}")).collect()
            }
            Way::Figures { .. }
            | Way::Comparison { .. }
            | Way::Policy { .. }
            | Way::EmptyTile { .. }
            | Way::Write(_) => BTreeSet::new(),
        }
    }
}
