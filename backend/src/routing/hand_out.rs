//! One transaction's worth of handing out: what was not opened in time comes back, then the head of the queue goes to whom
//! the strategy chooses.

use super::{
    queries::{
        self, Rule, decisions,
        facts::{self, Moment},
        queue::{self, Waiting},
    },
    strategy::{self, Ask, Candidate, Decision, Draw, choose},
};
use crate::{
    conversations::{
        access,
        interactions::{self, Before},
    },
    kernel::{Result, db::Connection},
};
use shared::{
    api::interactions::DecisionCause,
    ids::{CampaignId, ConversationId, InteractionId, UserId},
    time::Timestamp,
};
use std::collections::HashMap;

/// Most interactions handed out in one transaction. Whoever else writes waits for the whole of it, and whoever waits for an
/// agent for what goes before him, so it is as small as the rate allows. Measured with 20,000 waiting on
/// PostgreSQL: twice as many at once go out nearly twice as fast, and the slowest hundredth takes half as long again.
pub const BATCH: usize = 8;

/// Hands out the head of one campaign's queue, within its hours (S7); answers how many went.
///
/// # Errors
/// The database's.
pub fn hand_out(conn: &mut Connection, campaign: CampaignId, at: Moment, draw: &mut dyn Draw) -> Result<usize> {
    queries::lock(conn)?;
    let (rule, enabled) = queries::rule(conn, campaign)?;
    if !enabled {
        return Ok(0);
    }
    let mut moved = take_back(conn, &rule, at.now)?;
    let open = rule.hours.is_open(at.now) && !rule.strategy.eligibility.is_pull();
    let given = if open { give(conn, &rule, at, draw)? } else { Given::default() };
    for id in &given.ids {
        moved.entry(*id).or_insert(Before::Queue);
    }
    if !moved.is_empty() {
        let members = if given.team.is_empty() { access::members(conn, campaign)? } else { given.team };
        interactions::announce_all(conn, &members, &moved, at.now)?;
    }
    Ok(given.ids.len())
}

/// What was not opened in time returns to the queue at its old place.
fn take_back(conn: &mut Connection, rule: &Rule, now: Timestamp) -> Result<HashMap<InteractionId, Before>> {
    let mut moved = HashMap::new();
    if rule.offer_timeout.is_zero() {
        return Ok(moved);
    }
    let limit = now.minus(rule.offer_timeout);
    let mut made = Vec::new();
    for (id, agent) in queue::unopened(conn, rule.campaign, limit, i64::try_from(BATCH).unwrap_or(i64::MAX))? {
        if queue::give_back(conn, id, agent)? {
            made.push((id, strategy::lapsed(agent, &rule.strategy)));
            moved.insert(id, Before::With(agent));
        }
    }
    decisions::store(conn, rule, &made, now)?;
    Ok(moved)
}

/// What was handed out, and who the members are, as far as that was asked.
#[derive(Default)]
struct Given {
    ids: Vec<InteractionId>,
    team: Vec<UserId>,
}

fn give(conn: &mut Connection, rule: &Rule, at: Moment, draw: &mut dyn Draw) -> Result<Given> {
    let window = usize::try_from(rule.max_in_queue).unwrap_or(usize::MAX);
    let most = if window == 0 { BATCH } else { BATCH.min(window) };
    let waiting = queue::head(conn, rule.campaign, i64::try_from(most).unwrap_or(i64::MAX), 0)?;
    if waiting.is_empty() {
        return Ok(Given::default());
    }
    let team = facts::team(conn, rule, None, at)?;
    let members = team.iter().map(|one| one.user).collect();
    let asked = Asked::about(conn, rule, &waiting, at.now)?;
    let made = decide(rule, &waiting, team, &asked, draw, at.now);
    let chosen: Vec<(InteractionId, UserId)> = made.iter().map(|(id, decision)| (*id, decision.winner)).collect();
    let given = queue::assign(conn, &chosen, false, at.now)?;
    let made: Vec<(InteractionId, Decision)> = made.into_iter().filter(|(id, _)| given.contains(id)).collect();
    decisions::store(conn, rule, &made, at.now)?;
    // A preference is not the round's doing, and does not move it.
    let served = made.iter().rev().find(|(_, decision)| decision.cause == DecisionCause::Order);
    if let Some((_, decision)) = served {
        queue::remember(conn, rule.campaign, decision.winner)?;
    }
    Ok(Given { ids: given, team: members })
}

/// What is asked besides of those that wait.
struct Asked {
    preferred: HashMap<ConversationId, UserId>,
    lapses: HashMap<InteractionId, Vec<UserId>>,
}

impl Asked {
    fn about(conn: &mut Connection, rule: &Rule, waiting: &[Waiting], now: Timestamp) -> Result<Self> {
        // Those that came within the time in which the last agent goes first.
        let fresh: Vec<ConversationId> = waiting
            .iter()
            .filter(|one| now < one.arrived_at.plus(rule.last_agent))
            .map(|one| one.conversation)
            .collect();
        let ids: Vec<InteractionId> = waiting.iter().filter(|one| one.handed_back).map(|one| one.id).collect();
        let lapses = if ids.is_empty() { HashMap::new() } else { queue::lapses(conn, &ids)? };
        Ok(Self { preferred: queue::last_agents(conn, &fresh)?, lapses })
    }
}

/// Decides in the order of the queue, each decision knowing those before it; stops at the first for which there is nobody.
fn decide(
    rule: &Rule,
    waiting: &[Waiting],
    mut team: Vec<Candidate>,
    asked: &Asked,
    draw: &mut dyn Draw,
    now: Timestamp,
) -> Vec<(InteractionId, Decision)> {
    let mut last = rule.last_served;
    let mut made = Vec::new();
    for (place, one) in (1..).zip(waiting) {
        let ask = Ask {
            last_served: last,
            preferred: asked.preferred.get(&one.conversation).copied(),
            lapsed: asked.lapses.get(&one.id).cloned().unwrap_or_default(),
            place: Some(place),
            max_in_queue: rule.max_in_queue,
        };
        let Some(decision) = choose(&team, &ask, &rule.strategy, draw) else { break };
        if let Some(winner) = team.iter_mut().find(|one| one.user == decision.winner) {
            winner.take(rule.strategy.eligibility, now);
        }
        if decision.cause == DecisionCause::Order {
            last = Some(decision.winner);
        }
        made.push((one.id, decision));
    }
    made
}
