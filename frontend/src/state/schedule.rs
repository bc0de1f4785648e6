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
            // A field of the browser for times knows no 24:00; midnight as an end means the same.
            to: RwSignal::new(if span.to == "24:00" { "00:00".into() } else { span.to }),
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
                days.push(day);
                days.sort_unstable();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(form.read().spans[0].to, "00:00", "midnight, in the browser's words");
        assert_eq!((form.read().zone, form.read().holidays), (schedule.zone, schedule.holidays));
        form.add_span();
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
