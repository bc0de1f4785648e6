//! Holidays out of a calendar file (iCalendar, RFC 5545), as public authorities and calendars on the web offer them.
//!
//! A holiday is a whole day: an event whose begin is a `DATE`. Its end is the day after its last one (§3.6.1). Of
//! repetitions only "every year" is taken; what moves through the year (Easter) is listed day by day in such files.

use icalendar::parser::{Component, read_components, unfold};
use jiff::{ToSpan, civil::Date};
use shared::api::schedules::{Holiday, HolidayCalendar, MAX_HOLIDAYS, SkipReason, SkippedEvent};
use std::collections::BTreeMap;

/// For how many years, this one included, a yearly event is taken over.
const YEARS_AHEAD: i16 = 10;
/// Longest event in days; what is longer is no holiday but a season.
const LONGEST_DAYS: i32 = 31;
/// Components may lie in each other so deep; the parser calls itself for each level.
const DEEPEST: usize = 8;
/// Longest name that a holiday may have, in characters.
const LONGEST_NAME: usize = 120;

/// Reads a calendar file. `today` tells which year is the first that matters.
///
/// # Errors
/// What is wrong with the file, in English.
pub fn read(calendar: &str, today: Date) -> Result<HolidayCalendar, String> {
    let unfolded = unfold(&calendar.trim_start_matches('\u{feff}').replace("\r\n", "\n"));
    if deepest(&unfolded) > DEEPEST {
        return Err("its parts lie too deep in each other".into());
    }
    let roots = read_components(unfolded.trim()).map_err(|error| short(&error))?;
    if !roots.iter().any(|root| root.name == "VCALENDAR") {
        return Err("holds no VCALENDAR".into());
    }
    let mut days: BTreeMap<Date, String> = BTreeMap::new();
    let mut skipped = Vec::new();
    for event in roots.iter().flat_map(|root| &root.components).filter(|one| one.name == "VEVENT") {
        let name = name(event);
        match dates(event, today).and_then(|dates| fit(dates, &days)) {
            Ok(dates) => {
                for date in dates {
                    days.entry(date).or_insert_with(|| name.clone());
                }
            }
            Err(reason) => skipped.push(SkippedEvent { name, reason }),
        }
    }
    let holidays = days.into_iter().map(|(date, name)| Holiday { date: date.to_string(), name }).collect();
    Ok(HolidayCalendar { holidays, skipped })
}

/// How deep the file's components lie in each other, whether or not they end.
fn deepest(text: &str) -> usize {
    let starts = |line: &str, word: &str| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let (mut depth, mut most) = (0_usize, 0);
    for line in text.lines().map(str::trim_start) {
        if starts(line, "BEGIN:") {
            depth = depth.saturating_add(1);
            most = most.max(depth);
        } else if starts(line, "END:") {
            depth = depth.saturating_sub(1);
        }
    }
    most
}

/// The first lines of the parser's words; the rest quotes the file.
fn short(error: &str) -> String {
    let words: Vec<&str> = error.lines().map(str::trim).filter(|line| !line.is_empty()).take(3).collect();
    words.join(" ").chars().take(200).collect()
}

fn value<'a>(event: &'a Component<'_>, name: &str) -> Option<&'a str> {
    event.find_prop(name).map(|property| property.val.as_str())
}

fn name(event: &Component<'_>) -> String {
    let text = event.find_prop("SUMMARY").map(|property| property.val.clone().unescape_text());
    let text = text.as_ref().map_or("", |text| text.as_str());
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(LONGEST_NAME).collect::<String>().trim_end().to_owned()
}

/// The days of an event from the beginning of this year on.
fn dates(event: &Component<'_>, today: Date) -> Result<Vec<Date>, SkipReason> {
    if value(event, "STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED")) {
        return Err(SkipReason::Cancelled);
    }
    let begin = value(event, "DTSTART").ok_or(SkipReason::Unreadable)?;
    if begin.contains('T') {
        return Err(SkipReason::NotAWholeDay);
    }
    let first = day(begin).ok_or(SkipReason::Unreadable)?;
    let length = length(event, first)?;
    let new_year = Date::new(today.year(), 1, 1).map_err(|_| SkipReason::Unreadable)?;
    let begins = match value(event, "RRULE") {
        None => vec![first],
        Some(rule) => yearly(rule, first, new_year).ok_or(SkipReason::Repeats)?,
    };
    let days: Vec<Date> = begins
        .into_iter()
        .flat_map(|begin| (0..length).filter_map(move |ahead| begin.checked_add(ahead.days()).ok()))
        .filter(|day| *day >= new_year && day.year() <= 2200)
        .collect();
    if days.is_empty() { Err(SkipReason::Past) } else { Ok(days) }
}

/// A `DATE`: eight digits.
fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Date::new(text.get(..4)?.parse().ok()?, text.get(4..6)?.parse().ok()?, text.get(6..)?.parse().ok()?).ok()
}

