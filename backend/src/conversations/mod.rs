//! Conversations: customers, threads of mail with them, interactions (one handling each), messages, drafts.
//!
//! - A mail that comes in joins its conversation ([`receive`]); while an interaction is open it stays with its agent,
//!   otherwise a new interaction waits in the queue. At most one interaction of a conversation is open, which a unique
//!   index holds on both engines.
//! - What an agent writes is a draft on the server ([`drafts`]). It is composed ([`compose`]), and sending ([`send`]) turns
//!   it into a message and a row of the outbox in one transaction; for a while it can be taken back ([`take_back`]).
//! - A draft begins with the campaign's signature and takes canned answers ([`canned`]). What nobody types is a
//!   [`letter`]; the one kind that goes by itself is the confirmation of a first mail ([`confirm`]).
//! - An interaction ends with a disposition, if the campaign has any ([`dispositions`]); until then its agent may set it
//!   aside ([`snooze`]). What people note and do stands beside the mails ([`timeline`], [`tags`]).
//! - Agents read the conversations of campaigns in which they are members or hold something; supervisors those of the
//!   campaigns they see. What is foreign does not exist (404). Only the holder answers or finishes.

pub mod access;
pub mod canned;
pub mod compose;
pub mod confirm;
pub mod contacts;
pub mod dispositions;
pub mod drafts;
pub mod frames;
pub mod interactions;
pub mod letter;
pub mod messages;
pub mod rated;
pub mod receive;
mod routes;
pub mod rows;
pub mod send;
mod service;
pub mod settle;
pub mod snooze;
pub mod tags;
pub mod take_back;
pub mod timeline;
pub mod tray;

pub use routes::routes;
pub use service::{Service, Takes};
