//! Mail that nobody types: a filled template on its way to one recipient, as a message of a conversation and a row of
//! the outbox. Composed and stored outside any transaction, as what agents write is.

use super::{
    compose::{Sender, ancestry, tie},
    rows::{MessageRow, Recipients},
};
use crate::{
    campaigns::addresses::own_addresses,
    kernel::{
        Core, Error, Result,
        db::{
            Connection, Json,
            connection::blocking,
            schema::{attachments, campaigns, mail_accounts, message_bodies, messages},
        },
        storage::{Blob, Blobs},
    },
    mail::{
        self,
        address::Address,
        compose::Outgoing,
        sanitize::{RemoteImages, SanitizeOptions, sanitize},
        threading,
    },
    outbox,
    templates::{
        Content, Facts, Filled,
        images::{self, Picture},
    },
};
use diesel::prelude::*;
use shared::{
    api::{
        conversations::{MailAddress, MessageKind},
        interactions::Direction,
        templates::ImageDelivery,
    },
    error::ErrorCode,
    ids::{AccountId, CampaignId, ConversationId, InteractionId, MessageId, UserId},
    time::Timestamp,
};

/// What a letter is to be.
pub struct Plan {
    /// Conversation that it belongs to.
    pub conversation: ConversationId,
    /// Interaction during which it goes.
    pub interaction: Option<InteractionId>,
    /// Campaign whose account sends.
    pub campaign: CampaignId,
    /// Sort of mail.
    pub kind: MessageKind,
    /// Who has it sent.
    pub author: Option<UserId>,
    /// Account.
    pub sender: Sender,
    /// To whom.
    pub to: Address,
    /// What it says.
    pub filled: Filled,
    /// How the template's pictures go.
    pub delivery: ImageDelivery,
    /// Those pictures.
    pub pictures: Vec<Picture>,
    /// The mail that it answers.
    pub answered: Option<MessageRow>,
    /// Further header fields.
    pub headers: Vec<(String, String)>,
}

/// A letter whose source is durable.
#[derive(Debug, Clone)]
pub struct Letter {
    conversation: ConversationId,
    interaction: Option<InteractionId>,
    campaign: CampaignId,
    kind: MessageKind,
    author: Option<UserId>,
    account: AccountId,
    from: Address,
    to: Address,
    subject: String,
    shown: String,
    remote_images: u32,
    text: String,
    message_id: String,
    in_reply_to: String,
    references: String,
    pictures: Vec<Picture>,
    source: Blob,
    envelope_from: String,
    envelope_to: Vec<String>,
}

/// The account by which a campaign sends.
///
/// # Errors
/// `not_found`.
pub fn sender(conn: &mut Connection, campaign: CampaignId) -> QueryResult<Sender> {
    let (account, name, enabled, reply_token) = campaigns::table
        .inner_join(mail_accounts::table)
        .filter(campaigns::id.eq(campaign))
        .select((mail_accounts::id, campaigns::from_name, campaigns::enabled, campaigns::reply_token))
        .first(conn)?;
    Ok(Sender { account, addresses: own_addresses(conn, campaign)?, name, enabled, reply_token })
}

/// Fills a template; with it the pictures that go along.
///
/// # Errors
/// The database's.
pub fn fill(conn: &mut Connection, content: &Content, facts: &Facts) -> QueryResult<(Filled, Vec<Picture>)> {
    let filled = content.filled(facts);
    let pictures = images::of(conn, &filled.design.html)?;
    Ok((filled, pictures))
}

