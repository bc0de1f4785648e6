//! Opening hours (S7) as rules: open or not at an instant, when that changes, how much of a time was open. Pure.
//!
//! What counts is the clock on the wall of the schedule's zone. An instant is open when its local day is no holiday and its
//! local time lies in a span that began on this day or, over midnight, on the day before, unless that one was a holiday.
//! Days on which the clocks change need no rule of their own: an hour that is skipped never comes, one that is repeated
//! is open (or not) both times.

use jiff::{
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use shared::{
    api::schedules::{Schedule, Span, minutes},
    time::Timestamp,
};
use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

/// How far ahead the next change is looked for. A schedule that is closed for longer is closed for good.
const HORIZON_DAYS: i32 = 800;
/// Days that are looked at in one go.
const STEP_DAYS: i32 = 8;

/// A schedule that can be asked.
#[derive(Debug, Clone)]
pub struct Hours {
    zone: TimeZone,
    spans: Vec<Open>,
    holidays: HashSet<Date>,
}

/// A span, in minutes since midnight.
#[derive(Debug, Clone, Copy)]
struct Open {
    // One bit a day, Monday the lowest.
    days: u8,
    from: u16,
    to: u16,
}

impl Open {
    fn new(span: &Span) -> Option<Self> {
        let days = span.weekdays.iter().fold(0, |days, day| days | 1 << day.index());
        Some(Self { days, from: minutes(&span.from)?, to: minutes(&span.to)? })
    }

    fn is_over_midnight(self) -> bool {
        self.to <= self.from
    }

    fn begins_on(self, date: Date) -> bool {
        let day = date.weekday().to_monday_zero_offset();
        u8::try_from(day).is_ok_and(|day| self.days >> day & 1 == 1)
    }
}

impl Hours {
    /// The hours of a stored schedule. It was judged; but should its zone be unknown here, mail is rather handed out at all
    /// hours than kept for ever.
    #[must_use]
    pub fn of(schedule: &Schedule) -> Self {
        Self::new(schedule).unwrap_or_else(|| {
            tracing::error!(zone = schedule.zone, "a schedule cannot be read; taken as open at all hours");
            Self { zone: TimeZone::UTC, spans: Vec::new(), holidays: HashSet::new() }
        })
    }

    /// The hours of a schedule; none if its zone is unknown or a time of it is none.
    #[must_use]
    pub fn new(schedule: &Schedule) -> Option<Self> {
        Some(Self {
            zone: TimeZone::get(&schedule.zone).ok()?,
            spans: schedule.spans.iter().map(Open::new).collect::<Option<_>>()?,
            holidays: schedule.holidays.iter().map(|day| day.date.parse().ok()).collect::<Option<_>>()?,
        })
    }

    /// Whether it is open.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.local(at).is_none_or(|local| self.is_open_locally(local))
    }

    /// The last midnight of the schedule's zone: when its today began.
    #[must_use]
    pub fn midnight(&self, at: Timestamp) -> Timestamp {
        let began = self.local(at).and_then(|local| {
            self.zone.to_ambiguous_timestamp(local.date().to_datetime(Time::midnight())).compatible().ok()
        });
        began.map_or(at, ours)
    }

    /// Begin and end of a day, `YYYY-MM-DD`, of the schedule's zone.
    #[must_use]
    pub fn day(&self, day: &str) -> Option<(Timestamp, Timestamp)> {
        let date: Date = day.parse().ok().filter(|_| day.len() == 10)?;
        let begin = |date: Date| {
            self.zone.to_ambiguous_timestamp(date.to_datetime(Time::midnight())).compatible().ok().map(ours)
        };
        Some((begin(date)?, begin(date.tomorrow().ok()?)?))
    }

    /// A minute of a day, 0–1440, by the clock of the schedule's zone. One that the clock leaps over is the time as far
    /// behind the leap; of one that comes twice, the first.
    #[must_use]
    pub fn minute_of(&self, day: &str, minute: u16) -> Option<Timestamp> {
        let local = at_minute(day.parse().ok().filter(|_| day.len() == 10)?, minute)?;
        self.zone.to_ambiguous_timestamp(local).compatible().ok().map(ours)
    }

    /// The clock of the schedule's zone, `HH:MM`.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        self.local(at).map_or_else(String::new, |local| format!("{:02}:{:02}", local.hour(), local.minute()))
    }

    /// When it opens, if it is closed, or closes, if it is open; none if that does not happen within two years.
    #[must_use]
    pub fn next_change(&self, at: Timestamp) -> Option<Timestamp> {
        if self.spans.is_empty() && self.holidays.is_empty() {
            return None;
        }
        let (now, today) = (self.is_open(at), self.local(at)?.date());
        let mut ahead = 0;
        while ahead < HORIZON_DAYS {
            let (first, last) = (plus(today, ahead)?, plus(today, ahead.saturating_add(STEP_DAYS))?);
            let change = self.edges(first, last).into_iter().find(|edge| *edge > at && self.is_open(*edge) != now);
            if change.is_some() {
                return change;
            }
            ahead = ahead.saturating_add(STEP_DAYS);
        }
        None
    }

    /// When so much open time has passed since `from`; none if that is not within two years.
    #[must_use]
    pub fn after_open_time(&self, from: Timestamp, open: Duration) -> Option<Timestamp> {
        if self.spans.is_empty() && self.holidays.is_empty() {
            return Some(from.plus(open));
        }
        let (mut left, mut begin, today) = (open, from, self.local(from)?.date());
        let mut ahead = 0;
        while ahead < HORIZON_DAYS {
            let (first, last) = (plus(today, ahead)?, plus(today, ahead.saturating_add(STEP_DAYS))?);
            for edge in self.edges(first, last) {
                // Days overlap from one step to the next.
                if edge <= begin {
                    continue;
                }
                if self.is_open(begin) {
                    let stretch = edge.since(begin);
                    if left <= stretch {
                        return Some(begin.plus(left));
                    }
                    left = left.saturating_sub(stretch);
                }
                begin = edge;
            }
            ahead = ahead.saturating_add(STEP_DAYS);
        }
        None
    }

    /// How much of the time from `from` to `to` was open.
    #[must_use]
    pub fn open_time(&self, from: Timestamp, to: Timestamp) -> Duration {
        if from >= to {
            return Duration::ZERO;
        }
        if self.spans.is_empty() && self.holidays.is_empty() {
            return to.since(from);
        }
        let (Some(first), Some(last)) = (self.local(from), self.local(to)) else { return to.since(from) };
        let mut begin = from;
        let mut open = Duration::ZERO;
        let edges = self.edges(first.date(), last.date());
        for edge in edges.into_iter().filter(|edge| *edge > from && *edge < to).chain([to]) {
            if self.is_open(begin) {
                open = open.saturating_add(edge.since(begin));
            }
            begin = edge;
        }
        open
    }

    fn is_open_locally(&self, local: DateTime) -> bool {
        let date = local.date();
        if self.holidays.contains(&date) {
            return false;
        }
        if self.spans.is_empty() {
            return true;
        }
        let time = local.time();
        let minute = u16::try_from(i16::from(time.hour()) * 60 + i16::from(time.minute())).unwrap_or_default();
        let before = date.yesterday().ok().filter(|before| !self.holidays.contains(before));
        self.spans.iter().any(|span| {
            let since_today =
                span.begins_on(date) && minute >= span.from && (span.is_over_midnight() || minute < span.to);
            let since_yesterday =
                span.is_over_midnight() && minute < span.to && before.is_some_and(|before| span.begins_on(before));
            since_today || since_yesterday
        })
    }

    /// Every instant of these days (both included) at which something may change: begins, ends, midnights, and changes of
    /// the clock. Nothing changes between two of them.
    fn edges(&self, first: Date, last: Date) -> BTreeSet<Timestamp> {
        let mut edges = BTreeSet::new();
        let mut times: BTreeSet<u16> = self.spans.iter().flat_map(|span| [span.from, span.to]).collect();
        times.insert(0);
        // A day more at either end: a change of the clock may carry a local time over midnight.
        let (first, last) = (first.yesterday().unwrap_or(first), last.tomorrow().unwrap_or(last));
        let mut date = first;
        while date <= last {
            for local in times.iter().filter_map(|minute| at_minute(date, *minute)) {
                // Twice, where the clock is set back.
                let ambiguous = self.zone.to_ambiguous_timestamp(local);
                edges.extend([ambiguous.earlier(), ambiguous.later()].into_iter().flatten().map(ours));
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        if let (Some(begin), Some(end)) = (edges.first().copied(), edges.last().copied())
            && let Ok(begin) = jiff::Timestamp::from_millisecond(begin.millis())
        {
            let changes = self.zone.following(begin).map(|change| ours(change.timestamp()));
            edges.extend(changes.take_while(|change| *change <= end).collect::<Vec<_>>());
        }
        edges
    }

    fn local(&self, at: Timestamp) -> Option<DateTime> {
        Some(self.zone.to_datetime(jiff::Timestamp::from_millisecond(at.millis()).ok()?))
    }
}

fn ours(at: jiff::Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millisecond())
}

fn plus(date: Date, days: i32) -> Option<Date> {
    date.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// A minute of a day, 0–1440.
fn at_minute(date: Date, minute: u16) -> Option<DateTime> {
    if minute == 1_440 {
        return Some(date.tomorrow().ok()?.to_datetime(Time::midnight()));
    }
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Some(date.to_datetime(Time::new(hour, minute, 0, 0).ok()?))
}

#[cfg(test)]
mod tests;
