//! The API, as clients meet it: the real application over HTTP, on both engines.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers fail by panicking"
)]

#[macro_use]
mod support;

#[path = "api/access.rs"]
mod access;
#[path = "api/aliases.rs"]
mod aliases;
#[path = "api/brake.rs"]
mod brake;
#[path = "api/campaigns/mod.rs"]
mod campaigns;
#[path = "api/confirmations.rs"]
mod confirmations;
#[path = "api/conversations.rs"]
mod conversations;
#[path = "api/files.rs"]
mod files;
#[path = "api/folders.rs"]
mod folders;
#[path = "api/links.rs"]
mod links;
#[path = "api/live.rs"]
mod live;
#[path = "api/long_lists.rs"]
mod long_lists;
#[path = "api/oauth.rs"]
mod oauth;
#[path = "api/operations.rs"]
mod operations;
#[path = "api/organising.rs"]
mod organising;
#[path = "api/outbox.rs"]
mod outbox;
#[path = "api/presence.rs"]
mod presence;
#[path = "api/ratings.rs"]
mod ratings;
#[path = "api/rights.rs"]
mod rights;
#[path = "api/schedules.rs"]
mod schedules;
#[path = "api/sessions.rs"]
mod sessions;
#[path = "api/strategies/mod.rs"]
mod strategies;
#[path = "api/templates.rs"]
mod templates;
#[path = "api/tokens.rs"]
mod tokens;
#[path = "api/users.rs"]
mod users;
#[path = "api/web.rs"]
mod web;
