//! Rows of the outbox.

use crate::kernel::{
    db::{
        Connection, Json, arms,
        schema::{campaigns, mail_accounts, outbox},
    },
    events::{self, Audience},
};
use diesel::{
    dsl::{max, sql},
    prelude::*,
    sql_types::Bool,
};
use shared::{
    api::{
        campaigns::AccountHealth,
        conversations::{Delivery, RecipientFailure},
    },
    ids::{AccountId, CampaignId, ConversationId, MessageId, OutboxId, UserId},
    live::LiveEvent,
    time::Timestamp,
};
use std::{collections::HashMap, time::Duration};

// Word for word what the partial indexes say: neither planner can tell that a parameter will be one of their states.

/// Rows that wait to be sent.
const WAITING: &str = "outbox.state IN ('held', 'queued')";
/// Rows that are being sent.
const SENDING: &str = "outbox.state = 'sending'";
/// Rows whose copy is still to be filed.
const UNCOPIED: &str = "outbox.state = 'sent' AND NOT outbox.copied";

/// A mail to send.
#[derive(Debug, Clone)]
pub struct New {
    /// Message.
    pub message: MessageId,
    /// Account that sends.
    pub account: AccountId,
    /// Campaign.
    pub campaign: CampaignId,
    /// Conversation.
    pub conversation: ConversationId,
    /// Who wrote it.
    pub author: Option<UserId>,
    /// Blob of the raw mail.
    pub source_hash: String,
    /// Envelope sender.
    pub envelope_from: String,
    /// Envelope recipients.
    pub recipients: Vec<String>,
    /// Leaves at; can be taken back before.
    pub due_at: Timestamp,
}

/// Puts a mail into the outbox.
///
/// # Errors
/// The database's.
pub fn enqueue(conn: &mut Connection, new: &New, now: Timestamp) -> QueryResult<()> {
    let state = if new.due_at > now { Delivery::Held } else { Delivery::Queued };
    diesel::insert_into(outbox::table)
        .values((
            outbox::message_id.eq(new.message),
            outbox::account_id.eq(new.account),
            outbox::campaign_id.eq(new.campaign),
            outbox::conversation_id.eq(new.conversation),
            outbox::author_id.eq(new.author),
            outbox::source_hash.eq(&new.source_hash),
            outbox::state.eq(state),
            outbox::envelope_from.eq(&new.envelope_from),
            outbox::pending.eq(Json(new.recipients.clone())),
            outbox::failed.eq(Json(Vec::<RecipientFailure>::new())),
            outbox::attempts.eq(0),
            outbox::due_at.eq(new.due_at),
            outbox::tried_since.eq(new.due_at),
            outbox::lease_at.eq(0_i64),
            outbox::copied.eq(false),
        ))
        .execute(conn)?;
    announce(conn, new.message, now)
}

/// How a mail stands, for the API.
#[derive(Debug, Clone)]
pub struct State {
    /// How far it has come.
    pub delivery: Delivery,
    /// End of the undo time, or next try.
    pub due_at: Option<Timestamp>,
    /// Tries so far.
    pub attempts: i32,
    /// Last answer of the server, where it was not an acceptance.
    pub last_reply: Option<String>,
    /// Recipients that were refused.
    pub failed: Vec<RecipientFailure>,
}

/// States of mails; what never was in the outbox is absent.
///
/// # Errors
/// The database's.
pub fn states(conn: &mut Connection, ids: &[MessageId], now: Timestamp) -> QueryResult<HashMap<MessageId, State>> {
    type Row = (MessageId, Delivery, Timestamp, i32, Option<String>, Json<Vec<RecipientFailure>>);
    let rows: Vec<Row> = outbox::table
        .filter(outbox::message_id.eq_any(ids))
        .select((
            outbox::message_id,
            outbox::state,
            outbox::due_at,
            outbox::attempts,
            outbox::last_reply,
            outbox::failed,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, state, due, attempts, last_reply, failed)| {
            let delivery = if state == Delivery::Held && due <= now { Delivery::Queued } else { state };
            let waits = matches!(delivery, Delivery::Held | Delivery::Queued);
            (id, State { delivery, due_at: waits.then_some(due), attempts, last_reply, failed: failed.0 })
        })
        .collect())
}

