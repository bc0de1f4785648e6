//! Setting aside (S106): an interaction leaves its agent's active ones, and his hands as far as routing goes, until a time or
//! until the customer writes. Then it is his again, unread; if he is disabled by then, it waits in the queue.

use super::{
    interactions::{self, Before, Waker},
    timeline::{self, Did, Spot},
};
use crate::kernel::{
    Core, Error, Result,
    db::{Connection, schema::interactions as table},
    events, workers,
};
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use shared::{
    api::{interactions::InteractionState, timeline::ActivityKind},
    error::ErrorCode,
    ids::{InteractionId, UserId},
    live::LiveEvent,
    time::Timestamp,
    validate::Rule,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

/// Longest time.
const MOST: Duration = Duration::from_secs(366 * 86_400);
/// How long the worker sleeps where nothing wakes it.
const REST: Duration = Duration::from_secs(30);
/// Woken in one transaction.
const BATCH: i64 = 50;

/// Word for word what the partial index says.
const SNOOZED: &str = "interactions.state = 'snoozed'";

/// Sets aside what `agent` holds.
///
/// # Errors
/// `invalid`: a time that has passed, or lies too far ahead; `conflict`: he does not hold it.
pub fn snooze(
    conn: &mut Connection,
    id: InteractionId,
    agent: UserId,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    if until.is_some_and(|until| until <= now) {
        return Err(Error::field("until", Rule::OutOfRange, "has passed"));
    }
    if until.is_some_and(|until| until > now.plus(MOST)) {
        return Err(Error::field("until", Rule::OutOfRange, "is more than a year ahead"));
    }
    if !interactions::snooze(conn, id, agent, until)? {
        return Err(Error::detailed(ErrorCode::Conflict, "you do not hold this interaction"));
    }
    let did = Did { by: Some(agent), until, ..Did::by_itself(ActivityKind::Snoozed) };
    let spot = Spot::of(conn, id)?;
    timeline::add(conn, spot, &did, now)?;
    Ok(())
}

/// Its agent wants it back. Nothing happens if it is back already.
///
/// # Errors
/// `conflict`: he does not hold it.
pub fn wake(conn: &mut Connection, id: InteractionId, agent: UserId, now: Timestamp) -> Result<bool> {
    if interactions::wake(conn, id, Waker::Agent(agent))? {
        let did = Did { by: Some(agent), ..Did::by_itself(ActivityKind::Woken) };
        let spot = Spot::of(conn, id)?;
        timeline::add(conn, spot, &did, now)?;
        return Ok(true);
    }
    let held: Option<InteractionId> = table::table
        .find(id)
        .filter(table::agent_id.eq(agent))
        .filter(table::state.eq(InteractionState::Assigned))
        .select(table::id)
        .first(conn)
        .optional()?;
    match held {
        Some(_) => Ok(false),
        None => Err(Error::detailed(ErrorCode::Conflict, "you do not hold this interaction")),
    }
}

/// Wakes what is due, until the process stops.
pub async fn run(core: Core) {
    let wake = Arc::new(Notify::new());
    let concerns = |event: &LiveEvent| match event {
        LiveEvent::InteractionChanged { interaction } => interaction.state == InteractionState::Snoozed,
        _ => false,
    };
    let listener = events::wake_on(core.clone(), Arc::clone(&wake), concerns);
    let ticking = workers::run("snoozed", core.stop.clone(), wake, || tick(core.clone()));
    tokio::join!(listener, ticking);
}

/// Wakes what is due; answers when to look again.
///
/// # Errors
/// The database's.
pub async fn tick(core: Core) -> Result<Duration> {
    loop {
        let now = core.now();
        let next = core.db.read(|conn| Ok(next(conn)?)).await?;
        match next {
            Some(due) if due <= now => core.db.write(move |conn| wake_due(conn, now)).await?,
            Some(due) => return Ok(due.since(now).clamp(Duration::from_millis(1), REST)),
            None => return Ok(REST),
        }
    }
}

fn next(conn: &mut Connection) -> QueryResult<Option<Timestamp>> {
    let next: Option<Option<Timestamp>> = table::table
        .filter(sql::<Bool>(SNOOZED))
        .filter(table::snoozed_until.is_not_null())
        .order(table::snoozed_until.asc())
        .select(table::snoozed_until)
        .first(conn)
        .optional()?;
    Ok(next.flatten())
}

fn wake_due(conn: &mut Connection, now: Timestamp) -> Result<()> {
    let due: Vec<(InteractionId, Option<UserId>)> = table::table
        .filter(sql::<Bool>(SNOOZED))
        .filter(table::snoozed_until.le(now))
        .order(table::snoozed_until.asc())
        .limit(BATCH)
        .select((table::id, table::agent_id))
        .load(conn)?;
    let mut woken = Vec::new();
    for (id, agent) in due {
        // Another node, or the customer, may have been first.
        if !interactions::wake(conn, id, Waker::Clock(now))? {
            continue;
        }
        let spot = Spot::of(conn, id)?;
        timeline::add(conn, spot, &Did::by_itself(ActivityKind::Woken), now)?;
        interactions::leave_disabled(conn, id)?;
        woken.push((id, agent, spot.conversation));
    }
    for (id, agent, conversation) in woken {
        interactions::announce(conn, id, agent.map_or(Before::Same, Before::With), now)?;
        timeline::announce(conn, conversation, now)?;
    }
    Ok(())
}
