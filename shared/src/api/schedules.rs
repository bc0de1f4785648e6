//! Opening hours (S7): when mail is handed out. Mail is received and queued at any time.

use crate::validate::{Issues, Rule, Validate};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

text_enum! {
    /// A day of the week.
    pub enum Weekday {
        /// Monday.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
        /// Saturday.
        Saturday = "saturday",
        /// Sunday.
        Sunday = "sunday",
    }
}

impl Weekday {
    /// Days since Monday, 0–6.
    #[must_use]
    pub const fn index(self) -> u8 {
        match self {
            Self::Monday => 0,
            Self::Tuesday => 1,
            Self::Wednesday => 2,
            Self::Thursday => 3,
            Self::Friday => 4,
            Self::Saturday => 5,
            Self::Sunday => 6,
        }
    }
}

/// The time zone of a schedule that names none.
pub const DEFAULT_ZONE: &str = "UTC";
/// Most spans of a schedule.
pub const MAX_SPANS: usize = 50;
/// Most holidays of a schedule.
pub const MAX_HOLIDAYS: usize = 1_000;

/// When something is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Time zone of all its times, as the IANA database names it, such as `Europe/Madrid`.
    #[serde(default = "default_zone")]
    pub zone: String,
    /// Hours of the week, at most 50; none: open at all hours.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// Days on which it is closed, at most 1000.
    #[serde(default)]
    pub holidays: Vec<Holiday>,
}

fn default_zone() -> String {
    DEFAULT_ZONE.into()
}

impl Default for Schedule {
    fn default() -> Self {
        Self { zone: default_zone(), spans: Vec::new(), holidays: Vec::new() }
    }
}

/// Hours on some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Days on which it begins, at least one.
    pub weekdays: Vec<Weekday>,
    /// Begin, `HH:MM`, 00:00–23:59.
    pub from: String,
    /// End, `HH:MM`, 00:00–24:00. At or before the begin: on the next day.
    pub to: String,
}

/// A day on which it is closed. A span that would begin on it does not, and one that began the day before ends at midnight.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// Day, `YYYY-MM-DD`.
    pub date: String,
    /// What is celebrated, at most 120 characters.
    #[serde(default)]
    pub name: String,
}

/// Minutes since midnight of a time `HH:MM`, 0–1440.
#[must_use]
pub fn minutes(time: &str) -> Option<u16> {
    let (hours, minutes) = time.split_once(':')?;
    let number =
        |text: &str| (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?;
    let (hours, minutes): (u16, u16) = (number(hours)?, number(minutes)?);
    let total = hours.checked_mul(60)?.checked_add(minutes)?;
    (minutes < 60 && total <= 1_440).then_some(total)
}

/// Whether this is a day, `YYYY-MM-DD`, of the years 1970–2200.
#[must_use]
pub fn is_date(date: &str) -> bool {
    let mut parts = date.split('-');
    let mut number = |length: usize| {
        let part = parts.next().filter(|part| part.len() == length && part.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse::<u32>().ok()
    };
    let (Some(year), Some(month), Some(day)) = (number(4), number(2), number(2)) else { return false };
    let known = i32::try_from(year).ok().and_then(|year| chrono::NaiveDate::from_ymd_opt(year, month, day));
    parts.next().is_none() && (1970..=2200).contains(&year) && known.is_some()
}

/// Longest calendar file that is read, in characters.
pub const MAX_CALENDAR: usize = 1_000_000;

/// A calendar file (iCalendar, RFC 5545) whose holidays are to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReadHolidays {
    /// What the `.ics` file holds, at most 1 000 000 characters.
    pub calendar: String,
}

impl Validate for ReadHolidays {
    fn validate(&self, issues: &mut Issues) {
        issues.length("calendar", &self.calendar, 1, MAX_CALENDAR);
    }
}

/// What a calendar file gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HolidayCalendar {
    /// Its whole days from the beginning of this year on, in their order, each once.
    pub holidays: Vec<Holiday>,
    /// Its other events, in the order of the file.
    pub skipped: Vec<SkippedEvent>,
}

/// An event that gave no holiday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkippedEvent {
    /// What the file calls it; may be empty.
    pub name: String,
    /// Why.
    pub reason: SkipReason,
}

text_enum! {
    /// Why an event of a calendar gives no holiday.
    pub enum SkipReason {
        /// It begins at a time of day.
        NotAWholeDay = "not_a_whole_day",
        /// It ended before this year.
        Past = "past",
        /// It repeats in another way than every year.
        Repeats = "repeats",
        /// It lasts longer than 31 days, or ends before it begins.
        BadLength = "bad_length",
        /// It has no day that can be read.
        Unreadable = "unreadable",
        /// It was cancelled.
        Cancelled = "cancelled",
        /// The list is full.
        TooMany = "too_many",
    }
}

