use std::collections::BTreeMap;

use chrono::NaiveDate;
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use uuid::Uuid;

use super::super::frame;
use super::{MadeAssignment, MadePosts, MadeWorker, Past, Place, Staff};
use crate::domain::{AreaType, Code, Employment, GridRole, Home, Level, PostKind, WorkerStatus};

/// Skills of the demo's people.
const SKILLS: [&str; 8] = ["急救", "调解", "驾驶", "骑马", "兽医", "消防", "电脑操作", "手语"];

/// Who has what happened to the grids that one worker looks after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    OnPost,
    NeverFilled,
    /// Its worker is elsewhere, and still on the books for it.
    Away(WorkerStatus),
    Left,
    /// Another has them since.
    HandedOver,
}

/// Hires people and gives them their grids, village after village.
pub(super) struct Maker {
    generator: Pcg64Mcg,
    number: u32,
    past: Past,
    made: Staff,
}

impl Maker {
    pub(super) fn new(generator: Pcg64Mcg, past: Past) -> Self {
        Self { generator, number: 0, past, made: Staff::default() }
    }

    pub(super) fn village(&mut self, places: &[&Place], first: bool) {
        let mut rest = places;
        let mut on_post = Vec::new();
        while let Some(place) = rest.first() {
            let most = usize::try_from(place.grids_max).unwrap_or(1).clamp(1, rest.len());
            // Somebody else has to be there to lead the first village, where there is a second grid.
            let most = if first { most.min(rest.len().div_ceil(2)) } else { most };
            let (theirs, later) = rest.split_at(self.generator.random_range(1..=most));
            rest = later;
            let fate = if first && on_post.len() < 2 { Fate::OnPost } else { self.fate() };
            on_post.extend(self.look_after(theirs, fate));
        }
        if let Some(lead) = on_post.last().copied()
            && (first || self.generator.random_range(0..20) > 0)
        {
            for place in places {
                self.assign(place, lead, GridRole::Lead, self.past.begun, None);
            }
        }
    }

    fn fate(&mut self) -> Fate {
        match self.generator.random_range(0..100) {
            0..4 => Fate::NeverFilled,
            4..7 => Fate::Away(WorkerStatus::Seconded),
            7..10 => Fate::Away(WorkerStatus::OnLeave),
            10..13 => Fate::Left,
            13..17 => Fate::HandedOver,
            _ => Fate::OnPost,
        }
    }

    /// Gives who has been on the post for them all along.
    fn look_after(&mut self, places: &[&Place], fate: Fate) -> Option<Uuid> {
        let (begun, changed, handed_over) = (self.past.begun, self.past.changed, self.past.handed_over);
        let (then, until) = match fate {
            Fate::NeverFilled => return None,
            Fate::OnPost => (None, None),
            Fate::Away(status) => (Some((status, changed)), None),
            Fate::Left => (Some((WorkerStatus::Left, changed)), Some(changed)),
            Fate::HandedOver => (Some((WorkerStatus::Left, handed_over)), Some(handed_over)),
        };
        let worker = self.hire(places[0], begun, then);
        for place in places {
            self.assign(place, worker, GridRole::Worker, begun, until);
        }
        if fate == Fate::HandedOver {
            let next = self.hire(places[0], handed_over, None);
            for place in places {
                self.assign(place, next, GridRole::Worker, handed_over, None);
            }
        }
        (fate == Fate::OnPost).then_some(worker)
    }

    fn assign(
        &mut self,
        place: &Place,
        worker: Uuid,
        role: GridRole,
        from: NaiveDate,
        until: Option<NaiveDate>,
    ) {
        let (grid, grids_max) = (place.grid.clone(), place.grids_max);
        self.made.assignments.push(MadeAssignment { grid, worker, role, from, until, grids_max });
    }

    /// Whoever is free could fill a vacancy.
    pub(super) fn spare(&mut self, near: &Place) {
        for _ in 0..self.generator.random_range(1..=2) {
            self.hire(near, self.past.begun, None);
        }
    }

    /// Somebody who lives near a grid, and mostly speaks what is spoken there.
    fn hire(&mut self, near: &Place, since: NaiveDate, then: Option<(WorkerStatus, NaiveDate)>) -> Uuid {
        self.number += 1;
        let generator = &mut self.generator;
        let km = match near.area_type {
            AreaType::Urban => 1.0,
            AreaType::Agricultural => 1.5,
            AreaType::Mixed => 3.0,
            AreaType::Pastoral => 6.0,
        };
        let (lon, lat) = near.at;
        let degrees = km / 111.0;
        let east = frame::normal(generator) * degrees / lat.to_radians().cos().max(0.1);
        let north = frame::normal(generator) * degrees;
        let mut languages = vec!["zh".to_owned()];
        let theirs = near.language.as_deref().filter(|language| *language != "zh");
        let lot = generator.random_range(0..100);
        match theirs {
            Some(language) if lot < 92 => languages.insert(0, language.to_owned()),
            None if lot < 12 => languages.push("mn".to_owned()),
            _ => {}
        }
        let mut skills = Vec::new();
        for _ in 0..generator.random_range(0..3) {
            let skill = SKILLS[generator.random_range(0..SKILLS.len())].to_owned();
            if !skills.contains(&skill) {
                skills.push(skill);
            }
        }
        let part_time = generator.random_range(0..10) < 3;
        let id = uuid::Builder::from_random_bytes(generator.random()).into_uuid();
        self.made.workers.push(MadeWorker {
            id,
            area: near.grid.village().at(Level::Township),
            employment: if part_time { Employment::PartTime } else { Employment::FullTime },
            since,
            then,
            home: Home::around(lon + east, lat + north),
            languages,
            skills,
            name: format!("示例{:03}", self.number),
            phone: format!("100{:08}", generator.random_range(0..100_000_000)),
            bank: format!("DEMO{:015}", generator.random_range(0..1_000_000_000_000_000_u64)),
        });
        id
    }

    /// A post for everybody who ever was there, and room for few more. With that the banner is done.
    pub(super) fn posted(mut self, banner: &Code) -> Staff {
        let mut counted: BTreeMap<(Code, PostKind), u32> = BTreeMap::new();
        let mut townships: BTreeMap<Uuid, &Code> = BTreeMap::new();
        for worker in &self.made.workers {
            let kind = match worker.employment {
                Employment::FullTime => PostKind::FullTime,
                Employment::PartTime => PostKind::PartTime,
            };
            *counted.entry((worker.area.clone(), kind)).or_default() += 1;
            townships.insert(worker.id, &worker.area);
        }
        let mut leads: Vec<Uuid> = self
            .made
            .assignments
            .iter()
            .filter(|one| one.role == GridRole::Lead)
            .map(|one| one.worker)
            .collect();
        leads.sort_unstable();
        leads.dedup();
        for lead in leads {
            if let Some(area) = townships.get(&lead) {
                *counted.entry(((*area).clone(), PostKind::Lead)).or_default() += 1;
            }
        }
        let mut posts = Vec::new();
        for kind in PostKind::ALL {
            let all: u32 = counted.iter().filter(|((_, of), _)| *of == kind).map(|(_, number)| number).sum();
            posts.push(MadePosts { area: banner.clone(), kind, posts: 0, ceiling: all + all.div_ceil(50) });
        }
        for ((area, kind), number) in counted {
            let ceiling = number + self.generator.random_range(0..=2);
            posts.push(MadePosts { area, kind, posts: number, ceiling });
        }
        self.made.posts = posts;
        self.made
    }
}
