//! What stands in a conversation besides its mails: notes, and what people did with it (S106). Names are kept as they were
//! then. Notes belong to who wrote them; what was done is never changed, but for what was taken back.

use super::{access, tags};
use crate::kernel::{
    Error, Result,
    db::{
        Connection,
        schema::{activities, conversations, interactions, users},
    },
    events::{self, Audience},
    http::auth::Principal,
};
use diesel::prelude::*;
use shared::{
    api::timeline::{ActivityKind, ActivityView, Timeline},
    error::ErrorCode,
    ids::{ActivityId, CampaignId, ConversationId, InteractionId, UserId},
    live::LiveEvent,
    time::Timestamp,
};

/// Most that is shown.
const WINDOW: i64 = 200;

/// Where something happens.
#[derive(Debug, Clone, Copy)]
pub struct Spot {
    /// Conversation.
    pub conversation: ConversationId,
    /// Its interaction.
    pub interaction: Option<InteractionId>,
}

impl Spot {
    /// At an interaction.
    ///
    /// # Errors
    /// `not_found`; the database's.
    pub fn of(conn: &mut Connection, interaction: InteractionId) -> QueryResult<Self> {
        let conversation = interactions::table.find(interaction).select(interactions::conversation_id).first(conn)?;
        Ok(Self { conversation, interaction: Some(interaction) })
    }
}

/// What was done.
#[derive(Debug, Clone, Copy)]
pub struct Did<'a> {
    /// What.
    pub kind: ActivityKind,
    /// By whom; nobody: by itself.
    pub by: Option<UserId>,
    /// What he wrote.
    pub note: &'a str,
    /// To whom, where to, how it ended.
    pub target: Option<&'a str>,
    /// Set aside until then.
    pub until: Option<Timestamp>,
}

impl Did<'_> {
    /// Something that happened, with nothing more to say of it.
    #[must_use]
    pub fn by_itself(kind: ActivityKind) -> Self {
        Self { kind, by: None, note: "", target: None, until: None }
    }
}

/// Writes down what was done.
///
/// # Errors
/// The database's.
pub fn add(conn: &mut Connection, spot: Spot, did: &Did<'_>, at: Timestamp) -> QueryResult<ActivityId> {
    diesel::insert_into(activities::table)
        .values((
            activities::conversation_id.eq(spot.conversation),
            activities::interaction_id.eq(spot.interaction),
            activities::kind.eq(did.kind),
            activities::actor_id.eq(did.by),
            activities::note.eq(did.note),
            activities::target.eq(did.target),
            activities::until_at.eq(did.until),
            activities::at.eq(at),
        ))
        .returning(activities::id)
        .get_result(conn)
}

/// Forgets that an interaction was finished: that was taken back.
///
/// # Errors
/// The database's.
pub fn forget_finish(conn: &mut Connection, interaction: InteractionId, at: Timestamp) -> QueryResult<()> {
    let of_interaction =
        activities::table
            .filter(activities::conversation_id.eq_any(
                interactions::table.filter(interactions::id.eq(interaction)).select(interactions::conversation_id),
            ))
            .filter(activities::interaction_id.eq(interaction))
            .filter(activities::kind.eq(ActivityKind::Finished))
            .filter(activities::at.eq(at));
    diesel::delete(of_interaction).execute(conn)?;
    Ok(())
}

type Row = (
    (ActivityId, ActivityKind, Option<InteractionId>),
    (Option<UserId>, Option<String>),
    (String, Option<String>, Option<Timestamp>, Timestamp, Option<Timestamp>),
);

macro_rules! rows {
    () => {
        activities::table.left_join(users::table).select((
            (activities::id, activities::kind, activities::interaction_id),
            (activities::actor_id, users::name.nullable()),
            (activities::note, activities::target, activities::until_at, activities::at, activities::edited_at),
        ))
    };
}

fn view(
    ((id, kind, interaction_id), (actor_id, actor_name), (text, target, until, at, edited_at)): Row,
) -> ActivityView {
    ActivityView { id, kind, interaction_id, actor_id, actor_name, text, target, until, at, edited_at }
}

/// One of them.
///
/// # Errors
/// `not_found`.
pub fn one(conn: &mut Connection, id: ActivityId) -> QueryResult<ActivityView> {
    rows!().filter(activities::id.eq(id)).first(conn).map(view)
}

/// All that is shown beside the mails of a conversation.
///
/// # Errors
/// The database's.
pub fn of_conversation(conn: &mut Connection, id: ConversationId) -> QueryResult<Timeline> {
    let rows: Vec<Row> =
        rows!().filter(activities::conversation_id.eq(id)).order(activities::id.desc()).limit(WINDOW).load(conn)?;
    Ok(Timeline { tags: tags::of_conversation(conn, id)?, activities: rows.into_iter().rev().map(view).collect() })
}

/// Those of a conversation before one of them, newest first.
///
/// # Errors
/// The database's.
pub fn before(
    conn: &mut Connection,
    id: ConversationId,
    before: Option<ActivityId>,
    limit: i64,
) -> QueryResult<Vec<ActivityView>> {
    let rows: Vec<Row> = rows!()
        .filter(activities::conversation_id.eq(id))
        .filter(activities::id.lt(before.unwrap_or(ActivityId(i64::MAX))))
        .order(activities::id.desc())
        .limit(limit)
        .load(conn)?;
    Ok(rows.into_iter().map(view).collect())
}

/// Conversation of a note that the caller wrote.
///
/// # Errors
/// `not_found`: there is none that he may read; `forbidden`: another wrote it.
pub fn own_note(conn: &mut Connection, caller: &Principal, id: ActivityId) -> Result<ConversationId> {
    let (conversation, kind, author): (ConversationId, ActivityKind, Option<UserId>) = activities::table
        .find(id)
        .select((activities::conversation_id, activities::kind, activities::actor_id))
        .first(conn)?;
    access::readable(conn, caller, conversation)?;
    match (kind, author == Some(caller.user_id)) {
        (ActivityKind::Note, true) => Ok(conversation),
        (ActivityKind::Note, false) => Err(Error::detailed(ErrorCode::Forbidden, "another wrote this note")),
        _ => Err(ErrorCode::NotFound.into()),
    }
}

/// Changes a note.
///
/// # Errors
/// The database's.
pub fn rewrite(conn: &mut Connection, id: ActivityId, text: &str, at: Timestamp) -> QueryResult<()> {
    diesel::update(activities::table.find(id))
        .set((activities::note.eq(text), activities::edited_at.eq(at)))
        .execute(conn)?;
    Ok(())
}

/// Removes a note.
///
/// # Errors
/// The database's.
pub fn remove(conn: &mut Connection, id: ActivityId) -> QueryResult<()> {
    diesel::delete(activities::table.find(id)).execute(conn)?;
    Ok(())
}

/// Tells whoever may have the conversation before his eyes: the members of its campaign, who holds it, supervisors. Call it
/// late in a transaction.
///
/// # Errors
/// The database's.
pub fn announce(conn: &mut Connection, id: ConversationId, at: Timestamp) -> QueryResult<()> {
    let campaign: CampaignId = conversations::table.find(id).select(conversations::campaign_id).first(conn)?;
    let mut users = access::members(conn, campaign)?;
    users.extend(super::tray::holder(conn, id)?.filter(|holder| !users.contains(holder)));
    events::append(conn, at, &Audience::agents(users, campaign), &LiveEvent::TimelineChanged { conversation_id: id })
}
