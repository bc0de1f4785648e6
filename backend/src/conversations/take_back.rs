//! Taking a sent mail back within its undo time: the outbox lets go of it, and conversation, interaction and draft are as
//! if it had never been sent.

use super::{
    access,
    interactions::{self, Before},
    messages,
    rows::MessageRow,
};
use crate::{
    kernel::{
        Result,
        db::{
            Connection,
            schema::{attachments, conversations, drafts as drafts_table, sent_drafts},
        },
        http::auth::Principal,
    },
    outbox, ratings,
};
use diesel::prelude::*;
use shared::{
    api::{drafts::DraftKind, interactions::Direction},
    error::ErrorCode,
    ids::{ConversationId, DraftId, MessageId},
    time::Timestamp,
};

/// What taking back a mail left.
#[derive(Debug, Clone, Copy)]
pub struct TakenBack {
    /// What was written.
    pub draft: DraftId,
    /// The rest ended that finishing with it had given: who calls tells it ([`crate::presence::tell`]).
    pub rest_ended: bool,
    /// It had finished an interaction of this conversation, which is open again: who calls tells it ([`super::timeline::announce`]).
    pub reopened: Option<ConversationId>,
}

/// Takes a mail back; what was written is a draft again.
///
/// # Errors
/// `already_sent`: too late; `not_found`: no mail of the caller's.
pub fn cancel(conn: &mut Connection, caller: &Principal, id: MessageId, now: Timestamp) -> Result<TakenBack> {
    let row = messages::row(conn, id)?;
    access::readable(conn, caller, row.conversation_id)?;
    if row.author_id != Some(caller.user_id) {
        return Err(ErrorCode::NotFound.into());
    }
    if !outbox::cancel(conn, id, now)? {
        return Err(ErrorCode::AlreadySent.into());
    }
    let (kind, answered, written, version, finished): (DraftKind, Option<MessageId>, String, i64, bool) =
        sent_drafts::table
            .find(id)
            .select((
                sent_drafts::kind,
                sent_drafts::reply_to_message_id,
                sent_drafts::html,
                sent_drafts::conversation_version,
                sent_drafts::finished,
            ))
            .first(conn)?;
    diesel::delete(sent_drafts::table.find(id)).execute(conn)?;
    let rest_ended = match row.interaction_id.filter(|_| finished) {
        Some(interaction) => interactions::reopen(conn, interaction, caller.user_id, now)?.unwrap_or(false),
        None => false,
    };
    ratings::withdraw(conn, id)?;
    undo_answer(conn, &row, now)?;
    let draft: DraftId = diesel::insert_into(drafts_table::table)
        .values((
            drafts_table::kind.eq(kind),
            drafts_table::author_id.eq(caller.user_id),
            drafts_table::campaign_id.eq(row.campaign_id),
            drafts_table::conversation_id.eq(row.conversation_id),
            drafts_table::interaction_id.eq(row.interaction_id),
            drafts_table::reply_to_message_id.eq(answered),
            drafts_table::recipients.eq(&row.recipients),
            drafts_table::subject.eq(&row.subject),
            drafts_table::html.eq(written),
            drafts_table::conversation_version.eq(version),
            drafts_table::created_at.eq(now),
            drafts_table::updated_at.eq(now),
            drafts_table::version.eq(1_i64),
            drafts_table::from_address.eq(&row.from_address),
        ))
        .returning(drafts_table::id)
        .get_result(conn)?;
    diesel::update(attachments::table.filter(attachments::message_id.eq(id)).filter(attachments::part.is_null()))
        .set((attachments::draft_id.eq(draft), attachments::message_id.eq(None::<MessageId>)))
        .execute(conn)?;
    Ok(TakenBack { draft, rest_ended, reopened: row.interaction_id.filter(|_| finished).map(|_| row.conversation_id) })
}

/// The conversation and its interaction are as if the mail had never been sent.
fn undo_answer(conn: &mut Connection, row: &MessageRow, now: Timestamp) -> Result<()> {
    let newest = messages::newest(conn, row.conversation_id)?;
    let (direction, snippet, at) = newest.unwrap_or((Direction::Out, String::new(), row.created_at));
    diesel::update(conversations::table.find(row.conversation_id))
        .set((
            conversations::message_count.eq(conversations::message_count - 1),
            conversations::last_snippet.eq(snippet),
            conversations::last_message_at.eq(at),
        ))
        .execute(conn)?;
    if let Some(interaction) = row.interaction_id {
        let first = messages::first_answer(conn, interaction)?;
        interactions::undo_answer(conn, interaction, first, direction == Direction::In)?;
        interactions::announce(conn, interaction, Before::Same, now)?;
    }
    Ok(())
}

/// Forgets what can no longer be taken back.
///
/// # Errors
/// The database's.
pub fn forget_sent(conn: &mut Connection, before: Timestamp) -> QueryResult<usize> {
    diesel::delete(sent_drafts::table.filter(sent_drafts::created_at.lt(before))).execute(conn)
}
