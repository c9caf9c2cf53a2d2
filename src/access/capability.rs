use serde::{Deserialize, Serialize};

/// What may be done with the rows of an area. Each has its row-level policies in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// See areas, published plans and the outlines of their grids.
    Outline,
    /// See counts: units, households and people of grids, comparisons.
    Figures,
    /// See and make drafts, publish them.
    Draft,
    /// Import areas and units.
    Import,
    /// See worker records with names, phones and bank references masked.
    People,
    /// Change worker records.
    PeopleEdit,
    /// See personal data in full; every time it is done is audited.
    Names,
    /// See what is paid: rules, runs, lines and statements.
    Pay,
    /// Write rules, make runs and adjustments.
    PayEdit,
    /// Approve and lock somebody else's run.
    PayApprove,
    /// Change outlets, what they offer and the links of grids to them.
    Outlets,
    /// Read the audit trail.
    Audit,
    /// Manage accounts and grants.
    Accounts,
}

impl Capability {
    pub const ALL: [Self; 13] = [
        Self::Outline,
        Self::Figures,
        Self::Draft,
        Self::Import,
        Self::People,
        Self::PeopleEdit,
        Self::Names,
        Self::Pay,
        Self::PayEdit,
        Self::PayApprove,
        Self::Outlets,
        Self::Audit,
        Self::Accounts,
    ];

    /// As the database's policies name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outline => "outline",
            Self::Figures => "figures",
            Self::Draft => "draft",
            Self::Import => "import",
            Self::People => "people",
            Self::PeopleEdit => "people_edit",
            Self::Names => "names",
            Self::Pay => "pay",
            Self::PayEdit => "pay_edit",
            Self::PayApprove => "pay_approve",
            Self::Outlets => "outlets",
            Self::Audit => "audit",
            Self::Accounts => "accounts",
        }
    }
}

/// What an account is in an area.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Accounts, imports, plans and the audit trail; no personal data, which the office doesn't need.
    Administrator,
    /// Imports areas and units, makes and publishes plans.
    Planner,
    /// Workers and their assignments.
    PeopleOfficer,
    /// Pay, with the names that a payroll needs.
    Finance,
    /// Figures, never names.
    Analyst,
    /// A grid worker: their own territory.
    Worker,
    /// The audit trail.
    Auditor,
}

impl Role {
    pub const ALL: [Self; 7] = [
        Self::Administrator,
        Self::Planner,
        Self::PeopleOfficer,
        Self::Finance,
        Self::Analyst,
        Self::Worker,
        Self::Auditor,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Planner => "planner",
            Self::PeopleOfficer => "people_officer",
            Self::Finance => "finance",
            Self::Analyst => "analyst",
            Self::Worker => "worker",
            Self::Auditor => "auditor",
        }
    }

    /// None for a name that is no role.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// What the role may do in the area of its grant.
    pub fn capabilities(self) -> &'static [Capability] {
        use Capability::{
            Accounts, Audit, Draft, Figures, Import, Names, Outlets, Outline, Pay, PayApprove, PayEdit,
            People, PeopleEdit,
        };
        match self {
            Self::Administrator => &[Outline, Figures, Draft, Import, People, Outlets, Audit, Accounts],
            Self::Planner => &[Outline, Figures, Draft, Import, People, Outlets],
            Self::PeopleOfficer => &[Outline, Figures, People, PeopleEdit, Names],
            Self::Finance => &[Outline, Figures, People, Names, Pay, PayEdit, PayApprove],
            Self::Analyst | Self::Worker => &[Outline, Figures],
            Self::Auditor => &[Outline, Audit],
        }
    }

    /// Whether a grant of this role at a village itself makes its holder the village's own staff, who
    /// know every door there and see counts under 5 as they are.
    pub fn is_village_staff(self) -> bool {
        matches!(self, Self::Administrator | Self::Planner | Self::PeopleOfficer | Self::Worker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_for_the_roles_that_need_them() {
        let with =
            |capability| Role::ALL.into_iter().filter(move |role| role.capabilities().contains(&capability));
        assert_eq!(with(Capability::Names).collect::<Vec<_>>(), [Role::PeopleOfficer, Role::Finance]);
        assert_eq!(with(Capability::PayApprove).collect::<Vec<_>>(), [Role::Finance]);
        assert_eq!(with(Capability::Accounts).collect::<Vec<_>>(), [Role::Administrator]);
        assert_eq!(with(Capability::Audit).collect::<Vec<_>>(), [Role::Administrator, Role::Auditor]);
        assert_eq!(with(Capability::Outline).count(), Role::ALL.len());
    }

    #[test]
    fn a_role_is_read_as_it_is_written() {
        assert!(Role::ALL.into_iter().all(|role| Role::parse(role.as_str()) == Some(role)));
        assert_eq!(Role::parse("king"), None);
    }
}
