//! The reform's checklist of townships: what each has and what it lacks.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::code;
use super::super::outlets::OnDay;
use super::in_a_banner;
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Body as Given, Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::domain::{Code, Level, OutletKind, Text};
use crate::store::bodies::{self, Body};
use crate::store::services::{self, ServiceFilter};
use crate::store::{Tx, areas, outlets};

/// 机构: party and government organs of a township.
const ORGANS: std::ops::RangeInclusive<u32> = 5..=6;
/// 事业单位: its institutions.
const INSTITUTIONS: std::ops::RangeInclusive<u32> = 1..=3;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(checklist)).routes(routes!(put))
}

/// What a township has on a day.
pub struct Held {
    pub code: Code,
    pub name: String,
    /// Asked about as a whole, not by one of its villages.
    pub whole: bool,
    pub body: Option<Body>,
    pub seal: bool,
    pub bureau: bool,
    pub centre: bool,
    pub windows: u32,
    /// Codes of what its outlets offer.
    pub items: BTreeSet<String>,
    pub villages: usize,
    pub without_station: Vec<(Code, String)>,
}

/// The townships of `area`, or the one that it lies in.
pub async fn held(tx: &mut Tx, area: &Code, on: NaiveDate) -> Result<Vec<Held>, Problem> {
    let mut townships: Vec<(Code, String)> = match area.level() {
        Level::Township | Level::Village => areas::named(tx, &[area.at(Level::Township)]).await?,
        _ => areas::below(tx, area, Level::Township)
            .await?
            .into_iter()
            .map(|row| (row.code, row.name))
            .collect(),
    };
    townships.sort();
    let villages: Vec<(Code, String)> = match area.level() {
        Level::Village => areas::named(tx, std::slice::from_ref(area)).await?,
        _ => areas::below(tx, area, Level::Village)
            .await?
            .into_iter()
            .map(|row| (row.code, row.name))
            .collect(),
    };
    let whole = area.level() <= Level::Township;
    let rows = outlets::of_area(tx, area, None, on).await?;
    let offered = outlets::offered(tx, area, on).await?;
    let mut bodies = bodies::held(tx, area, on).await?;
    let held = townships.into_iter().map(|(code, name)| {
        let own = || rows.iter().filter(|row| !row.draft && code.covers(&row.area));
        let has = |kind| own().any(|row| row.kind == kind && row.area == code);
        let stations: BTreeSet<&Code> =
            own().filter(|row| row.kind == OutletKind::Station).map(|row| &row.area).collect();
        let own_villages = || villages.iter().filter(|village| code.covers(&village.0));
        Held {
            body: bodies.remove(&code),
            whole,
            seal: has(OutletKind::ApprovalSeal),
            bureau: has(OutletKind::EnforcementBureau),
            centre: has(OutletKind::Centre),
            windows: own().filter(|row| row.kind == OutletKind::Centre).map(|row| row.windows).sum(),
            items: own().filter_map(|row| offered.get(&row.id)).flatten().cloned().collect(),
            villages: own_villages().count(),
            without_station: own_villages()
                .filter(|village| !stations.contains(&village.0))
                .cloned()
                .collect(),
            code,
            name,
        }
    });
    Ok(held.collect())
}

#[derive(Serialize, ToSchema)]
struct Lack {
    zh: String,
    en: String,
}

#[derive(Serialize, ToSchema)]
struct TownshipCheck {
    #[schema(value_type = String)]
    code: Code,
    name: String,
    /// null: not known. The rule is 5 to 6.
    organs: Option<u32>,
    /// null: not known. The rule is 1 to 3.
    institutions: Option<u32>,
    seal: bool,
    bureau: bool,
    centre: bool,
    /// Of its centre.
    windows: u32,
    delegated_offered: usize,
    delegated_all: usize,
    /// Villages that have one of their own.
    stations: usize,
    villages: usize,
    missing: Vec<Lack>,
    /// Its organs and institutions are made up for the demo.
    synthetic: bool,
}

#[derive(Serialize, ToSchema)]
struct Checklist {
    on: NaiveDate,
    townships: Vec<TownshipCheck>,
}

