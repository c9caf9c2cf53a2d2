//! Units of villages.

use std::collections::BTreeMap;

use super::{StoreError, Tx, geometry};
use crate::domain::{Code, Unit};

/// The units of every village of `area`, each village's by code. Their counts are the true ones.
///
/// # Errors
/// Also for a scope that sees counts under 5 only in some villages: this is for the program's own work.
pub async fn of_area(tx: &mut Tx, area: &Code) -> Result<BTreeMap<Code, Vec<Unit>>, StoreError> {
    use futures::TryStreamExt;
    tx.must_see_exact()?;
    let mut rows = sqlx::query_as::<_, (String, String, Vec<u8>, i32, i32)>(
        "SELECT village, code, ST_AsBinary(outline), households, people FROM unit
         WHERE village LIKE $1 || '%' ORDER BY village, code",
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
