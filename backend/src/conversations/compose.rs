//! From a draft to the mail as it will leave: its words and files, what it quotes, its Message-ID, its source stored
//! durably. Nothing of it is visible before it is sent.

use super::{
    drafts, messages,
    rows::{AttachmentRow, DraftRow, MessageRow},
};
use crate::{
    campaigns::addresses::OwnAddresses,
    kernel::{
        Core, Error, Result,
        db::{
            Connection,
            connection::blocking,
            schema::{campaigns, drafts as drafts_table, users},
        },
        secrets::Key,
        storage::Blob,
    },
    mail::{
        self,
        address::Address,
        compose::{Composed, Outgoing, Part},
        quote::{Language as QuoteLanguage, Quotation, QuotedMail},
        sanitize::{RemoteImages, SanitizeOptions, sanitize},
        threading,
    },
    ratings::{self, Invitation},
    templates::images,
};
use diesel::prelude::*;
use shared::{
    api::{
        access::Language,
        campaigns::ReplyToken,
        conversations::MailAddress,
        drafts::{DraftKind, SendDraft},
        interactions::FinishInteraction,
    },
    error::ErrorCode,
    ids::{AccountId, AttachmentId, ConversationId, DraftId},
    time::Timestamp,
};
use std::time::Duration;

/// Earlier mails that *reply with history* quotes at most.
const HISTORY: i64 = 200;

/// Most octets of what is quoted, texts and pictures. Beyond it older mails are left out, and pictures of the one that is
/// answered: what a customer has sent must never keep him from getting an answer.
const MOST_QUOTED: usize = 8 * 1_048_576;

/// Small and grey: it is there for programs.
const REFERENCE: &str = "margin-top:16px;font-size:11px;color:#767676";

/// What composing needs, read at once.
pub struct Material {
    draft: DraftRow,
    files: Vec<AttachmentRow>,
    quoted: Vec<QuotedMessage>,
    answered: Option<MessageRow>,
    language: Language,
    undo_seconds: i32,
    sender: Sender,
    /// The question of its rating block, where it has one.
    rating_prompt: Option<String>,
}

/// The account by which mail leaves.
#[derive(Debug, Clone)]
pub struct Sender {
    /// Account.
    pub account: AccountId,
    /// Its addresses.
    pub addresses: OwnAddresses,
    /// Name that recipients see.
    pub name: String,
    /// The campaign is on.
    pub enabled: bool,
    /// Where mail carries the token of its conversation.
    pub reply_token: ReplyToken,
}

struct QuotedMessage {
    row: MessageRow,
    text: String,
    html: Option<String>,
    files: Vec<AttachmentRow>,
}

impl Material {
    /// Size of all files together.
    pub fn octets(&self) -> i64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Whether the campaign is on.
    pub fn may_leave(&self) -> bool {
        self.sender.enabled
    }
}

impl QuotedMessage {
    /// Files that the quotation may show.
    fn pictures(&self) -> impl Iterator<Item = &AttachmentRow> {
        self.files.iter().filter(|file| file.content_id.is_some() && file.content_type.starts_with("image/"))
    }

    fn octets(&self) -> usize {
        let pictures: i64 = self.pictures().map(|file| file.size).sum();
        let texts = self.text.len().saturating_add(self.html.as_ref().map_or(0, String::len));
        texts.saturating_add(usize::try_from(pictures).unwrap_or(usize::MAX))
    }
}

