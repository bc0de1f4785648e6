//! E-mail itself: reading, writing, threading, cleaning and moving messages.
//!
//! Nearly everything here is a pure function: times, keys and random bytes are arguments, and no
//! database, clock or configuration is known. Only [`net`], [`imap`] and [`smtp`] touch the network.

pub mod account;
pub mod address;
pub mod autoreply;
pub mod bounce;
pub mod charset;
pub mod compose;
pub mod design;
pub mod headers;
pub mod imap;
pub mod login;
pub mod markup;
pub mod merge;
pub mod message;
#[cfg(test)]
mod mutate;
pub mod net;
pub mod oauth;
pub mod parse;
pub mod quote;
pub mod sanitize;
pub mod smtp;
pub mod text;
pub mod threading;
pub mod tls;
