use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// A calendar month, written `2026-10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month(NaiveDate);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a month: write the year and the month, such as 2026-10")]
pub struct MonthError(String);

impl Month {
    /// The month that `day` lies in.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    pub fn first_day(self) -> NaiveDate {
        self.0
    }

    /// The first day of the next month.
    pub fn end(self) -> NaiveDate {
        self.0.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX)
    }

    /// 28 to 31.
    pub fn days(self) -> u32 {
        u32::try_from((self.end() - self.0).num_days()).unwrap_or(31)
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let bad = || MonthError(text.chars().take(40).collect());
        let plain = text.len() == 7
            && text.bytes().enumerate().all(|(place, byte)| (place == 4) ^ byte.is_ascii_digit());
        if !plain || text.as_bytes()[4] != b'-' {
            return Err(bad());
        }
        format!("{text}-01").parse().map(Self).map_err(|_| bad())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0.format("%Y-%m"))
    }
}

impl TryFrom<String> for Month {
    type Error = MonthError;
    fn try_from(text: String) -> Result<Self, MonthError> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_as_it_is_written() {
        let month: Month = "2026-02".parse().unwrap();
        assert_eq!((month.to_string().as_str(), month.days()), ("2026-02", 28));
        assert_eq!(Month::of("2028-02-29".parse().unwrap()).days(), 29);
        assert_eq!("2026-12".parse::<Month>().unwrap().end().to_string(), "2027-01-01");
        for bad in ["2026-13", "2026-1", "2026/01", "26-01", "2026-00", "", "2026-01-01", "二零二六-1"] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }
}