/// Reads what composing a draft needs.
///
/// # Errors
/// The database's.
pub fn material(conn: &mut Connection, draft: DraftRow) -> Result<Material> {
    let files = drafts::files(conn, draft.id)?;
    let (language, undo_seconds) =
        users::table.find(draft.author_id).select((users::language, users::undo_send_seconds)).first(conn)?;
    let sender = super::letter::sender(conn, draft.campaign_id)?;
    let rating: (bool, String) = campaigns::table
        .find(draft.campaign_id)
        .select((campaigns::rating_enabled, campaigns::rating_prompt))
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
    let (mut quoted, mut octets) = (Vec::new(), 0_usize);
    for row in rows {
        let (text, _, html) = messages::body(conn, row.id)?;
        let files = messages::files(conn, &[row.id])?;
        let mail = QuotedMessage { row, text, html, files };
        octets = octets.saturating_add(mail.octets());
        if octets > MOST_QUOTED && !quoted.is_empty() {
            break;
        }
        quoted.push(mail);
    }
    Ok(Material {
        draft,
        files,
        quoted,
        answered,
        language,
        undo_seconds,
        sender,
        rating_prompt: rating.0.then_some(rating.1),
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
pub struct Prepared {
    /// Draft, as it was composed.
    pub draft: DraftRow,
    /// Account by which it leaves.
    pub account: AccountId,
    /// Author as recipients see him.
    pub sender: Address,
    /// Conversation; its Message-ID carries it.
    pub conversation: ConversationId,
    /// Message-ID without brackets.
    pub message_id: String,
    /// References, with blanks between.
    pub references: String,
    /// In-Reply-To, or empty.
    pub in_reply_to: String,
    /// What the page shows: words and quotation.
    pub html: String,
    /// The same as text.
    pub text: String,
    /// The raw mail.
    pub source: Blob,
    /// MAIL FROM.
    pub envelope_from: String,
    /// RCPT TO.
    pub envelope_to: Vec<String>,
    /// Undo time.
    pub hold: Duration,
    /// Sent although the conversation has moved.
    pub confirm_outdated: bool,
    /// Finishes the interaction so.
    pub finish: Option<FinishInteraction>,
    /// Files of the draft.
    pub files: Vec<AttachmentId>,
    /// What is in the links of its rating block.
    pub invitation: Option<Invitation>,
    /// Language of its author.
    pub language: Language,
}

/// Composes the mail and stores its source.
///
/// # Errors
/// `invalid`: no mail can be made of it; the storage's.
pub async fn prepare(
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
        // A picture that the text no longer names goes along as a plain file rather than be lost; a template's goes
        // with the words that brought it.
        let named = file.content_id.as_ref().is_some_and(|cid| material.draft.html.contains(&format!("cid:{cid}")));
        match file.content_id.as_deref() {
            Some(_) if file.inline && named => inline.push(part),
            Some(cid) if images::is_ours(cid) => {}
            _ => attached.push(part),
        }
    }
    // Pictures of the quoted mail go along under names that cannot meet those of the new text.
    let mut sources = std::collections::HashMap::new();
    let mut room = i64::try_from(MOST_QUOTED).unwrap_or(i64::MAX);
    for mail in &material.quoted {
        for file in mail.pictures() {
            if file.size > room {
                continue;
            }
            room = room.saturating_sub(file.size);
            let link = messages::link(file, mail.row.source_hash.as_deref(), true);
            if let Ok(bytes) = link.content(core).await {
                sources.insert(file.id, bytes);
            }
        }
    }
    let draft = material.draft.clone();
    let sender = Address {
        name: (!material.sender.name.is_empty()).then(|| material.sender.name.clone()),
        email: material.sender.addresses.sender(draft.from_address.as_deref()).to_owned(),
    };
    // An alias writes, and what comes back goes to the mailbox that is read, as the login may send by it for sure.
    let return_path = material.sender.addresses.address.clone();
    let account = material.sender.account;
    let undo = wanted.undo_seconds.map_or(i64::from(material.undo_seconds), i64::from);
    let hold = Duration::from_secs(u64::try_from(undo).unwrap_or(0));
    let key = core.keys.derive("threads");
    let from = sender.clone();
    let subject = draft.subject.clone();
    let language = material.language;
    let public_url = core.settings.server.public_url.clone();
    let asks = material.rating_prompt.clone().filter(|_| !public_url.is_empty());
    let invitation = asks.as_ref().map(|_| Invitation::new(rand::random()));
    let block = match (&asks, &invitation) {
        (Some(prompt), Some(invitation)) => ratings::block(prompt, &public_url, invitation, language),
        _ => String::new(),
    };
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
        let with_quotation = |written: &str| match &quoted {
            Some(quotation) => {
                let whole = mail::quote::join(written, quotation);
                (whole.html, Some(whole.text))
            }
            None => (written.to_owned(), None),
        };
        let tie = tie(&key, conversation, material.sender.reply_token, &from);
        let (html, _) = with_quotation(&material.draft.html);
        let (sent_html, plain) = with_quotation(&format!("{}{block}{}", material.draft.html, tie.line));
        // What a quoted mail quoted itself is cut, and its pictures with it.
        inline.extend(used.into_inner().into_iter().filter(|part| sent_html.contains(&format!("cid:{}", part.cid))));
        let domain = from.domain().to_owned();
        let message_id = threading::mint_message_id(&key, conversation.0, rand::random(), &domain);
        let (in_reply_to, references) = ancestry(material.answered.as_ref());
        let recipients = &material.draft.recipients.0;
        let outgoing = Outgoing {
            message_id: message_id.clone(),
            from,
            sender: None,
            reply_to: tie.reply_to,
            to: convert(&recipients.to),
            cc: convert(&recipients.cc),
            bcc: convert(&recipients.bcc),
            subject,
            date_ms: now.millis(),
            in_reply_to: in_reply_to.clone(),
            references: references.clone(),
            html: Some(sent_html),
            text: plain,
            inline,
            attachments: attached,
            calendar: None,
            headers: Vec::new(),
            return_path: Some(return_path),
        };
        let text = mail::text::html_to_text(&html);
        let composed = mail::compose::compose(&outgoing)
            .map_err(|error| Error::detailed(ErrorCode::Invalid, format!("the mail cannot be composed: {error}")))?;
        Ok((composed, message_id, in_reply_to, references, html, text))
    })
    .await?;
    let (Composed { raw, envelope_from, envelope_to }, message_id, in_reply_to, references, html, text) = composed;
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
        finish: wanted
            .finish
            .then(|| FinishInteraction { note: wanted.note.clone(), disposition_id: wanted.disposition_id }),
        files,
        invitation,
        language,
    })
}

/// What leads an answer to its conversation where the customer's program names no Message-ID.
pub struct Tie {
    /// For the header.
    pub reply_to: Vec<Address>,
    /// HTML that stands under the agent's words; the page does not show it.
    pub line: String,
}

/// Makes a tie for mail that leaves `from`.
pub fn tie(key: &Key, conversation: ConversationId, wanted: ReplyToken, from: &Address) -> Tie {
    let token = threading::mint_reply_token(key, conversation.0);
    let plus = match wanted {
        ReplyToken::Off => return Tie { reply_to: Vec::new(), line: String::new() },
        ReplyToken::Address => threading::plus_address(&from.email, &token),
        ReplyToken::Body => None,
    };
    match plus {
        Some(email) => Tie { reply_to: vec![Address { name: from.name.clone(), email }], line: String::new() },
        // Also where the address is too long for a token in it.
        None => Tie { reply_to: Vec::new(), line: format!("<div style=\"{REFERENCE}\">Ref. {token}</div>") },
    }
}

/// In-Reply-To and References of an answer (RFC 5322 §3.6.4).
#[must_use]
pub fn ancestry(answered: Option<&MessageRow>) -> (Option<String>, Vec<String>) {
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
