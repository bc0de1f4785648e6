//! Mail being written. Lives on the server as it is typed (S108).

use crate::{
    api::{attachments::AttachmentView, conversations::MailAddress, interactions::MAX_NOTE},
    ids::{AttachmentId, CampaignId, ConversationId, DispositionId, DraftId, InteractionId, MessageId, TemplateId},
    time::Timestamp,
    validate::{Issues, Rule, Validate},
};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What the draft becomes.
    pub enum DraftKind {
        /// An answer to the sender.
        Reply = "reply",
        /// An answer to the sender and all other recipients.
        ReplyAll = "reply_all",
        /// An answer that quotes the whole exchange.
        ReplyHistory = "reply_history",
        /// The first mail of a new conversation.
        New = "new",
    }
}

/// Most recipients of one mail.
pub const MAX_RECIPIENTS: usize = 100;
/// Most octets of a draft's HTML.
pub const MAX_HTML: usize = 1_000_000;
/// Longest subject, in characters.
pub const MAX_SUBJECT: usize = 500;

/// Begins a draft.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateDraft {
    /// What it becomes.
    pub kind: DraftKind,
    /// Mail that is answered; required for answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to_message_id: Option<MessageId>,
    /// Campaign whose address sends; required for a new conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// Address that sends: the account's or one of its aliases. Absent: for an answer the one to which the customer wrote,
    /// else the account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_address: Option<String>,
}

impl Validate for CreateDraft {
    // Which fields go together depends on the mail answered; the server judges it.
    fn validate(&self, _: &mut Issues) {}
}

/// Changes a draft; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateDraft {
    /// Recipients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Vec<MailAddress>>,
    /// Copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cc: Option<Vec<MailAddress>>,
    /// Blind copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bcc: Option<Vec<MailAddress>>,
    /// Subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What the agent wrote, as HTML; the quoted mail is joined on sending. Cleaned by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Campaign whose address sends; new conversations only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// Address that sends: the account's or one of its aliases. With another campaign and without this, it is that
    /// campaign's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_address: Option<String>,
}

impl Validate for UpdateDraft {
    fn validate(&self, issues: &mut Issues) {
        for (field, list) in [("to", &self.to), ("cc", &self.cc), ("bcc", &self.bcc)] {
            let Some(list) = list else { continue };
            issues.items(field, list.len(), MAX_RECIPIENTS);
            for (index, address) in list.iter().enumerate().take(MAX_RECIPIENTS) {
                issues.address(&format!("{field}/{index}/email"), &address.email);
                issues.length(&format!("{field}/{index}/name"), address.name.as_deref().unwrap_or(""), 0, 200);
            }
        }
        if let Some(subject) = &self.subject {
            issues.single_line("subject", subject, 0, MAX_SUBJECT);
        }
        if let Some(html) = &self.html {
            issues.length("html", html, 0, MAX_HTML);
        }
    }
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DraftView {
    /// Draft.
    pub id: DraftId,
    /// What it becomes.
    pub kind: DraftKind,
    /// Campaign whose address sends.
    pub campaign_id: CampaignId,
    /// Conversation that is answered.
    pub conversation_id: Option<ConversationId>,
    /// Interaction that is handled.
    pub interaction_id: Option<InteractionId>,
    /// Mail that is answered.
    pub reply_to_message_id: Option<MessageId>,
    /// Recipients.
    pub to: Vec<MailAddress>,
    /// Copies.
    pub cc: Vec<MailAddress>,
    /// Blind copies.
    pub bcc: Vec<MailAddress>,
    /// Subject.
    pub subject: String,
    /// What the agent wrote, as HTML.
    pub html: String,
    /// Signed URL of a page that shows what will be quoted below, for a sandboxed frame.
    pub quote_url: Option<String>,
    /// Files that go along.
    pub attachments: Vec<AttachmentView>,
    /// Version of the conversation on which it was begun.
    pub conversation_version: Option<i64>,
    /// Last stored at.
    pub updated_at: Timestamp,
    /// For `If-Match`.
    pub version: i64,
    /// Address that sends. An alias that the account has no more gives way to the account's address.
    pub from_address: String,
    /// Addresses to choose from, the account's first.
    pub from_addresses: Vec<String>,
}

/// Asks for a canned answer, or a signature, with its variables filled for a draft.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FillTemplate {
    /// Template of kind `reply` or `signature` that is offered in the draft's campaign.
    pub template_id: TemplateId,
}

impl Validate for FillTemplate {
    fn validate(&self, _: &mut Issues) {}
}

/// A canned answer, filled. Its pictures are files of the draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FilledTemplate {
    /// Subject; may be empty.
    pub subject: String,
    /// HTML for the editor.
    pub html: String,
    /// The same as text.
    pub text: String,
    /// Variables for which there was no value; they are left out of the text.
    pub unknown: Vec<String>,
}

/// Sends a draft. Needs the header `Idempotency-Key`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SendDraft {
    /// Send although new mail came since the draft was begun (S112).
    #[serde(default)]
    pub confirm_outdated: bool,
    /// Seconds to hold the mail back, 0–60; absent: as the user has set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_seconds: Option<u32>,
    /// Finish the interaction with it.
    #[serde(default)]
    pub finish: bool,
    /// With `finish`: how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition_id: Option<DispositionId>,
    /// With `finish`: a note for those who come after, at most 2 000 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Validate for SendDraft {
    fn validate(&self, issues: &mut Issues) {
        if let Some(seconds) = self.undo_seconds {
            issues.range("undo_seconds", i64::from(seconds), 0, 60);
        }
        issues.lines("note", &self.note, 0, MAX_NOTE);
        if !self.finish && (self.disposition_id.is_some() || !self.note.is_empty()) {
            issues.add("finish", Rule::Inconsistent, "is required with a disposition or a note");
        }
    }
}

/// What a sent draft became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SentDraft {
    /// The mail.
    pub message_id: MessageId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Its interaction.
    pub interaction_id: InteractionId,
    /// Leaves at; can be taken back until then.
    pub due_at: Timestamp,
}

/// A mail taken back: its content is a draft again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CancelledSend {
    /// The draft that holds what was written.
    pub draft: DraftView,
}

/// Takes files off a draft.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RemoveAttachments {
    /// Files.
    pub ids: Vec<AttachmentId>,
}
