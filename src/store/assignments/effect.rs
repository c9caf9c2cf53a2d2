//! What it would do if a worker looked after a grid: tried out in a transaction that is never committed.

use chrono::{DateTime, NaiveDate, Utc};
use geo::{Distance, Haversine, Point};
use uuid::Uuid;

use super::super::areas::count;
use super::super::proposals::StaffRow;
use super::super::{StoreError, Tx, proposals};
use super::{NewAssignment, PlaceRow};
use crate::domain::{Code, Count, GridRole};

/// What a worker looks after.
#[derive(Debug, Clone)]
pub struct Load {
    /// From home to each grid, one way.
    pub km: f64,
    pub grids: usize,
    /// Of all their grids; none where it may not be told.
    pub households: Option<u64>,
}

/// The way between two points in degrees, in km, as the crow flies.
fn km(a: (f64, f64), b: (f64, f64)) -> f64 {
    Haversine.distance(Point::new(a.0, a.1), Point::new(b.0, b.1)) / 1000.0
}

/// The grids that a worker holds as their main worker on a day, as ways and households; `without` leaves one out.
pub async fn load(
    tx: &mut Tx,
    worker: &StaffRow,
    day: NaiveDate,
    without: Option<&PlaceRow>,
) -> Result<Load, StoreError> {
    let rows: Vec<(String, f64, f64, i32, i32, i32)> = sqlx::query_as(
        "SELECT g.code, ST_X(g.label_point), ST_Y(g.label_point), g.households, g.households_told, g.households_few
         FROM assignment a JOIN plan p ON p.banner = left(a.grid, 6) AND p.during @> $2
              JOIN grid g ON g.plan = p.id AND g.code = a.grid
         WHERE a.worker = $1 AND a.role = 'worker' AND a.during @> $2",
    )
    .bind(worker.worker)
    .bind(day)
    .fetch_all(tx.conn())
    .await?;
    let mut load = Load { km: 0.0, grids: 0, households: Some(0) };
    for (code, lon, lat, true_count, told, few) in rows {
        if without.is_some_and(|place| place.grid.as_str() == code) {
            continue;
        }
        let village: Code = code[..12].parse().map_err(|error| StoreError::corrupt("grid code", error))?;
        let count = count(tx.scope().sees_exact(&village), true_count.into(), told.into(), few.into());
        load.add(km(worker.home, (lon, lat)), count);
    }
    Ok(load)
}

impl Load {
    fn add(&mut self, km: f64, households: Count) {
        self.km += km;
        self.grids += 1;
        self.households = self.households.zip(households.number()).map(|(sum, more)| sum + more);
    }

    /// The same with one more grid.
    pub fn with(&self, worker: &StaffRow, place: &PlaceRow) -> Self {
        let mut more = self.clone();
        more.add(km(worker.home, place.at), place.households);
        more
    }
}

/// One worker as a proposal would take them; none who isn't on the post on that day, or isn't in sight.
pub async fn staff_of(
    tx: &mut Tx,
    worker: Uuid,
    area: &Code,
    day: NaiveDate,
) -> Result<Option<StaffRow>, StoreError> {
    Ok(proposals::staff(tx, area, day).await?.into_iter().find(|one| one.worker == worker))
}

/// Tries the assignment out, in a transaction that must not be committed: the constraint that refuses, if one does.
/// Whoever holds the grid now ends first.
///
/// # Errors
/// For any other failure of the database.
pub async fn try_out(
    tx: &mut Tx,
    place: &PlaceRow,
    new: &NewAssignment,
    now: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    debug_assert_eq!(new.role, GridRole::Worker);
    for sql in [
        "DELETE FROM assignment WHERE grid = $1 AND role = 'worker' AND lower(during) >= $2",
        "UPDATE assignment SET during = daterange(lower(during), $2) WHERE grid = $1 AND role = 'worker' AND during @> $2",
    ] {
        sqlx::query(sql).bind(place.grid.as_str()).bind(new.from).execute(tx.conn()).await?;
    }
    match super::add(tx, &place.grid.village(), std::slice::from_ref(new), now).await {
        Ok(()) => Ok(None),
        Err(StoreError::Refused { constraint, .. }) => Ok(Some(constraint)),
        Err(error) => Err(error),
    }
}
