//! Handing out: which agent gets which waiting interaction, and why.
//!
//! [`strategy`] is pure: the same function decides live and will replay a past day. [`worker`] reads a campaign's
//! queue, members and memory, decides, and writes everything in one transaction, so that nobody ever holds more than
//! his maximum and nothing is handed out twice. Every decision is stored with its explanation (S43).

mod queries;
mod routes;
mod service;
pub mod strategy;
pub mod worker;

pub use routes::routes;
