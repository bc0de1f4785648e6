//! A mail that came in becomes a message: its conversation is found or made, an interaction waits, all within the
//! caller's transaction.
//!
//! | what came | what becomes of it |
//! |---|---|
//! | a customer's mail, its conversation open | joins, stays with its agent, marked unread; one that was set aside is back |
//! | mail to the address of a campaign that its conversation has left | as if it had come to the one where it is now; home, where nobody works there |
//! | a customer's mail, its conversation finished or new | a new interaction waits |
//! | an automatic answer to us | joins; nobody is asked to answer a machine |
//! | a bounce of our mail | joins, marks the mail as bounced; if all was finished, a new interaction waits, since the customer never got his answer |
//! | our own mail coming back | joins, quietly |
//! | the first mail of a person in an interaction | may claim a confirmation ([`confirm`]) |
//! | mail from before the first connection | a finished interaction, as history |

use super::{
    confirm, contacts,
    interactions::{self, Before, NewInteraction},
    rows::Recipients,
    timeline::{self, Did, Spot},
};
use crate::{
    campaigns::{self, addresses::OwnAddresses},
    kernel::{
        db::{
            Connection, Json,
            schema::{
                attachments, campaigns as campaigns_table, contacts as contacts_table, conversations, former_campaigns,
                interactions as interactions_table, message_bodies, messages,
            },
        },
        events::{Audience, News},
        fold::fold,
        secrets::Key,
        storage::Blob,
    },
    mail::{
        self,
        address::{self, Address},
        autoreply::MailKind,
        bounce::{Action, BounceReport},
        message::{ParsedMail, PartInfo},
        threading::{self, Clues, Lookup, ThreadMatch},
    },
    outbox,
};
use diesel::prelude::*;
use shared::{
    api::{
        conversations::{MailAddress, MessageKind, RecipientFailure},
        interactions::{Direction, InteractionState},
        timeline::ActivityKind,
    },
    ids::{CampaignId, ContactId, ConversationId, InteractionId, MessageId},
    live::LiveEvent,
    time::Timestamp,
};
use std::cell::RefCell;

/// A file of a mail, as it is stored.
#[derive(Debug, Clone)]
pub struct StoredPart {
    /// What the mail says of it.
    pub info: PartInfo,
    /// Media type, judged by content.
    pub content_type: String,
    /// SHA-256 of the content.
    pub sha256: String,
}

/// A mail, read and made harmless outside the transaction.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Campaign.
    pub campaign: CampaignId,
    /// The account's addresses.
    pub own: OwnAddresses,
    /// The raw mail's blob.
    pub source: Blob,
    /// What was read; `None`: unreadable.
    pub parsed: Option<ParsedMail>,
    /// Sanitised HTML.
    pub html: Option<String>,
    /// Remote pictures held back.
    pub remote_images: u32,
    /// Files.
    pub parts: Vec<StoredPart>,
    /// What a delivery report says.
    pub bounce: Option<BounceReport>,
    /// It was there before the first connection.
    pub history: bool,
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// The message.
    pub message: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// The interaction that it joined or began.
    pub interaction: Option<InteractionId>,
}

