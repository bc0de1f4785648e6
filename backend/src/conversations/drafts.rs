//! Drafts: what an agent writes lives on the server as he types (S108).
//!
//! The quoted mail is not part of a draft: it is joined by the server on sending, so that hostile HTML never passes
//! through an editor. Pictures in the text are files of the draft; the stored HTML names them by `cid:`, the API's by
//! signed link.

use super::{
    access, canned, interactions,
    messages::{self, attachment},
    rows::{AttachmentRow, DraftRow, MessageRow, Recipients},
};
use crate::{
    campaigns::addresses::{OwnAddresses, own_addresses},
    files::Link,
    kernel::{
        Core, Error, Result,
        db::{
            Connection, Json,
            schema::{attachments, contacts, conversations, drafts},
        },
        http::auth::Principal,
    },
    mail::{
        self, address,
        sanitize::{RemoteImages, SanitizeOptions, sanitize, sanitize_outgoing},
    },
};
use diesel::prelude::*;
use shared::{
    api::{
        conversations::MailAddress,
        drafts::{CreateDraft, DraftKind, DraftView, UpdateDraft},
        interactions::Direction,
    },
    error::ErrorCode,
    ids::{AttachmentId, CampaignId, ConversationId, DraftId},
    time::Timestamp,
    validate::Rule,
};

/// Most files of one draft.
pub const MAX_FILES: i64 = 50;

/// A draft of this author.
///
/// # Errors
/// `not_found`: there is none, or it is another's.
pub fn own(conn: &mut Connection, caller: &Principal, id: DraftId) -> Result<DraftRow> {
    let row = drafts::table
        .find(id)
        .filter(drafts::author_id.eq(caller.user_id))
        .select(DraftRow::as_select())
        .first(conn)?;
    Ok(row)
}

/// The author's drafts, newest first; of one conversation if named.
///
/// # Errors
/// The database's.
pub fn list(
    conn: &mut Connection,
    caller: &Principal,
    conversation: Option<ConversationId>,
    before: Option<DraftId>,
    limit: i64,
) -> QueryResult<Vec<DraftRow>> {
    let mine = drafts::table
        .filter(drafts::author_id.eq(caller.user_id))
        .filter(drafts::id.lt(before.unwrap_or(DraftId(i64::MAX))));
    match conversation {
        Some(id) => mine
            .filter(drafts::conversation_id.eq(id))
            .order(drafts::id.desc())
            .limit(limit)
            .select(DraftRow::as_select())
            .load(conn),
        None => mine.order(drafts::id.desc()).limit(limit).select(DraftRow::as_select()).load(conn),
    }
}

