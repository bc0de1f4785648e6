//! One function per question.

use super::rows::{BreakKindRow, StateRow};
use crate::{
    access,
    kernel::db::{
        Connection, MultiBackend, arms,
        schema::{agent_states, break_kinds, members, user_campaigns, users},
    },
};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use shared::{
    api::presence::{AgentMode, AgentState, SetAgentState},
    ids::{CampaignId, UserId},
    permission::Role,
    time::Timestamp,
};
use std::time::Duration;

/// An agent's state. Who was never asked is available as of now.
///
/// # Errors
/// The database's.
pub fn state_of(
    conn: &mut Connection,
    user: UserId,
    now: Timestamp,
    offline_after: Duration,
) -> QueryResult<AgentState> {
    let row: Option<StateRow> = agent_states::table.find(user).select(StateRow::as_select()).first(conn).optional()?;
    let online = access::is_online(conn, user, now, offline_after)?;
    let unasked = StateRow { user_id: user, mode: AgentMode::Available, break_code: None, since: now };
    Ok(row.unwrap_or(unasked).view(online))
}

/// Whether an agent's state is written down.
pub fn is_known(conn: &mut Connection, user: UserId) -> QueryResult<bool> {
    let row: Option<UserId> = agent_states::table.find(user).select(agent_states::user_id).first(conn).optional()?;
    Ok(row.is_some())
}

/// Writes an agent's state down, unless it is already.
///
/// # Errors
/// The database's.
pub fn ensure(conn: &mut Connection, user: UserId, now: Timestamp) -> QueryResult<()> {
    arms::insert_agent_state(conn, user, AgentMode::Available, now)
}

/// Changes an agent's state; whether it was another one before.
pub fn set_state(conn: &mut Connection, user: UserId, wanted: &SetAgentState, now: Timestamp) -> QueryResult<bool> {
    ensure(conn, user, now)?;
    let before: StateRow = agent_states::table.find(user).select(StateRow::as_select()).first(conn)?;
    if before.mode == wanted.mode && before.break_code == wanted.break_code {
        return Ok(false);
    }
    diesel::update(agent_states::table.find(user))
        .set((
            agent_states::mode.eq(wanted.mode),
            agent_states::break_code.eq(wanted.break_code.clone()),
            agent_states::since.eq(now),
        ))
        .execute(conn)?;
    Ok(true)
}

/// Kinds of breaks in their order, after a position.
pub fn break_kinds(conn: &mut Connection, after: Option<i32>, limit: i64) -> QueryResult<Vec<BreakKindRow>> {
    break_kinds::table
        .filter(break_kinds::position.gt(after.unwrap_or(i32::MIN)))
        .order(break_kinds::position.asc())
        .limit(limit)
        .select(BreakKindRow::as_select())
        .load(conn)
}

/// Whether there is such a kind of break.
pub fn is_break_kind(conn: &mut Connection, code: &str) -> QueryResult<bool> {
    let row: Option<String> = break_kinds::table.find(code).select(break_kinds::code).first(conn).optional()?;
    Ok(row.is_some())
}

/// Supervisors who see this agent: those who are not limited, and those limited to a campaign in which he is a member.
pub fn supervisors_of(conn: &mut Connection, agent: UserId) -> QueryResult<Vec<UserId>> {
    let his: Vec<CampaignId> =
        members::table.filter(members::user_id.eq(agent)).select(members::campaign_id).load(conn)?;
    let limited = exists(user_campaigns::table.filter(user_campaigns::user_id.eq(users::id)));
    let to_his = exists(
        user_campaigns::table
            .filter(user_campaigns::user_id.eq(users::id))
            .filter(user_campaigns::campaign_id.eq_any(his)),
    );
    users::table
        .into_boxed::<MultiBackend>()
        .filter(users::role.eq(Role::Supervisor))
        .filter(users::enabled.eq(true))
        .filter(not(limited).or(to_his))
        .select(users::id)
        .load(conn)
}
