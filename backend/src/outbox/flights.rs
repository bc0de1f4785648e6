//! The mails that this process is sending right now. What is marked as being sent and is not among them is sent by
//! nobody (its claim's commit was not heard of), and may be given back; what is among them never is.

use parking_lot::Mutex;
use shared::ids::OutboxId;
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::Notify;

/// All that are under way.
#[derive(Debug, Clone, Default)]
pub struct Flights {
    ids: Arc<Mutex<HashSet<OutboxId>>>,
    crashes: Arc<Mutex<HashMap<OutboxId, u32>>>,
}

impl Flights {
    /// One more. It ends when what is returned is dropped, however its task ends.
    #[must_use]
    pub fn begin(&self, id: OutboxId, busy: Arc<AtomicUsize>, wake: Arc<Notify>) -> Flight {
        self.ids.lock().insert(id);
        busy.fetch_add(1, Ordering::AcqRel);
        Flight { id, all: self.clone(), busy, wake }
    }

    /// What is under way.
    #[must_use]
    pub fn ids(&self) -> Vec<OutboxId> {
        self.ids.lock().iter().copied().collect()
    }

    /// Those of `ids` that are not under way.
    #[must_use]
    pub fn missing(&self, ids: Vec<OutboxId>) -> Vec<OutboxId> {
        let known = self.ids.lock();
        ids.into_iter().filter(|id| !known.contains(id)).collect()
    }

    /// Notes that sending this mail panicked; answers how often it has since this process began.
    #[must_use]
    pub fn crashed(&self, id: OutboxId) -> u32 {
        let mut crashes = self.crashes.lock();
        let times = crashes.entry(id).or_default();
        *times = times.saturating_add(1);
        *times
    }

    /// Forgets the panics of a mail that came to an end.
    pub fn forget_crashes(&self, id: OutboxId) {
        self.crashes.lock().remove(&id);
    }
}

/// One mail under way.
#[derive(Debug)]
pub struct Flight {
    id: OutboxId,
    all: Flights,
    busy: Arc<AtomicUsize>,
    wake: Arc<Notify>,
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.all.ids.lock().remove(&self.id);
        self.busy.fetch_sub(1, Ordering::AcqRel);
        self.wake.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_frees_its_connection_and_is_counted() {
        let (flights, busy) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        for times in 1..=3 {
            let flight = flights.begin(OutboxId(7), Arc::clone(&busy), Arc::default());
            assert_eq!((flights.ids(), busy.load(Ordering::Acquire)), (vec![OutboxId(7)], 1));
            assert_eq!(flights.missing(vec![OutboxId(7), OutboxId(8)]), [OutboxId(8)]);
            let died = tokio::spawn(async move {
                let _flight = flight;
                panic!("on purpose")
            });
            assert!(died.await.unwrap_err().is_panic());
            assert_eq!((flights.ids(), busy.load(Ordering::Acquire)), (vec![], 0));
            assert_eq!(flights.crashed(OutboxId(7)), times);
        }
        flights.forget_crashes(OutboxId(7));
        assert_eq!(flights.crashed(OutboxId(7)), 1);
    }
}
