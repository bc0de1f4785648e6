//! Work that many events ask for, done no more often than it is worth.

use leptos::prelude::*;
use std::time::Duration;

/// Does its work at the first call, and once more for all calls that come within `pause` of it. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Throttle {
    pause: Duration,
    work: Callback<()>,
    state: StoredValue<State>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Resting,
    Asked,
}

impl Throttle {
    /// Nothing asked yet.
    pub fn new(pause: Duration, work: Callback<()>) -> Self {
        Self { pause, work, state: StoredValue::new(State::Idle) }
    }

    /// Asks for the work.
    pub fn ask(self) {
        // Once the owner has gone there is nobody to work for.
        match self.state.try_get_value() {
            Some(State::Idle) => {
                self.state.set_value(State::Resting);
                self.work.run(());
                set_timeout(move || self.rested(), self.pause);
            }
            Some(State::Resting) => self.state.set_value(State::Asked),
            Some(State::Asked) | None => {}
        }
    }

    fn rested(self) {
        let Some(state) = self.state.try_get_value() else { return };
        self.state.set_value(State::Idle);
        if state == State::Asked {
            self.ask();
        }
    }
}
