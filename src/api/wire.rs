//! What goes over the wire: the domain's nouns in JSON, and geometry as GeoJSON.

use chrono::{DateTime, NaiveDate, Utc};
use geo::MultiPolygon;
use geozero::ToJson;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use uuid::Uuid;

use super::rest::GridOutlet;
use crate::access::{Capability, Scope};
use crate::domain::{
    AreaType, Code, Count, GridKind, GridRole, Level, PlanStatus, Reason, SMALL_MAX, Scores, Text,
    VillageKind,
};
use crate::store::areas::AreaRow;
use crate::store::assignments::AssignmentRow;
use crate::store::comparison::Spread;
use crate::store::grids::GridRow;
use crate::store::jobs::JobRow;
use crate::store::plans::PlanRow;

/// A list.
#[derive(Serialize, ToSchema)]
pub struct Items<T> {
    pub items: Vec<T>,
}

/// A list that goes on at `next`, if there is more.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct NamedArea {
    #[schema(value_type = String)]
    pub code: Code,
    pub name: String,
    pub level: Level,
}

impl From<(Code, String)> for NamedArea {
    fn from((code, name): (Code, String)) -> Self {
        Self { level: code.level(), code, name }
    }
}

/// An area's figures.
#[derive(Serialize, ToSchema)]
pub struct Area {
    /// 2, 4, 6, 9 or 12 digits.
    #[schema(value_type = String)]
    pub code: Code,
    pub name: String,
    pub level: Level,
    /// Of a village its own; above, what most of its villages are.
    pub area_type: Option<AreaType>,
    /// Of a village.
    pub kind: Option<VillageKind>,
    /// Of a village: the language that its grids' worker should speak, such as `mn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[schema(value_type = Option<String>)]
    pub parent: Option<Code>,
    /// West, south, east, north.
    pub bbox: [f64; 4],
    /// Geodesic.
    pub area_m2: f64,
    pub villages: u32,
    /// For whoever sees figures here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub households: Option<Count>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<Count>,
    /// Made up from real names and outlines.
    pub synthetic: bool,
}

impl Area {
    /// The row as this scope may see it.
    pub fn seen(row: AreaRow, scope: &Scope) -> Self {
        let figures = scope.may(Capability::Figures, &row.code);
        Self {
            level: row.code.level(),
            parent: row.code.parent(),
            code: row.code,
            name: row.name,
            area_type: row.area_type,
            kind: row.kind,
            language: row.language,
            bbox: row.bbox,
            area_m2: row.area_m2,
            villages: row.villages,
            households: figures.then_some(row.households),
            people: figures.then_some(row.people),
            synthetic: row.synthetic,
        }
    }
}

/// An area with where it lies.
#[derive(Serialize, ToSchema)]
pub struct AreaDetail {
    #[serde(flatten)]
    pub area: Area,
    /// From the region down.
    pub ancestors: Vec<NamedArea>,
    /// GeoJSON, with `?geometry=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub geometry: Option<Value>,
}

/// A reason for a limit that isn't kept.
#[derive(Serialize, ToSchema)]
pub struct ReasonWire {
    pub code: String,
    #[schema(value_type = String)]
    pub village: Code,
    pub village_name: Option<String>,
    pub grid: Option<String>,
    pub zh: String,
    pub en: String,
}

impl From<Reason> for ReasonWire {
    fn from(reason: Reason) -> Self {
        let text = reason.kind.text();
        Self {
            code: reason.kind.code().to_owned(),
            village: reason.village,
            village_name: None,
            grid: reason.grid.map(String::from),
            zh: text.zh,
            en: text.en,
        }
    }
}

/// A grid.
#[derive(Serialize, ToSchema)]
pub struct Grid {
    /// 15 digits: the village's code and three more.
    pub code: String,
    #[schema(value_type = String)]
    pub village: Code,
    pub village_name: String,
    pub area_type: AreaType,
    pub kind: GridKind,
    /// Of a dedicated grid.
    pub name: Option<String>,
    /// This and the other figures, for whoever sees figures here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub households: Option<Count>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<Count>,
    /// Geodesic.
    pub area_m2: f64,
    /// How many units it is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<usize>,
    /// Polsby–Popper, 4πA/P², 0 to 1.
    pub compactness: f64,
    /// Estimated, one way, from its centre to its farthest household.
    pub travel_min: Option<f64>,
    /// Whether its households lie between the profile's minimum and maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_band: Option<bool>,
    /// They tell figures: none for whoever sees none.
    pub reasons: Vec<ReasonWire>,
    pub synthetic: bool,
}

impl Grid {
    /// The row as this scope may see it.
    pub fn seen(row: GridRow, scope: &Scope) -> Self {
        let village = row.code.village();
        let figures = scope.may(Capability::Figures, &village);
        let reasons = if figures { row.reasons } else { Vec::new() };
        Self {
            village,
            code: row.code.into(),
            village_name: row.village_name,
            area_type: row.area_type,
            kind: row.kind,
            name: row.name,
            households: figures.then_some(row.households),
            people: figures.then_some(row.people),
            area_m2: row.area_m2,
            units: figures.then_some(row.units.len()),
            compactness: row.compactness,
            travel_min: row.travel_min.filter(|_| figures),
            in_band: figures.then_some(row.in_band),
            reasons: reasons.into_iter().map(ReasonWire::from).collect(),
            synthetic: row.synthetic,
        }
    }
}

/// A plan in short.
#[derive(Serialize, ToSchema)]
pub struct PlanRef {
    pub id: Uuid,
    pub status: PlanStatus,
    pub valid_from: Option<NaiveDate>,
    /// The first day on which it no longer holds.
    pub valid_to: Option<NaiveDate>,
}

