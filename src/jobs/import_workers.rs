//! Importing worker records.

use std::collections::BTreeSet;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::failure::Failure;
use super::import::broken_off;
use crate::clock;
use crate::domain::{Code, Finding, FindingKind, Level, Text, WorkerStatus};
use crate::formats::{self, ReadOptions};
use crate::store::workers::{self, NewWorker};
use crate::store::{Tx, areas};

/// Reads the file, and finds out whether each worker's area is there and nobody is in the roster already.
pub async fn read(
    tx: &mut Tx,
    within: &Code,
    path: PathBuf,
    options: ReadOptions,
    now: DateTime<Utc>,
) -> Result<(Vec<NewWorker>, Vec<Finding>), Failure> {
    let (rows, mut findings) = tokio::task::spawn_blocking(move || formats::read_workers(&path, &options))
        .await
        .map_err(broken_off)?;
    let mut known: BTreeSet<Code> = BTreeSet::new();
    for level in [Level::Township, Level::Village] {
        known.extend(areas::below(tx, within, level).await?.into_iter().map(|area| area.code));
    }
    let held = workers::identities(tx, &within.at(Level::Township)).await?;
    let today = clock::local_day(now);
    let mut new = Vec::new();
    for (row, input) in rows {
        let wrong = if !within.covers(&input.area) {
            Some(FindingKind::OutsideScope { area: within.to_string() })
        } else if !known.contains(&input.area) {
            let expected =
                Text::new("库中已有的苏木乡镇或嘎查村", "a township or village that is in the database");
            let (column, value) = ("area".to_owned(), input.area.to_string());
            Some(FindingKind::BadValue { column, value, expected: Box::new(expected) })
        } else if held.contains(&input.identity()) {
            let expected = Text::new(
                "该苏木乡镇名册中尚无的人（姓名和电话都相同）",
                "of somebody who isn't in that township's roster yet (the same name and phone are)",
            );
            let (column, value) = ("name".to_owned(), "…".to_owned());
            Some(FindingKind::BadValue { column, value, expected: Box::new(expected) })
        } else {
            None
        };
        if let Some(kind) = wrong {
            findings.push(Finding::row(row, None, kind));
            continue;
        }
        new.push(NewWorker {
            id: Uuid::now_v7(),
            area: input.area,
            username: None,
            employment: input.employment,
            status: input.status.unwrap_or(WorkerStatus::OnPost),
            since: input.status_from.unwrap_or(today),
            home: input.home,
            languages: input.languages,
            skills: input.skills,
            name: input.name,
            phone: input.phone,
            bank: input.bank,
            synthetic: input.synthetic,
        });
    }
    Ok((new, findings))
}
