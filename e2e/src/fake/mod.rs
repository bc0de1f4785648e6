//! Scripted servers for faults that real ones will not produce. Each keeps books of what it saw, so that a test can count
//! on the other side.

mod harness;
pub mod imap;
pub mod smtp;

pub use imap::{FakeImap, ImapRule};
pub use smtp::{FakeSmtp, SmtpRule, Stage};
