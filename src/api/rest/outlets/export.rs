//! Outlets as files, with the columns that an import reads.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::{code, geojson_response};
use super::{OnDay, OutletWire, no_area};
use crate::api::AppState;
use crate::api::caller::Visitor;
use crate::api::extract::{Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Code, OsmHours};
use crate::formats::{Sheet, Value};
use crate::store::{areas, outlets};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(csv)).routes(routes!(xlsx)).routes(routes!(geojson))
}

/// The outlets of an area and of all below it, as a table that an import reads
#[utoipa::path(get, path = "/api/v1/areas/{code}/outlets.csv", tag = "outlets", params(("code" = String, Path), OnDay),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn csv(
    State(state): State<AppState>,
    visitor: Visitor,
    Segment(text): Segment<String>,
    Params(query): Params<OnDay>,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let table = table(&state, &visitor, &code, query).await?.csv();
    Ok(file(table, "text/csv; charset=utf-8", &format!("khot-outlets-{code}.csv"))?.into_response())
}

/// The same as a workbook
#[utoipa::path(get, path = "/api/v1/areas/{code}/outlets.xlsx", tag = "outlets", params(("code" = String, Path), OnDay),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn xlsx(
    State(state): State<AppState>,
    visitor: Visitor,
    Segment(text): Segment<String>,
    Params(query): Params<OnDay>,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let table = table(&state, &visitor, &code, query).await?.xlsx();
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(file(table, kind, &format!("khot-outlets-{code}.xlsx"))?.into_response())
}

/// The same as GeoJSON
#[utoipa::path(get, path = "/api/v1/areas/{code}/outlets.geojson", tag = "outlets", params(("code" = String, Path), OnDay),
    responses((status = 200, content_type = "application/geo+json", body = Object), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn geojson(
    State(state): State<AppState>,
    visitor: Visitor,
    Segment(text): Segment<String>,
    Params(query): Params<OnDay>,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let mut tx = visitor.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(no_area)?;
    let on = query.on.unwrap_or_else(|| state.today());
    let rows = outlets::of_area(&mut tx, &code, None, on).await?;
    let synthetic = rows.iter().any(|row| row.synthetic);
    let features: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let point = json!({"type": "Point", "coordinates": [row.at.0, row.at.1]});
            json!({"type": "Feature", "id": row.id, "geometry": point, "properties": OutletWire::at(row, state.now())})
        })
        .collect();
    Ok(geojson_response(&json!({"type": "FeatureCollection", "features": features, "synthetic": synthetic})))
}

const COLUMNS: [&str; 18] = [
    "id",
    "name",
    "kind",
    "area",
    "area_name",
    "lon",
    "lat",
    "opening_hours",
    "calendar",
    "windows",
    "capacity",
    "from",
    "until",
    "items",
    "authority",
    "draft",
    "synthetic",
    "kind_zh",
];

async fn table(state: &AppState, visitor: &Visitor, code: &Code, query: OnDay) -> Result<Sheet, Problem> {
    let mut tx = visitor.begin().await?;
    areas::get(&mut tx, code).await?.ok_or_else(no_area)?;
    let on = query.on.unwrap_or_else(|| state.today());
    let offered = outlets::offered(&mut tx, code, on).await?;
    let authorities = outlets::authorities(&mut tx, code, on).await?;
    let words = |words: Vec<String>| match words.is_empty() {
        true => Value::Empty,
        false => Value::Text(words.join(";")),
    };
    let text = |text: String| Value::Text(text);
    let hours = |hours: Option<OsmHours>| hours.map_or(Value::Empty, |hours| Value::Text(hours.into()));
    let rows = outlets::of_area(&mut tx, code, None, on).await?.into_iter().map(|row| {
        vec![
            text(row.id.to_string()),
            text(row.name),
            text(row.kind.as_str().to_owned()),
            text(row.area.into()),
            text(row.area_name),
            Value::Number(row.at.0),
            Value::Number(row.at.1),
            hours(row.opening_hours),
            hours(row.calendar),
            Value::Integer(row.windows.into()),
            row.capacity.map_or(Value::Empty, |capacity| Value::Integer(capacity.into())),
            text(row.from.to_string()),
            row.until.map_or(Value::Empty, |day| text(day.to_string())),
            words(offered.get(&row.id).into_iter().flatten().cloned().collect()),
            words(authorities.get(&row.id).cloned().unwrap_or_default()),
            Value::Flag(row.draft),
            Value::Flag(row.synthetic),
            text(row.kind.zh().to_owned()),
        ]
    });
    let columns = COLUMNS.map(str::to_owned).to_vec();
    Ok(Sheet { title: "网点 outlets".to_owned(), columns, rows: rows.collect() })
}

fn file(
    bytes: Result<Vec<u8>, crate::formats::SheetError>,
    kind: &'static str,
    name: &str,
) -> Result<impl IntoResponse + use<>, Problem> {
    let bytes = bytes.map_err(|error| {
        tracing::error!(%error, "a table can't be written");
        Problem::of_status(axum::http::StatusCode::INTERNAL_SERVER_ERROR)
    })?;
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes))
}
