//! Reading the trail: pages for people, and the whole of it for auditors.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::super::{StoreError, Tx};
use crate::domain::Code;

/// One entry as it is stored and chained.
#[derive(Debug, Clone, FromRow)]
pub struct AuditRow {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub area: String,
    pub area_name: Option<String>,
    /// JSON, letter for letter as it was hashed.
    pub before: Option<String>,
    pub after: Option<String>,
    pub request_id: Option<String>,
    /// Its place in the chain; none only where an entry was put in past the chain.
    pub seq: Option<i64>,
    pub prev: Option<Vec<u8>>,
    pub hash: Option<Vec<u8>>,
}

/// Which entries; what is none doesn't narrow.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    /// This area and all below it.
    pub area: Option<Code>,
    pub actor: Option<String>,
    /// `plan.publish`, or `plan` for all that begin so.
    pub action: Option<String>,
    pub from: Option<DateTime<Utc>>,
    /// Not any more from this instant on.
    pub until: Option<DateTime<Utc>>,
}

const SELECT: &str =
    "SELECT audit.id, audit.at, audit.actor, audit.action, audit.subject, audit.area, area.name AS area_name,
    audit.before::text AS before, audit.after::text AS after, audit.request_id, link.seq, link.prev, link.hash
    FROM audit LEFT JOIN audit_link link ON link.entry = audit.id LEFT JOIN area ON area.code = audit.area
    WHERE audit.area LIKE $1 || '%' AND ($2::text IS NULL OR audit.actor = $2)
      AND ($3::text IS NULL OR audit.action = $3 OR audit.action ^@ ($3 || '.'))
      AND ($4::timestamptz IS NULL OR audit.at >= $4) AND ($5::timestamptz IS NULL OR audit.at < $5)";

/// Entries, newest first, older than the entry `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} AND ($6::bigint IS NULL OR audit.id < $6) ORDER BY audit.id DESC LIMIT $7"
    ));
    some(tx, sql, filter, after, limit).await
}

/// Entries in the order of the chain, after the place `after` (0: from the beginning). In this order nothing
/// can come in behind the reader.
pub async fn chained(
    tx: &mut Tx,
    filter: &Filter,
    after: i64,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} AND link.seq > $6 ORDER BY link.seq LIMIT $7"));
    some(tx, sql, filter, after, limit).await
}

/// Entries that were put in past the chain, after the id `after`: there are none unless somebody tampered.
pub async fn loose(
    tx: &mut Tx,
    filter: &Filter,
    after: i64,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} AND link.seq IS NULL AND audit.id > $6 ORDER BY audit.id LIMIT $7"
    ));
    some(tx, sql, filter, after, limit).await
}

async fn some(
    tx: &mut Tx,
    sql: sqlx::AssertSqlSafe<String>,
    filter: &Filter,
    after: impl Into<Option<i64>>,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    Ok(sqlx::query_as(sql)
        .bind(filter.area.as_ref().map_or("", Code::as_str))
        .bind(&filter.actor)
        .bind(&filter.action)
        .bind(filter.from)
        .bind(filter.until)
        .bind(after.into())
        .bind(limit)
        .fetch_all(tx.conn())
        .await?)
}
