//! Who sees which row, as a person would work it out from the grants: set logic over code prefixes, and a table of
//! roles of its own. It knows nothing of the program's scopes, nor of the database's policies.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use khot::access::Grant;
use uuid::Uuid;

use super::world::{JobOf, PlanOf, WorkerOf, World};
use crate::harness::day;

/// The day on which everything is asked.
pub const TODAY: &str = "2026-11-23";

/// Somebody who asks.
#[derive(Debug, Clone)]
pub struct Who {
    /// None: nobody is signed in, and the public map is open.
    pub username: Option<String>,
    pub grants: Vec<Grant>,
}

fn may(role: &str, what: &str) -> bool {
    let line = match role {
        "administrator" => "outline figures draft import people audit accounts",
        "planner" => "outline figures draft import people",
        "people_officer" => "outline figures people people_edit names",
        "finance" => "outline figures people names",
        "analyst" | "worker" => "outline figures",
        "auditor" => "outline audit",
        other => panic!("no role {other}"),
    };
    line.split(' ').any(|word| word == what)
}

fn holds(grant: &Grant, today: NaiveDate) -> bool {
    grant.from <= today && grant.until.is_none_or(|until| today < until)
}

impl Who {
    /// The areas where they may do this.
    fn areas(&self, what: &str) -> Vec<String> {
        if self.username.is_none() {
            return if what == "outline" { vec![String::new()] } else { Vec::new() };
        }
        let holding =
            self.grants.iter().filter(|grant| holds(grant, day(TODAY)) && may(grant.role.as_str(), what));
        holding.map(|grant| grant.area.to_string()).collect()
    }

    pub fn somewhere(&self, what: &str) -> bool {
        !self.areas(what).is_empty()
    }

    pub fn within(&self, what: &str, code: &str) -> bool {
        self.areas(what).iter().any(|area| code.starts_with(area.as_str()))
    }

    /// In an area of theirs, or on the way down to one.
    fn near(&self, what: &str, code: &str) -> bool {
        self.areas(what).iter().any(|area| code.starts_with(area.as_str()) || area.starts_with(code))
    }

    pub fn sees_area(&self, code: &str) -> bool {
        self.near("outline", code)
    }

    pub fn sees_plan(&self, plan: &PlanOf) -> bool {
        let of_drafts = self.near("draft", &plan.banner);
        of_drafts || plan.days.is_some() && self.near("outline", &plan.banner)
    }

    pub fn sees_grid(&self, plan: &PlanOf, village: &str) -> bool {
        self.within("outline", village) && (plan.days.is_some() || self.within("draft", village))
    }

    pub fn sees_worker(&self, worker: &WorkerOf) -> bool {
        self.within("people", &worker.area) || self.username.is_some() && worker.username == self.username
    }

    pub fn sees_job(&self, job: &JobOf) -> bool {
        self.within(if job.kind == "import" { "import" } else { "draft" }, &job.area)
    }

    /// An area as a row, with whether its figures are shown.
    pub fn area_row(&self, code: &str) -> String {
        format!("area {code}{}", self.figures(code))
    }

    pub fn figures(&self, code: &str) -> &'static str {
        if self.within("figures", code) { " with figures" } else { "" }
    }
}

/// Which grids are meant: one plan's, or those of a day.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    Plan(Uuid),
    Day(Option<NaiveDate>),
}

impl Which {
    pub fn means(self, plan: &PlanOf) -> bool {
        match self {
            Which::Plan(id) => plan.id == id,
            Which::Day(on) => {
                let on = on.unwrap_or(day(TODAY));
                plan.days.as_ref().is_some_and(|(from, until)| {
                    day(from) <= on && until.as_ref().is_none_or(|until| on < day(until))
                })
            }
        }
    }
}

/// The grids of the world that are meant: plan, village and code.
pub fn grids(world: &World, which: Which) -> impl Iterator<Item = (&PlanOf, &String, String)> {
    world.plans.iter().filter(move |plan| which.means(plan)).flat_map(move |plan| {
        let villages = world.of_level(12).filter(move |village| village.starts_with(plan.banner.as_str()));
        villages.flat_map(move |village| {
            plan.numbers.iter().map(move |number| (plan, village, format!("{village}{number:03}")))
        })
    })
}

/// The grids below `area` that somebody sees, as rows.
pub fn grid_rows(world: &World, who: &Who, area: &str, which: Which) -> BTreeSet<String> {
    grids(world, which)
        .filter(|(plan, village, _)| village.starts_with(area) && who.sees_grid(plan, village))
        .map(|(_, village, code)| format!("grid {code}{}", who.figures(village)))
        .collect()
}