/// The reform's checklist of the townships of a banner, or of one township
#[utoipa::path(get, path = "/api/v1/areas/{code}/checklist", tag = "outlets", params(("code" = String, Path), OnDay),
    responses((status = 200, body = Checklist), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn checklist(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Params(query): Params<OnDay>,
) -> Result<Json<Checklist>, Problem> {
    let code = code(&text)?;
    let on = query.on.unwrap_or_else(|| state.today());
    let mut tx = caller.begin().await?;
    in_a_banner(&caller, &mut tx, &code, Capability::Outline).await?;
    if code.level() > Level::Township {
        return Err(Problem::bad_request(
            "bad_level",
            "请选择旗县区或苏木乡镇街道",
            "choose a banner or a township",
        ));
    }
    let filter = ServiceFilter { delegated: Some(true), ..ServiceFilter::default() };
    let delegated: BTreeSet<String> =
        services::list(&mut tx, &filter).await?.into_iter().map(|service| service.code).collect();
    let townships = held(&mut tx, &code, on).await?.into_iter().map(|held| check(held, &delegated));
    Ok(Json(Checklist { on, townships: townships.collect() }))
}

fn check(held: Held, delegated: &BTreeSet<String>) -> TownshipCheck {
    let offered = delegated.intersection(&held.items).count();
    let (organs, institutions) =
        (held.body.as_ref().map(|body| body.organs), held.body.as_ref().map(|body| body.institutions));
    let mut missing = Vec::new();
    let mut lacks = |is: bool, text: Text| {
        if is {
            missing.push(Lack { zh: text.zh, en: text.en });
        }
    };
    let beside =
        |count: Option<u32>, rule: std::ops::RangeInclusive<u32>| count.filter(|count| !rule.contains(count));
    lacks(
        held.body.is_none(),
        Text::new("机构和事业单位数未登记", "its organs and institutions aren't written down"),
    );
    if let Some(count) = beside(organs, ORGANS) {
        lacks(
            true,
            Text::new(format!("机构 {count} 个，应为 5—6 个"), format!("{count} organs, the rule is 5 to 6")),
        );
    }
    if let Some(count) = beside(institutions, INSTITUTIONS) {
        let zh = format!("事业单位 {count} 个，应为 1—3 个");
        lacks(true, Text::new(zh, format!("{count} institutions, the rule is 1 to 3")));
    }
    lacks(!held.seal, Text::new("没有审批专用章", "no approval seal"));
    lacks(!held.bureau, Text::new("没有综合执法局", "no enforcement bureau"));
    lacks(!held.centre, Text::new("没有服务中心", "no service centre"));
    lacks(held.centre && held.windows == 0, Text::new("服务中心没有窗口", "its centre has no window"));
    let unoffered = delegated.len() - offered;
    lacks(
        unoffered > 0,
        Text::new(
            format!("{unoffered} 项下放事项无人承接"),
            format!("{unoffered} delegated item{} that nobody offers", if unoffered == 1 { "" } else { "s" }),
        ),
    );
    let without = held.without_station.len();
    lacks(
        without > 0,
        Text::new(
            format!("{without} 个嘎查村社区没有便民服务站"),
            format!("{without} village{} without a station", if without == 1 { "" } else { "s" }),
        ),
    );
    TownshipCheck {
        code: held.code,
        name: held.name,
        organs,
        institutions,
        seal: held.seal,
        bureau: held.bureau,
        centre: held.centre,
        windows: held.windows,
        delegated_offered: offered,
        delegated_all: delegated.len(),
        stations: held.villages - without,
        villages: held.villages,
        missing,
        synthetic: held.body.is_some_and(|body| body.synthetic),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TownshipBody)]
struct BodyWire {
    /// 0 to 100.
    organs: u32,
    /// 0 to 100.
    institutions: u32,
    /// Today when left out.
    from: Option<NaiveDate>,
}

/// Write down how many organs and institutions a township has from a day on
#[utoipa::path(put, path = "/api/v1/areas/{code}/organs", tag = "outlets", params(("code" = String, Path)), request_body = BodyWire,
    responses((status = 204), (status = 403, body = ProblemWire), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn put(
    State(state): State<AppState>,
    caller: Caller,
    Segment(text): Segment<String>,
    Given(given): Given<BodyWire>,
) -> Result<StatusCode, Problem> {
    let code = code(&text)?;
    if given.organs > 100 || given.institutions > 100 {
        return Err(Problem::bad_request(
            "bad_count",
            "机构和事业单位数应为 0 到 100",
            "organs and institutions go from 0 to 100",
        ));
    }
    let mut tx = caller.begin().await?;
    in_a_banner(&caller, &mut tx, &code, Capability::Outlets).await?;
    if code.level() != Level::Township {
        return Err(Problem::bad_request(
            "bad_level",
            "请用苏木乡镇街道的 9 位代码",
            "use the 9 digits of a township",
        ));
    }
    let body = Body {
        area: code.clone(),
        from: given.from.unwrap_or_else(|| state.today()),
        organs: given.organs,
        institutions: given.institutions,
        synthetic: false,
    };
    bodies::put(&mut tx, &code, &[body]).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
