//! Worker records on the wire, and what of them is let in.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::{code, said, username as username_of};
use crate::api::problem::Problem;
use crate::domain::{Code, Employment, PersonalField, WorkerStatus};
use crate::store::workers::{WorkerChange, WorkerRow};

#[derive(Serialize, ToSchema)]
#[schema(as = Worker)]
pub struct WorkerWire {
    pub id: Uuid,
    /// A township or village.
    #[schema(value_type = String)]
    pub area: Code,
    pub area_name: Option<String>,
    /// The account that is theirs.
    pub username: Option<String>,
    pub employment: Employment,
    pub status: WorkerStatus,
    /// Masked, as `张**`; none where the key isn't at hand.
    pub name: Option<String>,
    /// Masked, as `138****1234`.
    pub phone: Option<String>,
    /// Masked, as `****5678`.
    pub bank: Option<String>,
    /// What there is, whether or not it can be shown.
    pub held: Vec<PersonalField>,
    /// Made up for the demo.
    pub synthetic: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<WorkerRow> for WorkerWire {
    fn from(mut row: WorkerRow) -> Self {
        let held = row.masked.keys().copied().collect();
        let mut masked = |field| row.masked.remove(&field).flatten();
        Self {
            name: masked(PersonalField::Name),
            phone: masked(PersonalField::Phone),
            bank: masked(PersonalField::Bank),
            held,
            id: row.id,
            area: row.area,
            area_name: row.area_name,
            username: row.username,
            employment: row.employment,
            status: row.status,
            synthetic: row.synthetic,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWorker)]
pub struct NewWorkerWire {
    /// 1 to 40 characters.
    pub name: String,
    /// 5 to 15 digits.
    pub phone: Option<String>,
    /// 4 to 34 digits or letters.
    pub bank: Option<String>,
    pub employment: Employment,
    /// `on_post` when left out.
    pub status: Option<WorkerStatus>,
    /// An account that is theirs.
    pub username: Option<String>,
}

pub fn clean(field: PersonalField, value: &str) -> Result<String, Problem> {
    field.clean(value).map_err(|why| {
        let code = match field {
            PersonalField::Name => "bad_name",
            PersonalField::Phone => "bad_phone",
            PersonalField::Bank => "bad_bank",
        };
        Problem::bad_request(code, why.zh, why.en)
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WorkerChange)]
pub struct WorkerChangeWire {
    /// A township or village to move to.
    pub area: Option<String>,
    /// null: no account.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub username: Option<Option<String>>,
    pub employment: Option<Employment>,
    pub status: Option<WorkerStatus>,
    pub name: Option<String>,
    /// null: take it away.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Option<String>>,
    /// null: take it away.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub bank: Option<Option<String>>,
}

impl WorkerChangeWire {
    pub fn checked(self) -> Result<WorkerChange, Problem> {
        let mut personal = BTreeMap::new();
        let given = [
            (PersonalField::Name, self.name.map(Some)),
            (PersonalField::Phone, self.phone),
            (PersonalField::Bank, self.bank),
        ];
        for (field, value) in given {
            if let Some(value) = value {
                personal.insert(field, value.map(|value| clean(field, &value)).transpose()?);
            }
        }
        let username = match self.username {
            Some(Some(name)) => Some(Some(username_of(&name)?)),
            other => other,
        };
        let area = self.area.as_deref().map(code).transpose()?;
        Ok(WorkerChange { area, username, employment: self.employment, status: self.status, personal })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealWire {
    /// Why: 4 to 200 characters, kept in the audit trail. It must not quote what is revealed.
    pub reason: String,
    /// All when left out.
    pub fields: Option<Vec<PersonalField>>,
}

#[derive(Serialize, ToSchema)]
pub struct Revealed {
    pub id: Uuid,
    /// Only what was asked for.
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    pub values: BTreeMap<PersonalField, Option<String>>,
}
