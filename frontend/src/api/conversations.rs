//! Conversations, messages, customers.

use super::{
    Answer, Api,
    request::{Method, Request, page_query},
};
use shared::{
    api::{
        contacts::{ContactView, UpdateContact},
        conversations::{ConversationView, MessageView},
        drafts::CancelledSend,
    },
    ids::{ContactId, ConversationId, MessageId},
    page::{Page, PageQuery},
};

impl Api {
    /// A conversation as it opens.
    pub async fn get_conversation(self, id: ConversationId) -> Answer<ConversationView> {
        self.fetch(Request::get(format!("conversations/{id}"))).await
    }

    /// Mails of a conversation, newest first, a page at a time.
    pub async fn list_messages(self, id: ConversationId, page: &PageQuery) -> Answer<Page<MessageView>> {
        self.fetch(Request::get(page_query(&format!("conversations/{id}/messages"), page))).await
    }

    /// One mail.
    pub async fn get_message(self, id: MessageId) -> Answer<MessageView> {
        self.fetch(Request::get(format!("messages/{id}"))).await
    }

    /// Takes a mail back while it is held; its content is a draft again.
    pub async fn cancel_message(self, id: MessageId) -> Answer<CancelledSend> {
        self.fetch(Request::post(format!("messages/{id}/cancel"))).await
    }

    /// Tries a failed mail once more.
    pub async fn retry_message(self, id: MessageId) -> Answer<()> {
        self.run(Request::post(format!("messages/{id}/retry"))).await.map(drop)
    }

    /// Renames a customer, if he still has `version`.
    pub async fn update_contact(self, id: ContactId, version: i64, change: &UpdateContact) -> Answer<ContactView> {
        self.fetch(Request::new(Method::Patch, format!("contacts/{id}")).json(change).if_match(version)).await
    }
}
