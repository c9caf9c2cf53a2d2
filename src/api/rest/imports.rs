//! Uploading a file to be imported.

use axum::body::Body as RawBody;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use futures::TryStreamExt;
use serde::Deserialize;
use tokio_util::io::StreamReader;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{accepted, code};
use crate::access::Capability;
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::{Params, Segment};
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::Job;
use crate::domain::Level;
use crate::jobs::{self, ImportParams, ImportWhat};

/// What file systems take.
const NAME_MAX_BYTES: usize = 255;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(import))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// The file's name; its ending says the format: .geojson, .gpkg, .csv, .xlsx. (A shapefile is several files: use the command.)
    name: String,
    /// For example EPSG:4546, GCJ-02 or BD-09.
    crs: Option<String>,
    /// For example GBK.
    encoding: Option<String>,
    /// Give the findings and change nothing.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum What {
    Areas,
    Units,
    Outlets,
    Services,
    Workers,
    Roads,
}

/// Import a file of areas, units, outlets, services, workers or roads below an area: queued, and done as a job
#[utoipa::path(post, path = "/api/v1/areas/{code}/imports/{what}", tag = "imports",
    params(("code" = String, Path), ("what" = inline(What), Path), ImportQuery), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 202, body = Job), (status = "default", body = ProblemWire)))]
async fn import(
    State(state): State<AppState>,
    caller: Caller,
    Segment((text, what)): Segment<(String, What)>,
    Params(query): Params<ImportQuery>,
    headers: HeaderMap,
    body: RawBody,
) -> Result<Response, Problem> {
    let code = code(&text)?;
    let needed = if matches!(what, What::Workers) { Capability::PeopleEdit } else { Capability::Import };
    caller.require(needed, &code)?;
    let what = match what {
        What::Areas => ImportWhat::Areas,
        What::Units => ImportWhat::Units,
        What::Outlets => ImportWhat::Outlets,
        What::Services => ImportWhat::Services,
        What::Workers => ImportWhat::Workers,
        What::Roads => ImportWhat::Roads,
    };
    if matches!(what, ImportWhat::Outlets | ImportWhat::Services) {
        caller.require(Capability::Outlets, &code)?;
    }
    if what == ImportWhat::Roads && code.level() > Level::Banner {
        return Err(Problem::bad_request(
            "bad_level",
            "道路按旗县区导入：请选择旗县区或其上级区划",
            "roads are imported by banner: choose a banner, or an area above it",
        ));
    }
    let is_file_name =
        std::path::Path::new(&query.name).file_name().is_some_and(|name| name.len() <= NAME_MAX_BYTES);
    if !is_file_name {
        return Err(Problem::bad_request(
            "bad_name",
            "name 须为文件名，例如 units.csv",
            "name must be a file's name, such as units.csv",
        ));
    }
    let upload = Uuid::now_v7();
    let most = state.limits().upload_max_bytes;
    let told = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|told| told > most) {
        return Err(Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE));
    }
    // A body in chunks doesn't tell how long it will be.
    let mut sent = 0;
    let stream = body.into_data_stream().map_err(std::io::Error::other).and_then(move |piece| {
        sent += piece.len() as u64;
        std::future::ready(if sent > most { Err(std::io::ErrorKind::FileTooLarge.into()) } else { Ok(piece) })
    });
    let stream = StreamReader::new(stream);
    let store = &caller.state.store;
    let kept = match what {
        ImportWhat::Workers => {
            store.keep_sealed_upload(&caller.scope, upload, &code, &query.name, stream).await?
        }
        _ => store.keep_upload(&caller.scope, upload, &code, &query.name, stream).await?,
    };
    tracing::info!(bytes = kept, "upload kept");
    let params = ImportParams {
        what,
        upload,
        name: query.name,
        crs: query.crs,
        encoding: query.encoding,
        dry_run: query.dry_run,
    };
    let mut tx = caller.begin().await?;
    let job = jobs::queue_import(&mut tx, &code, &params, state.now()).await?;
    tx.commit().await?;
    Ok(accepted(job))
}