/// Begins a draft. An answer starts with its recipients and subject; a draft of the same kind on the same mail is
/// given back instead of a second one.
///
/// # Errors
/// `not_found` for a foreign mail, `conflict` when another holds the interaction, field errors.
pub fn create(conn: &mut Connection, caller: &Principal, wanted: &CreateDraft, now: Timestamp) -> Result<DraftRow> {
    let new = match wanted.kind {
        DraftKind::New => {
            let campaign = wanted
                .campaign_id
                .ok_or_else(|| Error::field("campaign_id", Rule::Required, "is required for a new conversation"))?;
            if wanted.reply_to_message_id.is_some() {
                let message = "goes only with answers";
                return Err(Error::field("reply_to_message_id", Rule::Inconsistent, message));
            }
            access::may_start(conn, caller, campaign)?;
            Beginning {
                campaign,
                conversation: None,
                answered: None,
                recipients: Recipients::default(),
                subject: String::new(),
                from: None,
            }
        }
        DraftKind::Reply | DraftKind::ReplyAll | DraftKind::ReplyHistory => answer(conn, caller, wanted)?,
    };
    if let Some(answered) = &new.answered {
        let known: Option<DraftRow> = drafts::table
            .filter(drafts::author_id.eq(caller.user_id))
            .filter(drafts::reply_to_message_id.eq(answered.id))
            .filter(drafts::kind.eq(wanted.kind))
            .select(DraftRow::as_select())
            .first(conn)
            .optional()?;
        if let Some(known) = known {
            return Ok(known);
        }
    }
    let from = match &wanted.from_address {
        Some(given) => Some(one_of_ours(&own_addresses(conn, new.campaign)?, given)?),
        None => new.from,
    };
    let version: Option<i64> = match new.conversation {
        Some(id) => Some(conversations::table.find(id).select(conversations::version).first(conn)?),
        None => None,
    };
    let interaction = match new.conversation {
        Some(id) => interactions::open_one(conn, id)?.map(|(interaction, _, _)| interaction),
        None => None,
    };
    let (html, pictures) = canned::beginning(conn, new.campaign, caller.user_id, now)?;
    let id: DraftId = diesel::insert_into(drafts::table)
        .values((
            drafts::kind.eq(wanted.kind),
            drafts::author_id.eq(caller.user_id),
            drafts::campaign_id.eq(new.campaign),
            drafts::conversation_id.eq(new.conversation),
            drafts::interaction_id.eq(interaction),
            drafts::reply_to_message_id.eq(new.answered.as_ref().map(|message| message.id)),
            drafts::recipients.eq(Json(new.recipients)),
            drafts::subject.eq(new.subject),
            drafts::html.eq(html),
            drafts::conversation_version.eq(version),
            drafts::created_at.eq(now),
            drafts::updated_at.eq(now),
            drafts::version.eq(1_i64),
            drafts::from_address.eq(from),
        ))
        .returning(drafts::id)
        .get_result(conn)?;
    canned::add_pictures(conn, id, &pictures, now)?;
    own(conn, caller, id)
}

struct Beginning {
    campaign: CampaignId,
    conversation: Option<ConversationId>,
    answered: Option<MessageRow>,
    recipients: Recipients,
    subject: String,
    /// Address that sends.
    from: Option<String>,
}

/// The address that was chosen to send, as the account has it.
fn one_of_ours(ours: &OwnAddresses, given: &str) -> Result<String> {
    let words = "is neither the campaign's address nor one of its aliases";
    ours.find(given).map(str::to_owned).ok_or_else(|| Error::field("from_address", Rule::UnknownValue, words))
}

fn answer(conn: &mut Connection, caller: &Principal, wanted: &CreateDraft) -> Result<Beginning> {
    if wanted.campaign_id.is_some() {
        return Err(Error::field("campaign_id", Rule::Inconsistent, "goes only with a new conversation"));
    }
    let id = wanted
        .reply_to_message_id
        .ok_or_else(|| Error::field("reply_to_message_id", Rule::Required, "is required for an answer"))?;
    let answered = messages::row(conn, id)?;
    let campaign = access::readable(conn, caller, answered.conversation_id)?;
    may_answer(conn, caller, answered.conversation_id, campaign)?;
    let ours = own_addresses(conn, campaign)?;
    let customer: (String, String) = conversations::table
        .inner_join(contacts::table)
        .filter(conversations::id.eq(answered.conversation_id))
        .select((contacts::name, contacts::address))
        .first(conn)?;
    let recipients = recipients_of_answer(&answered, wanted.kind == DraftKind::ReplyAll, &ours, &customer);
    let from = sender_of_answer(&answered, &ours);
    let subject = mail::quote::reply_subject(&answered.subject);
    Ok(Beginning {
        campaign,
        conversation: Some(answered.conversation_id),
        answered: Some(answered),
        recipients,
        subject,
        from,
    })
}

