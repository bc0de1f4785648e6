//! Files: signed downloads of blobs and of MIME parts within raw mail, and the collection of blobs that nothing names.
//!
//! An attachment of a received mail is not stored a second time: its row names the MIME part of the message's source.
//! What a link opens stands in its signed token, so that serving it asks no database.

pub mod links;
pub mod remote;
mod routes;
pub mod sweep;

pub use links::Link;
pub use routes::routes;
