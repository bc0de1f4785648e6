//! The messages of an open conversation, kept up to date one mail at a time.

use leptos::prelude::*;
use shared::{
    api::conversations::{Delivery, MessageView},
    ids::MessageId,
    time::Timestamp,
};
use std::collections::HashMap;

/// Where a mail stands among the others: oldest first.
fn key(message: &MessageView) -> (i64, MessageId) {
    (message.created_at.millis(), message.id)
}

/// How far a delivery is along its way. A late event never takes a mail back.
fn progress(delivery: Delivery) -> u8 {
    match delivery {
        Delivery::Held => 0,
        Delivery::Queued => 1,
        Delivery::Sending => 2,
        Delivery::Failed => 3,
        Delivery::Sent | Delivery::Cancelled => 4,
        Delivery::Bounced => 5,
    }
}

/// Whether `next` may follow `now`: forward, or back into the queue from a try that did not succeed.
pub fn may_follow(now: Delivery, next: Delivery) -> bool {
    matches!(
        (now, next),
        (Delivery::Sending, Delivery::Queued) | (Delivery::Failed, Delivery::Queued | Delivery::Sending)
    ) || progress(next) >= progress(now)
}

/// The messages, each a signal. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Messages {
    ids: RwSignal<Vec<MessageId>>,
    rows: StoredValue<HashMap<MessageId, ArcRwSignal<MessageView>>>,
    /// What came (`true`) and went since the conversation was opened, one after the other.
    journal: StoredValue<Vec<(MessageId, bool)>>,
}

impl Messages {
    /// Those of a conversation.
    pub fn new(messages: Vec<MessageView>) -> Self {
        let this = Self {
            ids: RwSignal::new(Vec::new()),
            rows: StoredValue::new(HashMap::new()),
            journal: StoredValue::new(Vec::new()),
        };
        this.replace(messages, 0);
        this
    }

    /// Whether its conversation is still open: what was asked for may be answered after one has left.
    fn is_open(self) -> bool {
        self.ids.try_with_untracked(|_| ()).is_some()
    }

    /// A mark before all are fetched anew, for [`Self::replace`].
    pub fn mark(self) -> usize {
        self.journal.try_with_value(Vec::len).unwrap_or_default()
    }

    /// Takes over what was fetched anew since `mark`. What came or went meanwhile is newer than it.
    pub fn replace(self, mut messages: Vec<MessageView>, mark: usize) {
        if !self.is_open() {
            return;
        }
        let meanwhile: HashMap<MessageId, bool> =
            self.journal.with_value(|journal| journal.iter().skip(mark).copied().collect());
        // What was taken back is a draft again and no mail.
        messages.retain(|message| {
            message.delivery != Some(Delivery::Cancelled) && meanwhile.get(&message.id) != Some(&false)
        });
        for (id, _) in meanwhile.iter().filter(|(_, came)| **came) {
            if let Some(row) = self.row(*id).filter(|_| !messages.iter().any(|message| message.id == *id)) {
                messages.push(row.get_untracked());
            }
        }
        // They come in order, so this goes through once.
        let mut sorted: Vec<(i64, MessageId)> = Vec::with_capacity(messages.len());
        for message in &messages {
            let key = key(message);
            let at = sorted.partition_point(|known| *known < key);
            sorted.insert(at, key);
        }
        let ids: Vec<MessageId> = sorted.into_iter().map(|(_, id)| id).collect();
        for message in messages {
            if !self.is_behind(&message) {
                self.store(message);
            }
        }
        if self.ids.with_untracked(|known| *known != ids) {
            self.ids.set(ids);
        }
    }

    /// Adds a mail, or takes over its newer state.
    pub fn put(self, message: MessageView) {
        if !self.is_open() {
            return;
        }
        if message.delivery == Some(Delivery::Cancelled) {
            self.remove(message.id);
            return;
        }
        let (id, place) = (message.id, key(&message));
        self.journal.update_value(|journal| journal.push((id, true)));
        self.store(message);
        let mut ids = self.ids.get_untracked();
        if self.place(&mut ids, id, place) {
            self.ids.set(ids);
        }
    }

    /// Puts a mail in its place among the others. Whether it is new there.
    fn place(self, ids: &mut Vec<MessageId>, id: MessageId, place: (i64, MessageId)) -> bool {
        if ids.contains(&id) {
            return false;
        }
        let at = self.rows.with_value(|rows| {
            ids.partition_point(|known| {
                rows.get(known).is_some_and(|row| row.with_untracked(|message| key(message) < place))
            })
        });
        ids.insert(at, id);
        true
    }

    /// Adds mails from further back.
    pub fn extend(self, messages: Vec<MessageView>) {
        if !self.is_open() {
            return;
        }
        let mut ids = self.ids.get_untracked();
        for message in messages {
            if message.delivery != Some(Delivery::Cancelled) {
                self.place(&mut ids, message.id, key(&message));
                self.store(message);
            }
        }
        self.ids.set(ids);
    }

    /// The oldest mail that is there, without following it.
    pub fn oldest(self) -> Option<MessageId> {
        self.ids.try_with_untracked(|ids| ids.first().copied()).flatten()
    }

    /// Takes over a mail that was fetched because it has changed, unless it came further meanwhile.
    pub fn renew(self, message: MessageView) {
        if !self.is_behind(&message) {
            self.put(message);
        }
    }

    /// Whether more is known of the mail already.
    fn is_behind(self, message: &MessageView) -> bool {
        self.row(message.id).is_some_and(|row| {
            row.with_untracked(|known| match (known.delivery, message.delivery) {
                (Some(now), Some(next)) => !may_follow(now, next),
                _ => false,
            })
        })
    }

