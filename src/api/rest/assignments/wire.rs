//! Assignments and vacancies on the wire.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::said;
use crate::access::{Capability, Scope};
use crate::domain::{AreaType, Code, Count, GridRole};
use crate::store::assignments::{AssignmentRow, Replaced, VacancyRow};

#[derive(Serialize, ToSchema)]
#[schema(as = Assignment)]
pub struct AssignmentWire {
    pub id: Uuid,
    pub grid: String,
    pub village_name: String,
    pub worker: Uuid,
    /// Masked, as `张**`.
    pub worker_name: Option<String>,
    pub role: GridRole,
    pub from: NaiveDate,
    /// The first day on which it no longer holds.
    pub until: Option<NaiveDate>,
}

impl From<AssignmentRow> for AssignmentWire {
    fn from(row: AssignmentRow) -> Self {
        Self {
            id: row.id,
            grid: row.grid.into(),
            village_name: row.village_name,
            worker: row.worker,
            worker_name: row.worker_name,
            role: row.role,
            from: row.from,
            until: row.until,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Assignments {
    pub on: NaiveDate,
    /// By grid.
    pub assignments: Vec<AssignmentWire>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAssignment)]
pub struct NewAssignmentWire {
    pub worker: Uuid,
    pub role: GridRole,
    pub from: NaiveDate,
    /// The first day on which it no longer holds; open when left out.
    pub until: Option<NaiveDate>,
    /// Whoever is the grid's main worker on these days ends the day before `from`, all of it or nothing; an assignment
    /// that would begin on that day or later is taken away. Only for role `worker`.
    #[serde(default)]
    pub replace: bool,
}

/// An assignment as it was made.
#[derive(Serialize, ToSchema)]
pub struct AssignmentMade {
    #[serde(flatten)]
    pub made: AssignmentWire,
    /// Those that made room for it.
    pub replaced: Vec<ReplacedAssignment>,
}

#[derive(Serialize, ToSchema)]
pub struct ReplacedAssignment {
    pub id: Uuid,
    pub worker: Uuid,
    /// Masked.
    pub worker_name: Option<String>,
    pub from: NaiveDate,
    /// The first day on which it no longer holds; null: it was taken away, and never holds.
    pub until: Option<NaiveDate>,
}

impl From<Replaced> for ReplacedAssignment {
    fn from(replaced: Replaced) -> Self {
        let Replaced { held, until } = replaced;
        Self { id: held.id, worker: held.worker, worker_name: held.worker_name, from: held.from, until }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignmentEnd {
    /// The first day on which it no longer holds; null: it goes on.
    #[serde(deserialize_with = "said_once")]
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<NaiveDate>,
}

/// It must be said, if only that there is none.
fn said_once<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    said(from).map(Option::flatten)
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VacancyReason {
    NeverFilled,
    Ended,
    Seconded,
    OnLeave,
    Left,
}

/// A grid without a worker on the post.
#[derive(Serialize, ToSchema)]
pub struct Vacancy {
    pub grid: String,
    #[schema(value_type = String)]
    pub village: Code,
    pub village_name: String,
    pub area_type: AreaType,
    /// For whoever sees figures there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub households: Option<Count>,
    /// What its worker should speak.
    pub language: Option<String>,
    /// Longitude and latitude.
    pub point: [f64; 2],
    pub why: VacancyReason,
    /// Who is on the books for it, or has left it.
    pub worker: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
pub struct Vacancies {
    pub on: NaiveDate,
    pub vacancies: Vec<Vacancy>,
    pub synthetic: bool,
}

/// The row as this scope may see it.
pub fn vacancy(row: VacancyRow, scope: &Scope) -> Vacancy {
    use crate::store::assignments::Why;
    let place = row.place;
    let village = place.grid.village();
    Vacancy {
        households: scope.may(Capability::Figures, &village).then_some(place.households),
        village,
        grid: place.grid.into(),
        village_name: place.village_name,
        area_type: place.area_type,
        language: place.language,
        point: [place.at.0, place.at.1],
        why: match row.why {
            Why::NeverFilled => VacancyReason::NeverFilled,
            Why::Ended => VacancyReason::Ended,
            Why::Seconded => VacancyReason::Seconded,
            Why::OnLeave => VacancyReason::OnLeave,
            Why::Left => VacancyReason::Left,
        },
        worker: row.worker,
    }
}
