//! Who looks after which grid, from day to day. The database refuses a second main worker of a grid, a worker in more
//! grids than the policy allows, and more who hold grids than there are posts.

pub mod effect;
mod read;
mod vacancies;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use uuid::Uuid;

pub use self::read::{AssignmentRow, get, history, list, of_grid, own_lead, post_is_filled};
pub use self::vacancies::{PlaceRow, VacancyRow, Why, place, places, vacancies};
use super::{StoreError, Tx, audit, plans};
use crate::domain::{Code, GridCode, GridRole, Level, Policy, WorkerStatus};

/// An assignment to be made.
#[derive(Debug, Clone)]
pub struct NewAssignment {
    pub id: Uuid,
    pub grid: GridCode,
    pub worker: Uuid,
    pub role: GridRole,
    pub from: NaiveDate,
    /// The first day on which it no longer holds.
    pub until: Option<NaiveDate>,
    /// As many grids as one worker may hold at once, by the policy for this grid.
    pub grids_max: u32,
}

/// The policy by which a banner's grids were made that hold on a day; the default where it can't be read.
pub async fn policy(tx: &mut Tx, banner: &Code, day: NaiveDate) -> Result<Policy, StoreError> {
    let banner = banner.at(Level::Banner);
    if let Some(plan) = plans::in_force(tx, &banner, day).await?
        && let Ok(policy) = Policy::parse(&plans::policy_text(tx, plan.id).await?)
    {
        return Ok(policy);
    }
    Policy::defaults().map_err(|error| StoreError::corrupt("policy", error))
}

/// Whether a worker is on the post on a day; none for one who isn't in sight.
pub async fn status_on(
    tx: &mut Tx,
    worker: Uuid,
    day: NaiveDate,
) -> Result<Option<WorkerStatus>, StoreError> {
    let status: Option<String> =
        sqlx::query_scalar("SELECT status FROM worker_status WHERE worker = $1 AND during @> $2")
            .bind(worker)
            .bind(day)
            .fetch_optional(tx.conn())
            .await?;
    Ok(status.as_deref().and_then(WorkerStatus::parse))
}

/// Adds assignments below `area`, with one entry in the trail for all of them.
///
/// # Errors
/// `assignment_one_worker`, `assignment_once`, `worker_elsewhere`, `posts_held` where the database refuses.
pub async fn add(
    tx: &mut Tx,
    area: &Code,
    new: &[NewAssignment],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let actor = tx.scope.actor().to_owned();
    sqlx::query(
        "INSERT INTO assignment (id, grid, worker, role, during, grids_max, created_by, created_at)
         SELECT id, grid, worker, role, daterange(begins, ends), grids_max, $8, $9
         FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::date[], $6::date[], $7::integer[])
              AS n (id, grid, worker, role, begins, ends, grids_max)",
    )
    .bind(new.iter().map(|one| one.id).collect::<Vec<_>>())
    .bind(new.iter().map(|one| one.grid.to_string()).collect::<Vec<_>>())
    .bind(new.iter().map(|one| one.worker).collect::<Vec<_>>())
    .bind(new.iter().map(|one| one.role.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|one| one.from).collect::<Vec<_>>())
    .bind(new.iter().map(|one| one.until).collect::<Vec<_>>())
    .bind(new.iter().map(|one| one.grids_max.cast_signed()).collect::<Vec<_>>())
    .bind(actor)
    .bind(now)
    .execute(tx.conn())
    .await?;
    let (subject, after) = match new {
        [one] => (one.id.to_string(), told(one)),
        many => ("khot.assignment".to_owned(), json!({"assignments": many.len()})),
    };
    let entry =
        audit::Entry { action: "assignment.add", subject: &subject, area, before: None, after: Some(after) };
    audit::write(tx, entry).await
}

fn told(one: &NewAssignment) -> serde_json::Value {
    json!({"grid": one.grid, "worker": one.worker, "role": one.role, "from": one.from, "until": one.until})
}

/// Sets the first day on which an assignment no longer holds; none: it goes on. False when there is none of that
/// id in scope to change.
pub async fn set_end(
    tx: &mut Tx,
    held: &AssignmentRow,
    until: Option<NaiveDate>,
) -> Result<bool, StoreError> {
    let changed = sqlx::query("UPDATE assignment SET during = daterange(lower(during), $2) WHERE id = $1")
        .bind(held.id)
        .bind(until)
        .execute(tx.conn())
        .await?
        .rows_affected();
    if changed == 0 {
        return Ok(false);
    }
    let entry = audit::Entry {
        action: "assignment.end",
        subject: &held.id.to_string(),
        area: &held.grid.village(),
        before: Some(json!({"until": held.until})),
        after: Some(json!({"until": until, "grid": held.grid, "worker": held.worker})),
    };
    audit::write(tx, entry).await?;
    Ok(true)
}

/// Takes away an assignment that begins on `since` or later. False where it began before, or there is none in scope.
pub async fn remove(tx: &mut Tx, held: &AssignmentRow, since: NaiveDate) -> Result<bool, StoreError> {
    let removed = sqlx::query("DELETE FROM assignment WHERE id = $1 AND lower(during) >= $2")
        .bind(held.id)
        .bind(since)
        .execute(tx.conn())
        .await?
        .rows_affected();
    if removed == 0 {
        return Ok(false);
    }
    let before = json!({"grid": held.grid, "worker": held.worker, "role": held.role, "from": held.from, "until": held.until});
    let entry = audit::Entry {
        action: "assignment.remove",
        subject: &held.id.to_string(),
        area: &held.grid.village(),
        before: Some(before),
        after: None,
    };
    audit::write(tx, entry).await?;
    Ok(true)
}

/// An assignment that made room for another.
#[derive(Debug)]
pub struct Replaced {
    pub held: AssignmentRow,
    /// The first day on which it no longer holds; none: it never holds.
    pub until: Option<NaiveDate>,
}

/// Ends whoever is a grid's main worker where `new` will be: the day before it begins. One that would begin on that day
/// or later never does. Each has its own entry in the trail. The caller adds `new` in the same transaction.
pub async fn make_room(tx: &mut Tx, new: &NewAssignment) -> Result<Vec<Replaced>, StoreError> {
    let mut replaced = Vec::new();
    for held in read::main_workers(tx, &new.grid, new.from, new.until).await? {
        let until = (held.from < new.from).then_some(new.from);
        match until {
            Some(_) => set_end(tx, &held, until).await?,
            None => remove(tx, &held, new.from).await?,
        };
        replaced.push(Replaced { held, until });
    }
    Ok(replaced)
}

/// When a plan has been published: who looks after a grid that goes on goes on, with a grid that ends they end. Gives
/// how many ended.
pub(super) async fn follow_plan(tx: &mut Tx, plan: Uuid) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT khot.end_assignments_of_ended_grids($1)")
        .bind(plan)
        .fetch_one(tx.conn())
        .await?)
}
