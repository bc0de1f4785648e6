//! Hands out what waits, whenever something changes that could let it: a mail came, an agent came, finished, ended a
//! break, a campaign changed. What ends by the clock (a wrap-up, a report of calls, the time to open, the schedule) is waited
//! for. Looks every few seconds besides, for what passes without an event (a session that silently died, another node's
//! work).

use super::{
    hand_out::{BATCH, hand_out},
    queries::{
        self,
        facts::{self, Moment},
        queue,
    },
    strategy::{Seeded, obstacles},
};
use crate::{
    kernel::{
        Core, Result,
        db::{Connection, connection::blocking},
        events,
        workers::{self, failpoint},
    },
    presence,
};
use shared::{ids::CampaignId, live::LiveEvent, time::Timestamp};
use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// Looks so often even if nothing happens.
const EVERY: Duration = Duration::from_secs(5);

/// Runs until the process stops.
pub async fn run(core: Core) {
    let wake = Arc::new(Notify::new());
    let listener = events::wake_on(core.clone(), Arc::clone(&wake), concerns);
    let worker = workers::run("routing", core.stop.clone(), wake, || tick(core.clone()));
    tokio::join!(listener, worker);
}

/// Whether an event could let something be handed out.
fn concerns(event: &LiveEvent) -> bool {
    matches!(
        event,
        LiveEvent::InteractionChanged { .. }
            | LiveEvent::AgentStateChanged { .. }
            | LiveEvent::CampaignChanged { .. }
            | LiveEvent::SettingsChanged { .. }
    )
}

/// One round over all campaigns; answers when to look again.
///
/// # Errors
/// The database's.
pub async fn tick(core: Core) -> Result<Duration> {
    let offline_after = Duration::from_secs(core.settings.routing.offline_seconds);
    let now = core.now();
    let (campaigns, mut next) =
        core.db.read(move |conn| Ok((queue::campaigns_to_look_at(conn)?, presence::next_change(conn, now)?))).await?;
    let mut ready = VecDeque::new();
    for campaign in campaigns {
        let at = Moment::at(core.now(), offline_after);
        // Most looks find everyone busy; they should not queue for the writer.
        let look = core.db.read(move |conn| look(conn, campaign, at)).await?;
        next = next.into_iter().chain(look.again).min();
        if look.ready {
            ready.push_back(campaign);
        }
    }
    if !ready.is_empty() {
        // All of it on one thread: while the sockets are busy with one batch, waking another thread for the next and this one
        // after it takes as long as a commit.
        let core = core.clone();
        blocking(move || drain(&core, ready, offline_after)).await?;
    }
    let now = core.now();
    Ok(next.map_or(EVERY, |at| at.since(now)).clamp(Duration::from_millis(1), EVERY))
}

/// Hands out what waits in these campaigns, a batch of each in turns, so that a long queue keeps no other waiting.
fn drain(core: &Core, mut ready: VecDeque<CampaignId>, offline_after: Duration) -> Result<()> {
    while let Some(campaign) = ready.pop_front() {
        if core.stop.is_cancelled() {
            break;
        }
        failpoint::pass("routing.before_commit");
        let begun = Instant::now();
        let at = Moment::at(core.now(), offline_after);
        let seed = rand::random();
        let given = core.db.write_here(|conn| hand_out(conn, campaign, at, &mut Seeded::new(seed)))?;
        failpoint::pass("routing.committed");
        if given > 0 {
            metrics::histogram!("posta_routing_batch_seconds").record(begun.elapsed());
        }
        metrics::counter!("posta_assignments_total").increment(u64::try_from(given).unwrap_or(0));
        if given == BATCH {
            ready.push_back(campaign);
        }
    }
    Ok(())
}

/// How a campaign's queue stands.
struct Look {
    /// There is something to do.
    ready: bool,
    /// Something ends by itself then.
    again: Option<Timestamp>,
}

fn look(conn: &mut Connection, campaign: CampaignId, at: Moment) -> Result<Look> {
    let (rule, enabled) = queries::rule(conn, campaign)?;
    if !enabled {
        return Ok(Look { ready: false, again: None });
    }
    let mut again = None;
    if !rule.offer_timeout.is_zero()
        && let Some(oldest) = queue::oldest_unopened(conn, campaign)?
    {
        let due = oldest.plus(rule.offer_timeout);
        if due <= at.now {
            return Ok(Look { ready: true, again: None });
        }
        again = Some(due);
    }
    if rule.strategy.eligibility.is_pull() {
        return Ok(Look { ready: false, again });
    }
    if !rule.hours.is_open(at.now) {
        return Ok(Look { ready: false, again: again.into_iter().chain(rule.hours.next_change(at.now)).min() });
    }
    let team = facts::team(conn, &rule, None, at)?;
    Ok(Look { ready: team.iter().any(|one| obstacles(one, &rule.strategy).is_empty()), again })
}