/// Composes a letter and stores its source.
///
/// # Errors
/// `invalid`: no mail can be made of it; the storage's.
pub async fn compose(core: &Core, plan: Plan, now: Timestamp) -> Result<Letter> {
    let key = core.keys.derive("threads");
    let public_url = core.settings.server.public_url.clone();
    let filled = plan.filled.with_delivery(plan.delivery, &public_url);
    let named = |picture: &Picture| filled.design.html.contains(&format!("cid:{}", picture.content_id));
    let pictures: Vec<Picture> = plan.pictures.into_iter().filter(named).collect();
    let inline = images::parts(core, &pictures).await?;
    let name = (!plan.sender.name.is_empty()).then(|| plan.sender.name.clone());
    let from = Address { name, email: plan.sender.addresses.address.clone() };
    let (in_reply_to, references) = ancestry(plan.answered.as_ref());
    let tie = tie(&key, plan.conversation, plan.sender.reply_token, &from);
    let message_id = threading::mint_message_id(&key, plan.conversation.0, rand::random(), from.domain());
    let token = mail::text::html_to_plain(&tie.line);
    let text = if token.is_empty() { filled.text.clone() } else { format!("{}\n\n{token}", filled.text) };
    let outgoing = Outgoing {
        message_id: message_id.clone(),
        from: from.clone(),
        sender: None,
        reply_to: tie.reply_to,
        to: vec![plan.to.clone()],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: filled.subject.clone(),
        date_ms: now.millis(),
        in_reply_to: in_reply_to.clone(),
        references: references.clone(),
        html: Some(filled.design.document(&filled.subject, &tie.line)),
        text: Some(text),
        inline,
        attachments: Vec::new(),
        calendar: None,
        headers: plan.headers,
        return_path: None,
    };
    let (composed, shown) = blocking(move || {
        let composed = mail::compose::compose(&outgoing)
            .map_err(|error| Error::detailed(ErrorCode::Invalid, format!("the mail cannot be composed: {error}")))?;
        let keep = |id: &str| Some(format!("cid:{id}"));
        let shown = sanitize(&filled.design.html, &SanitizeOptions { cid: &keep, remote: RemoteImages::Block });
        Ok((composed, (shown, filled)))
    })
    .await?;
    let (shown, filled) = shown;
    Ok(Letter {
        conversation: plan.conversation,
        interaction: plan.interaction,
        campaign: plan.campaign,
        kind: plan.kind,
        author: plan.author,
        account: plan.sender.account,
        from,
        to: plan.to,
        subject: filled.subject,
        shown: shown.html,
        remote_images: shown.blocked_remote,
        text: filled.text,
        message_id,
        in_reply_to: in_reply_to.unwrap_or_default(),
        references: references.join(" "),
        pictures,
        source: core.blobs.put(composed.raw).await?,
        envelope_from: composed.envelope_from,
        envelope_to: composed.envelope_to,
    })
}

/// Stores a letter as a message and puts it into the outbox, due at once.
///
/// # Errors
/// The database's.
pub fn store(conn: &mut Connection, letter: &Letter, now: Timestamp) -> QueryResult<MessageId> {
    let to = MailAddress { name: letter.to.name.clone(), email: letter.to.email.clone() };
    let id: MessageId = diesel::insert_into(messages::table)
        .values((
            messages::conversation_id.eq(letter.conversation),
            messages::interaction_id.eq(letter.interaction),
            messages::campaign_id.eq(letter.campaign),
            messages::direction.eq(Direction::Out),
            messages::kind.eq(letter.kind),
            messages::internet_message_id.eq(&letter.message_id),
            messages::in_reply_to.eq(&letter.in_reply_to),
            messages::reference_ids.eq(&letter.references),
            messages::from_name.eq(letter.from.name.clone().unwrap_or_default()),
            messages::from_address.eq(&letter.from.email),
            messages::recipients.eq(Json(Recipients { to: vec![to], ..Recipients::default() })),
            messages::subject.eq(&letter.subject),
            messages::snippet.eq(mail::text::snippet(&letter.text, 160)),
            messages::from_stranger.eq(false),
            messages::author_id.eq(letter.author),
            messages::source_hash.eq(&letter.source.sha256),
            messages::source_size.eq(letter.source.size),
            messages::remote_images.eq(i32::try_from(letter.remote_images).unwrap_or(i32::MAX)),
            messages::dated_at.eq(now),
            messages::created_at.eq(now),
        ))
        .returning(messages::id)
        .get_result(conn)?;
    diesel::insert_into(message_bodies::table)
        .values((
            message_bodies::message_id.eq(id),
            message_bodies::plain.eq(&letter.text),
            message_bodies::html.eq(Some(&letter.shown)),
        ))
        .execute(conn)?;
    for picture in &letter.pictures {
        diesel::insert_into(attachments::table)
            .values((
                attachments::message_id.eq(id),
                attachments::name.eq(&picture.name),
                attachments::content_type.eq(&picture.content_type),
                attachments::size.eq(picture.size),
                attachments::sha256.eq(&picture.sha256),
                attachments::inline.eq(true),
                attachments::content_id.eq(&picture.content_id),
                attachments::created_at.eq(now),
            ))
            .execute(conn)?;
    }
    Blobs::register(conn, &letter.source, now)?;
    let new = outbox::New {
        message: id,
        account: letter.account,
        campaign: letter.campaign,
        conversation: letter.conversation,
        author: letter.author,
        source_hash: letter.source.sha256.clone(),
        envelope_from: letter.envelope_from.clone(),
        recipients: letter.envelope_to.clone(),
        due_at: now,
    };
    outbox::enqueue(conn, &new, now)?;
    Ok(id)
}
