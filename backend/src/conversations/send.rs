//! Sending: a draft becomes a composed mail (its source durable, its Message-ID fixed), then, in one transaction, a
//! message, an outbox row and, for a new conversation, the conversation with its interaction. What got no 2xx is not
//! sent; what got one is (R2).

use super::{
    access, contacts, drafts,
    interactions::{self, Before},
    messages, receive,
    rows::{AttachmentRow, DraftRow, MessageRow},
};
use crate::{
    kernel::{
        Core, Error, Result,
        audit::{self, Entry},
        db::{
            Connection,
            connection::blocking,
            schema::{
                attachments, campaigns, conversations, drafts as drafts_table, mail_accounts, message_bodies,
                messages as messages_table, sent_drafts, users,
            },
        },
        events::{self, Audience},
        http::{auth::Principal, idempotency::Once},
        storage::{Blob, Blobs},
        workers::failpoint,
    },
    mail::{
        self,
        address::Address,
        compose::{Composed, Outgoing, Part},
        quote::{Language as QuoteLanguage, Quotation, QuotedMail},
        sanitize::{RemoteImages, SanitizeOptions, sanitize},
        threading,
    },
    outbox,
};
use diesel::prelude::*;
use shared::{
    api::{
        access::Language,
        conversations::{MailAddress, MessageKind},
        drafts::{DraftKind, SendDraft, SentDraft},
        interactions::{Direction, InteractionState},
    },
    error::ErrorCode,
    ids::{AccountId, AttachmentId, CampaignId, ConversationId, DraftId, InteractionId, MessageId},
    time::Timestamp,
    validate::{Issues, Rule},
};
use std::time::Duration;

/// Earlier mails that *reply with history* quotes at most.
const HISTORY: i64 = 20;

/// What composing needs, read at once.
struct Material {
    draft: DraftRow,
    files: Vec<AttachmentRow>,
    quoted: Vec<QuotedMessage>,
    answered: Option<MessageRow>,
    language: Language,
    undo_seconds: i32,
    sender: Sender,
}

struct Sender {
    account: AccountId,
    address: String,
    name: String,
    enabled: bool,
}

struct QuotedMessage {
    row: MessageRow,
    text: String,
    html: Option<String>,
    files: Vec<AttachmentRow>,
}

fn material(conn: &mut Connection, draft: DraftRow) -> Result<Material> {
    let files = drafts::files(conn, draft.id)?;
    let (language, undo_seconds) =
        users::table.find(draft.author_id).select((users::language, users::undo_send_seconds)).first(conn)?;
    let (account, address, name, enabled) = campaigns::table
        .inner_join(mail_accounts::table)
        .filter(campaigns::id.eq(draft.campaign_id))
        .select((mail_accounts::id, mail_accounts::address, campaigns::from_name, campaigns::enabled))
        .first(conn)?;
    let answered = match draft.reply_to_message_id {
        Some(id) => Some(messages::row(conn, id)?),
        None => None,
    };
    let rows: Vec<MessageRow> = match (&answered, draft.kind) {
        (Some(answered), DraftKind::ReplyHistory) => messages::history(conn, answered, HISTORY)?,
        (Some(answered), _) => vec![answered.clone()],
        (None, _) => Vec::new(),
    };
    let mut quoted = Vec::new();
    for row in rows {
        let (text, _, html) = messages::body(conn, row.id)?;
        let files = messages::files(conn, &[row.id])?;
        quoted.push(QuotedMessage { row, text, html, files });
    }
    Ok(Material {
        draft,
        files,
        quoted,
        answered,
        language,
        undo_seconds,
        sender: Sender { account, address, name, enabled },
    })
}

fn quote_language(language: Language) -> QuoteLanguage {
    match language {
        Language::Es => QuoteLanguage::Es,
        Language::En => QuoteLanguage::En,
    }
}

/// The quotation: the mail answered, or the whole exchange, newest first. `picture` gives the Content-ID under which a
/// picture of a quoted mail goes along.
fn quotation(material: &Material, picture: &dyn Fn(&QuotedMessage, &str) -> Option<String>) -> Option<Quotation> {
    let quoted = |mail: &QuotedMessage| {
        let cid = |id: &str| picture(mail, id).map(|name| format!("cid:{name}"));
        let html = mail
            .html
            .as_ref()
            .map(|stored| sanitize(stored, &SanitizeOptions { cid: &cid, remote: RemoteImages::Block }).html);
        let from = mail.row.from();
        QuotedMail {
            from: Address { name: from.name, email: from.email },
            to: convert(&mail.row.recipients.0.to),
            cc: convert(&mail.row.recipients.0.cc),
            subject: mail.row.subject.clone(),
            date_ms: mail.row.dated_at.unwrap_or(mail.row.created_at).millis(),
            utc_offset_minutes: 0,
            html,
            text: mail.text.clone(),
        }
    };
    let mails: Vec<QuotedMail> = material.quoted.iter().map(quoted).collect();
    let language = quote_language(material.language);
    match (mails.as_slice(), material.draft.kind) {
        ([], _) => None,
        (mails, DraftKind::ReplyHistory) => Some(mail::quote::history(mails, language)),
        ([first, ..], _) => Some(mail::quote::reply(first, language)),
    }
}

