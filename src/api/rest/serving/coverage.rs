//! How households are covered, and what is missing for all of them to be.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::code;
use super::checklist::{Held, held};
use super::{in_a_banner, lands, off_thread, spots};
use crate::access::{Capability, Scope};
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{AreaType, Code, Count, Level, Season, Tally};
use crate::jobs;
use crate::planning::serving::{self, ClassName, Split, Spot, VillageCoverage, standard_min};
use crate::store::services::{self, ServiceFilter};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(coverage))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CoverageQuery {
    /// Summer when left out.
    #[param(inline)]
    season: Option<Season>,
    /// A service item's code: only outlets that offer it count.
    item: Option<String>,
    /// The day; today when left out.
    on: Option<NaiveDate>,
}

#[derive(Serialize, ToSchema)]
struct ClassShare {
    households: Count,
    /// Of all households; null where a count isn't told.
    share: Option<f64>,
}

/// Households by how they are served within the standard of their land.
#[derive(Serialize, ToSchema)]
struct Classes {
    /// By a centre or station.
    fixed: ClassShare,
    /// By an agent point.
    outreach: ClassShare,
    /// By a mobile stop.
    mobile: ClassShare,
    uncovered: ClassShare,
}

impl From<Split> for Classes {
    fn from(split: Split) -> Self {
        let all = split.total().count().number().filter(|all| *all > 0);
        let share = |tally: Tally| {
            let share = tally.count().number().zip(all).map(|(part, all)| part as f64 / all as f64);
            ClassShare { households: tally.count(), share }
        };
        let [fixed, outreach, mobile, uncovered] = split.0.map(share);
        Self { fixed, outreach, mobile, uncovered }
    }
}

#[derive(Serialize, ToSchema)]
struct TypeCoverage {
    area_type: AreaType,
    /// A demo value.
    minutes_standard: f64,
    classes: Classes,
}

#[derive(Serialize, ToSchema)]
#[schema(as = VillageCoverage)]
struct VillageWire {
    #[schema(value_type = String)]
    code: Code,
    name: String,
    /// Of most of its households: `fixed`, `outreach`, `mobile` or `uncovered`; null where nobody lives.
    class: Option<&'static str>,
    /// To the nearest outlet, in the mean over its households.
    minutes: Option<f64>,
    households: Count,
    /// Days from one visit to the next in the mean, where it is served by a mobile stop.
    days_between: Option<f64>,
    /// Windows for 1,000 households, those of a mobile stop by the day: two-step floating catchment that thins out like a
    /// bell curve towards the standard of the land.
    access: f64,
}

fn class_name(class: ClassName) -> &'static str {
    match class {
        ClassName::Fixed => "fixed",
        ClassName::Outreach => "outreach",
        ClassName::Mobile => "mobile",
        ClassName::Uncovered => "uncovered",
    }
}

impl From<VillageCoverage> for VillageWire {
    fn from(village: VillageCoverage) -> Self {
        Self {
            households: village.split.total().count(),
            code: village.code,
            name: village.name,
            class: village.class.map(class_name),
            minutes: village.minutes.map(|minutes| (minutes * 10.0).round() / 10.0),
            days_between: village.days_between.map(|days| (days * 10.0).round() / 10.0),
            access: (village.access * 100_000.0).round() / 100.0,
        }
    }
}

/// Something that full coverage asks for and nobody has.
#[derive(Serialize, ToSchema)]
struct Missing {
    /// `station`, `seal`, `bureau` or `delegated_item`.
    kind: &'static str,
    #[schema(value_type = String)]
    area: Code,
    name: String,
    /// The code of an item that nobody offers.
    item: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Coverage {
    season: Season,
    /// By land and season alone: no roads have been imported for the banner.
    estimated: bool,
    on: NaiveDate,
    item: Option<String>,
    /// The item can be done without going anywhere.
    online: bool,
    classes: Classes,
    by_area_type: Vec<TypeCoverage>,
    villages: Vec<VillageWire>,
    missing: Vec<Missing>,
}

/// How the households of a banner, or of a township or village of one, are covered
#[utoipa::path(get, path = "/api/v1/areas/{code}/coverage", tag = "outlets", params(("code" = String, Path), CoverageQuery),
    responses((status = 200, body = Coverage), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn coverage(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<CoverageQuery>,
) -> Result<Json<Coverage>, Problem> {
    let code = code(&text)?;
    let on = query.on.unwrap_or_else(|| state.today());
    let mut tx = caller.begin().await?;
    in_a_banner(&caller, &mut tx, &code, Capability::Figures).await?;
    let catalogue = services::list(&mut tx, &ServiceFilter::default()).await?;
    let asked = query.item.as_ref().map(|item| {
        let found = catalogue.iter().find(|service| service.code == *item);
        found.ok_or_else(|| Problem::not_found("这个事项", "service item"))
    });
    let online = asked.transpose()?.is_some_and(|service| service.online);
    let held = held(&mut tx, &code, on).await?;
    let banner = code.at(Level::Banner);
    // Windows are shared with all who come to them, those from beyond the area too.
    drop(tx);
    let mut whole = state.store.begin(&Scope::job(caller.scope.actor(), &banner)).await?;
    let units = jobs::places(&mut whole, &banner).await?;
    drop(whole);
    let ready = lands::ready(&state, &banner, query.season.unwrap_or(Season::Summer)).await?;
    let spots: Vec<Spot> =
        spots(&state, &banner, query.item.as_deref(), on).await?.into_iter().map(|held| held.1).collect();
    let delegated = catalogue.iter().filter(|service| service.delegated).map(|service| &service.code);
    let missing = missing(&held, &delegated.cloned().collect());
    let (season, estimated, within) = (ready.season, ready.land.estimated(), code);
    let found =
        off_thread(move || serving::coverage(&ready, &spots, &ready.places(&units), &within, &|| false))
            .await?;
    let by_area_type = found.by_area_type.into_iter().map(|(area_type, split)| TypeCoverage {
        area_type,
        minutes_standard: standard_min(area_type),
        classes: split.into(),
    });
    Ok(Json(Coverage {
        season,
        estimated,
        on,
        item: query.item,
        online,
        classes: found.split.into(),
        by_area_type: by_area_type.collect(),
        villages: found.villages.into_iter().map(Into::into).collect(),
        missing,
    }))
}

/// Villages without a station, townships without seal or bureau, and delegated items that nobody offers.
fn missing(held: &[Held], delegated: &BTreeSet<String>) -> Vec<Missing> {
    let mut missing = Vec::new();
    for township in held {
        let mut lacks = |kind, area: &Code, name: &str, item: Option<&String>| {
            missing.push(Missing { kind, area: area.clone(), name: name.to_owned(), item: item.cloned() });
        };
        // A township that is asked about by one of its villages is not looked at itself.
        if township.whole {
            if !township.seal {
                lacks("seal", &township.code, &township.name, None);
            }
            if !township.bureau {
                lacks("bureau", &township.code, &township.name, None);
            }
            for item in delegated.difference(&township.items) {
                lacks("delegated_item", &township.code, &township.name, Some(item));
            }
        }
        for (code, name) in &township.without_station {
            lacks("station", code, name, None);
        }
    }
    missing
}
