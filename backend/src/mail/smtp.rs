//! Sending over SMTP (RFC 5321), async.
//!
//! The protocol is lettre's; the socket under it is ours, because lettre's own leaves Nagle's algorithm on (44 ms a
//! mail), knows neither our address policy nor our certificates, and cannot tell on which side of the final dot a
//! connection broke.

mod capabilities;
mod classify;
mod connect;
mod pool;
mod reply;
mod send;
mod wire;

pub use capabilities::Capabilities;
pub use classify::{Stage, Verdict, classify, is_spam_refusal};
pub use connect::{SmtpConnectError, SmtpSession};
pub use pool::{Lease, Pool};
pub use reply::{Enhanced, Reply};
pub use send::{Accepted, Envelope, Refusal, SendError};

#[cfg(test)]
mod tests;