/// Stores a mail. What is to be told of it goes to `news`, for the end of the transaction.
///
/// # Errors
/// The database's.
pub fn receive(
    conn: &mut Connection,
    key: &Key,
    mail: &Incoming,
    now: Timestamp,
    news: &mut News,
) -> QueryResult<Received> {
    let parsed = mail.parsed.as_ref();
    let author = parsed.and_then(|parsed| parsed.from.clone().or_else(|| parsed.sender.clone()));
    let author = author.unwrap_or(Address { name: None, email: String::new() });
    let own = mail.own.find(&author.email).is_some();
    let (found, from_stranger) = find_conversation(conn, key, mail, &author, now)?;
    let kind = kind_of(mail, own);
    let (conversation, campaign, fresh) = match found {
        Some(id) => (id, campaign_of(conn, id, mail)?, false),
        None => (new_conversation(conn, mail, parsed, &author, own, now)?, mail.campaign, true),
    };
    let (interaction, placed) = place(conn, mail, campaign, conversation, kind, own, fresh, now)?;
    let message = store(conn, mail, campaign, conversation, interaction, kind, &author, from_stranger, now)?;
    if let (Placed::Began, MessageKind::Personal, Some(parsed)) = (placed, kind, parsed) {
        confirm::claim(conn, mail, parsed, message, now)?;
    }
    if let Some(bounce) = &mail.bounce {
        note_bounce(conn, key, mail.campaign, bounce, now, news)?;
    }
    if placed != Placed::Aside
        && let Some(interaction) = interaction
    {
        let (audience, event) = interactions::news(conn, interaction, Before::Same)?;
        news.add(audience, event);
    }
    let holder = match interaction {
        Some(_) => interactions::open_one(conn, conversation)?.and_then(|(_, _, agent)| agent),
        None => None,
    };
    let event =
        LiveEvent::MessageAdded { conversation_id: conversation, interaction_id: interaction, message_id: message };
    news.add(Audience::agents(holder, campaign), event);
    if placed == Placed::Woke {
        let members = super::access::members(conn, campaign)?;
        let event = LiveEvent::TimelineChanged { conversation_id: conversation };
        news.add(Audience::agents(members.into_iter().chain(holder), campaign), event);
    }
    Ok(Received { message, conversation, interaction })
}

fn kind_of(mail: &Incoming, own: bool) -> MessageKind {
    let Some(parsed) = &mail.parsed else { return MessageKind::Unreadable };
    if mail.history {
        return MessageKind::History;
    }
    match parsed.kind {
        MailKind::Bounce => MessageKind::Bounce,
        MailKind::AutoReply | MailKind::Receipt => MessageKind::AutoReply,
        MailKind::Bulk | MailKind::Complaint => MessageKind::Bulk,
        MailKind::Personal | MailKind::AutoGenerated | MailKind::Calendar if own => MessageKind::AutoReply,
        MailKind::Personal | MailKind::AutoGenerated | MailKind::Calendar => MessageKind::Personal,
    }
}

/// The three questions of the threading rule, asked of the database.
struct Stored<'c> {
    conn: RefCell<&'c mut Connection>,
    campaign: CampaignId,
    /// It is our own mail: we take part in every conversation.
    own: bool,
    failed: RefCell<Option<diesel::result::Error>>,
}

impl Stored<'_> {
    // The rule's interface has no errors; the first one is kept and returned by the caller.
    fn ask<T: Default>(&self, question: impl FnOnce(&mut Connection) -> QueryResult<T>) -> T {
        match question(&mut self.conn.borrow_mut()) {
            Ok(answer) => answer,
            Err(error) => {
                self.failed.borrow_mut().get_or_insert(error);
                T::default()
            }
        }
    }
}

impl Lookup for Stored<'_> {
    fn conversation_of(&self, message_id: &str) -> Option<i64> {
        self.ask(|conn| {
            let found: Vec<ConversationId> = messages::table
                .filter(messages::internet_message_id.eq(message_id))
                .order(messages::id.desc())
                .select(messages::conversation_id)
                .limit(20)
                .load(conn)?;
            first_in(conn, &found, self.campaign)
        })
    }

    fn takes_part(&self, conversation: i64, sender: &str) -> Option<bool> {
        self.ask(|conn| {
            let id = ConversationId(conversation);
            // A token of another campaign's conversation changes nothing here.
            if !was_in(conn, id, self.campaign)? {
                return Ok(None);
            }
            if self.own { Ok(Some(true)) } else { is_participant(conn, id, sender).map(Some) }
        })
    }

    fn open_with(&self, sender: &str, subject: &str, since_ms: i64) -> Option<i64> {
        self.ask(|conn| {
            let open = interactions_table::table
                .filter(interactions_table::conversation_id.eq(conversations::id))
                .filter(interactions_table::state.ne(InteractionState::Finished));
            let found: Vec<ConversationId> = conversations::table
                .inner_join(contacts_table::table)
                .filter(contacts_table::address_folded.eq(sender))
                .filter(conversations::subject_folded.eq(subject))
                .filter(conversations::last_message_at.ge(Timestamp::from_millis(since_ms)))
                .filter(diesel::dsl::exists(open))
                .order(conversations::last_message_at.desc())
                .select(conversations::id)
                .limit(20)
                .load(conn)?;
            first_in(conn, &found, self.campaign)
        })
    }
}

