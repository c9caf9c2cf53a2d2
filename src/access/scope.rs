use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Capability, Role};
use crate::domain::{Code, Level};

/// A role in an area and all below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Grant {
    pub role: Role,
    #[schema(value_type = String, example = "150821")]
    pub area: Code,
    /// The first day on which it holds.
    pub from: NaiveDate,
    /// The first day on which it no longer holds; open when left out.
    pub until: Option<NaiveDate>,
}

impl Grant {
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// Who is behind a request or a job, as the audit names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub username: String,
    pub name: String,
    /// All of the account's grants, whether they hold today or not.
    pub grants: Vec<Grant>,
}

/// For each capability the areas in which a transaction has it, and in whose name. Every store call needs
/// one: there is no way to a row without saying for whom it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    actor: String,
    reach: BTreeMap<Capability, Reach>,
    exact: Exact,
    request_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reach {
    Everything,
    /// Sorted, none below another.
    Below(Vec<Code>),
}

/// Where counts under 5 are seen as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Exact {
    /// The program's own work.
    Everywhere,
    /// The villages of whose own staff the caller is.
    Villages(BTreeSet<Code>),
}

impl Scope {
    /// What the actor's grants give on `today`.
    pub fn of(actor: &Actor, today: NaiveDate) -> Self {
        let holding = || actor.grants.iter().filter(|grant| grant.holds_on(today));
        let mut areas: BTreeMap<Capability, BTreeSet<Code>> = BTreeMap::new();
        for grant in holding() {
            for capability in grant.role.capabilities() {
                areas.entry(*capability).or_default().insert(grant.area.clone());
            }
        }
        let own = holding()
            .filter(|grant| grant.area.level() == Level::Village && grant.role.is_village_staff())
            .map(|grant| grant.area.clone());
        Self {
            actor: actor.username.clone(),
            reach: areas.into_iter().map(|(capability, areas)| (capability, below(areas))).collect(),
            exact: Exact::Villages(own.collect()),
            request_id: None,
        }
    }

    /// For a job: all that jobs do, in the area that it was queued for, in the name of who queued it (whose
    /// right to it was looked at then).
    pub fn job(actor: &str, area: &Code) -> Self {
        use Capability::{Draft, Figures, Import, Outlets, Outline, Pay, PayEdit, People, PeopleEdit};
        let reach = Reach::Below(vec![area.clone()]);
        let all = [Outline, Figures, Draft, Import, People, PeopleEdit, Pay, PayEdit, Outlets];
        Self {
            actor: actor.to_owned(),
            reach: all.map(|capability| (capability, reach.clone())).into(),
            exact: Exact::Everywhere,
            request_id: None,
        }
    }

    /// For work of the program at once, for this caller: what they may do themselves in `area`, nothing more. It sees
    /// true counts: what comes of it is read again in the caller's own scope before it is told.
    pub fn at_work(&self, area: &Code) -> Self {
        let own = self.reach.keys().filter(|capability| self.may(**capability, area));
        Self {
            actor: self.actor.clone(),
            reach: own.map(|capability| (*capability, Reach::Below(vec![area.clone()]))).collect(),
            exact: Exact::Everywhere,
            request_id: self.request_id.clone(),
        }
    }

    /// For the program itself: start-up, the command line of whoever owns the database.
    pub fn operator() -> Self {
        Self {
            actor: "operator".to_owned(),
            reach: Capability::ALL.map(|capability| (capability, Reach::Everything)).into(),
            exact: Exact::Everywhere,
            request_id: None,
        }
    }

    /// For finding an account by its name or token, before anybody is known.
    pub fn gate() -> Self {
        Self::with("gate", Capability::Accounts)
    }

    /// For whoever looks at the public map, where the operator has turned it on.
    pub fn public() -> Self {
        Self::with("public", Capability::Outline)
    }

    fn with(actor: &str, capability: Capability) -> Self {
        Self {
            actor: actor.to_owned(),
            reach: [(capability, Reach::Everything)].into(),
            exact: Exact::Villages(BTreeSet::new()),
            request_id: None,
        }
    }

    pub fn with_request(mut self, request_id: Option<String>) -> Self {
        self.request_id = request_id;
        self
    }

    /// The same reach in another's name.
    pub fn named(mut self, actor: &str) -> Self {
        self.actor = actor.to_owned();
        self
    }

    pub fn actor(&self) -> &str {
        &self.actor
    }

    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Whether this may be done in `area` and everywhere below it.
    pub fn may(&self, capability: Capability, area: &Code) -> bool {
        match self.reach.get(&capability) {
            None => false,
            Some(Reach::Everything) => true,
            Some(Reach::Below(areas)) => areas.iter().any(|allowed| allowed.covers(area)),
        }
    }

    /// Whether this may be done anywhere at all.
    pub fn may_somewhere(&self, capability: Capability) -> bool {
        self.reach.contains_key(&capability)
    }