/// That the caller holds the open interaction, or may open a new one where none is open.
///
/// # Errors
/// `conflict`: another holds it, or it waits in the queue.
pub fn may_answer(
    conn: &mut Connection,
    caller: &Principal,
    conversation: ConversationId,
    campaign: CampaignId,
) -> Result<()> {
    match interactions::open_one(conn, conversation)? {
        Some((_, _, Some(agent))) if agent == caller.user_id => Ok(()),
        Some(_) => {
            Err(Error::detailed(ErrorCode::Conflict, "another agent holds this conversation, or it waits for one"))
        }
        None => access::may_start(conn, caller, campaign).map_err(|_| {
            Error::detailed(ErrorCode::Conflict, "it is finished, and you may not start mail in its campaign")
        }),
    }
}

/// Who gets an answer. To what the customer wrote: Reply-To or From, and with `all` everyone else of it but ourselves.
/// To what we wrote: the same people again.
#[must_use]
pub fn recipients_of_answer(
    answered: &MessageRow,
    all: bool,
    ours: &OwnAddresses,
    customer: &(String, String),
) -> Recipients {
    let theirs = answered.direction == Direction::In;
    let first: Vec<MailAddress> = match (theirs, answered.recipients.0.reply_to.as_slice()) {
        (true, []) if answered.from_address.is_empty() => Vec::new(),
        (true, []) => vec![answered.from()],
        (true, wanted) => wanted.to_vec(),
        (false, _) => answered.recipients.0.to.clone(),
    };
    let mut seen: Vec<String> = Vec::new();
    let mut fresh = |list: Vec<MailAddress>| -> Vec<MailAddress> {
        let mut kept = Vec::new();
        for one in list {
            let folded = address::fold(&one.email);
            let is_ours = ours.find(&one.email).is_some();
            if shared::validate::looks_like_address(&one.email) && !is_ours && !seen.contains(&folded) {
                seen.push(folded);
                kept.push(one);
            }
        }
        kept
    };
    let mut to = fresh(first);
    if to.is_empty() && shared::validate::looks_like_address(&customer.1) {
        let name = if customer.0.is_empty() { None } else { Some(customer.0.clone()) };
        to = fresh(vec![MailAddress { name, email: customer.1.clone() }]);
    }
    let others = match (all, theirs) {
        (false, _) => Vec::new(),
        (true, true) => answered.recipients.0.to.iter().chain(&answered.recipients.0.cc).cloned().collect(),
        (true, false) => answered.recipients.0.cc.clone(),
    };
    Recipients { to, cc: fresh(others), bcc: Vec::new(), reply_to: Vec::new() }
}

/// The address to which the customer wrote, or by which we wrote before.
fn sender_of_answer(answered: &MessageRow, ours: &OwnAddresses) -> Option<String> {
    let recipients = &answered.recipients.0;
    let found = match answered.direction {
        Direction::In => recipients.to.iter().chain(&recipients.cc).find_map(|one| ours.find(&one.email)),
        Direction::Out => ours.find(&answered.from_address),
    };
    found.map(str::to_owned)
}

/// Stores what changed.
///
/// # Errors
/// Field errors; `version_mismatch` is the caller's to check.
pub fn update(
    conn: &mut Connection,
    core: &Core,
    caller: &Principal,
    row: &DraftRow,
    change: &UpdateDraft,
    now: Timestamp,
) -> Result<()> {
    let mut recipients = row.recipients.0.clone();
    for (slot, list) in
        [(&mut recipients.to, &change.to), (&mut recipients.cc, &change.cc), (&mut recipients.bcc, &change.bcc)]
    {
        if let Some(list) = list {
            *slot = list.iter().map(tidy).collect();
        }
    }
    let campaign = match change.campaign_id {
        Some(campaign) if campaign != row.campaign_id => {
            if row.kind != DraftKind::New {
                return Err(Error::field("campaign_id", Rule::Inconsistent, "an answer stays in its campaign"));
            }
            access::may_start(conn, caller, campaign)?;
            campaign
        }
        _ => row.campaign_id,
    };
    let from = match &change.from_address {
        Some(given) => Some(one_of_ours(&own_addresses(conn, campaign)?, given)?),
        None if campaign == row.campaign_id => row.from_address.clone(),
        None => None,
    };
    let html = match &change.html {
        Some(html) => Some(sanitize_outgoing(&links_to_cids(core, html))),
        None if campaign != row.campaign_id => resigned(conn, caller, row, campaign, now)?,
        None => None,
    };
    let unchanged = drafts::table.find(row.id).filter(drafts::version.eq(row.version));
    let changed = diesel::update(unchanged)
        .set((
            drafts::recipients.eq(Json(recipients)),
            drafts::subject.eq(change.subject.as_ref().unwrap_or(&row.subject)),
            drafts::html.eq(html.as_ref().unwrap_or(&row.html)),
            drafts::campaign_id.eq(campaign),
            drafts::updated_at.eq(now),
            drafts::version.eq(row.version.saturating_add(1)),
            drafts::from_address.eq(from),
        ))
        .execute(conn)?;
    // Another request changed or sent it since it was read.
    if changed == 0 { Err(ErrorCode::VersionMismatch.into()) } else { Ok(()) }
}

