//! Ratings: agents' mail asks its customer what he thinks of it, by links of one mail each (S20–S23).
//!
//! Owns `ratings`: a row for each mail that asks, which knows its token by hash alone. Whoever opens the link sees a page
//! without scripts; only a press of its button says something, since mail scanners follow every link (A8). What was
//! said is told upwards through [`Rated`], and to agent and supervisors by an event.

mod block;
mod page;
mod queries;
mod routes;
mod service;

pub use block::{Invitation, block};
pub use queries::{forget_unrated, of_messages, withdraw};
pub use routes::routes;
pub use service::Service;

use crate::kernel::db::Connection;
use diesel::QueryResult;
use shared::{
    api::access::Language,
    ids::{CampaignId, ConversationId, InteractionId, MessageId, UserId},
    time::Timestamp,
};

/// A room that wants to know what was said of its mails.
pub trait Rated: Send + Sync {
    /// A mail of this interaction was rated, or rated otherwise.
    ///
    /// # Errors
    /// The database's.
    fn rated(&self, conn: &mut Connection, interaction: InteractionId, score: i32, now: Timestamp) -> QueryResult<()>;
}

/// A mail that asks for a rating.
#[derive(Debug, Clone)]
pub struct Asking {
    /// What is in its links.
    pub invitation: Invitation,
    /// The mail.
    pub message: MessageId,
    /// Its interaction.
    pub interaction: InteractionId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// Who wrote it.
    pub agent: UserId,
    /// Language in which it asks.
    pub language: Language,
}

/// Notes that a mail asks for a rating.
///
/// # Errors
/// The database's.
pub fn ask(conn: &mut Connection, asking: &Asking, now: Timestamp) -> QueryResult<()> {
    queries::insert(conn, asking, now)
}
