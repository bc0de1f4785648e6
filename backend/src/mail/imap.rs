//! Reading mailboxes over IMAP, blocking.
//!
//! [`Mailbox`] is all that the rest of the program knows of a mailbox, so that the crate behind it can be replaced.
//! Every wait has a limit, every answer a largest size, and a panic of the crate ends the session, not the worker.

use std::time::Duration;

mod connect;
mod error;
mod folder;
mod login;
mod session;
mod stop;
mod wire;

pub use connect::connect;
pub use error::ImapError;
pub use session::Session;
pub use stop::Stopper;

/// A folder of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its name in Unicode, levels parted as the server does it.
    pub name: String,
    /// What it is for, where the server says so (RFC 6154).
    pub special: Option<SpecialUse>,
    /// Whether it can hold mail.
    pub selectable: bool,
}

/// What a folder is for (RFC 6154).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialUse {
    /// All mail.
    All,
    /// Old mail.
    Archive,
    /// Unfinished mail.
    Drafts,
    /// Spam.
    Junk,
    /// Sent mail.
    Sent,
    /// Deleted mail.
    Trash,
}

/// A folder as it was when it was selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected {
    /// UIDs are comparable only while this stays the same (RFC 3501 §2.3.1.1).
    pub uid_validity: u32,
    /// The UID that the next mail will get at least; servers may leave it out.
    pub uid_next: Option<u32>,
    /// Number of mails.
    pub exists: u32,
}

/// Why a wait for changes ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleOutcome {
    /// Mail has arrived, or the folder changed otherwise.
    Changed,
    /// Nothing happened in the time given.
    TimedOut,
}

/// An open session with a mailbox.
///
/// After an error for which [`ImapError::ends_session`] holds, a session is of no more use.
pub trait Mailbox: Send {
    /// What the server can do, in capitals.
    ///
    /// # Errors
    /// As all methods here: see [`ImapError`].
    fn capabilities(&mut self) -> Result<Vec<String>, ImapError>;

    /// All folders.
    ///
    /// # Errors
    /// See [`ImapError`].
    fn list_folders(&mut self) -> Result<Vec<Folder>, ImapError>;

    /// Makes a folder.
    ///
    /// # Errors
    /// [`ImapError::Refused`] when it exists.
    fn create_folder(&mut self, folder: &str) -> Result<(), ImapError>;

    /// Opens a folder; the methods below act on it.
    ///
    /// # Errors
    /// [`ImapError::Refused`] when there is none of this name.
    fn select(&mut self, folder: &str) -> Result<Selected, ImapError>;

    /// UIDs above `uid` with the sizes of their mails in bytes, ascending.
    ///
    /// # Errors
    /// See [`ImapError`].
    fn uids_above(&mut self, uid: u32) -> Result<Vec<(u32, u32)>, ImapError>;

    /// All UIDs, ascending.
    ///
    /// # Errors
    /// See [`ImapError`].
    fn all_uids(&mut self) -> Result<Vec<u32>, ImapError>;

    /// UIDs of mails that arrived on the day of `since_ms` (milliseconds since 1970, the day taken in UTC) or later,
    /// ascending.
    ///
    /// # Errors
    /// See [`ImapError`].
    fn uids_since(&mut self, since_ms: i64) -> Result<Vec<u32>, ImapError>;

    /// The sources of these mails, without marking them read. Those that are gone, or of which the server gives
    /// nothing, are missing from the answer. Ask for no more than [`MAX_BATCH_BYTES`] at once (see [`batches`]).
    ///
    /// # Errors
    /// [`ImapError::Limit`] when the answer is far larger than that.
    fn fetch_raw(&mut self, uids: &[u32]) -> Result<Vec<(u32, Vec<u8>)>, ImapError>;

    /// Bytes `offset..offset + length` of a mail's source, fewer at its end. None when the mail is gone.
    ///
    /// # Errors
    /// See [`ImapError`].
    fn fetch_part(&mut self, uid: u32, offset: u32, length: u32) -> Result<Option<Vec<u8>>, ImapError>;

    /// Waits until the folder changes (RFC 2177), at most `timeout`. Returns at once if a change was announced since
    /// the last [`Mailbox::uids_above`]. A [`Stopper`] ends the wait.
    ///
    /// # Errors
    /// [`ImapError::Refused`] when the server has no IDLE.
    fn idle(&mut self, timeout: Duration) -> Result<IdleOutcome, ImapError>;

    /// Asks the server for news; tells whether there is some.
    ///
    /// # Errors
    /// See [`ImapError`].
    fn noop(&mut self) -> Result<IdleOutcome, ImapError>;

    /// Marks mails as read.
    ///
    /// # Errors
    /// See [`ImapError`].
    fn mark_seen(&mut self, uids: &[u32]) -> Result<(), ImapError>;

    /// Whether the server moves mails in one step (RFC 6851).
    ///
    /// # Errors
    /// See [`ImapError`].
    fn can_move(&mut self) -> Result<bool, ImapError>;

    /// Moves mails to another folder (RFC 6851, or by copying and removing where the server cannot). What is not there is
    /// passed over.
    ///
    /// # Errors
    /// [`ImapError::Refused`] when there is no such folder, or when the server can neither move mails nor remove single
    /// ones (RFC 4315); nothing was copied then.
    fn move_to(&mut self, uids: &[u32], folder: &str) -> Result<(), ImapError>;

    /// Removes mails, and no others.
    ///
    /// # Errors
    /// [`ImapError::Refused`] when the server cannot remove single mails (RFC 4315).
    fn remove(&mut self, uids: &[u32]) -> Result<(), ImapError>;

    /// Whether the folder holds a mail with this Message-ID (without brackets) and of so many octets.
    ///
    /// # Errors
    /// See [`ImapError`].
    fn holds(&mut self, message_id: &str, size: u32) -> Result<bool, ImapError>;

    /// Puts a mail into a folder.
    ///
    /// # Errors
    /// [`ImapError::Refused`] when there is no such folder, or no room.
    fn append(&mut self, folder: &str, raw: &[u8], seen: bool) -> Result<(), ImapError>;

    /// Says goodbye. Errors are of no interest any more.
    fn logout(&mut self);
}

/// Most bytes of mail to ask for at once.
pub const MAX_BATCH_BYTES: u32 = 4 * 1024 * 1024;

/// Most mails that one command names, which keeps it short.
const MAX_NAMED: usize = 200;

/// Splits mails, given as (UID, size), into groups for [`Mailbox::fetch_raw`]: neighbours in order, at most `most`
/// of them and together at most [`MAX_BATCH_BYTES`]. A mail larger than that is a group of its own, to be fetched in parts.
#[must_use]
pub fn batches(mails: &[(u32, u32)], most: usize) -> Vec<Vec<(u32, u32)>> {
    let mut groups: Vec<Vec<(u32, u32)>> = Vec::new();
    let mut bytes = 0_u32;
    for mail in mails {
        let total = bytes.saturating_add(mail.1);
        match groups.last_mut() {
            Some(group) if total <= MAX_BATCH_BYTES && group.len() < most => {
                group.push(*mail);
                bytes = total;
            }
            _ => {
                groups.push(vec![*mail]);
                bytes = mail.1;
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests;