/// How many days an event lasts: to its end, or as its duration says, or one.
fn length(event: &Component<'_>, first: Date) -> Result<i32, SkipReason> {
    let days = if let Some(end) = value(event, "DTEND") {
        let end = day(end).ok_or(SkipReason::Unreadable)?;
        // Some programs write the same day as the end of a single one.
        first.until(end).map_err(|_| SkipReason::BadLength)?.get_days().max(i32::from(end == first))
    } else if let Some(duration) = value(event, "DURATION") {
        whole_days(duration).ok_or(SkipReason::Unreadable)?
    } else {
        1
    };
    if (1..=LONGEST_DAYS).contains(&days) { Ok(days) } else { Err(SkipReason::BadLength) }
}

/// `P1D` or `P2W`: of a whole day nothing else is allowed (§3.6.1).
fn whole_days(duration: &str) -> Option<i32> {
    let amount = duration.trim().trim_start_matches('+').strip_prefix('P')?;
    match amount.strip_suffix('D') {
        Some(days) => days.parse().ok(),
        None => amount.strip_suffix('W')?.parse::<i32>().ok()?.checked_mul(7),
    }
}

/// The days on which an event begins that repeats every year on the same day; none if it repeats in another way.
fn yearly(rule: &str, first: Date, new_year: Date) -> Option<Vec<Date>> {
    let (mut every_year, mut step, mut count, mut until) = (false, 1_i16, i16::MAX, None);
    for part in rule.trim().split(';').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=')?;
        match key.to_ascii_uppercase().as_str() {
            "FREQ" => every_year = value.eq_ignore_ascii_case("YEARLY"),
            "INTERVAL" => step = value.parse().ok().filter(|step| *step > 0)?,
            "COUNT" => count = value.parse().ok()?,
            "UNTIL" => until = Some(day(value.get(..8)?)?),
            "BYMONTH" if value.parse() == Ok(first.month()) => {}
            "BYMONTHDAY" if value.parse() == Ok(first.day()) => {}
            "WKST" => {}
            _ => return None,
        }
    }
    if !every_year {
        return None;
    }
    let last_year = new_year.year().checked_add(YEARS_AHEAD)?;
    let mut days = Vec::new();
    let mut number = 0_i16;
    while number < count {
        let year = step.checked_mul(number).and_then(|years| first.year().checked_add(years));
        let Some(year) = year.filter(|year| *year < last_year) else { break };
        // 29 February is there every fourth year; a year without it is passed over (§3.3.10).
        if let Ok(day) = Date::new(year, first.month(), first.day()) {
            if until.is_some_and(|until| day > until) {
                break;
            }
            days.push(day);
        }
        number = number.saturating_add(1);
    }
    Some(days)
}

