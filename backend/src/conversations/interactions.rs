//! What happens to interactions: they begin, are answered, opened, finished, announced.

use super::{
    dispositions,
    timeline::{self, Did, Spot},
    tray,
};
use crate::{
    campaigns,
    kernel::{
        Error, Result,
        db::{
            Connection, arms,
            schema::{contacts, conversations, drafts, former_campaigns, interactions, messages, users},
        },
        events::{self, Audience, News},
    },
    presence,
};
use diesel::prelude::*;
use shared::{
    api::{
        campaigns::Channel,
        interactions::{Direction, FinishInteraction, InteractionState, InteractionSummary},
        timeline::ActivityKind,
    },
    error::ErrorCode,
    ids::{CampaignId, ContactId, ConversationId, DispositionId, InteractionId, UserId},
    live::LiveEvent,
    time::Timestamp,
};
use std::collections::HashMap;

/// The open interaction of a conversation: its id, state and holder.
///
/// # Errors
/// The database's.
pub fn open_one(
    conn: &mut Connection,
    conversation: ConversationId,
) -> QueryResult<Option<(InteractionId, InteractionState, Option<UserId>)>> {
    interactions::table
        .filter(interactions::conversation_id.eq(conversation))
        .filter(interactions::state.ne(InteractionState::Finished))
        .select((interactions::id, interactions::state, interactions::agent_id))
        .first(conn)
        .optional()
}

/// What a new interaction begins with.
#[derive(Debug, Clone)]
pub struct NewInteraction {
    /// Conversation.
    pub conversation: ConversationId,
    /// Campaign.
    pub campaign: CampaignId,
    /// Who begins it.
    pub direction: Direction,
    /// Where it stands.
    pub state: InteractionState,
    /// Who holds it.
    pub agent: Option<UserId>,
    /// 1 first … 9 last.
    pub priority: i32,
    /// Unread and unanswered: it begins with the customer's mail.
    pub fresh: bool,
    /// Begins at.
    pub at: Timestamp,
}

/// Begins an interaction.
///
/// # Errors
/// The database's; a unique violation when one is open.
pub fn begin(conn: &mut Connection, new: &NewInteraction) -> QueryResult<InteractionId> {
    diesel::insert_into(interactions::table)
        .values((
            interactions::conversation_id.eq(new.conversation),
            interactions::campaign_id.eq(new.campaign),
            interactions::channel.eq(Channel::Email),
            interactions::direction.eq(new.direction),
            interactions::state.eq(new.state),
            interactions::agent_id.eq(new.agent),
            interactions::priority.eq(new.priority),
            interactions::arrived_at.eq(new.at),
            interactions::assigned_at.eq(new.agent.map(|_| new.at)),
            interactions::opened_at.eq(new.agent.map(|_| new.at)),
            interactions::finished_at.eq((new.state == InteractionState::Finished).then_some(new.at)),
            interactions::unread.eq(new.fresh),
            interactions::awaits_answer.eq(new.fresh),
            interactions::handed_back.eq(false),
            interactions::version.eq(1_i64),
        ))
        .returning(interactions::id)
        .get_result(conn)
}

/// A new mail of the customer joins an open interaction; one that was set aside comes back to its agent. Answers whether it
/// did.
///
/// # Errors
/// The database's.
pub fn note_incoming(conn: &mut Connection, id: InteractionId) -> QueryResult<bool> {
    diesel::update(interactions::table.find(id))
        .set((
            interactions::unread.eq(true),
            interactions::awaits_answer.eq(true),
            interactions::version.eq(interactions::version + 1),
        ))
        .execute(conn)?;
    wake(conn, id, Waker::Customer)
}

