//! Rows of this room and what they become on the API.

use crate::kernel::db::{
    Json,
    schema::{attachments, drafts, messages},
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use shared::{
    api::{
        conversations::{MailAddress, MessageKind},
        drafts::DraftKind,
        interactions::Direction,
    },
    ids::{AttachmentId, CampaignId, ConversationId, DraftId, InteractionId, MessageId, UserId},
    time::Timestamp,
};

/// Recipients of a mail, as one JSON column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipients {
    /// To.
    #[serde(default)]
    pub to: Vec<MailAddress>,
    /// Cc.
    #[serde(default)]
    pub cc: Vec<MailAddress>,
    /// Bcc; only of what we send.
    #[serde(default)]
    pub bcc: Vec<MailAddress>,
    /// Reply-To; only of what we receive.
    #[serde(default)]
    pub reply_to: Vec<MailAddress>,
}

impl Recipients {
    /// Everyone who gets the mail.
    pub fn all(&self) -> impl Iterator<Item = &MailAddress> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }
}

/// A message without its bodies.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub struct MessageRow {
    /// Message.
    pub id: MessageId,
    /// Conversation.
    pub conversation_id: ConversationId,
    /// Interaction during which it came or went.
    pub interaction_id: Option<InteractionId>,
    /// Campaign.
    pub campaign_id: CampaignId,
    /// From the customer or to him.
    pub direction: Direction,
    /// Sort of mail.
    pub kind: MessageKind,
    /// Message-ID without brackets; empty where it had none.
    pub internet_message_id: String,
    /// References, blank-separated.
    pub reference_ids: String,
    /// Author's name.
    pub from_name: String,
    /// Author's address.
    pub from_address: String,
    /// Recipients.
    pub recipients: Json<Recipients>,
    /// Subject.
    pub subject: String,
    /// Not from the customer of this conversation.
    pub from_stranger: bool,
    /// User who wrote it.
    pub author_id: Option<UserId>,
    /// Blob of the source.
    pub source_hash: Option<String>,
    /// Its octets.
    pub source_size: Option<i64>,
    /// Remote images held back.
    pub remote_images: i32,
    /// Date header.
    pub dated_at: Option<Timestamp>,
    /// Stored at.
    pub created_at: Timestamp,
}

impl MessageRow {
    /// The author as an address.
    #[must_use]
    pub fn from(&self) -> MailAddress {
        let name = if self.from_name.is_empty() { None } else { Some(self.from_name.clone()) };
        MailAddress { name, email: self.from_address.clone() }
    }
}

/// A file's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = attachments)]
pub struct AttachmentRow {
    /// File.
    pub id: AttachmentId,
    /// Message that it belongs to.
    pub message_id: Option<MessageId>,
    /// Draft that it belongs to.
    pub draft_id: Option<DraftId>,
    /// Name.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Octets.
    pub size: i64,
    /// SHA-256 of the content.
    pub sha256: String,
    /// MIME part of the source that holds it.
    pub part: Option<i32>,
    /// Shown inside the text.
    pub inline: bool,
    /// Content-ID.
    pub content_id: Option<String>,
}

/// A draft's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = drafts)]
pub struct DraftRow {
    /// Draft.
    pub id: DraftId,
    /// What it becomes.
    pub kind: DraftKind,
    /// Who writes.
    pub author_id: UserId,
    /// Campaign whose address sends.
    pub campaign_id: CampaignId,
    /// Conversation answered.
    pub conversation_id: Option<ConversationId>,
    /// Interaction handled.
    pub interaction_id: Option<InteractionId>,
    /// Message answered.
    pub reply_to_message_id: Option<MessageId>,
    /// Recipients.
    pub recipients: Json<Recipients>,
    /// Subject.
    pub subject: String,
    /// What was written, cleaned, pictures as `cid:`.
    pub html: String,
    /// Version of the conversation on which it was begun.
    pub conversation_version: Option<i64>,
    /// Last stored at.
    pub updated_at: Timestamp,
    /// Version.
    pub version: i64,
    /// Alias that sends.
    pub from_address: Option<String>,
}