/// Takes a mail back that nobody has begun to send; answers whether that was in time.
///
/// # Errors
/// The database's.
pub fn cancel(conn: &mut Connection, id: MessageId, now: Timestamp) -> QueryResult<bool> {
    let held = outbox::table
        .filter(outbox::message_id.eq(id))
        .filter(outbox::state.eq(Delivery::Held))
        .filter(outbox::attempts.eq(0))
        .filter(outbox::due_at.gt(now));
    Ok(diesel::update(held).set(outbox::state.eq(Delivery::Cancelled)).execute(conn)? == 1)
}

/// Gives up mails of a campaign that have not left, oldest first, at most `limit`, with these words for their authors;
/// answers which. They count as failed: whoever wrote one sees it, and can have it tried again.
///
/// # Errors
/// The database's.
pub fn discard(conn: &mut Connection, campaign: CampaignId, limit: i64, words: &str) -> QueryResult<Vec<MessageId>> {
    type Row = (OutboxId, MessageId, Json<Vec<String>>, Json<Vec<RecipientFailure>>);
    let rows: Vec<Row> = outbox::table
        .filter(outbox::campaign_id.eq(campaign))
        .filter(sql::<Bool>(WAITING))
        .order(outbox::id.asc())
        .limit(limit)
        .select((outbox::id, outbox::message_id, outbox::pending, outbox::failed))
        .load(conn)?;
    let mut discarded = Vec::new();
    for (id, message, Json(pending), Json(mut failed)) in rows {
        failed.extend(pending.into_iter().map(|email| RecipientFailure { email, reply: words.to_owned() }));
        let changed = diesel::update(outbox::table.find(id).filter(sql::<Bool>(WAITING)))
            .set((
                outbox::state.eq(Delivery::Failed),
                outbox::pending.eq(Json(Vec::<String>::new())),
                outbox::failed.eq(Json(failed)),
                outbox::last_reply.eq(words),
            ))
            .execute(conn)?;
        if changed == 1 {
            discarded.push(message);
        }
    }
    Ok(discarded)
}

/// Makes a failed mail, or one that waits for its next try, due at once; answers whether there was one. It is not when
/// the worker has just claimed it.
///
/// # Errors
/// The database's.
pub fn retry(conn: &mut Connection, id: MessageId, now: Timestamp) -> QueryResult<bool> {
    type Row = (Delivery, i32, Json<Vec<String>>, Json<Vec<RecipientFailure>>);
    let row: Option<Row> = outbox::table
        .filter(outbox::message_id.eq(id))
        .filter(outbox::state.eq_any([Delivery::Failed, Delivery::Queued]))
        .select((outbox::state, outbox::attempts, outbox::pending, outbox::failed))
        .first(conn)
        .optional()?;
    let Some((state, attempts, Json(mut pending), Json(failed))) = row else { return Ok(false) };
    // What was claimed since, or tried, is left alone: made queued once more, it would go to the same people again.
    let unchanged = outbox::table
        .filter(outbox::message_id.eq(id))
        .filter(outbox::state.eq(state))
        .filter(outbox::attempts.eq(attempts));
    let at_once = (outbox::due_at.eq(now), outbox::tried_since.eq(now));
    let changed = if state == Delivery::Failed {
        pending.extend(failed.into_iter().map(|one| one.email));
        let nobody = Json(Vec::<RecipientFailure>::new());
        diesel::update(unchanged)
            .set((
                outbox::state.eq(Delivery::Queued),
                outbox::pending.eq(Json(pending)),
                outbox::failed.eq(nobody),
                at_once,
            ))
            .execute(conn)?
    } else {
        diesel::update(unchanged).set(at_once).execute(conn)?
    };
    Ok(changed == 1)
}

/// A sent mail came back. Answers what is to be told of it, and whom.
///
/// # Errors
/// The database's.
pub fn mark_bounced(
    conn: &mut Connection,
    id: MessageId,
    failures: &[RecipientFailure],
    now: Timestamp,
) -> QueryResult<Option<(Audience, LiveEvent)>> {
    let sent = outbox::table
        .filter(outbox::message_id.eq(id))
        .filter(outbox::state.eq_any([Delivery::Sent, Delivery::Bounced]));
    let known: Option<Json<Vec<RecipientFailure>>> = sent.select(outbox::failed).first(conn).optional()?;
    let Some(Json(mut failed)) = known else { return Ok(None) };
    for failure in failures {
        if !failed.iter().any(|one| one.email.eq_ignore_ascii_case(&failure.email)) {
            failed.push(failure.clone());
        }
    }
    let reply = failures.first().map(|failure| failure.reply.clone());
    diesel::update(outbox::table.filter(outbox::message_id.eq(id)))
        .set((outbox::state.eq(Delivery::Bounced), outbox::failed.eq(Json(failed)), outbox::last_reply.eq(reply)))
        .execute(conn)?;
    news(conn, id, now)
}

