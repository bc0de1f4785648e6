//! What operators look at, read-only: mailboxes with their ledger, mail that was set aside, the audit log (A10).
//!
//! Owns no table; reads those of the rooms below.

mod queries;
mod routes;
mod service;

pub use routes::routes;
pub use service::Service;