/// The campaign in which a conversation goes on: its own, though the mail came to the address of one that it has left. Where
/// nobody works any more, it comes home to whom the customer wrote; but not for an old mail that is only imported.
fn campaign_of(conn: &mut Connection, conversation: ConversationId, mail: &Incoming) -> QueryResult<CampaignId> {
    let (own, enabled): (CampaignId, bool) = conversations::table
        .inner_join(campaigns_table::table)
        .filter(conversations::id.eq(conversation))
        .select((conversations::campaign_id, campaigns_table::enabled))
        .first(conn)?;
    if own == mail.campaign || enabled || mail.history || interactions::open_one(conn, conversation)?.is_some() {
        return Ok(own);
    }
    interactions::relocate(conn, conversation, mail.campaign)?;
    Ok(mail.campaign)
}

/// The first of some conversations that is, or was, in a campaign.
fn first_in(conn: &mut Connection, found: &[ConversationId], campaign: CampaignId) -> QueryResult<Option<i64>> {
    for id in found {
        if was_in(conn, *id, campaign)? {
            return Ok(Some(id.0));
        }
    }
    Ok(None)
}

/// Whether a conversation is, or was, in a campaign: what comes to the address of one that it has left is part of it still.
fn was_in(conn: &mut Connection, conversation: ConversationId, campaign: CampaignId) -> QueryResult<bool> {
    let now: Option<CampaignId> =
        conversations::table.find(conversation).select(conversations::campaign_id).first(conn).optional()?;
    if now == Some(campaign) {
        return Ok(true);
    }
    let left = former_campaigns::table.find((conversation, campaign));
    diesel::select(diesel::dsl::exists(left)).get_result(conn)
}

/// The customer, and whoever wrote in it or was written to.
fn is_participant(conn: &mut Connection, conversation: ConversationId, folded: &str) -> QueryResult<bool> {
    let customer: Option<String> = conversations::table
        .inner_join(contacts_table::table)
        .filter(conversations::id.eq(conversation))
        .select(contacts_table::address_folded)
        .first(conn)
        .optional()?;
    if customer.as_deref() == Some(folded) {
        return Ok(true);
    }
    let rows: Vec<(String, Json<Recipients>)> = messages::table
        .filter(messages::conversation_id.eq(conversation))
        .order(messages::id.desc())
        .limit(100)
        .select((messages::from_address, messages::recipients))
        .load(conn)?;
    Ok(rows.iter().any(|(from, recipients)| {
        address::fold(from) == folded || recipients.0.all().any(|one| address::fold(&one.email) == folded)
    }))
}

