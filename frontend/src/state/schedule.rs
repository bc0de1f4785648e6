//! A schedule as it is edited: hours and holidays in rows that come and go.

use leptos::prelude::*;
use shared::api::schedules::{Holiday, Schedule, Span, Weekday};

/// A schedule in a form. Cheap to copy.
#[derive(Clone, Copy)]
pub struct ScheduleForm {
    /// Time zone.
    pub zone: RwSignal<String>,
    /// Hours.
    pub spans: RwSignal<Vec<SpanRow>>,
    /// Holidays.
    pub holidays: RwSignal<Vec<HolidayRow>>,
    next_key: StoredValue<u32>,
}

/// Hours on some days. Cheap to copy.
#[derive(Clone, Copy)]
pub struct SpanRow {
    /// Names the row while it is on the screen.
    pub key: u32,
    /// Days of the week.
    pub weekdays: RwSignal<Vec<Weekday>>,
    /// Begin.
    pub from: RwSignal<String>,
    /// End.
    pub to: RwSignal<String>,
}

/// A holiday. Cheap to copy.
#[derive(Clone, Copy)]
pub struct HolidayRow {
    /// Names the row while it is on the screen.
    pub key: u32,
    /// Day.
    pub date: RwSignal<String>,
    /// Name.
    pub name: RwSignal<String>,
}

impl ScheduleForm {
    /// Open at all hours of this zone.
    pub fn new(zone: String) -> Self {
        Self {
            zone: RwSignal::new(zone),
            spans: RwSignal::new(Vec::new()),
            holidays: RwSignal::new(Vec::new()),
            next_key: StoredValue::new(0),
        }
    }

    /// Takes over a stored one.
    pub fn set(self, schedule: &Schedule) {
        self.zone.set(schedule.zone.clone());
        self.spans.set(schedule.spans.iter().map(|span| self.span(span.clone())).collect());
        self.holidays.set(schedule.holidays.iter().map(|day| self.holiday(day.clone())).collect());
    }

    /// The schedule as it stands.
    pub fn read(self) -> Schedule {
        let span = |row: &SpanRow| Span {
            weekdays: row.weekdays.get_untracked(),
            from: row.from.get_untracked(),
            to: row.to.get_untracked(),
        };
        let holiday = |row: &HolidayRow| Holiday {
            date: row.date.get_untracked(),
            name: row.name.with_untracked(|name| name.trim().to_string()),
        };
        Schedule {
            zone: self.zone.get_untracked(),
            spans: self.spans.with_untracked(|rows| rows.iter().map(span).collect()),
            holidays: self.holidays.with_untracked(|rows| rows.iter().map(holiday).collect()),
        }
    }

