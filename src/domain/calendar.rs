//! When something is open: the form that OpenStreetMap uses (`opening_hours`), on the clock of Inner Mongolia.
//!
//! One form serves a service centre (`Mo-Fr 08:30-12:00,14:30-17:30; PH off`) and a mobile stop that comes by
//! (`May-Sep We[1,3] 09:00-15:00`: the first and third Wednesday of the warm months; `week 1-53/2 Tu`: every
//! other week). It is read by the `opening-hours` crate; this file says what of it counts here:
//!
//! - The clock is that of Asia/Shanghai: UTC+8 all year. (China had summer time from 1986 to 1991; nothing here
//!   is that old.)
//! - `PH` are the statutory festivals, each on its first day, as the crate's table has them. The days around
//!   them that the State Council gives in exchange for weekends each year are announced by notice and not
//!   known here: write those as dates (`2026 Oct 1-8 off`).
//! - Sunrise and school holidays are refused: they differ by place, and an answer would be a guess.
//! - What is `unknown` ("by appointment") is neither open nor closed.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Timelike, Utc};
use opening_hours::localization::Country;
use opening_hours::{Context, OpeningHours, RuleKind};

use super::Text;

/// Hours or days of opening that have been read and can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar(OpeningHours);

/// The longest text that is read, in bytes: that of an OpenStreetMap value.
pub const CALENDAR_MAX: usize = 255;

/// How far ahead a change is looked for, in days.
const AHEAD: u64 = 366;

/// How often a stop comes by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Visits {
    /// Days of the year on which it opens.
    pub days: u32,
    /// Days of the year ÷ visits.
    pub mean_days: f64,
    /// The longest time from one visit to the next, in days; the next one may lie after the year's end. Where
    /// none follows within 366 days, it is 366.
    pub longest_days: u32,
}

/// Why a text is no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("no opening hours are written: write them as Mo-Fr 09:00-17:00")]
    Empty,
    #[error("the opening hours are longer than {CALENDAR_MAX} bytes: write fewer rules")]
    TooLong,
    /// The character, from 1, up to which it could be read.
    #[error("the opening hours can't be read{}: write them as Mo-Fr 09:00-12:00,14:30-17:30; PH off or May-Sep We[1,3] 09:00-15:00",
        at(.0.map(|at| format!(" from character {at} on"))))]
    Unreadable(Option<usize>),
    #[error("opening hours by the sun aren't known here: write clock times, such as 08:00-18:00")]
    Sun,
    #[error("school holidays (SH) aren't known here: write their dates, such as Jul 15-Aug 31 off")]
    SchoolHolidays,
    #[error("two times of one rule overlap: write them as one, such as 09:00-17:00")]
    Overlap,
}

fn at(told: Option<String>) -> String {
    told.unwrap_or_default()
}

impl CalendarError {
    /// What to tell a person.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Empty => "没有填写开放时间：请写成 Mo-Fr 09:00-17:00 的形式".to_owned(),
            Self::TooLong => format!("开放时间超过 {CALENDAR_MAX} 字节：请减少规则"),
            Self::Unreadable(place) => format!(
                "开放时间{}无法识别：请写成 Mo-Fr 09:00-12:00,14:30-17:30; PH off 或 May-Sep We[1,3] 09:00-15:00 的形式",
                at(place.map(|place| format!("从第 {place} 个字符起")))
            ),
            Self::Sun => "不支持按日出日落写的开放时间：请写钟点，例如 08:00-18:00".to_owned(),
            Self::SchoolHolidays => {
                "系统没有学校假期（SH）的日历：请写日期，例如 Jul 15-Aug 31 off".to_owned()
            }
            Self::Overlap => "同一条规则里的时段有重叠：请合并成一段，例如 09:00-17:00".to_owned(),
        };
        Text::new(zh, self.to_string())
    }
}

impl FromStr for Calendar {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(CalendarError::Empty);
        }
        if text.len() > CALENDAR_MAX {
            return Err(CalendarError::TooLong);
        }
        let hours = OpeningHours::from_str(text)
            .map_err(|error| CalendarError::Unreadable(character(&error.to_string())))?;
        // Comments stand in quotes: what is written there is no rule.
        let rules: String = hours.to_string().split('"').step_by(2).collect();
        let says = |word: &str| rules.split(|c: char| !c.is_alphabetic()).any(|part| part == word);
        if ["dawn", "sunrise", "sunset", "dusk"].into_iter().any(says) {
            return Err(CalendarError::Sun);
        }
        if says("SH") {
            return Err(CalendarError::SchoolHolidays);
        }
        let overlaps = hours.get_expression().rules.iter().any(|rule| {
            let spans = rule.time_selector.spans.iter();
            let spans: Vec<(u32, u32)> = spans
                .filter_map(|span| {
                    Some((minutes(&span.range.start.to_string())?, minutes(&span.range.end.to_string())?))
                })
                .collect();
            overlap(spans)
        });
        if overlaps {
            return Err(CalendarError::Overlap);
        }
        Ok(Self(hours.with_context(Context::default().with_holidays(Country::CN.holidays()))))
    }
}

