use std::collections::BTreeMap;

use rand::RngExt;
use uuid::Uuid;

use super::{MadeBanner, frame};
use crate::domain::{Code, Employment, Level, WorkerStatus};

/// A grid worker who doesn't exist. Nothing of it can be taken for a person's: the name says 示例
/// (example), the phone begins with digits that no Chinese mobile has, the bank reference with DEMO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeWorker {
    pub id: Uuid,
    /// A township.
    pub area: Code,
    pub employment: Employment,
    pub status: WorkerStatus,
    pub name: String,
    pub phone: String,
    pub bank: String,
}

/// Households that one worker of the demo looks after; a village has one at least.
const HOUSEHOLDS: u32 = 300;

/// Workers for each township of a made banner: one for about 300 households of each village, and a lead. The
/// same seed gives the same ones.
pub fn workers(made: &MadeBanner, seed: u64) -> Vec<MadeWorker> {
    let Some(banner) = made.areas.first().map(|area| area.code.at(Level::Banner)) else { return Vec::new() };
    let mut households: BTreeMap<&Code, u32> = BTreeMap::new();
    for unit in &made.units {
        *households.entry(&unit.village).or_default() += unit.households;
    }
    let mut posts: BTreeMap<Code, u32> = BTreeMap::new();
    for (village, households) in households {
        *posts.entry(village.at(Level::Township)).or_insert(1) += households.div_ceil(HOUSEHOLDS).max(1);
    }
    let mut generator = frame::generator(seed, &banner, 40);
    let mut number = 0;
    let mut made = Vec::new();
    for (area, posts) in posts {
        for _ in 0..posts {
            number += 1;
            let status = match generator.random_range(0..100) {
                0..90 => WorkerStatus::OnPost,
                90..94 => WorkerStatus::Seconded,
                94..98 => WorkerStatus::OnLeave,
                _ => WorkerStatus::Left,
            };
            let part_time = generator.random_range(0..10) < 3;
            made.push(MadeWorker {
                id: uuid::Builder::from_random_bytes(generator.random()).into_uuid(),
                area: area.clone(),
                employment: if part_time { Employment::PartTime } else { Employment::FullTime },
                status,
                name: format!("示例{number:03}"),
                phone: format!("100{:08}", generator.random_range(0..100_000_000)),
                bank: format!("DEMO{:015}", generator.random_range(0..1_000_000_000_000_000_u64)),
            });
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use geo::{MultiPolygon, Polygon};

    use super::*;
    use crate::domain::{Area, PersonalField, Unit};

    fn made() -> MadeBanner {
        let unit = |village: &str, households| Unit {
            code: format!("u{households}"),
            village: village.parse().unwrap(),
            outline: Polygon::new(geo::LineString::new(vec![]), vec![]),
            households,
            people: 0,
        };
        let area = Area {
            code: "150821".parse().unwrap(),
            name: "五原县".to_owned(),
            area_type: None,
            kind: None,
            outline: MultiPolygon::new(vec![]),
            synthetic: true,
        };
        let units = vec![
            unit("150821100200", 20),
            unit("150821100201", 400),
            unit("150821100201", 500),
            unit("150821101200", 0),
        ];
        MadeBanner { areas: vec![area], units }
    }

    #[test]
    fn each_township_has_a_lead_and_one_for_each_three_hundred_households() {
        let workers = workers(&made(), 1);
        let of = |township: &str| workers.iter().filter(|worker| worker.area.as_str() == township).count();
        assert_eq!((of("150821100"), of("150821101"), workers.len()), (1 + 1 + 3, 1 + 1, 7));
        assert_eq!(workers, super::workers(&made(), 1), "the same seed makes the same workers");
        assert_ne!(workers, super::workers(&made(), 2));
    }

    #[test]
    fn nobody_can_take_them_for_people_and_their_values_are_clean() {
        for worker in workers(&made(), 1) {
            assert!(worker.name.starts_with("示例") && worker.bank.starts_with("DEMO"), "{worker:?}");
            for (field, value) in [
                (PersonalField::Name, &worker.name),
                (PersonalField::Phone, &worker.phone),
                (PersonalField::Bank, &worker.bank),
            ] {
                assert_eq!(field.clean(value).as_ref(), Ok(value));
            }
        }
    }
}
