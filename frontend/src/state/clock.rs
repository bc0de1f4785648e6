//! The time of day for timers and "4 min": ticks once a second, on the server's clock once that is known, so that
//! a wrong clock at the desk shows no wrong waits.

use crate::dom::now_millis;
use leptos::prelude::*;
use shared::time::Timestamp;
use std::time::Duration;

/// The ticking clock. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Clock {
    now: RwSignal<i64>,
    minute: Memo<i64>,
    ahead: StoredValue<i64>,
}

impl Clock {
    /// Starts ticking; stops with the owner.
    pub fn start() -> Self {
        let now = RwSignal::new(now_millis());
        let ahead = StoredValue::new(0_i64);
        // Lists need no more than the minute, and only what changes is drawn again.
        let minute = Memo::new(move |_| now.get().div_euclid(60_000) * 60_000);
        if let Ok(ticking) =
            set_interval_with_handle(move || now.set(now_millis() + ahead.get_value()), Duration::from_secs(1))
        {
            on_cleanup(move || ticking.clear());
        }
        Self { now, minute, ahead }
    }

    /// Learns the server's time.
    pub fn agree(self, server: Timestamp) {
        let ahead = server.millis() - now_millis();
        // Less than a second is the way of the frame, and following it would make timers jitter.
        if (ahead - self.ahead.get_value()).abs() > 1_000 {
            self.ahead.set_value(ahead);
            self.now.set(now_millis() + ahead);
        }
    }

    /// Milliseconds since 1970; follows every second.
    pub fn second(self) -> i64 {
        self.now.get()
    }

    /// Milliseconds since 1970; follows every minute, and is exact whenever it is read.
    pub fn minute(self) -> i64 {
        self.minute.track();
        self.now.get_untracked()
    }

    /// Milliseconds since 1970, now.
    pub fn now(self) -> i64 {
        now_millis() + self.ahead.get_value()
    }
}

/// The clock of the page.
pub fn use_clock() -> Clock {
    expect_context()
}
