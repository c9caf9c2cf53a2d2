//! A run as files for finance: the payroll, and what the levels transfer.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::runs::held;
use crate::access::Capability;
use crate::api::caller::Caller;
use crate::api::extract::Segment;
use crate::api::problem::{Problem, ProblemWire};
use crate::formats::{self, PaidRow, TransferRow};
use crate::jobs::pay::{heading, stored_row};
use crate::store::pay::{self, LineRow, RunRow, RunStatus};
use crate::store::{StoreError, Tx};

/// Lines that a spreadsheet is made of at most: beyond them it is held in memory several times over.
const SHEET_LINES: i32 = 120_000;

#[derive(Clone, Copy)]
enum Kind {
    Csv,
    Xlsx,
}

impl Kind {
    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    fn content(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

fn sent(row: &RunRow, what: &str, kind: Kind, bytes: Vec<u8>) -> Response {
    let draft = if row.status == RunStatus::Locked { "" } else { "-draft" };
    let name = format!("{what}-{}-{}{draft}.{}", row.area, row.month, kind.ending());
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let mut response = (StatusCode::OK, [(header::CONTENT_TYPE, kind.content())], bytes).into_response();
    if let Ok(disposition) = disposition {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    // Amounts of people: not to be kept on any disk on the way.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn broken(error: impl std::fmt::Display) -> Problem {
    StoreError::Corrupt { what: "payroll", why: error.to_string() }.into()
}

async fn payroll(caller: &Caller, id: Uuid, kind: Kind) -> Result<Response, Problem> {
    let mut tx = caller.begin().await?;
    let row = held(caller, &mut tx, id, Capability::Pay).await?;
    if matches!(kind, Kind::Xlsx) && row.lines > SHEET_LINES {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("超过 {SHEET_LINES} 行，电子表格放不下：请下载 CSV"),
            format!("above {SHEET_LINES} lines it is no spreadsheet: take the CSV"),
        ));
    }
    let lines = pay::lines_of_run(&mut tx, id).await?;
    let paid = match kind {
        Kind::Csv => Vec::new(),
        Kind::Xlsx => paid_rows(&mut tx, &row, &lines).await?,
    };
    let head = heading(&row);
    let made = tokio::task::spawn_blocking(move || {
        let rows = lines.into_iter().map(stored_row);
        match kind {
            Kind::Csv => Ok(formats::payroll_csv(rows, false)),
            Kind::Xlsx => formats::payroll_xlsx(&rows.collect::<Vec<_>>(), &paid, &head),
        }
    });
    let bytes = made.await.map_err(broken)?.map_err(broken)?;
    Ok(sent(&row, "payroll", kind, bytes))
}

/// What each worker is paid, with their masked names.
async fn paid_rows(tx: &mut Tx, row: &RunRow, lines: &[LineRow]) -> Result<Vec<PaidRow>, Problem> {
    let statements = pay::statements_of(tx, row.id).await?;
    let mut workers: Vec<Uuid> = lines.iter().map(|line| line.worker).collect();
    workers.dedup();
    let names = pay::masked_names(tx, &workers).await?;
    let shown = statements.into_iter().map(|(worker, area, amount_fen)| PaidRow {
        name: names.get(&worker).cloned().unwrap_or_default(),
        worker: worker.to_string(),
        area: area.to_string(),
        amount_fen,
    });
    Ok(shown.collect())
}

async fn transfers(caller: &Caller, id: Uuid, kind: Kind) -> Result<Response, Problem> {
    let mut tx = caller.begin().await?;
    let row = held(caller, &mut tx, id, Capability::Pay).await?;
    let rows: Vec<TransferRow> = pay::sums_by_area(&mut tx, id)
        .await?
        .into_iter()
        .map(|sums| TransferRow {
            area: sums.area.to_string(),
            area_name: sums.area_name.unwrap_or_default(),
            component: sums.component,
            amount_fen: sums.amount_fen,
            levels: sums.levels,
        })
        .collect();
    let head = heading(&row);
    let bytes = match kind {
        Kind::Csv => formats::transfers_csv(&rows, &head),
        Kind::Xlsx => formats::transfers_xlsx(&rows, &head).map_err(broken)?,
    };
    Ok(sent(&row, "transfers", kind, bytes))
}

/// The payroll as a CSV
#[utoipa::path(get, path = "/api/v1/pay-runs/{id}/payroll.csv", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn payroll_csv(caller: Caller, Segment(id): Segment<Uuid>) -> Result<Response, Problem> {
    payroll(&caller, id, Kind::Csv).await
}

/// The payroll as a spreadsheet, with what each worker is paid and the totals
#[utoipa::path(get, path = "/api/v1/pay-runs/{id}/payroll.xlsx", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
              (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn payroll_xlsx(caller: Caller, Segment(id): Segment<Uuid>) -> Result<Response, Problem> {
    payroll(&caller, id, Kind::Xlsx).await
}

/// What the levels transfer, by township and component, as a CSV; the last row is the total
#[utoipa::path(get, path = "/api/v1/pay-runs/{id}/transfers.csv", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn transfers_csv(caller: Caller, Segment(id): Segment<Uuid>) -> Result<Response, Problem> {
    transfers(&caller, id, Kind::Csv).await
}

/// The same as a spreadsheet
#[utoipa::path(get, path = "/api/v1/pay-runs/{id}/transfers.xlsx", tag = "pay", params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
              (status = 404, body = ProblemWire), (status = "default", body = ProblemWire)))]
pub async fn transfers_xlsx(caller: Caller, Segment(id): Segment<Uuid>) -> Result<Response, Problem> {
    transfers(&caller, id, Kind::Xlsx).await
}
