//! Grid workers who don't exist, their posts, and who looks after which grid, for a banner that has been divided.

use std::collections::BTreeMap;

use chrono::{Days, Months, NaiveDate};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use uuid::Uuid;

use super::frame;
use crate::domain::{
    AreaType, Code, Employment, GridCode, GridRole, Home, Level, Month, PostKind, VillageKind, WorkerStatus,
};

/// A grid worker who doesn't exist. Nothing of it can be taken for a person's: the name says 示例
/// (example), the phone begins with digits that no Chinese mobile has, the bank reference with DEMO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeWorker {
    pub id: Uuid,
    /// A township.
    pub area: Code,
    pub employment: Employment,
    /// The first day on the post.
    pub since: NaiveDate,
    /// What they are from a later day on, where that is something else.
    pub then: Option<(WorkerStatus, NaiveDate)>,
    pub home: Option<Home>,
    pub languages: Vec<String>,
    pub skills: Vec<String>,
    pub name: String,
    pub phone: String,
    pub bank: String,
}

/// Who looks after a grid, from a day on and until another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeAssignment {
    pub grid: GridCode,
    pub worker: Uuid,
    pub role: GridRole,
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
    pub grids_max: u32,
}

/// How many posts of a kind a township has and may have, or how many a banner may have in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadePosts {
    pub area: Code,
    pub kind: PostKind,
    pub posts: u32,
    pub ceiling: u32,
}

/// A grid as a place to be looked after.
#[derive(Debug, Clone)]
pub struct Place {
    pub grid: GridCode,
    pub area_type: AreaType,
    /// What its people speak.
    pub language: Option<String>,
    /// Longitude and latitude of its middle.
    pub at: (f64, f64),
    /// As many grids of its kind as one worker may hold.
    pub grids_max: u32,
}

/// The people of a banner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Staff {
    pub workers: Vec<MadeWorker>,
    pub assignments: Vec<MadeAssignment>,
    /// The banner's ceilings first, then each township's.
    pub posts: Vec<MadePosts>,
}

/// The days on which something happens in the demo's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// The first day of the month that lies four months back: grids, posts and most assignments hold from it on.
    pub begun: NaiveDate,
    /// The eleventh of last month: some grids changed hands.
    pub handed_over: NaiveDate,
    /// The twenty-first of last month: some were seconded, went on leave or left.
    pub changed: NaiveDate,
}

impl Past {
    pub fn before(today: NaiveDate) -> Self {
        let this = Month::of(today).first_day();
        let back = |months| this.checked_sub_months(Months::new(months)).unwrap_or(this);
        let day = |after| back(1).checked_add_days(Days::new(after)).unwrap_or(this);
        Self { begun: back(4), handed_over: day(10), changed: day(20) }
    }
}

/// What a village's people need of whoever looks after them. A demo value: Mongolian where herders live, in half of
/// the mixed villages that are a 嘎查, and in one of ten others; else Chinese.
pub fn language(village: &Code, area_type: AreaType, kind: Option<VillageKind>) -> &'static str {
    let lot = frame::mix(village.as_str().parse().unwrap_or(0)) % 10;
    let mongolian = match (area_type, kind) {
        (AreaType::Pastoral, _) => true,
        (AreaType::Mixed, Some(VillageKind::Gacha)) => lot < 5,
        _ => lot == 0,
    };
    if mongolian { "mn" } else { "zh" }
}

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

/// People for the grids of one banner, which are given by code. The same seed gives the same ones. In the first
/// village somebody is on the post, and another leads.
pub fn staff(banner: &Code, places: &[Place], seed: u64, past: Past) -> Staff {
    let mut maker =
        Maker { generator: frame::generator(seed, banner, 40), number: 0, past, made: Staff::default() };
    let mut villages: Vec<Vec<&Place>> = Vec::new();
    for place in places {
        match villages.last_mut() {
            Some(village) if village[0].grid.village() == place.grid.village() => village.push(place),
            _ => villages.push(vec![place]),
        }
    }
    for (at, village) in villages.iter().enumerate() {
        maker.village(village, at == 0);
    }
    let mut townships: BTreeMap<Code, &Place> = BTreeMap::new();
    for place in places {
        townships.entry(place.grid.village().at(Level::Township)).or_insert(place);
    }
    // Whoever is free could fill a vacancy.
    for place in townships.values() {
        for _ in 0..maker.generator.random_range(1..=2) {
            maker.hire(place, past.begun, None);
        }
    }
    maker.posts(banner);
    maker.made
}

struct Maker {
    generator: Pcg64Mcg,
    number: u32,
    past: Past,
    made: Staff,
}

