//! Conversations, messages, customers.

use super::{
    Acted, Api, Asked,
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
    pub fn get_conversation(self, id: ConversationId) -> Asked<ConversationView> {
        self.fetch(Request::get(format!("conversations/{id}")))
    }

    /// Mails of a conversation, newest first, a page at a time.
    pub fn list_messages(self, id: ConversationId, page: &PageQuery) -> Asked<Page<MessageView>> {
        self.fetch(Request::get(page_query(&format!("conversations/{id}/messages"), page)))
    }

    /// One mail.
    pub fn get_message(self, id: MessageId) -> Asked<MessageView> {
        self.fetch(Request::get(format!("messages/{id}")))
    }

    /// Takes a mail back while it is held; its content is a draft again.
    pub fn cancel_message(self, id: MessageId) -> Asked<CancelledSend> {
        self.fetch(Request::post(format!("messages/{id}/cancel")))
    }

    /// Tries a failed mail once more.
    pub fn retry_message(self, id: MessageId) -> Acted {
        self.act(Request::post(format!("messages/{id}/retry")))
    }

    /// Renames a customer, if he still has `version`.
    pub fn update_contact(self, id: ContactId, version: i64, change: &UpdateContact) -> Asked<ContactView> {
        self.fetch(Request::new(Method::Patch, format!("contacts/{id}")).json(change).if_match(version))
    }
}
