//! The roster as a workbook.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::{code, workbook};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::Segment;
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{GridRole, PersonalField};
use crate::formats::{Sheet, Value};
use crate::store::areas;
use crate::store::workers::{self, WorkerFilter, WorkerRow};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(xlsx))
}

const COLUMNS: [&str; 14] = [
    "id",
    "name",
    "phone",
    "area",
    "area_name",
    "employment",
    "status",
    "status_from",
    "languages",
    "skills",
    "grids",
    "leads",
    "username",
    "synthetic",
];

/// The roster of an area and of all below it as a workbook; names and phones are masked, as everywhere
#[utoipa::path(get, path = "/api/v1/areas/{code}/workers.xlsx", tag = "workers", params(("code" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 403, body = ProblemWire),
              (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn xlsx(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(Capability::People, &code)?;
    let rows = workers::page(&mut tx, &code, &WorkerFilter::default(), state.today(), None, i64::MAX).await?;
    let sheet = Sheet {
        title: "名册 roster".to_owned(),
        columns: COLUMNS.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(values).collect(),
    };
    let made = tokio::task::spawn_blocking(move || sheet.xlsx()).await;
    workbook(
        made.map_err(|error| error.to_string()).and_then(|made| made.map_err(|error| error.to_string())),
        &format!("khot-workers-{code}.xlsx"),
    )
}

fn values(mut row: WorkerRow) -> Vec<Value> {
    let text = |text: Option<String>| text.filter(|text| !text.is_empty()).map_or(Value::Empty, Value::Text);
    let mut masked = |field: PersonalField| text(row.masked.remove(&field).flatten());
    let (name, phone) = (masked(PersonalField::Name), masked(PersonalField::Phone));
    let mut grids: BTreeMap<GridRole, Vec<String>> = BTreeMap::new();
    for held in row.grids {
        grids.entry(held.role).or_default().push(held.code.into());
    }
    let mut of = |role: GridRole| text(grids.remove(&role).map(|codes| codes.join(";")));
    vec![
        Value::Text(row.id.to_string()),
        name,
        phone,
        Value::Text(row.area.into()),
        text(row.area_name),
        Value::Text(row.employment.as_str().to_owned()),
        Value::Text(row.status.as_str().to_owned()),
        Value::Text(row.status_since.to_string()),
        text(Some(row.languages.join(";"))),
        text(Some(row.skills.join(";"))),
        of(GridRole::Worker),
        of(GridRole::Lead),
        text(row.username),
        Value::Flag(row.synthetic),
    ]
}