fn find_conversation(
    conn: &mut Connection,
    key: &Key,
    mail: &Incoming,
    author: &Address,
    now: Timestamp,
) -> QueryResult<(Option<ConversationId>, bool)> {
    let Some(parsed) = &mail.parsed else { return Ok((None, false)) };
    let mut references: Vec<String> = parsed.references.clone();
    if let Some(original) = mail.bounce.as_ref().and_then(|bounce| bounce.original_message_id.clone()) {
        references.push(original);
    }
    let recipients: Vec<String> =
        parsed.to.iter().chain(&parsed.cc).map(|one| one.email.clone()).chain(parsed.delivered_to.clone()).collect();
    let clues = Clues {
        in_reply_to: &parsed.in_reply_to,
        references: &references,
        recipients: &recipients,
        text: &parsed.text,
        sender: &address::fold(&author.email),
        subject: &parsed.subject,
        arrived_ms: now.millis(),
    };
    let own = mail.own.find(&author.email).is_some();
    let stored = Stored { conn: RefCell::new(conn), campaign: mail.campaign, own, failed: RefCell::new(None) };
    let matched = threading::resolve(key, &clues, &stored);
    if let Some(error) = stored.failed.into_inner() {
        return Err(error);
    }
    Ok(match matched {
        ThreadMatch::New => (None, false),
        // A mailer-daemon is no stranger who pushes in: what it says is tied to us by the MAC in the mail it returns.
        ThreadMatch::Joins { conversation, from_stranger, .. } => {
            (Some(ConversationId(conversation)), from_stranger && mail.bounce.is_none())
        }
    })
}

fn new_conversation(
    conn: &mut Connection,
    mail: &Incoming,
    parsed: Option<&ParsedMail>,
    author: &Address,
    own: bool,
    now: Timestamp,
) -> QueryResult<ConversationId> {
    // A copy of our own mail belongs to the one it went to.
    let other = parsed.filter(|_| own).and_then(|parsed| parsed.to.first());
    let customer = other.unwrap_or(author);
    let contact = contacts::known_or_new(conn, customer.name.as_deref(), &customer.email, now)?;
    let subject = parsed.map(|parsed| parsed.subject.clone()).unwrap_or_default();
    create(conn, mail.campaign, contact, &subject, now)
}

/// Makes an empty conversation.
///
/// # Errors
/// The database's.
pub fn create(
    conn: &mut Connection,
    campaign: CampaignId,
    contact: ContactId,
    subject: &str,
    now: Timestamp,
) -> QueryResult<ConversationId> {
    let (name, address): (String, String) =
        contacts_table::table.find(contact).select((contacts_table::name, contacts_table::address)).first(conn)?;
    let subject: String = subject.chars().take(500).collect();
    diesel::insert_into(conversations::table)
        .values((
            conversations::campaign_id.eq(campaign),
            conversations::contact_id.eq(contact),
            conversations::channel.eq("email"),
            conversations::subject.eq(&subject),
            conversations::subject_folded.eq(threading::normalise_subject(&subject)),
            conversations::search_text.eq(search_text(&subject, &name, &address)),
            conversations::message_count.eq(0),
            conversations::last_message_at.eq(now),
            conversations::last_snippet.eq(""),
            conversations::created_at.eq(now),
            conversations::version.eq(1_i64),
        ))
        .returning(conversations::id)
        .get_result(conn)
}

/// What the search box looks through: subject, name and address, folded.
#[must_use]
pub fn search_text(subject: &str, name: &str, address: &str) -> String {
    fold(&format!("{subject}\n{name}\n{address}"))
}

/// What a mail did to its interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placed {
    /// It began it, and waits.
    Began,
    /// It joined it, and its row changed.
    Joined,
    /// The same, and it had been set aside.
    Woke,
    /// Nothing that anyone is to be told.
    Aside,
}

