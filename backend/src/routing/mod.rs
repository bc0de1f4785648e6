//! Handing out: which agent gets which waiting interaction, and why.
//!
//! [`strategy`] is pure: the same function decides live and replays a past day ([`replay`]). [`worker`] reads a campaign's
//! queue, members and memory, decides, and writes everything in one transaction ([`hand_out`]), so that nobody ever holds more
//! than his maximum and nothing is handed out twice. Under a pull strategy agents take what waits themselves ([`take`]). What
//! one holds is passed on to another ([`pass_on`]). Every
//! decision is stored with its explanation (S43).

pub mod hand_out;
pub mod pass_on;
pub mod queries;
pub mod replay;
mod routes;
mod service;
pub mod strategy;
pub mod take;
pub mod worker;

pub use routes::routes;
pub use take::Taking;
