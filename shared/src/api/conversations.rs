//! Conversations and their messages.

use crate::{
    api::{
        attachments::AttachmentView,
        contacts::ContactView,
        interactions::{Direction, InteractionSummary},
        ratings::RatingView,
        timeline::Timeline,
    },
    ids::{CampaignId, ConversationId, InteractionId, MessageId, UserId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A mailbox with the name that goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MailAddress {
    /// Display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address.
    pub email: String,
}

text_enum! {
    /// What sort of mail it is.
    pub enum MessageKind {
        /// Written by a person.
        Personal = "personal",
        /// Answered by a machine (RFC 3834).
        AutoReply = "auto_reply",
        /// From a list or sent in bulk.
        Bulk = "bulk",
        /// Says that a mail could not be delivered (RFC 3464).
        Bounce = "bounce",
        /// Was in the mailbox before the first connection and was imported as history.
        History = "history",
        /// Could not be read; the source can be downloaded.
        Unreadable = "unreadable",
    }
}

text_enum! {
    /// How far an outgoing mail has come.
    pub enum Delivery {
        /// Waits out the undo time; can be taken back.
        Held = "held",
        /// Due; waits for its turn or for the next try.
        Queued = "queued",
        /// With the server now.
        Sending = "sending",
        /// The outgoing server took it.
        Sent = "sent",
        /// The server refused it for good.
        Failed = "failed",
        /// Came back after it was sent.
        Bounced = "bounced",
        /// Taken back in time.
        Cancelled = "cancelled",
    }
}

/// One recipient's fate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecipientFailure {
    /// Address.
    pub email: String,
    /// What the server said.
    pub reply: String,
}

/// One mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageView {
    /// Mail.
    pub id: MessageId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Interaction during which it came or went; absent for history.
    pub interaction_id: Option<InteractionId>,
    /// From the customer, or to him.
    pub direction: Direction,
    /// What sort of mail it is.
    pub kind: MessageKind,
    /// Message-ID header, without angle brackets.
    pub internet_message_id: String,
    /// Author.
    pub from: MailAddress,
    /// Recipients.
    pub to: Vec<MailAddress>,
    /// Copies.
    pub cc: Vec<MailAddress>,
    /// Blind copies; outgoing mail only.
    pub bcc: Vec<MailAddress>,
    /// Where answers should go, where that differs from `from`.
    pub reply_to: Vec<MailAddress>,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Offset in characters of `text` where quoted text begins.
    pub quote_at: Option<u32>,
    /// Sanitised HTML; absent for plain-text mail. Remote images are taken out.
    pub html: Option<String>,
    /// Signed URL of a page with the mail's HTML, for a sandboxed frame; good for an hour. Absent for plain text.
    pub frame_url: Option<String>,
    /// The same with remote images, for after consent. Absent where there are none.
    pub frame_url_remote: Option<String>,
    /// Remote images that were held back.
    pub remote_images: u32,
    /// The sender is not the customer of this conversation.
    pub from_stranger: bool,
    /// User who wrote it.
    pub author_id: Option<UserId>,
    /// Name of that user.
    pub author_name: Option<String>,
    /// How far it has come; outgoing mail only.
    pub delivery: Option<Delivery>,
    /// Leaves at, while held; next try at, while queued.
    pub due_at: Option<Timestamp>,
    /// Tries so far.
    pub attempts: Option<i32>,
    /// Last answer of the outgoing server, where it was not an acceptance.
    pub last_reply: Option<String>,
    /// Recipients that were refused.
    pub failed_recipients: Vec<RecipientFailure>,
    /// Files.
    pub attachments: Vec<AttachmentView>,
    /// Octets of the source.
    pub source_size: Option<i64>,
    /// SHA-256 of the source, hexadecimal.
    pub source_sha256: Option<String>,
    /// Signed URL that downloads the source (.eml); good for an hour.
    pub source_url: Option<String>,
    /// Date header.
    pub dated_at: Option<Timestamp>,
    /// Stored here at.
    pub created_at: Timestamp,
    /// What the customer said of it; outgoing mail only.
    #[serde(default)]
    pub rating: Option<RatingView>,
}

/// A conversation, as it opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationView {
    /// Conversation.
    pub id: ConversationId,
    /// Campaign.
    pub campaign_id: CampaignId,
    /// Name of the campaign.
    pub campaign_name: String,
    /// Address of the campaign.
    pub campaign_address: String,
    /// Customer.
    pub contact: ContactView,
    /// Subject.
    pub subject: String,
    /// The open interaction, or else the newest.
    pub interaction: InteractionSummary,
    /// The newest 200 mails, oldest first.
    pub messages: Vec<MessageView>,
    /// `cursor` of `GET /conversations/{id}/messages` for the mails before these; absent when these are all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_cursor: Option<String>,
    /// What stands in it besides mails.
    pub timeline: Timeline,
    /// Grows with each mail; a draft names the one that it was begun on (S112).
    pub version: i64,
}
