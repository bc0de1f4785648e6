//! Hands out what waits, whenever something changes that could let it: a mail came, an agent came, finished, ended a
//! break, a campaign changed. Looks every few seconds besides, for what passes without an event (a session that
//! silently died, another node's work).

use super::{
    queries,
    strategy::{Candidate, choose},
};
use crate::{
    conversations::interactions::{self, Before},
    kernel::{
        Core, Result,
        db::{Connection, arms},
        workers::{self, failpoint},
    },
};
use shared::{ids::CampaignId, live::LiveEvent, time::Timestamp};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

/// Most interactions handed out in one transaction.
const BATCH: i64 = 64;
/// Space of the advisory locks by which nodes take turns at a campaign.
const LOCK_SPACE: i32 = 71;

/// Runs until the process stops.
pub async fn run(core: Core) {
    let wake = Arc::new(Notify::new());
    let listener = listen(core.clone(), Arc::clone(&wake));
    let worker = workers::run("routing", core.stop.clone(), wake, || tick(core.clone()));
    tokio::join!(listener, worker);
}

async fn listen(core: Core, wake: Arc<Notify>) {
    let mut events = core.hub.listen();
    loop {
        let received = tokio::select! {
            () = core.stop.cancelled() => return,
            received = events.recv() => received,
        };
        match received {
            Ok(event) => {
                let concerns = matches!(
                    event.event,
                    LiveEvent::InteractionChanged { .. }
                        | LiveEvent::AgentStateChanged { .. }
                        | LiveEvent::CampaignChanged { .. }
                );
                if concerns {
                    wake.notify_one();
                }
            }
            Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => wake.notify_one(),
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// One round over all campaigns; answers when to look again.
///
/// # Errors
/// The database's.
pub async fn tick(core: Core) -> Result<Duration> {
    let waiting = core.db.read(|conn| Ok(queries::campaigns_with_queue(conn)?)).await?;
    let (mut full, mut next) = (false, Duration::from_secs(5));
    for campaign in waiting {
        let now = core.now();
        let seen_after = now.minus(Duration::from_secs(core.settings.routing.offline_seconds));
        // Most looks find everyone busy; they should not queue for the writer.
        match core.db.read(move |conn| look(conn, campaign, seen_after, now)).await? {
            Look::Ready => {}
            Look::Nobody => continue,
            Look::Closed(opens_at) => {
                next = next.min(opens_at.map_or(next, |at| at.since(now)));
                continue;
            }
        }
        failpoint::pass("routing.before_commit");
        let given = core.db.write(move |conn| hand_out(conn, campaign, seen_after, now)).await?;
        failpoint::pass("routing.committed");
        metrics::counter!("posta_assignments_total").increment(u64::try_from(given).unwrap_or(0));
        full |= i64::try_from(given).is_ok_and(|given| given == BATCH);
    }
    Ok(if full { Duration::ZERO } else { next })
}

/// How a campaign's queue stands.
enum Look {
    /// Somebody can get the next one.
    Ready,
    /// Nobody can.
    Nobody,
    /// Out of hours; when it opens.
    Closed(Option<Timestamp>),
}

fn look(conn: &mut Connection, campaign: CampaignId, seen_after: Timestamp, now: Timestamp) -> Result<Look> {
    let Some((strategy, hours)) = queries::strategy(conn, campaign)? else { return Ok(Look::Nobody) };
    if !hours.is_open(now) {
        return Ok(Look::Closed(hours.next_change(now)));
    }
    let team = queries::candidates(conn, campaign, seen_after)?;
    Ok(if choose(&team, None, &strategy).is_some() { Look::Ready } else { Look::Nobody })
}

/// Hands out the head of one campaign's queue, within its hours (S7); answers how many went.
///
/// # Errors
/// The database's.
pub fn hand_out(conn: &mut Connection, campaign: CampaignId, seen_after: Timestamp, now: Timestamp) -> Result<usize> {
    // "At most so many held" spans rows: one transaction at a time per campaign.
    arms::lock_pair(conn, LOCK_SPACE, campaign.0)?;
    let Some((strategy, hours)) = queries::strategy(conn, campaign)? else { return Ok(0) };
    if !hours.is_open(now) {
        return Ok(0);
    }
    let mut team: Vec<Candidate> = queries::candidates(conn, campaign, seen_after)?;
    let mut last = queries::last_served(conn, campaign)?;
    let mut given = Vec::new();
    for interaction in queries::head(conn, campaign, BATCH)? {
        let Some(decision) = choose(&team, last, &strategy) else { break };
        if !queries::assign(conn, interaction, decision.winner, now)? {
            continue;
        }
        queries::store(conn, interaction, campaign, &strategy, &decision, now)?;
        if let Some(winner) = team.iter_mut().find(|one| one.user == decision.winner) {
            winner.held = winner.held.saturating_add(1);
        }
        last = Some(decision.winner);
        given.push(interaction);
    }
    if let (Some(last), false) = (last, given.is_empty()) {
        queries::remember(conn, campaign, last)?;
    }
    for interaction in &given {
        interactions::announce(conn, *interaction, Before::Queue, now)?;
    }
    Ok(given.len())
}