/// Puts the mail into the open interaction or begins one. Answers the interaction and what became of it.
#[expect(clippy::too_many_arguments, reason = "the facts of one mail, each from another source")]
fn place(
    conn: &mut Connection,
    mail: &Incoming,
    campaign: CampaignId,
    conversation: ConversationId,
    kind: MessageKind,
    own: bool,
    fresh: bool,
    now: Timestamp,
) -> QueryResult<(Option<InteractionId>, Placed)> {
    let begin = |conn: &mut Connection, state: InteractionState| {
        let (sender, subject) = mail.parsed.as_ref().map_or(("", ""), |parsed| {
            (parsed.from.as_ref().map_or("", |from| from.email.as_str()), parsed.subject.as_str())
        });
        let priority = campaigns::priority_of(conn, campaign, sender, subject)?;
        interactions::begin(
            conn,
            &NewInteraction {
                conversation,
                campaign,
                direction: Direction::In,
                state,
                agent: None,
                priority,
                fresh: state == InteractionState::Waiting,
                // History stands where it belongs in time, and not on top of today's work.
                at: match mail.parsed.as_ref().and_then(|parsed| parsed.date_ms) {
                    Some(dated) if mail.history => Timestamp::from_millis(dated).min(now),
                    _ => now,
                },
            },
        )
        .map(Some)
    };
    if mail.history {
        if !fresh {
            return Ok((None, Placed::Aside));
        }
        return Ok((begin(conn, InteractionState::Finished)?, Placed::Aside));
    }
    let quiet = own || kind == MessageKind::AutoReply;
    match interactions::open_one(conn, conversation)? {
        Some((interaction, _, _)) if quiet => {
            interactions::note_quiet(conn, interaction)?;
            Ok((Some(interaction), Placed::Joined))
        }
        Some((interaction, _, _)) => {
            if !interactions::note_incoming(conn, interaction)? {
                return Ok((Some(interaction), Placed::Joined));
            }
            let spot = Spot { conversation, interaction: Some(interaction) };
            timeline::add(conn, spot, &Did::by_itself(ActivityKind::Woken), now)?;
            interactions::leave_disabled(conn, interaction)?;
            Ok((Some(interaction), Placed::Woke))
        }
        None if quiet && !fresh => Ok((None, Placed::Aside)),
        None => Ok((begin(conn, InteractionState::Waiting)?, Placed::Began)),
    }
}

#[expect(clippy::too_many_arguments, reason = "the facts of one row, each from another source")]
fn store(
    conn: &mut Connection,
    mail: &Incoming,
    campaign: CampaignId,
    conversation: ConversationId,
    interaction: Option<InteractionId>,
    kind: MessageKind,
    author: &Address,
    from_stranger: bool,
    now: Timestamp,
) -> QueryResult<MessageId> {
    let parsed = mail.parsed.as_ref();
    let convert = |list: &[Address]| -> Vec<MailAddress> {
        list.iter().take(500).map(|one| MailAddress { name: one.name.clone(), email: one.email.clone() }).collect()
    };
    let recipients = parsed.map_or_else(Recipients::default, |parsed| Recipients {
        to: convert(&parsed.to),
        cc: convert(&parsed.cc),
        bcc: Vec::new(),
        reply_to: convert(&parsed.reply_to),
    });
    let text = parsed.map_or("", |parsed| parsed.text.as_str());
    let quote_at = mail::text::quote_start(text)
        .and_then(|at| text.get(..at))
        .and_then(|before| i32::try_from(before.chars().count()).ok());
    let new_words = match quote_at.and_then(|_| mail::text::quote_start(text)) {
        Some(at) => text.get(..at).unwrap_or(text),
        None => text,
    };
    let snippet = mail::text::snippet(if new_words.trim().is_empty() { text } else { new_words }, 160);
    let dated_at = parsed.and_then(|parsed| parsed.date_ms).map(Timestamp::from_millis);
    let id: MessageId = diesel::insert_into(messages::table)
        .values((
            messages::conversation_id.eq(conversation),
            messages::interaction_id.eq(interaction),
            messages::campaign_id.eq(campaign),
            messages::direction.eq(Direction::In),
            messages::kind.eq(kind),
            messages::internet_message_id.eq(parsed.and_then(|parsed| parsed.message_id.clone()).unwrap_or_default()),
            messages::in_reply_to.eq(parsed.map(|parsed| parsed.in_reply_to.join(" ")).unwrap_or_default()),
            messages::reference_ids.eq(parsed.map(|parsed| parsed.references.join(" ")).unwrap_or_default()),
            messages::from_name.eq(author.name.clone().unwrap_or_default()),
            messages::from_address.eq(&author.email),
            messages::recipients.eq(Json(recipients)),
            messages::subject.eq(parsed.map(|parsed| parsed.subject.as_str()).unwrap_or_default()),
            messages::snippet.eq(&snippet),
            messages::from_stranger.eq(from_stranger),
            messages::source_hash.eq(&mail.source.sha256),
            messages::source_size.eq(mail.source.size),
            messages::remote_images.eq(i32::try_from(mail.remote_images).unwrap_or(i32::MAX)),
            messages::dated_at.eq(dated_at),
            messages::created_at.eq(now),
        ))
        .returning(messages::id)
        .get_result(conn)?;
    diesel::insert_into(message_bodies::table)
        .values((
            message_bodies::message_id.eq(id),
            message_bodies::plain.eq(text),
            message_bodies::quote_at.eq(quote_at),
            message_bodies::html.eq(&mail.html),
        ))
        .execute(conn)?;
    for part in &mail.parts {
        diesel::insert_into(attachments::table)
            .values((
                attachments::message_id.eq(id),
                attachments::name.eq(&part.info.name),
                attachments::content_type.eq(&part.content_type),
                attachments::size.eq(i64::try_from(part.info.size).unwrap_or(i64::MAX)),
                attachments::sha256.eq(&part.sha256),
                attachments::part.eq(i32::try_from(part.info.index).ok()),
                attachments::inline.eq(part.info.inline),
                attachments::content_id.eq(&part.info.content_id),
                attachments::created_at.eq(now),
            ))
            .execute(conn)?;
    }
    let latest = if mail.history { dated_at.unwrap_or(now).min(now) } else { now };
    touch(conn, conversation, &snippet, latest)?;
    Ok(id)
}

