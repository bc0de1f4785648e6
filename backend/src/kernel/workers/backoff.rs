//! The one back-off curve: doubling from a first delay to a cap, each drawn between half and the whole of it, so that
//! clients that failed together do not come back together.

use rand::RngExt as _;
use std::time::Duration;

/// Counts failures and tells how long to wait after each.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    failures: u32,
}

impl Backoff {
    /// From `first`, doubling, to `cap`.
    #[must_use]
    pub const fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap, failures: 0 }
    }

    /// The wait after one more failure.
    pub fn next_delay(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        jittered(self.first, self.cap, self.failures)
    }

    /// It worked again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// The wait after the `failures`-th failure (1 is the first), with jitter.
#[must_use]
pub fn jittered(first: Duration, cap: Duration, failures: u32) -> Duration {
    curve(first, cap, failures).mul_f64(rand::rng().random_range(0.5..=1.0))
}

/// The same without jitter.
#[must_use]
pub fn curve(first: Duration, cap: Duration, failures: u32) -> Duration {
    let factor = 1_u32.checked_shl(failures.saturating_sub(1).min(31)).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_the_cap() {
        let wait = |n| curve(Duration::from_secs(1), Duration::from_secs(60), n).as_secs();
        assert_eq!([wait(1), wait(2), wait(3), wait(7), wait(40), wait(u32::MAX)], [1, 2, 4, 60, 60, 60]);
    }

    #[test]
    fn jitter_stays_between_half_and_whole() {
        for _ in 0..1_000 {
            let wait = jittered(Duration::from_secs(8), Duration::from_secs(60), 1);
            assert!((4.0..=8.0).contains(&wait.as_secs_f64()), "{wait:?}");
        }
    }
}
