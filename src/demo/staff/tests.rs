use std::collections::{BTreeMap, BTreeSet};

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
        let those = staff.workers.iter().filter(|worker| worker.then.is_some_and(|then| then.0 == status));
        assert!(those.count() > 0, "{status:?}");
    }
    let filled: BTreeSet<&GridCode> = staff.assignments.iter().map(|one| &one.grid).collect();
    assert!(filled.len() < places().len() || staff.assignments.iter().any(|one| one.until.is_some()));
    let first = places()[0].grid.village();
    let of_first = |role: GridRole| {
        let those = staff.assignments.iter().filter(|one| one.grid.village() == first && one.role == role);
        those.map(|one| one.worker).collect::<Vec<_>>()
    };
    let (workers, leads) = (of_first(GridRole::Worker), of_first(GridRole::Lead));
    assert_eq!(leads.len(), 9);
    assert!(workers[0] != leads[0], "another leads");
}

#[test]
fn nobody_stands_without_a_post_and_no_post_above_its_ceiling() {
    let (staff, _) = made(1);
    let of = |area: &str, kind| staff.posts.iter().find(|one| one.area.as_str() == area && one.kind == kind);
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
