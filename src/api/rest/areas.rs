//! Areas, their children and their figures.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{code, geojson_response, said, wants_geojson};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::{Caller, Visitor};
use crate::api::extract::{Body, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::{self, AreaDetail, Items, PlanRef};
use crate::domain::{AreaType, Code, Count, Level, clean_language};
use crate::store::tiles::GridsOf;
use crate::store::{areas, comparison, plans};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get, change)).routes(routes!(children)).routes(routes!(figures))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WithGeometry {
    #[serde(default)]
    geometry: bool,
}

fn no_area() -> Problem {
    Problem::not_found("这个区划", "area")
}

/// One area
#[utoipa::path(get, path = "/api/v1/areas/{code}", tag = "areas", params(("code" = String, Path), WithGeometry),
    responses((status = 200, body = AreaDetail), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn get(
    visitor: Visitor,
    Segment(text): Segment<String>,
    Params(with): Params<WithGeometry>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let mut tx = visitor.begin().await?;
    let area = areas::get(&mut tx, &code).await?.ok_or_else(no_area)?;
    let ancestors = areas::named(&mut tx, &code.ancestors()).await?.into_iter().map(Into::into).collect();
    let geojson = wants_geojson(&headers);
    let geometry = if with.geometry || geojson {
        areas::outline(&mut tx, &code).await?.map(|outline| wire::geojson(&outline))
    } else {
        None
    };
    let mut detail = AreaDetail { area: wire::Area::seen(area, &visitor.scope), ancestors, geometry };
    if geojson {
        let geometry = detail.geometry.take();
        return Ok(geojson_response(
            &json!({"type": "Feature", "id": code, "geometry": geometry, "properties": detail}),
        ));
    }
    Ok(Json(detail).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AreaChange)]
struct AreaChangeWire {
    /// What grids here need their worker to speak, such as `mn`; null: nothing in particular.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
}

#[derive(Serialize, ToSchema)]
struct AreaChanged {
    /// In how many villages that wasn't so before.
    villages: u64,
}

/// Say which language the people of a village, or of all villages of an area, need
#[utoipa::path(patch, path = "/api/v1/areas/{code}", tag = "areas", params(("code" = String, Path)), request_body = AreaChangeWire,
    responses((status = 200, body = AreaChanged), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn change(
    caller: Caller,
    Segment(text): Segment<String>,
    Body(given): Body<AreaChangeWire>,
) -> Result<Json<AreaChanged>, Problem> {
    let code = code(&text)?;
    let language = given.language.ok_or_else(|| {
        Problem::bad_request("nothing_to_change", "请写明 language", "say the language, or null for none")
    })?;
    let language = language
        .as_deref()
        .map(clean_language)
        .transpose()
        .map_err(|why| Problem::bad_request("bad_language", why.zh, why.en))?;
    let mut tx = caller.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(no_area)?;
    caller.require(Capability::PeopleEdit, &code)?;
    let villages = areas::below(&mut tx, &code, Level::Village).await?;
    let villages: Vec<_> = villages.into_iter().map(|village| (village.code, language.clone())).collect();
    let villages = areas::set_languages(&mut tx, &code, &villages).await?;
    tx.commit().await?;
    Ok(Json(AreaChanged { villages }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ChildrenQuery {
    /// The next level down when left out.
    level: Option<Level>,
}

/// The areas of a level below an area
#[utoipa::path(get, path = "/api/v1/areas/{code}/children", tag = "areas", params(("code" = String, Path), ChildrenQuery),
    responses((status = 200, body = Items<wire::Area>), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn children(
    visitor: Visitor,
    Segment(text): Segment<String>,
    Params(query): Params<ChildrenQuery>,
) -> Result<Json<Items<wire::Area>>, Problem> {
    let code = code(&text)?;
    let mut tx = visitor.begin().await?;
    areas::get(&mut tx, &code).await?.ok_or_else(no_area)?;
    let level = match query.level {
        Some(level) if level <= code.level() => {
            return Err(Problem::bad_request(
                "bad_level",
                "level 须低于该区划的级别",
                "level must be below the area's own",
            ));
        }
        Some(level) => Some(level),
        None => code.level().below(),
    };
    let Some(level) = level else { return Ok(Json(Items { items: Vec::new() })) };
    let rows = areas::below(&mut tx, &code, level).await?;
    Ok(Json(Items { items: rows.into_iter().map(|row| wire::Area::seen(row, &visitor.scope)).collect() }))
}

/// Which grids a question is about: those in force on a day (today when left out), or one plan's.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    pub on: Option<NaiveDate>,
    pub plan: Option<Uuid>,
}

impl Which {
    pub fn grids(&self, today: NaiveDate) -> GridsOf {
        self.plan.map_or(GridsOf::Day(self.on.unwrap_or(today)), GridsOf::Plan)
    }
}

#[derive(Serialize, ToSchema)]
struct TypeFigures {
    area_type: AreaType,
    villages: u32,
    grids: u32,
    households: Count,
    people: Count,
    area_m2: f64,
    /// Of its grids, 0 to 1; none without grids.
    in_band_share: Option<f64>,
}

#[derive(Serialize, ToSchema)]
struct Figures {
    #[schema(value_type = String)]
    area: Code,
    on: NaiveDate,
    /// The plan that is meant, for a banner or below.
    plan: Option<PlanRef>,
    grids: u32,
    villages: u32,
    households: Count,
    people: Count,
    area_m2: f64,
    in_band_share: Option<f64>,
    by_area_type: Vec<TypeFigures>,
    synthetic: bool,
}

/// An area's grids, villages, households and people, by area type
#[utoipa::path(get, path = "/api/v1/areas/{code}/figures", tag = "areas", params(("code" = String, Path), Which),
    responses((status = 200, body = Figures), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn figures(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Params(which): Params<Which>,
) -> Result<Json<Figures>, Problem> {
    let code = code(&text)?;
    let on = which.on.unwrap_or_else(|| state.today());
    let mut tx = caller.begin().await?;
    let area = areas::get(&mut tx, &code).await?.ok_or_else(no_area)?;
    caller.require(Capability::Figures, &code)?;
    let plan = match which.plan {
        Some(id) => {
            Some(plans::get(&mut tx, id).await?.ok_or_else(|| Problem::not_found("这个方案", "plan"))?)
        }
        None if code.level() >= Level::Banner => {
            plans::in_force(&mut tx, &code.at(Level::Banner), on).await?
        }
        None => None,
    };
    let with_grids = comparison::by_area_type(&mut tx, &code, which.grids(on)).await?;
    let villages = comparison::villages_by_type(&mut tx, &code).await?;
    let by_area_type: Vec<TypeFigures> = villages
        .into_iter()
        .map(|(area_type, villages, households, people, area_m2)| {
            let grids = with_grids.iter().find(|figures| figures.area_type == area_type);
            TypeFigures {
                area_type,
                villages,
                grids: grids.map_or(0, |figures| figures.grids),
                households,
                people,
                area_m2,
                in_band_share: grids.map(|figures| share(figures.in_band, figures.grids)),
            }
        })
        .collect();
    let grids: u32 = with_grids.iter().map(|figures| figures.grids).sum();
    let in_band: u32 = with_grids.iter().map(|figures| figures.in_band).sum();
    Ok(Json(Figures {
        area: code,
        on,
        plan: plan.as_ref().map(PlanRef::from),
        grids,
        villages: area.villages,
        households: area.households,
        people: area.people,
        area_m2: area.area_m2,
        in_band_share: (grids > 0).then(|| share(in_band, grids)),
        by_area_type,
        synthetic: areas::any_synthetic(&mut tx).await?,
    }))
}

pub(super) fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { f64::from(part) / f64::from(whole) }
}