impl From<&PlanRow> for PlanRef {
    fn from(row: &PlanRow) -> Self {
        Self { id: row.id, status: row.status, valid_from: row.valid_from, valid_to: row.valid_to }
    }
}

/// One grid with where it lies.
#[derive(Serialize, ToSchema)]
pub struct GridDetail {
    #[serde(flatten)]
    pub grid: Grid,
    pub bbox: [f64; 4],
    pub ancestors: Vec<NamedArea>,
    pub plan: PlanRef,
    /// Who looks after it on that day, for whoever may see worker records there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<Vec<GridWorker>>,
    /// Which outlets serve it, by kind.
    pub outlets: Vec<GridOutlet>,
    #[schema(value_type = Object)]
    pub geometry: Value,
}

/// Somebody who looks after a grid.
#[derive(Serialize, ToSchema)]
pub struct GridWorker {
    pub assignment: Uuid,
    pub worker: Uuid,
    /// Masked, as `张**`.
    pub name: Option<String>,
    pub role: GridRole,
    pub from: NaiveDate,
    /// The first day on which it no longer holds.
    pub until: Option<NaiveDate>,
}

impl From<AssignmentRow> for GridWorker {
    fn from(row: AssignmentRow) -> Self {
        Self {
            assignment: row.id,
            worker: row.worker,
            name: row.worker_name,
            role: row.role,
            from: row.from,
            until: row.until,
        }
    }
}

/// A plan.
#[derive(Serialize, ToSchema)]
pub struct Plan {
    pub id: Uuid,
    /// The banner that it divides.
    #[schema(value_type = String)]
    pub area: Code,
    pub area_name: String,
    pub title: String,
    pub status: PlanStatus,
    pub valid_from: Option<NaiveDate>,
    /// The first day on which it no longer holds.
    pub valid_to: Option<NaiveDate>,
    pub seed: i64,
    pub engine_version: String,
    pub policy_version: String,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub bbox: [f64; 4],
    pub scores: Scores,
    pub reasons_total: usize,
    pub synthetic: bool,
}

impl From<PlanRow> for Plan {
    fn from(row: PlanRow) -> Self {
        Self {
            id: row.id,
            area: row.banner,
            area_name: row.banner_name,
            title: row.title,
            status: row.status,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            seed: row.seed,
            engine_version: row.engine_version,
            policy_version: row.policy_version,
            created_at: row.created_at,
            created_by: row.created_by,
            bbox: row.bbox,
            reasons_total: row.reasons.len(),
            scores: row.scores,
            synthetic: row.synthetic,
        }
    }
}

/// Long work.
#[derive(Serialize, ToSchema)]
pub struct Job {
    pub id: Uuid,
    /// `division`, `import` or `publication`.
    pub kind: String,
    #[schema(value_type = String)]
    pub area: Code,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    pub done: u32,
    pub total: u32,
    #[schema(value_type = Option<Object>)]
    pub note: Option<Text>,
    /// What came of it: `plans` of a division, `findings` of an import.
    #[schema(value_type = Option<Object>)]
    pub result: Option<Value>,
    /// Why it failed: `code`, `zh`, `en`.
    #[schema(value_type = Option<Object>)]
    pub error: Option<Value>,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            area: row.area,
            state: row.state.as_str().to_owned(),
            done: row.done,
            total: row.total,
            note: row.note,
            result: row.result,
            error: row.error,
            created_by: row.created_by,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}

/// Smallest, quartiles (interpolated), largest and mean.
#[derive(Serialize, ToSchema)]
pub struct SpreadWire {
    pub min: f64,
    pub q1: f64,
    pub median: f64,
    pub q3: f64,
    pub max: f64,
    pub mean: f64,
}

impl From<Spread> for SpreadWire {
    fn from(spread: Spread) -> Self {
        let Spread { min, q1, median, q3, max, mean } = spread;
        Self { min, q1, median, q3, max, mean }
    }
}

/// A value from among counts, such as a median: a number, or that it is under 5 and not 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Middling {
    Number(f64),
    Small,
}

impl Serialize for Middling {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Small => serializer.serialize_str("<5"),
        }
    }
}

/// [`SpreadWire`] of counts.
#[derive(Serialize, ToSchema)]
pub struct CountSpread {
    #[schema(schema_with = middling)]
    pub min: Middling,
    #[schema(schema_with = middling)]
    pub q1: Middling,
    #[schema(schema_with = middling)]
    pub median: Middling,
    #[schema(schema_with = middling)]
    pub q3: Middling,
    #[schema(schema_with = middling)]
    pub max: Middling,
    #[schema(schema_with = middling)]
    pub mean: Middling,
}

fn middling() -> RefOr<Schema> {
    let number = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Number));
    let small = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).pattern(Some("^<5$"));
    OneOfBuilder::new().item(number).item(small).into()
}

impl CountSpread {
    /// For whoever sees the counts themselves, and for everybody else.
    pub fn of(spread: Spread, exact: bool) -> Self {
        let small = |value: f64| !exact && 0.0 < value && value < f64::from(SMALL_MAX + 1);
        let told = |value: f64| if small(value) { Middling::Small } else { Middling::Number(value) };
        let Spread { min, q1, median, q3, max, mean } = spread;
        Self {
            min: told(min),
            q1: told(q1),
            median: told(median),
            q3: told(q3),
            max: told(max),
            mean: told(mean),
        }
    }
}

/// A geometry as GeoJSON.
pub fn geojson(outline: &MultiPolygon<f64>) -> Value {
    let geometry: geo::Geometry<f64> = match outline.0.as_slice() {
        [one] => one.clone().into(),
        _ => outline.clone().into(),
    };
    geometry.to_json().ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null)
}
