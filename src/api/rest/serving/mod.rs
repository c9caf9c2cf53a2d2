//! Who is served from where: previews over the land of a banner, which are the one kind of engine that runs inside a request
//! (off the async threads, on a land that is held ready in memory, within a second).

mod at;
mod checklist;
mod coverage;
mod lands;
mod links;
mod placements;
mod reach;
mod roads;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

pub use self::lands::Lands;
pub use self::links::GridOutlet;
pub(super) use self::links::of_grid;
use crate::access::{Capability, Scope};
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::domain::{Code, Level};
use crate::jobs;
use crate::planning::serving::Spot;
use crate::store::outlets::OutletRow;
use crate::store::{Tx, areas};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(reach::routes())
        .merge(coverage::routes())
        .merge(links::routes())
        .merge(placements::routes())
        .merge(checklist::routes())
        .merge(at::routes())
        .merge(roads::routes())
}

/// An outlet by name.
#[derive(Serialize, ToSchema)]
pub struct NamedOutlet {
    pub id: Uuid,
    pub name: String,
}

impl From<(Uuid, String)> for NamedOutlet {
    fn from((id, name): (Uuid, String)) -> Self {
        Self { id, name }
    }
}

/// A banner, or an area in one, that the caller sees.
async fn in_a_banner(
    caller: &Caller,
    tx: &mut Tx,
    code: &Code,
    capability: Capability,
) -> Result<areas::AreaRow, Problem> {
    let area = areas::get(tx, code).await?.ok_or_else(|| Problem::not_found("这个区划", "area"))?;
    caller.require(capability, code)?;
    if code.level() < Level::Banner {
        return Err(Problem::bad_request(
            "bad_level",
            "请选择一个旗县区，或其下的苏木乡镇、嘎查村",
            "choose a banner, or a township or village of one",
        ));
    }
    Ok(area)
}

/// The outlets of a banner that are in use on a day, all or those that offer an item. They are public: whoever asks, the
/// nearest one is the nearest.
async fn spots(
    state: &AppState,
    banner: &Code,
    item: Option<&str>,
    on: NaiveDate,
) -> Result<Vec<(OutletRow, Spot)>, Problem> {
    let mut tx = state.store.begin(&Scope::public()).await?;
    Ok(jobs::spots(&mut tx, banner, item, on).await?)
}

/// Runs an engine off the async threads.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, crate::planning::serving::SurfaceError> + Send + 'static,
) -> Result<T, Problem> {
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "a preview failed");
        Problem::of_status(axum::http::StatusCode::INTERNAL_SERVER_ERROR)
    };
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| failed(&error))?;
    done.map_err(|error| failed(&error))
}
