use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use geo::{BoundingRect, MapCoords, MultiPolygon, SimplifyVwPreserve};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::serving::{self, GridOutlet};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire;
use crate::domain::{AreaType, Code, Count, Employment, GridRole, Month, PersonalField, WorkerStatus};
use crate::store::tiles::GridsOf;
use crate::store::{Tx, assignments, grids, pay, workers};

/// Who they are themselves.
#[derive(Serialize, ToSchema)]
struct OwnWorker {
    /// Masked, as `张**`.
    name: Option<String>,
    status: WorkerStatus,
    employment: Employment,
}

/// Who leads a grid.
#[derive(Serialize, ToSchema)]
struct GridLead {
    /// Masked, as `张**`.
    name: Option<String>,
}

/// The newest month that is paid.
#[derive(Serialize, ToSchema)]
struct OwnStatement {
    #[schema(value_type = String)]
    month: Month,
    total_fen: i64,
    /// CNY.
    currency: &'static str,
    /// By rules whose amounts are nobody's actual rates.
    demo: bool,
}

/// A grid that the caller looks after.
#[derive(Serialize, ToSchema)]
struct OwnGrid {
    code: String,
    #[schema(value_type = String)]
    village: Code,
    village_name: String,
    area_type: AreaType,
    role: GridRole,
    from: NaiveDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    households: Option<Count>,
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<Count>,
    area_m2: f64,
    /// Simplified: to be shown on a phone, not to be measured.
    #[schema(value_type = Object)]
    geometry: Value,
    lead: Option<GridLead>,
    /// Which outlets serve it, by kind.
    outlets: Vec<GridOutlet>,
    /// Grids that border on it.
    neighbours: Vec<String>,
}

/// All that a worker's own first page needs.
#[derive(Serialize, ToSchema)]
pub struct Territory {
    worker: OwnWorker,
    as_of: NaiveDate,
    grids: Vec<OwnGrid>,
    /// None before a month of theirs is locked.
    statement: Option<OwnStatement>,
    synthetic: bool,
}

/// My grids, with all that the first page of whoever looks after them needs
#[utoipa::path(get, path = "/api/v1/me/territory", tag = "me",
    responses((status = 200, body = Territory), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn get(State(state): State<AppState>, caller: Caller) -> Result<Json<Territory>, Problem> {
    let today = state.today();
    let mut tx = caller.begin().await?;
    let mut worker = workers::of_account(&mut tx, &caller.actor.username, today).await?.ok_or_else(|| {
        Problem::not_found("与您的账号关联的网格员记录", "worker record that is your account's")
    })?;
    let mut own = Vec::new();
    let mut synthetic = worker.synthetic;
    for held in std::mem::take(&mut worker.grids) {
        // Their account's grants decide which of them they see.
        let Some(mut row) = grids::get(&mut tx, &held.code, GridsOf::Day(today)).await? else { continue };
        let geometry = row.outline.take().map(|outline| wire::geojson(&simple(&outline))).unwrap_or_default();
        let lead = assignments::own_lead(&mut tx, &held.code, today).await?;
        let neighbours = grids::neighbours(&mut tx, &held.code, row.plan).await?;
        let outlets = serving::of_grid(&mut tx, &held.code, today).await?;
        let village = held.code.village();
        let figures = caller.scope.may(Capability::Figures, &village);
        synthetic |= row.synthetic;
        own.push(OwnGrid {
            code: held.code.into(),
            village,
            village_name: row.village_name,
            area_type: row.area_type,
            role: held.role,
            from: held.from,
            households: figures.then_some(row.households),
            people: figures.then_some(row.people),
            area_m2: row.area_m2,
            geometry,
            outlets,
            lead: lead.map(|name| GridLead { name }),
            neighbours: neighbours.into_iter().map(Into::into).collect(),
        });
    }
    Ok(Json(Territory {
        worker: OwnWorker {
            name: worker.masked.remove(&PersonalField::Name).flatten(),
            status: worker.status,
            employment: worker.employment,
        },
        as_of: today,
        grids: own,
        statement: statement(&mut tx, worker.id).await?,
        synthetic,
    }))
}

async fn statement(tx: &mut Tx, worker: Uuid) -> Result<Option<OwnStatement>, Problem> {
    let Some(month) = pay::months_of(tx, worker, false).await?.into_iter().next() else { return Ok(None) };
    let held = pay::statement(tx, worker, month, false).await?;
    Ok(held.map(|held| OwnStatement { month, total_fen: held.total_fen, currency: "CNY", demo: held.demo }))
}

/// Corners that a phone wouldn't show are left out, and digits below a metre.
fn simple(outline: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    /// Of the outline's width or height: what a corner must stand out by.
    const PART: f64 = 0.004;
    let wide = outline.bounding_rect().map_or(0.0, |rect| rect.width().max(rect.height()));
    let rounded = |value: f64| (value * 1e5).round() / 1e5;
    let simple = outline.simplify_vw_preserve((wide * PART).powi(2));
    simple.map_coords(|at| geo::Coord { x: rounded(at.x), y: rounded(at.y) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_of_many_corners_is_small_and_still_there() {
        let corner = |at: i32| {
            let (angle, far) =
                (f64::from(at) / 5000.0 * std::f64::consts::TAU, 0.2 + f64::from(at % 7) * 1e-5);
            (117.0 + far * angle.cos(), 45.0 + far * angle.sin())
        };
        let ring: geo::LineString<f64> = (0..5000).map(corner).collect::<Vec<_>>().into();
        let outline = MultiPolygon(vec![geo::Polygon::new(ring, vec![])]);
        let small = simple(&outline);
        assert!((20..400).contains(&small.0[0].exterior().0.len()), "{}", small.0[0].exterior().0.len());
        assert!(wire::geojson(&small).to_string().len() < 8_000);
        let area = |outline: &MultiPolygon<f64>| geo::Area::unsigned_area(outline);
        assert!((area(&small) / area(&outline) - 1.0).abs() < 0.02);
    }
}
