//! One function per question.

use super::rows::{BreakKindRow, ExternalRow, StateRow};
use crate::{
    access,
    kernel::db::{
        Connection, MultiBackend, arms,
        schema::{agent_state_changes, agent_states, break_kinds, external_loads, members, user_campaigns, users},
    },
};
use diesel::{
    dsl::{exists, min, not},
    prelude::*,
    select,
};
use shared::{
    api::presence::{AgentMode, AgentState, BreakKind, ReportExternalLoad, SetAgentState},
    ids::{CampaignId, UserId},
    permission::{CampaignScope, Role},
    time::Timestamp,
};
use std::time::Duration;

/// Space of the advisory lock under which the kinds of breaks change.
const LOCK_BREAKS: i32 = 0x6272;

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
    let unasked =
        StateRow { user_id: user, mode: AgentMode::Available, break_code: None, since: now, wrap_up_until: None };
    let external = external(conn, user)?;
    Ok(row.unwrap_or(unasked).view(online, external, now))
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
        .filter(break_kinds::active.eq(true))
        .filter(break_kinds::position.gt(after.unwrap_or(i32::MIN)))
        .order(break_kinds::position.asc())
        .limit(limit)
        .select(BreakKindRow::as_select())
        .load(conn)
}

/// Whether there is such a kind of break.
pub fn is_break_kind(conn: &mut Connection, code: &str) -> QueryResult<bool> {
    let kind = break_kinds::table.find(code).filter(break_kinds::active.eq(true));
    select(exists(kind)).get_result(conn)
}

/// One change of the kinds of breaks at a time.
pub fn lock_break_kinds(conn: &mut Connection) -> QueryResult<()> {
    arms::lock_pair(conn, LOCK_BREAKS, 0)
}

