//! [`Mailbox`] on the `imap` crate.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use imap::types::{Flag, UnsolicitedResponse};
use imap_proto::NameAttribute;

use super::{
    Folder, IdleOutcome, ImapError, Mailbox, Selected, SpecialUse,
    error::from_crate,
    folder,
    login::capability_name,
    wire::{Control, Wire},
};
use crate::mail::account::Timeouts;

/// Twice a batch, as sizes that servers announce are not exact.
const FETCH_BYTES: usize = 16 * 1024 * 1024;
/// Room for the UIDs and sizes of half a million mails.
const LIST_BYTES: usize = 32 * 1024 * 1024;
/// Everything else.
const SMALL_BYTES: usize = 1024 * 1024;

/// A session over a real connection.
pub struct Session {
    session: imap::Session<Wire>,
    control: Arc<Control>,
    timeouts: Timeouts,
    greeting: String,
    capabilities: Option<Vec<String>>,
    /// Number of mails as last told; none when an answer that may have changed it was not kept by the crate.
    exists: Option<u32>,
    over: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("greeting", &self.greeting).field("over", &self.over).finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(
        session: imap::Session<Wire>,
        control: Arc<Control>,
        timeouts: Timeouts,
        greeting: String,
    ) -> Self {
        Self { session, control, timeouts, greeting, capabilities: None, exists: None, over: false }
    }

    /// The line with which the server greeted.
    #[must_use]
    pub fn greeting(&self) -> &str {
        &self.greeting
    }

    /// Runs one command of the crate under limits, and keeps its panics from us.
    fn run<T>(
        &mut self,
        time: Duration,
        bytes: usize,
        plus_first: bool,
        command: impl FnOnce(&mut imap::Session<Wire>) -> imap::error::Result<T>,
    ) -> Result<T, ImapError> {
        if self.over {
            return Err(self.control.fault().unwrap_or(ImapError::ConnectionLost));
        }
        self.control.begin(time, bytes, plus_first);
        let outcome = match catch_unwind(AssertUnwindSafe(|| command(&mut self.session))) {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(imap::Error::Append)) => ImapError::Refused(without_tag(self.control.refusal())),
            Ok(Err(error)) => self.control.fault().unwrap_or_else(|| from_crate(error)),
            Err(_) => {
                self.control.fault().unwrap_or_else(|| ImapError::Protocol("the client gave up on an answer".into()))
            }
        };
        self.over |= outcome.ends_session();
        Err(outcome)
    }

    fn plain<T>(
        &mut self,
        bytes: usize,
        command: impl FnOnce(&mut imap::Session<Wire>) -> imap::error::Result<T>,
    ) -> Result<T, ImapError> {
        self.run(self.timeouts.command, bytes, false, command)
    }

    fn has(&mut self, capability: &str) -> Result<bool, ImapError> {
        Ok(self.capabilities()?.iter().any(|known| known == capability))
    }

    /// Takes the news that came along with other answers; tells whether the number of mails changed.
    fn take_news(&mut self) -> bool {
        let mut changed = false;
        for news in self.session.take_all_unsolicited() {
            match news {
                UnsolicitedResponse::Exists(count) => {
                    changed |= self.exists != Some(count);
                    self.exists = Some(count);
                }
                UnsolicitedResponse::Expunge(_) => self.exists = self.exists.map(|count| count.saturating_sub(1)),
                _ => {}
            }
        }
        changed
    }

    /// A plain EXPUNGE would also remove what others marked.
    fn must_have_uid_plus(&mut self) -> Result<(), ImapError> {
        if self.has("UIDPLUS")? {
            return Ok(());
        }
        Err(ImapError::Refused(
            "the server offers neither MOVE nor UIDPLUS, so that no single mail can be taken out".into(),
        ))
    }

    fn search(&mut self, query: &str) -> Result<Vec<u32>, ImapError> {
        let mut uids: Vec<u32> = self.plain(LIST_BYTES, |session| session.uid_search(query))?.into_iter().collect();
        uids.sort_unstable();
        Ok(uids)
    }
}

impl Mailbox for Session {
    fn capabilities(&mut self) -> Result<Vec<String>, ImapError> {
        if let Some(known) = &self.capabilities {
            return Ok(known.clone());
        }
        let found = self.plain(SMALL_BYTES, |session| session.capabilities())?;
        let names: Vec<String> = found.iter().map(capability_name).collect();
        self.capabilities = Some(names.clone());
        Ok(names)
    }

