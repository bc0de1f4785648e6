//! How often a session or an address may ask. Sign-in has its own, slower brake, in the database.

use crate::kernel::{Error, Result, config};
use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock, clock::DefaultClock};
use shared::{error::ErrorCode, ids::SessionId};
use std::{hash::Hash, net::IpAddr, num::NonZeroU32};

/// The limiters of this process.
pub struct Limits {
    sessions: DefaultKeyedRateLimiter<SessionId>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Limits")
    }
}

impl Limits {
    /// Limiters with the configured allowances; bursts of a tenth of a minute's.
    #[must_use]
    pub fn new(limits: &config::Limits) -> Self {
        let quota = |per_minute: u32| {
            let rate = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
            Quota::per_minute(rate).allow_burst(NonZeroU32::new(per_minute / 10).unwrap_or(NonZeroU32::MIN))
        };
        Self {
            sessions: DefaultKeyedRateLimiter::keyed(quota(limits.session_requests_per_minute)),
            addresses: DefaultKeyedRateLimiter::keyed(quota(limits.address_requests_per_minute)),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request of a session.
    ///
    /// # Errors
    /// `too_many_requests`, with the time to wait.
    pub fn session(&self, session: SessionId) -> Result<()> {
        self.judge(&self.sessions, &session)
    }

    /// Counts a request of an address (an IPv6 customer is a /64).
    ///
    /// # Errors
    /// `too_many_requests`, with the time to wait.
    pub fn address(&self, address: IpAddr) -> Result<()> {
        self.judge(&self.addresses, &network(address))
    }

    /// Drops keys that have been quiet.
    pub fn sweep(&self) {
        self.sessions.retain_recent();
        self.addresses.retain_recent();
    }

    fn judge<K: Hash + Eq + Clone>(&self, limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<()> {
        limiter.check_key(key).map_err(|refused| {
            metrics::counter!("posta_rate_limited_total").increment(1);
            Error::retry(ErrorCode::TooManyRequests, refused.wait_time_from(self.clock.now()))
        })
    }
}

/// The network that an address stands for: itself, or its /64.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
    }
}
