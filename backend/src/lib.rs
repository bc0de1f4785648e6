//! Posta's server. `app` is the composition root; `kernel` is plumbing that knows no room; `mail` is e-mail itself; the
//! other modules are rooms, a capability each. The order in which rooms may call each other is in
//! `tests/architecture.rs`.

pub mod access;
pub mod app;
pub mod campaigns;
pub mod conversations;
pub mod files;
pub mod housekeeping;
pub mod inbox;
pub mod kernel;
pub mod live_gate;
pub mod mail;
pub mod operations;
pub mod outbox;
pub mod presence;
pub mod ratings;
pub mod routing;
pub mod templates;