/// Replaces the kinds of breaks. Those left out stay, for the names of what was, and can no longer be chosen.
pub fn set_break_kinds(conn: &mut Connection, kinds: &[BreakKind]) -> QueryResult<()> {
    diesel::update(break_kinds::table).set(break_kinds::active.eq(false)).execute(conn)?;
    for (position, kind) in (1..).zip(kinds) {
        let set = (
            break_kinds::name_es.eq(&kind.name_es),
            break_kinds::name_en.eq(&kind.name_en),
            break_kinds::icon.eq(&kind.icon),
            break_kinds::position.eq(position),
            break_kinds::active.eq(true),
        );
        if diesel::update(break_kinds::table.find(&kind.code)).set(set).execute(conn)? == 0 {
            diesel::insert_into(break_kinds::table).values((break_kinds::code.eq(&kind.code), set)).execute(conn)?;
        }
    }
    Ok(())
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

/// He rests until then, or longer if he does already. Answers whether that is new.
///
/// # Errors
/// The database's.
pub fn rest(conn: &mut Connection, user: UserId, until: Timestamp, now: Timestamp) -> QueryResult<bool> {
    ensure(conn, user, now)?;
    let sooner = agent_states::wrap_up_until.is_null().or(agent_states::wrap_up_until.lt(until));
    let changed = diesel::update(agent_states::table.find(user).filter(sooner.assume_not_null()))
        .set(agent_states::wrap_up_until.eq(until))
        .execute(conn)?;
    Ok(changed == 1)
}

/// He rests no longer. Answers whether he did.
///
/// # Errors
/// The database's.
pub fn end_rest(conn: &mut Connection, user: UserId, now: Timestamp) -> QueryResult<bool> {
    let resting = agent_states::table.find(user).filter(agent_states::wrap_up_until.gt(now));
    let changed = diesel::update(resting).set(agent_states::wrap_up_until.eq(None::<Timestamp>)).execute(conn)?;
    Ok(changed == 1)
}

/// He rests no longer, unless he would rest beyond `until`. Answers whether he did.
///
/// # Errors
/// The database's.
pub fn end_rest_until(conn: &mut Connection, user: UserId, until: Timestamp, now: Timestamp) -> QueryResult<bool> {
    let resting = agent_states::table
        .find(user)
        .filter(agent_states::wrap_up_until.gt(now))
        .filter(agent_states::wrap_up_until.le(until));
    let changed = diesel::update(resting).set(agent_states::wrap_up_until.eq(None::<Timestamp>)).execute(conn)?;
    Ok(changed == 1)
}

/// What was last reported of an agent, be it good still or not.
///
/// # Errors
/// The database's.
pub fn external(conn: &mut Connection, user: UserId) -> QueryResult<Option<ExternalRow>> {
    external_loads::table.find(user).select(ExternalRow::as_select()).first(conn).optional()
}

/// Stores what is reported of an agent.
pub fn set_external(
    conn: &mut Connection,
    user: UserId,
    report: &ReportExternalLoad,
    expires_at: Timestamp,
    now: Timestamp,
) -> QueryResult<()> {
    let interactions = serde_json::to_string(&report.interactions).unwrap_or_default();
    let held: u32 = report.interactions.values().fold(0, |sum, count| sum.saturating_add(*count));
    let held = i32::try_from(held).unwrap_or(i32::MAX);
    arms::upsert_external_load(conn, user, report.in_call, &interactions, held, expires_at, now)
}

/// Forgets what was reported of an agent; answers whether something was.
pub fn clear_external(conn: &mut Connection, user: UserId) -> QueryResult<bool> {
    Ok(diesel::delete(external_loads::table.find(user)).execute(conn)? > 0)
}

/// Whether there is such a user, for somebody who sees `scope`.
pub fn sees(conn: &mut Connection, scope: &CampaignScope, user: UserId) -> QueryResult<bool> {
    match scope {
        CampaignScope::All => select(exists(users::table.find(user))).get_result(conn),
        CampaignScope::Only(list) => {
            let his = members::table.filter(members::user_id.eq(user));
            select(exists(his.filter(members::campaign_id.eq_any(list.clone())))).get_result(conn)
        }
    }
}

/// When the next rest or report ends by itself.
///
/// # Errors
/// The database's.
pub fn next_change(conn: &mut Connection, now: Timestamp) -> QueryResult<Option<Timestamp>> {
    let rest: Option<Timestamp> = agent_states::table
        .filter(agent_states::wrap_up_until.gt(now))
        .select(min(agent_states::wrap_up_until))
        .first(conn)?;
    let report: Option<Timestamp> = external_loads::table
        .filter(external_loads::expires_at.gt(now))
        .select(min(external_loads::expires_at))
        .first(conn)?;
    Ok(rest.into_iter().chain(report).min())
}

/// Adds a state to the facts of which reports and replays are made.
pub fn note_change(conn: &mut Connection, state: &AgentState, now: Timestamp) -> QueryResult<()> {
    diesel::insert_into(agent_state_changes::table)
        .values((
            agent_state_changes::user_id.eq(state.user_id),
            agent_state_changes::at.eq(now),
            agent_state_changes::online.eq(state.online),
            agent_state_changes::mode.eq(state.mode),
            agent_state_changes::break_code.eq(&state.break_code),
            agent_state_changes::in_call.eq(state.in_call),
            agent_state_changes::wrap_up_until.eq(state.wrap_up_until),
        ))
        .execute(conn)?;
    Ok(())
}

/// A state as it was noted.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = agent_state_changes)]
pub struct Change {
    /// Agent.
    pub user_id: UserId,
    /// Since when.
    pub at: Timestamp,
    /// Was here.
    pub online: bool,
    /// Available or on a break.
    pub mode: AgentMode,
    /// In a call, as reported.
    pub in_call: bool,
}

/// The states of these agents between two instants, in order of time, and before them for each the one in which he came.
///
/// # Errors
/// The database's.
pub fn changes_of(conn: &mut Connection, users: &[UserId], from: Timestamp, to: Timestamp) -> QueryResult<Vec<Change>> {
    let mut all = Vec::new();
    for user in users {
        let before: Option<Change> = agent_state_changes::table
            .filter(agent_state_changes::user_id.eq(user))
            .filter(agent_state_changes::at.le(from))
            .order((agent_state_changes::at.desc(), agent_state_changes::id.desc()))
            .select(Change::as_select())
            .first(conn)
            .optional()?;
        all.extend(before);
        let within: Vec<Change> = agent_state_changes::table
            .filter(agent_state_changes::user_id.eq(user))
            .filter(agent_state_changes::at.gt(from))
            .filter(agent_state_changes::at.lt(to))
            .order((agent_state_changes::at.asc(), agent_state_changes::id.asc()))
            .select(Change::as_select())
            .load(conn)?;
        all.extend(within);
    }
    Ok(all)
}
