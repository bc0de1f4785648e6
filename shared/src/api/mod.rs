//! Requests and answers of `/api/v1`, one file a room. Requests refuse unknown fields.

pub mod access;
pub mod attachments;
pub mod campaigns;
pub mod contacts;
pub mod conversations;
pub mod dispositions;
pub mod drafts;
pub mod interactions;
pub mod oauth;
pub mod operations;
pub mod presence;
pub mod ratings;
pub mod replays;
pub mod schedules;
pub mod templates;
pub mod timeline;
