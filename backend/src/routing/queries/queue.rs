//! The queue: what waits, in its order (S42); how it leaves and comes back.

use crate::kernel::db::{
    Connection, arms,
    fixed::Words,
    schema::{campaigns, decisions, interactions, users},
};
use diesel::{
    dsl::{exists, min, sql},
    prelude::*,
    sql_types::{BigInt, Bool, Integer},
};
use shared::{
    api::interactions::{DecisionCause, InteractionState},
    ids::{CampaignId, ConversationId, InteractionId, UserId},
    time::Timestamp,
};
use std::collections::HashMap;

/// Word for word what the partial indexes say.
const WAITING: Words = Words("interactions.state = 'waiting'");
const UNOPENED: Words = Words("interactions.state = 'assigned' AND interactions.opened_at IS NULL");
const FINISHED: Words = Words("interactions.state = 'finished'");

/// Enabled campaigns in which something waits, or may yet return to the queue.
///
/// # Errors
/// The database's.
pub fn campaigns_to_look_at(conn: &mut Connection) -> QueryResult<Vec<CampaignId>> {
    let own = || interactions::table.filter(interactions::campaign_id.eq(campaigns::id));
    let waits = exists(own().filter(WAITING));
    let returns = campaigns::offer_timeout_seconds.gt(0).and(exists(own().filter(UNOPENED)));
    campaigns::table
        .filter(campaigns::enabled.eq(true))
        .filter(waits.or(returns))
        .order(campaigns::id.asc())
        .select(campaigns::id)
        .load(conn)
}

/// Something that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct Waiting {
    /// Interaction.
    pub id: InteractionId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// 1 first … 9 last.
    pub priority: i32,
    /// Came in at.
    pub arrived_at: Timestamp,
    /// It came back to the queue from somebody.
    pub handed_back: bool,
}

impl Waiting {
    /// Where it stands in the queue (S42).
    #[must_use]
    pub fn key(&self) -> (i32, Timestamp, InteractionId) {
        (self.priority, self.arrived_at, self.id)
    }
}

/// At most `limit` of the queue, from its head on, leaving out the first `offset`.
///
/// # Errors
/// The database's.
pub fn head(conn: &mut Connection, campaign: CampaignId, limit: i64, offset: i64) -> QueryResult<Vec<Waiting>> {
    // A range of one and an order that begins with it, as the queue's own index lies. With an equality PostgreSQL may as well
    // take the index over all campaigns, which is in order, too, and read what waits elsewhere to the first that fits.
    interactions::table
        .filter(interactions::campaign_id.ge(campaign))
        .filter(interactions::campaign_id.le(campaign))
        .filter(WAITING)
        .order((
            interactions::campaign_id.asc(),
            interactions::priority.asc(),
            interactions::arrived_at.asc(),
            interactions::id.asc(),
        ))
        .limit(limit)
        .offset(offset)
        .select((
            interactions::id,
            interactions::conversation_id,
            interactions::priority,
            interactions::arrived_at,
            interactions::handed_back,
        ))
        .load(conn)
}

/// How many wait before this one.
///
/// # Errors
/// The database's.
pub fn before(conn: &mut Connection, campaign: CampaignId, one: &Waiting) -> QueryResult<i64> {
    let (priority, arrived, id) = one.key();
    let less = sql::<Bool>("(interactions.priority, interactions.arrived_at, interactions.id) < (")
        .bind::<Integer, _>(priority)
        .sql(", ")
        .bind::<BigInt, _>(arrived)
        .sql(", ")
        .bind::<BigInt, _>(id)
        .sql(")");
    interactions::table
        .filter(interactions::campaign_id.eq(campaign))
        .filter(WAITING)
        .filter(less)
        .count()
        .get_result(conn)
}

/// Who held the interaction before in each of these conversations.
///
/// # Errors
/// The database's.
pub fn last_agents(
    conn: &mut Connection,
    conversations: &[ConversationId],
) -> QueryResult<HashMap<ConversationId, UserId>> {
    if conversations.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(ConversationId, Option<UserId>)> = interactions::table
        .filter(interactions::conversation_id.eq_any(conversations))
        .filter(FINISHED)
        .filter(interactions::agent_id.is_not_null())
        .order((interactions::conversation_id.asc(), interactions::id.asc()))
        .select((interactions::conversation_id, interactions::agent_id))
        .load(conn)?;
    // The newest stands last.
    Ok(rows.into_iter().filter_map(|(conversation, agent)| Some((conversation, agent?))).collect())
}

