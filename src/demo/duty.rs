use chrono::{Datelike, Weekday};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use uuid::Uuid;

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

/// The same worker and month give the same days. Most are there all days, one in ten misses some.
pub fn duty(worker: Uuid, month: Month) -> MadeDuty {
    let days = month.first_day().iter_days().take_while(|day| *day < month.end());
    let working = days.filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)).count();
    let expected_days = u8::try_from(working).unwrap_or(31);
    let (high, low) = worker.as_u64_pair();
    let first = month.first_day();
    let number = u64::from(first.year_ce().1) * 12 + u64::from(first.month());
    let mut generator = Pcg64Mcg::seed_from_u64(high ^ low.rotate_left(17) ^ number.wrapping_mul(0x9e37_79b9));
    let missed = if generator.random_range(0..10) == 0 { generator.random_range(1..6) } else { 0 };
    MadeDuty { duty_days: expected_days - missed, expected_days, score: generator.random_range(55..=100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_worker_and_month_have_the_same_days() {
        let (worker, month) = (Uuid::from_u128(7), "2026-10".parse().unwrap());
        assert_eq!(duty(worker, month), duty(worker, month));
        assert_eq!(duty(worker, month).expected_days, 22);
        let many: Vec<MadeDuty> = (0..500).map(|id| duty(Uuid::from_u128(id), month)).collect();
        assert!(many.iter().all(|one| one.duty_days <= one.expected_days && one.score <= 100));
        assert!(many.iter().any(|one| one.duty_days < one.expected_days));
    }
}
