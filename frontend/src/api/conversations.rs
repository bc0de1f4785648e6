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
        timeline::{SetTags, TagView, Timeline, WriteNote},
    },
    ids::{ActivityId, ContactId, ConversationId, MessageId},
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

    /// What stands in a conversation besides its mails.
    pub fn get_timeline(self, id: ConversationId) -> Asked<Timeline> {
        self.fetch(Request::get(format!("conversations/{id}/timeline")))
    }

    /// Notes something.
    pub fn add_note(self, id: ConversationId, note: &WriteNote) -> Acted {
        self.act(Request::post(format!("conversations/{id}/notes")).json(note))
    }

    /// Changes a note of one's own.
    pub fn update_note(self, id: ActivityId, note: &WriteNote) -> Acted {
        self.act(Request::new(Method::Patch, format!("notes/{id}")).json(note))
    }

    /// Removes a note of one's own.
    pub fn remove_note(self, id: ActivityId) -> Acted {
        self.act(Request::new(Method::Delete, format!("notes/{id}")))
    }

    /// Says which tags a conversation has.
    pub fn set_tags(self, id: ConversationId, tags: &SetTags) -> Asked<Timeline> {
        self.fetch(Request::new(Method::Put, format!("conversations/{id}/tags")).json(tags))
    }

    /// The tags there are, from the beginning or behind a page.
    pub fn list_tags(self, cursor: Option<&str>) -> Asked<Page<TagView>> {
        let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        self.fetch(Request::get(format!("tags?limit=200{cursor}")))
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
