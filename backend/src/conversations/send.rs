//! Sending: a draft becomes a composed mail ([`compose`]: its source durable, its Message-ID fixed), then, in one
//! transaction, a message, an outbox row and, for a new conversation, the conversation with its interaction. What got no
//! 2xx is not sent; what got one is (R2).

use super::{
    access, canned,
    compose::{self, Prepared},
    contacts, drafts,
    interactions::{self, Before},
    receive,
    rows::DraftRow,
    timeline,
};
use crate::{
    campaigns,
    kernel::{
        Core, Error, Result,
        audit::{self, Entry},
        db::{
            Connection,
            schema::{
                attachments, conversations, drafts as drafts_table, message_bodies, messages as messages_table,
                sent_drafts,
            },
        },
        events::{self, Audience},
        http::{auth::Principal, idempotency::Once},
        storage::Blobs,
        workers::failpoint,
    },
    mail::{
        self,
        sanitize::{RemoteImages, SanitizeOptions, sanitize},
        threading,
    },
    outbox, presence, ratings,
};
use diesel::prelude::*;
use shared::{
    api::{
        conversations::MessageKind,
        drafts::{DraftKind, SendDraft, SentDraft},
        interactions::{Direction, InteractionState},
    },
    error::ErrorCode,
    ids::{AttachmentId, CampaignId, ConversationId, DraftId, InteractionId, MessageId},
    time::Timestamp,
    validate::{Issues, Rule},
};
use std::time::Duration;

/// Most octets of all files of a mail: hardly any server takes more than 50 MB, and Base64 adds a third.
const MOST_OCTETS: i64 = 35 * 1_048_576;

/// Sends a draft.
///
/// # Errors
/// Field errors for what cannot be sent, `conversation_moved`, `conflict`, `not_found`; nothing is sent then.
pub async fn send(core: &Core, caller: &Principal, id: DraftId, wanted: &SendDraft, key: String) -> Result<SentDraft> {
    let once = Once::new(caller.user_id, key, &format!("drafts/{id}/send"), wanted);
    let asked = once.clone();
    if let Some(done) = core.db.read(move |conn| asked.answered::<SentDraft>(conn)).await? {
        return Ok(done);
    }
    let now = core.now();
    let principal = caller.clone();
    let (draft, conversation) = core
        .db
        .write(move |conn| {
            let draft = drafts::own(conn, &principal, id)?;
            check(conn, &principal, &draft)?;
            let conversation = conversation_for(conn, &draft, now)?;
            Ok((draft, conversation))
        })
        .await?;
    // Outside the transaction: a long exchange is much to read. What changes meanwhile is noticed at the commit.
    let material = core.db.read(move |conn| compose::material(conn, draft)).await?;
    if material.octets() > MOST_OCTETS {
        return Err(Error::field("attachments", Rule::TooLong, "may have at most 35 MB together"));
    }
    if !material.may_leave() {
        return Err(Error::detailed(ErrorCode::Conflict, "the campaign is disabled"));
    }
    let prepared = compose::prepare(core, material, conversation, wanted, now).await?;
    let principal = caller.clone();
    failpoint::pass("drafts.send_before_commit");
    // The undo time begins now: composing a large mail takes a while.
    let now = core.now();
    let offline_after = Duration::from_secs(core.settings.routing.offline_seconds);
    let sent = core
        .db
        .write(move |conn| once.run(conn, now, |conn| commit(conn, &principal, &prepared, now, offline_after)))
        .await?;
    failpoint::pass("drafts.send_committed");
    Ok(sent)
}

/// That there is someone to write to, and that the caller may.
fn check(conn: &mut Connection, caller: &Principal, draft: &DraftRow) -> Result<()> {
    let mut issues = Issues::default();
    let recipients = &draft.recipients.0;
    if recipients.all().next().is_none() {
        issues.add("to", Rule::Required, "needs at least one recipient");
    }
    for (field, list) in [("to", &recipients.to), ("cc", &recipients.cc), ("bcc", &recipients.bcc)] {
        for (index, one) in list.iter().enumerate() {
            if mail::address::validate(&one.email).is_err() {
                issues.add(&format!("{field}/{index}/email"), Rule::NotAnAddress, "is not an e-mail address");
            }
        }
    }
    issues.into_result().map_err(Error::invalid)?;
    match draft.conversation_id {
        Some(conversation) if draft.kind != DraftKind::New => {
            access::readable(conn, caller, conversation)?;
            drafts::may_answer(conn, caller, conversation, draft.campaign_id)
        }
        _ => access::may_start(conn, caller, draft.campaign_id),
    }
}

