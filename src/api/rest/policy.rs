//! The policy that holds for an area.

use axum::Json;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::code;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::Params;
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{AreaType, Code, Policy, Profile};
use crate::store::{StoreError, areas};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PolicyQuery {
    area: String,
}

#[derive(Serialize, ToSchema)]
struct PolicyWire {
    #[schema(value_type = String)]
    code: Code,
    title: String,
    version: String,
    valid_from: NaiveDate,
    /// What holds here for each area type, overrides applied.
    profiles: BTreeMap<String, Profile>,
    /// Areas at or below this one that have rules of their own.
    overrides: Vec<String>,
    /// The document as it was written.
    toml: String,
}

/// The policy that holds for an area
#[utoipa::path(get, path = "/api/v1/policy", tag = "plans", params(PolicyQuery),
    responses((status = 200, body = PolicyWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn get(caller: Caller, Params(query): Params<PolicyQuery>) -> Result<Json<PolicyWire>, Problem> {
    let code = code(&query.area)?;
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    let policy =
        Policy::defaults().map_err(|error| StoreError::Corrupt { what: "policy", why: error.to_string() })?;
    let profiles = AreaType::ALL
        .into_iter()
        .map(|area_type| (area_type.as_str().to_owned(), policy.profile(&code, area_type)))
        .collect();
    Ok(Json(PolicyWire {
        profiles,
        overrides: policy
            .overridden_areas()
            .filter(|area| code.covers(area))
            .map(ToString::to_string)
            .collect(),
        title: policy.title.clone(),
        version: policy.version.clone(),
        valid_from: policy.valid_from,
        toml: policy.source_text().to_owned(),
        code,
    }))
}
