//! Messages as the API shows them, with their bodies, files and delivery.

use super::rows::{AttachmentRow, MessageRow};
use crate::{
    files::{Link, links::may_preview},
    kernel::{
        Core,
        db::{
            Connection,
            schema::{attachments, message_bodies, messages, outbox as outbox_table, users},
        },
    },
    outbox, ratings,
};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use shared::{
    api::{
        attachments::AttachmentView,
        conversations::{Delivery, MessageKind, MessageView},
        interactions::Direction,
    },
    ids::{ConversationId, InteractionId, MessageId, UserId},
    time::Timestamp,
};
use std::collections::HashMap;

/// Messages of a conversation, newest first, at most `limit`; with `before`, those older than it.
///
/// # Errors
/// The database's.
pub fn of_conversation(
    conn: &mut Connection,
    core: &Core,
    conversation: ConversationId,
    before: Option<MessageId>,
    limit: i64,
    now: Timestamp,
) -> QueryResult<Vec<MessageView>> {
    let newest = messages::table
        .filter(messages::conversation_id.eq(conversation))
        .filter(messages::id.lt(before.unwrap_or(MessageId(i64::MAX))))
        .filter(not(exists(taken_back())));
    let rows: Vec<MessageRow> =
        newest.order(messages::id.desc()).limit(limit).select(MessageRow::as_select()).load(conn)?;
    views(conn, core, rows, now)
}

/// Messages that an answer to `answered` quotes with its history: that one and what went before it, newest first.
///
/// # Errors
/// The database's.
pub fn history(conn: &mut Connection, answered: &MessageRow, limit: i64) -> QueryResult<Vec<MessageRow>> {
    messages::table
        .filter(messages::conversation_id.eq(answered.conversation_id))
        .filter(messages::id.le(answered.id))
        .filter(not(exists(taken_back())))
        .order(messages::id.desc())
        .limit(limit)
        .select(MessageRow::as_select())
        .load(conn)
}

/// The outbox row of a message that was taken back: what never left is no part of the exchange.
#[diesel::dsl::auto_type(no_type_alias)]
fn taken_back() -> _ {
    let cancelled: Delivery = Delivery::Cancelled;
    outbox_table::table.filter(outbox_table::message_id.eq(messages::id)).filter(outbox_table::state.eq(cancelled))
}

/// The newest message that is part of the exchange, and no confirmation of ours: who wrote it, and its first words.
///
/// # Errors
/// The database's.
pub fn newest(
    conn: &mut Connection,
    conversation: ConversationId,
) -> QueryResult<Option<(Direction, String, Timestamp)>> {
    messages::table
        .filter(messages::conversation_id.eq(conversation))
        .filter(not(exists(taken_back())))
        .filter(not(messages::direction.eq(Direction::Out).and(messages::kind.eq(MessageKind::AutoReply))))
        .order(messages::id.desc())
        .select((messages::direction, messages::snippet, messages::created_at))
        .first(conn)
        .optional()
}

/// When the first answer of an interaction left for the outbox, if one did.
///
/// # Errors
/// The database's.
pub fn first_answer(conn: &mut Connection, interaction: InteractionId) -> QueryResult<Option<Timestamp>> {
    messages::table
        .filter(messages::interaction_id.eq(interaction))
        .filter(messages::direction.eq(Direction::Out))
        .filter(messages::kind.ne(MessageKind::AutoReply))
        .filter(not(exists(taken_back())))
        .order(messages::id.asc())
        .select(messages::created_at)
        .first(conn)
        .optional()
}

/// One message.
///
/// # Errors
/// `not_found`.
pub fn row(conn: &mut Connection, id: MessageId) -> QueryResult<MessageRow> {
    messages::table.find(id).select(MessageRow::as_select()).first(conn)
}

/// One message as the API shows it.
///
/// # Errors
/// `not_found`.
pub fn one(conn: &mut Connection, core: &Core, id: MessageId, now: Timestamp) -> QueryResult<MessageView> {
    let row = row(conn, id)?;
    views(conn, core, vec![row], now)?.pop().ok_or(diesel::result::Error::NotFound)
}

/// Text and stored HTML of a message.
///
/// # Errors
/// `not_found`.
pub fn body(conn: &mut Connection, id: MessageId) -> QueryResult<(String, Option<i32>, Option<String>)> {
    message_bodies::table
        .find(id)
        .select((message_bodies::plain, message_bodies::quote_at, message_bodies::html))
        .first(conn)
}

/// Files of messages.
///
/// # Errors
/// The database's.
pub fn files(conn: &mut Connection, ids: &[MessageId]) -> QueryResult<Vec<AttachmentRow>> {
    attachments::table
        .filter(attachments::message_id.eq_any(ids))
        .order(attachments::id.asc())
        .select(AttachmentRow::as_select())
        .load(conn)
}

