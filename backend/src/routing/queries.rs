//! What handing out reads and writes.

use super::strategy::{Candidate, Decision, Strategy};
use crate::{
    campaigns::schedule::Hours,
    kernel::db::{
        Connection, Json,
        schema::{agent_states, campaigns, decisions, interactions, members, round_memory, sessions, users},
    },
};
use diesel::{
    dsl::{count_star, exists},
    prelude::*,
};
use shared::{
    api::{
        campaigns::{DeliveryOrder, Eligibility},
        interactions::{AgentReason, DecisionView, InteractionState},
        presence::AgentMode,
        schedules::Schedule,
    },
    ids::{CampaignId, DecisionId, InteractionId, UserId},
    time::Timestamp,
};
use std::collections::{HashMap, HashSet};

/// Enabled campaigns in which something waits.
///
/// # Errors
/// The database's.
pub fn campaigns_with_queue(conn: &mut Connection) -> QueryResult<Vec<CampaignId>> {
    campaigns::table
        .filter(campaigns::enabled.eq(true))
        .filter(exists(
            interactions::table
                .filter(interactions::campaign_id.eq(campaigns::id))
                .filter(interactions::state.eq(InteractionState::Waiting)),
        ))
        .order(campaigns::id.asc())
        .select(campaigns::id)
        .load(conn)
}

/// How a campaign hands out, and when (S7); nothing if it is disabled.
///
/// # Errors
/// The database's.
pub fn strategy(conn: &mut Connection, campaign: CampaignId) -> QueryResult<Option<(Strategy, Hours)>> {
    type Row = (Eligibility, DeliveryOrder, Option<i32>, Json<Schedule>);
    let row: Option<Row> = campaigns::table
        .find(campaign)
        .filter(campaigns::enabled.eq(true))
        .select((campaigns::eligibility, campaigns::delivery_order, campaigns::max_interactions, campaigns::schedule))
        .first(conn)
        .optional()?;
    Ok(row.map(|(eligibility, order, max, Json(schedule))| {
        let max_interactions = max.and_then(|max| u32::try_from(max).ok());
        (Strategy { eligibility, order, max_interactions }, Hours::of(&schedule))
    }))
}

/// The members of a campaign, in member order. `seen_after`: a session seen later is alive.
///
/// # Errors
/// The database's.
pub fn candidates(conn: &mut Connection, campaign: CampaignId, seen_after: Timestamp) -> QueryResult<Vec<Candidate>> {
    type Row = (UserId, bool, bool, Option<AgentMode>);
    let rows: Vec<Row> = members::table
        .inner_join(users::table)
        .left_join(agent_states::table.on(agent_states::user_id.eq(members::user_id)))
        .filter(members::campaign_id.eq(campaign))
        .order((members::position.asc(), members::user_id.asc()))
        .select((members::user_id, users::enabled, members::may_receive, agent_states::mode.nullable()))
        .load(conn)?;
    let team: Vec<UserId> = rows.iter().map(|row| row.0).collect();
    let alive: Vec<UserId> = sessions::table
        .filter(sessions::user_id.eq_any(&team))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::last_seen_at.gt(seen_after))
        .select(sessions::user_id)
        .distinct()
        .load(conn)?;
    let alive: HashSet<UserId> = alive.into_iter().collect();
    let held: Vec<(Option<UserId>, i64)> = interactions::table
        .filter(interactions::campaign_id.eq(campaign))
        .filter(interactions::state.eq(InteractionState::Assigned))
        .group_by(interactions::agent_id)
        .select((interactions::agent_id, count_star()))
        .load(conn)?;
    let held: HashMap<UserId, i64> = held.into_iter().filter_map(|(user, count)| Some((user?, count))).collect();
    Ok(rows
        .into_iter()
        .map(|(user, enabled, may_receive, mode)| Candidate {
            user,
            enabled,
            online: alive.contains(&user),
            on_break: mode == Some(AgentMode::Break),
            may_receive,
            held: held.get(&user).and_then(|count| u32::try_from(*count).ok()).unwrap_or(0),
        })
        .collect())
}

