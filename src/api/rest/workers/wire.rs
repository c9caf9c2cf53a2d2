//! Worker records on the wire, and what of them is let in.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::{code, said, username as username_of};
use crate::api::problem::Problem;
use crate::domain::{
    Code, Employment, GridRole, Home, PersonalField, WorkerStatus, clean_language, clean_skill,
};
use crate::store::assignments::AssignmentRow;
use crate::store::workers::{HeldGrid, StatusRow, WorkerChange, WorkerRow};

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
    /// Today.
    pub status: WorkerStatus,
    pub status_since: NaiveDate,
    /// Where they live: an H3 cell of resolution 8, about a kilometre across.
    #[schema(value_type = Option<String>)]
    pub home: Option<Home>,
    /// Codes such as `mn` and `zh`.
    pub languages: Vec<String>,
    pub skills: Vec<String>,
    /// What they look after today, as far as it is in sight.
    pub grids: Vec<HeldGridWire>,
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
            status_since: row.status_since,
            home: row.home,
            languages: row.languages,
            skills: row.skills,
            grids: row.grids.into_iter().map(Into::into).collect(),
            synthetic: row.synthetic,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A grid that somebody looks after.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldGrid)]
pub struct HeldGridWire {
    pub code: String,
    pub role: GridRole,
    pub from: NaiveDate,
}

impl From<HeldGrid> for HeldGridWire {
    fn from(held: HeldGrid) -> Self {
        Self { code: held.code.into(), role: held.role, from: held.from }
    }
}

/// A status and its days.
#[derive(Serialize, ToSchema)]
pub struct StatusDays {
    pub status: WorkerStatus,
    pub from: NaiveDate,
    /// The first day on which it no longer holds.
    pub until: Option<NaiveDate>,
}

impl From<StatusRow> for StatusDays {
    fn from(row: StatusRow) -> Self {
        Self { status: row.status, from: row.from, until: row.until }
    }
}

/// An assignment and its days.
#[derive(Serialize, ToSchema)]
pub struct AssignmentDays {
    pub id: Uuid,
    pub grid: String,
    pub role: GridRole,
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
}

impl From<AssignmentRow> for AssignmentDays {
    fn from(row: AssignmentRow) -> Self {
        Self { id: row.id, grid: row.grid.into(), role: row.role, from: row.from, until: row.until }
    }
}

/// What a worker was and looked after, the earliest first.
#[derive(Serialize, ToSchema)]
pub struct WorkerHistory {
    pub statuses: Vec<StatusDays>,
    pub assignments: Vec<AssignmentDays>,
}

/// A point in degrees. Only the cell around it is kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HomePoint {
    pub lon: f64,
    pub lat: f64,
}

impl HomePoint {
    pub fn rounded(&self) -> Result<Home, Problem> {
        Home::around(self.lon, self.lat).ok_or_else(|| {
            Problem::bad_request(
                "bad_point",
                "lon 应在 -180 到 180 之间，lat 应在 -90 到 90 之间",
                "lon must be from -180 to 180 and lat from -90 to 90",
            )
        })
    }
}

/// Clean, each once.
pub fn languages(given: &[String]) -> Result<Vec<String>, Problem> {
    list(given, 10, "bad_language", clean_language)
}

/// Clean, each once.
pub fn skills(given: &[String]) -> Result<Vec<String>, Problem> {
    list(given, 20, "bad_skill", clean_skill)
}

fn list(
    given: &[String],
    most: usize,
    code: &'static str,
    clean: fn(&str) -> Result<String, crate::domain::Text>,
) -> Result<Vec<String>, Problem> {
    let mut cleaned: Vec<String> = Vec::new();
    for text in given {
        let text = clean(text).map_err(|why| Problem::bad_request(code, why.zh, why.en))?;
        if !cleaned.contains(&text) {
            cleaned.push(text);
        }
    }
    if cleaned.len() > most {
        return Err(Problem::bad_request(code, format!("至多 {most} 项"), format!("{most} at most")));
    }
    Ok(cleaned)
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
    /// The first day of that status; today when left out.
    pub status_from: Option<NaiveDate>,
    /// Rounded to its H3 cell of resolution 8 before it is kept.
    pub home: Option<HomePoint>,
    /// Codes such as `mn` and `zh`, 10 at most.
    #[serde(default)]
    pub languages: Vec<String>,
    /// 20 at most, of 1 to 40 characters.
    #[serde(default)]
    pub skills: Vec<String>,
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
    /// From which day on the status holds; today when left out. Whoever leaves looks after nothing more from then.
    pub status_from: Option<NaiveDate>,
    /// null: take it away. Rounded to its H3 cell of resolution 8 before it is kept.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<HomePoint>)]
    pub home: Option<Option<HomePoint>>,
    pub languages: Option<Vec<String>>,
    pub skills: Option<Vec<String>>,
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
    /// `today` is the day from which a status holds where none is said.
    pub fn checked(self, today: NaiveDate) -> Result<WorkerChange, Problem> {
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
        if self.status_from.is_some() && self.status.is_none() {
            return Err(Problem::bad_request(
                "bad_status",
                "写了 status_from 就要写 status",
                "say the status as well as status_from",
            ));
        }
        let home = self.home.map(|home| home.map(|point| point.rounded()).transpose()).transpose()?;
        Ok(WorkerChange {
            area,
            username,
            employment: self.employment,
            status: self.status.map(|status| (status, self.status_from.unwrap_or(today))),
            home,
            languages: self.languages.as_deref().map(languages).transpose()?,
            skills: self.skills.as_deref().map(skills).transpose()?,
            personal,
        })
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
