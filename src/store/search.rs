//! Finding areas and grids by name or code.

use sqlx::FromRow;

use super::{StoreError, Tx};

/// A thing that was found.
#[derive(Debug, FromRow)]
pub struct Hit {
    /// `area` or `grid`.
    pub kind: String,
    pub code: String,
    pub name: String,
    pub bbox: Vec<f64>,
}

/// Areas whose name contains `text` or whose code starts with it, wide ones and whole matches first;
/// then grids in force on `on` when `text` is at least the 12 digits of a village.
pub async fn find(
    tx: &mut Tx,
    text: &str,
    on: chrono::NaiveDate,
    limit: i64,
) -> Result<Vec<Hit>, StoreError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let mut hits: Vec<Hit> = sqlx::query_as(
        "SELECT 'area' AS kind, code, name,
                ARRAY[ST_XMin(outline), ST_YMin(outline), ST_XMax(outline), ST_YMax(outline)] AS bbox
         FROM area
         WHERE CASE WHEN $2 THEN code LIKE rtrim($1, '0') || '%' AND code LIKE left($1, length(code)) || '%'
                    ELSE position(lower($1) IN lower(name)) > 0 END
         ORDER BY (name = $1) DESC, (position($1 IN name) = 1) DESC, length(code), length(name), code
         LIMIT $3",
    )
    .bind(text)
    .bind(digits)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    if digits && text.len() >= 12 {
        let grids: Vec<Hit> = sqlx::query_as(
            "SELECT 'grid' AS kind, grid.code, area.name || ' ' || right(grid.code, 3) AS name,
                    ARRAY[ST_XMin(grid.outline), ST_YMin(grid.outline), ST_XMax(grid.outline), ST_YMax(grid.outline)] AS bbox
             FROM grid JOIN plan ON plan.id = grid.plan AND plan.during @> $2
                       JOIN area ON area.code = grid.village
             WHERE grid.village = left($1, 12) AND grid.code LIKE $1 || '%'
             ORDER BY grid.code LIMIT $3",
        )
        .bind(text)
        .bind(on)
        .bind(limit)
        .fetch_all(tx.conn())
        .await?;
        hits.extend(grids);
        hits.truncate(usize::try_from(limit).unwrap_or(0));
    }
    Ok(hits)
}
