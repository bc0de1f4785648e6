//! Live events: every change of state appends one in its own transaction ([`append`]); the [`relay`] reads them in
//! commit order and hands them to the [`Hub`], which hands them to the sockets that may see them.

mod hub;
pub mod relay;
pub mod socket;

pub use hub::{Audience, Hub, Published, Revoked, Subscriber};

use crate::kernel::db::{Connection, Json, arms, schema::events};
use diesel::prelude::*;
use shared::{live::LiveEvent, time::Timestamp};

/// Appends an event to the transaction that makes it true. Call it last: on PostgreSQL it holds back other writers of
/// events until the commit, so that sequence order is commit order.
///
/// # Errors
/// The database's.
pub fn append(conn: &mut Connection, at: Timestamp, audience: &Audience, event: &LiveEvent) -> QueryResult<()> {
    arms::lock_logs(conn)?;
    let payload = serde_json::to_value(event).unwrap_or_default();
    let kind = payload.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
    diesel::insert_into(events::table)
        .values((
            events::at.eq(at),
            events::kind.eq(kind),
            events::campaign_id.eq(audience.campaign),
            events::audience.eq(Json(audience.clone())),
            events::payload.eq(Json(payload)),
        ))
        .execute(conn)?;
    Ok(())
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
        self.0.iter().try_for_each(|(audience, event)| append(conn, at, audience, event))
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
