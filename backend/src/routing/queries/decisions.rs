//! Decisions as they are stored and told (S43).

use super::Rule;
use crate::{
    kernel::db::{
        Connection, Json,
        arms::{self, DecisionRow},
        schema::{decisions, users},
    },
    routing::strategy::{Decision, Judged, told},
};
use diesel::prelude::*;
use shared::{
    api::{
        campaigns::{DeliveryOrder, Eligibility},
        interactions::{AgentReason, DecisionView},
    },
    ids::{DecisionId, InteractionId, UserId},
    time::Timestamp,
};
use std::collections::HashMap;

/// Stores decisions, in their order.
///
/// # Errors
/// The database's.
pub fn store(conn: &mut Connection, rule: &Rule, made: &[(InteractionId, Decision)], at: Timestamp) -> QueryResult<()> {
    let rows: Vec<DecisionRow> = made
        .iter()
        .map(|(interaction_id, decision)| DecisionRow {
            interaction_id: *interaction_id,
            campaign_id: rule.campaign,
            at,
            eligibility: rule.strategy.eligibility,
            delivery_order: rule.strategy.order,
            cause: decision.cause,
            winner: decision.winner,
            explanation: serde_json::to_string(decision).unwrap_or_default(),
        })
        .collect();
    arms::insert_decisions(conn, &rows)
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
    let reason = |one: Judged| AgentReason {
        user_id: one.user,
        name: names.get(&one.user).cloned().unwrap_or_default(),
        eligible: one.reasons.is_empty(),
        reasons: one.reasons,
        held: one.held,
        rank: one.rank,
        penalty: one.penalty,
        turn: one.turn,
        drawn: one.drawn.map(told),
        finished_today: one.finished_today,
        last_ended_at: one.last_ended.map(Timestamp::from_millis),
    };
    Ok(rows
        .into_iter()
        .map(|(decision_id, at, eligibility, delivery_order, Json(decision))| DecisionView {
            id: decision_id,
            interaction_id: id,
            at,
            eligibility,
            delivery_order,
            cause: decision.cause,
            winner: decision.winner,
            last_served: decision.last_served,
            preferred: decision.preferred,
            max_interactions: decision.max_interactions,
            place: decision.place,
            max_in_queue: decision.max_in_queue,
            agents: decision.agents.into_iter().map(reason).collect(),
        })
        .collect())
}
