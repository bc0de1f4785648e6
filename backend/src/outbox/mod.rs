//! The outbox: agents' mail on its way to the outgoing server.
//!
//! A row is written in the transaction that accepts the mail and holds all that sending needs; the raw mail is durable
//! before it and its Message-ID never changes. The [`worker`] claims due rows (state `sending`, durable before a byte
//! leaves), sends outside any transaction, and records what the server said. No claim ends by time: its holder gives it
//! back, or takes up what it left when it died, or another node has watched it stand still (`watch`). A mail can go twice only
//! when we die, or the connection breaks, between the final dot and that record, and then under the same Message-ID
//! (R2, R3).
//!
//! ```text
//! held ──► sending ──► sent ──► bounced
//!  │ ▲        │  └───► failed ──► (retry) queued
//!  │ └ cancelled  ◄─── within the undo time
//!  └► queued ◄┘ next try, with back-off
//! ```

pub mod copies;
mod discard;
mod flights;
pub mod queries;
pub mod recorder;
mod verdict;
mod watch;
pub mod worker;

pub use discard::Discard;
pub use queries::{New, State, announce, cancel, enqueue, mark_bounced, retry, states};
