//! The demo's people: workers with homes and languages, posts, who looks after which grid, and their days on duty.

use uuid::Uuid;

use super::super::Stop;
use crate::access::Scope;
use crate::clock;
use crate::demo::{self, MadeWorker, Past, Place, Staff};
use crate::domain::{Code, Month, WorkerStatus};
use crate::store::assignments::{self, NewAssignment};
use crate::store::pay::{self, Attested};
use crate::store::posts::{self, NewPosts};
use crate::store::workers::{self, NewWorker, WorkerFilter};
use crate::store::{Store, Tx};

/// What stands beside the demo's posts.
const REASON: &str = "演示值 demo value";

/// Makes people for those of the banners that have none; each banner in one transaction. Gives how many workers came.
pub async fn load(store: &Store, banners: &[Code], seed: u64) -> Result<usize, Stop> {
    let mut made = 0;
    for banner in banners {
        let mut tx = store.begin(&Scope::operator()).await?;
        let today = clock::local_day(clock::now());
        let held = workers::page(&mut tx, banner, &WorkerFilter::default(), today, None, 1).await?;
        if !held.is_empty() {
            continue;
        }
        let policy = assignments::policy(&mut tx, banner, today).await?;
        let places = assignments::places(&mut tx, banner, today).await?;
        let places: Vec<Place> = places
            .into_iter()
            .filter(|place| place.synthetic)
            .map(|place| Place {
                grids_max: policy.profile(&place.grid.village(), place.area_type).grids_max,
                area_type: place.area_type,
                language: place.language,
                at: place.at,
                grid: place.grid,
            })
            .collect();
        let past = Past::before(today);
        let staff = demo::staff(banner, &places, seed, past);
        made += staff.workers.len();
        put(&mut tx, banner, staff, past).await?;
        tx.commit().await?;
    }
    Ok(made)
}

async fn put(tx: &mut Tx, banner: &Code, staff: Staff, past: Past) -> Result<(), Stop> {
    let now = clock::now();
    let new: Vec<NewPosts> = staff
        .posts
        .into_iter()
        .map(|one| NewPosts { area: one.area, kind: one.kind, posts: one.posts, ceiling: one.ceiling })
        .collect();
    posts::establish(tx, banner, &new, past.begun, REASON).await?;
    let later: Vec<(Uuid, WorkerStatus, chrono::NaiveDate)> = staff
        .workers
        .iter()
        .filter_map(|worker| worker.then.map(|(status, from)| (worker.id, status, from)))
        .collect();
    let attested: Vec<(Month, Vec<Attested>)> = months_attested()
        .map(|month| (month, staff.workers.iter().filter_map(|worker| attested(worker, month)).collect()))
        .into();
    let hired: Vec<NewWorker> = staff.workers.into_iter().map(hired).collect();
    workers::add(tx, banner, &hired, now).await?;
    workers::follow(tx, banner, &later).await?;
    let assigned: Vec<NewAssignment> = staff
        .assignments
        .into_iter()
        .zip(0u64..)
        .map(|(one, place)| NewAssignment {
            // The same demo has the same ones.
            id: Uuid::from_u64_pair(one.worker.as_u64_pair().0, one.worker.as_u64_pair().1 ^ (place + 1)),
            grid: one.grid,
            worker: one.worker,
            role: one.role,
            from: one.from,
            until: one.until,
            grids_max: one.grids_max,
        })
        .collect();
    assignments::add(tx, banner, &assigned, now).await?;
    for (month, rows) in attested {
        pay::attest(tx, banner, month, &rows, now).await?;
    }
    Ok(())
}

/// The two months before this one, and this one, of which the demo attests days.
pub fn months_attested() -> [Month; 3] {
    let this = Month::of(clock::local_day(clock::now()));
    let before = |month: Month| month.first_day().pred_opt().map_or(month, Month::of);
    [before(before(this)), before(this), this]
}

fn attested(worker: &MadeWorker, month: Month) -> Option<Attested> {
    let made = demo::duty(worker, month)?;
    Some(Attested {
        worker: worker.id,
        duty_days: made.duty_days,
        expected_days: made.expected_days,
        score: Some(made.score),
    })
}

fn hired(worker: MadeWorker) -> NewWorker {
    NewWorker {
        id: worker.id,
        area: worker.area,
        username: None,
        employment: worker.employment,
        status: WorkerStatus::OnPost,
        since: worker.since,
        home: worker.home,
        languages: worker.languages,
        skills: worker.skills,
        name: worker.name,
        phone: Some(worker.phone),
        bank: Some(worker.bank),
        synthetic: true,
    }
}
