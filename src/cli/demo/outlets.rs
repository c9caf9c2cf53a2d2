//! Outlets with what they offer, the roads between them, and the links of grids to them.

use chrono::NaiveDate;
use geo::MultiLineString;

use super::super::open::Ending;
use super::super::{Stop, jobs as waiting};
use crate::access::Scope;
use crate::clock;
use crate::demo::{self, MadeBanner, MadeRoad};
use crate::domain::{Code, Level, RoadKind};
use crate::jobs::lay_roads;
use crate::store::bodies::{self, Body};
use crate::store::jobs::{self, JobState};
use crate::store::outlets::{self, NewOutlet, Offered};
use crate::store::roads::{self, NewRoad};
use crate::store::services::{self, ServiceFilter};
use crate::store::{Store, Tx};

/// Outlets with what they offer, and townships' organs and institutions.
pub async fn put(tx: &mut Tx, banner: &Code, made: &MadeBanner, seed: u64) -> Result<(), Stop> {
    let since = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap_or_default();
    if services::list(tx, &ServiceFilter::default()).await?.is_empty() {
        services::put(tx, &banner.at(Level::Region), &demo::services()).await?;
    }
    let (outlets_made, bodies) = demo::outlets(made, seed);
    if banner.as_str() == demo::DEMO_ROADS {
        put_roads(tx, banner, made, &demo::roads(made, &outlets_made, seed)).await?;
    }
    let made = outlets_made;
    let offers: Vec<Offered> = made
        .iter()
        .flat_map(|outlet| outlet.items.iter().map(|item| (outlet.id, outlet.area.clone(), item.clone())))
        .collect();
    let new: Vec<NewOutlet> = made
        .into_iter()
        .map(|outlet| NewOutlet {
            id: outlet.id,
            area: outlet.area,
            kind: outlet.kind,
            draft: false,
            name: outlet.name,
            at: outlet.at,
            opening_hours: outlet.opening_hours,
            calendar: outlet.calendar,
            windows: outlet.windows,
            capacity: outlet.capacity,
            from: since,
            until: None,
            synthetic: true,
        })
        .collect();
    outlets::add(tx, banner, &new, clock::now()).await?;
    outlets::put_many(tx, &offers, "示例授权（合成数据）", since).await?;
    let bodies: Vec<Body> = bodies
        .into_iter()
        .map(|body| Body {
            area: body.area,
            from: since,
            organs: body.organs,
            institutions: body.institutions,
            synthetic: true,
        })
        .collect();
    Ok(bodies::put(tx, banner, &bodies).await?)
}

async fn put_roads(tx: &mut Tx, banner: &Code, made: &MadeBanner, lines: &[MadeRoad]) -> Result<(), Stop> {
    let Some(outline) = made.areas.first().map(|area| &area.outline) else { return Ok(()) };
    let new: Vec<NewRoad> = lines
        .iter()
        .map(|road| NewRoad {
            kind: RoadKind::Road(road.class),
            name: Some(road.name.clone()),
            source: "khot demo（合成数据）".to_owned(),
            course: MultiLineString(vec![road.course.clone()]),
            synthetic: true,
        })
        .collect();
    let laid = lay_roads(&new, outline);
    Ok(roads::replace(tx, banner, "khot demo", (&new, &laid), clock::now()).await?)
}

/// Waits for the links that the publication of each banner's plan has queued; gives their number.
pub async fn linked(store: &Store, banners: &[Code], ending: &Ending) -> Result<u64, Stop> {
    let mut links = 0;
    for banner in banners {
        let mut tx = store.begin(&Scope::operator()).await?;
        let newest = jobs::recent(&mut tx, Some(banner), 20).await?;
        drop(tx);
        let Some(job) = newest.into_iter().find(|job| job.kind == "links") else { continue };
        let job = waiting::wait(store, job.id, banner.as_str(), ending).await?;
        if job.state != JobState::Done {
            let error = job.error.unwrap_or_default();
            let why = error["en"].as_str().unwrap_or("cancelled");
            return Err(Stop::Failed(format!("linking the grids of {banner} to outlets failed: {why}")));
        }
        links += job.result.as_ref().and_then(|result| result["links"].as_u64()).unwrap_or(0);
    }
    Ok(links)
}
