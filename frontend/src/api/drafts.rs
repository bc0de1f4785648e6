//! Mail being written.

use super::{
    Answer, Api, ApiError,
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
    pub async fn list_drafts(self, conversation: Option<ConversationId>) -> Answer<Page<DraftView>> {
        let path = conversation.map_or_else(|| "drafts".to_string(), |id| format!("drafts?conversation_id={id}"));
        self.fetch(Request::get(path)).await
    }

    /// Begins a draft.
    pub async fn create_draft(self, draft: &CreateDraft) -> Answer<DraftView> {
        self.fetch(Request::post("drafts").json(draft)).await
    }

    /// One draft.
    pub async fn get_draft(self, id: DraftId) -> Answer<DraftView> {
        self.fetch(Request::get(format!("drafts/{id}"))).await
    }

    /// Changes a draft, if it still has `version`.
    pub async fn update_draft(self, id: DraftId, version: i64, change: &UpdateDraft) -> Answer<DraftView> {
        self.fetch(Request::new(Method::Patch, format!("drafts/{id}")).json(change).if_match(version)).await
    }

    /// Throws a draft away.
    pub async fn delete_draft(self, id: DraftId) -> Answer<()> {
        self.run(Request::new(Method::Delete, format!("drafts/{id}"))).await.map(drop)
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
    pub async fn remove_attachment(self, id: DraftId, attachment: AttachmentId) -> Answer<()> {
        self.run(Request::new(Method::Delete, format!("drafts/{id}/attachments/{attachment}"))).await.map(drop)
    }

    /// Sends a draft; repeats with the same `key` send one mail.
    pub async fn send_draft(self, id: DraftId, key: &str, send: &SendDraft) -> Answer<SentDraft> {
        self.fetch(Request::post(format!("drafts/{id}/send")).json(send).idempotency_key(key)).await
    }
}
