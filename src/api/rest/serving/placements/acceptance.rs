//! Outlets are made of a proposal's sites, once.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::super::label;
use super::{Placement, SiteWire, no_placement, wire};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::Level;
use crate::store::outlets::{self, NewOutlet, OutletRow};
use crate::store::placements;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacementAcceptance {
    /// By place in the proposal's list, from 0.
    sites: Vec<usize>,
    /// What the outlets are called, after their village's name; the kind's name when left out. A village's second one gets
    /// a number.
    name: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct AcceptedSites {
    /// Ids of the outlets that were made: proposals until they are taken into use one by one.
    outlets: Vec<Uuid>,
}

fn accepted_already() -> Problem {
    Problem::conflict(
        "accepted_already",
        "该选址方案已采用过：请重新计算",
        "this proposal was accepted already: work out another one",
    )
}

/// Make draft outlets of some of a proposal's sites
#[utoipa::path(post, path = "/api/v1/placements/{id}/acceptance", tag = "outlets", params(("id" = Uuid, Path)), request_body = PlacementAcceptance,
    responses((status = 201, body = AcceptedSites), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire),
              (status = 409, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn accept(
    State(state): State<AppState>,
    caller: Caller,
    Segment(id): Segment<Uuid>,
    Body(given): Body<PlacementAcceptance>,
) -> Result<Response, Problem> {
    let name = given.name.as_deref().map(|name| label(name, 40)).transpose()?;
    let mut tx = caller.begin().await?;
    let row = placements::get(&mut tx, id).await?.ok_or_else(no_placement)?;
    caller.require(Capability::Outlets, &row.area)?;
    let held = wire(row.clone())?;
    let wanted: Vec<usize> = given.sites.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let known = wanted.iter().all(|site| *site < held.sites.len());
    if wanted.is_empty() || !known {
        return Err(Problem::bad_request(
            "bad_sites",
            format!("请从 0 到 {} 中选择要采用的位置", held.sites.len().saturating_sub(1)),
            format!("choose sites from 0 to {}", held.sites.len().saturating_sub(1)),
        ));
    }
    // Whoever accepts it at the same time waits here, and finds it accepted.
    if !placements::accept(&mut tx, &row, &wanted).await? {
        return Err(accepted_already());
    }
    let there =
        outlets::of_area(&mut tx, &row.area.at(Level::Banner), Some(held.kind), state.today()).await?;
    let mut named: BTreeSet<String> = there.iter().map(|outlet| outlet.name.clone()).collect();
    let mut new = Vec::new();
    for index in wanted {
        let site = &held.sites[index];
        if let Some(outlet) = there.iter().find(|outlet| stands_at(outlet, site)) {
            return Err(Problem::conflict(
                "outlet_there",
                format!("第 {index} 处已有同类网点或其草案“{}”：请不选此处", outlet.name),
                format!(
                    "at site {index} there is an outlet of this kind, or a draft of one, already ({}): leave it out",
                    outlet.name
                ),
            ));
        }
        let wished = format!("{}{}", site.village_name, name.as_deref().unwrap_or(held.kind.zh()));
        new.push(draft(&held, site, unused(wished, &mut named), state.today()));
    }
    outlets::add(&mut tx, &row.area, &new, state.now()).await?;
    tx.commit().await?;
    let made = AcceptedSites { outlets: new.iter().map(|outlet| outlet.id).collect() };
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// Sites stand at centres of cells: the same question asked again finds the same points.
fn stands_at(outlet: &OutletRow, site: &SiteWire) -> bool {
    let near = |one: f64, other: f64| (one - other).abs() < 1e-6;
    near(outlet.at.0, site.point[0]) && near(outlet.at.1, site.point[1])
}

/// The name itself, or with the first number that makes it another.
fn unused(wished: String, named: &mut BTreeSet<String>) -> String {
    let mut name = wished.clone();
    let mut number = 1;
    while !named.insert(name.clone()) {
        number += 1;
        name = format!("{wished}{number}");
    }
    name
}

fn draft(held: &Placement, site: &SiteWire, name: String, from: chrono::NaiveDate) -> NewOutlet {
    NewOutlet {
        id: Uuid::now_v7(),
        area: site.village.clone(),
        kind: held.kind,
        draft: true,
        name,
        at: (site.point[0], site.point[1]),
        opening_hours: None,
        calendar: None,
        windows: 0,
        capacity: None,
        from,
        until: None,
        synthetic: held.synthetic,
    }
}
