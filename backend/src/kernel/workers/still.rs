//! How long another node's sign of life has stood still (R5). Pure.
//!
//! No wall clock is compared: a sign is old when it did not change for long enough on the watcher's own monotonic clock.
//! Whoever could not look for a while starts anew, since the same outage may have kept the other from giving its sign.

use std::time::{Duration, Instant};

/// A sign that is watched.
#[derive(Debug, Clone, Copy)]
pub struct Still<S> {
    sign: S,
    since: Instant,
    looked: Instant,
}

impl<S: PartialEq> Still<S> {
    /// Looks at a sign, which was looked at `before` or is new. Looks further apart than `gap` do not make one watch.
    #[must_use]
    pub fn look(before: Option<&Self>, sign: S, now: Instant, gap: Duration) -> Self {
        let goes_on = before.filter(|before| before.sign == sign && now.duration_since(before.looked) <= gap);
        Self { sign, since: goes_on.map_or(now, |before| before.since), looked: now }
    }

    /// How long it has surely not changed.
    #[must_use]
    pub fn time(&self) -> Duration {
        self.looked.duration_since(self.since)
    }
}
