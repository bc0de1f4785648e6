//! The outbox: agents' mail on its way to the outgoing server.
//!
//! A row is written in the transaction that accepts the mail and holds all that sending needs; the raw mail is durable
//! before it and its Message-ID never changes. The [`worker`] claims due rows (state `sending`, with a lease, durable
//! before a byte leaves), sends outside any transaction, and records what the server said. A mail can go twice only
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
mod queries;
pub mod recorder;
mod verdict;
pub mod worker;

pub use queries::{New, State, announce, cancel, enqueue, mark_bounced, retry, states};
