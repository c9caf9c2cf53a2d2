use chrono::{Datelike, NaiveDate, Weekday};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::{MadeWorker, frame};
use crate::domain::Month;

/// What the demo's township attests of a worker's month; nobody's actual days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MadeDuty {
    /// At most `expected_days`.
    pub duty_days: u8,
    /// The month's Mondays to Fridays.
    pub expected_days: u8,
    /// 55 to 100.
    pub score: u8,
}

/// The same worker and month give the same days; none for whoever wasn't on the post. Most are there all days, one in
/// ten misses some.
pub fn duty(worker: &MadeWorker, month: Month) -> Option<MadeDuty> {
    let on_post = |day: &NaiveDate| worker.since <= *day && worker.then.is_none_or(|(_, from)| *day < from);
    let working: Vec<NaiveDate> = month
        .first_day()
        .iter_days()
        .take_while(|day| *day < month.end())
        .filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
        .collect();
    let there =
        u8::try_from(working.iter().filter(|day| on_post(day)).count()).ok().filter(|days| *days > 0)?;
    let expected_days = u8::try_from(working.len()).ok()?;
    let (high, low) = worker.id.as_u64_pair();
    let first = month.first_day();
    let number = u64::from(first.year_ce().1) * 12 + u64::from(first.month());
    let mut generator = Pcg64Mcg::seed_from_u64(frame::mix(high ^ frame::mix(low ^ frame::mix(number))));
    let missed: u8 = if generator.random_range(0..10) == 0 { generator.random_range(1..6) } else { 0 };
    let score = generator.random_range(55..=100);
    Some(MadeDuty { duty_days: there.saturating_sub(missed), expected_days, score })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::{Employment, WorkerStatus};

    fn worker(id: u128) -> MadeWorker {
        MadeWorker {
            id: Uuid::from_u128(id),
            area: "152525100".parse().unwrap(),
            employment: Employment::FullTime,
            since: "2026-07-01".parse().unwrap(),
            then: None,
            home: None,
            languages: Vec::new(),
            skills: Vec::new(),
            name: String::new(),
            phone: String::new(),
            bank: String::new(),
        }
    }

    #[test]
    fn the_same_worker_and_month_have_the_same_days() {
        let month = "2026-10".parse().unwrap();
        assert_eq!(duty(&worker(7), month), duty(&worker(7), month));
        let many: Vec<MadeDuty> = (0..500).filter_map(|id| duty(&worker(id), month)).collect();
        assert!(many.iter().all(|one| one.expected_days == 22 && one.duty_days <= 22 && one.score <= 100));
        assert!(many.iter().any(|one| one.duty_days < 22) && many.iter().any(|one| one.duty_days == 22));
    }

    #[test]
    fn who_is_away_is_not_on_duty() {
        let mut away = worker(7);
        away.then = Some((WorkerStatus::Seconded, "2026-10-21".parse().unwrap()));
        assert!(duty(&away, "2026-10".parse().unwrap()).unwrap().duty_days <= 14);
        assert_eq!(duty(&away, "2026-11".parse().unwrap()), None);
        assert_eq!(duty(&away, "2026-06".parse().unwrap()), None);
    }
}