/// The beginning of a draft in another campaign, as long as nothing but the one of its own is in it.
fn resigned(
    conn: &mut Connection,
    caller: &Principal,
    row: &DraftRow,
    campaign: CampaignId,
    now: Timestamp,
) -> Result<Option<String>> {
    let (known, _) = canned::beginning(conn, row.campaign_id, caller.user_id, now)?;
    if row.html != known {
        return Ok(None);
    }
    let (html, pictures) = canned::beginning(conn, campaign, caller.user_id, now)?;
    canned::drop_unnamed_pictures(conn, row.id, &html)?;
    canned::add_pictures(conn, row.id, &pictures, now)?;
    Ok(Some(html))
}

/// Holds back everyone else who would change or send the draft, until the transaction ends.
///
/// # Errors
/// `version_mismatch`: it is not the one at `version` any more; `not_found`: it is gone.
pub fn claim(conn: &mut Connection, id: DraftId, version: i64) -> Result<()> {
    let there = drafts::table.find(id).filter(drafts::version.eq(version));
    if diesel::update(there).set(drafts::version.eq(version.saturating_add(1))).execute(conn)? == 1 {
        return Ok(());
    }
    drafts::table.find(id).select(drafts::id).first::<DraftId>(conn)?;
    Err(ErrorCode::VersionMismatch.into())
}

fn tidy(given: &MailAddress) -> MailAddress {
    let cleaned = address::Address { name: given.name.clone(), email: given.email.clone() }.cleaned();
    MailAddress { name: cleaned.name, email: cleaned.email }
}

/// Removes a draft with its files; what they hold is collected with its blobs.
///
/// # Errors
/// The database's.
pub fn remove(conn: &mut Connection, id: DraftId) -> QueryResult<()> {
    diesel::delete(attachments::table.filter(attachments::draft_id.eq(id)).filter(attachments::message_id.is_null()))
        .execute(conn)?;
    diesel::delete(drafts::table.find(id)).execute(conn)?;
    Ok(())
}

/// Files of a draft.
///
/// # Errors
/// The database's.
pub fn files(conn: &mut Connection, id: DraftId) -> QueryResult<Vec<AttachmentRow>> {
    attachments::table
        .filter(attachments::draft_id.eq(id))
        .order(attachments::id.asc())
        .select(AttachmentRow::as_select())
        .load(conn)
}

/// What a new file of a draft is.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Name, made safe.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Octets.
    pub size: i64,
    /// SHA-256 of the content.
    pub sha256: String,
    /// Shown inside the text.
    pub inline: bool,
    /// Content-ID of a picture in the text.
    pub content_id: Option<String>,
}