    /// Whether counts under 5 in this village are shown as they are.
    pub fn sees_exact(&self, village: &Code) -> bool {
        match &self.exact {
            Exact::Everywhere => true,
            Exact::Villages(villages) => villages.contains(village),
        }
    }

    /// Whether all counts are shown as they are: the program's own work.
    pub fn sees_exact_everywhere(&self) -> bool {
        self.exact == Exact::Everywhere
    }

    /// The settings by which the database's policies know this scope: names and values. Every one is set in
    /// every transaction, so that none is left from another.
    pub fn settings(&self) -> Vec<(String, String)> {
        let patterns = |capability: &Capability| match self.reach.get(capability) {
            None => String::new(),
            Some(Reach::Everything) => "*".to_owned(),
            Some(Reach::Below(areas)) => {
                areas.iter().map(|area| format!("{area}*")).collect::<Vec<_>>().join(",")
            }
        };
        let exact = match &self.exact {
            Exact::Everywhere => "*".to_owned(),
            Exact::Villages(villages) => villages.iter().map(Code::as_str).collect::<Vec<_>>().join(","),
        };
        Capability::ALL
            .iter()
            .map(|capability| (format!("khot.may_{}", capability.as_str()), patterns(capability)))
            .chain([("khot.actor".to_owned(), self.actor.clone()), ("khot.exact".to_owned(), exact)])
            .collect()
    }
}

/// Leaves out what lies below another: sorted, an ancestor stands before its descendants.
fn below(areas: BTreeSet<Code>) -> Reach {
    let mut kept: Vec<Code> = Vec::new();
    for area in areas {
        if !kept.last().is_some_and(|last| last.covers(&area)) {
            kept.push(area);
        }
    }
    Reach::Below(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn grant(role: Role, area: &str, from: &str, until: Option<&str>) -> Grant {
        Grant { role, area: area.parse().unwrap(), from: day(from), until: until.map(day) }
    }

    fn actor(grants: Vec<Grant>) -> Actor {
        Actor { username: "somebody".to_owned(), name: "某人".to_owned(), grants }
    }

    #[test]
    fn a_grant_holds_from_its_first_day_until_before_its_last() {
        let actor = actor(vec![grant(Role::Planner, "150821", "2026-03-01", Some("2026-04-01"))]);
        let area: Code = "150821100".parse().unwrap();
        let may = |today| Scope::of(&actor, day(today)).may(Capability::Draft, &area);
        assert_eq!(
            ["2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01"].map(may),
            [false, true, true, false]
        );
    }

    #[test]
    fn a_scope_reaches_below_its_area_and_no_farther() {
        let actor = actor(vec![
            grant(Role::Planner, "150821", "2026-01-01", None),
            grant(Role::Analyst, "15", "2026-01-01", None),
        ]);
        let scope = Scope::of(&actor, day("2026-06-01"));
        let may = |capability, area: &str| scope.may(capability, &area.parse().unwrap());
        assert!(may(Capability::Draft, "150821") && may(Capability::Draft, "150821100200"));
        assert!(!may(Capability::Draft, "1508") && !may(Capability::Draft, "150822"));
        assert!(may(Capability::Figures, "150822") && !may(Capability::Names, "150821"));
        // One prefix is enough where one lies below the other.
        assert!(scope.settings().contains(&("khot.may_figures".to_owned(), "15*".to_owned())));
        assert!(scope.settings().contains(&("khot.may_names".to_owned(), String::new())));
    }

    #[test]
    fn work_for_a_caller_reaches_no_farther_than_they_do() {
        let actor = actor(vec![
            grant(Role::Planner, "150821", "2026-01-01", None),
            grant(Role::Analyst, "15", "2026-01-01", None),
        ]);
        let scope = Scope::of(&actor, day("2026-06-01"));
        let (own, other): (Code, Code) = ("150821".parse().unwrap(), "150822".parse().unwrap());
        let work = scope.at_work(&own);
        assert!(work.may(Capability::Draft, &own) && work.sees_exact_everywhere());
        assert!(!work.may(Capability::Figures, &other) && !work.may(Capability::Names, &own));
        assert!(!scope.at_work(&other).may(Capability::Draft, &other));
        assert_eq!(work.actor(), "somebody");
    }

    #[test]
    fn only_a_villages_own_staff_see_small_counts() {
        let scope = Scope::of(
            &actor(vec![
                grant(Role::Worker, "150821100200", "2026-01-01", None),
                grant(Role::Analyst, "150821100201", "2026-01-01", None),
                grant(Role::Administrator, "15", "2026-01-01", None),
            ]),
            day("2026-06-01"),
        );
        assert!(scope.sees_exact(&"150821100200".parse().unwrap()));
        assert!(!scope.sees_exact(&"150821100201".parse().unwrap()));
        assert!(Scope::operator().sees_exact(&"150821100201".parse().unwrap()));
    }
}
