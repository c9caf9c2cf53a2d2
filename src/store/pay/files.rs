//! A run's lines and sums for tables and files.

use sqlx::FromRow;
use uuid::Uuid;

use super::super::{StoreError, Tx};
use super::statements::{RawLine, SELECT_LINE};
use super::{Levels, LineRow, code};
use crate::domain::Code;

/// A page of lines, and where the next begins.
#[derive(Debug)]
pub struct PageOfLines {
    pub lines: Vec<LineRow>,
    /// Worker and line of the last.
    pub next: Option<(Uuid, i16)>,
}

/// The lines of a run in the order of workers and lines, after the one given; of one worker or of all.
pub async fn lines(
    tx: &mut Tx,
    run: Uuid,
    worker: Option<Uuid>,
    after: Option<(Uuid, i16)>,
    limit: i64,
) -> Result<PageOfLines, StoreError> {
    let (after_worker, after_line) = after.unzip();
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT_LINE} WHERE run = $1 AND ($2::uuid IS NULL OR worker = $2)
            AND ($3::uuid IS NULL OR (worker, line) > ($3, $4)) ORDER BY worker, line LIMIT $5"
    ));
    let raws: Vec<RawLine> = sqlx::query_as(sql)
        .bind(run)
        .bind(worker)
        .bind(after_worker)
        .bind(after_line.unwrap_or(0))
        .bind(limit + 1)
        .fetch_all(tx.conn())
        .await?;
    let mut lines: Vec<LineRow> = raws.into_iter().map(Into::into).collect();
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = lines.len() > wanted;
    lines.truncate(wanted);
    let next = lines.last().filter(|_| more).map(|line| (line.worker, line.line));
    Ok(PageOfLines { lines, next })
}

/// All the lines of a run, in the order of workers and lines.
pub async fn lines_of_run(tx: &mut Tx, run: Uuid) -> Result<Vec<LineRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT_LINE} WHERE run = $1 ORDER BY worker, line"));
    let raws: Vec<RawLine> = sqlx::query_as(sql).bind(run).fetch_all(tx.conn()).await?;
    Ok(raws.into_iter().map(Into::into).collect())
}

/// What the levels carry of a component in a township.
#[derive(Debug, Clone)]
pub struct AreaSums {
    pub area: Code,
    pub area_name: Option<String>,
    pub component: String,
    pub amount_fen: i64,
    pub levels: Levels,
}

#[derive(FromRow)]
struct RawSums {
    area: String,
    area_name: Option<String>,
    component: String,
    amount_fen: i64,
    region_fen: i64,
    league_fen: i64,
    banner_fen: i64,
    township_fen: i64,
}

/// A run's sums by township and component: what is transferred between the levels.
pub async fn sums_by_area(tx: &mut Tx, run: Uuid) -> Result<Vec<AreaSums>, StoreError> {
    let raws: Vec<RawSums> = sqlx::query_as(
        "SELECT l.area, area.name AS area_name, l.component, l.amount_fen, l.region_fen, l.league_fen, l.banner_fen, l.township_fen
         FROM (SELECT left(area, 9) AS area, component, sum(amount_fen)::bigint AS amount_fen, sum(region_fen)::bigint AS region_fen,
                      sum(league_fen)::bigint AS league_fen, sum(banner_fen)::bigint AS banner_fen, sum(township_fen)::bigint AS township_fen
               FROM pay_line WHERE run = $1 GROUP BY left(area, 9), component) l
              LEFT JOIN area ON area.code = l.area
         ORDER BY l.area, l.component",
    )
    .bind(run)
    .fetch_all(tx.conn())
    .await?;
    raws.into_iter()
        .map(|raw| {
            Ok(AreaSums {
                area: code(raw.area)?,
                area_name: raw.area_name,
                component: raw.component,
                amount_fen: raw.amount_fen,
                levels: [raw.region_fen, raw.league_fen, raw.banner_fen, raw.township_fen],
            })
        })
        .collect()
}
