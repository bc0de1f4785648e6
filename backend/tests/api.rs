//! The API, as clients meet it: the real application over HTTP, on both engines.

#[macro_use]
mod support;

#[path = "api/access.rs"]
mod access;
#[path = "api/conversations.rs"]
mod conversations;
