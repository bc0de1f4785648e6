//! The brake on guessing (A6): from the fifth failure each one costs a wait that doubles up to 15 minutes, counted per
//! account and per network, never for ever.
//!
//! A try is counted *before* the password is judged and taken back when it was right; otherwise a hundred tries at once
//! would all pass before the first failure is written. What is right clears the account, and halves the count of its
//! network: an office behind one address with a few typing errors every morning must not wait for a quarter of an hour,
//! while a stranger in it still meets the account's own brake.

use crate::kernel::{
    http::rate_limit::network,
    secrets::{Key, hex, mac},
};
use shared::time::Timestamp;
use std::{net::IpAddr, time::Duration};

/// The failure from which tries have to wait.
const FREE_FAILURES: i32 = 5;
/// The wait after that one.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);
/// Failures are forgotten after so much quiet.
pub const MEMORY: Duration = Duration::from_secs(3_600);

/// Failures of one account or network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many in a row.
    pub failures: i32,
    /// The last one.
    pub last_failed_at: Timestamp,
    /// No further try before.
    pub blocked_until: Timestamp,
}

impl Tally {
    /// How long a try has to wait still, if at all.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        // A clock that was set back must not make the wait longer than it ever was.
        let left = self.blocked_until.since(now).min(delay(self.failures));
        (!left.is_zero()).then_some(left)
    }

    /// One failure more than `before`.
    #[must_use]
    pub fn after_failure(before: Option<Self>, now: Timestamp) -> Self {
        let remembered = before.filter(|tally| now.since(tally.last_failed_at) < MEMORY);
        let failures = remembered.map_or(0, |tally| tally.failures).saturating_add(1);
        Self { failures, last_failed_at: now, blocked_until: now.plus(delay(failures)) }
    }

    /// What is left of a network's count when the try that was counted last proved right.
    #[must_use]
    pub fn after_success(self) -> Self {
        Self { failures: self.failures.saturating_sub(1) / 2, blocked_until: self.last_failed_at, ..self }
    }
}

/// The wait after so many failures in a row.
#[must_use]
pub fn delay(failures: i32) -> Duration {
    let Ok(doublings) = u32::try_from(failures.saturating_sub(FREE_FAILURES)) else { return Duration::ZERO };
    FIRST_DELAY.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_DELAY)
}

/// Names what is counted. Hashed: people type passwords into the field for the name.
#[derive(Clone)]
pub struct Buckets {
    key: Key,
}

impl std::fmt::Debug for Buckets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Buckets")
    }
}

impl Buckets {
    /// With a key of its own.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self { key }
    }

    /// The account with this folded sign-in name, whether there is one or not.
    #[must_use]
    pub fn account(&self, login_folded: &str) -> String {
        self.name("account", login_folded)
    }

    /// The network of this address.
    #[must_use]
    pub fn network(&self, address: IpAddr) -> String {
        self.name("network", &network(address).to_string())
    }

    fn name(&self, kind: &str, what: &str) -> String {
        let tag = mac(&self.key, &[kind.as_bytes(), b"/", what.as_bytes()]);
        format!("{kind}/{}", hex(tag.first_chunk::<16>().unwrap_or(&[0; 16])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn the_fifth_failure_waits_and_each_further_twice_as_long() {
        let seconds: Vec<u64> = (0..18).map(|failures| delay(failures).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(delay(i32::MAX), LONGEST_DELAY);
        assert_eq!(delay(i32::MIN), Duration::ZERO);
    }

    #[test]
    fn failures_add_up_and_quiet_forgets_them() {
        let mut tally = None;
        for _ in 0..4 {
            tally = Some(Tally::after_failure(tally, at(0)));
        }
        assert_eq!(tally.unwrap().wait(at(0)), None);
        let fifth = Tally::after_failure(tally, at(0));
        assert_eq!(fifth.wait(at(0)), Some(Duration::from_secs(1)));
        assert_eq!(fifth.wait(at(1)), None);
        assert_eq!(Tally::after_failure(Some(fifth), at(3_599)).failures, 6);
        assert_eq!(Tally::after_failure(Some(fifth), at(3_600)).failures, 1);
    }

    #[test]
    fn a_right_password_gives_its_network_half_of_the_count_back() {
        let tally = Tally { failures: 9, last_failed_at: at(50), blocked_until: at(66) };
        let eased = tally.after_success();
        assert_eq!((eased.failures, eased.wait(at(50))), (4, None));
    }

    #[test]
    fn a_clock_set_back_does_not_lengthen_the_wait() {
        let tally = Tally { failures: 5, last_failed_at: at(9_000), blocked_until: at(9_001) };
        assert_eq!(tally.wait(at(0)), Some(Duration::from_secs(1)));
    }

    #[test]
    fn buckets_tell_nothing_and_take_a_network_as_one() {
        let buckets = Buckets::new([7; 32]);
        assert!(!buckets.account("geheim").contains("geheim"));
        assert_eq!(buckets.network("2001:db8::1".parse().unwrap()), buckets.network("2001:db8::ffff".parse().unwrap()));
        assert_ne!(buckets.network("192.0.2.1".parse().unwrap()), buckets.network("192.0.2.2".parse().unwrap()));
    }
}