/// The column in ` --> 1:17`, as the crate tells where it stopped.
fn character(error: &str) -> Option<usize> {
    let column = error.split_once("--> 1:")?.1;
    column.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn minutes(clock: &str) -> Option<u32> {
    let (hour, minute) = clock.split_once(':')?;
    Some(hour.parse::<u32>().ok()? * 60 + minute.parse::<u32>().ok()?)
}

fn overlap(mut spans: Vec<(u32, u32)>) -> bool {
    for (from, to) in &mut spans {
        // 22:00-02:00 ends on the next day.
        *to += if to <= from { 24 * 60 } else { 0 };
    }
    spans.sort_unstable();
    spans.windows(2).any(|pair| pair[1].0 < pair[0].1)
}

/// In the crate's normal form, which is read again as the same calendar.
impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Minutes of one day, from and until, and whether it is open: `None` where that isn't known.
type Span = (u32, u32, Option<bool>);

const DAY: u32 = 24 * 60;

impl Calendar {
    /// Whether it is open at an instant; none where the calendar doesn't say.
    pub fn open_at(&self, instant: DateTime<Utc>) -> Option<bool> {
        let (day, minute) = local(instant)?;
        self.spans(day)
            .into_iter()
            .find(|span| (span.0..span.1).contains(&minute))
            .map_or(Some(false), |s| s.2)
    }

    /// When [`Calendar::open_at`] next answers otherwise; none where it doesn't within the next 366 days.
    pub fn next_change(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let now = self.open_at(instant);
        let (first, minute) = local(instant)?;
        for ahead in 0..=AHEAD {
            let day = first.checked_add_days(Days::new(ahead))?;
            let from = if ahead == 0 { minute } else { 0 };
            if let Some(span) = self.spans(day).into_iter().find(|span| span.1 > from && span.2 != now) {
                let midnight = day.and_hms_opt(0, 0, 0)?.and_utc();
                let clock = midnight.checked_add_signed(TimeDelta::minutes(i64::from(span.0)))?;
                return clock.checked_sub_signed(OFFSET);
            }
        }
        None
    }

    /// Whether it opens on a day. Hours that only run on over midnight from the day before don't count.
    pub fn opens_on(&self, day: NaiveDate) -> bool {
        let open = |span: &Span| span.2 == Some(true);
        let spans = self.spans(day);
        let begins = spans.iter().any(|span| open(span) && (span.0 > 0 || span.1 == DAY));
        begins
            || spans.first().is_some_and(open)
                && !day.pred_opt().is_some_and(|before| self.spans(before).last().is_some_and(open))
    }

    /// How often it opens in the year from a day; none where it doesn't.
    pub fn visits(&self, from: NaiveDate) -> Option<Visits> {
        let end = from.checked_add_months(Months::new(12))?;
        let mut seen: Option<NaiveDate> = None;
        let (mut days, mut longest_days) = (0, 0);
        for day in from.iter_days() {
            let since = seen.map_or(0, |seen| (day - seen).num_days());
            let over = day >= end;
            if over && (seen.is_none() || since >= AHEAD as i64) {
                break;
            }
            if self.opens_on(day) {
                longest_days = longest_days.max(since);
                seen = Some(day);
                if over {
                    break;
                }
                days += 1;
            }
        }
        // No next one was found.
        if seen.is_some_and(|seen| seen < end) {
            longest_days = AHEAD as i64;
        }
        let year = (end - from).num_days();
        (days > 0).then(|| Visits {
            days,
            mean_days: year as f64 / f64::from(days),
            longest_days: u32::try_from(longest_days).unwrap_or(u32::MAX),
        })
    }

    /// The whole day, without gaps.
    fn spans(&self, day: NaiveDate) -> Vec<Span> {
        let told = |kind| match kind {
            RuleKind::Open => Some(true),
            RuleKind::Closed => Some(false),
            RuleKind::Unknown => None,
        };
        let minute = |time: u16| u32::from(time).min(DAY);
        let schedule = self.0.schedule_at(day).into_iter();
        schedule
            .map(|held| {
                (
                    minute(held.range.start.mins_from_midnight()),
                    minute(held.range.end.mins_from_midnight()),
                    told(held.kind),
                )
            })
            .collect()
    }
}

/// Asia/Shanghai.
const OFFSET: TimeDelta = TimeDelta::hours(8);

fn local(instant: DateTime<Utc>) -> Option<(NaiveDate, u32)> {
    let clock = instant.checked_add_signed(OFFSET)?;
    Some((clock.date_naive(), clock.hour() * 60 + clock.minute()))
}