    fn list_folders(&mut self) -> Result<Vec<Folder>, ImapError> {
        let names = self.plain(LIST_BYTES, |session| session.list(Some(""), Some("*")))?;
        let special = |attribute: &NameAttribute<'_>| match attribute {
            NameAttribute::All => Some(SpecialUse::All),
            NameAttribute::Archive => Some(SpecialUse::Archive),
            NameAttribute::Drafts => Some(SpecialUse::Drafts),
            NameAttribute::Junk => Some(SpecialUse::Junk),
            NameAttribute::Sent => Some(SpecialUse::Sent),
            NameAttribute::Trash => Some(SpecialUse::Trash),
            _ => None,
        };
        let folder = |name: &imap::types::Name<'_>| Folder {
            name: folder::decode(name.name()),
            special: name.attributes().iter().find_map(special),
            selectable: !name.attributes().contains(&NameAttribute::NoSelect),
        };
        Ok(names.iter().map(folder).collect())
    }

    fn create_folder(&mut self, folder: &str) -> Result<(), ImapError> {
        let name = on_wire(folder)?;
        self.exists = None;
        self.plain(SMALL_BYTES, |session| session.create(&name))
    }

    fn select(&mut self, folder: &str) -> Result<Selected, ImapError> {
        let name = on_wire(folder)?;
        let mailbox = self.plain(SMALL_BYTES, |session| session.select(&name))?;
        self.take_news();
        self.exists = Some(mailbox.exists);
        let uid_validity =
            mailbox.uid_validity.ok_or_else(|| ImapError::Protocol("the server gave no UIDVALIDITY".into()))?;
        Ok(Selected { uid_validity, uid_next: mailbox.uid_next, exists: mailbox.exists })
    }

    fn uids_above(&mut self, uid: u32) -> Result<Vec<(u32, u32)>, ImapError> {
        let Some(first) = uid.checked_add(1) else { return Ok(Vec::new()) };
        self.take_news();
        let fetches = self.plain(LIST_BYTES, |session| session.uid_fetch(format!("{first}:*"), "(UID RFC822.SIZE)"))?;
        // `n:*` names the last mail even when that lies below n.
        let mut found: Vec<(u32, u32)> = fetches
            .iter()
            .filter_map(|fetch| Some((fetch.uid?, fetch.size?)))
            .filter(|(found, _)| *found > uid)
            .collect();
        found.sort_unstable();
        found.dedup_by_key(|(uid, _)| *uid);
        Ok(found)
    }

    fn all_uids(&mut self) -> Result<Vec<u32>, ImapError> {
        self.search("ALL")
    }

    fn uids_since(&mut self, since_ms: i64) -> Result<Vec<u32>, ImapError> {
        let date = chrono::DateTime::from_timestamp_millis(since_ms)
            .ok_or_else(|| ImapError::Refused("the date is out of range".into()))?;
        self.search(&format!("SINCE {}", date.format("%-d-%b-%Y")))
    }

    fn fetch_raw(&mut self, uids: &[u32]) -> Result<Vec<(u32, Vec<u8>)>, ImapError> {
        let mut found: Vec<(u32, Vec<u8>)> = Vec::with_capacity(uids.len());
        for chunk in uids.chunks(super::MAX_NAMED) {
            let fetches = self.plain(FETCH_BYTES, |session| session.uid_fetch(uid_set(chunk), "(UID BODY.PEEK[])"))?;
            for fetch in fetches.iter() {
                let Some((uid, body)) = fetch.uid.zip(fetch.body()) else { continue };
                if chunk.contains(&uid) && !found.iter().any(|(known, _)| *known == uid) {
                    found.push((uid, body.to_vec()));
                }
            }
        }
        Ok(found)
    }

    fn fetch_part(&mut self, uid: u32, offset: u32, length: u32) -> Result<Option<Vec<u8>>, ImapError> {
        let query = format!("(UID BODY.PEEK[]<{offset}.{length}>)");
        let fetches = self.plain(FETCH_BYTES, |session| session.uid_fetch(uid.to_string(), &query))?;
        let part =
            fetches.iter().filter(|fetch| fetch.uid == Some(uid)).find_map(|fetch| fetch.body().map(<[u8]>::to_vec));
        match part {
            Some(bytes) if bytes.len() > usize::try_from(length).unwrap_or(usize::MAX) => {
                Err(ImapError::Protocol("the server sent more than was asked for".into()))
            }
            part => Ok(part),
        }
    }

    fn idle(&mut self, timeout: Duration) -> Result<IdleOutcome, ImapError> {
        if self.take_news() {
            return Ok(IdleOutcome::Changed);
        }
        if !self.has("IDLE")? {
            return Err(ImapError::Refused("the server has no IDLE".into()));
        }
        let mut now = self.exists;
        let mut farewell = None;
        let time = timeout + self.timeouts.io + self.timeouts.io;
        let outcome = self.run(time, SMALL_BYTES, true, |session| {
            let mut handle = session.idle();
            handle.keepalive(false).timeout(timeout);
            handle.wait_while(|news| match news {
                UnsolicitedResponse::Exists(count) => {
                    let same = now == Some(count);
                    now = Some(count);
                    same
                }
                UnsolicitedResponse::Expunge(_) => {
                    now = now.map(|count| count.saturating_sub(1));
                    true
                }
                UnsolicitedResponse::Bye { information, .. } => {
                    farewell = Some(information.unwrap_or_default());
                    false
                }
                _ => true,
            })
        })?;
        self.exists = now;
        if let Some(said) = farewell {
            self.over = true;
            return Err(ImapError::Unavailable(super::error::words(&said)));
        }
        Ok(match outcome {
            imap::extensions::idle::WaitOutcome::MailboxChanged => IdleOutcome::Changed,
            imap::extensions::idle::WaitOutcome::TimedOut => IdleOutcome::TimedOut,
        })
    }

    fn noop(&mut self) -> Result<IdleOutcome, ImapError> {
        self.plain(SMALL_BYTES, |session| session.noop())?;
        Ok(if self.take_news() { IdleOutcome::Changed } else { IdleOutcome::TimedOut })
    }

    fn mark_seen(&mut self, uids: &[u32]) -> Result<(), ImapError> {
        for chunk in uids.chunks(super::MAX_NAMED) {
            self.plain(SMALL_BYTES, |session| session.uid_store(uid_set(chunk), "+FLAGS.SILENT (\\Seen)").map(drop))?;
        }
        Ok(())
    }

    fn can_move(&mut self) -> Result<bool, ImapError> {
        self.has("MOVE")
    }

    fn move_to(&mut self, uids: &[u32], folder: &str) -> Result<(), ImapError> {
        let name = on_wire(folder)?;
        let can_move = self.can_move()?;
        if !can_move {
            self.must_have_uid_plus()?;
        }
        for chunk in uids.chunks(super::MAX_NAMED) {
            let set = uid_set(chunk);
            self.exists = None;
            if can_move {
                self.plain(SMALL_BYTES, |session| session.uid_mv(&set, &name))?;
            } else {
                self.plain(SMALL_BYTES, |session| session.uid_copy(&set, &name))?;
                self.remove(chunk)?;
            }
        }
        Ok(())
    }

    fn remove(&mut self, uids: &[u32]) -> Result<(), ImapError> {
        self.must_have_uid_plus()?;
        for chunk in uids.chunks(super::MAX_NAMED) {
            let set = uid_set(chunk);
            self.exists = None;
            self.plain(SMALL_BYTES, |session| session.uid_store(&set, "+FLAGS.SILENT (\\Deleted)").map(drop))?;
            self.plain(SMALL_BYTES, |session| session.uid_expunge(&set).map(drop))?;
        }
        Ok(())
    }

    fn holds(&mut self, message_id: &str, size: u32) -> Result<bool, ImapError> {
        let quotable = message_id.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\'));
        if !quotable {
            return Ok(false);
        }
        let uids = self.search(&format!("HEADER Message-ID \"<{message_id}>\""))?;
        for chunk in uids.chunks(super::MAX_NAMED) {
            let fetches = self.plain(LIST_BYTES, |session| session.uid_fetch(uid_set(chunk), "(UID RFC822.SIZE)"))?;
            if fetches.iter().any(|fetch| fetch.size == Some(size)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn append(&mut self, folder: &str, raw: &[u8], seen: bool) -> Result<(), ImapError> {
        let name = on_wire(folder)?;
        self.exists = None;
        self.run(self.timeouts.command, SMALL_BYTES, true, |session| {
            let mut command = session.append(&name, raw);
            if seen {
                command.flag(Flag::Seen);
            }
            command.finish().map(drop)
        })
    }

    fn logout(&mut self) {
        if !self.over {
            // Whether the server answers the goodbye does not matter.
            drop(self.run(self.timeouts.io, SMALL_BYTES, false, |session| session.logout()));
            self.over = true;
        }
    }
}

fn on_wire(name: &str) -> Result<String, ImapError> {
    folder::encode(name).ok_or_else(|| ImapError::Refused("the folder's name cannot be sent".into()))
}

/// UIDs as a set, neighbours joined to ranges.
fn uid_set(uids: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*uid) => *last = *uid,
            _ => ranges.push((*uid, *uid)),
        }
    }
    let text = |(first, last): &(u32, u32)| if first == last { first.to_string() } else { format!("{first}:{last}") };
    ranges.iter().map(text).collect::<Vec<_>>().join(",")
}

/// “a7 NO [TRYCREATE] No such folder” → “[TRYCREATE] No such folder”.
fn without_tag(line: Option<String>) -> String {
    let line = line.unwrap_or_default();
    line.splitn(3, ' ').nth(2).unwrap_or(&line).to_owned()
}
