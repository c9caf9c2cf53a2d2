//! Against a plain reading of months, weekdays and clock times, around midnight, year's end and leap days.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Timelike, Utc};
use proptest::prelude::*;

use super::calendar::{Calendar, CalendarError};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

/// A mobile stop's calendar, as a person means it.
#[derive(Debug, Clone)]
struct Meant {
    /// From and to, counted from 0; may run over the year's end.
    months: Option<(u32, u32)>,
    weekday: u32,
    /// Which of the month: 1 to 5, or -1 for the last.
    which: Vec<i64>,
    from: u32,
    /// Minutes after midnight of the first day, up to 48 hours.
    until: u32,
}

impl Meant {
    fn text(&self) -> String {
        let months = self.months.map_or(String::new(), |(from, to)| match from == to {
            true => format!("{} ", MONTHS[from as usize]),
            false => format!("{}-{} ", MONTHS[from as usize], MONTHS[to as usize]),
        });
        let which = self.which.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let which = if which.is_empty() { which } else { format!("[{which}]") };
        let clock = |at: u32| format!("{:02}:{:02}", at / 60, at % 60);
        let day = WEEKDAYS[self.weekday as usize];
        format!("{months}{day}{which} {}-{}", clock(self.from), clock(self.until))
    }

    fn comes(&self, day: NaiveDate) -> bool {
        let in_season = self.months.is_none_or(|(from, to)| {
            let month = day.month0();
            if from <= to { (from..=to).contains(&month) } else { month >= from || month <= to }
        });
        let nth = i64::from(day.day().div_ceil(7));
        let last = day.checked_add_days(Days::new(7)).unwrap().month() != day.month();
        let which = self.which.is_empty() || self.which.iter().any(|n| *n == nth || (*n == -1 && last));
        in_season && which && day.weekday().num_days_from_monday() == self.weekday
    }

    fn open(&self, local: chrono::NaiveDateTime) -> bool {
        (0..=1).any(|back| {
            let day = local.date() - Days::new(back);
            let minute = local.hour() * 60 + local.minute() + back as u32 * 1440;
            self.comes(day) && (self.from..self.until).contains(&minute)
        })
    }
}

fn meant() -> impl Strategy<Value = Meant> {
    let which = prop::sample::subsequence(vec![1, 2, 3, 4, 5, -1], 0..3);
    // On the hour, near midnight and anything else.
    let from = prop_oneof![Just(0), Just(1439), (0u32..24).prop_map(|hour| hour * 60), 0u32..1440];
    let long = prop_oneof![Just(1), Just(60), 1u32..1440];
    (prop::option::of((0u32..12, 0u32..12)), 0u32..7, which, from, long).prop_map(
        |(months, weekday, which, from, long)| {
            // 24:00 and 00:00 are the same end; beyond 24 hours a span means something else.
            let until = (from + long).min(from + 1440);
            Meant { months, weekday, which, from, until }
        },
    )
}