/// The conversation that the mail goes into. A new one is made before the mail is composed, since the Message-ID
/// carries it; it shows nowhere until it has an interaction, and a repeated try finds it again by the draft.
fn conversation_for(conn: &mut Connection, draft: &DraftRow, now: Timestamp) -> Result<ConversationId> {
    if draft.kind != DraftKind::New {
        return draft.conversation_id.ok_or_else(|| ErrorCode::NotFound.into());
    }
    let first = draft.recipients.0.all().next().ok_or(ErrorCode::NotFound)?;
    let contact = contacts::known_or_new(conn, first.name.as_deref(), &first.email, now)?;
    if let Some(made) = draft.conversation_id {
        let fits = conversations::table
            .find(made)
            .filter(conversations::contact_id.eq(contact))
            .filter(conversations::campaign_id.eq(draft.campaign_id))
            .filter(conversations::message_count.eq(0))
            .select(conversations::id)
            .first::<ConversationId>(conn)
            .optional()?;
        if let Some(made) = fits {
            diesel::update(conversations::table.find(made))
                .set((
                    conversations::subject.eq(&draft.subject),
                    conversations::subject_folded.eq(threading::normalise_subject(&draft.subject)),
                    conversations::search_text.eq(receive::search_text(
                        &draft.subject,
                        first.name.as_deref().unwrap_or(""),
                        &first.email,
                    )),
                ))
                .execute(conn)?;
            return Ok(made);
        }
    }
    let made = receive::create(conn, draft.campaign_id, contact, &draft.subject, now)?;
    diesel::update(drafts_table::table.find(draft.id)).set(drafts_table::conversation_id.eq(made)).execute(conn)?;
    Ok(made)
}

fn commit(
    conn: &mut Connection,
    caller: &Principal,
    mail: &Prepared,
    now: Timestamp,
    offline_after: Duration,
) -> Result<SentDraft> {
    // Read again: it may have been changed, sent or deleted from another tab since it was composed. Whoever comes second
    // waits at its row, and finds it gone.
    drafts::claim(conn, mail.draft.id, mail.draft.version)?;
    let draft = drafts::own(conn, caller, mail.draft.id)?;
    check(conn, caller, &draft)?;
    let files: Vec<AttachmentId> = drafts::files(conn, draft.id)?.into_iter().map(|file| file.id).collect();
    if files != mail.files {
        return Err(Error::detailed(
            ErrorCode::Conflict,
            "files came or went while the mail was being sent; send it again",
        ));
    }
    let answers = draft.kind != DraftKind::New;
    let version: i64 = conversations::table.find(mail.conversation).select(conversations::version).first(conn)?;
    if answers && !mail.confirm_outdated && draft.conversation_version.is_some_and(|known| known != version) {
        return Err(ErrorCode::ConversationMoved.into());
    }
    let interaction = interaction_for(conn, caller, mail, draft.campaign_id, now)?;
    let message = store(conn, caller, mail, &draft, interaction, now)?;
    if let Some(invitation) = &mail.invitation {
        let asking = ratings::Asking {
            invitation: invitation.clone(),
            message,
            interaction,
            conversation: mail.conversation,
            campaign: draft.campaign_id,
            agent: caller.user_id,
            language: mail.language,
        };
        ratings::ask(conn, &asking, now)?;
    }
    Blobs::register(conn, &mail.source, now)?;
    let due_at = now.plus(mail.hold);
    outbox::enqueue(
        conn,
        &outbox::New {
            message,
            account: mail.account,
            campaign: draft.campaign_id,
            conversation: mail.conversation,
            author: Some(caller.user_id),
            source_hash: mail.source.sha256.clone(),
            envelope_from: mail.envelope_from.clone(),
            recipients: mail.envelope_to.clone(),
            due_at,
        },
        now,
    )?;
    canned::drop_unnamed_pictures(conn, draft.id, &draft.html)?;
    diesel::update(attachments::table.filter(attachments::draft_id.eq(draft.id)))
        .set((attachments::message_id.eq(message), attachments::draft_id.eq(None::<DraftId>)))
        .execute(conn)?;
    diesel::delete(drafts_table::table.find(draft.id)).execute(conn)?;
    interactions::note_answer(conn, interaction, now)?;
    let rests = match &mail.finish {
        Some(end) => interactions::finish(conn, interaction, caller.user_id, end, now)?,
        None => false,
    };
    diesel::update(conversations::table.find(mail.conversation))
        .set(conversations::last_agent_id.eq(caller.user_id))
        .execute(conn)?;
    receive::touch(conn, mail.conversation, &mail::text::snippet(&mail.text, 160), now)?;
    // What the agent has seen of the conversation, this mail included: taken back, it is outdated only by what comes later.
    let known: i64 = conversations::table.find(mail.conversation).select(conversations::version).first(conn)?;
    diesel::insert_into(sent_drafts::table)
        .values((
            sent_drafts::message_id.eq(message),
            sent_drafts::kind.eq(draft.kind),
            sent_drafts::reply_to_message_id.eq(draft.reply_to_message_id),
            sent_drafts::html.eq(&draft.html),
            sent_drafts::conversation_version.eq(known),
            sent_drafts::finished.eq(mail.finish.is_some()),
            sent_drafts::created_at.eq(now),
        ))
        .execute(conn)?;
    let detail = serde_json::json!({ "interaction": interaction, "recipients": mail.envelope_to.len() });
    audit::record(
        conn,
        now,
        &Entry {
            actor: Some(caller.user_id),
            action: "conversations.send",
            object: "message",
            object_id: Some(message.0),
            detail,
        },
    )?;
    interactions::announce(conn, interaction, Before::With(caller.user_id), now)?;
    let event = shared::live::LiveEvent::MessageAdded {
        conversation_id: mail.conversation,
        interaction_id: Some(interaction),
        message_id: message,
    };
    events::append(conn, now, &Audience::agents([caller.user_id], draft.campaign_id), &event)?;
    if mail.finish.is_some() {
        timeline::announce(conn, mail.conversation, now)?;
    }
    if rests {
        presence::tell(conn, caller.user_id, now, offline_after)?;
    }
    Ok(SentDraft { message_id: message, conversation_id: mail.conversation, interaction_id: interaction, due_at })
}

