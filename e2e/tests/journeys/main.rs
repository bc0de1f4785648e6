//! What customers, agents and administrators do, against the real program and real mail servers, on both engines.
#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests fail by panicking")]
#![expect(clippy::indexing_slicing, reason = "a missing row is a failed test")]

#[macro_use]
mod support;

mod accounts;
mod aliases;
mod confirmations;
mod folders;
mod imap_faults;
mod machine_mail;
mod mailbox;
mod main_job;
mod oauth;
mod outage;
mod ratings;
mod routing;
mod smtp_faults;
mod strangers;
mod writing;