/// Days on which calendars go wrong, and any others.
fn day() -> impl Strategy<Value = NaiveDate> {
    let ymd = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
    prop_oneof![
        (2023i32..2034).prop_map(move |year| ymd(year, 12, 31)),
        (2023i32..2034).prop_map(move |year| ymd(year, 1, 1)),
        prop::sample::select(vec![ymd(2024, 2, 28), ymd(2024, 2, 29), ymd(2024, 3, 1), ymd(2028, 2, 29)]),
        (2023i32..2034).prop_map(move |year| ymd(year, 2, 28)),
        (0u64..4000).prop_map(move |days| ymd(2023, 1, 1) + Days::new(days)),
    ]
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    let second = prop_oneof![Just(0), Just(86_399), Just(1), Just(86_340), 0i64..86_400];
    (day(), second).prop_map(|(day, second)| {
        // A second of the day there, eight hours before here.
        day.and_hms_opt(0, 0, 0).unwrap().and_utc() + TimeDelta::seconds(second) - TimeDelta::hours(8)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn open_when_a_person_would_say_so(meant in meant(), instant in instant()) {
        let calendar: Calendar = meant.text().parse().unwrap();
        let local = (instant + TimeDelta::hours(8)).naive_utc();
        prop_assert_eq!(calendar.open_at(instant), Some(meant.open(local)), "{}", meant.text());
    }

    #[test]
    fn the_next_change_is_one_and_the_first(meant in meant(), instant in instant(), part in 0.0f64..1.0) {
        let calendar: Calendar = meant.text().parse().unwrap();
        let now = calendar.open_at(instant);
        let Some(change) = calendar.next_change(instant) else {
            // Only a weekday that is asked to be a fifth and in a short season can be away for so long.
            prop_assert_eq!(now, Some(false));
            return Ok(());
        };
        prop_assert!(change > instant);
        prop_assert_ne!(calendar.open_at(change), now);
        prop_assert_eq!(calendar.open_at(change - TimeDelta::seconds(1)), now);
        let between = instant + TimeDelta::seconds(((change - instant).num_seconds() as f64 * part) as i64);
        if between < change {
            prop_assert_eq!(calendar.open_at(between), now);
        }
    }

    #[test]
    fn visits_are_the_days_that_a_person_would_count(meant in meant(), from in day()) {
        let calendar: Calendar = meant.text().parse().unwrap();
        let end = from.checked_add_months(chrono::Months::new(12)).unwrap();
        let comes: Vec<NaiveDate> =
            from.iter_days().take_while(|day| *day < end + Days::new(366)).filter(|day| meant.comes(*day)).collect();
        let inside = comes.iter().filter(|day| **day < end).count();
        let found = calendar.visits(from);
        prop_assert_eq!(found.map_or(0, |found| found.days as usize), inside);
        if let Some(found) = found {
            let next = |at: usize| comes.get(at + 1).map_or(366, |next| (*next - comes[at]).num_days().min(366));
            let longest = (0..inside).map(next).max().unwrap();
            prop_assert_eq!(i64::from(found.longest_days), longest);
            prop_assert!((found.mean_days - (end - from).num_days() as f64 / inside as f64).abs() < 1e-9);
        }
    }

    #[test]
    fn what_is_written_again_is_the_same_calendar(meant in meant(), instant in instant()) {
        let calendar: Calendar = meant.text().parse().unwrap();
        let again: Calendar = calendar.to_string().parse().unwrap();
        prop_assert_eq!(calendar.open_at(instant), again.open_at(instant));
    }

    #[test]
    fn any_text_has_an_answer(text in "[A-Za-z0-9 :;,\\-\\[\\]|+/\"]{0,40}", instant in instant()) {
        if let Ok(calendar) = text.parse::<Calendar>() {
            calendar.open_at(instant);
            calendar.next_change(instant);
        }
    }

    #[test]
    fn pieces_of_the_form_have_an_answer(
        parts in prop::collection::vec(prop::sample::select(vec![
            "Mo-Fr", "We[1,3]", "Feb 29", "PH", "off", ";", ",", "||", "08:00-12:00", "22:00-02:00", "20:00-48:00",
            "24/7", "week 53", "week 1-53/2", "2024-2028/2", "Dec 31-Jan 2", "Su[-1] +1 day", "unknown",
            "\"来电\"", "10:00+", "00:00-24:00", "easter", "closed", "08:00-18:00/01:30", "PH +1 day", "May-Sep",
        ]), 1..8),
        instant in instant(),
    ) {
        if let Ok(calendar) = parts.join(" ").parse::<Calendar>() {
            let now = calendar.open_at(instant);
            if let Some(change) = calendar.next_change(instant) {
                prop_assert!(change > instant && calendar.open_at(change) != now);
            }
            calendar.visits(instant.date_naive());
        }
    }
}

/// A day and clock time in Inner Mongolia.
fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{}:00+08:00", text.replace(' ', "T"))).unwrap().to_utc()
}

#[test]
fn a_centre_and_a_mobile_stop() {
    let centre: Calendar = "Mo-Fr 08:30-12:00,14:30-17:30; PH off".parse().unwrap();
    // A Wednesday.
    assert_eq!(centre.open_at(at("2026-11-25 08:30")), Some(true));
    assert_eq!(centre.open_at(at("2026-11-25 12:00")), Some(false));
    assert_eq!(centre.next_change(at("2026-11-27 17:30")), Some(at("2026-11-30 08:30")));
    // National day, a Thursday.
    assert_eq!(centre.open_at(at("2026-10-01 10:00")), Some(false));

    let stop: Calendar = "May-Sep We[1,3] 09:00-15:00".parse().unwrap();
    assert_eq!(stop.open_at(at("2026-05-20 09:00")), Some(true));
    assert_eq!(stop.open_at(at("2026-05-13 09:00")), Some(false));
    let visits = stop.visits(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()).unwrap();
    // From 16 September 2026 to 5 May 2027.
    assert_eq!((visits.days, visits.longest_days), (10, 231));
    assert!((visits.mean_days - 36.5).abs() < 1e-9);
}

#[test]
fn over_midnight_year_s_end_and_leap_days() {
    let feast: Calendar = "Dec 31 20:00-26:00".parse().unwrap();
    assert_eq!(feast.open_at(at("2027-01-01 01:59")), Some(true));
    assert_eq!(feast.open_at(at("2027-01-01 02:00")), Some(false));
    let leap: Calendar = "Feb 29 10:00-12:00".parse().unwrap();
    assert_eq!(leap.open_at(at("2028-02-29 10:00")), Some(true));
    assert_eq!(leap.open_at(at("2027-03-01 10:00")), Some(false));
    assert_eq!(leap.visits(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()), None);
    let always: Calendar = "24/7".parse().unwrap();
    assert_eq!(always.next_change(at("2026-01-01 00:00")), None);
    let daily = always.visits(NaiveDate::from_ymd_opt(2028, 1, 1).unwrap()).unwrap();
    assert_eq!((daily.days, daily.longest_days), (366, 1));
}

#[test]
fn by_appointment_is_neither() {
    let calendar: Calendar = "Mo-Fr 09:00-17:00; Sa 09:00-12:00 unknown \"电话预约\"".parse().unwrap();
    assert_eq!(calendar.open_at(at("2026-11-28 10:00")), None);
    assert_eq!(calendar.next_change(at("2026-11-28 10:00")), Some(at("2026-11-28 12:00")));
}

#[test]
fn what_can_t_be_used_is_told_in_both_languages() {
    let refused = |text: &str| text.parse::<Calendar>().unwrap_err();
    assert_eq!(refused(" "), CalendarError::Empty);
    assert_eq!(refused(&"Mo,".repeat(100)), CalendarError::TooLong);
    assert_eq!(refused("Mo-Fr sunrise-sunset"), CalendarError::Sun);
    assert_eq!(refused("Mo-Fr 09:00-17:00; SH off"), CalendarError::SchoolHolidays);
    assert_eq!(refused("09:00-17:00,10:00-12:00"), CalendarError::Overlap);
    assert!(matches!(refused("周一到周五"), CalendarError::Unreadable(Some(1))));
    let told = refused("Mo-Fr 09:00-25:99").text();
    assert!(told.zh.contains("个字符起") && told.en.contains("from character"), "{told:?}");
}
