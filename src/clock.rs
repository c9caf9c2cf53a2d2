//! The one place that reads the clock and the system's randomness. Everything else takes them as
//! parameters, so that it can be repeated.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use rand::Rng;

/// Now, in UTC.
#[allow(clippy::disallowed_methods)]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// The day in Inner Mongolia (UTC+8 all year) at `instant`.
pub fn local_day(instant: DateTime<Utc>) -> NaiveDate {
    (instant + TimeDelta::hours(8)).date_naive()
}

/// The instant at which `day` begins in Inner Mongolia.
pub fn local_midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() - TimeDelta::hours(8)
}

/// 32 random bytes from the operating system.
#[allow(clippy::disallowed_methods)]
pub fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// A password of 20 characters that are hard to mix up (about 100 bits).
pub fn draw_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
    random_bytes().iter().take(20).map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect()
}