/// Sets aside what `agent` has before him. Answers whether he had.
///
/// # Errors
/// The database's.
pub fn snooze(conn: &mut Connection, id: InteractionId, agent: UserId, until: Option<Timestamp>) -> QueryResult<bool> {
    let his = interactions::table
        .find(id)
        .filter(interactions::agent_id.eq(agent))
        .filter(interactions::state.eq_any([InteractionState::Assigned, InteractionState::Snoozed]));
    let changed = diesel::update(his)
        .set((
            interactions::state.eq(InteractionState::Snoozed),
            interactions::snoozed_until.eq(until),
            interactions::unread.eq(false),
            interactions::version.eq(interactions::version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// What brings back an interaction that was set aside.
#[derive(Debug, Clone, Copy)]
pub enum Waker {
    /// The agent who has it.
    Agent(UserId),
    /// The customer, who wrote.
    Customer,
    /// The moment for which it was set aside, if it has come.
    Clock(Timestamp),
}

/// Brings back what was set aside. Answers whether it was.
///
/// # Errors
/// The database's.
pub fn wake(conn: &mut Connection, id: InteractionId, waker: Waker) -> QueryResult<bool> {
    let aside = interactions::table.find(id).filter(interactions::state.eq(InteractionState::Snoozed));
    let unread = interactions::unread.eq(true);
    let back = (
        interactions::state.eq(InteractionState::Assigned),
        interactions::snoozed_until.eq(None::<Timestamp>),
        interactions::version.eq(interactions::version + 1),
    );
    let changed = match waker {
        Waker::Agent(agent) => {
            diesel::update(aside.filter(interactions::agent_id.eq(agent))).set(back).execute(conn)?
        }
        Waker::Customer => diesel::update(aside).set((back, unread)).execute(conn)?,
        // Its agent may have set it aside anew, for longer, after it was found due.
        Waker::Clock(now) => {
            diesel::update(aside.filter(interactions::snoozed_until.le(now))).set((back, unread)).execute(conn)?
        }
    };
    Ok(changed == 1)
}

/// Puts an open interaction back to its old place in the queue, out of whosever hands. Answers whether it was open still.
///
/// # Errors
/// The database's.
pub fn give_back(conn: &mut Connection, id: InteractionId) -> QueryResult<bool> {
    let changed =
        diesel::update(interactions::table.find(id).filter(interactions::state.ne(InteractionState::Finished)))
            .set((
                interactions::state.eq(InteractionState::Waiting),
                interactions::agent_id.eq(None::<UserId>),
                interactions::assigned_at.eq(None::<Timestamp>),
                interactions::opened_at.eq(None::<Timestamp>),
                interactions::snoozed_until.eq(None::<Timestamp>),
                interactions::handed_back.eq(true),
                interactions::version.eq(interactions::version + 1),
            ))
            .execute(conn)?;
    Ok(changed == 1)
}

/// What came back to somebody who is disabled by now waits for others.
///
/// # Errors
/// The database's.
pub fn leave_disabled(conn: &mut Connection, id: InteractionId) -> QueryResult<()> {
    let enabled: Option<bool> = interactions::table
        .left_join(users::table)
        .filter(interactions::id.eq(id))
        .select(users::enabled.nullable())
        .first(conn)?;
    if enabled != Some(true) {
        give_back(conn, id)?;
    }
    Ok(())
}

/// Puts an open interaction into an agent's hands, wherever it was. It is new to him. Answers whether it was open still.
///
/// # Errors
/// The database's.
pub fn hand_over(conn: &mut Connection, id: InteractionId, agent: UserId, at: Timestamp) -> QueryResult<bool> {
    let changed =
        diesel::update(interactions::table.find(id).filter(interactions::state.ne(InteractionState::Finished)))
            .set((
                interactions::state.eq(InteractionState::Assigned),
                interactions::agent_id.eq(agent),
                interactions::assigned_at.eq(at),
                interactions::opened_at.eq(None::<Timestamp>),
                interactions::snoozed_until.eq(None::<Timestamp>),
                interactions::unread.eq(true),
                interactions::version.eq(interactions::version + 1),
            ))
            .execute(conn)?;
    Ok(changed == 1)
}

/// A conversation goes to another campaign with its mails and drafts, so that it is read, answered and found in one place.
/// Mail that still comes to the address of the old one finds it. Whoever holds it keeps it, and goes on writing: versions tell
/// of new mail and of other words, and there are none.
///
/// # Errors
/// The database's.
pub fn relocate(conn: &mut Connection, conversation: ConversationId, to: CampaignId) -> QueryResult<()> {
    let from: CampaignId = conversations::table.find(conversation).select(conversations::campaign_id).first(conn)?;
    diesel::update(conversations::table.find(conversation)).set(conversations::campaign_id.eq(to)).execute(conn)?;
    diesel::update(messages::table.filter(messages::conversation_id.eq(conversation)))
        .set(messages::campaign_id.eq(to))
        .execute(conn)?;
    diesel::update(drafts::table.filter(drafts::conversation_id.eq(conversation)))
        .set(drafts::campaign_id.eq(to))
        .execute(conn)?;
    let open = interactions::table
        .filter(interactions::conversation_id.eq(conversation))
        .filter(interactions::state.ne(InteractionState::Finished));
    diesel::update(open)
        .set((interactions::campaign_id.eq(to), interactions::version.eq(interactions::version + 1)))
        .execute(conn)?;
    diesel::delete(former_campaigns::table.find((conversation, to))).execute(conn)?;
    arms::insert_former_campaign(conn, conversation, from)
}

/// A mail that asks nobody for anything joins an open interaction. Its version grows: what is told of it at the end of a
/// long transaction must be true of the holder then.
///
/// # Errors
/// The database's.
pub fn note_quiet(conn: &mut Connection, id: InteractionId) -> QueryResult<()> {
    diesel::update(interactions::table.find(id))
        .set(interactions::version.eq(interactions::version + 1))
        .execute(conn)?;
    Ok(())
}

/// An answer goes out.
///
/// # Errors
/// The database's.
pub fn note_answer(conn: &mut Connection, id: InteractionId, at: Timestamp) -> QueryResult<()> {
    diesel::update(interactions::table.find(id).filter(interactions::first_response_at.is_null()))
        .set(interactions::first_response_at.eq(at))
        .execute(conn)?;
    diesel::update(interactions::table.find(id))
        .set((
            interactions::unread.eq(false),
            interactions::awaits_answer.eq(false),
            interactions::version.eq(interactions::version + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// An answer was taken back: the first one left is `first`, and the newest mail is the customer's or not.
///
/// # Errors
/// The database's.
pub fn undo_answer(
    conn: &mut Connection,
    id: InteractionId,
    first: Option<Timestamp>,
    awaits_answer: bool,
) -> QueryResult<()> {
    diesel::update(interactions::table.find(id))
        .set((
            interactions::first_response_at.eq(first),
            interactions::awaits_answer.eq(awaits_answer),
            interactions::version.eq(interactions::version + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes back that `agent` finished it, unless the conversation has another open one by now (`None`); the rest that this
/// gave him ends. Answers whether he rested for it: who calls tells it ([`presence::tell`]).
///
/// # Errors
/// The database's.
pub fn reopen(conn: &mut Connection, id: InteractionId, agent: UserId, at: Timestamp) -> Result<Option<bool>> {
    let (conversation, campaign, finished_at): (ConversationId, CampaignId, Option<Timestamp>) = interactions::table
        .find(id)
        .select((interactions::conversation_id, interactions::campaign_id, interactions::finished_at))
        .first(conn)?;
    if open_one(conn, conversation)?.is_some() {
        return Ok(None);
    }
    let finished = interactions::table
        .find(id)
        .filter(interactions::agent_id.eq(agent))
        .filter(interactions::state.eq(InteractionState::Finished));
    let changed = diesel::update(finished)
        .set((
            interactions::state.eq(InteractionState::Assigned),
            interactions::finished_at.eq(None::<Timestamp>),
            interactions::disposition_id.eq(None::<DispositionId>),
            interactions::version.eq(interactions::version + 1),
        ))
        .execute(conn)?;
    let Some(finished_at) = finished_at.filter(|_| changed == 1) else { return Ok(None) };
    timeline::forget_finish(conn, id, finished_at)?;
    // What he finished later gave him a longer one, which stays.
    let until = finished_at.plus(campaigns::wrap_up(conn, campaign)?);
    Ok(Some(presence::end_rest_until(conn, agent, until, at)?))
}

/// Its holder has opened it. Answers whether that changed anything.
///
/// # Errors
/// The database's.
pub fn mark_opened(conn: &mut Connection, id: InteractionId, agent: UserId, at: Timestamp) -> QueryResult<bool> {
    // A colleague who looks at it opens nothing.
    let held = interactions::table
        .find(id)
        .filter(interactions::agent_id.eq(agent))
        .filter(interactions::state.eq(InteractionState::Assigned));
    diesel::update(held.filter(interactions::opened_at.is_null())).set(interactions::opened_at.eq(at)).execute(conn)?;
    let changed = diesel::update(held.filter(interactions::unread.eq(true)))
        .set((interactions::unread.eq(false), interactions::version.eq(interactions::version + 1)))
        .execute(conn)?;
    Ok(changed > 0)
}

/// Finishes what `agent` holds, with a disposition and a note; he rests then, if the campaign says so (S107). Answers
/// whether he does: who calls tells it ([`presence::tell`]).
///
/// # Errors
/// `conflict`: he does not hold it; `invalid`: the campaign offers no such disposition, or requires one.
pub fn finish(
    conn: &mut Connection,
    id: InteractionId,
    agent: UserId,
    end: &FinishInteraction,
    at: Timestamp,
) -> Result<bool> {
    let campaign: CampaignId = interactions::table.find(id).select(interactions::campaign_id).first(conn)?;
    let disposition = dispositions::chosen(conn, campaign, end.disposition_id)?;
    let held = interactions::table
        .find(id)
        .filter(interactions::agent_id.eq(agent))
        .filter(interactions::state.eq_any([InteractionState::Assigned, InteractionState::Snoozed]));
    let changed = diesel::update(held)
        .set((
            interactions::state.eq(InteractionState::Finished),
            interactions::finished_at.eq(at),
            interactions::unread.eq(false),
            interactions::snoozed_until.eq(None::<Timestamp>),
            interactions::disposition_id.eq(end.disposition_id),
            interactions::version.eq(interactions::version + 1),
        ))
        .execute(conn)?;
    if changed != 1 {
        return Err(Error::detailed(ErrorCode::Conflict, "you do not hold this interaction"));
    }
    let done = Did {
        by: Some(agent),
        note: end.note.trim(),
        target: disposition.as_deref(),
        ..Did::by_itself(ActivityKind::Finished)
    };
    let spot = Spot::of(conn, id)?;
    timeline::add(conn, spot, &done, at)?;
    let wrap_up = campaigns::wrap_up(conn, campaign)?;
    Ok(!wrap_up.is_zero() && presence::rest(conn, agent, at.plus(wrap_up), at)?)
}

/// Changes the priority of an open interaction (S42). Answers the one before.
///
/// # Errors
/// `conflict`: it is finished; `not_found`.
pub fn set_priority(conn: &mut Connection, id: InteractionId, priority: i32) -> Result<i32> {
    let before: i32 = interactions::table.find(id).select(interactions::priority).first(conn)?;
    let open = interactions::table.find(id).filter(interactions::state.ne(InteractionState::Finished));
    let changed = diesel::update(open)
        .set((interactions::priority.eq(priority), interactions::version.eq(interactions::version + 1)))
        .execute(conn)?;
    if changed == 1 { Ok(before) } else { Err(Error::detailed(ErrorCode::Conflict, "it is finished")) }
}

/// Where an interaction was until now: whoever had it before his eyes has to learn that it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Where it is now, or nowhere.
    Same,
    /// In the queue, which all members of its campaign see.
    Queue,
    /// With this agent.
    With(UserId),
}

/// Tells the holder, whoever held it before, supervisors, and the members of its campaign while it is in the queue.
///
/// # Errors
/// The database's.
pub fn announce(conn: &mut Connection, id: InteractionId, before: Before, at: Timestamp) -> QueryResult<()> {
    let (audience, event) = news(conn, id, before)?;
    events::append(conn, at, &audience, &event)
}

/// What [`announce`] tells, and whom.
///
/// # Errors
/// The database's.
pub fn news(conn: &mut Connection, id: InteractionId, before: Before) -> QueryResult<(Audience, LiveEvent)> {
    let interaction = tray::one(conn, id)?;
    let members = match before == Before::Queue || interaction.state == InteractionState::Waiting {
        true => super::access::members(conn, interaction.campaign_id)?,
        false => Vec::new(),
    };
    Ok(told(interaction, before, &members))
}

fn told(interaction: InteractionSummary, before: Before, members: &[UserId]) -> (Audience, LiveEvent) {
    let mut users: Vec<UserId> = interaction.agent_id.into_iter().collect();
    if let Before::With(agent) = before {
        users.push(agent);
    }
    users.extend_from_slice(members);
    users.sort_unstable();
    users.dedup();
    (Audience::agents(users, interaction.campaign_id), LiveEvent::InteractionChanged { interaction })
}

/// [`announce`] for many of one campaign that leave the queue or come back to it, each with where it was. `members` are those
/// of the campaign.
///
/// # Errors
/// The database's.
pub fn announce_all(
    conn: &mut Connection,
    members: &[UserId],
    moved: &HashMap<InteractionId, Before>,
    at: Timestamp,
) -> QueryResult<()> {
    let ids: Vec<InteractionId> = moved.keys().copied().collect();
    let mut news = News::default();
    for interaction in tray::several(conn, &ids)? {
        let before = moved.get(&interaction.id).copied().unwrap_or(Before::Queue);
        let (audience, event) = told(interaction, before, members);
        news.add(audience, event);
    }
    news.append(conn, at)
}

/// Open interactions of a customer who was renamed, with their search texts brought up to date.
///
/// # Errors
/// The database's.
pub fn renamed(conn: &mut Connection, contact: ContactId) -> QueryResult<Vec<InteractionId>> {
    let (name, address): (String, String) =
        contacts::table.find(contact).select((contacts::name, contacts::address)).first(conn)?;
    let theirs: Vec<(ConversationId, String)> = conversations::table
        .filter(conversations::contact_id.eq(contact))
        .select((conversations::id, conversations::subject))
        .load(conn)?;
    for (id, subject) in &theirs {
        diesel::update(conversations::table.find(id))
            .set(conversations::search_text.eq(super::receive::search_text(subject, &name, &address)))
            .execute(conn)?;
    }
    let ids: Vec<ConversationId> = theirs.into_iter().map(|(id, _)| id).collect();
    let open = interactions::table
        .filter(interactions::conversation_id.eq_any(ids))
        .filter(interactions::state.ne(InteractionState::Finished));
    diesel::update(open.clone()).set(interactions::version.eq(interactions::version + 1)).execute(conn)?;
    open.select(interactions::id).load(conn)
}
