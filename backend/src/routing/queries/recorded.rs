//! A past day as it was recorded, for replays (S43). Reads only.

use crate::{
    kernel::db::{
        Connection,
        schema::{campaigns, decisions, interactions, members, users},
    },
    presence,
    routing::replay::{Case, Hold, Shift},
};
use diesel::prelude::*;
use shared::{
    api::{
        campaigns::Eligibility,
        interactions::{DecisionCause, Direction, InteractionState},
        presence::AgentMode,
    },
    ids::{CampaignId, ConversationId, InteractionId, UserId},
    time::Timestamp,
};
use std::{collections::HashMap, time::Duration};

/// What waited at the begin of a day came at most so long before.
const OLDEST: Duration = Duration::from_secs(31 * 86_400);

type Row = (
    (InteractionId, ConversationId, Direction, InteractionState),
    (Option<UserId>, i32),
    (Timestamp, Option<Timestamp>, Option<Timestamp>),
);

/// What came within the day, and what waited at its begin; at most `most`. Whatever is not finished yet has no handling time
/// of its own and gets the median of the others.
///
/// # Errors
/// The database's.
pub fn cases(
    conn: &mut Connection,
    campaign: CampaignId,
    from: Timestamp,
    to: Timestamp,
    most: i64,
) -> QueryResult<Vec<(Case, ConversationId)>> {
    let rows: Vec<Row> = interactions::table
        .filter(interactions::campaign_id.eq(campaign))
        .filter(interactions::arrived_at.ge(from.minus(OLDEST)))
        .filter(interactions::arrived_at.lt(to))
        .filter(interactions::direction.eq(Direction::In))
        .filter(
            interactions::arrived_at.ge(from).or(interactions::assigned_at
                .is_null()
                .or(interactions::assigned_at.ge(from).assume_not_null())
                .assume_not_null()),
        )
        .order((interactions::arrived_at.asc(), interactions::id.asc()))
        .limit(most)
        .select((
            (interactions::id, interactions::conversation_id, interactions::direction, interactions::state),
            (interactions::agent_id, interactions::priority),
            (interactions::arrived_at, interactions::assigned_at, interactions::finished_at),
        ))
        .load(conn)?;
    // Old mail that was imported is finished and was nobody's.
    let real = rows.into_iter().filter(|row| row.0.3 != InteractionState::Finished || row.1.0.is_some());
    let mut found: Vec<(Case, ConversationId, bool)> = real
        .map(|((id, conversation, _, _), (agent, priority), (arrived_at, assigned_at, finished_at))| {
            let got = agent.zip(assigned_at);
            let handling = assigned_at.zip(finished_at).map(|(got, ended)| ended.since(got));
            let case = Case { id, priority, arrived_at, got, handling: handling.unwrap_or_default(), previous: None };
            (case, conversation, handling.is_some())
        })
        .collect();
    let mut known: Vec<Duration> = found.iter().filter(|one| one.2).map(|one| one.0.handling).collect();
    known.sort_unstable();
    let median = known.get(known.len() / 2).copied().unwrap_or(Duration::from_secs(300));
    for (case, _, _) in found.iter_mut().filter(|one| !one.2) {
        case.handling = median;
    }
    Ok(found.into_iter().map(|(case, conversation, _)| (case, conversation)).collect())
}

/// Notes on each case who had its conversation before.
///
/// # Errors
/// The database's.
pub fn note_previous(conn: &mut Connection, cases: &mut [(Case, ConversationId)]) -> QueryResult<()> {
    let conversations: Vec<ConversationId> = cases.iter().map(|(_, conversation)| *conversation).collect();
    let mut held: HashMap<ConversationId, Vec<(InteractionId, UserId)>> = HashMap::new();
    for some in conversations.chunks(500) {
        let rows: Vec<(ConversationId, InteractionId, Option<UserId>)> = interactions::table
            .filter(interactions::conversation_id.eq_any(some))
            .filter(interactions::agent_id.is_not_null())
            .order((interactions::conversation_id.asc(), interactions::id.asc()))
            .select((interactions::conversation_id, interactions::id, interactions::agent_id))
            .load(conn)?;
        for (conversation, id, agent) in rows {
            held.entry(conversation).or_default().extend(agent.map(|agent| (id, agent)));
        }
    }
    for (case, conversation) in cases {
        let before = held.get(conversation).into_iter().flatten().rev().find(|(id, _)| *id < case.id);
        case.previous = before.map(|(_, agent)| *agent);
    }
    Ok(())
}

