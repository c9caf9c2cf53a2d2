//! The audit trail, for those who audit.

mod export;

use axum::Json;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::export::Export;
use super::code;
use crate::access::{Capability, Scope};
use crate::api::AppState;
use crate::api::caller::Caller;
use crate::api::extract::Params;
use crate::api::problem::{Problem, ProblemWire};
use crate::api::wire::Page;
use crate::clock::local_midnight;
use crate::domain::Text;
use crate::store::audit::{self, AuditRow, Filter};

/// Entries that one answer goes through to say whether the chain holds; `khot doctor` takes them all.
const CHAIN_CHECKED: i64 = 200_000;
const WORD_MAX: usize = 100;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(export)).routes(routes!(chain))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// This area and all below it.
    area: Option<String>,
    /// The username of whoever did it.
    actor: Option<String>,
    /// `plan.publish`, or `plan` for all that begin so.
    action: Option<String>,
    /// The first day (of Inner Mongolia).
    from: Option<NaiveDate>,
    /// The last day.
    to: Option<NaiveDate>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// Entries older than the one of this id.
    after: Option<i64>,
    /// 1 to 500; 50 when left out.
    limit: Option<i64>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    #[param(inline)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Csv,
    Ndjson,
}

#[derive(Serialize, ToSchema)]
struct AuditEntry {
    id: i64,
    /// Its place in the chain.
    seq: Option<i64>,
    at: DateTime<Utc>,
    actor: String,
    action: String,
    subject: String,
    area: String,
    area_name: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
    request_id: Option<String>,
    /// SHA-256 over the entry and the hash of the one before, in hexadecimal.
    hash: Option<String>,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            id: row.id,
            seq: row.seq,
            at: row.at,
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            area: row.area,
            area_name: row.area_name,
            before: json(row.before),
            after: json(row.after),
            request_id: row.request_id,
            hash: row.hash.map(|hash| audit::hex(&hash)),
        }
    }
}

/// The filter, if this caller may audit where it looks.
fn filter(caller: &Caller, query: AuditQuery) -> Result<Filter, Problem> {
    let area = query.area.as_deref().map(code).transpose()?;
    match &area {
        Some(area) => caller.require(Capability::Audit, area)?,
        None => caller.require_somewhere(Capability::Audit)?,
    }
    for word in [&query.actor, &query.action].into_iter().flatten() {
        if word.chars().count() > WORD_MAX || word.chars().any(char::is_control) {
            return Err(Problem::bad_request(
                "bad_parameter",
                "actor 和 action 最多 100 个字，不含控制字符",
                "actor and action have at most 100 characters and no control characters",
            ));
        }
    }
    if let (Some(from), Some(to)) = (query.from, query.to)
        && to < from
    {
        return Err(Problem::bad_request("bad_day", "to 不应早于 from", "to must not lie before from"));
    }
    let word = |word: Option<String>| word.map(|word| word.trim().to_owned()).filter(|word| !word.is_empty());
    let until = match query.to {
        Some(to) => Some(to.succ_opt().ok_or_else(|| {
            Problem::bad_request("bad_day", "to 超出日历范围", "to lies outside the calendar")
        })?),
        None => None,
    };
    Ok(Filter {
        area,
        actor: word(query.actor),
        action: word(query.action),
        from: query.from.map(local_midnight),
        until: until.map(local_midnight),
    })
}

/// The address of what comes after `id`.
fn next(filter: &AuditQuery, limit: i64, id: i64) -> String {
    let mut address = format!("/api/v1/audit?limit={limit}&after={id}");
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let value: String = value
                .bytes()
                .map(|byte| match byte {
                    byte if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) => {
                        char::from(byte).to_string()
                    }
                    byte => format!("%{byte:02X}"),
                })
                .collect();
            address += &format!("&{name}={value}");
        }
    };
    add("area", filter.area.clone());
    add("actor", filter.actor.clone());
    add("action", filter.action.clone());
    add("from", filter.from.map(|day| day.to_string()));
    add("to", filter.to.map(|day| day.to_string()));
    address
}

/// The audit trail, newest first
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery, PageQuery),
    responses((status = 200, body = Page<AuditEntry>), (status = 403, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn list(
    caller: Caller,
    Params(query): Params<AuditQuery>,
    Params(page): Params<PageQuery>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let limit = page.limit.unwrap_or(50);
    if !(1..=500).contains(&limit) {
        return Err(Problem::bad_request(
            "bad_limit",
            "limit 应在 1 到 500 之间",
            "limit must be from 1 to 500",
        ));
    }
    let shown = AuditQuery {
        area: query.area.clone(),
        actor: query.actor.clone(),
        action: query.action.clone(),
        from: query.from,
        to: query.to,
    };
    let filter = filter(&caller, query)?;
    let mut tx = caller.begin().await?;
    let mut rows = audit::page(&mut tx, &filter, page.after, limit + 1).await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|last| next(&shown, limit, last.id));
    Ok(Json(Page { items: rows.into_iter().map(Into::into).collect(), next }))
}

/// The audit trail as a file, in the order of the chain
///
/// CSV for spreadsheets, NDJSON for programs; both with the hashes by which the chain can be verified.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(AuditQuery, ExportQuery),
    responses((status = 200, content((String = "text/csv"), (String = "application/x-ndjson"))),
              (status = 403, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn export(
    caller: Caller,
    Params(query): Params<AuditQuery>,
    Params(ExportQuery { format }): Params<ExportQuery>,
) -> Result<Response, Problem> {
    let filter = filter(&caller, query)?;
    let begin = Export::new(caller.begin().await?, filter, format);
    let pieces = futures::stream::try_unfold(begin, |export| async move {
        export.piece().await.inspect_err(|error| tracing::error!(%error, "an export broke off"))
    });
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Ndjson => ("application/x-ndjson", "ndjson"),
    };
    let name = format!("attachment; filename=\"khot-audit-{}.{ending}\"", caller.state.today());
    Ok((
        [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)],
        Body::from_stream(pieces),
    )
        .into_response())
}

#[derive(Serialize, ToSchema)]
struct Chain {
    /// Entries in the chain.
    entries: i64,
    /// The newest of them that were gone through.
    checked: i64,
    intact: bool,
    /// The hash of the newest entry: noted elsewhere, it shows later that the chain wasn't written anew.
    head: String,
    /// Where the chain is broken first, and what was put in past it.
    breaks: Vec<Break>,
}

#[derive(Serialize, ToSchema)]
struct Break {
    seq: Option<i64>,
    zh: String,
    en: String,
}

/// Whether the chain of the whole trail holds
///
/// Goes through its newest 200,000 entries, whatever area they are of; says no more of them than their
/// number. `khot doctor` goes through all.
#[utoipa::path(get, path = "/api/v1/audit/chain", tag = "audit",
    responses((status = 200, body = Chain), (status = 403, body = ProblemWire), (status = "default", body = ProblemWire)))]
async fn chain(caller: Caller) -> Result<Json<Chain>, Problem> {
    caller.require_somewhere(Capability::Audit)?;
    let mut tx = caller.state.store.begin(&Scope::operator()).await?;
    let report = audit::verify(&mut tx, Some(CHAIN_CHECKED)).await?;
    let wire = |broken: audit::Break| {
        let Text { zh, en } = broken.text();
        Break { seq: broken.seq, zh, en }
    };
    Ok(Json(Chain {
        entries: report.entries,
        checked: report.checked,
        intact: report.breaks.is_empty(),
        head: report.head,
        breaks: report.breaks.into_iter().map(wire).collect(),
    }))
}
