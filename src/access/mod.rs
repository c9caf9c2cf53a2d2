//! Who asks, and for which areas. Pure words; passwords and sessions live in the store and the API.

use crate::domain::Code;

/// Who is behind a request or a job, as the audit names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub username: String,
    pub name: String,
    pub role: Role,
}

/// Roles by area come with accounts; until then there is one built-in administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Administrator,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
        }
    }
}

/// The areas that a transaction may touch, and in whose name. Every store call needs one: there is no
/// way to a row without saying for whom it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    actor: String,
    areas: Reach,
    request_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reach {
    Everything,
    Below(Vec<Code>),
}

impl Scope {
    /// The scope that `actor`'s role gives.
    pub fn of(actor: &Actor) -> Self {
        match actor.role {
            Role::Administrator => {
                Self { actor: actor.username.clone(), areas: Reach::Everything, request_id: None }
            }
        }
    }

    /// For a job: the areas that it was queued for, in the name of who queued it.
    pub fn job(actor: &str, area: &Code) -> Self {
        Self { actor: actor.to_owned(), areas: Reach::Below(vec![area.clone()]), request_id: None }
    }

    /// For the program itself: start-up, the command line of whoever owns the database.
    pub fn operator() -> Self {
        Self { actor: "operator".to_owned(), areas: Reach::Everything, request_id: None }
    }

    pub fn with_request(mut self, request_id: Option<String>) -> Self {
        self.request_id = request_id;
        self
    }

    pub fn actor(&self) -> &str {
        &self.actor
    }

    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    pub fn allows(&self, area: &Code) -> bool {
        match &self.areas {
            Reach::Everything => true,
            Reach::Below(areas) => areas.iter().any(|allowed| allowed.covers(area)),
        }
    }

    /// As the database reads it: code prefixes with a star, joined by commas; `*` alone is everything.
    pub fn setting(&self) -> String {
        match &self.areas {
            Reach::Everything => "*".to_owned(),
            Reach::Below(areas) => areas.iter().map(|area| format!("{area}*")).collect::<Vec<_>>().join(","),
        }
    }
}