/// The open interaction, which the caller holds; or a new one that he starts.
fn interaction_for(
    conn: &mut Connection,
    caller: &Principal,
    mail: &Prepared,
    campaign: CampaignId,
    now: Timestamp,
) -> Result<InteractionId> {
    if let Some((open, _, _)) = interactions::open_one(conn, mail.conversation)? {
        return Ok(open);
    }
    let new = interactions::NewInteraction {
        conversation: mail.conversation,
        campaign,
        direction: Direction::Out,
        state: InteractionState::Assigned,
        agent: Some(caller.user_id),
        priority: campaigns::priority_of(conn, campaign, "", "")?,
        fresh: false,
        at: now,
    };
    Ok(interactions::begin(conn, &new)?)
}

fn store(
    conn: &mut Connection,
    caller: &Principal,
    mail: &Prepared,
    draft: &DraftRow,
    interaction: InteractionId,
    now: Timestamp,
) -> Result<MessageId> {
    let quote_at = mail::text::quote_start(&mail.text)
        .and_then(|at| mail.text.get(..at))
        .and_then(|before| i32::try_from(before.chars().count()).ok());
    let id: MessageId = diesel::insert_into(messages_table::table)
        .values((
            messages_table::conversation_id.eq(mail.conversation),
            messages_table::interaction_id.eq(interaction),
            messages_table::campaign_id.eq(draft.campaign_id),
            messages_table::direction.eq(Direction::Out),
            messages_table::kind.eq(MessageKind::Personal),
            messages_table::internet_message_id.eq(&mail.message_id),
            messages_table::in_reply_to.eq(&mail.in_reply_to),
            messages_table::reference_ids.eq(&mail.references),
            messages_table::from_name.eq(mail.sender.name.clone().unwrap_or_default()),
            messages_table::from_address.eq(&mail.sender.email),
            messages_table::recipients.eq(&draft.recipients),
            messages_table::subject.eq(&draft.subject),
            messages_table::snippet.eq(mail::text::snippet(&mail.text, 160)),
            messages_table::from_stranger.eq(false),
            messages_table::author_id.eq(caller.user_id),
            messages_table::source_hash.eq(&mail.source.sha256),
            messages_table::source_size.eq(mail.source.size),
            messages_table::remote_images.eq(0),
            messages_table::dated_at.eq(now),
            messages_table::created_at.eq(now),
        ))
        .returning(messages_table::id)
        .get_result(conn)?;
    let shown =
        sanitize(&mail.html, &SanitizeOptions { cid: &|id| Some(format!("cid:{id}")), remote: RemoteImages::Block });
    diesel::insert_into(message_bodies::table)
        .values((
            message_bodies::message_id.eq(id),
            message_bodies::plain.eq(&mail.text),
            message_bodies::quote_at.eq(quote_at),
            message_bodies::html.eq(Some(shown.html)),
        ))
        .execute(conn)?;
    Ok(id)
}
