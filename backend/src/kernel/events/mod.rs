//! Live events: every change of state appends one in its own transaction ([`append`]); the [`relay`] reads them in
//! commit order and hands them to the [`Hub`], which hands them to the sockets that may see them.

mod hub;
pub mod relay;
pub mod socket;

pub use hub::{Audience, Hub, Published, Revoked, Subscriber};

use crate::kernel::{
    Core,
    db::{Connection, arms, schema::events},
};
use diesel::prelude::*;
use shared::{ids::CampaignId, live::LiveEvent, time::Timestamp};
use std::sync::Arc;
use tokio::sync::{Notify, broadcast::error::RecvError};

/// Appends an event to the transaction that makes it true. Call it last: on PostgreSQL it holds back other writers of
/// events until the commit, so that sequence order is commit order.
///
/// # Errors
/// The database's.
pub fn append(conn: &mut Connection, at: Timestamp, audience: &Audience, event: &LiveEvent) -> QueryResult<()> {
    arms::lock_logs(conn)?;
    arms::insert_events(conn, &[NewEvent::new(at, audience, event)])
}

/// An event as it is stored.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Appended at.
    pub at: Timestamp,
    /// What sort of event.
    pub kind: String,
    /// Campaign that it concerns.
    pub campaign_id: Option<CampaignId>,
    /// Who may see it, as JSON.
    pub audience: String,
    /// What changed, as JSON.
    pub payload: String,
}

impl NewEvent {
    fn new(at: Timestamp, audience: &Audience, event: &LiveEvent) -> Self {
        #[derive(serde::Deserialize)]
        struct Kind {
            kind: String,
        }
        let payload = serde_json::to_string(event).unwrap_or_default();
        let kind = serde_json::from_str(&payload).map(|Kind { kind }| kind).unwrap_or_default();
        let audience_text = serde_json::to_string(audience).unwrap_or_default();
        Self { at, kind, campaign_id: audience.campaign, audience: audience_text, payload }
    }
}

/// Events kept back until the end of a transaction that does much before: appended one by one, the first would hold
/// back all other writers of events for as long as the rest takes.
#[derive(Debug, Default)]
pub struct News(Vec<(Audience, LiveEvent)>);

impl News {
    /// Keeps an event.
    pub fn add(&mut self, audience: Audience, event: LiveEvent) {
        self.0.push((audience, event));
    }

    /// Appends what was kept, in its order. Call it last.
    ///
    /// # Errors
    /// The database's.
    pub fn append(&self, conn: &mut Connection, at: Timestamp) -> QueryResult<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let rows: Vec<NewEvent> = self.0.iter().map(|(audience, event)| NewEvent::new(at, audience, event)).collect();
        arms::lock_logs(conn)?;
        arms::insert_events(conn, &rows)
    }
}

/// Wakes a worker at each committed event that concerns it, until the process stops; after a gap, too, in which there may
/// have been one.
pub async fn wake_on(core: Core, wake: Arc<Notify>, concerns: impl Fn(&LiveEvent) -> bool) {
    let mut events = core.hub.listen();
    loop {
        let received = tokio::select! {
            () = core.stop.cancelled() => return,
            received = events.recv() => received,
        };
        match received {
            Ok(event) if concerns(&event.event) => wake.notify_one(),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => wake.notify_one(),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Position of the newest event.
///
/// # Errors
/// The database's.
pub fn head(conn: &mut Connection) -> QueryResult<i64> {
    Ok(events::table.order(events::seq.desc()).select(events::seq).first(conn).optional()?.unwrap_or(0))
}

/// Forgets events before `before`; sockets never ask for them.
///
/// # Errors
/// The database's.
pub fn forget(conn: &mut Connection, before: Timestamp) -> QueryResult<usize> {
    diesel::delete(events::table.filter(events::at.lt(before))).execute(conn)
}