fn convert(list: &[MailAddress]) -> Vec<Address> {
    list.iter().map(|one| Address { name: one.name.clone(), email: one.email.clone() }).collect()
}

/// Content-ID of a quoted picture in the new mail; cannot meet those of the new text.
fn quoted_cid(mail: &QuotedMessage, id: &str) -> Option<String> {
    let file = mail.files.iter().find(|file| file.content_id.as_deref() == Some(id))?;
    file.content_type.starts_with("image/").then(|| format!("q{}.{}", file.id, mail.row.id))
}

/// What a draft will quote, for its preview frame.
///
/// # Errors
/// `not_found`.
pub async fn quote_html(core: &Core, id: DraftId) -> Result<String> {
    let material = core
        .db
        .read(move |conn| {
            let draft: DraftRow = drafts_table::table.find(id).select(DraftRow::as_select()).first(conn)?;
            material(conn, draft)
        })
        .await?;
    let core = core.clone();
    blocking(move || {
        let now = core.now();
        let Some(quotation) = quotation(&material, &quoted_cid) else { return Ok(String::new()) };
        let shown = |name: &str| {
            let all = material.quoted.iter().flat_map(|mail| mail.files.iter().map(move |file| (mail, file)));
            let mut named = all.filter(|(mail, file)| {
                file.content_id.as_deref().and_then(|id| quoted_cid(mail, id)).as_deref() == Some(name)
            });
            let (mail, file) = named.next()?;
            Some(messages::link(file, mail.row.source_hash.as_deref(), true).url(&core, now))
        };
        Ok(sanitize(&quotation.html, &SanitizeOptions { cid: &shown, remote: RemoteImages::Block }).html)
    })
    .await
}

/// Everything about a mail that is fixed before the transaction.
#[derive(Clone)]
struct Prepared {
    draft: DraftRow,
    account: AccountId,
    sender: Address,
    conversation: ConversationId,
    message_id: String,
    references: String,
    in_reply_to: String,
    html: String,
    text: String,
    source: Blob,
    envelope_from: String,
    envelope_to: Vec<String>,
    hold: Duration,
    confirm_outdated: bool,
    finish: bool,
    files: Vec<AttachmentId>,
}

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
    let (material, conversation) = core
        .db
        .write(move |conn| {
            let draft = drafts::own(conn, &principal, id)?;
            check(conn, &principal, &draft)?;
            let conversation = conversation_for(conn, &draft, now)?;
            let material = material(conn, draft)?;
            if material.files.iter().map(|file| file.size).sum::<i64>() > MOST_OCTETS {
                return Err(Error::field("attachments", Rule::TooLong, "may have at most 35 MB together"));
            }
            if !material.sender.enabled {
                return Err(Error::detailed(ErrorCode::Conflict, "the campaign is disabled"));
            }
            Ok((material, conversation))
        })
        .await?;
    let prepared = prepare(core, material, conversation, wanted, now).await?;
    let principal = caller.clone();
    failpoint::pass("drafts.send_before_commit");
    // The undo time begins now: composing a large mail takes a while.
    let now = core.now();
    let sent = core.db.write(move |conn| once.run(conn, now, |conn| commit(conn, &principal, &prepared, now))).await?;
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