impl Schedule {
    /// Notes every broken rule, with pointers below `at`. Whether the zone exists is the server's to say.
    pub fn validate(&self, issues: &mut Issues, at: &str) {
        issues.single_line(&format!("{at}/zone"), &self.zone, 1, 64);
        issues.items(&format!("{at}/spans"), self.spans.len(), MAX_SPANS);
        for (index, span) in self.spans.iter().enumerate().take(MAX_SPANS) {
            span.validate(issues, &format!("{at}/spans/{index}"));
        }
        issues.items(&format!("{at}/holidays"), self.holidays.len(), MAX_HOLIDAYS);
        let mut days = HashSet::new();
        for (index, holiday) in self.holidays.iter().enumerate().take(MAX_HOLIDAYS) {
            let pointer = format!("{at}/holidays/{index}");
            if !is_date(&holiday.date) {
                issues.add(&format!("{pointer}/date"), Rule::NotADate, "is not a day such as 2026-12-25");
            } else if !days.insert(holiday.date.as_str()) {
                issues.add(&format!("{pointer}/date"), Rule::NotUnique, "is in the list already");
            }
            issues.single_line(&format!("{pointer}/name"), &holiday.name, 0, 120);
        }
    }
}

impl Span {
    fn validate(&self, issues: &mut Issues, at: &str) {
        let pointer = format!("{at}/weekdays");
        let days: HashSet<Weekday> = self.weekdays.iter().copied().collect();
        if days.is_empty() {
            issues.add(&pointer, Rule::Required, "needs at least one day");
        } else if days.len() < self.weekdays.len() {
            issues.add(&pointer, Rule::NotUnique, "names a day twice");
        }
        if minutes(&self.from).is_none_or(|minutes| minutes == 1_440) {
            issues.add(&format!("{at}/from"), Rule::NotATime, "is not a time from 00:00 to 23:59");
        }
        if minutes(&self.to).is_none() {
            issues.add(&format!("{at}/to"), Rule::NotATime, "is not a time from 00:00 to 24:00");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_days() {
        for (text, expected) in
            [("00:00", Some(0)), ("09:30", Some(570)), ("23:59", Some(1_439)), ("24:00", Some(1_440))]
        {
            assert_eq!(minutes(text), expected, "{text}");
        }
        for text in ["", "9:30", "24:01", "12:60", "12.30", "-1:00", "+1:00", "ab:cd", "12:3", "012:30", "１２:３０"]
        {
            assert_eq!(minutes(text), None, "{text}");
        }
        assert!(is_date("2028-02-29"));
        for text in ["2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "1969-12-31", "2201-01-01", "", "2026/01/01"] {
            assert!(!is_date(text), "{text}");
        }
    }

    #[test]
    fn each_fault_is_named() {
        let span = |weekdays: &[Weekday], from: &str, to: &str| Span {
            weekdays: weekdays.to_vec(),
            from: from.into(),
            to: to.into(),
        };
        let day = |date: &str| Holiday { date: date.into(), name: String::new() };
        let schedule = Schedule {
            zone: String::new(),
            spans: vec![
                span(&[], "08:00", "17:00"),
                span(&[Weekday::Monday, Weekday::Monday], "24:00", "25:00"),
                span(&[Weekday::Friday], "22:00", "06:00"),
            ],
            holidays: vec![day("2026-12-25"), day("2026-12-25"), day("soon")],
        };
        let mut issues = Issues::default();
        schedule.validate(&mut issues, "schedule");
        let found: Vec<_> =
            issues.into_result().unwrap_err().into_iter().map(|issue| (issue.pointer, issue.rule)).collect();
        let expected = [
            ("/schedule/zone", Rule::Required),
            ("/schedule/spans/0/weekdays", Rule::Required),
            ("/schedule/spans/1/weekdays", Rule::NotUnique),
            ("/schedule/spans/1/from", Rule::NotATime),
            ("/schedule/spans/1/to", Rule::NotATime),
            ("/schedule/holidays/1/date", Rule::NotUnique),
            ("/schedule/holidays/2/date", Rule::NotADate),
        ];
        assert_eq!(found, expected.map(|(pointer, rule)| (pointer.to_owned(), rule)));
        let mut issues = Issues::default();
        Schedule::default().validate(&mut issues, "schedule");
        assert!(issues.into_result().is_ok());
    }
}