/// Tells its author and supervisors how a mail stands.
///
/// # Errors
/// The database's.
pub fn announce(conn: &mut Connection, id: MessageId, now: Timestamp) -> QueryResult<()> {
    match news(conn, id, now)? {
        Some((audience, event)) => events::append(conn, now, &audience, &event),
        None => Ok(()),
    }
}

/// What [`announce`] tells, and whom.
fn news(conn: &mut Connection, id: MessageId, now: Timestamp) -> QueryResult<Option<(Audience, LiveEvent)>> {
    type Row = (CampaignId, ConversationId, Option<UserId>);
    let (campaign, conversation_id, author): Row = outbox::table
        .filter(outbox::message_id.eq(id))
        .select((outbox::campaign_id, outbox::conversation_id, outbox::author_id))
        .first(conn)?;
    let Some(state) = states(conn, &[id], now)?.remove(&id) else { return Ok(None) };
    Ok(Some((
        Audience::agents(author, campaign),
        LiveEvent::DeliveryChanged {
            conversation_id,
            message_id: id,
            delivery: state.delivery,
            due_at: state.due_at,
            last_reply: state.last_reply,
        },
    )))
}

/// A row that was claimed.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Row.
    pub id: OutboxId,
    /// Message.
    pub message: MessageId,
    /// Raw mail.
    pub source_hash: String,
    /// Envelope sender.
    pub envelope_from: String,
    /// Recipients that have not got it.
    pub pending: Vec<String>,
    /// Refused before.
    pub failed: Vec<RecipientFailure>,
    /// This try's number.
    pub attempt: i32,
    /// Given up after.
    pub give_up_at: Timestamp,
}

/// Accounts with something due, whose campaigns are on and whose outgoing server has not refused the login.
///
/// # Errors
/// The database's.
pub fn accounts_due(conn: &mut Connection, now: Timestamp) -> QueryResult<Vec<(AccountId, i64)>> {
    mail_accounts::table
        .inner_join(campaigns::table)
        .filter(campaigns::enabled.eq(true))
        .filter(mail_accounts::smtp_stopped.eq(false))
        .filter(diesel::dsl::exists(
            outbox::table
                .filter(outbox::account_id.eq(mail_accounts::id))
                .filter(sql::<Bool>(WAITING))
                .filter(outbox::due_at.le(now)),
        ))
        .select((mail_accounts::id, mail_accounts::revision))
        .load(conn)
}

/// When the next mail falls due.
///
/// # Errors
/// The database's.
pub fn next_due(conn: &mut Connection, after: Timestamp) -> QueryResult<Option<Timestamp>> {
    outbox::table
        .filter(sql::<Bool>(WAITING))
        .filter(outbox::due_at.gt(after))
        .order(outbox::due_at.asc())
        .select(outbox::due_at)
        .first(conn)
        .optional()
}