/// Who had these interactions and did not open them in time, or gave them back, oldest first.
///
/// # Errors
/// The database's.
pub fn lapses(conn: &mut Connection, ids: &[InteractionId]) -> QueryResult<HashMap<InteractionId, Vec<UserId>>> {
    let rows: Vec<(InteractionId, UserId)> = decisions::table
        .filter(decisions::interaction_id.eq_any(ids))
        .filter(decisions::cause.eq_any([DecisionCause::OfferLapsed, DecisionCause::Returned]))
        .order((decisions::interaction_id.asc(), decisions::id.asc()))
        .select((decisions::interaction_id, decisions::winner))
        .load(conn)?;
    let mut lapses: HashMap<InteractionId, Vec<UserId>> = HashMap::new();
    for (id, user) in rows {
        lapses.entry(id).or_default().push(user);
    }
    Ok(lapses)
}

/// What was handed out at `limit` or before and is not opened yet, with who has it.
///
/// # Errors
/// The database's.
pub fn unopened(
    conn: &mut Connection,
    campaign: CampaignId,
    limit: Timestamp,
    most: i64,
) -> QueryResult<Vec<(InteractionId, UserId)>> {
    let rows: Vec<(InteractionId, Option<UserId>)> = interactions::table
        .filter(interactions::campaign_id.eq(campaign))
        .filter(UNOPENED)
        .filter(interactions::assigned_at.le(limit))
        .order((interactions::assigned_at.asc(), interactions::id.asc()))
        .limit(most)
        .select((interactions::id, interactions::agent_id))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, agent)| Some((id, agent?))).collect())
}

/// When the oldest that is not opened yet was handed out.
///
/// # Errors
/// The database's.
pub fn oldest_unopened(conn: &mut Connection, campaign: CampaignId) -> QueryResult<Option<Timestamp>> {
    interactions::table
        .filter(interactions::campaign_id.eq(campaign))
        .filter(UNOPENED)
        .select(min(interactions::assigned_at))
        .first(conn)
}

/// Hands each of these to its agent, by compare-and-set; answers those that were still waiting. What he took himself is
/// opened.
///
/// # Errors
/// The database's.
pub fn assign(
    conn: &mut Connection,
    chosen: &[(InteractionId, UserId)],
    opened: bool,
    at: Timestamp,
) -> QueryResult<Vec<InteractionId>> {
    arms::assign_interactions(conn, chosen, opened.then_some(at), at)
}

/// Puts what an agent did not open back to its old place in the queue; answers whether it was so still.
///
/// # Errors
/// The database's.
pub fn give_back(conn: &mut Connection, id: InteractionId, agent: UserId) -> QueryResult<bool> {
    let his =
        interactions::table.filter(interactions::id.eq(id)).filter(interactions::agent_id.eq(agent)).filter(UNOPENED);
    let changed = diesel::update(his)
        .set((
            interactions::state.eq(InteractionState::Waiting),
            interactions::agent_id.eq(None::<UserId>),
            interactions::assigned_at.eq(None::<Timestamp>),
            interactions::handed_back.eq(true),
            interactions::version.eq(interactions::version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Where an interaction stands: itself, its campaign, its state, who has it.
///
/// # Errors
/// `not_found`; the database's.
pub fn standing(
    conn: &mut Connection,
    id: InteractionId,
) -> QueryResult<(Waiting, CampaignId, InteractionState, Option<UserId>)> {
    type Own = (InteractionId, ConversationId, i32, Timestamp, bool);
    let row: (Own, CampaignId, InteractionState, Option<UserId>) = interactions::table
        .find(id)
        .select((
            (
                interactions::id,
                interactions::conversation_id,
                interactions::priority,
                interactions::arrived_at,
                interactions::handed_back,
            ),
            interactions::campaign_id,
            interactions::state,
            interactions::agent_id,
        ))
        .first(conn)?;
    let ((id, conversation, priority, arrived_at, handed_back), campaign, state, agent) = row;
    Ok((Waiting { id, conversation, priority, arrived_at, handed_back }, campaign, state, agent))
}

/// A user's name.
///
/// # Errors
/// The database's.
pub fn name_of(conn: &mut Connection, user: UserId) -> QueryResult<String> {
    users::table.find(user).select(users::name).first(conn)
}

/// Remembers who was served last.
///
/// # Errors
/// The database's.
pub fn remember(conn: &mut Connection, campaign: CampaignId, user: UserId) -> QueryResult<()> {
    arms::upsert_last_served(conn, campaign, user)
}
