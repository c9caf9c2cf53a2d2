//! Importing outlets and the service catalogue.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use geo::{BoundingRect, Intersects, Point};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use uuid::Uuid;

use super::failure::Failure;
use super::import::broken_off;
use crate::domain::{Code, Finding, FindingKind, Level, OutletKind, Service, Text};
use crate::formats::{self, OutletInput, ReadOptions};
use crate::store::areas::VillageRow;
use crate::store::outlets::{self, NewOutlet, Offered, OutletChange, OutletRow};
use crate::store::{Tx, areas, services};

/// Outlets that are in order, with the area of each.
pub type Placed = Vec<(Code, OutletInput)>;

/// Reads the file, finds out where each outlet lies, and whether what it offers is known.
pub async fn read(
    tx: &mut Tx,
    within: &Code,
    path: PathBuf,
    options: ReadOptions,
) -> Result<(Placed, Vec<Finding>), Failure> {
    let villages = areas::villages(tx, within).await?;
    let known: BTreeSet<String> =
        services::list(tx, &Default::default()).await?.into_iter().map(|service| service.code).collect();
    let within = within.clone();
    tokio::task::spawn_blocking(move || {
        let (rows, findings) = formats::read_outlets(&path, &options);
        let (placed, more) = place(rows, &within, &villages, &known);
        (placed, findings.into_iter().chain(more).collect())
    })
    .await
    .map_err(broken_off)
}

fn place(
    rows: Vec<(u64, OutletInput)>,
    within: &Code,
    villages: &[VillageRow],
    known: &BTreeSet<String>,
) -> (Placed, Vec<Finding>) {
    let boxes = villages.iter().enumerate().filter_map(|(index, village)| {
        let rect = village.outline.bounding_rect()?;
        let corners = Rectangle::from_corners([rect.min().x, rect.min().y], [rect.max().x, rect.max().y]);
        Some(GeomWithData::new(corners, index))
    });
    let index = RTree::bulk_load(boxes.collect());
    let village_at = |(lon, lat): (f64, f64)| {
        index
            .locate_in_envelope_intersecting(&AABB::from_point([lon, lat]))
            .map(|entry| &villages[entry.data])
            .filter(|village| village.outline.intersects(&Point::new(lon, lat)))
            .map(|village| &village.code)
            .min()
    };
    let mut seen: HashMap<(Code, OutletKind, String), u64> = HashMap::new();
    let (mut placed, mut findings) = (Vec::new(), Vec::new());
    for (row, input) in rows {
        let mut wrong = |kind| findings.push(Finding::row(row, Some(&input.name), kind));
        let Some(village) = village_at(input.at) else {
            let outside = input.area.as_ref().filter(|area| !within.covers(area));
            wrong(match outside {
                Some(_) => FindingKind::OutsideScope { area: within.to_string() },
                None => FindingKind::OutsideVillage,
            });
            continue;
        };
        let area = input.area.clone().unwrap_or_else(|| village.at(usual_level(input.kind)));
        if !area.covers(village) {
            let expected = Text::new(
                format!("其位置所在的区划（{village}）"),
                format!("an area that its place lies in ({village})"),
            );
            let (column, value) = ("area".to_owned(), area.to_string());
            wrong(FindingKind::BadValue { column, value, expected: Box::new(expected) });
            continue;
        }
        if let Some(item) = input.items.iter().find(|item| !known.contains(*item)) {
            let expected = Text::new("服务目录中的事项代码", "codes of items in the service catalogue");
            let (column, value) = ("items".to_owned(), item.clone());
            wrong(FindingKind::BadValue { column, value, expected: Box::new(expected) });
            continue;
        }
        let name = (area.clone(), input.kind, input.name.clone());
        if let Some(first_row) = seen.insert(name, row) {
            wrong(FindingKind::DuplicateCode { first_row });
            continue;
        }
        placed.push((area, input));
    }
    (placed, findings)
}

