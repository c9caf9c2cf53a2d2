//! Search by name, code and place.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::AppState;
use crate::api::caller::Visitor;
use crate::api::extract::Params;
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::Items;
use crate::domain::{Code, Level};
use crate::store::{StoreError, areas, search};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(find))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Part of a name, or the beginning of a code.
    q: String,
    /// 1 to 50; 8 when left out.
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct Hit {
    /// `area`, `grid` or `place` (a settlement of the basemap).
    kind: String,
    code: Option<String>,
    name: String,
    level: Option<Level>,
    /// Where it lies, from the region down.
    path: String,
    bbox: Option<[f64; 4]>,
    point: Option<[f64; 2]>,
}

/// Areas, grids and places by name or code
#[utoipa::path(get, path = "/api/v1/search", tag = "areas", params(SearchQuery),
    responses((status = 200, body = Items<Hit>), (status = "default", body = ProblemWire)))]
async fn find(
    State(state): State<AppState>,
    visitor: Visitor,
    Params(query): Params<SearchQuery>,
) -> Result<Json<Items<Hit>>, Problem> {
    let text = query.q.trim();
    if text.is_empty() || text.chars().count() > 60 {
        return Ok(Json(Items { items: Vec::new() }));
    }
    let limit = query.limit.unwrap_or(8).clamp(1, 50);
    let mut tx = visitor.begin().await?;
    let found = search::find(&mut tx, text, state.today(), limit).await?;
    let mut items = Vec::with_capacity(found.len());
    for hit in found {
        let bbox = hit.bbox.try_into().ok();
        // A grid's line goes through its village.
        let line: Vec<Code> = match hit
            .code
            .get(..12)
            .filter(|_| hit.kind == "grid")
            .and_then(|village| village.parse().ok())
        {
            Some(village) => whole_line(&village),
            None => hit
                .code
                .parse::<Code>()
                .map(|code| code.ancestors())
                .map_err(|error| StoreError::Corrupt { what: "code", why: error.to_string() })?,
        };
        let names: Vec<String> =
            areas::named(&mut tx, &line).await?.into_iter().map(|(_, name)| name).collect();
        let level =
            (hit.kind == "area").then(|| hit.code.parse::<Code>().ok().map(|code| code.level())).flatten();
        items.push(Hit {
            kind: hit.kind,
            code: Some(hit.code),
            name: hit.name,
            level,
            path: names.join(" › "),
            bbox,
            point: None,
        });
    }
    let room = usize::try_from(limit).unwrap_or(0).saturating_sub(items.len());
    let lower = text.to_lowercase();
    let places = super::super::basemap::settlement_rows();
    let places = places.into_iter().filter(|place| {
        place.name.to_lowercase().contains(&lower)
            || (!place.name_zh.is_empty() && place.name_zh.contains(text))
    });
    items.extend(places.take(room).map(|place| Hit {
        kind: "place".to_owned(),
        code: None,
        name: if place.name_zh.is_empty() { place.name } else { format!("{} {}", place.name_zh, place.name) },
        level: None,
        path: String::new(),
        bbox: None,
        point: Some([place.lon, place.lat]),
    }));
    Ok(Json(Items { items }))
}

fn whole_line(code: &Code) -> Vec<Code> {
    let mut line = code.ancestors();
    line.push(code.clone());
    line
}
