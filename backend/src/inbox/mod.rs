//! The inbox: mail on IMAP servers becomes messages here, exactly once, whatever dies (R1, R8).
//!
//! ```text
//! manager ── one thread an account ── session: connect, select, then
//!    fetch UIDs above the cursor → raw mail to blobs, durable → read, clean
//!      → one transaction a batch: ledger rows, messages, cursor, events → IDLE or poll
//! ```
//!
//! The cursor `(uid_validity, last_uid)` and the ledger `fetched_mails` move in the transaction that stores the mail, so
//! a crash repeats and never loses. A new UIDVALIDITY starts the cursor over; sources that are known by their hash are
//! *duplicates* then and make nothing new. So does another host; another login is another mailbox, and begins like
//! a first connection. Once an hour the ledger is compared with what the server holds. Nothing on
//! the server is changed, unless the account wants new mail to be marked or moved once it is stored (`act`).

mod act;
mod compare;
mod fetch;
mod manager;
mod queries;
mod read;
mod session;
mod store;

pub use manager::run;