/// Composes the mail and stores its source. Nothing is visible yet.
async fn prepare(
    core: &Core,
    material: Material,
    conversation: ConversationId,
    wanted: &SendDraft,
    now: Timestamp,
) -> Result<Prepared> {
    let files = material.files.iter().map(|file| file.id).collect();
    let mut inline = Vec::new();
    let mut attached = Vec::new();
    for file in &material.files {
        let part = Part {
            name: file.name.clone(),
            content_type: file.content_type.clone(),
            cid: file.content_id.clone().unwrap_or_default(),
            bytes: core.blobs.get(&file.sha256).await?,
        };
        // A picture that the text no longer names goes along as a plain file rather than be lost.
        let named = file.content_id.as_ref().is_some_and(|cid| material.draft.html.contains(&format!("cid:{cid}")));
        if file.inline && named { inline.push(part) } else { attached.push(part) }
    }
    // Pictures of the quoted mail go along under names that cannot meet those of the new text.
    let mut sources = std::collections::HashMap::new();
    for mail in &material.quoted {
        for file in
            mail.files.iter().filter(|file| file.content_id.is_some() && file.content_type.starts_with("image/"))
        {
            let link = messages::link(file, mail.row.source_hash.as_deref(), true);
            if let Ok(bytes) = link.content(core).await {
                sources.insert(file.id, bytes);
            }
        }
    }
    let draft = material.draft.clone();
    let sender = Address {
        name: (!material.sender.name.is_empty()).then(|| material.sender.name.clone()),
        email: material.sender.address.clone(),
    };
    let account = material.sender.account;
    let undo = wanted.undo_seconds.map_or(i64::from(material.undo_seconds), i64::from);
    let hold = Duration::from_secs(u64::try_from(undo).unwrap_or(0));
    let key = core.keys.derive("threads");
    let (from, answered) = (sender.clone(), material.answered.clone());
    let subject = draft.subject.clone();
    let composed = blocking(move || {
        let used = std::cell::RefCell::new(Vec::<Part>::new());
        let quoted = quotation(&material, &|mail, id| {
            let cid = quoted_cid(mail, id)?;
            let file = mail.files.iter().find(|file| file.content_id.as_deref() == Some(id))?;
            let bytes = sources.get(&file.id)?;
            let mut used = used.borrow_mut();
            if !used.iter().any(|part| part.cid == cid) {
                used.push(Part {
                    name: file.name.clone(),
                    content_type: file.content_type.clone(),
                    cid: cid.clone(),
                    bytes: bytes.clone(),
                });
            }
            Some(cid)
        });
        inline.extend(used.into_inner());
        let (html, plain) = match quoted {
            Some(quotation) => {
                let whole = mail::quote::join(&material.draft.html, &quotation);
                (whole.html, Some(whole.text))
            }
            None => (material.draft.html.clone(), None),
        };
        let domain = from.domain().to_owned();
        let message_id = threading::mint_message_id(&key, conversation.0, rand::random(), &domain);
        let (in_reply_to, references) = ancestry(material.answered.as_ref());
        let recipients = &material.draft.recipients.0;
        let outgoing = Outgoing {
            message_id: message_id.clone(),
            from,
            sender: None,
            reply_to: Vec::new(),
            to: convert(&recipients.to),
            cc: convert(&recipients.cc),
            bcc: convert(&recipients.bcc),
            subject,
            date_ms: now.millis(),
            in_reply_to: in_reply_to.clone(),
            references: references.clone(),
            html: Some(html.clone()),
            text: plain,
            inline,
            attachments: attached,
            calendar: None,
            headers: Vec::new(),
            return_path: None,
        };
        let text = mail::text::html_to_text(&html);
        let composed = mail::compose::compose(&outgoing)
            .map_err(|error| Error::detailed(ErrorCode::Invalid, format!("the mail cannot be composed: {error}")))?;
        Ok((composed, message_id, in_reply_to, references, html, text))
    })
    .await?;
    let (Composed { raw, envelope_from, envelope_to }, message_id, in_reply_to, references, html, text) = composed;
    drop(answered);
    let source = core.blobs.put(raw).await?;
    Ok(Prepared {
        draft,
        account,
        sender,
        conversation,
        message_id,
        references: references.join(" "),
        in_reply_to: in_reply_to.unwrap_or_default(),
        html,
        text,
        source,
        envelope_from,
        envelope_to,
        hold,
        confirm_outdated: wanted.confirm_outdated,
        finish: wanted.finish,
        files,
    })
}

/// In-Reply-To and References of an answer (RFC 5322 §3.6.4).
fn ancestry(answered: Option<&MessageRow>) -> (Option<String>, Vec<String>) {
    let Some(answered) = answered.filter(|answered| !answered.internet_message_id.is_empty()) else {
        return (None, Vec::new());
    };
    let mut chain: Vec<String> = answered.reference_ids.split_whitespace().map(str::to_owned).collect();
    chain.push(answered.internet_message_id.clone());
    // The first and the newest matter to threading; the header must not grow without bound.
    if chain.len() > 30 {
        let newest = chain.split_off(chain.len().saturating_sub(29));
        chain.truncate(1);
        chain.extend(newest);
    }
    (Some(answered.internet_message_id.clone()), chain)
}

fn commit(conn: &mut Connection, caller: &Principal, mail: &Prepared, now: Timestamp) -> Result<SentDraft> {
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
    diesel::update(attachments::table.filter(attachments::draft_id.eq(draft.id)))
        .set((attachments::message_id.eq(message), attachments::draft_id.eq(None::<DraftId>)))
        .execute(conn)?;
    diesel::delete(drafts_table::table.find(draft.id)).execute(conn)?;
    interactions::note_answer(conn, interaction, now)?;
    if mail.finish {
        interactions::finish(conn, interaction, caller.user_id, "", now)?;
    }
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
            sent_drafts::finished.eq(mail.finish),
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

/// Takes a mail back within its undo time: the outbox lets go of it, and what was written is a draft again.
///
/// # Errors
/// `already_sent`: too late; `not_found`: no mail of the caller's.
pub fn cancel(conn: &mut Connection, caller: &Principal, id: MessageId, now: Timestamp) -> Result<DraftId> {
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
    if let (true, Some(interaction)) = (finished, row.interaction_id) {
        interactions::reopen(conn, interaction, caller.user_id)?;
    }
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
        ))
        .returning(drafts_table::id)
        .get_result(conn)?;
    diesel::update(attachments::table.filter(attachments::message_id.eq(id)).filter(attachments::part.is_null()))
        .set((attachments::draft_id.eq(draft), attachments::message_id.eq(None::<MessageId>)))
        .execute(conn)?;
    Ok(draft)
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
