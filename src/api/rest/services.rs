//! The service catalogue.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::AppState;
use crate::api::caller::Visitor;
use crate::api::extract::Params;
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Service, ServiceKind, ServiceMode, Utility};
use crate::store::services::{self, ServiceFilter};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ServicesQuery {
    /// In the code or the name.
    search: Option<String>,
    #[param(inline)]
    kind: Option<ServiceKind>,
    /// One of the powers handed down to townships, or none of them.
    delegated: Option<bool>,
}

/// An item of the catalogue.
#[derive(Serialize, ToSchema)]
#[schema(as = Service)]
struct ServiceWire {
    code: String,
    name: String,
    modes: Vec<ServiceMode>,
    /// One of the powers handed down to townships.
    delegated: bool,
    kind: ServiceKind,
    /// Of a utility.
    utility: Option<Utility>,
    /// Can be done without going anywhere.
    online: bool,
    /// Made up for the demo.
    synthetic: bool,
}

impl From<Service> for ServiceWire {
    fn from(service: Service) -> Self {
        let Service { code, name, modes, delegated, kind, utility, online, synthetic } = service;
        Self { code, name, modes, delegated, kind, utility, online, synthetic }
    }
}

#[derive(Serialize, ToSchema)]
struct Services {
    services: Vec<ServiceWire>,
}

/// The service catalogue
#[utoipa::path(get, path = "/api/v1/services", tag = "outlets", params(ServicesQuery),
    responses((status = 200, body = Services), (status = "default", body = ProblemWire)))]
async fn list(visitor: Visitor, Params(query): Params<ServicesQuery>) -> Result<Json<Services>, Problem> {
    let search = query.search.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let filter = ServiceFilter { search, kind: query.kind, delegated: query.delegated };
    let mut tx = visitor.begin().await?;
    let services = services::list(&mut tx, &filter).await?.into_iter().map(Into::into).collect();
    Ok(Json(Services { services }))
}