    fn store(self, message: MessageView) {
        self.rows.update_value(|rows| match rows.get(&message.id) {
            Some(row) => {
                if row.with_untracked(|known| *known != message) {
                    row.set(message);
                }
            }
            None => {
                rows.insert(message.id, ArcRwSignal::new(message));
            }
        });
    }

    /// An outgoing mail came further.
    pub fn deliver(self, id: MessageId, delivery: Delivery, due_at: Option<Timestamp>, last_reply: Option<String>) {
        if let Some(row) = self.row(id) {
            let follows = row.with_untracked(|message| message.delivery.is_none_or(|now| may_follow(now, delivery)));
            if follows {
                row.update(|message| {
                    message.delivery = Some(delivery);
                    message.due_at = due_at;
                    message.last_reply = last_reply;
                });
            }
        }
    }

    /// A mail was taken back: it is a draft again.
    pub fn remove(self, id: MessageId) {
        if self.is_open() {
            self.journal.update_value(|journal| journal.push((id, false)));
        }
        if self.ids.try_with_untracked(|ids| ids.contains(&id)) == Some(true) {
            self.ids.update(|ids| ids.retain(|known| *known != id));
        }
    }

    /// Ids, oldest first; reactive.
    pub fn ids(self) -> Vec<MessageId> {
        self.ids.get()
    }

    /// A mail's signal.
    pub fn row(self, id: MessageId) -> Option<ArcRwSignal<MessageView>> {
        self.rows.try_with_value(|rows| rows.get(&id).cloned()).flatten()
    }

    /// The newest mail that `wanted` picks; reactive in which mails there are.
    pub fn newest(self, wanted: impl Fn(&MessageView) -> bool) -> Option<MessageView> {
        let ids = self.ids.get();
        ids.iter().rev().find_map(|id| self.row(*id).and_then(|row| row.with(|m| wanted(m).then(|| m.clone()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        api::{
            conversations::{MailAddress, MessageKind},
            interactions::Direction,
        },
        ids::ConversationId,
    };

    fn mail(id: i64) -> MessageView {
        MessageView {
            id: MessageId(id),
            conversation_id: ConversationId(1),
            interaction_id: None,
            direction: Direction::In,
            kind: MessageKind::Personal,
            internet_message_id: format!("{id}@example.com"),
            from: MailAddress { name: None, email: "ana@example.com".into() },
            to: vec![],
            cc: vec![],
            bcc: vec![],
            reply_to: vec![],
            subject: "Invoice".into(),
            text: "Hello".into(),
            quote_at: None,
            html: None,
            frame_url: None,
            frame_url_remote: None,
            remote_images: 0,
            from_stranger: false,
            author_id: None,
            author_name: None,
            delivery: None,
            due_at: None,
            attempts: None,
            last_reply: None,
            failed_recipients: vec![],
            attachments: vec![],
            source_size: None,
            source_sha256: None,
            source_url: None,
            dated_at: None,
            created_at: Timestamp::from_millis(id * 10),
            rating: None,
        }
    }

    #[test]
    fn older_mails_go_before_the_others_once() {
        let owner = Owner::new();
        owner.with(|| {
            let messages = Messages::new(vec![mail(7), mail(8)]);
            assert_eq!(messages.oldest(), Some(MessageId(7)));
            let mut taken_back = mail(5);
            taken_back.delivery = Some(Delivery::Cancelled);
            // Newest first, as they come, and one that is there already.
            messages.extend(vec![mail(7), mail(6), taken_back, mail(4)]);
            messages.put(mail(9));
            let ids: Vec<i64> = untrack(|| messages.ids()).into_iter().map(|id| id.0).collect();
            assert_eq!(ids, [4, 6, 7, 8, 9]);
            assert_eq!(messages.oldest(), Some(MessageId(4)));
        });
    }

    // Between a reconnect and the answer to it, a mail of the customer once disappeared until the next reconnect.
    #[test]
    fn what_comes_and_goes_while_all_are_fetched_anew_stays_so() {
        let owner = Owner::new();
        owner.with(|| {
            let mut own = mail(3);
            own.delivery = Some(Delivery::Held);
            let messages = Messages::new(vec![mail(1), mail(2), own.clone()]);
            messages.put(mail(4));
            let mark = messages.mark();
            messages.put(mail(6));
            messages.remove(own.id);
            messages.put(mail(5));
            // Asked for before: without 5 and 6, and 4 was taken back while nobody listened.
            messages.replace(vec![mail(1), mail(2), own], mark);
            let ids: Vec<i64> = untrack(|| messages.ids()).into_iter().map(|id| id.0).collect();
            assert_eq!(ids, [1, 2, 5, 6]);
            let mut sent = mail(7);
            sent.delivery = Some(Delivery::Sent);
            messages.put(sent.clone());
            sent.delivery = Some(Delivery::Queued);
            messages.replace(vec![mail(1), sent], messages.mark());
            let row = messages.row(MessageId(7)).unwrap();
            assert_eq!(row.with_untracked(|row| row.delivery), Some(Delivery::Sent), "an older answer");
        });
    }

    #[test]
    fn deliveries_go_forward_and_back_into_the_queue_only_after_a_try() {
        assert!(may_follow(Delivery::Held, Delivery::Queued));
        assert!(may_follow(Delivery::Queued, Delivery::Sent));
        assert!(may_follow(Delivery::Sending, Delivery::Queued), "refused for now");
        assert!(may_follow(Delivery::Failed, Delivery::Queued), "tried again by a person");
        assert!(may_follow(Delivery::Sent, Delivery::Bounced));
        assert!(!may_follow(Delivery::Sent, Delivery::Queued), "a late event");
        assert!(!may_follow(Delivery::Queued, Delivery::Held));
    }
}
