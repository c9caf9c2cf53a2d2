use serde::{Deserialize, Serialize};

/// What a post is for (专职、兼职、网格长).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PostKind {
    FullTime,
    PartTime,
    Lead,
}

impl PostKind {
    pub const ALL: [Self; 3] = [Self::FullTime, Self::PartTime, Self::Lead];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::FullTime => "full_time",
            Self::PartTime => "part_time",
            Self::Lead => "lead",
        }
    }

    /// None for a word that is none of them.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What somebody is for a grid: its main worker (网格员), its lead (网格长), a helper, a contact.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GridRole {
    Worker,
    Lead,
    Helper,
    Contact,
}

impl GridRole {
    pub const ALL: [Self; 4] = [Self::Worker, Self::Lead, Self::Helper, Self::Contact];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Lead => "lead",
            Self::Helper => "helper",
            Self::Contact => "contact",
        }
    }

    /// None for a word that is none of them.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}