/// Whose outlet it is where the file doesn't say.
fn usual_level(kind: OutletKind) -> Level {
    match kind {
        OutletKind::Centre | OutletKind::EnforcementBureau | OutletKind::ApprovalSeal => Level::Township,
        OutletKind::Station | OutletKind::AgentPoint | OutletKind::MobileStop => Level::Village,
    }
}

/// Adds what is new, and changes what has the same area, kind and name from the row's first day on.
pub async fn put(tx: &mut Tx, within: &Code, placed: Placed, now: DateTime<Utc>) -> Result<usize, Failure> {
    let today = crate::clock::local_day(now);
    let held: BTreeMap<(Code, OutletKind, String), OutletRow> = outlets::of_area(tx, within, None, today)
        .await?
        .into_iter()
        .map(|row| ((row.area.clone(), row.kind, row.name.clone()), row))
        .collect();
    let offered = outlets::offered(tx, within, today).await?;
    let count = placed.len();
    let mut new = Vec::new();
    let mut days: BTreeMap<Code, BTreeSet<NaiveDate>> = BTreeMap::new();
    let mut offers: BTreeMap<(String, NaiveDate), Vec<Offered>> = BTreeMap::new();
    for (area, input) in placed {
        let from = input.from.unwrap_or(today);
        days.entry(area.at(Level::Banner))
            .or_default()
            .extend([Some(from), input.until].into_iter().flatten());
        let name = (area.clone(), input.kind, input.name.clone());
        let id = match held.get(&name) {
            Some(row) => {
                change(tx, row, &input, from.max(row.from)).await?;
                row.id
            }
            None => {
                let outlet = added(area.clone(), &input, from);
                new.push(outlet);
                new.last().map(|outlet| outlet.id).unwrap_or_default()
            }
        };
        let already = offered.get(&id);
        for item in input.items.iter().filter(|item| already.is_none_or(|items| !items.contains(*item))) {
            let authority = input.authority.clone().unwrap_or_default();
            offers.entry((authority, from)).or_default().push((id, area.clone(), item.clone()));
        }
    }
    if !new.is_empty() {
        outlets::add(tx, within, &new, now).await?;
    }
    for ((authority, since), offers) in offers {
        outlets::put_many(tx, &offers, &authority, since).await?;
    }
    for (banner, days) in days {
        super::queue_links_on(tx, &banner, days, now).await?;
    }
    Ok(count)
}

async fn change(tx: &mut Tx, row: &OutletRow, input: &OutletInput, from: NaiveDate) -> Result<(), Failure> {
    let change = OutletChange {
        name: None,
        at: Some(input.at),
        opening_hours: Some(input.opening_hours.clone()),
        calendar: Some(input.calendar.clone()),
        windows: Some(input.windows),
        capacity: Some(input.capacity),
        until: Some(input.until),
        accept: true,
    };
    match outlets::change(tx, row.id, &change, from).await? {
        outlets::Changed::Done(_) => Ok(()),
        _ => Err(Failure::refused(
            "bad_days",
            format!("网点“{}”的停用日期须晚于 {from}", row.name),
            format!("the end of outlet '{}' must come after {from}", row.name),
        )),
    }
}

fn added(area: Code, input: &OutletInput, from: NaiveDate) -> NewOutlet {
    NewOutlet {
        id: Uuid::now_v7(),
        area,
        kind: input.kind,
        draft: false,
        name: input.name.clone(),
        at: input.at,
        opening_hours: input.opening_hours.clone(),
        calendar: input.calendar.clone(),
        windows: input.windows,
        capacity: input.capacity,
        from,
        until: input.until,
        synthetic: input.synthetic,
    }
}

/// Reads a file of the catalogue.
pub async fn read_services(
    path: PathBuf,
    options: ReadOptions,
) -> Result<(Vec<Service>, Vec<Finding>), Failure> {
    tokio::task::spawn_blocking(move || formats::read_services(&path, &options)).await.map_err(broken_off)
}