/// Claims due rows of an account, at most `limit`, oldest first. What is being sent is never claimed, however long it
/// takes: it is given back first, by whoever knows that nobody sends it ([`give_back`], [`reclaim`], [`take_over`]).
/// Mail is given up when it was tried for `give_up`.
///
/// # Errors
/// The database's.
pub fn claim(
    conn: &mut Connection,
    account: AccountId,
    node: &str,
    limit: i64,
    give_up: Duration,
    now: Timestamp,
) -> QueryResult<Vec<Claimed>> {
    // One claimer at a time per account; on SQLite every write transaction is alone already.
    arms::lock_pair(conn, 72, account.0)?;
    type Row = (OutboxId, MessageId, String, String, Json<Vec<String>>, Json<Vec<RecipientFailure>>, i32, Timestamp);
    let due: Vec<OutboxId> = outbox::table
        .filter(outbox::account_id.eq(account))
        .filter(sql::<Bool>(WAITING))
        .filter(outbox::due_at.le(now))
        .order((outbox::due_at.asc(), outbox::id.asc()))
        .limit(limit)
        .select(outbox::id)
        .load(conn)?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    // The state once more: on PostgreSQL a mail can be taken back between the two statements, and must not leave then.
    let mut rows: Vec<Row> = diesel::update(outbox::table.filter(outbox::id.eq_any(&due)).filter(sql::<Bool>(WAITING)))
        .set((
            outbox::state.eq(Delivery::Sending),
            outbox::lease_owner.eq(node),
            outbox::lease_at.eq(now),
            outbox::attempts.eq(outbox::attempts + 1),
        ))
        .returning((
            outbox::id,
            outbox::message_id,
            outbox::source_hash,
            outbox::envelope_from,
            outbox::pending,
            outbox::failed,
            outbox::attempts,
            outbox::tried_since,
        ))
        .get_results(conn)?;
    // What is returned comes in any order.
    rows.sort_by_key(|row| due.iter().position(|id| *id == row.0));
    Ok(rows
        .into_iter()
        .map(|(id, message, source_hash, envelope_from, pending, failed, attempt, tried_since)| Claimed {
            id,
            message,
            source_hash,
            envelope_from,
            pending: pending.0,
            failed: failed.0,
            attempt,
            give_up_at: tried_since.plus(give_up),
        })
        .collect())
}

/// Gives back what a process claimed that is surely dead: `owner`, or on SQLite, where no other can be alive, all.
///
/// # Errors
/// The database's.
pub fn reclaim(conn: &mut Connection, owner: Option<&str>) -> QueryResult<usize> {
    let left = outbox::table.filter(sql::<Bool>(SENDING));
    let given_back = (outbox::state.eq(Delivery::Queued), outbox::lease_owner.eq(None::<String>));
    match owner {
        Some(owner) => diesel::update(left.filter(outbox::lease_owner.eq(owner))).set(given_back).execute(conn),
        None => diesel::update(left).set(given_back).execute(conn),
    }
}

/// What is marked as being sent by this node.
///
/// # Errors
/// The database's.
pub fn claimed_by(conn: &mut Connection, node: &str) -> QueryResult<Vec<OutboxId>> {
    outbox::table.filter(sql::<Bool>(SENDING)).filter(outbox::lease_owner.eq(node)).select(outbox::id).load(conn)
}

/// Gives back what this node claimed and does not send.
///
/// # Errors
/// The database's.
pub fn give_back(conn: &mut Connection, node: &str, ids: &[OutboxId]) -> QueryResult<usize> {
    let mine =
        outbox::table.filter(outbox::id.eq_any(ids)).filter(sql::<Bool>(SENDING)).filter(outbox::lease_owner.eq(node));
    diesel::update(mine).set((outbox::state.eq(Delivery::Queued), outbox::lease_owner.eq(None::<String>))).execute(conn)
}

/// Tells the other nodes that this one lives and goes on sending these.
///
/// # Errors
/// The database's.
pub fn renew(conn: &mut Connection, node: &str, ids: &[OutboxId], now: Timestamp) -> QueryResult<usize> {
    let mine =
        outbox::table.filter(outbox::id.eq_any(ids)).filter(sql::<Bool>(SENDING)).filter(outbox::lease_owner.eq(node));
    diesel::update(mine).set(outbox::lease_at.eq(now)).execute(conn)
}

/// Other nodes that send something, and when each last said that it lives.
///
/// # Errors
/// The database's.
pub fn holders(conn: &mut Connection, node: &str) -> QueryResult<Vec<(String, Timestamp)>> {
    let rows: Vec<(Option<String>, Option<Timestamp>)> = outbox::table
        .filter(sql::<Bool>(SENDING))
        .filter(outbox::lease_owner.ne(node))
        .group_by(outbox::lease_owner)
        .select((outbox::lease_owner, max(outbox::lease_at)))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(owner, at)| Some((owner?, at?))).collect())
}

/// Gives back what another node claimed that has not been heard of since `heard`; nothing if it has.
///
/// # Errors
/// The database's.
pub fn take_over(conn: &mut Connection, owner: &str, heard: Timestamp) -> QueryResult<usize> {
    let newest: Option<Timestamp> = outbox::table
        .filter(sql::<Bool>(SENDING))
        .filter(outbox::lease_owner.eq(owner))
        .select(max(outbox::lease_at))
        .first(conn)?;
    if newest == Some(heard) { reclaim(conn, Some(owner)) } else { Ok(0) }
}

