//! Posta's mail lab: the real servers that the product meets in the field, private and on loopback, for tests, demo and
//! bench.
//!
//! [`Lab`] starts Dovecot, Postfix and PostgreSQL from Debian's packages in directories of their own; [`corpus`] makes
//! realistic and malformed mail; [`traffic`] lets customers write and answer; [`fake`] brings the faults that real
//! servers will not produce. Everything here blocks and uses plain threads.

pub mod accounts;
pub mod bench;
pub mod corpus;
pub mod demo;
pub mod dovecot;
pub mod error;
pub mod fake;
pub mod imap;
pub mod lab;
pub mod mail;
mod maildir;
pub mod mailroom;
pub mod oidc;
pub mod place;
pub mod posta;
pub mod postfix;
pub mod postgres;
mod process;
pub mod smtp;
pub mod system;
pub mod tls;
pub mod traffic;
mod wire;

pub use accounts::Account;
pub use error::LabError;
pub use lab::{Lab, LabOptions, PASSWORD};
pub use mail::{Mail, MailPart};
pub use mailroom::Mailroom;
pub use postgres::{PgOptions, PostgreSql};