    /// Adds office hours, to be changed.
    pub fn add_span(self) {
        let weekdays = vec![Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
        let row = self.span(Span { weekdays, from: "09:00".into(), to: "18:00".into() });
        self.spans.update(|rows| rows.push(row));
    }

    /// Takes hours out.
    pub fn remove_span(self, key: u32) {
        self.spans.update(|rows| rows.retain(|row| row.key != key));
    }

    /// Adds a holiday, to be filled in.
    pub fn add_holiday(self) {
        let row = self.holiday(Holiday { date: String::new(), name: String::new() });
        self.holidays.update(|rows| rows.push(row));
    }

    /// Adds the days that are not in the list yet, in their order, and answers how many there were.
    pub fn add_holidays(self, days: Vec<Holiday>) -> usize {
        let known = self.read().holidays;
        let new: Vec<Holiday> = days.into_iter().filter(|day| !known.iter().any(|one| one.date == day.date)).collect();
        let added = new.len();
        let rows: Vec<HolidayRow> = new.into_iter().map(|day| self.holiday(day)).collect();
        self.holidays.update(|list| {
            // A row that was added and never filled in would only be in the way.
            list.retain(|row| {
                row.date.with_untracked(|date| !date.is_empty()) || row.name.with_untracked(|name| !name.is_empty())
            });
            list.extend(rows);
            let date = |row: &HolidayRow| row.date.get_untracked();
            for row in std::mem::take(list) {
                let place = list.partition_point(|other| date(other) <= date(&row));
                list.insert(place, row);
            }
        });
        added
    }

    /// Takes a holiday out.
    pub fn remove_holiday(self, key: u32) {
        self.holidays.update(|rows| rows.retain(|row| row.key != key));
    }

    fn key(self) -> u32 {
        self.next_key.update_value(|key| *key = key.saturating_add(1));
        self.next_key.get_value()
    }

    fn span(self, span: Span) -> SpanRow {
        SpanRow {
            key: self.key(),
            weekdays: RwSignal::new(span.weekdays),
            from: RwSignal::new(span.from),
            to: RwSignal::new(span.to),
        }
    }

    fn holiday(self, holiday: Holiday) -> HolidayRow {
        HolidayRow { key: self.key(), date: RwSignal::new(holiday.date), name: RwSignal::new(holiday.name) }
    }
}

impl SpanRow {
    /// Puts a day in or takes it out; days stay in the order of the week.
    pub fn toggle(self, day: Weekday, on: bool) {
        self.weekdays.update(|days| {
            days.retain(|one| *one != day);
            if on {
                let place = days.partition_point(|one| *one < day);
                days.insert(place, day);
            }
        });
    }
}

/// A time as people type it (`9`, `930`, `9.30`, `9h`), as `HH:MM`; what is no time stays as it is.
pub fn tidy_time(text: &str) -> String {
    let digits = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let bare = text.trim().trim_end_matches(['h', 'H']);
    let (hours, minutes) = match bare.split_once([':', '.', 'h', 'H', ',']) {
        Some((hours, minutes)) => (hours, minutes),
        None if bare.len() > 2 && bare.is_ascii() => bare.split_at(bare.len().saturating_sub(2)),
        None => (bare, "00"),
    };
    let time = format!("{hours:0>2}:{minutes:0>2}");
    if digits(hours) && digits(minutes) && shared::api::schedules::minutes(&time).is_some() {
        time
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_taken_as_people_type_them() {
        let cases = [
            ("9", "09:00"),
            ("09", "09:00"),
            ("930", "09:30"),
            ("1830", "18:30"),
            ("9:5", "09:05"),
            (" 9.30 ", "09:30"),
            ("9h", "09:00"),
            ("9h30", "09:30"),
            ("24", "24:00"),
            ("25", "25"),
            ("", ""),
            ("nine", "nine"),
            ("9:75", "9:75"),
            ("12345", "12345"),
            ("é9", "é9"),
        ];
        for (typed, expected) in cases {
            assert_eq!(tidy_time(typed), expected, "{typed}");
        }
    }

    #[test]
    fn what_is_set_is_read() {
        let owner = Owner::new();
        owner.set();
        let schedule = Schedule {
            zone: "Europe/Madrid".into(),
            spans: vec![Span { weekdays: vec![Weekday::Friday], from: "22:00".into(), to: "24:00".into() }],
            holidays: vec![Holiday { date: "2026-12-25".into(), name: "Navidad".into() }],
        };
        let form = ScheduleForm::new("UTC".into());
        form.set(&schedule);
        assert_eq!(form.read(), schedule);
        form.add_span();
        form.add_holiday();
        let day = |date: &str| Holiday { date: date.into(), name: "Fiesta".into() };
        assert_eq!(form.add_holidays(vec![day("2026-01-06"), day("2026-12-25")]), 1, "one is known");
        let days: Vec<_> = form.read().holidays.into_iter().map(|day| (day.date, day.name)).collect();
        assert_eq!(days, [("2026-01-06".into(), "Fiesta".into()), ("2026-12-25".into(), "Navidad".into())]);
        form.remove_holiday(form.holidays.get_untracked()[0].key);
        form.add_holiday();
        let rows = form.spans.get_untracked();
        rows[0].toggle(Weekday::Monday, true);
        rows[0].toggle(Weekday::Friday, true);
        assert_eq!(form.read().spans[0].weekdays, [Weekday::Monday, Weekday::Friday]);
        rows[0].toggle(Weekday::Monday, false);
        form.remove_span(rows[1].key);
        form.remove_holiday(form.holidays.get_untracked()[0].key);
        let left = form.read();
        assert_eq!((left.spans.len(), left.holidays.len()), (1, 1));
        assert_eq!(left.spans[0].weekdays, [Weekday::Friday]);
        assert_eq!(left.holidays[0].date, "");
    }
}