/// Notes the newest message on its conversation; its version grows, so that drafts begun before know.
///
/// # Errors
/// The database's.
pub fn touch(conn: &mut Connection, conversation: ConversationId, snippet: &str, at: Timestamp) -> QueryResult<()> {
    diesel::update(conversations::table.find(conversation))
        .set((
            conversations::message_count.eq(conversations::message_count + 1),
            conversations::last_message_at.eq(at),
            conversations::last_snippet.eq(snippet),
            conversations::version.eq(conversations::version + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// Marks the mail that came back. Only a Message-ID with our MAC in it counts (H9).
fn note_bounce(
    conn: &mut Connection,
    key: &Key,
    campaign: CampaignId,
    bounce: &BounceReport,
    now: Timestamp,
    news: &mut News,
) -> QueryResult<()> {
    let Some(original) = &bounce.original_message_id else { return Ok(()) };
    if threading::verify_message_id(key, original).is_none() {
        return Ok(());
    }
    let ours: Option<(MessageId, ConversationId)> = messages::table
        .filter(messages::internet_message_id.eq(original))
        .filter(messages::direction.eq(Direction::Out))
        .select((messages::id, messages::conversation_id))
        .first(conn)
        .optional()?;
    let Some((ours, conversation)) = ours else { return Ok(()) };
    if !was_in(conn, conversation, campaign)? {
        return Ok(());
    }
    let failures: Vec<RecipientFailure> = bounce
        .recipients
        .iter()
        .filter(|recipient| recipient.action == Action::Failed)
        .map(|recipient| RecipientFailure {
            email: recipient.original_recipient.clone().unwrap_or_else(|| recipient.final_recipient.clone()),
            reply: recipient.diagnostic.clone(),
        })
        .collect();
    if !failures.is_empty()
        && let Some((audience, event)) = outbox::mark_bounced(conn, ours, &failures, now)?
    {
        news.add(audience, event);
    }
    Ok(())
}