fn views(conn: &mut Connection, core: &Core, rows: Vec<MessageRow>, now: Timestamp) -> QueryResult<Vec<MessageView>> {
    let ids: Vec<MessageId> = rows.iter().map(|row| row.id).collect();
    type Body = (MessageId, String, Option<i32>, Option<String>);
    let bodies: Vec<Body> = message_bodies::table
        .filter(message_bodies::message_id.eq_any(&ids))
        .select((message_bodies::message_id, message_bodies::plain, message_bodies::quote_at, message_bodies::html))
        .load(conn)?;
    let mut bodies: HashMap<MessageId, Body> = bodies.into_iter().map(|body| (body.0, body)).collect();
    let mut files_of: HashMap<MessageId, Vec<AttachmentRow>> = HashMap::new();
    for file in files(conn, &ids)? {
        if let Some(message) = file.message_id {
            files_of.entry(message).or_default().push(file);
        }
    }
    let authors: Vec<UserId> = rows.iter().filter_map(|row| row.author_id).collect();
    let names: Vec<(UserId, String)> =
        users::table.filter(users::id.eq_any(&authors)).select((users::id, users::name)).load(conn)?;
    let names: HashMap<UserId, String> = names.into_iter().collect();
    let mut deliveries = outbox::states(conn, &ids, now)?;
    let mut ratings = ratings::of_messages(conn, &ids)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let (_, text, quote_at, html) = bodies.remove(&row.id).unwrap_or((row.id, String::new(), None, None));
            let files = files_of.remove(&row.id).unwrap_or_default();
            let delivery = deliveries.remove(&row.id);
            let source = |hash: &String| Link {
                blob: hash.clone(),
                part: None,
                name: format!("mail-{}.eml", row.id),
                content_type: "message/rfc822".into(),
                inline: false,
                content_id: None,
            };
            MessageView {
                frame_url: html.as_ref().map(|_| super::frames::message_url(core, row.id, false, now)),
                frame_url_remote: (row.remote_images > 0).then(|| super::frames::message_url(core, row.id, true, now)),
                attachments: files.iter().map(|file| attachment(core, file, row.source_hash.as_deref(), now)).collect(),
                source_url: row.source_hash.as_ref().map(|hash| source(hash).url(core, now)),
                from: row.from(),
                author_name: row.author_id.and_then(|author| names.get(&author).cloned()),
                id: row.id,
                conversation_id: row.conversation_id,
                interaction_id: row.interaction_id,
                direction: row.direction,
                kind: row.kind,
                internet_message_id: row.internet_message_id,
                to: row.recipients.0.to,
                cc: row.recipients.0.cc,
                bcc: row.recipients.0.bcc,
                reply_to: row.recipients.0.reply_to,
                subject: row.subject,
                text,
                quote_at: quote_at.and_then(|at| u32::try_from(at).ok()),
                html,
                remote_images: u32::try_from(row.remote_images).unwrap_or(0),
                from_stranger: row.from_stranger,
                author_id: row.author_id,
                delivery: delivery.as_ref().map(|state| state.delivery),
                due_at: delivery.as_ref().and_then(|state| state.due_at),
                attempts: delivery.as_ref().map(|state| state.attempts),
                last_reply: delivery.as_ref().and_then(|state| state.last_reply.clone()),
                failed_recipients: delivery.map(|state| state.failed).unwrap_or_default(),
                source_size: row.source_size,
                source_sha256: row.source_hash,
                dated_at: row.dated_at,
                created_at: row.created_at,
                rating: ratings.remove(&row.id),
            }
        })
        .collect())
}

/// A file as the API shows it.
#[must_use]
pub fn attachment(core: &Core, row: &AttachmentRow, source: Option<&str>, now: Timestamp) -> AttachmentView {
    let previewable = may_preview(&row.content_type);
    AttachmentView {
        id: row.id,
        name: row.name.clone(),
        content_type: row.content_type.clone(),
        size: row.size,
        sha256: row.sha256.clone(),
        inline: row.inline,
        content_id: row.content_id.clone(),
        url: link(row, source, previewable).url(core, now),
        previewable,
    }
}

/// What the signed link of a file opens.
#[must_use]
pub fn link(row: &AttachmentRow, source: Option<&str>, inline: bool) -> Link {
    let part = row.part.and_then(|part| u32::try_from(part).ok());
    Link {
        blob: match (part, source) {
            (Some(_), Some(source)) => source.to_owned(),
            _ => row.sha256.clone(),
        },
        part,
        name: row.name.clone(),
        content_type: row.content_type.clone(),
        inline,
        content_id: row.content_id.clone(),
    }
}
