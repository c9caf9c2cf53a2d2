//! Rules documents. They are added, and never changed or removed.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::super::{StoreError, Tx, audit};
use super::code;
use crate::domain::{Code, Month};

/// A document that has been read and checked.
#[derive(Debug, Clone)]
pub struct NewRules {
    pub id: Uuid,
    pub area: Code,
    pub title: String,
    pub version: String,
    pub valid_from: NaiveDate,
    pub paper: String,
    pub demo: bool,
    pub text: String,
}

/// A document without its text.
#[derive(Debug, Clone)]
pub struct RulesRow {
    pub id: Uuid,
    pub area: Code,
    pub title: String,
    pub version: String,
    pub valid_from: NaiveDate,
    pub paper: String,
    pub demo: bool,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
}

#[derive(FromRow)]
struct Raw {
    id: Uuid,
    area: String,
    title: String,
    version: String,
    valid_from: NaiveDate,
    paper: String,
    demo: bool,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Raw> for RulesRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        Ok(Self {
            id: raw.id,
            area: code(raw.area)?,
            title: raw.title,
            version: raw.version,
            valid_from: raw.valid_from,
            paper: raw.paper,
            demo: raw.demo,
            created_at: raw.created_at,
            created_by: raw.created_by,
        })
    }
}

const COLUMNS: &str = "id, area, title, version, valid_from, paper, demo, created_at, created_by";

/// Adds a document. A version that the area has already is refused by `pay_rules_version_key`.
pub async fn add_rules(tx: &mut Tx, new: &NewRules, now: DateTime<Utc>) -> Result<(), StoreError> {
    let actor = tx.scope.actor().to_owned();
    sqlx::query(
        "INSERT INTO pay_rules (id, area, title, version, valid_from, paper, demo, text, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id)
    .bind(new.area.as_str())
    .bind(&new.title)
    .bind(&new.version)
    .bind(new.valid_from)
    .bind(&new.paper)
    .bind(new.demo)
    .bind(&new.text)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    let after = json!({"title": new.title, "version": new.version, "valid_from": new.valid_from,
                       "demo": new.demo, "bytes": new.text.len()});
    let entry = audit::Entry {
        action: "pay.rules_add",
        subject: &new.id.to_string(),
        area: &new.area,
        before: None,
        after: Some(after),
    };
    audit::write(tx, entry).await
}

/// The documents that may hold in `area` or below it: those of the areas above, its own and those below, the
/// widest area's first and of one area the newest.
pub async fn rules_of(tx: &mut Tx, area: &Code) -> Result<Vec<RulesRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM pay_rules WHERE area LIKE $1 || '%' OR $1 ^@ area
         ORDER BY area, valid_from DESC, created_at DESC, id DESC"
    ));
    let raws: Vec<Raw> = sqlx::query_as(sql).bind(area.as_str()).fetch_all(tx.conn()).await?;
    raws.into_iter().map(RulesRow::try_from).collect()
}

/// For each area above `area`, itself and below it the document that holds in the month: the one whose first day
/// is the latest that is not after the month's first; of two the one added later.
pub async fn rules_in_force(tx: &mut Tx, area: &Code, month: Month) -> Result<Vec<RulesRow>, StoreError> {
    let mut held = rules_of(tx, area).await?;
    held.retain(|rules| rules.valid_from <= month.first_day());
    held.dedup_by(|later, kept| later.area == kept.area);
    Ok(held)
}

/// A document with its text.
pub async fn rules_text(tx: &mut Tx, id: Uuid) -> Result<Option<(RulesRow, String)>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM pay_rules WHERE id = $1"));
    let raw: Option<Raw> = sqlx::query_as(sql).bind(id).fetch_optional(tx.conn()).await?;
    let Some(raw) = raw else { return Ok(None) };
    let text: String =
        sqlx::query_scalar("SELECT text FROM pay_rules WHERE id = $1").bind(id).fetch_one(tx.conn()).await?;
    Ok(Some((raw.try_into()?, text)))
}
