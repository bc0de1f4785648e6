//! Mail being written.

use super::{
    Acted, Answer, Api, ApiError, Asked,
    request::{Method, Request},
};
use shared::{
    api::{
        attachments::AttachmentView,
        drafts::{CreateDraft, DraftView, SendDraft, SentDraft, UpdateDraft},
    },
    ids::{AttachmentId, ConversationId, DraftId},
    page::Page,
};
use web_sys::{File, FormData};

impl Api {
    /// The caller's drafts, of one conversation or all.
    pub fn list_drafts(self, conversation: Option<ConversationId>) -> Asked<Page<DraftView>> {
        let path = conversation.map_or_else(|| "drafts".to_string(), |id| format!("drafts?conversation_id={id}"));
        self.fetch(Request::get(path))
    }

    /// Begins a draft.
    pub fn create_draft(self, draft: &CreateDraft) -> Asked<DraftView> {
        self.fetch(Request::post("drafts").json(draft))
    }

    /// One draft.
    pub fn get_draft(self, id: DraftId) -> Asked<DraftView> {
        self.fetch(Request::get(format!("drafts/{id}")))
    }

    /// Changes a draft, if it still has `version`.
    pub fn update_draft(self, id: DraftId, version: i64, change: &UpdateDraft) -> Asked<DraftView> {
        self.fetch(Request::new(Method::Patch, format!("drafts/{id}")).json(change).if_match(version))
    }

    /// Throws a draft away.
    pub fn delete_draft(self, id: DraftId) -> Acted {
        self.act(Request::new(Method::Delete, format!("drafts/{id}")))
    }

    /// Puts a file to a draft, beside the text or inside it.
    pub async fn add_attachment(self, id: DraftId, file: &File, inline: bool) -> Answer<AttachmentView> {
        let form = FormData::new().map_err(|_| ApiError::Network)?;
        if inline {
            form.append_with_str("inline", "true").map_err(|_| ApiError::Network)?;
        }
        form.append_with_blob_and_filename("file", file, &file.name()).map_err(|_| ApiError::Network)?;
        self.fetch(Request::post(format!("drafts/{id}/attachments")).form(form)).await
    }

    /// Takes a file off a draft.
    pub fn remove_attachment(self, id: DraftId, attachment: AttachmentId) -> Acted {
        self.act(Request::new(Method::Delete, format!("drafts/{id}/attachments/{attachment}")))
    }

    /// Sends a draft; repeats with the same `key` send one mail.
    pub fn send_draft(self, id: DraftId, key: &str, send: &SendDraft) -> Asked<SentDraft> {
        self.fetch(Request::post(format!("drafts/{id}/send")).json(send).idempotency_key(key))
    }
}