/// What these agents held besides: of other campaigns, begun by themselves, or had before the day began.
///
/// # Errors
/// The database's.
pub fn holds(
    conn: &mut Connection,
    campaign: CampaignId,
    team: &[UserId],
    from: Timestamp,
    to: Timestamp,
) -> QueryResult<Vec<Hold>> {
    type Held = (Option<UserId>, CampaignId, Direction, Option<Timestamp>, Option<Timestamp>, Eligibility);
    let rows: Vec<Held> = interactions::table
        .inner_join(campaigns::table)
        .filter(interactions::agent_id.eq_any(team.iter().copied().map(Some).collect::<Vec<_>>()))
        .filter(interactions::arrived_at.ge(from.minus(OLDEST)))
        .filter(interactions::assigned_at.lt(to))
        .select((
            interactions::agent_id,
            interactions::campaign_id,
            interactions::direction,
            interactions::assigned_at,
            interactions::finished_at,
            campaigns::eligibility,
        ))
        .load(conn)?;
    let hold = |(agent, of, direction, assigned_at, finished_at, eligibility): Held| {
        let begin = assigned_at?;
        let own = of == campaign;
        let replayed = own && direction == Direction::In && begin >= from;
        let end = finished_at.unwrap_or(to);
        let hold = Hold { user: agent?, from: begin, to: end, own, blocks: eligibility == Eligibility::Incall };
        (!replayed && end > from).then_some(hold)
    };
    Ok(rows.into_iter().filter_map(hold).collect())
}

/// A member: with his name, his penalty, whether he may receive and is enabled.
pub type Member = (UserId, String, i32, bool, bool);

/// The members of a campaign in their order: with their names, penalties, whether they may receive and are enabled.
///
/// # Errors
/// The database's.
pub fn members_of(conn: &mut Connection, campaign: CampaignId) -> QueryResult<Vec<Member>> {
    members::table
        .inner_join(users::table)
        .filter(members::campaign_id.eq(campaign))
        .order((members::position.asc(), members::user_id.asc()))
        .select((members::user_id, users::name, members::penalty, members::may_receive, users::enabled))
        .load(conn)
}

/// Names of users.
///
/// # Errors
/// The database's.
pub fn names(conn: &mut Connection, ids: &[UserId]) -> QueryResult<Vec<(UserId, String)>> {
    users::table.filter(users::id.eq_any(ids)).select((users::id, users::name)).load(conn)
}

/// When these agents were there and available, as it was recorded.
///
/// # Errors
/// The database's.
pub fn shifts(conn: &mut Connection, team: &[UserId], from: Timestamp, to: Timestamp) -> QueryResult<Vec<Shift>> {
    let changes = presence::changes_of(conn, team, from, to)?;
    let mut shifts = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let next = changes.get(index.saturating_add(1)).filter(|next| next.user_id == change.user_id);
        let end = next.map_or(to, |next| next.at);
        if change.online && change.mode == AgentMode::Available && end > from {
            let begin = change.at.max(from);
            shifts.push(Shift { user: change.user_id, from: begin, to: end, in_call: change.in_call });
        }
    }
    Ok(shifts)
}

/// Who was served last before an instant.
///
/// # Errors
/// The database's.
pub fn served_before(conn: &mut Connection, campaign: CampaignId, at: Timestamp) -> QueryResult<Option<UserId>> {
    decisions::table
        .filter(decisions::campaign_id.eq(campaign))
        .filter(decisions::at.lt(at))
        .filter(decisions::cause.eq(DecisionCause::Order))
        .order((decisions::at.desc(), decisions::id.desc()))
        .select(decisions::winner)
        .first(conn)
        .optional()
}

/// When each agent's last interaction of the campaign before an instant ended.
///
/// # Errors
/// The database's.
pub fn ended_before(
    conn: &mut Connection,
    campaign: CampaignId,
    user: UserId,
    at: Timestamp,
) -> QueryResult<Option<Timestamp>> {
    interactions::table
        .filter(interactions::campaign_id.eq(campaign))
        .filter(interactions::agent_id.eq(user))
        .filter(interactions::finished_at.lt(at))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>("interactions.state = 'finished'"))
        .select(diesel::dsl::max(interactions::finished_at))
        .first(conn)
}