impl Maker {
    fn village(&mut self, places: &[&Place], first: bool) {
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

    /// A post for everybody who ever was there, and room for few more.
    fn posts(&mut self, banner: &Code) {
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
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::PersonalField;

    fn places() -> Vec<Place> {
        let mut places = Vec::new();
        for village in 0..40 {
            let village: Code = format!("152525{}{}", 100 + village % 4, 200 + village).parse().unwrap();
            for sequence in 1..=9 {
                places.push(Place {
                    grid: GridCode::new(&village, sequence).unwrap(),
                    area_type: AreaType::Pastoral,
                    language: Some("mn".to_owned()),
                    at: (117.0 + f64::from(sequence) / 50.0, 45.5),
                    grids_max: 3,
                });
            }
        }
        places.sort_by(|one, other| one.grid.cmp(&other.grid));
        places
    }

    fn made(seed: u64) -> (Staff, Past) {
        let past = Past::before("2026-11-26".parse().unwrap());
        (staff(&"152525".parse().unwrap(), &places(), seed, past), past)
    }

    #[test]
    fn the_past_reaches_back_whole_months() {
        let days = |today: &str| {
            let past = Past::before(today.parse().unwrap());
            [past.begun, past.handed_over, past.changed].map(|day| day.to_string())
        };
        assert_eq!(days("2026-11-26"), ["2026-07-01", "2026-10-11", "2026-10-21"]);
        assert_eq!(days("2026-03-31"), ["2025-11-01", "2026-02-11", "2026-02-21"]);
        assert_eq!(days("2026-01-01"), ["2025-09-01", "2025-12-11", "2025-12-21"]);
    }

    #[test]
    fn the_same_seed_makes_the_same_people() {
        assert_eq!(made(1).0, made(1).0);
        assert_ne!(made(1).0, made(2).0);
    }

    #[test]
    fn a_grid_has_one_worker_a_day_and_a_worker_few_grids_in_one_village() {
        let (staff, past) = made(1);
        let days = [past.begun, past.handed_over, past.changed, "2026-11-26".parse().unwrap()];
        for day in days {
            let (mut grids, mut held) = (BTreeSet::new(), BTreeMap::<Uuid, Vec<Code>>::new());
            for one in &staff.assignments {
                let holds = one.from <= day && one.until.is_none_or(|until| day < until);
                if one.role == GridRole::Worker && holds {
                    assert!(grids.insert(&one.grid), "{} twice on {day}", one.grid);
                    held.entry(one.worker).or_default().push(one.grid.village());
                }
            }
            for villages in held.values() {
                assert!(villages.len() <= 3 && villages.iter().all(|village| village == &villages[0]));
            }
        }
    }

    #[test]
    fn everything_that_happens_to_a_grid_happens_to_some() {
        let (staff, _) = made(1);
        for status in [WorkerStatus::Seconded, WorkerStatus::OnLeave, WorkerStatus::Left] {
            let those =
                staff.workers.iter().filter(|worker| worker.then.is_some_and(|then| then.0 == status));
            assert!(those.count() > 0, "{status:?}");
        }
        let filled: BTreeSet<&GridCode> = staff.assignments.iter().map(|one| &one.grid).collect();
        assert!(filled.len() < places().len() || staff.assignments.iter().any(|one| one.until.is_some()));
        let first = places()[0].grid.village();
        let of_first = |role: GridRole| {
            let those =
                staff.assignments.iter().filter(|one| one.grid.village() == first && one.role == role);
            those.map(|one| one.worker).collect::<Vec<_>>()
        };
        let (workers, leads) = (of_first(GridRole::Worker), of_first(GridRole::Lead));
        assert_eq!(leads.len(), 9);
        assert!(workers[0] != leads[0], "another leads");
    }

    #[test]
    fn nobody_stands_without_a_post_and_no_post_above_its_ceiling() {
        let (staff, _) = made(1);
        let of =
            |area: &str, kind| staff.posts.iter().find(|one| one.area.as_str() == area && one.kind == kind);
        for kind in PostKind::ALL {
            let townships = staff.posts.iter().filter(|one| one.kind == kind && one.posts > 0);
            let (mut posts, mut number) = (0, 0);
            for one in townships {
                assert!(one.posts <= one.ceiling);
                posts += one.posts;
                number += 1;
            }
            assert!(number == 4 && posts <= of("152525", kind).unwrap().ceiling, "{kind:?}");
        }
        let workers = staff.workers.iter().filter(|worker| worker.area.as_str() == "152525100");
        let posts = |kind| of("152525100", kind).unwrap().posts;
        assert_eq!(workers.count(), (posts(PostKind::FullTime) + posts(PostKind::PartTime)) as usize);
    }

    #[test]
    fn nobody_can_take_them_for_people_and_their_values_are_clean() {
        for worker in made(1).0.workers {
            assert!(worker.name.starts_with("示例") && worker.bank.starts_with("DEMO"), "{worker:?}");
            assert!(worker.home.is_some() && !worker.languages.is_empty());
            for (field, value) in [
                (PersonalField::Name, &worker.name),
                (PersonalField::Phone, &worker.phone),
                (PersonalField::Bank, &worker.bank),
            ] {
                assert_eq!(field.clean(value).as_ref(), Ok(value));
            }
        }
    }

    #[test]
    fn a_language_is_by_what_lives_there() {
        let village = "152525100200".parse().unwrap();
        assert_eq!(language(&village, AreaType::Pastoral, Some(VillageKind::Gacha)), "mn");
        let of = |kind| {
            let codes = (200..300).map(|end| format!("150521100{end}").parse().unwrap());
            codes.filter(|code| language(code, AreaType::Mixed, Some(kind)) == "mn").count()
        };
        assert!((30..70).contains(&of(VillageKind::Gacha)) && (1..25).contains(&of(VillageKind::Village)));
    }
}