/// Adds a file.
///
/// # Errors
/// `invalid`: too many.
pub fn add_file(conn: &mut Connection, id: DraftId, file: &NewFile, now: Timestamp) -> Result<AttachmentRow> {
    let count: i64 = attachments::table.filter(attachments::draft_id.eq(id)).count().get_result(conn)?;
    if count >= MAX_FILES {
        return Err(Error::field("file", Rule::TooLong, format!("a mail may have at most {MAX_FILES} files")));
    }
    let new: AttachmentId = diesel::insert_into(attachments::table)
        .values((
            attachments::draft_id.eq(id),
            attachments::name.eq(&file.name),
            attachments::content_type.eq(&file.content_type),
            attachments::size.eq(file.size),
            attachments::sha256.eq(&file.sha256),
            attachments::inline.eq(file.inline),
            attachments::content_id.eq(&file.content_id),
            attachments::created_at.eq(now),
        ))
        .returning(attachments::id)
        .get_result(conn)?;
    Ok(attachments::table.find(new).select(AttachmentRow::as_select()).first(conn)?)
}

/// Takes a file off.
///
/// # Errors
/// `not_found`.
pub fn remove_file(conn: &mut Connection, id: DraftId, file: AttachmentId) -> Result<()> {
    let there =
        attachments::table.find(file).filter(attachments::draft_id.eq(id)).filter(attachments::message_id.is_null());
    if diesel::delete(there).execute(conn)? == 0 {
        return Err(ErrorCode::NotFound.into());
    }
    Ok(())
}

/// A draft as the API shows it.
///
/// # Errors
/// The database's.
pub fn view(conn: &mut Connection, core: &Core, row: DraftRow, now: Timestamp) -> QueryResult<DraftView> {
    let files = files(conn, row.id)?;
    let html = shown(core, &row.html, &files, now);
    let ours = own_addresses(conn, row.campaign_id)?;
    Ok(DraftView {
        from_address: ours.sender(row.from_address.as_deref()).to_owned(),
        from_addresses: ours.all().map(str::to_owned).collect(),
        quote_url: row.reply_to_message_id.map(|_| super::frames::quote_url(core, row.id, now)),
        attachments: files.iter().map(|file| attachment(core, file, None, now)).collect(),
        id: row.id,
        kind: row.kind,
        campaign_id: row.campaign_id,
        conversation_id: row.conversation_id,
        interaction_id: row.interaction_id,
        reply_to_message_id: row.reply_to_message_id,
        to: row.recipients.0.to,
        cc: row.recipients.0.cc,
        bcc: row.recipients.0.bcc,
        subject: row.subject,
        html,
        conversation_version: row.conversation_version,
        updated_at: row.updated_at,
        version: row.version,
    })
}

/// HTML of a draft with its pictures by signed link.
#[must_use]
pub fn shown(core: &Core, html: &str, files: &[AttachmentRow], now: Timestamp) -> String {
    let cid = |id: &str| {
        let file = files.iter().find(|file| file.content_id.as_deref() == Some(id))?;
        Some(messages::link(file, None, true).url(core, now))
    };
    sanitize(html, &SanitizeOptions { cid: &cid, remote: RemoteImages::Block }).html
}

/// Replaces our signed links in the editor's HTML by the Content-IDs of the pictures that they show. Plain text work:
/// the sanitiser comes after it and has the last word.
fn links_to_cids(core: &Core, html: &str) -> String {
    const MARK: &str = "/api/v1/files/";
    let mut pieces = html.split(MARK);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end =
            piece.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(piece.len());
        let (token, rest) = piece.split_at_checked(end).unwrap_or((piece, ""));
        match Link::content_id_of(core, token) {
            Some(cid) => {
                // An absolute form of the link loses its origin with it.
                let start = text.rfind(['"', '\'']).map_or(text.len(), |at| at.saturating_add(1));
                text.truncate(start);
                text.push_str("cid:");
                text.push_str(&cid);
            }
            None => {
                text.push_str(MARK);
                text.push_str(token);
            }
        }
        text.push_str(rest);
    }
    text
}