/// What came of a try.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Row.
    pub id: OutboxId,
    /// Message.
    pub message: MessageId,
    /// Where it stands now.
    pub state: Delivery,
    /// Recipients that have not got it.
    pub pending: Vec<String>,
    /// Recipients that were refused.
    pub failed: Vec<RecipientFailure>,
    /// Next try.
    pub due_at: Option<Timestamp>,
    /// The server's words.
    pub last_reply: Option<String>,
    /// The try does not count: it was the account's fault, or we stopped.
    pub uncount: bool,
}

/// Records what came of tries of this node. A row that another has taken over meanwhile is left alone.
///
/// # Errors
/// The database's.
pub fn record(conn: &mut Connection, node: &str, outcomes: &[Outcome], now: Timestamp) -> QueryResult<()> {
    for outcome in outcomes {
        let mine = outbox::table.find(outcome.id).filter(sql::<Bool>(SENDING)).filter(outbox::lease_owner.eq(node));
        let changed = diesel::update(mine)
            .set((
                outbox::state.eq(outcome.state),
                outbox::pending.eq(Json(outcome.pending.clone())),
                outbox::failed.eq(Json(outcome.failed.clone())),
                outbox::last_reply.eq(&outcome.last_reply),
                outbox::lease_owner.eq(None::<String>),
                outbox::lease_at.eq(0_i64),
                outbox::sent_at.eq((outcome.state == Delivery::Sent).then_some(now)),
            ))
            .execute(conn)?;
        if changed == 0 {
            continue;
        }
        if let Some(due_at) = outcome.due_at {
            diesel::update(outbox::table.find(outcome.id)).set(outbox::due_at.eq(due_at)).execute(conn)?;
        }
        if outcome.uncount {
            diesel::update(outbox::table.find(outcome.id))
                .set(outbox::attempts.eq(outbox::attempts - 1))
                .execute(conn)?;
        }
    }
    for outcome in outcomes {
        announce(conn, outcome.message, now)?;
    }
    Ok(())
}

/// Whether a row is still claimed by this node.
///
/// # Errors
/// The database's.
pub fn is_claimed_by(conn: &mut Connection, id: OutboxId, node: &str) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        outbox::table.find(id).filter(sql::<Bool>(SENDING)).filter(outbox::lease_owner.eq(node)),
    ))
    .get_result(conn)
}

/// Accounts that file copies and have some to file, without those whose login was refused (R9), each with its revision.
///
/// # Errors
/// The database's.
pub fn accounts_with_copies(conn: &mut Connection) -> QueryResult<Vec<(AccountId, i64)>> {
    mail_accounts::table
        .inner_join(campaigns::table)
        .filter(campaigns::enabled.eq(true))
        .filter(mail_accounts::save_sent.eq(true))
        .filter(mail_accounts::imap_host.is_not_null())
        .filter(mail_accounts::health.ne(AccountHealth::Stopped))
        .filter(diesel::dsl::exists(
            outbox::table.filter(outbox::account_id.eq(mail_accounts::id)).filter(sql::<Bool>(UNCOPIED)),
        ))
        .select((mail_accounts::id, mail_accounts::revision))
        .load(conn)
}

/// Sent mails of an account that are not filed yet, oldest first, without those that rest.
///
/// # Errors
/// The database's.
pub fn copies_due(
    conn: &mut Connection,
    account: AccountId,
    resting: &[OutboxId],
    limit: i64,
) -> QueryResult<Vec<(OutboxId, String)>> {
    outbox::table
        .filter(outbox::account_id.eq(account))
        .filter(sql::<Bool>(UNCOPIED))
        .filter(outbox::id.ne_all(resting))
        .order(outbox::id.asc())
        .limit(limit)
        .select((outbox::id, outbox::source_hash))
        .load(conn)
}

/// Notes that copies are filed.
///
/// # Errors
/// The database's.
pub fn note_copied(conn: &mut Connection, ids: &[OutboxId]) -> QueryResult<()> {
    diesel::update(outbox::table.filter(outbox::id.eq_any(ids))).set(outbox::copied.eq(true)).execute(conn)?;
    Ok(())
}
