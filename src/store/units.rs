//! Units of villages.

use std::collections::BTreeMap;

use super::{StoreError, Tx, geometry};
use crate::domain::{Code, Tally, Unit};

/// The units of every village of `area`, each village's by code. Their counts are the true ones.
///
/// # Errors
/// Also for a scope that sees counts under 5 only in some villages: this is for the program's own work.
pub async fn of_area(tx: &mut Tx, area: &Code) -> Result<BTreeMap<Code, Vec<Unit>>, StoreError> {
    use futures::TryStreamExt;
    tx.must_see_exact()?;
    let mut rows = sqlx::query_as::<_, (String, String, Vec<u8>, i32, i32)>(
        "SELECT village, code, ST_AsBinary(outline), households, people FROM unit
         WHERE village ^@ $1 AND (length($1) < 6 OR banner = left($1, 6)) ORDER BY village, code",
    )
    .bind(area.as_str())
    .fetch(tx.conn());
    let mut units: BTreeMap<Code, Vec<Unit>> = BTreeMap::new();
    while let Some((village, code, outline, households, people)) = rows.try_next().await? {
        let village: Code = village.parse().map_err(|error| StoreError::corrupt("code", error))?;
        units.entry(village.clone()).or_default().push(Unit {
            code,
            village,
            outline: geometry::read_polygon(outline)?,
            households: u32::try_from(households).unwrap_or(0),
            people: u32::try_from(people).unwrap_or(0),
        });
    }
    Ok(units)
}

/// Households of a unit as they are told, and where they live.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldUnit {
    pub village: Code,
    pub code: String,
    /// A point in it; none where its code names an H3 cell.
    pub at: Option<(f64, f64)>,
    pub households: Tally,
}

/// The units of `area` as they are told, by village and code. Whoever sees no figures sees none.
pub async fn told(tx: &mut Tx, area: &Code) -> Result<Vec<ToldUnit>, StoreError> {
    type Row = (String, String, i32, bool, Option<f64>, Option<f64>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT village, code, households_told, households BETWEEN 1 AND 4, ST_X(point), ST_Y(point)
         FROM unit LEFT JOIN LATERAL (SELECT ST_PointOnSurface(outline) AS point
                                      WHERE code !~ '^8[0-9a-f]{14}(-[0-9]+)?$') of_no_cell ON true
         WHERE village ^@ $1 AND (length($1) < 6 OR banner = left($1, 6)) ORDER BY village, code",
    )
    .bind(area.as_str())
    .fetch_all(tx.conn())
    .await?;
    let mut villages: BTreeMap<String, Code> = BTreeMap::new();
    rows.into_iter()
        .map(|(village, code, told, few, lon, lat)| {
            let village = match villages.get(&village) {
                Some(known) => known.clone(),
                None => {
                    let known: Code = village.parse().map_err(|error| StoreError::corrupt("code", error))?;
                    villages.insert(village, known.clone());
                    known
                }
            };
            let households = Tally { told: u64::from(told.unsigned_abs()), few: u32::from(few) };
            Ok(ToldUnit { village, code, at: lon.zip(lat), households })
        })
        .collect()
}
