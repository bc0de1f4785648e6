//! How long ago something was, in the coarse steps that a list shows.

/// A coarse distance in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ago {
    /// Less than a minute, or ahead by a clock that differs a little.
    Now,
    /// Whole minutes, below an hour.
    Minutes(i64),
    /// Whole hours, below a day.
    Hours(i64),
    /// Whole days, below a week.
    Days(i64),
    /// Longer: the date says more.
    Date,
    /// More than a year: the date with its year.
    DateOfYear,
}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The distance from `then` to `now`, both in milliseconds.
pub fn ago(then: i64, now: i64) -> Ago {
    let gone = now.saturating_sub(then);
    match gone {
        ..MINUTE => Ago::Now,
        MINUTE..HOUR => Ago::Minutes(gone / MINUTE),
        HOUR..DAY => Ago::Hours(gone / HOUR),
        _ if gone < 7 * DAY => Ago::Days(gone / DAY),
        _ if gone < 365 * DAY => Ago::Date,
        _ => Ago::DateOfYear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps() {
        assert_eq!(ago(0, -5_000), Ago::Now);
        assert_eq!(ago(0, 59_999), Ago::Now);
        assert_eq!(ago(0, 60_000), Ago::Minutes(1));
        assert_eq!(ago(0, 4 * MINUTE + 30_000), Ago::Minutes(4));
        assert_eq!(ago(0, DAY - 1), Ago::Hours(23));
        assert_eq!(ago(0, 6 * DAY), Ago::Days(6));
        assert_eq!(ago(0, 7 * DAY), Ago::Date);
        assert_eq!(ago(0, 364 * DAY), Ago::Date);
        assert_eq!(ago(0, 365 * DAY), Ago::DateOfYear);
    }
}
