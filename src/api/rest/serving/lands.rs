//! Lands that are held in memory, so that a question about one is answered while somebody waits.

use std::sync::{Arc, Mutex, PoisonError};

use super::off_thread;
use crate::access::Scope;
use crate::api::AppState;
use crate::api::problem::Problem;
use crate::domain::{Code, Season};
use crate::jobs;
use crate::planning::serving::{Land, LandParts, Ready};
use crate::store::tiles;

/// Lands that are held at once: a banner in a season is 5 to 15 MB.
const MOST: usize = 16;

/// Lands that were asked for lately, ready to be asked again; the newest first.
#[derive(Default)]
pub struct Lands(Mutex<Vec<Held>>);

type Edition = (i64, i64);

struct Held {
    banner: Code,
    /// Of the areas and of the roads: an import makes another one.
    edition: Edition,
    ready: Arc<Ready>,
}

impl Lands {
    fn find(
        &self,
        banner: &Code,
        edition: Edition,
        season: Season,
    ) -> (Option<Arc<Ready>>, Option<Arc<Land>>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|one| one.edition == edition);
        let same = held.iter().position(|one| one.banner == *banner && one.ready.season == season);
        if let Some(at) = same {
            let one = held.remove(at);
            let ready = one.ready.clone();
            held.insert(0, one);
            return (Some(ready), None);
        }
        (None, held.iter().find(|one| one.banner == *banner).map(|one| one.ready.land.clone()))
    }

    fn keep(&self, banner: Code, edition: Edition, ready: Arc<Ready>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(0, Held { banner, edition, ready });
        held.truncate(MOST);
    }
}

/// The banner's land in a season. Outlines and roads alone go into it, so the public's scope is enough whoever asks.
pub async fn ready(state: &AppState, banner: &Code, season: Season) -> Result<Arc<Ready>, Problem> {
    let mut tx = state.store.begin(&Scope::public()).await?;
    let edition = tiles::land_editions(&mut tx).await?;
    let land = match state.lands.find(banner, edition, season) {
        (Some(ready), _) => return Ok(ready),
        (None, land) => land,
    };
    let parts = match land {
        Some(_) => LandParts::default(),
        None => jobs::land(&mut tx, banner).await?,
    };
    drop(tx);
    let ready = off_thread(move || land.unwrap_or_else(|| Arc::new(Land::of(&parts))).ready(season)).await?;
    let ready = Arc::new(ready);
    state.lands.keep(banner.clone(), edition, ready.clone());
    Ok(ready)
}
