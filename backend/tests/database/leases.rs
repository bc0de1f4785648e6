//! Leases: one holder at a time, the next one when the first is dead, and not because the database was away.

use crate::Fresh;
use posta::kernel::workers::lease::{LEASE, Lease, RENEW};
use std::time::{Duration, Instant};

/// Two processes and a clock of their own.
struct Pair {
    fresh: Fresh,
    runtime: tokio::runtime::Runtime,
    begun: Instant,
}

impl Pair {
    fn new(fresh: Fresh) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { fresh, runtime, begun: Instant::now() }
    }

    /// Whether `lease` is held after its look at this second.
    fn look(&self, lease: &mut Lease, second: u64) -> bool {
        let now = self.begun + Duration::from_secs(second);
        self.runtime.block_on(lease.keep(&self.fresh.db, now)).unwrap()
    }
}

both_engines! {
    fn a_lease_passes_on_when_its_holder_stands_still(fresh) {
        let pair = Pair::new(fresh);
        let (mut first, mut second) = (Lease::new("a", "inbox/1"), Lease::new("b", "inbox/1"));
        assert!(pair.look(&mut first, 0));
        for at in 0..60 {
            assert!(pair.look(&mut first, at), "{at}");
            assert!(!pair.look(&mut second, at), "the holder renews it, second {at}");
        }
        // The first one dies in second 59, having renewed it in second 55.
        let taken = (60..120).find(|at| pair.look(&mut second, *at)).unwrap();
        assert!((59 + 1..=55 + LEASE.as_secs() + RENEW.as_secs()).contains(&taken), "{taken}");
        // It was only stopped; it learns what happened at its next look.
        assert!(!pair.look(&mut first, taken + 1));
    }

    fn an_outage_is_no_holders_death(fresh) {
        let pair = Pair::new(fresh);
        let (mut first, mut second) = (Lease::new("a", "inbox/1"), Lease::new("b", "inbox/1"));
        assert!(pair.look(&mut first, 0));
        assert!(!pair.look(&mut second, 1));
        // For ten minutes neither could reach the database; the second one is back sooner.
        for at in 600..606 {
            assert!(!pair.look(&mut second, at), "{at}");
        }
        assert!(pair.look(&mut first, 606));
        assert!(!pair.look(&mut second, 607));
    }

    fn what_is_given_back_and_what_a_predecessor_held_is_free_at_once(fresh) {
        let pair = Pair::new(fresh);
        let (mut first, mut second) = (Lease::new("a", "inbox/1"), Lease::new("b", "inbox/1"));
        assert!(pair.look(&mut first, 0));
        pair.runtime.block_on(first.release(&pair.fresh.db)).unwrap();
        assert!(pair.look(&mut second, 1));
        // The second dies; another process bears its name.
        let mut successor = Lease::new("b", "inbox/1");
        assert!(pair.look(&mut successor, 2));
        assert!(!pair.look(&mut second, 2 + RENEW.as_secs()));
    }
}
