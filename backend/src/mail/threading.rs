//! Which conversation a mail belongs to.
//!
//! Our Message-IDs and reply tokens carry the conversation and a MAC over it (HMAC-SHA256, 96 bits), so nobody else
//! can make one. [`resolve`] is the rule; what it needs to know of the store it asks through [`Lookup`].

mod subject;
mod token;

pub use subject::{normalise_subject, strip_prefixes};
pub use token::{
    find_bounce_token, mint_bounce_token, mint_message_id, mint_reply_token, plus_address, reply_tokens,
    verify_message_id, without_token,
};

/// What a mail offers for finding its conversation.
#[derive(Debug, Clone, Copy)]
pub struct Clues<'m> {
    /// The ids of In-Reply-To.
    pub in_reply_to: &'m [String],
    /// The ids of References, the oldest first.
    pub references: &'m [String],
    /// Every address the mail was sent or delivered to.
    pub recipients: &'m [String],
    /// The text, searched for a reply token.
    pub text: &'m str,
    /// The author, in the form of [`super::address::fold`].
    pub sender: &'m str,
    /// The subject as it came.
    pub subject: &'m str,
    /// When the mail arrived, milliseconds since 1970 UTC.
    pub arrived_ms: i64,
}

/// What [`resolve`] asks of the store, always within the campaign whose mailbox received the mail.
pub trait Lookup {
    /// The conversation that holds a message of this Message-ID, sent or received.
    fn conversation_of(&self, message_id: &str) -> Option<i64>;
    /// Whether the conversation exists here, and if so whether this (folded) address takes part in it.
    fn takes_part(&self, conversation: i64, sender: &str) -> Option<bool>;
    /// An open conversation with this (folded) address whose subject is this (see [`normalise_subject`]), with a
    /// message since `since_ms`.
    fn open_with(&self, sender: &str, subject: &str, since_ms: i64) -> Option<i64>;
}

/// Which clue decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clue {
    /// A Message-ID that we minted or know.
    MessageId,
    /// A reply token in an address or in the text.
    Token,
    /// Sender and subject together.
    SenderAndSubject,
}

/// Where a mail belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadMatch {
    /// To no conversation: it opens one.
    New,
    /// To this one.
    Joins {
        /// The conversation.
        conversation: i64,
        /// What decided.
        by: Clue,
        /// The author has not taken part so far; the MAC alone let him in, and people are to be told.
        from_stranger: bool,
    },
}

/// Days in which subject and sender together may continue an open conversation.
const SUBJECT_WINDOW_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Finds the conversation of a mail: by a Message-ID of ours among In-Reply-To and References, the nearest first;
/// else by a reply token; else by sender and subject together within seven days. Never by subject alone. A stranger
/// joins only with the proof of a MAC.
#[must_use]
pub fn resolve(key: &[u8; 32], clues: &Clues<'_>, lookup: &dyn Lookup) -> ThreadMatch {
    let joins = |conversation, by, from_stranger| ThreadMatch::Joins { conversation, by, from_stranger };
    let ids = clues.in_reply_to.iter().chain(clues.references.iter().rev());
    for id in ids {
        let proven = verify_message_id(key, id);
        let Some(conversation) = lookup.conversation_of(id).or(proven) else { continue };
        match lookup.takes_part(conversation, clues.sender) {
            Some(true) => return joins(conversation, Clue::MessageId, false),
            Some(false) if proven.is_some() => return joins(conversation, Clue::MessageId, true),
            Some(false) | None => {}
        }
    }
    // Whoever answers two of our addresses at once names a conversation of each.
    for conversation in reply_tokens(key, clues.recipients, clues.text) {
        if let Some(known) = lookup.takes_part(conversation, clues.sender) {
            return joins(conversation, Clue::Token, !known);
        }
    }
    let subject = normalise_subject(clues.subject);
    if !subject.is_empty() && !clues.sender.is_empty() {
        let since = clues.arrived_ms.saturating_sub(SUBJECT_WINDOW_MS);
        if let Some(conversation) = lookup.open_with(clues.sender, &subject, since) {
            return joins(conversation, Clue::SenderAndSubject, false);
        }
    }
    ThreadMatch::New
}

#[cfg(test)]
mod tests;