/// The days, if the list can take them.
fn fit(dates: Vec<Date>, known: &BTreeMap<Date, String>) -> Result<Vec<Date>, SkipReason> {
    let new = dates.iter().filter(|date| !known.contains_key(date)).count();
    if known.len().saturating_add(new) > MAX_HOLIDAYS { Err(SkipReason::TooMany) } else { Ok(dates) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn today() -> Date {
        Date::constant(2026, 11, 22)
    }

    fn calendar(events: &[&str]) -> String {
        let events: String = events.iter().map(|lines| format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n")).collect();
        format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Test//ES\n{events}END:VCALENDAR\n").replace('\n', "\r\n")
    }

    fn days(lines: &str) -> Vec<String> {
        let read = read(&calendar(&[lines]), today()).unwrap();
        read.holidays.into_iter().map(|holiday| holiday.date).collect()
    }

    fn reason(lines: &str) -> SkipReason {
        let read = read(&calendar(&[lines]), today()).unwrap();
        assert_eq!((read.holidays.len(), read.skipped.len()), (0, 1), "{lines}");
        read.skipped[0].reason
    }

    #[test]
    fn whole_days_are_taken_over() {
        assert_eq!(days("DTSTART;VALUE=DATE:20261225\nSUMMARY:Navidad"), ["2026-12-25"]);
        assert_eq!(days("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227"), ["2026-12-25", "2026-12-26"]);
        assert_eq!(days("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261225"), ["2026-12-25"]);
        assert_eq!(days("DTSTART;VALUE=DATE:20261225\nDURATION:P2D"), ["2026-12-25", "2026-12-26"]);
        assert_eq!(
            days("DTSTART;VALUE=DATE:20251231\nDTEND;VALUE=DATE:20260102"),
            ["2026-01-01"],
            "over the turn of the year"
        );
        assert_eq!(days("DTSTART;VALUE=DATE:20260106"), ["2026-01-06"], "of this year, though it is over");
    }

    #[test]
    fn a_yearly_day_is_taken_for_ten_years() {
        let all = days("DTSTART;VALUE=DATE:20101225\nRRULE:FREQ=YEARLY");
        assert_eq!((all.len(), all[0].as_str(), all[9].as_str()), (10, "2026-12-25", "2035-12-25"));
        assert_eq!(days("DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY"), ["2028-02-29", "2032-02-29"]);
        assert_eq!(
            days("DTSTART;VALUE=DATE:20251224\nRRULE:FREQ=YEARLY;COUNT=3;BYMONTH=12"),
            ["2026-12-24", "2027-12-24"]
        );
        assert_eq!(
            days("DTSTART;VALUE=DATE:20250106\nRRULE:FREQ=YEARLY;UNTIL=20270106T000000Z"),
            ["2026-01-06", "2027-01-06"]
        );
        assert_eq!(days("DTSTART;VALUE=DATE:20250106\nRRULE:FREQ=YEARLY;INTERVAL=2;UNTIL=20290101"), ["2027-01-06"]);
    }

    #[test]
    fn what_is_no_holiday_is_named() {
        let cases = [
            ("DTSTART:20261225T090000Z", SkipReason::NotAWholeDay),
            ("DTSTART;VALUE=DATE:20251225", SkipReason::Past),
            ("DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=WEEKLY", SkipReason::Repeats),
            ("DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;BYDAY=4TH", SkipReason::Repeats),
            ("DTSTART;VALUE=DATE:20260701\nDTEND;VALUE=DATE:20260901", SkipReason::BadLength),
            ("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261224", SkipReason::BadLength),
            ("DTSTART;VALUE=DATE:20261325", SkipReason::Unreadable),
            ("SUMMARY:No day", SkipReason::Unreadable),
            ("DTSTART;VALUE=DATE:20261225\nSTATUS:CANCELLED", SkipReason::Cancelled),
        ];
        for (lines, expected) in cases {
            assert_eq!(reason(lines), expected, "{lines}");
        }
    }

    #[test]
    fn names_are_one_clean_line() {
        let event = "DTSTART;VALUE=DATE:20261208\nSUMMARY;LANGUAGE=es:Inmaculada\\, la\\n Concepci\n ón";
        let read = read(&calendar(&[event]), today()).unwrap();
        assert_eq!(read.holidays[0].name, "Inmaculada, la Concepción");
        let long = format!("DTSTART;VALUE=DATE:20261208\nSUMMARY:{}", "á".repeat(500));
        assert_eq!(super::read(&calendar(&[&long]), today()).unwrap().holidays[0].name.chars().count(), 120);
    }

    #[test]
    fn a_day_named_twice_is_there_once_and_the_list_has_an_end() {
        let twice = ["DTSTART;VALUE=DATE:20261225\nSUMMARY:Navidad", "DTSTART;VALUE=DATE:20261225\nSUMMARY:Otra"];
        let found = read(&calendar(&twice), today()).unwrap();
        assert_eq!(found.holidays, [Holiday { date: "2026-12-25".into(), name: "Navidad".into() }]);
        let events: Vec<String> = (0..110)
            .map(|n| format!("DTSTART;VALUE=DATE:2026{:02}{:02}\nRRULE:FREQ=YEARLY", n / 28 + 1, n % 28 + 1))
            .collect();
        let found = read(&calendar(&events.iter().map(String::as_str).collect::<Vec<_>>()), today()).unwrap();
        assert_eq!((found.holidays.len(), found.skipped.len()), (1_000, 10));
        assert!(found.skipped.iter().all(|one| one.reason == SkipReason::TooMany));
    }

    #[test]
    fn what_is_no_calendar_is_refused() {
        for text in
            ["hello", "BEGIN:", "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nEND:VEVENT", "BEGIN:VCALENDAR\nEND:"]
        {
            assert!(read(text, today()).is_err(), "{text}");
        }
        let deep = "BEGIN:X\n".repeat(100_000);
        assert_eq!(read(&deep, today()).unwrap_err(), "its parts lie too deep in each other");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Whatever is done to a file: an answer comes, and what it holds is sound.
        #[test]
        fn survives_any_mutation(cuts in prop::collection::vec((0_usize..400, any::<u8>()), 0..12)) {
            let whole = calendar(&[
                "DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227\nSUMMARY:Navidad\nRRULE:FREQ=YEARLY;COUNT=4",
                "DTSTART;TZID=\"Europe/Madrid\":20261225T090000\nDURATION:PT1H\nSUMMARY:Cena",
            ]);
            let mut bytes = whole.into_bytes();
            for (place, byte) in cuts {
                let length = bytes.len();
                bytes[place % length] = byte;
            }
            if let Ok(found) = read(&String::from_utf8_lossy(&bytes), today()) {
                prop_assert!(found.holidays.len() <= MAX_HOLIDAYS);
                prop_assert!(found.holidays.iter().all(|day| shared::api::schedules::is_date(&day.date)));
                prop_assert!(found.holidays.is_sorted_by(|a, b| a.date < b.date));
            }
        }
    }
}
