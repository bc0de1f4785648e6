//! What the live connection has told, as signals.

use super::{
    alerts::Alerts,
    reduce::{Change, List, Reducer},
};
use crate::state::{clock::Clock, tray::RowSet};
use leptos::prelude::*;
use shared::{
    api::{interactions::InteractionSummary, presence::AgentState},
    ids::{InteractionId, UserId},
    live::{LiveEvent, ServerFrame},
};
use std::sync::Arc;

/// How the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// Being made for the first time.
    Starting,
    /// Up.
    Up,
    /// Lost; the next try is at this time, in milliseconds since 1970 on the clock of the page.
    Lost {
        /// Next try at.
        until: i64,
    },
    /// Lost, and being made again now.
    Retrying,
}

type Listener = Arc<dyn Fn(&LiveEvent) + Send + Sync>;

/// Live state. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Live {
    reducer: StoredValue<Reducer>,
    listeners: StoredValue<Vec<(u64, Listener)>>,
    next_listener: StoredValue<u64>,
    clock: Clock,
    alerts: Alerts,
    /// How the connection is.
    pub connection: RwSignal<Connection>,
    /// A snapshot has come.
    pub ready: RwSignal<bool>,
    /// Grows with each snapshot: pages that hold something of their own load it again.
    pub snapshots: RwSignal<u32>,
    /// State of the one who is signed in.
    pub me: RwSignal<Option<AgentState>>,
    /// Interactions that he holds.
    pub active: RowSet,
    /// The queue, as far as it was fetched.
    pub waiting: RowSet,
}

impl Live {
    /// Nothing known yet.
    pub fn new(user: UserId, clock: Clock, alerts: Alerts) -> Self {
        Self {
            reducer: StoredValue::new(Reducer::new(user)),
            listeners: StoredValue::new(Vec::new()),
            next_listener: StoredValue::new(0),
            clock,
            alerts,
            connection: RwSignal::new(Connection::Starting),
            ready: RwSignal::new(false),
            snapshots: RwSignal::new(0),
            me: RwSignal::new(None),
            active: RowSet::new(),
            waiting: RowSet::new(),
        }
    }

    /// Takes a frame in. Whether it wants a pong.
    pub fn take(self, frame: ServerFrame) -> bool {
        let changes = self.reducer.try_update_value(|reducer| reducer.apply(frame)).unwrap_or_default();
        let mut pong = false;
        for change in changes {
            match change {
                Change::Clock(now) => self.clock.agree(now),
                Change::Pong => pong = true,
                Change::All => {
                    self.with(|reducer| self.active.show_all(&reducer.active));
                    self.show_me();
                    self.ready.set(true);
                    self.snapshots.update(|count| *count = count.wrapping_add(1));
                }
                Change::Me => self.show_me(),
                Change::Row(list, id) => self.with(|reducer| match list {
                    List::Active => self.active.show_row(&reducer.active, id),
                    List::Waiting => self.waiting.show_row(&reducer.waiting, id),
                }),
                Change::Order(list) => self.show_order(list),
                Change::Arrived(id) => self.alert(id, true),
                Change::Answered(id) => self.alert(id, false),
                Change::News(event) => self.tell(&event),
            }
        }
        pong
    }

    /// The socket is gone.
    pub fn disconnected(self) {
        self.reducer.update_value(Reducer::disconnected);
    }

    /// The queue is being fetched from its beginning.
    pub fn expect_waiting(self) {
        self.reducer.update_value(|reducer| reducer.waiting.expect());
    }

    /// The beginning of the queue was fetched; `more` stands behind it.
    pub fn begin_waiting(self, rows: Vec<InteractionSummary>, more: bool) {
        self.reducer.update_value(|reducer| reducer.waiting.begin(rows, more));
        self.with(|reducer| self.waiting.show_all(&reducer.waiting));
    }

    /// What follows in the queue was fetched; `more` stands behind it.
    pub fn extend_waiting(self, rows: Vec<InteractionSummary>, more: bool) {
        self.reducer.update_value(|reducer| reducer.waiting.extend(rows, more));
        self.with(|reducer| self.waiting.show_all(&reducer.waiting));
    }

    /// The agent has opened an interaction: it counts as read before the server says so.
    pub fn mark_read(self, id: InteractionId) {
        self.reducer.update_value(|reducer| reducer.active.touch(id, |row| row.unread = false));
        self.with(|reducer| self.active.show_row(&reducer.active, id));
    }

    /// The agent has finished an interaction: it leaves the tray before the server says so.
    pub fn take_out(self, id: InteractionId) {
        self.reducer.update_value(|reducer| {
            if let Some(version) = reducer.active.get(id).map(|row| row.version) {
                reducer.active.remove(id, version);
            }
        });
        self.show_order(List::Active);
    }

    /// Hears every event for as long as the owner lives.
    pub fn listen(self, hear: impl Fn(&LiveEvent) + Send + Sync + 'static) {
        let id = self.next_listener.get_value();
        self.next_listener.set_value(id + 1);
        self.listeners.update_value(|list| list.push((id, Arc::new(hear))));
        let listeners = self.listeners;
        on_cleanup(move || {
            let _ = listeners.try_update_value(|list| list.retain(|(known, _)| *known != id));
        });
    }

    fn tell(self, event: &LiveEvent) {
        // Cloned first: a listener may navigate and thereby leave.
        let listeners: Vec<Listener> =
            self.listeners.with_value(|list| list.iter().map(|(_, hear)| Arc::clone(hear)).collect());
        for hear in listeners {
            hear(event);
        }
    }

    fn alert(self, id: InteractionId, arrived: bool) {
        let row = self.reducer.with_value(|reducer| reducer.active.get(id).cloned());
        if let Some(row) = row {
            self.alerts.ring(&row, arrived);
        }
    }

    fn show_me(self) {
        let me = self.reducer.with_value(|reducer| reducer.me.clone());
        if self.me.with_untracked(|known| *known != me) {
            self.me.set(me);
        }
    }

    fn show_order(self, list: List) {
        self.with(|reducer| match list {
            List::Active => self.active.show_order(&reducer.active),
            List::Waiting => self.waiting.show_order(&reducer.waiting),
        });
    }

    fn with(self, read: impl FnOnce(&Reducer)) {
        let _ = self.reducer.try_with_value(read);
    }
}

/// The live state of the page.
pub fn use_live() -> Live {
    expect_context()
}