/// The head of the queue: by priority, then arrival (S42).
///
/// # Errors
/// The database's.
pub fn head(conn: &mut Connection, campaign: CampaignId, limit: i64) -> QueryResult<Vec<InteractionId>> {
    interactions::table
        .filter(interactions::campaign_id.eq(campaign))
        .filter(interactions::state.eq(InteractionState::Waiting))
        .order((interactions::priority.asc(), interactions::arrived_at.asc(), interactions::id.asc()))
        .limit(limit)
        .select(interactions::id)
        .load(conn)
}

/// Who was served last.
///
/// # Errors
/// The database's.
pub fn last_served(conn: &mut Connection, campaign: CampaignId) -> QueryResult<Option<UserId>> {
    round_memory::table.find(campaign).select(round_memory::last_served).first(conn).optional()
}

/// Remembers who was served last.
///
/// # Errors
/// The database's.
pub fn remember(conn: &mut Connection, campaign: CampaignId, user: UserId) -> QueryResult<()> {
    let changed =
        diesel::update(round_memory::table.find(campaign)).set(round_memory::last_served.eq(user)).execute(conn)?;
    if changed == 0 {
        diesel::insert_into(round_memory::table)
            .values((round_memory::campaign_id.eq(campaign), round_memory::last_served.eq(user)))
            .execute(conn)?;
    }
    Ok(())
}

/// Hands out by compare-and-set; answers whether it was still waiting.
///
/// # Errors
/// The database's.
pub fn assign(conn: &mut Connection, id: InteractionId, user: UserId, at: Timestamp) -> QueryResult<bool> {
    let waiting = interactions::table.find(id).filter(interactions::state.eq(InteractionState::Waiting));
    let changed = diesel::update(waiting)
        .set((
            interactions::state.eq(InteractionState::Assigned),
            interactions::agent_id.eq(user),
            interactions::assigned_at.eq(at),
            interactions::version.eq(interactions::version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Stores a decision.
///
/// # Errors
/// The database's.
pub fn store(
    conn: &mut Connection,
    id: InteractionId,
    campaign: CampaignId,
    strategy: &Strategy,
    decision: &Decision,
    at: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(decisions::table)
        .values((
            decisions::interaction_id.eq(id),
            decisions::campaign_id.eq(campaign),
            decisions::at.eq(at),
            decisions::eligibility.eq(strategy.eligibility),
            decisions::delivery_order.eq(strategy.order),
            decisions::winner.eq(decision.winner),
            decisions::explanation.eq(Json(decision.clone())),
        ))
        .execute(conn)?;
    Ok(())
}

/// Decisions about an interaction, newest first.
///
/// # Errors
/// The database's.
pub fn of_interaction(
    conn: &mut Connection,
    id: InteractionId,
    before: Option<DecisionId>,
    limit: i64,
) -> QueryResult<Vec<DecisionView>> {
    type Row = (DecisionId, Timestamp, Eligibility, DeliveryOrder, Json<Decision>);
    let rows: Vec<Row> = decisions::table
        .filter(decisions::interaction_id.eq(id))
        .filter(decisions::id.lt(before.unwrap_or(DecisionId(i64::MAX))))
        .order(decisions::id.desc())
        .limit(limit)
        .select((
            decisions::id,
            decisions::at,
            decisions::eligibility,
            decisions::delivery_order,
            decisions::explanation,
        ))
        .load(conn)?;
    let everyone: Vec<UserId> = rows.iter().flat_map(|row| row.4.0.agents.iter().map(|one| one.user)).collect();
    let names: Vec<(UserId, String)> =
        users::table.filter(users::id.eq_any(everyone)).select((users::id, users::name)).load(conn)?;
    let names: HashMap<UserId, String> = names.into_iter().collect();
    let reason = |one: super::strategy::Judged| AgentReason {
        user_id: one.user,
        name: names.get(&one.user).cloned().unwrap_or_default(),
        eligible: one.reasons.is_empty(),
        reasons: one.reasons,
        held: one.held,
        rank: one.rank,
    };
    Ok(rows
        .into_iter()
        .map(|(decision_id, at, eligibility, delivery_order, Json(decision))| DecisionView {
            id: decision_id,
            interaction_id: id,
            at,
            eligibility,
            delivery_order,
            winner: decision.winner,
            last_served: decision.last_served,
            max_interactions: decision.max_interactions,
            agents: decision.agents.into_iter().map(reason).collect(),
        })
        .collect())
}
